"""The data of the page: what the curves are drawn from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from .shown import Shown

SCHEMA: Final = "chainrule/report/1"
BY_LAYER: Final = ("gradient_norm", "step_ratio")
CURVES: Final = ("loss", "validation_loss", "penalty", "score", "learning_rate", "seconds_per_step")


def payload(runs: Sequence[Shown]) -> dict[str, Any]:
    """All runs.

    Returns
    -------
    data : dict
        For each run: epochs, and for each curve a number of each of these epochs, None where there is none; for each
        layer the least, the middle and the greatest of the steps that were sampled in it.
    """
    return {"schema": SCHEMA, "runs": [_run(each) for each in runs]}


def _run(shown: Shown) -> dict[str, Any]:
    run, columns = shown.run, shown.columns
    tables = {what: run.by_layer(what) for what in BY_LAYER}
    return {
        "name": shown.name,
        "score": run.begun.get("score", "score"),
        "best": shown.best["epoch"] if shown.best else None,
        "under_way": run.ended is None,
        "thinned": shown.is_thinned,
        "epochs": [epoch["epoch"] for epoch in run.epochs],
        "curves": {curve: _numbers(columns[curve]) for curve in CURVES if _is_known(columns.get(curve))},
        "layers": [
            {"name": layer, **{what: _rounded(tables[what][layer]) for what in BY_LAYER}}
            for layer in tables[BY_LAYER[0]]
        ],
    }


def _is_known(column: np.ndarray | None) -> bool:
    return column is not None and bool(np.isfinite(column).any())


def _numbers(column: np.ndarray) -> list[float | None]:
    return [x if math.isfinite(x) else None for x in column.tolist()]


def _rounded(table: np.ndarray) -> list[list[float | None]]:
    """To four digits, which is more than a logarithmic scale shows."""
    return [[float(f"{x:.4g}") if math.isfinite(x) else None for x in row] for row in table.tolist()]
