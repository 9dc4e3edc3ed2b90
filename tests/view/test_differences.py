"""Rules are compared with differences where that was asked for: right ones pass, wrong ones do not."""

import json

import numpy as np
import pytest

import chainrule as cr
from chainrule.view.differences import checks

from .graphs import FIXTURES


def checked(f, *arguments):
    """The checks of the last operation."""
    graph = cr.trace(f, *arguments)
    with np.errstate(all="ignore"):
        values = graph.forward(*arguments)
    return checks(graph.outputs[0], values.by_number)


@pytest.mark.parametrize("name", ["tiny", "mlp", "dead", "wide"])
def test_rules_of_healthy_graphs_agree_with_differences(name):
    graph, arguments = FIXTURES[name]()
    found = json.loads(graph.to_view(values=graph.forward(*arguments), check=True))
    assert all(edge["check"]["passed"] for edge in found["edges"])
    assert max(edge["check"]["error"] for edge in found["edges"]) < 1e-7


def test_a_wrong_rule_is_found():
    """The slope of x^3 is given as 3 x: at 3 that is 9 instead of 27."""
    wrong = cr.operation("cube_with_a_wrong_slope", lambda x: x**3, slopes=lambda y, x: 3.0 * x)
    (found,) = checked(wrong, np.array([3.0]))
    assert not found["passed"] and found["error"] == pytest.approx(18 / 27)


def test_an_argument_that_is_used_twice_is_moved_in_one_place_only():
    first, second = checked(lambda x: x * x, np.array([3.0, -1.0]))
    assert first["passed"] and second["passed"]


def test_single_precision_has_a_tolerance_of_its_own():
    (found,) = checked(np.tanh, np.array([0.5, -0.25], np.float32))
    assert found["passed"] and found["tolerance"] == 1e-2


@pytest.mark.parametrize(
    "f, x, because",
    [
        (np.abs, [0.0, 1.0], "a kink is at this point"),
        (np.log, [0.0, 1.0], "beside this point the result is not finite"),
        (lambda x: np.sum(x) + 1e12, [1.0], "rounding hides what small changes do"),
    ],
)
def test_where_differences_tell_nothing_there_is_the_reason(f, x, because):
    assert checked(f, np.array(x))[0] == {"because": because}


def test_near_the_border_of_a_domain_small_steps_are_taken():
    (found,) = checked(np.log, np.array([1e-9, 5.0]))
    assert found["passed"]


def test_checking_needs_values():
    graph, _ = FIXTURES["tiny"]()
    with pytest.raises(cr.errors.ArgumentError, match="no values are given"):
        graph.to_html(check=True)
    with pytest.raises(cr.errors.ArgumentError, match="no values are given"):
        graph.to_view(check=True)
