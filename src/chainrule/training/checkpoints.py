"""The state of a run in one file, from which `fit(..., resume=)` goes on with the same bits."""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from typing import Any

import numpy as np

from .. import files
from ..errors import ArgumentError, FileError
from .history import EpochRecord
from .leaves import Refusal, named_leaves, tree_of
from .state import Running, State
from .step import Optimizer

KIND = "chainrule checkpoint"
TREES = ("parameters", "optimizer", "best", "best_buffers")


class Checkpoint:
    """Saves the state of a run to a file, whole or not at all.

    Parameters
    ----------
    path : path
        Written anew each time: what stood there before is replaced once the new one is safe on the disk.
    seconds : float
        The shortest time between two savings [s].
    steps : int, optional
        Save every so many steps instead.

    Examples
    --------
    >>> import tempfile
    >>> from chainrule.optimizers import adam
    >>> from chainrule.training import fit, load_state, regularized
    >>> line = regularized(lambda w, x: x * w, lambda y_hat, y: np.mean((y_hat - y) ** 2))
    >>> x, w = np.linspace(0.0, 1.0, 8), np.zeros(1)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "run.safetensors")
    ...     half = fit(line, w, (x, 3 * x), epochs=5, checkpoint=Checkpoint(path), verbose=0)
    ...     state = load_state(path, w, adam)
    >>> on = fit(line, w, (x, 3 * x), epochs=10, resume=state, verbose=0)
    >>> on.parameters == fit(line, w, (x, 3 * x), epochs=10, verbose=0).parameters
    array([ True])
    """

    def __init__(self, path: str | os.PathLike[str], seconds: float = 30.0, steps: int | None = None):
        if not seconds >= 0:
            raise ArgumentError("the time between two savings is 0 s or more", got=f"seconds={seconds!r}")
        if steps is not None and not steps >= 1:
            raise ArgumentError("the steps between two savings are 1 or more", got=f"steps={steps!r}")
        self.path, self.seconds, self.every = path, seconds, steps
        self.last = time.monotonic()

    def steps_to_next(self, state: State) -> int:
        """How many steps may be made until it can be time to save; where time decides, as many as one likes."""
        return sys.maxsize if self.every is None else self.every - state.steps % self.every

    def after_step(self, state: State) -> None:
        """Save where it is time to."""
        due = time.monotonic() - self.last >= self.seconds if self.every is None else state.steps % self.every == 0
        if due:
            self.save(state)

    def save(self, state: State) -> None:
        """Save now."""
        save_state(self.path, state)
        self.last = time.monotonic()


def save_state(path: str | os.PathLike[str], state: State) -> None:
    """Write a state to a file, whole or not at all.

    Raises
    ------
    FileError
        If the file cannot be written; what stood there before is unharmed.
    """
    arrays: dict[str, np.ndarray] = {}
    for name in TREES:
        arrays |= named_leaves(getattr(state, name), name)
    for name, column in _columns(state.history).items():
        arrays[f"history.{name}"] = column
    running = np.array([float(x) for x in dataclasses.astuple(state.running)])
    arrays |= {"running": running, "seconds": np.array(state.seconds)}
    files.save(path, arrays, {"kind": KIND, "best_epoch": state.best_epoch, "steps": state.steps})


def _columns(history: list[EpochRecord]) -> dict[str, np.ndarray]:
    """A column for each number of an epoch; none for what no epoch has."""
    names = [field.name for field in dataclasses.fields(EpochRecord)]
    columns = {name: [getattr(record, name) for record in history] for name in names}
    return {name: np.array(column, float) for name, column in columns.items() if None not in column}


def load_state(path: str | os.PathLike[str], parameters: Any, optimizer: Optimizer, buffers: Any = None) -> State:
    """Read what `save_state` wrote.

    Parameters
    ----------
    parameters : tree of arrays
        Of the structure, shapes and dtypes that the saved ones have; the values do not matter.
    optimizer : Optimizer
        The one that the run was begun with.
    buffers : tree of arrays, optional
        Those of a `Buffered` objective; the values do not matter.

    Raises
    ------
    FileError
        If the file is no checkpoint, is broken, or belongs to another net or optimizer.
    """
    arrays, document = files.load(path)
    if document.get("kind") != KIND:
        raise FileError(f"{path} is no checkpoint of a training run", got=f"kind {document.get('kind')!r}")
    like = State.initial(parameters, optimizer, buffers)
    trees = {name: tree_of(arrays, getattr(like, name), _refusal(path), name) for name in TREES}
    count = len(_array(path, arrays, "history.epoch"))
    columns = [arrays.get(f"history.{field.name}", [None] * count) for field in dataclasses.fields(EpochRecord)]
    history = [_record(numbers) for numbers in zip(*columns, strict=True)]
    steps, rows, *sums = _array(path, arrays, "running").tolist()
    running = Running(int(steps), int(rows), *sums)
    seconds = float(_array(path, arrays, "seconds"))
    return State(
        **trees,
        best_epoch=document["best_epoch"],
        history=history,
        running=running,
        steps=document["steps"],
        seconds=seconds,
    )


def _record(numbers: tuple[Any, ...]) -> EpochRecord:
    epoch, steps, *others = numbers
    known: list[Any] = [x if x is None else float(x) for x in others]
    return EpochRecord(int(epoch), int(steps), *known)


def _array(path: Any, arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
    if name not in arrays:
        raise _missing(path, name)
    return arrays[name]


def _missing(path: Any, name: str) -> FileError:
    return FileError(f"{path} is no whole checkpoint: {name} is missing")


def _refusal(path: Any) -> Refusal:
    def refused(name: str, array: np.ndarray | None, wanted: np.ndarray) -> FileError:
        if array is None:
            return _missing(path, name)
        return FileError(
            f"{path} belongs to another net or optimizer",
            got=f"{name} of shape {array.shape}, {array.dtype}",
            wanted=f"shape {wanted.shape}, {wanted.dtype}",
        )

    return refused
