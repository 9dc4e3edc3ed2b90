# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false, reportOperatorIssue=false
"""Functions that make arrays: of plain values they give fillable ones, of traced values traced ones."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

from ...ops.marks import stop_gradient
from ...original import np
from .. import layout
from ..activity import active
from ..array import ARRAY, Array, contains_traced, stacked, trace_of, variable_of, wrap
from ..dispatch import carries_derivative, note_call, of_dtype, promotes_as, refuse
from ..functions.axes import shape_of
from ..functions.manipulation import broadcast_to, concatenate
from ..memory import adopted, plainly
from ..trace import Trace

OBJECT = np.dtype("O")


def is_answered() -> bool:
    """Whether this thread is tracing, and not computing values."""
    trace = active.trace
    return trace is not None and trace.patched


def making(original: Callable[..., Any], traced: Callable[..., Any] | None = None) -> Callable[..., Any]:
    """Answer a function that makes arrays; `traced` where an argument is."""

    def make(*args: Any, **keywords: Any) -> Any:
        if not is_answered():
            return original(*args, **keywords)
        if traced is not None and trace_of(*args, *keywords.values()) is not None:
            try:
                return traced(*args, **keywords)
            except Exception as error:
                note_call(error, original, args, keywords)
                raise
        return adopted(original(*plainly(args), **plainly(keywords)), (*args, *keywords.values()))

    make.__name__ = make.__qualname__ = getattr(original, "__name__", "make")
    make.__doc__ = original.__doc__
    return make


# From values


def array(
    object: Any,
    dtype: Any = None,
    *,
    copy: bool | None = True,
    order: str | None = "K",
    subok: bool = False,
    ndmin: int = 0,
    like: Any = None,
) -> Any:
    if dtype is not None and np.dtype(dtype) == OBJECT:
        return _of_objects(object)
    if type(object) is Array and _is_stopped(object):  # the way to get at values
        return np.array(object.owner.ask(object.variable), dtype, copy=copy or None, order=order, ndmin=ndmin)
    if isinstance(object, np.ndarray) and type(object) is not Array:  # traced values in an array of objects
        return np.array(object) if dtype is None else array(object.tolist(), dtype)
    if type(object) is Array and object.kind == ARRAY:
        x = object
    else:
        trace = trace_of(object)
        assert trace is not None
        x = wrap(trace, stacked(object, trace))
        if copy is False:
            raise ValueError("Unable to avoid copy while creating an array as requested.")
    before = x
    if dtype is not None:
        x = x.astype(dtype, copy=False)
    if order in ("C", "F") and x.ndim > 1:
        flags = layout.shadow(x).flags
        if not (flags.c_contiguous if order == "C" else flags.f_contiguous):
            x = x.copy(order)
    if x is before and type(object) is Array and copy:
        x = x.copy(order or "K")
    if x is not before and copy is False:
        raise ValueError("Unable to avoid copy while creating an array as requested.")
    return x.reshape((1,) * (ndmin - x.ndim) + x.shape) if ndmin > x.ndim else x


def _is_stopped(x: Array) -> bool:
    return x.variable.operation is stop_gradient and x.owner.has_values


def _of_objects(values: Any) -> np.ndarray:
    if type(values) not in (list, tuple) or any(type(each) in (list, tuple) for each in values):
        raise refuse("np.array with dtype=object of nested traced values", "a list, or an array without dtype=object")
    result = np.empty(len(values), OBJECT)
    for k, value in enumerate(values):
        result[k] = value
    return result


def asarray(a: Any, dtype: Any = None, order: str | None = None, *, copy: bool | None = None, **more: Any) -> Any:
    return array(a, dtype, copy=copy, order=order or "K")


def asarray_chkfinite(a: Any, dtype: Any = None, order: str | None = None) -> Any:
    x = asarray(a, dtype, order)
    if not np.isfinite(x).all():
        raise ValueError("array must not contain infs or NaNs")
    return x


def _contiguous(order: str) -> Callable[..., Any]:
    def answer(a: Any, dtype: Any = None, *, like: Any = None) -> Any:
        return array(a, dtype, copy=None, order=order, ndmin=1)

    return answer


def copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    return array(a, order=order)


def fromiter(iter: Iterable[Any], dtype: Any, count: int = -1, *, like: Any = None) -> Any:
    if not is_answered():
        return np.fromiter(iter, dtype, count)
    values = list(iter if count < 0 else itertools.islice(iter, count))
    if not contains_traced(values):
        return adopted(np.fromiter(values, dtype, count))
    if len(values) < count:
        raise ValueError(f"iterator too short: Expected {count} but iterator had only {len(values)} items.")
    return array(values, dtype)


# Of one value, and ranges


def full(shape: Any, fill_value: Any, dtype: Any = None, order: str = "C", **more: Any) -> Any:
    trace = trace_of(fill_value)
    if trace is None:  # only the shape is traced
        return adopted(np.full(shape_of(shape), fill_value, dtype, order))
    v = variable_of(fill_value, trace)
    value = wrap(trace, v if dtype is None else of_dtype(v, dtype))
    return broadcast_to(value, shape_of(shape)).copy(order)


def arange(*args: Any, **keywords: Any) -> Any:
    start, stop, step, dtype = _range_of(*args, **keywords)
    ends = [x for x in (start, stop, step) if type(x) is Array]
    if not any(map(carries_derivative, ends)):
        start, stop, step = (x.owner.ask(x.variable)[()] if type(x) is Array else x for x in (start, stop, step))
        return adopted(np.arange(start, stop, step, dtype))
    trace: Any = trace_of(*ends)
    given = np.arange(*map(_stand_in, (start, stop, step)), dtype=dtype).dtype
    count = max(int(np.ceil(_asked((stop - start) / step))), 0)
    first = wrap(trace, of_dtype(variable_of(start, trace), given))
    second = wrap(trace, of_dtype(variable_of(start + step, trace), given))
    return first + np.arange(count, dtype=given) * (second - first)  # as NumPy counts


def _stand_in(x: Any) -> Any:
    """A plain 1 of the same type, for NumPy to say what it makes of it."""
    kind = promotes_as(x)
    return kind.type(1) if isinstance(kind, np.dtype) else type(kind)(1)


def _asked(x: Any) -> Any:
    return x.owner.ask(x.variable)


def _range_of(*args: Any, start: Any = None, stop: Any = None, step: Any = None, dtype: Any = None, **more: Any) -> Any:
    given = list(args)
    if len(given) == 1 and stop is None and start is None:
        given = [0, *given]
    ends = [*given, *(None,) * (4 - len(given))]
    named = (start, stop, step, dtype)
    start, stop, step, dtype = (b if a is None else a for a, b in zip(ends, named, strict=True))
    return 0 if start is None else start, stop, 1 if step is None else step, dtype


# What is indexed to make an array


class Joined:
    """np.r_ and np.c_."""

    def __init__(self, original: Any, columns: bool):
        self.original, self.columns = original, columns

    def __getitem__(self, key: Any) -> Any:
        entries = key if isinstance(key, tuple) else (key,)
        trace = trace_of(*entries) if is_answered() else None
        if trace is None:
            return adopted(self.original[plainly(key)]) if is_answered() else self.original[key]
        return self._joined(entries, trace)

    def _joined(self, entries: tuple[Any, ...], trace: Trace) -> Any:
        kinds = [promotes_as(x) for x in entries if type(x) in (int, float, complex)]
        parts = []
        for entry in entries:
            if isinstance(entry, str) or (
                type(entry) is slice and contains_traced([entry.start, entry.stop, entry.step])
            ):
                name = "np.c_" if self.columns else "np.r_"
                raise refuse(f"{name} of traced values with {entry!r}", "np.concatenate, np.stack or np.linspace")
            given = np.r_[entry] if type(entry) is slice else entry
            part = wrap(trace, variable_of(given, trace))
            if type(entry) not in (int, float, complex):
                kinds.append(promotes_as(entry) if type(entry) is Array else part.dtype)
            parts.append(self._shaped(part))
        dtype = np.result_type(*kinds)
        return concatenate([part.astype(dtype, copy=False) for part in parts], -1 if self.columns else 0)

    def _shaped(self, part: Array) -> Array:
        if part.ndim == 0:
            return part.reshape((1, 1) if self.columns else (1,))
        return part.reshape(-1, 1) if self.columns and part.ndim == 1 else part

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)

    def __len__(self) -> int:
        return len(self.original)


class Grid:
    """np.mgrid and np.ogrid."""

    def __init__(self, original: Any, name: str):
        self.original, self.name = original, name

    def __getitem__(self, key: Any) -> Any:
        if not is_answered():
            return self.original[key]
        entries = key if isinstance(key, tuple) else (key,)
        bounds = [x for entry in entries if type(entry) is slice for x in (entry.start, entry.stop, entry.step)]
        if any(type(x) is Array and carries_derivative(x) for x in bounds):
            raise refuse(f"np.{self.name} with traced bounds", "np.meshgrid of np.linspace(...), with indexing='ij'")
        return adopted(self.original[key])

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)


# The table

_PLAIN = ("zeros", "ones", "empty", "eye", "identity", "tri", "indices", "fromfunction")
_FROM_VALUES = {
    "array": array,
    "asarray": asarray,
    "asanyarray": asarray,
    "asarray_chkfinite": asarray_chkfinite,
    "ascontiguousarray": _contiguous("C"),
    "asfortranarray": _contiguous("F"),
    "copy": copy,
    "full": full,
    "arange": arange,
}


def made_names() -> dict[str, Any]:
    """What NumPy's names for making arrays mean while a trace is active."""
    names: dict[str, Any] = {name: making(getattr(np, name)) for name in _PLAIN}
    names |= {name: making(getattr(np, name), traced) for name, traced in _FROM_VALUES.items()}
    names["fromiter"] = fromiter
    names["r_"], names["c_"] = Joined(np.r_, columns=False), Joined(np.c_, columns=True)
    names["mgrid"], names["ogrid"] = Grid(np.mgrid, "mgrid"), Grid(np.ogrid, "ogrid")
    return names
