# pyright: reportArgumentType=false, reportOperatorIssue=false, reportCallIssue=false, reportReturnType=false
# (the stubs of NumPy do not know that its functions return traced arrays for traced arrays)
"""Sums, products, means, extrema, counts, and their running forms."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from ...ops import Operation, reduction, sorting
from ...ops.contraction import einsum
from ...ops.linalg import norm
from ...ops.movement import reshape
from ...ops.selection import where as select
from ...original import np
from ..array import PYTHON, Array, wrap
from ..dispatch import answers, finish, lifted, of_dtype, refuse, result_of
from ..indexing import axis_of
from ..ufuncs import ACCUMULATIONS, REDUCTIONS
from .axes import NOTHING, along, axes_of, given


def _keeping(v: Any, a: Array, axes: tuple[int, ...], keepdims: Any) -> Any:
    if keepdims is NOTHING or not keepdims:
        return v
    return reshape(v, shape=tuple(1 if axis in axes else size for axis, size in enumerate(a.shape)))


def _everywhere(where: Any) -> bool:
    return where is True or where is NOTHING or where is None


def _masked(a: Array, where: Any, neutral: Any) -> Array:
    """Entries that `where` leaves out, replaced by what does not change the result."""
    if _everywhere(where):
        return a
    mask = lifted(where, a)
    if np.broadcast_shapes(mask.shape, a.shape) != a.shape:
        raise ValueError(f"non-broadcastable operand: where= of shape {mask.shape} for an array of shape {a.shape}")
    return wrap(a.owner, select(mask.variable, a.variable, a.dtype.type(neutral)))


def _count(a: Array, axis: Any, keepdims: Any, where: Any) -> Any:
    """How many entries go into each result: a number, or an array where a mask says it."""
    if _everywhere(where):
        return int(np.prod([a.shape[k] for k in axes_of(a, axis)], dtype=int))
    keepdims = given(keepdims) and keepdims
    return np.sum(np.broadcast_to(where, a.shape), axis=axis, dtype=np.intp, keepdims=keepdims)


def _sum_dtype(a: Array) -> np.dtype:
    """NumPy adds small integers and booleans in the platform's integer."""
    return np.add.reduce(np.empty(0, a.dtype)).dtype


def _begun(result: Any, initial: Any, combine: Callable[..., Any], identity: Any) -> Any:
    if initial is NOTHING or initial is None or (type(initial) is type(identity) and initial == identity):
        return result
    return combine(result, initial)


# Sums and products


@answers(np.sum)
def sum_(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = 0,
    where: Any = True,
) -> Any:
    a = _masked(lifted(a, out), where, 0)
    axes = axes_of(a, axis)
    v = of_dtype(a.variable, dtype or _sum_dtype(a))
    names = tuple(range(a.ndim))
    total = einsum(v, labels=(names,), out=tuple(n for n in names if n not in axes), absorbing=False)
    return finish(_begun(result_of(a.owner, _keeping(total, a, axes, keepdims)), initial, np.add, 0), out)


@answers(np.prod)
def prod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = 1,
    where: Any = True,
) -> Any:
    a = _masked(lifted(a, out), where, 1)
    axes = axes_of(a, axis)
    product = sorting.prod(of_dtype(a.variable, dtype or _sum_dtype(a)), axes=axes)
    return finish(_begun(result_of(a.owner, _keeping(product, a, axes, keepdims)), initial, np.multiply, 1), out)


# Means and variances


@answers(np.mean)
def mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    a = lifted(a, out)
    count = _count(a, axis, keepdims, where)
    if isinstance(count, int) and count == 0:
        warnings.warn("Mean of empty slice", RuntimeWarning, stacklevel=3)
    half = dtype is None and a.dtype == np.float16
    if dtype is None:
        dtype = np.float64 if a.dtype.kind in "iub" else np.float32 if half else None
    total = sum_(a, axis, dtype, None, keepdims, 0, where)
    return finish((total / count).astype(np.float16 if half else total.dtype, copy=False), out)


def squared(x: Any) -> Any:
    """The square, and of complex numbers that of their length."""
    return np.real(x * x.conj()) if x.dtype.kind == "c" else np.square(x)


@answers(np.var)
def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = NOTHING,
    correction: Any = NOTHING,
) -> Any:
    a = lifted(a, out, mean)
    if given(correction):
        if ddof != 0:
            raise ValueError("ddof and correction can't be provided simultaneously.")
        ddof = correction
    if dtype is None and a.dtype.kind in "iub":
        dtype = np.float64
    if not given(mean):
        mean = sum_(a, axis, dtype, None, True, 0, where)
        mean = (mean / _count(a, axis, True, where)).astype(mean.dtype, copy=False)
    freedom = np.maximum(_count(a, axis, keepdims, where) - ddof, 0)
    freedom = freedom.item() if np.ndim(freedom) == 0 and type(freedom) is not Array else freedom
    if type(freedom) is not Array and not np.all(freedom):
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=3)
        freedom = np.asarray(freedom)
    total = sum_(squared(a - mean), axis, dtype if a.dtype.kind != "c" else None, None, keepdims, 0, where)
    return finish((total / freedom).astype(total.dtype, copy=False), out)


@answers(np.std)
def std(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = False, **more: Any
) -> Any:
    return finish(np.sqrt(var(lifted(a, out), axis, dtype, None, ddof, keepdims, **more)), out)


# Extrema


def _extremum(
    operation: Operation, combine: Callable[..., Any], worst: Callable[[np.dtype], Any]
) -> Callable[..., Any]:
    def extremum(
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        initial: Any = NOTHING,
        where: Any = True,
        dtype: Any = None,
    ) -> Any:
        a = lifted(a, out)
        if not _everywhere(where) and not given(initial):
            raise ValueError(
                f"reduction operation '{combine.__name__}' does not have an identity, so to use a where mask one has "
                "to specify 'initial'"
            )
        axes = axes_of(a, axis)
        if given(initial) and any(a.shape[k] == 0 for k in axes):
            result = np.full_like(a, initial, shape=[n for k, n in enumerate(a.shape) if k not in axes])
            return finish(result_of(a.owner, _keeping(result.variable, a, axes, keepdims)), out, dtype)
        a = _masked(a, where, worst(a.dtype))
        result = result_of(a.owner, _keeping(operation(a.variable, axes=axes), a, axes, keepdims))
        return finish(_begun(result, initial, combine, NOTHING), out, dtype)

    return extremum


def _least(dtype: np.dtype) -> Any:
    return -np.inf if dtype.kind in "fc" else False if dtype.kind == "b" else np.iinfo(dtype).min


def _largest(dtype: np.dtype) -> Any:
    return np.inf if dtype.kind in "fc" else True if dtype.kind == "b" else np.iinfo(dtype).max


amax = answers(np.max, np.amax)(_extremum(reduction.amax, np.maximum, _least))
amin = answers(np.min, np.amin)(_extremum(reduction.amin, np.minimum, _largest))


def _without_nan(extremum: Callable[..., Any], worst: float) -> Callable[..., Any]:
    """fmax and fmin: nan only where there is nothing else."""

    def reduce(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, **more: Any) -> Any:
        a = lifted(a, out)
        if a.dtype.kind not in "fc":
            return extremum(a, axis, out, keepdims, **more)
        missing = np.isnan(a)
        found = extremum(np.where(missing, worst, a), axis, None, keepdims, **more)
        nothing = all_(missing, axis, None, keepdims)
        result = np.where(nothing, a.dtype.type(np.nan), found)
        return finish(result_of(a.owner, result.variable), out)

    return reduce


nan_amax = _without_nan(amax, -np.inf)
nan_amin = _without_nan(amin, np.inf)


@answers(np.ptp)
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    a = lifted(a, out)
    return finish(amax(a, axis, None, keepdims) - amin(a, axis, None, keepdims), out)


# Counts and positions


def _discrete(operation: Operation, neutral: bool) -> Callable[..., Any]:
    def reduce(
        a: Any,
        axis: Any = None,
        out: Any = None,
        keepdims: Any = False,
        *,
        where: Any = True,
        initial: Any = NOTHING,
        dtype: Any = None,
    ) -> Any:
        a = lifted(a, out)
        if not _everywhere(where):
            a = _masked(a if a.dtype == bool else a != 0, where, neutral)
        axes = axes_of(a, axis)
        result = result_of(a.owner, _keeping(operation(a.variable, axes=axes), a, axes, keepdims))
        if given(initial) and initial is not None:
            result = (np.logical_and if neutral else np.logical_or)(result, initial)
        return finish(result, out)

    return reduce


any_ = answers(np.any)(_discrete(reduction.any_, False))
all_ = answers(np.all)(_discrete(reduction.all_, True))


@answers(np.count_nonzero)
def count_nonzero(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
    count = _discrete(reduction.count_nonzero, False)(a, axis, keepdims=keepdims)
    if axis is None and not keepdims and _COUNT_IS_PYTHONS:
        count.kind = PYTHON
    return count


_COUNT_IS_PYTHONS = type(np.count_nonzero(np.ones(1))) is int  # before NumPy 2.4


def _position(operation: Operation) -> Callable[..., Any]:
    def position(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
        a = lifted(a, out)
        flat = a.reshape(-1) if axis is None or not a.ndim else a
        k = 0 if axis is None or not a.ndim else axis_of(axis, a.ndim)
        if flat.shape[k] == 0:
            raise ValueError(f"attempt to get {operation.name} of an empty sequence")
        axes = axes_of(a, axis)
        return finish(result_of(a.owner, _keeping(operation(flat.variable, axis=k), a, axes, keepdims)), out)

    return position


argmax = answers(np.argmax)(_position(reduction.argmax))
argmin = answers(np.argmin)(_position(reduction.argmin))


# Running forms


def _running(apply: Callable[[Any, int], Any], widen: bool) -> Callable[..., Any]:
    def running(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        a = lifted(a, out)
        if axis is None or not a.ndim:
            if axis is not None and axis not in (0, -1):
                raise np.exceptions.AxisError(axis, a.ndim)
            a, axis = a.reshape(-1), 0
        v = a.variable
        if dtype is not None or widen:
            v = of_dtype(v, dtype or _sum_dtype(a))
        return finish(wrap(a.owner, apply(v, axis_of(axis, a.ndim))), out)

    return running


cumsum = answers(np.cumsum)(_running(lambda v, axis: reduction.cumsum(v, axis=axis, reverse=False), True))
cumprod = answers(np.cumprod)(_running(lambda v, axis: sorting.cumprod(v, axis=axis, reverse=False), True))
cummax = _running(lambda v, axis: sorting.cummax(v, axis=axis, reverse=False), False)
cummin = _running(lambda v, axis: sorting.cummin(v, axis=axis, reverse=False), False)


def _cumulative(running: Callable[..., Any], identity: int) -> Callable[..., Any]:
    """The array API's names for them, which can begin with the value of an empty sum or product."""

    def cumulative(
        x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: bool = False
    ) -> Any:
        a = lifted(x, out)
        a = a if a.ndim else a.reshape(1)
        if axis is None:
            if a.ndim > 1:
                raise ValueError("For arrays which have more than one dimension ``axis`` argument is required.")
            axis = 0
        axis = axis_of(axis, a.ndim)
        result = running(a, axis, dtype)
        if include_initial:
            first = np.full_like(result, identity, shape=result[along(axis, slice(1))].shape)
            first = (
                first
                if a.shape[axis]
                else np.full_like(result, identity, shape=tuple(1 if k == axis else n for k, n in enumerate(a.shape)))
            )
            result = np.concatenate([first, result], axis)
        return finish(result, out)

    return cumulative


answers(np.cumulative_sum)(_cumulative(cumsum, 0))
answers(np.cumulative_prod)(_cumulative(cumprod, 1))


# The methods of ufuncs


def _logsumexp(
    a: Any,
    axis: Any = 0,
    out: Any = None,
    keepdims: Any = False,
    where: Any = True,
    initial: Any = NOTHING,
    dtype: Any = None,
) -> Any:
    a = _masked(lifted(a, out), where, -np.inf)
    axes = axes_of(a, axis)
    v = reduction.logsumexp(a.variable, axes=axes)
    return finish(_begun(result_of(a.owner, _keeping(v, a, axes, keepdims)), initial, np.logaddexp, None), out, dtype)


def _hypotenuse(
    a: Any,
    axis: Any = 0,
    out: Any = None,
    keepdims: Any = False,
    where: Any = True,
    initial: Any = NOTHING,
    dtype: Any = None,
) -> Any:
    a = _masked(lifted(a, out), where, 0)
    axes = axes_of(a, axis)
    result = result_of(a.owner, _keeping(norm(a.variable, axes=axes), a, axes, keepdims))
    return finish(_begun(result, initial, np.hypot, None), out, dtype)


def _of_bools(reduce: Callable[..., Any], name: str) -> Callable[..., Any]:
    def reduced(a: Any, *args: Any, **keywords: Any) -> Any:
        if a.dtype != bool:
            raise refuse(f"np.{name}.reduce of integers")
        return reduce(a, *args, **keywords)

    return reduced


REDUCTIONS.update(
    {
        np.add: sum_,
        np.multiply: prod,
        np.maximum: amax,
        np.minimum: amin,
        np.fmax: nan_amax,
        np.fmin: nan_amin,
        np.logical_and: all_,
        np.logical_or: any_,
        np.bitwise_and: _of_bools(all_, "bitwise_and"),
        np.bitwise_or: _of_bools(any_, "bitwise_or"),
        np.logaddexp: _logsumexp,
        np.hypot: _hypotenuse,
    }
)
ACCUMULATIONS.update({np.add: cumsum, np.multiply: cumprod, np.maximum: cummax, np.minimum: cummin})

for _attribute, _answer in {
    "sum": sum_,
    "prod": prod,
    "mean": mean,
    "var": var,
    "std": std,
    "max": amax,
    "min": amin,
    "any": any_,
    "all": all_,
    "cumsum": cumsum,
    "cumprod": cumprod,
    "argmax": argmax,
    "argmin": argmin,
}.items():
    setattr(Array, _attribute, _answer)
