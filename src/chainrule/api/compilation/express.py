"""The short way through a call: where arguments, and all that the function reads besides, are as they were before.

Whether they are is asked by identity, many at a time, and the arrays' types by the native code itself. A call that is
different in anything goes the long way, which compares by value and finds out what has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, final

from ... import tree
from ...compile import Direct
from ...original import np
from ...tracing.array import ARRAY, PYTHON
from .forms import Form, form_of
from .native import Tiered
from .paths import Paths, Segment
from .places import Place
from .recording import Output
from .signature import is_dynamic
from .spares import Spares
from .surroundings import Surroundings
from .unchanged import Unchanged

MISSED = object()  # the call has to go the long way


@final
class Express:
    """Calls with positional arguments of one kind; `of` makes one, if the function allows it."""

    __slots__ = (
        "_changes",
        "_constants",
        "_direct",
        "_form",
        "_hidden",
        "_inputs",
        "_order",
        "_rebuild",
        "_scalars",
        "_spares",
        "_statics",
        "_unchanged",
    )

    @classmethod
    def of(
        cls, function: Any, surroundings: Surroundings, paths: Paths, args: tuple[Any, ...], objects: Sequence[Any]
    ) -> Express | None:
        """For calls like the present one; None where there is more to do than to run native code once."""
        segment = paths.root
        if segment is None or segment.asked is not None or segment.program is None or segment.program.views:
            return None
        run = segment.program.run
        direct = run.direct if isinstance(run, Tiered) else None
        if direct is None or not all(isinstance(each, type) for each in objects):
            return None
        if any(y.number < 0 and y.kind == PYTHON for y in segment.recording.outputs):  # an object among the arguments
            return None
        if any(hidden.view is not None for hidden in paths.hidden.values()):
            return None
        known, form = surroundings.read(function, objects), form_of(args)
        if isinstance(known, Place) or form is None:
            return None
        return cls(direct, segment, paths, known, form, args, Unchanged(surroundings, known))

    def __init__(
        self,
        direct: Direct,
        segment: Segment,
        paths: Paths,
        known: Sequence[Any],
        form: Form,
        args: tuple[Any, ...],
        unchanged: Unchanged,
    ):
        leaves = tree.flatten(args)[0]
        self._direct, self._form, self._unchanged = direct, form, unchanged
        dynamic = [k for k, x in enumerate(leaves) if is_dynamic(x)]
        self._scalars = [(k, type(leaves[k])) for k in dynamic if not isinstance(leaves[k], np.ndarray)]
        self._statics = [(k, x) for k, x in enumerate(leaves) if k not in set(dynamic)]
        self._hidden = [known[hidden.place] for hidden in paths.hidden.values()]
        places = dict(zip(paths.inputs, dynamic, strict=True))
        places |= {n: len(leaves) + k for k, n in enumerate(paths.hidden)}
        assert segment.program is not None
        inputs = [places[n] for n in segment.program.taken]
        self._inputs = None if inputs == list(range(len(leaves) + len(self._hidden))) else inputs
        self._spares = Spares.of(segment, direct)
        self._rebuild = segment.recording.rebuild
        self._look_at_outputs(segment.recording.outputs, segment.program.given, direct.is_fresh)

    def _look_at_outputs(self, outputs: Sequence[Output], given: Sequence[int], is_fresh: Sequence[bool]) -> None:
        """Which results the leaves are, and what is made of some: nothing else may refer to their arrays."""
        places = {n: k for k, n in enumerate(given)}
        self._constants = [y.value for y in outputs if y.number < 0]
        self._changes: list[tuple[int, Callable[[Any], Any]]] = []
        order: list[int] = []
        constants = 0
        for number, y in enumerate(outputs):
            if y.number < 0:
                k = len(given) + constants
                constants += 1
                if y.kind == ARRAY:
                    self._changes.append((number, _copy))
            else:
                k = places[y.number]
                if y.kind != ARRAY:
                    self._changes.append((number, _item if y.kind == PYTHON else _scalar))
                elif not is_fresh[k] or k in order:
                    self._changes.append((number, _copy))
            order.append(k)
        self._order = None if order == list(range(len(given))) else order

    def is_current(self) -> bool:
        """Whether what the function reads besides its arguments is still the same."""
        return self._unchanged()

    def __call__(self, args: tuple[Any, ...]) -> Any:
        """The result, or MISSED."""
        leaves: list[Any] = []
        if not self._form.take(args, leaves):
            return MISSED
        for k, kind in self._scalars:
            if type(leaves[k]) is not kind:
                return MISSED
            leaves[k] = np.asarray(leaves[k])
        for k, value in self._statics:
            if leaves[k] is not value:
                return MISSED
        if not self._unchanged():
            return MISSED
        leaves += self._hidden
        inputs = leaves if self._inputs is None else [leaves[k] for k in self._inputs]
        if self._spares is None:
            results = self._direct(inputs)
        else:
            results = self._spares.call(self._direct, inputs)
        if results is None:
            return MISSED
        if self._order is not None:
            results = [*results, *self._constants]
            results = [results[k] for k in self._order]
        for k, change in self._changes:
            results[k] = change(results[k])
        return self._rebuild(results)


def _item(x: Any) -> Any:
    return x.item()


def _scalar(x: Any) -> Any:
    return x[()]


def _copy(x: Any) -> Any:
    return x.copy(order="K")
