"""What a native recipe sees: straight-line code on values, lane by lane, in whatever back end.

A recipe of an element-wise operation takes the code and a value for each argument, already of the dtypes that NumPy
computes in, and gives the value of the result: ``native=lambda code, x: code.multiply(x, x)``. One that cannot do it
for a dtype gives None, and the operation runs by NumPy there.
"""

from __future__ import annotations

from typing import Any, Protocol

from ..original import np


class Code(Protocol):
    """Instructions on values of one dtype; comparisons give booleans. Floating ones round once, as IEEE 754 says."""

    def constant(self, number: Any, dtype: np.dtype) -> Any: ...
    def convert(self, x: Any, dtype: np.dtype) -> Any: ...
    def add(self, a: Any, b: Any) -> Any: ...
    def subtract(self, a: Any, b: Any) -> Any: ...
    def multiply(self, a: Any, b: Any) -> Any: ...
    def divide(self, a: Any, b: Any) -> Any: ...
    def negative(self, x: Any) -> Any: ...
    def fma(self, a: Any, b: Any, c: Any) -> Any:
        """a b + c, rounded once where the CPU can do that."""

    def fma_exact(self, a: Any, b: Any, c: Any) -> Any:
        """a b + c, rounded once on every CPU: where the formula needs it."""

    def quotient(self, a: Any, b: Any) -> Any:
        """Of integers, towards 0; by 0 it is 0."""

    def sqrt(self, x: Any) -> Any: ...
    def absolute(self, x: Any) -> Any: ...
    def copysign(self, x: Any, sign: Any) -> Any: ...
    def floor(self, x: Any) -> Any: ...
    def ceil(self, x: Any) -> Any: ...
    def trunc(self, x: Any) -> Any: ...
    def rint(self, x: Any) -> Any: ...
    def compare(self, how: str, a: Any, b: Any) -> Any: ...
    def select(self, condition: Any, a: Any, b: Any) -> Any: ...
    def logical_and(self, a: Any, b: Any) -> Any: ...
    def logical_or(self, a: Any, b: Any) -> Any: ...
    def logical_xor(self, a: Any, b: Any) -> Any: ...
    def logical_not(self, x: Any) -> Any: ...
    def bits(self, x: Any) -> Any: ...
    def from_bits(self, x: Any, dtype: np.dtype) -> Any: ...
    def shift_left(self, x: Any, places: Any) -> Any: ...
    def shift_right(self, x: Any, places: Any) -> Any:
        """The sign stays, where there is one."""

    def careful(self, condition: Any) -> None:
        """Where this holds in any lane, NumPy has to compute the whole."""

    def call(self, name: str, *xs: Any) -> Any:
        """One of the elementary functions of native code: "exp", "log1p", "arctan"..."""


# Recipes that several operations share


def comparison(how: str) -> Any:
    """The recipe of a comparison; booleans are compared as 0 and 1."""
    signed = np.dtype(np.int8)

    def native(code: Code, a: Any, b: Any) -> Any:
        if a.dtype.kind == "b":
            a, b = code.convert(a, signed), code.convert(b, signed)
        return code.compare(how, a, b)

    return native


def sum_of(code: Code, a: Any, b: Any) -> Any:
    return code.logical_or(a, b) if a.dtype.kind == "b" else code.add(a, b)


def product_of(code: Code, a: Any, b: Any) -> Any:
    return code.logical_and(a, b) if a.dtype.kind == "b" else code.multiply(a, b)


def is_nan(code: Code, x: Any) -> Any:
    return code.compare("!=", x, x)


def is_before(code: Code, a: Any, b: Any) -> Any:
    """In ascending order; nan comes last."""
    if a.dtype.kind != "f":
        return code.compare("<", a, b)
    return code.logical_and(code.logical_not(code.compare(">=", a, b)), code.compare("==", a, a))


def larger_of(code: Code, a: Any, b: Any) -> Any:
    """NumPy's maximum: nan if either is."""
    if a.dtype.kind == "b":
        return code.logical_or(a, b)
    wins = code.compare(">", a, b)
    return code.select(code.logical_or(wins, is_nan(code, a)) if a.dtype.kind == "f" else wins, a, b)


def smaller_of(code: Code, a: Any, b: Any) -> Any:
    """NumPy's minimum: nan if either is."""
    if a.dtype.kind == "b":
        return code.logical_and(a, b)
    wins = code.compare("<", a, b)
    return code.select(code.logical_or(wins, is_nan(code, a)) if a.dtype.kind == "f" else wins, a, b)


def larger_number_of(code: Code, a: Any, b: Any) -> Any:
    """NumPy's fmax: nan if both are."""
    larger = larger_of(code, a, b)
    return _beside_nan(code, a, b, larger) if a.dtype.kind == "f" else larger


def smaller_number_of(code: Code, a: Any, b: Any) -> Any:
    """NumPy's fmin: nan if both are."""
    smaller = smaller_of(code, a, b)
    return _beside_nan(code, a, b, smaller) if a.dtype.kind == "f" else smaller


def _beside_nan(code: Code, a: Any, b: Any, of_numbers: Any) -> Any:
    return code.select(is_nan(code, a), b, code.select(is_nan(code, b), a, of_numbers))


def absorbing_product(code: Code, t: Any, s: Any, both: bool = False) -> Any:
    """t * s, and 0 where t is 0 whatever s, or where either is; a boolean factor selects."""
    for mask, factor in ((s, t), (t, s)):
        if mask.dtype.kind == "b":
            return code.select(mask, factor, code.constant(0, factor.dtype))
    zero = code.constant(0, t.dtype)
    absorbs = code.compare("==", t, zero)
    if both:
        absorbs = code.logical_or(absorbs, code.compare("==", s, zero))
    return code.select(absorbs, zero, code.multiply(t, s))


# Division with a rest, as NumPy does it: by 0 it gives 0 for integers.


def is_floating(*xs: Any) -> bool:
    """Whether the elementary functions are there for values of these dtypes."""
    return all(x.dtype.kind == "f" and x.dtype.itemsize >= 4 for x in xs)


def rest_of(code: Code, a: Any, b: Any) -> Any:
    """NumPy's fmod: a - q b with the quotient q towards 0, of the sign of a."""
    if a.dtype.kind in "iu":
        q = code.quotient(a, b)
        zero = code.constant(0, a.dtype)
        return code.select(code.compare("==", b, zero), zero, code.subtract(a, code.multiply(q, b)))
    return code.call("fmod", a, b) if is_floating(a, b) else None


def _differ_in_sign(code: Code, a: Any, b: Any) -> Any:
    zero = code.constant(0, a.dtype)
    return code.logical_xor(code.compare("<", a, zero), code.compare("<", b, zero))


def remainder_of(code: Code, a: Any, b: Any) -> Any:
    """NumPy's remainder: of the sign of b."""
    rest = rest_of(code, a, b)
    if rest is None or a.dtype.kind == "u":
        return rest
    zero = code.constant(0, a.dtype)
    is_zero = code.compare("==", rest, zero)
    moved = code.select(_differ_in_sign(code, rest, b), code.add(rest, b), rest)
    return code.select(is_zero, code.copysign(zero, b) if a.dtype.kind == "f" else zero, moved)


def floor_quotient_of(code: Code, a: Any, b: Any) -> Any:
    """NumPy's floor_divide: of floating numbers the quotient without the rest, set right where that was rounded."""
    if a.dtype.kind == "u":
        return code.quotient(a, b)
    rest = rest_of(code, a, b)
    if rest is None:
        return None
    zero, one = (code.constant(k, a.dtype) for k in (0, 1))
    uneven = code.compare("!=", rest, zero)
    below = code.logical_and(uneven, _differ_in_sign(code, rest, b))
    if a.dtype.kind == "i":
        q = code.quotient(a, b)
        return code.select(below, code.subtract(q, one), q)
    plain = code.divide(a, b)
    q = code.divide(code.subtract(a, rest), b)
    q = code.select(below, code.subtract(q, one), q)
    whole = code.floor(q)
    half = code.constant(0.5, a.dtype)
    whole = code.select(code.compare(">", code.subtract(q, whole), half), code.add(whole, one), whole)
    whole = code.select(code.compare("==", q, zero), code.copysign(zero, plain), whole)
    return code.select(code.compare("==", b, zero), plain, whole)


def elementary(name: str) -> Any:
    """The recipe of an elementary function, in single and double precision."""

    def native(code: Code, *xs: Any) -> Any:
        return code.call(name, *xs) if is_floating(*xs) else None

    return native
