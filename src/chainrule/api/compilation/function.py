"""The compiled function: what the user holds and calls."""

from __future__ import annotations

import contextlib
import copy
import functools
import inspect
import threading
import types
from collections.abc import Callable, Iterator, Sequence
from types import FunctionType
from typing import Any, NamedTuple

from ... import tree
from ...errors import ArgumentError, users_frames_only
from ...original import np
from ...tracing import Array, active
from ...tracing.array import ARRAY, PYTHON
from ..arguments import check_callable
from ..scope import hand_on_graph, plain, read_only
from ..transformed import named_as
from . import report
from .donation import check_donated, donated_arrays
from .express import MISSED, Express
from .occurrences import Use
from .paths import Paths, Segment
from .places import Path, Place
from .recording import Output, Recorder, Recording, computed, record
from .report import Retrace
from .signature import Call, Same, Signature, Traced, Untraceable, described
from .surroundings import Present, Surroundings, TooMuch

MOST_PATHS = 64
MOST_SIGNATURES = 256
MOST_STATES = 8
_MOST_EXPRESS = 4
_MOST_EXPRESS_MADE = 16  # after a trace: then what they compare changes too often
_MOST_CALLS = 4  # until all functions that the function reaches are known


class Taken(NamedTuple):
    """The path that a call takes: its segments, and names for what they are given, by number."""

    segments: list[Segment]
    names: dict[int, str]


class _Disabled(threading.local):
    depth = 0


_disabled = _Disabled()


@contextlib.contextmanager
def disable_jit() -> Iterator[None]:
    """Within this context, in this thread, compiled functions are called as they were written.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> f = cr.jit(lambda x: print("called") or x + 1)
    >>> with cr.disable_jit():
    ...     f(1.0), f(1.0)
    called
    called
    (2.0, 2.0)
    """
    _disabled.depth += 1
    try:
        yield
    finally:
        _disabled.depth -= 1


class _State:
    """What is known for one signature in one state of the surroundings."""

    __slots__ = ("paths", "surroundings")

    def __init__(self, surroundings: Surroundings):
        self.surroundings, self.paths = surroundings, Paths()

    def watch(self, entry: _Entry, present: Present) -> None:
        """Compare no more the contents of arrays that the graphs read, where nothing else looks at them."""
        surroundings = self.surroundings
        live = set()
        for k in set() if entry.has_derived else self.paths.places:
            place = surroundings.places[k]
            if place.test is None or place.path in entry.looked_at:
                continue
            if surroundings.all_uses_seen(k, entry.uses.get(place.path, set())):
                live.add(k)
        surroundings.watch_all_but(live, present.snapshots)


class _Entry:
    """What is known for one signature."""

    __slots__ = ("has_derived", "ignored", "is_plain", "looked_at", "states", "traces", "uses")

    def __init__(self) -> None:
        self.states: list[_State] = []
        self.traces = 0
        self.is_plain = False
        self.ignored: set[Path] = set()
        self.uses: dict[Path, set[Use]] = {}  # of arrays from outside, by operations of the graphs
        self.looked_at: set[Path] = set()  # those that NumPy has computed with by itself
        self.has_derived = False  # whether something unknown may have been made of them


class Compiled:
    """A function that is traced once for each path that it takes; `cr.jit` makes one.

    Attributes
    ----------
    retraces : list of Retrace
        Why it has been traced, each time.
    trace_count, call_count : int
        How often it has been traced, and called.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        donate_argnums: int | Sequence[int] = (),
        static_argnums: int | Sequence[int] = (),
        static_argnames: str | Sequence[str] = (),
    ):
        self._is_static = isinstance(f, staticmethod)
        f = f.__func__ if isinstance(f, staticmethod) else f
        check_callable(f)
        functools.update_wrapper(self, f, updated=("__dict__",) if type(f) is FunctionType else ())
        self.__wrapped__ = f
        self._options = donate_argnums, static_argnums, static_argnames
        self._donated = _numbers(donate_argnums, "donate_argnums")
        self._signature = _signature(f, _numbers(static_argnums, "static_argnums"), _names(static_argnames))
        self._entries: dict[tuple[Any, ...], _Entry] = {}
        self._more: tuple[FunctionType, ...] = ()
        self._express: tuple[Express, ...] = ()
        self._express_left = 0  # how many may still be made
        self._told: set[str] = set()
        self._plain_reason = ""
        self.call_count = 0
        self.retraces: list[Retrace] = []
        both = [k for k in self._donated if k in self._signature.static_positions]
        if both:
            raise ArgumentError(f"argument {both[0]} is both static and donated", wanted="one of both")

    @property
    def trace_count(self) -> int:
        return len(self.retraces)

    def clear(self) -> None:
        """Forget all traces."""
        self._entries = {}
        self._express = ()

    def __repr__(self) -> str:
        return f"<jit of {self._name}>"

    @property
    def _name(self) -> str:
        return getattr(self.__wrapped__, "__qualname__", type(self.__wrapped__).__name__)

    # Calling

    @users_frames_only
    def __call__(self, /, *args: Any, **keywords: Any) -> Any:
        self.call_count += 1
        if _disabled.depth:
            return self.__wrapped__(*args, **keywords)
        if active.trace is not None:
            return self._inline(args, keywords)
        for express in () if keywords else self._express:
            result = express(args)
            if result is not MISSED:
                return result
        if self._donated:
            check_donated(args, keywords, self._donated)
        try:
            call = self._signature.read(args, keywords)
        except Traced:
            return self._inline(args, keywords)
        except Untraceable as reason:
            self._tell_plain(str(reason))
            call = None
        entry = None if call is None else self._entry(call)
        if call is None or entry is None or entry.is_plain:
            return self._plainly(args, keywords)
        return self._run(entry, call, args, keywords)

    def path(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> Taken | str:
        """The path that a call with these arguments takes, or why it takes none; the function is called."""
        for _ in range(_MOST_CALLS):
            self(*args, **keywords)
            try:
                call = self._signature.read(args, keywords)
            except Untraceable as reason:
                return str(reason)
            entry = self._entries.get(call.key)
            if entry is None or entry.is_plain:
                break
            for state in entry.states:
                known = state.surroundings.read(self.__wrapped__, call.objects)
                if not isinstance(known, Place):
                    paths, places = state.paths, state.surroundings.places
                    last, _ = paths.follow(_inputs(call), known)
                    labels = self._signature.labels(self.__wrapped__, args, keywords)
                    names = dict(zip(paths.inputs, labels, strict=True))
                    names |= {n: str(places[hidden.place]) for n, hidden in paths.hidden.items()}
                    return Taken(paths.way_to(last), names)
        return "cr.disable_jit() is in force" if _disabled.depth else self._plain_reason

    def _entry(self, call: Call) -> _Entry | None:
        entry = self._entries.get(call.key)
        if entry is None:
            if len(self._entries) >= MOST_SIGNATURES:
                self._forget_what_is_gone()
            if len(self._entries) >= MOST_SIGNATURES:
                self._tell_plain(f"it has been called with {MOST_SIGNATURES} different types of arguments")
                return None
            entry = self._entries.setdefault(call.key, _Entry())
        return entry

    def _forget_what_is_gone(self) -> None:
        """Signatures of objects that are no more."""
        kept = {
            key: entry
            for key, entry in list(self._entries.items())
            if not any(type(part) is Same and part.is_gone for part in key)
        }
        self._entries = kept

    def _inline(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """As a part of the trace under way: the function itself, which does not get the caller's arrays either."""
        args, keywords = self._signature.rebuilt(args, keywords, _copied)
        return self.__wrapped__(*args, **keywords)

    def _plainly(self, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        """The function itself, with what a trace of it would promise: arguments and results are nobody else's."""
        args, keywords = self._signature.rebuilt(args, keywords, _copied)
        result = self.__wrapped__(*args, **keywords)
        if type(result) is np.ndarray:
            return result.copy(order="K")
        leaves, rebuild = tree.flatten(result)
        if not any(type(x) is np.ndarray for x in leaves):
            return result
        return rebuild([x.copy(order="K") if type(x) is np.ndarray else x for x in leaves])

    def _run(self, entry: _Entry, call: Call, args: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
        why = None
        for state in entry.states:
            known = state.surroundings.read(self.__wrapped__, call.objects)
            if isinstance(known, Place):
                why = Retrace("outside", str(known))
                continue
            try:
                reached = state.paths.follow(_inputs(call), known)
            except Exception:
                reached = None
            if reached is None:  # it fails as the function would: there the user's lines are seen
                return self._plainly(args, keywords)
            segment, found = reached
            if segment.asked is None:
                self._shorten(state, call, args, keywords)
                return _result(segment.recording, found, call.objects)
            return self._traced(entry, state, _unknown_answer(segment, found), call, args, keywords)
        return self._traced(entry, None, why or Retrace("types", described(call.key)), call, args, keywords)

    def _shorten(self, state: _State, call: Call, args: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        """Let calls like this one take the short way, where there is one, and not too many have been made in vain."""
        if self._express_left and not keywords and not self._signature.static_positions:
            self._express_left -= 1
            express = Express.of(self.__wrapped__, state.surroundings, state.paths, args, call.objects)
            if express is not None:
                others = [each for each in self._express if each.is_current()]  # else they keep what nobody needs
                self._express = (express, *others)[:_MOST_EXPRESS]

    def _traced(
        self,
        entry: _Entry,
        state: _State | None,
        why: Retrace,
        call: Call,
        args: tuple[Any, ...],
        keywords: dict[str, Any],
    ) -> Any:
        """Trace one more path, and give the result of this call."""
        if entry.traces >= MOST_PATHS:
            entry.is_plain = True
            place = f" (at {why.where}: {why.source})" if why.where else ""
            self._tell_plain(
                f"it has been traced {MOST_PATHS} times for arguments of the same types, "
                f"at last since {_REASONS[why.reason]} {why.detail}{place}"
            )
            return self._plainly(args, keywords)
        failure = recording = recorder = None
        try:
            state = state or _State(Surroundings(self.__wrapped__, call.objects, self._more, entry.ignored))
            recording, recorder = record(
                self.__wrapped__, self._signature, args, keywords, call.objects, state.surroundings
            )
        except Exception as error:
            failure = error
        if recording is None or recorder is None or state is None:
            try:
                result = self._plainly(args, keywords)
            except Exception as error:  # that is the function's own matter
                hand_on_graph(failure, error)
                raise
            entry.is_plain = True
            self._tell_plain(_reason_of(failure))
            return result
        if self._donated:
            given = donated_arrays(args, self._donated)
            numbers = [n for n, x in zip(recording.inputs, call.values, strict=True) if id(x) in given]
            recording = recording._replace(donated=frozenset(numbers))
        self._keep(entry, state, recording, recorder)
        self._note(entry, why, recording)
        try:
            return self._first_result(entry, state, recording, recorder, call)
        except Exception as error:
            failure = error
        result = self._plainly(args, keywords)
        entry.is_plain = True
        self._tell_plain(_reason_of(failure))
        return result

    def _first_result(self, entry: _Entry, state: _State, recording: Recording, recorder: Recorder, call: Call) -> Any:
        """By the way that later calls take, where there is one."""
        known = state.surroundings.read(self.__wrapped__, call.objects)
        if not isinstance(known, Place) and state in entry.states:
            segment, found = state.paths.follow(_inputs(call), known)
            if segment.asked is None:
                return _result(segment.recording, found, call.objects)
        return _result(recording, computed(recording, recorder, entry.traces == 1), call.objects)

    def _keep(self, entry: _Entry, state: _State, recording: Recording, recorder: Recorder) -> None:
        entry.traces += 1
        self._express, self._express_left = (), _MOST_EXPRESS_MADE
        found = [f for f in recorder.found if f not in self._more]
        if found:  # what these read has to be watched as well: with the next call
            self._more += tuple(found)
            entry.states = []
            return
        places = state.surroundings.places
        for place, uses in recorder.uses.items():
            entry.uses.setdefault(places[place].path, set()).update(uses)
        entry.looked_at.update(places[place].path for place in recorder.looked_at)
        entry.has_derived |= recorder.has_derived
        states = [each for each in entry.states if each is not state]
        if not state.paths.add(recording):  # what it did was not decided by its arguments
            state.paths = Paths()
            state.paths.add(recording)
        state.watch(entry, recorder.present)
        entry.states = [state, *states][:MOST_STATES]

    def _note(self, entry: _Entry, why: Retrace, recording: Recording) -> None:
        record = why._replace(paths=sum(state.paths.count for state in entry.states))
        self.retraces.append(record)
        report.log(self._name, record)
        if recording.was_shown:
            self._tell(f"{self._name} makes a text of a traced value: under jit it does so only while it is traced")
        for line in recording.drew:
            self._tell(
                f"{self._name} draws random numbers by NumPy: under jit they are drawn while it is traced and stay the "
                f"same ({line}); cr.random draws anew in each call"
            )

    def _tell(self, message: str) -> None:
        """Warn, once for each message."""
        if message not in self._told:
            self._told.add(message)
            report.warn(message)

    def _tell_plain(self, reason: str) -> None:
        self._plain_reason = reason
        self._tell(f"jit calls {self._name} as it is: {reason}")

    # What functions do

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None or self._is_static else types.MethodType(self, instance)

    def __reduce__(self) -> Any:
        return named_as(self) or (_made_again, (self.__wrapped__, *self._options))

    def __copy__(self) -> Compiled:
        return Compiled(self.__wrapped__, *self._options)

    def __deepcopy__(self, memo: dict[int, Any]) -> Compiled:
        return Compiled(copy.deepcopy(self.__wrapped__, memo), *self._options)


def _made_again(f: Callable[..., Any], *options: Any) -> Compiled:
    return Compiled(f, *options)


_REASONS = {"types": "its arguments were", "guard": "Python was answered", "outside": "there has changed"}


def _reason_of(failure: Exception | None) -> str:
    if isinstance(failure, TooMuch):
        return "its code reaches more objects by name than can be watched"
    if isinstance(failure, Untraceable):
        return str(failure)
    return f"it cannot be traced ({type(failure).__name__}: {str(failure).splitlines()[0] if str(failure) else ''})"


def _copied(x: Any) -> Any:
    return x.copy() if type(x) is Array else x.copy(order="K") if isinstance(x, np.ndarray) else x


def _inputs(call: Call) -> list[Any]:
    return [read_only(plain(x)) if isinstance(x, np.ndarray) else np.asarray(x) for x in call.values]


def _unknown_answer(segment: Segment, found: dict[int, Any]) -> Retrace:
    assert segment.asked is not None
    answer = np.array2string(np.asarray(found[segment.asked.number]), threshold=6)
    return Retrace("guard", answer, *report.place_of(segment.asked.origin))


def _result(recording: Recording, found: dict[int, Any], objects: Sequence[Any]) -> Any:
    """The result in its tree, of arrays that nothing else refers to."""
    given: set[int] = set()
    return recording.rebuild([_leaf(y, found, objects, given) for y in recording.outputs])


def _leaf(y: Output, found: dict[int, Any], objects: Sequence[Any], given: set[int]) -> Any:
    if y.number < 0:
        if y.kind == PYTHON:
            return objects[y.value]
        return y.value.copy(order="K") if y.kind == ARRAY else y.value
    value = found[y.number]
    if y.kind == PYTHON:
        return np.asarray(value).item()
    if not np.shape(value):
        return np.array(value) if y.kind == ARRAY else np.asarray(value)[()]
    if value.base is None and value.flags.owndata and value.flags.writeable and id(value) not in given:
        given.add(id(value))
        return value
    return value.copy(order="K")


def _numbers(given: Any, name: str) -> tuple[int, ...]:
    numbers = (given,) if isinstance(given, (int, np.integer)) and not isinstance(given, bool) else given
    if not isinstance(numbers, (tuple, list, set, frozenset, range)) or not all(
        isinstance(n, (int, np.integer)) and not isinstance(n, bool) for n in numbers
    ):
        raise ArgumentError(f"{name} names positions of arguments, not {given!r}", wanted="an int or a tuple of ints")
    return tuple(int(n) for n in numbers)


def _names(given: Any) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else given
    if not isinstance(names, (tuple, list, set, frozenset)) or not all(isinstance(n, str) for n in names):
        raise ArgumentError(f"static_argnames names arguments, not {given!r}", wanted="a text or a tuple of texts")
    return tuple(names)


def _signature(f: Callable[..., Any], numbers: tuple[int, ...], names: tuple[str, ...]) -> Signature:
    """A static argument is one by position and by keyword."""
    if not numbers and not names:
        return Signature((), ())
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        return Signature(numbers, names)
    by_position = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    takes_any = any(p.kind == p.VAR_KEYWORD for p in parameters)
    for name in names:
        if name not in {p.name for p in parameters} and not takes_any:
            raise ArgumentError(
                f"static_argnames names {name!r}, which is no argument of {getattr(f, '__name__', 'the function')}",
                wanted=", ".join(p.name for p in parameters),
            )
    positions = {*numbers, *(by_position.index(name) for name in names if name in by_position)}
    count = len(by_position)
    return Signature(positions, {*names, *(by_position[k] for k in numbers if -count <= k < count)})


def jit(
    f: Callable[..., Any] | None = None,
    donate_argnums: int | Sequence[int] = (),
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
) -> Any:
    """A function that is traced once for each path that it takes, and runs as a graph from then on.

    Results are those of f. Where Python asks for a value (`if x > 0`), the answer is remembered, and each path that the
    answers lead to is traced once. Arrays from outside of f are read at each call. docs/jit.md has all of it.

    Parameters
    ----------
    f : callable
        A function of arrays, numbers and trees of them. Left out, `jit` is a decorator with options.
    donate_argnums : int or sequence of int
        Positional arguments whose memory the function may use from now on, for results of this call or later ones: they
        must be writable arrays that own it, and are not to be read any more.
    static_argnums, static_argnames : int or str, or sequence of them
        Arguments that are told apart by value; they must be hashable.

    Returns
    -------
    compiled : Compiled
        Takes the arguments of f and gives its results. `compiled.retraces` says why it has been traced.

    Raises
    ------
    ArgumentError
        If a static argument is not hashable, or an option names no argument.
    MutationError
        If a donated array is read-only, a view, or shares memory with another argument.

    Warns
    -----
    ChainruleWarning
        Once, if f is called as it is from now on: it takes more than 64 paths, or cannot be traced; if it prints
        traced values, or draws random numbers.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> f = cr.jit(lambda x: np.sum(x**2) if x[0] > 0 else -x[1])
    >>> f(np.array([1.0, 2.0])), f(np.array([-1.0, 2.0])), f(np.array([3.0, 4.0]))
    (np.float64(5.0), np.float64(-2.0), np.float64(25.0))
    >>> f.trace_count
    2
    """
    if f is None:
        return functools.partial(
            jit, donate_argnums=donate_argnums, static_argnums=static_argnums, static_argnames=static_argnames
        )
    return Compiled(f, donate_argnums, static_argnums, static_argnames)
