"""Fashion-MNIST: a dense net 784-256-128-10 beside the same in PyTorch, and scikit-learn's best plain net.

The settings were chosen by `benchmarks.fashion.choice` on the training part alone: 5,000 of its 60,000 pictures judged
them. The test part is looked at once, by the net that was trained on the whole training part.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from chainrule.data import fashion_mnist

BATCH, HELD = 128, 5000


class Settings(NamedTuple):
    """How a net is trained; the rate falls to 0 along half a cosine where it falls."""

    epochs: int
    hidden: tuple[int, ...] = (256, 128)
    rate: float = 1e-3
    dropout: float = 0.0
    normalization: str | None = None
    alpha: float = 0.0
    falls: bool = True


CHOSEN = Settings(epochs=15, rate=3e-3, dropout=0.1, normalization="batch")
PLAIN = Settings(epochs=15, alpha=1e-2, falls=False)  # scikit-learn's


class Parts(NamedTuple):
    """Pictures to train on, and others to judge by: float32 from 0 to 1, shape (n, 784), and labels."""

    x: np.ndarray
    y: np.ndarray
    x_judge: np.ndarray
    y_judge: np.ndarray


def official(folder: Any = None) -> Parts:
    training, test = fashion_mnist.parts(folder)
    return Parts(*training, *test)


def of_training(folder: Any = None, held: int = HELD) -> Parts:
    """Parts of the training part alone."""
    (x, y), _ = fashion_mnist.parts(folder)
    order = np.random.default_rng(0).permutation(len(x))
    judge, rest = order[:held], order[held:]
    return Parts(x[rest], y[rest], x[judge], y[judge])
