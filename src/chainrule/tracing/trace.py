"""A trace: the graph that grows while a function runs, the values asked for so far, and the guards they became."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np

from ..arraytype import ArrayType
from ..errors import DtypeError, MutationError, Origin, TraceError, user_frame
from ..errors.origin import RawOrigin
from ..graph import Graph, Variable

COPY_LIMIT = 1 << 20  # bytes; a larger captured array is not copied but must not change


class Evaluator(Protocol):
    """Computes the values of variables; `values` knows some already and learns the others."""

    def __call__(self, targets: Sequence[Variable], values: dict[int, Any]) -> list[Any]: ...


class Guard(NamedTuple):
    """Python asked for this value, and what it was decided the path."""

    variable: Variable
    answer: bytes
    origin: RawOrigin | None


def _refuse_outlived(*args: Any, **keywords: Any) -> Any:
    raise TraceError(
        "a traced array is used after the function that made it has returned",
        wanted="values that leave a traced function by being returned",
        try_="return the array from the function (has_aux=True), or store np.asarray(cr.stop_gradient(x))",
    )


class _ClosedGraph(Graph):
    """What a trace's graph becomes once its function has returned."""

    __slots__ = ()
    input = constant = append = _refuse_outlived


class Trace:
    """One for each outermost transform, shared by the transforms within it.

    Attributes
    ----------
    graph : Graph
        What has been recorded.
    values : dict
        The values of variables by number: of the arguments, and of what has been asked for.
    guards : list of Guard
    depth : int
        How many transforms are under way; each owns one bit of the variables' masks.
    symbolic : bool
        Whether the inputs have no values, so that asking for one is an error.
    turned : bool
        Whether an array may lie in memory in another order than C's.
    """

    __slots__ = (
        "__weakref__",
        "_checksums",
        "_numbers",
        "depth",
        "evaluator",
        "graph",
        "guards",
        "layouts",
        "symbolic",
        "turned",
        "values",
    )

    def __init__(self, evaluator: Evaluator, symbolic: bool = False):
        self.graph: Graph = Graph(locate=user_frame)
        self.values: dict[int, Any] = {}
        self.guards: list[Guard] = []
        self.depth = 0
        self.evaluator = evaluator
        self.symbolic = symbolic
        self._numbers: dict[tuple[type, Any, np.dtype], Variable] = {}
        self._checksums: list[tuple[np.ndarray, int, RawOrigin | None]] = []
        self.layouts: dict[int, np.ndarray] = {}  # what layout.py has found out
        self.turned = False

    def input(self, value: Any, type: ArrayType, name: str | None = None) -> Variable:
        """A new input, whose value is known unless the trace is symbolic."""
        v = self.graph.input(type, name, user_frame())
        if not self.symbolic:
            self.values[v.number] = value
            if value.ndim > 1 and not value.flags.c_contiguous:
                self.turned = True
        return v

    def number(self, x: Any, dtype: np.dtype) -> Variable:
        """A Python number as a constant; equal ones share a variable."""
        key = (type(x), x, dtype)
        known = self._numbers.get(key)
        if known is None or x == 0:  # 0.0 and -0.0 are equal keys
            known = self._numbers[key] = self.graph.constant(np.asarray(x, dtype))
        return known

    def capture(self, x: Any) -> Variable:
        """An array that stands outside of the trace, as a constant: a later change of it must not reach the graph."""
        if isinstance(x, np.ndarray):
            x = plain_array(x)
            if x.flags.writeable or x.base is not None:
                if x.nbytes <= COPY_LIMIT or self.symbolic:
                    x = x.copy(order="K")
                else:
                    self._checksums.append((x, _checksum(x), user_frame()))
        if x.ndim > 1 and not x.flags.c_contiguous:
            self.turned = True
        if not x.dtype.isnative:
            x = x.astype(x.dtype.newbyteorder("="))
        return self.graph.constant(x)

    def evaluate(self, targets: Sequence[Variable]) -> list[Any]:
        if self.symbolic:
            missing = [v for v in targets if v.number not in self.values and not v.is_constant]
            if missing:
                self._refuse_symbolic(missing[0])
        if self._checksums:
            self.check_captured()
        return self.evaluator(targets, self.values)

    def check_captured(self) -> None:
        """Raise where a large array has been changed since it was captured."""
        for array, before, origin in self._checksums:
            if _checksum(array) != before:
                raise MutationError(
                    f"a captured array of shape {array.shape} was changed in place while the trace still needed it",
                    where=Origin(origin) if origin else None,
                    wanted=f"arrays above {COPY_LIMIT >> 20} MiB that stay as they are, or a copy for each use",
                    try_="use array.copy() where it is passed on",
                )

    def _refuse_symbolic(self, v: Variable) -> None:
        raise TraceError(
            f"{v.label} has no value: it is made from symbolic variables",
            got=f"{v.type}",
            wanted="an expression that does not depend on values (np.where instead of if, say)",
            try_="g.forward(...) on the finished graph",
        )

    def ask(self, v: Variable) -> Any:
        """The value of a variable for Python to decide by: it becomes a guard."""
        (value,) = self.evaluate([v])
        value = np.asarray(value)
        self.guards.append(Guard(v, value.tobytes(), user_frame()))
        return value

    def close(self) -> None:
        """Free what the trace holds. Arrays that have leaked from it raise from now on."""
        self.graph.release()
        self.graph.__class__ = _ClosedGraph
        self.evaluator, self.values = _refuse_outlived, {}
        self.guards, self._numbers, self._checksums, self.layouts = [], {}, [], {}


def _checksum(array: np.ndarray) -> int:
    words = np.ascontiguousarray(array).view(np.uint8).reshape(-1)
    whole = words[: len(words) // 8 * 8].view(np.uint64)
    return hash((int(np.bitwise_xor.reduce(whole)), int(whole.sum(dtype=np.uint64)), words[len(whole) * 8 :].tobytes()))


def plain_array(x: np.ndarray) -> np.ndarray:
    """Subclasses change what operations mean, so only those that do not are taken."""
    if type(x) is np.ndarray:
        return x
    if isinstance(x, np.memmap):
        return np.asarray(x)
    raise DtypeError(
        f"an array of type {type(x).__name__} cannot meet a traced array",
        wanted="a plain numpy.ndarray",
        try_="np.asarray(x)" if not isinstance(x, np.ma.MaskedArray) else "x.filled(0) and the mask as an array",
    )


# Which trace is active: one for each thread, none while values are computed.


class _Active(threading.local):
    trace: Trace | None = None


active = _Active()
