"""What a traced array is to the code that it passes through: its types, attributes, operators, printing, errors."""

from __future__ import annotations

import copy
import math
import numbers
import operator as op
from collections.abc import Hashable, Iterable, Sized

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainruleError, TraceError, UnsupportedError

V = np.array([0.3, -1.2, 2.5])
M = np.arange(6.0).reshape(2, 3) + 0.5


def inside(look, *arguments):
    """What a function sees of its arguments while it is traced."""
    seen = []

    def function(*xs):
        seen.append(look(*xs))
        return sum(np.sum(x) for x in xs)

    cr.grad(function, argnums=tuple(range(len(arguments))))(*arguments)
    return seen[0]


# Types


def test_arrays_are_ndarrays():
    assert inside(lambda x: isinstance(x, np.ndarray), V)
    assert not inside(lambda x: isinstance(x, (float, np.generic)), V)
    assert inside(lambda x: isinstance(x, np.ndarray), np.array(1.0))
    assert inside(lambda x: isinstance(x * 2.0, np.generic), np.array(1.0)), "NumPy makes a scalar of a 0-d array"


def test_scalars_are_floats():
    for look in (lambda x: x, lambda x: np.sum(x), lambda x: x * 2.0):
        assert inside(lambda x, look=look: isinstance(look(x), float), np.float64(1.0))
        assert inside(lambda x, look=look: isinstance(look(x), np.floating), np.float64(1.0))
        assert inside(lambda x, look=look: isinstance(look(x), numbers.Real), np.float64(1.0))
        assert not inside(lambda x, look=look: isinstance(look(x), np.ndarray), np.float64(1.0))
    assert inside(lambda x: isinstance(x[0], np.float64), V)
    assert not inside(lambda x: isinstance(x, float), np.float32(1.0))
    assert inside(lambda x: isinstance(x, np.float32), np.float32(1.0))


def test_python_numbers_stay_pythons():
    assert inside(lambda x: isinstance(x, float) and not isinstance(x, np.generic), 1.0)
    assert inside(lambda x: isinstance(x * 2 + 1, np.generic), 1.0) is False
    assert inside(lambda x: isinstance(x > 0, bool), 1.0)
    assert inside(lambda x: isinstance(np.sin(x), np.float64), 1.0), "a ufunc gives one of NumPy's scalars"
    assert inside(lambda x: isinstance(x.item(), float) and not isinstance(x.item(), np.generic), np.float64(1.0))
    assert inside(lambda x: isinstance(x.tolist()[1], float), V)


def test_functions_that_ask_for_types():
    assert inside(lambda x: (np.isscalar(x[0]), np.ndim(x), np.shape(x), np.iterable(x)), V) == (True, 1, (3,), True)
    assert inside(lambda x: (np.result_type(x, np.float32), np.can_cast(x, np.float32)), V) == (np.float64, False)
    assert inside(lambda x: np.result_type(x, np.float32(1.0)), 1.0) == np.float32
    assert inside(lambda x: np.common_type(x, np.float32(1.0) * np.ones(1, np.float32)), V) is np.float64
    assert inside(lambda x: np.min_scalar_type(x), V) == np.float64
    assert inside(lambda x: np.issubdtype(x.dtype, np.floating), V)


# Attributes


@pytest.mark.parametrize(
    "name",
    ["shape", "dtype", "ndim", "size", "itemsize", "nbytes", "strides", "device", "__len__"],
)
@pytest.mark.parametrize("view", [lambda x: x, lambda x: x.T, lambda x: x[:, ::2], lambda x: x[1], lambda x: x.T * 2])
def test_attributes(name, view):
    def read(x):
        value = getattr(view(x), name)
        return value() if callable(value) else value

    assert inside(read, M) == read(M)


@pytest.mark.parametrize(
    "view",
    [
        lambda x: x * 2,
        lambda x: (x * 2).T,
        lambda x: (x * 2)[:, 1:],
        lambda x: (x * 2)[1],
        lambda x: (x.T * 2).copy(),
        lambda x: x.copy(order="F"),
        lambda x: np.zeros_like(x.T),
        lambda x: np.broadcast_to(x * 2, (2, 2, 3)),
        lambda x: (x * 2).reshape(3, 2).T.reshape(-1),
    ],
)
def test_flags_and_bases(view):
    def read(x):
        y = view(x)
        flags = y.flags
        return (
            flags.c_contiguous,
            flags.f_contiguous,
            flags["C"],
            flags["F_CONTIGUOUS"],
            [s for s, n in zip(y.strides, y.shape, strict=True) if n > 1],
        )

    assert inside(read, M) == read(M)


def test_views_know_their_base():
    def look(x):
        y = x * 2
        view = y[1:]
        return [
            y.base is None,
            view.base is None,
            (y + 1).base is None,
            np.shares_memory(y, view),
            np.shares_memory(y[:1], view),
            np.may_share_memory(view.T, y),
            np.shares_memory(y, y + 1),
            np.shares_memory(y, y.copy()),
        ]

    assert inside(look, M) == look(M)


def test_missing_attributes_are_named():
    def missing(x):
        with pytest.raises(AttributeError, match="object has no attribute 'nonsense'"):
            x.nonsense
        with pytest.raises(UnsupportedError, match=r"a traced array has no \.tobytes") as caught:
            x.tobytes()
        assert "stop_gradient" in str(caught.value)
        return [hasattr(x, name) for name in ("nonsense", "ctypes", "__array_interface__", "T")]

    assert inside(missing, V) == [False, False, False, True]


def test_other_dtypes_of_the_same_bytes_are_refused():
    def look(x):
        with pytest.raises(UnsupportedError, match="cannot be seen as int64"):
            x.view(np.int64)
        return x.view().shape, x.view(np.ndarray).shape

    assert inside(look, V) == ((3,), (3,))


def test_copies():
    assert inside(lambda x: [y.shape for y in (copy.copy(x), copy.deepcopy(x), x.copy(), np.copy(x))], V) == [(3,)] * 4


def test_the_array_api_namespace():
    def norm(x):
        xp = x.__array_namespace__()
        return xp.sqrt(xp.sum(xp.astype(x, xp.float64) ** 2))

    np.testing.assert_allclose(cr.grad(norm)(V), V / np.linalg.norm(V))


# Iteration and membership


def test_iteration():
    assert inside(lambda x: [row.shape for row in x], M) == [(3,), (3,)]
    assert inside(lambda x: [k for k, _ in enumerate(x)], V) == [0, 1, 2]
    assert inside(lambda x: len(list(reversed(x))), V) == 3
    np.testing.assert_allclose(cr.grad(lambda x: sum(a * a for a in x))(V), 2 * V)
    np.testing.assert_allclose(cr.grad(lambda x: (lambda a, b, c: a * b * c)(*x))(V), np.prod(V) / V)
    with pytest.raises(TypeError, match="'float' object is not iterable"):
        cr.grad(lambda x: sum(x))(1.0)
    with pytest.raises(TypeError, match="has no len"):
        cr.grad(lambda x: len(x))(1.0)


def test_membership_is_a_guard():
    assert inside(lambda x: (0.3 in x, 9.0 in x), V) == (True, False)


def test_max_and_min_of_python():
    np.testing.assert_allclose(cr.grad(lambda x: max(x) * min(x))(V), [0.0, 2.5, -1.2])
    np.testing.assert_allclose(cr.grad(lambda x: sorted(x)[1] ** 2)(V), [0.6, 0.0, 0.0])


# Operators

BINARY = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "**": lambda a, b: abs(a) ** b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "divmod": lambda a, b: divmod(a, b)[1],
    "&": lambda a, b: (a > 0) & (b > 0),
    "|": lambda a, b: (a > 0) | (b > 1),
    "^": lambda a, b: (a > 0) ^ (b > 0),
}
OPERANDS = [
    V,
    np.float64(1.7),
    np.float32(1.7),
    np.array(1.7),
    np.array([1, 2, 3]),
    np.array([1, 2, 3], np.int8),
    np.array([True, False, True]),
    np.array([1.5, 2.5, 3.5], np.float32),
    np.array([1.5, 2.5, 3.5], np.float16),
    np.int64(2),
    np.True_,
    2,
    1.5,
    True,
    [1.0, 2.0, 3.0],
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("operand", OPERANDS, ids=lambda x: f"{type(x).__name__}-{getattr(x, 'dtype', '')}")
@pytest.mark.parametrize("symbol", BINARY)
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_promotion(symbol, operand, dtype):
    """NEP 50: the dtype and the values are NumPy's, for arrays, NumPy's scalars and Python's numbers on either side."""
    operate = BINARY[symbol]
    for x in (V.astype(dtype), dtype(0.7), np.array(0.7, dtype)):
        for f in (operate, lambda a, b: operate(b, a)):
            if isinstance(operand, list) and (symbol in "&|^**" or not isinstance(x, np.ndarray)):
                continue
            wanted = f(x, operand)
            found = []

            def look(x, f=f, found=found):
                y = f(x, operand)
                found.append((y.dtype, y.shape, isinstance(y, np.ndarray), np.array(cr.stop_gradient(y))))
                return np.sum(x)

            cr.grad(look)(x)
            kind, shape, is_array, value = found[0]
            assert (kind, shape, is_array) == (wanted.dtype, wanted.shape, isinstance(wanted, np.ndarray))
            if symbol == "**":  # NumPy's scalars take another way than its arrays
                np.testing.assert_allclose(value, wanted, rtol=2 * np.finfo(wanted.dtype).eps)
            else:
                np.testing.assert_array_equal(value, wanted)


@pytest.mark.parametrize("operand", [x for x in OPERANDS if not isinstance(x, list)], ids=lambda x: str(type(x)))
def test_traced_python_numbers_are_weak(operand):
    assert inside(lambda x: (x * operand).dtype if not isinstance(operand, (int, float)) else None, 1.5) == (
        (1.5 * operand).dtype if not isinstance(operand, (int, float)) else None
    )
    assert inside(lambda x: np.add(x, operand).dtype, 1.5) == np.add(1.5, operand).dtype


def test_numpy_scalars_are_strong():
    x = np.ones(2, np.float32)
    assert inside(lambda a: (x * a).dtype, np.float64(2.0)) == np.float64
    assert inside(lambda a: (x * a).dtype, 2.0) == np.float32
    assert inside(lambda a: (x * np.sin(a)).dtype, 2.0) == np.float64
    assert inside(lambda a: np.dot(x, a).dtype, 2.0) == np.dot(x, 2.0).dtype


def test_unary_operators():
    for f in (lambda x: -x, lambda x: +x, abs, lambda x: ~(x > 0)):
        found = inside(lambda x, f=f: np.array(cr.stop_gradient(f(x))), V)
        np.testing.assert_array_equal(found, f(V))


def test_powers_keep_the_bits():
    x = np.linspace(0.1, 3.0, 50)
    for exponent in (2, 2.0, 1, 0, 0.5, -1, 3, -2, 1.5, np.float64(2.0), np.int64(3)):
        for base in (x, x.astype(np.float32), x[7], np.array(0.37)):
            found = inside(lambda b, e=exponent: np.array(cr.stop_gradient(b**e)), base)
            np.testing.assert_array_equal(found, base**exponent)
            assert found.dtype == (base**exponent).dtype


def test_unknown_operands():
    class Unit:
        def __radd__(self, other):
            return "added"

    assert inside(lambda x: x + Unit(), V) == "added"
    with pytest.raises(TypeError):
        inside(lambda x: x + "text", V)
    assert inside(lambda x: (x == "text") is False or not np.any(x == "text"), np.float64(1.0))
    np.testing.assert_array_equal(inside(lambda x: x == None, V), [False] * 3)  # noqa: E711
    np.testing.assert_array_equal(inside(lambda x: x != None, V), [True] * 3)  # noqa: E711


# Values that Python asks for


def test_guards():
    def f(x):
        s = np.sum(x)
        if s > 0 and not s > 100:
            s = s * 2
        while s > 1:
            s = s / 2
        return s * int(x[2]) * range(10)[int(np.argmax(x))]

    def by_hand(x):
        return f(np.asarray(x))

    x = V.copy()
    numeric = [(by_hand(x + 1e-6 * e) - by_hand(x - 1e-6 * e)) / 2e-6 for e in np.eye(3)]
    np.testing.assert_allclose(cr.grad(f)(x), numeric, rtol=1e-6)


def test_truth_of_arrays():
    for f, message in [
        (lambda x: 1 if x else 0, "more than one element is ambiguous"),
        (lambda x: 1 if x[:0] else 0, "empty array is ambiguous"),
        (lambda x: not x, "more than one element is ambiguous"),
    ]:
        with pytest.raises(ValueError, match=message):
            inside(f, V)
        with pytest.raises(ValueError, match=message):
            f(V)
    assert inside(lambda x: bool(x[:1]), V)


def test_arrays_of_no_axes_are_rounded_to_integers_as_in_numpy():
    assert inside(lambda x: (math.floor(np.array(x[1])), math.ceil(np.array(x[1]))), V) == (
        math.floor(np.array(V[1])),
        math.ceil(np.array(V[1])),
    )
    with pytest.raises(TypeError, match="__trunc__"):
        inside(lambda x: math.trunc(np.array(x[1])), V)


def test_integers():
    assert inside(lambda x: (int(x[2]), round(x[2]), math.floor(x[1]), math.ceil(x[1]), math.trunc(x[1])), V) == (
        2,
        2,
        -2,
        -1,
        -1,
    )
    assert inside(lambda x: (round(x[1], 1).dtype, x[1].is_integer()), V) == (np.float64, False)
    assert inside(lambda x: [10, 20, 30][np.argmax(x)], V) == 30
    with pytest.raises(TypeError, match="only 0-dimensional arrays"):
        inside(lambda x: int(x), V)
    with pytest.raises(TypeError, match="only integer scalar arrays"):
        inside(lambda x: [1, 2][x], np.float64(1.0))
    with pytest.raises(TypeError, match="__round__"):
        inside(lambda x: round(x), V)


@pytest.mark.parametrize(
    "leave",
    [
        float,
        complex,
        np.float64,
        np.random.default_rng(0).normal,
        lambda x: f"{x:.3f}" * float(x),
    ],
)
def test_leaving_the_trace_is_an_error_with_a_cure(leave):
    def f(x):
        return x * leave(x)

    with pytest.raises(TraceError) as caught:
        cr.grad(f)(0.5)
    message = str(caught.value)
    assert "its derivative would be lost" in message
    assert "test_arrays.py" in message
    assert "wanted" in message


def test_what_carries_no_derivative_may_leave():
    assert inside(lambda x: float(cr.stop_gradient(x)), 0.5) == 0.5
    assert inside(lambda x: math.sin(cr.stop_gradient(x)), 0.5) == math.sin(0.5)
    np.testing.assert_array_equal(inside(lambda x: np.asarray(cr.stop_gradient(x > 0)), V), V > 0)
    np.testing.assert_array_equal(inside(lambda x: np.asarray(cr.stop_gradient(x)), V), V)


def test_code_in_c_is_named():
    with pytest.raises(TraceError, match="normal would take the value") as caught:
        cr.grad(lambda x: np.random.default_rng(0).normal(x).sum())(V)
    assert "stop_gradient" in str(caught.value)


def test_functions_without_an_answer_run_on_what_carries_no_derivative():
    np.testing.assert_array_equal(inside(lambda x: np.unravel_index(np.argmax(x), x.shape), M), (1, 2))
    np.testing.assert_array_equal(inside(lambda x: np.gcd(np.argmax(x), 2), M), np.gcd(5, 2))
    assert inside(lambda x: np.histogram_bin_edges(cr.stop_gradient(x), 2).shape, V) == (3,)
    np.testing.assert_allclose(inside(lambda x: np.roots(cr.stop_gradient(x)), V), np.roots(V))
    np.testing.assert_array_equal(inside(lambda x: np.packbits(x > 0), V), np.packbits(V > 0))
    assert inside(lambda x: np.argmax(x) << 1, V) == 4


# Arrays that outlive or change


def test_leaked_arrays():
    kept = []
    cr.grad(lambda x: [kept.append(x), kept.append(x * 2), np.sum(x)][2])(V)
    for leaked in kept:
        with pytest.raises(ChainruleError, match="after the function that made it has returned"):
            leaked + 1.0
        with pytest.raises(ChainruleError):
            np.sin(leaked)
        with pytest.raises(ChainruleError):
            cr.grad(lambda y, leaked=leaked: np.sum(y * leaked))(V)


def test_a_reused_buffer():
    buffer = np.zeros((3, 3))

    def f(x):
        total = 0.0
        for k in range(3):
            buffer[:] = k
            buffer[k, k] = 5.0
            total = total + np.sum(buffer @ x * x)
        return total

    wanted = np.zeros((3, 3))
    for k in range(3):
        B = np.full((3, 3), float(k))
        B[k, k] = 5.0
        wanted += B
    for _ in range(2):
        np.testing.assert_allclose(cr.grad(f)(V), (wanted + wanted.T) @ V)


def test_a_large_buffer_that_changes():
    big = np.ones((400, 400))

    def f(x):
        y = np.sum(big * x)
        big[0, 0] = 2.0
        return y

    with pytest.raises(ChainruleError, match="was changed in place"):
        cr.grad(f)(1.0)


def test_captured_arrays_may_change_between_calls():
    weights = np.ones(3)
    f = cr.grad(lambda x: np.sum(weights * x))
    np.testing.assert_array_equal(f(V), [1.0, 1.0, 1.0])
    weights[:] = 2.0
    np.testing.assert_array_equal(f(V), [2.0, 2.0, 2.0])


@pytest.mark.parametrize("operator", [op.add, op.sub, op.mul, op.truediv, op.pow])
def test_complex_numbers_of_python_stay_so(operator):
    """As in Python, where np.float64 is a float, and np.float32 is none."""
    others = np.float64(2.0), np.float32(2.0), np.array(2.0), 2.0

    def types(left, right):
        result = operator(left, right)
        if isinstance(result, np.generic):
            return result.dtype
        return "array" if isinstance(result, np.ndarray) else "complex" if isinstance(result, complex) else None

    def look(*xs):
        found = []
        for x in xs:
            z = xs[-1] * 1j  # a number of Python
            found += [types(1j, x), types(x, 1j), types(z, x), types(x, z), types(2.0 + z, 3.0)]
        return found

    assert inside(look, *others) == look(*others)


# Printing


def test_printing():
    assert inside(lambda x: str(x), V) == str(V)
    assert inside(lambda x: str(x), np.float64(0.5)) == "0.5"
    assert inside(lambda x: f"{x:.3f} {x}", np.float64(0.5)) == "0.500 0.5"
    assert inside(lambda x: f"{x}", V) == f"{V}"
    assert inside(lambda x: format(cr.stop_gradient(x), ".2f"), 0.5) == "0.50"
    assert inside(lambda x: (np.array2string(x, precision=1), np.array_str(x)), V) == (
        np.array2string(V, precision=1),
        np.array_str(V),
    )
    assert "f64[3]" in inside(lambda x: repr(x), V)
    with pytest.raises(TypeError):
        inside(lambda x: f"{x:.3f}", V)


def test_printing_with_percent():
    assert inside(lambda x: "%.3f %d %s %8.1e" % (x, 2, x, x * 100), 0.5) == "0.500 2 0.5  5.0e+01"
    assert inside(lambda x: "%(loss)g" % {"loss": x[0]}, V) == "0.3"

    def template_in_place(x):
        text = "%g"
        text %= x
        return text

    assert inside(template_in_place, np.float64(0.5)) == "0.5"
    with pytest.raises(TypeError):
        inside(lambda x: "%f" % x, V)
    with pytest.raises(TraceError, match="float would take"):
        inside(lambda x: float(x) % 2.0, 0.5)
    with pytest.raises(TraceError):
        "%f" % cr.variable("x", shape=())


def test_printing_leaves_no_guard(capsys):
    g = cr.grad(lambda x: [print(x), print("value", x[0]), np.sum(x * x)][2])(V)
    assert capsys.readouterr().out == f"{V}\nvalue 0.3\n"
    np.testing.assert_allclose(g, 2 * V)


# Strange arrays


@pytest.mark.parametrize(
    "made", [lambda: np.ma.masked_array([1.0, 2.0, 3.0], [0, 1, 0]), lambda: np.matrix([1.0, 2.0, 3.0])]
)
@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_subclasses_are_refused(made):
    other = made()
    for f in (lambda x: np.sum(x * other), lambda x: np.sum(np.multiply(other, x)), lambda x: np.sum(x + other)):
        with pytest.raises((ChainruleError, TypeError)):
            cr.grad(f)(V)


def test_object_arrays_are_refused():
    with pytest.raises((ChainruleError, TypeError)):
        cr.grad(lambda x: np.sum(x * np.array([1, "a", None], object)))(V)


def test_big_endian_and_read_only_and_fortran_operands():
    big = V.astype(">f8")
    frozen = V.copy()
    frozen.flags.writeable = False
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(x * big))(V), V)
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(x * frozen))(V), V)
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(x * np.asfortranarray(M)))(M), M)
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(x * x))(big), 2 * V)
    np.testing.assert_allclose(cr.grad(lambda x: np.sum(x * x))(frozen), 2 * V)


def test_half_precision():
    x = V.astype(np.float16)
    g = cr.grad(lambda x: np.mean(x * x) + np.sum(np.sin(x)))(x)
    assert g.dtype == np.float16
    assert inside(lambda x: (np.mean(x).dtype, np.sum(x).dtype, np.var(x).dtype), x) == (np.float16,) * 3


# Attributes that are set, and keys


def test_shape_can_be_set():
    def f(x):
        y = x * 2.0
        y.shape = (3, 2)
        y[0] = x[0, 0]
        z = y.T
        with pytest.raises(AttributeError, match="Incompatible shape"):
            z.shape = (6,)
        y.real = y + 1.0
        return np.sum(y * y)

    g = cr.grad(f)(M)
    assert g.shape == M.shape
    numeric = np.zeros_like(M)
    for place in np.ndindex(M.shape):
        step = np.zeros_like(M)
        step[place] = 1e-6

        def plain(x):
            y = (x * 2.0).reshape(3, 2)
            y[0] = x[0, 0]
            return np.sum((y + 1) ** 2)

        numeric[place] = (plain(M + step) - plain(M - step)) / 2e-6
    np.testing.assert_allclose(g, numeric, rtol=1e-6)


def test_keys():
    assert inside(lambda x: {2: "two"}[np.argmax(x)], V) == "two"
    assert inside(lambda x: {True: 1}[x[0] > 0], V) == 1
    with pytest.raises(TypeError, match="unhashable type"):
        inside(lambda x: {x: 1}, V)
    with pytest.raises(TraceError, match="a dict or a set"):
        inside(lambda x: {x[0]: 1}, V)


def test_a_scalar_passes_for_no_iterable_and_an_array_for_one():
    def f(x):
        for scalar in (x[0], math.sqrt(x[0]), np.sum(x)):
            assert not isinstance(scalar, Iterable) and not isinstance(scalar, Sized) and isinstance(scalar, Hashable)
            assert not hasattr(scalar, "__len__") and not np.iterable(scalar)
            with pytest.raises(TypeError, match="not iterable"):
                list(scalar)
            with pytest.raises(TypeError, match="not iterable"):
                _, _ = scalar
            with pytest.raises(TypeError, match=r"has no len\(\)"):
                len(scalar)
            with pytest.raises(IndexError):
                scalar[0]
        with pytest.raises(TypeError, match="0-d array"):
            list(np.array(x[0]))
        assert (
            isinstance(x, Iterable)
            and isinstance(x, Sized)
            and hasattr(x, "__iter__")
            and hasattr(x, "__len__")
            and np.iterable(x)
        )
        assert len(list(x)) == len(x) == len(list(x.__iter__())) == 3
        assert len(list(x[:0])) == 0
        return sum(x)

    np.testing.assert_array_equal(cr.grad(f)(V), np.ones(3))
