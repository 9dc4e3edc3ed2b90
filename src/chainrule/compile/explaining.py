"""A graph explained: the same division into kernels, the same layout and the same reasons as its native code has."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, final

from ..errors import InternalError
from ..graph import Graph, Variable, copied, unique_names, with_assigned_names
from .assembly import assembly_of
from .contraction import Contraction
from .entries import only_moves
from .explanation import Buffer, Computed, GraphExplanation, KernelExplanation
from .fusion import HOLDING, NUMPY, PRODUCT, REDUCTION, Fusion, Kernel
from .layout import InArena, Layout
from .llvm_loader import Machine
from .lowering import lowered
from .memory import bytes_of, lower_bound
from .recipes import has_native_types, reason_for_numpy
from .reductions import REDUCTIONS, contraction_of
from .repeats import bodies_of
from .shares import Share
from .unit import Unit, unit_of

_PARTLY = ("window", "element", "take")  # what reads as many entries as it has
WITHOUT_LLVM = "llvmlite is not installed"


class _Divided(Protocol):
    """What is looked at: a unit, or what stands for it where NumPy runs everything."""

    graph: Graph
    fusion: Fusion
    layout: Layout

    def share(self, kernel: Kernel) -> Share | None: ...


@final
class _ByNumPy:
    """A graph of which NumPy runs each operation."""

    def __init__(self, graph: Graph):
        self.graph = graph
        self.fusion = Fusion(graph, lambda v: NUMPY)
        self.layout = Layout(self.fusion, lambda kernel: 0)

    def share(self, kernel: Kernel) -> None:
        """NumPy decides by itself how many threads it uses."""


def explained(graph: Graph, machine: Machine | None, by_numpy: str = WITHOUT_LLVM) -> GraphExplanation:
    """What `Program` makes of a graph for a machine.

    Parameters
    ----------
    machine : Machine or None
        None where NumPy runs the whole graph as it is; `by_numpy` says why.
    """
    if machine is None:
        return _explanation(_ByNumPy(copied(graph)[0]), None, lambda v: by_numpy, graph.name)

    def reason(v: Variable) -> str:
        return _reason(v, machine)

    return _explanation(Unit(lowered(graph), machine), machine, reason, graph.name)


def _reason(v: Variable, machine: Machine) -> str:
    """Why NumPy computes a variable."""
    if not has_native_types(v) or not bodies_of(v):
        return reason_for_numpy(v)
    for body in bodies_of(v):
        unit = unit_of(body, machine)
        if not unit.is_native:
            inner = [_reason(kernel.head, machine) for kernel in unit.fusion.kernels if kernel.kind == NUMPY]
            return f"in its body, {inner[0]}" if inner else "its body holds an array of constants"
    raise InternalError(f"{v.label} has native code, and NumPy runs it")


def _explanation(
    unit: _Divided, machine: Machine | None, reason: Callable[[Variable], str], name: str
) -> GraphExplanation:
    divided = _Reader(unit, machine, reason)
    layout = unit.layout
    kernels = tuple([divided.kernel(number, kernel) for number, kernel in enumerate(unit.fusion.kernels)])
    return GraphExplanation(name, kernels, layout.arena_bytes, lower_bound(layout.lives))


@final
class _Reader:
    """Reads one graph that has been divided."""

    def __init__(self, unit: _Divided, machine: Machine | None, reason: Callable[[Variable], str]):
        self.unit, self.machine, self.reason = unit, machine, reason
        self.layout, self.fusion = unit.layout, unit.fusion
        with_assigned_names(unit.graph)
        self.names = unique_names(unit.graph)
        self.results = {self.layout.holder(y) for y in unit.graph.outputs}

    def kernel(self, number: int, kernel: Kernel) -> KernelExplanation:
        head = kernel.head
        computed = self._computed(kernel)
        summed: tuple[int, ...] = ()
        if kernel.kind in (REDUCTION, PRODUCT):
            contraction = contraction_of(head)
            summed = tuple([contraction.sizes[n] for n in contraction.summed])
        bodies, times = self._bodies(kernel)
        in_place, by_turns = self._carried(kernel)
        return KernelExplanation(
            number,
            kernel.kind,
            kernel.shape,
            summed,
            tuple([self._described(v) for v in computed]),
            self._reads(kernel, computed),
            tuple([self._buffer(v, bytes_of(v)) for v in kernel.roots]),
            sum(_flops(v) for v in computed),
            self._scratch(kernel),
            self.reason(head) if kernel.kind == NUMPY else "",
            bodies,
            times,
            self._pieces(kernel),
            in_place,
            by_turns,
        )

    def _scratch(self, kernel: Kernel) -> Buffer | None:
        place = self.layout.scratch.get(kernel.number)
        if place is None:
            return None
        lives = self.layout.lives[-len(self.layout.scratch) :]  # theirs stand behind those of variables
        size = dict(zip(self.layout.scratch, lives, strict=True))[kernel.number].size
        return Buffer("scratch", "arena", place.offset, size, size)

    def _pieces(self, kernel: Kernel) -> int:
        share = self.unit.share(kernel)
        return 1 if share is None else share.pieces

    def _computed(self, kernel: Kernel) -> list[Variable]:
        """What it computes, and what it reads through on the way from memory, in the order of the graph."""
        found = {part.number: part for v in kernel.variables for part in v.parts or (v,)}
        memory = {v.number for v in self.fusion.read_from_memory(kernel)}
        waiting = [u for v in kernel.variables for u in v.inputs]
        while waiting:
            u = waiting.pop()
            if u.number not in found and u.number not in memory and u.operation is not None:
                found[u.number] = u
                waiting.extend(u.inputs)
        return [found[number] for number in sorted(found)]

    def _described(self, v: Variable) -> Computed:
        operation: Any = v.operation
        origins = v.origins
        where, source = (str(origins[0]), origins[0].source.strip()) if origins else ("", "")
        return Computed(
            self.names[v.number], operation.name, v.shape, v.dtype.name, where, source, v.name is not None, v.part
        )

    def _reads(self, kernel: Kernel, computed: Iterable[Variable]) -> tuple[Buffer, ...]:
        entries: dict[int, int] = {}  # that are read of each variable in memory
        computed = list(computed)
        own = {v.number for v in computed}
        for v in computed:
            operation: Any = v.operation
            for k, u in enumerate(v.inputs):
                if u.number in own or (u.is_constant and not u.shape):
                    continue
                part = v.size if operation.name in _PARTLY and k == 0 else u.size
                entries[u.number] = min(u.size, entries.get(u.number, 0) + part)
        by_holder: dict[int, int] = {}
        for number, count in entries.items():
            u = self.unit.graph.variables[number]
            holder = self.layout.holder(u)
            whole = self.unit.graph.variables[holder]
            by_holder[holder] = min(bytes_of(whole), by_holder.get(holder, 0) + count * u.dtype.itemsize)
        return tuple([self._buffer(self.unit.graph.variables[n], moved) for n, moved in by_holder.items()])

    def _buffer(self, v: Variable, moved: int) -> Buffer:
        location = self.layout.location(v.number)
        name, size = self.names[v.number], bytes_of(v)
        if isinstance(location, InArena):
            return Buffer(name, "arena", location.offset, size, moved)
        if v.operation is None:
            return Buffer(name, "constant" if v.is_constant else "input", None, size, moved)
        return Buffer(name, "result" if v.number in self.results else "array", None, size, moved)

    # What holds graphs

    def _bodies(self, kernel: Kernel) -> tuple[tuple[GraphExplanation, ...], int | None]:
        if kernel.kind != HOLDING or self.machine is None:
            return (), 1
        operation: Any = kernel.head.operation
        named = operation.named(kernel.head.parameters)
        times = named["length"] if operation.name == "scan" else None if operation.name == "while_loop" else 1
        bodies = [
            _explanation(unit_of(body, self.machine), self.machine, self.reason, label)
            for label, body in named.items()
            if body in bodies_of(kernel.head)
        ]
        return tuple(bodies), times

    def _carried(self, kernel: Kernel) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names in the body of what a loop carries: what is overwritten, and what goes from place to place."""
        operation: Any = kernel.head.operation
        if kernel.kind != HOLDING or self.machine is None or operation.name not in ("scan", "while_loop"):
            return (), ()
        named = operation.named(kernel.head.parameters)
        unit = unit_of(named["body"], self.machine)
        names, held = unique_names(unit.graph), named["held"]
        count = named.get("carried", len(unit.graph.outputs))
        pairs = list(zip(unit.graph.inputs[held : held + count], unit.graph.outputs, strict=False))
        over = [unit.in_place(x, y) for x, y in pairs]
        kept = tuple([names[x.number] for (x, _), here in zip(pairs, over, strict=True) if here])
        return kept, tuple([names[x.number] for (x, _), here in zip(pairs, over, strict=True) if not here])


def _flops(v: Variable) -> int:
    """Of one operation: one for each entry, or for each that is combined; two for a multiplication and addition."""
    operation: Any = v.operation
    if v.part:
        return 0
    if operation.kind == "elementwise":
        return v.size
    if operation.name == "einsum":
        if only_moves(v):
            return 0
        contraction = Contraction.of(v)
        terms = 1
        for n in {n for names in contraction.labels for n in names}:
            terms *= contraction.sizes[n]
        return terms * (len(v.inputs) if contraction.summed else len(v.inputs) - 1)
    if operation.name in REDUCTIONS:
        return v.inputs[0].size
    if operation.name == "recurrence":
        return 2 * v.size
    if operation.name in ("cumsum", "cumprod", "cummax", "cummin"):
        return v.size
    assembly = assembly_of(v) if v.parts is None else None
    return sum(piece.source.size for piece in assembly.pieces) if assembly is not None and assembly.adds else 0
