"""How the names change their meaning, and for whom: only code that is no library's, in a thread that is tracing.

The modules of NumPy, `math` and `cmath` themselves are not written to. While a trace is active, anywhere, they belong
to a class that looks at who asks for a name; another library's patch of a name, made before or meanwhile, goes on to
hold. What a user's module has imported by name (`from numpy import zeros`) is replaced there, and put back when the
last trace ends.
"""

from __future__ import annotations

import cmath
import functools
import math
import sys
import threading
from collections.abc import Callable
from types import FrameType, ModuleType
from typing import Any

import numpy

from ...locks import in_forked_child, new_lock
from ..activity import active
from ..functions.scipy import ANSWERS
from ..trace import Trace
from .asking import LIBRARIES, asks, is_library
from .calls import calling, calling_ufunc
from .complex_mathematics import complex_names
from .creation import made_names, making
from .drawing import drawing, drawing_names
from .entries import as_traced, entry_names
from .floating_errors import errstate
from .mathematics import answered_names

_MISSING = object()
_MOST = 20_000  # namespaces that are remembered


class _Name:
    """A name in a module, its function, and what makes the answer that stands in for it."""

    __slots__ = ("_answer", "calls_only", "make", "original")

    def __init__(self, original: Any, make: Callable[[Any], Any], calls_only: bool):
        self.original, self.make, self.calls_only = original, make, calls_only
        self._answer = None

    @property
    def answer(self) -> Any:
        if self._answer is None:
            self._answer = self.make(self.original)
        return self._answer

    def as_property(self, name: str, module: ModuleType) -> property:
        """For the class that the module has for a time. It stands before the module's own names: each must be fast."""
        namespace, original, calls_only = module.__dict__, self.original, self.calls_only
        frame_at, current = sys._getframe, active

        def get(_: Any) -> Any:
            found = namespace.get(name, _MISSING)
            if found is not original:
                if found is _MISSING:
                    raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}")
                return found
            trace = current.trace
            if trace is None or not trace.patched:
                return found
            return self.answer if asks(frame_at(1), name, calls_only) else found

        def put(_: Any, value: Any) -> None:
            namespace[name] = value

        def remove(_: Any) -> None:
            del namespace[name]

        return property(get, put, remove)


def _answers_of(module: ModuleType) -> dict[str, _Name]:
    """The names of a module that are answered, each made when first asked for."""
    names: dict[str, _Name] = {}
    for name, value in vars(module).items():
        if name.startswith("_") or isinstance(value, (type, ModuleType)) or not callable(value):
            continue
        if module is numpy.random:
            names[name] = _Name(value, drawing, calls_only=True)
        elif isinstance(value, numpy.ufunc):
            names[name] = _Name(value, calling_ufunc, calls_only=True)
        elif hasattr(value, "_implementation"):
            names[name] = _Name(value, calling, calls_only=True)
    made = _MADE[module]() if module in _MADE else {}
    for name, answer in made.items():
        names[name] = _Name(vars(module)[name], lambda _, answer=answer: answer, calls_only=False)
    return names


_MADE: dict[ModuleType, Callable[[], dict[str, Any]]] = {
    numpy: lambda: made_names() | entry_names() | {"errstate": errstate},
    math: answered_names,
    cmath: complex_names,
    numpy.random: drawing_names,
}


def _answers_of_scipy(module: ModuleType) -> dict[str, _Name]:
    """Those of SciPy's functions in Python that know traced arrays."""
    return {
        name: _Name(vars(module)[name], functools.partial(making, traced=traced), calls_only=False)
        for name, traced in ANSWERS[module.__name__].items()
    }


def _watching(before: type, module: ModuleType, names: dict[str, _Name]) -> type:
    return type(before.__name__, (before,), {name: each.as_property(name, module) for name, each in names.items()})


class _Patch:
    """All of it, made when the first trace begins."""

    def __init__(self) -> None:
        self.lock = new_lock()
        self.enabled = True
        self.traces: dict[Trace, int] = {}  # under way, with the thread of each
        self.is_prepared = self.is_on = False
        self.classes: list[tuple[ModuleType, type, type]] = []  # module, class now, class before
        self.by_value: dict[int, _Name] = {}
        self.bindings: list[tuple[dict[str, Any], str, Any, Any]] = []  # namespace, name, original, answer
        self.originals: dict[int, Any] = {}  # by the id of the answer that stands in a namespace
        self.seen: dict[int, tuple[dict[str, Any], int]] = {}  # namespaces that have been looked through, by id; sizes
        self.modules = 0
        self.awaited = set(ANSWERS)

    def prepare(self) -> None:
        for module in (numpy, numpy.linalg, numpy.fft, numpy.random, math, cmath):
            if not any(known is module for known, _, _ in self.classes):
                self._add(module, _answers_of(module), by_value=module in _MADE)
        self.is_prepared = True

    def prepare_scipy(self) -> None:
        """Modules of SciPy when they have been imported, by whomever."""
        for name in self.awaited & sys.modules.keys():
            module = sys.modules[name]
            if ANSWERS[name].keys() <= vars(module).keys():
                self._add(module, _answers_of_scipy(module), by_value=True)
                self.awaited.discard(name)

    def _add(self, module: ModuleType, names: dict[str, _Name], by_value: bool) -> None:
        before = type(module)
        if by_value:
            self.by_value |= {id(n.original): n for n in names.values() if not n.calls_only}
            self.seen, self.modules = {}, 0  # to look for them
        self.classes.append((module, _watching(before, module, names), before))
        self.is_on = False

    # An interrupt may come at any call: what has been begun can be done again.

    def enter(self, namespace: dict[str, Any], trace: Trace) -> None:
        with self.lock:
            if not self.is_prepared:
                self.prepare()
            if self.awaited:
                self.prepare_scipy()
            self.traces[trace] = threading.get_ident()
            trace.patched = True
            if not self.is_on:
                self._put_on()
            self._look_through(namespace)

    def leave(self, trace: Trace) -> None:
        with self.lock:
            if trace in self.traces:
                if len(self.traces) == 1:
                    self._take_off()
                del self.traces[trace]
            trace.patched = False

    def without_other_threads(self) -> None:
        """In a forked child: no other is there, though it was tracing."""
        self.traces = {trace: thread for trace, thread in self.traces.items() if thread == threading.get_ident()}
        if self.traces:
            self._put_on()
        else:
            self._take_off()

    def _put_on(self) -> None:
        for module, ours, before in self.classes:
            if type(module) is before:
                module.__class__ = ours
        for namespace, name, original, answer in self.bindings:
            if namespace.get(name) is original:
                namespace[name] = answer
        self.is_on = True

    def _take_off(self) -> None:
        self.is_on = False
        for module, ours, before in self.classes:
            if type(module) is ours:
                module.__class__ = before
        for namespace, name, original, answer in self.bindings:
            if namespace.get(name) is answer:
                namespace[name] = original
        if len(self.seen) > _MOST:  # namespaces of executed text come and go
            self.seen, self.bindings, self.modules, self.originals = {}, [], 0, {}

    def _look_through(self, namespace: dict[str, Any]) -> None:
        """Find what users' modules have imported by name: in modules that are new, and where the user stands."""
        main = sys.modules["__main__"].__dict__
        if len(sys.modules) != self.modules:
            self.modules = len(sys.modules)
            for name, module in list(sys.modules.items()):
                if (
                    name.partition(".")[0] not in _SKIPPED
                    and type(module) is ModuleType
                    and _is_written_in_python(module)
                ):
                    self._look(module.__dict__)
        self._look(main)
        if namespace is not main:
            self._look(namespace)

    def _look(self, namespace: dict[str, Any]) -> None:
        before = self.seen.get(id(namespace))
        if before is not None and before[1] == len(namespace):
            return
        known = {(id(n), name) for n, name, _, _ in self.bindings}
        for name, value in list(namespace.items()):
            answer = self._answer_to(value)
            if answer is None or (id(namespace), name) in known:
                continue
            self.bindings.append((namespace, name, value, answer))
            self.originals[id(answer)] = value
            namespace[name] = answer
        self.seen[id(namespace)] = namespace, len(namespace)

    def _answer_to(self, value: Any) -> Any:
        if type(value) is numpy.vectorize:
            return as_traced(value)
        found = self.by_value.get(id(value))
        return found.make(value) if found is not None and found.original is value else None


def _is_written_in_python(module: ModuleType) -> bool:
    """Compiled code takes it for granted that np.zeros gives an ndarray."""
    if type(module) is not ModuleType:
        return False
    file = module.__dict__.get("__file__")
    return file is None or str(file).endswith((".py", ".pyc", ".ipynb"))


_SKIPPED = LIBRARIES | sys.stdlib_module_names - {"__main__"}
_patch = _Patch()
in_forked_child(_patch.without_other_threads)


def enter(trace: Trace) -> None:
    """A trace begins in this thread."""
    if _patch.enabled:
        _patch.enter(_users_namespace(), trace)


def leave(trace: Trace) -> None:
    if trace.patched:
        _patch.leave(trace)


def original_of(value: Any) -> Any:
    """What stands in a namespace when no trace is active in any thread."""
    return _patch.originals.get(id(value), value) if _patch.traces else value


def _users_namespace() -> dict[str, Any]:
    frame: FrameType | None = sys._getframe(2)
    while frame.f_back is not None and is_library(frame):
        frame = frame.f_back
    return frame.f_globals


class patch_numpy:
    """Switch the answering of NumPy's and math's names off or on again, for traces that begin from now on.

    Parameters
    ----------
    enabled : bool
        Whether, while a function is traced, names such as `np.zeros`, `np.array` and `math.sin` know traced values.

    Notes
    -----
    As a context (``with cr.patch_numpy(False):``) it holds to the end of the block. It is for all threads.
    docs/tracing.md says what is answered, how, and what goes wrong without it.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.grad(lambda x: np.array([x, x * x]).sum())(3.0)
    np.float64(7.0)
    >>> with cr.patch_numpy(False):
    ...     cr.grad(lambda x: np.stack([x, x * x]).sum())(3.0)  # this one NumPy hands over by itself
    np.float64(7.0)
    """

    __slots__ = ("before",)

    def __init__(self, enabled: bool = True):
        self.before = _patch.enabled
        _patch.enabled = bool(enabled)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: object) -> None:
        _patch.enabled = self.before
