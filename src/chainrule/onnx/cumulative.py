"""What goes along an axis in order: running sums by an operator, the rest by a Scan of one step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..original import np
from .instructions import Instructions
from .size import Shape
from .translation import Node, translation
from .writer import BOOL, INT64, Value, Writer


@translation("cumsum")
def _cumsum(writer: Writer, node: Node) -> Value:
    x = node.inputs[0]
    numbers = writer.cast(x, INT64) if x.dtype == BOOL else x
    axis = writer.constant(node.parameters["axis"], np.int64)
    y = writer.apply("CumSum", numbers, axis, typed=1, reverse=int(node.parameters["reverse"]))
    return writer.cast(y, x.dtype)


def running(
    writer: Writer,
    xs: Sequence[Value],
    step: Callable[..., Value],
    start: Any,
    shape: Shape,
    axis: int,
    reverse: bool,
) -> Value:
    """s = step(code, s, *xs) for the entries along an axis, from either end; all values of s."""
    dtype = xs[-1].dtype
    rest = (*shape[:axis], *shape[axis + 1 :])
    state = writer.fill(start, dtype, rest)
    block = Writer(writer)
    names = ["state", *["row"] * len(xs)]
    inputs = [Value(writer.names.fresh(name), x.dtype) for name, x in zip(names, [state, *xs], strict=True)]
    result = step(Instructions(block), *inputs)
    outputs = block.own([result, result])
    body = block.graph("step", inputs, outputs, [rest] * len(inputs), [rest] * 2)
    return writer.node(
        "Scan",
        [state, *xs],
        [dtype, dtype],
        body=body,
        num_scan_inputs=len(xs),
        scan_input_axes=[axis] * len(xs),
        scan_input_directions=[int(reverse)] * len(xs),
        scan_output_axes=[axis],
        scan_output_directions=[int(reverse)],
    )[1]


def _running(writer: Writer, node: Node, step: Callable[..., Value], start: Any) -> Value:
    axis, reverse = node.parameters["axis"], node.parameters["reverse"]
    return running(writer, node.inputs, step, start, node.shape, axis, reverse)


def _lowest(dtype: np.dtype) -> Any:
    return -np.inf if dtype.kind == "f" else False if dtype.kind == "b" else np.iinfo(dtype).min


def _highest(dtype: np.dtype) -> Any:
    return np.inf if dtype.kind == "f" else True if dtype.kind == "b" else np.iinfo(dtype).max


def larger(code: Any, a: Value, b: Value) -> Value:
    return code.logical_or(a, b) if a.dtype == BOOL else code.writer.apply("Max", a, b)


def smaller(code: Any, a: Value, b: Value) -> Value:
    return code.logical_and(a, b) if a.dtype == BOOL else code.writer.apply("Min", a, b)


@translation("cummax")
def _cummax(writer: Writer, node: Node) -> Value:
    return _running(writer, node, larger, _lowest(node.dtype))


@translation("cummin")
def _cummin(writer: Writer, node: Node) -> Value:
    return _running(writer, node, smaller, _highest(node.dtype))


@translation("cumprod")
def _cumprod(writer: Writer, node: Node) -> Value:
    def step(code: Any, s: Value, x: Value) -> Value:
        return code.logical_and(s, x) if s.dtype == BOOL else code.multiply(s, x)

    return _running(writer, node, step, 1)


@translation("recurrence")
def _recurrence(writer: Writer, node: Node) -> Value:
    """s_k = a_k s_(k-1) + b_k; a zero absorbs whatever a_k."""

    def step(code: Any, s: Value, a: Value, b: Value) -> Value:
        absorbs = code.compare("==", s, code.constant(0, s.dtype))
        return code.add(code.select(absorbs, s, code.multiply(a, s)), b)

    axis, reverse = node.parameters["axis"], node.parameters["reverse"]
    inputs = [writer.cast(x, node.dtype) for x in node.inputs]
    return running(writer, inputs, step, 0, node.shape, axis, reverse)


@translation("runs")
def _runs(writer: Writer, node: Node) -> Value:
    """Where the run of equal entries begins: the last place so far at which an entry differs from the one before."""
    x, axis, reverse = node.inputs[0], node.parameters["axis"], node.parameters["reverse"]
    shape, code = node.shape, Instructions(writer)
    rank, length = len(shape), shape[axis]
    sides = []
    for begin, end in ((1, _END), (0, -1)):
        bounds = [writer.constant([n], np.int64) for n in (begin, end, axis)]
        sides.append(writer.apply("Slice", x, *bounds, typed=1))
    after, before = sides
    differs = code.compare("!=", after, before)
    if x.dtype.kind == "f":
        nans = [writer.apply("IsNaN", each, dtype=BOOL) for each in sides]
        differs = code.logical_and(differs, code.logical_not(code.logical_and(*nans)))
    edge = writer.fill(True, BOOL, tuple(1 if k == axis else n for k, n in enumerate(shape)))
    parts = [differs, edge] if reverse else [edge, differs]
    begins = writer.apply("Concat", *parts, axis=axis)
    places = writer.constant(np.arange(length).reshape([-1 if k == axis else 1 for k in range(rank)]))
    nowhere = writer.constant(length if reverse else -1, np.int64)
    found = code.select(begins, places, nowhere)
    step, start = (smaller, length) if reverse else (larger, -1)
    return running(writer, [found], step, start, shape, axis, reverse)


_END = np.iinfo(np.int64).max
