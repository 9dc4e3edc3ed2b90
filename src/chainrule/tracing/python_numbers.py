"""Where Python's numbers differ from NumPy's: they raise, grow, or become complex, where those give inf, nan or wrap.

A trace that is kept, to be run again with other values, must not meet such a case unseen: that it does not is a guard.
"""

from __future__ import annotations

from typing import Any

from ..graph import Variable
from ..ops import Operation, arithmetic, comparison
from ..ops.movement import convert
from ..original import np
from .trace import Trace

_LARGEST = 2.0**62  # what is below it as a float is below 2^63 as an integer
_DIVISIONS = frozenset([arithmetic.divide, comparison.floor_divide, arithmetic.remainder])
_POWERS = frozenset([arithmetic.power, arithmetic.square, arithmetic.reciprocal, arithmetic.sqrt])


def check(result: Variable, trace: Trace) -> None:
    """Ask whether Python's numbers would give this result of an operator, too.

    Raises
    ------
    ArithmeticError
        If they would not.
    """
    operation: Any = result.operation
    if operation is None or trace.is_open(result):
        return
    inputs = result.inputs
    if operation in _DIVISIONS and not _holds(inputs[1], comparison.not_equal, 0, trace):
        raise ZeroDivisionError("division by zero")
    if result.dtype.kind == "i" and not _is_small(operation, inputs, trace):
        raise OverflowError("a Python integer leaves the range of 64 bits")
    if result.dtype.kind == "f" and operation in _POWERS:
        size = arithmetic.absolute(result)
        if not trace.ask(comparison.less(size, trace.number(np.inf, result.dtype))):
            raise ArithmeticError("a power of Python numbers that is no finite real number")


def _holds(v: Variable, comparing: Operation, number: float, trace: Trace) -> bool:
    if v.is_constant:
        return bool(comparing.compute([v.value, number], ()))
    return bool(trace.ask(comparing(v, trace.number(number, v.dtype))))


def _is_small(operation: Operation, inputs: tuple[Variable, ...], trace: Trace) -> bool:
    if operation is arithmetic.power and not _holds(inputs[1], comparison.greater_equal, 0, trace):
        return False
    size = arithmetic.absolute(operation(*[convert(v, dtype="float64") for v in inputs]))
    return bool(trace.ask(comparison.less(size, trace.number(_LARGEST, np.dtype(float)))))
