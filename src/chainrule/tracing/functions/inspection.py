# pyright: reportArgumentType=false, reportOperatorIssue=false, reportCallIssue=false, reportReturnType=false
# (the stubs of NumPy do not know that its functions return traced arrays for traced arrays)
"""What looks at arrays without computing with them: types, memory, printing; and what is refused by name."""

from __future__ import annotations

from typing import Any

from ...original import np
from ..array import Array
from ..dispatch import HINTS, answers, promotes_as
from ..layout import shadow

answers(np.common_type)(
    lambda *arrays: np.common_type(*[np.empty(0, x.dtype) if type(x) is Array else x for x in arrays])
)
answers(np.result_type)(
    lambda *arrays_and_dtypes: np.result_type(*[promotes_as(x) if type(x) is Array else x for x in arrays_and_dtypes])
)
answers(np.min_scalar_type)(lambda a, /: a.dtype if a.shape else np.min_scalar_type(np.asarray(a)))
answers(np.common_type)(lambda *arrays: np.common_type(*[np.empty(0, a.dtype) for a in arrays]))


@answers(np.can_cast)
def can_cast(from_: Any, to: Any, casting: str = "safe") -> bool:
    return np.can_cast(from_.dtype if type(from_) is Array else from_, to, casting)


@answers(np.shares_memory, np.may_share_memory)
def shares_memory(a: Any, b: Any, /, max_work: Any = None) -> bool:
    """Traced arrays share memory where they are views of one buffer that have an entry in common."""
    if a is b:
        return True
    if type(a) is not Array or type(b) is not Array or a.alias is None or b.alias is None:
        return False
    return a.alias.buffer is b.alias.buffer and np.shares_memory(shadow(a), shadow(b))


# Printing: for people, so no guard


def _shown(function: Any) -> None:
    answers(function)(lambda a, *args, **keywords: function(a.value()[()], *args, **keywords))


for _function in (np.array_repr, np.array_str, np.array2string):
    _shown(_function)


# Refused, with what to write instead

_FILES = "return x from the function and save it there"
HINTS.update(
    {
        np.save: _FILES,
        np.savez: _FILES,
        np.savez_compressed: _FILES,
        np.savetxt: _FILES,
    }
)
