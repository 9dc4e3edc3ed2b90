# pyright: reportArgumentType=false, reportOperatorIssue=false, reportCallIssue=false, reportReturnType=false
# (the stubs of NumPy do not know that its functions return traced arrays for traced arrays)
"""Ufuncs beyond the plain call: `out=`, `where=`, `dtype=`, and the methods reduce, accumulate, reduceat, outer, at."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from ..ops.movement import reshape, scatter
from ..ops.selection import where as select
from ..original import np
from . import dispatch
from .array import ARRAY, SCALAR, Array, apply_elementwise, trace_of, variable_of, wrap
from .dispatch import (
    HINTS,
    elementwise_of,
    finish,
    lifted,
    name_of,
    of_dtype,
    plain_call,
    promotes_as,
    refuse,
    strong,
    traced,
)
from .indexing import axis_of, flat_positions
from .leaving import written_outside
from .memory import Fillable
from .promotion import promote

COMPOSED = dispatch.special_calls  # (*inputs): ufuncs that work entry by entry but are more than one operation
GENERALIZED: dict[np.ufunc, Callable[..., Any]] = {}  # (*inputs, **keywords): those with core axes, as matmul
REDUCTIONS: dict[np.ufunc, Callable[..., Any]] = {}
ACCUMULATIONS: dict[np.ufunc, Callable[..., Any]] = {}
_NOTHING = np._NoValue  # type: ignore[attr-defined]
# NumPy lets these go over several axes at once, in any order.
_REORDERABLE = (np.fmax, np.fmin, np.hypot, np.logaddexp, np.logaddexp2, np.logical_xor, np.bitwise_xor)


def call_ufunc(ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    if method == "__call__":
        if ufunc in GENERALIZED:
            return GENERALIZED[ufunc](*inputs, **keywords)
        compute = computation_of(ufunc)
        if compute is None:
            return plain_call(ufunc, name_of(ufunc), inputs, keywords)
        return _with_keywords(ufunc, compute, inputs, **keywords) if keywords else _strong(compute(*inputs))
    if method == "reduce":
        return _reduce(ufunc, *inputs, **keywords)
    if method == "accumulate":
        return _accumulate(ufunc, *inputs, **keywords)
    if method == "reduceat":
        return _reduceat(ufunc, *inputs, **keywords)
    if method == "outer":
        a, b = traced(*inputs)
        return ufunc(a.reshape(a.shape + (1,) * b.ndim) if b.ndim else a, b, **keywords)
    assert method == "at"
    return _at(ufunc, *inputs)


def computation_of(ufunc: np.ufunc) -> Callable[..., Any] | None:
    """What computes a plain call, entry by entry."""
    if ufunc in COMPOSED:
        return COMPOSED[ufunc]
    operation = elementwise_of(ufunc)
    if operation is None:
        return None
    return lambda *inputs: apply_elementwise(operation, inputs, trace_of(*inputs))  # type: ignore[arg-type]


def _strong(result: Any) -> Any:
    return tuple(map(strong, result)) if isinstance(result, tuple) else strong(result)


# The keywords of a call


def _with_keywords(
    ufunc: np.ufunc,
    compute: Callable[..., Any],
    inputs: tuple[Any, ...],
    out: tuple[Any, ...] = (),
    where: Any = True,
    dtype: Any = None,
    signature: Any = None,
    casting: str = "same_kind",
    order: str = "K",
    subok: bool = True,
) -> Any:
    trace = trace_of(*inputs, *out, where)
    assert trace is not None
    outs = out or (None,) * ufunc.nout
    result_dtypes = None
    if dtype is not None or signature is not None:
        inputs, result_dtypes = _cast(ufunc, inputs, dtype, signature, casting, trace)
    elif trace_of(*inputs) is None:  # only the target is traced
        inputs = tuple(wrap(trace, variable_of(x, trace), SCALAR if np.ndim(x) == 0 else ARRAY) for x in inputs)
    results = compute(*inputs)
    single = not isinstance(results, tuple)
    results = [results] if single else list(results)
    if result_dtypes is not None:
        results = [r.astype(d, copy=False) for r, d in zip(results, result_dtypes, strict=True)]
    if where is not True:
        results = [_masked(ufunc, r, where, target) for r, target in zip(results, outs, strict=True)]
    finished = [finish(strong(r), target) for r, target in zip(results, outs, strict=True)]
    return finished[0] if single else tuple(finished)


def _cast(
    ufunc: np.ufunc, inputs: tuple[Any, ...], dtype: Any, signature: Any, casting: str, trace: Any
) -> tuple[tuple[Any, ...], tuple[np.dtype, ...]]:
    """Inputs of the dtypes in which a call with `dtype=` or `signature=` computes, and the dtypes of its results."""
    wanted: tuple[Any, ...] = (None,) * ufunc.nin + (np.dtype(dtype),) * ufunc.nout if dtype is not None else signature
    if isinstance(wanted, str):
        letters = wanted.replace("->", "")
        wanted = tuple(None if letter == "?" and "->" not in signature else np.dtype(letter) for letter in letters)
    dtypes = ufunc.resolve_dtypes(
        (*map(_dtype_or_type, inputs), *(None,) * ufunc.nout), signature=wanted, casting=casting
    )
    cast = tuple(
        wrap(trace, of_dtype(variable_of(x, trace), d), SCALAR if np.ndim(x) == 0 else ARRAY)
        for x, d in zip(inputs, dtypes, strict=False)
    )
    return cast, dtypes[ufunc.nin :]


def _dtype_or_type(x: Any) -> Any:
    kind = promotes_as(x)
    return type(kind) if type(kind) in (int, float, complex) else kind


def _masked(ufunc: np.ufunc, result: Array, where: Any, target: Any) -> Array:
    if target is None:
        raise refuse(f"{name_of(ufunc)} with where= and without out=", "np.where(mask, result, 0.0)")
    mask, old = lifted(where, result), lifted(target, result)
    shape = np.broadcast_shapes(mask.shape, result.shape, old.shape)
    return wrap(
        result.owner,
        select(mask.variable, result.variable, of_dtype(old.variable, result.dtype)),
        ARRAY if shape else SCALAR,
    )


# Reductions


def _reduce(
    ufunc: np.ufunc,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: bool = False,
    initial: Any = _NOTHING,
    where: Any = True,
) -> Any:
    if ufunc in REDUCTIONS:
        more = {} if initial is _NOTHING else {"initial": initial}
        if dtype is not None:
            more["dtype"] = dtype
        return REDUCTIONS[ufunc](lifted(array, out), axis=axis, out=out, keepdims=keepdims, where=where, **more)
    _refuse_unknown(ufunc, "reduce", array, axis)
    a = lifted(array, out)
    if where is not True and initial is _NOTHING and ufunc.identity is None:
        raise ValueError(
            f"reduction operation '{ufunc.__name__}' does not have an identity, so to use a where mask one has to "
            "specify 'initial'"
        )
    axes = (
        tuple(range(a.ndim))
        if axis is None
        else tuple(axis_of(k, a.ndim) for k in (axis if isinstance(axis, tuple) else (axis,)))
    )
    if len(axes) > 1 and ufunc not in _REORDERABLE and ufunc.identity is None:
        raise ValueError(
            f"reduction operation '{ufunc.__name__}' is not reorderable, so at most one axis may be specified"
        )
    kept = tuple(k for k in range(a.ndim) if k not in axes)
    row_shape = tuple(a.shape[k] for k in kept)
    rows = a.transpose(*axes, *kept).reshape((-1, *row_shape))
    if dtype is not None:
        rows = rows.astype(dtype, copy=False)
    masks: Any = itertools.repeat(True)
    if where is not True:
        masks = np.broadcast_to(lifted(where, a), a.shape).transpose(*axes, *kept).reshape((-1, *row_shape))
    steps = list(zip(rows, masks, strict=False))
    if initial is _NOTHING and ufunc.identity is None:
        if not steps:
            raise ValueError(f"zero-size array to reduction operation {ufunc.__name__} which has no identity")
        total = steps.pop(0)[0]
    else:  # NumPy begins with the identity, also where it is none (0 of scipy.special.rel_entr)
        total = rows.dtype.type(ufunc.identity) if initial is _NOTHING else initial
        total = np.broadcast_to(lifted(total, a).astype(rows.dtype, copy=False), row_shape)
    for each, mask in steps:
        following = ufunc(total, each)
        total = following if mask is True else np.where(mask, following, total)
    total = lifted(total, a)
    if keepdims:
        total = total.reshape(tuple(1 if k in axes else n for k, n in enumerate(a.shape)))
    return finish(wrap(a.owner, total.variable, ARRAY if total.ndim else SCALAR), out)


def _refuse_unknown(ufunc: np.ufunc, method: str, array: Any, axis: Any) -> None:
    if computation_of(ufunc) is None or ufunc.nin != 2 or ufunc.nout != 1:
        raise refuse(f"{name_of(ufunc)}.{method}", HINTS.get(ufunc))
    if not np.ndim(array) and axis is not None:
        raise TypeError(f"cannot {method} on a scalar")


def _accumulate(ufunc: np.ufunc, array: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
    a = lifted(array, out)
    if not a.ndim:
        raise TypeError("cannot accumulate on a scalar")
    if ufunc in ACCUMULATIONS:
        return ACCUMULATIONS[ufunc](a, axis=axis, dtype=dtype, out=out)
    _refuse_unknown(ufunc, "accumulate", array, axis)
    axis = axis_of(axis, a.ndim)
    if dtype is not None:
        a = a.astype(dtype, copy=False)
    rows = list(a.swapaxes(axis, 0))
    for k in range(1, len(rows)):
        rows[k] = ufunc(rows[k - 1], rows[k])
    return finish(np.stack(rows, axis) if rows else a.copy(), out)


def _reduceat(ufunc: np.ufunc, array: Any, indices: Any, axis: int = 0, dtype: Any = None, out: Any = None) -> Any:
    a = lifted(array, out)
    axis = axis_of(axis, a.ndim)
    places = np.asarray(indices)
    n = a.shape[axis]
    if places.size and (places.min() < 0 or places.max() >= n):
        raise IndexError(f"index {places.max()} out-of-bounds in {ufunc.__name__}.reduceat [0, {n})")
    lead = (slice(None),) * axis
    ends = [*places[1:].tolist(), n]
    parts = [
        ufunc.reduce(a[(*lead, slice(begin, max(end, begin + 1)))], axis=axis, dtype=dtype, keepdims=True)
        for begin, end in zip(places.tolist(), ends, strict=True)
    ]
    return finish(np.concatenate(parts, axis), out)


# At: repeated positions count repeatedly


def _at(ufunc: np.ufunc, target: Any, index: Any, *operands: Any) -> None:
    name = name_of(ufunc)
    if type(target) is Fillable:
        promote(target, trace_of(index, *operands))  # type: ignore[arg-type]
    if type(target) is not Array:
        raise written_outside(f"{name}.at would write a traced value into")
    if computation_of(ufunc) is None:
        raise refuse(f"{name}.at", HINTS.get(ufunc))
    adds = ufunc is np.add or ufunc is np.subtract
    positions = _places(target, index) if adds else flat_positions(target, index)
    values = [np.broadcast_to(lifted(x, target), positions.shape).reshape(-1) for x in operands]
    positions = positions.reshape(-1)
    if adds:
        _add_at(target, positions, values[0] if ufunc is np.add else -values[0])
        return
    positions = np.asarray(positions)
    flat = target.reshape(-1).copy()
    for chosen in _rounds(positions):
        flat[positions[chosen]] = ufunc(flat[positions[chosen]], *[v[chosen] for v in values])
    target[...] = flat.reshape(target.shape)


def _places(target: Array, index: Any) -> Any:
    """The flat positions that an index picks: traced ones where traced integers pick them."""
    entries = index if isinstance(index, tuple) else (index,)
    if not any(type(each) is Array for each in entries) or any(
        type(each) is Array and each.dtype.kind == "b" for each in entries
    ):
        return flat_positions(target, index)
    return lifted(np.arange(target.size).reshape(target.shape), target)[index]


def _add_at(target: Array, positions: Any, values: Array) -> None:
    v = of_dtype(values.variable, np.result_type(values.dtype, target.dtype))
    places = positions.variable if type(positions) is Array else target.owner.capture(positions)
    added = scatter(v, places, axis=0, size=target.size)
    target += wrap(target.owner, reshape(added, shape=target.shape))


def _rounds(positions: np.ndarray) -> list[np.ndarray]:
    """Which entries to do together: in each round no position twice, and equal positions in their order."""
    order = np.argsort(positions, kind="stable")
    ordered = positions[order]
    new = np.concatenate([[True], ordered[1:] != ordered[:-1]]) if len(ordered) else np.zeros(0, bool)
    first = np.maximum.accumulate(np.where(new, np.arange(len(ordered)), 0)) if len(ordered) else ordered
    nth = np.arange(len(ordered)) - first
    return [np.sort(order[nth == k]) for k in range(int(nth.max(initial=-1)) + 1)]


dispatch.call_ufunc = call_ufunc
