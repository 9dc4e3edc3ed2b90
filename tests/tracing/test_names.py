"""Names that NumPy hands over to nobody: each is right on traced values, or refused with what to write instead."""

from __future__ import annotations

import cmath
import math
import pickle
import statistics
import subprocess
import sys
import threading
import types
import warnings
from collections import deque
from math import sin

import numpy
import numpy as np
import pytest
from numpy import array, zeros
from numpy.random import default_rng

import chainrule as cr
from chainrule.errors import ChainruleError, MutationError, TraceError, UnsupportedError

V = np.array([0.3, 1.2, 2.5])
PLAIN = np.arange(3.0)
TABLE = np.arange(9.0).reshape(3, 3)
BEFORE = np.random.default_rng(3)


def differences(f, x, step=1e-6):
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        moved = [x.copy(), x.copy()]
        moved[0][place] += step
        moved[1][place] -= step
        slopes[place] = (f(moved[0]) - f(moved[1])) / (2 * step)
    return slopes


def check(build, x=V):
    """What is built is NumPy's in value, dtype, shape and kind; and the gradient of its weighted sum is right."""
    wanted = build(x)
    weights = np.random.default_rng(5).uniform(0.5, 1.5, np.shape(wanted))
    seen = []

    def weighted(x):
        y = build(x)
        seen.append((isinstance(y, np.ndarray), y.dtype, tuple(y.shape)))
        return np.sum(weights * y) + 0.0 * np.sum(x), y

    (_, value), gradient = cr.value_and_grad(weighted, has_aux=True)(x)
    assert seen == [(isinstance(wanted, np.ndarray), wanted.dtype, np.shape(wanted))]
    np.testing.assert_allclose(value, wanted, rtol=1e-15)
    expected = differences(lambda x: float(np.sum(weights * build(x)) + 0.0 * np.sum(x)), x)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-8)


def written(make, write=None):
    """A plain array that is made, and then written into."""

    def build(x):
        y = make()
        if write is None:
            y[0] = x[0] ** 2
        else:
            write(y, x)
        return y

    return build


ROWS = {
    "array of scalars": lambda x: np.array([x[0], 2.0, x[1] ** 2]),
    "array of lists": lambda x: np.array([[x[0], 1], [2, x[1] * x[2]]]),
    "array of arrays and lists": lambda x: np.array([x, [1, 2, 3], PLAIN * x[0]]),
    "array dtype": lambda x: np.array([np.float32(2.0), x[0]], dtype=float),
    "array of an array": lambda x: np.array(x) * 2,
    "array copy": lambda x: [y := np.array(x), y.__setitem__(0, 7.0), y * x][-1],
    "array ndmin": lambda x: np.array(x[0], ndmin=2),
    "array order": lambda x: np.array([x, x], order="F"),
    "array of a tuple": lambda x: array((x[0], x[1])),
    "array of nothing traced": lambda x: np.array([1.0, 2.0]) * x[:2],
    "asarray list": lambda x: np.asarray([x[0], 1.0]),
    "asarray itself": lambda x: [y := x * 1, z := np.asarray(y), z.__setitem__(0, x[1] ** 2), y][-1],
    "asarray scalar": lambda x: np.asarray(x[0]),
    "asarray dtype": lambda x: np.asarray([x[0]], dtype=float),
    "asanyarray": lambda x: np.asanyarray([[x[0]], [x[1]]]),
    "ascontiguousarray": lambda x: np.ascontiguousarray(np.outer(x, x).T),
    "ascontiguousarray scalar": lambda x: np.ascontiguousarray(x[0]),
    "asfortranarray": lambda x: np.asfortranarray([[x[0], x[1]], [1.0, 2.0]]),
    "asarray_chkfinite": lambda x: np.asarray_chkfinite([x[0], 1.0]),
    "copy": lambda x: np.copy([x[0], x[1]]),
    "zeros": written(lambda: np.zeros(3)),
    "zeros by name": written(lambda: zeros((3,))),
    "zeros of numpy": written(lambda: numpy.zeros(3)),
    "ones": written(lambda: np.ones((2, 2)), lambda y, x: y.__setitem__((0, 1), x[2])),
    "empty": written(lambda: np.empty(1)),
    "full": written(lambda: np.full(3, 4.0)),
    "full of traced": lambda x: np.full(3, x[0]),
    "full dtype": lambda x: np.full((2, 2), x[1], dtype=float),
    "full of a row": lambda x: np.full((2, 3), x),
    "eye": written(lambda: np.eye(3), lambda y, x: y.__setitem__((slice(None), 1), x)),
    "identity": written(lambda: np.identity(3), lambda y, x: y.__setitem__(2, x)),
    "arange": written(lambda: np.arange(4.0)),
    "arange of traced": lambda x: np.arange(x[0], x[2], 0.4),
    "arange step": lambda x: np.arange(0, 2.0, x[0]),
    "arange stop": lambda x: np.arange(x[2]) + x[0],
    "linspace": written(lambda: np.linspace(0, 1, 4)),
    "linspace of traced": lambda x: np.linspace(x[0], 1, 4),
    "indices": lambda x: np.indices((2, 2))[0] * x[0],
    "tri": written(lambda: np.tri(3), lambda y, x: y.__setitem__((0, 2), x[0])),
    "fromfunction": lambda x: np.fromfunction(lambda i, j: x[0] * i + j, (2, 3)),
    "fromfunction plain": written(lambda: np.fromfunction(lambda i: i * 1.0, (3,))),
    "fromiter": lambda x: np.fromiter((v * v for v in x), float),
    "fromiter count": lambda x: np.fromiter((v * v for v in x), float, 2),
    "r_": lambda x: np.r_[x[0], x, 1.0, 0:3],
    "r_ plain": written(lambda: np.r_[1.0, 2.0, 0:2]),
    "c_": lambda x: np.c_[x, x**2, PLAIN],
    "mgrid": written(lambda: np.mgrid[0:2, 0:3] * 1.0, lambda y, x: y.__setitem__((0, 1), x)),
    "ogrid": lambda x: np.ogrid[0:3] * x,
    "zeros_like": written(lambda: np.zeros_like(PLAIN)),
    "full_like": lambda x: np.full_like(PLAIN, x[0]),
    "full_like list": lambda x: np.full_like([1.0, 2.0], x[1]),
    "meshgrid": written(lambda: np.meshgrid(PLAIN, PLAIN)[0], lambda y, x: y.__setitem__(0, x)),
    "diag": written(lambda: np.diag([1.0, 2.0])),
    "exp of a list": lambda x: np.exp([x[0], x[1]]),
    "add of lists": lambda x: np.add([x[0], 1.0], [2.0, x[1]]),
    "maximum of a list": lambda x: np.maximum([x[0], x[1]], 1.0),
    "reduce of a list": lambda x: np.logaddexp.reduce([x[0], x[1], 2.0]) * np.maximum.reduce([x, x**2, PLAIN]),
    "reduce of what is plain": lambda x: np.add.reduce([1.0, 2.0]) * x + np.minimum.reduce(PLAIN),
    "accumulate of a list": lambda x: np.multiply.accumulate([x[0], x[1], x[2]]) + np.add.accumulate([1.0, x[1], x[2]]),
    "reduceat of a list": lambda x: np.add.reduceat([x[0], x[1], x[2]], [0, 2]),
    "outer of lists": lambda x: np.subtract.outer([x[0], 1.0], [x[1], x[2]]),
    "outer of what is plain": written(lambda: np.multiply.outer([1.0, 2.0], [3.0, 4.0])),
    "at with a list": lambda x: [y := np.zeros(3), np.add.at(y, [0, 1, 1], [x[0], x[1], 2.0])][0],
    "at with what is plain": lambda x: [y := np.zeros(3), np.add.at(y, [0, 1, 1], [1.0, 2.0, 3.0])][0] * x,
    "max of a list": lambda x: np.max([x[0], x[1]]),
    "sum of a list": lambda x: np.sum([[x[0], x[1]], [1.0, x[2]]], axis=0),
    "mean of a list": lambda x: np.mean([x[0], x[1], 3.0]),
    "concatenate of lists": lambda x: np.concatenate([[x[0]], [1.0]]),
    "cross of lists": lambda x: np.cross([x[0], x[1], x[2]], [1.0, 2.0, 3.0]),
    "stack of scalars": lambda x: np.stack([x[0], x[1]]),
    "hstack": lambda x: np.hstack([x[0], PLAIN, [x[1]]]),
    "vstack": lambda x: np.vstack([[x[0], x[1]], [1.0, 2.0]]),
    "column_stack": lambda x: np.column_stack([[x[0], x[1]], [1.0, 2.0]]),
    "dot of lists": lambda x: np.dot([x[0], x[1]], [1.0, 2.0]),
    "norm of a list": lambda x: np.linalg.norm([x[0], x[1]]),
    "det of lists": lambda x: np.linalg.det([[x[0], 1.0], [2.0, x[1]]]),
    "where of lists": lambda x: np.where([True, False], [x[0], x[1]], [1.0, 2.0]),
    "block": lambda x: np.block([[np.eye(2) * x[0], np.zeros((2, 1))], [np.ones((1, 2)), np.array([[x[1]]])]]),
    "pad": lambda x: np.pad(np.zeros(2), 1, constant_values=x[0]),
    "pad of a plain array": lambda x: np.pad(PLAIN, 1, constant_values=x[0]),
    "pad of a list": lambda x: np.pad([1.0, x[1]], 1),
    "dot method": lambda x: np.ones((2, 3)).dot(x),
    "fill method": written(lambda: np.zeros((2, 2)), lambda y, x: y.fill(x[0])),
    "fill_diagonal": written(lambda: np.zeros((3, 3)), lambda y, x: np.fill_diagonal(y, x[0])),
    "view then +=": written(lambda: np.ones(3), lambda y, x: y[:2].__iadd__(x[0])),
    "iadd": lambda x: [y := np.zeros(3), z := y, y := y.__iadd__(x), z][-1],
    "out": written(lambda: np.zeros(3), lambda y, x: np.add(x, 1.0, out=y)),
    "out by position": written(lambda: np.zeros(3), lambda y, x: np.sin(x, y)),
    "out of a sum": written(lambda: np.zeros(3), lambda y, x: np.sum(np.outer(x, x), axis=0, out=y)),
    "add.at": written(lambda: np.zeros(3), lambda y, x: np.add.at(y, [0, 0, 2], x)),
    "copyto": written(lambda: np.zeros(3), np.copyto),
    "put": written(lambda: np.zeros(4), lambda y, x: np.put(y, [3, 0], x[:2])),
    "place": written(lambda: np.zeros(3), lambda y, x: np.place(y, [True, False, True], x)),
    "putmask": written(lambda: np.zeros(3), lambda y, x: np.putmask(y, [True, False, True], x)),
    "put_along_axis": written(lambda: np.zeros(3), lambda y, x: np.put_along_axis(y, np.array([2]), x[:1], 0)),
    "flat": written(lambda: np.zeros((2, 2)), lambda y, x: y.flat.__setitem__(slice(1, 4), x)),
    "mask": written(lambda: np.ones(3), lambda y, x: y.__setitem__(x > 1, x[0])),
    "scalar +=": lambda x: [y := np.array(1.0), y.__iadd__(x[0]), y * 2][1],
    "randn": lambda x: [np.random.seed(0), y := np.random.randn(3), y.__setitem__(0, x[0]), y][-1],
    "array of a deque": lambda x: np.array(deque([x[0], 2.0, x[1]], maxlen=2)),
    "sum of a deque": lambda x: np.sum(deque([[x[0], 2.0], [x[1], x[2]]]), axis=0),
    "ndenumerate": lambda x: sum(v**2 * (1 + i[0] + 2 * i[1]) for i, v in np.ndenumerate(np.outer(x, x))),
    "ndenumerate of a list": lambda x: sum(v * (1 + i) for (i,), v in np.ndenumerate([x[0], 2.0])),
    "ndenumerate while filling": written(
        lambda: np.ones((2, 2)), lambda y, x: [y.__setitem__(i, v * x[i[0]]) for i, v in np.ndenumerate(y)]
    ),
    "vectorize": lambda x: np.vectorize(lambda a: a**2 if a > 1 else -a)(x),
    "vectorize over a plain array": lambda x: np.vectorize(lambda a: math.sin(a * x[0]))(TABLE),
    "vectorize of two": lambda x: np.vectorize(lambda a, b=3.0: a * b if a < b else b)(x, TABLE),
    "vectorize with names": lambda x: np.vectorize(lambda a, b: a - b**2)(b=x, a=2.0),
    "vectorize with two results": lambda x: np.add(*np.vectorize(lambda a: (a**2, 2 * a))(x)),
    "vectorize with dtypes": lambda x: np.vectorize(lambda a: a if a > 1 else 0, otypes=[float])(x),
    "vectorize with excluded": lambda x: np.vectorize(np.polyval, excluded=[0])(x, [1.0, 2.0]),
    "vectorize of a scalar": lambda x: np.vectorize(lambda a: a * a)(x[0]),
    "vectorize of nothing traced": written(lambda: np.vectorize(lambda a: a + 1.0)(PLAIN)),
    "vectorize before": lambda x: _smooth_step(x) + _smooth_step(x[1]),
    "shuffle": lambda x: [y := np.outer(x, x), np.random.default_rng(4).shuffle(y), y][-1],
    "shuffle along an axis": lambda x: [y := np.outer(x, x), default_rng(4).shuffle(y, axis=1), y][-1],
    "shuffle of before": lambda x: [np.random.seed(1), y := x * 2, np.random.shuffle(y), y][-1],
    "shuffle of plain values": lambda x: [np.random.seed(1), y := np.eye(3), np.random.shuffle(y), y @ x][-1],
    "shuffle of indices": lambda x: [i := np.arange(3), default_rng(2).shuffle(i), x[i]][-1],
    "permutation": lambda x: default_rng(4).permutation(np.outer(x, x)),
    "permutation along an axis": lambda x: default_rng(4).permutation(np.outer(x, x), axis=1),
    "drawn permutation": lambda x: [np.random.seed(1), np.random.permutation(x * 2)][-1],
    "drawn permutation of plain values": written(lambda: np.random.permutation(np.ones(3)), np.copyto),
    "choice": lambda x: default_rng(4).choice(x, 2, replace=False),
    "choice of rows": lambda x: default_rng(4).choice(np.outer(x, x), (2, 2), axis=0, shuffle=False),
    "choice of a list": lambda x: default_rng(4).choice([x[0], 2.0, x[1]], 4, p=[0.5, 0.2, 0.3]),
    "choice of one": lambda x: default_rng(4).choice(x),
    "drawn choice": lambda x: [np.random.seed(1), np.random.choice(x, 3)][-1],
    "shuffle of a list": lambda x: [i := [2, 0, 1], default_rng(2).shuffle(i), x[i]][-1],
    "draw": lambda x: np.random.default_rng(5).normal(size=3) * x,
    "local import": lambda x: __import__("numpy").array([x[0]]) if False else _locally(x),
}


@np.vectorize
def _smooth_step(a):
    return 0.0 if a < 0 else 3 * a**2 - 2 * a**3


def _locally(x):
    from numpy import full, stack

    return full(2, x[0]) + stack([x[1], x[2]])


@pytest.mark.parametrize("name", ROWS)
def test_row(name):
    check(ROWS[name])


MATH = {
    "sin": lambda x: math.sin(x[0]) + math.cos(x[1]) + math.tan(x[0]),
    "sin by name": lambda x: sin(x[0]),
    "inverse": lambda x: math.asin(x[0]) + math.acos(x[0]) + math.atan(x[1]) + math.atan2(x[0], x[1]),
    "hyperbolic": lambda x: math.sinh(x[0]) + math.cosh(x[0]) + math.tanh(x[0]) + math.asinh(x[0]),
    "acosh": lambda x: math.acosh(x[1]) + math.atanh(x[0]),
    "exp": lambda x: math.exp(x[0]) + math.expm1(x[1]) + math.exp2(x[0]),
    "log": lambda x: math.log(x[0]) + math.log(x[1], 3) + math.log2(x[2]) + math.log10(x[0]) + math.log1p(x[0]),
    "powers": lambda x: math.sqrt(x[0]) + math.pow(x[1], 1.5) + math.cbrt(x[2]),
    "distances": lambda x: math.hypot(x[0], x[1], 2.0) + math.dist([x[0], 1.0], [2.0, x[1]]),
    "sums": lambda x: math.fsum([x[0], x[1]]) + math.prod([x[0], x[1], 2.0]),
    "sums of an array": lambda x: math.fsum(x) * math.fsum(v**2 for v in x) + math.dist(x, PLAIN),
    "angles": lambda x: math.degrees(x[0]) + math.radians(x[1]) + math.fabs(-x[2]) + math.copysign(x[0], -1.0),
    "fmod": lambda x: math.fmod(x[2], x[1]),
    "erf": lambda x: math.erf(x[0]) + math.erfc(x[1]) + math.lgamma(x[2]),
    "tests": lambda x: x[0] if math.isfinite(x[0]) and not math.isnan(x[0]) else 0,
    "close": lambda x: x[0] if math.isclose(x[1], 1.2, abs_tol=1e-3) else 0,
    "rounding": lambda x: x[0] * math.floor(x[2]) + math.ceil(x[1]),
}  # fmt: skip


@pytest.mark.parametrize("name", MATH)
def test_math(name):
    f = MATH[name]
    np.testing.assert_allclose(cr.grad(f)(V), differences(lambda x: float(f(x)), V), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(cr.value_and_grad(f)(V)[0], f(V), rtol=1e-14)


CMATH = {
    "sqrt": lambda x: abs(cmath.sqrt(x[0] - x[1]) + 2.0),
    "exp": lambda x: (cmath.exp(1j * x[0]) * x[1]).real + (cmath.exp(x[0])).real,
    "log": lambda x: abs(cmath.log(x[0] + 1j * x[1])) + cmath.log(x[2] * 1j, 3).imag + cmath.log10(x[0]).real,
    "circular": lambda x: abs(cmath.sin(x[0] + 1j * x[1]) + cmath.cos(1j * x[2]) + cmath.tan(x[1] * 1j)),
    "hyperbolic": lambda x: abs(cmath.sinh(x[0] + 1j) + cmath.cosh(x[1] + 2j) + cmath.tanh(x[0] + 1j * x[1])),
    "inverse": lambda x: abs(cmath.asin(x[0] + 1j) + cmath.acos(x[0] + 2j) + cmath.atan(x[1] + 1j * x[0])),
    "inverse hyperbolic": lambda x: abs(cmath.asinh(x[2] + 1j) + cmath.acosh(x[0] - 2j) + cmath.atanh(x[0] + 1j)),
    "polar": lambda x: cmath.polar(x[0] + 1j * x[1])[0] * cmath.polar(x[0] + 1j * x[1])[1] + cmath.phase(x[1] + 1j),
    "rect": lambda x: (cmath.rect(x[0], x[1]) * 1j).real,
    "tests": lambda x: x[0] if cmath.isfinite(x[0] * 1j) and not cmath.isnan(x[1]) else 0,
    "close": lambda x: x[0] if cmath.isclose(x[1] * 1j, 1.2j, abs_tol=1e-3) else 0,
}  # fmt: skip


@pytest.mark.parametrize("name", CMATH)
def test_cmath(name):
    f = CMATH[name]
    np.testing.assert_allclose(cr.grad(f)(V), differences(lambda x: float(f(x)), V), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(cr.value_and_grad(f)(V)[0], f(V), rtol=1e-14)


def test_cmath_gives_numbers_of_python():
    kept = []

    def f(x):
        z = cmath.exp(x[0])
        kept.append((isinstance(z, complex), (x * z).dtype, isinstance(cmath.phase(z), float)))
        return np.sum(x)

    cr.grad(f)(np.float32([0.5, 1.0]))
    assert kept == [(True, np.complex64, True)]
    with pytest.raises(TypeError, match="only 0-dimensional arrays"):
        cr.grad(lambda x: abs(cmath.exp(x)))(V)


def test_math_gives_numbers_as_weak_as_pythons():
    kept = []
    x = np.float32([0.5, 1.0])
    cr.grad(lambda x: [kept.append((x * math.sin(x[0])).dtype), np.sum(x)][1])(x)
    assert kept == [(x * math.sin(x[0])).dtype]


@pytest.mark.parametrize(
    ("call", "name", "instead"),
    [
        (lambda x: math.gamma(x), "math.gamma", "math.lgamma"),
        (lambda x: math.modf(x)[0], "math.modf", "np.modf"),
        (lambda x: math.frexp(x)[0], "math.frexp", "np.log2"),
        (lambda x: math.ldexp(x, 2), "math.ldexp", "2.0**k"),
        (lambda x: math.remainder(x, 2.0), "math.remainder", "np.round"),
    ],
)
def test_math_that_is_refused(call, name, instead):
    with pytest.raises(UnsupportedError) as caught:
        cr.grad(call)(0.5)
    assert name in str(caught.value) and instead in str(caught.value)


REFUSED = {
    "float64": (lambda x: np.float64(x[0]), TraceError, "x.astype(float)"),
    "mgrid": (lambda x: np.mgrid[0 : x[0]], UnsupportedError, "np.meshgrid"),
    "r_ directive": (lambda x: np.r_["0,2", x, x], UnsupportedError, "np.concatenate"),
    "nested objects": (lambda x: np.array([[x[0]]], dtype=object), UnsupportedError, "dtype=object"),
    "integers": (lambda x: np.arange(3).__setitem__(0, x[0]), MutationError, "dtype='float64'"),
    "two dtypes": (lambda x: [c := np.zeros(2, complex), r := c.real, r.__setitem__(0, x[0])], MutationError, "copy()"),
    "plain array": (lambda x: PLAIN.__setitem__(0, x[0]), MutationError, "np.array(PLAIN)"),
    "plain copy": (lambda x: PLAIN.copy().__setitem__(0, x[0]), MutationError, "np.array(PLAIN.copy())"),
    "plain fill": (lambda x: PLAIN.copy().fill(x[0]), ChainruleError, "try"),
    "plain iadd": (lambda x: PLAIN.copy()[:2].__iadd__(x[0]), MutationError, "instead of out="),
    "plain dot": (lambda x: PLAIN.dot(x), TraceError, "np.dot(a, x) instead of a.dot(x)"),
    "plain fill_diagonal": (lambda x: np.fill_diagonal(TABLE, x[0]), MutationError, "instead of out="),
    "default argument": (lambda x, make=np.zeros: make(3).__setitem__(0, x[0]), MutationError, "np.array(make(3))"),
    "ragged": (lambda x: np.array([[x[0]], [1.0, 2.0]]), ValueError, "different shapes"),
    "copy=False": (lambda x: np.array([x[0]], copy=False), ValueError, "Unable to avoid copy"),
    "matrix": (lambda x: np.matrix(x) * np.matrix(x).T, UnsupportedError, "x @ y for the product of matrices"),
    "asmatrix": (lambda x: np.asmatrix(x), UnsupportedError, "numpy.matrix"),
    "view as a recarray": (lambda x: x.view(np.recarray), UnsupportedError, "recarray"),
    "view of a type": (lambda x: x.view(type=np.matrix), UnsupportedError, "numpy.matrix"),
    "nditer": (lambda x: list(np.nditer(x)), UnsupportedError, "np.ndenumerate(x)"),
    "vectorize with a signature": (
        lambda x: np.vectorize(np.dot, signature="(n),(n)->()")(x, x),
        UnsupportedError,
        "np.stack",
    ),
    "shuffle by a generator of before": (
        lambda x: BEFORE.shuffle(np.outer(x, x)),
        MutationError,
        "y[rng.permutation(len(y))]",
    ),
    "shuffle of plain values by it": (lambda x: BEFORE.shuffle(np.eye(3)), MutationError, "rng.permutation"),
    "statistics": (lambda x: statistics.stdev(list(x)), TraceError, "np.std"),
    "float in a text": (lambda x: f"{float(x[0])}", TraceError, "float()"),
    "frompyfunc": (lambda x: np.frompyfunc(abs, 1, 1)(x), UnsupportedError, "np.frompyfunc of abs"),
    "vectorize of nothing": (lambda x: np.vectorize(lambda a: a)(x[:0]), ValueError, "size 0"),
    "vectorize to arrays": (lambda x: np.vectorize(lambda a: x, otypes=[float])(x), ValueError, "sequence"),
    "read-only": (lambda x: np.broadcast_to(np.zeros(3), (2, 3)).__setitem__(0, x), ValueError, "read-only"),
}


@pytest.mark.filterwarnings("ignore:you are shuffling:UserWarning")
@pytest.mark.filterwarnings("ignore:the matrix subclass:PendingDeprecationWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    call, error, says = REFUSED[name]
    before = PLAIN.copy(), TABLE.copy()
    with pytest.raises(error) as caught:
        cr.grad(lambda x: [call(x), np.sum(x)][1])(V)
    assert says in str(caught.value)
    if isinstance(caught.value, ChainruleError) and error is not ValueError:
        assert "test_names.py" in str(caught.value)
    np.testing.assert_array_equal(PLAIN, before[0])
    np.testing.assert_array_equal(TABLE, before[1])


def test_memory_that_something_else_holds_is_not_left_behind():
    def f(x):
        y = np.zeros(3)
        holder.append(memoryview(y.data))
        y[0] = x[0]
        return np.sum(y)

    holder = []
    with pytest.raises(MutationError, match="something else holds"):
        cr.grad(f)(V)


def test_objects_stay_objects():
    def f(x):
        cells = np.empty(2, object)
        cells[0], cells[1] = x[0], x[1:]
        more = np.array([x[0], x[1]], dtype=object)
        return cells[0] * np.sum(cells[1]) + more[1]

    np.testing.assert_allclose(cr.grad(f)(V), differences(f, V), rtol=1e-6)


# For whom


def unpatched():
    return type(np) is types.ModuleType and type(math) is types.ModuleType and zeros is np.zeros and sin is math.sin


def test_names_are_back_after_an_exception():
    originals = np.zeros, np.exp, np.linalg.norm, math.sin
    for error in (ValueError, KeyboardInterrupt):

        def fails(x, error=error):
            np.zeros(3)
            raise error

        with pytest.raises(error):
            cr.grad(lambda x: cr.grad(fails)(x) * x)(1.0)
        assert unpatched()
        assert (np.zeros, np.exp, np.linalg.norm, math.sin) == originals
    assert type(np.zeros(3)) is np.ndarray


def test_functions_stay_the_same_objects():
    tanh, norm = np.tanh, np.linalg.norm

    def f(x):
        assert tanh is np.tanh and norm is np.linalg.norm and isinstance(np.exp, np.ufunc)
        assert {np.tanh: 1}[tanh] == 1
        return np.tanh(x)

    cr.grad(f)(0.5)


def test_another_librarys_patch_holds(monkeypatch):
    calls = []

    def f(x):
        monkeypatch.setattr(np, "ones", lambda n: calls.append(n) or PLAIN)
        return np.sum(np.ones(3) * x)

    assert cr.grad(f)(2.0) == 3.0
    assert calls == [3]
    assert np.ones(2) is PLAIN


def test_other_threads_see_numpy_as_it_is():
    tracing, done = threading.Event(), threading.Event()
    seen = []

    def look():
        tracing.wait()
        seen.extend([type(np.zeros(2)), type(zeros(2)), np.array([1.0]).dtype, math.sin(0.5), type(np.exp([1.0]))])
        done.set()

    def f(x):
        y = np.zeros(2)
        tracing.set()
        assert done.wait(10)
        y[0] = x
        return np.sum(y)

    thread = threading.Thread(target=look)
    thread.start()
    assert cr.grad(f)(2.0) == 1.0
    thread.join()
    assert seen == [np.ndarray, np.ndarray, np.dtype(float), math.sin(0.5), np.ndarray]
    assert unpatched()


def test_many_threads_at_once():
    def f(x):
        y = zeros(4)
        for k in range(4):
            y[k] = sin(x * k)
        return np.sum(np.array([y[1], y[2] * 2.0, np.max([y[0], y[3]])]))

    wrong = []
    expected = cr.grad(f)(0.3)

    def work():
        for _ in range(100):
            if cr.grad(f)(0.3) != expected or type(zeros(2)) is not np.ndarray:
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert unpatched()


def test_libraries_and_compiled_code_get_arrays_of_numpy():
    def f(x):
        assert isinstance(np.random.default_rng(0).normal(size=np.arange(3).shape), np.ndarray)
        spread = np.random.RandomState(0).permutation(np.arange(3.0))  # compiled code that asks for np.arange itself
        return np.sum(x * spread)

    assert cr.grad(f)(V).shape == (3,)


def test_names_imported_after_the_first_trace():
    source = (
        "import chainrule as cr\n"
        "cr.grad(lambda x: x)(1.0)\n"
        "from numpy import array\n"
        "from math import exp\n"
        "print(cr.grad(lambda x: array([x, exp(x)]).sum())(0.0))\n"
    )
    result = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert result.stdout == "2.0\n"


def test_switched_off_and_on():
    def f(x):
        return np.array([x, x * x]).sum()

    with cr.patch_numpy(False):
        with pytest.raises(TraceError):
            cr.grad(f)(3.0)
        with cr.patch_numpy(True):
            assert cr.grad(f)(3.0) == 7.0
        with pytest.raises(TraceError):
            cr.grad(f)(3.0)
    assert cr.grad(f)(3.0) == 7.0
    cr.patch_numpy(False)
    try:
        with pytest.raises(MutationError):
            cr.grad(lambda x: [y := np.zeros(2), y.__setitem__(0, x)])(3.0)
    finally:
        cr.patch_numpy(True)


def test_what_leaves_is_an_array_of_numpy():
    def f(x):
        y = np.zeros(3)
        return np.sum(x), {"buffer": y, "pair": (np.ones(2)[:1], 1.0)}

    _, aux = cr.grad(f, has_aux=True)(V)
    assert type(aux["buffer"]) is np.ndarray and type(aux["pair"][0]) is np.ndarray
    kept = []
    cr.grad(lambda x: [kept.append(np.arange(3.0)), np.sum(x)][1])(V)
    (y,) = kept
    assert isinstance(y, np.ndarray)
    assert type(pickle.loads(pickle.dumps(y))) is np.ndarray
    np.testing.assert_array_equal(np.linalg.norm(y + 1) * np.ones(1), np.sqrt([14.0]))
    y[0] = 5.0
    assert y.sum() == 8.0 and f"{y[0]:.1f}" == "5.0" and repr(y) == "array([5., 1., 2.])"


def test_a_declared_operation_computes_on_arrays_of_numpy():
    seen = []

    def forward(x):
        y = np.zeros(3)
        seen.append(type(y))
        y[:] = x
        return y * y

    square = cr.operation("a_square_that_fills", forward, slopes=lambda y, x: 2.0 * x)
    del square
    boxed = cr.custom_gradient(lambda x: (forward(x), lambda y_bar: 2 * np.array(x) * y_bar))
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(boxed(x)) + np.sum(boxed(np.ones(3))))(V), 2 * V)
    assert set(seen) == {np.ndarray}


def test_nested_transforms():
    def f(x):
        y = np.zeros(2)
        y[0] = cr.grad(lambda t: np.prod(np.array([t, t, x])))(x)
        y[1] = cr.jvp(lambda t: np.array([t, 1.0])[0] ** 2, (x,), (1.0,))[1]
        return np.sum(y)

    np.testing.assert_allclose(cr.grad(f)(1.5), 4 * 1.5 + 2)
    np.testing.assert_allclose(cr.hessian(lambda x: np.prod(np.array([x[0], x[1], x[2]])))(V)[0, 1], V[2])
    J = cr.jacobian(lambda x: np.array([x[0] * x[1], np.sin(x[2])]))(V)
    np.testing.assert_allclose(np.asarray(J), [[V[1], V[0], 0], [0, 0, np.cos(V[2])]])
    assert "write" in str(cr.trace(lambda x: [y := np.zeros(3), y.__setitem__(1, x[0]), y][-1], V))


def test_dtypes_of_lists_are_numpys():
    x = np.float32([0.5, 1.5])
    lists = {
        "weak": lambda x: np.array([x[0], 1.0]),
        "single": lambda x: np.array([x[0], x[1]]),
        "integer": lambda x: np.array([x[0], 1]),
        "boolean": lambda x: np.array([x[0], True]),
        "given": lambda x: np.array([x[0], 1.0], dtype=np.float32),
        "full": lambda x: np.full(2, x[0]),
        "arange": lambda x: np.arange(x[0], 2.0),
        "r_": lambda x: np.r_[x, 1.0],
        "r_ of single": lambda x: np.r_[x, np.zeros(1)],
        "exp": lambda x: np.exp([x[0], x[1]]),
        "concatenate": lambda x: np.concatenate([[x[0]], [1.0]]),
    }
    for name, build in lists.items():
        seen = []
        cr.grad(lambda x, build=build, seen=seen: [seen.append(build(x).dtype), np.sum(x)][1])(x)
        assert seen == [build(x).dtype], name


CONSTANTS = [lambda x: np.zeros(2) + x[0], lambda x: x[:2] * np.ones(2), lambda x: np.ones(2) @ x[:2]]


@pytest.mark.parametrize("f", CONSTANTS)
def test_a_plain_array_is_a_constant(f):
    check(f)


def test_read_only_views_stay_read_only():
    def f(x):
        y = np.zeros((3, 3))
        d, rows = y.diagonal(), np.broadcast_to(y[0], (2, 3))
        y[0] = x
        assert not d.flags.writeable and not rows.flags.writeable and y.flags.writeable
        for view in (d, rows):
            with pytest.raises(ValueError, match="read-only"):
                view[0] = x[0]
        return np.sum(rows * 2.0) + d[0]

    np.testing.assert_allclose(cr.grad(f)(V), [5.0, 4.0, 4.0])


def test_views_of_any_strides():
    def f(x):
        y = np.zeros((4, 5))
        parts = [
            y[1:3, ::2],
            y.T[::-1],
            y[::-1, 1:4][1:],
            y.reshape(2, 10)[:, 3:7],
            y[2:2],
            np.einsum("iij->ij", y[:4, :4].reshape(2, 2, 4)),
        ]
        parts[0][0] = x
        parts[1][1] += x[0] * x[1]
        parts[2][:, 1:] *= x[1]
        parts[3][1] = x[2] ** 2
        parts[5][0] += x[0]
        return np.sum(np.arange(20.0).reshape(4, 5) * y**2) + sum(np.sum(np.sin(part)) for part in parts)

    assert cr.value_and_grad(f)(V)[0] == pytest.approx(f(V), rel=1e-14)
    np.testing.assert_allclose(cr.grad(f)(V), differences(f, V), rtol=1e-6)


def test_bodies_of_loops():
    def f(x):
        A = np.eye(2)
        A[0, 1] = 0.5

        def step(carry, z):
            new = np.zeros(2)
            new[0] = carry @ A[0] + z
            new[1] = math.sin(carry[1]) * np.max([z, 1.0])
            return new, np.array([new[0], 1.0])

        carry, ys = cr.scan(step, np.array([1.0, x[0]]), x)
        return np.sum(carry) + np.sum(ys**2)

    np.testing.assert_allclose(cr.grad(f)(V), differences(f, V), rtol=1e-6)


@pytest.mark.parametrize("value", [lambda c: c, lambda c: 1.0])
def test_a_body_does_not_change_an_array_from_outside(value):
    def f(x):
        log = np.zeros(3)

        def step(carry, z):
            log[0] = value(carry)
            return carry * z, carry

        return cr.scan(step, x[0], x)[0]

    with pytest.raises(MutationError, match="made outside of it"):
        cr.grad(f)(V)


# Floating-point errors


def silently(x):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.sum(np.where(x > 0, np.log(x), x**2))


def decorated(x):
    @np.errstate(invalid="ignore")
    def safe_root(t):
        return np.where(t > 0, np.sqrt(t), t)

    return np.sum(safe_root(x))


def asked_later(x):
    with np.errstate(invalid="ignore"):
        y = np.log(x)
    return np.sum(x[np.isfinite(y)] ** 3)


def raises_and_goes_on(x):
    try:
        with np.errstate(invalid="raise"):
            y = np.log(x)
    except FloatingPointError:
        y = np.log(np.abs(x)) * 2
    return np.sum(y)


def raises_nothing(x):
    with np.errstate(all="raise"):
        y = np.exp(x)
    return np.sum(y)


@pytest.mark.parametrize("f", [silently, decorated, asked_later, raises_and_goes_on, raises_nothing])
def test_errstate(f):
    x = np.array([0.5, -1.5, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        value, gradient = cr.value_and_grad(f)(x)
    np.testing.assert_allclose(value, f(x), rtol=1e-12)
    step = 1e-6
    expected = [(f(x + step * e) - f(x - step * e)) / (2 * step) for e in np.eye(3)]
    np.testing.assert_allclose(gradient, expected, rtol=1e-6)


def test_without_errstate_numpy_warns():
    loud = lambda x: np.sum(np.where(x > 0, np.log(x), x**2))
    cr.grad(silently)(V)
    with pytest.warns(RuntimeWarning, match="invalid value"):
        cr.grad(loud)(np.array([0.5, -1.5]))


def test_broadcast_tells_shapes_and_gives_traced_entries():
    def f(x):
        both = np.broadcast(x, x[:, None], 2.0)
        assert (both.shape, both.ndim, both.nd, both.size, both.numiter) == ((3, 3), 2, 2, 9, 3)
        assert np.broadcast(np.ones(3), np.ones((2, 1))).shape == (2, 3)
        return sum(a * b * c for a, b, c in both)

    np.testing.assert_allclose(cr.grad(f)(V), np.full(3, 4 * V.sum()), rtol=1e-13)


PLACES = {
    "nonzero": lambda m: np.nonzero(m)[0],
    "where": lambda m: np.where(m > 1.0)[1],
    "flatnonzero": lambda m: np.flatnonzero(m),
    "argwhere": lambda m: np.argwhere(m)[:, 0],
    "unique": lambda m: np.unique(m, return_index=True)[1],
    "lexsort": lambda m: np.lexsort((m[0],)),
    "argpartition": lambda m: np.argpartition(m[0], 1),
    "tril_indices_from": lambda m: np.tril_indices_from(m)[0],
    "triu_indices_from": lambda m: np.triu_indices_from(m)[1],
    "diag_indices_from": lambda m: np.diag_indices_from(m)[0],
}


@pytest.mark.parametrize("name", PLACES)
def test_what_is_computed_of_places_can_be_filled(name):
    """Places carry no derivative, but what is made of them is an array like others."""
    m = np.array([[0.5, 2.0], [-3.0, 4.0]])

    def program(m):
        filled = PLACES[name](m) * 1.5
        filled[0] = m[1, 0] ** 2
        return filled[0] * m[0, 0]

    assert np.allclose(cr.grad(program)(m), [[9.0, 0.0], [-3.0, 0.0]])
    assert program(m.copy()) == cr.value_and_grad(program)(m)[0]
