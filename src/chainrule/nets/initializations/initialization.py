"""The catalogues of initializations of weights and of rules for biases, and what an entry says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar, final

import numpy as np

from ..activations import Activation
from ..entry import AbstractEntry

Function = TypeVar("Function", bound=Callable[..., np.ndarray])


@final
@dataclass(frozen=True)
class Initialization(AbstractEntry):
    """A way to draw weights: ``function(inputs, units, rng, **settings)`` gives W, shape (inputs, units), in float64.

    A setting "gain" without a value is that of the layer's activation.
    """

    variance: Callable[[int, int, float], float] | None = None  # of one weight, from inputs, units, gain

    def draw(self, inputs: int, units: int, rng: np.random.Generator, activation: Activation) -> np.ndarray:
        """Weights for a layer with this activation."""
        settings = dict(self.settings)
        if settings.get("gain", 1.0) is None:
            settings["gain"] = activation.gain
        return self.function(inputs, units, rng, **settings)


class Place(NamedTuple):
    """Where biases are wanted."""

    units: int
    is_output: bool
    prior: np.ndarray | None  # what the outputs of the net shall be at first, where that is known


@final
@dataclass(frozen=True)
class BiasRule(AbstractEntry):
    """What biases start from: ``function(place, **settings)`` gives b, shape (units,), in float64."""


INITIALIZATIONS: dict[str, Initialization] = {}
BIASES: dict[str, BiasRule] = {}
Initialization.catalogue, BiasRule.catalogue = INITIALIZATIONS, BIASES


def initialization(formula: str, source: str, **about: Any) -> Callable[[Function], Function]:
    """Declare a function as an initialization of weights under its own name."""

    def declare(function: Function) -> Function:
        name = function.__name__
        INITIALIZATIONS[name] = Initialization(name, function, formula, source, **about)
        return function

    return declare


def bias_rule(formula: str, source: str, **about: Any) -> Callable[[Function], Function]:
    """Declare a function as a rule for biases under its own name."""

    def declare(function: Function) -> Function:
        name = function.__name__
        BIASES[name] = BiasRule(name, function, formula, source, **about)
        return function

    return declare
