"""What is added to a gradient, as a document holds it."""

from __future__ import annotations

from typing import Any

from .heat import heat_map
from .measured import Contribution
from .numbers import FEW, numbers


def contribution(found: Contribution) -> dict[str, Any]:
    """Its root mean square and that of the sum with it, with all numbers where they are few, else a picture."""
    held: dict[str, Any] = {"rms": numbers(found.rms)}
    if found.sum_rms is not None:
        held["sum_rms"] = numbers(found.sum_rms)
    if found.array is not None and found.array.size <= FEW:
        held["numbers"] = numbers(found.array)
    elif found.array is not None:
        held["picture"] = heat_map(found.array)
    return held
