# pyright: reportArgumentType=false, reportOperatorIssue=false, reportCallIssue=false, reportReturnType=false
# (the stubs of NumPy do not know that its functions return traced arrays for traced arrays)
"""Functions that work entry by entry and are more than one operation, or none that is a ufunc."""

from __future__ import annotations

from typing import Any

from ...graph import Variable
from ...ops import arithmetic, comparison, complex_parts, special
from ...ops.selection import where as select
from ...original import np
from ..array import NUMBERS, Array, apply_elementwise, trace_of, viewed, wrap
from ..dispatch import HINTS, answers, finish, lifted, name_of, of_dtype, plain_call, promotes_as
from ..ufuncs import COMPOSED

# Maximum, logic, and other ufuncs


def _is_zero(x: Any) -> bool:
    """A zero that was written as a number, not computed."""
    return (type(x) in NUMBERS or (isinstance(x, np.generic) and type(x) is not Array)) and x == 0


def _maximum(a: Any, b: Any) -> Any:
    """maximum(x, 0) with a constant 0 is the ReLU, whose slope at 0 is 0, not a half."""
    for x, other in ((a, b), (b, a)):
        if type(x) is Array and x.dtype.kind == "f" and _is_zero(other):
            dtype = np.result_type(x.dtype, other) if isinstance(other, np.generic) else x.dtype
            return apply_elementwise(arithmetic.relu, (x if dtype == x.dtype else x.astype(dtype),), x.owner)
    return apply_elementwise(arithmetic.maximum, (a, b), trace_of(a, b))  # type: ignore[arg-type]


def _of_truth_values(ufunc: np.ufunc, operation: Any) -> Any:
    """Bitwise operations of booleans are logical ones; those of integers carry no derivative."""

    def compute(*inputs: Any) -> Any:
        if all((x.dtype if type(x) is Array else np.asarray(x).dtype).kind == "b" for x in inputs):
            return apply_elementwise(operation, inputs, trace_of(*inputs))  # type: ignore[arg-type]
        return lifted(plain_call(ufunc, name_of(ufunc), inputs, {}), *inputs)

    return compute


def _is_complex(x: Array) -> bool:
    return x.dtype.kind == "c"


def _conjugate(x: Any) -> Any:
    if _is_complex(x):
        return apply_elementwise(complex_parts.conjugate, (x,), x.owner)
    return np.positive(x) if x.dtype != bool else x.copy()


def _sign(x: Any) -> Any:
    """Of a complex number z / |z|, which changes with it."""
    if not _is_complex(x):
        return apply_elementwise(comparison.sign, (x,), x.owner)
    return np.where(x == 0, 0.0, x / abs(x))[()]


def _float_power(a: Any, b: Any) -> Any:
    trace = trace_of(a, b)
    assert trace is not None
    is_complex = any(np.result_type(promotes_as(x)).kind == "c" for x in (a, b))
    wide = np.complex128 if is_complex else np.float64
    return np.power(*[x.astype(wide, copy=False) if hasattr(x, "astype") else wide(x) for x in (a, b)])


def _heaviside(x: Any, at_zero: Any) -> Any:
    x = lifted(x, at_zero)
    one = np.heaviside(np.ones(1, x.dtype), np.ones(1, getattr(at_zero, "dtype", x.dtype)))[0]
    step = np.where(x < 0, one * 0, np.where(x == 0, at_zero, one))
    step = np.where(np.isnan(x), one * np.nan, step)
    return wrap(step.owner, of_dtype(step.variable, one.dtype), 0 if step.ndim else 1)


def _ldexp(x: Any, exponent: Any) -> Any:
    if type(exponent) is Array:
        exponent = plain_call(np.positive, "np.ldexp", (exponent,), {})
    x = x if type(x) is Array else lifted(x, exponent)
    return x * np.ldexp(np.ones((), np.ldexp(x.dtype.type(1), 1).dtype), exponent)


COMPOSED.update(
    {
        np.maximum: _maximum,
        np.conjugate: _conjugate,
        np.sign: _sign,
        np.float_power: _float_power,
        np.heaviside: _heaviside,
        np.ldexp: _ldexp,
        np.divmod: lambda a, b: (np.floor_divide(a, b), np.remainder(a, b)),
        # fmod keeps the sign of zero, which x - trunc(x) would not.
        np.modf: lambda x: (np.where(np.isinf(x), np.copysign(0.0, x), np.fmod(x, 1))[()], np.trunc(x)),
        np.invert: _of_truth_values(np.invert, comparison.logical_not),
        np.bitwise_and: _of_truth_values(np.bitwise_and, comparison.logical_and),
        np.bitwise_or: _of_truth_values(np.bitwise_or, comparison.logical_or),
        np.bitwise_xor: _of_truth_values(np.bitwise_xor, comparison.logical_xor),
    }
)
HINTS[np.frexp] = "exponent = np.frexp(cr.stop_gradient(x))[1]; mantissa = x / 2.0 ** exponent"
HINTS[np.nextafter] = "np.nextafter(cr.stop_gradient(x), y)"
HINTS[np.spacing] = "np.spacing(cr.stop_gradient(x))"


# Real and imaginary parts


# The parts of an array are views, which can be written to.


def _with_real(z: Variable, part: Variable) -> Variable:
    return arithmetic.add(part, arithmetic.multiply(complex_parts.imag(z), z.graph.constant(np.asarray(1j, z.dtype))))


def _with_imag(z: Variable, part: Variable) -> Variable:
    return arithmetic.add(complex_parts.real(z), arithmetic.multiply(part, z.graph.constant(np.asarray(1j, z.dtype))))


@answers(np.real)
def real(val: Any) -> Any:
    if not _is_complex(val):
        return val
    if val.kind:
        return wrap(val.owner, complex_parts.real(val.variable), val.kind)
    return viewed(val, complex_parts.real, _with_real, ("real",))


@answers(np.imag)
def imag(val: Any) -> Any:
    if not _is_complex(val):
        return np.zeros(val.shape, val.dtype) if val.ndim or not val.kind else val.dtype.type(0)
    if val.kind:
        return wrap(val.owner, complex_parts.imag(val.variable), val.kind)
    return viewed(val, complex_parts.imag, _with_imag, ("imag",))


@answers(np.angle)
def angle(z: Any, deg: bool = False) -> Any:
    z = z if type(z) is Array else lifted(z)
    a = apply_elementwise(complex_parts.angle, (z,), z.owner) if _is_complex(z) else np.arctan2(0, z)
    return a * (180 / np.pi) if deg else a


@answers(np.real_if_close)
def real_if_close(a: Any, tol: float = 100) -> Any:
    a = lifted(a)
    if not _is_complex(a):
        return a
    if tol > 1:
        tol = np.finfo(a.dtype).eps * tol
    return np.real(a) if bool(np.all(abs(np.imag(a)) < tol)) else a


# Rounding


@answers(np.round, np.around)
def round_(a: Any, decimals: int = 0, out: Any = None) -> Any:
    a = a if type(a) is Array else lifted(a, out)
    if a.dtype.kind in "iu":
        if decimals < 0:
            return finish(plain_call(np.round, "np.round", (a, decimals), {}), out)
        return finish(np.positive(a), out)
    if a.dtype == bool:
        a = a.astype(np.float16)
    factor = 10.0 ** abs(decimals)
    if decimals == 0:
        result = np.rint(a)
    elif decimals > 0:
        result = np.rint(a * factor) / factor
    else:
        result = np.rint(a / factor) * factor
    return finish(result, out)


@answers(np.i0)
def i0(x: Any) -> Any:
    return apply_elementwise(special.i0, (x,), x.owner)


answers(np.fix)(lambda x, out=None: np.trunc(x) if out is None else np.trunc(x, out=out))


# What is not finite


@answers(np.nan_to_num)
def nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    if x.dtype.kind not in "fc":
        return (x.copy() if copy else x) if x.ndim else x[()]
    if _is_complex(x):
        parts = [nan_to_num(part, True, nan, posinf, neginf) for part in (np.real(x), np.imag(x))]
        result = parts[0] + parts[1] * np.asarray(1j, x.dtype)
        if copy or x.kind:
            return result
        x[...] = result
        return x
    limits = np.finfo(x.dtype)
    trace = x.owner

    def replaced(x: Array, where: Any, number: Any) -> Array:
        return wrap(trace, select(where.variable, x.variable, of_dtype(lifted(number, x).variable, x.dtype)))

    result = replaced(x, ~np.isnan(x), nan)
    result = replaced(result, x != np.inf, limits.max if posinf is None else posinf)
    result = replaced(result, x != -np.inf, limits.min if neginf is None else neginf)
    if not copy and not x.kind:
        x[...] = result
        result = x
    return result if result.ndim else wrap(trace, result.variable, 1)


# Truth values of numbers


@answers(np.isposinf)
def isposinf(x: Any, out: Any = None) -> Any:
    return finish(np.logical_and(np.isinf(x), np.logical_not(np.signbit(x))), out)


@answers(np.isneginf)
def isneginf(x: Any, out: Any = None) -> Any:
    return finish(np.logical_and(np.isinf(x), np.signbit(x)), out)


answers(np.iscomplexobj)(lambda x: lifted(x).dtype.kind == "c")
answers(np.isrealobj)(lambda x: lifted(x).dtype.kind != "c")


@answers(np.iscomplex)
def iscomplex(x: Any) -> Any:
    if _is_complex(x):
        return np.imag(x) != 0
    return np.zeros(x.shape, bool)[()]


@answers(np.isreal)
def isreal(x: Any) -> Any:
    if _is_complex(x):
        return np.imag(x) == 0
    return np.ones(x.shape, bool)[()]


@answers(np.isclose)
def isclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> Any:
    if type(b) is not int and getattr(b, "dtype", np.dtype(float)).kind in "iub":
        b = lifted(b, a).astype(np.result_type(b.dtype, 1.0))
    close = np.less_equal(abs(np.subtract(a, b)), atol + rtol * abs(b))
    close = close & np.isfinite(b) | np.equal(a, b)
    if equal_nan:
        close = close | np.isnan(a) & np.isnan(b)
    return close


@answers(np.allclose)
def allclose(a: Any, b: Any, rtol: Any = 1e-05, atol: Any = 1e-08, equal_nan: bool = False) -> bool:
    return bool(np.all(np.isclose(a, b, rtol, atol, equal_nan)))


@answers(np.array_equal)
def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    a, b = lifted(a1, a2), lifted(a2, a1)
    if a.shape != b.shape:
        return False
    same = np.equal(a, b)
    return bool(np.all(same | np.isnan(a) & np.isnan(b) if equal_nan else same))


@answers(np.array_equiv)
def array_equiv(a1: Any, a2: Any) -> bool:
    a, b = lifted(a1, a2), lifted(a2, a1)
    try:
        np.broadcast_shapes(a.shape, b.shape)
    except ValueError:
        return False
    return bool(np.all(np.equal(a, b)))


for _attribute, _answer in {"round": round_}.items():
    setattr(Array, _attribute, _answer)
