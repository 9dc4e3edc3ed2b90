"""The reference of activations and initializations, generated: ``python -m chainrule.nets.reference``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import numpy as np

from ..api import jacobian
from .activations import ACTIVATIONS, Activation
from .entry import AbstractEntry
from .initializations import BIASES, INITIALIZATIONS

HEAD = """# Nets

What the layers of `chainrule.nets.Dense` are made of. Settings are given as in `{"name": "maxout", "pieces": 3}`.
Written by `python -m chainrule.nets.reference`; a test compares.

"""
ACTIVATIONS_HEAD = """## Activations

The Jacobian is that by the weighted sums $x$ of a batch. The gain is what keeps the mean square of a normal signal;
weights are drawn by the initialization named here, if none is chosen.

"""
INITIALIZATIONS_HEAD = """## Initializations of weights

For $m$ inputs and $n$ units. Where the gain $g$ has no number, it is that of the layer's activation.

"""
BIASES_HEAD = """## Rules for biases

"""


def activation_row(entry: Activation) -> Sequence[str]:
    """Name, formula, settings, parameters, structure, slopes at kinks, gain, weights, source."""
    x = np.linspace(-1.9, 2.1, 8).reshape(2, 4)
    J = jacobian(lambda x: entry(x, **{name: np.full(4, start) for name, start in entry.leaves.items()}))(x)
    leaves = ", ".join(f"{name}, from {start:g}" for name, start in entry.leaves.items())
    kinks = "; ".join(f"{point:g} -> {slope:g}" for point, slope in entry.kinks.items())
    return (
        *_name_and_formula(entry),
        _settings(entry),
        leaves,
        str(J.structure),
        kinks,
        f"{entry.gain:.4f}",
        f"`{entry.weights}`",
        entry.source,
    )


def _name_and_formula(entry: AbstractEntry) -> tuple[str, str]:
    return f"`{entry.name}`", f"${entry.formula}$"


def _settings(entry: AbstractEntry) -> str:
    return ", ".join(name if value is None else f"{name} = {value:g}" for name, value in entry.settings.items())


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def page() -> str:
    """The whole page."""
    activations = _table(
        ("activation", "formula", "settings", "parameters", "Jacobian", "at kinks", "gain", "weights", "source"),
        map(activation_row, ACTIVATIONS.values()),
    )
    weights, biases = (
        _table(
            (what, "formula", "settings", "source"),
            [(*_name_and_formula(entry), _settings(entry), entry.source) for entry in catalogue.values()],
        )
        for what, catalogue in (("initialization", INITIALIZATIONS), ("rule", BIASES))
    )
    return "".join(
        (HEAD, ACTIVATIONS_HEAD, activations, "\n", INITIALIZATIONS_HEAD, weights, "\n", BIASES_HEAD, biases)
    )


if __name__ == "__main__":
    sys.stdout.write(page())
