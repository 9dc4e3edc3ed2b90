"""Derivatives of a plain NumPy program by differences, and whether they can be relied upon.

Central differences of three steps h, h/2, h/4, extrapolated twice (Richardson): error of order h^4 each. They are
accepted where both agree, and where the differences to the one side and to the other do: at a kink they do not.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from .trees import leaves, mapped, rebuilt

RELATIVE = 1e-6
ABSOLUTE = 1e-9
STEPS = (2e-3, 4e-4, 8e-5)
COORDINATES = 8


@dataclasses.dataclass(frozen=True)
class Slope:
    """The derivative along a direction; None where differences do not tell."""

    direction: tuple[Any, ...]
    value: float | None
    allowance: float


def directions(arguments: tuple[Any, ...], rng: np.random.Generator) -> list[tuple[Any, ...]]:
    """Each coordinate of few, or some of many, and random directions; as large as what they change."""

    def scaled(leaf, along):
        size = np.where(np.asarray(leaf) == 0, 1.0, np.abs(leaf))
        return size * along if isinstance(leaf, np.ndarray) else float(size * along)

    shapes = [np.shape(leaf) for leaf in leaves(arguments)]
    sizes = [int(np.prod(shape)) for shape in shapes]
    count = sum(sizes)

    def unraveled(vector):
        parts = iter(np.split(vector, np.cumsum(sizes)[:-1]))
        shaped = iter([next(parts).reshape(shape) for shape in shapes])
        return mapped(scaled, arguments, rebuilt(arguments, shaped))

    chosen = rng.permutation(count)[:COORDINATES]
    vectors = [*np.eye(count)[chosen], *rng.normal(size=(2, count))]
    return [unraveled(vector) for vector in vectors]


def slope(f: Callable[..., Any], arguments: tuple[Any, ...], direction: tuple[Any, ...]) -> Slope:
    """The derivative of f along a direction, with the largest step that tells."""

    def at(step):
        return float(f(*mapped(lambda leaf, along: leaf + step * along, arguments, direction)))

    here = at(0.0)
    for h in STEPS:
        steps = (h, h / 2, h / 4)
        right = [(at(step) - here) / step for step in steps]
        left = [(here - at(-step)) / step for step in steps]
        central = [(r + l) / 2 for r, l in zip(right, left, strict=True)]
        coarse, fine = (4 * central[1] - central[0]) / 3, (4 * central[2] - central[1]) / 3
        sides = 2 * right[2] - right[1], 2 * left[2] - left[1]
        allowance = RELATIVE * abs(fine) + ABSOLUTE * abs(here)
        smooth = abs(sides[0] - sides[1]) <= 1e-3 * abs(fine) + 1e3 * ABSOLUTE * abs(here)
        if smooth and abs(coarse - fine) <= allowance:
            return Slope(direction, fine, allowance)
    return Slope(direction, None, np.inf)


def slopes(f: Callable[..., Any], arguments: tuple[Any, ...], seed: int = 0) -> list[Slope]:
    """Derivatives of f at `arguments` along some directions."""
    rng = np.random.default_rng(seed)
    return [slope(f, arguments, direction) for direction in directions(arguments, rng)]
