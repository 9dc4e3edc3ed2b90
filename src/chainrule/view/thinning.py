"""What a document leaves out of large graphs, so that a page of them is small; the document says so."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Final, final

from ..graph import Variable
from .boxes import STYLES, Style
from .numbers import EXACT, FEW, PICTURES
from .outline import Outline

ARRAYS: Final = 20_000  # variables up to which small arrays are given in full, and all have histograms
BACKWARD: Final = 400  # variables of a graph up to which a page has the graph of its gradients too
DIGITS: Final = 7  # of the numbers of what is thinned


@final
class Detail:
    """How much is said of each variable of a graph.

    Flagged variables and results are never thinned.

    Attributes
    ----------
    styles : sequence of str
        The styles that boxes are told in: all of a small graph, else the one asked for.
    exact : bool
        Whether pictures have the numbers too.
    """

    def __init__(self, outline: Outline, style: Style):
        self.count = len(outline.graph)
        self.measured, self.spare = outline.measured, outline.spare
        self.styles: Sequence[Style] = STYLES if self.count <= PICTURES else (style,)
        self.exact = self.count <= EXACT and not outline.elsewhere
        self._roles, self._names, self._elsewhere = outline.roles, outline.names, outline.elsewhere
        self._sampled: set[Hashable] = set()
        self._outputs = {v.number for v in outline.graph.outputs}

    @property
    def announced(self) -> str | None:
        """What is left out, in a sentence; None where nothing is."""
        if self.spare:
            return "statistics only"
        if self.measured is None or self.count <= PICTURES:
            return None
        if self.count <= ARRAYS:
            return (
                f"{self.count:,} variables: pictures of parameters and of what is flagged only, "
                "histograms and statistics of all; samples of one local Jacobian of a kind"
            )
        return (
            f"{self.count:,} variables: statistics of all; numbers, histograms and pictures of what is flagged only; "
            "samples of one local Jacobian of a kind"
        )

    def sample(self, v: Variable) -> bool:
        """Whether the local Jacobians of the operation that made it are sampled: of equal ones the first."""
        if self.spare or self.measured is None or v.operation is None or not self.measured.has_value(v):
            return False
        kind = (v.operation, v.parameters, v.part, *[u.type for u in v.inputs])
        is_new = kind not in self._sampled
        self._sampled.add(kind)
        return self.count <= PICTURES or self._is_kept(v) or (is_new and len(self._sampled) <= PICTURES)

    def _is_kept(self, v: Variable) -> bool:
        flagged = self.measured is not None and self._names[v.number] in self.measured.flags
        return flagged or v.number in self._outputs

    def picture(self, v: Variable) -> bool:
        if self.spare or v.number in self._elsewhere:
            return False
        if self.count <= PICTURES or self._is_kept(v):
            return True
        return self.count <= ARRAYS and self._roles[v.number] == "parameter"

    def histogram(self, v: Variable) -> bool:
        if self.spare or v.number in self._elsewhere:
            return False
        return self.count <= ARRAYS or self._is_kept(v)

    def numbers(self, v: Variable) -> bool:
        if self.spare:
            return v.size == 1
        return v.size <= FEW and (v.size == 1 or self.count <= ARRAYS or self._is_kept(v))
