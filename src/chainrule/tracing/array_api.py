"""What the array API standard asks of an array beyond NumPy's methods: its namespace, its device, how it is handed on.

The namespace is NumPy itself, whose names are answered.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any

import numpy

from .array import Array

_PLAIN = numpy.zeros(0)


def _namespace(self: Array, *, api_version: Any = None) -> Any:
    """NumPy, or what array_api_compat has in front of it where that one asks: as for a plain array."""
    asking = str(sys._getframe(1).f_globals.get("__name__", ""))
    before, compat, _ = asking.partition("array_api_compat")
    if compat:
        return importlib.import_module(f"{before}{compat}.numpy")
    _PLAIN.__array_namespace__(api_version=api_version)  # which refuses versions that it does not know
    return numpy


def _to_device(self: Array, device: str, /, *, stream: Any = None) -> Any:
    _PLAIN.to_device(device, stream=stream)  # type: ignore[arg-type]
    return self


def _dlpack(self: Array, **keywords: Any) -> Any:
    self._refuse_to_leave("__dlpack__")
    return numpy.array(self.owner.ask(self.variable)).__dlpack__(**keywords)


Array.__array_namespace__ = _namespace  # type: ignore[attr-defined]
Array.device = "cpu"  # type: ignore[attr-defined]
Array.to_device = _to_device  # type: ignore[attr-defined]
Array.__dlpack__ = _dlpack  # type: ignore[attr-defined]
Array.__dlpack_device__ = lambda self: _PLAIN.__dlpack_device__()  # type: ignore[attr-defined]
