"""What a linear map needs to be able to do with its factors, whatever they are.

Factors are NumPy arrays (then applying a map computes) or graph variables (then it adds nodes to a graph). This room
knows neither graphs nor operations: whoever makes another kind of factor registers an algebra for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

from ..original import np

Factor = Any  # a NumPy array, or whatever an algebra has been registered for: it has a shape and a dtype
Names = tuple[int, ...]
Absorbing = bool | Literal["either"]  # whose exact zeros absorb in a product: nobody's, the first operand's, anybody's


class Algebra(Protocol):
    """Arithmetic on factors. Axes count from 0; `t` is a tangent or cotangent, whose exact zeros absorb."""

    def multiply(self, a: Factor, b: Factor) -> Factor:
        """Product of two factors of a map; a zero in either gives zero, a boolean factor selects."""
        ...

    def absorb(self, t: Factor, slope: Factor) -> Factor:
        """t * slope, broadcast; zero where t is zero, whatever the slope; a boolean slope selects."""
        ...

    def contract(self, operands: Sequence[Factor], labels: Sequence[Names], out: Names, absorbing: Absorbing) -> Factor:
        """Einstein's sum; where absorbing, exact zeros of the first operand give zero whatever meets them."""
        ...

    def add(self, a: Factor, b: Factor) -> Factor: ...

    def scale(self, a: Factor, number: complex) -> Factor: ...

    def reshape(self, a: Factor, shape: tuple[int, ...]) -> Factor: ...

    def transpose(self, a: Factor, axes: tuple[int, ...]) -> Factor: ...

    def broadcast(self, a: Factor, shape: tuple[int, ...]) -> Factor: ...

    def window(self, a: Factor, axis: int, start: int, step: int, count: int) -> Factor:
        """a[start], a[start + step], ...: count of them, along an axis."""
        ...

    def place(self, a: Factor, axis: int, start: int, step: int, size: int) -> Factor:
        """Zeros of that size with a at start, start + step, ...: the transpose of window."""
        ...

    def take(self, a: Factor, index: Factor, axis: int) -> Factor: ...

    def scatter(self, a: Factor, index: Factor, axis: int, size: int) -> Factor:
        """Zeros of that size, with a[k] added at index[k]: the transpose of take."""
        ...

    def cumulate(self, a: Factor, axis: int, reverse: bool) -> Factor: ...

    def embed(self, a: Factor, axes: tuple[int, ...]) -> Factor:
        """Axis k of the result is axis axes[k] of a; a repeated axis makes a diagonal, zero elsewhere."""
        ...

    def zeros(self, like: Factor, shape: tuple[int, ...]) -> Factor:
        """Zeros of that shape, of the dtype (and in the graph) of `like`."""
        ...

    def conjugate(self, a: Factor) -> Factor:
        """The conjugate of complex numbers; this and the next two are asked for of complex ones only."""
        ...

    def real(self, a: Factor) -> Factor: ...

    def imag(self, a: Factor) -> Factor: ...


_registered: dict[type, Algebra] = {}


def register(kind: type, algebra: Algebra) -> None:
    """From now on factors of this type are handled by this algebra (above NumPy's, where both occur)."""
    _registered[kind] = algebra


def algebra_of(*factors: Factor) -> Algebra:
    """The algebra of these factors: NumPy's unless one of them is of a registered type."""
    chosen = _registered[np.ndarray]
    for factor in factors:
        found = _registered.get(type(factor))
        if found is not None and found is not chosen:
            return found
    return chosen


def is_complex(factor: Factor) -> bool:
    return factor.dtype.kind == "c"


def real_dtype(dtype: np.dtype) -> np.dtype:
    """That of the real and the imaginary part."""
    return np.dtype(dtype.char.lower()) if dtype.kind == "c" else dtype


def conjugate(factor: Factor) -> Factor:
    """The conjugate; real numbers are their own."""
    return algebra_of(factor).conjugate(factor) if is_complex(factor) else factor


def real_part(factor: Factor) -> Factor:
    """The real part; real numbers are their own."""
    return algebra_of(factor).real(factor) if is_complex(factor) else factor


def counted(factor: Factor) -> Factor:
    """Truth values as numbers: what has to be done to them before they are added up."""
    return algebra_of(factor).absorb(np.ones(()), factor) if factor.dtype == bool else factor
