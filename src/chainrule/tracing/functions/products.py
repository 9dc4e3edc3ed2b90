"""Matrix products, inner and outer products, einsum: all of them sums of products over named indices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ShapeError
from ...graph import Variable
from ...ops.contraction import einsum
from ...ops.movement import convert
from ..array import Array, wrap
from ..dispatch import CALLS, answers, finish, result_of, traced
from ..indexing import axis_of


def _contraction(operands: list[Array], labels: list[tuple[int, ...]], out: tuple[int, ...]) -> Any:
    """A sum of products with NumPy's dtype; batch axes of size 1 are broadcast."""
    sizes: dict[int, int] = {}
    for x, names in zip(operands, labels, strict=True):
        for name, size in zip(names, x.shape, strict=True):
            sizes[name] = max(size, sizes.get(name, 1)) if size != 0 else 0
    dtype = np.result_type(*[x.dtype for x in operands])
    variables, used = [], []
    for x, names in zip(operands, labels, strict=True):
        v = x.variable
        narrow = [k for k, name in enumerate(names) if x.shape[k] == 1 != sizes[name]]
        if narrow:  # an axis of size 1 meets every index: it needs no name
            x = wrap(x.trace, v).reshape(tuple(n for k, n in enumerate(x.shape) if k not in narrow))
            v, names = x.variable, tuple(name for k, name in enumerate(names) if k not in narrow)
        variables.append(v if v.dtype == dtype else convert(v, dtype=dtype.name))
        used.append(names)
    return result_of(operands[0].trace, einsum(*variables, labels=tuple(used), out=out, absorbing=False))


def _mismatch(what: str, a: Array, b: Array, inner: tuple[int, int], transposed: bool) -> ShapeError:
    hint = None
    if a.ndim == b.ndim == 2 and transposed:
        hint = f"{_named(a)} @ {_named(b)}.T" if a.shape[1] == b.shape[1] else f"{_named(a)}.T @ {_named(b)}"
    return ShapeError(
        f"{what} needs inner sizes to agree: {inner[0]} is not {inner[1]}",
        got=f"{_described(a)};  {_described(b)}",
        wanted=f"a second operand of shape ({inner[0]}, ...)",
        try_=hint,
    )


def _name(v: Variable) -> str | None:
    return v.name or (v.origins[0].assigned_name if v.origins else None)


def _named(x: Array) -> str:
    return _name(x.variable) or "x"


def _described(x: Array) -> str:
    v = x.variable
    made = f", made at {v.origins[0]}" if v.origins else ""
    return f"{_name(v) or 'an array'} {v.shape} {v.dtype}{made}"


@answers(np.dot)
def dot(a: Any, b: Any, out: Any = None) -> Any:
    a, b = traced(a, b)
    if a.ndim == 0 or b.ndim == 0:
        return finish(a * b, out)
    if b.ndim <= 2 and a.ndim <= 2:
        return finish(matmul(a, b), out)
    rows = tuple(range(a.ndim - 1))
    left, right = (*rows, -1), tuple(range(100, 100 + b.ndim))
    right = (*right[:-2], -1, right[-1]) if b.ndim > 1 else (-1,)
    _check_inner("np.dot", a, b)
    return finish(_contraction([a, b], [left, right], rows + tuple(n for n in right if n != -1)), out)


def _check_inner(what: str, a: Array, b: Array) -> None:
    inner = a.shape[-1], b.shape[-2 if b.ndim > 1 else 0]
    if inner[0] != inner[1]:
        fits = a.ndim == b.ndim == 2 and (a.shape[1] == b.shape[1] or a.shape[0] == b.shape[0])
        raise _mismatch(what, a, b, inner, fits)


def matmul(a: Any, b: Any, out: Any = None, **keywords: Any) -> Any:
    a, b = traced(a, b)
    if not a.ndim or not b.ndim:
        raise ShapeError("matrix product needs arrays, not scalars", got=f"{a.type} and {b.type}", try_="a * b")
    _check_inner("matrix product", a, b)
    row, column, inner = (-1,) if a.ndim > 1 else (), (-2,) if b.ndim > 1 else (), -3
    depth = max(a.ndim, b.ndim, 2) - 2
    batch = tuple(range(depth))
    left = batch[depth - max(a.ndim - 2, 0) :] + row + (inner,)
    right = batch[depth - max(b.ndim - 2, 0) :] + (inner,) + column
    try:
        np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError:
        raise ShapeError(
            "a batch of matrix products needs batch axes that broadcast", got=f"{_described(a)};  {_described(b)}"
        ) from None
    return finish(_contraction([a, b], [left, right], batch + row + column), out, keywords.get("dtype"))


CALLS[np.matmul] = matmul


@answers(np.vdot)
def vdot(a: Any, b: Any) -> Any:
    a, b = traced(a, b)
    return dot(a.reshape(-1), b.reshape(-1))


CALLS[np.vecdot] = lambda a, b, axis=-1, **_: np.sum(np.moveaxis(a, axis, -1) * np.moveaxis(b, axis, -1), axis=-1)


@answers(np.inner)
def inner(a: Any, b: Any) -> Any:
    a, b = traced(a, b)
    return a * b if not a.ndim or not b.ndim else tensordot(a, b, (-1, -1))


@answers(np.outer)
def outer(a: Any, b: Any, out: Any = None) -> Any:
    a, b = traced(a, b)
    return finish(a.reshape(-1, 1) * b.reshape(1, -1), out)


@answers(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = traced(a, b)
    if isinstance(axes, (int, np.integer)):
        axes = (range(a.ndim - int(axes), a.ndim), range(int(axes)))
    of_a, of_b = ([axis_of(k, x.ndim) for k in _listed(each)] for x, each in zip((a, b), axes, strict=True))
    left, right = list(range(a.ndim)), list(range(100, 100 + b.ndim))
    for i, j in zip(of_a, of_b, strict=True):
        if a.shape[i] != b.shape[j]:
            raise ShapeError(f"np.tensordot needs sizes that agree: {a.shape[i]} is not {b.shape[j]}")
        right[j] = left[i]
    kept = [n for k, n in enumerate(left) if k not in of_a] + [n for k, n in enumerate(right) if k not in of_b]
    return _contraction([a, b], [tuple(left), tuple(right)], tuple(kept))


def _listed(axes: Any) -> Any:
    return (axes,) if isinstance(axes, (int, np.integer)) else axes


@answers(np.einsum)
def einsum_(*operands: Any, out: Any = None, optimize: Any = False, **keywords: Any) -> Any:
    if isinstance(operands[0], str):
        spec, *arrays = operands
        labels, result = _parsed(spec, [np.ndim(x) for x in arrays])
    else:
        arrays, given = list(operands[0 : len(operands) // 2 * 2 : 2]), operands[1 : len(operands) // 2 * 2 : 2]
        labels = [tuple(each) for each in given]
        result = tuple(operands[-1]) if len(operands) % 2 else _implicit(labels)
    lifted = traced(*arrays)
    lifted = lifted if isinstance(lifted, list) else [lifted]
    numbers = {label: k for k, label in enumerate(dict.fromkeys(n for each in labels for n in each))}
    named = [tuple(numbers[n] for n in each) for each in labels]
    return finish(_contraction(lifted, named, tuple(numbers[n] for n in result)), out, keywords.get("dtype"))


def _parsed(spec: str, ranks: list[int]) -> tuple[list[tuple[Any, ...]], tuple[Any, ...]]:
    """Labels of each operand and of the result; an ellipsis stands for as many axes as are left."""
    left, arrow, right = spec.replace(" ", "").partition("->")
    labels, widest = [], 0
    for part, rank in zip(left.split(","), ranks, strict=True):
        hidden = rank - len(part.replace("...", ""))
        if hidden < 0 or (hidden and "..." not in part):
            raise ValueError(f"einstein sum subscripts string {spec!r} does not fit an operand of {rank} axes")
        widest = max(widest, hidden)
        before, dots, after = part.partition("...")
        middle = tuple(f"...{k}" for k in range(hidden, 0, -1)) if dots else ()
        labels.append((*before, *middle, *after))
    if not arrow:
        implicit = _implicit([tuple(n for n in each if not n.startswith("...")) for each in labels])
        return labels, (*(f"...{k}" for k in range(widest, 0, -1)), *implicit)
    before, dots, after = right.partition("...")
    return labels, (*before, *(f"...{k}" for k in range(widest, 0, -1) if dots), *after)


def _implicit(labels: list[tuple[Any, ...]]) -> tuple[Any, ...]:
    every = [n for each in labels for n in each]
    return tuple(sorted(n for n in set(every) if every.count(n) == 1))


@answers(np.trace)
def trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    return finish(np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype), out)


Array.dot = dot  # type: ignore[attr-defined]
