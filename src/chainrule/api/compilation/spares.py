"""Memory that callers have given away, for the results of later calls.

Results never go where the arguments of the same call lie: what one call is given, the next one writes to.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from operator import itemgetter
from typing import Any, final

from ...compile import Direct
from ...original import np
from .paths import Segment

_MOST = 8  # calls' worth


@final
class Spares:
    """For calls of one program.

    Parameters
    ----------
    sources : sequence of int or None
        For each array that the program makes, the input of its shape and dtype whose memory it may have; each once.
    others : sequence of int
        The inputs that are not given away.
    """

    __slots__ = ("_new", "_others", "_pick", "_waiting")

    def __init__(self, sources: Sequence[int | None], others: Sequence[int], direct: Direct):
        self._others = others
        self._pick = itemgetter(*[k or 0 for k in sources], 0)
        forms = zip(sources, direct.shapes, direct.dtypes, strict=True)
        self._new = [(place, shape, dtype) for place, (k, shape, dtype) in enumerate(forms) if k is None]
        self._waiting: deque[tuple[list[Any], set[int]]] = deque(maxlen=_MOST)

    @classmethod
    def of(cls, segment: Segment, direct: Direct) -> Spares | None:
        """For the program of a segment; None where nothing is given away that it could use."""
        assert segment.program is not None
        taken, by_number = segment.program.taken, segment.numbered.by_number
        donated = [k for k, n in enumerate(taken) if n in segment.recording.donated]
        left = {k: (by_number[taken[k]].shape, by_number[taken[k]].dtype) for k in donated}
        sources: list[int | None] = []
        for form in zip(direct.shapes, direct.dtypes, strict=True):
            source = next((k for k, other in left.items() if other == form), None)
            if source is not None:
                del left[source]
            sources.append(source)
        others = [k for k in range(len(taken)) if k not in donated]
        return cls(sources, others, direct) if any(k is not None for k in sources) else None

    def call(self, direct: Direct, inputs: list[Any]) -> list[Any] | None:
        """The results; None where an argument is not the caller's to give, or as `direct` says."""
        used = set(map(id, inputs))
        if len(used) != len(inputs):
            return None
        for k in self._others:
            base = inputs[k].base
            if base is not None:
                if id(base) in used:
                    return None
                used.add(id(base))
        results = direct(inputs, self._spare(used))
        if results is not None:
            spare = list(self._pick(inputs))
            spare.pop()
            for place, shape, dtype in self._new:
                spare[place] = np.empty(shape, dtype)
            self._waiting.append((spare, set(map(id, spare))))
        return results

    def _spare(self, used: set[int]) -> list[Any] | None:
        """Arrays that nobody uses: what was given away before, unless it has come back."""
        if not self._waiting:
            return None
        try:
            arrays, known = self._waiting.popleft()
        except IndexError:  # another thread was faster
            return None
        return arrays if used.isdisjoint(known) else None
