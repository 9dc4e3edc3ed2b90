"""The catalogue of optimizers and of schedules: each declared beside its functions."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, final


@final
@dataclass(frozen=True)
class Optimizer:
    """A way to follow gradients.

    Parameters
    ----------
    name : str
    module : module
        With `initialize` and `update`.
    learning_rate : float
        Where nothing is known of the problem.
    settings : mapping
        What else `update` can be told, with defaults.
    formula : str
        A step, for parameter p and gradient g.
    source : str
    """

    name: str
    module: ModuleType
    learning_rate: float
    settings: Mapping[str, Any]
    formula: str
    source: str

    def __reduce__(self) -> Any:
        """With the name of its module, since modules are not pickled."""
        return _of_module, (
            self.name,
            self.module.__name__,
            self.learning_rate,
            self.settings,
            self.formula,
            self.source,
        )


def _of_module(name: str, module: str, *rest: Any) -> Optimizer:
    return Optimizer(name, importlib.import_module(module), *rest)


@final
@dataclass(frozen=True)
class Schedule:
    """A way to change the learning rate.

    Parameters
    ----------
    name : str
    make : callable
        ``make(**settings)`` gives the schedule: ``schedule(step, losses)`` is the learning rate.
    settings : mapping
        Defaults of the settings; `REQUIRED` where there is none.
    example : callable
        One such schedule.
    formula : str
        The rate of step k = 0, 1, ...
    source : str
    """

    name: str
    make: Callable[..., Any]
    settings: Mapping[str, Any]
    example: Callable[..., Any]
    formula: str
    source: str


REQUIRED = inspect.Parameter.empty
OPTIMIZERS: dict[str, Optimizer] = {}
SCHEDULES: dict[str, Schedule] = {}

# Other methods of the chapters on optimization that someone may ask for by name, and what we answer.
OTHERS: dict[str, str] = {
    "lbfgs": "it takes whole batches, not steps: lbfgs.minimize(f, parameters)",
    "bfgs": "it keeps a dense matrix of parameters by parameters: use lbfgs.minimize, or "
    'scipy.optimize.minimize(cr.value_and_grad(f), x0, jac=True, method="BFGS") for a short vector',
    "newton": "it solves with the Hessian at each step, which batches make noisy and saddle points misguide: use "
    'scipy.optimize.minimize(f, x0, jac=cr.grad(f), hess=cr.hessian(f), method="trust-exact") for a short vector',
    "conjugate_gradient": "it searches along lines on whole batches, where lbfgs.minimize needs fewer of them: use "
    'that, or scipy.optimize.minimize(cr.value_and_grad(f), x0, jac=True, method="CG")',
    "rmsprop_nesterov": "adam has both the scaling and the momentum, and corrects their start at zero: use that",
    "coordinate_descent": "a gradient gives all coordinates at the cost of one: use any optimizer of the catalogue",
    "polyak_averaging": "it makes no steps: averaged(optimizer) takes the mean of where those of any optimizer led",
}


def settings_of(update: Callable[..., Any]) -> tuple[float | None, dict[str, Any]]:
    """The default learning rate of an update, and its other settings with their defaults."""
    found = {name: p.default for name, p in inspect.signature(update).parameters.items()}
    names = list(found)[4:]
    rate = found.get("learning_rate")
    return None if rate is REQUIRED else rate, {name: found[name] for name in names}


def declare(update: Callable[..., Any], formula: str, source: str) -> None:
    """Add the module of an update to the catalogue, under its own name."""
    module = sys.modules[update.__module__]
    name = module.__name__.rpartition(".")[2]
    rate, settings = settings_of(update)
    assert rate is not None
    OPTIMIZERS[name] = Optimizer(name, module, rate, settings, formula, source)


def declare_schedule(example: Any, formula: str, source: str) -> None:
    """Add the class of a schedule to the catalogue."""
    make = type(example)
    settings = {
        field.name: REQUIRED if field.default is dataclasses.MISSING else field.default
        for field in dataclasses.fields(make)
    }
    SCHEDULES[make.__name__] = Schedule(make.__name__, make, settings, example, formula, source)
