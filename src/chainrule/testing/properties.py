"""What holds for every legal graph, each as a function that raises Broken where it does not.

Two ways to compute one number differ by rounding. How much they may differ is not guessed: each variable may be off by
some units in its last place, and its gradient says how much of that arrives. So the tolerance of a number is
ULPS * sum over all variables of |gradient| * |value| * eps, found by one more back-propagation.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..arraytype import ArrayType
from ..backprop import (
    back_propagation,
    back_propagation_nodes,
    forward_tangent_nodes,
    forward_tangents,
    whole_jacobian,
)
from ..compile import Program, is_available
from ..graph import Graph, Variable, ancestors, check, copied, from_json, from_text, same_graph, to_json, to_text
from ..interpret import Plan, forward_propagation
from ..ops import CATALOGUE, Operation
from ..ops.batching import batched_outputs
from ..simplify import simplify
from .random_graphs import RandomGraph

ULPS = 4096  # allowed for each variable: factorizations and special functions are off by some hundreds
SMALL = 48  # entries of a Jacobian that is compared whole


class Broken(AssertionError):
    """A property does not hold for a graph."""


def _hold(condition: Any, message: str) -> None:
    if not condition:
        raise Broken(message)


class Trial:
    """A random graph and what the properties share: its values, and the graph expanded in both modes."""

    def __init__(self, case: RandomGraph, catalogue: Mapping[str, Operation] = CATALOGUE):
        self.graph, self.arrays, self.catalogue = case.graph, list(case.arrays), catalogue
        self.decided = False  # whether differences have converged

    @functools.cached_property
    def values(self) -> dict[int, Any]:
        return _interpreted(self.graph, self.arrays)

    @functools.cached_property
    def sources(self) -> list[Variable]:
        return [v for v in self.graph.inputs if v.dtype.kind == "f" and v.size]

    @functools.cached_property
    def y_bars(self) -> list[np.ndarray]:
        rng = np.random.default_rng(1)
        return [rng.normal(size=y.shape).astype(y.dtype) for y in self.graph.outputs]

    @functools.cached_property
    def x_dots(self) -> list[np.ndarray]:
        rng = np.random.default_rng(2)
        return [rng.normal(size=x.shape).astype(x.dtype) for x in self.sources]

    def weights(self, v: Variable) -> np.ndarray:
        """The same for every variable of that shape, so that sums of two graphs can be compared."""
        return np.random.default_rng(v.size).normal(size=v.shape).astype(v.dtype)

    @functools.cached_property
    def expansion(self) -> Expansion:
        return Expansion(self, self.graph)


class Expansion:
    """A copy of a graph with the nodes of both modes: inputs are the graph's, then y_bars, then x_dots."""

    def __init__(self, trial: Trial, graph: Graph):
        self.graph, known = copied(graph)
        outputs = self.graph.outputs
        places = [trial.graph.inputs.index(x) for x in trial.sources]
        sources = [self.graph.inputs[k] for k in places]
        bars = [self.graph.input(y.type) for y in outputs]
        dots = [self.graph.input(x.type) for x in sources]
        self.gradients = back_propagation_nodes(outputs, bars, sources)
        self.tangents = forward_tangent_nodes(outputs, sources, dots)
        self.graph.outputs = [v for v in (*self.gradients, *self.tangents) if v is not None]
        self.arrays = [*trial.arrays, *trial.y_bars, *trial.x_dots]
        self.known = known

    @functools.cached_property
    def values(self) -> dict[int, Any]:
        return _interpreted(self.graph, self.arrays)

    def value(self, v: Variable | None) -> Any:
        return 0.0 if v is None else self.values[v.number]


def _interpreted(graph: Graph, arrays: Sequence[Any]) -> dict[int, Any]:
    with np.errstate(all="ignore"):
        return forward_propagation(graph, arrays)


def _outputs(graph: Graph, arrays: Sequence[Any]) -> list[Any]:
    values = _interpreted(graph, arrays)
    return [np.asarray(values[v.number]) for v in graph.outputs]


def rounding(graph: Graph, values: Mapping[int, Any], seeds: Mapping[Variable, Any]) -> float:
    """What rounding may do to the sum of some outputs, weighted by the seeds.

    The product of two numbers below the root of the smallest one is 0, so in another order it may be lost.
    """
    total = max((float(np.finfo(v.dtype).tiny) ** 0.5 for v in graph.variables if v.dtype.kind == "f"), default=0.0)
    starts = {y: seed for y, seed in seeds.items() if y.dtype.kind == "f"}
    with np.errstate(all="ignore"):
        while starts:
            table = back_propagation(graph, values, starts)
            starts = {}
            for v in graph.variables:
                if v.number in table and not v.is_input:
                    bar = np.asarray(table[v.number])
                    share = np.where(bar == 0, 0.0, np.abs(bar * np.asarray(values[v.number])))
                    total += float(np.finfo(v.dtype).eps) * float(np.sum(share))
                    if v.operation is not None and v.operation.name == "stop_gradient":  # which stops no rounding
                        starts[v.inputs[0]] = starts.get(v.inputs[0], 0) + bar
    return ULPS * total


def _weighted(value: Any, weights: Any) -> float:
    with np.errstate(all="ignore"):
        return float(np.sum(np.where(weights == 0, 0.0, np.asarray(value, np.float64) * weights)))


def _compare(trial: Trial, graph: Graph, values: Mapping[int, Any], v: Variable, other: Any, what: str) -> None:
    """The value of a variable against another value of it, within what rounding may do."""
    mine = np.asarray(values[v.number])
    other = np.asarray(other)
    _hold(mine.shape == other.shape, f"{what}: shape {other.shape} where {mine.shape} is right")
    if np.array_equal(mine, other, equal_nan=True):
        return
    if not np.isfinite(mine).all():
        finite = np.isfinite(mine)
        _hold(np.array_equal(finite, np.isfinite(other)), f"{what}: {other} is not {mine}")
        return
    weights = trial.weights(v)
    allowed = rounding(graph, values, {v: weights})
    if not np.isfinite(allowed):  # a derivative that does not exist says nothing about rounding
        allowed = 1e-6 * max(1.0, float(np.abs(mine).max()))
    off = abs(_weighted(other, weights) - _weighted(mine, weights))
    _hold(off <= allowed, f"{what}: {other} is not {mine}; off by {off:.3g} where rounding explains {allowed:.3g}")


# The properties


def law_holds(trial: Trial) -> None:
    """The graph is legal, so is what the passes make of it, and every value has the type of its variable."""
    for graph in (trial.graph, trial.expansion.graph):
        check(graph)
        check(simplify(graph))
    for v in trial.graph.variables:
        found = ArrayType.of(np.asarray(trial.values[v.number]))
        _hold(found is v.type, f"{v.label} is a {found} and declared {v.type}")


def simplify_preserves_values(trial: Trial) -> None:
    small = simplify(trial.graph)
    _hold([v.type for v in small.outputs] == [v.type for v in trial.graph.outputs], "simplify changes types")
    for v, other in zip(trial.graph.outputs, _outputs(small, trial.arrays), strict=True):
        _compare(trial, trial.graph, trial.values, v, other, f"simplified value of {v.label}")


def simplify_preserves_gradients(trial: Trial) -> None:
    """Of the expanded graph, and where the graph is simplified before it is expanded."""
    expansion = trial.expansion
    graph, values = expansion.graph, expansion.values
    for v, other in zip(graph.outputs, _outputs(simplify(graph), expansion.arrays), strict=True):
        _compare(trial, graph, values, v, other, f"simplified derivative {v.label}")
    after = Expansion(trial, simplify(trial.graph))
    pairs = zip(
        [*expansion.gradients, *expansion.tangents],
        [*after.gradients, *after.tangents],
        itertools.count(),
        strict=False,
    )
    for mine, other, k in pairs:
        what = f"derivative {k} of the simplified graph"
        if mine is not None:
            _compare(trial, graph, values, mine, np.broadcast_to(after.value(other), mine.shape), what)
        else:
            _hold(np.all(after.value(other) == 0), f"{what}: {after.value(other)} is not zero")


def forward_is_reverse_transposed(trial: Trial) -> None:
    """The adjoint identity: the sum over outputs of <y_bar, y_dot> is that over inputs of <x_bar, x_dot>."""
    e = trial.expansion
    left = sum(_weighted(e.value(d), bar) for d, bar in zip(e.tangents, trial.y_bars, strict=True))
    right = sum(_weighted(e.value(g), dot) for g, dot in zip(e.gradients, trial.x_dots, strict=True))
    seeds: dict[Variable, Any] = {}
    for nodes, others in ((e.tangents, trial.y_bars), (e.gradients, trial.x_dots)):
        for v, weights in zip(nodes, others, strict=True):
            if v is not None:
                seeds[v] = seeds.get(v, 0.0) + weights
    if left == right or (np.isnan(left) and np.isnan(right)):
        return
    forward = {v: seeds[v] for v in e.tangents if v is not None}
    reverse = {v: seeds[v] for v in e.gradients if v is not None}
    allowed = rounding(e.graph, e.values, forward) + rounding(e.graph, e.values, reverse)
    # The sums themselves are rounded too, in double precision.
    allowed += ULPS * np.finfo(float).eps * (abs(left) + abs(right))
    if not np.isfinite(allowed):
        allowed = 1e-6 * max(1.0, abs(left))
    _hold(abs(left - right) <= allowed, f"forward {left} is not reverse {right}: rounding explains {allowed:.3g}")


def walks_equal_expansions(trial: Trial) -> None:
    """Both modes walked on values, with nothing recorded, against the nodes that they add."""
    e = trial.expansion
    with np.errstate(all="ignore"):
        bars = dict(zip(trial.graph.outputs, trial.y_bars, strict=True))
        grad_table = back_propagation(trial.graph, trial.values, bars)
        tangents = forward_tangents(trial.graph, trial.values, dict(zip(trial.sources, trial.x_dots, strict=True)))
    for table, variables, nodes, what in (
        (grad_table, trial.sources, e.gradients, "gradient"),
        (tangents, trial.graph.outputs, e.tangents, "tangent"),
    ):
        for v, node in zip(variables, nodes, strict=True):
            walked = table.get(v.number, 0.0)
            if node is None:
                _hold(np.all(np.asarray(walked) == 0), f"walked {what} of {v.label}: {walked} where no path leads")
            else:
                _compare(
                    trial, e.graph, e.values, node, np.broadcast_to(walked, node.shape), f"walked {what} of {v.label}"
                )


def plan_equals_interpretation(trial: Trial) -> None:
    """Bit for bit: a plan calls the same functions in the same order."""
    for graph, arrays in ((trial.graph, trial.arrays), (trial.expansion.graph, trial.expansion.arrays)):
        for each in (graph, simplify(graph)):
            with np.errstate(all="ignore"):
                planned = Plan(each)(arrays)
            for v, x, y in zip(each.outputs, planned, _outputs(each, arrays), strict=True):
                _hold(np.array_equal(x, y, equal_nan=True), f"planned {v.label}: {x} is not {y}")


_OF_ROUNDING = {"is_positive_definite", "is_regular"}  # of a matrix that is nearly singular, rounding gives the answer


def compiled_equals_interpretation(trial: Trial) -> None:
    """Native code gives what NumPy gives, up to the order of sums."""
    if not is_available():
        return
    e = trial.expansion
    for graph, arrays in ((trial.graph, trial.arrays), (e.graph, e.arrays)):
        if any(v.operation is not None and v.operation.name in _OF_ROUNDING for v in graph.variables):
            continue
        program = Program(graph, careful=Plan(graph))
        values = _interpreted(graph, arrays)
        for v, x in zip(graph.outputs, program(arrays), strict=True):
            _hold(x.dtype == v.dtype, f"compiled {v.label}: dtype {x.dtype} where {v.dtype} is right")
            _compare(trial, graph, values, v, x, f"compiled {v.label}")


def many_samples_are_each(trial: Trial) -> None:
    """Value and both modes for three samples at once, some inputs shared, against each sample alone."""
    graph = trial.expansion.graph
    arrays = trial.expansion.arrays
    lifted = np.random.default_rng(len(graph)).random(len(arrays)) < 0.7
    lifted[np.argmax(np.random.default_rng(len(arrays)).random(len(arrays)))] = True
    samples = [
        [
            a * a.dtype.type(1 - k / 1024) if is_lifted and a.dtype.kind == "f" else a
            for a, is_lifted in zip(arrays, lifted, strict=True)
        ]
        for k in range(3)
    ]
    try:
        each = [_interpreted(graph, sample) for sample in samples]
    except np.linalg.LinAlgError:  # outside the domain
        return
    many = Graph("many")
    inputs = [
        many.input(x.type.with_shape((3, *x.shape)) if is_lifted else x.type)
        for x, is_lifted in zip(graph.inputs, lifted, strict=True)
    ]
    outputs, found = batched_outputs(graph, many, inputs, lifted.tolist())
    check(many)
    stacked = [
        np.stack(column) if is_lifted else column[0]
        for column, is_lifted in zip(zip(*samples, strict=True), lifted, strict=True)
    ]
    values = _interpreted(many, stacked)
    for v, y, is_found in zip(graph.outputs, outputs, found, strict=True):
        for k in range(3):
            row = values[y.number][k] if is_found else values[y.number]
            _compare(trial, graph, each[k], v, row, f"{v.label} of sample {k} among others")


def text_round_trips(trial: Trial) -> None:
    """A graph that is read back is the same, computes the same, and is written the same; so for its document."""
    whole = trial.expansion.graph
    _hold(same_graph(from_text(to_text(whole), trial.catalogue), whole), "the expanded graph is read back as another")
    graph = trial.graph
    for write, read in ((to_text, from_text), (to_json, from_json)):
        text = write(graph)
        again = read(text, trial.catalogue)
        check(again)
        _hold(same_graph(again, graph), f"{write.__name__}: what is read back is another graph")
        _hold(write(again) == text, f"{write.__name__}: what is read back is written in another way")
        for v, x in zip(graph.outputs, _outputs(again, trial.arrays), strict=True):
            y = trial.values[v.number]
            _hold(np.array_equal(x, y, equal_nan=True), f"{write.__name__}: {v.label} is {x} where it was {y}")


def whole_jacobian_is_dense(trial: Trial) -> None:
    """Of a small output by a small input: in every order of multiplication, row for row what back-propagation gives.

    A Jacobian has the dtype of y.
    """
    pairs = [(y, x) for y in trial.graph.outputs for x in trial.sources if y.size * x.size <= SMALL]
    if not pairs:
        return
    y, x = pairs[len(trial.graph) % len(pairs)]
    e = trial.expansion
    gradient = e.gradients[trial.sources.index(x)]
    with np.errstate(all="ignore"):
        dense = {
            mode: np.asarray(whole_jacobian(y, x, trial.values, mode).todense(), np.float64).reshape(y.size, x.size)
            for mode in ("forward", "reverse", "auto")
        }
        rows = np.zeros((y.size, x.size))
        for k in range(y.size):
            seed = np.eye(1, y.size, k, dtype=y.dtype).reshape(y.shape)
            rows[k] = np.ravel(back_propagation(trial.graph, trial.values, {y: seed}).get(x.number, np.zeros(x.shape)))
    weights = np.ravel(trial.weights(x)).astype(np.float64)
    for k in range(y.size):
        allowed = 0.0
        for mode, J in dense.items():
            off = abs(_weighted(J[k], weights) - _weighted(rows[k], weights))
            if off == 0 or np.isnan(off):
                _hold(np.array_equal(np.isnan(J[k]), np.isnan(rows[k])), f"{mode} Jacobian, row {k}: {J[k]}, {rows[k]}")
                continue
            if not allowed and gradient is not None:
                allowed = _rounding_of_row(e, trial, gradient, y, k)
                allowed += float(np.finfo(y.dtype).eps) * _weighted(np.abs(rows[k]), np.abs(weights))
            _hold(off <= allowed, f"{mode} Jacobian, row {k}: {J[k]} is not {rows[k]}; rounding explains {allowed:.3g}")


def _rounding_of_row(e: Expansion, trial: Trial, gradient: Variable, y: Variable, row: int) -> float:
    """As for the gradient with a unit vector as y_bar."""
    bars = [np.zeros(each.shape, each.dtype) for each in trial.graph.outputs]
    bars[trial.graph.outputs.index(y)].reshape(-1)[row] = 1
    arrays = [*trial.arrays, *bars, *trial.x_dots]
    values = _interpreted(e.graph, arrays)
    allowed = rounding(e.graph, values, {gradient: trial.weights(gradient)})
    return allowed if np.isfinite(allowed) else 1e-6 * max(1.0, float(np.abs(values[gradient.number]).max()))


def forward_mode_is_the_limit_of_differences(trial: Trial) -> None:
    """The one property that asks no rule: where central differences converge, forward mode is their limit.

    They do not where a kink or a jump is near, or where rounding hides them: `decided` tells. Of many small jumps side
    by side they find the mean slope, as if they converged, so that steps over a jump count for nothing. Inputs in
    single precision stay where they are; a graph that stops a gradient has another derivative by definition.
    """
    trial.decided = False
    graph, outputs = trial.graph, trial.graph.outputs
    if any(v.operation is not None and v.operation.name == "stop_gradient" for v in ancestors(outputs)):
        return
    moving = [v.dtype == np.float64 for v in trial.sources]
    dots = {v: dot for v, dot, moves in zip(trial.sources, trial.x_dots, moving, strict=True) if moves}
    if not dots:
        return
    with np.errstate(all="ignore"):
        tangents = forward_tangents(graph, trial.values, dots)
        fastest = max(float(np.abs(dot).max(initial=1.0)) for dot in tangents.values())
    if not np.isfinite(fastest):
        return
    steps = [h / fastest for h in (1e-2, 1e-3, 1e-4)]  # nothing inside the graph moves by more
    moved = {s: _moved(trial, dots, s) for h in steps for s in _points(h)}
    for y, bar in zip(outputs, trial.y_bars, strict=True):
        before = ancestors([y])
        pieces = _pieces(before, trial.values)
        clear = [h for h in steps if all(moved[s] and _same(pieces, _pieces(before, moved[s])) for s in _points(h))]
        if not clear:
            continue
        pushed = _weighted(tangents.get(y.number, np.zeros(y.shape)), bar)
        noise = rounding(graph, trial.values, {y: bar}) / ULPS
        found = [_limit({s: _weighted(moved[s][y.number], bar) for s in _points(h)}, h, noise) for h in clear]
        limit, doubt = min(found, key=lambda each: each[1])
        if doubt <= 1e-4 * max(abs(pushed), abs(limit)):
            trial.decided = True
            _hold(
                abs(pushed - limit) <= 20 * doubt + 1e-9 * abs(limit),
                f"forward mode of {y.label}: {pushed}, but differences converge to {limit} +- {doubt:.3g}",
            )


def _points(h: float) -> tuple[float, ...]:
    return h, -h, h / 2, -h / 2, h / 4, -h / 4


def _moved(trial: Trial, dots: Mapping[Variable, np.ndarray], h: float) -> dict[int, Any]:
    """The values where the inputs have moved by h; none outside the domain."""
    arrays = [a + h * dots[v] if v in dots else a for v, a in zip(trial.graph.inputs, trial.arrays, strict=True)]
    try:
        return _interpreted(trial.graph, arrays)
    except np.linalg.LinAlgError:
        return {}


# The piece on which a value lies of functions that consist of pieces with jumps between them. The list is what these
# functions are by definition: what their declarations say of a derivative is what is to be tested.
_PIECES: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("sign", "floor", "ceil", "trunc", "rint", "floor_divide"), lambda y, *xs: y),
    "remainder": lambda y, a, b: np.floor_divide(a, b),
    "fmod": lambda y, a, b: np.trunc(np.divide(a, b)),
    "copysign": lambda y, a, b: np.signbit(b),
}


def _pieces(variables: Iterable[Variable], values: Mapping[int, Any]) -> list[Any]:
    """On which piece each value lies; whole numbers and truth values are constant on any."""
    pieces = []
    with np.errstate(all="ignore"):
        for v in variables:
            if v.dtype.kind in "biu":
                pieces.append(values[v.number])
            elif v.operation is not None and v.operation.name in _PIECES:
                pieces.append(_PIECES[v.operation.name](values[v.number], *(values[x.number] for x in v.inputs)))
    return pieces


def _same(pieces: Sequence[Any], others: Sequence[Any]) -> bool:
    return all(np.array_equal(x, y, equal_nan=True) for x, y in zip(pieces, others, strict=True))


def _limit(f: Mapping[float, float], h: float, noise: float) -> tuple[float, float]:
    """The limit of central differences by two steps of Richardson's extrapolation, and its doubt."""
    first, second, third = ((f[s] - f[-s]) / (2 * s) for s in (h, h / 2, h / 4))
    a, b = (4 * second - first) / 3, (4 * third - second) / 3
    doubt = abs(b - a) + 64 * noise / h
    return (16 * b - a) / 15, doubt if np.isfinite(doubt) else np.inf


PROPERTIES: dict[str, Callable[[Trial], None]] = {
    each.__name__: each
    for each in (
        law_holds,
        simplify_preserves_values,
        simplify_preserves_gradients,
        forward_is_reverse_transposed,
        walks_equal_expansions,
        plan_equals_interpretation,
        compiled_equals_interpretation,
        many_samples_are_each,
        text_round_trips,
        whole_jacobian_is_dense,
        forward_mode_is_the_limit_of_differences,
    )
}
