"""Programs that write in place: each is written once, and runs on plain arrays and traced with the same meaning."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import MutationError

from .comparing import compare

rng = np.random.default_rng(5)
V = rng.normal(size=5)
M = rng.normal(size=(3, 4))
T = rng.normal(size=(2, 3, 4))
PROGRAMS = []


def program(*arguments):
    def declare(function):
        PROGRAMS.append(pytest.param(function, arguments, id=function.__name__))
        return function

    return declare


# += and friends


@program(V)
def in_place_operators(x):
    y = x * 2.0
    y += x
    y -= 0.5
    y *= x
    y /= 3.0
    y **= 2
    return y


@program(V)
def in_place_of_the_argument_copy(x):
    y = x.copy()
    z = y
    z += 1.0
    return y * z


@program(V)
def in_place_keeps_the_name(x):
    y = x + 0.0
    z = y
    y += x[::-1]
    return z


@program(V)
def in_place_modulo_and_floor(x):
    y = x * 5
    y %= 2.0
    z = x * 7
    z //= 2.0
    return y + z


@program(M)
def in_place_broadcast(x):
    y = x * 1.0
    y += x[0]
    y *= x[:, :1]
    return y


@program(M)
def in_place_matmul(x):
    y = x @ x.T
    z = y
    y @= np.eye(3) * 2.0
    return z


@program(np.float64(0.7))
def scalars_are_immutable(x):
    y = x * 2
    z = y
    z += 1.0
    return y * z


@program(np.array(0.7))
def zero_dimensional_arrays_are_not(x):
    y = x.copy()
    z = y
    z += 1.0
    z[...] = z * 3
    z[()] = z + 2
    return y * z


@program(V)
def masks_in_place(x):
    mask = x > 0
    other = mask
    mask &= x < 1
    mask |= x < -1
    mask ^= True
    return x * other


# Writing entries, rows, slices


@program(V)
def entries(x):
    y = x * 1.0
    y[0] = x[1] * x[2]
    y[-1] = y[0] + y[1]
    y[2] = 7.0
    return y * x


@program(V)
def fill_by_loop(x):
    y = np.zeros_like(x)
    y[0] = x[0]
    for i in range(1, len(x)):
        y[i] = y[i - 1] * x[i] + np.sin(y[i - 1])
    return y


@program(V)
def entry_read_write_interleaved(x):
    y = x * 1.0
    for i in range(len(x)):
        y[i] += y[i - 1]
        y[i] *= x[i]
    return y


@program(M)
def rows_by_loop(x):
    y = np.zeros_like(x)
    y[0] = x[0]
    for i in range(1, 3):
        y[i] = y[i - 1] * x[i] + 1.0
        y[i, 0] += y[i - 1, 1]
    return y


@program(M)
def row_names(x):
    y = x * 2.0
    row = y[1]
    row[0] = x[0, 0]
    y[1] = y[1] * row
    row += 1.0
    return y


@program(M)
def columns(x):
    y = x * 1.0
    y[:, 0] = x[:, 1] * x[:, 2]
    y[:, -1] += y[:, 0]
    return y


@program(V)
def slices(x):
    y = x * 1.0
    y[1:] += y[:-1]
    y[::2] *= 3.0
    y[::-1][0] = 5.0 * x[0]
    y[3:1:-1] = x[:2]
    return y


@program(V)
def overlapping(x):
    y = x * 1.0
    y[1:] = y[:-1]
    y[:-1] = y[1:] * y[::-1][1:]
    y[:] = y[::-1]
    return y


@program(M)
def broadcast_into(x):
    y = x * 1.0
    y[:] = x[1]
    y[:, 1:3] = x[:, :1]
    y[0] = 2.5
    y[1:] = x[:1, ::-1]
    return y * x


@program(T)
def ellipsis_and_new_axes(x):
    y = x * 1.0
    y[..., 0] = x[..., 1]
    y[0, ...] *= 2.0
    y[None, 1] = x[0] * x[1]
    y[:, None, 2, 1] = x[:, :1, 0]
    return y


@program(V)
def swap(x):
    y = x * 1.0
    y[0], y[1] = y[1], y[0]
    y[2:4] = y[3:1:-1].copy()
    return y * x


@program(M)
def swap_rows_are_views(x):
    y = x * 1.0
    y[0], y[1] = y[1], y[0]  # the second write sees the first
    return y


@program(M)
def list_of_numbers(x):
    y = x * 1.0
    y[0] = [1.0, x[0, 0], x[1, 1], 2.0]
    y[1:, 0] = (x[0, 1], 3.0)
    return y


@program(V)
def assign_everything(x):
    y = np.empty_like(x)
    y[...] = x
    y[:] *= 2
    z = np.empty_like(x)
    z.fill(0.5)
    z.fill(x[0])
    return y * z


# Views


@program(M)
def view_of_view(x):
    y = x * 1.0
    a = y[1:]
    b = a[:, ::2]
    b[0] = x[0, 1:3]
    a[1, 0] *= 5.0
    b += 1.0
    return y


@program(M)
def transposes(x):
    y = x * 1.0
    t = y.T
    t[0] = x[:, 1]
    t[1:, 0] += t[0, 1]
    y.T[2] *= 2
    return y * 2 + t.T


@program(M)
def reshaped_views(x):
    y = x * 1.0
    flat = y.reshape(-1)
    flat[5] = x[0, 0]
    flat[::3] *= 2.0
    m = flat.reshape(4, 3)
    m[1] = x[:, 0]
    y.ravel()[0] = 9.0
    return y


@program(M)
def reshape_that_copies(x):
    y = x * 1.0
    flat = y.T.reshape(-1)
    flat[0] = 100.0
    y[1, 1] = 50.0
    part = y[:, :2].reshape(-1)
    part[1] = -3.0
    return [y, flat, part]


@program(M)
def layouts_of_results(x):
    a = x.T * 2.0  # lies in memory as x.T does
    flat = a.reshape(-1)
    flat[0] = 7.0
    b = x.T.copy()
    whole = b.reshape(-1)
    whole[0] = 8.0
    c = x.T.copy("K") + 1.0
    r = c.ravel()
    r[1] = 9.0
    d = np.zeros_like(x.T)
    d.ravel()[2] = x[0, 0]
    e = (x + x.T.T).reshape(2, 6)
    e[0] = 1.0
    return [a, b, c, d, e]


@program(np.asfortranarray(M))
def fortran_arguments(x):
    y = x * 1.0
    y.reshape(-1)[0] = 5.0
    y.ravel(order="F")[1] = 6.0
    y.ravel(order="K")[2] = 7.0
    z = x.copy()
    z.reshape(-1)[0] = 5.0
    w = np.copy(x)
    w.reshape(-1)[0] = 5.0
    return [y, z, w]


@program(M)
def in_place_keeps_the_layout(x):
    y = x.T + 0.0
    y += 1.0
    y[...] = y * x.T
    y.reshape(-1)[0] = 3.0
    return y


@program(T)
def swapaxes_and_moveaxis(x):
    y = x * 1.0
    np.swapaxes(y, 0, 2)[1] = 2.0
    np.moveaxis(y, 0, -1)[0, 0] = x[0, 0, :2]
    y.squeeze()[0] += 1.0
    np.expand_dims(y, 0)[0, 1, 1] = x[1, 1] ** 2
    return y


@program(V)
def flips_and_splits(x):
    y = x * 1.0
    np.flip(y)[0] = x[0] * x[1]
    a, b = np.split(y, [2])
    a[1] = 4.0
    b *= x[2:]
    np.atleast_2d(y)[0, 3] = 2 * x[0]
    return y


@program(M)
def copies_are_no_views(x):
    y = x * 1.0
    for copy in (y.copy(), y.flatten(), np.copy(y), y[[0, 1]], y[y > 0], y + 0, y.astype(float), np.roll(y, 0),
                 np.repeat(y, 1), np.tile(y, 1), np.concatenate([y]), np.ravel(y.T)):  # fmt: skip
        copy[0] = 77.0
    return y


@program(V)
def same_object(x):
    y = np.atleast_1d(x * 1.0)
    z = np.asarray(y) if type(y) is np.ndarray else y
    np.real(z)[0] = 3.0
    return y


@program(M)
def diagonal_sees_writes(x):
    y = x * 1.0
    d = np.diagonal(y)
    b = np.broadcast_to(y[0], (2, 4))
    y[0, 0] = 5.0
    y[1, 1] *= x[0, 1]
    return [d * 2, b + 1]


@program(M)
def flat_iterator(x):
    y = x * 1.0
    y.flat[5] = x[0, 0]
    y.flat[[1, 2]] = x[0, :2]
    y.flat[6:9] = 3.0
    y.T.flat[0] *= 2.0
    z = np.zeros_like(y)
    z.flat = [1.0, 2.0]
    return [y, z * x, y.flat[3], y.T.flat[2:4], np.stack(list(y.flat))]


@program(M)
def shape_attribute(x):
    y = x * 1.0
    v = y.view()
    v[0] = 1.0
    w = y[...]
    w[1] = 2.0
    return y


# Indices that are arrays


@program(V)
def lists(x):
    y = x * 1.0
    y[[0, 2]] = x[1] * x[3]
    y[[3, 4]] = x[:2]
    y[[1, 1]] = x[2:4]  # the last one wins
    y[[0, 0, 4]] += x[2]  # counts once
    return y


@program(V)
def boolean_masks(x):
    y = x * 1.0
    y[x > 0] = 0.5
    y[x < 0] = x[x < 0] ** 2
    y[y > 0.4] *= 2.0
    y[np.array([True, False, False, True, False])] = x[:2]
    y[~(x > 0)] += 1.0
    return y


@program(M)
def mixed_indices(x):
    y = x * 1.0
    y[[0, 2], [1, 3]] = x[0, :2]
    y[1, [0, 2]] = 7.0
    y[:, [1, 0]] *= x[:, :2]
    y[[True, False, True], 3] = x[0, :2]
    y[np.ix_([0, 1], [2, 3])] = 1.5 * x[1:, :2]
    y[..., [0]] += x[..., [1]]
    y[x[:, 0] > 0] = 3.0
    return y


@program(M)
def mask_of_a_view(x):
    y = x * 1.0
    row = y[1]
    row[row > 0] = 2.0 * x[0, 0]
    y.T[[0, 1]] = x[:, 2]
    part = y[:, 1:3]
    part[part < 0] = 0.0
    return y


# NumPy's writing functions


@program(V)
def ufunc_out(x):
    y = np.zeros_like(x)
    np.sin(x, out=y)
    np.add(y, x, out=y)
    np.multiply(x, 2.0, out=y[:], where=x > 0)
    z = np.exp(x, out=np.empty_like(x), where=x > -9)
    np.sum(x[:4].reshape(2, 2), axis=0, out=y[:2])
    np.cumsum(x, out=z)
    return [y, z]


@program(V)
def ufunc_at(x):
    y = x * 1.0
    np.add.at(y, [1, 1, 2], x[:3])
    np.subtract.at(y, [0, 0], 0.5)
    np.multiply.at(y, [3, 3, 4], x[:3])
    np.maximum.at(y, [2, 2], x[3:])
    np.negative.at(y, [0])
    np.add.at(y, x > 0, 1.0)
    return y


@program(M)
def ufunc_at_in_rows(x):
    y = x * 1.0
    np.add.at(y, ([0, 0, 1], [1, 1, 2]), x[0, :3])
    np.add.at(y, [2, 2], x[:2])
    np.power.at(y, (slice(None), [0]), 2)
    return y


@program(M)
def copyto_and_put(x):
    y = x * 1.0
    np.copyto(y, x[0], where=x > 0)
    np.copyto(y[0], 2.5)
    np.put(y, [1, 6], x[0])
    y.put([0], 3.0)
    np.place(y, y < -1, [x[0, 0], 0.0])
    np.putmask(y, y > 1, x**2)
    np.fill_diagonal(y, x[0, :3])
    np.put_along_axis(y, np.array([[0], [1], [0]]), 4.0, axis=1)
    y[1].sort()
    return y


# Loops as people write them


@program(V)
def thomas_algorithm(d):
    n = len(d)
    a, b, c = np.full(n, -1.0), np.full(n, 3.0), np.full(n, -1.0)
    y, w = d.copy(), np.zeros(n)
    for i in range(1, n):
        w = a[i] / b[i - 1]
        b[i] -= w * c[i - 1]
        y[i] -= w * y[i - 1]
    y[-1] /= b[-1]
    for i in range(n - 2, -1, -1):
        y[i] = (y[i] - c[i] * y[i + 1]) / b[i]
    return y


@program(V, M[:, 0].copy())
def heat_steps(u, k):
    u = u.copy()
    for step in range(3):
        new = u.copy()
        new[1:-1] = u[1:-1] + k[step] * (u[2:] - 2 * u[1:-1] + u[:-2])
        new[0] = new[1]
        u = new
    return u


@program(M @ M.T + 3 * np.eye(3))
def gauss_elimination(A):
    A = A.copy()
    n = A.shape[0]
    for k in range(n):
        for i in range(k + 1, n):
            A[i, k] /= A[k, k]
            A[i, k + 1 :] -= A[i, k] * A[k, k + 1 :]
    return A


@program(M @ M.T + 3 * np.eye(3))
def cholesky_by_hand(A):
    L = np.zeros_like(A)
    for i in range(3):
        for j in range(i + 1):
            s = A[i, j] - L[i, :j] @ L[j, :j]
            L[i, j] = np.sqrt(s) if i == j else s / L[j, j]
    return L


@program(T)
def tensor_rows(x):
    y = np.zeros_like(x)
    for i in range(2):
        for j in range(3):
            y[i, j] = x[i, j] * (y[i, j - 1] + 1)
            y[i, j, 2:] -= x[i, j, :2]
    return y


@program(V)
def two_arrays_at_once(x):
    y, z = np.zeros_like(x), np.zeros_like(x)
    for i in range(1, 5):
        y[i] = z[i - 1] + x[i]
        z[i] = y[i] * z[i - 1] + x[i - 1]
    return y * z


@pytest.mark.parametrize("function, arguments", PROGRAMS)
def test_program(function, arguments):
    compare(function, arguments, ulps=4)


# What cannot be written


def fails(function, error, *words, argument=V):
    with pytest.raises(error) as caught:
        cr.grad(function)(argument)
    for word in words:
        assert word in str(caught.value), str(caught.value)
    return caught.value


def test_scalars_do_not_take_items():
    def write(x):
        s = np.sum(x)
        s[...] = 1.0
        return s

    fails(write, TypeError, "item assignment")


def test_wrong_shapes():
    def write(x):
        y = x * 1.0
        y[1:3] = x
        return np.sum(y)

    fails(write, ValueError, "broadcast")

    def add(x):
        y = x[:1] * 1.0
        y += x
        return np.sum(y)

    fails(add, ValueError, "non-broadcastable output operand")


def test_out_of_range():
    def write(x):
        y = x * 1.0
        y[5] = 0.0
        return np.sum(y)

    with pytest.raises(IndexError, match="index 5 is out of bounds for axis 0 with size 5"):
        cr.grad(write)(V)


def test_integers_do_not_hold_derivatives():
    def write(x):
        y = np.zeros_like(x, dtype=int)
        y[0] = x[0]
        return np.sum(y * x)

    fails(write, MutationError, "int64", "dtype='float64'")

    def add(x):
        y = np.zeros_like(x, dtype=int)
        y += x
        return np.sum(y * x)

    fails(add, MutationError, "int64")


def test_out_that_existed_before_the_trace():
    buffer = np.zeros(5)
    error = fails(lambda x: np.sum(np.sin(x, out=buffer)), MutationError, "out=", "try")
    assert "test_mutation.py" in str(error)
    assert not buffer.any()


def test_out_without_a_derivative_is_written():
    buffer = np.zeros(5, bool)
    g = cr.grad(lambda x: np.sum(np.where(np.greater(x, 0, out=buffer), x * x, x)))(V)
    np.testing.assert_array_equal(buffer, V > 0)
    np.testing.assert_allclose(g, np.where(V > 0, 2 * V, 1.0))


def test_ufunc_at_on_a_plain_array():
    y = np.zeros(5)

    def add(x):
        np.add.at(y, [0, 1], x[:2])
        return np.sum(y)

    fails(add, MutationError, "np.add.at")


@pytest.mark.parametrize("view", [lambda y: np.broadcast_to(y, (2, 5)), lambda y: np.diagonal(np.outer(y, y))])
def test_read_only_views(view):
    def write(x):
        part = view(x * 1.0)
        part[0] = 1.0
        return np.sum(part)

    fails(write, ValueError, "read-only")


def test_writing_takes_the_dtype_of_the_target():
    def write(x):
        y = np.zeros_like(x, dtype=np.float32)
        y[:] = x
        y[0] = x[1] * x[2]
        y += x
        return y

    compare(write, (V,), order=0)
    _, pullback = cr.vjp(write, V)
    (g,) = pullback(np.ones(5, np.float32))
    np.testing.assert_allclose(g, [1.0, 2 + V[2], 2 + V[1], 2.0, 2.0], rtol=1e-6)


def test_the_callers_arrays_stay():
    x = V.copy()

    def write(x):
        x[0] = x[1] * 3.0
        x *= 2.0
        return np.sum(x * x)

    g = cr.grad(write)(x)
    np.testing.assert_array_equal(x, V)
    y = x.copy()
    y[0], factor = 0.0, 8.0 * x
    factor[0], factor[1] = 0.0, 8.0 * x[1] * 10
    np.testing.assert_allclose(g, factor)


def test_a_write_through_a_closure_stays_inside():
    def outer(x):
        y = x * 1.0

        def fill(k):
            y[k] = y[k - 1] * x[k]

        for k in range(1, 5):
            fill(k)
        return np.sum(y)

    assert np.isfinite(cr.grad(outer)(V)).all()
