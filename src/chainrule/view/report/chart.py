"""Pictures of numbers that need no script: curves, and clouds of points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from .scale import Scale

WIDTH, HEIGHT = 720.0, 300.0
LEFT, RIGHT, TOP, BOTTOM = 64.0, 14.0, 12.0, 40.0
ACROSS, UP = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
MOST = 400  # points of a curve


class Curve(NamedTuple):
    """Numbers over epochs, in one of the colors of series."""

    name: str
    x: Sequence[float]
    y: Sequence[float | None]
    color: int
    dashed: bool = False


def curves(drawn: Sequence[Curve], x_label: str, y_label: str) -> str:
    """Curves over a common axis, as an element of SVG; the legend is left to the page."""
    finite = [y for each in drawn for y in each.y if y is not None and math.isfinite(y)]
    across = Scale.of([float(x) for each in drawn for x in each.x], ACROSS, logarithmic=False)
    up = Scale.of(finite, UP)
    paths = []
    for each in drawn:
        dashes = ' stroke-dasharray="5 4"' if each.dashed else ""
        paths.append(
            f'<path class="series-{each.color}" fill="none" stroke-width="1.8" stroke-linejoin="round"{dashes} '
            f'd="{_line(each, across, up)}"><title>{escape(each.name)}</title></path>'
        )
    label = f"{y_label} over {x_label}: {', '.join(each.name for each in drawn)}"
    return _framed(label, across, up, x_label, y_label, "".join(paths))


def cloud(x: Sequence[float], y: Sequence[float], x_label: str, y_label: str) -> str:
    """Points, and a line where y is 0."""
    points = [(a, b) for a, b in zip(x, y, strict=True) if math.isfinite(a) and math.isfinite(b)]
    across = Scale.of([a for a, _ in points], ACROSS, logarithmic=False)
    up = Scale.of([*(b for _, b in points), 0.0], UP, logarithmic=False)
    zero = _n(TOP + UP - up.place(0.0))
    dots = "".join(f"M{_n(LEFT + across.place(a))} {_n(TOP + UP - up.place(b))}h0" for a, b in points)
    drawn = (
        f'<path class="axis" d="M{_n(LEFT)} {zero}h{_n(ACROSS)}"/>'
        f'<path class="series-0 dots" fill="none" stroke-width="5" stroke-linecap="round" d="{dots}"/>'
    )
    return _framed(f"{y_label} over {x_label}, {len(points)} rows", across, up, x_label, y_label, drawn)


def _line(curve: Curve, across: Scale, up: Scale) -> str:
    count = len(curve.x)
    every = max(1, math.ceil(count / MOST))
    places = [k for k in range(count) if k % every == 0 or k == count - 1]
    found, pen = [], "M"
    for k in places:
        y = curve.y[k]
        if y is None or not math.isfinite(y) or (up.logarithmic and y <= 0):
            pen = "M"
            continue
        found.append(f"{pen}{_n(LEFT + across.place(curve.x[k]))} {_n(TOP + UP - up.place(y))}")
        pen = "L"
    if len(found) == 1:
        found.append("h0")
    return "".join(found)


def _framed(label: str, across: Scale, up: Scale, x_label: str, y_label: str, drawn: str) -> str:
    parts = [
        f'<svg class="chart" role="img" aria-label="{escape(label)}" viewBox="0 0 {_n(WIDTH)} {_n(HEIGHT)}">',
    ]
    for y, text in up.ticks(5):
        at = _n(TOP + UP - up.place(y))
        parts.append(f'<path class="grid" d="M{_n(LEFT)} {at}h{_n(ACROSS)}"/>')
        parts.append(f'<text x="{_n(LEFT - 7)}" y="{at}" dy="4" text-anchor="end">{escape(text)}</text>')
    for x, text in across.ticks(8):
        at = _n(LEFT + across.place(x))
        parts.append(f'<path class="axis" d="M{at} {_n(TOP + UP)}v4"/>')
        parts.append(f'<text x="{at}" y="{_n(TOP + UP + 17)}" text-anchor="middle">{escape(text)}</text>')
    parts += [
        f'<path class="axis" d="M{_n(LEFT)} {_n(TOP + UP)}h{_n(ACROSS)}"/>',
        f'<text class="label" x="{_n(LEFT + ACROSS / 2)}" y="{_n(HEIGHT - 5)}" text-anchor="middle">'
        f"{escape(x_label)}</text>",
        f'<text class="label" transform="translate(13 {_n(TOP + UP / 2)}) rotate(-90)" text-anchor="middle">'
        f"{escape(y_label)}</text>",
        drawn,
        "</svg>",
    ]
    return "".join(parts)


def _n(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")
