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


def batches(order: np.ndarray, batch_size: int, first: int = 0, smallest: int = 1) -> Iterator[np.ndarray]:
    """A batch of row numbers at a time, from the batch of number `first` on; the last one may be of another size.

    Examples
    --------
    >>> [len(batch) for batch in batches(np.arange(10), 4)]
    [4, 4, 2]
    >>> [len(batch) for batch in batches(np.arange(10), 4, smallest=3)]
    [4, 6]
    """
    alike = equal_batches(len(order), batch_size, smallest)
    for number in range(first, alike):
        yield order[number * batch_size : (number + 1) * batch_size]
    if alike * batch_size < len(order) and first <= alike:
        yield order[alike * batch_size :]


def equal_batches(rows: int, batch_size: int, smallest: int = 1) -> int:
    """How many batches have exactly `batch_size` rows: what is left over is a batch of its own, or, where that would be
    fewer than `smallest` rows, goes with the batch before.

    Examples
    --------
    >>> equal_batches(9, 4), equal_batches(9, 4, smallest=2)
    (2, 1)
    """
    alike, left_over = divmod(rows, batch_size)
    return alike - 1 if alike and 0 < left_over < smallest else alike
