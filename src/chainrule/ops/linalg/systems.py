"""Systems of equations, with any matrix and with a triangular one.

A right side is a vector only if it has one axis, as in NumPy. Where told to be absorbing, a right side of zeros gives
zeros whatever the matrix: so are the systems that rules solve.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

from ...arraytype import ArrayType
from ...errors import ShapeError
from ...original import np
from ...structure import LinearMap, MatrixFree, index_map, pointwise_map
from ..batch_axis import Flags, of_rank
from ..movement import reshape, transpose
from ..operation import Example, general
from ..scipy_loader import linalg
from .matrices import Shape, lapack_dtype, regular, square_shape, turned


def _system_type(name: str, A: ArrayType, b: ArrayType) -> ArrayType:
    batch, n = square_shape(name, A)
    right: Shape = b.shape[:-2] if b.ndim > 1 else ()
    rows = b.shape[-min(b.ndim, 2)] if b.ndim else None
    try:
        fits, batch = rows == n, np.broadcast_shapes(batch, right)
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(
            f"{name} needs a right side for each of {n} rows: shape {b.shape} does not fit a matrix of shape {A.shape}",
            got=f"A {A}, b {b}",
            wanted=f"b of shape ({n},) or (..., {n}, k)",
            try_="b[..., None]" if b.ndim > 1 and b.shape == A.shape[:-1] else None,
        )
    return ArrayType(batch + b.shape[-min(b.ndim, 2) :], lapack_dtype(name, A, b))


def _absorbed(y: Any, b: Any) -> Any:
    """The solution, zero where its right side is."""
    if not np.isnan(y).any():
        return y
    axis = -1 if b.ndim == 1 else -2
    return np.where(np.any(b != 0, axis=axis, keepdims=True), y, np.zeros((), y.dtype))


def _by_right_side(
    solved: Callable[[Any, Any], Any], back: Callable[[Any, Any], Any], A: Any, b: Any, y: Any
) -> LinearMap:
    """dy/db, from b's batch broadcast to that of y, by `solved` and, for the transpose, by `back`."""
    inside = _inverse_map(solved, back, A, b, y)
    return inside if y.shape == b.shape else inside @ pointwise_map(1, y.shape, b.shape)


def _inverse_map(
    solved: Callable[[Any, Any], Any], back: Callable[[Any, Any], Any], A: Any, b: Any, y: Any
) -> LinearMap:
    """The map that solves for right sides of the shape of y."""
    if len(b.shape) == 1 < len(y.shape):  # a batch of vectors: as matrices of one column
        solved, back = functools.partial(_as_columns, solved), functools.partial(_as_columns, back)
    return MatrixFree(functools.partial(solved, A), functools.partial(back, A), y.shape, y.shape)


def _as_columns(solved: Callable[[Any, Any], Any], A: Any, v: Any) -> Any:
    return reshape(solved(A, reshape(v, shape=(*v.shape, 1))), shape=v.shape)


def _by_matrix(y: Any, A: Any, b: Any, transposed: bool = False) -> LinearMap:
    """-dA y, or -dA^T y, as a map from dA to the shape of y."""
    batch = len(y.shape) - min(len(b.shape), 2)
    offset = batch - len(A.shape[:-2])
    shared = [f"A{k}" if size == 1 != y.shape[offset + k] else offset + k for k, size in enumerate(A.shape[:-2])]
    column = ["c"] if len(b.shape) > 1 else []
    rows, columns = ("j", "i") if transposed else ("i", "j")
    return index_map(
        [*range(batch), "i", *column],
        [*shared, rows, columns],
        (y, [*range(batch), "j", *column]),
        out_shape=y.shape,
        in_shape=A.shape,
        scale=-1,
    )


def _many_systems(operation: Any, xs: Sequence[Any], lifted: Flags, **parameters: Any) -> Any:
    A, b = xs
    axes_of_A, axes_of_b = (len(x.shape) - is_lifted for x, is_lifted in zip(xs, lifted, strict=True))
    if not lifted[0] and axes_of_A == 2 and axes_of_b < 3:
        return _of_one_matrix(operation, A, b, parameters)
    if axes_of_b == 1:  # as a matrix of one column, since a vector has one axis only
        b = reshape(b, shape=(*b.shape, 1))
    rank = max(axes_of_A, axes_of_b)
    A, b = (of_rank(x, rank) if is_lifted else x for x, is_lifted in zip((A, b), lifted, strict=True))
    y = operation(A, b, **parameters)
    return reshape(y, shape=y.shape[:-1]) if axes_of_b == 1 else y


def _of_one_matrix(operation: Any, A: Any, b: Any, parameters: dict[str, Any]) -> Any:
    """It is factored once: the right sides of all samples are columns beside each other."""
    if len(b.shape) == 2:
        return transpose(operation(A, transpose(b, axes=(1, 0)), **parameters), axes=(1, 0))
    count, n, k = b.shape
    columns = reshape(transpose(b, axes=(1, 0, 2)), shape=(n, count * k))
    return transpose(reshape(operation(A, columns, **parameters), shape=(n, count, k)), axes=(1, 0, 2))


def _solve(A: Any, b: Any, *, absorbing: bool) -> Any:
    """The solution y of A y = b."""
    y = np.linalg.solve(A, b)
    return _absorbed(y, np.asarray(b)) if absorbing else y


def _solved(A: Any, v: Any) -> Any:
    return solve(A, v, absorbing=True)


def _solved_back(A: Any, g: Any) -> Any:
    return solve(turned(A), g, absorbing=True)


def _system_examples(matrix: Callable[..., Any], parameters: Sequence[dict[str, Any]]) -> Callable[..., Any]:
    def examples(rng: np.random.Generator) -> Any:
        for each in parameters:
            for left, right in [
                ((3,), (3,)),
                ((3,), (3, 2)),
                ((2, 3), (3,)),
                ((2, 2), (2, 2, 1)),
                ((2, 1, 2), (3, 2, 1)),
                ((2, 2), (3, 2, 2, 1)),
                ((3, 2, 2), (3, 2, 2, 1)),
            ]:
                yield Example((matrix(rng, *left), rng.normal(size=right)), each)
            yield Example((matrix(rng, 1), rng.normal(size=1)), each)
            yield Example((np.zeros((0, 0)), np.zeros((0, 2))), each)

    return examples


solve = general(
    "solve",
    _solve,
    lambda A, b, *, absorbing: _system_type("solve", A, b),
    lambda y, A, b, *, absorbing: _inverse_map(_solved, _solved_back, A, b, y) @ _by_matrix(y, A, b),
    lambda y, A, b, *, absorbing: _by_right_side(_solved, _solved_back, A, b, y),
    for_complex=True,
    parameters=("absorbing",),
    batch=_many_systems,
    notation="{0}^{{-1}} {1}",
    examples=_system_examples(regular, [{"absorbing": False}]),
    source="Giles, Collected matrix derivative results (2008), sec. 2.3.1: dy = A^-1 (db - dA y)",
)


def _triangular_solve(A: Any, b: Any, *, lower: bool, transposed: bool, unit_diagonal: bool, absorbing: bool) -> Any:
    """The solution y of T y = b or T^T y = b, with T one triangle of A (the other is not read)."""
    A, b = np.asarray(A), np.asarray(b)
    type_ = _system_type("triangular_solve", ArrayType.of(A), ArrayType.of(b))
    columns = b[:, None] if b.ndim == 1 else b
    batch = np.broadcast_shapes(A.shape[:-2], columns.shape[:-2])
    A = np.broadcast_to(A, batch + A.shape[-2:]).astype(type_.dtype, copy=False)
    columns = np.broadcast_to(columns, batch + columns.shape[-2:]).astype(type_.dtype, copy=False)
    if not unit_diagonal and np.any(np.diagonal(A, axis1=-2, axis2=-1) == 0):
        raise np.linalg.LinAlgError("triangular_solve: a singular matrix, with a zero on its diagonal")
    if math.prod(batch) > A.shape[-1]:
        y = _substituted(np.swapaxes(A, -1, -2) if transposed else A, columns, lower != transposed, unit_diagonal)
    else:
        y = _by_blas(A, columns, lower, transposed, unit_diagonal)
    if absorbing:
        y = _absorbed(y, columns)
    return y.reshape(type_.shape)


def _by_blas(A: Any, b: Any, lower: bool, transposed: bool, unit_diagonal: bool) -> Any:
    """One system after the other: y^T T^T = b^T, which in BLAS's order of memory needs no copies.

    SciPy's solve_triangular is LAPACK's trtrs, whose threads cost more than a small system (8 times as much measured).
    """
    y = np.zeros(b.shape, b.dtype)
    trsm = linalg.get_blas_funcs("trsm", dtype=b.dtype)
    for k in np.ndindex(b.shape[:-2]) if y.size else ():
        y[k] = trsm(1, A[k].T, b[k].T, side=1, lower=not lower, trans_a=int(transposed), diag=int(unit_diagonal)).T
    return y


def _substituted(T: Any, b: Any, lower: bool, unit_diagonal: bool) -> Any:
    """Row after row, for many small systems at once."""
    n = T.shape[-1]
    y = np.array(b)
    with np.errstate(all="ignore"):
        for i in range(n) if lower else range(n - 1, -1, -1):
            known = slice(0, i) if lower else slice(i + 1, n)
            y[..., i, :] -= np.matmul(T[..., i, None, known], y[..., known, :])[..., 0, :]
            if not unit_diagonal:
                y[..., i, :] /= T[..., i, i, None]
    return y


def _triangular_pair(
    lower: bool, transposed: bool, unit_diagonal: bool
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The system, and that of the transposed matrix."""
    solved = functools.partial(triangular_solve, lower=lower, unit_diagonal=unit_diagonal, absorbing=True)
    return functools.partial(solved, transposed=transposed), functools.partial(solved, transposed=not transposed)


def _triangular_by_matrix(
    y: Any, A: Any, b: Any, *, lower: bool, transposed: bool, unit_diagonal: bool, absorbing: bool
) -> LinearMap:
    n = A.shape[-1]
    read = np.tri(n, k=-int(unit_diagonal), dtype=bool)
    inverse = _inverse_map(*_triangular_pair(lower, transposed, unit_diagonal), A, b, y)
    return inverse @ (_by_matrix(y, A, b, transposed) @ pointwise_map(read if lower else read.T, A.shape, A.shape))


triangular_solve = general(
    "triangular_solve",
    _triangular_solve,
    lambda A, b, **_: _system_type("triangular_solve", A, b),
    _triangular_by_matrix,
    lambda y, A, b, *, lower, transposed, unit_diagonal, absorbing: _by_right_side(
        *_triangular_pair(lower, transposed, unit_diagonal), A, b, y
    ),
    for_complex=True,
    parameters=("lower", "transposed", "unit_diagonal", "absorbing"),
    batch=_many_systems,
    notation="{0}^{{-1}} {1}",
    examples=_system_examples(
        regular,
        [
            {"lower": lower, "transposed": transposed, "unit_diagonal": unit, "absorbing": False}
            for lower, transposed, unit in [
                (True, False, False),
                (True, True, True),
                (False, False, True),
                (False, True, False),
            ]
        ],
    ),
    source="as solve, for the triangle that is read",
)
