"""Triangles of matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...arraytype import ArrayType
from ...original import np
from ...structure import LinearMap, index_map, pointwise_map
from ..batch_axis import in_front
from ..operation import Example, Operation, linear
from .matrices import Shape, matrix_shape


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


def mirror_map(shape: Shape, lower: bool) -> LinearMap:
    """From a matrix of which one triangle is read to the symmetric matrix that it stands for."""
    n, batch = shape[-1], range(len(shape) - 2)
    here, there = [*batch, "i", "j"], [*batch, "j", "i"]
    triangle, strict = np.tri(n, dtype=bool), np.tri(n, k=-1, dtype=bool)
    if not lower:
        triangle, strict = triangle.T, strict.T
    shapes: Any = {"out_shape": shape, "in_shape": shape}
    return index_map(here, here, (triangle, "ij"), **shapes) + index_map(here, there, (strict, "ji"), **shapes)
