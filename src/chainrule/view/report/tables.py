"""What is told of runs in tables: how far they have come, and what they were begun with."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import PurePath
from typing import Any

from ...training import Settings, short
from ...training.text import duration
from .shown import Shown

STATES = {
    "finished": "finished",
    "stopped": "stopped early",
    "interrupted": "interrupted",
    "diverged": "diverged",
    None: "under way",
}
DASH = "–"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "", kind: str = "") -> str:
    """Cells are HTML; the first one of a row is its head."""
    above = f"<caption>{caption}</caption>" if caption else ""
    first = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>' for name, *cells in rows
    )
    return (
        f'<div class="scrolled"><table class="{kind}">{above}<thead><tr>{first}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def summary(runs: Sequence[Shown]) -> str:
    """A row for each run."""
    score = runs[0].run.begun.get("score", "score")
    head = ["run", "state", "epoch", "best epoch", f"{score}, held-out", f"{score}, validation", "loss, validation"]
    head += ["loss, training", "penalty", "time", "weights", "rows"]
    rows = [_summary_row(k if len(runs) > 1 else None, shown) for k, shown in enumerate(runs)]
    return table(head, rows, kind="summary")


def _summary_row(color: int | None, shown: Shown) -> list[str]:
    run, best = shown.run, shown.best
    ended = run.ended or {}
    last = run.epochs[-1] if run.epochs else {}
    at_best = best or last
    parts = ended.get("parts", {})
    key = "" if color is None else f' class="key series-{color}"'
    counts = run.begun.get("rows", {})
    total = run.settings.get("epochs", run.begun.get("epochs"))
    return [
        f"<span{key}><bdi>{escape(shown.name)}</bdi></span>",
        f'<span class="state {ended.get("ending", "underway")}">{STATES.get(ended.get("ending"), "ended")}</span>',
        f"{last.get('epoch', 0):,} of {total:,}" if total else str(last.get("epoch", 0)),
        str(best["epoch"]) if best else DASH,
        _number(parts.get("held_out", {}).get("score")),
        _number(parts.get("validation", {}).get("score", at_best.get("score"))),
        _number(parts.get("validation", {}).get("loss", at_best.get("validation_loss"))),
        _number(parts.get("training", {}).get("loss", at_best.get("loss"))),
        _number(ended.get("penalty", at_best.get("penalty"))),
        duration(last["seconds"]) if last.get("seconds", 0) >= 60 else f"{last.get('seconds', 0):.1f} s",
        f"{run.begun['parameters']:,}" if "parameters" in run.begun else DASH,
        " + ".join(f"{count:,}" for count in counts.values()) or DASH,
    ]


def settings(shown: Sequence[Shown]) -> str:
    """A row for each setting that has a value in one of the runs; those in which they differ are marked."""
    runs = [each.run for each in shown]
    described = {each.name: each for each in Settings.described()}
    known = [name for name in described if any(name in run.settings for run in runs)]
    known += sorted({name for run in runs for name in run.settings if name not in described})
    rows = []
    for name in known:
        values = [_value(name, run.settings.get(name)) for run in runs]
        if name in described and not any(values):
            continue
        differ = len(set(values)) > 1
        default = described[name].default if name in described else None
        is_default = all(
            run.settings.get(name) == (list(default) if isinstance(default, tuple) else default) for run in runs
        )
        mark = ' <span class="mark" title="differs">≠</span>' if differ else ""
        kind = "differs" if differ else "default" if is_default else "chosen"
        cells = [f'<span class="{kind}"><bdi>{escape(value) or DASH}</bdi></span>' for value in values]
        rows.append([f'<span class="{kind}">{escape(name.replace("_", " "))}{mark}</span>', *cells])
    head = ["setting", *(f"<bdi>{escape(each.name)}</bdi>" for each in shown)]
    note = "Bold: other than by default." if len(runs) == 1 else "≠: the runs differ in it."
    return table(head, rows, kind="settings") + f'<p class="note">{note}</p>'


def _value(name: str, value: Any) -> str:
    """A setting as one would write it on the command line; of a file its name alone."""
    if value is None:
        return ""
    if name == "data":
        return PurePath(str(value)).name
    if isinstance(value, dict):
        options = ", ".join(f"{key}={each}" for key, each in value.items() if key != "name")
        return f"{value.get('name', '')}: {options}" if options else str(value.get("name", ""))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _number(x: float | None) -> str:
    return DASH if x is None or not math.isfinite(x) else short(x)
