"""What `export` takes and gives, and what it refuses."""

import json
import os
import re

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, FileError, UnknownNameError, UnsupportedError
from chainrule.onnx import export

from .running import agrees, leaves_of, off, run, session_of

RNG = np.random.default_rng(0)


# Names


def test_names_are_places():
    parameters = {"layers": [{"W": np.ones((2, 3))}], "scale": 2.0}

    def f(parameters, x):
        return {"y": (x @ parameters["layers"][0]["W"], parameters["scale"] * x)}

    model = agrees(f, parameters, np.ones((4, 2)))
    assert [v.name for v in model.graph.input] == ["parameters_layers_0_W", "parameters_scale", "x"]
    assert [v.name for v in model.graph.output] == ["output_y_0", "output_y_1"]
    known = {each.key: json.loads(each.value) for each in model.metadata_props}
    assert known["chainrule.inputs"]["parameters_layers_0_W"] == "parameters['layers'][0]['W']"
    assert known["chainrule.outputs"] == {"output_y_0": "output['y'][0]", "output_y_1": "output['y'][1]"}


def test_names_that_would_be_one_differ():
    model = agrees(lambda p: p["a b"] + p["a_b"], {"a b": np.ones(2), "a_b": np.zeros(2)})
    assert [v.name for v in model.graph.input] == ["p_a_b", "p_a_b_2"]


def test_other_names():
    model = agrees(
        cr.value_and_grad(lambda w: np.sum(w["a"] ** 2)),
        {"a": np.ones(3)},
        names={"w": "weights", "output": ["loss", "gradient"]},
    )
    assert [v.name for v in model.graph.input] == ["weights_a"]
    assert [v.name for v in model.graph.output] == ["loss", "gradient_a"]
    with pytest.raises(UnknownNameError, match="nothing called 'v' to rename"):
        export(np.sin, 1.0, names={"v": "x"})
    with pytest.raises(ArgumentError, match=r"1 names are given for output, and none of them is that of output\[1\]"):
        export(lambda x: (x, x), 1.0, names={"output": ["y"]})


# Dtypes and shapes stay


@pytest.mark.parametrize(
    "dtype", ["float16", "float32", "float64", "int8", "int32", "int64", "uint8", "uint64", "bool"]
)
def test_dtypes_stay(dtype):
    x = np.array([0, 1, 1, 0]).astype(dtype)
    agrees(lambda x: (x, np.where(x > 0, x, x), np.sum(x, dtype=dtype)), x)


def test_scalars_and_an_output_that_is_an_input():
    model = agrees(lambda a, b: (a, a, a + b, 3.0), 2.0, np.float32(1.5))
    assert [len(v.type.tensor_type.shape.dim) for v in model.graph.output] == [0, 0, 0, 0]


def test_python_numbers_that_are_captured_do_not_narrow():
    tenth = 0.1
    agrees(lambda x: x * tenth, np.ones(3), tolerance=0.0)


# What NumPy and ONNX mean by the same name


def test_division_of_integers():
    a, b = (each.ravel() for each in np.meshgrid([7, -7, 0, 5, -128], [3, -3, 2, 1, -1]))
    agrees(lambda a, b: (a // b, a % b, np.fmod(a, b)), a.astype(np.int8), b.astype(np.int8))
    agrees(lambda a, b: (a // b, a % b, np.fmod(a, b)), a.astype(np.int64), b.astype(np.int64))


def test_division_of_integers_by_zero_ends_no_process():
    graph = cr.trace(lambda a, b: a // b, np.ones(2, int), np.ones(2, int))
    (got,) = run(export(graph, np.ones(2, int), np.ones(2, int)), np.array([1, np.iinfo(int).min]), np.array([0, -1]))
    with np.errstate(all="ignore"):
        assert got.tolist() == (np.array([1, np.iinfo(int).min]) // np.array([0, -1])).tolist()


def test_remainders_of_floating_numbers():
    a, b = (each.ravel() for each in np.meshgrid([7.5, -7.5, 0.0, 1e300], [2.0, -2.0, 0.1, np.inf]))
    agrees(lambda a, b: (a // b, a % b, np.fmod(a, b)), a, b, tolerance=0.0)


def test_rounding_goes_to_even():
    x = np.array([0.5, 1.5, 2.5, -0.5, -1.5, 3.7, -3.7])
    agrees(lambda x: (np.rint(x), np.floor(x), np.ceil(x), np.trunc(x)), x, tolerance=0.0)


def test_nan_in_extrema():
    x = np.array([[1.0, np.nan, 3.0], [2.0, 0.0, -1.0], [np.nan, np.nan, np.inf]])
    agrees(lambda x: (np.max(x, 1), np.min(x, 1), np.maximum(x, 0.5), np.fmin(x, 1.0)), x, tolerance=0.0)
    agrees(lambda x: (np.argmax(x, 1), np.argmin(x, 1), np.argsort(x, 1), np.sort(x, 1)), x, tolerance=0.0)


def test_the_first_of_equals():
    x = np.array([[2, 1, 2], [0, 0, 0], [-1, 5, 5]])
    agrees(lambda x: (np.argmax(x, 1), np.argmin(x, 0), np.argsort(x, 1, stable=True)), x)
    agrees(lambda x: (np.argmax(x, 1), np.argmin(x, 0)), x > 0)


def test_signs_of_zeros():
    x = np.array([0.0, -0.0, 1.0, -1.0])
    model = export(lambda x: (np.copysign(2.0, x), np.arctan2(x, 1.0), np.cbrt(x), np.expm1(x), np.trunc(0.5 * x)), x)
    for got in run(model, x):
        assert np.signbit(got).tolist() == [False, True, False, True]


def test_negative_indices():
    x, index = RNG.normal(size=(4, 3)), np.array([-1, 0, -4])
    agrees(lambda x: (x[-1], x[:, -2], x[::-1], x[index], np.take(x, [-1, 1], axis=1)), x, tolerance=0.0)
    agrees(lambda x, index: x[index], x, index, tolerance=0.0)
    agrees(cr.grad(lambda x: np.sum(x[index] ** 2)), x, tolerance=1e-15)


def test_powers_of_integers():
    x = np.array([-3, 2, 0, 7, 10**9])
    agrees(lambda x: (x**2, x**5, x**0, x ** np.array([1, 2, 3, 4, 2])), x)
    with pytest.raises(UnsupportedError, match="integers can be raised to powers that are constants only"):
        export(lambda x, n: x**n, x, np.array(2))


def test_sums_of_nothing():
    x = np.ones((0, 3))
    agrees(lambda x: (np.sum(x, 0), np.prod(x, 0), np.any(x, 0), np.all(x, 0), x @ np.ones((3, 2)), x.T @ x), x)


def test_clip():
    x = np.array([-2.0, 0.5, 3.0, np.nan, np.inf])
    agrees(lambda x: (np.clip(x, -1.0, 1.0), np.clip(x, None, 0.0)), x, tolerance=0.0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_far_out(dtype):
    """Relative accuracy where a logistic function of onnxruntime's own has none."""
    x = np.array([-80.0, -30.0, -1.0, 0.0, 1e-5, 30.0, 80.0], dtype)
    graph = cr.trace(cr.elementwise_grad(lambda x: np.log(1 + np.exp(x))), x)
    (got,) = run(export(graph, x), x)
    np.testing.assert_allclose(got, 1 / (1 + np.exp(-x.astype(float))), rtol=1e-6 if dtype == np.float32 else 1e-13)
    (got,) = run(export(lambda x: np.expm1(x) * 1.0, x[2:5]), x[2:5])
    np.testing.assert_allclose(got, np.expm1(x[2:5].astype(float)), rtol=1e-6 if dtype == np.float32 else 1e-13)


# Zero absorbs


def test_a_branch_not_taken_leaves_nothing():
    """The slope of sqrt at 0 is infinite, and what flows there is 0."""
    x = np.array([0.0, 4.0, 9.0])
    agrees(cr.grad(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0))), x, tolerance=1e-15)


def test_zeros_absorb_in_matrix_products():
    """0 times inf in a product with a sum: by hand, the row without cotangent gives nothing, the others do."""
    A = np.array([[1.0, np.inf, 2.0], [3.0, 4.0, np.nan], [-np.inf, 1.0, 5.0]])
    weights = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, -2.0]])

    def f(B):
        return np.sum((A @ B) * weights)

    B = np.ones((3, 2))
    with np.errstate(invalid="ignore"):
        (got,) = run(export(cr.grad(f), B), B)
        assert np.array_equal(got, cr.grad(f)(B), equal_nan=True)
    assert np.array_equal(got, [[1.0, np.inf], [np.inf, -2.0], [2.0, -10.0]], equal_nan=True)


def test_zeros_absorb_in_single_precision_and_in_batches():
    A = RNG.normal(size=(2, 3, 4)).astype(np.float32)
    A[0, 1, 2], A[1, 0, 0], A[1, 2, 3] = np.inf, np.nan, -np.inf
    weights = np.ones((2, 3, 5), np.float32)
    weights[0, 1] = weights[1, 0] = 0.0
    with np.errstate(invalid="ignore"):
        agrees(cr.grad(lambda B: np.sum((A @ B) * weights)), np.ones((2, 4, 5), np.float32))


# Products


@pytest.mark.parametrize(
    ("text", "shapes"),
    [
        ("ij,jk->ik", [(2, 3), (3, 4)]),
        ("ij,jk->ki", [(2, 3), (3, 4)]),
        ("ij,kj->ik", [(2, 3), (4, 3)]),
        ("ji,jk->ik", [(3, 2), (3, 4)]),
        ("i,i->", [(3,), (3,)]),
        ("i,j->ij", [(3,), (2,)]),
        ("i,ij->j", [(3,), (3, 2)]),
        ("ij,j->i", [(3, 2), (2,)]),
        ("ij,i->j", [(2, 3), (2,)]),
        ("j,ij->i", [(2,), (3, 2)]),
        ("bij,bjk->bik", [(2, 3, 4), (2, 4, 5)]),
        ("bij,bj->bi", [(2, 3, 4), (2, 4)]),
        ("bij,bij->b", [(2, 3, 4), (2, 3, 4)]),
        ("abij,ijc->abc", [(2, 3, 4, 5), (4, 5, 6)]),
        ("ijk,jl->ikl", [(2, 3, 4), (3, 5)]),
        ("ijk,kl->ijl", [(2, 3, 4), (4, 5)]),
        ("ijx,jk->ik", [(2, 3, 4), (3, 5)]),
        ("ij,jk,kl->il", [(2, 3), (3, 4), (4, 2)]),
        ("ii->i", [(3, 3)]),
        ("iij->j", [(3, 3, 2)]),
        ("ij->ji", [(2, 3)]),
        ("ijk->k", [(2, 3, 4)]),
    ],
)
def test_einsum(text, shapes):
    operands = [RNG.normal(size=shape) for shape in shapes]
    agrees(lambda *xs: np.einsum(text, *xs), *operands, tolerance=1e-14)
    integers = [RNG.integers(-3, 4, size=shape) for shape in shapes]
    agrees(lambda *xs: np.einsum(text, *xs), *integers)


def test_products_of_truth_values():
    a, b = RNG.random((2, 3)) > 0.5, RNG.random((3, 2)) > 0.5
    agrees(lambda a, b: (a @ b, a @ np.arange(6.0).reshape(3, 2)), a, b)


# Control flow


def test_loops_and_branches():
    W = RNG.normal(size=(3, 3))

    def step(h, x):
        h = np.tanh(h @ W + x)
        return h, np.sum(h)

    def f(h, xs):
        return cr.scan(step, h, xs)

    h, xs = np.zeros(3), RNG.normal(size=(5, 3))
    agrees(f, h, xs, tolerance=1e-13)
    agrees(lambda h, xs: cr.scan(step, h, xs, reverse=True), h, xs, tolerance=1e-13)
    agrees(cr.grad(lambda h, xs: np.sum(f(h, xs)[0]), argnums=(0, 1)), h, xs, tolerance=1e-13)
    agrees(lambda x: cr.cond(np.sum(x) > 0, np.sin, np.cos, x), xs, tolerance=1e-13)
    agrees(lambda x: cr.while_loop(lambda x: np.sum(x) < 100, lambda x: 2 * x + 1, x), np.ones(3), tolerance=0.0)


# Files


def test_a_file_is_the_model(tmp_path):
    path = tmp_path / "model.onnx"
    x = np.ones(3, np.float32)
    model = export(np.tanh, x, path=path)
    assert path.read_bytes() == model.SerializeToString()
    (got,) = session_of(str(path)).run(None, {model.graph.input[0].name: x})
    assert off(got, np.tanh(x)) <= 1e-6
    assert os.listdir(tmp_path) == ["model.onnx"]
    with pytest.raises(FileError, match="no folder"):
        export(np.tanh, x, path=tmp_path / "nowhere" / "model.onnx")


def test_the_opset():
    import onnx

    for opset in (20, 21, 23):
        if opset <= onnx.defs.onnx_opset_version():
            model = export(cr.grad(lambda x: np.sum(np.sort(x) ** 2)), np.ones(3), opset=opset)
            assert model.opset_import[0].version == opset
    for wrong in (19, 1000, "21"):
        with pytest.raises(ArgumentError, match="opset is a version of ONNX's operators"):
            export(np.sin, 1.0, opset=wrong)


# Refusals


def test_an_operation_without_translation_is_named_with_its_line():
    def f(A):
        B = np.tanh(A) + 1.0
        return np.linalg.inv(B)

    with pytest.raises(UnsupportedError) as caught:
        export(f, np.eye(3))
    message = str(caught.value)
    assert "the operation inv cannot be exported: ONNX has no factorizations of matrices" in message
    assert re.search(r"test_export.py:\d+, in f\n +\d+ \|\s+return np.linalg.inv\(B\)", message)
    assert "inv of f64[3,3], made by add <- tanh" in message


def test_complex_numbers_are_refused():
    with pytest.raises(UnsupportedError, match="ONNX has no operators for complex128"):
        export(lambda x: np.abs(x * 1j), np.ones(3))


def test_a_path_that_depends_on_values_is_refused():
    def f(x):
        if np.sum(x) > 0:
            return x
        return -x

    with pytest.raises(UnsupportedError, match="the path that this function takes depends on a value"):
        export(f, np.ones(3))


def test_what_is_no_function():
    with pytest.raises(ArgumentError, match="a model has at least one output"):
        export(lambda x: (), np.ones(3))
    with pytest.raises(ArgumentError, match="a function is wanted"):
        export(np.ones(3), np.ones(3))


# A batch of any size


def of_any_size(f, *arguments, sizes=(1, 2, 9), batch=True, tolerance=1e-13):
    """Export for a batch of any size, and compare at some; all arguments are rows."""
    model = export(f, *arguments, dynamic_batch=batch)
    for n in sizes:
        given = [np.resize(each, (n, *each.shape[1:])) for each in arguments]
        for got, want in zip(run(model, *given), leaves_of(f(*given)), strict=True):
            assert off(got, want) <= tolerance
    return model


def test_shapes_are_computed():
    x = RNG.normal(size=(4, 3))
    of_any_size(lambda x: x.reshape(-1), x)
    of_any_size(lambda x: (x.reshape(-1, 1, 3) * np.ones((2, 1))).reshape(-1, 3), x)
    of_any_size(lambda x: np.concatenate([x, x[::-1], np.zeros((2, 3))]), x)
    of_any_size(lambda x: (x[1:], x[:, ::-1], x[-1]), x, sizes=(2, 5))
    of_any_size(lambda x: np.broadcast_to(x[:, None], (len(x), 2, 3)), x)
    of_any_size(lambda x: np.cumsum(x, axis=0) + np.sort(x, axis=0), x)


def test_means_and_counts():
    x = RNG.normal(size=(4, 3))
    of_any_size(lambda x: (np.mean(x, 0), np.var(x), x.shape[0] * np.sum(x), np.arange(len(x)) * x[:, 0]), x)
    of_any_size(cr.grad(lambda x: np.mean(np.tanh(x) ** 2)), x)
    of_any_size(cr.grad(lambda x: np.sum(np.var(x, axis=0, ddof=1) ** 2)), x, sizes=(2, 9))
    of_any_size(lambda x: np.mean(x) * 0.1 / len(x) + 2.5 * np.float64(len(x)) / (len(x) - 1), x, sizes=(2, 9))


def test_what_does_not_grow_evenly_is_refused():
    x = RNG.normal(size=(4, 3))
    for f in (
        lambda x: np.diag(x[:, 0]).reshape(-1),
        lambda x: x * np.sqrt(len(x)),
        lambda x: sum(x[k] for k in range(len(x))),
        lambda x: np.sum(x[:10], 0),  # ten rows, or fewer
        lambda x: x if len(x) > 20 else -x,
    ):
        with pytest.raises(UnsupportedError, match="cannot be exported"):
            export(f, x, dynamic_batch=True)


def test_a_batch_that_is_captured_is_refused():
    x, y = RNG.normal(size=(4, 3)), RNG.normal(size=4)
    with pytest.raises(UnsupportedError, match="this cannot be exported for a batch of any size"):
        export(lambda x: np.sum(x, 1) - y, x, dynamic_batch=True)


def test_which_arguments_are_a_batch():
    with pytest.raises(ArgumentError, match="these have not one of the same size"):
        export(lambda x, w: x @ w, np.ones((4, 3)), np.ones((3, 2)), dynamic_batch=True)
    with pytest.raises(ArgumentError, match="dynamic_batch names argument 2, and there are 1"):
        export(np.sin, np.ones(3), dynamic_batch=2)
