"""The one way of this room to rich, which colors tables on terminals: optional, and imported when one is shown."""

from __future__ import annotations

from ..lazy import LazyModule

console = LazyModule("rich.console", "terminal")
table = LazyModule("rich.table", "terminal")
text = LazyModule("rich.text", "terminal")
