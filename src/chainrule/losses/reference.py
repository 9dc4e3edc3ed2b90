"""The reference of all losses, generated from their declarations: ``python -m chainrule.losses.reference``."""

from __future__ import annotations

import sys

from .loss import LOSSES, Loss

HEAD = r"""# Losses

Functions `loss(outputs, targets)` in `chainrule.losses`, each the mean over the rows of a batch; several columns of a
row are added. The formula is that of one output $\hat y$ (where it is a logarithm or a score: $\hat z$) and its target
$y$. Written by `python -m chainrule.losses.reference`; a test compares.

"""
COLUMNS = ("loss", "task", "formula", "settings", "outputs", "best constant", "source")


def row(entry: Loss) -> str:
    """One row of the table."""
    outputs = "one for each class" if entry.task == "classification" else "one for each column"
    if entry.units(1) == 2:
        outputs = "two for each column"
    settings = ", ".join(f"{name} = {value:g}" for name, value in entry.settings.items())
    known = "yes" if entry.prior else ""
    formula = entry.formula.replace("|", r"\vert ")  # a bar would end the cell
    cells = (f"`{entry.name}`", entry.task, f"${formula}$", settings, outputs, known, entry.source)
    return "| " + " | ".join(cells) + " |"


def page() -> str:
    """The whole page."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS), *map(row, LOSSES.values())]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
