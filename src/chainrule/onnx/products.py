"""Sums of products: matrix products where there are two operands, else sums; with the care for zeros that absorb.

As in the interpreter a product is first a plain one. Where zeros absorb and a nan has come out, which 0 times infinity
gives, it is computed again with infinities and nans apart: the second branch of an If, which is not run else.
"""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

from ..ops.native import absorbing_product
from ..original import np
from .instructions import Instructions
from .size import Shape, product
from .translation import Node, translation
from .writer import BOOL, INT64, Value, Writer

Labels = tuple[int, ...]


class Operand(NamedTuple):
    """An array and the names of its axes."""

    value: Value
    names: Labels
    shape: Shape

    @property
    def dtype(self) -> np.dtype:
        return self.value.dtype

    @property
    def sizes(self) -> dict[int, Any]:
        return dict(zip(self.names, self.shape, strict=True))

    def holding(self, value: Value) -> Operand:
        """Another array of the same shape."""
        return self._replace(value=value)


@translation("einsum")
def _einsum(writer: Writer, node: Node) -> Value:
    labels, out, absorbing = (node.parameters[name] for name in ("labels", "out", "absorbing"))
    if any(size == 0 for shape in node.in_shapes for size in shape):
        return writer.fill(0, node.dtype, node.shape)
    operands = [Operand(*each) for each in zip(node.inputs, labels, node.in_shapes, strict=True)]
    if len(operands) == 1:
        return writer.cast(_reduced(writer, operands[0], out).value, node.dtype)
    known = {n: size for v, names in zip(node.variable.inputs, labels, strict=True)
             for n, size in zip(names, v.shape, strict=True)}  # fmt: skip
    while len(operands) > 1:
        i, j, kept = _cheapest(operands, out, known, absorbing)
        a, b = operands[i], operands[j]
        if a.dtype == b.dtype == BOOL and node.dtype != BOOL:
            b = b.holding(writer.cast(b.value, node.dtype))
        made = _pair(writer, a, b, kept, absorbing)
        operands = [made, *(each for k, each in enumerate(operands) if k not in (i, j))]
    return writer.cast(operands[0].value, node.dtype)


def _cheapest(operands: list[Operand], out: Labels, known: dict[int, int], absorbing: Any) -> tuple[int, int, Labels]:
    """The pair whose product is smallest (with the first operand, where it absorbs), and the names that it keeps."""
    if len(operands) == 2:
        return 0, 1, out
    candidates = []
    for i, j in itertools.combinations(range(len(operands)), 2):
        if absorbing and i:
            continue
        others = {n for k, each in enumerate(operands) if k not in (i, j) for n in each.names}
        held = dict.fromkeys(operands[i].names + operands[j].names)
        kept = tuple(n for n in held if n in others or n in out)
        candidates.append((math.prod(known[n] for n in kept), i, j, kept))
    return min(candidates)[1:]


def _reduced(writer: Writer, x: Operand, out: Labels) -> Operand:
    """The sum over names that are not in out, the diagonal of repeated ones, the axes in the order of out."""
    if len(set(x.names)) < len(x.names):
        return _diagonal(writer, x, out)
    gone = [axis for axis, name in enumerate(x.names) if name not in out]
    left = [name for name in x.names if name in out]
    value = x.value
    if gone:
        axes = writer.constant(gone, np.int64)
        operator = "ReduceMax" if x.dtype == BOOL else "ReduceSum"
        value = writer.apply(operator, value, axes, typed=1, keepdims=0)
    value = writer.transpose(value, [left.index(name) for name in out])
    return Operand(value, out, tuple(x.sizes[name] for name in out))


def _diagonal(writer: Writer, x: Operand, out: Labels) -> Operand:
    letters = dict(zip(dict.fromkeys(x.names), "abcdefghijklmnopqrstuvwxyz", strict=False))
    equation = f"{''.join(letters[n] for n in x.names)}->{''.join(letters[n] for n in out)}"
    value = writer.cast(x.value, INT64) if x.dtype == BOOL else x.value
    value = writer.apply("Einsum", value, equation=equation)
    return Operand(writer.cast(value, x.dtype), out, tuple(x.sizes[name] for name in out))


def _pair(writer: Writer, a: Operand, b: Operand, out: Labels, absorbing: Any) -> Operand:
    """The sum of products of two operands."""
    dtype = a.dtype if b.dtype == BOOL else b.dtype if a.dtype == BOOL else np.result_type(a.dtype, b.dtype)
    shape = tuple((a.sizes | b.sizes)[name] for name in out)
    if set(out) == {*a.names, *b.names} and all(len(set(x.names)) == len(x.names) for x in (a, b)):
        return Operand(_spread(writer, a, b, out, absorbing, dtype), out, shape)
    x, y = (each.holding(writer.cast(each.value, dtype)) for each in (a, b))
    plain = _product(writer, x, y, out)
    if dtype.kind != "f" or not (absorbing or BOOL in (a.dtype, b.dtype)):
        return Operand(plain, out, shape)
    swapped, either = b.dtype == BOOL, absorbing == "either" and b.dtype != BOOL
    first, second = (y, x) if swapped else (x, y)
    missing = writer.apply("IsNaN", plain, dtype=BOOL)
    flat = writer.reshape(missing, (-1,))
    found = writer.apply("ReduceMax", flat, keepdims=0)
    (value,) = writer.branch(
        found,
        lambda block: [_careful(block, first, second, out, either)],
        lambda block: [plain],
        [shape],
    )
    return Operand(value, out, shape)


def _spread(writer: Writer, a: Operand, b: Operand, out: Labels, absorbing: Any, dtype: np.dtype) -> Value:
    """Nothing is summed: a product entry by entry, the axes of out in order."""
    code = Instructions(writer)
    values = []
    for x in (a, b):
        held = [name for name in out if name in x.names]
        value = writer.transpose(x.value, [x.names.index(name) for name in held])
        first = next((k for k, name in enumerate(out) if name in x.names), len(out))
        values.append(writer.unsqueeze(value, [k - first for k in range(first, len(out)) if out[k] not in x.names]))
    left, right = (x if x.dtype == BOOL else writer.cast(x, dtype) for x in values)
    if left.dtype == right.dtype == BOOL:
        return code.logical_and(left, right)
    if absorbing or BOOL in (left.dtype, right.dtype):
        return absorbing_product(code, left, right, both=absorbing == "either")
    return code.multiply(left, right)


def _product(writer: Writer, a: Operand, b: Operand, out: Labels) -> Value:
    """A matrix product: names of one operand alone summed before, groups of others merged into an axis."""
    a = _reduced(writer, a, tuple(dict.fromkeys(n for n in a.names if n in b.names or n in out)))
    b = _reduced(writer, b, tuple(dict.fromkeys(n for n in b.names if n in a.names or n in out)))
    batch = [n for n in a.names if n in b.names and n in out]
    summed = [n for n in a.names if n in b.names and n not in out]
    rows = [n for n in a.names if n not in b.names]
    columns = [n for n in b.names if n not in a.names]
    sizes = a.sizes | b.sizes
    inside = [n for n in out if n not in batch]
    if rows and columns and inside[: len(columns)] == columns:  # b first gives the axes in order
        a, b, rows, columns = b, a, columns, rows
    if not summed:
        return _spread(writer, a, b, out, False, a.dtype)
    left = _arranged(writer, a, [*batch, *rows, *summed])
    right = _arranged(writer, b, [*batch, *summed, *columns])
    have = [*batch, *rows, *columns]
    # Vectors become matrices: onnxruntime 1.32 loses the transpose of a matrix that a vector is multiplied by.
    merged = len(summed) > 1 or len(columns) != 1 or not rows or (bool(batch) and len(rows) > 1)
    if merged:
        front = tuple(sizes[n] for n in batch)
        count, width, height = (product([sizes[n] for n in group]) for group in (summed, columns, rows))
        left = writer.reshape(left, (*front, height, count))
        right = writer.reshape(right, (*front, count, width))
    result = _multiplied(writer, left, right)
    if merged:
        result = writer.reshape(result, tuple(sizes[n] for n in have))
    return writer.transpose(result, [have.index(n) for n in out])


def _arranged(writer: Writer, x: Operand, names: list[int]) -> Value:
    return writer.transpose(x.value, [x.names.index(n) for n in names])


def _multiplied(writer: Writer, a: Value, b: Value) -> Value:
    if a.dtype != BOOL:
        return writer.apply("MatMul", a, b)
    counts = writer.apply("MatMul", writer.cast(a, INT64), writer.cast(b, INT64))
    return writer.cast(counts, BOOL)


def _careful(writer: Writer, t: Operand, factor: Operand, out: Labels, either: bool) -> Value:
    """The product with infinities and nans apart; zeros of t absorb, or those of both."""
    code, dtype = Instructions(writer), t.dtype

    def numbers(x: Value) -> Value:
        return writer.cast(x, np.float64)

    def counted(a: Value, b: Value) -> Value:
        return _product(writer, t.holding(numbers(a)), factor.holding(numbers(b)), out)

    zero = code.constant(0, dtype)

    def parts(x: Value) -> dict[str, Value]:
        infinite, missing = writer.apply("IsInf", x, dtype=BOOL), writer.apply("IsNaN", x, dtype=BOOL)
        positive, negative = code.compare(">", x, zero), code.compare("<", x, zero)
        sign = code.subtract(numbers(positive), numbers(negative))
        size = code.absolute(sign)
        is_infinite = numbers(infinite)
        return {
            "finite": code.select(code.logical_or(infinite, missing), zero, x),
            "missing": missing,
            "zero": code.compare("==", x, zero),
            "not zero": code.compare("!=", x, zero),
            "sign": sign,
            "size": size,
            "infinite sign": code.multiply(sign, is_infinite),
            "infinite": code.multiply(size, is_infinite),
        }

    a, b = parts(t.value), parts(factor.value)
    result = _product(writer, t.holding(a["finite"]), factor.holding(b["finite"]), out)
    poisoned = code.add(counted(a["not zero"], b["missing"]), counted(a["missing"], b["not zero"]))
    if not either:  # a zero of the factor does not absorb
        not_finite = code.logical_or(writer.cast(a["infinite"], BOOL), a["missing"])
        poisoned = code.add(poisoned, counted(not_finite, b["zero"]))
    balance = code.add(counted(a["infinite sign"], b["sign"]), counted(a["sign"], b["infinite sign"]))
    total = code.add(counted(a["infinite"], b["size"]), counted(a["size"], b["infinite"]))
    none, inf = code.constant(0.0, np.dtype(np.float64)), code.constant(math.inf, dtype)
    up = code.compare(">", code.add(total, balance), none)
    down = code.compare(">", code.subtract(total, balance), none)
    result = code.add(result, code.select(up, inf, zero))
    result = code.subtract(result, code.select(down, inf, zero))
    return code.select(code.compare(">", poisoned, none), code.constant(math.nan, dtype), result)
