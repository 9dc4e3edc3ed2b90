"""Transforms within transforms: all orders of grad, jvp, vmap and jit, each against differences of plain NumPy."""

import inspect
import itertools
import math
from typing import Any

import numpy as np
import pytest

import chainrule as cr
from chainrule import errors

STEP = 0.01
STENCIL = ((1, 4 / 5), (2, -1 / 5), (3, 4 / 105), (4, -1 / 280))  # the eighth order: Fornberg (1988), table 1


def difference(f, x, x_dot):
    """The derivative in a direction: what is left out is of order STEP**8."""
    return sum(w * (f(x + k * STEP * x_dot) - f(x - k * STEP * x_dot)) for k, w in STENCIL) / STEP


# Scalar functions: as they are traced, and as plain Python. What each decides by is constant around the points.


def chosen(x):
    return np.where(x > 0, np.sin(x) * x, x**3)


def chosen_plainly(x):
    return math.sin(x) * x if x > 0 else x**3


def decided(x):
    return np.sin(x) * x if x > 0 else x**3


def branched(x):
    return cr.cond(x > 0, lambda x: np.exp(-x) * np.cos(2 * x), lambda x: np.tanh(x) / (2 + x), x)


def branched_plainly(x):
    return math.exp(-x) * math.cos(2 * x) if x > 0 else math.tanh(x) / (2 + x)


def scanned(x):
    def step(c, t):
        c = np.sin(c) * x + t
        return c, c * t

    c, ys = cr.scan(step, x * x, np.array([0.3, -0.2, 0.5]))
    return c + np.sum(ys * ys)


def scanned_plainly(x):
    c, ys = x * x, []
    for t in [0.3, -0.2, 0.5]:
        c = math.sin(c) * x + t
        ys.append(c * t)
    return c + sum(y * y for y in ys)


def repeated(x):
    start = np.where(x > 0, 0.0, 2.0)
    return cr.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, np.cos(s[1]) * x), (start, x * x))[1]


def repeated_plainly(x):
    n, y = (0.0 if x > 0 else 2.0), x * x
    while n < 3:
        n, y = n + 1, math.cos(y) * x
    return y


def counted(x):
    return cr.fori_loop(0, 3, lambda i, s: s * x + np.sin(x * i), x)


def counted_plainly(x):
    s = x
    for i in range(3):
        s = s * x + math.sin(x * i)
    return s


def written(x):
    y = np.zeros(4)
    y[0] = x
    y[1:3] = np.sin(x) * np.array([1.0, x])
    y[::2] *= x
    y[3] += y[1] * y[2]
    return np.sum(y * y)


def written_plainly(x):
    y = [x, math.sin(x), math.sin(x) * x, 0.0]
    y[0], y[2] = y[0] * x, y[2] * x
    y[3] += y[1] * y[2]
    return sum(v * v for v in y)


def turned(x):
    z = np.exp(1j * x) * (x + 2j)
    return np.real(z * z) + np.abs(z) * np.imag(z)


def turned_plainly(x):
    z = complex(math.cos(x), math.sin(x)) * complex(x, 2)
    return (z * z).real + abs(z) * z.imag


SCALAR: dict[str, Any] = {
    "where": (chosen, chosen_plainly),
    "cond": (branched, branched_plainly),
    "scan": (scanned, scanned_plainly),
    "while_loop": (repeated, repeated_plainly),
    "fori_loop": (counted, counted_plainly),
    "writes": (written, written_plainly),
    "complex": (turned, turned_plainly),
}
FACTORS = np.array([1.0, -0.5, 1.25])
MEANS = np.array([0.5, 1.0, -2.0])

# Each takes a function of one number to a function of one number.
OF_NUMBERS: dict[str, Any] = {
    "grad": (cr.grad, lambda f: lambda x: difference(f, x, 1.0)),
    "jvp": (lambda f: lambda x: cr.jvp(f, (x,), (1.0,))[1], lambda f: lambda x: difference(f, x, 1.0)),
    "vmap": (
        lambda f: lambda x: MEANS @ cr.vmap(f)(FACTORS * x),
        lambda f: lambda x: sum(m * f(k * x) for m, k in zip(MEANS, FACTORS, strict=True)),
    ),
    "jit": (cr.jit, lambda f: f),
}
ORDERS = list(itertools.product(OF_NUMBERS, repeat=3))


def composed(pair, order, transforms):
    f, plain = pair
    for name in order:
        transform, plainly = transforms[name]
        f, plain = transform(f), plainly(plain)
    return f, plain


@pytest.mark.parametrize("name", SCALAR)
@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_all_orders_of_a_function_of_a_number(order, name):
    f, plain = composed(SCALAR[name], order, OF_NUMBERS)
    for x in (0.9, -0.8, 0.9) if "jit" in order else (0.9, -0.8):
        np.testing.assert_allclose(f(x), plain(x), rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_all_orders_of_a_function_that_python_decides(order):
    f, plain = composed((decided, chosen_plainly), order, OF_NUMBERS)
    if "vmap" in order:
        with pytest.raises(errors.ControlFlowError, match="vmap"):
            f(0.9)
        return
    for x in (0.9, -0.8, 0.9):
        np.testing.assert_allclose(f(x), plain(x), rtol=1e-7, atol=1e-7)


# Functions of a vector of three


def chosen_vector(x):
    return np.where(x > 0, np.sin(x) * x[::-1], x * x * np.sum(x))


def chosen_vector_plainly(x):
    total = sum(x)
    return np.array([math.sin(v) * w if v > 0 else v * v * total for v, w in zip(x, x[::-1], strict=True)])


def branched_vector(x):
    return cr.cond(x[0] > 0, lambda x: x * np.cumsum(x) / (2 + x[1] ** 2), lambda x: np.exp(x[::-1] * 0.5), x)


def branched_vector_plainly(x):
    return x * np.cumsum(x) / (2 + x[1] ** 2) if x[0] > 0 else np.exp(x[::-1] * 0.5)


W = np.array([[0.2, -0.5, 0.1], [0.7, 0.3, -0.4], [-0.1, 0.6, 0.5]])


def scanned_vector(x):
    c, ys = cr.scan(lambda c, row: (np.tanh(W @ c) + row * x, c @ row), x, W)
    return c + ys


def scanned_vector_plainly(x):
    c, ys = x, []
    for row in W:
        ys.append(c @ row)
        c = np.tanh(W @ c) + row * x
    return c + np.array(ys)


def written_vector(x):
    y = np.empty((2, 3))
    y[0] = x
    y[1, :2] = x[1:] * x[0]
    y[1, 2] = np.linalg.norm(x)
    y[:, 0] += np.sin(x[:2])
    return y[0] * y[1]


def written_vector_plainly(x):
    first = [x[0] + math.sin(x[0]), x[1], x[2]]
    second = [x[1] * x[0] + math.sin(x[1]), x[2] * x[0], math.sqrt(sum(x * x))]
    return np.array([a * b for a, b in zip(first, second, strict=True)])


def turned_vector(x):
    z = np.fft.fft(x * (1 + 0.5j * x))
    return np.real(z * np.conj(z)) + np.imag(z) * x


def turned_vector_plainly(x):
    turns = np.exp(-2j * np.pi * np.outer(np.arange(3), np.arange(3)) / 3)
    z = turns @ (x + 0.5j * x * x)
    return abs(z) ** 2 + z.imag * x


VECTOR: dict[str, Any] = {
    "where": (chosen_vector, chosen_vector_plainly),
    "cond": (branched_vector, branched_vector_plainly),
    "scan": (scanned_vector, scanned_vector_plainly),
    "writes": (written_vector, written_vector_plainly),
    "complex": (turned_vector, turned_vector_plainly),
}
WEIGHTS = np.array([0.5, -1.0, 2.0])
DIRECTION = np.array([1.0, 0.25, -0.5])
UNITS = np.eye(3)

# Each takes a function of a vector of three to a function of a vector of three.
OF_VECTORS: dict[str, Any] = {
    "grad": (
        lambda f: cr.grad(lambda x: WEIGHTS @ f(x)),
        lambda f: lambda x: np.array([difference(lambda x: WEIGHTS @ f(x), x, unit) for unit in UNITS]),
    ),
    "jvp": (
        lambda f: lambda x: cr.jvp(f, (x,), (DIRECTION,))[1],
        lambda f: lambda x: difference(f, x, DIRECTION),
    ),
    "vmap": (
        lambda f: lambda x: MEANS @ cr.vmap(f)(FACTORS[:, None] * x),
        lambda f: lambda x: sum(m * f(k * x) for m, k in zip(MEANS, FACTORS, strict=True)),
    ),
    "jit": (cr.jit, lambda f: f),
}


@pytest.mark.parametrize("name", VECTOR)
@pytest.mark.parametrize("order", ORDERS, ids="-".join)
def test_all_orders_of_a_function_of_a_vector(order, name):
    f, plain = composed(VECTOR[name], order, OF_VECTORS)
    for x in (np.array([0.7, -0.6, 1.1]), np.array([-0.7, 0.6, 1.1])):
        np.testing.assert_allclose(f(x), plain(x), rtol=1e-6, atol=1e-6)


OTHERS: dict[str, Any] = {
    "hessian": (
        lambda f: lambda x: cr.hessian(lambda x: WEIGHTS @ f(x))(x) @ DIRECTION,
        lambda f: OF_VECTORS["jvp"][1](OF_VECTORS["grad"][1](f)),
    ),
    "hvp": (
        lambda f: lambda x: cr.hvp(lambda x: WEIGHTS @ f(x))(x, DIRECTION),
        lambda f: OF_VECTORS["jvp"][1](OF_VECTORS["grad"][1](f)),
    ),
    "linearize": (lambda f: lambda x: cr.linearize(f, x)[1](DIRECTION), OF_VECTORS["jvp"][1]),
    "vjp": (lambda f: lambda x: cr.vjp(f, x)[1](WEIGHTS)[0], OF_VECTORS["grad"][1]),
    "jacobian": (lambda f: lambda x: cr.jacobian(f)(x) @ DIRECTION, OF_VECTORS["jvp"][1]),
    "jacobian in reverse": (lambda f: lambda x: WEIGHTS @ cr.jacobian(f, mode="reverse")(x), OF_VECTORS["grad"][1]),
    "checkpoint": (cr.checkpoint, lambda f: f),
}


def is_of_fourth_order(inside, other, around):
    return other in ("hessian", "hvp") and inside in ("grad", "jvp") and around in ("grad", "jvp")


IN_THE_MIDDLE = [
    chosen for chosen in itertools.product([*OF_VECTORS, None], OTHERS, OF_VECTORS) if not is_of_fourth_order(*chosen)
]


@pytest.mark.parametrize("name", ["cond", "scan", "writes"])
@pytest.mark.parametrize(("inside", "other", "around"), IN_THE_MIDDLE)
def test_the_other_transforms_in_the_middle(inside, around, other, name):
    order = [each for each in (inside, other, around) if each]
    f, plain = composed(VECTOR[name], order, OF_VECTORS | OTHERS)
    x = np.array([0.7, -0.6, 1.1])
    np.testing.assert_allclose(f(x), plain(x), rtol=1e-6, atol=1e-6)


# Perturbation confusion: the examples by which implementations have been found wrong


def derivative(f):
    """Forward mode, as the literature writes D."""
    return lambda x: cr.jvp(f, (x,), (np.ones_like(x),))[1]


MODES = {"forward": derivative, "reverse": cr.grad, "compiled": lambda f: cr.jit(cr.grad(cr.jit(f)))}


@pytest.mark.parametrize("outer", MODES.values(), ids=MODES)
@pytest.mark.parametrize("inner", MODES.values(), ids=MODES)
class TestPerturbationConfusion:
    def test_siskind_pearlmutter_2005_sum(self, outer, inner):
        """d/dx (x * d/dy (x + y)) = 1; confused, 2. Perturbation confusion and referential transparency, sec. 2."""
        assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0

    def test_siskind_pearlmutter_2008_product(self, outer, inner):
        """d/dx (x * d/dy (x * y)) = 2 x; confused, 3 x. Nesting forward-mode AD in a functional framework, sec. 2."""
        assert outer(lambda x: x * inner(lambda y: x * y)(2.0))(3.0) == 6.0

    def test_an_inner_function_of_the_outer_argument_alone(self, outer, inner):
        assert outer(lambda x: x * inner(lambda y: x * x)(2.0))(3.0) == 0.0

    def test_differentiated_at_the_outer_argument(self, outer, inner):
        """d/dx [d/dy (x y^2) at y = x] = d/dx 2 x^2 = 4 x, whereas d2/dx2 x^3 = 6 x."""
        assert outer(lambda x: inner(lambda y: x * y * y)(x))(3.0) == 12.0

    def test_manzyuk_2019_curried_derivative(self, outer, inner):
        """s(u)(f)(x) = f(x + u), whose derivative by u at 0 takes f to f'; twice of exp it is e; confused, 0.

        Perturbation confusion in forward AD of higher-order functions, sec. 2, its functions applied to arguments.
        """

        def shifted(u):
            return lambda f: lambda x: f(x + u)

        def derived(mode):
            return lambda f: lambda x: mode(lambda u: shifted(u)(f)(x))(0.0)

        assert derived(outer)(derived(inner)(np.exp))(1.0) == pytest.approx(math.e, rel=1e-15)
        once = derived(inner)
        assert once(once(np.exp))(1.0) == pytest.approx(math.e, rel=1e-15)  # one operator, used twice

    def test_a_saddle_by_gradients_of_gradients(self, outer, inner):
        """The slope of max_y of x y - y^2 / 2, found by steps of inner gradients: of x^2 / 2 it is x."""

        def value_at_best(x):
            y = 0.0 * x
            for _ in range(3):
                y = y + inner(lambda y: x * y - y * y / 2)(y)
            return x * y - y * y / 2

        assert outer(value_at_best)(3.0) == 3.0

    def test_the_inner_result_outlives_its_transform(self, outer, inner):
        """What the inner function has left behind belongs to the outer one only: x + y by x is 1."""

        def f(x):
            kept = []
            slope = inner(lambda y: kept.append(x * x) or x * y)(2.0)
            return kept[0] * slope

        assert outer(f)(3.0) == 27.0


def test_a_function_is_no_result_to_differentiate():
    """The curried derivative as the paper types it: there is no derivative of a function, and the error says so."""
    with pytest.raises(errors.ChainruleError, match="function"):
        cr.jvp(lambda u: lambda f: lambda x: f(x + u), (0.0,), (1.0,))


def test_the_same_function_of_both():
    def f(x):
        return x**4

    for k, by in ((2, 12 * 0.25), (3, 24 * 0.5), (4, 24.0), (5, 0.0)):
        for order in itertools.product((cr.grad, derivative), repeat=k):
            g = f
            for transform in order:
                g = transform(g)
            assert g(0.5) == by


def test_a_pullback_within_another_derivative():
    """y = x^2, its pullback takes y to x^3: by x that is 3 x^2, through y and through the pullback."""

    def f(x):
        y, pullback = cr.vjp(lambda z: z * x, x)
        return pullback(y)[0]

    assert cr.grad(f)(2.0) == 12.0
    assert derivative(f)(2.0) == 12.0
    assert cr.jit(cr.grad(cr.grad(f)))(2.0) == 12.0


def test_a_pullback_from_outside_is_constant_but_in_its_cotangent():
    _, pullback = cr.vjp(lambda z: z**3, 2.0)  # 12 y_bar
    _, tangent_map = cr.linearize(lambda z: z**3, 2.0)
    for product in (lambda g: pullback(g)[0], tangent_map):
        assert cr.grad(lambda g: g * product(g))(3.0) == 72.0
        assert cr.jit(cr.grad(cr.grad(lambda g: g * product(g))))(3.0) == 24.0
        np.testing.assert_array_equal(cr.vmap(product)(np.array([1.0, 2.0])), [12.0, 24.0])


# Each sample its own way


def cube_root(a):
    return cr.while_loop(lambda x: abs(x**3 - a) > 1e-13 * a, lambda x: x - (x**3 - a) / (3 * x * x), a)


def polished(a):
    x = cube_root(a)
    for _ in range(2):  # the derivatives have converged, too
        x = x - (x**3 - a) / (3 * x * x)
    return x


SAMPLES = np.array([0.5, 8.0, 300.0, 1.0])


def test_vmap_of_grad_where_samples_stop_by_themselves():
    np.testing.assert_allclose(cr.vmap(cr.grad(polished))(SAMPLES), SAMPLES ** (-2 / 3) / 3, rtol=1e-12)
    np.testing.assert_allclose(cr.vmap(cr.grad(cr.grad(polished)))(SAMPLES), -2 * SAMPLES ** (-5 / 3) / 9, rtol=1e-11)
    np.testing.assert_allclose(cr.jit(cr.vmap(cr.jit(cr.grad(polished))))(SAMPLES), SAMPLES ** (-2 / 3) / 3, rtol=1e-12)
    np.testing.assert_allclose(
        cr.grad(lambda a: np.sum(cr.vmap(cr.grad(polished))(a) ** 2))(SAMPLES),
        2 * (SAMPLES ** (-2 / 3) / 3) * (-2 * SAMPLES ** (-5 / 3) / 9),
        rtol=1e-11,
    )


def test_vmap_of_grad_where_samples_branch():
    """The other branch gives nan or an error where it is not taken, and neither reaches a sample."""

    def f(x):
        return cr.cond(x > 0, lambda x: np.sqrt(x) * np.log(x), lambda x: cr.cond(x < -1, np.square, np.exp, x), x)

    x = np.array([4.0, -2.0, -0.5, 0.0])
    first = [math.log(4) / 4 + 0.5, -4.0, math.exp(-0.5), 1.0]
    second = [-math.log(4) / 32, 2.0, math.exp(-0.5), 1.0]
    np.testing.assert_allclose(cr.vmap(cr.grad(f))(x), first, rtol=1e-14)
    np.testing.assert_allclose(cr.vmap(derivative(cr.grad(f)))(x), second, rtol=1e-13, atol=1e-16)
    np.testing.assert_allclose(cr.jit(cr.vmap(cr.grad(derivative(f))))(x), second, rtol=1e-13, atol=1e-16)


def test_vmap_in_scan_in_grad_in_jit():
    """Layers of a net, each a map over samples: against differences of the same in plain NumPy."""
    weights = np.random.default_rng(0).normal(size=(3, 2, 2)) / 2
    samples = np.random.default_rng(1).normal(size=(4, 2))

    def loss(weights, samples):
        def layer(h, W):
            h = cr.vmap(lambda row, on: np.where(on, np.tanh(row @ W), 0.1 * (row @ W)))(h, samples > 0)
            return h, np.sum(h * h)

        h, squares = cr.scan(layer, samples, weights)
        return np.sum(h) + squares @ np.array([0.1, 0.2, 0.3])

    def plain(weights):
        h, total = samples, 0.0
        for W, c in zip(weights, (0.1, 0.2, 0.3), strict=True):
            h = np.where(samples > 0, np.tanh(h @ W), 0.1 * (h @ W))
            total += c * np.sum(h * h)
        return np.sum(h) + total

    units = np.eye(12).reshape(12, 3, 2, 2)
    wanted = np.array([difference(plain, weights, unit) for unit in units]).reshape(weights.shape)
    compiled = cr.jit(cr.grad(loss))
    for _ in range(2):
        np.testing.assert_allclose(compiled(weights, samples), wanted, rtol=1e-7, atol=1e-9)
    v = np.ones_like(weights)
    along = difference(lambda w: cr.grad(loss)(w, samples), weights, v)
    np.testing.assert_allclose(cr.jit(cr.hvp(lambda w: loss(w, samples)))(weights, v), along, rtol=1e-6, atol=1e-8)


def test_jit_in_vmap_in_jit():
    inner = cr.jit(lambda x, a: np.where(x > 0, a * x * x, -x))
    outer = cr.jit(lambda xs, a: cr.vmap(inner, in_axes=(0, None))(xs, a))
    xs = np.array([-2.0, 3.0])
    for a in (2.0, 5.0):
        np.testing.assert_array_equal(outer(xs, a), [2.0, 9 * a])
        np.testing.assert_array_equal(cr.jit(cr.grad(lambda xs, a=a: np.sum(outer(xs, a))))(xs), [-1.0, 6 * a])
        assert cr.jit(cr.grad(lambda a: np.sum(outer(xs, a))))(a) == 9.0


def test_jit_of_closures_over_traced_values():
    def f(x):
        @cr.jit
        def inner(y):
            return x * y * y

        return inner(x) + cr.grad(inner)(x) + cr.jit(cr.grad(inner))(2 * x)  # x^3 + 2 x^2 + 4 x^2

    for transform in (cr.grad, derivative, lambda f: cr.jit(cr.grad(f)), lambda f: cr.grad(cr.jit(f))):
        assert [transform(f)(x) for x in (1.0, 2.0, 1.0)] == [15.0, 36.0, 15.0]
    np.testing.assert_array_equal(cr.vmap(cr.grad(f))(np.array([1.0, 2.0])), [15.0, 36.0])
    assert cr.scan(lambda c, x: (c + cr.grad(f)(x), None), 0.0, np.array([1.0, 2.0]))[0] == 51.0
    assert cr.grad(lambda a: cr.scan(lambda c, x: (c + f(a * x), None), 0.0, np.array([1.0, 2.0]))[0])(1.0) == 87.0


def test_jit_sees_that_a_transform_has_been_replaced():
    """By the same transform of the same function with other options, or of another function."""
    options: dict[str, Any] = {"slope": cr.grad(lambda x, y: x * x * y, argnums=0)}
    f = cr.jit(lambda x, y: options["slope"](x, y))
    assert f(3.0, 5.0) == 30.0
    options["slope"] = cr.grad(lambda x, y: x * x * y, argnums=1)
    assert f(3.0, 5.0) == 9.0
    product: Any = inspect.unwrap(options["slope"])
    options["slope"] = cr.grad(product, argnums=0)
    assert f(3.0, 5.0) == 30.0
    options["slope"] = cr.grad(product, argnums=1)
    assert f(3.0, 5.0) == 9.0


# What declares or hides derivatives, within nests


@cr.custom_gradient
def doubled_slope(x):
    return np.sin(x), lambda y_bar: 2 * np.cos(x) * y_bar


@pytest.mark.parametrize("around", [lambda f: f, cr.jit, cr.checkpoint, lambda f: cr.jit(cr.checkpoint(f))])
def test_custom_gradients_in_nests(around):
    f = around(lambda x: x * doubled_slope(x))
    wanted = math.sin(0.7) + 0.7 * 2 * math.cos(0.7)
    assert cr.grad(f)(0.7) == pytest.approx(wanted, rel=1e-15)
    assert cr.jit(cr.grad(f))(0.7) == pytest.approx(wanted, rel=1e-15)
    np.testing.assert_allclose(cr.vmap(cr.grad(f))(np.array([0.7, 0.7])), [wanted, wanted], rtol=1e-15)
    looped = cr.grad(lambda a: cr.scan(lambda c, x: (c + f(a * x), None), 0.0, np.array([1.0, 1.0]))[0])
    assert looped(0.7) == pytest.approx(2 * wanted, rel=1e-15)
    for transform in (cr.grad, derivative):
        with pytest.raises(errors.DerivativeError, match="doubled_slope"):
            transform(cr.grad(f))(0.7)


def test_checkpoints_in_nests():
    def f(x):
        return np.sum(np.sin(x) * x)

    x = np.array([0.3, 1.2])
    second = 2 * np.cos(x) - np.sin(x) * x
    third = -3 * np.sin(x) - x * np.cos(x)
    g = cr.checkpoint(lambda x: cr.checkpoint(f)(x))
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(cr.checkpoint(cr.grad(g))(x)))(x), second, rtol=1e-14)
    np.testing.assert_allclose(np.diag(cr.hessian(g)(x)), second, rtol=1e-14)
    np.testing.assert_allclose(cr.jit(cr.grad(lambda x: np.sum(cr.hvp(g)(x, np.ones(2)))))(x), third, rtol=1e-14)
    np.testing.assert_allclose(cr.vmap(cr.grad(cr.grad(g)))(x), second, rtol=1e-14)


def test_stopped_gradients_in_nests():
    """Stopped for all transforms that are under way; a later one outside sees the value alone."""
    assert cr.grad(cr.grad(lambda x: x**2 * cr.stop_gradient(x)))(3.0) == 6.0  # 2 x s, s constant: 2 s
    assert cr.grad(lambda x: cr.grad(lambda y: cr.stop_gradient(x) * y * x)(2.0))(3.0) == 3.0
    assert cr.grad(lambda x: cr.stop_gradient(cr.grad(lambda y: x * y * y)(x)) * x)(3.0) == 18.0
    assert cr.jit(cr.grad(lambda x: x * derivative(lambda y: cr.stop_gradient(y) * y * x)(x)))(3.0) == 18.0
    np.testing.assert_array_equal(
        cr.vmap(cr.grad(lambda x: cr.cond(x > 1, lambda x: x * cr.stop_gradient(x), np.square, x)))(
            np.array([3.0, 0.5])
        ),
        [3.0, 1.0],
    )
