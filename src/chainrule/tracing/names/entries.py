"""NumPy's classes that go through the entries of arrays: `np.ndenumerate`, `np.nditer`, `np.vectorize`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

from ...original import np
from ..array import PYTHON, Array, trace_of, wrap
from ..dispatch import of_dtype, refuse
from ..functions.manipulation import broadcast_to
from ..memory import Fillable, adopted, plainly
from .creation import asarray, is_answered, making

_PYTHONS = {"b": np.dtype(bool), "i": np.dtype(np.int64), "u": np.dtype(np.int64), "f": np.dtype(float)}
_made_array = making(np.asarray, asarray)


def ndenumerate(arr: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Pairs of an index and what stands there now, so that the array may be filled on the way."""
    if not is_answered():
        return np.ndenumerate(arr)
    array = arr if type(arr) in (Array, Fillable) else _made_array(arr)
    return ((index, array[index]) for index in np.ndindex(*array.shape))


def nditer(op: Any, *args: Any, **keywords: Any) -> Any:
    if is_answered() and trace_of(op, *args, *keywords.values()) is not None:
        raise refuse("np.nditer", "np.ndenumerate(x), or a loop over x.flat or np.ndindex(x.shape)")
    return np.nditer(plainly(op), *plainly(args), **plainly(keywords))


class vectorize(np.vectorize):  # pyright: ignore[reportIncompatibleVariableOverride]
    """Calls the function with traced numbers, one after the other; with what it has closed over, too."""

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        if not is_answered() or self.pyfunc is np._NoValue:
            return super().__call__(*args, **keywords)
        if self.signature is not None:
            if trace_of(*args, *keywords.values()) is not None:
                raise refuse("np.vectorize with a signature", "a loop, and np.stack of what it gives")
            return super().__call__(*plainly(args), **plainly(keywords))
        places = [k for k in range(len(args)) if k not in self.excluded]
        names = [name for name in keywords if name not in self.excluded]

        def called(entries: list[Any]) -> Any:
            given, named = list(args), dict(keywords)
            for place, entry in zip(places, entries, strict=False):
                given[place] = entry
            named.update(zip(names, entries[len(places) :], strict=True))
            return self.pyfunc(*given, **named)

        return _of_entries(called, [args[k] for k in places] + [keywords[name] for name in names], self.otypes)


def _of_entries(call: Callable[[list[Any]], Any], operands: list[Any], otypes: str | None) -> Any:
    arrays = [_made_array(x) for x in operands]
    shape = np.broadcast_shapes(*[x.shape for x in arrays])
    if otypes is None:  # as NumPy does: the first result tells the dtypes of all
        if any(x.size == 0 for x in arrays):
            raise ValueError("cannot call `vectorize` on size 0 inputs unless `otypes` is set")
        first: Any = call([x[(0,) * x.ndim] for x in arrays])
        dtypes = [_dtype_of(y) for y in (first if isinstance(first, tuple) else (first,))]
    else:
        dtypes = [np.dtype(each) for each in otypes]
    arrays = [broadcast_to(x, shape) if type(x) is Array else np.broadcast_to(x, shape) for x in arrays]
    rows = []
    for index in np.ndindex(*shape):
        result = call([_as_pythons(x[index]) for x in arrays])
        rows.append(result if isinstance(result, tuple) else (result,))
    results = [_collected([row[k] for row in rows], dtype).reshape(shape) for k, dtype in enumerate(dtypes)]
    return tuple(results) if len(results) > 1 else results[0]


def _dtype_of(x: Any) -> np.dtype:
    return x.dtype if type(x) is Array else np.asarray(x).dtype


def _as_pythons(x: Any) -> Any:
    """An entry as it stands in an array of objects: a number of Python."""
    if type(x) is not Array:
        return x.item()
    return wrap(x.owner, of_dtype(x.variable, _PYTHONS.get(x.dtype.kind, np.dtype(complex))), PYTHON)


def _collected(values: list[Any], dtype: np.dtype) -> Any:
    if any(np.shape(value) != () for value in values):
        raise ValueError("setting an array element with a sequence.")
    return asarray(values, dtype) if trace_of(values) is not None else adopted(np.asarray(values, dtype))


class broadcast:
    """What np.broadcast tells of shapes; it iterates over tuples of entries."""

    def __new__(cls, *args: Any) -> Any:
        if not is_answered():
            return np.broadcast(*args)
        if trace_of(*args) is None:
            return np.broadcast(*plainly(args))
        return super().__new__(cls)

    def __init__(self, *args: Any):
        self._operands = [_made_array(x) for x in args]
        self.shape = np.broadcast_shapes(*[x.shape for x in self._operands])
        self.ndim = self.nd = len(self.shape)
        self.size, self.numiter = math.prod(self.shape), len(args)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        spread = [
            broadcast_to(x, self.shape) if type(x) is Array else np.broadcast_to(x, self.shape) for x in self._operands
        ]
        return (tuple(x[place] for x in spread) for place in np.ndindex(*self.shape))


def as_traced(before: np.vectorize) -> vectorize:
    """For one that was made before the trace."""
    after = vectorize.__new__(vectorize)
    after.__dict__.update(before.__dict__)
    return after


def entry_names() -> dict[str, Any]:
    """What these classes of NumPy mean while a trace is active."""
    return {"ndenumerate": ndenumerate, "nditer": nditer, "broadcast": broadcast, "vectorize": vectorize}
