"""Numbers that underflow, and differences that cancel."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr

from .programs import found, kinds, planted


def test_a_product_of_many_probabilities():
    def likelihood(p):
        return np.prod(p)

    finding = planted(likelihood, np.full(400, 0.1), kind="underflow", at="np.prod")
    assert finding.message == "prod of p is zero, of numbers that are not"


def test_a_product_of_small_factors():
    def f(a, b):
        return np.sum(a * b)

    finding = planted(f, np.full(3, 1e-200), np.full(3, 1e-200), kind="underflow", at="a * b")
    assert finding.message == "3 of 3 entries of multiply of a and b are zero, of numbers that are not at [0]"
    assert cr.diagnose(f, np.zeros(3), np.ones(3)).ok  # a zero that was zero before


def test_numbers_that_become_subnormal():
    def f(x):
        y = x * 1e-37
        return np.sum(y)

    finding = planted(f, np.full(4, 1e-3, np.float32), kind="underflow", at="y = x")
    assert "4 of 4 entries of multiply of x and 1e-37 are subnormal" in finding.message
    assert cr.diagnose(f, np.full(4, 1e-3)).ok


def test_exponentials_that_all_vanish():
    def f(x):
        return np.sum(np.exp(-x))

    assert planted(f, np.array([800.0, 900.0]), kind="underflow", at="np.exp").operation == "exp"
    assert cr.diagnose(f, np.array([1.0, 900.0])).ok  # a tail


def test_gradients_that_are_subnormal():
    def f(p):
        return np.sum(p["a"] * np.float32(1e-30)) * np.float32(1e-10) + np.sum(p["b"])

    tree = {"a": np.full(3, 1e6, np.float32), "b": np.ones(3, np.float32)}
    finding = found(cr.diagnose(f, tree), "underflow")
    assert finding.message == "100% of the gradient by p.a is subnormal in float32"


CANCELLING = {
    "one minus cosine": (lambda x: np.sum((1 - np.cos(x)) / x**2), np.array([1e-9, 2e-9]), "2 * np.sin(x / 2) ** 2"),
    "exponential minus one": (lambda x: np.sum((np.exp(x) - 1) / x), np.array([1e-10]), "np.expm1(x)"),
    "log of one plus": (lambda x: np.sum(np.log(1 + x) / x), np.array([1e-10]), "np.log1p(x)"),
    "one minus tanh squared": (lambda x: np.sum(1 - np.tanh(x) ** 2), np.array([18.0]), "1 / np.cosh(x) ** 2"),
    "roots": (
        lambda x: np.sum((np.sqrt(x + 1) - np.sqrt(x)) * np.sqrt(x)),
        np.array([1e15]),
        "(x - y) / (np.sqrt(x) + np.sqrt(y)) for x = x + 1, y = x",
    ),
    "variance": (lambda x: np.mean(x**2) - np.mean(x) ** 2, 1e8 + np.array([1.0, 2.0, 3.0]), "np.var(x)"),
}


@pytest.mark.parametrize("name", CANCELLING)
def test_a_difference_that_loses_its_digits(name):
    f, x, cure = CANCELLING[name]
    finding = planted(f, x, kind="cancellation")
    assert finding.severity == "warning" and "cancels" in finding.message
    assert finding.cure == cure


def test_the_message_of_a_cancellation():
    def elapsed(start, end):
        return end - start

    finding = planted(elapsed, 1.7e9, 1.7e9 + 0.1, kind="cancellation", at="end - start")
    assert finding.message.startswith("subtract of end and start cancels; the output changes by 4e-06 of itself")


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.sum((x - np.max(x)) ** 2),  # exact
        lambda x: np.sum((x - 1.0 * x) ** 2),  # a perfect fit
        lambda x: np.sum(np.exp(x) - 1),
        lambda x: np.sum(np.log(1 + x)),
        lambda x: np.var(x),
    ],
)
def test_differences_that_keep_their_digits(f):
    assert cr.diagnose(f, np.array([1.0, 2.0, 4.0])).ok
    assert cr.diagnose(f, np.array([2.0])).ok


def test_what_cancels_without_moving_the_output_is_a_note():
    def newton(a):
        x = a
        for _ in range(8):
            x = x - (x * x - a) / (2 * x)
        return x

    diagnosis = cr.diagnose(newton, 2.0)
    assert diagnosis.ok and kinds(diagnosis) <= {"cancellation"}


def test_single_precision_has_its_own_limit():
    def f(x):
        return np.sum((np.exp(x) - np.float32(1)) / x)

    assert found(cr.diagnose(f, np.array([1e-5], np.float32)), "cancellation").severity == "warning"
    assert cr.diagnose(f, np.array([1e-5])).ok


def test_a_buffer_that_is_filled_later_has_no_digits_to_lose():
    def f(x):
        y = np.empty(3)
        y[:] = 5e-324  # as memory may hold
        for k in range(3):
            y[k] = x[k] ** 2
        return np.sum(y)

    assert cr.diagnose(f, np.ones(3)).findings == []
