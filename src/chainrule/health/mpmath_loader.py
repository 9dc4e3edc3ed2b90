"""The one way to mpmath, where it is installed: functions of more digits than NumPy has."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any


def mpmath() -> Any:
    """The module, or None where there is none."""
    return importlib.import_module("mpmath") if importlib.util.find_spec("mpmath") else None
