"""Programs that ask for what is not there: a value in a body, a derivative by an integer, an array of another trace."""

from __future__ import annotations

import numpy as np

import chainrule as cr
from chainrule.errors import (
    ChainruleError,
    ControlFlowError,
    DtypeError,
    ForeignVariableError,
    MutationError,
    ShapeError,
    TraceError,
)

from .table import cure_of, refused

V = np.array([0.7, 1.3, 2.1])


def plainly(program):
    """For programs that call a transform by themselves."""
    return program


@refused(ControlFlowError, V, what="in the body of cr.scan", wanted="np.where(p, a, b)")
def bouncing_ball(x):
    """A branch in the body of a scan."""

    def step(state, _):
        height, speed = state
        if height < 0:  # here
            speed = -0.9 * speed
        return (height + 0.1 * speed, speed - 0.98), None

    (height, _), _ = cr.scan(step, (x[0], x[1]), None, length=5)
    return height


@cure_of(bouncing_ball)
def _(x):
    def step(state, _):
        height, speed = state
        speed = np.where(height < 0, -0.9 * speed, speed)
        return (height + 0.1 * speed, speed - 0.98), None

    (height, _), _ = cr.scan(step, (x[0], x[1]), None, length=5)
    return height


@refused(ControlFlowError, V, what="in the body of cr.while_loop", wanted="NumPy's functions instead of Python's")
def newton_with_float(x):
    """A float within a loop of Newton's method."""

    def step(guess):
        residual = guess**2 - x[0]
        return guess - float(residual) / (2 * guess)  # here

    root = cr.while_loop(lambda guess: abs(guess**2 - x[0]) > 1e-9, step, x[0])
    return root


@cure_of(newton_with_float)
def _(x):
    def step(guess):
        residual = guess**2 - x[0]
        return guess - residual / (2 * guess)

    root = cr.while_loop(lambda guess: abs(guess**2 - x[0]) > 1e-9, step, x[0])
    return root


@refused(ControlFlowError, V, what="in the body of cr.fori_loop", wanted="np.where(p, a, b)")
def selected_entries(x):
    """A mask in the body of a loop: how many entries are there?"""

    def step(k, total):
        large = x * total > k
        return total + np.sum(x[large])  # here

    return cr.fori_loop(0, 3, step, x[0])


@cure_of(selected_entries)
def _(x):
    def step(k, total):
        large = x * total > k
        return total + np.sum(np.where(large, x, 0.0))

    return cr.fori_loop(0, 3, step, x[0])


@refused(ControlFlowError, V, what="in the body of cr.cond", wanted="cr.cond(p, f, g, *args)")
def branch_in_a_branch(x):
    def left(z):
        while z > 1:  # here
            z = z / 2
        return z

    return cr.cond(x[0] > 0, left, lambda z: z, x[2])


@refused(
    MutationError,
    V,
    what="changes an array that was made outside",
    try_="y = y.copy() in the body, and return y as a part of the carry",
)
def trajectory_from_outside(x):
    """A body that fills an array of the function around it."""
    path = np.zeros(4)

    def step(k, state):
        path[k] = state  # here
        return state * x[1]

    last = cr.fori_loop(0, 4, step, x[0])
    return np.sum(path) + last


@cure_of(trajectory_from_outside)
def _(x):
    def step(k, carry):
        state, path = carry
        path = path.copy()
        path[k] = state
        return state * x[1], path

    last, path = cr.fori_loop(0, 4, step, (x[0], np.zeros(4)))
    return np.sum(path) + last


@refused(ChainruleError, V, what="belongs to", try_="return it")
def list_from_a_body(x):
    """What a body has put into a list."""
    seen = []

    def step(state, _):
        seen.append(state * 2)
        return state * x[0], None

    last, _ = cr.scan(step, x[1], None, length=3)
    return last + seen[0]  # here


@cure_of(list_from_a_body)
def _(x):
    def step(state, _):
        return state * x[0], state * 2

    last, seen = cr.scan(step, x[1], None, length=3)
    return last + seen[0]


@refused(ShapeError, V, what="the carry of cr.scan changes its shape", wanted="a carry of the same shapes")
def growing_carry(x):
    """A carry that grows."""

    def step(path, _):
        return np.append(path, path[-1] * x[0]), None

    path, _ = cr.scan(step, x[:1], None, length=3)  # here
    return np.sum(path)


@cure_of(growing_carry)
def _(x):
    def step(state, _):
        state = state * x[0]
        return state, state

    _, path = cr.scan(step, x[0], None, length=3)
    return x[0] + np.sum(path)


class Recorder:
    """Keeps the last state that it has seen."""

    last = None

    def __call__(self, x):
        self.last = np.sin(x)
        return np.sum(self.last)


RECORDER = Recorder()


@refused(TraceError, V, transform=plainly, what="after the function that made it has returned", try_="has_aux=True")
def used_after_the_trace(x):
    cr.grad(RECORDER)(x)
    return np.sum(RECORDER.last)  # here


@refused(
    TraceError, V, transform=plainly, what="after the function that made it has returned", wanted="by being returned"
)
def generator_that_outlives(x):
    """A generator that goes on after its function has returned."""
    kept = []

    def squares(z):
        for each in z:  # here
            yield each**2

    def first(z):
        kept.append(squares(z))
        return next(kept[0])

    cr.grad(first)(x)
    return next(kept[0])


@refused(DtypeError, V, transform=plainly, what="an argument of dtype int64: n", try_="np.asarray(n, dtype=float)")
def integer_argument(x):
    count = np.array([1, 2, 3])
    weights = np.exp(count)
    return cr.grad(lambda n: np.sum(n * weights))(count)  # here


@cure_of(integer_argument)
def _(x):
    count = np.array([1, 2, 3])
    weights = np.exp(count)
    return cr.grad(lambda n: np.sum(n * weights))(np.asarray(count, dtype=float))


@refused(ShapeError, V, transform=plainly, what="the gradient is that of a scalar", try_="cr.jacobian(f)")
def vector_valued(x):
    """A gradient of what is no scalar."""
    return cr.grad(lambda z: np.sin(z) * 2)(x)  # here


@cure_of(vector_valued)
def _(x):
    return cr.jacobian(lambda z: np.sin(z) * 2)(x).todense()


@refused(DtypeError, V, transform=plainly, what="a result of dtype int64", wanted="a floating or complex dtype")
def integer_result(x):
    large = 1.0
    return cr.grad(lambda z: np.sum(z > large))(x)  # here


@refused(DtypeError, V, transform=plainly, what="type str: p['name']", wanted="a floating or complex dtype")
def text_among_the_parameters(x):
    parameters = {"name": "first", "weight": 2.0}
    return cr.grad(lambda p: p["weight"] ** 2)(parameters)  # here


@refused(ShapeError, V, transform=plainly, what="loss returns None", wanted="a function that returns")
def missing_result(x):
    """A function that forgets to return."""

    def loss(z):
        np.sum(z**2)

    return cr.grad(loss)(x)  # here


@refused(ForeignVariableError, V, what="another graph", wanted="variables of one graph")
def symbolic_weight(x):
    """A variable of a graph in a function that is traced."""
    weight = cr.variable("weight", shape=())
    shifted = x - 1.0
    return np.sum(weight * shifted)  # here
