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
    "add_zero": (lambda x: x + -0.0, LINE),
    "add_negative": (lambda x: x + (-np.sin(x)), LINE),
    "subtract_zero": (lambda x: x - 0.0, LINE),
    "subtract_negative": (lambda x: x - (-np.sin(x)), LINE),
    "multiply_by_one": (lambda x: x * 1.0, LINE),
    "product_with_itself": (lambda x: x * x, LINE),
    "divide_by_one": (lambda x: x / 1.0, LINE),
    "power_of_one": (lambda x: np.power(x, 1.0), LINE),
    "power_of_two": (lambda x: np.power(x, 2.0), LINE),
    "double_negation": (lambda x: -(-x), LINE),
    "double_conjugate": (lambda x: np.abs(np.conj(np.conj(x * 1j + x))), LINE),
    "real_of_conjugate": (lambda x: np.real(np.conj(x * 1j + x)), LINE),
    "real_of_real": (lambda x: np.real(x.astype(complex)), LINE),
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
    "log_of_function": (
        lambda x: np.log(special.expit(x)) + np.log(special.ndtr(x)) + np.log(np.cosh(x)),
        LINE,
    ),
    "log_of_share_of_exponentials": (lambda x: np.log(np.mean(np.exp(x), axis=1)), TABLE),
    "log_of_two_exponentials": (lambda x: np.log(np.exp(x) + np.exp(np.sin(x))), LINE),
    "log_of_moved": (lambda x: np.log(special.expit(x)[::-1, 1]), TABLE),
    "log_of_one_plus": (lambda x: np.log(1 + x), POSITIVE),
    "log1p_of_exponential": (lambda x: np.log1p(np.exp(x)), LINE),
    "log1p_of_minus_sigmoid": (lambda x: np.log1p(-special.expit(x)), LINE),
    "exponential_minus_one": (lambda x: np.exp(x) - 1, LINE),
    "minus_one_plus_exponential": (lambda x: -1 + np.exp(x), LINE),
    "complement": (lambda x: 1 - special.erf(x) + (1 - special.expit(x)) + (1 - special.ndtr(x)), LINE),
    "sigmoid_written_out": (lambda x: 1 / (1 + np.exp(-x)) + np.exp(x) / (1 + np.exp(x)), LINE),
    "sigmoid_as_reciprocal": (lambda x: np.reciprocal(1 + np.exp(-x)), LINE),
    "root_of_sum_of_squares": (lambda x: np.sqrt(x**2 + np.sin(x) ** 2), LINE),
    "root_of_sum_along_axes": (
        lambda x: np.sqrt(np.sum(x**2, axis=1)) + np.sqrt(np.sum(x * x, keepdims=True)) + np.sqrt(x[0] @ x[0]),
        TABLE,
    ),
}
# those that only back-propagation leads to
BY_BACKPROP = {"rewrite", "absorbed", "product_of_zero", "contraction_with_zero", "sum_of_itself"}
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


# Values and types that a rewrite could change: integers wrap around, zeros have signs, nan and inf stay what they are.

OF_TWO = {
    "a + -b": lambda a, b: a + (-b),
    "-b + a": lambda a, b: (-b) + a,
    "a - -b": lambda a, b: a - (-b),
    "- -a": lambda a, b: -(-a) + b,
    "a + 0": lambda a, b: a + np.zeros((3, 1)) + b,
    "a * 1": lambda a, b: a * np.int64(1) - b * -1.0,
    "a * a": lambda a, b: a * a + b,
    "a ** 2": lambda a, b: a**2 + b**1,
    "root of square": lambda a, b: np.sqrt(a**2) + b,
    "root of squares": lambda a, b: np.sqrt(a**2 + b**2),
    "root of sum": lambda a, b: np.sqrt(np.sum(a**2)) + b,
    "root of dot": lambda a, b: np.sqrt(a @ a) + b,
    "log of sum": lambda a, b: np.log(np.sum(np.exp(a))) + b,
    "log of mean": lambda a, b: np.log(np.mean(np.exp(a))) + b,
    "log of two": lambda a, b: np.log(np.exp(a) + np.exp(b)),
    "softmax": lambda a, b: np.exp(a) / np.sum(np.exp(a)) + b,
    "log of exp": lambda a, b: np.log(np.exp(a)) + b,
    "log of one plus": lambda a, b: np.log(1 + a) + b,
    "log of one minus": lambda a, b: np.log(1 - a) + b,
    "log cosh": lambda a, b: np.log(np.cosh(a)) + b,
    "softplus": lambda a, b: np.log(1 + np.exp(a)) + b,
    "expm1": lambda a, b: np.exp(a) - 1 + b,
    "sigmoid": lambda a, b: 1 / (1 + np.exp(a)) + 1 / (1 + np.exp(-b)),
    "complements": lambda a, b: 1 - special.expit(a) + (1 - special.ndtr(a)) + b,
    "log of complement": lambda a, b: np.log1p(-special.expit(a)) + b,
    "not not": lambda a, b: np.logical_not(np.logical_not(a)) + b,
}
WHOLE = np.array([0, 1, -1, 3, 127, -128, 100])
BROKEN = np.array([0.0, -0.0, 1.0, -3.0, np.inf, -np.inf, np.nan])


def both_ways(f, a, b):
    """The value as written, and that of the simplified graph."""
    x, y = (cr.variable(name, shape=v.shape, dtype=v.dtype) for name, v in (("x", a), ("y", b)))
    g = cr.Graph(inputs=[x, y], outputs=[f(x, y)])
    with np.errstate(all="ignore"):
        return np.asarray(g(a, b)), np.asarray(g.simplified()(a, b))


@pytest.mark.parametrize("name", sorted(OF_TWO))
@pytest.mark.parametrize("left", ["int8", "uint8", "int32", "uint32", "uint64", "float32", "float64"])
def test_no_value_and_no_type_changes(name, left):
    for right in ("int8", "uint8", "uint32", "float64"):
        a = (BROKEN if left.startswith("float") else WHOLE).astype(left)
        b = np.roll(WHOLE, 3).astype(right)
        plain, simple = both_ways(OF_TWO[name], a, b)
        assert (simple.dtype, simple.shape) == (plain.dtype, plain.shape)
        kept = np.isfinite(plain) | ~np.isfinite(simple)  # better is allowed: finite where it was not
        accuracy = max(np.finfo(np.exp(np.zeros((), t)).dtype).eps for t in (left, right))  # of what both are taken in
        np.testing.assert_allclose(simple[kept], plain[kept], rtol=4 * accuracy, atol=4 * accuracy)


@pytest.mark.parametrize(
    "f",
    [
        lambda a, b: a + 0.0,
        lambda a, b: 0 + a,
        lambda a, b: a - -0.0,
        lambda a, b: a + np.array([0.0, -0.0]),
        lambda a, b: a - 0.0,
        lambda a, b: a + -0.0,
        lambda a, b: a * 1 - (-b),
    ],
)
def test_zeros_keep_their_signs(f):
    for a in (np.array([-0.0, 0.0]), np.array([0.0, -0.0])):
        plain, simple = both_ways(f, a, np.array([-0.0, -0.0]))
        np.testing.assert_array_equal(np.signbit(simple), np.signbit(plain))


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
    "log of a mean": (
        lambda x: np.log(np.mean(np.exp(x[[0, 1, 1]]))),
        [1000.0, 999.0],
        lambda a, b: mpmath.log((mpmath.exp(a) + 2 * mpmath.exp(b)) / 3),
    ),
    "log of a sum of two": (
        lambda x: np.log(np.exp(x[0]) + np.exp(x[1])),
        [-1000.0, -999.0],
        lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b)),
    ),
    "likelihood of a label": (
        lambda x: -np.mean(np.log((np.exp(x) / np.sum(np.exp(x)))[None][np.arange(1), np.array([1])])),
        [900.0, -900.0],
        lambda a, b: mpmath.log(mpmath.exp(a) + mpmath.exp(b)) - b,
    ),
    "small log cosh": (
        lambda x: np.sum(np.log(np.cosh(x))),
        [1e-9, -2e-12],
        lambda a, b: sum(mpmath.log(mpmath.cosh(t)) for t in (a, b)),
    ),
    "length": (lambda x: np.sqrt(x @ x), [3e-170, 4e-170], lambda a, b: mpmath.sqrt(a * a + b * b)),
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


@pytest.mark.parametrize("f", [lambda x: np.sqrt(x @ x), lambda x: np.sqrt(np.sum(x * x))])
def test_lengths_at_zero(f):
    np.testing.assert_array_equal(cr.grad(f)(np.zeros(3)), np.zeros(3))


def test_log_cosh_is_smooth_at_zero():
    """By the series x^2 / 2 - x^4 / 12."""
    np.testing.assert_allclose(cr.hessian(lambda x: np.sum(np.log(np.cosh(x))))(np.zeros(2)), np.eye(2))
