"""Operations for tests of graphs: a graph knows of an operation its name, its parameters and its type rule."""

from __future__ import annotations

from typing import Any

import numpy as np

from chainrule.arraytype import ArrayType
from chainrule.errors import ShapeError
from chainrule.graph import Graph, Variable


class Label:
    """An operation as the graph sees it: nothing is ever computed."""

    def __init__(self, name: str, rule: Any, parameters: tuple[str, ...] = ()):
        self.name, self.rule, self.parameter_names = name, rule, parameters

    def infer(self, types: tuple[ArrayType, ...], parameters: tuple[Any, ...]) -> Any:
        return self.rule(*types, **dict(zip(self.parameter_names, parameters, strict=True)))

    def __repr__(self) -> str:
        return f"<label {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _label, (self.name,)


def _label(name: str) -> Label:
    return LABELS[name]


def _same(a: ArrayType, b: ArrayType) -> ArrayType:
    if a is not b:
        raise ShapeError(f"{a} is not {b}")
    return a


LABELS = {
    label.name: label
    for label in [
        Label("sin", lambda x: x),
        Label("add", _same),
        Label("sum", lambda x: ArrayType((), x.dtype)),
        Label("halves", lambda x: (ArrayType((x.size // 2,), x.dtype),) * 2),
        Label("count", lambda x: ArrayType((), np.int64)),
        Label("with_parameter", lambda x, *, parameter: x, ("parameter",)),
        Label("tag", lambda x, *, serial: x, ("serial",)),
        Label("with_two", lambda x, *, axis, mode: x, ("axis", "mode")),
        Label("source", lambda *, shape: ArrayType(shape, np.float64), ("shape",)),
    ]
}
F64 = ArrayType((4,), np.float64)


def apply(name: str, *inputs: Variable, **parameters: Any) -> Any:
    label = LABELS[name]
    return inputs[0].graph.append(label, inputs, tuple(parameters[each] for each in label.parameter_names))


def chain(length: int) -> Graph:
    """x -> sin(sin(... x)), with a sum at the end."""
    graph = Graph("chain")
    v = graph.input(F64, "x")
    sin = LABELS["sin"]
    for _ in range(length):
        v = graph.append(sin, (v,))
    graph.outputs = [apply("sum", v)]
    return graph


def branching() -> tuple[Graph, dict[str, Variable]]:
    """Two inputs, two outputs, an operation of two results, a constant, an argument given twice."""
    graph = Graph("branching")
    x, y = graph.input(F64, "x"), graph.input(F64, "y")
    c = graph.constant(np.arange(4.0))
    a = apply("add", x, c)
    b = apply("add", a, a)
    left, right = apply("halves", b)
    n = apply("count", y)
    total = apply("sum", left)
    graph.outputs = [total, right]
    found = {"x": x, "y": y, "c": c, "a": a, "b": b, "left": left, "right": right, "n": n, "total": total}
    for name in ("a", "b", "left", "right", "total"):
        found[name].name = name
    return graph, found
