"""The one way of this room to pandas: optional, and imported when a frame is asked for."""

from ..lazy import LazyModule

pandas = LazyModule("pandas")
