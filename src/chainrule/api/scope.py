"""One transform under way: its arguments as fresh variables, and what of its results is still traced outside."""

from __future__ import annotations

import contextlib
import reprlib
from collections.abc import Callable, Sequence
from typing import Any

from .. import tree
from ..arraytype import ArrayType
from ..errors import ArgumentError, ChainruleError, DtypeError
from ..errors.operands import text_of
from ..graph import Graph, Unfinished, Variable, extract
from ..interpret import evaluate
from ..ops import marks
from ..original import np
from ..tracing import Array, Trace, active, memory_of, names, plain_array, trace_of, variable_of, wrap
from ..tracing.array import ARRAY, NUMBERS, PYTHON, SCALAR, contains_traced
from ..tracing.collection import postpone_full_collections, resume_full_collections
from ..tracing.failing import described, unfinished
from ..tracing.leaving import explain, hidden_by
from ..tracing.trace import COPY_LIMIT
from .uncaught import watch


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
            value = plain(x)
            type_ = ArrayType(value.shape, value.dtype)  # in the machine's order of bytes
            v = self.trace.input(read_only(value.astype(type_.dtype, copy=False)), type_, name)
        else:
            v = marks.tag(variable_of(x, self.trace), serial=marks.fresh_serial())
            v.name = name
        v.mask |= 1 << self.bit
        return wrap(self.trace, v, kind)

    def hidden_input(self, shape: tuple[int, ...], dtype: Any) -> Variable:
        """An input for an array from outside, which may never be used: its value is not known until it is."""
        v = self.trace.graph.input(ArrayType(shape, dtype))
        v.mask |= 1 << self.bit
        return v

    def result(self, v: Variable, like: Any = None) -> Any:
        """A result for the caller: still traced if it depends on a transform around this one, else its value."""
        return self._leaving(v, self.bit, like)

    def later_result(self, v: Variable) -> Any:
        """What a pullback gives: its own transform has ended, and others may be under way."""
        return self._leaving(v, self.trace.depth)

    def lasting_values(self) -> dict[int, Any]:
        """The values known, for a life longer than the trace: none of them is in the caller's memory."""
        self.trace.check_captured()
        values = {n: x if x.flags.owndata else x.copy(order="K") for n, x in self.trace.values.items()}
        for v in self.trace.graph.variables:
            if is_borrowed(v):
                values[v.number] = v.value.copy(order="K")
        return values

    def _leaving(self, v: Variable, around: int, like: Any = None) -> Any:
        if v.mask & ((1 << around) - 1) or not self.trace.has_values:
            return wrap(self.trace, v, ARRAY if v.shape or isinstance(like, np.ndarray) else SCALAR)
        with np.errstate(all="ignore"):
            (value,) = self.trace.evaluate([v])
        return owned(read_only(np.asarray(value)), like)


def plain(x: Any) -> np.ndarray:
    """An array that means what NumPy's own arrays mean; subclasses that do not are refused."""
    array = plain_array(x) if isinstance(x, np.ndarray) else np.asarray(x)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def read_only(value: np.ndarray) -> np.ndarray:
    """The same memory, which nobody can write to through this array."""
    value = value.view()
    value.flags.writeable = False
    return value


def owned(value: Any, like: Any = None) -> Any:
    """An array that nothing else refers to; a scalar where NumPy would give one."""
    value = np.asarray(memory_of(value))
    if value.shape == () and not (isinstance(like, np.ndarray) and type(like) is not Array):
        return value[()]
    fresh = value.base is None and value.flags.writeable and value.flags.owndata
    return value if fresh and value.shape else value.copy(order="K")


def each_owned(values: Sequence[Any], likes: Sequence[Any]) -> list[Any]:
    """The same for several, of which two may be one array; traced ones stay."""
    known: set[int] = set()
    results = []
    for value, like in zip(values, likes, strict=True):
        if type(value) is not Array:
            value = owned(read_only(value) if id(value) in known else value, like)
            known.add(id(value))
        results.append(value)
    return results


def lasting_graph(scope: Scope, inputs: Sequence[Variable], outputs: Sequence[Variable], name: str) -> Graph:
    """The traced graph between, which will outlive the trace: what it has borrowed becomes its own."""
    scope.trace.check_captured()
    graph = extract(scope.trace.graph, inputs, outputs, name)
    for v in graph.variables:
        if is_borrowed(v):
            v.value = read_only(v.value.copy(order="K"))
    return graph


def is_borrowed(v: Variable) -> bool:
    """Whether a captured array may be in the caller's memory: small ones have been copied."""
    return v.is_constant and v.value.nbytes > COPY_LIMIT


def keep_graph(error: Exception, scope: Scope) -> None:
    """Give an error the graph up to where it came from, once; where it leaves all transforms, say so.

    The innermost transform that it leaves gives it: the trace is one, and its graph holds what the outer ones did.
    """
    kept = unfinished(error, scope.trace)
    known = getattr(error, "__dict__", {}).get("graph")
    if kept is None or (known is not None and not hasattr(known, "is_of")):
        return  # an attribute of the user's own
    if known is None or not known.is_of(scope.trace):
        try:
            error.graph = unfinished_graph(kept, scope.trace)  # type: ignore[attr-defined]
        except (AttributeError, TypeError):
            return  # of a class that takes none
    if scope.outermost:
        if not isinstance(error, ChainruleError) and kept.failure is not None and len(kept.failure.operands) > 1:
            error.add_note(described(kept.failure))
        if LOOK not in getattr(error, "__notes__", ()):
            error.add_note(LOOK)
        watch()


def hand_on_graph(failure: Exception | None, error: Exception) -> None:
    """Give an error the graph of the failed trace of the same call."""
    graph = getattr(failure, "graph", None)
    if isinstance(failure, Exception) and hasattr(graph, "is_of") and getattr(error, "graph", None) is None:
        with contextlib.suppress(AttributeError, TypeError):
            error.graph = graph  # type: ignore[attr-defined]
            if isinstance(failure, ChainruleError) and len(failure.operands) > 1:
                error.add_note(f"got {text_of(failure.operands)}")
            error.add_note(LOOK)
            watch()


LOOK = "the graph up to here: err.graph.show(), or `chainrule last` in a shell"

# Set by graphs.py, which knows the face of a graph.
unfinished_graph: Callable[[Unfinished, Trace], Any] = lambda *_: None


class transform:
    """The scope of a transform, as a context: within the active trace, or that of its arguments, or a new one.

    An interrupt may come at any call, those of entering and leaving included. So each step says at once that it has
    been taken, those of leaving can be taken again, and what was entered is left at the latest when it is forgotten.
    """

    __slots__ = ("before", "entered", "scope")

    def __init__(self, *arguments: Any):
        self.entered = False
        self.before = active.trace
        trace = _trace_among(arguments) or self.before
        self.scope = Scope(Trace(evaluate) if trace is None else trace, outermost=trace is None)

    def __enter__(self) -> Scope:
        trace = self.scope.trace
        try:
            trace.depth += 1
            self.entered = True
            active.trace = trace
            if self.scope.outermost:
                postpone_full_collections(trace)
                names.enter(trace)
            return self.scope
        except BaseException:
            self._leave()
            raise

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        refused = None
        try:
            active.trace = self.before
            if error is not None and self.scope.outermost:
                refused = hidden_by(error, self.scope.trace.refused)
                explain(error, _holds_traced)
            if isinstance(error, Exception):
                keep_graph(refused or error, self.scope)
            self._leave()
        except BaseException:
            self._leave()
            raise
        if refused is not None:
            raise refused from None

    def __del__(self) -> None:
        if self.entered:
            self._leave()

    def _leave(self) -> None:
        trace = self.scope.trace
        if active.trace is trace:
            active.trace = self.before
        if self.scope.outermost:
            names.leave(trace)
            resume_full_collections(trace)
            trace.close()
        if self.entered:
            trace.depth -= 1
            self.entered = False


def _holds_traced(x: Any) -> bool:
    return contains_traced(list(x.values()) if type(x) is dict else x)


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
        if isinstance(leaf, tree.LEAVES) and dtype_of(leaf).kind in "fc":
            continue
        raise _no_derivative_by(leaf, what + tree.paths(argument)[k])
    return leaves, rebuild


def dtype_of(leaf: Any) -> np.dtype:
    return leaf.dtype if hasattr(leaf, "dtype") else np.asarray(leaf).dtype


def _no_derivative_by(leaf: Any, place: str) -> DtypeError:
    if not isinstance(leaf, tree.LEAVES):
        return DtypeError(
            f"there is no derivative by an argument of type {type(leaf).__name__}: {place}",
            got=reprlib.repr(leaf),
            wanted="an array or a number of a floating or complex dtype, or a tree of them",
        )
    dtype = dtype_of(leaf)
    return DtypeError(
        f"there is no derivative by an argument of dtype {dtype}: {place}",
        got=f"shape {np.shape(leaf)}, dtype {dtype}",
        wanted="a floating dtype",
        try_=_cure(leaf, dtype, place),
    )


def _cure(leaf: Any, dtype: np.dtype, place: str) -> str | None:
    if type(leaf) is int:
        return f"{leaf}.0 instead of {leaf}"
    return f"np.asarray({place}, dtype=float)" if dtype.kind in "biu" else None


def positions(argnums: Any, count: int) -> tuple[tuple[int, ...], bool]:
    """argnums as a tuple of positions counted from 0, and whether it was a single number."""
    single = _is_position(argnums)
    numbers = (argnums,) if single else argnums
    if not isinstance(numbers, (tuple, list)) or not all(map(_is_position, numbers)):
        raise ArgumentError(
            f"argnums names positions of arguments, not {argnums!r}", wanted="an int or a tuple of ints, such as (0, 2)"
        )
    for n in numbers:
        if not -count <= n < count:
            raise ArgumentError(
                f"argnums={argnums} is out of range for a call with {count} positional argument{'s' * (count != 1)}",
                got=f"{count} positional argument{'s' * (count != 1)}",
                wanted=f"numbers from 0 to {count - 1}"
                if count
                else "the argument to differentiate by, by position and not by keyword",
            )
    result = tuple(int(n) % count for n in numbers)
    if len(set(result)) < len(result):
        raise ArgumentError(f"argnums={argnums} names an argument twice")
    return result, single


def _is_position(n: Any) -> bool:
    return isinstance(n, (int, np.integer)) and not isinstance(n, bool)
