"""From an estimator's parameters to what training takes. Equal parameters give the same functions, so that what was
compiled for them is used again."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..api import jit, value_and_grad
from ..nets import Dense
from ..optimizers import averaged, clip_by_global_norm, configured
from ..regularizers import REGULARIZERS
from ..regularizers import max_norm as to_max_norm
from ..training import Buffered
from ..training.dense import dense_objective
from . import adam
from .constraints import SKLEARN_ACTIVATIONS
from .losses import loss_named

Bound = Callable[[Any], Any]


class Chosen(NamedTuple):
    """The parameters that decide what a step computes; all hashable."""

    sizes: tuple[int, ...]
    activation: Any
    normalization: Any
    dropout: Any
    initialization: Any
    loss: Any
    penalty: Any
    weighted: bool
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
    loss, penalty = loss_named(thawed(chosen.loss)), _penalty(thawed(chosen.penalty))
    objective = dense_objective(net, loss, penalty, weighted=chosen.weighted)
    return Recipe(
        net,
        loss,
        objective,
        None if chosen.clip_norm is None else functools.partial(_clipped, limit=chosen.clip_norm),
        None if chosen.max_norm is None else functools.partial(_projected, limit=chosen.max_norm),
        jit(value_and_grad(lambda *arguments: objective.evaluate(*arguments)[0])),
    )


def _clipped(gradients: Any, limit: float) -> Any:
    return clip_by_global_norm(gradients, limit)


def _projected(parameters: Any, limit: float) -> Any:
    return to_max_norm(parameters, limit)


def _penalty(choice: Any) -> Callable[[Any], Any] | None:
    if choice is None or callable(choice):
        return choice
    settings = {"name": choice} if isinstance(choice, str) else dict(choice)
    return REGULARIZERS[settings.pop("name")].configured(**settings).function


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
        rest = dict(solver)
        steps = configured(rest.pop("name"), **rest)
    else:
        steps = configured(solver) if isinstance(solver, str) else solver
    if averaging is None:
        return steps
    return averaged(steps) if averaging == "polyak" else averaged(steps, decay=averaging)


def activations_of(activation: Any, hidden: int) -> Any:
    """One choice, or one for each hidden layer, by the catalogue's names."""
    if isinstance(activation, str):
        return SKLEARN_ACTIVATIONS.get(activation, activation)
    if isinstance(activation, Sequence):
        return [activations_of(each, hidden) for each in activation]
    return activation


class _Settings(tuple[tuple[str, Any], ...]):
    """A mapping, frozen."""


def frozen(value: Any) -> Any:
    """A choice as something hashable."""
    if isinstance(value, Mapping):
        return _Settings((name, frozen(each)) for name, each in value.items())
    if isinstance(value, list | tuple):
        return tuple(map(frozen, value))
    return value.item() if hasattr(value, "item") and getattr(value, "ndim", 1) == 0 else value


def thawed(value: Any) -> Any:
    """What `frozen` was given; sequences as lists."""
    if isinstance(value, _Settings):
        return {name: thawed(each) for name, each in value}
    return list(map(thawed, value)) if type(value) is tuple else value
