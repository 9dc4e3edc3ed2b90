"""Arrays that share memory: a buffer with its current value, and for each view how to read it and write it back.

Writes of single entries and rows are logged and become one node when the whole is read: a loop that fills an array of
n entries makes n small nodes, not n copies.
"""

from __future__ import annotations

from collections.abc import Callable

from ..graph import Variable
from ..ops.movement import Place, reshape, write

Read = Callable[[Variable], Variable]
PutBack = Callable[[Variable, Variable], Variable]  # (base, new part) -> new base


class Buffer:
    """The memory that views share. Its version counts the writes."""

    __slots__ = ("logged", "made", "variable", "version")

    def __init__(self, variable: Variable):
        self.variable, self.version = variable, 0
        self.made = variable  # what it held first: its layout in memory is that of the buffer for good
        self.logged: dict[tuple[int, ...], Variable] = {}

    def log(self, index: tuple[int, ...], new: Variable) -> None:
        """Note that the part at leading indices has become new. All logged indices are of one length."""
        if self.logged and len(next(iter(self.logged))) != len(index):
            self.current()
        self.logged[index] = new
        self.version += 1

    def known(self, index: tuple[int, ...]) -> tuple[bool, Variable | None]:
        """Whether the part at leading indices can be read while writes wait, and the part where it has been written."""
        if self.logged and len(next(iter(self.logged))) != len(index):
            self.current()
        return bool(self.logged), self.logged.get(index)

    def current(self) -> Variable:
        """The value of the whole, the logged writes made."""
        if self.logged:
            shape = self.variable.shape
            places = [leading_place(index, shape) for index in self.logged]
            values = [_as_piece(v, len(index)) for index, v in self.logged.items()]
            self.logged = {}
            self.variable = write(self.variable, *values, indices=tuple(places))
        return self.variable


def leading_place(index: tuple[int, ...], shape: tuple[int, ...]) -> Place:
    """The place of x[i, j, ...] for fewer indices than axes, or for as many."""
    if len(index) == len(shape):
        return index
    return (*((i, 1, 1) for i in index), *((0, 1, size) for size in shape[len(index) :]))


def _as_piece(v: Variable, lead: int) -> Variable:
    return reshape(v, shape=(1,) * lead + v.shape) if v.shape else v


class View:
    """A part of a buffer: steps of (read, put back) from the whole to the part, and the keys of these steps."""

    __slots__ = ("buffer", "keys", "steps", "version")

    def __init__(self, buffer: Buffer, steps: tuple[tuple[Read, PutBack], ...], keys: tuple[object, ...] = ()):
        self.buffer, self.steps, self.keys, self.version = buffer, steps, keys, buffer.version

    def narrowed(self, read: Read, put_back: PutBack, key: object) -> View:
        return View(self.buffer, (*self.steps, (read, put_back)), (*self.keys, key))

    def is_part_of(self, parent: View | None, key: object) -> bool:
        """Whether this is the part that the parent's index of that key is: then writing it there changes nothing."""
        return parent is not None and self.buffer is parent.buffer and self.keys == (*parent.keys, key)

    def refreshed(self) -> Variable:
        """What the part has become."""
        v = self.buffer.current()
        for read, _ in self.steps:
            v = read(v)
        self.version = self.buffer.version
        return v

    def write(self, new: Variable) -> None:
        """Put a new value of the part into the buffer."""
        if not self.steps:
            self.buffer.logged = {}  # overwritten
            self.buffer.variable = new
            self.buffer.version += 1
            return
        bases = [self.buffer.current()]
        for read, _ in self.steps[:-1]:
            bases.append(read(bases[-1]))
        for (_, put_back), base in zip(reversed(self.steps), reversed(bases), strict=False):
            new = put_back(base, new)
        self.buffer.variable = new
        self.buffer.version += 1


def whole(variable: Variable) -> View:
    return View(Buffer(variable), ())
