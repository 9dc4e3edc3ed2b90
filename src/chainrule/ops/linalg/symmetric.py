"""Factorizations of symmetric matrices.

Only one triangle is read, as in NumPy, and the derivative is that of this function: it is by the entries read alone,
each for itself and its mirror image.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ...arraytype import ArrayType
from ...original import np
from ...structure import LinearMap, MatrixFree, index_map
from ...structure.algebra import real_dtype
from ..batch_axis import in_front
from ..complex_parts import conjugated
from ..movement import reshape
from ..operation import general
from ..selection import factor_product
from .matrices import (
    batch_axes,
    identity_like,
    lapack_dtype,
    matrix_product,
    quietly,
    regular,
    square_examples,
    square_shape,
    square_type,
    turned,
)
from .phases import free_of_phases
from .systems import _triangular_pair
from .triangles import mirror_map

Function = Callable[..., Any]


def _positive_definite(rng: np.random.Generator, *shape: int) -> Any:
    A = regular(rng, *shape)
    return A @ np.swapaxes(A, -1, -2)


def _symmetric(rng: np.random.Generator, *shape: int) -> Any:
    """Symmetric matrices of eigenvalues apart from each other."""
    A = rng.normal(size=(*shape, shape[-1])) / 4
    return A + np.swapaxes(A, -1, -2) + np.diag(np.arange(1.0, shape[-1] + 1))


def _unchanged(x: Any) -> Any:
    return x


def _half(x: Any) -> Any:
    """The lower triangle with half of the diagonal."""
    n = x.shape[-1]
    return factor_product(x, np.tri(n, dtype=x.dtype) - identity_like(x, n) / 2)


def _cholesky_map(L: Any, A: Any) -> LinearMap:
    """dL = L half(L^-1 dA L^-H); two triangular systems for either mode."""
    # What meets the second system is symmetric in effect, and only where complex not its own transpose.
    across = turned if A.dtype.kind == "c" else _unchanged
    forward, back = _triangular_pair(lower=True, transposed=False, unit_diagonal=False)
    symmetric_to_factor = MatrixFree(
        functools.partial(_to_factor, forward, across, L),
        functools.partial(_to_factor_back, back, across, L),
        L.shape,
        A.shape,
    )
    return symmetric_to_factor @ mirror_map(A, lower=True)


def _to_factor(forward: Function, across: Function, L: Any, v: Any) -> Any:
    inside = _half(across(forward(conjugated(L), turned(forward(L, v)))))
    return matrix_product(inside, L, "kj,ik->ij", absorbing=True)


def _to_factor_back(back: Function, across: Function, L: Any, g: Any) -> Any:
    inside = across(_half(matrix_product(g, L, "kj,ki->ij", absorbing=True)))
    return back(L, turned(back(conjugated(L), inside)))


cholesky = general(
    "cholesky",
    lambda A: np.linalg.cholesky(A),
    square_type("cholesky"),
    _cholesky_map,
    batch=in_front,
    for_complex=True,
    notation=r"\mathrm{{chol}}({0})",
    examples=square_examples(_positive_definite),
    source="Murray, Differentiation of the Cholesky decomposition (2016), (8), (10)",
    summary="the lower triangular factor of a positive definite matrix, of which the lower triangle is read",
)


def _reciprocal_gaps(w: Any) -> Any:
    """F_ij = 1 / (w_j - w_i), and 0 on the diagonal; inf where eigenvalues coincide."""
    n = w.shape[-1]
    gaps = reshape(w, shape=(*w.shape[:-1], 1, n)) - reshape(w, shape=(*w.shape, 1)) + identity_like(w, n)
    return 1 / gaps - identity_like(w, n)


@quietly
def _eigh_map(y: Any, A: Any, *, lower: bool) -> tuple[LinearMap, LinearMap]:
    """dw = diag(P) and dV = V (F * P), with P = V^H dA V.

    Of complex vectors that is one choice of the phases; reverse mode makes sure that they do not matter.
    """
    w, V = y
    V_bar = conjugated(V)
    batch = batch_axes(A)
    inn, mirrored = [*batch, *"pq"], mirror_map(A, lower)
    left, right = (V_bar, [*batch, *"pj"]), (V, [*batch, *"qi"])
    to_w = index_map([*batch, "i"], inn, (V_bar, [*batch, *"pi"]), right, out_shape=w.shape, in_shape=A.shape)
    mixing = (V, [*batch, *"rj"]), (_reciprocal_gaps(w), [*batch, *"ji"])
    to_V = index_map([*batch, *"ri"], inn, *mixing, left, right, out_shape=V.shape, in_shape=A.shape)
    return to_w @ mirrored, to_V @ mirrored


def _eigh_type(A: ArrayType, *, lower: bool) -> tuple[ArrayType, ArrayType]:
    batch, n = square_shape("eigh", A)
    dtype = lapack_dtype("eigh", A)
    return ArrayType((*batch, n), real_dtype(dtype)), ArrayType(A.shape, dtype)


eigh = general(
    "eigh",
    lambda A, *, lower: tuple(np.linalg.eigh(A, "L" if lower else "U")),
    _eigh_type,
    _eigh_map,
    looks_at=lambda ys, y_bars: free_of_phases(ys, y_bars, (None, False)),
    for_complex=True,
    parameters=("lower",),
    batch=in_front,
    notation=r"\mathrm{{eigh}}({0})",
    examples=lambda rng: [
        *square_examples(_symmetric, lower=True)(rng),
        *square_examples(_symmetric, lower=False)(rng),
    ],
    source="Giles (2008), sec. 3.1; where eigenvalues coincide, the vectors have no derivative: inf or nan",
    summary="eigenvalues in ascending order and eigenvectors of a symmetric matrix, of which one triangle is read",
)
