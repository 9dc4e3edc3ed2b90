"""Compiled steps, kept for the next run of the same functions: it starts without tracing anything."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from ..locks import new_lock
from .objective import Objective
from .step import Optimizer, Step, training_step
from .stride import training_strides

_MOST = 32  # runs' worth
_SIZES = 8  # of batches: the chosen one, and what is left over of rows


class CompiledSteps(NamedTuple):
    """One step, and many in a row on so many rows each."""

    step: Step
    many: Callable[[int], Any]


def compiled_steps(
    objective: Objective,
    optimizer: Optimizer,
    clip: Callable[[Any], Any] | None,
    project: Callable[[Any], Any] | None,
) -> CompiledSteps:
    """The steps of these functions; those of before, where they are the very same."""
    parts = objective, optimizer, clip, project
    key = tuple(map(id, parts))
    with _lock:
        kept = _kept.pop(key, None)
        if kept is None:
            step = training_step(*parts)
            many = functools.lru_cache(_SIZES)(functools.partial(training_strides, step))
            kept = parts, CompiledSteps(step, many)
        _kept[key] = kept  # the last one used
        while len(_kept) > _MOST:
            del _kept[next(iter(_kept))]
    return kept[1]


_kept: dict[tuple[int, ...], tuple[tuple[Any, ...], CompiledSteps]] = {}  # with the functions, so that ids stay theirs
_lock = new_lock()
