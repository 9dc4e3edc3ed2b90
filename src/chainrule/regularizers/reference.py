"""The reference of all regularizers, from their declarations: ``python -m chainrule.regularizers.reference``."""

from __future__ import annotations

import sys

from .regularizer import COMMON, REGULARIZERS, Regularizer

COMMON_SETTINGS = ", ".join(f"`{name}={value}`" for name, value in COMMON.items())
HEAD = rf"""# Regularizers

Functions in `chainrule.regularizers` of a tree of parameters. A penalty gives a number to be added to a loss, a
projection the parameters that are allowed, to be applied after a step. The formula is that of one array of weights;
$w^0$ is the center, by default 0. Every penalty also takes {COMMON_SETTINGS}.
Written by `python -m chainrule.regularizers.reference`; a test compares.

"""
COLUMNS = ("regularizer", "kind", "formula", "settings", "source")


def row(entry: Regularizer) -> str:
    """One row of the table."""
    settings = ", ".join(f"{name} = {value}" for name, value in entry.settings.items())
    formula = entry.formula.replace("|", r"\vert ")  # a bar would end the cell
    return "| " + " | ".join((f"`{entry.name}`", entry.kind, f"${formula}$", settings, entry.source)) + " |"


def page() -> str:
    """The whole page."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS), *map(row, REGULARIZERS.values())]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
