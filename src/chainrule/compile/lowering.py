"""A graph in the few operations that have native loops: composite ones written out, marks dropped.

A product without a sum becomes an element-wise one of operands whose axes are moved into the order of the result.
"""

from __future__ import annotations

from typing import Any

from ..graph import Graph, Variable, ancestors
from ..ops import of_dtype
from ..ops.contraction import einsum
from ..ops.movement import reshape, transpose
from ..ops.selection import absorb, factor_product
from .contraction import Contraction

_MARKS = ("tag", "stop_gradient")


def lowered(graph: Graph) -> Graph:
    """An equal graph; inputs and outputs stay what and where they are."""
    result = Graph(graph.name)
    known: dict[int, Variable] = {}
    for v in graph.inputs:
        known[v.number] = result.input(v.type, v.name, v.origin)
    for v in ancestors(graph.outputs, stop=graph.inputs):
        if v.number in known:
            continue
        start = len(result)
        new = _made(v, [known[u.number] for u in v.inputs], result)
        for made in result.variables[start:]:
            made.origin = v.origin
        for old, copy in zip(v.results, new if isinstance(new, tuple) else (new,), strict=True):
            known[old.number] = copy
            copy.name = copy.name or old.name
    result.outputs = [known[v.number] for v in graph.outputs]
    return result


def _made(v: Variable, inputs: list[Variable], graph: Graph) -> Any:
    operation: Any = v.operation
    if operation is None:
        return graph.constant(v.value)
    if operation.name in _MARKS:
        return inputs[0]
    simpler = None
    if not all(u.size for u in inputs):  # nothing to compute
        pass
    elif operation.lowered is not None:
        simpler = operation.lowered(*inputs, **operation.named(v.parameters))
    elif operation.name == "einsum":
        simpler = _lowered_product(v, inputs)
    if simpler is not None:
        return of_dtype(simpler, v.dtype)
    return graph.append(operation, tuple(inputs), v.parameters)


def _lowered_product(v: Variable, inputs: list[Variable]) -> Variable | None:
    """What a sum of products is without the sum, where there is none; names that one operand alone loses first."""
    contraction = Contraction.of(v)
    if any(len(set(names)) < len(names) for names in (*contraction.labels, contraction.out)):
        return None
    single = {n for n in contraction.summed if contraction.sizes[n] == 1}
    if len(single) < len(contraction.summed):
        return None if contraction.absorbing or len(inputs) < 2 else _summed_before(v, contraction, inputs)
    ordered = [
        _in_order(*_without(of_dtype(x, v.dtype) if x.dtype.kind != "b" else x, names, single), contraction.out)
        for x, names in zip(inputs, contraction.labels, strict=True)
    ]
    result, *rest = ordered
    for x in rest:
        if not contraction.absorbing:
            result = of_dtype(result, v.dtype) * of_dtype(x, v.dtype)
        elif contraction.absorbing == "either":
            result = factor_product(result, x)
        else:
            result = absorb(result, x)
    return result if result.shape == v.shape else None


def _without(x: Variable, names: tuple[int, ...], single: set[int]) -> tuple[Variable, tuple[int, ...]]:
    """A variable without some axes of size 1, and the names of the others."""
    kept = [(n, size) for n, size in zip(names, x.shape, strict=True) if n not in single]
    if len(kept) == len(names):
        return x, names
    return reshape(x, shape=tuple([size for _, size in kept])), tuple([n for n, _ in kept])


def _in_order(x: Variable, names: tuple[int, ...], out: tuple[int, ...]) -> Variable:
    """Axes in the order of the result, with size 1 for those that x has not."""
    order = tuple(sorted(range(len(names)), key=lambda k: out.index(names[k])))
    if order != tuple(range(len(names))):
        x = transpose(x, axes=order)
    sizes = dict(zip([names[k] for k in order], x.shape, strict=True))
    first = min((out.index(n) for n in names), default=len(out))
    shape = tuple([sizes.get(n, 1) for n in out[first:]])
    return x if shape == x.shape else reshape(x, shape=shape)


def _summed_before(v: Variable, contraction: Contraction, inputs: list[Variable]) -> Variable | None:
    """The sum over names that only one operand has, before the product."""
    everywhere = [n for names in contraction.labels for n in names]
    alone = {n for n in contraction.summed if everywhere.count(n) == 1}
    if not alone:
        return None
    operands, labels = [], []
    for x, names in zip(inputs, contraction.labels, strict=True):
        kept = tuple([n for n in names if n not in alone])
        x = of_dtype(x, v.dtype)
        operands.append(x if kept == names else einsum(x, labels=(names,), out=kept, absorbing=False))
        labels.append(kept)
    return einsum(*operands, labels=tuple(labels), out=contraction.out, absorbing=False)
