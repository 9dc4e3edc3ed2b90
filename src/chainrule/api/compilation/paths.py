"""The tree of traces: segments of a graph, parted by what Python asks; each path through it is one trace.

Tracing is deterministic given the answers: two paths are the same up to the first answer in which they differ. A
segment computes what the next answer needs and is not known yet; what later segments need of it is kept, so that a call
computes everything once, and nothing that its own path does not need.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from numpy.lib.stride_tricks import as_strided

from ...graph import Variable, extract
from ...interpret import Plan
from ...locks import new_lock
from ...ops.marks import tag
from ...original import np
from ..scope import plain, read_only
from .native import Tiered
from .recording import Asked, HiddenInput, Recording

_BYTES_COMPARED = 1 << 16


_growing = new_lock()  # one for all trees: it is held for a moment


class Numbered:
    """The variables of a recording by their numbers in the trace."""

    def __init__(self, recording: Recording):
        self.graph = recording.graph
        self.by_number = recording.variables
        self._number = {v.number: n for n, v in recording.variables.items()}

    def needs(self, number: int) -> list[int]:
        """What a variable is made from; constants go without saying."""
        return [self._number[u.number] for u in self.by_number[number].inputs if not u.is_constant]


class Program(NamedTuple):
    """A segment's computation: what it takes and gives, by number."""

    run: Any
    taken: tuple[int, ...]
    views: tuple[tuple[int, HiddenInput], ...]
    given: tuple[int, ...]


class Segment:
    """What is computed between two answers.

    Attributes
    ----------
    made : dict
        The variables that it computes, by number.
    asked : Asked or None
        What Python asks after it; None for the last one of a path.
    exported : set of int
        What later segments need of it.
    """

    __slots__ = ("asked", "children", "exported", "is_first", "made", "numbered", "program", "recording")

    def __init__(self, recording: Recording, numbered: Numbered, made: dict[int, Variable], asked: Asked | None):
        self.recording, self.numbered, self.made, self.asked = recording, numbered, made, asked
        self.children: dict[bytes, Segment] = {}
        self.exported: set[int] = set()
        self.program: Program | None = None
        self.is_first = False  # on the first path that was taken

    @property
    def targets(self) -> list[int]:
        if self.asked is not None:
            return [self.asked.number] if self.asked.number in self.made else []
        return list(dict.fromkeys(y.number for y in self.recording.outputs if y.number >= 0))

    def taken(self) -> list[int]:
        """What it needs of others."""
        found = {n: None for number in self.made for n in self.numbered.needs(number) if n not in self.made}
        by_number = self.numbered.by_number
        found |= {n: None for n in self.targets if n not in self.made and not by_number[n].is_constant}
        return sorted(found)  # arguments first, in their order

    def compute(self, values: dict[int, Any], known: Sequence[Any]) -> dict[int, Any]:
        program = self.program
        if program is None:
            program = self.program = self._planned()
        for number, hidden in program.views:
            values[number] = _view(known[hidden.place], hidden)
        results = program.run([values[n] for n in program.taken])
        values.update(zip(program.given, results, strict=True))
        return values

    def _planned(self) -> Program:
        taken = self.taken()
        given = list(dict.fromkeys([*self.targets, *sorted(self.exported)]))
        hidden = self.recording.hidden
        views = tuple((n, hidden[n]) for n in taken if n in hidden and hidden[n].view is not None)
        if not given:
            return Program(_nothing, (), views, ())
        by_number = self.numbered.by_number
        graph = extract(self.numbered.graph, [by_number[n] for n in taken], [by_number[n] for n in given], "jit")
        if self.asked is not None:
            run: Any = Plan(graph).careful  # the bits that Python was answered
        else:
            donated = [k for k, n in enumerate(taken) if n in self.recording.donated]
            run = Tiered(graph, not self.recording.asked, self.is_first, donated)
        return Program(run, tuple(taken), views, tuple(given))


def _nothing(inputs: Sequence[Any]) -> list[Any]:
    return []


def _view(x: Any, hidden: HiddenInput) -> Any:
    if hidden.view is None:
        return read_only(plain(x))
    offset, shape, strides = hidden.view
    memory = x.ravel(order="K")[offset // x.itemsize :]  # it owns its memory, so this is all of it, in its order
    return as_strided(memory, shape, strides, writeable=False)


class Paths:
    """All paths of one signature in one state of what surrounds the function."""

    def __init__(self) -> None:
        self.root: Segment | None = None
        self.inputs: list[int] = []
        self.hidden: dict[int, HiddenInput] = {}
        self.places: set[int] = set()  # of the arrays from outside that some path reads
        self.count = 0

    def follow(self, values: Sequence[Any], known: Sequence[Any]) -> tuple[Segment, dict[int, Any]]:
        """The segment at the end of the path that is taken, or before an answer that is not known; and all values."""
        by_number = dict(zip(self.inputs, values, strict=True))
        for number, hidden in self.hidden.items():
            by_number[number] = _view(known[hidden.place], hidden)
        segment = self.root
        assert segment is not None
        while True:
            segment.compute(by_number, known)
            if segment.asked is None:
                return segment, by_number
            child = segment.children.get(_bytes_of(by_number[segment.asked.number]))
            if child is None:
                return segment, by_number
            segment = child

    def way_to(self, last: Segment) -> list[Segment]:
        """The segments from the root to one of them."""
        ways = [[self.root]] if self.root is not None else []
        while ways:
            way = ways.pop()
            if way[-1] is last:
                return way
            ways += [[*way, child] for child in way[-1].children.values()]
        return []

    def add(self, recording: Recording) -> bool:
        """Add a path; whether its beginning agrees with the paths that are known."""
        with _growing:
            return self._add(recording)

    def _add(self, recording: Recording) -> bool:
        new = list(_segments(recording))
        place, agreed = self.root, 0
        owners: dict[int, Segment] = {}
        while place is not None:
            if not _agree(place, new[agreed]):
                return False
            owners.update(dict.fromkeys(place.made, place))
            agreed += 1
            if place.asked is None:
                return True  # the very path is known
            answer = new[agreed - 1].asked.answer  # type: ignore[union-attr]
            if answer not in place.children:
                break
            place = place.children[answer]
        for before, after in zip(new[agreed:], new[agreed + 1 :], strict=False):
            before.children[before.asked.answer] = after  # type: ignore[union-attr]
        for segment in new[agreed:]:
            asked = [] if segment.asked is None else [segment.asked.number]  # perhaps on the way to an earlier answer
            for n in (*segment.taken(), *asked):
                owner = owners.get(n)
                if owner is not None and n not in owner.exported:
                    owner.exported.add(n)
                    owner.program = None
            owners.update(dict.fromkeys(segment.made, segment))
        hidden = {n: h for n, h in recording.hidden.items() if h.view is None}
        self.hidden = self.hidden | hidden
        self.places = self.places | {h.place for h in recording.hidden.values()}
        if place is None:
            self.inputs, self.root = recording.inputs, new[0]
            for segment in new:
                segment.is_first = True
        else:
            place.children[new[agreed - 1].asked.answer] = new[agreed]  # type: ignore[union-attr]
        self.count += 1
        return True


def _bytes_of(value: Any) -> bytes:
    return value.tobytes() if isinstance(value, (np.ndarray, np.generic)) else np.asarray(value).tobytes()


def _segments(recording: Recording) -> Iterator[Segment]:
    """The path of a recording, parted."""
    numbered = Numbered(recording)
    done = {*recording.inputs, *recording.hidden}
    for asked in recording.asked:
        yield Segment(recording, numbered, _made(numbered, [asked.number], done), asked)
    outputs = [y.number for y in recording.outputs if y.number >= 0]
    yield Segment(recording, numbered, _made(numbered, outputs, done), None)


def _made(numbered: Numbered, targets: Sequence[int], done: set[int]) -> dict[int, Variable]:
    """What is to be computed for the targets, parents first; it is done then."""
    found: set[int] = set()
    waiting = list(targets)
    while waiting:
        n = waiting.pop()
        if n in done or n in found or numbered.by_number[n].is_constant:
            continue
        found.add(n)
        waiting.extend(numbered.needs(n))
    done |= found
    return {n: numbered.by_number[n] for n in sorted(found)}


def _agree(known: Segment, new: Segment) -> bool:
    """Whether two segments compute the same."""
    if (known.asked and known.asked.number) != (new.asked and new.asked.number):
        return False
    if known.made.keys() != new.made.keys():
        return False
    for n, v in known.made.items():
        w = new.made[n]
        if v.operation is not w.operation or len(v.inputs) != len(w.inputs):
            return False
        if v.parameters != w.parameters and v.operation is not tag:  # whose serial number is another in each trace
            return False
        if known.numbered.needs(n) != new.numbered.needs(n):
            return False
        if not all(_same_constant(a, b) for a, b in zip(v.inputs, w.inputs, strict=True)):
            return False
    return True


def _same_constant(a: Variable, b: Variable) -> bool:
    if not a.is_constant or not b.is_constant:
        return a.is_constant == b.is_constant
    if a.type is not b.type:
        return False
    return a.value is b.value or a.value.nbytes > _BYTES_COMPARED or a.value.tobytes() == b.value.tobytes()
