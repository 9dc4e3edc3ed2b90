"""The exponential of a matrix, and its derivative in a direction."""

from __future__ import annotations

import functools
from typing import Any

from ...arraytype import ArrayType
from ...errors import ShapeError
from ...original import np
from ...structure import LinearMap, MatrixFree
from ..batch_axis import in_front
from ..movement import concatenate, window
from ..operation import Example, general
from ..scipy_loader import linalg
from .matrices import lapack_dtype, square_examples, square_shape, square_type, turned


def _expm(A: Any) -> Any:
    """The exponential of a matrix."""
    A = np.asarray(A)
    dtype = lapack_dtype("expm", ArrayType.of(A))
    return np.asarray(linalg.expm(A.astype(dtype, copy=False))).astype(dtype, copy=False) if A.size else A.astype(dtype)


def _expm_frechet(A: Any, E: Any) -> Any:
    """The derivative of the exponential of A in the direction E."""
    A, E = np.asarray(A), np.asarray(E)
    dtype = lapack_dtype("expm_frechet", ArrayType.of(A), ArrayType.of(E))
    y = np.zeros(A.shape, dtype)
    for k in np.ndindex(A.shape[:-2]):
        if np.any(E[k]):
            y[k] = linalg.expm_frechet(A[k], E[k], compute_expm=False, check_finite=False)
    return y


def _expm_frechet_type(A: ArrayType, E: ArrayType) -> ArrayType:
    square_shape("expm_frechet", A)
    if A.shape != E.shape:
        raise ShapeError(f"a direction has the shape of its matrix: {E.shape} is not {A.shape}", got=f"{A}, {E}")
    return ArrayType(A.shape, lapack_dtype("expm_frechet", A, E))


def _derivative_map(A: Any) -> LinearMap:
    """The derivative at A, whose transpose is that at the transpose of A."""
    return MatrixFree(functools.partial(expm_frechet, A), functools.partial(expm_frechet, turned(A)), A.shape, A.shape)


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
        functools.partial(_second_derivative, A, E),
        functools.partial(_second_derivative, turned(A), turned(E)),
        y.shape,
        A.shape,
    )


expm = general(
    "expm",
    _expm,
    square_type("expm"),
    lambda y, A: _derivative_map(A),
    batch=in_front,
    for_complex=True,
    notation="e^{{{0}}}",
    examples=square_examples(lambda rng, *shape: rng.normal(size=(*shape, shape[-1]))),
    source="Higham, Functions of Matrices (2008), sec. 3.1; Al-Mohy, Higham, Computing the Frechet derivative (2009)",
)
expm_frechet = general(
    "expm_frechet",
    _expm_frechet,
    _expm_frechet_type,
    _frechet_by_matrix,
    lambda y, A, E: _derivative_map(A),
    batch=in_front,
    for_complex=True,
    notation="L({0}, {1})",
    examples=lambda rng: [
        Example((rng.normal(size=shape), rng.normal(size=shape))) for shape in [(3, 3), (2, 2, 2), (1, 1)]
    ],
    source="linear in the direction; by the matrix a block of the derivative at a block matrix, Higham (2008), (3.16)",
)
