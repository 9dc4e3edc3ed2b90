# pyright: reportArgumentType=false, reportOperatorIssue=false, reportOptionalOperand=false, reportCallIssue=false, reportReturnType=false
# (the stubs of NumPy do not know that its functions return traced arrays for traced arrays)
"""numpy.fft: transforms along one axis, along several axes one after the other, of real and Hermitian signals."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from ...ops import fourier
from ...original import np
from ..array import Array, wrap
from ..dispatch import answers, finish, lifted
from ..indexing import axis_of
from .axes import listed
from .manipulation import roll

Answer = Callable[..., Any]


def _norm(norm: str | None) -> str:
    norm = norm or "backward"
    if norm not in fourier.OPPOSITE:
        raise ValueError(f"Invalid norm value {norm}; should be 'backward', 'ortho' or 'forward'.")
    return norm


def _of_size(x: Array, n: int | None, axis: int) -> Array:
    """The first n entries along an axis, with zeros behind them where there are not so many."""
    size = x.shape[axis]
    n = size if n is None else operator.index(n)
    if n < 1:
        raise ValueError(f"Invalid number of FFT data points ({n}) specified.")
    if n < size:
        return x[(slice(None),) * axis + (slice(n),)]
    if n > size:
        missing = np.zeros([n - size if k == axis else each for k, each in enumerate(x.shape)], x.dtype)
        return np.concatenate([x, missing], axis)
    return x


# Along one axis


def _complex(a: Any, n: Any, axis: int, norm: str | None, out: Any, inverse: bool) -> Any:
    a = lifted(a, out)
    axis = axis_of(axis, a.ndim)
    v = _of_size(a, n, axis).variable
    return finish(wrap(a.owner, fourier.fft(v, axis=axis, inverse=inverse, norm=_norm(norm))), out)


@answers(np.fft.fft)
def fft(a: Any, n: Any = None, axis: int = -1, norm: str | None = None, out: Any = None) -> Any:
    return _complex(a, n, axis, norm, out, inverse=False)


@answers(np.fft.ifft)
def ifft(a: Any, n: Any = None, axis: int = -1, norm: str | None = None, out: Any = None) -> Any:
    return _complex(a, n, axis, norm, out, inverse=True)


@answers(np.fft.rfft)
def rfft(a: Any, n: Any = None, axis: int = -1, norm: str | None = None, out: Any = None) -> Any:
    a = lifted(a, out)
    axis = axis_of(axis, a.ndim)
    return finish(wrap(a.owner, fourier.rfft(_of_size(a, n, axis).variable, axis=axis, norm=_norm(norm))), out)


@answers(np.fft.irfft)
def irfft(a: Any, n: Any = None, axis: int = -1, norm: str | None = None, out: Any = None) -> Any:
    a = lifted(a, out)
    axis = axis_of(axis, a.ndim)
    n = 2 * (a.shape[axis] - 1) if n is None else operator.index(n)
    if n < 1:
        raise ValueError(f"Invalid number of FFT data points ({n}) specified.")
    half = _of_size(a, n // 2 + 1, axis).variable
    return finish(wrap(a.owner, fourier.irfft(half, axis=axis, size=n, norm=_norm(norm))), out)


@answers(np.fft.hfft)
def hfft(a: Any, n: Any = None, axis: int = -1, norm: str | None = None, out: Any = None) -> Any:
    return irfft(np.conj(lifted(a, out)), n, axis, fourier.OPPOSITE[_norm(norm)], out)


@answers(np.fft.ihfft)
def ihfft(a: Any, n: Any = None, axis: int = -1, norm: str | None = None, out: Any = None) -> Any:
    return finish(np.conj(rfft(a, n, axis, fourier.OPPOSITE[_norm(norm)])), out)


# Along several axes


def _axes_and_sizes(
    a: Array, s: Sequence[int] | None, axes: Sequence[int] | None, half_given: bool = False
) -> tuple[list[int], list[int]]:
    """The axes in order, and to which size each is cut or filled up."""
    if axes is None:
        axes = range(a.ndim) if s is None else range(-len(s), 0)
    axes = [axis_of(axis, a.ndim) for axis in axes]
    if s is None:
        sizes = [a.shape[axis] for axis in axes]
        if half_given:
            sizes[-1] = 2 * (a.shape[axes[-1]] - 1)
        return axes, sizes
    if len(s) != len(axes):
        raise ValueError("Shape and axes have different lengths.")
    return axes, [a.shape[axis] if n == -1 else operator.index(n) for n, axis in zip(s, axes, strict=True)]


def _several(one: Answer) -> Answer:
    def transform(a: Any, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None) -> Any:
        a = lifted(a, out)
        axes, sizes = _axes_and_sizes(a, s, axes)
        for axis, n in zip(reversed(axes), reversed(sizes), strict=True):
            a = one(a, n, axis, norm)
        return finish(a, out)

    return transform


def rfftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None) -> Any:
    a = lifted(a, out)
    axes, sizes = _axes_and_sizes(a, s, axes)
    a = rfft(a, sizes[-1], axes[-1], norm)
    for axis, n in zip(reversed(axes[:-1]), reversed(sizes[:-1]), strict=True):
        a = fft(a, n, axis, norm)
    return finish(a, out)


def irfftn(a: Any, s: Any = None, axes: Any = None, norm: str | None = None, out: Any = None) -> Any:
    a = lifted(a, out)
    axes, sizes = _axes_and_sizes(a, s, axes, half_given=True)
    for axis, n in zip(axes[:-1], sizes[:-1], strict=True):
        a = ifft(a, n, axis, norm)
    return finish(irfft(a, sizes[-1], axes[-1], norm), out)


def _of_two_axes(several: Answer) -> Answer:
    def transform(a: Any, s: Any = None, axes: Any = (-2, -1), norm: str | None = None, out: Any = None) -> Any:
        return several(a, s, axes, norm, out)

    return transform


for _name, _answer in {"fft": _several(fft), "ifft": _several(ifft), "rfft": rfftn, "irfft": irfftn}.items():
    answers(getattr(np.fft, f"{_name}n"))(_answer)
    answers(getattr(np.fft, f"{_name}2"))(_of_two_axes(_answer))


# Spectra with the zero frequency in the middle


def _shifted(name: str, sign: int) -> Any:
    def shift(x: Any, axes: Any = None) -> Any:
        x = lifted(x)
        axes = tuple(range(x.ndim)) if axes is None else tuple(listed(axes))
        return roll(x, tuple((x.shape[k] // 2) if sign > 0 else -(x.shape[k] // 2) for k in axes), axes)

    return answers(getattr(np.fft, name))(shift)


_shifted("fftshift", 1)
_shifted("ifftshift", -1)
