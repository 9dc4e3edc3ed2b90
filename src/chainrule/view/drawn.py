"""What a page needs to draw the same picture again when a group is opened: boxes, their words and their sizes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..graph import Variable
from .boxes import SHOWS, STYLES, Box, Style, Word, box_of_group, box_of_variable
from .captions import captions, described, flag_text
from .glyphs import GLYPHS
from .groups import Group
from .limits import limits
from .outline import Outline
from .theme import THEMES, style_sheet


def drawn_variable(outline: Outline, v: Variable, styles: Sequence[Style]) -> dict[str, Any]:
    """Of a variable."""
    return _drawn({style: box_of_variable(outline, v, style) for style in styles}, described(outline, v))


def drawn_group(outline: Outline, group: Group) -> dict[str, Any]:
    """Of a closed group, which looks alike in all styles."""
    return _drawn({STYLES[0]: box_of_group(outline, group)}, group.title)


def drawn_caption(outline: Outline) -> dict[str, Any]:
    name, what, width = captions(outline)
    return {"name": name, "described": what, "width": width}


def constants() -> dict[str, Any]:
    """What every graph is drawn with."""
    glyphs = {
        structure: {
            "lines": glyph.lines,
            "areas": glyph.areas,
            "letters": glyph.letters,
        }
        for structure, glyph in GLYPHS.items()
    }
    sheets = {theme: style_sheet(theme) for theme in THEMES}
    return {"glyphs": glyphs, "style_sheets": sheets, "thresholds": limits()}


def _drawn(boxes: dict[Any, Box], title: str) -> dict[str, Any]:
    found: dict[str, Any] = {"title": title, "boxes": {style: _box(box) for style, box in boxes.items()}}
    first = next(iter(boxes.values()))
    numbers = next((each.texts for line in first.lines for each in line if each.texts), None)
    if numbers:
        found["numbers"] = {show: numbers[show] for show in SHOWS}
    if first.flag:
        found["flag"] = list(flag_text(first.flag))
    return found


def _box(box: Box) -> dict[str, Any]:
    found: dict[str, Any] = {
        "size": [box.width, box.height],
        "lines": [[_word(each) for each in line] for line in box.lines],
    }
    if box.sign:
        found["sign"] = [_word(each) for each in box.sign]
    return found


def _word(each: Word) -> list[Any]:
    plain = ["" if each.texts else each.text, each.kind, each.size, each.width]
    return [*plain, each.variable, each.argument] if each.kind == "chip" else plain
