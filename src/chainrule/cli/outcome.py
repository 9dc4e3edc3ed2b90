"""What is printed of a training run, for people and for programs."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from ..training import Outcome, short
from ..training.trained import Judged
from ..view.report import FILE

WIDEST_TABLE = 30  # classes
NAME = 16  # letters of a class


def document(outcome: Outcome) -> dict[str, Any]:
    """All that is known at the end, ready for JSON."""
    fitted, trained = outcome.fitted, outcome.trained
    return {
        "score": trained.score_name,
        "rows": {name: each.rows for name, each in outcome.parts.items()},
        trained.score_name.lower(): {name: each.score for name, each in outcome.parts.items()},
        "loss": {name: each.loss for name, each in outcome.parts.items()},
        "penalty": outcome.penalty,
        "confusion": outcome.parts["held_out"].confusion,
        "classes": trained.classes,
        "seconds": fitted.seconds,
        "ending": fitted.ending,
        "best_epoch": fitted.best_epoch,
        "folder": str(outcome.folder),
        "settings": trained.settings.to_mapping(),
        "history": [dataclasses.asdict(record) for record in fitted.history],
    }


def text(outcome: Outcome) -> str:
    """The same for people."""
    fitted, trained, settings = outcome.fitted, outcome.trained, outcome.trained.settings
    lines = [headline("held-out", outcome.parts["held_out"], trained.score_name), ""]
    lines += [f"{'rows':<12}{'number':>9}{trained.score_name:>10}{'loss':>9}"]
    for name, each in outcome.parts.items():
        lines += [f"{name.replace('_', '-'):<12}{each.rows:>9}{each.score:>10.4f}{short(each.loss):>9}"]
    penalty = settings.penalty if isinstance(settings.penalty, str) else settings.penalty["name"]
    lines += [
        "",
        f"penalty {short(outcome.penalty)} ({penalty} {settings.strength:g}), seed {settings.seed}, "
        f"weights of epoch {fitted.best_epoch} of {settings.epochs}, {fitted.seconds:.1f} s",
        *confusion("held-out", outcome.parts["held_out"], trained.classes),
        "",
        f"files in {outcome.folder}: the net in model.json and weights.safetensors, its settings in settings.toml",
        *([f"how it went: {page}"] if (page := outcome.folder / FILE).exists() else []),
        f"next: chainrule predict {outcome.folder} DATA",
    ]
    return "\n".join(lines)


def headline(name: str, judged: Judged, score: str) -> str:
    """The one number that people look for."""
    if judged.confusion is None:
        return f"{score} on {name} rows: {judged.score:.4f} ({judged.rows} row{'s' * (judged.rows != 1)})"
    right = sum(row[k] for k, row in enumerate(judged.confusion))
    return f"{score} on {name} rows: {judged.score:.2%} ({right} of {judged.rows})"


def confusion(name: str, judged: Judged, classes: Sequence[str] | None) -> list[str]:
    """The confusion table in lines; nothing where there are no classes, or too many to be looked at."""
    if judged.confusion is None or classes is None or len(classes) > WIDEST_TABLE:
        return []
    names = [each if len(each) <= NAME else f"{each[: NAME - 1]}…" for each in classes]
    first = max(map(len, names))
    widths = [max(3, len(each), *(len(str(row[k])) for row in judged.confusion)) for k, each in enumerate(names)]
    head = "  ".join(f"{each:>{width}}" for each, width in zip(names, widths, strict=True))
    lines = ["", f"{name} rows, the class downwards, what it was taken for across:", f"  {'':>{first}}  {head}"]
    for each, row in zip(names, judged.confusion, strict=True):
        cells = "  ".join(f"{count or '.':>{width}}" for count, width in zip(row, widths, strict=True))
        lines.append(f"  {each:>{first}}  {cells}")
    return lines
