"""Programs with loops, each written with the loops of chainrule and with Python's own."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import chainrule as cr
from chainrule import tree


class Loops(NamedTuple):
    """The functions that a program is written with."""

    scan: Callable[..., Any]
    fori_loop: Callable[..., Any]
    while_loop: Callable[..., Any]
    cond: Callable[..., Any]


def unrolled_scan(f, carry, xs, length=None, reverse=False):
    rows, again = tree.flatten(xs)
    count = len(rows[0]) if rows else length
    ys: list[Any] = [None] * count
    for k in reversed(range(count)) if reverse else range(count):
        carry, ys[k] = f(carry, again([row[k] for row in rows]))
    stacked = [np.stack(column) for column in zip(*(tree.flatten(y)[0] for y in ys), strict=True)]
    return carry, tree.flatten(ys[0])[1](stacked)


def unrolled_fori(n0, n1, body, state):
    for i in range(n0, n1):
        state = body(i, state)
    return state


def unrolled_while(test, body, state):
    while test(state):
        state = body(state)
    return state


OURS = Loops(cr.scan, cr.fori_loop, cr.while_loop, cr.cond)
UNROLLED = Loops(unrolled_scan, unrolled_fori, unrolled_while, lambda p, f, g, *args: f(*args) if p else g(*args))
rng = np.random.default_rng(0)
PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {}


def program(*args):
    def declare(f):
        PROGRAMS[f.__name__] = f, args
        return f

    return declare


@program(rng.normal(size=3), rng.normal(size=(5, 3)))
def cumulative_products(do, c, xs):
    c, ys = do.scan(lambda c, x: (c * x, np.sin(c) + x), c, xs)
    return np.sum(c) + np.sum(ys * ys)


@program(rng.normal(size=(3, 3)), rng.normal(size=(2, 3)), rng.normal(size=3), rng.normal(size=(6, 2)))
def recurrent_net(do, W, U, b, xs):
    def cell(h, x):
        h = np.tanh(h @ W + x @ U + b)
        return h, h.sum()

    h, ys = do.scan(cell, np.zeros(3), xs)
    return h @ h + (ys**2).sum()


@program(0.7, np.array([1.0, 0.5]))
def pendulum(do, k, y):
    def slope(y):
        return np.stack([y[1], -k * np.sin(y[0])])

    def step(y, dt):
        a = slope(y)
        b = slope(y + dt / 2 * a)
        c = slope(y + dt / 2 * b)
        d = slope(y + dt * c)
        return y + dt / 6 * (a + 2 * b + 2 * c + d), y[0]

    y, angles = do.scan(step, y, np.full(7, 0.1))
    return np.sum(y**2) + np.sum(angles)


@program(2.0, 1.5)
def newton(do, a, x):
    def off(s):
        return abs(s[0] ** 3 - a) > 1e-13

    x, _ = do.while_loop(off, lambda s: (s[0] - (s[0] ** 3 - a) / (3 * s[0] ** 2), s[1] + 1), (x, 0))
    return x * a


@program(rng.normal(size=4))
def polynomial(do, c):
    return do.fori_loop(0, 4, lambda i, s: s * 0.3 + c[i] * (i + 1), 0.0) ** 2


@program(rng.normal(size=5))
def reversed_sum(do, x):
    total, ys = do.scan(lambda c, row: (c * 0.9 + row, c), 0.0, x, reverse=True)
    return total**2 + np.sum(np.sin(ys))


@program(0.3, 1.1)
def without_rows(do, a, x):
    x, ys = do.scan(lambda c, _: (c + a * np.sin(c), {"now": c}), x, None, length=5)
    return x + np.prod(ys["now"])


@program(rng.normal(size=(3, 4)), 0.4)
def nested(do, A, a):
    def inner(c, x):
        return c * a + np.sin(x), c * x

    def outer(c, row):
        last, ys = do.scan(inner, c, row)
        return last, ys.sum()

    c, ys = do.scan(outer, a, A)
    return c * ys.sum()


@program(rng.normal(size=6), 0.8)
def branch_in_scan(do, x, a):
    def step(c, x):
        c = do.cond(x > 0, lambda c: c * np.exp(a * x), lambda c: c - a * x**2, c)
        return c, c

    c, ys = do.scan(step, 1.0, x)
    return c + ys.sum()


@program(np.array([0.5, 2.0, 3.0]), 1.3)
def while_in_scan(do, xs, a):
    def step(c, x):
        x = do.while_loop(lambda s: s > 1, lambda s: s * 0.5 * a * 0.7, x)
        return c * x + a, x

    c, ys = do.scan(step, 0.5, xs)
    return c + ys.sum()


@program({"x": rng.normal(size=2), "v": [rng.normal(size=2), 0.1]}, rng.normal(size=(4, 2)))
def trees(do, state, forces):
    def step(s, f):
        v, w = s["v"]
        v = v - 0.1 * np.sin(s["x"]) + f["f"] * w
        return {"x": s["x"] + 0.1 * v, "v": [v, w * 0.9]}, (v, {"e": (v**2).sum()})

    state, (vs, more) = do.scan(step, state, {"f": forces})
    return (state["x"] ** 2).sum() + (vs**3).sum() + more["e"].sum() + state["v"][1]


@program(rng.normal(size=(3, 3)))
def power_iteration(do, A):
    S = A + A.T

    def step(_, v):
        v = S @ v
        return v / np.sqrt(v @ v)

    v = do.fori_loop(0, 6, step, np.ones(3))
    return v @ S @ v


@program(1.2)
def gradient_within(do, a):
    """A loop that goes down a gradient: a gradient of a scan within a scan."""

    def energy(x):
        c, _ = do.scan(lambda c, w: (c + w * np.cos(a * c), None), x, np.array([0.3, 0.2]))
        return c**2

    x, _ = do.scan(lambda x, _: (x - 0.1 * cr.grad(energy)(x), None), 0.7, None, length=3)
    return x * a


@program(rng.normal(size=4), rng.normal(size=4))
def filling(do, x, y):
    def step(i, out):
        out = out.copy()
        out[i] = x[i] * y[-1 - i] + out[i - 1]
        return out

    return np.sum(do.fori_loop(1, 4, step, x) ** 2)


@program(0.9, rng.normal(size=(2, 3)))
def constants_between(do, a, x):
    """Integers and booleans among what is carried, and what no derivative reaches."""

    def step(s, row):
        k, seen, c = s
        c = np.where(seen, c * a, c + row.sum() * k)
        return (k + 1, np.logical_not(seen), c), k

    (k, _, c), ks = do.scan(step, (0, False, 1.0), x)
    return c * (k + ks.sum())


def flat(f, args):
    """A program as a function of one vector, its arguments, and that vector."""
    leaves, again = tree.flatten(args)
    sizes = [math.prod(np.shape(leaf)) for leaf in leaves]
    ends = np.cumsum([0, *sizes])

    def function(v):
        parts = [
            v[a:b].reshape(np.shape(leaf)) if np.ndim(leaf) else v[a]
            for a, b, leaf in zip(ends, ends[1:], leaves, strict=False)
        ]
        return f(*again(parts))

    return function, np.concatenate([np.ravel(leaf) for leaf in leaves])
