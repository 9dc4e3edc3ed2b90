"""When a value would leave a trace and its derivative be lost: who takes it, and what to write instead.

Read from the user's frame, so that the error names what is called or written to. A cure is named only where it is
known to work.
"""

from __future__ import annotations

import functools
import pickle
import struct
from collections.abc import Callable
from traceback import walk_tb
from typing import Any

from ..errors import Asking, ChainruleError, DtypeError, MutationError, TraceError, asking
from ..errors.origin import is_library, is_ours
from ..original import np
from .activity import active
from .instead import INSTEAD, SAME_IN_NUMPY
from .trace import Trace

_WANTED = (
    "Python code that calls NumPy's functions; cr.custom_gradient for other code whose derivative is known; "
    "cr.stop_gradient(x) if no derivative is wanted"
)


def refusal(trace: Trace, got: str, taker: str, wanted: str = _WANTED) -> ChainruleError:
    """The error for a value that would leave the trace; `taker` says who takes it, where the source does not."""
    found = asking()
    if found is None:
        return _lost(taker, got, wanted, None)
    if found.written_to is not None and not (found.callee and not found.directly):
        return _written(trace, got, found)
    if found.module.startswith("numpy.ma."):
        return DtypeError(
            "a masked array cannot meet a traced array",
            got=got,
            wanted="a plain numpy.ndarray",
            try_="x.filled(0) and the mask as an array, with np.where",
        )
    if found.callee is not None:
        return _lost(found.callee, got, wanted, _instead(found))
    if found.operation is not None and found.module.startswith("scipy.sparse."):
        return _lost(found.operation, got, wanted, "A.toarray() instead of the sparse A")
    return _lost(found.operation or taker, got, wanted, None)


def _instead(found: Asking) -> str | None:
    callee, name = found.callee, found.name or ""
    if isinstance(found.called, functools._lru_cache_wrapper):
        return f"{callee}.__wrapped__ instead of {callee}"
    if name in INSTEAD:
        return INSTEAD[name].format(callee=callee)
    module, _, function = name.rpartition(".")
    answered = SAME_IN_NUMPY.get(module)
    if answered is None or function not in answered[1]:
        return None
    return f"{answered[0]}.{function} instead of {callee}"


def _lost(taker: str, got: str, wanted: str, instead: str | None) -> TraceError:
    return TraceError(
        f"{taker} would take the value of a traced array out of the trace, and its derivative would be lost",
        got=got,
        wanted=wanted,
        try_=instead,
    )


def _written(trace: Trace, got: str, found: Asking) -> MutationError:
    what = "a traced value is written into a plain array, which cannot hold it"
    if active.trace is not trace:
        return MutationError(
            what,
            got=f"{got}, in another thread than the one that traces",
            wanted="threads that compute with traced arrays and return them; arrays made by one cannot be filled",
            try_="np.array([...]) of the results in the thread that traces",
        )
    if not trace.patched:
        return MutationError(
            what, got=got, wanted="an array made of traced values", try_="np.zeros_like(x) of a traced x"
        )
    target, dtype = found.written_to or "y", getattr(found.target, "dtype", np.dtype(float))
    if dtype.kind == "V":
        return MutationError(
            what,
            got=f"{got}; {target} is a structured array",
            wanted="an array for each field",
            try_=f"{target} = {{name: np.array({target}[name]) for name in {target}.dtype.names}}, before"
            if found.field is not None and isinstance(found.target, np.ndarray)
            else None,
        )
    return MutationError(
        what,
        got=got,
        wanted="an array that is made inside the traced function, by a function of NumPy: np.zeros, np.array...",
        try_=_own(target, ", dtype=float" if dtype.kind in "iub" else ""),
    )


def written_outside(what: str, got: str | None = None) -> MutationError:
    """The error for what a function would write into an array that existed before the trace."""
    found = asking()
    cure = None
    if found is not None and found.not_in_place is not None:
        cure = f"{found.not_in_place}, a new array"
    elif found is not None and found.first_argument is not None and got is None:
        cure = _own(found.first_argument)
    elif got is not None:
        cure = "what the function returns, instead of out="
    return MutationError(
        f"{what} an array that existed before the trace",
        got=got,
        wanted="an array that is made inside the traced function",
        try_=cure,
    )


def hidden_by(error: BaseException, last: ChainruleError | None) -> ChainruleError | None:
    """The refusal behind an error of a library, which has met it and says something else; `last` is the trace's."""
    frames = [(frame.f_code.co_filename, line) for frame, line in walk_tb(error.__traceback__)]
    if isinstance(error, ChainruleError) or not frames or not is_library(frames[-1][0]) or is_ours(frames[-1][0]):
        return None
    behind = error.__cause__ or error.__context__
    while behind is not None:
        if isinstance(behind, ChainruleError):
            return behind
        behind = behind.__cause__ or behind.__context__
    users = [place for place in frames if not is_library(place[0])]
    if last is None or last.where is None or not users or (last.where.path, last.where.line) != users[-1]:
        return None
    return last  # code in C has dropped it


def explain(error: BaseException | None, is_traced: Callable[[Any], bool]) -> None:
    """Add a note to an error of other code that has been given traced values, and does not know what they are.

    Nothing is added where the error comes from NumPy or from us, whose words are about what the user did.
    """
    if not isinstance(error, _AT_A_TYPE) or isinstance(error, ChainruleError):
        return
    found = Asking.in_traceback(error.__traceback__)
    if found is None or found.name is None or ("." not in found.name and found.name not in _TAKE_BYTES):
        return
    names = [name for name, value in found.arguments.items() if is_traced(value)]
    if names and found.calls_a_library:
        error.add_note(
            f"{found.callee} was given {' and '.join(names)}, traced, at {found.origin}. Where no derivative is "
            "wanted, float(cr.stop_gradient(x)) is a plain number and np.asarray(cr.stop_gradient(x)) a plain array."
        )


_AT_A_TYPE = (TypeError, struct.error, pickle.PicklingError)
_TAKE_BYTES = ("memoryview", "bytes", "bytearray")


def _own(target: str, dtype: str = "") -> str:
    return f"filled = np.array({target}{dtype}) inside the traced function, and write into that"
