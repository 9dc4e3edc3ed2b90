"""What back-propagation costs: counted operations, not seconds."""

import numpy as np

import chainrule as cr
from chainrule import backprop, interpret
from chainrule.backprop.walk import back_propagation_steps
from chainrule.graph import operations


def count(graph):
    return sum(1 for _ in operations(graph.data))


def net(depth):
    x = cr.variable("x", shape=(8, 10))
    weights = [cr.variable(f"W{k}", shape=(10, 10)) for k in range(depth)]
    biases = [cr.variable(f"b{k}", shape=(10,)) for k in range(depth)]
    h = x
    for W, b in zip(weights, biases, strict=True):
        h = np.tanh(h @ W + b)
    g = cr.Graph([x, *weights, *biases], [np.sum(h * h)])
    return g, [f"W{k}" for k in range(depth)] + [f"b{k}" for k in range(depth)]


def test_backward_graph_of_a_deep_net_is_a_small_multiple_of_the_forward_graph():
    g, parameters = net(50)
    forward = count(g)
    for simplified in (False, True):
        both = count(g.backprop(wrt=parameters, simplified=simplified))
        assert both - forward <= 5 * forward, (forward, both)


def chain_of_reused_variables(n):
    """u -> u * u, n times: 2^n paths from the input to the output."""
    x = cr.variable("x")
    u = x
    for _ in range(n):
        u = u * u
    return cr.Graph([x], [u])


def steps(g):
    """Contributions that Algorithm 6.2 adds to its grad_table."""
    values = interpret.forward_propagation(g.data, [1.0])
    table = {g.outputs[0].number: 1.0}
    return sum(1 for _ in back_propagation_steps(g.data, values, table)), table[g.inputs[0].number]


def test_work_is_linear_where_the_naive_recursion_is_exponential():
    for n in range(1, 13):
        g = chain_of_reused_variables(n)
        values = interpret.forward_propagation(g.data, [1.0])
        gradient, naive = backprop.naive_gradient(g.data, values, g.outputs[0], g.inputs[0])
        linear, same = steps(g)
        assert linear == 2 * n
        assert naive == 2 ** (n + 1) - 2
        assert gradient == same == 2.0**n


def test_a_chain_of_100_000_takes_linear_work_and_no_recursion():
    sizes = [1_000, 10_000, 100_000]
    counts = []
    for n in sizes:
        g = chain_of_reused_variables(n)
        counts.append(steps(g)[0])
        assert count(g.backprop(wrt=["x"], simplified=False)) <= 5 * n
    assert counts == [2 * n for n in sizes]
