"""Every rewrite keeps the value, fires on its example, and keeps gradients right where the naive form fails."""

import math

import mpmath
import numpy as np
import pytest
from scipy import special

import chainrule as cr
from chainrule.graph import check, operations, to_text
from chainrule.simplify import REWRITES, simplify

LINE = np.linspace(-2.0, 3.0, 12)
TABLE = LINE.reshape(3, 4)
POSITIVE = np.linspace(0.2, 3.0, 12).reshape(3, 4)

# name of the rewrite: a function that it applies to, and where to evaluate it
EXAMPLES = {
    "add_zero": (lambda x: x + 0.0, LINE),
    "add_negative": (lambda x: x + (-np.sin(x)), LINE),
    "subtract_zero": (lambda x: x - 0.0, LINE),
    "subtract_negative": (lambda x: x - (-np.sin(x)), LINE),
    "multiply_by_one": (lambda x: x * 1.0, LINE),
    "divide_by_one": (lambda x: x / 1.0, LINE),
    "power_of_one": (lambda x: np.power(x, 1.0), LINE),
    "power_of_two": (lambda x: np.power(x, 2.0), LINE),
    "double_negation": (lambda x: -(-x), LINE),
    "positive_is_nothing": (lambda x: +x, LINE),
    "double_not": (lambda x: np.where(np.logical_not(np.logical_not(x > 0)), x, 2 * x), LINE),
    "root_of_square": (lambda x: np.sqrt(np.square(x)), LINE),
    "choice_between_equals": (lambda x: np.where(x > 0, x, x), LINE),
    "drop_broadcast": (lambda x: np.broadcast_to(x[0], x.shape) * x, TABLE),
    "reshape_of_reshape": (lambda x: x.reshape(4, 3).reshape(2, 6), TABLE),
    "transpose_of_transpose": (lambda x: x.T.T * 2, TABLE),
    "broadcast_of_broadcast": (lambda x: np.broadcast_to(np.broadcast_to(x, (2, 3, 4)), (5, 2, 3, 4)), TABLE),
    "window_of_window": (lambda x: x[::2][1:4], LINE),
    "transpose_of_contraction": (lambda x: (x @ x.T[:, :2]).T, TABLE),
    "transposes_into_labels": (lambda x: x @ x.T, TABLE),
    "log_of_sum_of_exponentials": (lambda x: np.log(np.sum(np.exp(x), axis=1)), TABLE),
    "softmax_written_out": (lambda x: np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True), TABLE),
    "log_of_softmax": (lambda x: np.log(np.exp(x) / np.sum(np.exp(x), axis=0)), TABLE),
    "log_of_exponential": (lambda x: np.log(np.exp(x)), LINE),
    "log_of_sigmoid": (lambda x: np.log(special.expit(x)), LINE),
    "log_of_normal_distribution": (lambda x: np.log(special.ndtr(x)), LINE),
    "log_of_one_plus": (lambda x: np.log(1 + x), POSITIVE),
    "log_of_cosh": (lambda x: np.log(np.cosh(x)), LINE),
    "log1p_of_exponential": (lambda x: np.log1p(np.exp(x)), LINE),
    "log1p_of_minus_sigmoid": (lambda x: np.log1p(-special.expit(x)), LINE),
    "exponential_minus_one": (lambda x: np.exp(x) - 1, LINE),
    "minus_one_plus_exponential": (lambda x: -1 + np.exp(x), LINE),
    "complement": (lambda x: 1 - special.erf(x) + (1 - special.expit(x)) + (1 - special.ndtr(x)), LINE),
    "sigmoid_written_out": (lambda x: 1 / (1 + np.exp(-x)) + np.exp(x) / (1 + np.exp(x)), LINE),
    "sigmoid_as_reciprocal": (lambda x: np.reciprocal(1 + np.exp(-x)), LINE),
    "root_of_sum_of_squares": (lambda x: np.sqrt(x**2 + np.sin(x) ** 2), LINE),
}
# those that only back-propagation leads to
BY_BACKPROP = {"rewrite", "absorbed", "contraction_with_zero", "sum_of_itself"}
NAMES = sorted({rewrite.__name__ for found in REWRITES.values() for rewrite in found})


def test_every_rewrite_has_an_example():
    assert set(NAMES) - BY_BACKPROP == set(EXAMPLES)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_it_fires_and_keeps_value_and_gradient(name, monkeypatch):
    f, x = EXAMPLES[name]
    g = cr.trace(f, x)
    with np.errstate(all="ignore"):
        plain = g(x)
    simple = g.simplified()
    check(simple.data)
    np.testing.assert_allclose(simple(x), plain, rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(simple(x), f(x), rtol=1e-13, atol=1e-14)

    seed = np.random.default_rng(0).normal(size=np.shape(plain))
    before = g.backward(g.forward(x), [seed])[g.names[0]]
    after = simple.backward(simple.forward(x), [seed])[simple.names[0]]
    np.testing.assert_allclose(after, before, rtol=1e-9, atol=1e-12)

    without = {op: [r for r in found if r.__name__ != name] for op, found in REWRITES.items()}
    with monkeypatch.context() as patch:
        for operation, found in without.items():
            patch.setitem(REWRITES, operation, found)
        unsimplified = simplify(g.data)
    assert to_text(unsimplified) != to_text(simple.data), "the graph is the same without this rewrite"


def count(graph):
    return sum(1 for _ in operations(graph))


def test_merging_keeps_all_origins_and_names():
    def f(x):
        a = np.sin(x)
        b = np.sin(x)
        return a * b

    simple = cr.trace(f, 1.0).simplified()
    assert count(simple.data) == 2
    (sine,) = [v for v in simple.variables if v.operation and v.operation.name == "sin"]
    lines = [origin.line for origin in sine.origins]
    assert len(lines) == 2 and lines[1] == lines[0] + 1


def test_tracing_itself_never_merges():
    assert len([v for v in cr.trace(lambda x: np.sin(x) * np.sin(x), 1.0).variables if v.inputs]) == 3


def test_constants_are_folded_and_dead_nodes_go():
    def f(x):
        np.exp(x)
        return x * (cr_two() + 1.0)

    def cr_two():
        return np.float64(2.0)

    simple = cr.trace(f, 1.0).simplified()
    assert count(simple.data) == 1


def test_a_draw_of_different_tags_is_not_merged():
    """Two transforms differentiate by two variables, though they have one value."""
    assert cr.grad(lambda x: x * cr.grad(lambda y: x + y)(x))(1.0) == 1.0


# Gradients where the naive form has lost all digits, against 50 digits of mpmath.

STABLE = {
    "logsumexp": (
        lambda x: np.log(np.sum(np.exp(x))),
        [1000.0, 999.0],
        lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b)),
    ),
    "softplus": (
        lambda x: np.sum(np.log(1 + np.exp(x))),
        [800.0, -50.0],
        lambda a, b: sum(mpmath.log(1 + mpmath.exp(t)) for t in (a, b)),
    ),
    "log softmax": (
        lambda x: np.log(np.exp(x) / np.sum(np.exp(x)))[1],
        [900.0, -900.0],
        lambda a, b: b - mpmath.log(mpmath.exp(a) + mpmath.exp(b)),
    ),
    "log sigmoid": (
        lambda x: np.sum(np.log(1 / (1 + np.exp(-x)))),
        [-800.0, 40.0],
        lambda a, b: sum(-mpmath.log(1 + mpmath.exp(-t)) for t in (a, b)),
    ),
    "log of one minus sigmoid": (
        lambda x: np.sum(np.log(1 - 1 / (1 + np.exp(-x)))),
        [700.0, -40.0],
        lambda a, b: sum(-mpmath.log(1 + mpmath.exp(t)) for t in (a, b)),
    ),
    "expm1": (lambda x: np.sum(np.exp(x) - 1), [1e-12, -1e-15], lambda a, b: mpmath.expm1(a) + mpmath.expm1(b)),
    "log1p": (lambda x: np.sum(np.log(1 + x)), [1e-14, 1e-18], lambda a, b: mpmath.log(1 + a) + mpmath.log(1 + b)),
    "log cosh": (
        lambda x: np.sum(np.log(np.cosh(x))),
        [1000.0, -900.0],
        lambda a, b: sum(mpmath.log(mpmath.cosh(t)) for t in (a, b)),
    ),
    "tail of the normal distribution": (
        lambda x: np.sum(np.log(special.ndtr(x))),
        [-40.0, -10.0],
        lambda a, b: sum(mpmath.log(mpmath.ncdf(t)) for t in (a, b)),
    ),
    "distance": (
        lambda x: np.sqrt(x[0] ** 2 + x[1] ** 2),
        [3e-170, 4e-170],
        lambda a, b: mpmath.sqrt(a * a + b * b),
    ),
}


@pytest.mark.parametrize("name", sorted(STABLE))
def test_stable_value_and_gradient(name):
    f, point, exact = STABLE[name]
    with mpmath.workdps(60):
        a, b = (mpmath.mpf(float(t)) for t in point)
        value = float(exact(a, b))
        h = mpmath.mpf(10) ** -20 * max(abs(a), abs(b))
        slopes = [
            float((exact(a + h, b) - exact(a - h, b)) / (2 * h)),
            float((exact(a, b + h) - exact(a, b - h)) / (2 * h)),
        ]
    y, g = cr.value_and_grad(f)(np.array(point))
    assert math.isclose(y, value, rel_tol=1e-12, abs_tol=5e-324)
    np.testing.assert_allclose(g, slopes, rtol=1e-12, atol=1e-300)


def test_root_of_a_square_at_zero():
    assert cr.grad(lambda x: np.sqrt(x**2))(0.0) == 0.0
