"""What is wrong with the numbers of a variable, as a mark on its box; and in a few words, as what it keeps for the way
back, in the layers of the picture that show these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ..graph import Variable
from ..health import Finding
from .findings import reach
from .outline import Outline
from .words import number_text

UNITS: Final = ("kB", "MB", "GB", "TB")

Flag = tuple[str, str, str]  # text, severity, message


def flag_of(outline: Outline, v: Variable) -> Flag | None:
    """The mark of a variable; notes have one only where a number is not finite."""
    measured, name = outline.measured, outline.names[v.number]
    if name in outline.failed:
        return "failed", "error", outline.failed[name]
    if measured is None:
        return None
    finding = measured.flags.get(name)
    if finding is not None and (finding.severity != "note" or _is_cause(finding)):
        return marked(finding), finding.severity, finding.message
    if name in measured.poisoned:
        cause = measured.poisoned[name]
        return f"poisoned by {cause.variable}", "note", f"not finite because of {cause.variable}"
    return None


def worst_flag(outline: Outline, members: Iterable[Variable]) -> Flag | None:
    """The mark of a closed group."""
    order = ("error", "warning", "note")
    flags = [each for v in members if (each := flag_of(outline, v)) is not None]
    return min(flags, key=lambda flag: order.index(flag[1]), default=None)


def health_text(outline: Outline, members: Sequence[Variable]) -> str:
    """Of a variable: whether what is wrong reaches the result; of several, how many are ill."""
    measured = outline.measured
    assert measured is not None
    if len(members) > 1:
        ill = sum(flag_of(outline, v) is not None for v in members)
        return f"{ill:,} flagged" if ill else "ok"
    (v,) = members
    finding = measured.flags.get(outline.names[v.number])
    if finding is None:
        return "not finite" if outline.names[v.number] in measured.poisoned else "ok"
    return reach(outline, finding) or finding.kind


def memory_text(outline: Outline, members: Sequence[Variable]) -> str:
    """What is kept for the way back."""
    kept = sum(map(outline.kept.bytes_of, members))
    return f"keeps {bytes_text(kept)}" if kept else "not kept" if len(members) == 1 else "keeps nothing"


def bytes_text(count: int) -> str:
    """`16.4 kB`, in powers of a thousand."""
    if count < 1000:
        return f"{count} B"
    power = 1
    while power < len(UNITS) and count / 1000**power >= 999.5:
        power += 1
    return f"{number_text(count / 1000**power)} {UNITS[power - 1]}"


def _is_cause(finding: Finding) -> bool:
    return finding.kind.startswith("non-finite")


def marked(finding: Finding) -> str:
    """The words of a mark: `dead, 32 of 32 units`."""
    return f"{finding.kind}, {finding.brief}" if finding.brief else finding.kind
