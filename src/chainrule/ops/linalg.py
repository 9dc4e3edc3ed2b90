"""Linear algebra: systems of equations, factorizations, functions of matrices; axes before the last two are a batch.

A Jacobian that is a product of matrices is an index term; one that takes a factorization to apply is a pair of
functions, written in these same operations, so that they can be derived again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..arraytype import ArrayType
from ..errors import DtypeError, ShapeError
from ..structure import LinearMap, MatrixFree, index_map, pointwise_map, zero_map
from .comparison import equal
from .contraction import einsum
from .movement import concatenate, reshape, transpose, window
from .operation import Example, Operation, general, linear
from .reduction import spread, weighted_sum
from .scipy_loader import linalg
from .selection import factor_product, where

Axes = tuple[int, ...]
Shape = tuple[int, ...]
_quietly = np.errstate(all="ignore")  # where a derivative does not exist it is inf or nan, which is the answer


# What the rules are written in


def _batch(x: Any) -> Axes:
    return tuple(range(len(x.shape) - 2))


def _turned(x: Any) -> Any:
    rank = len(x.shape)
    return transpose(x, axes=(*range(rank - 2), rank - 1, rank - 2))


def _product(a: Any, b: Any, labels: str, absorbing: bool = False) -> Any:
    """A product of matrices, as in _product(a, b, "ik,kj->ij"), for each of a batch; zeros of a absorb if told to."""
    batch = _batch(a)
    number = {letter: len(batch) + k for k, letter in enumerate("ijk")}
    left, right, out = ((*batch, *(number[letter] for letter in part)) for part in labels.replace("->", ",").split(","))
    return einsum(a, b, labels=(left, right), out=out, absorbing=absorbing)


def _identity(like: Any, size: int) -> np.ndarray:
    return np.eye(size, dtype=like.dtype)


# Types


def _lapack_dtype(name: str, *types: ArrayType) -> np.dtype:
    """The dtype in which LAPACK computes."""
    dtype = np.result_type(*[np.float64 if t.dtype.kind in "biu" else t.dtype for t in types])
    if dtype.char not in "fdFD":
        raise DtypeError(
            f"{name} does not compute in {dtype}",
            got=", ".join(map(str, types)),
            wanted="float32, float64, complex64 or complex128",
        )
    return dtype


def _real(dtype: np.dtype) -> np.dtype:
    return np.dtype(dtype.char.lower()) if dtype.kind == "c" else dtype


def _matrix(name: str, A: ArrayType) -> tuple[Shape, int, int]:
    """Shape of the batch, rows and columns."""
    if A.ndim < 2:
        raise ShapeError(
            f"{name} needs a matrix, and shape {A.shape} has {A.ndim} axes", got=f"{A}", wanted="shape (..., m, n)"
        )
    return A.shape[:-2], A.shape[-2], A.shape[-1]


def _square(name: str, A: ArrayType) -> tuple[Shape, int]:
    batch, m, n = _matrix(name, A)
    if m != n:
        raise ShapeError(
            f"{name} needs a square matrix: {m} rows are not {n} columns", got=f"{A}", wanted="shape (..., n, n)"
        )
    return batch, n


def _square_type(name: str) -> Callable[..., ArrayType]:
    """Of an operation from square matrices to square matrices."""

    def type_rule(A: ArrayType, **_: Any) -> ArrayType:
        _square(name, A)
        return ArrayType(A.shape, _lapack_dtype(name, A))

    return type_rule


# Triangles


def _triangular(name: str, function: Any, mask: Callable[..., np.ndarray], summary: str) -> Operation:
    def type_rule(x: ArrayType, *, offset: int) -> ArrayType:
        _matrix(name, x)
        return x

    def jacobian(y: Any, x: Any, *, offset: int) -> LinearMap:
        return pointwise_map(mask(*x.shape[-2:], offset), y.shape, x.shape)

    return linear(
        name,
        lambda x, *, offset: function(x, offset),
        type_rule,
        jacobian,
        parameters=("offset",),
        notation=rf"\mathrm{{{{{name}}}}}({{0}})",
        examples=lambda rng: [
            Example((rng.normal(size=shape),), {"offset": offset})
            for shape, offset in [((3, 3), 0), ((2, 4), 1), ((2, 3, 2), -1), ((1, 1), 0)]
        ],
        summary=summary,
    )


tril = _triangular(
    "tril", np.tril, lambda m, n, offset: np.tri(m, n, offset, bool), "the lower triangle, zeros above it"
)
triu = _triangular(
    "triu", np.triu, lambda m, n, offset: ~np.tri(m, n, offset - 1, bool), "the upper triangle, zeros below it"
)


def _mirrored(shape: Shape, lower: bool) -> LinearMap:
    """From a matrix of which one triangle is read to the symmetric matrix that it stands for."""
    n, batch = shape[-1], range(len(shape) - 2)
    here, there = [*batch, "i", "j"], [*batch, "j", "i"]
    triangle, strict = np.tri(n, dtype=bool), np.tri(n, k=-1, dtype=bool)
    if not lower:
        triangle, strict = triangle.T, strict.T
    shapes: Any = {"out_shape": shape, "in_shape": shape}
    return index_map(here, here, (triangle, "ij"), **shapes) + index_map(here, there, (strict, "ji"), **shapes)


# Systems of equations
#
# A right side is a vector only if it has one axis, as in NumPy. Where told to be absorbing, a right side of zeros
# gives zeros whatever the matrix: so are the systems that rules solve.


def _system_type(name: str, A: ArrayType, b: ArrayType) -> ArrayType:
    batch, n = _square(name, A)
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
    return ArrayType(batch + b.shape[-min(b.ndim, 2) :], _lapack_dtype(name, A, b))


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

        def columns(function: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
            return lambda v: reshape(function(A, reshape(v, shape=(*y.shape, 1))), shape=y.shape)

        return MatrixFree(columns(solved), columns(back), y.shape, y.shape)
    return MatrixFree(lambda v: solved(A, v), lambda g: back(A, g), y.shape, y.shape)


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


def _solve(A: Any, b: Any, *, absorbing: bool) -> Any:
    """The solution y of A y = b."""
    y = np.linalg.solve(A, b)
    return _absorbed(y, np.asarray(b)) if absorbing else y


def _solved(A: Any, v: Any) -> Any:
    return solve(A, v, absorbing=True)


def _solved_back(A: Any, g: Any) -> Any:
    return solve(_turned(A), g, absorbing=True)


def _regular(rng: np.random.Generator, *shape: int) -> Any:
    """Matrices far from singular."""
    return rng.normal(size=(*shape, shape[-1])) / shape[-1] + 1.5 * np.eye(shape[-1])


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
    parameters=("absorbing",),
    notation="{0}^{{-1}} {1}",
    examples=_system_examples(_regular, [{"absorbing": False}]),
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

    def solved(transposed: bool) -> Callable[[Any, Any], Any]:
        return lambda A, v: triangular_solve(
            A, v, lower=lower, transposed=transposed, unit_diagonal=unit_diagonal, absorbing=True
        )

    return solved(transposed), solved(not transposed)


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
    parameters=("lower", "transposed", "unit_diagonal", "absorbing"),
    notation="{0}^{{-1}} {1}",
    examples=_system_examples(
        _regular,
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


# Inverse and determinant


def _inv_map(Y: Any, A: Any) -> LinearMap:
    batch = _batch(A)
    factors = (Y, [*batch, "o", "p"]), (Y, [*batch, "q", "i"])
    return index_map([*batch, *"oi"], [*batch, *"pq"], *factors, out_shape=Y.shape, in_shape=A.shape, scale=-1)


def _square_examples(matrix: Callable[..., Any], **parameters: Any) -> Callable[..., Any]:
    return lambda rng: [Example((matrix(rng, *shape),), parameters) for shape in [(3,), (2, 2), (2, 1, 2), (1,)]]


inv = general(
    "inv",
    lambda A: np.linalg.inv(A),
    _square_type("inv"),
    _inv_map,
    numpy=(np.linalg.inv,),
    notation="{0}^{{-1}}",
    examples=_square_examples(_regular),
    source="Giles (2008), sec. 2.2.3: dY = -Y dA Y",
    summary="the inverse of a matrix",
)


def _pinv_map(Y: Any, A: Any, *, rtol: float) -> LinearMap:
    """-Y dA Y, and where A has more rows or columns than rank, two projections."""
    batch = _batch(A)
    m, n = A.shape[-2:]
    out, inn = [*batch, *"oi"], [*batch, *"pq"]
    shapes: Any = {"out_shape": Y.shape, "in_shape": A.shape}
    beside_rows = _identity(Y, m) - _product(A, Y, "ik,kj->ij")
    beside_columns = _identity(Y, n) - _product(Y, A, "ik,kj->ij")
    by_rows, by_columns = _product(Y, Y, "ik,jk->ij"), _product(Y, Y, "ki,kj->ij")
    return (
        index_map(out, inn, (Y, [*batch, "o", "p"]), (Y, [*batch, "q", "i"]), scale=-1, **shapes)
        + index_map(out, inn, (by_rows, [*batch, "o", "q"]), (beside_rows, [*batch, "p", "i"]), **shapes)
        + index_map(out, inn, (beside_columns, [*batch, "o", "q"]), (by_columns, [*batch, "p", "i"]), **shapes)
    )


def _pinv_type(A: ArrayType, *, rtol: float) -> ArrayType:
    batch, m, n = _matrix("pinv", A)
    return ArrayType((*batch, n, m), _lapack_dtype("pinv", A))


def _oblong_examples(**parameters: Any) -> Callable[..., Any]:
    def examples(rng: np.random.Generator) -> Any:
        for shape in [(4, 2), (2, 3), (3, 3), (2, 3, 2), (2, 2, 4), (1, 1)]:
            m, n = shape[-2:]
            # Singular values apart from each other, so that the factors are smooth.
            yield Example((rng.normal(size=shape) / 4 + np.eye(m, n) * np.arange(1.0, n + 1),), parameters)

    return examples


pinv = general(
    "pinv",
    lambda A, *, rtol: np.linalg.pinv(A, rcond=rtol),
    _pinv_type,
    _pinv_map,
    parameters=("rtol",),
    notation="{0}^+",
    examples=_oblong_examples(rtol=1e-15),
    source="Golub, Pereyra, The differentiation of pseudo-inverses (1973), (4.12); for changes that keep the rank",
    summary="the pseudo-inverse; singular values below rtol times the largest count as zero",
)


def _cofactor(A: Any) -> Any:
    """det(A) inv(A).T, from singular values, so that it is right for singular matrices too."""
    finite = np.isfinite(A).all(axis=(-2, -1), keepdims=True)  # of others LAPACK need not find any, nor ever stop
    U, s, Vh = np.linalg.svd(np.where(finite, A, 0))
    n = s.shape[-1]
    ones = np.ones((*s.shape[:-1], 1), s.dtype)
    before = np.cumprod(np.concatenate([ones, s[..., : max(n - 1, 0)]], -1), -1)[..., :n]
    after = np.cumprod(np.concatenate([ones, s[..., :0:-1]], -1), -1)[..., ::-1][..., :n]
    sign = np.sign(np.linalg.det(U) * np.linalg.det(Vh))
    cofactors = sign[..., None, None] * np.matmul(U * (before * after)[..., None, :], Vh).astype(U.dtype, copy=False)
    return np.where(finite, cofactors, np.nan)


@_quietly
def _cofactor_map(C: Any, A: Any) -> LinearMap:
    """(C_ij C_kl - C_il C_kj) / det A; for a matrix of two rows it is constant, so that singular ones do no harm."""
    n, batch = A.shape[-1], _batch(A)
    out, inn, shapes = [*batch, *"ij"], [*batch, *"kl"], {"out_shape": C.shape, "in_shape": A.shape}
    if n < 2:
        return zero_map(C.shape, A.shape)
    if n == 2:
        turn = np.array([[0, 1], [-1, 0]], A.dtype)
        return index_map(out, inn, (turn, "ik"), (turn, "jl"), **shapes)  # type: ignore[arg-type]
    share = C / reshape(det(A), shape=(*A.shape[:-2], 1, 1))
    first = index_map(out, inn, (C, [*batch, "i", "j"]), (share, [*batch, "k", "l"]), **shapes)  # type: ignore[arg-type]
    return first - index_map(out, inn, (C, [*batch, "i", "l"]), (share, [*batch, "k", "j"]), **shapes)  # type: ignore[arg-type]


cofactor = general(
    "cofactor",
    _cofactor,
    _square_type("cofactor"),
    _cofactor_map,
    notation=r"\mathrm{{cof}}({0})",
    examples=lambda rng: [*_square_examples(_regular)(rng), Example((_regular(rng, 2, 3),))],
    source="Jacobi's identity for minors; nan for singular matrices of three rows and more",
)


def _determinant_type(A: ArrayType) -> ArrayType:
    batch, _ = _square("det", A)
    return ArrayType(batch, _lapack_dtype("det", A))


def _per_entry(weights: Any, y: Any, A: Any, labels: str = "ij") -> LinearMap:
    """A map to one number for each matrix, from the weights of its entries."""
    batch = _batch(A)
    return index_map(batch, [*batch, *"ij"], (weights, [*batch, *labels]), out_shape=y.shape, in_shape=A.shape)


det = general(
    "det",
    lambda A: np.linalg.det(A),
    _determinant_type,
    lambda y, A: _per_entry(cofactor(A), y, A),
    numpy=(np.linalg.det,),
    notation=r"\det {0}",
    examples=_square_examples(_regular),
    source="Giles (2008), sec. 2.2.4: the cofactors, which exist for singular matrices too",
    summary="the determinant of a matrix",
)


def _slogdet_type(A: ArrayType) -> tuple[ArrayType, ArrayType]:
    batch, _ = _square("slogdet", A)
    dtype = _lapack_dtype("slogdet", A)
    return ArrayType(batch, dtype), ArrayType(batch, _real(dtype))


slogdet = general(
    "slogdet",
    lambda A: tuple(np.linalg.slogdet(A)),
    _slogdet_type,
    lambda y, A: (None, _per_entry(inv(A), y[1], A, "ji")),
    notation=r"\mathrm{{slogdet}} \, {0}",
    examples=_square_examples(_regular),
    source="Giles (2008), sec. 2.2.4: the transposed inverse; a singular matrix is an error there",
    summary="sign and logarithm of the absolute value of the determinant",
)


# Symmetric matrices
#
# Only one triangle is read, as in NumPy, and the derivative is that of this function: it is by the entries read alone,
# each for itself and its mirror image.


def _positive_definite(rng: np.random.Generator, *shape: int) -> Any:
    A = _regular(rng, *shape)
    return A @ np.swapaxes(A, -1, -2)


def _symmetric(rng: np.random.Generator, *shape: int) -> Any:
    """Symmetric matrices of eigenvalues apart from each other."""
    A = rng.normal(size=(*shape, shape[-1])) / 4
    return A + np.swapaxes(A, -1, -2) + np.diag(np.arange(1.0, shape[-1] + 1))


def _half(x: Any) -> Any:
    """The lower triangle with half of the diagonal."""
    n = x.shape[-1]
    return factor_product(x, np.tri(n, dtype=x.dtype) - _identity(x, n) / 2)


def _cholesky_map(L: Any, A: Any) -> LinearMap:
    """dL = L half(L^-1 dA L^-T); two triangular systems for either mode."""
    forward, back = _triangular_pair(lower=True, transposed=False, unit_diagonal=False)
    symmetric_to_factor = MatrixFree(
        lambda v: _product(_half(forward(L, _turned(forward(L, v)))), L, "kj,ik->ij", absorbing=True),
        lambda g: back(L, _turned(back(L, _half(_product(g, L, "kj,ki->ij", absorbing=True))))),
        L.shape,
        A.shape,
    )
    return symmetric_to_factor @ _mirrored(A.shape, lower=True)


cholesky = general(
    "cholesky",
    lambda A: np.linalg.cholesky(A),
    _square_type("cholesky"),
    _cholesky_map,
    notation=r"\mathrm{{chol}}({0})",
    examples=_square_examples(_positive_definite),
    source="Murray, Differentiation of the Cholesky decomposition (2016), (8), (10)",
    summary="the lower triangular factor of a positive definite matrix, of which the lower triangle is read",
)


def _reciprocal_gaps(w: Any) -> Any:
    """F_ij = 1 / (w_j - w_i), and 0 on the diagonal; inf where eigenvalues coincide."""
    n = w.shape[-1]
    gaps = reshape(w, shape=(*w.shape[:-1], 1, n)) - reshape(w, shape=(*w.shape, 1)) + _identity(w, n)
    return 1 / gaps - _identity(w, n)


@_quietly
def _eigh_map(y: Any, A: Any, *, lower: bool) -> tuple[LinearMap, LinearMap]:
    """dw = diag(P) and dV = V (F * P), with P = V^T dA V."""
    w, V = y
    batch = _batch(A)
    inn, mirrored = [*batch, *"pq"], _mirrored(A.shape, lower)
    left, right = (V, [*batch, *"pj"]), (V, [*batch, *"qi"])
    to_w = index_map([*batch, "i"], inn, (V, [*batch, *"pi"]), right, out_shape=w.shape, in_shape=A.shape)
    mixing = (V, [*batch, *"rj"]), (_reciprocal_gaps(w), [*batch, *"ji"])
    to_V = index_map([*batch, *"ri"], inn, *mixing, left, right, out_shape=V.shape, in_shape=A.shape)
    return to_w @ mirrored, to_V @ mirrored


def _eigh_type(A: ArrayType, *, lower: bool) -> tuple[ArrayType, ArrayType]:
    batch, n = _square("eigh", A)
    dtype = _lapack_dtype("eigh", A)
    return ArrayType((*batch, n), _real(dtype)), ArrayType(A.shape, dtype)


eigh = general(
    "eigh",
    lambda A, *, lower: tuple(np.linalg.eigh(A, "L" if lower else "U")),
    _eigh_type,
    _eigh_map,
    parameters=("lower",),
    notation=r"\mathrm{{eigh}}({0})",
    examples=lambda rng: [
        *_square_examples(_symmetric, lower=True)(rng),
        *_square_examples(_symmetric, lower=False)(rng),
    ],
    source="Giles (2008), sec. 3.1; where eigenvalues coincide, the vectors have no derivative: inf or nan",
    summary="eigenvalues in ascending order and eigenvectors of a symmetric matrix, of which one triangle is read",
)


# Orthogonal factorizations


def _qr_type(A: ArrayType) -> tuple[ArrayType, ArrayType]:
    batch, m, n = _matrix("qr", A)
    if m < n:
        raise ShapeError(
            f"qr needs at least as many rows as columns: {m} is less than {n}",
            got=f"{A}",
            wanted="shape (..., m, n), m >= n",
        )
    dtype = _lapack_dtype("qr", A)
    return ArrayType(A.shape, dtype), ArrayType((*batch, n, n), dtype)


def _below(x: Any) -> Any:
    return tril(x, offset=-1)


def _qr_map(y: Any, A: Any) -> tuple[LinearMap, LinearMap]:
    """With B = dA R^-1 and M = Q^T B: dQ = B - Q (M - X) and dR = (M - X) R, X the skew matrix that is M below."""
    Q, R = y
    solved, back = _triangular_pair(lower=False, transposed=True, unit_diagonal=False)

    def B_of(v: Any) -> Any:
        return _turned(solved(R, _turned(v)))

    def upper(v: Any) -> Any:
        M = _product(v, Q, "kj,ki->ij", absorbing=True)
        return M - _below(M) + _turned(_below(M))

    def upper_back(N: Any) -> Any:
        return N - _below(N) + _below(_turned(N))

    def to_Q(v: Any) -> Any:
        B = B_of(v)
        return B - _product(upper(B), Q, "kj,ik->ij", absorbing=True)

    def to_Q_back(g: Any) -> Any:
        N = upper_back(_product(g, Q, "kj,ki->ij", absorbing=True))
        return _turned(back(R, _turned(g - _product(N, Q, "kj,ik->ij", absorbing=True))))

    def to_R(v: Any) -> Any:
        return _product(upper(B_of(v)), R, "ik,kj->ij", absorbing=True)

    def to_R_back(g: Any) -> Any:
        N = upper_back(_product(g, R, "ik,jk->ij", absorbing=True))
        return _turned(back(R, _turned(_product(N, Q, "kj,ik->ij", absorbing=True))))

    return MatrixFree(to_Q, to_Q_back, Q.shape, A.shape), MatrixFree(to_R, to_R_back, R.shape, A.shape)


qr = general(
    "qr",
    lambda A: tuple(np.linalg.qr(A)),
    _qr_type,
    _qr_map,
    notation=r"\mathrm{{qr}}({0})",
    examples=lambda rng: [
        Example((rng.normal(size=shape) + 2 * np.eye(*shape[-2:]),)) for shape in [(4, 2), (3, 3), (2, 3, 2), (1, 1)]
    ],
    source="Walter, Lehmann, Algorithmic differentiation of linear algebra functions (2010); whatever the signs in R",
    summary="an orthogonal and an upper triangular factor of a matrix of full column rank",
)


def _svd_type(A: ArrayType) -> tuple[ArrayType, ArrayType, ArrayType]:
    batch, m, n = _matrix("svd", A)
    dtype, k = _lapack_dtype("svd", A), min(m, n)
    return ArrayType((*batch, m, k), dtype), ArrayType((*batch, k), _real(dtype)), ArrayType((*batch, k, n), dtype)


def _singular_value_map(U: Any, s: Any, Vh: Any, A: Any) -> LinearMap:
    batch = _batch(A)
    factors = (U, [*batch, *"pi"]), (Vh, [*batch, *"iq"])
    return index_map([*batch, "i"], [*batch, *"pq"], *factors, out_shape=s.shape, in_shape=A.shape)


@_quietly
def _svd_map(y: Any, A: Any) -> tuple[LinearMap, LinearMap, LinearMap]:
    """With P = U^T dA V: ds = diag(P), dU = U (G * P + H * P^T) and dV = V (H * P + G * P^T).

    G_ji = s_i / (s_i^2 - s_j^2), H_ji = s_j / (s_i^2 - s_j^2), 0 for i = j; and, of an oblong matrix, the part of dA
    outside the space of the vectors, divided by s.
    """
    U, s, Vh = y
    batch = _batch(A)
    m, n, k = *A.shape[-2:], s.shape[-1]
    row, column = reshape(s, shape=(*s.shape[:-1], 1, k)), reshape(s, shape=(*s.shape, 1))
    apart = ~np.eye(k, dtype=bool)
    gaps = row - column + _identity(s, k)
    G = factor_product(row / gaps / (row + column), apart)
    H = factor_product(column / gaps / (row + column), apart)
    inn = [*batch, *"pq"]
    P = (U, [*batch, *"pj"]), (Vh, [*batch, *"iq"])
    turned = (U, [*batch, *"pi"]), (Vh, [*batch, *"jq"])

    def vectors(left: Any, G: Any, H: Any) -> LinearMap:
        """To the rotation of the vectors among themselves, left @ (G * P + H * P^T), or its transpose for V."""
        mixed, labels, out_shape = left
        out, mixing = [*batch, *labels], (mixed, [*batch, *labels.replace("i", "j")])
        shapes: Any = {"out_shape": out_shape, "in_shape": A.shape}
        straight = index_map(out, inn, mixing, (G, [*batch, *"ji"]), *P, **shapes)
        return straight + index_map(out, inn, mixing, (H, [*batch, *"ji"]), *turned, **shapes)

    to_U = vectors((U, "ri", U.shape), G, H)
    to_Vh = vectors((Vh, "it", Vh.shape), H, G)
    if m > k:  # (1 - U U^T) dA V / s
        shapes: Any = {"out_shape": U.shape, "in_shape": A.shape}
        V_over_s, out = (Vh / column, [*batch, *"iq"]), [*batch, *"ri"]
        inside = (U, [*batch, *"rl"]), (U, [*batch, *"pl"])
        to_U = (
            to_U
            + index_map(out, [*batch, *"rq"], V_over_s, **shapes)
            - index_map(out, inn, *inside, V_over_s, **shapes)
        )
    if n > k:  # (1 - V V^T) dA^T U / s
        shapes = {"out_shape": Vh.shape, "in_shape": A.shape}
        U_over_s, out = (U / row, [*batch, *"pi"]), [*batch, *"it"]
        inside = (Vh, [*batch, *"lt"]), (Vh, [*batch, *"lq"])
        to_Vh = (
            to_Vh
            + index_map(out, [*batch, *"pt"], U_over_s, **shapes)
            - index_map(out, inn, *inside, U_over_s, **shapes)
        )
    return to_U, _singular_value_map(U, s, Vh, A), to_Vh


svd = general(
    "svd",
    lambda A: tuple(np.linalg.svd(A, full_matrices=False)),
    _svd_type,
    _svd_map,
    notation=r"\mathrm{{svd}}({0})",
    examples=_oblong_examples(),
    source="Giles (2008), sec. 3.2; where singular values coincide, the vectors have no derivative: inf or nan",
    summary="left singular vectors, singular values in descending order, right singular vectors; as few as needed",
)


def _svdvals_map(s: Any, A: Any) -> LinearMap:
    U, _, Vh = svd(A)
    return _singular_value_map(U, s, Vh, A)


svdvals = general(
    "svdvals",
    lambda A: np.linalg.svd(A, compute_uv=False),
    lambda A: _svd_type(A)[1],
    _svdvals_map,
    notation=r"\sigma({0})",
    examples=_oblong_examples(),
    source="Giles (2008), sec. 3.2; finite where singular values coincide or vanish",
    summary="singular values in descending order",
)


# Norm


def _norm(x: Any, *, axes: Axes) -> Any:
    """The square root of the sum of squares along axes; scaled where the squares would overflow or underflow."""
    x = np.asarray(x)
    x = np.abs(x.astype(np.float64) if x.dtype.kind in "biu" else x)
    limits = np.finfo(x.dtype)
    with np.errstate(all="ignore"):
        y = np.sqrt(np.sum(x * x, axis=axes))
        unsafe = ~np.isfinite(y) | (y < np.sqrt(limits.tiny) / limits.eps)
        if np.any(unsafe):
            largest = np.max(x, axis=axes, keepdims=True, initial=0)
            scale = np.where(np.isfinite(largest) & (largest > 0), largest, np.ones((), x.dtype))
            scaled = scale.reshape(y.shape) * np.sqrt(np.sum(np.square(x / scale), axis=axes))
            y = np.where(unsafe, scaled, y)
    return y


def _norm_type(x: ArrayType, *, axes: Axes) -> ArrayType:
    shape = tuple(size for k, size in enumerate(x.shape) if k not in axes)
    return ArrayType(shape, np.float64 if x.dtype.kind in "biu" else _real(x.dtype))


@_quietly
def _norm_map(y: Any, x: Any, *, axes: Axes) -> LinearMap:
    if 0 in x.shape:
        return zero_map(y.shape, x.shape)
    length = spread(y, x, axes)
    return weighted_sum(where(equal(length, 0), 0.0, x / length), y, x, axes)


norm = general(
    "norm",
    _norm,
    _norm_type,
    _norm_map,
    parameters=("axes",),
    notation=r"\lVert {0} \rVert",
    examples=lambda rng: [
        Example((rng.normal(size=shape),), {"axes": axes})
        for shape, axes in [((3,), (0,)), ((2, 3), (1,)), ((2, 3, 2), (0, 2)), ((1, 3), (0,)), ((), ()), ((0, 2), (0,))]
    ],
    source="x / y, and 0 where y is 0, as for the absolute value",
)


# The exponential of a matrix


def _expm(A: Any) -> Any:
    """The exponential of a matrix."""
    A = np.asarray(A)
    dtype = _lapack_dtype("expm", ArrayType.of(A))
    return np.asarray(linalg.expm(A.astype(dtype, copy=False))).astype(dtype, copy=False) if A.size else A.astype(dtype)


def _expm_frechet(A: Any, E: Any) -> Any:
    """The derivative of the exponential of A in the direction E."""
    A, E = np.asarray(A), np.asarray(E)
    dtype = _lapack_dtype("expm_frechet", ArrayType.of(A), ArrayType.of(E))
    y = np.zeros(A.shape, dtype)
    for k in np.ndindex(A.shape[:-2]):
        if np.any(E[k]):
            y[k] = linalg.expm_frechet(A[k], E[k], compute_expm=False, check_finite=False)
    return y


def _expm_frechet_type(A: ArrayType, E: ArrayType) -> ArrayType:
    _square("expm_frechet", A)
    if A.shape != E.shape:
        raise ShapeError(f"a direction has the shape of its matrix: {E.shape} is not {A.shape}", got=f"{A}, {E}")
    return ArrayType(A.shape, _lapack_dtype("expm_frechet", A, E))


def _derivative_map(A: Any) -> LinearMap:
    """The derivative at A, whose transpose is that at the transpose of A."""
    return MatrixFree(lambda v: expm_frechet(A, v), lambda g: expm_frechet(_turned(A), g), A.shape, A.shape)


def _second_derivative(A: Any, E: Any, F: Any) -> Any:
    """In the directions E and F: a block of the derivative at [[A, E], [0, A]] in the direction [[F, 0], [0, F]].

    Either way round, but so that it is zero where F is, whatever E.
    """
    rows, columns, n = len(A.shape) - 2, len(A.shape) - 1, A.shape[-1]
    zero = np.zeros(A.shape, A.dtype)

    def block(diagonal: Any, above: Any) -> Any:
        top, bottom = concatenate(diagonal, above, axis=columns), concatenate(zero, diagonal, axis=columns)
        return concatenate(top, bottom, axis=rows)

    whole = expm_frechet(block(A, E), block(F, zero))
    return window(whole, windows=(*((0, 1, size) for size in A.shape[:-2]), (0, 1, n), (n, 1, n)))


def _frechet_by_matrix(y: Any, A: Any, E: Any) -> LinearMap:
    return MatrixFree(
        lambda v: _second_derivative(A, E, v),
        lambda g: _second_derivative(_turned(A), _turned(E), g),
        y.shape,
        A.shape,
    )


expm = general(
    "expm",
    _expm,
    _square_type("expm"),
    lambda y, A: _derivative_map(A),
    notation="e^{{{0}}}",
    examples=_square_examples(lambda rng, *shape: rng.normal(size=(*shape, shape[-1]))),
    source="Higham, Functions of Matrices (2008), sec. 3.1; Al-Mohy, Higham, Computing the Frechet derivative (2009)",
)
expm_frechet = general(
    "expm_frechet",
    _expm_frechet,
    _expm_frechet_type,
    _frechet_by_matrix,
    lambda y, A, E: _derivative_map(A),
    notation="L({0}, {1})",
    examples=lambda rng: [
        Example((rng.normal(size=shape), rng.normal(size=shape))) for shape in [(3, 3), (2, 2, 2), (1, 1)]
    ],
    source="linear in the direction; by the matrix a block of the derivative at a block matrix, Higham (2008), (3.16)",
)
