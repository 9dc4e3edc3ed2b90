"""A run of a graph with the loops and branches that it holds written out: each step by itself, and the branch taken.

Loops are one operation of a graph, which is what makes them cheap; whoever looks for the operation in which something
went wrong has to look at each of their steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

from ..graph import Body, Graph, Variable
from ..ops import branches, loops, movement
from ..ops.evaluation import compute
from ..original import np
from .forward import input_values

MOST = 200_000  # variables up to which loops are written out


@final
class Opened:
    """A graph without loops and branches, and the value of every variable that was reached.

    Attributes
    ----------
    graph : Graph
    values : dict
        By number.
    known : dict
        What has become of the variables of the old graph, by number.
    failure : Exception or None
        What the first operation that failed raised; what depends on it has no value.
    """

    def __init__(self, graph: Graph, inputs: Sequence[Any]):
        self.graph, self.values = Graph(graph.name), dict[int, Any]()
        self.failure: Exception | None = None
        self._constants: dict[Variable, Variable] = {}
        given = input_values(graph, inputs)
        known: dict[int, Variable] = {}
        for v in graph.inputs:
            known[v.number] = self.graph.input(v.type, v.name, v.origin)
            known[v.number].scope = v.scope
            self.values[known[v.number].number] = given[v.number]
        self.known = self._write(graph.variables, known)
        self.graph.outputs = [self.known[v.number] for v in graph.outputs]

    def _write(self, variables: Sequence[Variable], known: dict[int, Variable]) -> dict[int, Variable]:
        """Append the variables, parents first; `known` tells what stands for those that are there already."""
        for v in variables:
            if v.number in known:
                continue
            if v.operation is None:
                known[v.number] = self._constant(v)
                continue
            inputs = [known[u.number] for u in v.inputs]
            write = _WRITERS.get(v.operation.name)
            made = None if write is None or not self._has_values(inputs) else write(self, v, inputs)
            if made is None:
                made = self._apply(v.operation, inputs, v.parameters, v)
                for old, new in zip(v.results, made, strict=True):
                    new.name, new.more_origins, new.scope = old.name, old.more_origins, old.scope
            known.update({old.number: new for old, new in zip(v.results, made, strict=True)})
        return known

    def _constant(self, v: Variable) -> Variable:
        if v not in self._constants:
            new = self._constants[v] = self.graph.constant(v.value, v.origin)
            new.name, new.scope = v.name, v.scope
            self.values[new.number] = new.value
        return self._constants[v]

    def _apply(
        self, operation: Any, inputs: Sequence[Variable], parameters: tuple[Any, ...], at: Variable
    ) -> tuple[Variable, ...]:
        """An operation that stands for the line of a variable, and its value."""
        made: Any = self.graph.append(operation, tuple(inputs), parameters, at.origin)
        results = made if isinstance(made, tuple) else (made,)
        for v in results:
            v.scope = at.scope
        if self._has_values(inputs):
            try:
                compute(results[0], self.values)
            except Exception as error:
                self.failure = self.failure or error
        return results

    def _has_values(self, variables: Sequence[Variable]) -> bool:
        return all(v.number in self.values for v in variables)

    def _has_room(self, steps: int, body: Body) -> bool:
        return len(self.graph) + steps * len(body.graph) <= MOST

    def _body(self, body: Body, inputs: Sequence[Variable]) -> list[Variable]:
        known = {v.number: x for v, x in zip(body.graph.inputs, inputs, strict=True)}
        self._write(body.graph.variables, known)
        return [known[v.number] for v in body.graph.outputs]

    def _row(self, x: Variable, k: int, at: Variable) -> Variable:
        """x[k], named x_k."""
        if x.ndim == 1:
            (row,) = self._apply(movement.element, [x], ((k,),), at)
        else:
            windows = ((k, 1, 1), *((0, 1, size) for size in x.shape[1:]))
            row = self._reshaped(self._apply(movement.window, [x], (windows,), at)[0], x.shape[1:], at)
        row.name = f"{x.name or 'row'}_{k}"
        return row

    def _reshaped(self, x: Variable, shape: tuple[int, ...], at: Variable) -> Variable:
        return self._apply(movement.reshape, [x], (shape,), at)[0]

    def _stacked(self, rows: Sequence[Variable], like: Variable) -> Variable:
        if not rows:
            zeros = self.graph.constant(np.zeros(like.shape, like.dtype), like.origin)
            self.values[zeros.number] = zeros.value
            return zeros
        each = [self._reshaped(row, (1, *row.shape), like) for row in rows]
        return self._apply(movement.concatenate, each, (0,), like)[0]

    # What operations come to that hold a graph: their results, or None where they stay as they are.

    def _scan(self, v: Variable, xs: Sequence[Variable]) -> list[Variable] | None:
        body, held, carried, length, reverse, keep = v.parameters
        if not self._has_room(length, body):
            return None
        shared, carry, rows = xs[:held], list(xs[held : held + carried]), xs[held + carried :]
        steps: list[list[Variable]] = []
        for k in reversed(range(length)) if reverse else range(length):
            begun = carry if keep else []
            results = self._body(body, [*shared, *carry, *[self._row(row, k, v) for row in rows]])
            carry = results[:carried]
            steps.append([*results[carried:], *begun])
            if not self._has_values(carry):
                return None
        if reverse:
            steps.reverse()
        stacks = v.results[carried:]
        return [*carry, *[self._stacked([step[j] for step in steps], like) for j, like in enumerate(stacks)]]

    def _while(self, v: Variable, xs: Sequence[Variable]) -> list[Variable] | None:
        test, body, held = v.parameters
        shared, state, count = xs[:held], list(xs[held:]), 0
        while True:
            if not self._has_room(1, body):
                return None
            (goes_on,) = self._body(test, [*shared, *state])
            if goes_on.number not in self.values:
                return None
            if not self.values[goes_on.number]:
                break
            state = self._body(body, [*shared, *state])
            count += 1
        counted = self.graph.constant(np.int64(count), v.origin)
        self.values[counted.number] = counted.value
        return [*state, counted]

    def _counted(self, v: Variable, xs: Sequence[Variable]) -> list[Variable] | None:
        body, held, derivations = v.parameters
        return self._taken(loops.counted_body(int(self.values[xs[0].number]), body, held, derivations), xs[1:])

    def _cond(self, v: Variable, xs: Sequence[Variable]) -> list[Variable] | None:
        return self._taken(v.parameters[0 if self.values[xs[0].number] else 1], xs[1:])

    def _call(self, v: Variable, xs: Sequence[Variable]) -> list[Variable] | None:
        return self._taken(v.parameters[0], xs)

    def _taken(self, body: Body, xs: Sequence[Variable]) -> list[Variable] | None:
        return self._body(body, xs) if self._has_room(1, body) else None


_WRITERS: Mapping[str, Callable[[Opened, Variable, Sequence[Variable]], list[Variable] | None]] = {
    loops.scan.name: Opened._scan,
    loops.while_loop.name: Opened._while,
    loops.counted.name: Opened._counted,
    branches.cond.name: Opened._cond,
    branches.call.name: Opened._call,
}
