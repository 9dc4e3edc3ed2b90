"""The instructions of native recipes as ONNX nodes: the same formulas that native code is made of, so that values agree
with NumPy's for nan, infinities, both zeros and integers of every size."""

from __future__ import annotations

from typing import Any

from ..errors import UnsupportedError
from ..original import np
from .elementary import ELEMENTARY
from .writer import BOOL, Value, Writer, wider

_COMPARISONS = {"<": "Less", ">": "Greater", "<=": "LessOrEqual", ">=": "GreaterOrEqual", "==": "Equal"}


class Instructions:
    """Fulfils Code for values of ONNX."""

    def __init__(self, writer: Writer):
        self.writer = writer

    def constant(self, number: Any, dtype: np.dtype) -> Value:
        return self.writer.constant(number, dtype)

    def convert(self, x: Value, dtype: np.dtype) -> Value:
        return self.writer.cast(x, dtype)

    def add(self, a: Value, b: Value) -> Value:
        return self.writer.apply("Add", a, b)

    def subtract(self, a: Value, b: Value) -> Value:
        return self.writer.apply("Sub", a, b)

    def multiply(self, a: Value, b: Value) -> Value:
        return self.writer.apply("Mul", a, b)

    def divide(self, a: Value, b: Value) -> Value:
        return self.writer.apply("Div", a, b)

    def negative(self, x: Value) -> Value:
        return self.writer.apply("Neg", x)

    def fma(self, a: Value, b: Value, c: Value) -> Value:
        return self.add(self.multiply(a, b), c)

    def fma_exact(self, a: Value, b: Value, c: Value) -> Value:
        """By the product in two parts (Dekker, Numerische Mathematik 18, 1971)."""
        (a1, a2), (b1, b2) = self._halves(a), self._halves(b)
        product = self.multiply(a, b)
        lost = self.subtract(self.multiply(a1, b1), product)
        lost = self.add(lost, self.add(self.multiply(a1, b2), self.multiply(a2, b1)))
        lost = self.add(lost, self.multiply(a2, b2))
        return self.add(self.add(product, c), lost)

    def _halves(self, x: Value) -> tuple[Value, Value]:
        """Two numbers of half as many bits whose sum it is."""
        scaled = self.multiply(x, self.constant(2**27 + 1 if x.dtype == np.float64 else 2**12 + 1, x.dtype))
        high = self.subtract(scaled, self.subtract(scaled, x))
        return high, self.subtract(x, high)

    def quotient(self, a: Value, b: Value) -> Value:
        """No divisor reaches the processor that would stop it."""
        zero, one = (self.constant(k, a.dtype) for k in (0, 1))
        by_zero = self.compare("==", b, zero)
        if a.dtype.kind == "u":
            return self.select(by_zero, zero, self.divide(a, self.select(by_zero, one, b)))
        by_minus_one = self.compare("==", b, self.constant(-1, a.dtype))
        y = self.divide(a, self.select(self.logical_or(by_zero, by_minus_one), one, b))
        return self.select(by_zero, zero, self.select(by_minus_one, self.subtract(zero, a), y))

    def sqrt(self, x: Value) -> Value:
        return self.writer.apply("Sqrt", x)

    def absolute(self, x: Value) -> Value:
        return self.writer.apply("Abs", x)

    def copysign(self, x: Value, sign: Value) -> Value:
        """The sign of a zero is that of its reciprocal; a product keeps it, where onnxruntime's Where would not."""
        zero, one = (self.constant(k, sign.dtype) for k in (0, 1))
        is_zero = self.compare("==", sign, zero)
        has_minus = self.compare("<", self.select(is_zero, self.divide(one, sign), sign), zero)
        minus, plus = (self.constant(k, x.dtype) for k in (-1, 1))
        return self.multiply(self.absolute(x), self.select(has_minus, minus, plus))

    def floor(self, x: Value) -> Value:
        return self.writer.apply("Floor", x)

    def ceil(self, x: Value) -> Value:
        return self.writer.apply("Ceil", x)

    def trunc(self, x: Value) -> Value:
        return self.copysign(self.floor(self.absolute(x)), x)

    def rint(self, x: Value) -> Value:
        return self.writer.apply("Round", x)

    def compare(self, how: str, a: Value, b: Value) -> Value:
        if how == "!=":
            return self.logical_not(self.compare("==", a, b))
        return self.writer.apply(_COMPARISONS[how], a, b, dtype=BOOL)

    def select(self, condition: Value, a: Value, b: Value) -> Value:
        if a.dtype == BOOL:
            return self.logical_or(self.logical_and(condition, a), self.logical_and(self.logical_not(condition), b))
        work = wider("Where", a.dtype)
        chosen = [self.writer.cast(x, work) for x in (a, b)]
        result = self.writer.node("Where", [condition, *chosen], [work])[0]
        return self.writer.cast(result, a.dtype)

    def logical_and(self, a: Value, b: Value) -> Value:
        return self.writer.apply("And", a, b)

    def logical_or(self, a: Value, b: Value) -> Value:
        return self.writer.apply("Or", a, b)

    def logical_xor(self, a: Value, b: Value) -> Value:
        return self.writer.apply("Xor", a, b)

    def logical_not(self, x: Value) -> Value:
        return self.writer.apply("Not", x)

    def bits(self, x: Value) -> Value:
        raise UnsupportedError("ONNX has no operator that looks at the bits of a number")

    def from_bits(self, x: Value, dtype: np.dtype) -> Value:
        raise UnsupportedError("ONNX has no operator that makes a number of bits")

    def shift_left(self, x: Value, places: Value) -> Value:
        raise UnsupportedError("ONNX shifts no signed integers")

    def shift_right(self, x: Value, places: Value) -> Value:
        raise UnsupportedError("ONNX shifts no signed integers")

    def careful(self, condition: Value) -> None:
        raise UnsupportedError("this formula leaves some numbers to NumPy, which is not there in an ONNX model")

    def call(self, name: str, *xs: Value) -> Value:
        return ELEMENTARY[name](self, *xs)
