"""What back-propagation costs: counted operations, not seconds."""

import numpy as np

import chainrule as cr
from chainrule import backprop, interpret
from chainrule.backprop.walk import back_propagation_steps
from chainrule.graph import consumers, operations


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
    table = {g.outputs[0].number: np.ones(())}
    with np.errstate(over="ignore"):  # 2^n, for large n
        count_ = sum(1 for _ in back_propagation_steps(g.data, values, table))
    return count_, table[g.inputs[0].number]


def naive_products(g):
    """What the recursion over all paths would multiply, counted by walking them."""
    children = consumers(g.data)

    def below(u):
        return sum(1 + below(child) for child, _ in children[u.number])

    return below(g.inputs[0])


def test_work_is_linear_where_the_naive_recursion_is_exponential():
    for n in range(1, 13):
        g = chain_of_reused_variables(n)
        values = interpret.forward_propagation(g.data, [1.0])
        gradient, naive = backprop.naive_gradient(g.data, values, g.outputs[0], g.inputs[0])
        linear, same = steps(g)
        assert linear == 2 * n
        assert naive == 2 ** (n + 1) - 2
        assert gradient == same == 2.0**n
    for n in (13, 16, 20):
        g = chain_of_reused_variables(n)
        assert (steps(g)[0], naive_products(g)) == (2 * n, 2 ** (n + 1) - 2)


def test_a_chain_of_100_000_takes_linear_work_and_no_recursion():
    for n in (1_000, 10_000):
        assert steps(chain_of_reused_variables(n))[0] == 2 * n
    counts = [count(chain_of_reused_variables(n).backprop(wrt=["x"], simplified=False)) / n for n in (1_000, 100_000)]
    assert counts[0] <= 5 and abs(counts[1] - counts[0]) < 0.01
