"""What stands in the box of a variable or of a closed group, and how large the box is."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass, field
from typing import Final, Literal

from ..graph import Variable
from .groups import Group
from .marks import flag_of, health_text, memory_text, worst_flag
from .outline import Outline
from .text_width import shortened, text_width
from .words import bodies, constant_text, number_text, shape_text, sign, value_text, word

Style = Literal["compact", "lecture"]
Show = Literal["value", "gradient", "jacobian", "health", "memory"]

STYLES: Final[tuple[Style, ...]] = ("compact", "lecture")
SHOWS: Final[tuple[Show, ...]] = ("value", "gradient", "jacobian", "health", "memory")
LARGE: Final = 12.0  # sizes of letters
SMALL: Final = 10.0
SMALLEST: Final = 9.0
LETTERS: Final = 26  # of a name
MARGIN: Final = 10.0
FLAG: Final = 8.0  # more height for a mark
HEADER: Final = 24.0  # of an open group
SIGN_HEIGHT: Final = 20.0  # of the lecture's sign of an operation
SIGN_APART: Final = 14.0  # and its distance from the variable that it makes


@dataclass
class Word:
    """A piece of a line of text."""

    text: str
    kind: str  # "name", "math", "operation", "muted", "number", "chip"
    size: float
    variable: int = -1  # of a chip, the constant that it shows
    argument: int = -1
    texts: dict[Show, str] | None = None  # of a number: what stands here by what the picture shows

    @functools.cached_property
    def width(self) -> float:
        """The room that it has: the same whatever the picture shows, so that boxes stay where they are."""
        bold = 1.08 if self.kind == "name" else 1.0
        texts = self.texts.values() if self.texts else (self.text,)
        widest = max(text_width(text, self.size) for text in texts)
        return math.ceil(2.0 * bold * widest) / 2.0 + (8.0 if self.kind == "chip" else 0.0)


@dataclass(slots=True)
class Box:
    """Lines of words, from the top.

    Attributes
    ----------
    width, height : float
    lines : list of list of Word
    sign : list of Word
        In the lecture's style, the operation: it stands where the edges arrive.
    flag : (word, severity, message) or None
    """

    width: float
    height: float
    lines: list[list[Word]]
    sign: list[Word] = field(default_factory=list)
    flag: tuple[str, str, str] | None = None


def apart(words: list[Word]) -> float:
    """The width of a line."""
    return sum(each.width for each in words) + 6.0 * (len(words) - 1)


def box_of_variable(outline: Outline, v: Variable, style: Style, show: Show = "value") -> Box:
    operation = _operation(outline, v, sign(v) if style == "lecture" else word(v)) if v.operation else []
    label = shortened(outline.label(v), LETTERS)
    shape, number = shape_text(v.shape), _number(outline, v, show)
    if style == "lecture":
        first = [Word(label, "math", LARGE)]
    elif v.operation is None:
        first = [Word(label, "name", LARGE)]
    elif v.name:
        first = [Word(label, "name", LARGE), *operation]
    else:
        for each in operation:
            if each.kind == "operation":
                each.kind = "name"
        first = [*operation, Word(label, "muted", SMALLEST)]
    second = [Word(shape, "muted", SMALL)] if shape else []
    second += [number] if number else []
    held = bodies(v)
    if held and style == "compact":
        count = sum(len(body.graph) - len(body.graph.inputs) for _, body in held)
        second.append(Word(f"holds {count} operation{'s' * (count != 1)}", "muted", SMALL))
    lines = [first, second] if second else [first]
    flag = flag_of(outline, v)
    width = max(map(apart, lines)) + 2 * MARGIN + (6.0 if v.operation is None or style == "lecture" else 0.0)
    height = 40.0 if len(lines) > 1 else 28.0
    if flag is not None:
        width = max(width, text_width(flag[0], SMALLEST) + 60.0)
        height += FLAG
    if style == "lecture":
        width, height = max(width, height), max(height, 34.0)
        if operation:
            width = max(width, apart(operation) + 14.0)
            height += SIGN_HEIGHT + SIGN_APART
        return Box(width, height, lines, operation, flag)
    return Box(max(width, 44.0), height, lines, [], flag)


def _operation(outline: Outline, v: Variable, text: str) -> list[Word]:
    """The operation among the constants that it is applied to, as they stand."""
    words = [Word(shortened(text, LETTERS), "operation", LARGE)]
    before = True
    for k, u in enumerate(v.inputs):
        if outline.tree.home[u.number] >= 0:
            before = False
            continue
        chip = Word(constant_text(u, outline.names[u.number]), "chip", SMALL, u.number, k)
        words.insert(len(words) - 1 if before and len(v.inputs) > 1 else len(words), chip)
    return words


def _number(outline: Outline, v: Variable, show: Show) -> Word | None:
    """The one number of a box: of a scalar its value, of an array the root mean square."""
    return _one_of({each: _number_text(outline, v, each) for each in SHOWS}, show)


def _one_of(texts: dict[Show, str], show: Show) -> Word | None:
    return Word(texts[show], "number", SMALL, texts=texts) if any(texts.values()) else None


def _number_text(outline: Outline, v: Variable, show: Show) -> str:
    measured = outline.measured
    if measured is None or not measured.has_value(v):
        return ""
    if show == "health":
        return health_text(outline, [v])
    if show == "memory":
        return memory_text(outline, [v])
    if show == "value":
        array, rms, before = measured.value(v), measured.rms(v), ""
        if v.size != 1 and v.dtype.kind not in "fc":
            return ""
    else:  # beside local Jacobians stands what they are multiplied with
        array, rms, before = measured.gradient(v), measured.gradient_rms(v), "∂ "
        if array is None:
            return "∂ –"
    return before + ("" if v.size == 1 else "rms ") + value_text(array, rms)


def over_copies(outline: Outline, group: Group, show: Show) -> list[float]:
    """Least, middle and greatest root mean square of what the copies of a group give; empty without numbers.

    A group that is no fold is its own only copy.
    """
    measured, found = outline.measured, []
    for number in outline.tree.copies(group.number):
        made = [n for n in outline.tree.members(number) if outline.graph.variables[n].operation]
        if measured is not None and made:
            v = outline.graph.variables[made[-1]]
            rms = measured.rms(v) if show == "value" else measured.gradient_rms(v)
            found += [] if rms is None else [rms]
    found.sort()
    return [found[0], found[len(found) // 2], found[-1]] if found else []


def _group_text(outline: Outline, group: Group, show: Show) -> str:
    if outline.measured is None:
        return ""
    members = [outline.graph.variables[n] for n in outline.tree.members(group.number)]
    if show == "health":
        return health_text(outline, members)
    if show == "memory":
        return memory_text(outline, members)
    texts = [number_text(x) for x in over_copies(outline, group, show)]
    before = "rms" if show == "value" else "∂ rms"
    return f"{before} {' … '.join(dict.fromkeys(texts))}" if texts else ""


def box_of_group(outline: Outline, group: Group, show: Show = "value") -> Box:
    """A closed group."""
    graph, members = outline.graph, outline.tree.members(group.number)
    first = [Word(shortened(group.title, LETTERS), "name", LARGE)]
    if group.copies > 1:
        first.append(Word(f"× {group.copies}", "operation", LARGE))
    operations = sum(graph.variables[n].operation is not None for n in members)
    parameters = sum(graph.variables[n].size for n in members if outline.roles[n] == "parameter")
    parts = [f"{n:,} {word}{'s' * (n != 1)}" for n, word in ((operations, "operation"), (parameters, "parameter")) if n]
    second = [Word(" · ".join(parts) or f"{len(members):,} variables", "muted", SMALL)]
    lines = [first, second]
    number = _one_of({each: _group_text(outline, group, each) for each in SHOWS}, show)
    if number:
        lines.append([number])
    flag = worst_flag(outline, [graph.variables[n] for n in members])
    width = max(80.0, max(map(apart, lines)) + 2 * MARGIN + 8.0)
    height = (44.0 if len(lines) == 2 else 58.0) + FLAG * (flag is not None)
    return Box(width, height, lines, [], flag)
