"""Digits that can be trusted: bounds against runs in more digits, worked examples, and who is named for the loss."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule import interpret
from chainrule.api.digits import digits_of
from chainrule.errors import ArgumentError
from chainrule.health import Run
from chainrule.health.rounding import depth_in_pairs
from chainrule.testing import seeded_graph

from .programs import line_of

U = 2.0**-53


def holds(trusted):
    """Whether no error is beyond its bound; terms of second order are below a hundredth where two digits are left."""
    value = np.abs(trusted.value.reshape(-1)[trusted.entries])
    slack = 0.01 * trusted.bound + 2.0**-63 * value  # longdouble rounds too
    return bool(np.all((trusted.error <= trusted.bound + slack) | (trusted.bound >= 0.01 * value)))


@pytest.mark.parametrize("block", range(4))
def test_no_error_is_beyond_its_bound_in_random_graphs(block):
    compared = 0
    for number in range(12 * block, 12 * block + 12):
        case = seeded_graph((11, number), fewest=4, most=14)
        with np.errstate(all="ignore"):
            opened = interpret.Opened(case.graph, case.arrays)
        for trusted in digits_of("f", Run(opened.graph, opened.values, interpret.evaluate)):
            if trusted.error is not None and not trusted.flipped:
                assert holds(trusted), (number, trusted)
                compared += 1
    assert compared > 20


def test_a_worked_example():
    def f(a, b, c):
        return (a + b) * c

    output = cr.diagnose(f, 1.5, U, 3.0).digits["output"]
    # 1.5 + u rounds to 1.5: half a unit of it is u, times c; the product 4.5 may be off by half a unit, 4 u.
    assert output.bound[0] == 3 * U + 4 * U
    assert output.error[0] == 3 * U
    # Half a unit of 1.5 is u, of u is u^2, of 3 is 2 u; times their slopes.
    assert output.from_inputs[0] == 3 * U + 3 * U * U + 1.5 * 2 * U
    assert [(source.operation, source.share) for source in output.sources] == [("multiply", 4 / 7), ("add", 3 / 7)]


def test_what_is_exact_costs_nothing():
    def f(x, y):
        return np.sum(4.0 * (x - y) / 8.0)

    x, y = np.array([1.5, 3.0]), np.array([1.25, 2.0])  # halves and quarters, and Sterbenz's lemma
    assert cr.diagnose(lambda x, y: (x - y)[0] * 4.0 / 8.0, x, y).digits["output"].bound[0] == 0
    digits = cr.diagnose(f, x, y).digits
    assert digits["gradient by x"].digits == digits["gradient by y"].digits == -np.log10(2 * U)


@pytest.mark.parametrize("x", [np.float64(1e6) + np.arange(5.0), (np.float32(1e3) + np.arange(5, dtype=np.float32))])
def test_a_variance_by_two_means(x):
    def variance(x):
        return np.mean(x**2) - np.mean(x) ** 2

    output = cr.diagnose(variance, x).digits["output"]
    assert output.reference == ("longdouble" if x.dtype == np.float64 else "float64")
    assert holds(output)
    # Two numbers of size mean^2, each to within u, differ by 2: log10 of 1 / u less that of mean^2 / 2, and a bit.
    expected = -np.log10(np.finfo(x.dtype).eps / 2 * float(x[0]) ** 2 / 2)
    assert expected - 1.4 < output.digits < expected
    assert sum(source.share for source in output.sources) > 0.8
    assert output.sources[0].origin.line == line_of(variance, "np.mean(x**2)")
    assert cr.diagnose(np.var, x).digits["output"].digits > -np.log10(np.finfo(x.dtype).eps) - 2


def test_the_roots_of_a_quadratic_equation():
    def cancels(a, b, c):
        return (-b + np.sqrt(b * b - 4 * a * c)) / (2 * a)

    def keeps(a, b, c):
        return 2 * c / (-b - np.sqrt(b * b - 4 * a * c))

    lost, kept = (cr.diagnose(f, 1.0, 1e5, 1.0).digits["output"] for f in (cancels, keeps))
    assert lost.digits < 7 and kept.digits > 15 and holds(lost) and holds(kept)
    assert lost.actual_digits < 8 < kept.actual_digits
    assert lost.bound[0] > 1e8 * lost.from_inputs[0]  # the question is well-posed, the formula is not
    assert kept.bound[0] < 10 * kept.from_inputs[0]
    assert lost.sources[0].operation == "sqrt"


def test_a_system_of_equations_that_is_nearly_singular():
    n = 7
    hilbert = 1 / (np.arange(n)[:, None] + np.arange(n) + 1.0)

    def f(A, b):
        return np.sum(np.linalg.solve(A, b) ** 2)

    digits = cr.diagnose(f, hilbert, np.ones(n)).digits
    for trusted in digits:
        assert holds(trusted) and trusted.reference == "longdouble"
    output = digits["output"]
    condition = np.linalg.cond(hilbert)  # 5e8
    assert 16 - np.log10(condition) - 5 < output.digits < 16 - np.log10(condition) + 2
    assert output.sources[0].operation == "solve" and output.sources[0].origin.line == line_of(f, "solve")
    assert output.from_inputs[0] > output.error[0]  # ill-posed: no formula does better


@pytest.mark.parametrize("name", ["cholesky", "inv", "det", "slogdet"])
def test_factors_of_matrices(name):
    rng = np.random.default_rng(3)
    A = rng.normal(size=(6, 6))
    A = A @ A.T + 1e-3 * np.eye(6)
    function = getattr(np.linalg, name)
    digits = cr.diagnose(lambda A: np.sum(function(A)[1 if name == "slogdet" else ...]), A).digits
    assert all(trusted.error is not None and holds(trusted) and 3 < trusted.digits < 15.7 for trusted in digits)


def test_the_order_of_a_sum_counts():
    x = np.full((1000, 2), U)
    x[0] = 1.0  # 1 + u is 1 again and again, where one row is added after the other
    columns = cr.diagnose(lambda x: np.sum(x, axis=0), x).digits["output"]
    assert np.array_equal(columns.error, [999 * U, 999 * U]) and (columns.bound >= columns.error).all()
    in_pairs = cr.diagnose(np.sum, np.ascontiguousarray(x[:, 0])).digits["output"]
    assert in_pairs.error[0] < in_pairs.bound[0] < 40 * U


def test_additions_in_pairs():
    # 128 numbers are 8 sums of 16, of 15 additions each; 3 make one of them. Twice as many take one more.
    assert [depth_in_pairs(n) for n in (1, 2, 7, 8, 128, 256)] == [1, 2, 7, 3, 18, 19]


def test_what_more_digits_take():
    from_mpmath = cr.diagnose(lambda x: np.sum(np.tanh(x) / _gamma(x)), np.array([0.5, 3.2])).digits["output"]
    assert from_mpmath.reference == "longdouble, digamma, gamma by mpmath" and holds(from_mpmath)
    none = cr.diagnose(lambda A: np.sum(np.linalg.eigvalsh(A)), np.diag([1.0, 2.0])).digits["output"]
    assert none.error is None and none.reference.startswith("none (") and none.digits > 12
    assert none.assumed == ("eigh",)


def _gamma(x):
    return pytest.importorskip("scipy.special").gamma(x)


def test_a_comparison_that_more_digits_decide_otherwise():
    def f(x):
        return np.where(0.1 * x == 0.3, 1.0, x)

    output = cr.diagnose(f, 0.3 / 0.1).digits["output"]
    assert [text.partition(" at ")[0] for text in output.flipped] == ["equal"]
    assert "decided otherwise in more digits: equal" in str(cr.diagnose(f, 0.3 / 0.1).digits)


def test_the_steps_of_a_loop_bring_their_errors_one_by_one():
    def logistic(x):
        def step(x, _):
            y = 3.9 * x * (1 - x)
            return y, y

        return cr.scan(step, x, None, length=30)[0]

    output = cr.diagnose(logistic, 0.3).digits["output"]
    assert holds(output) and output.digits < 13  # chaos
    assert output.sources[0].origin.line == line_of(logistic, "y = 3.9") and output.sources[0].repeats > 20


def test_some_entries_of_a_large_gradient(monkeypatch):
    monkeypatch.setattr(sys.modules["chainrule.health.trusted"], "WORK", 50_000)
    x = np.random.default_rng(0).normal(size=1000)
    gradient = cr.diagnose(lambda x: np.sum(np.exp(x) ** 2), x).digits["gradient by x"]
    assert 5 < len(gradient.entries) < 50 and holds(gradient)
    assert np.argmax(np.abs(gradient.value)) in gradient.entries
    assert "entries)" in str(cr.diagnose(lambda x: np.sum(np.exp(x) ** 2), x).digits)


def test_what_has_no_digits():
    digits = cr.diagnose(lambda x: np.sum(np.log(x)), np.array([0.0, 1.0])).digits
    assert len(digits) == 0 and "not finite, so no digits: output, gradient by x" in str(digits)

    def fails(x):
        with np.errstate(all="ignore"):
            raise ValueError(f"not today: {np.log(x)}")

    with pytest.raises(ValueError, match="not today") as caught:
        cr.diagnose(fails, 0.0)
    with pytest.raises(ArgumentError, match="did not come to its end"):
        _ = caught.value.diagnosis.digits


def test_the_table_and_the_document():
    def f(x, y):
        return np.exp(x) - y

    digits = cr.diagnose(f, 1.0, 2.718281828).digits
    assert str(digits).splitlines()[0] == "digits to trust of f; the error is against longdouble"
    assert str(digits).splitlines()[3].startswith("output")
    assert f"exp at test_trusted.py:{line_of(f, 'np.exp')} (100%)" in str(digits)
    assert digits.to_document()[0]["digits"] == digits[0].digits and 5 < digits[0].digits < 7
    assert repr(digits).startswith("<digits of f: output 5.")
    with pytest.raises(KeyError, match="gradient by x"):
        digits["gradient by z"]


@pytest.mark.parametrize("add", [np.logaddexp, np.logaddexp2])
def test_a_sum_of_exponentials_keeps_its_digits_far_out(add):
    for x in (-700.0, -30.0, 0.3, 40.0):
        output = cr.diagnose(lambda x: add(0, x), x).digits["output"]
        assert holds(output) and output.digits > 12
    rough = cr.diagnose(lambda x: np.log(1 + np.exp(x)), -30.0).digits["output"]
    assert holds(rough) and rough.digits < 4
