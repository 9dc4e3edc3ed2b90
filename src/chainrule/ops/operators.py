"""Operators on graph variables, so that rules read as mathematics: `1 - y * y`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..graph import Variable
from .arithmetic import absolute, add, divide, multiply, negative, power, subtract
from .operation import CATALOGUE, Operation
from .scipy_loader import SpecialFunction

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


def _ufunc(self: Variable, ufunc: Any, method: str, *inputs: Any, **keywords: Any) -> Any:
    """NumPy's functions in the rules of declared operations: np.cos(x) is the operation that answers np.cos."""
    if method == "__call__" and not keywords:
        for operation in CATALOGUE.values():
            for function in operation.numpy:
                if function is ufunc or (isinstance(function, SpecialFunction) and function.name == ufunc.__name__):
                    return operation(*inputs)
    return NotImplemented


Variable.__array_ufunc__ = _ufunc  # type: ignore[attr-defined]
