"""A training run from a table to a folder: what `chainrule train` and `chainrule resume` do."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import itertools
import json
import math
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import numpy as np

from .. import files
from ..data import Parts, Preparation, Table, digits, read_table, split
from ..errors import ArgumentError, DataError, DivergenceError, FileError
from .checkpoints import Checkpoint, load_state
from .history import EpochRecord, Fitted
from .loop import fit
from .progress import Progress, Verbosity
from .recipe import Recipe
from .settings import Settings
from .state import State
from .toml import to_toml
from .trained import MODEL, Judged, Trained, classes_of

SETTINGS, ROWS, CHECKPOINT, LOG = "settings.toml", "rows.json", "checkpoint.safetensors", "log.jsonl"
DIGITS = "digits"


@final
@dataclass(frozen=True)
class Outcome:
    """What a run has come to.

    Parameters
    ----------
    trained : Trained
        With the weights of the best epoch.
    fitted : Fitted
    parts : dict of Judged
        What the training, validation and held-out rows say of these weights.
    penalty : float
        Of these weights, its factor included.
    folder : path
    """

    trained: Trained
    fitted: Fitted
    parts: dict[str, Judged]
    penalty: float
    folder: Path


def table_of(settings: Settings) -> Table:
    """The table that the settings name."""
    if settings.data != DIGITS:
        return read_table(settings.data, **settings.reading)
    pixels, labels = digits.load()
    columns = {f"pixel_{k}": pixels[:, k].astype(np.float64) for k in range(pixels.shape[1])}
    return Table.of({**columns, "digit": labels.astype(np.int64)}, source="the digits")


def new_folder(name: str | os.PathLike[str] | None = None) -> Path:
    """An empty folder for a run: of this name, or run, run-2, run-3...

    Raises
    ------
    FileError
        If it is there already and holds something, or cannot be made.
    """
    if name is not None:
        path = Path(name)
        if not _taken(path):
            raise FileError(
                f"{path} is there already, and nothing in it shall be lost",
                try_=f"chainrule resume {path}, or another folder",
            )
        return path
    numbered = (f"run-{k}" for k in itertools.count(2))
    return next(path for path in map(Path, itertools.chain(["run"], numbered)) if not path.exists() and _taken(path))


def _taken(path: Path) -> bool:
    """Begin a run in a folder, made if need be; False if it holds something, or another run is faster."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any(path.iterdir()):
            return False
        (path / SETTINGS).touch(exist_ok=False)
    except FileExistsError:
        return False
    except OSError as error:
        raise FileError(f"the folder {path} cannot be made: {error.strerror}") from error
    return True


def train(
    settings: Settings,
    folder: str | os.PathLike[str] | None = None,
    *,
    save_every: float = 30.0,
    verbose: Verbosity | Progress = "auto",
) -> Outcome:
    """Fit a net to a table.

    Parameters
    ----------
    settings : Settings
    folder : path, optional
        Where the files of the run go; by default run, or run-2, run-3... where that is taken.
    save_every : float
        Time between two checkpoints [s].
    verbose : {"auto", 0, 1, 2} or Progress
        As for `fit`.

    Returns
    -------
    outcome : Outcome
        Ctrl-C is an outcome: its `fitted.ending` is "interrupted", and `resume` goes on.

    Raises
    ------
    DataError
        If the table cannot be learned from as it is.
    FileError
        If a file cannot be read or written.
    DivergenceError
        If the objective becomes infinite or nan; its `outcome` holds what was best until then.
    """
    prepared = _prepared(settings)
    for pair in prepared.parts:
        prepared.untrained.judged(*pair)  # what a loss refuses, it refuses before there is a folder
    path = new_folder(folder)
    files.write_bytes(path / SETTINGS, to_toml(settings.to_mapping()).encode())
    prepared.untrained.describe(path)
    files.write_json(path / ROWS, prepared.rows())
    return _run(prepared, path, None, save_every, verbose)


def resume(
    folder: str | os.PathLike[str], *, save_every: float = 30.0, verbose: Verbosity | Progress = "auto"
) -> Outcome:
    """Go on with a run that was broken off: it ends in the bits of one that was not.

    Raises
    ------
    FileError
        If there is no such run, or its files are damaged.
    DataError
        If the rows are others than those that it began with.
    """
    path = Path(folder)
    for name in (MODEL, ROWS):
        if not (path / name).exists():
            raise FileError(f"{path} holds no training run that could be gone on with: it has no {name}")
    described = Trained.load(path, weights=False)
    prepared = _prepared(described.settings)
    known = files.read_json(path / ROWS)
    others = [name for name, digest in prepared.rows().items() if known.get(name) != digest]
    if others:
        raise DataError(
            f"{described.settings.data} has changed since the run began",
            got=f"other rows for {', '.join(name.replace('_', '-') for name in others)}",
            try_="chainrule train, for a new run",
        )
    checkpoint = path / CHECKPOINT
    state = None
    if checkpoint.exists():
        state = load_state(checkpoint, described.parameters, described.recipe.fit["optimizer"])
    return _run(prepared, path, state, save_every, verbose)


@dataclass(frozen=True)
class _Prepared:
    """The rows of a run, ready for its net, and the net before training."""

    untrained: Trained
    parts: Parts  # pairs (x, y)

    def rows(self) -> dict[str, str]:
        """A digest of each part, which tells whether the rows are still the same."""
        return {name: _digest(pair) for name, pair in self.parts._asdict().items()}


def _digest(arrays: Iterable[np.ndarray]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.shape}{array.dtype.str}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _prepared(settings: Settings) -> _Prepared:
    if settings.target is None:
        if settings.data != DIGITS:
            raise ArgumentError(
                "which column to predict has to be said: target is missing",
                wanted=f"one of {', '.join(map(repr, table_of(settings).names))}",
            )
        settings = dataclasses.replace(settings, target="digit")
    elif settings.data != DIGITS:
        settings = dataclasses.replace(settings, data=os.path.abspath(settings.data))
    target = settings.target
    assert target is not None
    task: Any = None if settings.task == "auto" else settings.task
    table = table_of(settings)
    how: dict[str, Any] = {
        "target": target,
        "task": task,
        "missing": settings.missing,
        "ignore": settings.ignore,
        "categories": settings.categories,
        "most_categories": settings.most_categories,
    }
    Preparation.fit(table, **how)  # what cannot be used is told of the whole table, whichever part its row falls into
    shares = (1 - settings.held_out - settings.validation, settings.validation, settings.held_out)
    tables = split(table, target, shares, settings.seed, task)
    for name, part in tables._asdict().items():
        if not len(part):
            raise DataError(
                f"{table.source} has too few rows: none is left for the {name.replace('_', '-')} part",
                got=f"{len(table)} rows",
            )
    preparation = Preparation.fit(tables.training, **how)
    classes = classes_of(preparation)
    count = None if classes is None else len(classes)
    recipe = Recipe.of(settings, len(preparation.labels), count, len(tables.training))
    if recipe.loss.task == "counts":  # numbers of events are not scaled
        preparation = dataclasses.replace(
            preparation, target=dataclasses.replace(preparation.target, mean=0.0, deviation=1.0)
        )
    parts = []
    for part in tables:
        x, y = preparation(part)
        parts.append((x.astype(settings.dtype), y if classes else y.astype(settings.dtype)))
    untrained = Trained(settings, preparation, recipe, recipe.initial_parameters(settings))
    return _Prepared(untrained, Parts(*parts))


def _run(
    prepared: _Prepared, path: Path, state: State | None, save_every: float, verbose: Verbosity | Progress
) -> Outcome:
    untrained, recipe = prepared.untrained, prepared.untrained.recipe

    def outcome(fitted: Fitted) -> Outcome:
        trained = dataclasses.replace(untrained, parameters=fitted.parameters)
        with np.errstate(all="ignore"):
            judged = {name: trained.judged(*pair) for name, pair in prepared.parts._asdict().items()}
            penalty = float(recipe.objective(fitted.parameters, *prepared.parts.training)[1][1])
        trained.save_weights(path)
        return Outcome(trained, fitted, judged, penalty, path)

    with _resumable(path), _Log(path / LOG) as log:
        if state is not None:
            log.write({"resumed": True, "steps": state.steps})
        try:
            fitted = fit(
                recipe.objective,
                untrained.parameters,
                prepared.parts.training,
                prepared.parts.validation,
                score=recipe.score,
                callbacks=[log],
                checkpoint=Checkpoint(path / CHECKPOINT, save_every),
                resume=state,
                verbose=verbose,
                **recipe.fit,
            )
        except DivergenceError as error:
            error.outcome = outcome(error.fitted)
            raise
        return outcome(fitted)


@contextlib.contextmanager
def _resumable(path: Path) -> Iterator[None]:
    """Whoever breaks off at once what happens within is told how to go on."""
    try:
        yield
    except KeyboardInterrupt as error:
        error.add_note(f"to go on: chainrule resume {path}")
        raise


class _Log:
    """A JSON line for each epoch, appended to a file."""

    def __init__(self, path: Path):
        try:
            self.file = path.open("a", encoding="utf-8")
        except OSError as error:
            raise FileError(f"{path} cannot be written: {error.strerror}") from error

    def __enter__(self) -> _Log:
        return self

    def __exit__(self, *error: object) -> None:
        self.file.close()

    def __call__(self, record: EpochRecord, parameters: Any) -> None:
        self.write(dataclasses.asdict(record))

    def write(self, values: dict[str, Any]) -> None:
        finite = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}
        self.file.write(json.dumps(finite) + "\n")
        self.file.flush()
