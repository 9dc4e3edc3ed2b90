"""One transform under way: its arguments as fresh variables, and what of its results is still traced outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import tree
from ..arraytype import ArrayType
from ..errors import ArgumentError, DtypeError
from ..graph import Variable
from ..interpret import evaluate
from ..ops import marks
from ..tracing import Array, Trace, active, plain_array, trace_of, variable_of, wrap
from ..tracing.array import ARRAY, NUMBERS, PYTHON, SCALAR
from ..tracing.collection import postpone_full_collections, resume_full_collections


class Scope:
    """What a transform needs of the trace that it shares with the transforms around it."""

    def __init__(self, trace: Trace, outermost: bool):
        self.trace, self.outermost = trace, outermost
        self.bit = trace.depth

    def argument(self, x: Any, name: str | None = None) -> Array:
        """A leaf of an argument as a fresh variable: a new input, or an identity of what is traced already.

        The fresh identity alone prevents perturbation confusion: two transforms never differentiate by one variable.
        """
        kind = (
            x.kind
            if type(x) is Array
            else PYTHON
            if type(x) in NUMBERS
            else SCALAR
            if isinstance(x, np.generic)
            else ARRAY
        )
        if self.outermost and type(x) is not Array:
            value = plain_array(x) if isinstance(x, np.ndarray) else np.asarray(x)
            v = self.trace.input(value, ArrayType(value.shape, value.dtype), name)
        else:
            v = marks.tag(variable_of(x, self.trace), serial=marks.fresh_serial())
            v.name = name
        v.mask |= 1 << self.bit
        return wrap(self.trace, v, kind)

    def result(self, v: Variable, like: Any = None) -> Any:
        """A result for the caller: still traced if it depends on a transform around this one, else its value."""
        if v.mask & ((1 << self.bit) - 1) or self.trace.symbolic:
            return wrap(self.trace, v, ARRAY if v.shape or isinstance(like, np.ndarray) else SCALAR)
        with np.errstate(all="ignore"):
            (value,) = self.trace.evaluate([v])
        return owned(value, like)


def owned(value: Any, like: Any = None) -> Any:
    """An array that nothing else refers to; a scalar where NumPy would give one."""
    value = np.asarray(value)
    if value.shape == () and not (isinstance(like, np.ndarray) and type(like) is not Array):
        return value[()]
    return value if value.base is None and value.flags.writeable and value.flags.owndata else value.copy()


class transform:
    """The scope of a transform, as a context: within the active trace, or that of its arguments, or a new one."""

    __slots__ = ("before", "scope")

    def __init__(self, *arguments: Any):
        self.before = active.trace
        trace = _trace_among(arguments) or self.before
        self.scope = Scope(Trace(evaluate) if trace is None else trace, outermost=trace is None)

    def __enter__(self) -> Scope:
        trace = self.scope.trace
        trace.depth += 1
        active.trace = trace
        if self.scope.outermost:
            postpone_full_collections()
        return self.scope

    def __exit__(self, *error: object) -> None:
        active.trace = self.before
        trace = self.scope.trace
        trace.depth -= 1
        if self.scope.outermost:
            resume_full_collections()
            trace.close()


def _trace_among(arguments: Sequence[Any]) -> Trace | None:
    for argument in arguments:
        if type(argument) is Array:
            return argument.owner
        if not isinstance(argument, tree.LEAVES):
            found = trace_of(*[leaf for leaf in tree.flatten(argument)[0] if type(leaf) is Array])
            if found is not None:
                return found
    return None


def checked_leaves(argument: Any, what: str) -> tuple[list[Any], Any]:
    """The leaves of an argument to differentiate by, all of a dtype that carries a derivative; and how to rebuild it.

    Raises
    ------
    DtypeError
        For an integer or boolean leaf.
    """
    leaves, rebuild = tree.flatten(argument)
    for k, leaf in enumerate(leaves):
        dtype = leaf.dtype if hasattr(leaf, "dtype") else np.asarray(leaf).dtype
        if dtype.kind == "c":
            raise DtypeError(
                f"derivatives by complex arguments are not supported yet: {what}{tree.paths(argument)[k]}",
                got=f"dtype {dtype}",
                wanted="a floating dtype",
            )
        elif dtype.kind != "f":
            raise DtypeError(
                f"there is no derivative by an argument of dtype {dtype}: {what}{tree.paths(argument)[k]}",
                got=f"shape {np.shape(leaf)}, dtype {dtype}",
                wanted="a floating dtype",
                try_=_cure(leaf, what + tree.paths(argument)[k]),
            )
    return leaves, rebuild


def _cure(leaf: Any, place: str) -> str | None:
    if type(leaf) is int:
        return f"{leaf}.0 instead of {leaf}"
    dtype = np.asarray(leaf).dtype if not hasattr(leaf, "dtype") else leaf.dtype
    return f"np.asarray({place}, dtype=float)" if dtype.kind in "biu" else None


def positions(argnums: Any, count: int) -> tuple[tuple[int, ...], bool]:
    """argnums as a tuple of positions counted from 0, and whether it was a single number."""
    single = isinstance(argnums, (int, np.integer))
    numbers: Sequence[Any] = (argnums,) if single else tuple(argnums)
    for n in numbers:
        if not isinstance(n, (int, np.integer)):
            raise ArgumentError(f"argnums names positions of arguments, not {n!r}", wanted="an int or a tuple of ints")
        if not -count <= n < count:
            raise ArgumentError(
                f"argnums={argnums} is out of range for a call with {count} positional argument{'s' * (count != 1)}",
                got=f"{count} positional argument{'s' * (count != 1)}",
                wanted=f"numbers from 0 to {count - 1}" if count else "at least one positional argument",
            )
    result = tuple(int(n) % count for n in numbers)
    if len(set(result)) < len(result):
        raise ArgumentError(f"argnums={argnums} names an argument twice")
    return result, single
