"""Operations of the catalogue with numbers, for tests of their formulas."""

from __future__ import annotations

import functools

import numpy as np

from chainrule.arraytype import ArrayType
from chainrule.graph import Graph
from chainrule.ops import CATALOGUE, PRIMITIVES, pull_values
from chainrule.view.formulas import expression as e
from chainrule.view.formulas.backward import formulas
from chainrule.view.formulas.marks import Accent, Digits, Letter, Script
from chainrule.view.formulas.notation import Notation

LETTERS = "xabcdfghklmn"


def naming(key, bar):
    """x, a, b... for arguments; y, or y_1, y_2..., for results."""
    kind, place = key
    base = Letter("y" if kind == "y" else LETTERS[place])
    base = Accent("bar", base) if bar else base
    return Script(base, Digits(str(place))) if kind == "y" and place else base


NOTATION = Notation(naming)


class Case:
    """An example of an operation: its formulas, the value of every symbol, and what the code computes."""

    def __init__(self, operation, example):
        self.operation = operation
        self.arguments = [np.asarray(a) for a in example.arguments]
        self.parameters = tuple(example.parameters[name] for name in operation.parameter_names)
        graph = Graph("case")
        inputs = tuple(graph.input(ArrayType(a.shape, a.dtype)) for a in self.arguments)
        made = graph.append(operation, inputs, self.parameters)
        self.formulas = formulas(made[0] if isinstance(made, tuple) else made)
        result = operation.compute(self.arguments, self.parameters)
        self.results = [np.asarray(y) for y in (result if isinstance(result, tuple) else (result,))]
        rng = np.random.default_rng(7)
        self.bars = [rng.normal(size=y.shape) if y.dtype.kind in "fc" else None for y in self.results]
        self.values = {("x", k): a for k, a in enumerate(self.arguments)}
        self.values |= {("y", part): y for part, y in enumerate(self.results)}
        self.values |= {(("y", part), "bar"): bar for part, bar in enumerate(self.bars)}

    def pulled(self, k):
        """The vector-Jacobian product of the code itself."""
        found = pull_values(self.operation, self.parameters, self.arguments, self.results, k, self.bars)
        return np.zeros(self.arguments[k].shape) if found is None else found

    def value(self, expression):
        with np.errstate(all="ignore"):
            return e.plain_value(expression.evaluate(self.values))

    def x_bar(self, k):
        return e.Symbol(("x", k), self.arguments[k].shape, bar=True)


@functools.cache
def cases(name):
    operation = CATALOGUE[name]
    return [Case(operation, example) for example in operation.examples(np.random.default_rng(0))]


def close(got, wanted):
    """To 1e-10; one number may stand for all of them."""
    wanted = np.asarray(wanted)
    if np.size(got) == 1:
        got = np.broadcast_to(np.reshape(got, ()), wanted.shape)
    assert np.shape(got) == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)


HOLDING = {op.name for op in PRIMITIVES if op.pullback is not None}
NAMES = [op.name for op in PRIMITIVES]
