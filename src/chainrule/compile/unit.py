"""A graph as functions of one module: what is called from Python, and the bodies of loops and branches within it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

from ..graph import Body, Graph, Variable
from ..ops.movement import convert
from .emitter import Function, Module
from .entries import Memory
from .fusion import HOLDING, LOOPS, NUMPY, Fusion, Kernel, reads_as_it_is
from .interruption import LONG
from .kernels import FLAG, SCRATCH, Call, kernel_key, pointers_of, scratch_bytes, write_kernel
from .layout import InArena, InTable, Layout
from .llvm_loader import Machine
from .lowering import lowered
from .memory import bytes_of
from .recipes import has_native_types, kind_of
from .repeats import bodies_of, write_holding
from .repeats import scratch_bytes as scratch_of_bodies
from .shares import Share, share_of, work_of
from .workers import SHARE

_PART = 100  # kernels that one function calls


@final
class Unit:
    """A graph that has been lowered, fused and laid out for a machine."""

    def __init__(self, graph: Graph, machine: Machine):
        self.graph, self.machine = graph, machine
        self.fusion = Fusion(graph, self._kind_of)
        self._shares: dict[int, Share | None] = {}
        self.layout = Layout(self.fusion, self._scratch_bytes)

    @property
    def is_native(self) -> bool:
        """Whether nothing of it runs by NumPy, and no array but its inputs comes from outside."""
        native = all(kernel.kind != NUMPY for kernel in self.fusion.kernels)
        return native and not any(v.is_constant for v in self.layout.table)

    def _kind_of(self, v: Variable) -> str:
        bodies = bodies_of(v)
        if not bodies:
            return kind_of(v)
        native = has_native_types(v) and all(unit_of(body, self.machine).is_native for body in bodies)
        return HOLDING if native else NUMPY

    def _scratch_bytes(self, kernel: Kernel) -> int:
        if kernel.kind == HOLDING:
            return scratch_of_bodies(kernel.head, functools.partial(unit_of, machine=self.machine))
        return scratch_bytes(kernel, self.machine, self.share(kernel))

    def share(self, kernel: Kernel) -> Share | None:
        """How threads share a kernel; None where the caller does all."""
        if kernel.number not in self._shares:
            read = [bytes_of(v) for v in self.fusion.read_from_memory(kernel)]
            self._shares[kernel.number] = share_of(kernel, read, self.machine)
        return self._shares[kernel.number]

    @functools.cached_property
    def work(self) -> float:
        """About how long it takes one thread [ns]; of a loop whose end is open, as long as counts as long."""
        return sum(map(self._work, self.fusion.kernels))

    def _work(self, kernel: Kernel) -> float:
        if kernel.kind != HOLDING:
            return work_of(kernel, [bytes_of(v) for v in self.fusion.read_from_memory(kernel)])
        operation: Any = kernel.head.operation
        once = max(unit_of(body, self.machine).work for body in bodies_of(kernel.head))
        if operation.name == "while_loop":
            return max(once, LONG)
        return once * operation.named(kernel.head.parameters).get("length", 1)

    @property
    def is_shared(self) -> bool:
        """Whether threads share any kernel, also of a body."""
        kernels = self.fusion.kernels
        if any(self.share(kernel) is not None for kernel in kernels):
            return True
        holding = [kernel.head for kernel in kernels if kernel.kind == HOLDING]
        return any(unit_of(body, self.machine).is_shared for v in holding for body in bodies_of(v))

    def in_place(self, x: Variable, y: Variable) -> bool:
        """Whether the output y may be written over the input x: entry by entry, when nothing needs x any more."""
        kernels = self.fusion.kernels
        writes = next((n for n, kernel in enumerate(kernels) if y in kernel.roots), None)
        if writes is None or x.type is not y.type:
            return False
        for n, kernel in enumerate(kernels):
            if (
                x.number in self.layout.reads[kernel.number]
                and n >= writes
                and not (n == writes and self._reads_in_step(kernel, x))
            ):
                return False
        return True

    def _reads_in_step(self, kernel: Kernel, x: Variable) -> bool:
        """Whether a kernel reads each entry of x just before it writes the same entry of its roots."""
        if kernel.shape != x.shape or kernel.kind in (HOLDING, NUMPY):
            return False
        for v in kernel.variables:
            if v is kernel.head and kernel.kind != LOOPS:
                continue
            if not reads_as_it_is(v) and x in v.inputs:
                return False
        seen = {v.number for v in kernel.variables}
        waiting = [u for v in kernel.variables for u in v.inputs if not (u is x and reads_as_it_is(v))]
        while waiting:  # any other way to x goes through what moves
            u = waiting.pop()
            if self.layout.holder(u) == x.number:
                return False
            if u.number not in seen and not self.fusion.is_in_memory(u):  # else it has been written before
                seen.add(u.number)
                waiting.extend(u.inputs)
        return True


@functools.lru_cache(maxsize=512)
def unit_of(body: Body, machine: Machine) -> Unit:
    """That of a body; each of its outputs is an array of its own, no input and no other output."""
    graph = lowered(body.graph)
    outputs: list[Variable] = []
    for y in graph.outputs:
        operation: Any = y.operation
        if operation is None or y in outputs or operation.name == "reshape":
            y = convert(y, dtype=y.dtype.name)
        outputs.append(y)
    graph.outputs = outputs
    return Unit(graph, machine)


@final
class Writer:
    """Writes units into a module; each body, and each kernel, once."""

    def __init__(self, module: Module, machine: Machine):
        self.module, self.machine = module, machine
        self._bodies: dict[Body, str] = {}
        self._kernels: dict[tuple[Any, ...], list[Call]] = {}

    def segment(self, unit: Unit, kernels: Sequence[Kernel], name: str) -> None:
        """A function of the arena and the table that runs some kernels in order, to be called from outside.

        It calls parts of so many kernels: LLVM takes more than twice as long for a function of twice the length.
        """
        parameters = [("ptr", "arena"), ("ptr", "table")]
        parts = []
        for start in range(0, len(kernels), _PART):
            parts.append(self.module.function(f"{name}_part{len(parts)}", parameters))
            self._part(parts[-1], unit, kernels[start : start + _PART], name)
        segment = self.module.function(name, parameters, internal=False)
        for part in parts:
            segment.do(f"call void @{part.name}(ptr %arena, ptr %table)")

    def _part(self, part: Function, unit: Unit, kernels: Sequence[Kernel], name: str) -> None:
        def pointer(location: InArena | InTable) -> str:
            if isinstance(location, InArena):
                return _in_arena(part, location)
            at, text = f"%{part.fresh('at')}", f"%{part.fresh('array')}"
            part.do(f"{at} = getelementptr ptr, ptr %table, i64 {location.place}")
            part.do(f"{text} = load ptr, ptr {at}, align 8")
            return text

        self._call_kernels(part, unit, kernels, name, pointer, pointer(InTable(len(unit.layout.table))))

    def unit(self, body: Body) -> Unit:
        return unit_of(body, self.machine)

    def body(self, body: Body) -> str:
        """The name of the function of a body: of an arena, the flag, and what its table would point to."""
        known = self._bodies.get(body)
        if known is None:
            known = self._bodies[body] = f"body{len(self._bodies)}"
            unit = self.unit(body)
            table = [InTable(place).pointer for place in range(len(unit.layout.table))]
            parameters = [("ptr", text.removeprefix("%")) for text in ("%arena", FLAG, *table)]
            function = self.module.function(known, parameters)

            def pointer(location: InArena | InTable) -> str:
                return _in_arena(function, location) if isinstance(location, InArena) else location.pointer

            self._call_kernels(function, unit, unit.fusion.kernels, known, pointer, FLAG)
        return known

    def _kernel(self, kernel: Kernel, name: str, memory: Mapping[int, Memory], share: Share | None) -> list[Call]:
        """The functions of a kernel, which may have been written for another one."""
        key = kernel_key(kernel, memory)
        known = self._kernels.get(key)
        if known is None:
            known = self._kernels[key] = write_kernel(self.module, self.machine, kernel, name, memory, share)
        return known

    def _call_kernels(
        self,
        caller: Function,
        unit: Unit,
        kernels: Sequence[Kernel],
        name: str,
        pointer: Callable[[InArena | InTable], str],
        flag: str,
    ) -> None:
        layout = unit.layout
        known = {location.pointer: location for location in layout.locations}
        for kernel in kernels:
            function = f"{name}_kernel{kernel.number}"
            memory = layout.memory(kernel)
            if kernel.kind == HOLDING:
                parameters = write_holding(self, kernel.head, function, memory)
                calls = [Call(function)]
            else:
                parameters = pointers_of(kernel, memory)
                calls = self._kernel(kernel, function, memory, unit.share(kernel))
            arguments = []
            for each in parameters:
                if each == FLAG:
                    arguments.append(flag)
                elif each == SCRATCH:
                    scratch = layout.scratch.get(kernel.number)
                    arguments.append("null" if scratch is None else pointer(scratch))
                else:
                    arguments.append(pointer(known[each]))
            for call in calls:
                if call.pieces:
                    self._share(caller, call, arguments)
                else:
                    caller.do(f"call void @{call.name}({', '.join(f'ptr {each}' for each in arguments)})")

    def _share(self, caller: Function, call: Call, arguments: Sequence[str]) -> None:
        """Let threads do the pieces of a kernel, whose pointers they find in memory."""
        self.module.declare(SHARE, "void", ["ptr", "ptr", "i64"])
        place = f"%{caller.fresh('shared')}"
        caller.do(f"{place} = alloca [{len(arguments)} x ptr], align 8")
        for k, each in enumerate(arguments):
            at = f"%{caller.fresh('at')}"
            caller.do(f"{at} = getelementptr ptr, ptr {place}, i64 {k}")
            caller.do(f"store ptr {each}, ptr {at}, align 8")
        caller.do(f"call void @{SHARE}(ptr @{call.name}, ptr {place}, i64 {call.pieces})")


def _in_arena(function: Function, location: InArena) -> str:
    """A pointer, made where it is used: kept ones would have to be stored."""
    text = f"%{function.fresh('at')}"
    function.do(f"{text} = getelementptr i8, ptr %arena, i64 {location.offset}")
    return text
