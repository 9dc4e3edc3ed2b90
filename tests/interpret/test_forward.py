"""Algorithm 6.1: any order that respects the parents, every value kept, one step at a time; and plans."""

import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, ShapeError
from chainrule.graph import ancestors, operations
from chainrule.interpret import Plan, evaluate, forward_propagation, steps


def example():
    x, w = cr.variable("x", shape=(3,)), cr.variable("w", shape=(3,))
    h = np.tanh(x * w)
    return cr.Graph([x, w], [np.sum(h), h / 2])


def random_legal_order(graph, rng):
    done, order, waiting = set(), [], list(graph.variables)
    while waiting:
        ready = [v for v in waiting if all(u.number in done for u in v.inputs)]
        v = ready[rng.integers(len(ready))]
        order.append(v)
        done.add(v.number)
        waiting.remove(v)
    return order


def test_every_value_in_random_legal_orders():
    g, rng = example(), np.random.default_rng(0)
    given = [np.array([1.0, 2.0, 3.0]), np.array([0.5, -1.0, 2.0])]
    reference = forward_propagation(g.data, given)
    assert sorted(reference) == list(range(len(g)))
    np.testing.assert_allclose(reference[g.outputs[1].number], np.tanh(given[0] * given[1]) / 2)
    orders = set()
    for _ in range(20):
        order = random_legal_order(g.data, rng)
        orders.add(tuple(v.number for v in order))
        values = forward_propagation(g.data, given, order)
        for number, value in reference.items():
            np.testing.assert_array_equal(values[number], value)
    assert len(orders) > 5


def test_steps_give_each_variable_once():
    g = example()
    seen = [v.number for v, _ in steps(g.data, [np.ones(3), np.ones(3)])]
    assert seen == list(range(len(g)))


def test_values_on_demand_compute_no_more_than_they_need():
    g = example()
    values = {v.number: np.ones(3) for v in g.inputs}
    first = next(v for v in g.variables if v.operation and v.operation.name == "tanh")
    evaluate([first], values)
    assert set(values) == {v.number for v in ancestors([first])}


def test_inputs_are_checked():
    g = example()
    with pytest.raises(ShapeError):
        forward_propagation(g.data, [np.ones(2), np.ones(3)])
    with pytest.raises(ArgumentError):
        forward_propagation(g.data, [np.ones(3)])


def test_plan_computes_what_interpretation_does():
    g = example()
    plan = Plan(g.data)
    for seed in range(3):
        given = list(np.random.default_rng(seed).normal(size=(2, 3)))
        values = forward_propagation(g.data, given)
        for v, result in zip(g.outputs, plan(given), strict=True):
            np.testing.assert_array_equal(result, values[v.number])


def test_a_long_plan_is_cut_into_functions():
    x = cr.variable("x", shape=(2,))
    y = x
    for _ in range(5_000):
        y = np.sin(y)
    g = cr.Graph([x], [y])
    plan = Plan(g.data)
    assert len(plan.careful.functions) > 1
    np.testing.assert_array_equal(plan([np.ones(2)])[0], g(np.ones(2)))
    assert sum(1 for _ in operations(g.data)) == 5_000


def test_zero_times_infinity_is_found_and_computed_with_care():
    """A plan multiplies plainly first; a nan at an output makes it compute again."""
    f = cr.grad(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0)))
    for _ in range(3):
        np.testing.assert_array_equal(f(np.array([0.0, 4.0])), [0.0, 0.25])
    with np.errstate(all="ignore"):
        assert np.isnan(cr.grad(lambda x: np.sum(np.sqrt(x)))(np.array([-1.0, 4.0]))).tolist() == [True, False]


def test_second_derivative_across_the_branch():
    """What the first derivative's absorbing zeros come to in the second."""
    f = cr.grad(lambda x: np.sum(cr.grad(lambda z: np.sum(np.where(z > 0, z**1.5, 0.0)))(x)))
    np.testing.assert_allclose(f(np.array([0.0, 4.0])), [0.0, 0.375])


def test_warnings_are_those_of_numpy_forwards_and_none_backwards():
    with pytest.warns(RuntimeWarning, match="divide by zero"):
        cr.value_and_grad(lambda x: np.sum(np.log(x)))(np.array([0.0, 1.0]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cr.value_and_grad(lambda x: np.sum(np.sqrt(x)))(np.array([0.0, 1.0]))
