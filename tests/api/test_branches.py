"""cond and checkpoint: what is not taken is not computed, what is not kept is computed anew."""

import gc
import tracemalloc

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, DtypeError, MutationError, ShapeError

COUNTED = {"computed": 0}


def _counting(x):
    COUNTED["computed"] += 1
    return np.sin(x)


cosine = cr.operation("test_cosine", np.cos, slopes=lambda y, x: -counted_sine(x))
counted_sine = cr.operation("test_counted_sine", _counting, slopes=lambda y, x: cosine(x))


def computed(f, *args):
    f(*args)  # the types of declared operations are found out by trying them
    COUNTED["computed"] = 0
    result = f(*args)
    return COUNTED["computed"], result


# cond


def choice(x, y):
    return cr.cond(x.sum() > 0, lambda x: (np.exp(x) * y).sum(), lambda x: (x * x).sum() * y, x)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_branch_that_is_taken(sign):
    x, y = sign * np.array([1.0, 2.0]), 3.0
    taken = (lambda x, y: (np.exp(x) * y).sum()) if sign > 0 else (lambda x, y: (x * x).sum() * y)
    assert choice(x, y) == taken(x, y)
    for numbers in (0, 1):
        np.testing.assert_allclose(cr.grad(choice, numbers)(x, y), cr.grad(taken, numbers)(x, y), rtol=1e-13)
    np.testing.assert_allclose(cr.jvp(choice, (x, y), (x, y))[1], cr.jvp(taken, (x, y), (x, y))[1], rtol=1e-13)
    np.testing.assert_allclose(np.asarray(cr.hessian(choice)(x, y)), np.asarray(cr.hessian(taken)(x, y)), rtol=1e-13)
    cr.check_grads(choice, (x, y))


def test_the_other_branch_is_not_computed():
    def f(x):
        return cr.cond(x > 0, lambda x: x * 2, lambda x: counted_sine(x) / 0.0, x)

    with np.errstate(divide="raise", invalid="raise"):
        assert computed(cr.value_and_grad(f), np.float64(3)) == (0, (6.0, 2.0))
        assert computed(cr.grad(cr.grad(f)), np.float64(3)) == (0, 0.0)


def test_nan_in_the_other_branch():
    def f(x):
        return cr.cond(x > 0, np.log, lambda x: x * 0.5, x) + x

    assert cr.grad(f)(0.0) == 1.5
    assert cr.jvp(f, (-1.0,), (1.0,)) == (-1.5, 1.5)
    assert cr.grad(f)(2.0) == 1.5


def test_a_plain_truth_value_calls_one_function():
    def other(x):
        raise AssertionError

    assert cr.cond(True, np.sin, other, 0.0) == 0.0
    assert cr.grad(lambda x: cr.cond(np.bool_(False), other, np.sin, x))(0.0) == 1.0


def test_trees_and_other_arguments():
    def first(s, k, how):
        return {"a": s["a"] * k, "n": 1}

    def second(s, k, how):
        return {"a": getattr(np, how)(s["a"]), "n": 0}

    def f(x, p):
        return cr.cond(p > 0, first, second, {"a": x}, 2, "sin")

    x = np.array([0.5, 1.0])
    assert f(x, 1.0)["a"].tolist() == [1.0, 2.0]
    for p in (1.0, -1.0):
        J = cr.jacobian(lambda x, p=p: cr.grad(lambda q, x: f(x, q)["a"] @ x * q, argnums=0)(p, x))(x)
        expected = cr.grad(lambda x, p=p: (2 * x if p > 0 else np.sin(x)) @ x)(x)
        np.testing.assert_allclose(np.asarray(J), expected, rtol=1e-13)


def test_numbers_take_the_dtype_of_the_other_branch():
    def f(x):
        return cr.cond(x > 0, lambda x: x, lambda x: 0, x)

    x = np.float32(-1)
    value, gradient = cr.value_and_grad(f)(x)
    assert (value, gradient, value.dtype, gradient.dtype) == (0, 0, np.float32, np.float32)


@pytest.mark.parametrize(
    ("other", "kind", "what", "got"),
    [
        (lambda x: x[:1], ShapeError, "different shapes: result", "f64[2] from the first, f64[1] from the second"),
        (lambda x: x.astype(np.float32), DtypeError, "different dtypes: result", "f64[2] from the first, f32[2]"),
        (lambda x: (x, x), ArgumentError, "different trees", "(*, *)"),
        (lambda x: None, ArgumentError, "different trees", "None"),
    ],
)
def test_results_that_differ(other, kind, what, got):
    with pytest.raises(kind) as caught:
        cr.grad(lambda x: cr.cond(x[0] > 0, lambda x: x, other, x).sum())(np.ones(2))
    assert what in str(caught.value)
    assert got in str(caught.value)


def test_no_truth_value():
    for f in (lambda x: cr.cond(x > 0, np.sum, np.sum, x), cr.grad(lambda x: cr.cond(x > 0, np.sum, np.sum, x))):
        with pytest.raises(ShapeError, match=r"chooses by one truth value(.|\n)*np.where"):
            f(np.ones(2))


def test_branches_may_write_to_what_they_are_given():
    def doubled(x):
        x *= 2
        return x

    def f(x):
        return cr.cond(x[0] > 0, doubled, lambda x: x, x) + x

    x = np.ones(2)
    assert f(x).tolist() == [3, 3]
    assert x.tolist() == [1, 1]
    assert cr.jvp(f, (x,), (x,))[1].tolist() == [3, 3]


# checkpoint


def layers(x, around=lambda f: f):
    for _ in range(3):
        x = around(lambda x: counted_sine(counted_sine(x) * 2))(x)
    return np.sum(x)


def test_the_same_derivatives():
    x = np.array([0.3, -0.7])
    for transform in (lambda f: f, cr.grad, cr.hessian, lambda f: lambda x: cr.jvp(f, (x,), (x,))):
        found = transform(lambda x: layers(x, cr.checkpoint))(x)
        expected = transform(layers)(x)
        np.testing.assert_allclose(np.asarray(found), np.asarray(expected), rtol=1e-12)
    cr.check_grads(lambda x: layers(x, cr.checkpoint), (x,))


def test_what_is_inside_is_computed_once_more():
    """6 sines forward; in reverse, the 6 again with a checkpoint, though the simplifier merges what is equal."""
    x = np.array([0.3, -0.7])
    assert computed(cr.grad(layers), x)[0] == 6
    plain, _ = computed(layers, x)
    assert plain == 6
    checkpointed = cr.grad(lambda x: layers(x, cr.checkpoint))
    assert computed(checkpointed, x)[0] > 6
    g = cr.trace(lambda x: layers(x, cr.checkpoint), x).backprop("x").simplified()
    names = [v.operation.name for v in g if v.operation]
    assert names.count("call") == 5  # two on the way there, three on the way back
    assert "test_counted_sine" not in names


def test_only_the_arguments_are_kept():
    def block(x):
        for _ in range(20):
            x = np.sin(x) * 1.1
        return x

    def peak(f):
        loss = cr.grad(lambda x: np.sum(f(f(f(f(x))))))
        x = np.ones(20_000)
        loss(x)
        gc.collect()
        tracemalloc.start()
        loss(x)
        result = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return result

    assert peak(cr.checkpoint(block)) < 0.45 * peak(block)


def test_checkpoints_within_each_other():
    inner = cr.checkpoint(lambda x, w: np.tanh(x * w))
    outer = cr.checkpoint(lambda x, w: inner(inner(x, w), w) + x)

    def f(x, w, inner=inner, outer=outer):
        return np.sum(outer(outer(x, w), w))

    def plain(x, w):
        def twice(x):
            return np.tanh(np.tanh(x * w) * w) + x

        return np.sum(twice(twice(x)))

    x, w = np.array([0.1, 0.2]), 0.7
    for numbers in (0, 1):
        np.testing.assert_allclose(cr.grad(f, numbers)(x, w), cr.grad(plain, numbers)(x, w), rtol=1e-13)
    np.testing.assert_allclose(cr.grad(cr.grad(f, 1), 1)(x, w), cr.grad(cr.grad(plain, 1), 1)(x, w), rtol=1e-12)


def test_checkpoint_in_a_loop_and_around_it():
    def f(c, x, around=cr.checkpoint):
        step = around(lambda c, x: (np.sin(c * x), c))
        return around(lambda c: cr.scan(step, c, x))(c)[1].sum()

    c, x = 0.4, np.arange(1.0, 5)
    for numbers in (0, 1):
        expected = cr.grad(lambda c, x: f(c, x, lambda f: f), numbers)(c, x)
        np.testing.assert_allclose(cr.grad(f, numbers)(c, x), expected, rtol=1e-13)


def test_it_keeps_names_closures_keywords_and_other_results():
    w = np.array([2.0, 3.0])

    @cr.checkpoint
    def scaled(x, *, power=1):
        """Scales."""
        if x.sum() > 0:  # has a value: it is a guard, as outside
            return {"y": (x * w) ** power, "why": "positive", "w": w}
        return {"y": x, "why": "negative", "w": w}

    assert (scaled.__name__, scaled.__doc__) == ("scaled", "Scales.")
    (y, why), gradient = cr.value_and_grad(lambda x: (scaled(x, power=2)["y"].sum(), scaled(x)["why"]), has_aux=True)(w)
    assert (y, why, gradient.tolist()) == (97.0, "positive", [16.0, 54.0])
    assert cr.grad(lambda x: scaled(x)["y"].sum())(-w).tolist() == [1, 1]
    assert cr.checkpoint(lambda x: 3.0)(1.0) == 3.0
    assert cr.grad(lambda x: cr.checkpoint(lambda x: 3.0)(x) * x)(1.0) == 3.0


def test_side_effects_of_checkpoints_are_refused():
    def f(x):
        y = x * 1.0

        def adds():
            y[0] = y[0] + 1
            return y.sum()

        return cr.checkpoint(adds)()

    with pytest.raises(MutationError, match=r"cr.checkpoint changes an array that was made outside of it"):
        cr.grad(f)(np.ones(2))
