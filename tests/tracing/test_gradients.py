"""Gradients where differences say nothing: at nan and inf, at ties, where nothing is selected; and symbolic traces."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import TraceError

nan, inf = np.nan, np.inf
X = np.array([[1.0, nan, 3.0], [nan, 0.5, -2.0]])
VALID = ~np.isnan(X)


def gradient(f, x):
    with np.errstate(all="ignore"):
        return cr.grad(lambda x: np.sum(f(x)))(x)


@pytest.mark.parametrize(
    "f, wanted",
    [
        (np.nansum, VALID * 1.0),
        (np.nanmean, VALID / 4.0),
        (lambda x: np.nanmean(x, axis=1), VALID / 2.0),
        (lambda x: np.nanmax(x, axis=1), np.array([[0.0, 0, 1], [0, 1, 0]])),
        (np.nanmin, np.array([[0.0, 0, 0], [0, 0, 1]])),
        (lambda x: np.nanprod(x, axis=1), np.array([[3.0, 0, 1], [0, -2, 0.5]])),
        (np.nanmedian, np.array([[0.5, 0, 0], [0, 0.5, 0]])),
        (lambda x: np.nanquantile(x, 0.5, axis=1), VALID / 2.0),
        (lambda x: np.nan_to_num(x) * 2, VALID * 2.0),
        (lambda x: np.where(np.isnan(x), 0.0, x * x), np.where(VALID, 2 * X, 0.0)),
        (lambda x: np.sqrt(x[x > 0]), np.where(X > 0, 0.5 / np.sqrt(np.abs(X)), 0.0)),
        (lambda x: np.nancumsum(x[0]), np.array([[3.0, 0, 1], [0, 0, 0]])),
    ],
)
def test_nan_stays_where_it_is(f, wanted):
    np.testing.assert_allclose(gradient(f, X), wanted)


def test_nanvar():
    x = np.array([1.0, nan, 3.0, 4.0])
    mean = 8 / 3
    np.testing.assert_allclose(
        gradient(np.nanvar, x), [2 / 3 * (1 - mean), 0.0, 2 / 3 * (3 - mean), 2 / 3 * (4 - mean)]
    )


@pytest.mark.parametrize(
    "f, x, wanted",
    [
        (np.max, [1.0, 2.0, 2.0], [0, 0.5, 0.5]),
        (np.min, [1.0, 1.0, 2.0], [0.5, 0.5, 0]),
        (np.abs, [0.0, -1.0], [0, -1]),
        (lambda x: np.maximum(x, 0), [0.0, 1.0, -1.0], [0, 1, 0]),
        (lambda x: np.maximum(x, np.zeros(3)), [0.0, 1.0, -1.0], [0.5, 1, 0]),
        (lambda x: np.maximum(x, x), [0.0, 1.0], [1, 1]),
        (lambda x: np.sort(x) @ np.array([1.0, 2.0, 3.0]), [5.0, 1.0, 1.0], [3, 1.5, 1.5]),
        (np.median, [1.0, 1.0, 3.0], [0.5, 0.5, 0]),
        (np.ptp, [1.0, 1.0, 1.0], [0, 0, 0]),
        (lambda x: np.clip(x, 0.0, 1.0), [0.0, 0.5, 2.0], [0, 1, 0]),
        (np.linalg.norm, [0.0, 0.0], [0, 0]),
        (lambda x: np.linalg.norm(x, 1), [0.0, 2.0], [0, 1]),
        (lambda x: np.hypot(x[0], x[1]), [0.0, 0.0], [0, 0]),
        (np.prod, [0.0, 2.0, 3.0], [6, 0, 0]),
        (np.prod, [0.0, 0.0, 3.0], [0, 0, 0]),
        (np.cumprod, [0.0, 2.0], [3, 0]),
        (lambda x: x**0, [0.0, 2.0], [0, 0]),
        (lambda x: x**1, [0.0, 2.0], [1, 1]),
        (lambda x: x**2.0, [0.0, -2.0], [0, -4]),
        (np.sinc, [0.0], [0]),
        (lambda x: np.floor(x) + np.round(x) + np.sign(x) + (x > 1), [0.5, 1.5], [0, 0]),
        (lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 5.0, 5.0]), [-1.0, 0.5, 1.5, 3.0], [0, 5, 0, 0]),
        (lambda x: np.unwrap(x), [0.0, 6.0, 12.0], [1, 1, 1]),
        (lambda x: np.digitize(x, [0.0, 1.0]) * 1.0, [0.5, 2.0], [0, 0]),
    ],
)
def test_conventions(f, x, wanted):
    np.testing.assert_allclose(gradient(f, np.array(x)), wanted)


def test_what_is_not_taken_gives_zero():
    x = np.array([0.0, -1.0, 4.0])
    np.testing.assert_allclose(gradient(lambda x: np.where(x > 0, np.sqrt(x), 0.0), x), [0, 0, 0.25])
    np.testing.assert_allclose(gradient(lambda x: np.select([x > 0], [np.log(x)], 1.0), x), [0, 0, 0.25])
    np.testing.assert_allclose(gradient(lambda x: np.piecewise(x, [x > 0], [np.log, 0.0]), x), [0, 0, 0.25])

    def overwritten(x):
        y = 1 / x
        y[0] = x[2]
        y[1:2] = 0.0
        return y

    np.testing.assert_allclose(gradient(overwritten, x), [0, 0, 1 - 1 / 16])


def test_degenerate_matrices():
    def of(f):
        return gradient(f, np.eye(3))

    np.testing.assert_allclose(of(lambda a: np.linalg.eigvalsh(a)), np.eye(3), atol=1e-12)
    np.testing.assert_allclose(of(lambda a: np.linalg.norm(a, "nuc")), np.eye(3), atol=1e-12)
    np.testing.assert_allclose(of(np.linalg.det), np.eye(3), atol=1e-12)
    np.testing.assert_allclose(gradient(np.linalg.det, np.zeros((2, 2))), np.zeros((2, 2)), atol=1e-12)
    np.testing.assert_allclose(of(lambda a: np.linalg.pinv(a)), -np.ones((3, 3)), atol=1e-12)
    np.testing.assert_allclose(of(lambda a: np.linalg.solve(a, np.ones(3))), -np.ones((3, 3)), atol=1e-12)


EMPTY = [
    np.sum,
    np.prod,
    lambda x: np.cumsum(x, axis=0),
    lambda x: x.T @ x,
    lambda x: np.concatenate([x, x]),
    lambda x: np.sort(x, axis=0),
    lambda x: np.pad(x, 1),
    lambda x: np.max(x, axis=1),
    lambda x: x[x > 0],
    lambda x: np.roll(x, 1),
    lambda x: np.tile(x, 2),
    lambda x: np.repeat(x, 2),
    lambda x: x.reshape(3, 0),
    lambda x: np.diff(x, axis=1),
    lambda x: np.einsum("ij,ij->i", x, x),
    lambda x: np.linalg.norm(x),
]


def test_empty_arrays():
    x = np.zeros((0, 3))
    for f in EMPTY:
        g = cr.grad(lambda x, f=f: np.sum(f(x)))(x)
        assert g.shape == (0, 3)
        assert f(x).shape == cr.vjp(f, x)[0].shape


# Symbolic traces: what needs no values works on variables without any


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 5.0, 7.0]),
        lambda x: np.quantile(x, [0.2, 0.9]),
        lambda x: np.median(x),
        lambda x: np.convolve(x, [1.0, 2.0]),
        lambda x: np.average(x, weights=[1.0, 2.0, 3.0]),
        lambda x: np.digitize(x, [0.0, 1.0]) * x,
        lambda x: np.choose([0, 1, 0], [x, 2 * x]),
        lambda x: np.gradient(x, [0.0, 1.0, 3.0]),
        lambda x: np.cov(np.stack([x, x**2])),
        lambda x: np.linalg.norm(x, 3),
        lambda x: np.unwrap(4 * x),
        lambda x: np.linspace(x[0], x[1], 5),
        lambda x: np.sort(x),
        lambda x: np.clip(x, -1, 1),
        lambda x: np.nanmean(x),
        lambda x: np.where(x > 0, x, 0.0),
        lambda x: np.polyval([1.0, 2.0], x),
        lambda x: np.take_along_axis(x, np.argsort(x), 0),
        lambda x: np.insert(x, 1, 2.0),
    ],
)
def test_symbolic(f):
    x = cr.variable("x", shape=(3,))
    graph = cr.Graph(inputs=[x], outputs=[f(x)])
    value = np.array([0.3, -1.2, 2.5])
    values = graph.forward(x=value)
    np.testing.assert_allclose(values[graph.outputs[0]], f(value), rtol=1e-12)


@pytest.mark.parametrize("f", [np.unique, np.nonzero, lambda x: bool(x[0] > 0), lambda x: np.isin(x, [1.0]), repr])
def test_values_of_symbolic_variables(f):
    x = cr.variable("x", shape=(3,))
    if f is repr:
        assert "x" in repr(x)
        assert "x" in str(x)
        assert "x" in f"{x}"
    else:
        with pytest.raises(TraceError, match="has no value"):
            f(x)
