"""A trace: the graph that grows while a function runs, the values asked for so far, and the guards they became."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from ..arraytype import ArrayType
from ..errors import ChainruleError, ControlFlowError, DtypeError, MutationError, Origin, TraceError, user_frame
from ..errors.origin import RawOrigin
from ..graph import Failure, Graph, Unfinished, Variable
from ..original import np
from .activity import quiet
from .memory import Fillable, memory_of

COPY_LIMIT = 1 << 20  # bytes; a larger captured array is not copied but must not change


class Evaluator(Protocol):
    """Computes the values of variables; `values` knows some already and learns the others."""

    def __call__(self, targets: Sequence[Variable], values: dict[int, Any]) -> list[Any]: ...


class Guard(NamedTuple):
    """Python asked for this value, and what it was decided the path."""

    variable: Variable
    answer: bytes
    origin: RawOrigin | None


class Recorder(Protocol):
    """Who keeps a trace to run it again with other values: `jit`. It learns what the graph alone does not tell."""

    def captured(self, x: Any) -> Variable | None:
        """The input that stands for an array from outside of the trace; None where it is a constant."""

    def computed_with(self, sources: Any) -> None:
        """NumPy has computed something of plain arrays, unseen by the graph."""

    def shown(self) -> None:
        """A value has been looked at by a person."""

    def drew(self) -> None:
        """Random numbers have been drawn."""

    def refuse(self, reason: str) -> None:
        """The function cannot be run again by its graph."""


class BodyUnderWay(NamedTuple):
    """The function of a loop or a branch while it is traced: from which variable on, and the function of ours."""

    start: int
    name: str
    serial: int


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
    bodies : list of BodyUnderWay
        The innermost last.
    turned : bool
        Whether an array may lie in memory in another order than C's.
    patched : bool
        Whether names of NumPy that no protocol hands over are answered too.
    silenced : bool
        Whether the function has asked for silence about floating-point errors, in whatever part of it.
    recorder : Recorder or None
        Who will run the graph again with other values.
    keeps_lines : bool
        Whether bodies of loops and branches keep the lines that they were traced from, and so are not shared.
    kept : int
        The bit of the variables that depend on what such a run is given: it stands for no derivative.
    """

    __slots__ = (
        "__weakref__",
        "_checksums",
        "_numbers",
        "bodies",
        "depth",
        "evaluator",
        "failed",
        "graph",
        "guards",
        "keeps_lines",
        "kept",
        "layouts",
        "patched",
        "recorder",
        "refused",
        "silenced",
        "symbolic",
        "turned",
        "unfinished",
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
        self.bodies: list[BodyUnderWay] = []
        self.patched = False
        self.keeps_lines = False
        self.silenced = False
        self.refused: ChainruleError | None = None  # the last refusal to take a value out
        self.failed: tuple[Exception, Failure] | None = None  # the last operation that could not be done
        self.unfinished: tuple[Exception, Unfinished] | None = None  # the last body that came to no end
        self.recorder: Recorder | None = None
        self.kept = 0

    @property
    def body(self) -> int:
        """A number for the body under way, 0 outside of all."""
        return self.bodies[-1].serial if self.bodies else 0

    @property
    def has_values(self) -> bool:
        """Whether all variables have one."""
        return not (self.symbolic or self.bodies)

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

    def carries_derivative(self, v: Variable) -> bool:
        """Whether a transform under way differentiates by what a variable is made from."""
        under_way = (1 << self.depth) - 1
        return bool(v.mask & under_way & ~self.kept) and v.type.carries_derivative

    def capture(self, x: Any) -> Variable:
        """An array that stands outside of the trace, as a constant: a later change of it must not reach the graph."""
        if self.recorder is not None:
            found = self.recorder.captured(x)
            if found is not None:
                return self._captured_input(found, x)
        return self.keep(x)

    def keep(self, x: Any) -> Variable:
        """An array that the traced function has made, as a constant."""
        return self.graph.constant(self._held(x))

    def _captured_input(self, v: Variable, x: Any) -> Variable:
        if v.number not in self.values:
            self.values[v.number] = self._held(np.asarray(x))
        return v

    def _held(self, x: Any) -> Any:
        """The present values of an array: copied, or watched where that would be too much."""
        if isinstance(x, np.ndarray):
            fillable = type(x) is Fillable and x.flags.writeable  # the function may go on filling it
            x = plain_array(x)
            if x.flags.writeable or x.base is not None:
                if x.nbytes <= COPY_LIMIT or self.symbolic or fillable:
                    x = x.copy(order="K")
                else:
                    self._checksums.append((x, _checksum(x), user_frame()))
        if x.ndim > 1 and not x.flags.c_contiguous:
            self.turned = True
        if not x.dtype.isnative:
            x = x.astype(x.dtype.newbyteorder("="))
        return x

    def evaluate(self, targets: Sequence[Variable]) -> list[Any]:
        for v in targets:
            if v.graph is not self.graph:
                raise left_its_body(v)
            if self.bodies and self.is_open(v):
                self._refuse_in_body(v)
        if self.symbolic:
            missing = [v for v in targets if v.number not in self.values and not v.is_constant]
            if missing:
                self._refuse_symbolic(missing[0])
        if self._checksums:
            self.check_captured()
        with quiet(), np.errstate(all="ignore") if self.silenced else contextlib.nullcontext():
            return self.evaluator(targets, self.values)

    def is_open(self, v: Variable) -> bool:
        """Whether it depends on what a body is given, so that it has no single value."""
        if not self.bodies:
            return False
        first, seen, waiting = self.bodies[0].start, {v.number}, [v]
        while waiting:
            u = waiting.pop()
            if u.is_input and u.number >= first:
                return True
            new = [w for w in u.inputs if w.number >= first and w.number not in seen]
            seen.update(w.number for w in new)
            waiting.extend(new)
        return False

    def _refuse_in_body(self, v: Variable) -> None:
        name = self.bodies[-1].name
        made = f", made at {Origin(v.origin)}" if v.origin else ""
        raise ControlFlowError(
            f"in the body of cr.{name} there is no single value for Python to ask for: it is traced once for all",
            got=f"{v.label} {v.type}{made}",
            wanted="cr.cond(p, f, g, *args) to do one of two things, np.where(p, a, b) to choose between two values; "
            "NumPy's functions instead of Python's and math's",
            try_="np.array(table)[i] to look something up in an array from outside" if v.dtype.kind in "iu" else None,
        )

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
        self.evaluator, self.values, self.recorder, self.refused = _refuse_outlived, {}, None, None
        self.guards, self._numbers, self._checksums, self.layouts = [], {}, [], {}
        self.failed = self.unfinished = None


def _checksum(array: np.ndarray) -> int:
    words = np.ascontiguousarray(array).view(np.uint8).reshape(-1)
    whole = words[: len(words) // 8 * 8].view(np.uint64)
    return hash((int(np.bitwise_xor.reduce(whole)), int(whole.sum(dtype=np.uint64)), words[len(whole) * 8 :].tobytes()))


def plain_array(x: np.ndarray) -> np.ndarray:
    """Subclasses change what operations mean, so only those that do not are taken."""
    x = memory_of(x)
    if type(x) is np.ndarray:
        return x
    if isinstance(x, np.memmap):
        return np.asarray(x)
    raise DtypeError(
        f"an array of type {type(x).__name__} cannot meet a traced array",
        wanted="a plain numpy.ndarray",
        try_="np.asarray(x)" if not isinstance(x, np.ma.MaskedArray) else "x.filled(0) and the mask as an array",
    )


def left_its_body(v: Variable) -> TraceError:
    """The error for a variable that is used after its body has ended."""
    made = f", made at {Origin(v.origin)}" if v.origin else ""
    return TraceError(
        f"{v.label} belongs to the body of a loop or a branch that has ended",
        got=f"{v.label} {v.type}{made}",
        wanted="values that leave a body by being returned from it",
        try_="return it from the function, as a part of the carry, of y, or of the result",
    )
