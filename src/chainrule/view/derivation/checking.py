"""Whether a line holds: its value against that of the graph at a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, final

from ...backprop import back_propagation
from ...errors import ArgumentError, ChainruleError
from ...graph import Graph, Variable
from ...interpret import evaluate
from ...ops import pull_values
from ...original import np
from ..formulas import expression as e
from .reduced import Contribution, Path

SEED = "seed"  # marks the key of a gradient to start from
TRIES = 12  # points that are drawn until all is finite


@final
class Point:
    """Values and gradients of a graph at a point, by the keys of symbols."""

    def __init__(self, graph: Graph, values: Mapping[int, Any], seeds: Mapping[Variable, Any]):
        self.graph, self.seeds = graph, seeds
        with np.errstate(all="ignore"):
            table = back_propagation(graph, values, seeds)
        self.values: dict[Any, Any] = {v.number: np.asarray(values[v.number]) for v in graph.variables}
        for v in graph.variables:
            if v.type.carries_derivative:
                found = table.get(v.number)
                self.values[v.number, "bar"] = np.zeros(v.shape, v.dtype) if found is None else np.asarray(found)
        self.values |= {(v.number, SEED): np.asarray(seed) for v, seed in seeds.items()}
        floating = [v.dtype for v in graph.variables if v.dtype.kind in "fc"]
        self.tolerance = 1e-9 if all(np.finfo(dtype).eps < 1e-12 for dtype in floating) else 1e-4
        self._rng = np.random.default_rng(0)

    def holds(self, expression: e.Expression, wanted: Any) -> bool:
        """Whether an expression has a value."""
        try:
            with np.errstate(all="ignore"):
                got = e.plain_value(expression.evaluate(self.values))
        except (ValueError, IndexError, TypeError, ArithmeticError):
            return False
        return _close(got, wanted, self.tolerance)

    def chain_rule_holds(self, p: Variable, found: Sequence[Contribution]) -> bool:
        """Whether the gradient is the sum of what comes back from the variables that are made from it."""
        parts = [self._pulled(each, [self.values[y.number, "bar"] for y in each.of.results]) for each in found]
        start = self.values.get((p.number, SEED), 0.0)
        return _close(sum(parts) + start, self.values[p.number, "bar"], self.tolerance)

    def jacobian_holds(self, each: Contribution) -> bool:
        """Applied to a random gradient: the matrix itself may be huge."""
        assert each.jacobian is not None
        r = self._rng.normal(size=each.of.shape)
        try:
            with np.errstate(all="ignore"):
                got = np.reshape(_transposed_times(each.jacobian, self.values, np.ravel(r)), each.to.shape)
        except (ValueError, IndexError, TypeError, ArithmeticError):
            return False
        return _close(got, self._pulled(each, [r]), self.tolerance)

    def _pulled(self, each: Contribution, bars: Sequence[Any]) -> Any:
        """By the code itself, along the paths."""
        return sum(self._pulled_along(path, bars) for path in each.paths)

    def _pulled_along(self, path: Path, bars: Sequence[Any]) -> Any:
        for w, k in path:
            xs = [self.values[u.number] for u in w.inputs]
            ys = [self.values[part.number] for part in w.results]
            operation: Any = w.operation
            with np.errstate(all="ignore"):
                found = pull_values(operation, w.parameters, xs, ys, k, bars)
            bars = [np.zeros(w.inputs[k].shape) if found is None else found]
        return bars[0]


def _close(got: Any, wanted: Any, tolerance: float) -> bool:
    got, wanted = (x * 1 if x.dtype == bool else x for x in (np.asarray(got), np.asarray(wanted)))
    if got.size == 1:
        got = np.broadcast_to(np.reshape(got, ()), wanted.shape)
    if got.shape != wanted.shape:
        return False
    finite = np.isfinite(wanted)
    if not np.array_equal(got[~finite], wanted[~finite], equal_nan=True) or not np.isfinite(got[finite]).all():
        return False
    got, wanted = got[finite], wanted[finite]
    return bool(np.abs(got - wanted).max(initial=0.0) <= tolerance * (1.0 + np.abs(wanted).max(initial=0.0)))


def _transposed_times(matrix: e.Expression, values: Mapping[Any, Any], r: Any) -> Any:
    """matrix^T r, without forming Kronecker products and diagonals."""
    if not matrix.shape:
        return e.plain_value(matrix.evaluate(values)) * r
    if isinstance(matrix, e.Negative):
        return -_transposed_times(matrix.operand, values, r)
    if isinstance(matrix, e.Identity):
        return r
    if isinstance(matrix, e.Diagonal):
        return np.ravel(matrix.operand.evaluate(values)) * r
    if isinstance(matrix, e.Sum) and len({part.shape for part in matrix.operands}) == 1:
        return sum(_transposed_times(part, values, r) for part in matrix.operands)
    if isinstance(matrix, e.Product):
        for part in matrix.operands:
            r = _transposed_times(part, values, r)
        return r
    if isinstance(matrix, e.Quotient) and not matrix.below.shape:
        return _transposed_times(matrix.above, values, r) / matrix.below.evaluate(values)
    if isinstance(matrix, e.Kronecker):
        sizes = [e.as_matrix(part.shape) for part in matrix.operands]
        x = np.reshape(r, [rows for rows, _ in sizes])
        for k, part in enumerate(matrix.operands):
            if not isinstance(part, e.Identity):
                factor = np.reshape(e.plain_value(part.evaluate(values)), sizes[k])
                x = np.moveaxis(np.tensordot(x, factor, (k, 0)), -1, k)
        return np.ravel(x)
    return np.reshape(e.plain_value(matrix.evaluate(values)), e.as_matrix(matrix.shape)).T @ r


def drawn(graph: Graph, seed: int = 0) -> Mapping[int, Any]:
    """The values of all variables where the inputs are drawn, so that all is finite if it can be."""
    rng = np.random.default_rng(seed)
    for attempt in range(TRIES):
        given: dict[int, Any] = {}
        for v in graph.inputs:
            if v.dtype.kind == "f":
                x = rng.normal(size=v.shape) if attempt % 2 == 0 else rng.uniform(0.2, 0.9, size=v.shape)
            elif v.dtype.kind == "c":
                x = rng.normal(size=v.shape) + 1j * rng.normal(size=v.shape)
            else:
                x = rng.integers(0, 2, size=v.shape)
            given[v.number] = np.asarray(x).astype(v.dtype)
        try:
            with np.errstate(all="ignore"):
                found = evaluate(graph.variables, given)
        except (ChainruleError, ValueError, IndexError, ArithmeticError):
            continue
        if all(np.isfinite(x).all() for v, x in zip(graph.variables, found, strict=True) if v.dtype.kind in "fc"):
            return given
    raise ArgumentError(
        "no point was found at which everything is finite, so no line can be checked",
        wanted="values=g.forward(...), at a point of your own",
    )


def seeds_of(graph: Graph, seed: int = 0) -> dict[Variable, Any]:
    """1 for a single scalar result; else drawn."""
    if len(graph.outputs) == 1 and graph.outputs[0].size == 1:
        return {graph.outputs[0]: np.ones(graph.outputs[0].shape, graph.outputs[0].dtype)}
    rng = np.random.default_rng(seed)
    return {v: np.asarray(rng.normal(size=v.shape)).astype(v.dtype) for v in graph.outputs if v.dtype.kind in "fc"}
