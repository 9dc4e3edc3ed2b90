"""The one way of this room to SciPy, imported when first used."""

from __future__ import annotations

from ..lazy import LazyModule

special = LazyModule("scipy.special")
