"""A program with inputs to try it on: marked with `@program(draw)`, otherwise left as it is."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

import numpy as np

from . import idioms

INPUTS = 3


def program(
    draw: Callable[[np.random.Generator], Any], condition: float = 1.0
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Mark a function that returns a scalar as a program; `draw(rng)` gives its argument, or a tuple of them.

    Arguments are arrays of floats, floats, and dicts, lists and tuples of those. `condition` is that of a matrix which
    it solves with: so many times a rounding error on the way is left in the result, whoever computes it.
    """

    def mark(function):
        function.draw, function.condition = draw, condition
        return function

    return mark


def inputs_of(function: Callable[..., Any], number: int) -> tuple[Any, ...]:
    """The arguments of one example, new arrays at each call."""
    drawn = function.draw(np.random.default_rng([number, *function.__name__.encode()]))
    return drawn if type(drawn) is tuple else (drawn,)


def all_programs() -> dict[str, list[Callable[..., Any]]]:
    """The programs of each idiom, by the name of its module."""
    found = {}
    for module in sorted(pkgutil.iter_modules(idioms.__path__), key=lambda module: module.name):
        loaded = importlib.import_module(f"{idioms.__name__}.{module.name}")
        programs = [value for value in vars(loaded).values() if hasattr(value, "draw") and callable(value)]
        if programs:
            found[module.name] = programs
    return found
