"""An optimizer with its settings bound, so that a loop needs to know none of them."""

from __future__ import annotations

import difflib
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, final

from ..errors import ArgumentError
from .catalogue import OPTIMIZERS, OTHERS, REQUIRED, settings_of


@final
@dataclass(frozen=True, repr=False)
class Configured:
    """What `configured` makes: `initialize` and `update` of an optimizer, with settings.

    `learning_rate` is the optimizer's default, or None if it has none. `name` and all `settings` are what it takes to
    make the same again.
    """

    name: str
    settings: Mapping[str, Any]
    learning_rate: float | None
    initialize: Callable[[Any], Any]
    rule: Callable[..., tuple[Any, Any]]

    def update(self, parameters: Any, gradients: Any, state: Any, learning_rate: Any) -> tuple[Any, Any]:
        """One step with these settings."""
        return self.rule(parameters, gradients, state, learning_rate, **self.settings)

    def __hash__(self) -> int:
        return hash((self.name, frozenset(self.settings.items())))

    def __repr__(self) -> str:
        return f"configured({', '.join([repr(self.name), *(f'{k}={v!r}' for k, v in self.settings.items())])})"


def configured(optimizer: Any, **settings: Any) -> Configured:
    """An optimizer with its settings bound.

    Parameters
    ----------
    optimizer : str or module
        A name of the catalogue, or anything with `initialize` and `update`.
    **settings
        For `update`; those left out have their defaults.

    Returns
    -------
    configured : Configured
        With ``initialize(parameters)`` and ``update(parameters, gradients, state, learning_rate)``.

    Raises
    ------
    ArgumentError
        If there is no such optimizer or no such setting, or a value has no meaning.

    Examples
    --------
    >>> import numpy as np
    >>> heavy = configured("momentum", momentum=0.5)
    >>> heavy
    configured('momentum', momentum=0.5)
    >>> heavy.update(np.array([1.0]), np.array([4.0]), heavy.initialize(np.array([1.0])), 0.125)[0]
    array([0.5])
    """
    steps = _named(optimizer) if isinstance(optimizer, str) else optimizer
    name = str(getattr(steps, "__name__", type(steps).__name__)).rpartition(".")[2]
    learning_rate, known = settings_of(steps.update)
    for setting, value in settings.items():
        if setting not in known:
            raise ArgumentError(
                f"{name} has no setting {setting}",
                got=f"{setting}={value!r}",
                wanted=_listed(known) + ("; a learning rate goes to update" if setting == "learning_rate" else ""),
                try_=_nearest(setting, known),
            )
        if setting in MEANINGS and not MEANINGS[setting][1](value):
            raise ArgumentError(f"{setting} of {name} is {MEANINGS[setting][0]}", got=f"{setting}={value!r}")
    bound = known | settings
    missing = [setting for setting, value in bound.items() if value is REQUIRED]
    if missing:
        raise ArgumentError(f"{name} needs a value for {', '.join(missing)}", wanted=_listed(known))
    return Configured(name, bound, learning_rate, steps.initialize, steps.update)


def _number(value: Any) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool)


def _share(value: Any) -> bool:
    return _number(value) and 0 <= value < 1


SHARE = ("what is kept at each step, at least 0 and below 1", _share)
MEANINGS: dict[str, tuple[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(("momentum", "beta1", "beta2", "decay"), SHARE),
    "epsilon": ("a positive number", lambda value: _number(value) and 0 < value < float("inf")),
    "weight_decay": ("a number that is not negative", lambda value: _number(value) and 0 <= value < float("inf")),
    "biases": ("True or False", lambda value: isinstance(value, bool)),
}


def _named(name: str) -> Any:
    if name in OPTIMIZERS:
        return OPTIMIZERS[name].module
    if name in OTHERS:
        raise ArgumentError(f"{name} is none of the optimizers: {OTHERS[name]}", wanted=_listed(OPTIMIZERS))
    raise ArgumentError(
        f"there is no optimizer {name!r}", wanted=_listed(OPTIMIZERS), try_=_nearest(name.lower(), OPTIMIZERS)
    )


def _listed(names: Mapping[str, Any]) -> str:
    return f"one of {', '.join(names)}" if names else "no settings"


def _nearest(name: str, names: Mapping[str, Any]) -> str | None:
    return next(iter(difflib.get_close_matches(name, names, 1)), None)
