"""Reading and writing by every kind of index, against NumPy; gradients against a scatter by np.add.at."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import chainrule as cr

from .comparing import compare, kind_of

T = np.arange(24.0).reshape(2, 3, 4) / 7 - 1.3
V = np.linspace(-1, 2, 6)
s_ = np.s_

READS = [
    s_[0], s_[-1], s_[1, 2], s_[1, -1, 0], s_[1:2], s_[::-1], s_[:, 1:], s_[:, ::2, ::-1], s_[..., 0], s_[0, ...],
    s_[...], s_[()], s_[None], s_[:, None, 1], s_[None, ..., None], s_[1, None, :, 2], s_[0:0], s_[5:], s_[-9:9],
    s_[::-2], s_[2:0:-1], s_[[0, 1]], s_[[0, 0, 1, -1]], s_[:, [2, 0]], s_[..., [3, 3]], s_[[0, 1], [2, 0]],
    s_[[0, 1], :, [3, 1]], s_[0, [1, 2]], s_[[1], 2, ::2], s_[:, [[0, 1], [2, 2]]], s_[[], 1], s_[[]],
    s_[[True, False]],
    s_[:, [True, False, True]], s_[T > 0], s_[T[:, :, 0] > 0], s_[0, T[0] > 0], s_[:, T[0, :, 0] < 0],
    s_[np.array(1)], s_[np.int64(1), np.int8(-1)], s_[np.array([1, 0]), 1:], s_[[0], None, [1]], s_[True], s_[False],
    s_[np.True_, 0], s_[np.ix_([0, 1], [2, 0])], s_[:, np.array([[1]]), np.array([0, 3])], s_[1, 1, 1, ...],
    s_[[1, 0], ..., [2, 3]], s_[(0, 1)], s_[np.array([], int)], s_[np.zeros((0, 3), int)],
]  # fmt: skip


def shown(index):
    return repr(index).replace("\n", "").replace("slice", "").replace(" ", "")[:60]


def scattered(x, index, w):
    """The gradient of sum(w * x[index])."""
    result = np.zeros_like(x)
    np.add.at(result, index, w)
    return result


def check_read(x, index):
    wanted = x[index]
    w = np.random.default_rng(1).normal(size=np.shape(wanted))
    seen = []

    def f(x):
        y = x[index]
        seen.append(kind_of(y))
        return np.sum(w * y)

    value, g = cr.value_and_grad(f)(x)
    assert seen[0] == kind_of(wanted)
    np.testing.assert_allclose(value, np.sum(w * wanted), rtol=1e-13)
    np.testing.assert_allclose(g, scattered(x, index, w), rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(cr.vjp(lambda x: x[index], x)[0], wanted)


def check_write(x, index):
    new = np.random.default_rng(2).normal(size=np.shape(x[index]))

    def write(x, new):
        y = x * 2.0
        y[index] = new
        z = x * 3.0
        z[index] += 1.5
        return [y, z]

    compare(write, (x, new), order=0)
    w = np.random.default_rng(3).normal(size=x.shape)
    g, g_new = cr.grad(lambda x, new: np.sum(w * write(x, new)[0]), argnums=(0, 1))(x, new)
    kept = np.ones(x.shape)
    kept[index] = 0.0
    np.testing.assert_allclose(g, 2 * w * kept)
    # Where a position is written twice, only the last value counts.
    last = np.zeros(x.shape, int)
    last[index] = np.arange(new.size).reshape(new.shape) + 1
    wanted = np.zeros(new.size + 1)
    np.add.at(wanted, last.reshape(-1), w.reshape(-1))
    np.testing.assert_allclose(np.asarray(g_new).reshape(-1), wanted[1:])


@pytest.mark.parametrize("index", READS, ids=shown)
def test_read(index):
    check_read(T, index)


@pytest.mark.parametrize("index", READS, ids=shown)
def test_write(index):
    check_write(T, index)


@pytest.mark.parametrize("index", READS, ids=shown)
def test_write_through_a_view(index):
    def write(x):
        y = x * 1.0
        y[::-1, :, ::-1][index] = 5.0
        y.transpose(0, 2, 1).swapaxes(1, 2)[index] *= x[index]
        return y

    compare(write, (T,), order=0)


@st.composite
def arrays_and_indices(draw):
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4))
    size = int(np.prod(shape))
    x = (np.arange(float(size)) - size / 3).reshape(shape) / 7
    kind = draw(st.sampled_from(["basic", "integers", "mask", "mixed"]))
    if kind == "basic":
        return x, draw(hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True))
    if kind == "integers":
        return x, draw(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2, max_side=3)))
    if kind == "mask":
        axes = draw(st.integers(1, len(shape)))
        return x, draw(hnp.arrays(bool, shape[:axes]))
    length = draw(st.integers(1, 3))
    entries = []
    for n in shape[: draw(st.integers(1, len(shape)))]:
        entry = draw(st.sampled_from(["integer", "slice", "list", "array"]))
        places = st.integers(-n, n - 1)
        if entry == "integer":
            entries.append(draw(places))
        elif entry == "slice":
            entries.append(draw(st.slices(n)))
        else:
            chosen = draw(st.lists(places, min_size=length, max_size=length))
            entries.append(chosen if entry == "list" else np.array(chosen))
        if draw(st.integers(0, 5)) == 0:
            entries.append(None)
    return x, tuple(entries)


@settings(max_examples=150)
@given(arrays_and_indices())
def test_any_read(case):
    check_read(*case)


@settings(max_examples=100)
@given(arrays_and_indices())
def test_any_write(case):
    check_write(*case)


@settings(max_examples=60)
@given(arrays_and_indices(), st.data())
def test_read_of_a_read(case, data):
    x, first = case
    part = x[first]
    if not isinstance(part, np.ndarray) or not part.ndim:
        return
    second = data.draw(hnp.basic_indices(part.shape))

    def program(x):
        y = x * 2.0
        a = y[first]
        b = a[second]
        y[...] = y * x
        if isinstance(b, np.ndarray):
            b[...] = 1.0  # reaches y only where both were views
        return [y, a * 1.0, b * 1.0]

    compare(program, (x,), order=0)


# Indices that are traced


def test_traced_integers():
    def f(x):
        k = np.argmax(x)
        return x[k] * x[k - 1] + np.sum(x[:k]) * 2 + x[[k, 0]] @ x[np.argsort(x)[:2]] + x[-k]

    compare(f, (V[::-1].copy() + np.sin(5 * V),))


def test_traced_masks():
    def f(x):
        y = x * 1.0
        y[x > 0] = x[x > 0] ** 2
        y[(x < 0) & (x > -0.5)] = 0.0
        y[x > 1] = -1.0
        return [y, x[x > 0], x[~(x > 0)]]

    compare(f, (V,))


def test_a_mask_and_a_number_need_no_guard():
    """The mask stays in the graph, so that other values take the same one."""

    def f(x):
        y = x * x
        y[x > 0] = 0.0
        return np.sum(y)

    graph = cr.trace(f, V)
    assert "where" in str(graph)
    values = graph.forward(x=-V)
    np.testing.assert_allclose(values[graph.outputs[0]], f(-V))


def test_a_list_of_traced_integers():
    compare(lambda x: x[[np.argmax(x), 0]], (V,))
    compare(lambda x: x[np.argsort(x)][::-1], (V,))
    compare(lambda x: x[np.argsort(x)[None]], (V,))
    compare(lambda x: x.reshape(2, 3)[np.argmax(x.reshape(2, 3), 0), np.arange(3)], (V,))


# Errors are NumPy's

BAD = [
    s_[2], s_[-3], s_[0, 3], s_[0, 0, 4], s_[0, 0, 0, 0], s_[..., 0, ...], s_[[0, 2]], s_[:, [0, 5]],
    s_[[0, 1], [0, 1, 2]],
    s_["a"], s_[1.0], s_[0.5:2], s_[[0.5]], s_[[True, False, True]], s_[np.ones((2, 2), bool)], s_[::0], s_[0, 1.5],
    s_[np.array([1.0])],
]  # fmt: skip


@pytest.mark.parametrize("index", BAD, ids=shown)
def test_bad_indices(index):
    with pytest.raises((IndexError, TypeError, ValueError)) as plain:
        T[index]
    with pytest.raises((IndexError, TypeError, ValueError)) as found:
        cr.grad(lambda x: np.sum(x[index]))(T)
    assert type(found.value) is type(plain.value)
    assert str(found.value) == str(plain.value)


@pytest.mark.parametrize("index", BAD, ids=shown)
def test_bad_indices_of_writes(index):
    def write(x):
        y = x * 1.0
        y[index] = 0.0
        return np.sum(y)

    with pytest.raises((IndexError, TypeError, ValueError)) as plain:
        write(T)
    with pytest.raises((IndexError, TypeError, ValueError)) as found:
        cr.grad(write)(T)
    assert type(found.value) is type(plain.value)
    assert str(found.value) == str(plain.value)


def test_scalars_have_no_entries():
    with pytest.raises(IndexError):
        cr.grad(lambda x: x[0])(np.float64(1.0))
    compare(lambda x: [x[()], x[None], x[...]], (np.float64(1.5),))
    compare(lambda x: [x[()], x[None], x[...]], (np.array(1.5),))


# Shapes


@settings(max_examples=80)
@given(hnp.array_shapes(max_dims=4, max_side=4, min_side=0), st.data())
@example((2, 3), None)
def test_reshapes_and_transposes(shape, data):
    size = int(np.prod(shape))
    x = np.arange(float(size)).reshape(shape) + 0.5
    order = data.draw(st.permutations(range(len(shape)))) if data else (1, 0)
    divisors = [n for n in range(1, size + 1) if size % n == 0] or [0]
    first = data.draw(st.sampled_from(divisors)) if data else 2
    new = (first, -1) if size else (0, 2)

    def program(x):
        y = x * 2.0
        z = y.transpose(order).reshape(new)
        w = z.T.reshape(-1)
        if size:
            z[0, 0] = -1.0
            w[-1] = -2.0
        return [y, z, w, w.reshape(shape, order="F"), y.ravel("F"), np.ravel(y.T, order="A")]

    compare(program, (x,), order=0)


@settings(max_examples=80)
@given(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
def test_broadcasting(shapes):
    a, b = (np.linspace(0.5, 1.5, int(np.prod(s))).reshape(s) for s in shapes.input_shapes)
    compare(lambda a, b: [a * b, a - b, np.maximum(a, b + 0.01), np.where(a > 1, a, b)], (a, b), order=0)
    w = np.random.default_rng(4).normal(size=shapes.result_shape)
    g, h = cr.grad(lambda a, b: np.sum(w * (a * b)), argnums=(0, 1))(a, b)

    def summed(full, like):
        """A gradient of the broadcast shape, added up over the copies."""
        full = full.sum(axis=tuple(range(full.ndim - like.ndim)))
        return full.sum(axis=tuple(k for k, n in enumerate(like.shape) if n == 1), keepdims=True)

    np.testing.assert_allclose(g, summed(w * np.broadcast_to(b, w.shape), a), rtol=1e-12)
    np.testing.assert_allclose(h, summed(w * np.broadcast_to(a, w.shape), b), rtol=1e-12)


@settings(max_examples=40)
@given(hnp.array_shapes(max_dims=3, max_side=3), st.data())
def test_reductions_of_any_axes(shape, data):
    x = np.random.default_rng(5).uniform(0.5, 2.0, size=shape)
    axes = data.draw(st.lists(st.sampled_from(range(-len(shape), len(shape))), max_size=len(shape)))
    axes = tuple({k % len(shape): k for k in axes}.values())
    axis = data.draw(st.sampled_from([None, axes, *axes]))
    keepdims = data.draw(st.booleans())
    for function in (np.sum, np.mean, np.max, np.prod, np.std):
        compare(lambda x, f=function: f(x, axis=axis, keepdims=keepdims), (x,), 2, order=0)
    g = cr.grad(lambda x: np.sum(np.sum(x * x, axis=axis, keepdims=keepdims) ** 2))(x)
    np.testing.assert_allclose(g, 4 * x * np.sum(x * x, axis=axis, keepdims=True), rtol=1e-12)
