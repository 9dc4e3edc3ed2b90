"""One thing that was found: which kind, how bad, of which variable, made where, in one sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final, Literal, final

from ..errors import Origin
from ..errors.layout import layout

Severity = Literal["error", "warning", "note"]
MOST_ALIKE: Final = 100  # findings on one line that are told of
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@final
@dataclass(frozen=True)
class Finding:
    """One thing that a diagnosis found.

    Attributes
    ----------
    kind : str
        "non-finite", "non-finite input", "non-finite gradient", "absorbed", "vanishing", "exploding", "standstill",
        "dead", "saturated", "underflow", "cancellation", "unused", "blocked" or "no derivative".
    severity : {"error", "warning", "note"}
        A result or gradient that is not finite; numbers that lose their meaning; what does no harm but is worth
        knowing.
    variable : str or None
        Its name in the graph of the diagnosis.
    origin : Origin or None
        The user's line: `origin.file`, `origin.line`, `origin.source`. Of a backward finding the forward line.
    message : str
        One sentence.
    operation : str or None
    index : tuple of int or None
        The first entry that is ill.
    inputs : tuple of str
        What the operation was applied to: names, shapes, ranges.
    poisoned : tuple of str
        The variables that are not finite because of it (for a gradient: the inputs whose gradients are not).
    reaches_output : bool or None
        Whether the output (for a gradient: a gradient by an input) is among them.
    cure : str or None
        Another way to write it that was found to stay finite here.
    brief : str
        What matters in two or three words: "first cause", "32 of 32 units".
    repeats : int
        How many findings of this kind there are on this line; this is the first.
    alike : tuple of Finding
        The others, not more than a hundred.
    """

    kind: str
    severity: Severity
    variable: str | None
    origin: Origin | None
    message: str
    operation: str | None = None
    index: tuple[int, ...] | None = None
    inputs: tuple[str, ...] = ()
    poisoned: tuple[str, ...] = field(default=(), repr=False)
    reaches_output: bool | None = None
    cure: str | None = None
    brief: str = ""
    repeats: int = 1
    alike: tuple[Finding, ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        more = f" ({self.repeats} times on this line)" if self.repeats > 1 else ""
        parts = (("got", "\n".join(self.inputs)), ("poisons", _listed(self.poisoned)), ("try", self.cure))
        return layout(f"{self.severity}: {self.message}{more}", self.origin, parts)

    @property
    def sentence(self) -> str:
        """All that matters in one line: message, place and ranges."""
        place = f", at {self.origin} in {self.origin.function}" if self.origin else ""
        return self.message + place + (f": {'; '.join(self.inputs)}" if self.inputs else "")

    def to_document(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers."""
        return {
            "kind": self.kind,
            "severity": self.severity,
            "variable": self.variable,
            "file": self.origin.file if self.origin else None,
            "line": self.origin.line if self.origin else None,
            "message": self.message,
            "brief": self.brief,
            "operation": self.operation,
            "index": None if self.index is None else list(self.index),
            "inputs": list(self.inputs),
            "poisoned": list(self.poisoned),
            "reaches_output": self.reaches_output,
            "cure": self.cure,
            "repeats": self.repeats,
        }


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
