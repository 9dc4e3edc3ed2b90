"""Where a net is wrong on the validation rows: classes that it confuses, residuals, and the worst rows."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from typing import Any

from ...training import Recorded, short
from ..words import number_text
from .chart import cloud
from .gray import gray_png
from .shown import Shown
from .tables import table

MOST_CLASSES = 30  # of a table of all; beyond it the pairs that are confused most are listed
PAIRS = 20


def section(runs: Sequence[Shown]) -> str:
    """What the log says of the validation rows; before the end of a run, when that will be."""
    if len(runs) == 1:
        return f'<section class="mistakes"><h2>Validation rows</h2>{_judged(runs[0].run)}</section>'
    judged = (
        f'<article><h3 class="key series-{k}"><bdi>{escape(shown.name)}</bdi></h3>{_judged(shown.run)}</article>'
        for k, shown in enumerate(runs)
    )
    return f'<section class="mistakes"><h2>Validation rows</h2><div class="several">{"".join(judged)}</div></section>'


def _judged(run: Recorded) -> str:
    said = run.validation
    if said is None:
        return "<p>They are judged when the run ends.</p>"
    classes = run.begun.get("classes")
    if said.get("confusion"):
        shown = _confusion(said["confusion"], classes or [])
    elif said.get("predicted"):
        shown = _residuals(said, str(run.begun.get("target", "the target")))
    else:
        shown = ""
    number = f"{said['rows']:,} rows, {escape(str(run.begun.get('score', 'score')))} {_short(said['score'])}"
    return (
        f"<p>{number}, loss {_short(said['loss'])}, with the weights of the best epoch.</p>"
        f'<div class="beside"><div>{shown}</div><div><h4>The worst of them</h4>'
        f"{_worst(said, classes is not None)}</div></div>"
    )


def _confusion(counts: list[list[int]], classes: Sequence[str]) -> str:
    known = classes if len(classes) == len(counts) else range(len(counts))
    names = [f"<bdi>{escape(str(each))}</bdi>" for each in known]
    if len(counts) > MOST_CLASSES:
        pairs = [(n, i, j) for i, row in enumerate(counts) for j, n in enumerate(row) if n and i != j]
        found = [[names[i], names[j], str(n)] for n, i, j in sorted(pairs, key=lambda each: -each[0])[:PAIRS]]
        return table(["class", "taken for", "rows"], found, "the classes that are confused most")
    rows = []
    for i, (name, row) in enumerate(zip(names, counts, strict=True)):
        total = sum(row) or 1
        cells = "".join(
            f'<td class="{"right" if i == j else "wrong"}" style="--share:{n / total:.3f}">{n or "·"}</td>'
            for j, n in enumerate(row)
        )
        rows.append(f'<tr><th scope="row">{name}</th>{cells}</tr>')
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    return (
        '<div class="scrolled"><table class="confusion"><caption>the class downwards, what it was taken for across'
        f"</caption><thead><tr><td></td>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _residuals(said: dict[str, Any], target: str) -> str:
    predicted, actual = said["predicted"], said["actual"]
    pairs = [(p, a - p) for p, a in zip(predicted, actual, strict=True) if p is not None and a is not None]
    drawn = cloud([p for p, _ in pairs], [r for _, r in pairs], f"{target}, predicted", "actual − predicted")
    some = f" of {len(pairs):,} of them" if len(pairs) < said["rows"] else ""
    return f'<figure class="plain"><figcaption>Residuals{some}</figcaption>{drawn}</figure>'


def _worst(said: dict[str, Any], has_classes: bool) -> str:
    rows = said.get("worst", [])
    if not rows:
        return "<p>None.</p>"
    if "picture" in rows[0]:
        return f'<ul class="pictures">{"".join(_picture(row, has_classes) for row in rows)}</ul>'
    columns = list(rows[0]["features"])
    head = ["row", "loss", "actual", "predicted", *(f"<bdi>{escape(name)}</bdi>" for name in columns)]
    found = [
        [str(row["row"]), _short(row["loss"]), _said(row["actual"]), _said(row["predicted"])]
        + [_said(row["features"][name]) for name in columns]
        for row in rows
    ]
    left_out = said.get("left_out", 0)
    more = f'<p class="note">{left_out} more columns are not shown.</p>' if left_out else ""
    return table(head, found, "rows are counted from 1", "worst") + more


def _picture(row: dict[str, Any], has_classes: bool) -> str:
    picture = row["picture"]
    content = gray_png(base64.b64decode(picture["shades"]), picture["rows"], picture["columns"])
    actual, predicted = _said(row["actual"]), _said(row["predicted"])
    is_right = has_classes and row["actual"] == row["predicted"]
    words = f"{actual}, rightly" if is_right else f"{actual}, taken for {predicted}"
    return (
        f'<li><img class="pixels" alt="row {row["row"]}" src="data:image/png;base64,'
        f'{base64.b64encode(content).decode()}"><span>{words}</span>'
        f'<span class="muted">row {row["row"]}</span><span class="muted">loss {_short(row["loss"])}</span></li>'
    )


def _said(value: Any) -> str:
    if value is None:
        return "–"
    text = number_text(value) if isinstance(value, float) else str(value)
    return f"<bdi>{escape(text)}</bdi>"


def _short(x: float | None) -> str:
    return "–" if x is None else short(x)
