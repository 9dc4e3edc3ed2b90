"""Random programs with branches and loops: on every path a compiled one gives what the plain one gives."""

import random

import numpy as np
import pytest

import chainrule as cr


def random_source(seed):
    """A function of x and y: some statements, branches on what they have made, loops until something is small."""
    choose = random.Random(seed)
    lines = ["def f(x, y):", "    a, b, c, n = x * 1.5, np.tanh(y), x + y[0], 0"]

    def expression():
        u, v = choose.choice("abcxy"), choose.choice("abcxy")
        return choose.choice(
            [
                f"{u} + {v}",
                f"{u} * np.tanh({v})",
                f"np.sin({u}) - {v} / 3",
                f"np.maximum({u}, {v})",
                f"np.where({u} > {v}, {u}, 0.5 * {v})",
                f"{u}[::-1] * 0.7",
                f"{u} - np.mean({v})",
                f"np.sort({u}) * {choose.uniform(0.5, 1):.2f}",
                f"np.zeros(3) + {u}[{choose.randrange(3)}]",
                f"{u} @ W * 0.5",
            ]
        )

    def block(depth, indent):
        for _ in range(choose.randint(1, 3)):
            kind = choose.random()
            space = "    " * indent
            if kind < 0.5 or depth > 2:
                lines.append(f"{space}{choose.choice('abc')} = {expression()}")
            elif kind < 0.8:
                u, k = choose.choice("abc"), choose.randrange(3)
                test = choose.choice(
                    [f"{u}[{k}] > 0", f"np.sum({u}) > 0.3", f"np.argmax({u}) == {k}", f"n % 2 == {k % 2}"]
                )
                lines.append(f"{space}if {test}:")
                block(depth + 1, indent + 1)
                lines.append(f"{space}else:")
                block(depth + 1, indent + 1)
            elif kind < 0.9:
                u = choose.choice("abc")
                lines.append(f"{space}while np.max(np.abs({u})) > {choose.uniform(0.3, 1):.2f} and n < 6:")
                lines.append(f"{space}    {u} = {u} * 0.6 + 0.05 * {choose.choice('abc')}")
                lines.append(f"{space}    n += 1")
            else:
                u = choose.choice("abc")
                lines.append(f"{space}n += int(abs({u}[0]) * 2) % 3")
                lines.append(f"{space}{u}[{choose.randrange(3)}] = {choose.choice('abc')}[n % 3] * 2")

    for _ in range(4):
        block(0, 1)
    lines.append("    return np.sum(a * c) + b[n % 3], {'a': a, 'n': n, 'c': c[c > 0]}")
    return "\n".join(lines)


W = np.random.default_rng(5).normal(size=(3, 3))


def compared(got, wanted):
    for a, b in zip(got, wanted, strict=True):
        assert type(a) is type(b)
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("seed", range(25))
def test_random_programs(seed):
    global W
    namespace = globals()
    exec(compile(random_source(seed), f"<program {seed}>", "exec"), namespace)
    f = namespace.pop("f")
    compiled, slopes = cr.jit(f), cr.jit(cr.value_and_grad(lambda x, y: f(x, y)[0], argnums=(0, 1)))
    rng = np.random.default_rng(seed)
    inputs = [(rng.normal(size=3), rng.normal(size=3)) for _ in range(8)]
    for k in [*rng.permutation(8), *rng.permutation(8), *rng.permutation(8)]:
        x, y = inputs[k]
        value, parts = f(x.copy(), y.copy())
        got, more = compiled(x, y)
        compared([got, *more.values()], [value, *parts.values()])
        if k % 4 == 0:
            wanted, gradients = cr.value_and_grad(lambda x, y: f(x, y)[0], argnums=(0, 1))(x, y)
            got, found = slopes(x, y)
            compared([got, *found], [wanted, *gradients])
    assert compiled.trace_count <= 8
    W[0] += 0.1
    compared([compiled(*inputs[0])[0]], [f(*inputs[0])[0]])
