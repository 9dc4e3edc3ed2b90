"""Operators on graph variables, so that rules read as mathematics: `1 - y * y`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..graph import Variable
from .arithmetic import absolute, add, divide, multiply, negative, power, subtract
from .operation import Operation

_BINARY = {"add": add, "sub": subtract, "mul": multiply, "truediv": divide, "pow": power}
_UNARY = {"neg": negative, "abs": absolute}


def _forward(operation: Operation) -> Callable[[Any, Any], Any]:
    return lambda self, other: operation(self, other)


def _reflected(operation: Operation) -> Callable[[Any, Any], Any]:
    return lambda self, other: operation(other, self)


def _unary(operation: Operation) -> Callable[[Any], Any]:
    return lambda self: operation(self)


for _name, _operation in _BINARY.items():
    setattr(Variable, f"__{_name}__", _forward(_operation))
    setattr(Variable, f"__r{_name}__", _reflected(_operation))
for _name, _operation in _UNARY.items():
    setattr(Variable, f"__{_name}__", _unary(_operation))
Variable.__array_ufunc__ = None  # type: ignore[attr-defined]  # array + variable comes to our operators
