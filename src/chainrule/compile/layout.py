"""Where each variable of a program lies: in the arena of a running call, or in an array that its table points to."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, final

from ..graph import Variable
from .entries import Memory, rows
from .fusion import NUMPY, Fusion, Kernel
from .memory import Life, arranged, bytes_of


class InArena(NamedTuple):
    offset: int  # [bytes]

    @property
    def pointer(self) -> str:
        return f"%arena{self.offset}"


class InTable(NamedTuple):
    """An array of its own: an input, a constant, a result, or what NumPy makes or reads."""

    place: int

    @property
    def pointer(self) -> str:
        return f"%array{self.place}"


@final
class Layout:
    """Of a fused graph.

    Attributes
    ----------
    table : list of Variable
        What the table points to, in its order.
    scratch : dict
        Where a kernel keeps what nobody else sees, by its number.
    """

    def __init__(self, fusion: Fusion, scratch_bytes: Callable[[Kernel], int]):
        self.fusion = fusion
        self.table: list[Variable] = []
        self._at: dict[int, InArena | InTable] = {}
        self.reads = {k.number: {self.holder(v) for v in fusion.read_from_memory(k)} for k in fusion.kernels}
        outside = {self.holder(y) for y in fusion.graph.outputs}
        for kernel in fusion.kernels:
            if kernel.kind == NUMPY:
                outside |= {part.number for part in kernel.roots} | self.reads[kernel.number]
        for v in sorted(fusion.in_memory.values(), key=lambda v: v.operation is not None):  # inputs before results
            if v.operation is None or v.number in outside:
                self._at[v.number] = InTable(len(self.table))
                self.table.append(v)
        within = [v for v in fusion.in_memory.values() if v.number not in self._at]
        self.lives = self._lives(within)
        sizes = [scratch_bytes(kernel) for kernel in fusion.kernels]
        wanting = [step for step, size in enumerate(sizes) if size]
        self.lives += [Life(sizes[step], step, step) for step in wanting]
        offsets, self.arena_bytes = arranged(self.lives)
        for v, offset in zip(within, offsets, strict=False):
            self._at[v.number] = InArena(offset)
        self.scratch = {
            fusion.kernels[step].number: InArena(offset)
            for step, offset in zip(wanting, offsets[len(within) :], strict=True)
        }

    def holder(self, v: Variable) -> int:
        """The number of the variable whose memory it is."""
        return self.fusion.same_memory.get(v.number, v.number)

    @property
    def locations(self) -> list[InArena | InTable]:
        return list(self._at.values())

    def location(self, number: int) -> InArena | InTable:
        return self._at[number]

    def memory(self, kernel: Kernel) -> dict[int, Memory]:
        """Of all that a kernel reads and writes, also in other shapes."""
        found: dict[int, Memory] = {}
        for v in self.fusion.read_from_memory(kernel):
            found[v.number] = Memory(self._at[self.holder(v)].pointer, rows(v.shape))
        for v in kernel.roots:
            found[v.number] = Memory(self._at[v.number].pointer, rows(v.shape))
        return found

    def _lives(self, within: list[Variable]) -> list[Life]:
        first: dict[int, int] = {}
        last: dict[int, int] = {}
        for step, kernel in enumerate(self.fusion.kernels):
            for v in kernel.roots:
                first[v.number] = last[v.number] = step
            for number in self.reads[kernel.number]:
                last[number] = step
        return [Life(bytes_of(v), first[v.number], last[v.number]) for v in within]
