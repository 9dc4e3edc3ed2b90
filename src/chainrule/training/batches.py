"""Which rows go into which step."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def shuffled_batches(rows: int, batch_size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """The row numbers of one epoch in random order, a batch at a time; the last batch may be smaller.

    Examples
    --------
    >>> [len(batch) for batch in shuffled_batches(10, 4, np.random.default_rng(0))]
    [4, 4, 2]
    """
    order = rng.permutation(rows)
    for start in range(0, rows, batch_size):
        yield order[start : start + batch_size]
