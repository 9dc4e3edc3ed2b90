"""Rows that code in C moves within an array: it takes an array that it does not know for a list.

`rng.shuffle(y)` exchanges y[i] and y[j] then as if each were an item on its own. They are views: one row would be lost.
"""

from __future__ import annotations

import dis
from types import FrameType

from ..errors import MutationError

_STORES = {dis.opmap[name] for name in ("STORE_SUBSCR", "STORE_SLICE") if name in dis.opmap}


def stores(frame: FrameType) -> bool:
    """Whether the frame that `__setitem__` was called from is at an `x[...] = v`; code in C has no frame of its own."""
    return frame.f_code.co_code[frame.f_lasti] in _STORES


def shuffled() -> MutationError:
    """The error where a part of an array is written over another one, and no Python code says so."""
    return MutationError(
        "code in C moves rows within an array as if they were items of a list, which would lose some of them",
        wanted="a shuffle that makes a new array",
        try_="y = y[rng.permutation(len(y))] instead of rng.shuffle(y)",
    )
