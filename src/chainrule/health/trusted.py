"""How many digits of the results can be trusted: the rounding errors of all operations, carried to each of them.

Each operation on the way rounds. To first order an error of a variable v moves a result y by dy/dv times that error,
so that the sum of |dy/dv| times each operation's own bound (rounding.py) bounds the error of y. The derivatives are
those of back-propagation, and a gradient is bounded in the same way, since the gradient graph is a graph.

Source: Linnainmaa, Taylor expansion of the accumulated rounding error, BIT 16 (1976); Iri, Simultaneous computation of
functions, partial derivatives and estimates of rounding errors (1984); Higham, Accuracy and Stability of Numerical
Algorithms (2002), sec. 3.3 on running error analysis. The estimate takes the errors for independent and evenly spread
(sec. 2.8): the root of the sum of their squares by three.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, final

from ..errors import Origin
from ..graph import Variable, ancestors
from ..original import np
from .ranges import number
from .rounding import rounding_of, ulp, unit
from .run import Run
from .wider import Wider

WORK = 20_000_000  # numbers that are pulled back for one result: it decides how many of its entries are looked at
AT_ONCE = 4_000_000  # of these, at one time
SHOWN = 3  # sources that are named

Walk = Callable[[Mapping[Variable, Any]], Iterable[tuple[Variable, list[Any], list[Any]]]]


class Target(NamedTuple):
    """A result to look at: what people call it, and where it stands."""

    name: str
    kind: str
    variable: Variable


@final
@dataclass(frozen=True)
class Source:
    """An operation on a line of the user's, with its part in a bound.

    Attributes
    ----------
    variable : str
        Its result; where the line was repeated, the one that brings most.
    operation : str
    origin : Origin or None
    share : float
        Of the bound, between 0 and 1; of all repeats together.
    repeats : int
    """

    variable: str
    operation: str
    origin: Origin | None
    share: float
    repeats: int

    def __str__(self) -> str:
        place = f" at {self.origin}" if self.origin else ""
        return f"{self.operation}{place} ({self.share:.0%})"


@final
@dataclass(frozen=True)
class Trusted:
    """What can be trusted of one output or gradient.

    Attributes
    ----------
    name : str
        "output" or "gradient by x".
    kind : {"output", "gradient"}
    value : array
    entries : array of int
        Which of its entries were looked at, as flat indices: all, or some of each size where there are many.
    bound : array
        For each of these a bound of the absolute error, to first order.
    estimate : array
        What the error is likely to be: its standard deviation, were the single errors independent.
    error : array or None
        The error against the run in more digits; None where there was none.
    from_inputs : array
        What it would do to round every input once. A bound not much above that says that the question is ill-posed; one
        far above it, that another formula would keep more digits.
    reference : str
        In what the other run was made, or why there was none.
    sources : tuple of Source
        The lines that bring most of the bound of the entry with the largest one.
    assumed : tuple of str
        Operations whose rounding is documented nowhere: the bound holds as far as what is assumed of them.
    flipped : tuple of str
        Comparisons that come out otherwise in more digits, with their lines: the bound holds for the path taken.
    """

    name: str
    kind: str
    value: np.ndarray = field(repr=False)
    entries: np.ndarray = field(repr=False)
    bound: np.ndarray
    estimate: np.ndarray = field(repr=False)
    error: np.ndarray | None
    from_inputs: np.ndarray = field(repr=False)
    reference: str
    sources: tuple[Source, ...]
    assumed: tuple[str, ...] = ()
    flipped: tuple[str, ...] = ()

    @property
    def size(self) -> float:
        """The largest absolute value in it."""
        return float(np.max(np.abs(self.value), initial=0.0))

    @property
    def digits(self) -> float:
        """Decimal digits that can be trusted: of the largest bound relative to the largest entry."""
        return self._digits(self.bound)

    @property
    def actual_digits(self) -> float | None:
        """The same of the error against the run in more digits."""
        return None if self.error is None else self._digits(self.error)

    @property
    def fewest_digits(self) -> float:
        """The digits of the entry that has fewest, each relative to itself."""
        if not self.entries.size:
            return self._most
        value = np.abs(self.value.reshape(-1)[self.entries])
        with np.errstate(all="ignore"):
            relative = np.where(self.bound == 0, 0.0, self.bound / value)
        return self._of_relative(float(np.max(relative)))

    @property
    def ratio(self) -> float | None:
        """The largest bound over the largest error."""
        largest = 0.0 if self.error is None else float(np.max(self.error, initial=0.0))
        return float(np.max(self.bound, initial=0.0)) / largest if largest else None

    @property
    def _most(self) -> float:
        return -math.log10(2 * unit(self.value.dtype))

    def _digits(self, errors: np.ndarray) -> float:
        worst = float(np.max(errors, initial=0.0))
        return self._of_relative(worst / self.size if self.size else math.inf if worst else 0.0)

    def _of_relative(self, relative: float) -> float:
        if not relative < 1:  # nan too
            return 0.0
        return min(self._most, -math.log10(relative)) if relative else self._most

    def to_document(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers."""
        return {
            "name": self.name,
            "kind": self.kind,
            "digits": self.digits,
            "actual_digits": self.actual_digits,
            "fewest_digits": self.fewest_digits,
            "bound": float(np.max(self.bound, initial=0.0)),
            "estimate": float(np.max(self.estimate, initial=0.0)),
            "error": None if self.error is None else float(np.max(self.error, initial=0.0)),
            "from_inputs": float(np.max(self.from_inputs, initial=0.0)),
            "entries": len(self.entries),
            "size": self.value.size,
            "reference": self.reference,
            "sources": [
                {
                    "variable": each.variable,
                    "operation": each.operation,
                    "file": each.origin.file if each.origin else None,
                    "line": each.origin.line if each.origin else None,
                    "share": each.share,
                    "repeats": each.repeats,
                }
                for each in self.sources
            ],
            "assumed": list(self.assumed),
            "flipped": list(self.flipped),
        }


def trusted(run: Run, targets: Sequence[Target], walk: Walk) -> list[Trusted]:
    """What can be trusted of some variables of a run; `walk` pulls many cotangents back at once."""
    wider = Wider(ancestors([target.variable for target in targets]), run.values)
    return [_trusted(run, target, walk, wider) for target in targets]


def _trusted(run: Run, target: Target, walk: Walk, wider: Wider) -> Trusted:
    v = target.variable
    value = run.value(v)
    needed = ancestors([v])
    held = sum(u.size for u in needed if u.dtype.kind in "fc") or 1
    entries = _chosen(value, max(1, WORK // held))
    sums = _Sums(run, len(entries))
    at_once = max(1, AT_ONCE // held)
    for first in range(0, len(entries), at_once):
        part = entries[first : first + at_once]
        seed = np.zeros((len(part), value.size), value.dtype)
        seed[np.arange(len(part)), part] = 1
        sums.begin(first, len(part))
        for made in walk({v: seed.reshape(len(part), *value.shape)}):
            sums.add(*made)
    error, reference = _compared(v, value, entries, wider)
    worst = int(np.argmax(sums.bound)) if len(entries) else 0
    names = {u.number for u in needed}
    return Trusted(
        name=target.name,
        kind=target.kind,
        value=value,
        entries=entries,
        bound=sums.bound,
        estimate=np.sqrt(sums.squares / 3),
        error=error,
        from_inputs=sums.from_inputs,
        reference=reference,
        sources=_sources(run, sums, worst),
        assumed=tuple(sorted(sums.assumed)),
        flipped=tuple(
            dict.fromkeys(f"{run.operation(u)} at {run.origin(u)}" for u in wider.flipped if u.number in names)
        ),
    )


def _chosen(value: np.ndarray, most: int) -> np.ndarray:
    """All entries, or some of every size, the largest among them."""
    if value.size <= most:
        return np.arange(value.size)
    order = np.argsort(np.abs(value).reshape(-1), kind="stable")[::-1]
    return order[np.unique(np.linspace(0, value.size - 1, most).astype(int))]


class _Sums:
    """What adds up over the operations, for each entry that is looked at."""

    def __init__(self, run: Run, count: int):
        self.run = run
        self.bound, self.squares, self.from_inputs = (np.zeros(count) for _ in range(3))
        self.by_variable: dict[int, np.ndarray] = {}
        self.assumed: set[str] = set()
        self._rows = slice(0, count)

    def begin(self, first: int, count: int) -> None:
        self._rows = slice(first, first + count)

    def add(self, v: Variable, bars: Sequence[Any], sent: Sequence[Any]) -> None:
        """What an operation brings by its own rounding; of an input what it would bring to round it."""
        rows = self._rows
        if v.operation is None:
            if v.is_input:
                total, _ = _met(bars[0], 0.5 * ulp(self.run.value(v)))
                self.from_inputs[rows] += total
            return
        xs, ys = [self.run.value(u) for u in v.inputs], [self.run.value(u) for u in v.results]
        rounding = rounding_of(v, xs, ys)
        if rounding.assumed:
            self.assumed.add(v.operation.name)
        pairs = [
            *zip(bars, rounding.results, strict=False),
            *((sent[k], each) for k, each in rounding.arguments.items()),
        ]
        for bar, own in pairs:
            if bar is None or own is None or not np.any(own):
                continue
            total, squares = _met(bar, own)
            self.bound[rows] += total
            self.squares[rows] += squares
            known = self.by_variable.setdefault(v.number, np.zeros(len(self.bound)))
            known[rows] += total


def _met(bar: Any, own: Any) -> tuple[np.ndarray, np.ndarray]:
    """The sum over entries of what cotangents make of errors, and of its squares; zero absorbs."""
    bar = np.abs(bar)
    with np.errstate(all="ignore"):
        each = np.where(bar == 0, 0.0, bar * np.asarray(own, np.float64))
        axes = tuple(range(1, each.ndim))
        return np.sum(each, axis=axes), np.sum(np.square(each), axis=axes)


def _compared(v: Variable, value: np.ndarray, entries: np.ndarray, wider: Wider) -> tuple[np.ndarray | None, str]:
    if v.number not in wider.values:
        return None, f"none ({wider.missing[v.number]})"
    wide = wider.values[v.number]
    with np.errstate(all="ignore"):
        error = np.abs(wide - value).reshape(-1)[entries].astype(np.float64)
    helped = f", {', '.join(sorted(wider.by_mpmath))} by mpmath" if wider.by_mpmath else ""
    return error, ("longdouble" if wide.dtype.char in "gG" else str(wide.dtype)) + helped


def _sources(run: Run, sums: _Sums, worst: int) -> tuple[Source, ...]:
    """By lines of the program: all that an operation there has brought to the worst entry."""
    if not len(sums.bound) or not (0 < sums.bound[worst] < math.inf):
        return ()
    lines: dict[object, list[tuple[float, Variable]]] = {}
    for n, brought in sums.by_variable.items():
        v = run.graph.variables[n]
        if brought[worst] > 0:
            lines.setdefault((v.origin or v, run.operation(v)), []).append((float(brought[worst]), v))
    found = []
    for each in lines.values():
        _, v = max(each, key=lambda pair: pair[0])
        share = sum(amount for amount, _ in each) / float(sums.bound[worst])
        found.append(Source(run.name(v), run.operation(v), run.origin(v), share, len(each)))
    return tuple(sorted(found, key=lambda source: -source.share)[:SHOWN])


def table(rows: Sequence[Trusted]) -> str:
    """A line for each, in columns."""
    head = ("what", "value", "bound", "estimate", "error", "digits", "most of it from")
    body = [head, *(_cells(row) for row in rows)]
    widths = [max(len(row[k]) for row in body) for k in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in body]
    return "\n".join(lines)


def _cells(row: Trusted) -> tuple[str, ...]:
    some = f" ({len(row.entries)} of {row.value.size} entries)" if len(row.entries) < row.value.size else ""
    value = number(row.value) if not row.value.ndim else f"{number(row.size)} at most"
    largest = [f"{float(np.max(each, initial=0.0)):.1e}" for each in (row.bound, row.estimate)]
    error = "none" if row.error is None else f"{float(np.max(row.error, initial=0.0)):.1e}"
    source = str(row.sources[0]) if row.sources else ""
    return row.name + some, value, *largest, error, f"{row.digits:.1f}", source
