"""Element-wise operations: each by the recipe that native code is made by, or one of its own where that needs NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import UnsupportedError
from ..original import np
from .instructions import Instructions
from .translation import Node, translation
from .writer import Value, Writer


@translation("element-wise")
def _by_recipe(writer: Writer, node: Node) -> Value:
    operation: Any = node.variable.operation
    return in_dtypes(writer, node, operation.native)


def in_dtypes(writer: Writer, node: Node, recipe: Callable[..., Any]) -> Value:
    """A recipe, of values in the dtypes that NumPy computes in; half precision in single."""
    operation: Any = node.variable.operation
    computed = operation.promote(tuple(x.dtype for x in node.inputs))
    single = np.dtype(np.float32)
    work = [single if dtype == np.float16 else dtype for dtype in computed[: len(node.inputs)]]
    values = [writer.cast(x, dtype) for x, dtype in zip(node.inputs, work, strict=True)]
    result = recipe(Instructions(writer), *values)
    if result is None:
        raise UnsupportedError(f"there is no formula for {', '.join(dtype.name for dtype in work)}")
    if writer.is_constant(result):
        result = writer.expand(result, node.shape)
    return writer.cast(result, node.dtype)


def _with_numpy(recipe: Callable[..., Any]) -> Callable[[Writer, Node], Value]:
    return lambda writer, node: in_dtypes(writer, node, recipe)


@translation("real", "conjugate")
def _same(writer: Writer, node: Node) -> Value:
    """Of real numbers; complex ones do not come here."""
    return node.inputs[0]


@translation("imag")
def _zero(writer: Writer, node: Node) -> Value:
    return writer.fill(0, node.dtype, node.shape)


def _extremum(operator: str) -> Callable[..., Any]:
    """onnxruntime's give nan if either is nan, as NumPy's do."""

    def recipe(code: Any, a: Any, b: Any) -> Any:
        if a.dtype.kind == "b":
            return code.logical_or(a, b) if operator == "Max" else code.logical_and(a, b)
        return code.writer.apply(operator, a, b)

    return recipe


translation("maximum")(_with_numpy(_extremum("Max")))
translation("minimum")(_with_numpy(_extremum("Min")))
translation("relu")(
    lambda writer, node: in_dtypes(
        writer, node, lambda code, x, *_: _extremum("Max")(code, x, code.constant(0, x.dtype))
    )
)


@translation("power")
def _power(writer: Writer, node: Node) -> Value:
    """Of integers by squares, one for each bit of the exponent, which has to be known: NumPy refuses negative ones."""
    exponent = node.variable.inputs[1]

    def recipe(code: Any, a: Any, b: Any) -> Any:
        if a.dtype.kind == "f":
            return code.call("power", a, b)
        if not exponent.is_constant:
            raise UnsupportedError("integers can be raised to powers that are constants only")
        whole = np.asarray(exponent.value)
        if (whole < 0).any():
            raise UnsupportedError("integers have no negative powers")
        y = code.constant(np.ones((), a.dtype), a.dtype)
        for bit in range(int(whole.max(initial=0)).bit_length()):
            odd = code.writer.constant((whole >> bit) & 1 == 1)
            y = code.select(odd, code.multiply(y, a), y)
            a = code.multiply(a, a)
        return y

    return in_dtypes(writer, node, recipe)


def _signed(name: str, sign: Callable[..., Any]) -> None:
    """A recipe whose zeros have the sign of another number, which onnxruntime's Where would lose."""

    def translate(writer: Writer, node: Node) -> Value:
        operation: Any = node.variable.operation

        def recipe(code: Any, a: Any, b: Any) -> Any:
            y = operation.native(code, a, b)
            return code.copysign(y, sign(code, a, b)) if a.dtype.kind == "f" else y

        return in_dtypes(writer, node, recipe)

    translation(name)(translate)


_signed("remainder", lambda code, a, b: b)
_signed("floor_divide", lambda code, a, b: code.divide(a, b))


def _reciprocal(code: Any, x: Any) -> Any:
    """Of integers 1 and -1 it is themselves, 0 beyond them; of 0 what NumPy makes of it, the smallest number."""
    one, zero = code.constant(1, x.dtype), code.constant(0, x.dtype)
    if x.dtype.kind == "f":
        return code.divide(one, x)
    y = code.select(code.compare("==", x, one), one, zero)
    if x.dtype.kind == "i":
        minus = code.constant(-1, x.dtype)
        y = code.select(code.compare("==", x, minus), minus, y)
    with np.errstate(all="ignore"):
        at_zero = np.reciprocal(np.zeros((), x.dtype))
    return code.select(code.compare("==", x, zero), code.constant(at_zero, x.dtype), y)


translation("reciprocal")(_with_numpy(_reciprocal))


def _entropy(beyond: Callable[..., Any], at_zero: Callable[..., Any]) -> Callable[..., Any]:
    """a log(a / b) and more for positive numbers; the logarithms apart where their quotient has no digits."""

    def recipe(code: Any, a: Any, b: Any) -> Any:
        dtype, double = a.dtype, np.dtype(np.float64)
        a, b = code.convert(a, double), code.convert(b, double)
        zero, half, inf = (code.constant(c, double) for c in (0, 0.5, np.inf))
        smallest = code.constant(np.finfo(np.float64).tiny, double)
        inside = code.logical_and(code.compare(">", a, zero), code.compare(">", b, zero))
        ratio, apart = code.divide(a, b), code.subtract(a, b)
        fits = code.logical_and(code.compare(">", ratio, smallest), code.compare("<", ratio, inf))
        near = code.compare("<", code.absolute(apart), code.multiply(half, b))
        logarithm = code.select(near, code.call("log1p", code.divide(apart, b)), code.call("log", ratio))
        apart = code.subtract(code.call("log", a), code.call("log", b))
        y = beyond(code, code.multiply(a, code.select(fits, logarithm, apart)), a, b)
        on_edge = code.logical_and(code.compare("==", a, zero), code.compare(">=", b, zero))
        y = code.select(inside, y, code.select(on_edge, at_zero(zero, b), inf))
        numbers = code.logical_and(code.compare("==", a, a), code.compare("==", b, b))
        return code.convert(code.select(numbers, y, code.constant(np.nan, double)), dtype)

    return recipe


translation("rel_entr")(_with_numpy(_entropy(lambda code, y, a, b: y, lambda zero, b: zero)))
translation("kl_div")(_with_numpy(_entropy(lambda code, y, a, b: code.add(code.subtract(y, a), b), lambda zero, b: b)))
