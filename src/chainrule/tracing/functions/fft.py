# pyright: reportArgumentType=false, reportOperatorIssue=false, reportCallIssue=false, reportReturnType=false
# (the stubs of NumPy do not know that its functions return traced arrays for traced arrays)
"""numpy.fft: only what moves entries. The transforms are complex, as derivatives cannot be yet."""

from __future__ import annotations

from typing import Any

from ...original import np
from ..dispatch import HINTS, answers, lifted
from .axes import listed
from .manipulation import roll


def _shifted(name: str, sign: int) -> Any:
    def shift(x: Any, axes: Any = None) -> Any:
        x = lifted(x)
        axes = tuple(range(x.ndim)) if axes is None else tuple(listed(axes))
        return roll(x, tuple((x.shape[k] // 2) if sign > 0 else -(x.shape[k] // 2) for k in axes), axes)

    return answers(getattr(np.fft, name))(shift)


_shifted("fftshift", 1)
_shifted("ifftshift", -1)
_MATRICES = (
    "cosines @ x and sines @ x, with the matrices np.cos(w) and np.sin(w) of w = 2 * np.pi * np.outer(k, n) / len(x)"
)
for _name in (
    "fft",
    "rfft",
    "ifft",
    "irfft",
    "hfft",
    "ihfft",
    "fft2",
    "ifft2",
    "rfft2",
    "irfft2",
    "fftn",
    "ifftn",
    "rfftn",
    "irfftn",
):
    HINTS[getattr(np.fft, _name)] = _MATRICES
