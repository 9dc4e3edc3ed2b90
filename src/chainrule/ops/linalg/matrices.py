"""What the rules of linear algebra are written in: products, types and examples of batches of matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...arraytype import ArrayType
from ...errors import DtypeError, ShapeError
from ...original import np
from ...structure import IndexMap, index_map
from ..complex_parts import conjugated
from ..contraction import einsum
from ..movement import transpose
from ..operation import Example

Axes = tuple[int, ...]
Shape = tuple[int, ...]
quietly = np.errstate(all="ignore")  # where a derivative does not exist it is inf or nan, which is the answer


def batch_axes(x: Any) -> Axes:
    return tuple(range(len(x.shape) - 2))


def turned(x: Any) -> Any:
    rank = len(x.shape)
    return transpose(x, axes=(*range(rank - 2), rank - 1, rank - 2))


def adjoint(x: Any) -> Any:
    """The conjugate transpose."""
    return conjugated(turned(x))


def matrix_product(a: Any, b: Any, labels: str, absorbing: bool = False) -> Any:
    """A product of matrices, "ik,kj->ij" say, for each of a batch; zeros of a absorb if told to."""
    batch = batch_axes(a)
    number = {letter: len(batch) + k for k, letter in enumerate("ijk")}
    left, right, out = ((*batch, *(number[letter] for letter in part)) for part in labels.replace("->", ",").split(","))
    return einsum(a, b, labels=(left, right), out=out, absorbing=absorbing)


def identity_like(like: Any, size: int) -> np.ndarray:
    return np.eye(size, dtype=like.dtype)


def lapack_dtype(name: str, *types: ArrayType) -> np.dtype:
    """The dtype in which LAPACK computes."""
    dtype = np.result_type(*[np.float64 if t.dtype.kind in "biu" else t.dtype for t in types])
    if dtype.char not in "fdFD":
        raise DtypeError(
            f"{name} does not compute in {dtype}",
            got=", ".join(map(str, types)),
            wanted="float32, float64, complex64 or complex128",
        )
    return dtype


def matrix_shape(name: str, A: ArrayType) -> tuple[Shape, int, int]:
    """Shape of the batch, rows and columns."""
    if A.ndim < 2:
        raise ShapeError(
            f"{name} needs a matrix, and shape {A.shape} has {A.ndim} axes", got=f"{A}", wanted="shape (..., m, n)"
        )
    return A.shape[:-2], A.shape[-2], A.shape[-1]


def square_shape(name: str, A: ArrayType) -> tuple[Shape, int]:
    batch, m, n = matrix_shape(name, A)
    if m != n:
        raise ShapeError(
            f"{name} needs a square matrix: {m} rows are not {n} columns", got=f"{A}", wanted="shape (..., n, n)"
        )
    return batch, n


def square_type(name: str) -> Callable[..., ArrayType]:
    """Of an operation from square matrices to square matrices."""

    def type_rule(A: ArrayType, **_: Any) -> ArrayType:
        square_shape(name, A)
        return ArrayType(A.shape, lapack_dtype(name, A))

    return type_rule


def regular(rng: np.random.Generator, *shape: int) -> Any:
    """Matrices far from singular."""
    return rng.normal(size=(*shape, shape[-1])) / shape[-1] + 1.5 * np.eye(shape[-1])


def square_examples(matrix: Callable[..., Any], **parameters: Any) -> Callable[..., Any]:
    return lambda rng: [Example((matrix(rng, *shape),), parameters) for shape in [(3,), (2, 2), (2, 1, 2), (1,)]]


def oblong_examples(**parameters: Any) -> Callable[..., Any]:
    def examples(rng: np.random.Generator) -> Any:
        for shape in [(4, 2), (2, 3), (3, 3), (2, 3, 2), (2, 2, 4), (1, 1)]:
            m, n = shape[-2:]
            # Singular values apart from each other, so that the factors are smooth.
            yield Example((rng.normal(size=shape) / 4 + np.eye(m, n) * np.arange(1.0, n + 1),), parameters)

    return examples


def per_entry(weights: Any, y: Any, A: Any, labels: str = "ij") -> IndexMap:
    """A map to one number for each matrix, from the weights of its entries."""
    batch = batch_axes(A)
    return index_map(batch, [*batch, *"ij"], (weights, [*batch, *labels]), out_shape=y.shape, in_shape=A.shape)
