"""Sorting and looking up: by TopK, which leaves equals in their order."""

from __future__ import annotations

from ..errors import UnsupportedError
from ..original import np
from .instructions import Instructions
from .reductions import is_nan, reduced
from .translation import Node, translation
from .writer import BOOL, INT64, Value, Writer


def _ascending(writer: Writer, x: Value, node: Node) -> Value:
    """The order of the entries along an axis."""
    axis = node.parameters["axis"]
    count = writer.numbers([node.in_shapes[0][axis]])
    dtypes = [x.dtype, INT64]
    return writer.node("TopK", [x, count], dtypes, axis=axis, largest=0, sorted=1)[1]


def order(writer: Writer, node: Node) -> Value:
    """That of a stable sort, nan last: sorted as infinity, then by whether it is nan."""
    x, axis = node.inputs[0], node.parameters["axis"]
    if x.dtype == np.uint64:
        raise UnsupportedError("onnxruntime does not sort numbers of uint64")
    if x.dtype.kind != "f":
        return _ascending(writer, writer.cast(x, INT64), node)
    if x.dtype == np.float16:
        x = writer.cast(x, np.float32)
    missing = is_nan(writer, x)
    first = _ascending(writer, Instructions(writer).select(missing, writer.constant(np.inf, x.dtype), x), node)
    moved = writer.apply("GatherElements", writer.cast(missing, INT64), first, typed=1, axis=axis)
    second = _ascending(writer, moved, node)
    return writer.apply("GatherElements", first, second, typed=1, axis=axis)


@translation("argsort")
def _argsort(writer: Writer, node: Node) -> Value:
    return order(writer, node)


@translation("sort")
def _sort(writer: Writer, node: Node) -> Value:
    return writer.apply("GatherElements", node.inputs[0], order(writer, node), typed=1, axis=node.parameters["axis"])


@translation("searchsorted")
def _searchsorted(writer: Writer, node: Node) -> Value:
    """How many entries come before each value (not after it, for the right side), by comparing all; nan comes last."""
    code = Instructions(writer)
    dtype = np.result_type(*[x.dtype for x in node.inputs])
    a, values = (writer.cast(x, np.int8 if dtype == BOOL else dtype) for x in node.inputs)
    if node.in_shapes[0][0] == 0:
        return writer.fill(0, INT64, node.shape)
    rank = len(node.shape)
    values = writer.unsqueeze(values, [rank])

    def before(x: Value, y: Value) -> Value:
        less = code.compare("<", x, y)
        if dtype.kind != "f":
            return less
        return code.logical_or(less, code.logical_and(is_nan(writer, y), code.compare("==", x, x)))

    left = node.parameters["side"] == "left"
    counted = before(a, values) if left else code.logical_not(before(values, a))
    return reduced(writer, "ReduceSum", writer.cast(counted, INT64), [rank])
