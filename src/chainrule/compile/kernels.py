"""The function of a kernel: loops over all its entries, around a reduction or a product, or by themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .assembly import write_assembly
from .code import Code
from .cumulative import write_cumulative
from .emitter import Module
from .entries import Entries, Memory, Place
from .fusion import ASSEMBLY, CUMULATIVE, PRODUCT, REDUCTION, Kernel
from .llvm_loader import Machine
from .loops import over
from .products import Product
from .reductions import write_reduction

SCRATCH, FLAG = "%scratch", "%flag"  # where a product packs a panel; what says that care is needed


def pointers_of(kernel: Kernel, memory: Mapping[int, Memory]) -> list[str]:
    """What the function of a kernel takes: where its roots and what they are made from lie, scratch and the flag."""
    pointers = dict.fromkeys(each.pointer for each in memory.values())
    return [*pointers, *[SCRATCH] * (kernel.kind == PRODUCT), FLAG]


def kernel_key(kernel: Kernel, memory: Mapping[int, Memory]) -> tuple[Any, ...]:
    """Equal for kernels that do the same at other places: they share a function."""
    places = {pointer: k for k, pointer in enumerate(pointers_of(kernel, memory))}
    own = {part.number for v in kernel.variables for part in v.parts or (v,)}
    local: dict[int, int] = {}
    rows: list[Any] = [kernel.kind, kernel.shape]
    waiting = [*kernel.variables[:1], *kernel.roots]
    while waiting:
        v = waiting[-1]
        if v.number in local:
            waiting.pop()
            continue
        read = v.number not in own and v.number in memory
        missing = [] if read else [u for u in v.inputs if u.number not in local]
        if missing:
            waiting.extend(reversed(missing))
            continue
        waiting.pop()
        local[v.number] = len(local)
        if read:
            there = memory[v.number]
            rows.append((v.type, places[there.pointer], there.strides))
        elif v.is_constant:
            rows.append((v.type, v.value.tobytes()))
        else:
            rows.append((v.operation, v.parameters, v.type, *[local[u.number] for u in v.inputs]))
    rows.append([(local[v.number], places[memory[v.number].pointer]) for v in kernel.roots])
    return tuple(tuple(row) if isinstance(row, list) else row for row in rows)


def write_kernel(module: Module, machine: Machine, kernel: Kernel, name: str, memory: Mapping[int, Memory]) -> None:
    """A function of the pointers of the kernel, in their order."""
    names = {pointer: f"p{k}" for k, pointer in enumerate(pointers_of(kernel, memory))}
    memory = {n: Memory(f"%{names[each.pointer]}", each.strides) for n, each in memory.items()}
    function = module.function(name, [("ptr", each) for each in names.values()])
    scratch, flag = (f"%{names[each]}" if each in names else "" for each in (SCRATCH, FLAG))
    code = Code(function, machine.has_fma)
    own = {part.number for v in kernel.variables for part in v.parts or (v,)}
    entries = Entries(function, code, {n: each for n, each in memory.items() if n not in own}, flag)
    code.note = entries.note
    head, width = kernel.head, machine.vector_bytes

    def store(place: Place) -> None:
        values = [entries.entry(root, place) for root in kernel.roots]
        for root, value in zip(kernel.roots, values, strict=True):
            entries.store(memory[root.number], value, place)

    if kernel.kind == REDUCTION:
        write_reduction(head, function, code, entries, width, store)
    elif kernel.kind == PRODUCT:
        Product(head, width).write(function, code, entries, store, scratch)
    elif kernel.kind == ASSEMBLY:
        write_assembly(head, memory[head.number], function, code, entries, _lanes(kernel, width))
    elif kernel.kind == CUMULATIVE:
        write_cumulative(head, memory[head.number], function, code, entries, _lanes(kernel, width))
    else:
        over(function, kernel.shape, _lanes(kernel, width), store)


def _lanes(kernel: Kernel, vector_bytes: int) -> int:
    widest = max(u.dtype.itemsize for v in kernel.variables for u in (v, *v.inputs))
    return vector_bytes // widest
