"""`np.errstate` in a traced function.

What stands in it is computed later. If it asks for silence, all that the function computes is silent; if it asks for
an error, what it has made is computed before it ends, so that the error is raised where the program waits for it.
"""

from __future__ import annotations

from typing import Any

from ...original import np
from ..activity import active
from .creation import is_answered


class errstate(np.errstate):
    """Leaves word with the trace."""

    def __init__(self, **kinds: Any):
        super().__init__(**kinds)
        self._wanted, self._start = set(kinds.values()), None

    def __enter__(self) -> None:
        super().__enter__()
        self._start = None
        if is_answered():
            trace: Any = active.trace
            trace.silenced |= "ignore" in self._wanted
            self._start = len(trace.graph.variables)

    def __exit__(self, *error: Any) -> None:
        try:
            if error[0] is None and self._start is not None and "raise" in self._wanted and is_answered():
                self._compute_now()
        finally:
            super().__exit__(*error)

    def _compute_now(self) -> None:
        """So that an error is raised where the program waits for it."""
        trace: Any = active.trace
        if trace.recorder is not None:
            trace.recorder.refuse("it waits for floating-point errors, by np.errstate")
        if trace.has_values:
            made = trace.graph.variables[self._start :]
            trace.evaluate([v for v in made if v.operation is not None])

    def __call__(self, function: Any) -> Any:
        if is_answered() and "ignore" in self._wanted:
            active.trace.silenced = True  # type: ignore[union-attr]
        return super().__call__(function)
