"""numpy.emath: functions that are complex outside of their real domain. Which of the two is a guard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...original import np
from ..array import Array
from ..dispatch import answers, lifted

Test = Callable[[Any], Any]
_SINGLE = tuple(map(np.dtype, ("f4", "i1", "i2", "u1", "u2")))


def _extended(name: str, function: Callable[..., Any], *domains: Test | None) -> None:
    """`domains` tell for each argument where it is real; None where that is everywhere."""

    def answer(*args: Any) -> Any:
        args = tuple(x if type(x) is Array else lifted(x, *args) for x in args)
        return function(*[_within(x, domain) for x, domain in zip(args, domains, strict=True)])

    answers(getattr(np.emath, name))(answer)


def _within(x: Any, domain: Test | None) -> Any:
    """The numbers as they are within the domain, else as complex ones."""
    if domain is None or x.dtype.kind == "c" or bool(np.all(domain(x))):
        return x
    return x.astype(np.complex64 if x.dtype in _SINGLE else np.complex128)


def _up_to_one(x: Any) -> Any:
    return np.logical_not(abs(x) > 1)


def _not_negative(x: Any) -> Any:
    return np.logical_not(x < 0)


def _power(x: Any, p: Any) -> Any:
    return np.power(x, p * 1.0 if p.dtype.kind in "iu" and bool(np.any(p < 0)) else p)


_extended("sqrt", np.sqrt, _not_negative)
_extended("log", np.log, _not_negative)
_extended("log2", np.log2, _not_negative)
_extended("log10", np.log10, _not_negative)
_extended("logn", lambda n, x: np.log(x) / np.log(n), _not_negative, _not_negative)
_extended("power", _power, _not_negative, None)
_extended("arcsin", np.arcsin, _up_to_one)
_extended("arccos", np.arccos, _up_to_one)
_extended("arctanh", np.arctanh, _up_to_one)
