"""The limits that flags go by, in words."""

from __future__ import annotations

from ..health import Thresholds


def limits() -> list[tuple[str, str, float]]:
    """Kind of flag, what the limit is of, the limit."""
    t = Thresholds()
    return [
        ("vanishing", "a parameter's gradient over the median of all parameters, below", t.vanishing),
        ("exploding", "the same, or the growth over the repeats of a line, above", t.exploding),
        ("standstill", "a step over the size of its parameter, below", t.step_ratio),
        ("dead", "share of units that are zero in every example, from", t.dead_share),
        ("saturated", f"share of slopes below {t.saturated_slope:g}, above", t.saturated_share),
        ("underflow", "share of subnormal numbers, or of zeros made of others, above", t.subnormal_share),
        ("cancellation", "a difference over what it is the difference of, in most entries, below", t.cancellation),
    ]
