"""The one way of this room to rich, which draws on terminals: optional, and imported when a bar is first shown."""

from __future__ import annotations

from ..lazy import LazyModule

console = LazyModule("rich.console", "terminal")
live = LazyModule("rich.live", "terminal")
progress_bar = LazyModule("rich.progress_bar", "terminal")
table = LazyModule("rich.table", "terminal")
