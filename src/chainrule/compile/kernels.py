"""The function of a kernel: loops over all its entries, around a reduction or a product, or by themselves."""

from __future__ import annotations

from collections.abc import Mapping

from .assembly import write_assembly
from .code import Code
from .emitter import Module
from .entries import Entries, Memory, Place
from .fusion import ASSEMBLY, PRODUCT, REDUCTION, Kernel
from .llvm_loader import Machine
from .loops import over
from .products import Product
from .reductions import write_reduction

SCRATCH, FLAG = "%scratch", "%flag"  # where a product packs a panel; what says that care is needed


def write_kernel(
    module: Module, machine: Machine, kernel: Kernel, name: str, memory: Mapping[int, Memory]
) -> list[str]:
    """A function of the pointers that it returns: where the kernel's roots and what they are made from lie."""
    pointers = list(dict.fromkeys(each.pointer for each in memory.values()))
    pointers += [SCRATCH] * (kernel.kind == PRODUCT) + [FLAG]
    function = module.function(name, [("ptr", pointer.removeprefix("%")) for pointer in pointers])
    code = Code(function, machine.has_fma)
    own = {part.number for v in kernel.variables for part in v.parts or (v,)}
    entries = Entries(function, code, {n: each for n, each in memory.items() if n not in own}, FLAG)
    code.note = entries.note
    head, width = kernel.head, machine.vector_bytes

    def store(place: Place) -> None:
        values = [entries.entry(root, place) for root in kernel.roots]
        for root, value in zip(kernel.roots, values, strict=True):
            entries.store(memory[root.number], value, place)

    if kernel.kind == REDUCTION:
        write_reduction(head, function, code, entries, width, store)
    elif kernel.kind == PRODUCT:
        Product(head, width).write(function, code, entries, store, SCRATCH)
    elif kernel.kind == ASSEMBLY:
        write_assembly(head, memory[head.number], function, code, entries, _lanes(kernel, width))
    else:
        over(function, kernel.shape, _lanes(kernel, width), store)
    return pointers


def _lanes(kernel: Kernel, vector_bytes: int) -> int:
    widest = max(u.dtype.itemsize for v in kernel.variables for u in (v, *v.inputs))
    return vector_bytes // widest
