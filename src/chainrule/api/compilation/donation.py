"""Donated arguments: memory that the caller gives away. Whether it may be given is told before anything runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import tree
from ...errors import ArgumentError, MutationError
from ...original import np
from ...tracing import memory_of

_WORK: Any = 10_000  # for the exact answer whether two arrays overlap; beyond it, their bounds tell


def donated_arrays(args: tuple[Any, ...], donated: Sequence[int]) -> set[int]:
    """The identities of the arrays among the donated arguments."""
    leaves = [leaf for k in donated for leaf in tree.flatten(args[k])[0]]
    return {id(x) for x in leaves if type(x) is np.ndarray}


def check_donated(args: tuple[Any, ...], keywords: dict[str, Any], donated: Sequence[int]) -> None:
    """Raise where a donated argument is not the caller's to give.

    Raises
    ------
    MutationError
        If it is read-only, or in memory that another array owns, or that another argument shares.
    ArgumentError
        If there is no argument of that number.
    """
    positions = set()
    for k in donated:
        if not -len(args) <= k < len(args):
            raise ArgumentError(
                f"donate_argnums names argument {k}, but there are {len(args)} positional arguments",
                wanted=f"numbers from 0 to {len(args) - 1}" if args else "a donated argument by position",
            )
        positions.add(k % len(args))
    given = [(name, x) for k, arg in enumerate(args) if k in positions for name, x in _arrays(f"argument {k}", arg)]
    kept = [(name, x) for k, arg in enumerate(args) if k not in positions for name, x in _arrays(f"argument {k}", arg)]
    kept += [(name, x) for key, arg in keywords.items() for name, x in _arrays(key, arg)]
    for k, (name, x) in enumerate(given):
        if not x.flags.writeable:
            raise _refused(name, "it is read-only", x)
        if x.base is not None:
            raise _refused(name, "it is a view of memory that another array owns", x)
        for other, y in (*given[:k], *kept):
            if _overlap(x, y):
                raise _refused(name, f"{other} shares its memory", x)


def _arrays(name: str, arg: Any) -> list[tuple[str, np.ndarray]]:
    leaves = tree.flatten(arg)[0]
    return [
        (name + place, memory_of(x))
        for place, x in zip(tree.paths(arg), leaves, strict=True)
        if isinstance(memory_of(x), np.ndarray) and x.size
    ]


def _overlap(x: np.ndarray, y: np.ndarray) -> bool:
    if not np.may_share_memory(x, y):
        return False
    try:
        return np.shares_memory(x, y, max_work=_WORK)
    except np.exceptions.TooHardError:
        return True


def _refused(name: str, why: str, x: np.ndarray) -> MutationError:
    return MutationError(
        f"{name} cannot be donated: {why}",
        got=f"an array of shape {x.shape}, dtype {x.dtype}",
        wanted="writable memory of its own that no other argument shares",
        try_=f"a copy of {name}, or donate_argnums without it",
    )
