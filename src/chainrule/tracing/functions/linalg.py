# pyright: reportArgumentType=false, reportOperatorIssue=false, reportCallIssue=false, reportReturnType=false
# (the stubs of NumPy do not know that its functions return traced arrays for traced arrays)
"""numpy.linalg: systems, factorizations, norms, powers of matrices."""

from __future__ import annotations

import operator
from typing import Any

from ...errors import ShapeError
from ...errors.handlers import would_be_handled
from ...graph import Variable
from ...ops import linalg
from ...ops.movement import convert, reshape
from ...original import np
from ..array import SCALAR, Array, wrap
from ..dispatch import HINTS, answers, finish, lifted, refuse, result_of
from .axes import NOTHING, given, normalize_axis_index, normalize_axis_tuple
from .manipulation import matrix_transpose, moveaxis
from .reductions import squared

_one = np.eye(1)
EighResult, QRResult, SVDResult, SlogdetResult = (
    type(function(_one)) for function in (np.linalg.eigh, np.linalg.qr, np.linalg.svd, np.linalg.slogdet)
)


def _matrix(a: Any, *others: Any) -> Array:
    """A matrix or a batch of them, in a dtype in which LAPACK computes."""
    a = lifted(a, *others)
    if a.dtype == np.float16:
        raise TypeError("array type float16 is unsupported in linalg")
    return wrap(a.owner, convert(a.variable, dtype="float64")) if a.dtype.kind in "iub" else a


def _applied(operation: Any, a: Array, **parameters: Any) -> Any:
    result = operation(a.variable, **parameters)
    if isinstance(result, Variable):
        return result_of(a.owner, result)
    return tuple(result_of(a.owner, v) for v in result)


def _accepted(test: Any, message: str, a: Array, result: Any) -> Any:
    """The result, unless LAPACK refuses the matrix and the user's program is ready for that: then it must raise now."""
    if a.owner.has_values and would_be_handled() and not a.owner.ask(test(a.variable)).all():
        raise np.linalg.LinAlgError(message)
    return result


# Systems and inverses


@answers(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    a, b = _matrix(a, b), _matrix(b, a)
    x = wrap(a.owner, linalg.solve(a.variable, b.variable, absorbing=False))
    return _accepted(linalg.is_regular, "Singular matrix", a, x)


@answers(np.linalg.inv)
def inv(a: Any) -> Any:
    a = _matrix(a)
    return _accepted(linalg.is_regular, "Singular matrix", a, _applied(linalg.inv, a))


@answers(np.linalg.pinv)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = NOTHING) -> Any:
    a = _matrix(a)
    if rcond is not None and given(rtol):
        raise ValueError("`rtol` and `rcond` can't be both set.")
    if rcond is None:
        rcond = 1e-15 if not given(rtol) else max(a.shape[-2:]) * np.finfo(a.dtype).eps if rtol is None else rtol
    if np.ndim(rcond):
        raise refuse("np.linalg.pinv with a tolerance for each matrix", "one rtol for all of them")
    return _applied(linalg.pinv, a, rtol=float(rcond))


@answers(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """The pseudo-inverse times b. The rank is asked for; a change of it is no derivative's business."""
    a, b = _matrix(a, b), _matrix(b, a)
    if a.ndim != 2:
        raise ShapeError(f"{a.ndim}-dimensional array given. Array must be two-dimensional")
    m, n = a.shape
    if b.ndim not in (1, 2) or b.shape[0] != m:
        raise ShapeError(
            f"least squares need a right side for each of {m} rows: shape {b.shape} does not fit a matrix of shape "
            f"{a.shape}",
            wanted=f"b of shape ({m},) or ({m}, k)",
        )
    dtype = np.result_type(a.dtype, b.dtype)
    rcond = np.finfo(dtype).eps * max(n, m) if rcond is None else rcond
    s = _applied(linalg.svdvals, a)
    known = a.owner.ask(s.variable)
    rank = int(np.count_nonzero(known > rcond * known.max(initial=0)))
    x = _applied(linalg.pinv, a, rtol=float(rcond)) @ b
    if rank == n < m:
        rest = b - a @ x
        residuals = np.sum(squared(rest), axis=0)
        residuals = residuals if b.ndim == 2 else residuals.reshape(1)
    else:
        residuals = np.array([], dtype)
    return x, residuals, np.int32(rank), s


@answers(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    a, b = lifted(a, b), lifted(b, a)
    if axes is not None:
        order = [k for k in range(a.ndim) if k not in axes] + list(axes)
        a = a.transpose(order)
    shape = a.shape[-(a.ndim - b.ndim) :]
    size = int(np.prod(shape, dtype=int))
    if a.size != size**2:
        raise ShapeError("Input arrays must satisfy the requirement prod(a.shape[b.ndim:]) == prod(a.shape[:b.ndim])")
    return solve(a.reshape((size, size)), b.reshape(-1)).reshape(shape)


@answers(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    a = lifted(a)
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    rows = int(np.prod(a.shape[ind:], dtype=int))
    return inv(a.reshape((rows, -1))).reshape(a.shape[ind:] + a.shape[:ind])


# Determinants


@answers(np.linalg.det)
def det(a: Any) -> Any:
    return _applied(linalg.det, _matrix(a))


@answers(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    return SlogdetResult(*_applied(linalg.slogdet, _matrix(a)))


# Factorizations


@answers(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    a = _matrix(a)
    if upper:
        return matrix_transpose(cholesky(matrix_transpose(a)))
    factor = _applied(linalg.cholesky, a)
    return _accepted(linalg.is_positive_definite, "Matrix is not positive definite", a, factor)


def _lower(UPLO: str) -> bool:
    if UPLO.upper() not in ("L", "U"):
        raise ValueError("UPLO argument must be 'L' or 'U'")
    return UPLO.upper() == "L"


@answers(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    return EighResult(*_applied(linalg.eigh, _matrix(a), lower=_lower(UPLO)))


@answers(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    return _applied(linalg.eigh, _matrix(a), lower=_lower(UPLO))[0]


@answers(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    a = _matrix(a)
    if mode not in ("reduced", "complete", "r"):
        if mode == "raw":
            raise refuse("np.linalg.qr with mode='raw'", "np.linalg.qr(a)")
        raise ValueError(f"Unrecognized mode '{mode}'")
    if mode == "complete" and a.ndim > 1 and a.shape[-2] != a.shape[-1]:
        raise refuse("np.linalg.qr with mode='complete' of an oblong matrix", "np.linalg.qr(a)")
    Q, R = _applied(linalg.qr, a)
    return R if mode == "r" else QRResult(Q, R)


@answers(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    a = _matrix(a)
    if not compute_uv:
        return svdvals(a)
    if hermitian:
        raise refuse("np.linalg.svd with hermitian=True", "np.linalg.eigh(a)")
    if full_matrices and a.ndim > 1 and a.shape[-2] != a.shape[-1]:
        raise refuse(
            "np.linalg.svd of an oblong matrix with full_matrices=True (the further vectors are not determined)",
            "np.linalg.svd(a, full_matrices=False)",
        )
    return SVDResult(*_applied(linalg.svd, a))


@answers(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    return _applied(linalg.svdvals, _matrix(x))


HINTS.update(
    {
        np.linalg.eig: "np.linalg.eigh(a) of a symmetric matrix",
        np.linalg.eigvals: "np.linalg.eigvalsh(a) of a symmetric matrix",
    }
)


# Norms and numbers


@answers(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    x = lifted(x)
    if x.dtype.kind in "iub":
        x = x.astype(float)
    if axis is None:
        if ord is None or (ord in ("f", "fro") and x.ndim == 2) or (ord == 2 and x.ndim == 1):
            return _euclidean(x, tuple(range(x.ndim)), keepdims)
        axis = tuple(range(x.ndim))
    elif not isinstance(axis, tuple):
        try:
            axis = (int(axis),)
        except Exception as error:
            raise TypeError("'axis' must be None, an integer or a tuple of integers") from error
    if len(axis) == 1:
        return _vector_norm(x, ord, axis[0], keepdims)
    if len(axis) != 2:
        raise ValueError("Improper number of dimensions to norm.")
    row, column = (normalize_axis_index(k, x.ndim) for k in axis)
    if row == column:
        raise ValueError("Duplicate axes given.")
    result = _matrix_norm(x, ord, row, column)
    return result.reshape(tuple(1 if k in (row, column) else n for k, n in enumerate(x.shape))) if keepdims else result


def _euclidean(x: Array, axes: tuple[int, ...], keepdims: bool) -> Array:
    v = linalg.norm(x.variable, axes=axes)
    if keepdims:
        v = reshape(v, shape=tuple(1 if k in axes else n for k, n in enumerate(x.shape)))
    return result_of(x.owner, v)


def _vector_norm(x: Array, ord: Any, axis: int, keepdims: bool) -> Any:
    axis = normalize_axis_index(axis, x.ndim)
    if isinstance(ord, str):
        raise ValueError(f"Invalid norm order '{ord}' for vectors")
    if ord is None or (type(ord) is not Array and ord == 2):
        return _euclidean(x, (axis,), keepdims)
    size = abs(x)
    if type(ord) is not Array:
        if ord == np.inf:
            return np.max(size, axis=axis, keepdims=keepdims, **({} if x.shape[axis] else {"initial": 0}))
        if ord == -np.inf:
            return np.min(size, axis=axis, keepdims=keepdims)
        if ord == 0:
            return np.sum((x != 0).astype(size.dtype), axis=axis, keepdims=keepdims)
        if ord == 1:
            return np.sum(size, axis=axis, keepdims=keepdims)
    total = np.sum(size**ord, axis=axis, keepdims=keepdims)
    return total ** np.reciprocal(ord, dtype=total.dtype)


def _matrix_norm(x: Array, ord: Any, row: int, column: int) -> Any:
    if ord in (None, "fro", "f"):
        return _euclidean(x, (row, column), False)
    if ord in (2, -2, "nuc"):
        s = svdvals(moveaxis(x, (row, column), (-2, -1)))
        return np.sum(s, axis=-1) if ord == "nuc" else np.max(s, axis=-1) if ord == 2 else np.min(s, axis=-1)
    if ord not in (1, -1, np.inf, -np.inf):
        raise ValueError("Invalid norm order for matrices.")
    first, second = (row, column) if abs(ord) == 1 else (column, row)
    sums = np.sum(abs(x), axis=first)
    second -= second > first
    return np.max(sums, axis=second) if ord > 0 else np.min(sums, axis=second)


@answers(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Any:
    x = lifted(x)
    axes = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)
    kept = tuple(k for k in range(x.ndim) if k not in axes)
    count = int(np.prod([x.shape[k] for k in axes], dtype=int))
    rows = x.transpose([*axes, *kept]).reshape((count, *(x.shape[k] for k in kept)))
    result = norm(rows, ord=ord, axis=0)
    return result.reshape(tuple(1 if k in axes else n for k, n in enumerate(x.shape))) if keepdims else result


@answers(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return norm(x, axis=(-2, -1), keepdims=keepdims, ord=ord)


@answers(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    x = _matrix(x)
    if not x.size:
        raise np.linalg.LinAlgError("cond is not defined on empty arrays")
    if p is None or p in (2, -2):
        s = svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return norm(x, p, axis=(-2, -1)) * norm(inv(x), p, axis=(-2, -1))


@answers(np.linalg.matrix_rank)
def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """A number of singular values: it carries no derivative."""
    A = lifted(A)
    return np.linalg.matrix_rank(A.owner.ask(A.variable), tol, hermitian, rtol=rtol)


# Products


@answers(np.linalg.matrix_power)
def matrix_power(a: Any, n: Any) -> Any:
    a = lifted(a)
    if a.ndim < 2 or a.shape[-2] != a.shape[-1]:
        raise ShapeError(f"a power of a matrix needs a square one, not shape {a.shape}", wanted="shape (..., n, n)")
    try:
        n = operator.index(n)
    except TypeError as error:
        raise TypeError("exponent must be an integer") from error
    if n == 0:
        result = np.zeros_like(a)
        result[...] = np.eye(a.shape[-1], dtype=a.dtype)
        return result
    if n < 0:
        a, n = inv(a), -n
    if n == 3:
        return (a @ a) @ a
    square = result = None
    while n > 0:  # by squaring
        square = a if square is None else square @ square
        n, odd = divmod(n, 2)
        if odd:
            result = square if result is None else result @ square
    return result


@answers(np.linalg.multi_dot)
def multi_dot(arrays: Any, *, out: Any = None) -> Any:
    """In the order of the fewest multiplications."""
    given_arrays = list(arrays)
    if len(given_arrays) < 2:
        raise ValueError("Expecting at least two arrays.")
    matrices = [lifted(a, *given_arrays, out) for a in given_arrays]
    if len(matrices) == 2:
        return np.dot(matrices[0], matrices[1], out=out)
    vector_first, vector_last = matrices[0].ndim == 1, matrices[-1].ndim == 1
    if vector_first:
        matrices[0] = matrices[0].reshape((1, -1))
    if vector_last:
        matrices[-1] = matrices[-1].reshape((-1, 1))
    for a in matrices:
        if a.ndim != 2:
            raise ShapeError(f"{a.ndim}-dimensional array given. Array must be two-dimensional")
    sizes = [a.shape[0] for a in matrices] + [matrices[-1].shape[1]]
    split = _cheapest_order(sizes)

    def product(i: int, j: int) -> Any:
        return matrices[i] if i == j else np.dot(product(i, split[i, j]), product(split[i, j] + 1, j))

    result = product(0, len(matrices) - 1)
    if vector_first and vector_last:
        result = wrap(result.owner, result[0, 0].variable, SCALAR)
    elif vector_first or vector_last:
        result = result.reshape(-1)
    return finish(result, out)


def _cheapest_order(sizes: list[int]) -> dict[tuple[int, int], int]:
    """After which factor to split each stretch of a chain of matrices (Cormen et al., sec. 15.2)."""
    n = len(sizes) - 1
    cost = {(i, i): 0 for i in range(n)}
    split = {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            costs = [cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1] for k in range(i, j)]
            # NumPy takes the later of two equal splits for three factors, and the first otherwise.
            best = min(costs)
            split[i, j] = i + (len(costs) - 1 - costs[::-1].index(best) if n == 3 else costs.index(best))
            cost[i, j] = best
    return split
