"""Factorizations with orthogonal matrices."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

from ...arraytype import ArrayType
from ...errors import ShapeError
from ...original import np
from ...structure import LinearMap, MatrixFree, index_map
from ...structure.algebra import real_dtype
from ..batch_axis import in_front
from ..complex_parts import conjugated
from ..movement import reshape
from ..operation import Example, general
from ..selection import factor_product
from .matrices import (
    adjoint,
    batch_axes,
    identity_like,
    lapack_dtype,
    matrix_product,
    matrix_shape,
    oblong_examples,
    quietly,
    turned,
)
from .phases import free_of_phases
from .systems import _triangular_pair
from .triangles import tril

Function = Callable[..., Any]


def _qr_type(A: ArrayType) -> tuple[ArrayType, ArrayType]:
    batch, m, n = matrix_shape("qr", A)
    if m < n:
        raise ShapeError(
            f"qr needs at least as many rows as columns: {m} is less than {n}",
            got=f"{A}",
            wanted="shape (..., m, n), m >= n",
        )
    dtype = lapack_dtype("qr", A)
    return ArrayType(A.shape, dtype), ArrayType((*batch, n, n), dtype)


def _below(x: Any) -> Any:
    return tril(x, offset=-1)


def _with_real_diagonal(x: Any) -> Any:
    if x.dtype.kind != "c":
        return x
    diagonal = factor_product(x, np.eye(x.shape[-1], dtype=bool))
    return x - 0.5 * (diagonal - conjugated(diagonal))


def _qr_map(y: Any, A: Any) -> tuple[LinearMap, LinearMap]:
    """With B = dA R^-1 and M = Q^H B: dQ = B - Q (M - X) and dR = (M - X) R, X the skew matrix that is M below.

    The diagonal of R is real, as LAPACK makes it, so that of X is the imaginary part of that of M.
    """
    Q, R = y
    solved, back = _triangular_pair(lower=False, transposed=True, unit_diagonal=False)
    to_Q, to_R = functools.partial(_to_Q, solved, Q, R), functools.partial(_to_R, solved, Q, R)
    to_Q_back, to_R_back = functools.partial(_to_Q_back, back, Q, R), functools.partial(_to_R_back, back, Q, R)
    return MatrixFree(to_Q, to_Q_back, Q.shape, A.shape), MatrixFree(to_R, to_R_back, R.shape, A.shape)


def _upper(B: Any, Q: Any) -> Any:
    """M - X."""
    M = matrix_product(B, conjugated(Q), "kj,ki->ij", absorbing=True)
    return _with_real_diagonal(M - _below(M) + adjoint(_below(M)))


def _upper_back(N: Any) -> Any:
    return _with_real_diagonal(N - _below(N) + _below(adjoint(N)))


def _to_Q(solved: Function, Q: Any, R: Any, v: Any) -> Any:
    B = turned(solved(R, turned(v)))
    return B - matrix_product(_upper(B, Q), Q, "kj,ik->ij", absorbing=True)


def _to_Q_back(back: Function, Q: Any, R: Any, g: Any) -> Any:
    N = _upper_back(matrix_product(g, Q, "kj,ki->ij", absorbing=True))
    return turned(back(R, turned(g - matrix_product(N, conjugated(Q), "kj,ik->ij", absorbing=True))))


def _to_R(solved: Function, Q: Any, R: Any, v: Any) -> Any:
    B = turned(solved(R, turned(v)))
    return matrix_product(_upper(B, Q), R, "ik,kj->ij", absorbing=True)


def _to_R_back(back: Function, Q: Any, R: Any, g: Any) -> Any:
    N = _upper_back(matrix_product(g, R, "ik,jk->ij", absorbing=True))
    return turned(back(R, turned(matrix_product(N, conjugated(Q), "kj,ik->ij", absorbing=True))))


qr = general(
    "qr",
    lambda A: tuple(np.linalg.qr(A)),
    _qr_type,
    _qr_map,
    batch=in_front,
    for_complex=True,
    notation=r"\mathrm{{qr}}({0})",
    examples=lambda rng: [
        Example((rng.normal(size=shape) + 2 * np.eye(*shape[-2:]),)) for shape in [(4, 2), (3, 3), (2, 3, 2), (1, 1)]
    ],
    source="Walter, Lehmann, Algorithmic differentiation of linear algebra functions (2010); whatever the signs in R",
    summary="an orthogonal and an upper triangular factor of a matrix of full column rank",
)


def _svd_type(A: ArrayType) -> tuple[ArrayType, ArrayType, ArrayType]:
    batch, m, n = matrix_shape("svd", A)
    dtype, k = lapack_dtype("svd", A), min(m, n)
    return ArrayType((*batch, m, k), dtype), ArrayType((*batch, k), real_dtype(dtype)), ArrayType((*batch, k, n), dtype)


def _sum_of_maps(maps: Iterable[LinearMap]) -> LinearMap:
    first, second = maps
    return first + second


def _singular_value_map(U: Any, s: Any, Vh: Any, A: Any) -> LinearMap:
    batch = batch_axes(A)
    factors = (conjugated(U), [*batch, *"pi"]), (conjugated(Vh), [*batch, *"iq"])
    return index_map([*batch, "i"], [*batch, *"pq"], *factors, out_shape=s.shape, in_shape=A.shape)


@quietly
def _svd_map(y: Any, A: Any) -> tuple[LinearMap, LinearMap, LinearMap]:
    """With P = U^H dA V: ds = diag(P), dU = U (G * P + H * P^H) and dV = V (H * P + G * P^H).

    The phases of a pair of complex vectors are arbitrary: here what the diagonal of P turns is turned in U, and reverse
    mode makes sure that it does not matter.
    G_ji = s_i / (s_i^2 - s_j^2), H_ji = s_j / (s_i^2 - s_j^2), 0 for i = j; and, of an oblong matrix, the part of dA
    outside the space of the vectors, divided by s.
    """
    U, s, Vh = y
    batch = batch_axes(A)
    m, n, k = *A.shape[-2:], s.shape[-1]
    row, column = reshape(s, shape=(*s.shape[:-1], 1, k)), reshape(s, shape=(*s.shape, 1))
    apart = ~np.eye(k, dtype=bool)
    gaps = row - column + identity_like(s, k)
    G = factor_product(row / gaps / (row + column), apart)
    H = factor_product(column / gaps / (row + column), apart)
    inn = [*batch, *"pq"]
    is_complex = A.dtype.kind == "c"
    U_bar, Vh_bar = conjugated(U), conjugated(Vh)

    def entry(labels: str, of_conjugate: bool) -> tuple[Any, Any]:
        """The factors of an entry of P, or of its conjugate, which is antilinear in dA."""
        left, right = (U, Vh) if of_conjugate else (U_bar, Vh_bar)
        return (left, [*batch, "p", labels[0]]), (right, [*batch, labels[1], "q"])

    def vectors(left: Any, straight: Any, turned: Any, to_adjoint: bool) -> LinearMap:
        """To the rotation of the vectors among themselves, left @ (G * P + H * P^H), or its adjoint for V."""
        mixed, labels, out_shape = left
        out, mixing = [*batch, *labels], (mixed, [*batch, *labels.replace("i", "j")])
        return _sum_of_maps(
            index_map(
                out,
                inn,
                mixing,
                (weights, [*batch, *"ji"]),
                *entry(places, of_conjugate),
                out_shape=out_shape,
                in_shape=A.shape,
                antilinear=of_conjugate and is_complex,
            )
            for weights, places, of_conjugate in ((straight, "ji", to_adjoint), (turned, "ij", not to_adjoint))
        )

    to_U = vectors((U, "ri", U.shape), G, H, False)
    to_Vh = vectors((Vh, "it", Vh.shape), H, G, True)
    if is_complex:
        shapes: Any = {"out_shape": U.shape, "in_shape": A.shape}
        kept, out = ((U, [*batch, *"ri"]), (0.5 / s, [*batch, "i"])), [*batch, *"ri"]
        to_U = (
            to_U
            + index_map(out, inn, *kept, *entry("ii", False), **shapes)
            - index_map(out, inn, *kept, *entry("ii", True), antilinear=True, **shapes)
        )
    if m > k:  # (1 - U U^H) dA V / s
        shapes = {"out_shape": U.shape, "in_shape": A.shape}
        V_over_s, out = (Vh_bar / column, [*batch, *"iq"]), [*batch, *"ri"]
        inside = (U, [*batch, *"rl"]), (U_bar, [*batch, *"pl"])
        to_U = (
            to_U
            + index_map(out, [*batch, *"rq"], V_over_s, **shapes)
            - index_map(out, inn, *inside, V_over_s, **shapes)
        )
    if n > k:  # the adjoint of (1 - V V^H) dA^H U / s
        shapes = {"out_shape": Vh.shape, "in_shape": A.shape}
        U_over_s, out = (U_bar / row, [*batch, *"pi"]), [*batch, *"it"]
        inside = (Vh, [*batch, *"lt"]), (Vh_bar, [*batch, *"lq"])
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
    looks_at=lambda ys, y_bars: free_of_phases(ys, y_bars, (False, None, True)),
    batch=in_front,
    for_complex=True,
    notation=r"\mathrm{{svd}}({0})",
    examples=oblong_examples(),
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
    batch=in_front,
    for_complex=True,
    notation=r"\sigma({0})",
    examples=oblong_examples(),
    source="Giles (2008), sec. 3.2; finite where singular values coincide or vanish",
    summary="singular values in descending order",
)
