"""Inverses and determinants."""

from __future__ import annotations

from typing import Any

from ...arraytype import ArrayType
from ...original import np
from ...structure import LinearMap, index_map, pointwise_map, zero_map
from ...structure.algebra import real_dtype
from ..batch_axis import in_front
from ..comparison import greater, isfinite, sign
from ..complex_parts import conjugated
from ..movement import broadcast_to, concatenate, convert, reshape, window
from ..operation import Example, general
from ..reduction import all_, amax
from ..selection import where
from ..sorting import cumprod
from .matrices import (
    batch_axes,
    identity_like,
    lapack_dtype,
    matrix_product,
    matrix_shape,
    oblong_examples,
    per_entry,
    quietly,
    regular,
    square_examples,
    square_shape,
    square_type,
)
from .orthogonal import svd


def _inv_map(Y: Any, A: Any) -> LinearMap:
    batch = batch_axes(A)
    factors = (Y, [*batch, "o", "p"]), (Y, [*batch, "q", "i"])
    return index_map([*batch, *"oi"], [*batch, *"pq"], *factors, out_shape=Y.shape, in_shape=A.shape, scale=-1)


inv = general(
    "inv",
    lambda A: np.linalg.inv(A),
    square_type("inv"),
    _inv_map,
    for_complex=True,
    numpy=(np.linalg.inv,),
    batch=in_front,
    notation="{0}^{{-1}}",
    examples=square_examples(regular),
    source="Giles (2008), sec. 2.2.3: dY = -Y dA Y",
    summary="the inverse of a matrix",
)


def _pinv_map(Y: Any, A: Any, *, rtol: float) -> LinearMap:
    """-Y dA Y, and where A has more rows or columns than rank, two projections, of the adjoint of dA."""
    batch = batch_axes(A)
    m, n = A.shape[-2:]
    out, inn = [*batch, *"oi"], [*batch, *"pq"]
    shapes: Any = {"out_shape": Y.shape, "in_shape": A.shape}
    beside_rows = identity_like(Y, m) - matrix_product(A, Y, "ik,kj->ij")
    beside_columns = identity_like(Y, n) - matrix_product(Y, A, "ik,kj->ij")
    by_rows = matrix_product(Y, conjugated(Y), "ik,jk->ij")
    by_columns = matrix_product(conjugated(Y), Y, "ki,kj->ij")
    shapes_of_adjoint = {**shapes, "antilinear": A.dtype.kind == "c"}
    return (
        index_map(out, inn, (Y, [*batch, "o", "p"]), (Y, [*batch, "q", "i"]), scale=-1, **shapes)
        + index_map(out, inn, (by_rows, [*batch, "o", "q"]), (beside_rows, [*batch, "p", "i"]), **shapes_of_adjoint)
        + index_map(
            out, inn, (beside_columns, [*batch, "o", "q"]), (by_columns, [*batch, "p", "i"]), **shapes_of_adjoint
        )
    )


def _pinv_type(A: ArrayType, *, rtol: float) -> ArrayType:
    batch, m, n = matrix_shape("pinv", A)
    return ArrayType((*batch, n, m), lapack_dtype("pinv", A))


def _lowered_pinv(A: Any, *, rtol: float) -> Any:
    """From singular values, as NumPy does it."""
    if A.dtype.kind == "c":
        return None
    U, s, Vh = svd(A)
    largest = amax(s, axes=(len(s.shape) - 1,))
    cutoff = rtol * convert(reshape(largest, shape=(*largest.shape, 1)), dtype="float64")
    inverse = where(greater(convert(s, dtype="float64"), cutoff), 1 / s, 0.0)
    return matrix_product(Vh, U * _beside_columns(inverse), "ki,jk->ij")


def _beside_columns(s: Any) -> Any:
    """A number for each column."""
    return reshape(s, shape=(*s.shape[:-1], 1, s.shape[-1]))


pinv = general(
    "pinv",
    lambda A, *, rtol: np.linalg.pinv(A, rcond=rtol),
    _pinv_type,
    _pinv_map,
    for_complex=True,
    parameters=("rtol",),
    lowered=_lowered_pinv,
    batch=in_front,
    notation="{0}^+",
    examples=oblong_examples(rtol=1e-15),
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
    phase = np.sign(np.linalg.det(U) * np.linalg.det(Vh))[..., None, None]
    cofactors = phase * np.matmul(U * (before * after)[..., None, :], Vh).astype(U.dtype, copy=False).conj()
    return np.where(finite, cofactors, np.nan)


def _lowered_cofactor(A: Any) -> Any:
    """The same formula, in simpler operations."""
    if A.dtype.kind == "c":
        return None
    rank, n = len(A.shape), A.shape[-1]
    finite = all_(isfinite(A), axes=(rank - 2, rank - 1))
    finite = reshape(finite, shape=(*A.shape[:-2], 1, 1))
    U, s, Vh = svd(where(finite, A, 0.0))
    one = broadcast_to(s.graph.constant(np.ones((), s.dtype)), shape=(*s.shape[:-1], 1))
    axis = len(s.shape) - 1

    def without_one(first: int) -> Any:
        """Singular values from that one on, but one."""
        return window(s, windows=(*((0, 1, size) for size in s.shape[:-1]), (first, 1, n - 1)))

    before = after = one
    if n > 1:
        before = cumprod(concatenate(one, without_one(0), axis=axis), axis=axis, reverse=False)
        after = cumprod(concatenate(without_one(1), one, axis=axis), axis=axis, reverse=True)
    phase = sign(det(U) * det(Vh))
    weights = reshape(phase, shape=(*phase.shape, 1)) * (before * after)
    return where(finite, matrix_product(U * _beside_columns(weights), Vh, "ik,kj->ij"), np.nan)


@quietly
def _cofactor_map(C: Any, A: Any) -> LinearMap:
    """(C_ij C_kl - C_il C_kj) / det A; for a matrix of two rows it is constant, so that singular ones do no harm."""
    n, batch = A.shape[-1], batch_axes(A)
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
    square_type("cofactor"),
    _cofactor_map,
    lowered=_lowered_cofactor,
    batch=in_front,
    for_complex=True,
    notation=r"\mathrm{{cof}}({0})",
    examples=lambda rng: [*square_examples(regular)(rng), Example((regular(rng, 2, 3),))],
    source="Jacobi's identity for minors; nan for singular matrices of three rows and more",
)


def _determinant_type(A: ArrayType) -> ArrayType:
    batch, _ = square_shape("det", A)
    return ArrayType(batch, lapack_dtype("det", A))


det = general(
    "det",
    lambda A: np.linalg.det(A),
    _determinant_type,
    lambda y, A: per_entry(cofactor(A), y, A),
    for_complex=True,
    numpy=(np.linalg.det,),
    batch=in_front,
    notation=r"\det {0}",
    examples=square_examples(regular),
    source="Giles (2008), sec. 2.2.4: the cofactors, which exist for singular matrices too",
    summary="the determinant of a matrix",
)


def _slogdet_type(A: ArrayType) -> tuple[ArrayType, ArrayType]:
    batch, _ = square_shape("slogdet", A)
    dtype = lapack_dtype("slogdet", A)
    return ArrayType(batch, dtype), ArrayType(batch, real_dtype(dtype))


def _slogdet_map(y: Any, A: Any) -> tuple[LinearMap | None, LinearMap]:
    """With t = tr(A^-1 dA), d log|det| = Re(t), and the phase turns by Im(t): d sign = sign (t - conj(t)) / 2."""
    sign, logarithm = y
    trace = per_entry(inv(A), logarithm, A, "ji")
    if A.dtype.kind != "c":
        return None, trace
    turn = trace + trace.conjugated.scaled(-1)
    return pointwise_map(0.5 * sign, sign.shape, sign.shape) @ turn, trace


slogdet = general(
    "slogdet",
    lambda A: tuple(np.linalg.slogdet(A)),
    _slogdet_type,
    _slogdet_map,
    for_complex=True,
    batch=in_front,
    notation=r"\mathrm{{slogdet}} \, {0}",
    examples=square_examples(regular),
    source="Giles (2008), sec. 2.2.4: the transposed inverse; a singular matrix is an error there",
    summary="sign and logarithm of the absolute value of the determinant",
)
