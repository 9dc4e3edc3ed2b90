"""Which rows go into which step.

The order of an epoch follows from the seed and the number of the epoch alone, so that a run can go on from any step.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..errors import ArgumentError

Seed = int | np.random.SeedSequence | np.random.Generator


def seed_sequence(seed: Seed) -> np.random.SeedSequence:
    """A seed to derive those of the epochs from; a Generator gives one, and moves on.

    Raises
    ------
    ArgumentError
        If it is none.
    """
    if isinstance(seed, np.random.SeedSequence):
        return seed
    if isinstance(seed, np.random.Generator):
        seed = int(seed.integers(2**63))
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ArgumentError("a seed is a whole number, 0 or more", got=f"seed={seed!r}")
    return np.random.SeedSequence(seed)


def epoch_seed(seed: np.random.SeedSequence, epoch: int) -> np.random.SeedSequence:
    """Of the order of one epoch."""
    return np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, epoch))


def batches(order: np.ndarray, batch_size: int, first: int = 0) -> Iterator[np.ndarray]:
    """A batch of row numbers at a time, from the batch of number `first` on; the last one may be smaller.

    Examples
    --------
    >>> [len(batch) for batch in batches(np.arange(10), 4)]
    [4, 4, 2]
    """
    for start in range(first * batch_size, len(order), batch_size):
        yield order[start : start + batch_size]
