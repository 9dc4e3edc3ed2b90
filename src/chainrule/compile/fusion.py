"""Which variables are computed together: kernels, and the variables that must lie in memory between them.

An element-wise operation joins the kernel that made one of its parents, if it walks the same shape and if that closes
no circle. What only moves entries belongs to no kernel: it is read from its parent at another index. A reshape that
merges axes is its parent's memory in another shape.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any, final

from ..graph import Graph, Variable, ancestors
from .entries import TRIANGLES, only_moves

LOOPS, REDUCTION, PRODUCT = "loops", "reduction", "product"
ASSEMBLY, CUMULATIVE = "assembly", "cumulative"  # what stores piece by piece, and step by step
ORDERING, LAPACK = "ordering", "lapack"  # what compares entries of a row; systems and factorizations of matrices
DRAW = "draw"  # random words and what is made of them
HOLDING, NUMPY = "holding", "numpy"  # a loop or a branch that holds graphs; what has no recipe
_NARROW = 8  # columns
_MOST = 100  # operations of a kernel: registers are few, and the time to compile grows faster than the number
_WHOLE = (ASSEMBLY, CUMULATIVE, ORDERING, LAPACK, DRAW, HOLDING, NUMPY)  # what takes and gives whole arrays


@final
class Kernel:
    """Variables that are computed in one nest of loops.

    Attributes
    ----------
    kind : {"loops", "reduction", "product", "assembly", "cumulative", "ordering", "lapack", "draw", "holding", "numpy"}
        Of all but the first, the first variable says what is done.
    shape : tuple of int
        That of all its variables.
    walked : tuple of int
        What its loops walk: the shape, or one row of all entries.
    roots : list of Variable
        Those that go to memory.
    """

    __slots__ = ("after", "kind", "merged_into", "number", "roots", "shape", "variables", "walked")

    def __init__(self, number: int, kind: str, shape: tuple[int, ...]):
        self.number, self.kind, self.shape, self.walked = number, kind, shape, shape
        self.variables: list[Variable] = []
        self.roots: list[Variable] = []
        self.after = 0  # the kernels that it needs, as bits by number
        self.merged_into: Kernel | None = None

    @property
    def head(self) -> Variable:
        return self.variables[0]

    def __repr__(self) -> str:
        names = ", ".join(v.label for v in self.variables)
        return f"<{self.kind} {self.shape}: {names}>"


@final
class Fusion:
    """The kernels of a graph, in an order in which they can run.

    Attributes
    ----------
    in_memory : dict
        The variables that lie in memory, by number.
    same_memory : dict
        The variables that are another shape of another one's memory: that one's number, by number.
    """

    def __init__(self, graph: Graph, kind_of: Callable[[Variable], str]):
        self.graph, self.kind_of = graph, kind_of
        self.kernels: list[Kernel] = []
        self.in_memory: dict[int, Variable] = {v.number: v for v in graph.inputs}
        self.same_memory: dict[int, int] = {}
        self._kernel_of: dict[int, Kernel] = {}
        self._merged = 0  # kernels that have become parts of others, as bits by number
        inputs = set(graph.inputs)
        needed = [v.results[0] for v in ancestors(graph.outputs, stop=graph.inputs) if v not in inputs]
        order = list(dict.fromkeys(needed))  # the first result of every operation
        for v in order:
            if v.operation is not None:
                self._place(v)
            elif v.shape:
                self.in_memory[v.number] = v
        self._find_roots(order)
        self._absorb_producers(order)
        self._order_by_memory()
        for kernel in self.kernels:
            if kernel.kind == LOOPS and sum(size > 1 for size in kernel.shape) > 1 and self._is_one_row(kernel):
                kernel.walked = (math.prod(kernel.shape),)

    # Kernels

    def _place(self, v: Variable) -> None:
        kind = self.kind_of(v)
        if kind == "moves":
            return
        if kind == "reshape":
            self.same_memory[v.number] = self._needs_memory(v.inputs[0])
            return
        after = self._makers(v.inputs)
        if kind == LOOPS:
            kernel = self._to_join(v, after) if reads_as_it_is(v) else self._new(LOOPS, v.shape)
        else:
            kernel = self._new(kind, v.shape)
        kernel.variables.append(v)
        kernel.after |= after & ~(1 << kernel.number)
        for part in v.parts or (v,):
            self._kernel_of[part.number] = kernel

    def _new(self, kind: str, shape: tuple[int, ...]) -> Kernel:
        kernel = Kernel(len(self.kernels), kind, shape)
        self.kernels.append(kernel)
        return kernel

    def _needs_memory(self, x: Variable) -> int:
        """A reshape of memory needs it to lie row by row: what only moves is copied first."""
        if x.number in self.same_memory:
            return self.same_memory[x.number]
        made = x.number in self.in_memory or x.number in self._kernel_of
        if not made and x.operation is not None:
            kernel = self._new(LOOPS, x.shape)
            kernel.variables.append(x)
            kernel.after = self._makers(x.inputs)
            self._kernel_of[x.number] = kernel
        self.in_memory[x.number] = x
        return x.number

    def _makers(self, inputs: Iterable[Variable]) -> int:
        """The kernels that make what some variables are read from, as bits; with all that those need."""
        found = 0
        for u in inputs:
            kernel = self._kernel_of.get(self._source(u).number)
            if kernel is not None:
                found |= 1 << kernel.number
        return found

    def _source(self, u: Variable) -> Variable:
        """What a variable is read from: through what only moves."""
        while u.number not in self._kernel_of:
            if u.number in self.same_memory:
                return self.graph.variables[self.same_memory[u.number]]
            if u.operation is None or not u.inputs or u.number in self.in_memory:
                break
            u = u.inputs[0]
        return u

    def _to_join(self, v: Variable, after: int) -> Kernel:
        """The kernel that makes v: those of its parents that walk its shape become one, unless that closes a circle."""
        read = {
            kernel for u in v.inputs if (kernel := self._kernel_of.get(u.number))
        }  # as it is: nothing moves between
        moved = {
            kernel
            for u in v.inputs
            if u.number not in self._kernel_of and (kernel := self._kernel_of.get(self._source(u).number))
        }
        joined: Kernel | None = None
        for kernel in sorted(read - moved, key=lambda k: (k.kind == LOOPS, -k.number)):
            if kernel.kind in _WHOLE or kernel.shape != v.shape or _is_better_apart(kernel, v):
                continue
            if len(kernel.variables) + (len(joined.variables) if joined else 0) >= _MOST:
                continue
            if self._depends(after & ~(1 << kernel.number), kernel):
                continue
            if joined is None:
                joined = kernel
            elif kernel.kind == LOOPS and not self._depend_on_each_other(joined, kernel):
                self._merge(kernel, joined)
        return joined or self._new(LOOPS, v.shape)

    def _merge(self, kernel: Kernel, into: Kernel) -> None:
        """Two kernels of which neither needs the other become one."""
        kernel.merged_into = into
        self._merged |= 1 << kernel.number
        into.variables += kernel.variables
        into.after |= kernel.after
        for v in kernel.variables:
            self._kernel_of[v.number] = into

    def _depend_on_each_other(self, a: Kernel, b: Kernel) -> bool:
        return self._depends(1 << a.number, b) or self._depends(1 << b.number, a)

    def _depends(self, kernels: int, on: Kernel) -> bool:
        """Whether any of some kernels needs another one, directly or not."""
        seen = waiting = self._without_merged(kernels)
        while waiting:
            low = waiting & -waiting
            waiting ^= low
            kernel = self.kernels[low.bit_length() - 1]
            if kernel is on:
                return True
            kernel.after = self._without_merged(kernel.after)
            new = kernel.after & ~seen
            seen |= new
            waiting |= new
        return False

    def _without_merged(self, kernels: int) -> int:
        """The same kernels, of which none has become a part of another one."""
        for number in _bits(kernels & self._merged):
            kernels = kernels & ~(1 << number) | 1 << self._standing(number).number
        return kernels

    def _standing(self, number: int) -> Kernel:
        """The kernel that one has become a part of."""
        kernel = self.kernels[number]
        while kernel.merged_into is not None:
            kernel = kernel.merged_into
        return kernel

    # Memory

    def _find_roots(self, order: list[Variable]) -> None:
        """What is read by another kernel, or at another index, or is a result, lies in memory."""
        for v in order:
            if v.operation is None:
                continue
            kernel = self._kernel_of.get(v.number)
            if kernel is None:
                continue
            for u in v.inputs:
                self._read(u, kernel, kernel.kind not in (HOLDING, NUMPY), reads_as_it_is(v))
        for y in self.graph.outputs:
            if y.number not in self.same_memory:
                self._output(y)
        for kernel in self.kernels:
            if kernel.merged_into is not None:
                continue
            for v in kernel.variables:
                for part in v.parts or (v,):
                    if part.number in self.in_memory or kernel.kind in _WHOLE:
                        kernel.roots.append(part)
                        self.in_memory[part.number] = part

    def _read(self, u: Variable, kernel: Kernel, direct: bool, as_it_is: bool) -> None:
        if u.number in self.same_memory or u.number in self.in_memory:
            return
        maker = self._kernel_of.get(u.number)
        if maker is not None:
            if maker is not kernel or not (direct and as_it_is) or u.shape != kernel.shape:
                self.in_memory[u.number] = u
        elif not direct:  # the array itself is wanted
            self._output(u)
        else:
            for each in u.inputs:
                self._read_moved(each)

    def _absorb_producers(self, order: list[Variable]) -> None:
        """What only one reduction reads, each entry once, is computed where it is read."""
        readers: dict[int, set[int]] = {}
        for v in order:
            for u in v.inputs:
                kernel = self._kernel_of.get(v.number)
                readers.setdefault(u.number, set()).add(-1 if kernel is None else kernel.number)
        for y in self.graph.outputs:
            readers.setdefault(y.number, set()).add(-1)
        for number in self.same_memory.values():
            readers.setdefault(number, set()).add(-1)
        absorbed = set()
        for kernel in self.kernels:
            if kernel.kind != LOOPS or len(kernel.roots) != 1 or kernel.merged_into is not None:
                continue
            (x,) = kernel.roots
            by = readers.get(x.number, set()) - {kernel.number}
            if len(by) != 1 or -1 in by:
                continue
            reader = self._standing(next(iter(by)))
            if reader.kind == REDUCTION and reader.head.inputs.count(x) == 1:
                del self.in_memory[x.number]
                absorbed.add(kernel.number)
        self.kernels = [k for k in self.kernels if k.number not in absorbed and k.merged_into is None]

    def _read_moved(self, u: Variable) -> None:
        if u.number in self.same_memory or u.number in self.in_memory:
            return
        if u.number in self._kernel_of:
            self.in_memory[u.number] = u
        else:
            for each in u.inputs:
                self._read_moved(each)

    def is_in_memory(self, v: Variable) -> bool:
        """Whether it lies row by row in memory, its own or another one's."""
        return v.number in self.in_memory or v.number in self.same_memory

    def read_from_memory(self, kernel: Kernel) -> list[Variable]:
        """What a kernel reads from memory, through what is moved or computed on the way."""
        seen = {part.number for v in kernel.variables for part in v.parts or (v,)}
        found: list[Variable] = []
        waiting = [u for v in kernel.variables for u in v.inputs]
        while waiting:
            u = waiting.pop()
            if u.number in seen:
                continue
            seen.add(u.number)
            if self.is_in_memory(u):
                found.append(u)
            else:
                waiting.extend(u.inputs)
        return found

    def _is_one_row(self, kernel: Kernel) -> bool:
        """Whether each entry is made from those at the same place in memory, and from numbers."""
        own = {v.number for v in kernel.variables}
        read = [u for v in kernel.variables for u in v.inputs if u.size != 1]
        return all(map(_reads_alike, kernel.variables)) and all(u.number in own or self.is_in_memory(u) for u in read)

    def _order_by_memory(self) -> None:
        """Each kernel after those that write what it reads."""
        for kernel in self.kernels:
            kernel.after = 0
            for u in self.read_from_memory(kernel):
                maker = self._kernel_of.get(self.same_memory.get(u.number, u.number))
                if maker is not None:
                    kernel.after |= 1 << maker.number
        self.kernels = _in_order(self.kernels)

    def _output(self, y: Variable) -> None:
        """Let a variable lie in memory, row by row; one that only moves gets a kernel that copies."""
        if y.number in self.in_memory:
            return
        if y.operation is None:  # a number
            self.in_memory[y.number] = y
            return
        if y.number not in self._kernel_of:
            for each in y.inputs:
                self._read_moved(each)
            kernel = self._new(LOOPS, y.shape)
            kernel.variables.append(y)
            kernel.after = self._makers(y.inputs)
            self._kernel_of[y.number] = kernel
        self.in_memory[y.number] = y


def _in_order(kernels: list[Kernel]) -> list[Kernel]:
    """Kernels after those that they need; native ones as long as there are any, so that they run in one call."""
    by_number = {kernel.number: kernel for kernel in kernels}
    missing: dict[int, int] = {}
    needed_by: dict[int, list[int]] = {}
    for kernel in kernels:
        numbers = [n for n in _bits(kernel.after) if n in by_number and n != kernel.number]
        missing[kernel.number] = len(numbers)
        for n in numbers:
            needed_by.setdefault(n, []).append(kernel.number)
    ready: dict[bool, list[int]] = {True: [], False: []}  # native or not

    def is_ready(number: int) -> None:
        heapq.heappush(ready[by_number[number].kind != NUMPY], number)

    for number, count in missing.items():
        if not count:
            is_ready(number)
    result: list[Kernel] = []
    native = True
    while ready[True] or ready[False]:
        native = native if ready[native] else not native
        kernel = by_number[heapq.heappop(ready[native])]
        result.append(kernel)
        for n in needed_by.get(kernel.number, ()):
            missing[n] -= 1
            if not missing[n]:
                is_ready(n)
    assert len(result) == len(kernels), "kernels that need each other in a circle"
    return result


def _bits(number: int) -> Iterator[int]:
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low


def reads_as_it_is(v: Variable) -> bool:
    """Whether an entry is made from its parents' entries at the same place."""
    operation: Any = v.operation
    return operation.kind == "elementwise" or operation.name == "convert" or operation.name in TRIANGLES


def _is_better_apart(kernel: Kernel, v: Variable) -> bool:
    """Whether an operation walks all entries as one row, and a product of few columns has few of them side by side."""
    return kernel.kind == PRODUCT and len(kernel.variables) == 1 and v.shape[-1] < _NARROW and _reads_alike(v)


def _reads_alike(v: Variable) -> bool:
    """Whether an entry is made from its parents' entries at the same place, and from numbers."""
    operation: Any = v.operation
    alike = all(u.shape == v.shape or u.size == 1 for u in v.inputs)
    return alike and reads_as_it_is(v) and operation.name not in TRIANGLES


def standard_kind(v: Variable) -> str | None:
    """The kinds that need no recipe: what only moves, and a reshape that merges or splits axes."""
    operation: Any = v.operation
    if only_moves(v):
        return "moves"
    return "reshape" if operation.name == "reshape" else None
