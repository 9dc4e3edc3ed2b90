"""What a graph is as native code, for people to read: kernels, what each computes, reads and writes, what it costs.

Plain frozen data and its text, at most 120 columns wide; `explaining` makes it from a graph.
"""

from __future__ import annotations

import itertools
import math
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

WIDTH = 120  # columns


@dataclass(frozen=True, slots=True)
class Computed:
    """A variable that a kernel computes, or reads another one through.

    Attributes
    ----------
    name, operation : str
    shape : tuple of int
    dtype : str
    where, source : str
        `file:line` and the line of code that it stands for; empty where that is not known.
    is_named : bool
        Whether the name is the user's.
    part : int
        Which result of its operation it is, from 0.
    """

    name: str
    operation: str
    shape: tuple[int, ...]
    dtype: str
    where: str
    source: str
    is_named: bool
    part: int = 0


@dataclass(frozen=True, slots=True)
class Buffer:
    """An array in memory that a kernel reads or writes.

    Attributes
    ----------
    name : str
        Of the variable that lies there.
    place : {"arena", "input", "constant", "result", "array"}
        "array" is one that NumPy makes or reads on the way.
    offset : int or None
        In the arena [bytes].
    size : int
        Of the whole [bytes].
    moved : int
        What the kernel reads or writes of it [bytes], each entry once.
    """

    name: str
    place: str
    offset: int | None
    size: int
    moved: int

    def __str__(self) -> str:
        where = self.place if self.offset is None else f"{self.place} {self.offset}"
        part = "" if self.moved == self.size else f"{amount(self.moved, 'B')} of "
        return f"{self.name} ({where}, {part}{amount(self.size, 'B')})"


@dataclass(frozen=True, slots=True)
class KernelExplanation:
    """One kernel: a nest of loops, a loop or branch that holds graphs, or an operation that NumPy runs.

    Attributes
    ----------
    number : int
        Its place in the order, from 0.
    kind : {"loops", "reduction", "product", "assembly", "cumulative", "ordering", "lapack", "draw", "holding", "numpy"}
    loops : tuple of int
        What the loops walk.
    summed : tuple of int
        What the loops within them sum (or multiply, or compare) over.
    computes : tuple of Computed
        In the order of the graph; the movements on the way, too, which cost nothing.
    reads, writes : tuple of Buffer
    own_flops : int
        Without its bodies': one for each entry of an element-wise operation, two for a multiplication and addition.
    scratch : Buffer or None
        Where it keeps what nobody else sees.
    reason : str
        Why NumPy runs it; empty for native code.
    bodies : tuple of GraphExplanation
        The graphs that it holds.
    times : int or None
        How often the bodies run: the steps of a scan, 1 for a call or a branch; None where that is not known before.
    pieces : int
        That threads share; 1 where one thread does it all.
    in_place, by_turns : tuple of str
        What a loop carries: overwritten where it lies, or written to one of two places in turn.
    """

    number: int
    kind: str
    loops: tuple[int, ...]
    summed: tuple[int, ...]
    computes: tuple[Computed, ...]
    reads: tuple[Buffer, ...]
    writes: tuple[Buffer, ...]
    own_flops: int
    scratch: Buffer | None = None
    reason: str = ""
    bodies: tuple[GraphExplanation, ...] = ()
    times: int | None = 1
    pieces: int = 1
    in_place: tuple[str, ...] = ()
    by_turns: tuple[str, ...] = ()

    @property
    def bytes_read(self) -> int:
        """Each array once; where it holds graphs, what these read."""
        if self.bodies:
            return self._of_bodies([body.bytes_read for body in self.bodies])
        return sum(each.moved for each in self.reads)

    @property
    def bytes_written(self) -> int:
        if self.bodies:
            return self._of_bodies([body.bytes_written for body in self.bodies])
        return sum(each.moved for each in self.writes)

    @property
    def bytes_moved(self) -> int:
        return self.bytes_read + self.bytes_written

    @property
    def flops(self) -> int:
        return self.own_flops + (self._of_bodies([body.flops for body in self.bodies]) if self.bodies else 0)

    def _of_bodies(self, figures: list[int]) -> int:
        """In all steps, where their number is known, else in one: the test and the body. Of a branch, the larger."""
        return sum(figures) if self.times is None else self.times * max(figures)


@dataclass(frozen=True, slots=True)
class GraphExplanation:
    """A graph, divided into kernels.

    Attributes
    ----------
    name : str
    kernels : tuple of KernelExplanation
        In the order in which they run.
    arena_bytes : int
        For all that a call computes on the way.
    arena_bound : int
        What is alive at once at the most [bytes]: no arrangement of the arena needs less.
    """

    name: str
    kernels: tuple[KernelExplanation, ...]
    arena_bytes: int
    arena_bound: int

    @property
    def bytes_read(self) -> int:
        return sum(kernel.bytes_read for kernel in self.kernels)

    @property
    def bytes_written(self) -> int:
        return sum(kernel.bytes_written for kernel in self.kernels)

    @property
    def bytes_moved(self) -> int:
        return self.bytes_read + self.bytes_written

    @property
    def flops(self) -> int:
        return sum(kernel.flops for kernel in self.kernels)

    @property
    def by_numpy(self) -> tuple[KernelExplanation, ...]:
        """The kernels that NumPy runs."""
        return tuple([kernel for kernel in self.kernels if kernel.reason])

    @property
    def native_calls(self) -> int:
        """How often a call enters native code: once for all native kernels that follow each other."""
        return sum(not by_numpy for by_numpy, _ in itertools.groupby(self.kernels, lambda kernel: bool(kernel.reason)))

    def __str__(self) -> str:
        return "\n".join([f"{self.name}: {self.summary}", *self.lines()])

    @property
    def summary(self) -> str:
        """The totals, in one line."""
        count, numpy = len(self.kernels), len(self.by_numpy)
        if not count:
            return "nothing to compute"
        who = f"{numpy} of them by NumPy, {_times(self.native_calls)}" if numpy else _times(self.native_calls)
        if numpy == count:
            who = "by NumPy"
        arena = ""
        if self.arena_bytes:
            arena = f"; arena {amount(self.arena_bytes, 'B')}, at least {amount(self.arena_bound, 'B')}"
        kernels = f"{count} kernel{'s' * (count != 1)}, {who}"
        return f"{kernels}; {amount(self.bytes_moved, 'B')} moved, {amount(self.flops, 'flop')}{arena}"

    def lines(self, indent: str = "") -> Iterator[str]:
        """The text of the kernels."""
        if self.kernels:
            yield f"{indent}  #  {'kind':<11}{'loops':<34}{'read':>10}{'written':>10}{'flops':>12}"
        for kernel in self.kernels:
            yield from _kernel_lines(kernel, indent)


def _kernel_lines(kernel: KernelExplanation, indent: str) -> Iterator[str]:
    cells = [amount(kernel.bytes_read, "B"), amount(kernel.bytes_written, "B"), amount(kernel.flops, "flop")]
    loops = _cut(_loops(kernel), 33)
    yield f"{indent}{kernel.number:>3}  {kernel.kind:<11}{loops:<34}{cells[0]:>10}{cells[1]:>10}{cells[2]:>12}"
    inner = indent + " " * 5
    for where, source, made in _by_line(kernel.computes):
        *lines, last = _wrapped(inner, where or "made", made)
        left = WIDTH - len(last) - len("  | ")
        yield from lines
        yield f"{last}  | {_cut(source, left)}" if source and left > 20 else last
    for label, buffers in (("reads", kernel.reads), ("writes", kernel.writes)):
        if buffers:
            yield from _wrapped(inner, label, ", ".join(map(str, buffers)))
    if kernel.scratch is not None:
        yield from _wrapped(inner, "scratch", f"arena {kernel.scratch.offset}, {amount(kernel.scratch.size, 'B')}")
    if kernel.pieces > 1:
        yield from _wrapped(inner, "shared", f"{kernel.pieces} pieces for any number of threads")
    if kernel.reason:
        yield from _wrapped(inner, "NumPy", kernel.reason)
    for label, names in (("in place", kernel.in_place), ("by turns", kernel.by_turns)):
        if names:
            yield from _wrapped(inner, label, ", ".join(names))
    for body in kernel.bodies:
        yield from _wrapped(inner, body.name, body.summary)
        yield from body.lines(inner)


def _by_line(computes: Iterable[Computed]) -> Iterator[tuple[str, str, str]]:
    """What stands for each line of the user's code, in the order in which the lines come up."""
    lines: dict[tuple[str, str], list[str]] = {}
    for v in computes:
        made = lines.setdefault((v.where, v.source), [])
        if v.is_named or not v.part:
            made.append(f"{v.name} = {v.operation}" if v.is_named else v.operation)
    for (where, source), made in lines.items():
        yield where, source, ", ".join(made)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 3].rstrip() + "..."


def _loops(kernel: KernelExplanation) -> str:
    if kernel.bodies and kernel.times is None:
        return "figures for one step"
    if kernel.bodies and kernel.times != 1:
        return f"{kernel.times} steps"
    text = " x ".join(map(str, kernel.loops)) or "1"
    return f"{text}, over {' x '.join(map(str, kernel.summed))}" if kernel.summed else text


def _wrapped(indent: str, label: str, text: str) -> list[str]:
    """A label and what it says; further lines under the text."""
    first = f"{indent}{label:<12} "
    width = max(WIDTH, len(first) + 20)  # deep within each other
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=" " * (len(indent) + 13), break_on_hyphens=False
    )


def _times(calls: int) -> str:
    return f"native in {calls} call{'s' * (calls != 1)}"


def amount(number: int, unit: str) -> str:
    """A number in three digits: 15400 B as `15.4 kB`."""
    if abs(number) < 1000:
        return f"{number} {unit}"
    power = min(int(math.log10(number)) // 3, 5)
    value = number / 1000**power
    if value >= 999.5 and power < 5:
        power, value = power + 1, value / 1000
    digits = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{digits}f} {' kMGTP'[power]}{unit}"
