"""What a net says of the validation rows, row by row: where it is wrong, and how far."""

from __future__ import annotations

import base64
import math
import re
from typing import Any

import numpy as np

from ..data import Table
from ..data.column import Column
from .dense import row_losses
from .prepared import Prepared
from .trained import Judged, Trained

WORST = 12  # rows
POINTS = 1000  # of a residual plot
COLUMNS = 30  # of a row
LETTERS = 120  # of a text
LEAST_PIXELS = 16


def examples(trained: Trained, ready: Prepared, judged: Judged) -> dict[str, Any]:
    """What the log holds of the validation rows.

    Returns
    -------
    event : dict
        loss and score; for classes the confusion table, for a number pairs of what was predicted and what is; and
        the rows with the greatest loss, their columns as texts, or as a picture where the columns are pixels.
    """
    x, y = ready.parts.validation
    outputs = trained.outputs_of(x)
    decided = trained.decided(outputs)
    predicted, actual = (trained.preparation.in_own_units(each) for each in (decided, y.reshape(len(y))))
    found: dict[str, Any] = {
        "rows": judged.rows,
        "loss": judged.loss,
        "score": judged.score,
        "confusion": judged.confusion,
    }
    if trained.classes is None:
        chosen = np.unique(np.linspace(0, len(y) - 1, min(len(y), POINTS)).round().astype(int))
        found |= {"predicted": predicted[chosen].tolist(), "actual": actual[chosen].tolist()}
    losses = np.asarray(row_losses(trained.loss.function, outputs, y), np.float64)
    worst = np.argsort(-np.where(np.isnan(losses), np.inf, losses), kind="stable")[:WORST]
    names = [each.name for each in trained.preparation.columns]
    pixels = _Pixels.of(ready.validation, names)
    rows = ready.validation.take(worst)
    found["worst"] = [
        {
            "row": int(ready.validation_numbers[k]),
            "loss": float(losses[k]),
            "predicted": predicted[k].item(),
            "actual": actual[k].item(),
            **({"features": _features(rows, names, place)} if pixels is None else {"picture": pixels(k)}),
        }
        for place, k in enumerate(worst.tolist())
    ]
    found["left_out"] = 0 if pixels else max(0, len(names) - COLUMNS)
    return found


class _Pixels:
    """Rows as pictures."""

    def __init__(self, values: np.ndarray):
        self.side = math.isqrt(values.shape[1])
        low, high = float(values.min()), float(values.max())
        self.shades = np.rint((values - low) / ((high - low) or 1.0) * 255).astype(np.uint8)

    @classmethod
    def of(cls, table: Table, names: list[str]) -> _Pixels | None:
        """Where all columns are numbers, as many as a square has, and numbered: pixel_0, pixel_1..."""
        count = len(names)
        numbered = [re.fullmatch(r"(.*?)(\d+)", name) for name in names]
        if count < LEAST_PIXELS or math.isqrt(count) ** 2 != count or not all(numbered):
            return None
        stems = {each[1] for each in numbered if each}
        places = [int(each[2]) for each in numbered if each]
        if len(stems) > 1 or places != list(range(places[0], places[0] + count)):
            return None
        columns = [table[name] for name in names]
        if any(column.kind != "number" or column.missing().any() for column in columns):
            return None
        values = np.stack([column.values for column in columns], axis=1).astype(np.float64)
        return cls(values) if np.isfinite(values).all() else None

    def __call__(self, row: int) -> dict[str, Any]:
        shades = base64.b64encode(self.shades[row].tobytes()).decode()
        return {"rows": self.side, "columns": self.side, "shades": shades}


def _features(table: Table, names: list[str], row: int) -> dict[str, str | None]:
    return {name: _text(table[name], row) for name in names[:COLUMNS]}


def _text(column: Column, row: int) -> str | None:
    """A value for people to read; None where it is missing."""
    if column.missing()[row]:
        return None
    value = column.values[row]
    if column.kind == "number":
        return str(int(value)) if value == np.rint(value) and abs(value) < 1e15 else f"{float(value):.6g}"
    text = column.categories[int(value)]
    return text if len(text) <= LETTERS else f"{text[: LETTERS - 1]}…"
