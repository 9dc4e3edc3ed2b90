"""A training run from a table to a folder: what `chainrule train` and `chainrule resume` do."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, final

import numpy as np

from .. import __version__, files, tree
from ..errors import DataError, DivergenceError, FileError
from .checkpoints import Checkpoint, load_state
from .events import EVENTS, SCHEMA, Events
from .examples import examples
from .folder import CHECKPOINT, ROWS, SETTINGS, new_folder
from .history import EpochRecord, Fitted
from .loop import fit
from .prepared import Prepared, prepared
from .progress import Progress, Verbosity
from .samples import Samples
from .settings import Settings
from .state import State
from .toml import to_toml
from .trained import MODEL, Judged, Trained


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


class Watcher(Protocol):
    """Follows a run by the log in its folder."""

    def epoch(self, folder: Path) -> None:
        """An epoch has been added to the log; called often, so it costs little as a rule."""
        ...

    def end(self, ready: Prepared, outcome: Outcome) -> None:
        """The run is over, or has been interrupted, and the log is complete."""
        ...


def train(
    settings: Settings,
    folder: str | os.PathLike[str] | None = None,
    *,
    save_every: float = 30.0,
    verbose: Verbosity | Progress = "auto",
    watchers: Sequence[Watcher] = (),
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
    watchers : sequence of Watcher
        Who follows the run, such as `chainrule.view.report.Report`, which writes a page of it.

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
    ready = prepared(settings)
    for pair in ready.parts:
        ready.untrained.judged(*pair)  # what a loss refuses, it refuses before there is a folder
    path = new_folder(folder)
    files.write_bytes(path / SETTINGS, to_toml(settings.to_mapping()).encode())
    ready.untrained.describe(path)
    files.write_json(path / ROWS, ready.rows())
    return _run(ready, path, None, save_every, verbose, watchers)


def resume(
    folder: str | os.PathLike[str],
    *,
    save_every: float = 30.0,
    verbose: Verbosity | Progress = "auto",
    watchers: Sequence[Watcher] = (),
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
    ready = prepared(described.settings)
    known = files.read_json(path / ROWS)
    changes = [f"{name.replace('_', '-')} rows" for name, digest in ready.rows().items() if known.get(name) != digest]
    if ready.untrained.preparation != described.preparation:
        changes.append("columns")
    if changes:
        raise DataError(
            f"{described.settings.data} has changed since the run began",
            got=f"other {', '.join(changes)}",
            try_="chainrule train, for a new run",
        )
    checkpoint = path / CHECKPOINT
    state = None
    if checkpoint.exists():
        state = load_state(checkpoint, described.parameters, described.recipe.fit["optimizer"], described.buffers)
    return _run(ready, path, state, save_every, verbose, watchers)


def _run(
    ready: Prepared,
    path: Path,
    state: State | None,
    save_every: float,
    verbose: Verbosity | Progress,
    watchers: Sequence[Watcher],
) -> Outcome:
    untrained, recipe = ready.untrained, ready.untrained.recipe

    def outcome(fitted: Fitted) -> Outcome:
        trained = dataclasses.replace(untrained, parameters=fitted.parameters, buffers=fitted.buffers)
        with np.errstate(all="ignore"):
            judged = {name: trained.judged(*pair) for name, pair in ready.parts._asdict().items()}
            _, penalty = recipe.loss_and_penalty(fitted.parameters, fitted.buffers, *ready.parts.training)
            said = examples(trained, ready, judged["validation"])
        trained.save_weights(path)
        log.write("validation", said)
        ended = {"ending": fitted.ending, "best_epoch": fitted.best_epoch, "seconds": fitted.seconds}
        parts = {
            name: {"rows": each.rows, "loss": each.loss, "score": each.score, "confusion": each.confusion}
            for name, each in judged.items()
        }
        log.write("end", ended | {"penalty": penalty, "parts": parts})
        result = Outcome(trained, fitted, judged, penalty, path)
        for each in watchers:
            each.end(ready, result)
        return result

    def watched(record: EpochRecord, parameters: Any) -> None:
        for each in watchers:
            each.epoch(path)

    samples = Samples(untrained.parameters, _steps_per_epoch(ready), untrained.settings.epochs)
    with _resumable(path), Events(path / EVENTS, samples) as log:
        if log.is_new:
            log.write("begin", _begin_event(ready))
        if state is not None:
            log.write("resume", {"steps": state.steps})
        try:
            fitted = fit(
                recipe.objective,
                untrained.parameters,
                ready.parts.training,
                ready.parts.validation,
                score=recipe.score,
                callbacks=[log, watched],
                checkpoint=Checkpoint(path / CHECKPOINT, save_every),
                inspector=samples,
                resume=state or _begun(untrained),
                verbose=verbose,
                **recipe.fit,
            )
        except DivergenceError as error:
            error.outcome = outcome(error.fitted)
            raise
        return outcome(fitted)


def _begin_event(ready: Prepared) -> dict[str, Any]:
    """What the log says first."""
    trained = ready.untrained
    layers = [
        {
            "name": f"layer {k}" if k < len(trained.net.layers) else "output layer",
            "inputs": layer.inputs,
            "units": layer.units,
            "activation": layer.activation.name,
        }
        for k, layer in enumerate(trained.net.layers, 1)
    ]
    return {
        "schema": SCHEMA,
        "version": __version__,
        "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "settings": trained.settings.to_mapping(),
        "target": trained.preparation.target.name,
        "classes": trained.classes,
        "loss": trained.loss.name,
        "score": trained.score_name,
        "rows": {name: len(pair[0]) for name, pair in ready.parts._asdict().items()},
        "columns": len(trained.preparation.labels),
        "layers": layers,
        "parameters": sum(np.size(leaf) for leaf in tree.flatten(trained.parameters)[0]),
        "epochs": trained.settings.epochs,
        "steps_per_epoch": _steps_per_epoch(ready),
    }


def _steps_per_epoch(ready: Prepared) -> int:
    return math.ceil(len(ready.parts.training[0]) / ready.untrained.settings.batch_size)


def _begun(untrained: Trained) -> State:
    """Before the first step."""
    return State.initial(untrained.parameters, untrained.recipe.fit["optimizer"], untrained.buffers)


@contextlib.contextmanager
def _resumable(path: Path) -> Iterator[None]:
    """Whoever breaks off at once what happens within is told how to go on."""
    try:
        yield
    except KeyboardInterrupt as error:
        error.add_note(f"to go on: chainrule resume {path}")
        raise
