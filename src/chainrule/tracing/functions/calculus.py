# pyright: reportArgumentType=false, reportOperatorIssue=false, reportCallIssue=false, reportReturnType=false
# (the stubs of NumPy do not know that its functions return traced arrays for traced arrays)
"""Differences, quadrature, interpolation, convolution."""

from __future__ import annotations

from typing import Any

from ...errors import ShapeError
from ...ops import sorting
from ...original import np
from ..array import Array, wrap
from ..dispatch import answers, lifted, result_of
from ..layout import laid, order_of
from .axes import NOTHING, along, given, normalize_axis_index, normalize_axis_tuple

# Differences


@answers(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = NOTHING, append: Any = NOTHING) -> Any:
    if n == 0:
        return a
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n!r}")
    a = lifted(a, *(x for x in (prepend, append) if given(x)))
    if not a.ndim:
        raise ValueError("diff requires input that is at least one dimensional")
    axis = normalize_axis_index(axis, a.ndim)
    edge = tuple(1 if k == axis else size for k, size in enumerate(a.shape))
    parts = [
        np.broadcast_to(part, edge) if np.ndim(part) == 0 else part for part in (prepend, a, append) if given(part)
    ]
    if len(parts) > 1:
        a = np.concatenate(parts, axis)
    for _ in range(n):
        later, earlier = a[along(axis, slice(1, None))], a[along(axis, slice(None, -1))]
        a = np.not_equal(later, earlier) if a.dtype == bool else later - earlier
    return a


@answers(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    flat = lifted(ary, to_end, to_begin).reshape(-1)
    parts = [flat[1:] - flat[:-1]]
    for name, part in (("to_begin", to_begin), ("to_end", to_end)):
        if part is not None:
            more = lifted(part, flat).reshape(-1)
            if not np.can_cast(more.dtype, flat.dtype, "same_kind"):
                raise TypeError(f"dtype of `{name}` must be compatible with input `ary` under the `same_kind` rule.")
            parts.insert(0 if name == "to_begin" else len(parts), more.astype(flat.dtype, copy=False))
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


@answers(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    f = lifted(f, *varargs)
    axes = tuple(range(f.ndim)) if axis is None else normalize_axis_tuple(axis, f.ndim)
    if not varargs:
        spacings: list[Any] = [1.0] * len(axes)
    elif len(varargs) == 1 and np.ndim(varargs[0]) == 0:
        spacings = list(varargs) * len(axes)
    elif len(varargs) == len(axes):
        spacings = [_spacing(x, f, k) for x, k in zip(varargs, axes, strict=True)]
    else:
        raise TypeError("invalid number of arguments")
    if edge_order > 2:
        raise ValueError("'edge_order' greater than 2 not supported")
    if f.dtype.kind not in "fc":
        f = f.astype(np.float64)
    results = [_slope_along(f, k, h, edge_order) for k, h in zip(axes, spacings, strict=True)]
    return results[0] if len(axes) == 1 else tuple(results)


def _spacing(x: Any, f: Array, axis: int) -> Any:
    """A step, or the steps between places that are given one by one."""
    if np.ndim(x) == 0:
        return x
    if np.ndim(x) != 1:
        raise ValueError("distances must be either scalars or 1d")
    if len(x) != f.shape[axis]:
        raise ValueError("when 1d, distances must match the length of the corresponding dimension")
    if type(x) is Array:
        return np.diff(x.astype(np.float64) if x.dtype.kind in "iu" else x)
    x = np.asarray(x)
    steps = np.diff(x.astype(np.float64) if x.dtype.kind in "iu" else x)
    return steps[0] if (steps == steps[0]).all() else steps


def _slope_along(f: Array, axis: int, h: Any, edge_order: int) -> Array:
    """Central differences inside, one-sided ones at the edges."""
    if f.shape[axis] < edge_order + 1:
        raise ValueError(
            "Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) elements are "
            "required."
        )
    uniform = np.ndim(h) == 0

    def part(begin: int | None, end: int | None) -> Array:
        return f[along(axis, slice(begin, end))]

    def column(x: Any) -> Any:
        return x.reshape(tuple(-1 if k == axis else 1 for k in range(f.ndim)))

    if uniform:
        inside = (part(2, None) - part(None, -2)) / (2.0 * h)
    else:
        h1, h2 = h[:-1], h[1:]
        a, b, c = -h2 / (h1 * (h1 + h2)), (h2 - h1) / (h1 * h2), h1 / (h2 * (h1 + h2))
        inside = column(a) * part(None, -2) + column(b) * part(1, -1) + column(c) * part(2, None)
    h_first, h_last = (h, h) if uniform else (h[0], h[-1])
    if edge_order == 1:
        first = (part(1, 2) - part(0, 1)) / h_first
        last = (part(-1, None) - part(-2, -1)) / h_last
    else:
        if uniform:
            a, b, c = -1.5 / h, 2.0 / h, -0.5 / h
        else:
            h1, h2 = h[0], h[1]
            a, b, c = -(2.0 * h1 + h2) / (h1 * (h1 + h2)), (h1 + h2) / (h1 * h2), -h1 / (h2 * (h1 + h2))
        first = a * part(0, 1) + b * part(1, 2) + c * part(2, 3)
        if uniform:
            a, b, c = 0.5 / h, -2.0 / h, 1.5 / h
        else:
            h1, h2 = h[-2], h[-1]
            a, b, c = h2 / (h1 * (h1 + h2)), -(h2 + h1) / (h1 * h2), (2.0 * h2 + h1) / (h2 * (h1 + h2))
        last = a * part(-3, -2) + b * part(-2, -1) + c * part(-1, None)
    return laid(np.concatenate([x.astype(f.dtype, copy=False) for x in (first, inside, last)], axis), order_of(f))


@answers(np.unwrap)
def unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * np.pi) -> Any:
    p = lifted(p)
    axis = normalize_axis_index(axis, p.ndim)
    step = diff(p, axis=axis)
    dtype = np.result_type(step.dtype, period)
    if dtype.kind in "iu":
        high, rest = divmod(period, 2)
        ambiguous = rest == 0
    else:
        high, ambiguous = period / 2, True
    wrapped = np.mod(step + high, period) - high
    if ambiguous:  # half a period up stays up
        wrapped = np.where((wrapped == -high) & (step > 0), high, wrapped)
    correction = np.where(abs(step) < (period / 2 if discont is None else discont), 0, wrapped - step)
    p = p.astype(dtype, copy=False)
    moved = p[along(axis, slice(1, None))] + np.cumsum(correction, axis=axis)
    return np.concatenate([p[along(axis, slice(0, 1))], moved.astype(dtype, copy=False)], axis)


# Quadrature


@answers(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = lifted(y, x, dx)
    axis = normalize_axis_index(axis, y.ndim)
    if x is None:
        d = dx
    elif np.ndim(x) == 1:
        d = np.diff(x).reshape(tuple(-1 if k == axis else 1 for k in range(y.ndim)))
    else:
        d = np.diff(x, axis=axis)
    return np.sum(d * (y[along(axis, slice(1, None))] + y[along(axis, slice(None, -1))]) / 2.0, axis)


# Interpolation


@answers(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """Lines between points: which line an x lies on is looked up in the graph, so nothing becomes a guard."""
    context = (x, xp, fp)
    x, xp = (lifted(each, *context).astype(np.float64, copy=False) for each in (x, xp))
    fp = lifted(fp, *context)
    fp = fp.astype(np.complex128 if fp.dtype.kind == "c" else np.float64, copy=False)
    if period is not None:
        if period == 0:
            raise ValueError("period must be a non-zero value")
        period, left, right = abs(period), None, None
    if xp.ndim != 1 or fp.ndim != 1:
        raise ShapeError("object too deep for desired array" if period is None else "Data points must be 1-D sequences")
    if xp.shape != fp.shape:
        raise ShapeError("fp and xp are not of the same length.")
    if not xp.size:
        raise ValueError("array of sample points is empty")
    if period is not None:
        x, xp = x % period, xp % period
        order = np.argsort(xp)
        xp, fp = xp[order], fp[order]
        xp = np.concatenate((xp[-1:] - period, xp, xp[:1] + period))
        fp = np.concatenate((fp[-1:], fp, fp[:1]))
    trace, n = x.owner, xp.size
    left, right = (fp[0] if left is None else left), (fp[-1] if right is None else right)
    flat = x.reshape(-1)
    if n == 1:
        result = np.where(flat < xp[0], left, np.where(flat > xp[0], right, fp[0]))
    else:
        after = wrap(trace, sorting.searchsorted(xp.variable, flat.variable, side="right"))
        j = np.minimum(np.maximum(after - 1, 0), n - 2)
        x0, y0 = xp[j], fp[j]
        line = (fp[j + 1] - y0) / (xp[j + 1] - x0) * (flat - x0) + y0
        line = np.where(flat == xp[-1], fp[-1], np.where(flat == x0, y0, line))
        result = np.where(flat < xp[0], left, np.where(flat > xp[-1], right, line))
    result = np.where(np.isnan(flat), flat, result).reshape(x.shape)
    return result_of(trace, result.variable)


# Convolution

_MOST_PRODUCTS = 1 << 22  # beyond that, one product for each entry of the shorter operand


def _convolved(a: Array, v: Array, begin: int, count: int) -> Array:
    """`count` entries of the full convolution from `begin` on; v is the shorter operand."""
    m = v.size
    padded = np.pad(a, (m - 1, m - 1))
    reverse = v[::-1]
    if count * m <= _MOST_PRODUCTS:
        windows = padded[begin + np.arange(count)[:, None] + np.arange(m)]
        return windows @ reverse
    total = padded[begin : begin + count] * reverse[0]
    for k in range(1, m):
        total = total + padded[begin + k : begin + k + count] * reverse[k]
    return total


def _range_of(mode: Any, n: int, m: int) -> tuple[int, int]:
    """Which part of a full convolution of n and m <= n entries a mode means."""
    mode = {0: "valid", 1: "same", 2: "full"}.get(mode, mode)
    if mode == "full":
        return 0, n + m - 1
    if mode == "same":
        return m - 1 - m // 2, n
    if mode == "valid":
        return m - 1, n - m + 1
    raise ValueError(f"mode must be one of 'valid', 'same', or 'full' (got '{mode}')")


def _vectors(a: Any, v: Any) -> tuple[Array, Array]:
    a, v = lifted(a, v), lifted(v, a)
    a, v = (x if x.ndim else x.reshape(1) for x in (a, v))
    for x, name in ((a, "a"), (v, "v")):
        if x.ndim != 1:
            raise ValueError("object too deep for desired array")
        if not x.size:
            raise ValueError(f"{name} cannot be empty")
    return a, v


@answers(np.convolve)
def convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    a, v = _vectors(a, v)
    if v.size > a.size:
        a, v = v, a
    return _convolved(a, v, *_range_of(mode, a.size, v.size))


@answers(np.correlate)
def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    a, v = _vectors(a, v)
    v = v.conj()
    if v.size > a.size:
        return _convolved(v, a[::-1], *_range_of(mode, v.size, a.size))[::-1]
    return _convolved(a, v[::-1], *_range_of(mode, a.size, v.size))
