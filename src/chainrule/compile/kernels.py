"""The functions of a kernel: loops over all its entries, around a reduction or a product, or by themselves.

A kernel with much to do has functions of some of its pieces, which threads share.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, final

from .assembly import write_assembly
from .code import Code
from .cumulative import write_cumulative
from .draws import write_draws
from .emitter import INDEX, Module, Value
from .entries import Entries, Memory, Place, rows
from .factorizations import scratch_bytes_of, write_factorization
from .fusion import ASSEMBLY, CUMULATIVE, DRAW, LAPACK, ORDERING, PRODUCT, REDUCTION, Kernel
from .index import Index
from .llvm_loader import Machine
from .loops import Part, over
from .ordering import write_ordering
from .recipes import instructions_of
from .reductions import Reducer
from .shares import Share, product_of

SCRATCH, FLAG = "%scratch", "%flag"  # where a kernel keeps what nobody else sees; what says that care is needed


class Call(NamedTuple):
    """A function to call with the pointers of a kernel: as it is, or for `pieces` that threads share."""

    name: str
    pieces: int = 0


def scratch_bytes(kernel: Kernel, machine: Machine, share: Share | None) -> int:
    """What a kernel needs for itself: a product a panel for each thread, a reduction the results of its blocks."""
    if kernel.kind == PRODUCT:
        product = product_of(kernel, machine)
        return product.scratch_bytes * (machine.threads if share and not product.by_rows else 1)
    if kernel.kind == LAPACK:
        return scratch_bytes_of(kernel.head)
    if share is not None and share.blocks is not None:
        return share.blocks.number * kernel.head.size * kernel.head.dtype.itemsize
    return 0


def pointers_of(kernel: Kernel, memory: Mapping[int, Memory]) -> list[str]:
    """What the functions of a kernel take: where its roots and what they are made from lie, scratch and the flag."""
    pointers = dict.fromkeys(each.pointer for each in memory.values())
    return [*pointers, *[SCRATCH] * (kernel.kind in (PRODUCT, REDUCTION, LAPACK)), FLAG]


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


def write_kernel(
    module: Module, machine: Machine, kernel: Kernel, name: str, memory: Mapping[int, Memory], share: Share | None
) -> list[Call]:
    """Functions of the pointers of the kernel, in their order; they are called one after the other."""
    if share is None:
        _Writer(module, machine, kernel, name, memory).write()
        return [Call(name)]
    calls = []
    if kernel.kind == PRODUCT and (product := product_of(kernel, machine)).by_rows:
        panels = Share(0, 1, product.columns // product.broad)
        packing = _Writer(module, machine, kernel, f"{name}_panels", memory, panels)
        packing.write_packing()
        calls.append(Call(packing.write_piece(), panels.pieces))
    if share.blocks is None:
        writer = _Writer(module, machine, kernel, name, memory, share)
        writer.write()
        return [*calls, Call(writer.write_piece(), share.pieces)]
    blocks = _Writer(module, machine, kernel, f"{name}_blocks", memory, share)
    blocks.write_blocks(share)
    _Writer(module, machine, kernel, name, memory).write_joined(share)
    return [Call(blocks.write_piece(), share.pieces), Call(name)]


@final
class _Writer:
    """One function of a kernel: of all of it, or of some pieces."""

    def __init__(
        self,
        module: Module,
        machine: Machine,
        kernel: Kernel,
        name: str,
        memory: Mapping[int, Memory],
        share: Share | None = None,
    ):
        self.kernel, self.head, self.machine = kernel, kernel.head, machine
        self.pointers = pointers_of(kernel, memory)
        names = {pointer: f"p{k}" for k, pointer in enumerate(self.pointers)}
        self.memory = {n: Memory(f"%{names[each.pointer]}", each.strides) for n, each in memory.items()}
        self.scratch, flag = (f"%{names[each]}" if each in names else "" for each in (SCRATCH, FLAG))
        parameters = [("ptr", each) for each in names.values()]
        self.part: Part | None = None
        if share is not None:
            first, last = Value("%first", INDEX), Value("%last", INDEX)
            self.part = Part(share.axis, share.size, share.pieces, first, last)
            parameters += [("i64", "first"), ("i64", "last")]
        self.function = module.function(name, parameters)
        self.code = Code(self.function, machine.has_fma)
        own = {part.number for v in kernel.variables for part in v.parts or (v,)}
        read = {n: each for n, each in self.memory.items() if n not in own}
        self.entries = Entries(self.function, self.code, read, flag)
        self.code.note = self.entries.note

    def write(self) -> None:
        """All of it, or the pieces that the function is given."""
        function, code, entries, head, part = self.function, self.code, self.entries, self.head, self.part
        if self.kernel.kind == REDUCTION:
            self._reducer().write(self._store, part)
        elif self.kernel.kind == PRODUCT:
            product = product_of(self.kernel, self.machine)
            product.write(function, code, entries, self._store, self.scratch, self._follows, part)
        elif self.kernel.kind == ASSEMBLY:
            write_assembly(head, self.memory[head.number], function, code, entries, self._lanes)
        elif self.kernel.kind == CUMULATIVE:
            write_cumulative(head, self.memory[head.number], function, code, entries, self._lanes)
        elif self.kernel.kind == LAPACK:
            write_factorization(head, self.memory, function, code, entries, self._lanes, self.scratch)
        elif self.kernel.kind == ORDERING:
            write_ordering(head, self.memory[head.number], function, code, entries, self._lanes)
        elif self.kernel.kind == DRAW:
            write_draws(head, self.memory[head.number], function, code, entries, part)
        else:
            over(function, self.kernel.walked, self._lanes, lambda place: self._store(self._within(place)), part)

    def _within(self, place: Place) -> Place:
        """A place in the shape, of one in what is walked: one row goes on along the last axis that is longer than 1."""
        shape = self.kernel.shape
        if len(place) == len(shape):
            return place
        last = max(k for k, size in enumerate(shape) if size > 1)
        return tuple([place[0] if k == last else Index() for k in range(len(shape))])

    def write_packing(self) -> None:
        """The panels of a product that are packed before its tiles."""
        assert self.part is not None
        product = product_of(self.kernel, self.machine)
        product.write_packing(self.function, self.code, self.entries, self.scratch, self.part)

    def write_blocks(self, share: Share) -> None:
        """The results of blocks of a reduction."""
        assert share.blocks is not None and self.part is not None
        self._reducer().write_blocks(share.blocks, self._of_blocks(), self.part)

    def write_joined(self, share: Share) -> None:
        """The results of a reduction from those of its blocks, and what is made of them."""
        assert share.blocks is not None
        self._reducer().write_joined(share.blocks, self._of_blocks(), self._store)

    def write_piece(self) -> str:
        """The name of the function that a thread calls for some pieces, with scratch and a flag of its own.

        It takes a pointer to the pointers of the kernel, the first piece, the one after the last, and the number of
        the thread.
        """
        name = self.function.name
        parameters = [("ptr", "pointers"), ("i64", "first"), ("i64", "last"), ("i64", "thread")]
        piece = self.function.module.function(f"{name}_piece", parameters)
        own = piece.pointer("alloca i8, align 1", 0)
        piece.do(f"store i8 0, ptr {own}, align 1")
        arguments, flag = [], ""
        for k, each in enumerate(self.pointers):
            at = piece.pointer(f"getelementptr ptr, ptr %pointers, i64 {k}", 0)
            pointer = piece.pointer(f"load ptr, ptr {at}, align 8", 0)
            if each == FLAG:
                pointer, flag = own, pointer
            elif each == SCRATCH and self.kernel.kind == PRODUCT:
                product = product_of(self.kernel, self.machine)
                if not product.by_rows:  # all threads read the same panels then
                    offset = piece.pointer(f"mul i64 %thread, {product.scratch_bytes}", 0)
                    pointer = piece.pointer(f"getelementptr i8, ptr {pointer}, i64 {offset}", 0)
            arguments.append(f"ptr {pointer}")
        piece.do(f"call void @{name}({', '.join(arguments)}, i64 %first, i64 %last)")
        found, before = (f"%{piece.fresh()}" for _ in range(2))
        piece.do(f"{found} = load i8, ptr {own}, align 1")
        with piece.branch(piece.pointer(f"icmp ne i8 {found}, 0", 0)) as choice:
            piece.do(f"{before} = atomicrmw or ptr {flag}, i8 {found} monotonic")
            choice.otherwise()
        return piece.name

    def _reducer(self) -> Reducer:
        return Reducer(self.head, self.function, self.code, self.entries, self.machine.vector_bytes, self._follows)

    def _of_blocks(self) -> Memory:
        return Memory(self.scratch, (self.head.size, *rows(self.head.shape)))

    def _store(self, place: Place) -> None:
        values = [self.entries.entry(root, place) for root in self.kernel.roots]
        for root, value in zip(self.kernel.roots, values, strict=True):
            self.entries.store(self.memory[root.number], value, place)

    @property
    def _follows(self) -> int:
        """About how many instructions make and store what is computed from the head."""
        return sum(map(instructions_of, self.kernel.variables[1:])) + len(self.kernel.roots)

    @property
    def _lanes(self) -> int:
        widest = max(u.dtype.itemsize for v in self.kernel.variables for u in (v, *v.inputs))
        return self.machine.vector_bytes // widest
