"""Triangles of matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...arraytype import ArrayType
from ...original import np
from ...structure import IndexMap, LinearMap, index_map, pointwise_map
from ..batch_axis import in_front
from ..operation import Example, Operation, linear
from .matrices import matrix_shape


def _triangular(name: str, function: Any, mask: Callable[..., np.ndarray], summary: str) -> Operation:
    def type_rule(x: ArrayType, *, offset: int) -> ArrayType:
        matrix_shape(name, x)
        return x

    def jacobian(y: Any, x: Any, *, offset: int) -> LinearMap:
        return pointwise_map(mask(*x.shape[-2:], offset), y.shape, x.shape)

    return linear(
        name,
        lambda x, *, offset: function(x, offset),
        type_rule,
        jacobian,
        parameters=("offset",),
        batch=in_front,
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


def mirror_map(A: Any, lower: bool) -> LinearMap:
    """From a matrix of which one triangle is read to the symmetric or Hermitian matrix that it stands for.

    The mirror image of complex entries is their conjugate, and of the diagonal the real part is read.
    """
    shape, n, batch = A.shape, A.shape[-1], range(len(A.shape) - 2)
    here, there = [*batch, "i", "j"], [*batch, "j", "i"]
    triangle, strict = np.tri(n, dtype=bool), np.tri(n, k=-1, dtype=bool)
    if not lower:
        triangle, strict = triangle.T, strict.T
    shapes: Any = {"out_shape": shape, "in_shape": shape}
    read = index_map(here, here, (triangle, "ij"), **shapes)
    terms: list[Any] = []
    if A.dtype.kind != "c":
        return read + index_map(here, there, (strict, "ji"), **shapes)
    diagonal = np.eye(n, dtype=bool)
    for mask, scale in ((strict, 1), (diagonal, 0.5)):
        straight = index_map(here, here, (mask, "ij"), scale=scale, **shapes)
        mirrored = index_map(here, there, (mask, "ji"), scale=scale, antilinear=True, **shapes)
        terms += [*straight.terms, *mirrored.terms]
    return IndexMap(terms, shape, shape, A.dtype)
