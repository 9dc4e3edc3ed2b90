"""Every operation of the catalogue that is translated, run by onnxruntime beside its own forward function."""

import functools
import itertools

import numpy as np
import pytest

import chainrule as cr
from chainrule.arraytype import ArrayType
from chainrule.errors import UnsupportedError
from chainrule.graph import Body, Graph
from chainrule.onnx import export, is_translated
from chainrule.ops import PRIMITIVES

from .running import off, run

TOLERANCE = {"float64": 1e-12, "float32": 1e-6}
DOUBLE = ("float64",)


@functools.cache
def examples_of(operation):
    """Those of one draw, if they are of real numbers."""
    drawn = list(operation.examples(np.random.default_rng(0))) if operation.examples else []
    is_complex = any(np.asarray(a).dtype.kind == "c" for each in drawn for a in each.arguments)
    return [] if is_complex else drawn


def applied(operation, dtypes):
    """A graph of one operation at all its examples, what to put in, and what has to come out, for each output."""
    graph, given, wanted = Graph(operation.name), [], []
    for example, dtype in itertools.product(examples_of(operation), dtypes):
        arrays = [a.astype(dtype) if a.dtype.kind == "f" else a for a in map(np.asarray, example.arguments)]
        parameters = tuple(example.parameters[name] for name in operation.parameter_names)
        inputs = [graph.input(ArrayType.of(a), f"x{len(given) + k}") for k, a in enumerate(arrays)]
        made = graph.append(operation, tuple(inputs), parameters)
        graph.outputs += made if isinstance(made, tuple) else [made]
        with np.errstate(all="ignore"):
            results = operation.compute(arrays, parameters)
        results = results if isinstance(results, tuple) else (results,)
        wanted += [(each, TOLERANCE[dtype]) for each in results]
        given += arrays
    return graph, given, wanted


def translates(operation):
    return bool(examples_of(operation)) and all(is_translated(v) for v in applied(operation, DOUBLE)[0].outputs)


TRANSLATED = [operation for operation in PRIMITIVES if translates(operation)]
REFUSED = [operation for operation in PRIMITIVES if examples_of(operation) and operation not in TRANSLATED]


def holds_a_graph(operation):
    """Of double precision, in its examples."""
    return any(isinstance(p, Body) for each in examples_of(operation) for p in each.parameters.values())


@pytest.mark.parametrize("operation", TRANSLATED, ids=lambda operation: operation.name)
def test_every_operation(operation):
    graph, given, wanted = applied(operation, DOUBLE if holds_a_graph(operation) else TOLERANCE)
    model = export(cr.Graph.of(graph), *given)
    for got, (want, tolerance) in zip(run(model, *given), wanted, strict=True):
        assert off(got, want) <= tolerance


@pytest.mark.parametrize("operation", REFUSED, ids=lambda operation: operation.name)
def test_what_is_refused_is_named(operation):
    graph, given, _ = applied(operation, DOUBLE)
    with pytest.raises(UnsupportedError, match=f"the operation {operation.name} cannot be exported: "):
        export(cr.Graph.of(graph), *given)


def test_how_many_are_translated():
    """The number that docs/onnx.md gives; the rest is linear algebra, special functions, random numbers and Fourier."""
    assert len(TRANSLATED) >= 131
