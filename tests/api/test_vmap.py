"""`cr.vmap`: axes, trees, nesting, control by sample, users' operations, errors; against a loop over samples."""

import collections
import dataclasses
import tracemalloc
import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule import structure, tree
from chainrule.errors import ArgumentError, ControlFlowError, DtypeError, MutationError, ShapeError
from chainrule.ops.batch_axis import in_front

from .loop_programs import OURS, PROGRAMS, UNROLLED

rng = np.random.default_rng(0)
ROWS = rng.normal(size=(4, 3))


def close(found, wanted, rtol=1e-12):
    np.testing.assert_allclose(np.asarray(found), np.asarray(wanted), rtol=rtol, atol=1e-13)


def loop(f, *columns):
    return np.stack([np.asarray(f(*row)) for row in zip(*columns, strict=True)])


# Axes


@pytest.mark.parametrize("axis", range(-3, 3))
def test_every_axis_of_an_argument(axis):
    x = rng.normal(size=(2, 3, 4))
    f = lambda m: np.cumsum(m, axis=0) @ np.ones(m.shape[1])
    close(cr.vmap(f, in_axes=axis)(x), loop(f, np.moveaxis(x, axis, 0)))
    close(cr.vmap(f, in_axes=np.int64(axis))(x), loop(f, np.moveaxis(x, axis, 0)))


@pytest.mark.parametrize("axis", range(-3, 3))
def test_every_axis_of_a_result(axis):
    y = cr.vmap(np.outer, out_axes=axis)(ROWS, ROWS[:, :2])
    close(y, np.moveaxis(loop(np.outer, ROWS, ROWS[:, :2]), 0, axis))
    assert y.flags.owndata and y.flags.writeable


def test_in_axes_as_upper_parts_of_trees():
    Pair = collections.namedtuple("Pair", "a b")
    f = lambda p, x, s: (p["W"] @ x.a + p["b"][0] + x.b) * s
    W, b = rng.normal(size=(2, 3)), rng.normal(size=(2, 4))
    p, x = {"W": W, "b": [b]}, Pair(ROWS.T, rng.normal(size=4))
    wanted = np.stack([f({"W": W, "b": [b[:, k]]}, Pair(ROWS[k], x.b[k]), 2.0) for k in range(4)])
    for in_axes in (
        ({"W": None, "b": 1}, Pair(1, 0), None),
        [{"W": None, "b": [1]}, Pair(-1, -1), None],
    ):
        close(cr.vmap(f, in_axes=in_axes)(p, x, 2.0), wanted)


def test_trees_that_hold_none():
    f = lambda pair: pair[0] * 2
    close(cr.vmap(f, in_axes=((0, None),))((ROWS, None)), ROWS * 2)
    close(cr.vmap(f)((ROWS, None)), ROWS * 2)


def test_out_axes_as_upper_parts_of_trees():
    f = lambda x: {"a": x, "b": (np.sum(x), np.outer(x, x))}
    y = cr.vmap(f, out_axes={"a": 1, "b": (0, -1)})(ROWS)
    close(y["a"], ROWS.T)
    close(y["b"][0], ROWS.sum(1))
    close(y["b"][1], np.moveaxis(loop(lambda x: np.outer(x, x), ROWS), 0, -1))
    y = cr.vmap(f, out_axes={"a": 1, "b": 0})(ROWS)
    close(y["b"][1], loop(lambda x: np.outer(x, x), ROWS))


def test_results_that_do_not_depend_on_the_sample():
    shared = np.arange(3.0)
    f = lambda x, s: (x, s * 2, 3, np.float32(1), s)
    y = cr.vmap(f, in_axes=(0, None))(ROWS, shared)
    close(y[1], np.stack([shared * 2] * 4))
    assert y[2].dtype == np.int64 and y[2].shape == (4,)
    assert y[3].dtype == np.float32
    once = cr.vmap(f, in_axes=(0, None), out_axes=(0, None, None, None, None))(ROWS, shared)
    close(once[1], shared * 2)
    assert once[2] == 3 and once[3].dtype == np.float32
    assert once[4] is not shared and not np.shares_memory(once[4], shared)
    with pytest.raises(ArgumentError, match=r"out_axes=None does not name an axis for result\[0\], which depends"):
        cr.vmap(f, in_axes=(0, None), out_axes=None)(ROWS, shared)


def test_dataclasses_and_dicts():
    @dataclasses.dataclass
    class State:
        position: np.ndarray
        count: int

    def step(s):
        return State(s.position * 2, s.count + 1)

    y = cr.vmap(step, in_axes=(State(0, None),), out_axes=State(1, None))(State(ROWS, 7))
    close(y.position, 2 * ROWS.T)
    assert y.count == 8
    s = cr.vmap(step)(State(ROWS, np.arange(4)))
    close(s.position, ROWS * 2)
    np.testing.assert_array_equal(s.count, np.arange(1, 5))
    assert s.count.dtype == np.int64


# Dtypes and kinds


def test_dtypes_are_those_of_the_loop():
    cases = [
        (lambda x: x * 2, np.arange(4)),
        (lambda x: x / 2, np.arange(4)),
        (lambda x: x > 1, np.arange(4)),
        (lambda x: x * 2.0, np.arange(4, dtype=np.float32)),
        (lambda x: np.argmax(x), ROWS),
        (lambda x: np.sum(x > 0), ROWS),
        (lambda x: x.astype(np.float32) @ x, ROWS),
        (lambda x: ~x, np.array([True, False])),
        (lambda x: x * 1j, np.arange(4.0)),
    ]
    for f, x in cases:
        found, wanted = cr.vmap(f)(x), loop(f, x)
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("dtype", [">f8", ">i4", "<f4", np.float16, np.longdouble, np.uint8, complex])
def test_dtypes_of_all_kinds(dtype):
    x = np.arange(12).reshape(4, 3).astype(dtype)
    for f in (np.sum, lambda x: x, lambda x: x * 2 + x[0], np.sort):
        found, wanted = cr.vmap(f)(x), loop(f, x.astype(x.dtype.newbyteorder("=")))
        assert found.dtype == wanted.dtype
        np.testing.assert_array_equal(found, wanted)


def test_a_sample_of_a_vector_is_a_scalar():
    def f(x):
        assert isinstance(x, np.float64) and x.shape == ()
        x += 1  # a scalar is immutable: another name for a new value
        return x

    x = np.arange(3.0)
    np.testing.assert_array_equal(cr.vmap(f)(x), x + 1)
    np.testing.assert_array_equal(x, np.arange(3.0))


def test_no_samples():
    for f, like in [
        (lambda x: np.sum(x), np.zeros(0)),
        (lambda x: (x @ x, np.outer(x, x), np.argmax(x))[1], np.zeros((0, 3, 3))),
        (lambda x: np.argmax(x), np.zeros(0, int)),
        (lambda x: np.linalg.inv(np.outer(x, x) + np.eye(3)), np.zeros((0, 3, 3))),
    ]:
        y = cr.vmap(f)(np.zeros((0, 3)))
        assert (y.shape, y.dtype) == (like.shape, like.dtype)
    assert cr.grad(lambda x: np.sum(cr.vmap(np.sum)(x)))(np.zeros((0, 3))).shape == (0, 3)


def test_other_axes_of_length_0():
    x = np.zeros((4, 0, 2))
    np.testing.assert_array_equal(cr.vmap(lambda m: np.sum(m, axis=0))(x), np.zeros((4, 2)))
    assert cr.vmap(lambda m: np.sort(m, axis=1) @ np.ones(2))(x).shape == (4, 0)


# One trace


def test_the_function_is_called_once():
    calls = []

    def f(x, s):
        calls.append((np.shape(x), np.shape(s), isinstance(s, np.ndarray)))
        return x * s

    cr.vmap(f, in_axes=(0, None))(ROWS, np.ones(3))
    assert calls == [((3,), (3,), True)]


def test_python_may_decide_by_what_is_shared():
    f = lambda x, s: x if s[0] > 0 and len(x) == 3 else -x
    close(cr.vmap(f, in_axes=(0, None))(ROWS, np.ones(2)), ROWS)
    close(cr.vmap(f, in_axes=(0, None))(ROWS, -np.ones(2)), -ROWS)
    y = cr.grad(lambda a: np.sum(cr.vmap(lambda x: x * a if a > 1 else x)(ROWS)))(2.0)
    close(y, ROWS.sum())


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x if x[0] > 0 else -x,
        lambda x: float(x[0]),
        lambda x: int(x[0]),
        lambda x: [v for v in x if v > 0],
        lambda x: np.nonzero(x),
        lambda x: np.zeros(int(np.sum(x))),
    ],
)
def test_python_may_not_decide_by_a_sample(f):
    with pytest.raises(ControlFlowError, match=r"in the body of cr\.vmap there is no single value"):
        cr.vmap(f)(ROWS)


def test_what_is_shared_is_computed_once():
    A = rng.normal(size=(3, 3)) + 3 * np.eye(3)
    text = str(cr.trace(cr.vmap(lambda A, x: np.linalg.solve(A @ A, x), in_axes=(None, 0)), A, ROWS))
    assert text.count("einsum(A, A;") == 1
    assert "solve(v2, " in text and "f64[3,4]" in text  # one matrix, the samples as columns
    assert "scan" not in text


def test_arrays_made_within_may_be_written_to():
    def f(x, table):
        y = np.zeros((2, 3))
        y[0] = x
        y[1, 1:] += table[0] * x[:2]
        x[0] = 7.0
        y[:, 0] *= x[0]
        return y

    table = np.array([2.0, 5.0])
    wanted = loop(lambda x: f(x.copy(), table), ROWS)
    before = ROWS.copy()
    close(cr.vmap(f, in_axes=(0, None))(ROWS, table), wanted)
    np.testing.assert_array_equal(ROWS, before)


def test_arrays_made_outside_may_not():
    def spoiling(a):
        kept = a * np.ones(3)

        def f(x):
            kept[0] = x[0]
            return x

        return np.sum(cr.vmap(f)(ROWS) * kept)

    with pytest.raises(MutationError, match=r"the body of cr\.vmap changes an array that was made outside of it"):
        cr.grad(spoiling)(1.0)


def test_keyword_arguments_are_shared():
    table = rng.normal(size=(5, 3))
    f = lambda x, k, *, t, name="sin": getattr(np, name)(x) * t["t"][k]
    k = np.array([4, 0, 1, 4])
    close(cr.vmap(f)(ROWS, k, t={"t": table}), np.sin(ROWS) * table[k])
    close(cr.vmap(f)(ROWS, k, t={"t": table}, name="cos"), np.cos(ROWS) * table[k])
    bar = cr.grad(lambda t: np.sum(cr.vmap(f)(ROWS, k, t={"t": t})))(table)
    close(bar[4], np.sin(ROWS[0]) + np.sin(ROWS[3]))

    def spoil(x, *, t):
        t[0] = 1.0
        return x

    with pytest.raises(ValueError, match="read-only"):
        cr.vmap(spoil)(ROWS, t=table)


def test_lookup_by_a_sample():
    table = rng.normal(size=(5, 2))
    index = np.array([4, 0, 0, -1])
    close(cr.vmap(lambda i, t: t[i], in_axes=(0, None))(index, table), table[index])
    close(cr.vmap(lambda i, t: np.take(t, i, axis=0), in_axes=(0, None))(index, table), table[index])
    with pytest.raises(ControlFlowError, match=r"in the body of cr\.vmap") as caught:
        cr.vmap(lambda i: table[i])(index)
    assert caught.value.try_ == "np.array(table)[i] to look something up in an array from outside"
    close(cr.vmap(lambda i: np.array(table)[i])(index), table[index])
    rows = rng.normal(size=(4, 5))
    picks = np.array([[4, 1], [0, 0], [2, 3], [-1, -5]])
    f = lambda x, i: x[i] ** 2
    close(cr.vmap(f)(rows, picks), loop(f, rows, picks))
    found = cr.grad(lambda rows: np.sum(cr.vmap(f)(rows, picks)))(rows)
    close(found, loop(lambda x, i: cr.grad(lambda x: np.sum(f(x, i)))(x), rows, picks))
    bar = cr.grad(lambda t: np.sum(cr.vmap(lambda i: np.sum(t[i] ** 2))(index)))(table)
    close(bar, np.array([2, 0, 0, 0, 2])[:, None] * 2 * table)


@pytest.mark.parametrize("side", ["left", "right"])
def test_lookup_in_a_sorted_vector_of_each_sample(side):
    """Ties, nan, infinities, integers among floats; NumPy sorts nan to the end."""
    a = np.sort(np.array([[1.0, 1.0, 2.0, np.nan], [-np.inf, 0.0, 0.0, np.inf], [3.0, 3.0, 3.0, 3.0]]), axis=1)
    values = np.array([1.0, 3.0, np.nan, 0.0, -0.0, np.inf, -np.inf, 1.0, 2.5])
    f = lambda a, v: np.searchsorted(a, v, side=side)
    np.testing.assert_array_equal(cr.vmap(f, in_axes=(0, None))(a, values), [f(row, values) for row in a])
    many = np.stack([values, values[::-1], np.roll(values, 4)]).reshape(3, 3, 3)
    np.testing.assert_array_equal(cr.vmap(f)(a, many), [f(*row) for row in zip(a, many, strict=True)])
    np.testing.assert_array_equal(cr.vmap(f)(a, many[:, 0, 0]), [f(*row) for row in zip(a, many[:, 0, 0], strict=True)])
    whole = np.array([[1, 2, 2], [5, 7, 9], [0, 0, 0]])
    found = cr.vmap(f, in_axes=(0, None))(whole, values)
    np.testing.assert_array_equal(found, [f(row, values) for row in whole])
    assert found.dtype == np.intp
    x = rng.normal(size=(3, 5))
    g = lambda xp, x: np.interp(x, np.sort(xp), np.arange(4.0))
    xp = rng.normal(size=(3, 4))
    close(cr.vmap(g)(xp, x), loop(g, xp, x))
    close(cr.vmap(cr.grad(lambda xp, x: np.sum(g(xp, x))))(xp, x), loop(cr.grad(lambda xp, x: np.sum(g(xp, x))), xp, x))


def test_shared_arrays_that_are_filled_later():
    def f(a):
        kept = np.zeros(3)
        before = cr.vmap(lambda x, k: x + k[0], in_axes=(0, None))(ROWS[0], kept)
        kept[0] = a
        after = cr.vmap(lambda x, k: x * k[0], in_axes=(0, None))(ROWS[0], kept)
        return np.sum(before) + np.sum(after)

    assert cr.grad(f)(2.0) == pytest.approx(ROWS[0].sum())


def test_large_shared_arrays_are_not_copied():
    shared = np.ones((1000, 500))
    f = cr.vmap(lambda w, s: np.sum((s @ w) ** 2) + s[0] @ w, in_axes=(0, None))
    f(np.ones((2, 500)), shared)
    tracemalloc.start()
    f(np.ones((2, 500)), shared)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < shared.nbytes / 4


@pytest.mark.parametrize("place", [-3, -4, 2, 5, 300])
def test_a_place_that_is_not_there_raises(place):
    """As in NumPy, and does not count twice from the end, nor in the next row."""
    table, places = np.arange(6.0).reshape(2, 3), np.array([place, 0])
    reads = {
        "row": lambda t, i: t[i],
        "rows": lambda t, i: t[np.stack([i, i])],
        "column": lambda t, i: t.T[:, i],
        "entry": lambda t, i: t.T[0, i],
        "entry, the other first": lambda t, i: t[i, 0],
        "entries": lambda t, i: t[i, np.array([0, 1])],
    }
    for read in reads.values():
        with pytest.raises(IndexError):
            read(table, places[0])
        with pytest.raises(IndexError):
            cr.vmap(read, in_axes=(None, 0))(table, places)
        inside = np.array([-2, 1, 0, -1])
        close(cr.vmap(read, in_axes=(None, 0))(table, inside), [read(table, i) for i in inside])


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64])
def test_an_index_whose_dtype_is_too_small_for_the_array(dtype):
    long = np.arange(600.0).reshape(300, 2)
    places = np.array([5, 127, 0]).astype(dtype)
    close(cr.vmap(lambda t, i: t[i], in_axes=(None, 0))(long, places), long[[5, 127, 0]])
    close(cr.vmap(lambda t, i: t[i, 1], in_axes=(None, 0))(long, places), long[[5, 127, 0], 1])
    if np.dtype(dtype).kind == "i":
        close(cr.vmap(lambda t, i: t[-i], in_axes=(None, 0))(long, places), long[[295, 173, 0]])


def test_a_place_that_is_not_there_is_nobody_elses():
    with pytest.raises(IndexError):
        cr.vmap(lambda x, i: x[i])(ROWS, np.array([[0], [3], [0], [0]]))


# Nesting

UNARY = {
    "cube": lambda x: np.sum(x**3),
    "ratio": lambda x: np.exp(x[0]) / (1 + x @ x),
    "written": lambda x: np.sum(np.cumsum(x)[1:] * x[::-1][1:]) + np.max(x),
}


@pytest.mark.parametrize("name", UNARY)
def test_transforms_within(name):
    f = UNARY[name]
    v = rng.normal(size=(4, 3))
    close(cr.vmap(f)(ROWS), loop(f, ROWS))
    close(cr.vmap(cr.grad(f))(ROWS), loop(cr.grad(f), ROWS))
    close(cr.vmap(cr.hessian(f))(ROWS), loop(cr.hessian(f), ROWS))
    close(cr.vmap(cr.jacobian(cr.grad(f)))(ROWS), loop(cr.hessian(f), ROWS))
    close(cr.vmap(cr.hvp(f))(ROWS, v), loop(cr.hvp(f), ROWS, v))
    along = lambda x, d: cr.jvp(f, (x,), (d,))[1]
    close(cr.vmap(along)(ROWS, v), loop(along, ROWS, v))
    pulled = lambda x: cr.vjp(f, x)[1](2.0)[0]
    close(cr.vmap(pulled)(ROWS), loop(pulled, ROWS))
    pushed = lambda x, d: cr.linearize(f, x)[1](d)
    close(cr.vmap(pushed)(ROWS, v), loop(pushed, ROWS, v))
    value, slope = cr.vmap(cr.value_and_grad(cr.jit(cr.checkpoint(f))))(ROWS)
    close(value, loop(f, ROWS))
    close(slope, loop(cr.grad(f), ROWS))


@pytest.mark.parametrize("name", UNARY)
def test_transforms_around(name):
    f = UNARY[name]
    weights = rng.normal(size=4)
    total = lambda x: weights @ cr.vmap(f)(x)
    each = weights[:, None] * loop(cr.grad(f), ROWS)
    close(cr.grad(total)(ROWS), each)
    close(cr.grad(cr.jit(total))(ROWS), each)
    v = rng.normal(size=(4, 3))
    along = loop(lambda x, d: cr.jvp(f, (x,), (d,))[1], ROWS, v)
    close(cr.jvp(cr.vmap(f), (ROWS,), (v,))[1], along)
    close(cr.linearize(cr.vmap(f), ROWS)[1](v), along)
    close(cr.vjp(cr.vmap(f), ROWS)[1](weights)[0], each)
    close(cr.hvp(total)(ROWS, v), weights[:, None] * loop(cr.hvp(f), ROWS, v))
    J = cr.jacobian(cr.vmap(f))(ROWS)
    wanted = np.zeros((4, 4, 3))
    wanted[range(4), range(4)] = loop(cr.grad(f), ROWS)
    close(J, wanted)


def test_a_jacobian_of_a_map_is_block_diagonal():
    W = rng.normal(size=(3, 2))
    J = cr.jacobian(cr.vmap(lambda x: np.tanh(x @ W)))(ROWS)
    assert J.structure == "block diagonal"
    assert J.nnz == 4 * 2 * 3
    close(np.einsum("aiaj->aij", np.asarray(J)), loop(cr.jacobian(lambda x: np.tanh(x @ W)), ROWS))
    H = cr.hessian(lambda x: np.sum(cr.vmap(UNARY["ratio"])(x)))(ROWS)
    close(np.einsum("aibj->abij", np.asarray(H))[range(4), range(4)], loop(cr.hessian(UNARY["ratio"]), ROWS))
    assert H.nnz <= 4 * 9


def test_maps_within_maps():
    a, b = rng.normal(size=(4, 3)), rng.normal(size=(5, 3))
    distance = lambda x, y: np.sqrt(np.sum((x - y) ** 2))
    table = cr.vmap(cr.vmap(distance, in_axes=(None, 0)), in_axes=(0, None))
    wanted = np.sqrt(np.sum((a[:, None] - b) ** 2, axis=-1))
    close(table(a, b), wanted)
    close(cr.vmap(cr.vmap(distance, in_axes=(0, None)), in_axes=(None, 0), out_axes=1)(a, b), wanted)
    x = rng.normal(size=(2, 3, 4))
    thrice = cr.vmap(cr.vmap(cr.vmap(lambda t: t * np.sin(t)), in_axes=1, out_axes=1), in_axes=1, out_axes=2)
    close(thrice(x), np.moveaxis(x * np.sin(x), 1, 2))
    inner = cr.vmap(lambda x: cr.vmap(lambda t: t * np.sum(x))(x))
    close(inner(ROWS), ROWS * ROWS.sum(1, keepdims=True))


def test_third_order():
    f = lambda x: np.sum(np.sin(x) * x[0] ** 2)
    third = lambda x: cr.grad(lambda x: np.sum(cr.grad(lambda x: np.sum(cr.grad(f)(x) ** 2))(x)))(x)
    close(cr.vmap(third)(ROWS), loop(third, ROWS))
    mixed = cr.grad(lambda x: np.sum(cr.vmap(cr.grad(lambda v: np.sum(cr.vmap(np.sin)(v) * v[0])))(x) ** 2))
    by_hand = cr.grad(lambda x: sum(np.sum(cr.grad(lambda v: np.sum(np.sin(v) * v[0]))(row) ** 2) for row in x))
    close(mixed(ROWS), by_hand(ROWS))
    g = lambda a: np.sum(
        cr.vmap(lambda x: cr.grad(lambda b: cr.grad(lambda c: a * b**2 * c**3 * x)(2.0))(3.0))(ROWS[0])
    )
    assert cr.grad(g)(1.0) == pytest.approx(2 * 3 * 12 * ROWS[0].sum())


def test_perturbations_are_not_confused():
    """d/dx x (d/dy (x + y)) = 1, for each sample and through it."""
    x = np.arange(3.0)
    close(cr.vmap(cr.grad(lambda x: x * cr.grad(lambda y: x + y)(1.0)))(x), np.ones(3))
    close(cr.vmap(cr.grad(lambda x: x * np.sum(cr.vmap(cr.grad(lambda y: x + y))(np.ones(2)))))(x), 2 * np.ones(3))
    assert cr.grad(lambda a: np.sum(cr.vmap(cr.grad(lambda x: a * x))(x)))(5.0) == 3.0
    assert cr.grad(lambda a: a * np.sum(cr.vmap(cr.grad(lambda x: a + x))(x)))(5.0) == 3.0
    twice = lambda x: cr.jvp(lambda y: x * cr.jvp(lambda z: y * z, (x,), (1.0,))[1], (x,), (1.0,))[1]
    close(cr.vmap(twice)(x), x)


def test_gradients_of_single_samples():
    """Of a loss of a small net: (n, ...) gradients, whose mean is the gradient of the mean."""
    params = {"W": rng.normal(size=(3, 2)), "b": rng.normal(size=2)}
    labels = np.array([0, 1, 1, 0])

    def loss(params, x, label):
        z = np.tanh(x @ params["W"] + params["b"])
        return np.log(np.sum(np.exp(z))) - z[label]

    each = cr.vmap(cr.grad(loss), in_axes=(None, 0, 0))(params, ROWS, labels)
    assert each["W"].shape == (4, 3, 2)
    for k in range(4):
        one = cr.grad(loss)(params, ROWS[k], int(labels[k]))
        close(each["W"][k], one["W"])
        close(each["b"][k], one["b"])
    mean = cr.grad(lambda p: np.mean(cr.vmap(loss, in_axes=(None, 0, 0))(p, ROWS, labels)))(params)
    close(mean["W"], each["W"].mean(0))


# Loops and branches


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_with_loops(name):
    program, args = PROGRAMS[name]
    others = tree.map_leaves(lambda x: x * 1.01 if np.asarray(x).dtype.kind == "f" else x, args)
    stacked = tree.map_leaves(lambda x, y: np.stack([x, y]), args, others)
    wanted = np.stack([program(UNROLLED, *each) for each in (args, others)])
    close(cr.vmap(lambda *xs: program(OURS, *xs))(*stacked), wanted)


def newton(a):
    return cr.while_loop(lambda x: abs(x**3 - a) > 1e-10 * a, lambda x: x - (x**3 - a) / (3 * x**2), a)


def test_each_sample_stops_by_itself():
    a = np.array([8.0, 3.0, 1000.0, 2.0])
    steps = lambda a: cr.while_loop(lambda s: s[0] ** 2 > a, lambda s: (s[0] / 2, s[1] + 1), (64.0, 0))[1]
    np.testing.assert_array_equal(cr.vmap(steps)(a), [int(steps(x)) for x in a])
    close(cr.vmap(newton)(a), np.cbrt(a))
    close(cr.vmap(newton)(a), [newton(x) for x in a], rtol=0)
    close(cr.vmap(cr.grad(newton))(a), [cr.grad(newton)(x) for x in a])
    close(cr.vmap(cr.grad(newton))(a), np.cbrt(a) / (3 * a), rtol=1e-6)
    close(cr.grad(lambda a: np.sum(cr.vmap(newton)(a)))(a), [cr.grad(newton)(x) for x in a])
    close(cr.jvp(cr.vmap(newton), (a,), (a,))[1], [cr.grad(newton)(x) * x for x in a])
    second = cr.grad(cr.grad(newton))
    close(cr.vmap(second)(a), [second(x) for x in a])
    close(cr.grad(lambda a: np.sum(cr.vmap(cr.grad(newton))(a)))(a), [second(x) for x in a])


def test_a_branch_for_each_sample():
    """Zero absorbs the other branch's nan: its value, its gradient, and its tangent count for nothing."""
    f = lambda x: cr.cond(x > 0, np.log, lambda x: x - 1, x)
    x = np.array([4.0, -1.0, 0.0, 1.0])
    wanted, slope, bend = [np.log(4), -2, -1, 0], [0.25, 1, 1, 1], [-1 / 16, 0, 0, -1]
    close(cr.vmap(f)(x), wanted)
    close(cr.vmap(cr.grad(f))(x), slope)
    close(cr.grad(lambda x: np.sum(cr.vmap(f)(x)))(x), slope)
    close(cr.jvp(cr.vmap(f), (x,), (np.ones(4),))[1], slope)
    close(cr.vmap(cr.grad(cr.grad(f)))(x), bend)
    close(cr.grad(lambda x: np.sum(cr.vmap(cr.grad(f))(x)))(x), bend)
    close(cr.jvp(cr.vmap(cr.grad(f)), (x,), (np.ones(4),))[1], bend)


def test_a_branch_is_computed_only_for_those_that_take_it():
    """The Cholesky factor of a matrix that is not positive definite raises."""

    def f(A):
        return cr.cond(A[0, 0] > 0, lambda A: np.sum(np.linalg.cholesky(A)), lambda A: np.sum(A), A)

    good = np.array([[2.0, 1.0], [1.0, 3.0]])
    A = np.stack([good, -good, 2 * good])
    close(cr.vmap(f)(A), [f(each) for each in A])
    close(cr.vmap(cr.grad(f))(A), [cr.grad(f)(each) for each in A])
    close(cr.grad(lambda A: np.sum(cr.vmap(f)(A)))(A), [cr.grad(f)(each) for each in A])


def decided(w, x, k):
    """A branch, a loop of as many steps as it takes, and one of as many as an integer says, with shared weights."""
    y = cr.cond(np.sum(x) > 0, lambda x: np.tanh(w @ x), lambda x: x * w[0, 0], x)
    y, _ = cr.while_loop(lambda s: s[0] @ s[0] < 4, lambda s: (s[0] * 1.5 + w[1], s[1] + 1), (y, 0))
    return np.sum(cr.fori_loop(0, k, lambda i, s: s * w[0] + np.sin(s), y) ** 2)


W3, SEVEN, STEPS = rng.normal(size=(3, 3)), rng.normal(size=(7, 3)), np.array([0, 3, 1, 3, 0, 2, 3])


def test_control_by_sample_with_shared_weights():
    """Groups of 4, 2 and 1: some are filled up, and what fills them up counts in no sum."""
    each = lambda w: np.array([decided(w, x, int(k)) for x, k in zip(SEVEN, STEPS, strict=True)])
    mapped = lambda w: cr.vmap(decided, in_axes=(None, 0, 0))(w, SEVEN, STEPS)
    v = rng.normal(size=(3, 3))
    one_by_one = lambda w: sum(decided(w, x, int(k)) for x, k in zip(SEVEN, STEPS, strict=True))
    total = lambda w: np.sum(mapped(w))
    close(mapped(W3), each(W3))
    close(cr.grad(total)(W3), cr.grad(one_by_one)(W3), rtol=1e-10)
    close(cr.jvp(total, (W3,), (v,))[1], cr.jvp(one_by_one, (W3,), (v,))[1], rtol=1e-10)
    close(cr.hvp(total)(W3, v), cr.hvp(one_by_one)(W3, v), rtol=1e-9)
    reverse_over_reverse = lambda f: cr.grad(lambda w: np.sum(cr.grad(f)(w) * v))(W3)
    close(reverse_over_reverse(total), reverse_over_reverse(one_by_one), rtol=1e-9)
    forward_over_forward = lambda f: cr.jvp(lambda w: cr.jvp(f, (w,), (v,))[1], (W3,), (v,))[1]
    close(forward_over_forward(total), forward_over_forward(one_by_one), rtol=1e-9)
    reverse_over_forward = lambda f: cr.grad(lambda w: cr.jvp(f, (w,), (v,))[1])(W3)
    close(reverse_over_forward(total), reverse_over_forward(one_by_one), rtol=1e-9)
    gradients = [cr.grad(decided)(W3, x, int(k)) for x, k in zip(SEVEN, STEPS, strict=True)]
    close(cr.vmap(cr.grad(decided), in_axes=(None, 0, 0))(W3, SEVEN, STEPS), gradients, rtol=1e-10)
    made = {v.operation.name for v in cr.trace(mapped, W3).variables if v.operation is not None}
    assert made >= {"grouped", "while_each"} and not made & {"scan", "cond", "while_loop"}


def test_control_by_sample_of_samples():
    x, k = np.stack([SEVEN, -SEVEN, 2 * SEVEN]), np.stack([STEPS, STEPS[::-1], STEPS])
    wanted = [[decided(W3, a, int(b)) for a, b in zip(*row, strict=True)] for row in zip(x, k, strict=True)]
    inner = cr.vmap(decided, in_axes=(None, 0, 0))
    close(cr.vmap(inner, in_axes=(None, 0, 0))(W3, x, k), wanted)
    twice = cr.vmap(cr.vmap(decided, in_axes=(None, 0, None)), in_axes=(None, 0, None))(W3, x, 2)
    close(twice, [[decided(W3, a, 2) for a in row] for row in x])
    ws = np.stack([W3, 0.5 * W3, -W3])
    total = lambda w, x, k: np.sum(inner(w, x, k))
    each = lambda w, x, k: sum(decided(w, a, int(b)) for a, b in zip(x, k, strict=True))
    found = cr.vmap(cr.grad(total, argnums=(0, 1)))(ws, x, k)
    wanted = [cr.grad(each, argnums=(0, 1))(*row) for row in zip(ws, x, k, strict=True)]
    for a, b in zip(found, zip(*wanted, strict=True), strict=True):
        close(a, b, rtol=1e-10)
    found = cr.vmap(cr.grad(total), in_axes=(0, None, None))(ws, SEVEN, STEPS)
    close(found, [cr.grad(each)(w, SEVEN, STEPS) for w in ws], rtol=1e-10)


def test_a_sum_over_samples_makes_no_table_of_them():
    """The cotangent of shared weights is one sum of products, not one matrix for each sample."""
    w, x = rng.normal(size=(30, 40)), rng.normal(size=(64, 40))
    f = lambda w, x: np.sum(cr.cond(x[0] > 0, lambda x: np.tanh(w @ x), lambda x: -(w @ x), x))
    g = cr.grad(lambda w: np.sum(cr.vmap(f, in_axes=(None, 0))(w, x)))
    g(w)
    tracemalloc.start()
    g(w)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * w.nbytes / 4


def test_one_branch_for_all():
    f = lambda p, x: cr.cond(p, lambda x: x * 2, lambda x: x + 1, x)
    for p in (True, False):
        close(cr.vmap(f, in_axes=(None, 0))(p, ROWS), ROWS * 2 if p else ROWS + 1)
    g = lambda a: np.sum(cr.vmap(lambda x: cr.cond(a > 0, lambda x: x * a, lambda x: np.zeros(3), x))(ROWS))
    assert cr.grad(g)(1.0) == pytest.approx(ROWS.sum())
    assert cr.grad(g)(-1.0) == 0
    assert "scan" not in str(cr.trace(g, 1.0))


def test_loops_are_one_loop_for_all_samples():
    def f(x, w):
        carry, ys = cr.scan(lambda c, t: (c * w + t, c), 1.0, x)
        return carry + np.sum(ys**2)

    for axes, args in [((0, None), (ROWS, 0.5)), ((None, 0), (ROWS[0], ROWS[:, 0])), ((0, 0), (ROWS, ROWS[:, 0]))]:
        rows = [[x[k] if axis == 0 else x for x, axis in zip(args, axes, strict=True)] for k in range(4)]
        mapped = cr.vmap(f, in_axes=axes)
        close(mapped(*args), [f(*row) for row in rows])
        close(cr.vmap(cr.grad(f, argnums=1), in_axes=axes)(*args), [cr.grad(f, argnums=1)(*row) for row in rows])
        each = np.array([cr.grad(f, argnums=1)(*row) for row in rows])
        together = cr.grad(lambda w: np.sum(mapped(args[0], w)))(args[1])
        close(together, each if axes[1] == 0 else each.sum())
    g = cr.trace(cr.vmap(f, in_axes=(0, None)), ROWS, 0.5)
    (node,) = [v for v in g.variables if v.operation is not None and v.operation.name == "scan" and not v.part]
    assert dict(zip(node.operation.parameter_names, node.parameters, strict=True))["length"] == 3


def test_what_a_loop_carries_for_all_samples_has_no_batch_axis():
    f = lambda x: cr.fori_loop(0, 3, lambda i, s: (s[0] @ s[0], s[1] * s[2] + x, s[2] + 1), (np.eye(2), x, 0.5))
    g = cr.trace(cr.vmap(f, out_axes=(None, 0, None)), ROWS)
    assert [v.shape for v in g.outputs] == [(2, 2), (4, 3), ()]
    a, x, k = cr.vmap(f, out_axes=(None, 0, None))(ROWS)
    close(a, np.eye(2))
    close(x, loop(lambda x: f(x)[1], ROWS))
    assert k == 3.5


def test_complex_numbers():
    z = rng.normal(size=(4, 3)) + 1j * rng.normal(size=(4, 3))
    A = rng.normal(size=(4, 3, 3)) + 1j * rng.normal(size=(4, 3, 3))
    f = lambda A, z: np.sum(np.abs(np.linalg.solve(A, np.exp(z) * z[0])) ** 2)
    close(cr.vmap(f)(A, z), loop(f, A, z))
    close(cr.vmap(cr.grad(f, argnums=1))(A, z), loop(cr.grad(f, argnums=1), A, z))
    close(cr.grad(lambda A: np.sum(cr.vmap(f)(A, z)))(A), loop(cr.grad(f), A, z))
    g = lambda z: cr.cond(np.real(z) > 0, lambda z: np.sin(z) * z, lambda z: z**3, z)
    slope = cr.grad(g, holomorphic=True)
    close(cr.vmap(g)(z[0]), [g(t) for t in z[0]])
    close(cr.vmap(slope)(z[0]), [slope(t) for t in z[0]])


# Users' operations


def test_operations_of_users():
    cube = cr.operation("vmap_cube", lambda x: x**3, slopes=lambda y, x: 3 * x * x)
    close(cr.vmap(lambda x: np.sum(cube(x)))(ROWS), np.sum(ROWS**3, axis=1))
    close(cr.vmap(cr.grad(lambda x: np.sum(cube(x))))(ROWS), 3 * ROWS**2)

    shapes = []

    def total(x):
        shapes.append(x.shape)
        return np.sum(x**2, axis=-1)

    def slopes(y, x):
        batch = range(len(y.shape))
        return structure.index_map(batch, (*batch, -1), (2 * x, (*batch, -1)), out_shape=y.shape, in_shape=x.shape)

    about = {"jacobians": slopes, "type_rule": lambda x: x.with_shape(x.shape[:-1])}
    one = cr.operation("vmap_total", total, **about)
    close(cr.vmap(one)(ROWS), np.sum(ROWS**2, axis=1))
    assert shapes == [(3,)] * 4
    close(cr.vmap(cr.grad(one))(ROWS), 2 * ROWS)
    close(cr.grad(lambda x: np.sum(cr.vmap(one)(x) ** 2))(ROWS), 4 * ROWS * np.sum(ROWS**2, axis=1)[:, None])
    shapes.clear()
    many = cr.operation("vmap_totals", total, batch=in_front, **about)
    close(cr.vmap(many)(ROWS), np.sum(ROWS**2, axis=1))
    assert shapes == [(4, 3)]
    close(cr.vmap(cr.grad(many))(ROWS), 2 * ROWS)

    @cr.custom_gradient
    def clipped(x):
        assert np.shape(x) == (3,)  # a sample, never many
        return x * 2, lambda y_bar: np.clip(y_bar, -1.0, 1.0)

    close(cr.vmap(clipped)(ROWS), 2 * ROWS)
    close(cr.vmap(cr.grad(lambda x: np.sum(clipped(x) ** 2)))(ROWS), np.clip(4 * ROWS, -1, 1))
    close(cr.grad(lambda x: np.sum(cr.vmap(clipped)(x) ** 2))(ROWS), np.clip(4 * ROWS, -1, 1))


# Cost


def test_no_work_by_sample_in_python():
    """The graph of a map is the same for 10 samples and for 10,000."""
    f = lambda x: np.sum(np.linalg.inv(np.outer(x, x) + np.eye(3)) @ np.sort(x)) + np.max(np.cumsum(x))
    few, many = (len(cr.trace(cr.vmap(cr.grad(f)), np.ones((n, 3)))) for n in (10, 10_000))
    assert few == many
    assert "scan" not in str(cr.trace(cr.vmap(cr.grad(f)), np.ones((10, 3))))


def test_floating_point_warnings_are_silent():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(cr.vmap(np.log)(np.array([0.0, 1.0])), [-np.inf, 0])


# Errors


@pytest.mark.parametrize("in_axes", ["0", 0.5, True, (0.5,), ({"a": 0},), ((0, 0),), {0}, ([0],)])
def test_in_axes_that_name_none(in_axes):
    with pytest.raises(ArgumentError, match="names no axes"):
        cr.vmap(lambda p: p, in_axes=in_axes)(ROWS)


def test_axes_that_do_not_fit():
    with pytest.raises(ArgumentError, match="in_axes has 3 entries for 1 positional argument"):
        cr.vmap(np.sum, in_axes=(0, 0, 0))(ROWS)
    with pytest.raises(ArgumentError, match="nothing to map over"):
        cr.vmap(np.sum, in_axes=None)(ROWS)
    with pytest.raises(ArgumentError, match="nothing to map over"):
        cr.vmap(lambda: 1.0)()
    with pytest.raises(ShapeError, match=r"x of shape \(4, 3\) has no axis 2 to map over"):
        cr.vmap(lambda x: x, in_axes=2)(ROWS)
    with pytest.raises(ShapeError, match=r"y of shape \(\) has no axis 0 to map over") as caught:
        cr.vmap(lambda x, y: x * y)(ROWS, 2.0)
    assert caught.value.try_ == "in_axes=None for what all samples share"
    with pytest.raises(ShapeError, match=r"the mapped axes differ in length: 4 in p\.a, 3 in p\.b"):
        cr.vmap(lambda p: p["a"])({"a": ROWS, "b": ROWS[:3]})
    with pytest.raises(DtypeError, match="vmap maps over arrays, and name is a value of type str"):
        cr.vmap(lambda x, name: x)(ROWS, "relu")
    close(cr.vmap(lambda x, name: getattr(np, name)(x), in_axes=(0, None))(ROWS, "tanh"), np.tanh(ROWS))


def test_results_that_are_no_arrays():
    with pytest.raises(DtypeError, match=r"result\['a'\] is a value of type str, which is no array"):
        cr.vmap(lambda x: {"a": "text", "b": x})(ROWS)
    assert cr.vmap(lambda x: None)(ROWS) is None


def test_out_axes_that_do_not_fit():
    with pytest.raises(ArgumentError, match="does not name an axis for each of the 2 results"):
        cr.vmap(lambda x: (x, x), out_axes=(0, 0, 0))(ROWS)
    with pytest.raises(ArgumentError, match="does not name an axis for each of the 1 results"):
        cr.vmap(lambda x: x, out_axes="0")(ROWS)
    for axis in (2, -3):
        with pytest.raises(ShapeError, match=f"out_axes={axis} is no axis of a result"):
            cr.vmap(lambda x: x, out_axes=axis)(ROWS)


def test_after_an_error_all_is_as_before():
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            cr.vmap(lambda x: cr.vmap(lambda t: 1 / 0)(x))(ROWS)
    close(cr.vmap(np.sum)(ROWS), ROWS.sum(1))
    assert type(np.zeros(3)) is np.ndarray


def test_adding_at_places_of_the_sample():
    def f(x, k):
        y = np.zeros(3)
        np.add.at(y, k, x)
        np.subtract.at(y, k[:1], x[0] ** 2)
        M = np.ones((2, 2))
        np.add.at(M, (k[:2] % 2, k[1:] % 2), x[:2])
        return np.sum(y**3) + np.sum(M**2 * np.arange(4.0).reshape(2, 2))

    x, places = np.array([1.0, 2.0, 3.0]), np.array([[0, 0, 1], [2, -1, 2], [1, 2, 0]])
    np.testing.assert_allclose(cr.vmap(f, in_axes=(None, 0))(x, places), [f(x, k) for k in places])
    slopes = cr.vmap(cr.grad(f), in_axes=(None, 0))(x, places)
    compiled = cr.jit(cr.grad(f))
    for k, slope in zip(places, slopes, strict=True):
        around = [(f(x + 1e-5 * e, k) - f(x - 1e-5 * e, k)) / 2e-5 for e in np.eye(3)]
        np.testing.assert_allclose(slope, around, rtol=1e-8)
        np.testing.assert_allclose(compiled(x, k), slope, rtol=1e-13)
    assert compiled.trace_count == 1
