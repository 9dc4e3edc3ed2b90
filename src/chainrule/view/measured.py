"""A graph with numbers: every value, every gradient, what each edge does to a gradient, and what is wrong with them."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, final

from ..backprop.walk import back_propagation_steps
from ..graph import Graph, Variable, consumers
from ..health import Finding, Run, Thresholds, examine
from ..interpret import evaluate
from ..original import np
from .numbers import FEW, PICTURES, statistics
from .sources import without_home

Steps = Iterator[tuple[Variable, int, Variable, Any]]


class Contribution(NamedTuple):
    """Root mean square, and the array itself unless it is too large to show.

    Of a large one that is not the first also the root mean square of the sum with it.
    """

    rms: float
    array: Any
    sum_rms: float | None = None


@final
class Measured:
    """The numbers of a graph.

    Attributes
    ----------
    values : mapping
        By the number of the variable.
    gradients : mapping or None
        The same; without entry where no path leads to an output. None where no seed was given, or an operation has
        no derivative.
    gains : mapping
        By number of the variable and of its argument: the norm of what the edge passes back over the norm of what
        arrives, which is how much this local Jacobian lets through.
    contributions : mapping
        By the same: what the edge adds to the gradient of its argument; None where that is all of it.
    seeds : mapping
        By the number of an output: where its gradient starts.
    findings : list of Finding
        Worst first.
    thresholds : Thresholds
        The limits that these go by.
    """

    def __init__(self, graph: Graph, values: Mapping[int, Any], seeds: Mapping[Variable, Any] | None):
        self.graph, self.values = graph, values
        self.gains: dict[tuple[int, int], float] = {}
        self.contributions: dict[tuple[int, int], Contribution | None] = {}
        self._shared = {v.number for v, uses in zip(graph.variables, consumers(graph), strict=True) if len(uses) > 1}
        self._shared |= {v.number for v in graph.outputs}
        parameters = [v for v in graph.inputs if v.type.carries_derivative]
        finished = bool(graph.outputs) and all(v.number in values for v in graph.variables)
        run = Run(graph, values, evaluate, [parameters], finished)
        self.seeds: dict[int, Contribution] = {}
        steps = None
        if seeds:
            self.seeds = {v.number: self._shown(v, seed, _norm([seed])) for v, seed in seeds.items()}
            run.gradients.update({v.number: np.asarray(seed) for v, seed in seeds.items()})
            steps = self._watched(back_propagation_steps(graph, values, run.gradients), run.gradients)
        self.thresholds = Thresholds()
        self.findings = [_shareable(each) for each in examine(run, steps, self.thresholds)]
        failed = any(each.kind == "no derivative" for each in self.findings)
        self.gradients: Mapping[int, Any] | None = run.gradients if seeds and not failed else None
        self._of_values: dict[int, dict[str, Any]] = {}
        self._of_gradients: dict[int, dict[str, Any]] = {}

    def _watched(self, steps: Steps, gradients: Mapping[int, Any]) -> Steps:
        arriving: tuple[int, float] = (-1, 0.0)
        begun = set(self.seeds)
        for y, k, x, contribution in steps:
            if arriving[0] != y.number:
                bars = [gradients[part.number] for part in y.results if part.number in gradients]
                arriving = y.number, _norm(bars)
            leaving = _norm([contribution])
            if arriving[1] > 0:
                for part in y.results:
                    self.gains[part.number, k] = leaving / arriving[1]
            is_first = x.number not in begun
            begun.add(x.number)
            total = None if is_first else gradients[x.number]
            self.contributions[y.number, k] = (
                self._shown(x, contribution, leaving, total) if x.number in self._shared else None
            )
            yield y, k, x, contribution

    def _shown(self, x: Variable, array: Any, norm: float, total: Any = None) -> Contribution:
        root = math.sqrt(max(x.size, 1))
        shown = np.asarray(array) if x.size <= FEW or len(self.graph) <= PICTURES else None
        sum_rms = None if total is None or x.size <= FEW else _norm([total]) / root
        return Contribution(norm / root, shown, sum_rms)

    def has_value(self, v: Variable) -> bool:
        return v.number in self.values

    def value(self, v: Variable) -> Any:
        return np.asarray(self.values[v.number])

    def gradient(self, v: Variable) -> Any:
        """The gradient, or None where there is none: not asked for, or of a dtype that carries none.

        Where no path leads to an output it is zero.
        """
        if self.gradients is None or not v.type.carries_derivative:
            return None
        found = self.gradients.get(v.number)
        return np.zeros(v.shape, v.dtype) if found is None else np.asarray(found)

    def statistics(self, v: Variable) -> dict[str, Any]:
        """Of the value."""
        if v.number not in self._of_values:
            self._of_values[v.number] = statistics(self.value(v))
        return self._of_values[v.number]

    def gradient_statistics(self, v: Variable) -> dict[str, Any]:
        """Of the gradient, where there is one."""
        if v.number not in self._of_gradients:
            self._of_gradients[v.number] = statistics(self.gradient(v))
        return self._of_gradients[v.number]

    def rms(self, v: Variable) -> float | None:
        """Root mean square of the value's finite entries."""
        return _number(self.statistics(v)["rms"]) if self.has_value(v) else None

    def gradient_rms(self, v: Variable) -> float | None:
        return None if self.gradient(v) is None else _number(self.gradient_statistics(v)["rms"])

    @functools.cached_property
    def flags(self) -> dict[str, Finding]:
        """By the name of a variable, the worst finding about it; what it poisons has the same."""
        found: dict[str, Finding] = {}
        for finding in self._each_finding:
            if finding.variable is not None:
                found.setdefault(finding.variable, finding)
        return found

    @property
    def _each_finding(self) -> Iterator[Finding]:
        """Also those that are told of together, since each is shown at its own variable."""
        for finding in self.findings:
            yield finding
            yield from finding.alike

    @functools.cached_property
    def poisoned(self) -> dict[str, Finding]:
        """By the name of a variable that is not finite because of another, the finding about that."""
        found: dict[str, Finding] = {}
        for finding in self._each_finding:
            if finding.kind != "non-finite gradient":
                for name in finding.poisoned:
                    found.setdefault(name, finding)
        return found


def _shareable(finding: Finding) -> Finding:
    """Expressions of the program are quoted in it: without the place of the user's files."""
    return dataclasses.replace(
        finding,
        message=without_home(finding.message),
        inputs=tuple(map(without_home, finding.inputs)),
        cure=None if finding.cure is None else without_home(finding.cure),
        alike=tuple(map(_shareable, finding.alike)),
    )


def _number(found: Any) -> float | None:
    return found if isinstance(found, float) else None


def _norm(arrays: list[Any]) -> float:
    with np.errstate(all="ignore"):
        total = 0.0
        for each in arrays:
            x = np.abs(np.asarray(each)).astype(np.float64)
            total = float(np.hypot(total, np.sqrt(np.sum(np.square(x)))))
    return total
