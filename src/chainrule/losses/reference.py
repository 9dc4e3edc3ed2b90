"""The reference of all losses, generated from their declarations: ``python -m chainrule.losses.reference``."""

from __future__ import annotations

import sys

from .loss import LOSSES, Loss

HEAD = r"""# Losses

Functions `loss(outputs, targets)` in `chainrule.losses`, each the mean over the rows of a batch; several columns of a
row are added. The formula is that of one output $\hat y$ (where it is a logarithm or a score: $\hat z$) and its target
$y$. Written by `python -m chainrule.losses.reference`; a test compares.

"""
SETTINGS = r"""
## Settings

`configured` binds settings; the best constant follows them.

```python
>>> import numpy as np
>>> from chainrule.losses import LOSSES
>>> smooth = LOSSES["cross_entropy"].configured(smoothing=0.1)
>>> logits, labels = np.log([[0.9, 0.05, 0.05]]), np.array([0])
>>> float(LOSSES["cross_entropy"].function(logits, labels).round(3)), float(smooth.function(logits, labels).round(3))
(0.105, 0.298)

```

Smoothing replaces the target $\mathrm{onehot}(y)$ of a row by

$$t = (1 - s) \, \mathrm{onehot}(y) + \frac{s}{k}, \qquad
\frac{\partial L}{\partial \hat z} = \frac{\mathrm{softmax}(\hat z) - t}{n},$$

so that the loss is least at finite logits, which lie $\log(1 + k (1 - s) / s)$ apart; a net that is sure pays for it.
The logistic loss has $k = 2$ classes, no and yes. With $s = 0$ nothing is computed but what the plain loss computes.
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
    return HEAD + "\n".join(lines) + "\n" + SETTINGS


if __name__ == "__main__":
    sys.stdout.write(page())
