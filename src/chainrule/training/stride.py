"""Many steps as one call of compiled code, which gathers the rows of each step by itself."""

from __future__ import annotations

import contextlib
import time
from typing import Any, NamedTuple

import numpy as np

from ..api import jit, while_loop
from ..compile import brief_calls
from ..errors import ChainruleError
from ..tracing import Array
from .step import Measured, Step

SECONDS = 0.04  # that a call takes: between two calls the run can be stopped, shown and saved
_NUMBERS = "fiub"


class Made(NamedTuple):
    """What some steps of an epoch have made: sums over their rows, and the last of them measured."""

    loss: Any
    penalty: Any
    last: Measured


class _NotTraced(Exception):
    """The steps are not compiled: then they are better made one by one."""


class Strides:
    """Steps over full batches, as many at once as there is time for.

    Parameters
    ----------
    many : callable
        As `training_strides` makes it.
    """

    def __init__(self, many: Any):
        self._many = many
        self._is_possible = True
        self._seconds_each = 0.0  # of a step, as far as is known

    def are_possible(self, rows: tuple[np.ndarray, ...]) -> bool:
        """Whether steps over these rows can be made many at once, as far as is known."""
        return self._is_possible and all(type(x) is np.ndarray and x.dtype.kind in _NUMBERS for x in rows)

    def count(self) -> int:
        """How many steps to make with the next call."""
        return max(1, int(SECONDS / self._seconds_each)) if self._seconds_each else 1

    def __call__(
        self,
        parameters: Any,
        optimizer: Any,
        rows: tuple[np.ndarray, ...],
        batches: np.ndarray,
        rates: np.ndarray,
        first: int,
        last: int,
        made: Made,
    ) -> tuple[Any, Any, Made, int] | None:
        """The steps from number `first` to before `last`, or to the first whose objective or gradient is not finite.

        Parameters
        ----------
        rows : arrays, each of shape (n, ...)
        batches : array of int, (steps, batch_size)
            The numbers of the rows of each step.
        rates : array of float64, (steps,)
            The learning rate of each.

        Returns
        -------
        parameters, optimizer, made, count
            After these steps, and how many they were; None where an objective cannot be repeated so.
        """
        begun, known = time.perf_counter(), self._many.trace_count
        is_brief = 0 < self._seconds_each * (last - first) <= 2 * SECONDS
        try:
            with brief_calls() if is_brief else contextlib.nullcontext():
                parameters, optimizer, made, now = self._many(
                    parameters, optimizer, rows, batches, rates, first, last, made
                )
        except (_NotTraced, ChainruleError):  # Python asks for a value, or a step changes the type of a parameter
            self._is_possible = False
            return None
        count = int(now) - first
        if self._many.trace_count == known:
            self._seconds_each = (time.perf_counter() - begun) / count
        loss, penalty, measured = made
        return parameters, optimizer, Made(float(loss), float(penalty), measured.converted(float)), count


def training_strides(step: Step, batch_size: int) -> Any:
    """Steps in a row on so many rows each, as one compiled function of arrays."""

    def many(
        parameters: Any, optimizer: Any, rows: Any, batches: Any, rates: Any, first: Any, last: Any, made: Made
    ) -> tuple[Any, Any, Made, Any]:
        if not isinstance(first, Array):
            raise _NotTraced

        def goes_on(state: Any) -> Any:
            _, _, made, k = state
            return (k < last) & np.isfinite(made.last.objective) & np.isfinite(made.last.gradient_norm)

        def one(state: Any) -> Any:
            parameters, optimizer, made, k = state
            batch = batches[k]
            parameters, optimizer, measured = step(
                parameters, optimizer, *(each[batch] for each in rows), rates[k].item()
            )
            return parameters, optimizer, _with(made, measured, batch_size), k + 1

        return while_loop(goes_on, one, (parameters, optimizer, made, first))

    return jit(many)


def _with(made: Made, measured: Measured, rows: int) -> Made:
    """One more step; in double precision, whatever it computes in."""
    last = measured.converted(lambda each: np.float64(0) + each)
    return Made(made.loss + rows * last.loss, made.penalty + rows * last.penalty, last)
