"""Ufuncs: plain calls with `out=`, `where=`, `dtype=`, and their methods, against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special

import chainrule as cr
from chainrule.errors import MutationError, UnsupportedError

from .comparing import compare, compare_single

rng = np.random.default_rng(11)
V = rng.uniform(0.3, 1.5, size=4)
W = rng.uniform(0.4, 1.6, size=3)
M = rng.uniform(0.3, 1.5, size=(3, 4))
N = rng.uniform(0.4, 1.6, size=(3, 4))
T = rng.uniform(0.3, 1.5, size=(2, 3, 4))
MASK = M > 0.8

BINARY = [np.add, np.subtract, np.multiply, np.divide, np.power, np.maximum, np.minimum, np.fmax, np.fmin, np.hypot,
          np.arctan2, np.logaddexp, np.logaddexp2, np.fmod, np.remainder, np.copysign, np.float_power]  # fmt: skip
COMPARING = [np.greater, np.less_equal, np.equal, np.not_equal, np.logical_and, np.logical_or, np.logical_xor]
KINKED = (np.fmod, np.remainder)
# Along the last axis, NumPy 2.4 gives f(x[0], x[-1]) for these on processors with AVX-512.
BROKEN = (np.power, np.arctan2)


@pytest.mark.parametrize("ufunc", BINARY, ids=lambda u: u.__name__)
class TestMethods:
    def test_reduce(self, ufunc):
        ulps = 4 if ufunc in (np.hypot, np.logaddexp, np.float_power) else 1
        for keywords in ({}, {"axis": 1}, {"axis": -1, "keepdims": True})[: 1 if ufunc in BROKEN else None]:
            compare(lambda x, k=keywords: ufunc.reduce(x, **k), (M,), ulps, order=ufunc not in KINKED)
        if ufunc not in BROKEN:
            compare(ufunc.reduce, (V,), ulps, order=0)
        compare_single(ufunc.reduce, (M,))

    def test_reduce_over_several_axes(self, ufunc):
        reordered = ufunc.identity is not None or ufunc in (np.maximum, np.minimum, np.fmax, np.fmin)
        for axis in (None, (0, 2)):
            if reordered:
                compare(lambda x, axis=axis: ufunc.reduce(x, axis=axis), (T,), 4, order=1)
            else:
                with pytest.raises(ValueError, match="is not reorderable"):
                    ufunc.reduce(T, axis=axis)
                with pytest.raises(ValueError, match="is not reorderable"):
                    cr.grad(lambda x, axis=axis: np.sum(ufunc.reduce(x, axis=axis)))(T)

    def test_initial(self, ufunc):
        compare(lambda x: ufunc.reduce(x, initial=0.9), (M,), 4, order=ufunc not in KINKED)
        compare(lambda x, c: ufunc.reduce(x, axis=0, initial=c), (M, np.float64(0.9)), 4, order=ufunc not in KINKED)

    def test_accumulate(self, ufunc):
        ulps = 2 if ufunc in (np.logaddexp, np.hypot, np.float_power) else 0
        compare(ufunc.accumulate, (V,), ulps, order=ufunc not in KINKED)
        compare(lambda x: ufunc.accumulate(x, axis=1), (M,), ulps, order=0)

    def test_outer(self, ufunc):
        ulps = ufunc is np.float_power
        compare(ufunc.outer, (V, W), ulps, order=ufunc not in KINKED)
        compare(lambda x: ufunc.outer(x, 2.5), (M,), ulps, order=0)
        compare(lambda x: ufunc.outer(W, x), (M,), ulps, order=0)

    def test_reduceat(self, ufunc):
        ulps = 4 if ufunc in (np.hypot, np.logaddexp, np.float_power) else 1
        compare(lambda x: ufunc.reduceat(x, [0, 2, 1, 3]), (V,), ulps, order=0)
        compare(lambda x: ufunc.reduceat(x, [0, 2], axis=1), (M,), ulps, order=ufunc not in KINKED)

    def test_at(self, ufunc):
        def add_to_copy(x, y):
            x = x * 1.0
            ufunc.at(x, [0, 2, 0, 0], y)
            ufunc.at(x, (x > 0.9).nonzero(), 1.1)
            return x

        compare(add_to_copy, (V, V[::-1] + 0.05), 1, order=ufunc not in KINKED)

    def test_out(self, ufunc):
        def into(x, y):
            z = np.zeros_like(x)
            same = ufunc(x, y, out=z)
            ufunc(x, y, out=z[:])
            ufunc(z, x, out=(z,))
            return same

        compare(into, (M, N), 0, order=0)

    def test_where(self, ufunc):
        def some(x, y):
            z = y * 2.0
            ufunc(x, y, out=z, where=MASK)
            ufunc(x, y, out=z, where=x > y)
            return z

        compare(some, (M, N), 0, order=ufunc not in KINKED)

    def test_dtype(self, ufunc):
        compare(lambda x, y: ufunc(x, y, dtype=np.float64), (M, N), ufunc is np.float_power, order=0)
        if ufunc is not np.float_power:
            compare(lambda x, y: ufunc(x, y, dtype=np.float32), (M, N), 8, order=0)
            compare(lambda x: ufunc(x.astype(np.float32), np.arange(1, 5), dtype=np.float64), (M,), 8, order=0)

    def test_with_a_traced_target_only(self, ufunc):
        def into(x):
            z = x * 1.0
            ufunc(N, 1.25, out=z)
            return z * x

        compare(into, (M,), ufunc is np.float_power, order=0)


@pytest.mark.parametrize("ufunc", COMPARING, ids=lambda u: u.__name__)
def test_comparisons(ufunc):
    compare(lambda x: ufunc(x > 0.6, x > 0.9), (M,), order=0)
    compare(lambda x: ufunc(x, 0.8), (M,), order=0)
    compare(lambda x: ufunc.outer(x, x), (V,), order=0)
    if ufunc in (np.logical_and, np.logical_or, np.logical_xor):
        compare(lambda x: ufunc.reduce(x > 0.8, axis=1), (M,), order=0)
        compare(lambda x: ufunc.accumulate(x > 0.8), (M,), order=0)


def test_reduce_with_where():
    for ufunc in (np.add, np.multiply):
        compare(lambda x, u=ufunc: u.reduce(x, axis=1, where=MASK), (M,), 1)
    compare(lambda x: np.maximum.reduce(x, axis=1, where=MASK, initial=0.1), (M,))
    compare(lambda x: np.minimum.reduce(x, axis=None, where=x > 0.5, initial=9.0), (M,))


def test_reduce_with_dtype_and_out():
    compare(lambda x: np.add.reduce(x, dtype=np.float32), (M,), 8, order=0)
    compare(lambda x: np.add.reduce(x > 0.5, axis=0), (M,), order=0)
    compare(lambda x: np.multiply.reduce(x > 0.5, axis=0, dtype=float), (M,), order=0)
    compare(lambda x: np.add.accumulate(x, axis=1, dtype=np.float32), (M,), 8, order=0)

    def into(x):
        z = np.zeros_like(x[0])
        np.add.reduce(x, axis=0, out=z)
        np.maximum.reduce(x, 0, None, z)
        return z

    compare(into, (M,))


def test_two_results():
    compare(np.divmod, (M, N), order=0)
    compare(np.modf, (3 * M,), order=1)
    compare(lambda x: divmod(x, 0.4), (M,), order=0)
    compare(lambda x: divmod(2.0, x), (M,), order=0)

    def into(x):
        a, b = np.zeros_like(x), np.zeros_like(x)
        np.divmod(x, 0.4, out=(a, b))
        return [a, b]

    compare(into, (M,), order=0)


def test_matrix_products_with_keywords():
    def into(a, b):
        z = np.zeros_like(a, shape=(3, 3))
        np.matmul(a, b, out=z)
        return [z, np.matmul(a, b, dtype=np.float32)]

    compare(into, (M, N.T.copy()), 4, order=0)


def test_what_only_numpy_knows():
    """where= without out= leaves entries as they were in memory: there is nothing to trace."""
    with pytest.raises(UnsupportedError, match=r"np\.sin with where= and without out=") as caught:
        cr.grad(lambda x: np.sum(np.sin(x, where=x > 0.5)))(V)
    assert "np.where" in str(caught.value)


def test_methods_of_unary_ufuncs():
    with pytest.raises(ValueError, match="reduce only supported for binary functions"):
        cr.grad(lambda x: np.sum(np.sin.reduce(x)))(V)
    with pytest.raises(TypeError, match="scalar"):
        cr.grad(lambda x: np.add.accumulate(x))(1.0)


def test_casting_errors_are_numpys():
    for f in (
        lambda x: np.add(x, 1.0, dtype=int),
        lambda x: np.add(x, x, dtype=np.float32, casting="safe"),
    ):
        with pytest.raises(TypeError) as plain:
            f(V)
        with pytest.raises(TypeError) as found:
            cr.grad(lambda x, f=f: np.sum(f(x)))(V)
        assert type(found.value) is type(plain.value)
        assert str(found.value) == str(plain.value)


def test_out_of_another_dtype():
    def into(x):
        z = np.zeros_like(x, dtype=np.float32)
        np.sin(x, out=z)
        return z

    compare(into, (V,), 0, order=0)
    with pytest.raises(MutationError, match="int64"):
        cr.grad(lambda x: np.sum(np.sin(x, out=np.zeros_like(x, dtype=int))))(V)


def test_python_numbers_become_numpys_scalars():
    for f in (np.sin, lambda x: np.add(x, 2.0), lambda x: np.maximum(x, 0), lambda x: np.modf(x)[0]):
        compare(f, (0.7,))


# scipy.special: its ufuncs arrive like NumPy's

SPECIAL = [
    "expit",
    "log_expit",
    "logit",
    "erf",
    "erfc",
    "erfcx",
    "erfinv",
    "ndtr",
    "log_ndtr",
    "ndtri",
    "gammaln",
    "gamma",
    "digamma",
    "entr",
    "expi",
    "exp1",
    "j0",
    "j1",
    "i0",
    "i1",
    "i0e",
    "i1e",
]


@pytest.mark.parametrize("name", SPECIAL)
def test_special(name):
    x = np.array([0.21, 0.55, 0.83])
    compare(getattr(scipy.special, name), (x,))
    compare_single(getattr(scipy.special, name), (x,))


@pytest.mark.parametrize("name", ["xlogy", "xlog1py", "beta", "betaln", "rel_entr", "kl_div"])
def test_special_of_two(name):
    compare(getattr(scipy.special, name), (V, N))


def test_a_special_function_that_is_not_there():
    with pytest.raises(UnsupportedError, match=r"scipy\.special\.struve is not supported on traced arrays"):
        cr.grad(lambda x: scipy.special.struve(1, x))(0.5)
