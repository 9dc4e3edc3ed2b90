"""numpy.emath: functions that are complex outside of their real domain. Inside, which is a guard, they are NumPy's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...original import np
from ..array import Array
from ..dispatch import answers, lifted, refuse


def _within(name: str, inside: Callable[..., Any], function: Callable[..., Any]) -> None:
    def answer(*args: Any) -> Any:
        args = tuple(x if type(x) is Array else lifted(x, *args) for x in args)
        if not bool(np.all(inside(*args))):
            raise refuse(f"np.emath.{name} outside of its real domain")
        return function(*args)

    answers(getattr(np.emath, name))(answer)


def _up_to_one(x: Any) -> Any:
    return abs(x) <= 1


def _not_negative(x: Any) -> Any:
    return x >= 0


_within("sqrt", _not_negative, np.sqrt)
_within("log", _not_negative, np.log)
_within("log2", _not_negative, np.log2)
_within("log10", _not_negative, np.log10)
_within("logn", lambda n, x: (n >= 0) & (x >= 0), lambda n, x: np.log(x) / np.log(n))
_within("power", lambda x, p: x >= 0, lambda x, p: np.power(x, p))
_within("arcsin", _up_to_one, np.arcsin)
_within("arccos", _up_to_one, np.arccos)
_within("arctanh", _up_to_one, np.arctanh)
