"""From an estimator's parameters to what training takes. Equal parameters give the same functions, so that what was
compiled for them is used again."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..api import jit, value_and_grad
from ..nets import Dense
from ..optimizers import OPTIMIZERS, averaged, clip_by_global_norm, configured
from ..regularizers import REGULARIZERS, max_norm
from ..training import Buffered
from ..training.dense import dense_objective
from ..training.recipe import bounded_by
from . import adam
from .constraints import PENALTIES, SKLEARN_ACTIVATIONS
from .losses import function_of, loss_entry
from .named import named

Bound = Callable[[Any], Any]


class Chosen(NamedTuple):
    """The parameters that decide what a step computes; all hashable."""

    sizes: tuple[int, ...]
    activation: Any
    normalization: Any
    dropout: Any
    initialization: Any
    loss: Any
    tasks: tuple[str, ...]  # what losses may be for
    penalty: Any
    clip_norm: float | None
    max_norm: float | None


@dataclass(frozen=True)
class Recipe:
    """What is trained, and how a step goes."""

    net: Dense
    loss: Callable[[Any, Any], Any]
    objective: Buffered
    clip: Bound | None
    project: Bound | None
    whole: Callable[..., Any]  # of parameters, buffers and rows: the objective without dropout, and its gradients


@functools.lru_cache(maxsize=128)
def recipe_of(chosen: Chosen) -> Recipe:
    """The parts of training for some parameters.

    Raises
    ------
    ArgumentError
        If a name or a setting in them is unknown, or there is not one for each layer.
    """
    net = Dense(
        chosen.sizes,
        activations=thawed(chosen.activation),
        normalizations=thawed(chosen.normalization),
        dropout=thawed(chosen.dropout),
        weights=thawed(chosen.initialization),
    )
    choice = thawed(chosen.loss)
    loss, penalty = function_of(choice, loss_entry(choice, *chosen.tasks)), _penalty(thawed(chosen.penalty))
    objective = dense_objective(net, loss, penalty)
    return Recipe(
        net,
        loss,
        objective,
        bounded_by(clip_by_global_norm, chosen.clip_norm),
        bounded_by(max_norm, chosen.max_norm),
        jit(value_and_grad(lambda *arguments: objective.evaluate(*arguments)[0])),
    )


def _penalty(choice: Any) -> Callable[[Any], Any] | None:
    if choice is None or callable(choice):
        return choice
    name, settings = named(choice, PENALTIES, "penalty")
    return REGULARIZERS[name].configured(**settings).function


@functools.lru_cache(maxsize=128)
def optimizer_of(solver: Any, settings: tuple[tuple[str, Any], ...], averaging: Any) -> Any:
    """The optimizer that `solver` is: scikit-learn's "sgd" and "adam" with its settings, one of the catalogue, or one
    of the user's own."""
    solver = thawed(solver)
    own = dict(settings)
    if solver == "sgd":
        name = "nesterov" if own["nesterovs_momentum"] and own["momentum"] > 0 else "momentum"
        steps = dataclasses.replace(configured(name), settings={"momentum": own["momentum"]})  # 1 is legal there
    elif solver == "adam":
        steps = configured(adam, beta1=own["beta_1"], beta2=own["beta_2"], epsilon=own["epsilon"])
    elif isinstance(solver, Mapping):
        name, rest = named(solver, OPTIMIZERS, "optimizer")
        steps = configured(name, **rest)
    else:
        steps = configured(solver) if isinstance(solver, str) else solver
    if averaging is None:
        return steps
    return averaged(steps) if averaging == "polyak" else averaged(steps, decay=averaging)


def activations_of(activation: Any) -> Any:
    """One choice, or one for each hidden layer, by the catalogue's names."""
    if isinstance(activation, str):
        return SKLEARN_ACTIVATIONS.get(activation, activation)
    if isinstance(activation, Sequence):
        return [activations_of(each) for each in activation]
    return activation


class _Settings(tuple[tuple[str, Any], ...]):
    """A mapping, frozen."""


class _Object:
    """Something that has no hash: the same where it is the very same."""

    def __init__(self, value: Any):
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Object) and self.value is other.value


def frozen(value: Any) -> Any:
    """A choice as something hashable."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, Mapping):
        return _Settings((name, frozen(each)) for name, each in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(frozen, value))
    try:
        hash(value)
    except TypeError:
        return _Object(value)
    return value


def thawed(value: Any) -> Any:
    """What `frozen` was given; sequences as lists."""
    if isinstance(value, _Object):
        return value.value
    if isinstance(value, _Settings):
        return {name: thawed(each) for name, each in value}
    return list(map(thawed, value)) if type(value) is tuple else value
