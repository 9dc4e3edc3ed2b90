"""One run of a function on traced arguments: the graph, what Python asked, what it returned."""

from __future__ import annotations

import enum
import random
import sys
from collections.abc import Iterator, Sequence
from types import CodeType, FunctionType
from typing import Any, NamedTuple

from ... import tree
from ...errors import Origin, user_frame
from ...errors.origin import RawOrigin
from ...graph import Graph, Variable, extract, extracted
from ...interpret import evaluate
from ...original import np
from ...tracing import Array, Fillable, Guard, memory_of
from ...tracing.array import ARRAY, PYTHON, SCALAR
from ...tracing.memory import arrays_among
from ..scope import Scope, is_borrowed, read_only, transform
from .native import Tiered
from .occurrences import Use, asks_for_types, span_at
from .signature import Signature, Untraceable
from .surroundings import Present, Surroundings, view_of

_SOMEWHERE = "somewhere in it"
_IMMUTABLE = (str, bytes, bool, int, float, complex, type(None), type, range, np.dtype, np.generic, enum.Enum)


class HiddenInput(NamedTuple):
    """An input of the graph that is no argument: the array at a place, or a view of its memory."""

    place: int
    view: tuple[int, tuple[int, ...], tuple[int, ...]] | None  # offset, shape, strides


class Asked(NamedTuple):
    """Python asked for a value."""

    number: int  # of the variable
    answer: bytes
    origin: RawOrigin | None


class Output(NamedTuple):
    """A leaf of the result: a variable and the kind of its array, or a value."""

    number: int  # of the variable, or -1
    kind: int
    value: Any  # where there is no variable: a constant


class Recording(NamedTuple):
    """A path through the function.

    Attributes
    ----------
    variables : dict
        Those of the graph, by the number that they had in the trace: equal for equal beginnings of two paths.
    inputs : list of int
        The arguments' numbers.
    hidden : dict
        Those of other inputs.
    """

    graph: Graph
    variables: dict[int, Variable]
    inputs: list[int]
    hidden: dict[int, HiddenInput]
    asked: list[Asked]
    outputs: list[Output]
    rebuild: Any
    was_shown: bool
    drew: list[str]  # places where random numbers were drawn
    donated: frozenset[int] = frozenset()  # the numbers of inputs whose memory the caller gives away


class Recorder:
    """What `jit` learns while a function is traced."""

    def __init__(self, present: Present, scope: Scope):
        self.present, self.scope = present, scope
        self.values: dict[int, Any] = {}  # of the inputs, by number
        self.found: list[FunctionType] = []  # whose code was not found by name
        self.inputs: dict[HiddenInput, Variable] = {}
        self.uses: dict[int, set[Use]] = {}
        self.looked_at: set[int] = set()  # places of arrays that NumPy has computed with by itself
        self.has_derived = False  # whether there are constants that NumPy may have made of arrays from outside
        self.was_shown = False
        self.drew_at: list[str] = []
        self.refused: str | None = None

        for (
            place,
            form,
        ) in present.forms.items():  # all of them, so that the same ones have the same numbers on all paths
            self._add(HiddenInput(place, None), *form)

    def _add(self, hidden: HiddenInput, shape: tuple[int, ...], dtype: Any) -> Variable:
        v = self.inputs[hidden] = self.scope.hidden_input(shape, dtype)
        return v

    def captured(self, x: Any) -> Variable | None:
        if type(x) is Fillable:
            return None
        present, view = self.present, None
        place, root = present.place_of(x)
        if place is None:
            self.has_derived |= x.dtype.kind in "fc"
            return None
        if root is not x:
            if self.scope.trace.bodies or x.dtype != root.dtype:
                return None
            view = view_of(x, root)
        if place not in present.forms or not present.is_as_before(place, root):
            return None
        hidden = HiddenInput(place, view)
        v = self.inputs.get(hidden)
        if v is None:
            v = self._add(hidden, x.shape, x.dtype)
        frame = user_frame()
        span = span_at(*frame) if frame else None
        if frame is not None and span is not None:
            self.uses.setdefault(place, set()).add(Use(frame[0], span, view is not None))
        return v

    def computed_with(self, sources: Any) -> None:
        for x in arrays_among(sources):
            place = None if type(x) is Fillable else self.present.place_of(x)[0]
            if place is not None:
                self.looked_at.add(place)

    def shown(self) -> None:
        self.was_shown = True

    def refuse(self, reason: str) -> None:
        self.refused = reason

    def drew(self) -> None:
        frame = user_frame()
        self.drew_at.append(f"{Origin(frame)}: {Origin(frame).source.strip()}" if frame else "the function")


def record(
    function: Any,
    signature: Signature,
    args: tuple[Any, ...],
    keywords: dict[str, Any],
    objects: Sequence[Any],
    surroundings: Surroundings,
) -> tuple[Recording, Recorder]:
    """Trace a function.

    Parameters
    ----------
    objects : sequence
        The arguments that are no arrays.

    Raises
    ------
    Untraceable
        If it returns what cannot be made anew.
    """
    if any(map(asks_for_types, surroundings.codes)):
        raise Untraceable("its code asks for exact types by type(...), and not by isinstance")
    present = Present(surroundings, function, objects)
    state = _random_state(surroundings)
    with recording_transform() as scope:
        trace = scope.trace
        recorder = trace.recorder = Recorder(present, scope)
        arrays: list[Array] = []

        def traced(x: Any) -> Array:
            arrays.append(scope.argument(x))
            return arrays[-1]

        new_args, new_keywords = signature.rebuilt(args, keywords, traced)
        inputs = [x.variable for x in arrays]
        result = function(*new_args, **new_keywords)
        if recorder.refused is not None:
            raise Untraceable(recorder.refused)
        leaves, rebuild = tree.flatten(result)
        finals = [_output(x, recorder, objects) for x in leaves]
        if recorder.was_shown and any(isinstance(x, (str, bytes)) for x in leaves):
            raise Untraceable("it returns a text, and makes texts of traced values")
        trace.check_captured()
        changed = {place.index for place in surroundings.changed(function, objects, present.snapshots)}
        hidden: dict[int, HiddenInput] = {}
        for each, v in recorder.inputs.items():
            if v.number in trace.values:
                if each.place in changed:
                    v.value = read_only(np.array(trace.values[v.number]))  # the function has made it what it was
                else:
                    hidden[v.number] = each
        asked = [Asked(g.variable.number, g.answer, g.origin) for g in _deciding(trace.guards, trace.kept)]
        wanted = [*(v for v, _, _ in finals if v is not None), *(trace.graph.variables[a.number] for a in asked)]
        taken = [*inputs, *(trace.graph.variables[n] for n in hidden)]
        graph, known = extracted(trace.graph, taken, wanted, "jit")
        for v in graph.variables:
            if is_borrowed(v):
                v.value = read_only(v.value.copy(order="K"))
        outputs = [Output(-1 if v is None else v.number, kind, value) for v, kind, value in finals]
        numbers = [v.number for v in inputs]
        recorder.values = {v.number: trace.values[v.number] for v in taken}
        codes = [v.origin[0] for v in trace.graph.variables if v.operation is not None and v.origin is not None]
        recorder.found = surroundings.unknown_functions(set(codes) - set(_codes_around()))
        drew = recorder.drew_at or ([_SOMEWHERE] if _random_state(surroundings) != state else [])
    return Recording(graph, known, numbers, hidden, asked, outputs, rebuild, recorder.was_shown, drew), recorder


def computed(recording: Recording, recorder: Recorder, is_first: bool) -> dict[int, Any]:
    """The outputs' values in the very call that was recorded: by the code that later calls run, so to the same bits."""
    known, given = recording.variables, recorder.values
    numbers = list(dict.fromkeys(y.number for y in recording.outputs if y.number >= 0))
    if not numbers:
        return {}
    graph = extract(recording.graph, [known[n] for n in given], [known[n] for n in numbers], "jit")
    run = Tiered(graph, not recording.asked, is_first)
    with np.errstate(all="ignore"):
        return dict(zip(numbers, run(list(given.values())), strict=True))


def _silently(targets: Sequence[Variable], values: dict[int, Any]) -> list[Any]:
    """No floating-point warnings: they are of no use where a value is computed, or not, by whether it is needed."""
    with np.errstate(all="ignore"):
        return evaluate(targets, values)


def _deciding(guards: Sequence[Guard], kept: int) -> list[Guard]:
    """The guards whose answer depends on what is given, each once."""
    return list(
        {
            g.variable.number: g for g in reversed(guards) if g.variable.mask & kept and not g.variable.is_constant
        }.values()
    )[::-1]


def _output(x: Any, recorder: Recorder, objects: Sequence[Any]) -> tuple[Variable | None, int, Any]:
    if type(x) is Array:
        return x.variable, x.kind, None
    x = memory_of(x)
    if type(x) is np.ndarray or type(x) is np.memmap:
        v = recorder.captured(x) if x.dtype.kind in "fciub" else None
        if v is not None:
            return recorder.scope.trace.capture(x), ARRAY, None
        return None, ARRAY, x.copy(order="K")
    if isinstance(x, _IMMUTABLE):
        return None, SCALAR, x
    for k, each in enumerate(objects):
        if x is each:
            return None, PYTHON, k
    raise Untraceable(f"it returns an object of type {type(x).__name__}, which jit cannot make anew")


def _codes_around() -> Iterator[CodeType]:
    """Of the functions that have called us: what is made after the traced one has returned seems to be made there."""
    frame = sys._getframe(1)
    while frame is not None:
        yield frame.f_code
        frame = frame.f_back


def _random_state(surroundings: Surroundings) -> list[Any]:
    """Of all generators that can be reached by name."""
    states: list[Any] = [random.getstate(), _plain(np.random.get_state(legacy=False))]
    for each in surroundings.generators:
        states.append(each.getstate() if isinstance(each, random.Random) else _plain(_state_of(each)))
    return states


def _state_of(generator: Any) -> Any:
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    return generator.bit_generator.state


def _plain(state: Any) -> Any:
    if isinstance(state, dict):
        return {key: _plain(value) for key, value in state.items()}
    return state.tobytes() if isinstance(state, np.ndarray) else state


class recording_transform(transform):
    """A trace of its own, which is kept."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__()
        trace = self.scope.trace
        trace.evaluator, trace.kept = _silently, 1
