"""First causes of nan and inf, forward and backward, their poison, their cures; and slopes that zero absorbs."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr

from .programs import found, kinds, line_of, planted

# Forward


def test_log_of_zero():
    def loss(p):
        q = p * 1.0
        return -np.mean(np.log(q))

    p = np.full((5, 8), 0.5)
    p[3, 7] = 0.0
    finding = planted(loss, p, kind="non-finite", at="np.log")
    assert finding.message == (
        "first cause: log of q gives -inf at [3, 7], where q is 0.0 (1 of 40 entries); it reaches the output"
    )
    assert finding.inputs == (
        f"q (5, 8) float64, min 0.0 at [3, 7], max 0.5 at [0, 0], made by multiply at "
        f"test_nonfinite.py:{line_of(loss, 'q = p')}",
    )
    assert (finding.operation, finding.index, finding.reaches_output) == ("log", (3, 7), True)
    assert finding.cure == "np.log(np.maximum(q, 1e-12)), bounded from below"


def test_a_cure_keeps_the_value_finite_where_it_is_offered():
    def entropy(y, p):
        return -np.sum(y * np.log(p))

    y, p = np.array([0.0, 1.0]), np.array([0.0, 0.5])
    finding = planted(entropy, y, p, kind="non-finite", at="np.log")
    assert finding.cure == "scipy.special.xlogy(y, p)"
    other = planted(entropy, 1 - y, p, kind="non-finite", at="np.log")  # here 1 * log(0) is meant
    assert other.cure == "np.log(np.maximum(p, 1e-12)), bounded from below"


def test_log_of_a_negative_number_has_no_cure_that_one_could_compute():
    def f(x):
        return np.sum(np.log(x))

    finding = planted(f, np.array([1.0, -2.0]), kind="non-finite", at="np.log")
    assert "log of x gives nan at [1], where x is -2.0" in finding.message
    assert finding.cure is None


def test_exp_that_overflows_in_a_softmax():
    def f(z):
        e = np.exp(z)
        return np.sum((e / np.sum(e, axis=1, keepdims=True)) ** 2)

    finding = planted(f, np.array([[1.0, 800.0], [0.0, 1.0]]), kind="non-finite", at="np.exp")
    assert "exp of z gives inf at [0, 1], where z is 800.0 (1 of 4 entries); it reaches the output" in finding.message
    assert finding.cure == "np.exp(z - np.max(z, axis=1, keepdims=True))"
    assert len(finding.poisoned) == 5


def test_exp_that_overflows_in_a_log_sum_exp():
    def f(z):
        return np.sum(np.log(np.sum(np.exp(z), axis=0)))

    finding = planted(f, np.array([[1.0, 800.0], [0.0, 1.0]]), kind="non-finite", at="np.exp")
    assert finding.cure == "np.logaddexp.reduce(z, axis=0)"


def test_exp_that_overflows_in_a_softplus():
    def f(z):
        return np.sum(np.log(1 + np.exp(z)))

    assert planted(f, np.array([800.0, 1.0]), kind="non-finite", at="np.exp").cure == "np.logaddexp(0, z)"


def test_log_of_a_softmax_that_underflows():
    def f(z):
        e = np.exp(z - np.max(z, axis=1, keepdims=True))
        p = e / np.sum(e, axis=1, keepdims=True)
        return -np.mean(np.log(p[:, 0]))

    finding = planted(f, np.array([[0.0, 800.0], [0.0, 1.0]]), kind="non-finite", at="np.log")
    assert "log of p[:, 0] gives -inf at [0]" in finding.message
    assert finding.cure.endswith(
        "np.logaddexp.reduce(z, axis=1, keepdims=True) for np.log(p), where z is z - np.max(z, axis=1, keepdims=True)"
    )


def test_log_of_a_sigmoid_that_underflows():
    def f(z):
        return -np.sum(np.log(1 / (1 + np.exp(-z))))

    diagnosis = cr.diagnose(f, np.array([-800.0, 1.0]))
    first, other = [finding for finding in diagnosis.findings if finding.kind == "non-finite"]
    assert first.operation == "log" and first.cure == "-np.logaddexp(0, -z)"
    assert other.operation == "exp" and other.severity == "note" and other.cure == "scipy.special.expit(z)"


def test_zero_by_zero():
    def f(a, b):
        return np.sum(a / b)

    finding = planted(f, np.array([0.0, 1.0]), np.array([0.0, 2.0]), kind="non-finite", at="a / b")
    assert "divide of a and b gives nan at [0], where a is 0.0 and b is 0.0 (1 of 2 entries)" in finding.message
    assert finding.cure.startswith("np.where(b == 0, 0, a / b)")


def test_sin_x_by_x():
    def f(x):
        return np.sum(np.sin(x) / x)

    assert planted(f, np.array([0.0, 1.0]), kind="non-finite", at="np.sin").cure == "np.sinc(x / np.pi)"


def test_square_root_of_what_rounding_made_negative():
    def f(x):
        return np.sum(np.sqrt(x))

    assert planted(f, np.array([4.0, -1e-17]), kind="non-finite", at="sqrt").cure == "np.sqrt(np.maximum(x, 0))"
    assert planted(f, np.array([4.0, -1.0]), kind="non-finite", at="sqrt").cure is None


def test_arccos_just_beyond_one():
    def angle(a, b):
        return np.arccos(np.sum(a * b))

    a = np.array([1.0, 1e-8])
    finding = planted(angle, a, np.array([1 + 1e-12, 0.0]), kind="non-finite", at="arccos")
    assert finding.cure == "np.arccos(np.clip(np.sum(a * b), -1, 1))"


def test_squares_that_overflow_under_a_root():
    def f(x, y):
        return np.sqrt(x**2 + y**2)

    finding = planted(f, 1e200, 1.0, kind="non-finite", at="sqrt")
    assert finding.cure == "np.hypot(x, y)"
    assert "gives inf, where x is 1e+200" in finding.message


def test_a_product_beyond_single_precision():
    def f(x):
        return np.sum(x @ x.T)

    finding = planted(f, np.full((2, 2), 1e25, np.float32), kind="non-finite", at="x @ x.T")
    assert "matrix product of x and x.T gives inf at [0, 0]" in finding.message
    assert finding.cure == "float64: the numbers go beyond float32"


def test_a_fractional_power_of_a_negative_number():
    def f(x):
        return np.sum(x**1.5)

    finding = planted(f, np.array([1.0, -1.0]), kind="non-finite", at="x**1.5")
    assert "power of x and 1.5 gives nan at [1], where x is -1.0" in finding.message


def test_arguments_that_are_not_finite():
    def f(tree, x):
        return np.sum(tree["w"] * x)

    finding = planted(f, {"w": np.ones(2), "v": 1.0}, np.array([1.0, np.nan]), kind="non-finite input")
    assert finding.message == "first cause: the argument x is nan at [1] (1 of 2 entries); it reaches the output"
    assert finding.variable == "x"


def test_a_captured_array_that_is_not_finite_is_found_where_it_is_used():
    data = np.array([[1.0, 2.0], [3.0, np.nan]])

    def f(w):
        return np.sum(data @ w)

    finding = planted(f, np.ones(2), kind="non-finite input", at="data @ w")
    assert "the captured array" in finding.message and "is nan at [1, 1]" in finding.message


def test_an_infinity_that_is_written_in_the_program_is_meant():
    def masked(x):
        z = np.where(np.array([True, True, False]), x, -np.inf)
        e = np.exp(z - np.max(z))
        return e[0] / np.sum(e)

    assert cr.diagnose(masked, np.array([1.0, 2.0, 3.0])).ok

    def all_masked(x):
        z = np.where(np.array([False, False]), x, -np.inf)
        return np.sum(np.exp(z - np.max(z)))

    finding = planted(all_masked, np.ones(2), kind="non-finite", at="z - np.max")
    assert "subtract of z and np.max(z) gives nan" in finding.message

    def infinite(x):
        return x * np.inf

    assert "the constant inf is inf" in planted(infinite, 2.0, kind="non-finite input", at="np.inf").message


def test_what_does_not_reach_the_output_is_a_note():
    def f(x):
        unused = 1 / (x - x)
        chosen = np.where(x > 0, np.log(x), 0.0)
        return np.sum(chosen) + 0 * np.sum(np.isnan(unused))

    diagnosis = cr.diagnose(f, np.array([1.0, 0.0]))
    assert diagnosis.ok
    messages = [finding.message for finding in diagnosis.findings if finding.kind == "non-finite"]
    assert len(messages) == 2 and all("it does not reach the output" in message for message in messages)


def test_of_several_causes_the_one_that_reaches_the_output_is_the_first():
    def f(x):
        harmless = np.where(x > 0, np.log(x), 0.0)
        harmful = np.sqrt(x)
        return np.sum(harmless) + np.sum(harmful)

    diagnosis = cr.diagnose(f, np.array([1.0, -1.0]))
    assert diagnosis.first_cause.operation == "sqrt"
    assert diagnosis.findings[0] is diagnosis.first_cause
    assert diagnosis.first_cause.origin.line == line_of(f, "np.sqrt")


def test_who_is_poisoned():
    def f(x):
        y = np.log(x)
        a = 2 * y
        b = np.exp(y)
        return np.sum(a) + np.sum(b)

    finding = planted(f, np.array([0.0, 1.0]), kind="non-finite", at="np.log")
    assert "a" in finding.poisoned and "b" not in finding.poisoned  # exp(-inf) is 0


def test_a_loop_tells_its_line_once():
    def f(x):
        total = 0.0
        for _ in range(20):
            total = total + np.log(x)
        return np.sum(total)

    finding = planted(f, np.zeros(2), kind="non-finite", at="np.log")
    assert finding.repeats == 20 and "(20 times on this line)" in str(finding)


# Backward


def test_the_slope_of_a_root_at_zero():
    def f(x, y):
        r = np.sqrt(x**2 + y**2)
        return np.sum(r)

    finding = planted(f, np.array([1.0, 0.0]), np.array([1.0, 0.0]), kind="non-finite gradient", at="np.sqrt")
    assert finding.message == (
        "first cause in the gradient: the slope of sqrt of x**2 + y**2 makes inf of a finite gradient at [1], "
        "where x**2 + y**2 is 0.0; it reaches the gradient by x, y"
    )
    assert finding.cure == "np.hypot(x, y), which has slope 0 at the origin"
    assert finding.poisoned == ("x", "y")


def test_the_slope_of_a_root_of_a_sum_of_squares():
    def f(x):
        return np.sqrt(np.sum(x**2))

    cure = planted(f, np.zeros(3), kind="non-finite gradient", at="np.sqrt").cure
    assert cure == "np.linalg.norm(x), which has slope 0 at the origin"


def test_the_slope_of_a_power_below_one():
    def f(x):
        return np.sum(x**0.3)

    finding = planted(f, np.array([0.0, 4.0]), kind="non-finite gradient", at="x**0.3")
    assert finding.cure.startswith("np.where(x > 0, x ** 0.3, 0)")


@pytest.mark.parametrize("other", [lambda x: np.where(x > 0, np.sqrt(x), 0), lambda x: np.where(x > 0, x**0.3, 0)])
def test_the_choice_that_is_offered_has_a_finite_gradient(other):
    diagnosis = cr.diagnose(lambda x: np.sum(other(x)), np.array([0.0, 4.0]))
    assert diagnosis.ok and kinds(diagnosis) == {"absorbed"}


def test_a_gradient_that_overflows_where_values_do_not():
    def f(x):
        y = x * 1e200
        return np.sum(y * 1e200)

    diagnosis = cr.diagnose(f, np.array([1e-100]))
    finding = found(diagnosis, "non-finite gradient")
    assert finding.origin.line == line_of(f, "y = x") and "makes inf of a finite gradient" in finding.message


def test_a_sum_of_gradients_that_overflows():
    def f(x):
        return np.sum(x * 1e308 + x * 1e308)

    finding = found(cr.diagnose(f, np.array([1e-3])), "non-finite gradient")
    assert "brings the gradient's sum to inf" in finding.message


def test_a_gradient_that_follows_from_a_value_is_no_second_cause():
    def f(x):
        return np.sum(np.log(x))

    assert kinds(cr.diagnose(f, np.array([0.0, 1.0]))) == {"non-finite"}


def test_a_gradient_that_a_hidden_infinity_spoils():
    def f(x):
        y = np.exp(x)
        return np.sum(1 / y + 0.0)

    diagnosis = cr.diagnose(f, np.array([-800.0, 1.0]))
    assert diagnosis.first_cause.operation == "divide"

    def hidden(x):
        y = np.exp(x)
        z = np.minimum(y, 10.0) + np.sum(np.where(y > 1e300, 0.0, y))
        return np.sum(z)

    assert cr.diagnose(hidden, np.array([800.0, 1.0])).ok


# Zero absorbs


def test_where_a_zero_absorbed_an_infinite_slope():
    def f(x):
        return np.sum(np.where(x > 0, np.sqrt(x), 0.0))

    diagnosis = cr.diagnose(f, np.array([[4.0, 0.0], [0.0, 1.0]]))
    finding = found(diagnosis, "absorbed")
    assert diagnosis.ok and finding.severity == "note"
    assert finding.message == (
        "a gradient of zero absorbs the slope of sqrt of x, which is not finite at [0, 1], where x is 0.0 "
        "(2 of 4 entries)"
    )
    assert finding.origin.line == line_of(f, "np.sqrt")
    assert np.array_equal(diagnosis.gradients["x"], [[0.25, 0.0], [0.0, 0.5]])


def test_a_zero_in_a_matrix_product_absorbs_too():
    def f(x):
        y = np.where(np.array([True, False]), np.array([[1.0, 2.0], [np.inf, 3.0]]).T @ x, 0.0)
        return np.sum(y)

    diagnosis = cr.diagnose(f, np.array([1.0, 0.0]))
    assert "absorbed" not in kinds(diagnosis)  # the infinite column meets the 1 of the first row

    def g(x):
        y = np.where(np.array([True, False]), np.array([[1.0, 2.0], [np.inf, 3.0]]) @ x, 0.0)
        return np.sum(y)

    assert "matrix product" in found(cr.diagnose(g, np.array([1.0, 1.0])), "absorbed").message


def test_zeros_that_meet_finite_slopes_are_no_news():
    def f(x):
        return np.sum(np.maximum(x, 0) ** 2)

    assert cr.diagnose(f, np.array([-1.0, 2.0])).findings == []
