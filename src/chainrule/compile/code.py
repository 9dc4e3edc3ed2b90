"""The instructions that native recipes are written in, as LLVM's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, final

from ..original import np
from .emitter import BOOL, Function, Value, literal, scalar_type, type_of
from .mathematics import FUNCTIONS

_ORDERED = {"<": "olt", "<=": "ole", ">": "ogt", ">=": "oge", "==": "oeq", "!=": "une"}  # false for nan, as NumPy's
_SIGNED = {"<": "slt", "<=": "sle", ">": "sgt", ">=": "sge", "==": "eq", "!=": "ne"}
_UNSIGNED = {"<": "ult", "<=": "ule", ">": "ugt", ">=": "uge", "==": "eq", "!=": "ne"}


@final
class Code:
    """Implements `chainrule.ops.native.Code` in a function that is being written."""

    __slots__ = ("function", "has_fma", "note")

    def __init__(self, function: Function, has_fma: bool):
        self.function, self.has_fma = function, has_fma
        self.note: Callable[[Value], None] | None = None  # what says that care is needed

    def careful(self, condition: Value) -> None:
        if self.note is not None:
            self.note(condition)

    def call(self, name: str, *xs: Value) -> Value:
        return FUNCTIONS[name](self, *xs)

    # Literals and conversions

    def constant(self, number: Any, dtype: np.dtype) -> Value:
        return Value(literal(number, dtype), dtype)

    def convert(self, x: Value, dtype: np.dtype) -> Value:
        """The same number in another dtype, as `astype` gives it; where a whole number does not fit, with care."""
        if x.dtype == dtype:
            return x
        if dtype == BOOL:
            return self.compare("!=", x, self.constant(0, x.dtype))
        if x.dtype.kind == "f" and dtype.kind in "iu":
            x = self._fitting(self.trunc(x), dtype)
        return self._cast(_conversion(x.dtype, dtype), x, dtype)

    def _fitting(self, x: Value, dtype: np.dtype) -> Value:
        """0 for what is no number of a dtype of integers, of which LLVM makes anything."""
        bits = 8 * dtype.itemsize
        low, high = (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1)) if dtype.kind == "i" else (0.0, 2.0**bits)
        above = self.compare(">=", x, self.constant(low, x.dtype))
        fits = self.logical_and(above, self.compare("<", x, self.constant(high, x.dtype)))
        self.careful(self.logical_not(fits))
        return self.select(fits, x, self.constant(0, x.dtype))

    def _cast(self, instruction: str, x: Value, dtype: np.dtype) -> Value:
        if not x.text.startswith("%"):  # LLVM has no such instruction on literals
            x = self._named(x)
        return self._emit(f"{instruction} {type_of(x.dtype, x.lanes)} {x.text} to {type_of(dtype, x.lanes)}", dtype, x)

    def _named(self, x: Value) -> Value:
        one = scalar_type(x.dtype)
        return self._emit(f"select i1 true, {one} {x.text}, {one} {x.text}", x.dtype, x)

    def _emit(self, text: str, dtype: np.dtype, like: Value) -> Value:
        return self.function.emit(text, dtype, like.lanes, like.level)

    def _of(self, instruction: str, dtype: np.dtype, *operands: Value) -> Value:
        """An instruction whose operands are of one type."""
        texts, lanes, level = self.function.aligned(*operands)
        kind = type_of(operands[0].dtype, lanes)
        return self.function.emit(f"{instruction} {kind} {', '.join(texts)}", dtype, lanes, level)

    def _call(self, name: str, *operands: Value) -> Value:
        """One of LLVM's functions, whose operands and result are of one type."""
        texts, lanes, level = self.function.aligned(*operands)
        dtype = operands[0].dtype
        kind = type_of(dtype, lanes)
        short = ("f" if dtype.kind == "f" else "i") + str(8 * dtype.itemsize)
        full = f"llvm.{name}.{short}" if lanes == 1 else f"llvm.{name}.v{lanes}{short}"
        self.function.module.declare(full, kind, [kind] * len(operands))
        arguments = ", ".join(f"{kind} {text}" for text in texts)
        return self.function.emit(f"call {kind} @{full}({arguments})", dtype, lanes, level)

    # Arithmetic

    def add(self, a: Value, b: Value) -> Value:
        return self._of("fadd" if a.dtype.kind == "f" else "add", a.dtype, a, b)

    def subtract(self, a: Value, b: Value) -> Value:
        return self._of("fsub" if a.dtype.kind == "f" else "sub", a.dtype, a, b)

    def multiply(self, a: Value, b: Value) -> Value:
        return self._of("fmul" if a.dtype.kind == "f" else "mul", a.dtype, a, b)

    def divide(self, a: Value, b: Value) -> Value:
        return self._of("fdiv", a.dtype, a, b)

    def negative(self, x: Value) -> Value:
        if x.dtype.kind == "f":
            return self._of("fneg", x.dtype, x)
        return self.subtract(self.constant(0, x.dtype), x)

    def fma(self, a: Value, b: Value, c: Value) -> Value:
        """a * b + c, rounded once where the CPU can."""
        if self.has_fma:
            return self._call("fma", a, b, c)
        return self.add(self.multiply(a, b), c)

    def fma_exact(self, a: Value, b: Value, c: Value) -> Value:
        """a * b + c, rounded once: slow where the CPU cannot."""
        return self._call("fma", a, b, c)

    def quotient(self, a: Value, b: Value) -> Value:
        """Of integers, towards 0; 0 for a division by 0, and the smallest one stays when divided by -1."""
        zero, one = self.constant(0, a.dtype), self.constant(1, a.dtype)
        of_zero = self.compare("==", b, zero)
        safe = self.select(of_zero, one, b)
        if a.dtype.kind == "u":
            return self.select(of_zero, zero, self._of("udiv", a.dtype, a, safe))
        of_minus_one = self.compare("==", b, self.constant(-1, a.dtype))
        q = self._of("sdiv", a.dtype, a, self.select(of_minus_one, one, safe))
        return self.select(of_zero, zero, self.select(of_minus_one, self.negative(a), q))

    def sqrt(self, x: Value) -> Value:
        return self._call("sqrt", x)

    def absolute(self, x: Value) -> Value:
        if x.dtype.kind == "f":
            return self._call("fabs", x)
        if x.dtype.kind == "u":
            return x
        return self.select(self.compare("<", x, self.constant(0, x.dtype)), self.negative(x), x)

    def copysign(self, x: Value, sign: Value) -> Value:
        return self._call("copysign", x, sign)

    def floor(self, x: Value) -> Value:
        return self._call("floor", x)

    def ceil(self, x: Value) -> Value:
        return self._call("ceil", x)

    def trunc(self, x: Value) -> Value:
        return self._call("trunc", x)

    def rint(self, x: Value) -> Value:
        """To the nearest integer, to the even one of two."""
        return self._call("rint", x)

    # Comparison, choice and logic

    def compare(self, how: str, a: Value, b: Value) -> Value:
        kind = a.dtype.kind
        if kind == "f":
            return self._of(f"fcmp {_ORDERED[how]}", BOOL, a, b)
        return self._of(f"icmp {(_SIGNED if kind == 'i' else _UNSIGNED)[how]}", BOOL, a, b)

    def select(self, condition: Value, a: Value, b: Value) -> Value:
        texts, lanes, level = self.function.aligned(condition, a, b)
        kind = type_of(a.dtype, lanes)
        text = f"select {type_of(BOOL, lanes)} {texts[0]}, {kind} {texts[1]}, {kind} {texts[2]}"
        return self.function.emit(text, a.dtype, lanes, level)

    def logical_and(self, a: Value, b: Value) -> Value:
        return self._of("and", BOOL, a, b)

    def logical_or(self, a: Value, b: Value) -> Value:
        return self._of("or", BOOL, a, b)

    def logical_xor(self, a: Value, b: Value) -> Value:
        return self._of("xor", BOOL, a, b)

    def logical_not(self, x: Value) -> Value:
        return self._of("xor", BOOL, x, self.constant(True, BOOL))

    # Bits

    def bits(self, x: Value) -> Value:
        """The bits of a floating number as a signed integer."""
        return self._cast("bitcast", x, np.dtype(f"i{x.dtype.itemsize}"))

    def from_bits(self, x: Value, dtype: np.dtype) -> Value:
        return self._cast("bitcast", x, dtype)

    def shift_left(self, x: Value, places: Value) -> Value:
        return self._of("shl", x.dtype, x, places)

    def shift_right(self, x: Value, places: Value) -> Value:
        """The sign stays, where there is one."""
        return self._of("lshr" if x.dtype.kind == "u" else "ashr", x.dtype, x, places)

    def xor(self, a: Value, b: Value) -> Value:
        return self._of("xor", a.dtype, a, b)

    def whole_product(self, a: Value, b: Value) -> tuple[Value, Value]:
        """The upper and the lower half of a product of unsigned integers of 64 bits."""
        wide = [self._emit(f"zext i64 {x.text} to i128", x.dtype, x).text for x in (a, b)]
        level = max(a.level, b.level)
        product = self.function.emit(f"mul i128 {wide[0]}, {wide[1]}", a.dtype, 1, level)
        shifted = self._emit(f"lshr i128 {product.text}, 64", a.dtype, product)
        high, low = (self._emit(f"trunc i128 {each.text} to i64", a.dtype, each) for each in (shifted, product))
        return high, low


def _conversion(a: np.dtype, b: np.dtype) -> str:
    if a.kind == "f" and b.kind == "f":
        return "fpext" if b.itemsize > a.itemsize else "fptrunc"
    if a.kind == "f":
        return "fptosi" if b.kind == "i" else "fptoui"
    if b.kind == "f":
        return "sitofp" if a.kind == "i" else "uitofp"
    if a.itemsize == b.itemsize and a.kind != "b":
        return "bitcast"
    if b.itemsize < a.itemsize and a.kind != "b":
        return "trunc"
    return "sext" if a.kind == "i" else "zext"
