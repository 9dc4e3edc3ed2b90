"""The catalogue of activations, and what an entry says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, final

import numpy as np

from ..entry import AbstractEntry

Function = TypeVar("Function", bound=Callable[..., np.ndarray])


@final
@dataclass(frozen=True)
class Activation(AbstractEntry):
    """An activation: ``function(x, **leaves, **settings)`` for weighted sums x, shape (n, columns), gives (n, units).

    `settings` are constants, `leaves` parameters of each unit that are trained with the weights, each with the value
    that it starts from. A unit takes as many columns of the weighted sums as the setting "pieces" says, else one.
    """

    weights: str = "glorot_uniform"  # the initialization that suits it
    leaves: Mapping[str, float] = field(default_factory=dict)
    kinks: Mapping[float, float] = field(default_factory=dict)  # where the slope jumps, and the slope there
    elementwise: bool = True
    mean_square: Callable[..., float] | None = None  # of settings; where it is not element-wise

    def __call__(self, x: np.ndarray, **leaves: Any) -> np.ndarray:
        return self.function(x, **leaves, **self.settings)

    @property
    def pieces(self) -> int:
        """Columns of the weighted sums for each unit."""
        return int(self.settings.get("pieces", 1))

    @property
    def gain(self) -> float:
        """By what standard normal sums are multiplied so that the outputs have a mean square of 1, as inputs have.

        Weights of variance gain^2 / inputs then keep the strength of a signal from layer to layer.
        """
        if self.mean_square is not None:
            return 1 / np.sqrt(self.mean_square(**self.settings))
        return 1 / np.sqrt(normal_mean(lambda z: self(z, **self.leaves) ** 2))


ACTIVATIONS: dict[str, Activation] = {}
Activation.catalogue = ACTIVATIONS


def activation(formula: str, source: str, **about: Any) -> Callable[[Function], Function]:
    """Declare a function as an activation under its own name.

    Examples
    --------
    >>> @activation(r"\\\\sin x", "Sitzmann et al., SIREN (NeurIPS 2020), eq. 2")
    ... def sine(x):
    ...     return np.sin(x)
    >>> ACTIVATIONS.pop("sine")(np.zeros(2))
    array([0., 0.])
    """

    def declare(function: Function) -> Function:
        name = function.__name__
        ACTIVATIONS[name] = Activation(name, function, formula, source, **about)
        return function

    return declare


def normal_mean(function: Callable[[np.ndarray], np.ndarray]) -> float:
    """The mean of a function of a standard normal number."""
    # The trapezoid rule converges faster than any power where the function is smooth; 0, the usual kink, is a node.
    z = np.linspace(-12, 12, 9601)
    density = np.exp(-0.5 * z * z)
    return float(np.sum(function(z) * density) / np.sum(density))
