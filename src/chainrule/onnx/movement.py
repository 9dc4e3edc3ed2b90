"""Moving entries: reshape, transpose, broadcast, slice, pad, join, gather, scatter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import UnsupportedError
from ..ops.movement import is_entry
from ..original import np
from .instructions import Instructions
from .size import Shape, Size, is_static
from .translation import Node, translation
from .writer import INT64, Value, Writer

_FIRST = np.iinfo(np.int64).min  # where a slice ends that runs down to the first entry


@translation("tag", "stop_gradient")
def _same(writer: Writer, node: Node) -> Value:
    return node.inputs[0]


@translation("convert")
def _convert(writer: Writer, node: Node) -> Value:
    return writer.cast(node.inputs[0], node.dtype)


@translation("reshape")
def _reshape(writer: Writer, node: Node) -> Value:
    return writer.reshape(node.inputs[0], node.shape)


@translation("transpose")
def _transpose(writer: Writer, node: Node) -> Value:
    return writer.transpose(node.inputs[0], node.parameters["axes"])


@translation("broadcast_to")
def _broadcast(writer: Writer, node: Node) -> Value:
    return writer.expand(node.inputs[0], node.shape)


@translation("embed")
def _embed(writer: Writer, node: Node) -> Value:
    """A copy along every axis, of which what is off the diagonal is put out."""
    axes: Sequence[int] = node.parameters["axes"]
    places = [axes.index(axis) for axis in range(len(node.in_shapes[0]))]
    order = sorted(range(len(places)), key=places.__getitem__)
    x = writer.transpose(node.inputs[0], order)
    x = writer.unsqueeze(x, [k for k in range(len(axes)) if k not in places])
    repeated = [axis for axis in range(len(places)) if axes.count(axis) > 1]
    if not repeated:
        return writer.expand(x, node.shape)
    mask = np.ones((1,) * len(axes), bool)
    for axis in repeated:
        size = node.in_shapes[0][axis]
        if isinstance(size, Size):
            raise UnsupportedError("a diagonal along the batch cannot be of symbolic size")
        index = [
            np.arange(size).reshape([size if j == k else 1 for j in range(len(axes))])
            for k in range(len(axes))
            if axes[k] == axis
        ]
        for other in index[1:]:
            mask = mask & (index[0] == other)
    zero = writer.constant(0, node.dtype)
    return Instructions(writer).select(writer.constant(mask), x, zero)


# Pieces


def window(writer: Writer, x: Value, shape: Shape, windows: Sequence[Any]) -> Value:
    """A slice: for every axis start, step and count."""
    axes, starts, ends, steps = [], [], [], []
    for axis, ((start, step, count), size) in enumerate(zip(windows, shape, strict=True)):
        if start == 0 and step == 1 and count == size:
            continue
        end: Any = start + step * count
        if step < 0 and (isinstance(end, Size) or end < 0):
            end = _FIRST
        axes.append(axis)
        starts.append(start)
        ends.append(end)
        steps.append(step)
    if not axes:
        return x
    begin, end, where = writer.numbers(starts), writer.numbers(ends), writer.constant(axes, np.int64)
    if all(step == 1 for step in steps):
        return writer.apply("Slice", x, begin, end, where, typed=1)
    return writer.apply("Slice", x, begin, end, where, writer.numbers(steps), typed=1)


def place(writer: Writer, x: Value, windows: Sequence[Any], shape: Shape) -> Value:
    """Zeros with x written into a slice of them."""
    rank = len(shape)
    before: list[Any] = [0] * rank
    behind: list[Any] = [0] * rank
    for axis, ((start, step, count), size) in enumerate(zip(windows, shape, strict=True)):
        if step == 1:
            before[axis], behind[axis] = start, size - start - count
            continue
        if isinstance(count, Size) or isinstance(size, Size):
            raise UnsupportedError("steps along the batch cannot be of symbolic number")
        one_more = [int(k == axis) for k in range(rank)]
        x = _padded(writer, x, [0] * rank, one_more)
        index = np.full(size, count, np.int64)
        index[start + step * np.arange(count)] = np.arange(count)
        x = writer.apply("Gather", x, writer.constant(index), typed=1, axis=axis)
    return _padded(writer, x, before, behind)


def _padded(writer: Writer, x: Value, before: Sequence[Any], behind: Sequence[Any]) -> Value:
    pads = [*before, *behind]
    if is_static(pads) and not any(pads):
        return x
    return writer.apply("Pad", x, writer.numbers(pads), typed=1)


@translation("window")
def _window(writer: Writer, node: Node) -> Value:
    return window(writer, node.inputs[0], node.in_shapes[0], node.parameters["windows"])


@translation("element")
def _element(writer: Writer, node: Node) -> Value:
    index = node.parameters["index"]
    if not index:
        return node.inputs[0]
    return writer.apply("GatherND", node.inputs[0], writer.numbers(index), typed=1)


@translation("place")
def _place(writer: Writer, node: Node) -> Value:
    return place(writer, node.inputs[0], node.parameters["windows"], node.shape)


def _rows_of_entries(writer: Writer, entries: Sequence[Any], values: Sequence[Value]) -> tuple[Value, Value]:
    """The indices and values of single entries, as ScatterND takes them."""
    rank = len(entries[0])
    flat = writer.numbers([n for index in entries for n in index])
    column = [writer.reshape(value, (1,)) for value in values]
    joined = writer.apply("Concat", *column, axis=0) if len(column) > 1 else column[0]
    return writer.reshape(flat, (len(entries), rank)), joined


@translation("write")
def _write(writer: Writer, node: Node) -> Value:
    """Entries by their indices; slices by a mask, so that an infinity that is overwritten leaves nothing."""
    y, *values = node.inputs
    pieces = list(zip(node.parameters["indices"], [writer.cast(x, node.dtype) for x in values], strict=True))
    entries = [each for each in pieces if is_entry(each[0])]
    if not node.shape:
        return pieces[-1][1] if pieces else y
    if entries:
        index, updates = _rows_of_entries(writer, [where for where, _ in entries], [x for _, x in entries])
        y = writer.apply("ScatterND", y, index, updates, typed=1)
    for where, x in pieces:
        if not is_entry(where):
            mask = _mask(where, node.shape)
            y = Instructions(writer).select(writer.constant(mask), place(writer, x, where, node.shape), y)
    return y


def _mask(windows: Sequence[Any], shape: Shape) -> np.ndarray:
    """Where a slice writes; of size 1 along axes that it takes whole."""
    mask = np.ones((1,) * len(shape), bool)
    for axis, ((start, step, count), size) in enumerate(zip(windows, shape, strict=True)):
        if count == size:
            continue
        if isinstance(size, Size) or isinstance(count, Size) or isinstance(start, Size):
            raise UnsupportedError("a part of the batch cannot be overwritten where that is of symbolic size")
        taken = np.zeros(size, bool)
        taken[start + step * np.arange(count)] = True
        mask = mask & taken.reshape([-1 if k == axis else 1 for k in range(len(shape))])
    return mask


@translation("sum_of_pieces")
def _sum_of_pieces(writer: Writer, node: Node) -> Value:
    values = [writer.cast(x, node.dtype) for x in node.inputs]
    pieces = list(zip(node.parameters["places"], values, strict=True))
    total: Value | None = None
    entries = [each for each in pieces if is_entry(each[0])] if node.shape else []
    if entries:
        index, updates = _rows_of_entries(writer, [where for where, _ in entries], [x for _, x in entries])
        zeros = writer.fill(0, node.dtype, node.shape)
        total = writer.apply("ScatterND", zeros, index, updates, typed=1, reduction="add")
    for where, x in pieces:
        if node.shape and is_entry(where):
            continue
        placed = place(writer, x, where, node.shape) if where else x
        total = placed if total is None else writer.apply("Add", total, placed)
    assert total is not None
    return total


@translation("concatenate")
def _concatenate(writer: Writer, node: Node) -> Value:
    parts = [writer.cast(x, node.dtype) for x in node.inputs]
    return writer.apply("Concat", *parts, axis=node.parameters["axis"]) if len(parts) > 1 else parts[0]


# Gather and scatter


@translation("take")
def _take(writer: Writer, node: Node) -> Value:
    x, index = node.inputs
    return writer.apply("Gather", x, writer.cast(index, INT64), typed=1, axis=node.parameters["axis"])


@translation("scatter")
def _scatter(writer: Writer, node: Node) -> Value:
    """Zeros with entries added one after the other."""
    x, index = node.inputs
    axis, shape = node.parameters["axis"], node.in_shapes[0]
    index = writer.reshape(writer.cast(index, INT64), tuple(-1 if k == axis else 1 for k in range(len(shape))))
    if len(shape) > 1:
        index = writer.expand(index, shape)
    zeros = writer.fill(0, node.dtype, node.shape)
    return writer.apply("ScatterElements", zeros, index, x, typed=1, axis=axis, reduction="add")


@translation("take_along_axis")
def _take_along_axis(writer: Writer, node: Node) -> Value:
    x, index = node.inputs
    return writer.apply("GatherElements", x, writer.cast(index, INT64), typed=1, axis=node.parameters["axis"])


@translation("tril", "triu")
def _triangle(writer: Writer, node: Node) -> Value:
    operation: Any = node.variable.operation
    offset = writer.constant(node.parameters["offset"], np.int64)
    return writer.apply("Trilu", node.inputs[0], offset, typed=1, upper=int(operation.name == "triu"))
