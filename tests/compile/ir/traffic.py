"""What goes between memory and a kernel."""

import re
from dataclasses import dataclass, field

import numpy as np

LINE = 64  # bytes of a cache line


@dataclass
class Traffic:
    """Of one buffer in one call of a kernel.

    Attributes
    ----------
    loaded, stored : int
        By all instructions together [bytes].
    lines_loaded, lines_stored : array of bool
        Which lines of the buffer they touch: what has to move at least once.
    """

    size: int
    loaded: int = 0
    stored: int = 0

    def __post_init__(self):
        count = -(-self.size // LINE)
        self.lines_loaded, self.lines_stored = np.zeros(count, bool), np.zeros(count, bool)

    def join(self, other):
        self.loaded += other.loaded
        self.stored += other.stored
        self.lines_loaded |= other.lines_loaded
        self.lines_stored |= other.lines_stored

    def add(self, offsets, size, times, stores):
        """`times` accesses in all to some offsets [bytes]."""
        lines = self.lines_stored if stores else self.lines_loaded
        lines[offsets // LINE] = True
        lines[(offsets + size - 1) // LINE] = True
        if stores:
            self.stored += size * times
        else:
            self.loaded += size * times


@dataclass
class KernelCall:
    """One call of a function: what it moves itself, without what it calls."""

    name: str
    buffers: dict[str, Traffic] = field(default_factory=dict)

    def of(self, buffer, size):
        if buffer not in self.buffers:
            self.buffers[buffer] = Traffic(size)
        return self.buffers[buffer]

    @property
    def loaded(self):
        return sum(each.loaded for each in self.buffers.values())

    @property
    def stored(self):
        return sum(each.stored for each in self.buffers.values())

    def lines(self, stores, scratch=None):
        """How many lines are loaded or stored; without the buffer "arena" in a range (offset, size) [bytes]."""
        count = 0
        for name, each in self.buffers.items():
            touched = (each.lines_stored if stores else each.lines_loaded).copy()
            if name == "arena" and scratch is not None:
                touched[scratch[0] // LINE : -(-(scratch[0] + scratch[1]) // LINE)] = False
            count += int(np.count_nonzero(touched))
        return count


def by_kernel(calls):
    """The traffic of each kernel of a program's own graph: that of its functions, also of pieces, blocks and panels.

    A kernel is called by a function of a part of the program, or its pieces are; what those call belongs to it.
    """
    found = []
    kernels = []  # names without what says which function of a kernel it is
    for call in calls:
        match = re.fullmatch(r"(segment\d+_kernel\d+)((?:_blocks|_panels|_piece)*)", call.name)
        if match is None:
            continue
        if not (kernels and kernels[-1] == match[1] and found[-1].name != match[1]):
            found.append(KernelCall(call.name))
            kernels.append(match[1])
        into = found[-1]
        for name, traffic in call.buffers.items():
            if not name.startswith("stack"):
                into.of(name, traffic.size).join(traffic)
        if call.name == match[1]:
            into.name = call.name  # complete
    return found
