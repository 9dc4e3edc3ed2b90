"""Random loops of several carries, rows and values from outside, some of them unused, against Python's own loops."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.api.plans import clear_plans
from chainrule.ops import loops

from .loop_programs import OURS, UNROLLED

UNARY = [np.sin, np.tanh, np.cos, lambda x: x * 0.5, lambda x: -x, cr.stop_gradient, lambda x: x, lambda x: x * x / 4]
BINARY = [np.add, np.multiply, np.subtract, np.maximum, lambda a, b: np.where(a > b, a, b * 0.5), lambda a, b: a]


def expressions(rng, names, depth):
    """A random expression: a function of a dict of arrays."""
    kind = rng.integers(4)
    if depth == 0 or kind == 0:
        name = names[rng.integers(len(names))]
        return lambda values: values[name]
    if kind == 1:
        f, a = UNARY[rng.integers(len(UNARY))], expressions(rng, names, depth - 1)
        return lambda values: f(a(values))
    f = BINARY[rng.integers(len(BINARY))]
    a, b = (expressions(rng, names, depth - 1) for _ in range(2))
    return lambda values: f(a(values), b(values))


def random_loop(seed):
    """A function of (loops, everything in one list), and that list."""
    rng = np.random.default_rng(seed)
    shared, carried, rows, given = (int(n) for n in rng.integers([0, 1, 0, 0], [3, 4, 3, 3]))
    length, reverse, inner = int(rng.integers(1, 5)), bool(rng.integers(2)), rng.integers(3)
    names = [f"{kind}{k}" for kind, n in (("w", shared), ("c", carried), ("x", rows)) for k in range(n)]
    steps = [expressions(rng, names, 3) for _ in range(carried)]
    outs = [expressions(rng, names, 2) for _ in range(given)]
    p = expressions(rng, names, 2)
    arrays = [rng.normal(size=2) for _ in range(shared + carried)] + [rng.normal(size=(length, 2)) for _ in range(rows)]
    used = rng.integers(2, size=carried + given)  # which results count
    used[rng.integers(carried)] = 1

    def f(do, arrays):
        ws, cs, xs = arrays[:shared], arrays[shared : shared + carried], arrays[shared + carried :]

        def values(c, x):
            return dict(zip(names, [*ws, *c, *x], strict=True))

        def step(c, x):
            new = [s(values(c, x)) for s in steps]
            if inner == 1:  # a branch within
                new = do.cond(p(values(c, x)).sum() > 0, lambda n: n, lambda n: [np.sin(e) for e in n], new)
            if inner == 2:  # a loop of its own length within
                new[0] = do.while_loop(lambda s: np.sum(s * s) > 1, lambda s: s * 0.7 + 0.01 * x0(c, x), new[0])
            return new, [o(values(c, x)) for o in outs]

        def x0(c, x):
            return next(iter(values(c, x).values()))

        cs, ys = do.scan(step, cs, xs, length=length, reverse=reverse)
        results = [*cs, *ys]
        return sum(np.sum(np.sin(r) * (1 + k)) for k, (r, on) in enumerate(zip(results, used, strict=True)) if on)

    return f, arrays, rng


def close(a, b):
    np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("seed", range(60))
def test_random_loops(seed):
    f, arrays, rng = random_loop(seed)
    wanted = sorted(rng.choice(len(arrays), size=rng.integers(1, len(arrays) + 1), replace=False).tolist())
    directions = [rng.normal(size=arrays[k].shape) for k in wanted]

    def of_wanted(do):
        def function(*chosen):
            replaced = list(arrays)
            for k, x in zip(wanted, chosen, strict=True):
                replaced[k] = x
            return f(do, replaced)

        return function

    ours, unrolled = of_wanted(OURS), of_wanted(UNROLLED)
    chosen, numbers = [arrays[k] for k in wanted], tuple(range(len(wanted)))
    close(ours(*chosen), unrolled(*chosen))
    first = cr.grad(unrolled, numbers)(*chosen)
    for found, expected in zip(cr.grad(ours, numbers)(*chosen), first, strict=True):
        close(found, expected)
    close(
        cr.jvp(ours, chosen, directions)[1],
        sum(np.sum(g * d) for g, d in zip(first, directions, strict=True)),
    )
    graph = cr.trace(ours, *chosen)
    table = graph.backward(graph.forward(*chosen))
    for x, expected in zip(graph.inputs, first, strict=True):
        close(table[x], expected)

    def along(function):
        def slope(*chosen):
            gradients = cr.grad(function, numbers)(*chosen)
            return sum(np.sum(g * d) for g, d in zip(gradients, directions, strict=True))

        return slope

    second = cr.grad(along(unrolled), numbers)(*chosen)
    for found, expected in zip(cr.grad(along(ours), numbers)(*chosen), second, strict=True):
        close(found, expected)
    for found, expected in zip(cr.jvp(cr.grad(ours, numbers), chosen, directions)[1], second, strict=True):
        close(found, expected)


@pytest.mark.parametrize("mode", ["pullback", "pushforward"])
def test_a_wrong_sign_is_found(monkeypatch, mode):
    """A mistake in either mode of the loop, in one argument or result of several."""
    right = getattr(loops.scan, mode)

    def wrong(*args, **parameters):
        results = list(right(*args, **parameters))
        for k, each in enumerate(results):
            if each is not None:
                results[k] = -1 * each
                break
        return results

    monkeypatch.setattr(loops.scan, mode, wrong)
    clear_plans()
    found = 0
    for seed in range(20):
        try:
            test_random_loops(seed)
        except AssertionError:
            found += 1
    clear_plans()
    assert found > 12
