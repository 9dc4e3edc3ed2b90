"""A map given by one function that is linear in its tangent; its transpose is found by walking that function.

For operations whose Jacobian is applied but never formed (solve, cholesky, fft): one function instead of a pair that
could drift apart. How to walk it is known above this room, so a transposer is registered from there.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol, final

from ..original import np
from .algebra import Factor
from .linear_map import LinearMap, Shape, apply_each, scaled_result
from .recognition import Structure

Function = Callable[[Factor], Factor]


class Transposer(Protocol):
    """Turns a linear function of an array of shape in_shape into its transpose, applied to a cotangent."""

    def __call__(self, function: Function, in_shape: Shape, dtype: Any, y_bar: Factor) -> Factor: ...


_transposer: list[Transposer] = []


def register_transposer(transposer: Transposer) -> None:
    _transposer[:] = [transposer]


@final
class Program(LinearMap):
    """function(v) = J v, written in operations that are linear in v; the other factors are captured by it."""

    __slots__ = ("function", "is_transposed")

    def __init__(
        self,
        function: Function,
        out_shape: Shape,
        in_shape: Shape,
        dtype: Any = np.float64,
        is_transposed: bool = False,
    ):
        """out_shape and in_shape are those of the map itself; is_transposed, whether function is its transpose."""
        super().__init__(out_shape, in_shape, dtype)
        self.function, self.is_transposed = function, is_transposed

    def apply(self, vector: Factor) -> Factor:
        return apply_each(self._apply_to_one, vector, len(self.in_shape), self.out_shape)

    def _apply_to_one(self, vector: Factor) -> Factor:
        if not self.is_transposed:
            return self.function(vector)
        return _transposer[0](self.function, self.out_shape, self.dtype, vector)

    @property
    def T(self) -> LinearMap:
        turned = Program(self.function, self.in_shape, self.out_shape, self.dtype, not self.is_transposed)
        return turned.between(self.y_is_real, self.x_is_real)

    @property
    def structure(self) -> Structure:
        return Structure("matrix-free")

    def scaled(self, number: complex) -> LinearMap:
        scaled = functools.partial(scaled_result, self.function, number)
        return Program(scaled, self.out_shape, self.in_shape, self.dtype, self.is_transposed)
