"""Element-wise operations at zeros, infinities, nan, ties and the ends of integers, all pairs of them, beside NumPy."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.arraytype import ArrayType
from chainrule.graph import Graph
from chainrule.onnx import export, is_translated
from chainrule.ops import PRIMITIVES

from .running import run

NUMBERS = [0.0, -0.0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3, 1e-30, -1e-30, 20, -20, 88, -100, 700]
NUMBERS += [1e30, -1e30, np.inf, -np.inf, np.nan]
WHOLE = [0, 1, -1, 2, -2, 3, -3, 7, -7, 100, 127, -128]
DTYPES = ["float32", "float64", "int8", "int64", "uint16", "bool"]
TOLERANCE = {"float16": 2e-3, "float32": 1e-6, "float64": 1e-12}

# onnxruntime's Where gives 0 for a -0 that it chooses.
LOSES_SIGNS = {"where", "fmax", "fmin", "kl_div"}
# Of integers their forward functions overflow before they compute in floating numbers; powers have a test of their own.
FLOATS_ONLY = {"sech_squared", "log_cosh", "power"}
ALL_ROUNDING = {"sinc"}  # whose sin(pi x) has no digit at whole numbers
OPERATIONS = [
    each
    for each in PRIMITIVES
    if each.kind == "elementwise" and each.native is not None and each.name not in ALL_ROUNDING
]


def values_of(dtype):
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return np.array(NUMBERS, dtype)
    if dtype.kind == "b":
        return np.array([False, True])
    ends = np.iinfo(dtype)
    return np.array([*[n for n in WHOLE if ends.min <= n <= ends.max], ends.min, ends.max], dtype)


def cases(operation):
    """All pairs of values (triples of where), in each dtype that the operation takes."""
    for dtype in DTYPES:
        if dtype[0] != "f" and operation.name in FLOATS_ONLY:
            continue
        columns = [values_of(dtype)] * len(operation.slopes)
        if operation.name == "where":
            columns[0] = values_of("bool")
        arrays = [each.ravel() for each in np.meshgrid(*columns)]
        try:
            with np.errstate(all="ignore"):
                yield arrays, np.asarray(operation.compute(arrays, ()))
        except TypeError:  # it has no meaning for this dtype
            continue


def is_near(got, want):
    if want.dtype.kind != "f":
        return got == want
    with np.errstate(all="ignore"):
        tiny = 4 * np.finfo(want.dtype).tiny  # onnxruntime may flush what is smaller
        near = np.abs(got - want) <= TOLERANCE[want.dtype.name] * np.abs(want) + tiny
    return (got == want) | near | (np.isnan(got) & np.isnan(want))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_at_special_values(operation):
    graph, given, wanted = Graph(operation.name), [], []
    for arrays, want in cases(operation):
        inputs = [graph.input(ArrayType.of(a), f"x{len(given) + k}") for k, a in enumerate(arrays)]
        y = graph.append(operation, tuple(inputs))
        assert is_translated(y)
        graph.outputs.append(y)
        given += arrays
        wanted.append((arrays, want))
    for got, (arrays, want) in zip(run(export(cr.Graph.of(graph), *given), *given), wanted, strict=True):
        assert got.dtype == want.dtype
        right = is_near(got, want)
        if want.dtype.kind == "f" and operation.name not in LOSES_SIGNS:
            right &= (want != 0) | (np.signbit(got) == np.signbit(want))
        wrong = np.flatnonzero(~right)[:5]
        assert not len(wrong), [(*[a[wrong] for a in arrays], got[wrong], want[wrong])]
