"""How far the rounding of one operation may move its results, for the numbers that it met.

Two kinds of bounds occur. Most operations give each entry of the result to within some units in the last place: an
error of the result. Solving and factoring give the exact answer to a question next to the one that was asked: an error
of the argument (Higham's backward error), which the local Jacobian carries to the result.

u is the unit roundoff, half the distance from 1 to the next number; n rounding errors on the way to an entry are at
most gamma(n) = n u / (1 - n u) of it. How many there are depends on the order of summation: NumPy sums in pairs along
the axis that lies closest in memory and one by one along others; BLAS is taken to add up blocks of `BLOCK` products.

Source: Higham, Accuracy and Stability of Numerical Algorithms (2002): secs. 2.2 and 3.1 (one operation, gamma), 4.2
(orders of summation), theorems 8.5 (triangular systems), 9.4 (LU), 10.3 (Cholesky), 24.2 (Fourier transforms).
Functions: NumPy's vector functions are documented with at most 4 units in the last place (release notes of 1.22);
where nothing is documented, an assumption is made, and said to be one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ..graph import Variable
from ..original import np

BLOCK = 384  # products that BLAS adds up before it adds them to a result (OpenBLAS, GEMM_Q)
ULPS = 4.0  # of NumPy's elementary functions
ASSUMED_ULPS = 16.0  # of functions whose error is documented nowhere, and as many of their arguments / 4

Array = np.ndarray
Rule = Callable[[Variable, Sequence[Array], Sequence[Array]], "Rounding"]


class Rounding(NamedTuple):
    """Bounds of the absolute errors that an operation adds.

    results : for each result an array, or None where it is exact
    arguments : by the number of the argument
    assumed : whether one is no more than an assumption
    """

    results: tuple[Any, ...] = ()
    arguments: Mapping[int, Any] = {}
    assumed: bool = False


EXACT = Rounding()


def rounding_of(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    """Of the operation behind v, which made ys of xs."""
    operation: Any = v.operation
    if operation.kind == "discrete" or not any(y.dtype.kind in "fc" and y.size for y in ys):
        return EXACT
    rule = _RULES.get(operation.name)
    with np.errstate(all="ignore"):
        if rule is not None:
            return rule(v, xs, ys)
        if operation.name in _EXACT:
            return EXACT
        if operation.name in _ULPS:
            return _ulps(_ULPS[operation.name], ys)
        return _assumed(v, xs, ys)


def unit(dtype: np.dtype) -> float:
    """The unit roundoff."""
    return float(np.finfo(dtype).eps) / 2


def gamma(n: float, dtype: np.dtype) -> float:
    u = unit(dtype)
    return n * u / (1 - n * u) if n * u < 1 else math.inf


def ulp(y: Array) -> Array:
    """The distance from the absolute value of a number to the next larger one."""
    if y.dtype.kind == "c":
        return np.hypot(ulp(y.real), ulp(y.imag))
    return np.spacing(np.abs(y))


def _ulps(count: float, ys: Sequence[Array]) -> Rounding:
    return Rounding(tuple(count * ulp(y) for y in ys))


def _half_ulp(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    return _ulps(0.5 if ys[0].dtype.kind == "f" else 6.0, ys)  # complex: Higham, lemma 3.5


def _assumed(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    """A few units in the last place of the results, and of the arguments: near a zero these are what remains."""
    operation: Any = v.operation
    arguments = {k: ASSUMED_ULPS / 4 * ulp(x) for k, x in enumerate(xs) if x.dtype.kind in "fc"}
    if operation.kind == "elementwise":
        return Rounding(tuple(ASSUMED_ULPS * ulp(y) for y in ys), arguments, True)
    # As a whole: each entry by the largest.
    n = max((x.size for x in xs), default=1)
    results = tuple(np.full(y.shape, ASSUMED_ULPS * math.sqrt(n) * _largest_ulp(y)) for y in ys)
    return Rounding(results, {k: np.full(x.shape, _largest_ulp(xs[k])) for k, x in arguments.items()}, True)


def _largest_ulp(x: Array) -> float:
    return float(np.max(ulp(x), initial=0.0)) if x.dtype.kind in "fc" else 0.0


# Arithmetic


def _sum_of_two(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    """Half a unit, and nothing where the sum is exact, which a second sum tells (Knuth, TAOCP 2, sec. 4.2.2)."""
    (a, b), (y,) = xs, ys
    operation: Any = v.operation
    if y.dtype.kind != "f":
        return _ulps(1.0, ys)
    a, b = a.astype(y.dtype), b.astype(y.dtype)
    b = -b if operation.name == "subtract" else b
    back = y - a
    lost = (a - (y - back)) + (b - back)
    return Rounding((np.where(lost == 0, 0.0, 0.5 * ulp(y)),))


def _product(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    """Half a unit, and nothing where a factor is a power of two."""
    (y,) = ys
    if y.dtype.kind != "f":
        return _half_ulp(v, xs, ys)
    factors = xs if v.operation.name != "divide" else xs[1:]  # type: ignore[union-attr]
    exact = np.zeros(y.shape, bool)
    for x in factors:
        if x.dtype.kind in "iubf":
            exact |= np.abs(np.frexp(x.astype(y.dtype))[0]) == 0.5
    exact &= (np.abs(y) >= np.finfo(y.dtype).tiny) | (y == 0)
    return Rounding((np.where(exact | (y == 0), 0.0, 0.5 * ulp(y)),))


def _conversion(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    (x,), (y,) = xs, ys
    if np.can_cast(x.dtype, y.dtype, "safe"):
        return EXACT
    return Rounding((0.5 * ulp(y),))


# Sums


def depth_in_pairs(n: int) -> int:
    """Additions on the longest way into a sum of n numbers: eight at a time up to 128, then halves."""
    halvings = 0
    while n > 128:
        n -= n // 2 - n // 2 % 8
        halvings += 1
    return halvings + (n if n < 8 else n // 8 + 2 + n % 8)


def depth_of_sum(x: Array, axes: Sequence[int]) -> int:
    """Additions on the longest way into a sum of an array over axes, as NumPy goes along its memory."""
    held = sorted((abs(stride), axis) for axis, stride in enumerate(x.strides) if x.shape[axis] > 1)
    inner, outer, along = 1, 1, True
    for stride, axis in held:
        along = along and axis in axes and (inner == 1 or stride == inner * held[0][0])
        if along:
            inner *= x.shape[axis]
        elif axis in axes:
            outer *= x.shape[axis]
    return depth_in_pairs(inner) + (outer if outer > 1 else 0)


def _einsum(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    """A sum of products: gamma of what lies on the longest way, times the same of absolute values."""
    operation: Any = v.operation
    (y,) = ys
    labels, out = v.parameters[:2]
    sizes = {name: size for x, names in zip(xs, labels, strict=True) for name, size in zip(names, x.shape, strict=True)}
    gone = [name for name in sizes if name not in out and sizes[name] > 1]
    if not gone and len(xs) <= 2:
        return EXACT if len(xs) == 1 else _half_ulp(v, xs, ys)
    terms = math.prod(sizes[name] for name in gone)
    if len(xs) == 1:
        (names,) = labels
        repeated = len(set(names)) < len(names)
        depth = terms if repeated else depth_of_sum(xs[0], [k for k, name in enumerate(names) if name in gone])
    elif len(xs) == 2 and all(name in names for name in gone for names in labels):
        depth = min(terms, BLOCK + math.ceil(terms / BLOCK))
    else:
        depth = terms + len(xs) - 1
    size = operation.compute([np.abs(x) for x in xs], v.parameters)
    many = 1.0 if y.dtype.kind == "f" else 4.0
    return Rounding((many * gamma(depth, y.dtype) * size,))


def _of_absolute_values(v: Variable, xs: Sequence[Array]) -> Array:
    operation: Any = v.operation
    return np.asarray(operation.compute([np.abs(x) if x.dtype.kind in "fc" else x for x in xs], v.parameters))


def _joined(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    """Pieces that are added where they overlap: as many additions as there are pieces."""
    operation: Any = v.operation
    ones = [np.ones_like(x) if x.dtype.kind in "fc" else x for x in xs]
    count = np.asarray(operation.compute(ones, v.parameters)).real
    u = unit(ys[0].dtype)
    return Rounding((np.maximum(count - 1, 0) * u * _of_absolute_values(v, xs),))


def _cumsum(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    """The running error: half a unit of each sum on the way."""
    operation: Any = v.operation
    local = 0.5 * ulp(ys[0])
    return Rounding((np.asarray(operation.compute([local], v.parameters)),))


def _recurrence(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    """The running error of s = a s + b: that of the step before, carried on, and those of a product and a sum."""
    operation: Any = v.operation
    a, _ = xs
    local = ulp(ys[0]) + 0.5 * ulp(ys[0] - xs[1])
    return Rounding((np.asarray(operation.compute([np.abs(a), local], v.parameters)),))


def _running_product(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    """As many roundings as there are factors."""
    count = max(1, xs[0].size // max(ys[0].size, 1)) if ys[0].shape != xs[0].shape else max(xs[0].shape, default=1)
    return Rounding((gamma(count, ys[0].dtype) * np.abs(ys[0]),))


def _norm(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    count = max(1, xs[0].size // max(ys[0].size, 1))
    return Rounding((gamma(count / 2 + 4, ys[0].dtype) * np.abs(ys[0]),))


# Sums of exponentials


def _shifted(v: Variable, x: Array) -> tuple[Array, Array, int, float]:
    """The shares of the exponentials, how far each error of its argument reaches, additions, unit roundoff."""
    axes = v.parameters[0]
    d = x - np.max(x, axis=axes, keepdims=True)
    e = np.exp(d)
    count = math.prod(x.shape[axis] for axis in axes)
    reach = np.where(e > 0, np.abs(d), 0.0) + 2 * ULPS  # exp(d (1 + u)): an error of d u
    return e / np.sum(e, axis=axes, keepdims=True), reach, count, unit(x.dtype)


def _softmax(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    shares, reach, count, u = _shifted(v, xs[0])
    of_sum = np.sum(shares * reach, axis=v.parameters[0], keepdims=True)
    return Rounding((u * ys[0] * (reach + of_sum + count + 1),))


def _logsumexp(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    shares, reach, count, u = _shifted(v, xs[0])
    of_sum = np.sum(shares * reach, axis=v.parameters[0])
    return Rounding((u * (of_sum + count) + ULPS * u * math.log(max(count, 2)) + ulp(ys[0]),))


def _log_softmax(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    shares, reach, count, u = _shifted(v, xs[0])
    of_sum = np.sum(shares * reach, axis=v.parameters[0], keepdims=True)
    return Rounding((u * (of_sum + count + reach) + ULPS * u * math.log(max(count, 2)) + ulp(ys[0]),))


def _log_add(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    """The larger one, and log1p(exp(-d)) of their difference d: an error of d u is one of d u relative to that."""
    (y,) = ys
    d = np.abs(np.subtract(*xs)).astype(y.dtype)
    d = np.where(np.isfinite(d), d, 0.0)
    base = 2.0 if v.operation.name == "logaddexp2" else math.e  # type: ignore[union-attr]
    own = np.log1p(base**-d) / math.log(base) * unit(y.dtype) * (4 * ULPS + 2 * d)
    return Rounding((own + ulp(y),))


# Linear algebra


def factored(A: Array) -> tuple[Array, Array]:
    """For each matrix |L| |U|, rows interchanged as LAPACK does but in their old order, and the pivots."""
    size, pivots = np.zeros(A.shape), np.zeros(A.shape[:-1], A.dtype)
    for place in np.ndindex(A.shape[:-2]):
        n = A.shape[-1]
        U, L, order = np.array(A[place]), np.eye(n), np.arange(n)
        for k in range(n - 1):
            p = k + int(np.argmax(np.abs(U[k:, k])))
            if U[p, k] == 0:
                continue
            U[[k, p]], order[[k, p]] = U[[p, k]], order[[p, k]]
            L[[k, p], :k] = L[[p, k], :k]
            ratio = U[k + 1 :, k] / U[k, k]
            L[k + 1 :, k] = np.abs(ratio)
            U[k + 1 :, k:] -= ratio[:, None] * U[k, k:]
        product = L @ np.abs(np.triu(U))
        size[place][order] = product
        pivots[place] = np.diagonal(U)
    return size, pivots


def _solve(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    A = xs[0]
    return Rounding((), {0: gamma(3 * A.shape[-1], ys[0].dtype) * factored(A)[0]})


def _triangular_solve(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    A = xs[0]
    return Rounding((), {0: gamma(A.shape[-1], ys[0].dtype) * np.abs(A)})


def _cholesky(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    (L,) = ys
    size = np.abs(L) @ np.abs(np.swapaxes(L, -1, -2))
    return Rounding((), {0: gamma(L.shape[-1] + 1, L.dtype) * size})


def _inv(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    """By columns: each solves a system of its own (Higham, sec. 14.3)."""
    (A,), (Y,) = xs, ys
    size = np.abs(Y) @ factored(A)[0] @ np.abs(Y)
    return Rounding((gamma(3 * A.shape[-1], Y.dtype) * size,))


def _det(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    """The product of the pivots of a matrix close by (Higham, sec. 14.6)."""
    (A,) = xs
    n, dtype = A.shape[-1], ys[-1].dtype
    size, pivots = factored(A)
    if len(ys) == 1:
        own: tuple[Any, ...] = (gamma(n, dtype) * np.abs(ys[0]),)
    else:
        own = (None, gamma(n + ULPS, dtype) * np.sum(np.abs(np.log(np.abs(pivots))), axis=-1))
    return Rounding(own, {0: gamma(n, dtype) * size})


def _orthogonal(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    """Stable as a whole, with a modest factor that LAPACK's guide (sec. 4.1) does not tell: 10 n is assumed."""
    A = xs[0]
    n, u = max(A.shape[-2:]), unit(A.dtype)
    size = np.sqrt(np.sum(np.square(np.abs(A)), axis=(-2, -1), keepdims=True))
    own = tuple(10 * n * u * (np.ones(y.shape) if y.ndim == A.ndim else np.max(np.abs(y), initial=0.0)) for y in ys)
    return Rounding(own, {0: np.broadcast_to(10 * math.sqrt(n) * u * size, A.shape)}, True)


def _fourier(v: Variable, xs: Sequence[Array], ys: Sequence[Array]) -> Rounding:
    """Relative to the norm of the result: 5 log2(n) units."""
    (y,) = ys
    n = max((*xs[0].shape, *y.shape, 2))
    size = np.sqrt(np.sum(np.square(np.abs(y)), axis=-1, keepdims=True)) if y.ndim else np.abs(y)
    return Rounding((np.broadcast_to(5 * math.log2(n) * unit(y.dtype) * size, y.shape),))


_EXACT = frozenset(
    [
        "absolute",
        "amax",
        "amin",
        "argmax",
        "broadcast_to",
        "ceil",
        "concatenate",
        "conjugate",
        "copysign",
        "cummax",
        "cummin",
        "element",
        "embed",
        "fabs",
        "floor",
        "fmax",
        "fmin",
        "fmod",
        "imag",
        "maximum",
        "minimum",
        "negative",
        "place",
        "positive",
        "real",
        "relu",
        "reshape",
        "rint",
        "sign",
        "sort",
        "stop_gradient",
        "tag",
        "take",
        "take_along_axis",
        "transpose",
        "tril",
        "triu",
        "trunc",
        "where",
        "window",
        "without_phases",
        "write",
    ]
)
_ULPS: Mapping[str, float] = {
    **dict.fromkeys(
        [
            "angle",
            "arccos",
            "arccosh",
            "arcsin",
            "arcsinh",
            "arctan",
            "arctan2",
            "arctanh",
            "cbrt",
            "cos",
            "cosh",
            "deg2rad",
            "exp",
            "exp2",
            "expm1",
            "floor_divide",
            "hypot",
            "log",
            "log10",
            "log1p",
            "log2",
            "power",
            "rad2deg",
            "remainder",
            "sin",
            "sinh",
            "tan",
            "tanh",
        ],
        ULPS,
    ),
    # Formulas of those: what their errors come to.
    "expit": 8.0,
    "log_cosh": 32.0,
    "log_expit": 16.0,
    "sech_squared": 20.0,
    "softplus": 16.0,
}
_RULES: Mapping[str, Rule] = {
    "add": _sum_of_two,
    "subtract": _sum_of_two,
    **dict.fromkeys(("multiply", "divide", "absorb", "factor_product"), _product),
    **dict.fromkeys(("sqrt", "square", "reciprocal"), _half_ulp),
    "convert": _conversion,
    "einsum": _einsum,
    "sum_of_pieces": _joined,
    "scatter": _joined,
    "cumsum": _cumsum,
    "recurrence": _recurrence,
    "cumprod": _running_product,
    "prod": _running_product,
    "norm": _norm,
    "softmax": _softmax,
    "logsumexp": _logsumexp,
    "log_softmax": _log_softmax,
    "logaddexp": _log_add,
    "logaddexp2": _log_add,
    "solve": _solve,
    "triangular_solve": _triangular_solve,
    "cholesky": _cholesky,
    "inv": _inv,
    "det": _det,
    "slogdet": _det,
    **dict.fromkeys(("qr", "svd", "svdvals", "eigh"), _orthogonal),
    **dict.fromkeys(("fft", "rfft", "irfft"), _fourier),
}
