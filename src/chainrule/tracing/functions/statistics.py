# pyright: reportArgumentType=false, reportOperatorIssue=false, reportCallIssue=false, reportReturnType=false
# (the stubs of NumPy do not know that its functions return traced arrays for traced arrays)
"""Averages, quantiles, covariances, counts in bins; and the same for what is left when nan is left out."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

from ...ops.movement import scatter
from ...original import np
from ..array import Array, trace_of, wrap
from ..dispatch import answers, carries_derivative, finish, lifted, of_dtype, refuse, result_of
from .axes import NOTHING, axes_of, given, normalize_axis_tuple
from .manipulation import moveaxis
from .reductions import nan_amax, nan_amin, squared

# Averages


@answers(np.average)
def average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = NOTHING) -> Any:
    a = lifted(a, weights)
    if axis is not None:
        axis = normalize_axis_tuple(axis, a.ndim, argname="axis")
    if weights is None:
        result = np.mean(a, axis=axis, keepdims=given(keepdims) and keepdims)
        scale = result.dtype.type(a.size / result.size)
    else:
        fitting = _fitting_weights(weights if type(weights) is Array else np.asarray(weights), a, axis)
        w = lifted(fitting, a)
        dtype = np.result_type(a.dtype, w.dtype, *(["f8"] if a.dtype.kind in "iub" else []))
        keep = {"keepdims": keepdims} if given(keepdims) else {}
        scale = np.sum(w, axis=axis, dtype=dtype, **keep)
        if type(fitting) is not Array and np.any(np.sum(fitting, axis=axis) == 0.0):
            raise ZeroDivisionError("Weights sum to zero, can't be normalized")
        result = np.sum(np.multiply(a, w, dtype=dtype), axis=axis, **keep) / scale
    if not returned:
        return result
    return result, np.broadcast_to(scale, result.shape).copy() if scale.shape != result.shape else scale


def _fitting_weights(w: Any, a: Array, axis: Any) -> Any:
    if a.shape == w.shape:
        return w
    if axis is None:
        raise TypeError("Axis must be specified when shapes of a and weights differ.")
    if w.shape != tuple(a.shape[k] for k in axis):
        raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
    w = w.transpose(np.argsort(axis).tolist())
    return w.reshape(tuple(n if k in axis else 1 for k, n in enumerate(a.shape)))


# Quantiles: entries of the sorted array, and lines between two of them


def _rows(a: Array, axis: Any) -> tuple[Array, tuple[int, ...]]:
    """The axes to reduce as one last axis, and which they are."""
    axes = axes_of(a, axis)
    kept = tuple(k for k in range(a.ndim) if k not in axes)
    count = int(np.prod([a.shape[k] for k in axes], dtype=int))
    return a.transpose(*kept, *axes).reshape((*(a.shape[k] for k in kept), count)), axes


def _shaped(result: Array, a: Array, axes: tuple[int, ...], keepdims: Any, lead: int = 0) -> Array:
    if given(keepdims) and keepdims:
        reduced = tuple(1 if k in axes else n for k, n in enumerate(a.shape))
        result = result.reshape(result.shape[:lead] + reduced)
    return result_of(result.owner, result.variable)


def _nan_where_the_last_is(result: Array, ordered: Array) -> Array:
    """nan is sorted to the end; where there is one, the result is nan."""
    if ordered.dtype.kind not in "fc" or not ordered.shape[-1]:
        return result
    last = ordered[..., -1]
    return np.where(np.isnan(last), last, result)


@answers(np.median)
def median(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    a = lifted(a, out)
    rows, axes = _rows(a, axis)
    n = rows.shape[-1]
    ordered = np.sort(rows, axis=-1)
    middle = np.mean(ordered[..., (n - 1) // 2 : n // 2 + 1] if n else ordered, axis=-1)
    return finish(_shaped(_nan_where_the_last_is(middle, ordered), a, axes, keepdims), out)


def _linear(alpha: float, beta: float) -> Callable[[Any, Any], Any]:
    return lambda n, q: n * q + (alpha + q * (1 - alpha - beta)) - 1


def _by_steps(n: Any, q: Any, shift: float, take_lower: Callable[[Any, Any], Any]) -> Any:
    index = n * q - 1 - shift
    below = np.floor(index)
    return np.clip(np.where(take_lower(index - below, index), below, below + 1), 0, n - 1).astype(np.intp)


# Hyndman and Fan, Sample quantiles in statistical packages (1996), and NumPy's own: where a quantile lies in the
# sorted array of n entries; an integer result is a place, a fraction lies between two.
_METHODS: dict[str, Callable[[Any, Any], Any]] = {
    "inverted_cdf": lambda n, q: _by_steps(n, q, 0, lambda rest, _: rest == 0),
    "averaged_inverted_cdf": lambda n, q: n * q - 1,
    "closest_observation": lambda n, q: _by_steps(n, q, 0.5, lambda rest, i: (rest == 0) & (np.floor(i) % 2 == 1)),
    "interpolated_inverted_cdf": _linear(0, 1),
    "hazen": _linear(0.5, 0.5),
    "weibull": _linear(0, 0),
    "linear": lambda n, q: (n - 1) * q,
    "median_unbiased": _linear(1 / 3.0, 1 / 3.0),
    "normal_unbiased": _linear(3 / 8.0, 3 / 8.0),
    "lower": lambda n, q: np.floor((n - 1) * q).astype(np.intp),
    "higher": lambda n, q: np.ceil((n - 1) * q).astype(np.intp),
    "midpoint": lambda n, q: 0.5 * (np.floor((n - 1) * q) + np.ceil((n - 1) * q)),
    "nearest": lambda n, q: np.around((n - 1) * q).astype(np.intp),
}


def _between(method: str, index: Any, below: Any) -> Any:
    """How far a place between two entries is from the lower one."""
    rest = np.asanyarray(index - below, dtype=np.asanyarray(index).dtype)
    if method == "averaged_inverted_cdf":
        return np.where(rest == 0, 0.5, 1.0)
    return np.where(index % 1 == 0, 0.0, 0.5) if method == "midpoint" else rest


def _quantile(
    a: Any, q: Any, percent: bool, axis: Any, out: Any, method: str, keepdims: Any, weights: Any, without_nan: bool
) -> Any:
    name = f"np.{'nan' * without_nan}{'percentile' if percent else 'quantile'}"
    if type(q) is Array:
        if carries_derivative(q):
            raise refuse(f"{name} at a traced {'q' if not percent else 'percentage'}", "cr.stop_gradient(q)")
        a, weak = lifted(a, q), False
        q = a.owner.ask(q.variable)
    else:
        weak = type(q) in (int, float)
    if trace_of(a, out) is None:
        return getattr(np, name[3:])(a, q, axis, out, method=method, keepdims=keepdims, weights=weights)
    if weights is not None:
        raise refuse(f"{name} with weights=")
    if method not in _METHODS:
        raise ValueError(f"{method!r} is not a valid method. Use one of: {_METHODS.keys()}")
    q = np.true_divide(q, 100) if percent else np.asanyarray(q)
    if not np.all((q >= 0) & (q <= 1)):
        raise ValueError(
            "Percentiles must be in the range [0, 100]" if percent else "Quantiles must be in the range [0, 1]"
        )
    if q.ndim > 2:
        raise ValueError("q must be a scalar or 1d")
    a = lifted(a, out)
    if a.dtype.kind == "c":
        raise TypeError("a must be an array of real numbers")
    rows, axes = _rows(a, axis)
    ordered = np.sort(rows, axis=-1)
    n: Any = rows.shape[-1]
    kept = rows.shape[:-1]
    if without_nan and a.dtype.kind == "f":
        n = a.owner.ask(np.sum(~np.isnan(rows), axis=-1).variable)  # a guard: it says which entries to take
    elif not n:
        raise IndexError("cannot do a non-empty take from an empty axes.")
    index = np.asanyarray(_METHODS[method](n, q.reshape(q.shape + (1,) * np.ndim(n))))

    def entries(places: Any) -> Array:
        if np.ndim(n):
            places = np.moveaxis(places, range(q.ndim), range(-q.ndim, 0)) if q.ndim else places
            found = np.take_along_axis(ordered, places.reshape((*kept, -1)), axis=-1)
            return moveaxis(found.reshape(kept + q.shape), range(-q.ndim, 0), range(q.ndim))
        found = ordered[..., places]
        return moveaxis(found, range(-q.ndim, 0), range(q.ndim)) if q.ndim else found

    last = np.maximum(n - 1, 0)
    if index.dtype.kind in "iu":
        result = entries(np.clip(index, 0, last))
    else:
        below = np.floor(index)
        low = np.where(index < 0, 0, np.where(index >= last, last, below)).astype(np.intp)
        high = np.where(index < 0, 0, np.where(index >= last, last, below + 1)).astype(np.intp)
        # NumPy counts the lower place from the end where the index is beyond it.
        share: Any = _between(method, index, np.where(index < 0, 0, np.where(index >= last, -1, below)))
        if not np.ndim(n):
            share = float(share) if weak else share.reshape(share.shape + (1,) * len(kept))
        result = _on_a_line(entries(low), entries(high), share, weak)
    if not without_nan:
        result = _nan_where_the_last_is(result, ordered)
    return finish(_shaped(result, a, axes, keepdims, q.ndim), out)


def _on_a_line(a: Array, b: Array, share: Any, weak: bool) -> Array:
    difference, rest = b - a, 1 - share
    if np.ndim(share) == 0:
        return b - difference * rest if share >= 0.5 else a + difference * share
    if weak and a.dtype.kind == "f":
        return np.where(share >= 0.5, b - difference * rest.astype(a.dtype), a + difference * share.astype(a.dtype))
    return np.where(share >= 0.5, b - difference * rest, a + difference * share)


def _quantile_answer(percent: bool, without_nan: bool) -> Callable[..., Any]:
    def answer(
        a: Any,
        q: Any,
        axis: Any = None,
        out: Any = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: Any = False,
        *,
        weights: Any = None,
    ) -> Any:
        return _quantile(a, q, percent, axis, out, method, keepdims, weights, without_nan)

    return answer


answers(np.quantile)(_quantile_answer(False, False))
answers(np.percentile)(_quantile_answer(True, False))
answers(np.nanquantile)(_quantile_answer(False, True))
answers(np.nanpercentile)(_quantile_answer(True, True))


@answers(np.nanmedian)
def nanmedian(a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    a = lifted(a, out)
    rows, axes = _rows(a, axis)
    if a.dtype.kind not in "fc" or not rows.shape[-1]:
        return median(a, axis, out, False, given(keepdims) and keepdims)
    count = a.owner.ask(np.sum(~np.isnan(rows), axis=-1).variable)[..., None]  # a guard: it says which entries to take
    ordered = np.sort(rows, axis=-1)
    low, high = (np.take_along_axis(ordered, k, -1)[..., 0] for k in (np.maximum(count - 1, 0) // 2, count // 2))
    middle = np.where(count[..., 0] == 0, a.dtype.type(np.nan), (low + high) / 2)
    return finish(_shaped(middle, a, axes, keepdims), out)


# Covariances


@answers(np.cov)
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    if ddof is not None and ddof != int(ddof):
        raise ValueError("ddof must be integer")
    context = (m, y, aweights)
    m = lifted(m, *context)
    if m.ndim > 2:
        raise ValueError("m has more than 2 dimensions")
    y = None if y is None else lifted(y, *context)
    if y is not None and y.ndim > 2:
        raise ValueError("y has more than 2 dimensions")
    if dtype is None:
        dtype = np.result_type(m.dtype, np.float64, *([] if y is None else [y.dtype]))

    def as_rows(x: Array, turn: bool) -> Array:
        x = (x if x.ndim == 2 else x.reshape((1, -1))).astype(dtype, copy=False)
        return x.T if turn else x

    X = as_rows(m, not rowvar and m.ndim != 1)
    if X.shape[0] == 0:
        return np.array([]).reshape(0, 0)
    if y is not None:
        y = as_rows(y, False)
        X = np.concatenate((X, y.T if not rowvar and y.shape[0] != 1 else y), axis=0)
    if ddof is None:
        ddof = 0 if bias else 1
    w = _checked_weights(fweights, aweights, X)
    mean, total = average(X, axis=1, weights=w, returned=True)
    if w is None:
        freedom: Any = X.shape[1] - ddof
    elif ddof == 0:
        freedom = total[0]
    elif aweights is None:
        freedom = total[0] - ddof
    else:
        freedom = total[0] - ddof * np.sum(w * aweights) / total[0]
    if type(freedom) is not Array and freedom <= 0:
        warnings.warn("Degrees of freedom <= 0 for slice", RuntimeWarning, stacklevel=3)
        freedom = np.float64(0.0)
    X = X - mean[:, None]
    c = np.dot(X, (X if w is None else X * w).T.conj())
    c = c * np.true_divide(1, freedom)
    return np.squeeze(c)


def _checked_weights(fweights: Any, aweights: Any, X: Array) -> Any:
    w = None
    if fweights is not None:
        w = np.asarray(fweights, dtype=float)
        if not np.all(w == np.around(w)):
            raise TypeError("fweights must be integer")
        _check_weights(w, "fweights", "numbers of samples", X)
        if np.any(w < 0):
            raise ValueError("fweights cannot be negative")
    if aweights is not None:
        of_samples = aweights.astype(float, copy=False) if type(aweights) is Array else np.asarray(aweights, float)
        _check_weights(of_samples, "aweights", "numbers of samples", X)
        if type(of_samples) is not Array and np.any(of_samples < 0):
            raise ValueError("aweights cannot be negative")
        w = of_samples if w is None else w * of_samples
    return w


def _check_weights(w: Any, name: str, what: str, X: Array) -> None:
    if w.ndim > 1:
        raise RuntimeError(f"cannot handle multidimensional {name}")
    if w.shape[0] != X.shape[1]:
        raise RuntimeError(f"incompatible {what} and {name}")


@answers(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    c = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    deviation = np.sqrt(np.diag(c))
    return np.clip(c / deviation[:, None] / deviation[None, :], -1, 1)


# Counts in bins


@answers(np.bincount)
def bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    places = x.owner.ask(x.variable) if type(x) is Array else np.asarray(x)
    if weights is None:
        return np.bincount(places, minlength=minlength)
    w = lifted(weights, x)
    if places.shape != w.shape or w.ndim != 1:
        raise ValueError("The weights and list don't have the same length.")
    if places.size and places.min() < 0:
        raise ValueError("'list' argument must have no negative elements")
    size = max(int(places.max(initial=-1)) + 1, minlength)
    v = of_dtype(w.variable, np.float64)
    return wrap(w.owner, scatter(v, w.owner.capture(places.astype(np.intp)), axis=0, size=size))


# Without nan


def _replaced(a: Any, number: Any, *others: Any) -> tuple[Array, Any]:
    """The array with a number in place of nan, and where that is."""
    a = lifted(a, *others)
    if a.dtype.kind not in "fc":
        return a, None
    missing = np.isnan(a)
    return np.where(missing, a.dtype.type(number), a), missing


def _after_replacing(function: Callable[..., Any], number: int) -> Callable[..., Any]:
    def answer(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, **more: Any) -> Any:
        return function(_replaced(a, number, out)[0], axis=axis, dtype=dtype, out=out, **more)

    return answer


answers(np.nansum)(_after_replacing(np.sum, 0))
answers(np.nanprod)(_after_replacing(np.prod, 1))
answers(np.nancumsum)(_after_replacing(np.cumsum, 0))
answers(np.nancumprod)(_after_replacing(np.cumprod, 1))


def _options(**options: Any) -> dict[str, Any]:
    return {key: value for key, value in options.items() if given(value)}


@answers(np.nanmean)
def nanmean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = NOTHING, *, where: Any = NOTHING
) -> Any:
    a, missing = _replaced(a, 0, out)
    options = _options(keepdims=keepdims, where=where)
    if missing is None:
        return np.mean(a, axis=axis, dtype=dtype, out=out, **options)
    _check_inexact(dtype, out)
    count = np.sum(~missing, axis=axis, dtype=np.intp, **options)
    total = np.sum(a, axis=axis, dtype=dtype, **options)
    return finish((total / count).astype(total.dtype, copy=False), out)


def _check_inexact(dtype: Any, out: Any) -> None:
    for what, given_dtype in (("dtype", dtype), ("out", None if out is None else out.dtype)):
        if given_dtype is not None and np.dtype(given_dtype).kind not in "fc":
            raise TypeError(f"If a is inexact, then {what} must be inexact")


@answers(np.nanvar)
def nanvar(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = NOTHING,
    *,
    where: Any = NOTHING,
    mean: Any = NOTHING,
    correction: Any = NOTHING,
) -> Any:
    a, missing = _replaced(a, 0, out)
    if missing is None:
        options = _options(keepdims=keepdims, where=where, mean=mean, correction=correction)
        return np.var(a, axis=axis, dtype=dtype, out=out, ddof=ddof, **options)
    _check_inexact(dtype, out)
    if given(correction):
        if ddof != 0:
            raise ValueError("ddof and correction can't be provided simultaneously.")
        ddof = correction
    options = _options(where=where)
    if not given(mean):
        mean = np.sum(a, axis=axis, dtype=dtype, keepdims=True, **options)
        count = np.sum(~missing, axis=axis, dtype=np.intp, keepdims=True, **options)
        mean = (mean / count).astype(mean.dtype, copy=False)
    options = _options(keepdims=keepdims, where=where)
    square = squared(np.where(missing, a.dtype.type(0), a - mean).astype(a.dtype, copy=False))
    total = np.sum(square, axis=axis, dtype=dtype if a.dtype.kind != "c" else None, **options)
    freedom = np.sum(~missing, axis=axis, dtype=np.intp, **options) - ddof
    result = np.where(freedom <= 0, total.dtype.type(np.nan), (total / freedom).astype(total.dtype, copy=False))
    return finish(result_of(result.owner, result.variable), out)


@answers(np.nanstd)
def nanstd(a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, **more: Any) -> Any:
    return finish(np.sqrt(nanvar(lifted(a, out), axis, dtype, None, ddof, **more)), out)


def _nan_extremum(extremum: Callable[..., Any]) -> Callable[..., Any]:
    def answer(a: Any, axis: Any = None, out: Any = None, **options: Any) -> Any:
        return extremum(a, axis, out, **_options(**options))

    return answer


answers(np.nanmax)(_nan_extremum(nan_amax))
answers(np.nanmin)(_nan_extremum(nan_amin))


def _nan_position(function: Callable[..., Any], worst: float) -> Callable[..., Any]:
    def answer(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = NOTHING) -> Any:
        a, missing = _replaced(a, worst, out)
        if missing is not None and a.owner.has_values and bool(np.any(np.all(missing, axis=axis))):
            raise ValueError("All-NaN slice encountered")
        return function(a, axis, out=out, **_options(keepdims=keepdims))

    return answer


answers(np.nanargmax)(_nan_position(np.argmax, -np.inf))
answers(np.nanargmin)(_nan_position(np.argmin, np.inf))
