"""Every operation, compiled, gives what NumPy gives: on its examples in both precisions, and on special values."""

import numpy as np
import pytest

from chainrule.arraytype import ArrayType
from chainrule.compile.mathematics import FUNCTIONS
from chainrule.compile.recipes import kind_of
from chainrule.graph import Graph
from chainrule.ops import CATALOGUE, PRIMITIVES

from .comparing import assert_equal, both, graph_of

_WITH_EXAMPLES = [operation.name for operation in PRIMITIVES if operation.examples is not None]
_SPECIAL = np.array([0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 1e-310, -1e-310, 1e308, np.inf, -np.inf, np.nan, 3.0])
_INTEGERS = (np.int8, np.int64, np.uint64)


def special(dtype):
    """Numbers at the ends of a dtype and around 0, as many as are not a multiple of the lanes of a vector."""
    dtype = np.dtype(dtype)
    if dtype.kind == "f":
        with np.errstate(all="ignore"):
            return _SPECIAL.astype(dtype)
    if dtype.kind == "b":
        return np.array([False, True, True])
    ends = np.iinfo(dtype)
    return np.array(
        [0, 1, 2, 3, 7, 100, ends.max, ends.max - 1, ends.min, ends.min + 1, *([-1, -2, -7] * (dtype.kind == "i"))],
        dtype,
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", _WITH_EXAMPLES)
def test_examples(name, dtype):
    """All examples of an operation in one graph."""
    operation = CATALOGUE[name]
    graph, arrays = Graph(name), []
    for example in operation.examples(np.random.default_rng(0)):
        given = [np.asarray(a) for a in example.arguments]
        given = [a.astype(dtype) if a.dtype.kind == "f" else a for a in given]
        inputs = tuple(graph.input(ArrayType.of(a)) for a in given)
        parameters = tuple(example.parameters[each] for each in operation.parameter_names)
        arrays += given
        try:
            results = graph.append(operation, inputs, parameters)
        except Exception:
            if dtype == np.float32:  # a held graph takes the types that it was made for
                continue
            raise
        graph.outputs += results if isinstance(results, tuple) else [results]
    if graph.outputs:
        assert_equal(graph, arrays)


_NATIVE = [
    operation.name
    for operation in PRIMITIVES
    if operation.kind == "elementwise" and operation.native is not None and operation.name not in FUNCTIONS
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32, *_INTEGERS, np.bool_])
@pytest.mark.parametrize("name", _NATIVE)
def test_special_values_in_vectors_and_rest(name, dtype):
    operation = CATALOGUE[name]
    values = special(dtype)
    count = len(operation.slopes)
    grids = np.meshgrid(*[values] * count, indexing="ij")
    arrays = [g.reshape(-1) for g in grids]
    if np.dtype(dtype).kind == "i" and name == "power":  # NumPy refuses them
        arrays = [each[arrays[1] >= 0] for each in arrays]
    try:
        graph = graph_of(operation, arrays)
    except Exception:
        pytest.skip("no such dtype")
    (native,), (numpy,), _ = both(graph, arrays)
    assert native.dtype == numpy.dtype
    if name in _ROUNDED:
        np.testing.assert_allclose(native, numpy, rtol=_ROUNDED[name] * np.finfo(native.dtype).eps, atol=0)
    else:
        np.testing.assert_array_equal(native, numpy)
    if native.dtype.kind == "f" and name not in _SIGN_OF_ZERO_IS_FREE:
        zero = numpy == 0
        np.testing.assert_array_equal(np.signbit(native[zero]), np.signbit(numpy[zero]))


_ROUNDED = {
    "hypot": 2,
    "xlogy": 4,
    "xlog1py": 4,
    "entr": 4,
    "log_ratio": 4,
    "rel_entr": 6,
    "kl_div": 6,
    "sinc": 6,
}  # more than once: so many units; all others are exact or rounded once

# NumPy's own answer depends on where in a vector an entry lies; or a product that is absorbed is +0 or -0.
_SIGN_OF_ZERO_IS_FREE = {"maximum", "minimum", "fmax", "fmin", "relu", "absorb", "factor_product"}


def test_how_much_of_the_catalogue_is_native():
    """At least the arithmetic that nets and their gradients are made of."""
    wanted = {"add", "multiply", "divide", "relu", "sqrt", "where", "absorb", "einsum", "amax", "take", "scatter"}
    found = set()
    for name in wanted:
        operation = CATALOGUE[name]
        example = next(iter(operation.examples(np.random.default_rng(0))))
        graph = graph_of(operation, [np.asarray(a) for a in example.arguments], example.parameters)
        if kind_of(graph.outputs[0]) != "numpy":
            found.add(name)
    assert found == wanted
