"""A graph run as native code and interpreted."""

import numpy as np

from chainrule.arraytype import ArrayType
from chainrule.compile import Program
from chainrule.graph import Graph
from chainrule.interpret import Plan


def graph_of(operation, arguments, parameters=None):
    """The graph of one operation on inputs of the types of arrays."""
    graph = Graph(operation.name)
    inputs = [graph.input(ArrayType.of(a)) for a in arguments]
    named = parameters or {}
    results = graph.append(operation, tuple(inputs), tuple(named[name] for name in operation.parameter_names))
    graph.outputs = list(results) if isinstance(results, tuple) else [results]
    return graph


def both(graph, arrays):
    """The outputs as native code gives them, and NumPy; and the program."""
    program = Program(graph, careful=Plan(graph))
    with np.errstate(all="ignore"):
        return program(arrays), [np.asarray(y) for y in Plan(graph)(arrays)], program


def assert_equal(graph, arrays, rtol=1e-12):
    native, numpy, program = both(graph, arrays)
    for x, y in zip(native, numpy, strict=True):
        assert x.shape == y.shape and x.dtype == y.dtype
        narrow = any(v.dtype == np.float32 for v in graph.variables)
        scale = float(np.max(np.abs(y), initial=0.0, where=np.isfinite(y))) if y.dtype.kind == "f" else 0.0
        tolerance = 1e-5 if narrow else rtol
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance * scale)
    return program
