"""Polynomials, and the few bit patterns that the functions here share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...ops.native import Code
from ...original import np
from .coefficients import COEFFICIENTS


def is_double(x: Any) -> bool:
    return x.dtype.itemsize == 8


def coefficients(name: str, x: Any) -> tuple[float, ...]:
    single, double = COEFFICIENTS[name]
    return double if is_double(x) else single


def horner(code: Code, x: Any, powers: Sequence[float]) -> Any:
    """The polynomial with these coefficients, by rising powers."""
    result = code.constant(powers[-1], x.dtype)
    for c in reversed(powers[:-1]):
        result = code.fma(result, x, code.constant(c, x.dtype))
    return result


def estrin(code: Code, x: Any, powers: Sequence[float]) -> Any:
    """The same in a tree, which waits less: for long ones."""
    terms = [code.constant(c, x.dtype) for c in powers]
    power = x
    while len(terms) > 1:
        pairs = [code.fma(b, power, a) for a, b in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[len(pairs) * 2 :]
        if len(terms) > 1:
            power = code.multiply(power, power)
    return terms[0]


def polynomial(code: Code, x: Any, name: str) -> Any:
    powers = coefficients(name, x)
    return (estrin if len(powers) > 8 else horner)(code, x, powers)


def whole_bits(x: Any) -> np.dtype:
    """The integers of the size of x."""
    return np.dtype(f"i{x.dtype.itemsize}")


def magic(x: Any) -> float:
    """Adding it leaves the nearest whole number in the low bits."""
    return 1.5 * 2.0**52 if is_double(x) else 1.5 * 2.0**23


def rounded(code: Code, x: Any) -> tuple[Any, Any]:
    """The nearest whole number, as a floating number and as an integer; |x| is small."""
    big = code.constant(magic(x), x.dtype)
    shifted = code.add(x, big)
    integer = code.subtract(code.bits(shifted), code.bits(big))
    return code.subtract(shifted, big), integer


def power_of_two(code: Code, n: Any, dtype: np.dtype) -> Any:
    """2**n for an integer n in the range of normal numbers."""
    bias, places = (1023, 52) if dtype.itemsize == 8 else (127, 23)
    biased = code.add(n, code.constant(bias, n.dtype))
    return code.from_bits(code.shift_left(biased, code.constant(places, n.dtype)), dtype)


def at_most(code: Code, x: Any, limit: float) -> Any:
    """The smaller one; nan stays."""
    bound = code.constant(limit, x.dtype)
    return code.select(code.compare(">", x, bound), bound, x)


def at_least(code: Code, x: Any, limit: float) -> Any:
    bound = code.constant(limit, x.dtype)
    return code.select(code.compare("<", x, bound), bound, x)
