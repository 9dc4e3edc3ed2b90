"""Back-propagation on values: Algorithm 6.2, its mirror image in forward mode, and the recursion that it replaces."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..graph import Graph, Variable, consumers, operations
from ..ops import blame, pull_many, pull_values, pull_values_together, push_values
from ..ops.marks import stop_gradient
from ..original import np

Values = Mapping[int, Any]
GradTable = dict[int, Any]  # by the number of the variable; no entry where no path leads to an output


def back_propagation(graph: Graph, values: Values, seeds: Mapping[Variable, Any]) -> GradTable:
    """Algorithm 6.2: the gradient of the outputs with respect to every variable, each edge visited once.

    Parameters
    ----------
    values : mapping
        The value of every variable, from forward propagation.
    seeds : mapping
        The gradient to start from for each output: 1 for a single loss.
    """
    grad_table: GradTable = {}
    for output, seed in seeds.items():
        _add(grad_table, output, seed)
    for _ in back_propagation_steps(graph, values, grad_table):
        pass
    return grad_table


def back_propagation_steps(
    graph: Graph, values: Values, grad_table: GradTable
) -> Iterator[tuple[Variable, int, Variable, Any]]:
    """The same, one contribution at a time: (y, argument number, x, what y adds to grad_table[x])."""
    for u in reversed(list(operations(graph))):
        u_bars = [grad_table.get(part.number) for part in u.results]
        if all(bar is None for bar in u_bars):
            continue
        parents = [values[a.number] for a in u.inputs]
        results = [values[part.number] for part in u.results]
        operation: Any = u.operation
        wanted = [a.type.carries_derivative for a in u.inputs]
        together = operation.pullback and _blaming(
            u, pull_values_together, operation, u.parameters, parents, results, u_bars, wanted
        )
        for k, a in enumerate(u.inputs):
            if not wanted[k]:
                continue
            if together:
                contribution = together[k]
            else:
                contribution = _blaming(u, pull_values, operation, u.parameters, parents, results, k, u_bars)
            if contribution is not None:
                _add(grad_table, a, contribution)
                yield u, k, a, contribution


def back_propagation_of_many(
    graph: Graph, values: Values, seeds: Mapping[Variable, Any]
) -> Iterator[tuple[Variable, list[Any], list[Any]]]:
    """Back-propagation of many cotangents at once, which the first axis of each tells apart: how errors spread.

    What stops a gradient stops no error: `stop_gradient` is the identity here.

    Yields the first result of each operation on the way, the cotangents of its results, and what it sends to each of
    its arguments, None where that is zero. Last come the variables that no operation has made, with their cotangents.
    """
    table: GradTable = {}
    for output, seed in seeds.items():
        _add(table, output, seed)
    for u in reversed(list(operations(graph))):
        u_bars = [table.pop(part.number, None) for part in u.results]
        if all(bar is None for bar in u_bars):
            continue
        parents = [values[a.number] for a in u.inputs]
        results = [values[part.number] for part in u.results]
        if u.operation is stop_gradient:
            _add(table, u.inputs[0], u_bars[0])
            continue
        sent = [
            pull_many(u.operation, u.parameters, parents, results, k, u_bars)  # type: ignore[arg-type]
            if a.type.carries_derivative
            else None
            for k, a in enumerate(u.inputs)
        ]
        for a, contribution in zip(u.inputs, sent, strict=True):
            if contribution is not None:
                _add(table, a, contribution)
        yield u, u_bars, sent
    for number, bar in sorted(table.items()):
        yield graph.variables[number], [bar], []


def _blaming(u: Variable, rule: Callable[..., Any], *arguments: Any) -> Any:
    """What a rule gives; where it fails, the error names the line of the operation."""
    try:
        return rule(*arguments)
    except Exception as error:
        blame(error, u)
        raise


def _add(grad_table: GradTable, x: Variable, contribution: Any) -> None:
    known = grad_table.get(x.number)
    grad_table[x.number] = contribution if known is None else known + contribution


def forward_tangents(graph: Graph, values: Values, x_dots: Mapping[Variable, Any]) -> dict[int, Any]:
    """Forward mode: the tangent of every variable that the given ones reach."""
    tangents = {x.number: dot for x, dot in x_dots.items()}
    for u in operations(graph):
        dots = [tangents.get(a.number) if a.type.carries_derivative else None for a in u.inputs]
        if all(dot is None for dot in dots):
            continue
        parents = [values[a.number] for a in u.inputs]
        results = [values[part.number] for part in u.results]
        pushed = _blaming(u, push_values, u.operation, u.parameters, parents, results, dots)
        for part, dot in zip(u.results, pushed, strict=True):
            if dot is not None and part.number not in tangents:
                tangents[part.number] = dot
    return tangents


def naive_gradient(graph: Graph, values: Values, output: Variable, x: Variable) -> tuple[Any, int]:
    """The recursion that back-propagation replaces: a term for every path, so exponentially many.

    Returns the gradient and the number of local products that it took. For graphs of single results.
    """
    count = 0
    children = consumers(graph)

    def gradient(u: Variable) -> Any:
        nonlocal count
        total = np.ones(output.shape, output.dtype) if u is output else np.zeros(u.shape, u.dtype)
        for child, k in children[u.number]:
            child_bar = gradient(child)
            parents = [values[a.number] for a in child.inputs]
            count += 1
            part = pull_values(child.operation, child.parameters, parents, [values[child.number]], k, [child_bar])  # type: ignore[arg-type]
            total = total if part is None else total + part
        return total

    return gradient(x), count
