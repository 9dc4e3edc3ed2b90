"""Real and imaginary part, angle and conjugate of complex numbers.

The slope A of a function with real values stands for dy = Re(A dx): the real part is taken where a tangent or cotangent
gets the dtype of its variable (rules.py), so that it is in no rule. The conjugate alone is antilinear.
"""

from __future__ import annotations

from typing import Any

from ..original import np
from ..structure.algebra import real_dtype
from .comparison import equal
from .operation import Example, elementwise
from .selection import where


def _real_of(kinds: tuple[Any, ...]) -> tuple[np.dtype, ...]:
    """The dtypes of an argument and of its real part."""
    dtype = np.dtype(kinds[0])
    return dtype, real_dtype(dtype)


def _complex_of(kinds: tuple[Any, ...]) -> tuple[np.dtype, ...]:
    """The dtypes of an argument and of its phase."""
    dtype = np.dtype(kinds[0])
    return dtype, np.arctan2.resolve_dtypes((real_dtype(dtype), real_dtype(dtype), None))[-1]


def complex_numbers(rng: np.random.Generator, *shapes: tuple[int, ...]) -> Any:
    return [Example((rng.normal(size=shape) + 1j * rng.normal(size=shape),)) for shape in shapes]


def _examples(rng: np.random.Generator) -> Any:
    return complex_numbers(rng, (), (3,), (2, 3))


real = elementwise(
    "real",
    lambda z: np.array(np.real(z)),
    1,
    promote=_real_of,
    numpy=(),
    for_complex=True,
    notation=r"\mathrm{{Re}} \, {0}",
    examples=_examples,
    summary="the real part of complex numbers",
)
imag = elementwise(
    "imag",
    lambda z: np.array(np.imag(z)),
    -1j,
    promote=_real_of,
    numpy=(),
    for_complex=True,
    notation=r"\mathrm{{Im}} \, {0}",
    examples=_examples,
    source="Im(v) = Re(-i v)",
    summary="the imaginary part of complex numbers",
)
conjugate = elementwise(
    "conjugate",
    np.conjugate,
    1,
    antilinear=True,
    for_complex=True,
    notation=r"\overline{{{0}}}",
    examples=_examples,
)
angle = elementwise(
    "angle",
    lambda z: np.angle(z),
    # As of a logarithm: d log z = dz / z, and its imaginary part.
    lambda y, z: where(equal(z, 0), 0.0, -1j / z),
    promote=_complex_of,
    numpy=(),
    for_complex=True,
    notation=r"\arg {0}",
    examples=_examples,
    kinks=[((0.0,), (0.0,))],
    source="DLMF 4.2.3; 0 at 0, as for the absolute value",
    summary="the angle of complex numbers, from -pi to pi",
)


def conjugated(x: Any) -> Any:
    """The conjugate, by no node where the numbers are real."""
    return conjugate(x) if x.dtype.kind == "c" else x
