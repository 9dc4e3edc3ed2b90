"""Reductions along axes, and cumulative operations. Reduced axes go; what keeps them is a reshape around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..arraytype import ArrayType
from ..errors import ShapeError
from ..original import np
from ..structure import ArrayAlgebra, LinearMap, Triangle, index_map
from .batch_axis import moving_axes
from .comparison import equal, isfinite, not_equal
from .contraction import einsum
from .exponential import exp, log
from .movement import convert, reshape
from .operation import Example, discrete, general, linear
from .selection import where

_arrays = ArrayAlgebra()
Axes = tuple[int, ...]
_by_axes, _by_axis = moving_axes("axes"), moving_axes("axis")


def _kept(x: Any, axes: Axes) -> list[int]:
    return [axis for axis in range(len(x.shape)) if axis not in axes]


def _reduced(x: ArrayType, *, axes: Axes) -> ArrayType:
    return x.with_shape(tuple(x.shape[axis] for axis in _kept(x, axes)))


def _reduced_not_empty(x: ArrayType, *, axes: Axes) -> ArrayType:
    if any(x.shape[axis] == 0 for axis in axes):
        raise ShapeError(f"an empty axis has no largest or smallest entry: shape {x.shape}, axes {axes}")
    return _reduced(x, axes=axes)


def spread(y: Any, x: Any, axes: Axes) -> Any:
    """A reduced array with its axes back, of size 1."""
    return reshape(y, shape=tuple(1 if axis in axes else size for axis, size in enumerate(x.shape)))


def weighted_sum(weights: Any, y: Any, x: Any, axes: Axes) -> LinearMap:
    """The Jacobian of a reduction whose slope by each entry is its weight."""
    everything = range(len(x.shape))
    return index_map(_kept(x, axes), everything, (weights, everything), out_shape=y.shape, in_shape=x.shape)


def _reduction_examples(rng: np.random.Generator) -> Any:
    yield Example((rng.normal(size=4),), {"axes": (0,)})
    yield Example((rng.normal(size=(2, 3)),), {"axes": (1,)})
    yield Example((rng.normal(size=(2, 3, 2)),), {"axes": (0, 2)})
    yield Example((rng.normal(),), {"axes": ()})


def _share_of_ties(y: Any, x: Any, *, axes: Axes) -> LinearMap:
    """Equal shares among the entries that attain the extremum."""
    ties = convert(equal(x, spread(y, x, axes)), dtype=x.dtype.name)
    names = tuple(range(len(x.shape)))
    count = einsum(ties, labels=(names,), out=tuple(_kept(x, axes)), absorbing=False)
    return weighted_sum(ties / spread(count, x, axes), y, x, axes)


amax = general(
    "amax",
    lambda x, *, axes: np.max(x, axis=axes),
    _reduced_not_empty,
    _share_of_ties,
    for_complex=True,
    parameters=("axes",),
    batch=_by_axes,
    notation=r"\max {0}",
    examples=_reduction_examples,
    source="equal shares at ties: the middle of the subgradients",
    summary="the largest entry along axes",
)
amin = general(
    "amin",
    lambda x, *, axes: np.min(x, axis=axes),
    _reduced_not_empty,
    _share_of_ties,
    for_complex=True,
    parameters=("axes",),
    batch=_by_axes,
    notation=r"\min {0}",
    examples=_reduction_examples,
    source="equal shares at ties: the middle of the subgradients",
    summary="the smallest entry along axes",
)


def _logsumexp(x: Any, *, axes: Axes) -> Any:
    """log(sum(exp(x))) along axes, shifted by the largest entry so that nothing overflows."""
    x = np.asarray(x)
    if any(x.shape[axis] == 0 for axis in axes):
        return np.full([x.shape[axis] for axis in _kept(x, axes)], -np.inf, x.dtype)
    shift = np.maximum.reduce(x, axis=axes, keepdims=True)
    if not np.isfinite(shift).all():  # -inf everywhere has the sum 0; inf - inf would be nan
        shift = np.where(np.isfinite(shift), shift, shift.dtype.type(0))
    total = np.add.reduce(np.exp(x - shift), axis=axes)
    with np.errstate(divide="ignore"):
        return np.log(total) + shift.reshape(total.shape)


def _as_floating(x: Any) -> Any:
    dtype = np.exp.resolve_dtypes((x.dtype, None))[-1]
    return x if x.dtype == dtype else convert(x, dtype=dtype.name)


def _lowered_logsumexp(x: Any, *, axes: Axes) -> Any:
    """The same formula, in simpler operations."""
    x = _as_floating(x)
    shift = amax(x, axes=axes)
    shift = where(isfinite(shift), shift, 0.0)
    total = total_along(exp(x - spread(shift, x, axes)), axes)
    return log(total) + shift


def total_along(x: Any, axes: Axes) -> Any:
    """The sum along axes, which go."""
    return einsum(x, labels=(tuple(range(len(x.shape))),), out=tuple(_kept(x, axes)), absorbing=False)


def _shares(y: Any, x: Any, axes: Axes) -> Any:
    """exp(x - y), and 0 where all x are -inf, as in PyTorch: a row that is masked throughout has no derivative."""
    y = spread(y, x, axes)
    return exp(x - where(equal(y, -np.inf), 0.0, y))


logsumexp = general(
    "logsumexp",
    _logsumexp,
    lambda x, *, axes: ArrayType(_reduced(x, axes=axes).shape, np.exp.resolve_dtypes((x.dtype, None))[-1]),
    lambda y, x, *, axes: weighted_sum(_shares(y, x, axes), y, x, axes),
    parameters=("axes",),
    batch=_by_axes,
    lowered=_lowered_logsumexp,
    notation=r"\log \sum e^{{{0}}}",
    examples=_reduction_examples,
    source="the slope by each entry is its softmax",
)


# Softmax


def _softmax(x: Any, *, axes: Axes) -> Any:
    """exp(x) / sum(exp(x)) along axes."""
    x = np.asarray(x)
    if not x.size:
        return np.array(x)
    e = np.exp(x - np.max(x, axis=axes, keepdims=True))
    return e / np.sum(e, axis=axes, keepdims=True)


def _lowered_softmax(x: Any, *, axes: Axes) -> Any:
    x = _as_floating(x)
    e = exp(x - spread(amax(x, axes=axes), x, axes))
    return e / spread(total_along(e, axes), x, axes)


def _lowered_log_softmax(x: Any, *, axes: Axes) -> Any:
    x = _as_floating(x)
    return x - spread(_lowered_logsumexp(x, axes=axes), x, axes)


def _others(x: Any, axes: Axes) -> tuple[list[Any], list[Any]]:
    """Index names of y and of x where x has names of its own along the axes."""
    out: list[Any] = list(range(len(x.shape)))
    return out, [f"x{axis}" if axis in axes else axis for axis in out]


def _softmax_map(y: Any, x: Any, *, axes: Axes) -> LinearMap:
    out, inn = _others(x, axes)
    shapes = {"out_shape": y.shape, "in_shape": x.shape}
    return index_map(out, out, (y, out), **shapes) - index_map(out, inn, (y, out), (y, inn), **shapes)


def _log_softmax_map(y: Any, x: Any, *, axes: Axes) -> LinearMap:
    out, inn = _others(x, axes)
    shapes = {"out_shape": y.shape, "in_shape": x.shape}
    return index_map(out, out, **shapes) - index_map(out, inn, (exp(y), inn), **shapes)


def _floating(x: ArrayType, *, axes: Axes) -> ArrayType:
    return ArrayType(x.shape, np.exp.resolve_dtypes((x.dtype, None))[-1])


def _softmax_examples(rng: np.random.Generator) -> Any:
    yield Example((rng.normal(size=4),), {"axes": (0,)})
    yield Example((rng.normal(size=(2, 3)),), {"axes": (1,)})
    yield Example((rng.normal(size=(2, 3)),), {"axes": (0, 1)})


softmax = general(
    "softmax",
    _softmax,
    _floating,
    _softmax_map,
    parameters=("axes",),
    batch=_by_axes,
    lowered=_lowered_softmax,
    notation=r"\mathrm{{softmax}}({0})",
    examples=_softmax_examples,
    source="Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 6.2.2.3: diag(y) - y y^T in each row",
)
log_softmax = general(
    "log_softmax",
    lambda x, *, axes: x - np.expand_dims(_logsumexp(x, axes=axes), axes),
    _floating,
    _log_softmax_map,
    parameters=("axes",),
    batch=_by_axes,
    lowered=_lowered_log_softmax,
    notation=r"\log \mathrm{{softmax}}({0})",
    examples=_softmax_examples,
    source="identity less a row of softmax for every entry",
    summary="x - logsumexp(x) along axes",
)


# Cumulative


def _triangle(y: Any, x: Any, *, axis: int, reverse: bool) -> LinearMap:
    out, inn = _others(x, (axis,))
    relation = Triangle((axis,), (f"x{axis}",), not reverse)  # type: ignore[arg-type]
    return index_map(out, inn, out_shape=y.shape, in_shape=x.shape, relations=[relation])


cumsum = linear(
    "cumsum",
    lambda x, *, axis, reverse: _arrays.cumulate(np.asarray(x), axis, reverse),
    lambda x, *, axis, reverse: x,
    _triangle,
    parameters=("axis", "reverse"),
    batch=_by_axis,
    notation=r"\mathrm{{cumsum}}({0})",
    examples=lambda rng: [
        Example((rng.normal(size=4),), {"axis": 0, "reverse": False}),
        Example((rng.normal(size=(2, 3)),), {"axis": 1, "reverse": True}),
        Example((rng.normal(size=(2, 3)),), {"axis": 0, "reverse": False}),
    ],
    summary="running sums along an axis, from either end",
)


# Piecewise constant


def _discrete_reduction(name: str, function: Callable[..., Any], dtype: Any, **about: Any) -> Any:
    return discrete(
        name,
        lambda x, *, axes: function(x, axis=axes),
        lambda x, *, axes: ArrayType(_reduced(x, axes=axes).shape, dtype),
        parameters=("axes",),
        batch=_by_axes,
        notation=rf"\mathrm{{{{{name}}}}}({{0}})",
        examples=_reduction_examples,
        summary=f"np.{name} along axes",
        **about,
    )


any_ = _discrete_reduction("any", np.any, bool)
all_ = _discrete_reduction("all", np.all, bool)
count_nonzero = _discrete_reduction(
    "count_nonzero",
    np.count_nonzero,
    np.intp,
    lowered=lambda x, *, axes: total_along(convert(not_equal(x, 0), dtype="int64"), axes) if axes else None,
)


def _discrete_along(name: str, function: Callable[..., Any], shape: Callable[[ArrayType, int], tuple[int, ...]]) -> Any:
    return discrete(
        name,
        lambda x, *, axis: function(x, axis=axis),
        lambda x, *, axis: ArrayType(shape(x, axis), np.intp),
        parameters=("axis",),
        batch=_by_axis,
        notation=rf"\mathrm{{{{{name}}}}}({{0}})",
        examples=lambda rng: [
            Example((rng.normal(size=4),), {"axis": 0}),
            Example((rng.normal(size=(2, 3)),), {"axis": 1}),
        ],
        summary=f"np.{name} along an axis",
    )


def _without(x: ArrayType, axis: int) -> tuple[int, ...]:
    return x.shape[:axis] + x.shape[axis + 1 :]


argmax = _discrete_along("argmax", np.argmax, _without)
argmin = _discrete_along("argmin", np.argmin, _without)
argsort = _discrete_along("argsort", lambda x, axis: np.argsort(x, axis=axis, kind="stable"), lambda x, axis: x.shape)
