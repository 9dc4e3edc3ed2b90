"""The one way of this room to SciPy, imported when first used."""

from ..lazy import LazyModule

sparse = LazyModule("scipy.sparse")
