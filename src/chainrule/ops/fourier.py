"""Discrete Fourier transforms along an axis, as NumPy scales them.

The matrix of the complex transform is symmetric, so that it is its own transpose. Those of real signals keep half of
the spectrum; in the transpose of the one stands the other, with a weight: an entry counts for its mirror image too.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ..arraytype import ArrayType
from ..errors import DtypeError
from ..original import np
from ..structure import LinearMap, MatrixFree
from ..structure.algebra import real_part
from .batch_axis import moving_axes
from .complex_parts import conjugated
from .operation import Example, linear

# Transforms that go back scale the other way round, "backward" being NumPy's default for both.
OPPOSITE = {"backward": "forward", "ortho": "ortho", "forward": "backward"}


@functools.cache
def _dtype_of(function: Callable[..., Any], dtype: np.dtype) -> np.dtype:
    return function(np.ones(2, dtype)).dtype


def _along(x: ArrayType, axis: int, size: int, dtype: np.dtype) -> ArrayType:
    return ArrayType((*x.shape[:axis], size, *x.shape[axis + 1 :]), dtype)


def _fft(x: Any, *, axis: int, inverse: bool, norm: Any) -> Any:
    """The discrete Fourier transform along an axis, or its inverse."""
    return (np.fft.ifft if inverse else np.fft.fft)(x, axis=axis, norm=norm)


def _fft_map(y: Any, x: Any, *, axis: int, inverse: bool, norm: str) -> LinearMap:
    transformed = functools.partial(fft, axis=axis, inverse=inverse, norm=norm)
    return MatrixFree(transformed, transformed, y.shape, x.shape, y.dtype)


fft = linear(
    "fft",
    _fft,
    lambda x, *, axis, inverse, norm: ArrayType(x.shape, _dtype_of(np.fft.fft, x.dtype)),
    _fft_map,
    for_complex=True,
    parameters=("axis", "inverse", "norm"),
    batch=moving_axes("axis"),
    notation=r"\mathcal{{F}} {0}",
    examples=lambda rng: [
        Example((rng.normal(size=shape),), {"axis": axis, "inverse": inverse, "norm": norm})
        for shape, axis, inverse, norm in [
            ((4,), 0, False, "backward"),
            ((2, 3), 1, True, "backward"),
            ((3, 2), 0, False, "ortho"),
            ((1,), 0, True, "forward"),
        ]
    ],
    source="its matrix is symmetric",
)


def _weights(n: int, axis: int, like: Any) -> np.ndarray:
    """How often an entry of half a spectrum stands in the whole one, along an axis."""
    weights = np.full(n // 2 + 1, 2.0)
    weights[0] = 1.0
    if n % 2 == 0:
        weights[-1] = 1.0
    dtype = np.zeros((), like.dtype).real.dtype
    return weights.astype(dtype).reshape([-1 if k == axis else 1 for k in range(len(like.shape))])


def _rfft_type(x: ArrayType, *, axis: int, norm: str) -> ArrayType:
    if x.dtype.kind == "c":
        raise DtypeError("rfft is the transform of a real signal", got=f"{x}", wanted="a real dtype", try_="np.fft.fft")
    return _along(x, axis, x.shape[axis] // 2 + 1, _dtype_of(np.fft.rfft, x.dtype))


def _rfft_map(y: Any, x: Any, *, axis: int, norm: str) -> LinearMap:
    n = x.shape[axis]
    return MatrixFree(
        functools.partial(_half_spectrum, axis, norm),
        functools.partial(_signal, _weights(n, axis, y), axis, n, norm),
        y.shape,
        x.shape,
        y.dtype,
    )


def _half_spectrum(axis: int, norm: str, v: Any) -> Any:
    return rfft(real_part(v), axis=axis, norm=norm)


def _signal(weights: Any, axis: int, size: int, norm: str, g: Any) -> Any:
    return irfft(conjugated(g) / weights, axis=axis, size=size, norm=OPPOSITE[norm])


rfft = linear(
    "rfft",
    lambda x, *, axis, norm: np.fft.rfft(x, axis=axis, norm=norm),
    _rfft_type,
    _rfft_map,
    for_complex=True,
    parameters=("axis", "norm"),
    batch=moving_axes("axis"),
    notation=r"\mathcal{{F}} {0}",
    examples=lambda rng: [
        Example((rng.normal(size=shape),), {"axis": axis, "norm": norm})
        for shape, axis, norm in [
            ((4,), 0, "backward"),
            ((2, 5), 1, "ortho"),
            ((3, 2), 0, "forward"),
            ((1,), 0, "ortho"),
        ]
    ],
    summary="the half of the spectrum of a real signal that determines the other one",
)


def _irfft_type(z: ArrayType, *, axis: int, size: int, norm: str) -> ArrayType:
    return _along(z, axis, size, _dtype_of(np.fft.irfft, z.dtype))


def _irfft_map(y: Any, z: Any, *, axis: int, size: int, norm: str) -> LinearMap:
    return MatrixFree(
        functools.partial(irfft, axis=axis, size=size, norm=norm),
        functools.partial(_weighted_spectrum, _weights(size, axis, z), axis, norm, z.dtype.kind == "c"),
        y.shape,
        z.shape,
        z.dtype,
    )


def _weighted_spectrum(weights: Any, axis: int, norm: str, is_complex: bool, g: Any) -> Any:
    half = rfft(real_part(g), axis=axis, norm=OPPOSITE[norm])
    return weights * (conjugated(half) if is_complex else real_part(half))


irfft = linear(
    "irfft",
    lambda z, *, axis, size, norm: np.fft.irfft(z, size, axis=axis, norm=norm),
    _irfft_type,
    _irfft_map,
    for_complex=True,
    parameters=("axis", "size", "norm"),
    batch=moving_axes("axis"),
    notation=r"\mathcal{{F}}^{{-1}} {0}",
    examples=lambda rng: [
        Example((rng.normal(size=shape),), {"axis": axis, "size": size, "norm": norm})
        for shape, axis, size, norm in [
            ((3,), 0, 4, "backward"),
            ((2, 3), 1, 5, "ortho"),
            ((2, 2), 0, 3, "forward"),
            ((1,), 0, 1, "backward"),
        ]
    ],
    summary="the real signal of half a spectrum of n // 2 + 1 entries",
)
