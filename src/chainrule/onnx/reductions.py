"""Reductions along axes, softmax, and the places of extrema."""

from __future__ import annotations

from typing import Any

from ..errors import UnsupportedError
from ..original import np
from .instructions import Instructions
from .size import Shape
from .translation import Node, translation
from .writer import BOOL, INT64, Value, Writer


def reduced(writer: Writer, operator: str, x: Value, axes: Any) -> Value:
    """Along axes, which go."""
    if not axes:
        return x
    if operator in ("ReduceMax", "ReduceMin") and x.dtype == np.uint64:
        raise UnsupportedError("onnxruntime does not compare numbers of uint64 along axes")
    return writer.apply(operator, x, writer.constant(list(axes), np.int64), typed=1, keepdims=0)


def is_nan(writer: Writer, x: Value) -> Value:
    return writer.apply("IsNaN", x, dtype=BOOL)


def _extremum(operator: str) -> Any:
    """nan where there is one among the entries, which the operator itself passes over."""

    def translate(writer: Writer, node: Node) -> Value:
        x, axes = node.inputs[0], node.parameters["axes"]
        y = reduced(writer, operator, x, axes)
        if x.dtype.kind != "f" or not axes:
            return y
        has_nan = reduced(writer, "ReduceMax", is_nan(writer, x), axes)
        return Instructions(writer).select(has_nan, writer.constant(np.nan, x.dtype), y)

    return translate


translation("amax")(_extremum("ReduceMax"))
translation("amin")(_extremum("ReduceMin"))


def is_empty(shape: Shape, axes: Any) -> bool:
    return any(shape[axis] == 0 for axis in axes)


@translation("prod")
def _prod(writer: Writer, node: Node) -> Value:
    x, axes = node.inputs[0], node.parameters["axes"]
    if is_empty(node.in_shapes[0], axes):
        return writer.fill(1, node.dtype, node.shape)
    if x.dtype == BOOL:
        return reduced(writer, "ReduceMin", x, axes)
    return reduced(writer, "ReduceProd", x, axes)


def _truth(operator: str, of_nothing: bool) -> Any:
    def translate(writer: Writer, node: Node) -> Value:
        x, axes = writer.cast(node.inputs[0], BOOL), node.parameters["axes"]
        if is_empty(node.in_shapes[0], axes):
            return writer.fill(of_nothing, BOOL, node.shape)
        return reduced(writer, operator, x, axes)

    return translate


translation("any")(_truth("ReduceMax", False))
translation("all")(_truth("ReduceMin", True))


@translation("count_nonzero")
def _count_nonzero(writer: Writer, node: Node) -> Value:
    x, axes = writer.cast(writer.cast(node.inputs[0], BOOL), INT64), node.parameters["axes"]
    if is_empty(node.in_shapes[0], axes):
        return writer.fill(0, INT64, node.shape)
    return reduced(writer, "ReduceSum", x, axes)


def floating(writer: Writer, node: Node) -> Value:
    """The argument in the dtype of the result."""
    return writer.cast(node.inputs[0], node.dtype)


def _shifted(writer: Writer, x: Value, axes: Any) -> tuple[Value, Value]:
    """exp(x - m) and m, the largest entry along axes, 0 where that is not finite; axes are kept."""
    code = Instructions(writer)
    largest = writer.apply("ReduceMax", x, writer.constant(list(axes), np.int64), typed=1, keepdims=1)
    finite = code.compare("<", code.absolute(largest), code.constant(np.inf, x.dtype))
    shift = code.select(finite, largest, code.constant(0, x.dtype))
    return writer.apply("Exp", code.subtract(x, shift)), shift


def logsumexp(writer: Writer, x: Value, axes: Any, keep: bool = False) -> Value:
    """log(sum(exp(x))), shifted so that nothing overflows; -inf where all entries are."""
    if not axes:
        return x
    e, shift = _shifted(writer, x, axes)
    where = writer.constant(list(axes), np.int64)
    total = writer.apply("ReduceSum", e, where, typed=1, keepdims=1)
    y = writer.apply("Add", writer.apply("Log", total), shift)
    return y if keep else writer.apply("Squeeze", y, where, typed=1)


@translation("logsumexp")
def _logsumexp(writer: Writer, node: Node) -> Value:
    axes = node.parameters["axes"]
    if is_empty(node.in_shapes[0], axes):
        return writer.fill(-np.inf, node.dtype, node.shape)
    return logsumexp(writer, floating(writer, node), axes)


@translation("softmax")
def _softmax(writer: Writer, node: Node) -> Value:
    axes, x = node.parameters["axes"], floating(writer, node)
    if len(axes) == 1:
        return writer.apply("Softmax", x, axis=axes[0])
    where = writer.constant(list(axes), np.int64)
    largest = writer.apply("ReduceMax", x, where, typed=1, keepdims=1)
    e = writer.apply("Exp", writer.apply("Sub", x, largest))
    return writer.apply("Div", e, writer.apply("ReduceSum", e, where, typed=1, keepdims=1))


@translation("log_softmax")
def _log_softmax(writer: Writer, node: Node) -> Value:
    x = floating(writer, node)
    return writer.apply("Sub", x, logsumexp(writer, x, node.parameters["axes"], keep=True))


@translation("norm")
def _norm(writer: Writer, node: Node) -> Value:
    """The square root of the sum of squares, scaled by the largest entry, so that no square overflows."""
    axes, x, code = node.parameters["axes"], writer.apply("Abs", floating(writer, node)), Instructions(writer)
    if is_empty(node.in_shapes[0], axes):
        return writer.fill(0, node.dtype, node.shape)
    if not axes:
        return x
    zero, one, inf = (writer.constant(k, x.dtype) for k in (0, 1, np.inf))
    where = writer.constant(list(axes), np.int64)
    largest = writer.apply("ReduceMax", x, where, typed=1, keepdims=1)
    moderate = code.logical_and(code.compare(">", largest, zero), code.compare("<", largest, inf))
    scale = code.select(moderate, largest, one)
    scaled = code.divide(x, scale)
    total = writer.apply("ReduceSum", code.multiply(scaled, scaled), where, typed=1, keepdims=1)
    return writer.apply("Squeeze", code.multiply(scale, code.sqrt(total)), where, typed=1)


# Places of extrema


def _place_of_extremum(operator: str) -> Any:
    """The first one of equals; a nan before all numbers."""

    def translate(writer: Writer, node: Node) -> Value:
        x, axis = node.inputs[0], node.parameters["axis"]
        if x.dtype == BOOL:
            x = writer.cast(x, np.int32)
        if x.dtype == np.uint64:
            raise UnsupportedError("onnxruntime does not compare numbers of uint64 along axes")
        y = writer.apply(operator, x, dtype=INT64, axis=axis, keepdims=0)
        if x.dtype.kind != "f":
            return y
        missing = is_nan(writer, x)
        first = writer.apply("ArgMax", writer.cast(missing, np.int32), dtype=INT64, axis=axis, keepdims=0)
        return Instructions(writer).select(reduced(writer, "ReduceMax", missing, [axis]), first, y)

    return translate


translation("argmax")(_place_of_extremum("ArgMax"))
translation("argmin")(_place_of_extremum("ArgMin"))
