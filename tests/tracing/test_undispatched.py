"""What NumPy hands over to nobody, under grad and under jit: right, or refused with the line and what was called."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from numpy import concatenate, exp

import chainrule as cr
from chainrule.errors import ChainruleError

from .test_names import MATH, ROWS, V

# Numbers of NumPy's own generators stay those of the trace, and a warning says so.
DRAWN_WHILE_TRACED = ("randn", "shuffle", "drawn")
PLAIN = np.arange(4.0)


def rows():
    return {**ROWS, **{f"math {name}": f for name, f in MATH.items()}}


@pytest.mark.parametrize("name", [name for name in rows() if not name.startswith(DRAWN_WHILE_TRACED)])
def test_under_jit(name):
    """At the point of the trace, again, and at another one."""
    f = rows()[name]
    jitted = cr.jit(f)
    for x in (V, V, V + 0.01):
        found, wanted = jitted(x), f(x)
        assert np.asarray(found).dtype == np.asarray(wanted).dtype
        np.testing.assert_allclose(found, wanted, rtol=1e-13, atol=1e-15)
    gradient = cr.grad(lambda x: np.sum(f(x)) + 0.0 * np.sum(x))
    np.testing.assert_allclose(cr.jit(gradient)(V), gradient(V), rtol=1e-12, atol=1e-14)


def written_into_a_view(x):
    b = PLAIN[:2]
    b += x[0]
    return np.sum(b)


def filled_from_outside(x):
    PLAIN.fill(x[0])
    return np.sum(PLAIN)


def diagonal_from_outside(x):
    outside = TABLE
    np.fill_diagonal(outside, x[0])
    return np.sum(outside)


def written_into_a_float(x):
    y = np.float64(1.0)
    y += x[0]
    z = np.array(1.0)
    z += x[1]
    return y * z


TABLE = np.eye(3)
LISTED = {
    "full_like": (lambda x: np.sum(np.full_like(PLAIN, x[0])), "right"),
    "full": (lambda x: np.sum(np.full(3, x[1], dtype=float) ** 2), "right"),
    "pad": (lambda x: np.sum(np.pad(PLAIN, 1, constant_values=x[0])), "right"),
    "lists": (
        lambda x: np.max([x[0], x[1]]) + np.sum(np.exp([x[0], 1.0])) + np.concatenate([[x[2]], [1.0]])[0],
        "right",
    ),
    "cross": (lambda x: np.sum(np.cross([x[0], x[1], 1.0], [1.0, x[2], 2.0])), "right"),
    "scalars and 0-d arrays": (written_into_a_float, "right"),
    "dot of a plain array": (lambda x: PLAIN[:3].dot(x), "dot would take"),
    "a view of a plain array": (written_into_a_view, "an array that existed before"),
    "fill of a plain array": (filled_from_outside, "fill would take|written into a plain array"),
    "diagonal of a plain array": (diagonal_from_outside, "existed before"),
    "float64": (lambda x: np.float64(x[0]), "float64 would take"),
    "a list given to an imported function": (lambda x: np.sum(exp([x[0], x[1]])), "exp would take"),
    "lists given to an imported function": (lambda x: np.sum(concatenate([[x[0]], [1.0]])), "right|concatenate"),
}


@pytest.mark.parametrize("name", LISTED)
@pytest.mark.parametrize("transform", [lambda f: cr.grad(f), lambda f: cr.jit(cr.grad(f))], ids=["grad", "jit"])
def test_right_or_refused(name, transform):
    f, wanted = LISTED[name]
    before, table = PLAIN.copy(), TABLE.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = transform(f)(V)
        except ChainruleError as error:
            assert wanted != "right"
            assert any(words in str(error) for words in wanted.split("|")), error
            assert "test_undispatched.py" in str(error.where)
            return
        finally:
            np.testing.assert_array_equal(PLAIN, before)
            np.testing.assert_array_equal(TABLE, table)
    assert wanted.startswith("right")
    slopes = [(f(V + h) - f(V - h)) / 2e-6 for h in 1e-6 * np.eye(3)]
    np.testing.assert_allclose(found, slopes, rtol=1e-6, atol=1e-8)
