"""NumPy's other functions: in a list of traced values they would see Python objects; what they make is fillable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...original import np
from ..array import Array, trace_of
from ..dispatch import dispatch_function, dispatch_ufunc
from ..filling import asked
from ..memory import adopted, plainly
from .asking import UFUNC_METHODS
from .creation import is_answered

# Functions that look for traced arrays in their first argument only, and would go wrong where another one is.
_LOOK_AT_THE_FIRST = (np.full_like, np.pad, np.fill_diagonal)


def calling(function: Callable[..., Any]) -> Callable[..., Any]:
    """Answer a function that NumPy hands over when it meets a traced array, but not in a list."""
    everywhere = function in _LOOK_AT_THE_FIRST

    def call(*args: Any, **keywords: Any) -> Any:
        if args and type(args[0]) is Array:
            if len(args) == 1 and not keywords:
                return dispatch_function(function, args, keywords)  # the way that NumPy takes, shorter
            return function(*args, **keywords)
        if not is_answered():
            return function(*args, **keywords)
        given = (*args, *keywords.values())
        if not everywhere and any(type(x) is Array for x in given):
            return function(*args, **keywords)
        if trace_of(*given) is not None:
            args, keywords = asked(args), {key: asked(value) for key, value in keywords.items()}
            if trace_of(*args, *keywords.values()) is not None:
                return dispatch_function(function, args, keywords)
        return adopted(function(*plainly(args), **plainly(keywords)), given)

    return call


def calling_ufunc(ufunc: np.ufunc) -> Callable[..., Any]:
    def call(*args: Any, **keywords: Any) -> Any:
        if len(args) == 1 and not keywords and type(args[0]) is Array:
            return dispatch_ufunc(ufunc, "__call__", args, keywords)  # the way that NumPy takes, shorter
        for x in args:
            if type(x) is Array:
                return ufunc(*args, **keywords)
        if not is_answered():
            return ufunc(*args, **keywords)
        given = (*args, *keywords.values())
        if trace_of(*args) is not None:
            return dispatch_ufunc(ufunc, "__call__", args, keywords)
        if trace_of(*given) is not None:
            return ufunc(*args, **keywords)
        return adopted(ufunc(*plainly(args), **plainly(keywords)), given)

    for name in UFUNC_METHODS:
        setattr(call, name, _calling_method(ufunc, name))
    return call


def _calling_method(ufunc: np.ufunc, name: str) -> Callable[..., Any]:
    method = getattr(ufunc, name)

    def call(*args: Any, **keywords: Any) -> Any:
        if not is_answered() or any(type(x) is Array for x in args):
            return method(*args, **keywords)
        if trace_of(*args) is not None:
            return dispatch_ufunc(ufunc, name, args, keywords)
        if name == "at" or trace_of(*keywords.values()) is not None:
            return method(*args, **keywords)
        return adopted(method(*plainly(args), **plainly(keywords)), (*args, *keywords.values()))

    return call
