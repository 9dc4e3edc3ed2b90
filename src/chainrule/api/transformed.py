"""What a transform makes of a function: it is called, bound, pickled and copied as functions are."""

from __future__ import annotations

import copy
import functools
import sys
import types
from collections.abc import Callable
from types import FunctionType
from typing import Any, final

from ..errors import users_frames_only
from .arguments import check_callable

Function = Callable[..., Any]


@final
class Transformed:
    """A transform of a function, with its name, signature and documentation.

    It is pickled by its name where it stands under one, as a decorated function does, else as the transform of f.
    """

    __slots__ = ("__dict__", "__weakref__", "_call", "_options", "_transform")

    def __init__(self, call: Function, transform: Function, f: Function, options: tuple[Any, ...]):
        check_callable(f)
        functools.update_wrapper(self, f, updated=("__dict__",) if type(f) in (FunctionType, Transformed) else ())
        self._call, self._transform, self._options = call, transform, options

    @users_frames_only
    def __call__(self, /, *args: Any, **keywords: Any) -> Any:
        return self._call(*args, **keywords)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else types.MethodType(self, instance)

    def __repr__(self) -> str:
        f: Any = self.__wrapped__  # type: ignore[attr-defined]
        return f"<{self._transform.__name__} of {getattr(f, '__qualname__', repr(f))}>"

    def __reduce__(self) -> Any:
        return named_as(self) or (self._transform, (self.__wrapped__, *self._options))  # type: ignore[attr-defined]

    def __copy__(self) -> Transformed:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Transformed:
        return self._transform(copy.deepcopy(self.__wrapped__, memo), *self._options)  # type: ignore[attr-defined]


def transformed(transform: Function, f: Function, *options: Any) -> Callable[[Function], Transformed]:
    """Decorate what is done at a call of ``transform(f, *options)``."""
    return lambda call: Transformed(call, transform, f, options)


def named_as(function: Any) -> str | None:
    """The name under which a function stands in its module, None where another or nothing stands there."""
    name = getattr(function, "__qualname__", None) or ""
    found: Any = sys.modules.get(getattr(function, "__module__", None) or "")
    for part in name.split("."):
        found = getattr(found, part, None)
    return name if found is function else None
