"""What users may hand to a transform, and what they get back."""

import collections
import dataclasses
import functools
import threading

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import (
    ArgumentError,
    ControlFlowError,
    DerivativeError,
    DtypeError,
    ForeignVariableError,
    ShapeError,
    TraceError,
)
from chainrule.ops import CATALOGUE


def point():
    return np.array([1.0, 2.0, 3.0])


# Functions of all kinds


@pytest.mark.parametrize(
    "transform",
    [cr.grad, cr.value_and_grad, cr.elementwise_grad, cr.jacobian, cr.hessian, cr.hvp, cr.vmap, cr.jit],
    ids=lambda transform: transform.__name__,
)
def test_transforms_are_decorators_with_and_without_options(transform):
    options = {cr.vmap: {"in_axes": (0, None)}, cr.jit: {"static_argnums": ()}}.get(transform, {"argnums": 1})

    def f(x, y):
        """Of two."""
        return x * y

    for decorated in (transform(f), transform(**options)(f), functools.partial(transform, **options)(f)):
        assert (decorated.__name__, decorated.__doc__) == ("f", "Of two.")


def test_options_of_decorators_count():
    @cr.grad(argnums=1)
    def by_y(x, y):
        return x * y

    @cr.hvp(argnums=1)
    def along_y(x, y):
        return x * y**3

    assert by_y(2.0, 3.0) == 2.0
    assert along_y(2.0, 3.0, 1.0) == 36.0


class Model:
    scale = 3.0

    def method(self, x):
        """Of a model."""
        return self.scale * x * x

    def __call__(self, x):
        return self.scale * x

    @cr.grad(argnums=1)
    def slope(self, x):
        return self.scale * x * x


def test_methods_and_callable_objects():
    model = Model()
    assert cr.grad(model.method)(2.0) == 12.0
    assert cr.grad(model.method).__doc__ == "Of a model."
    assert cr.grad(model)(2.0) == 3.0
    assert model.slope(2.0) == 12.0
    assert cr.grad(functools.partial(lambda a, x: a * x * x, 3.0))(2.0) == 12.0
    assert cr.grad(np.sin)(0.0) == 1.0
    assert cr.trace(model.method, 2.0).names[0] == "x"


def test_keyword_arguments_are_passed_through():
    def f(x, y=2.0, *, k=1.0):
        return x * y * k

    assert cr.grad(f)(3.0) == 2.0
    assert cr.grad(f)(3.0, y=5.0, k=2.0) == 10.0
    assert cr.value_and_grad(f)(3.0, k=2.0) == (12.0, 4.0)
    assert cr.hvp(lambda x, *, k: k * x**3)(2.0, 1.0, k=2.0) == 24.0
    np.testing.assert_array_equal(cr.vmap(f)(point(), k=2.0), [4.0, 8.0, 12.0])
    with pytest.raises(ArgumentError, match="by position and not by keyword"):
        cr.grad(f)(x=3.0)


@pytest.mark.parametrize("argnums", [True, None, 1.0, "x", ("x",), (0, None), {0}])
def test_argnums_of_wrong_types(argnums):
    with pytest.raises(ArgumentError, match="argnums names positions"):
        cr.grad(lambda x, y: x * y, argnums=argnums)(2.0, 3.0)


def test_argnums():
    def f(x, y, z):
        return x * y * z

    assert cr.grad(f, argnums=-1)(2.0, 3.0, 4.0) == 6.0
    assert cr.grad(f, argnums=[2, 0])(2.0, 3.0, 4.0) == (6.0, 12.0)
    assert cr.grad(f, argnums=np.int64(1))(2.0, 3.0, 4.0) == 8.0
    assert cr.grad(f, argnums=())(2.0, 3.0, 4.0) == ()
    by_x, by_z = cr.hvp(f, argnums=(0, 2))(2.0, 3.0, 4.0, (1.0, 10.0))
    assert (by_x, by_z) == (30.0, 3.0)


@pytest.mark.parametrize(
    "transform",
    [cr.grad, cr.value_and_grad, cr.jacobian, cr.hessian, cr.hvp, cr.elementwise_grad, cr.vmap, cr.jit]
    + [lambda f: cr.jvp(f, (1.0,), (1.0,)), lambda f: cr.vjp(f, 1.0), lambda f: cr.linearize(f, 1.0)]
    + [lambda f: cr.trace(f, 1.0), lambda f: cr.check_grads(f, (1.0,)), cr.custom_gradient],
)
def test_a_value_in_the_place_of_a_function(transform):
    with pytest.raises(ArgumentError, match="a function is wanted, not float64") as caught:
        transform(np.sin(1.0))
    assert caught.value.try_ == "f instead of f(x)"


def test_errors_of_the_users_function_pass_through():
    class Mine(Exception):
        pass

    def f(x):
        raise Mine("as it is")

    for call in (
        lambda: cr.grad(f)(1.0),
        lambda: cr.jvp(f, (1.0,), (1.0,)),
        lambda: cr.vjp(f, 1.0),
        lambda: cr.jacobian(f)(1.0),
        lambda: cr.vmap(f)(point()),
        lambda: cr.grad(lambda x: cr.grad(f)(x))(1.0),
    ):
        with pytest.raises(Mine, match="as it is"):
            call()
    assert cr.grad(lambda x: x * x)(3.0) == 6.0

    def wrapping(x):
        try:
            return np.ones(3) + x
        except ShapeError as error:
            raise ValueError("my own words") from error

    with pytest.raises(ValueError, match="my own words"):
        cr.grad(wrapping)(np.ones(4))


# Arguments of all kinds

Pair = collections.namedtuple("Pair", "a b")


@dataclasses.dataclass(frozen=True)
class Frozen:
    a: float
    b: float = 2.0


@pytest.mark.parametrize(
    ("tree", "read", "gradient"),
    [
        (Pair(3.0, 5.0), lambda p: (p.a, p.b), Pair(6.0, 10.0)),
        (Frozen(3.0, 5.0), lambda p: (p.a, p.b), Frozen(6.0, 10.0)),
        ({"a": 3.0, "b": 5.0}, lambda p: (p["a"], p["b"]), {"a": 6.0, "b": 10.0}),
        (collections.OrderedDict(b=5.0, a=3.0), lambda p: (p["a"], p["b"]), collections.OrderedDict(b=10.0, a=6.0)),
        ({1: 3.0, "x": [5.0, None]}, lambda p: (p[1], p["x"][0]), {1: 6.0, "x": [10.0, None]}),
        ((3.0, {"deep": (5.0,)}), lambda p: (p[0], p[1]["deep"][0]), (6.0, {"deep": (10.0,)})),
    ],
)
def test_trees(tree, read, gradient):
    def f(p):
        a, b = read(p)
        return a**2 + 10 * b

    found = cr.grad(f)(tree)
    assert type(found) is type(tree)
    assert found == gradient


def test_empty_trees():
    assert cr.grad(lambda p: 1.0)({}) == {}
    assert cr.grad(lambda p: 1.0)(None) is None
    assert cr.vjp(lambda p: 1.0, [])[1](1.0) == ([],)
    assert cr.vjp(lambda: 3.0)[1](1.0) == ()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_gradients_have_the_dtype_of_the_argument(dtype):
    x = point().astype(dtype)
    for found in (
        cr.grad(lambda x: np.sum(x**2))(x),
        cr.grad(lambda x: np.sum(x * point()))(x),
        cr.grad(lambda x: 1.0)(x),
        cr.vjp(lambda x: x * point(), x)[1](np.ones(3))[0],
        cr.hvp(lambda x: np.sum(x**3))(x, np.ones(3)),
        cr.elementwise_grad(np.tanh)(x),
        cr.grad(lambda x: x * x)(x[0]),
        cr.grad(lambda x: x * x)(np.array(2.0, dtype)),
    ):
        assert found.dtype == dtype
    assert type(cr.grad(lambda x: x * x)(x[0])) is dtype
    assert cr.grad(lambda x: x * x)(np.array(2.0, dtype)).shape == ()


def test_big_endian_arguments_give_native_gradients():
    x = point().astype(">f4")
    g = cr.grad(lambda x: np.sum(x * x))(x)
    np.testing.assert_array_equal(g, 2 * point())
    assert g.dtype == np.float32


def test_layouts():
    wide = np.arange(12.0)[::-2]
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(x * x))(wide), 2 * wide)
    fixed = point()
    fixed.flags.writeable = False
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(x * x))(fixed), 2 * fixed)
    assert cr.grad(lambda x: np.sum(x * x))(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize(
    "argument", [{"a": 1.0, "s": "relu"}, {1.0, 2.0}, object(), np.array(["a"]), np.zeros(2, [("a", float)])]
)
def test_arguments_that_are_no_numbers(argument):
    with pytest.raises(DtypeError, match="there is no derivative by an argument of"):
        cr.grad(lambda p: 1.0)(argument)


def test_arguments_of_classes_are_named():
    with pytest.raises(DtypeError, match="of type Model: self"):
        cr.grad(Model.method)(Model(), 2.0)


@pytest.mark.parametrize(
    ("result", "what"),
    [
        (lambda x: Pair(x, None), "returns Pair of 1 array"),
        (lambda x: [x], "returns list of 1 array"),
        (lambda x: None, "returns None"),
        (lambda x: Frozen(x, x), "returns Frozen of 2 arrays"),
    ],
)
def test_results_that_are_trees(result, what):
    with pytest.raises(ShapeError, match=what):
        cr.grad(result)(1.0)


def test_results_that_are_no_arrays():
    def generator(x):
        yield x

    for f in (generator, lambda x: "a", lambda x: {x.shape}):
        for call in (cr.grad(f), lambda x, f=f: cr.vjp(f, x), lambda x, f=f: cr.trace(f, x)):
            with pytest.raises(DtypeError, match="which is no array"):
                call(1.0)


def test_has_aux():
    gradient, aux = cr.grad(lambda x: (x * x, {"a": x + 1, "n": 3, "s": "text", "none": None}), has_aux=True)(2.0)
    assert (gradient, aux) == (4.0, {"a": 3.0, "n": 3, "s": "text", "none": None})
    for f in (lambda x: x * x, lambda x: [x, x], lambda x: (x, x, x)):
        with pytest.raises(ArgumentError, match="returns \\(y, aux\\)"):
            cr.grad(f, has_aux=True)(2.0)


@pytest.mark.parametrize("bad", [1j, "a", None, [1.0], np.ones(2), np.ma.array(1.0, mask=True)])
def test_tangents_and_cotangents_that_do_not_fit(bad):
    wrong = (ArgumentError, ShapeError, DtypeError)
    with pytest.raises(wrong):
        cr.jvp(np.sin, (1.0,), (bad,))
    with pytest.raises(wrong):
        cr.vjp(np.sin, 1.0)[1](bad)
    with pytest.raises(wrong):
        cr.linearize(np.sin, 1.0)[1](bad)
    with pytest.raises(wrong):
        cr.hvp(np.sin)(1.0, bad)


def test_numbers_of_tangents():
    with pytest.raises(ArgumentError, match="a tangent for each argument"):
        cr.linearize(lambda x, y: x * y, 2.0, 3.0)[1](1.0)
    with pytest.raises(ArgumentError, match="after them, the vector"):
        cr.hvp(lambda x: x**3)(2.0)
    with pytest.raises(ArgumentError) as caught:
        cr.jvp(lambda p: p["a"][0], ({"a": [1.0]},), ({"a": (1.0,)},))
    assert (caught.value.got, caught.value.wanted) == ("{'a': (*,)}", "{'a': [*]}")


def test_elementwise_grad_refuses_what_is_not():
    with pytest.raises(DerivativeError, match="one array"):
        cr.elementwise_grad(lambda p: p["a"] * p["b"])({"a": point(), "b": point()})
    with pytest.raises(DtypeError, match="dtype bool"):
        cr.elementwise_grad(lambda x: x > 1)(point())


# Transforms within transforms


def derivative(f, x):
    return cr.jvp(f, (x,), (1.0,))[1]


@pytest.mark.parametrize("outer", [cr.grad, lambda f: lambda x: derivative(f, x)], ids=["reverse", "forward"])
@pytest.mark.parametrize("inner", [cr.grad, lambda f: lambda x: derivative(f, x)], ids=["reverse", "forward"])
def test_perturbations_are_not_confused(outer, inner):
    """Siskind and Pearlmutter, Perturbation confusion and referential transparency (2005), and the amazing bug."""
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0
    assert outer(lambda x: x * inner(lambda y: x * y)(2.0))(3.0) == 6.0
    assert outer(lambda u: inner(lambda x: np.exp(x + u))(1.0))(0.0) == pytest.approx(np.e)
    assert outer(lambda x: inner(lambda y: x)(1.0))(2.0) == 0.0
    assert outer(lambda x: inner(lambda y: 3.0 * y)(x))(2.0) == 0.0
    assert outer(outer(inner(lambda x: x**5)))(2.0) == 240.0


def test_a_gradient_in_a_loop():
    """x - step * f'(x) three times for f = x^4/4: hand-made by x -> x - step x^3, with slope 1 - 3 step x^2."""

    def descend(x):
        for _ in range(3):
            x = x - 0.1 * cr.grad(lambda y: np.sum(y**4) / 4)(x)
        return np.sum(x)

    x, slope = 0.5, 1.0
    for _ in range(3):
        x, slope = x - 0.1 * x**3, slope * (1 - 0.3 * x**2)
    np.testing.assert_allclose(cr.grad(descend)(np.array([0.5])), [slope])


def test_maps_and_gradients():
    np.testing.assert_array_equal(cr.vmap(cr.grad(lambda x: x**3))(point()), 3 * point() ** 2)
    np.testing.assert_array_equal(cr.grad(lambda x: np.sum(cr.vmap(lambda y: y**3)(x)))(point()), 3 * point() ** 2)
    assert cr.grad(lambda a: np.sum(cr.vmap(cr.grad(lambda x: a * x**3))(point())))(2.0) == 42.0


def test_pullbacks_and_linear_maps_may_be_differentiated():
    """pullback(v) = cos(2) v, so that d/dv pullback(v^2) at 3 is 6 cos 2."""
    pullback, push = cr.vjp(np.sin, 2.0)[1], cr.linearize(np.sin, 2.0)[1]
    for outside in (lambda v: pullback(v)[0], push):
        assert cr.grad(lambda v: outside(v * v))(3.0) == pytest.approx(6 * np.cos(2.0))
        assert derivative(lambda v: outside(v * v), 3.0) == pytest.approx(6 * np.cos(2.0))

    def within(a):
        inner = cr.vjp(np.sin, 2.0)[1]
        push = cr.linearize(np.sin, 2.0)[1]
        return a * (cr.grad(lambda v: inner(v * v)[0])(3.0) + cr.grad(lambda v: push(v * v))(3.0))

    assert cr.grad(within)(1.0) == pytest.approx(12 * np.cos(2.0))


def test_linearize_does_not_run_the_function_again():
    runs = []

    def f(x):
        runs.append(1)
        return x * x

    def within(a):
        push = cr.linearize(f, a)[1]
        return push(1.0) + push(2.0)

    assert cr.grad(within)(3.0) == 6.0
    assert len(runs) == 1


@pytest.mark.parametrize(
    "use",
    [
        lambda x: x + 1.0,
        lambda x: x[0],
        lambda x: x.sum(),
        lambda x: x @ x,
        lambda x: x.reshape(3, 1),
        np.sin,
        str,
        lambda x: f"{x}",
        lambda x: bool(x[0] > 0),
        list,
        lambda x: np.stack([x, x]),
        cr.stop_gradient,
        lambda x: cr.grad(lambda y: np.sum(y * y))(x),
        lambda x: cr.vmap(np.sin)(x),
        lambda x: x.__setitem__(0, 1.0),
    ],
)
def test_arrays_that_have_leaked(use):
    kept = []
    cr.grad(lambda x: (kept.append(x * 2.0), np.sum(x))[1])(point())
    with pytest.raises(TraceError, match="after the function that made it has returned"):
        use(kept[0])


def test_arrays_that_have_leaked_into_another_transform():
    kept = []
    cr.grad(lambda x: (kept.append(x), np.sum(x))[1])(point())
    with pytest.raises((TraceError, ForeignVariableError)):
        cr.grad(lambda y: np.sum(y * kept[0]))(point())
    with pytest.raises(ArgumentError, match=r"symbolic variables"):
        cr.Graph([kept[0]], [kept[0]])


def test_what_the_message_of_a_leak_advises_works():
    kept = []

    def f(x):
        kept.append(np.asarray(cr.stop_gradient(x)))
        return np.sum(x * x), x * 2.0

    _, doubled = cr.grad(f, has_aux=True)(point())
    np.testing.assert_array_equal(kept[0] + 1.0, point() + 1.0)
    np.testing.assert_array_equal(doubled, 2 * point())


def test_threads():
    results = {}

    def work(power):
        for _ in range(10):
            results[power] = cr.grad(lambda x: np.sum(x**power + cr.grad(lambda y: np.sum(y * x[0]))(x)))(point())

    threads = [threading.Thread(target=work, args=(power,)) for power in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for power in range(1, 5):
        expected = power * point() ** (power - 1) + [3.0, 0.0, 0.0]
        np.testing.assert_allclose(results[power], expected)


def test_another_order_of_bytes():
    x = np.array([1.0, 2.0], ">f8")
    for f in (np.sum, lambda x: np.sum(x * x), lambda x: np.max(x) * np.sum(x)):
        gradient = cr.grad(f)(x)
        assert gradient.dtype == np.float64 and gradient.dtype.isnative
        np.testing.assert_array_equal(gradient, cr.grad(f)(x.astype(float)))


# vmap


@pytest.mark.parametrize("in_axes", ["0", 0.5, True, ({"a": 0},), {0}])
def test_in_axes_that_are_none(in_axes):
    with pytest.raises(ArgumentError, match="names no axes"):
        cr.vmap(lambda p: p, in_axes=in_axes)(point())


def test_axes_of_maps():
    table = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(cr.vmap(np.sum, in_axes=np.int64(1))(table), [3, 5, 7])
    np.testing.assert_array_equal(cr.vmap(lambda row: row, out_axes=1)(table), table.T)
    np.testing.assert_array_equal(cr.vmap(lambda row: row, out_axes=-1)(table), table.T)
    for out_axes in (None, (0, 0), "a"):
        with pytest.raises(ArgumentError, match="does not name an axis"):
            cr.vmap(lambda row: row, out_axes=out_axes)(table)
    with pytest.raises(ShapeError, match="out_axes=5 is no axis"):
        cr.vmap(lambda row: row, out_axes=5)(table)


def test_samples_that_python_decides_by():
    with pytest.raises(ControlFlowError, match=r"in the body of cr\.vmap there is no single value"):
        cr.vmap(lambda n: np.ones(int(n)))(point())
    with pytest.raises(ControlFlowError, match=r"cr\.cond\(.*np\.where\("):
        cr.vmap(lambda n: (n, n) if n > 1 else n)(point())
    with pytest.raises(DtypeError, match="MaskedArray"):
        cr.vmap(lambda x: x)(np.ma.array(point(), mask=[True, False, False]))


# ravel


def test_ravel_there_and_back():
    tree = {"w": np.ones((2, 2), np.float32), "b": 2.0, "c": np.array(3.0)}
    vector, unravel = cr.ravel(tree)
    again = unravel(vector)
    assert vector.dtype == np.float64
    assert again["w"].dtype == np.float32
    assert type(again["b"]) is np.float64
    assert type(again["c"]) is np.ndarray
    counts = cr.ravel([np.arange(3), np.array([4])])
    assert counts[0].dtype == counts[1](counts[0])[1].dtype == np.dtype(int)


def test_ravel_refuses_what_a_vector_cannot_hold():
    for tree in ({"w": 1.0, "n": 3}, {"n": 3, "w": 1.0}, {"w": 1.0, "z": 1j}):
        with pytest.raises(DtypeError, match="different kinds"):
            cr.ravel(tree)
    for tree in ({"w": 1.0, "s": "relu"}, [object()]):
        with pytest.raises(DtypeError, match="a vector holds numbers"):
            cr.ravel(tree)
    with pytest.raises(DtypeError, match="complex128"):
        cr.ravel(point())[1](1j * point())


# check_grads


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"modes": ()}, "no modes to check"),
        ({"modes": ("forwards",)}, "no modes to check"),
        ({"order": 0}, "nothing to check"),
        ({"order": 1.5}, "nothing to check"),
        ({"args": 0.3}, "one entry for each argument"),
        ({"args": point()}, "one entry for each argument"),
        ({"f": lambda x: None}, "no arrays"),
    ],
)
def test_checks_that_check_nothing(keywords, message):
    with pytest.raises(ArgumentError, match=message):
        cr.check_grads(**{"f": np.tanh, "args": (0.3,)} | keywords)


def test_checks_of_all_dtypes():
    for dtype in (np.float16, np.float32, np.float64, np.longdouble):
        cr.check_grads(lambda x: np.tanh(x) * x, (point().astype(dtype) / 4,), modes="reverse")
    with pytest.raises(DtypeError, match="no derivative by an argument"):
        cr.check_grads(np.tanh, (np.arange(3),))


# Operations and custom gradients


@pytest.fixture
def declare():
    before = set(CATALOGUE)
    yield cr.operation
    for name in set(CATALOGUE) - before:
        del CATALOGUE[name]


def test_declarations_that_make_no_sense(declare):
    cube = declare("cube_of_tests", lambda x: x**3, slopes=lambda y, x: 3 * x * x)
    for arguments, keywords in [
        (("two words", np.sin), {"slopes": 1.0}),
        ((3, np.sin), {"slopes": 1.0}),
        (("not_callable", 3), {"slopes": 1.0}),
        (("nothing_given", np.sin), {}),
        (("two_given", np.sin), {"slopes": 1.0, "maps": 1.0}),
        (("described", np.sin), {"slopes": 1.0, "colour": "red"}),
        (("cube_of_tests", np.sin), {"slopes": 1.0}),
    ]:
        with pytest.raises(ArgumentError):
            declare(*arguments, **keywords)
    for x in (2.0, point()):
        with pytest.raises(ArgumentError, match="takes no parameters"):
            cube(x, k=2)
    with pytest.raises(ArgumentError, match="takes no parameters"):
        cr.grad(lambda x: cube(x, k=2))(2.0)
    total = declare("total_of_tests", np.sum, slopes=1.0)
    with pytest.raises(ShapeError, match="entry by entry"):
        cr.grad(lambda x: total(x))(point())


def gradient_of(f, x):
    return cr.grad(lambda x: np.sum(cr.custom_gradient(f)(x)))(x)


def test_custom_gradients_that_do_not_fit():
    with pytest.raises(ShapeError, match=r"has shape \(7,\), not \(3,\)"):
        gradient_of(lambda x: (x, lambda y_bar: np.ones(7)), point())
    with pytest.raises(DtypeError, match="complex128"):
        gradient_of(lambda x: (x, lambda y_bar: 1j * y_bar), point())
    with pytest.raises(ArgumentError, match="2 cotangents for 1 arguments"):
        gradient_of(lambda x: (x, lambda y_bar: (y_bar, y_bar)), point())
    for f in (lambda x: x, lambda x: (x, 3), lambda x: (x, np.sin, 3)):
        with pytest.raises(ArgumentError, match=r"it returns \(y, pullback\)"):
            gradient_of(f, point())
        with pytest.raises(ArgumentError, match=r"it returns \(y, pullback\)"):
            cr.custom_gradient(f)(point())
    with pytest.raises(ArgumentError, match="y as one array"):
        gradient_of(lambda x: ((x, x), lambda y_bar: y_bar), point())


def test_custom_gradients_take_arrays_by_position():
    @cr.custom_gradient
    def scaled(x, factor=2.0):
        return x * factor, lambda y_bar: y_bar * factor

    with pytest.raises(ArgumentError, match="by position"):
        cr.grad(lambda x: np.sum(scaled(x, factor=3.0)))(point())

    @cr.custom_gradient
    def first(p):
        return p["a"], lambda y_bar: {"a": 2 * y_bar}

    with pytest.raises(ArgumentError, match="takes arrays"):
        cr.grad(lambda x: np.sum(first({"a": x})))(point())


def test_no_cotangent_is_zero():
    @cr.custom_gradient
    def product(x, y):
        return x * y, lambda y_bar: (y_bar * y, None)

    assert cr.grad(product, argnums=(0, 1))(2.0, 3.0) == (3.0, 0.0)


def test_a_black_box_sees_the_arguments_only():
    """A matrix of ones, say, could not be solved with."""

    @cr.custom_gradient
    def solved(A):
        x = np.linalg.solve(A, np.ones(2))
        return x, lambda x_bar: -np.outer(np.linalg.solve(A.T, x_bar), x)

    A = np.array([[2.0, 1.0], [0.0, 4.0]])
    np.testing.assert_allclose(
        cr.grad(lambda A: np.sum(solved(A)))(A), cr.grad(lambda A: np.sum(np.linalg.solve(A, np.ones(2))))(A)
    )
