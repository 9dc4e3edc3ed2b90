"""What a document holds of what is wrong with the numbers: findings, and the mark of a variable."""

from __future__ import annotations

from typing import Any, Final

from ..graph import Variable
from ..health import Finding
from .fading import fading
from .numbers import numbers
from .outline import Outline

MOST_POISONED: Final = 100  # that a finding names; every variable tells itself what it is poisoned by
ICONS: Final = {  # by kind, what a mark shows beside its word
    "non-finite": "burst",
    "non-finite input": "burst",
    "non-finite gradient": "burst",
    "poisoned": "drop",
    "absorbed": "shield",
    "vanishing": "down",
    "exploding": "up",
    "standstill": "pause",
    "dead": "cross",
    "saturated": "ceiling",
    "underflow": "floor",
    "cancellation": "minus",
    "unused": "unplugged",
    "blocked": "wall",
    "no derivative": "question",
    "failed": "cross",
}


def findings(outline: Outline) -> list[dict[str, Any]]:
    """Worst first."""
    return [_finding(outline, finding) for finding in outline.measured.findings] if outline.measured else []


def _finding(outline: Outline, finding: Finding) -> dict[str, Any]:
    assert outline.measured is not None
    found = finding.to_document()
    found["poisoned"] = found["poisoned"][:MOST_POISONED]
    found |= {
        "poisoned_count": len(finding.poisoned),
        "node": outline.number(finding.variable),
        "alike": [outline.number(each.variable) for each in finding.alike],
        "icon": ICONS[finding.kind],
        "reach": reach(outline, finding),
        "limits": outline.measured.thresholds.of(finding.kind),
    }
    if finding.kind in ("vanishing", "exploding") and found["node"] is not None:
        way = fading(outline.graph, outline.measured.gains, outline.graph.variables[found["node"]])
        if way is not None:
            products = [numbers(x) for x in way.products]
            found["way"] = {"path": way.path, "products": products, "at": way.at}
    return found


def reach(outline: Outline, finding: Finding) -> str | None:
    if finding.reaches_output is None:
        return None
    if finding.kind == "non-finite gradient":
        what = "a gradient by an input"
    else:
        what = "the loss" if "loss" in outline.roles else "the result"
    return f"reaches {what}" if finding.reaches_output else f"does not reach {what}"


def health(outline: Outline, v: Variable) -> dict[str, Any] | None:
    """The mark of a variable: the worst that was found of it, or what poisons it."""
    measured, name = outline.measured, outline.names[v.number]
    if name in outline.failed:
        why = outline.failed[name]
        found = {"kind": "failed", "severity": "error", "brief": "failed", "message": why}
        return found | {"icon": ICONS["failed"], "reach": None}
    if measured is None:
        return None
    finding = measured.flags.get(name)
    if finding is not None:
        found = {"kind": finding.kind, "severity": finding.severity, "brief": finding.brief}
        return found | {
            "message": finding.message,
            "icon": ICONS[finding.kind],
            "reach": reach(outline, finding),
        }
    if name not in measured.poisoned:
        return None
    cause = measured.poisoned[name].variable
    return {
        "kind": "poisoned",
        "severity": "note",
        "brief": f"by {cause}",
        "message": f"poisoned by {cause}",
        "icon": ICONS["poisoned"],
        "by": outline.number(cause),
    }
