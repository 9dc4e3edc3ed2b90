"""Making expressions: sums, products, quotients and transposes in which what is trivial has gone."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

from ...original import np
from ..numbers import the_number
from .expression import (
    Alike,
    Call,
    Expression,
    Fenced,
    Hadamard,
    Identity,
    Inverse,
    Negative,
    Number,
    OfSeveral,
    Ones,
    Power,
    Product,
    Quotient,
    RowShape,
    Shape,
    Sum,
    Transpose,
    Zeros,
)

ONE, ZERO = Number(1), Number(0)


def add(*terms: Expression) -> Expression:
    flat: list[Expression] = []
    for term in terms:
        flat += term.operands if isinstance(term, Sum) else [term]
    kept = [term for term in flat if not is_number(term, 0) and not isinstance(term, Zeros)]
    shapes = [term.shape for term in flat]
    flat = kept if kept and OfSeveral(tuple(kept)).shape == np.broadcast_shapes(*shapes) else flat or [ZERO]
    flat = _with_multiples(flat)
    return flat[0] if len(flat) == 1 else Sum(tuple(flat))


def _with_multiples(terms: list[Expression]) -> list[Expression]:
    """x + x is 2 x."""
    found: list[Expression] = []
    counts: list[int] = []
    for term in terms:
        is_open = term.has_symbols
        if is_open and term in found:
            counts[found.index(term)] += 1
        else:
            found.append(term)
            counts.append(1)
    if max(counts) == 1:
        return terms
    return [term if n == 1 else product(Number(n), term) for term, n in zip(found, counts, strict=True)]


def negative(x: Expression) -> Expression:
    if isinstance(x, Negative):
        return x.operand
    if isinstance(x, Number) and not x.written:
        return Number(-x.value)
    return Negative(x)


def subtract(a: Expression, b: Expression) -> Expression:
    if isinstance(b, Sum):
        return add(a, *(negative(term) for term in b.operands))
    return add(a, negative(b))


def is_number(x: Expression, value: complex) -> bool:
    return isinstance(x, Number) and x.value == value


def _sign_of(parts: list[Expression]) -> tuple[bool, list[Expression]]:
    """Whether the product of them is negative, and what they are without their signs."""
    minus, found = False, []
    for part in parts:
        if isinstance(part, Negative):
            minus, part = not minus, part.operand
        elif isinstance(part, Number) and not part.written and part.value.imag == 0 and part.value.real < 0:
            minus, part = not minus, Number(-part.value)
        found.append(part)
    return minus, found


def product(*parts: Expression) -> Expression:
    """The matrix product; numbers go to the front and are multiplied."""
    minus, flat = _sign_of(_factors(parts))
    more, flat = _sign_of(_factors(flat))
    scalars = [part for part in flat if not part.shape]
    others = [part for part in flat if part.shape]
    known: complex = 1
    named = []
    for part in scalars:
        if isinstance(part, Number) and not part.written:
            known = _times(known, part.value)
        else:
            named.append(part)
    front = [] if known == 1 else [Number(known)]
    fractions = [e for e in named if isinstance(e, Quotient) and (e.has_symbols or is_number(e.above, 1))]
    if len(fractions) == 1 and len(front + named + others) > 1 and not (fractions[0].has_symbols and others):
        named.remove(fractions[0])
        rest = product(*front, *named, fractions[0].above, *others)
        return negative(quotient(rest, fractions[0].below)) if minus != more else quotient(rest, fractions[0].below)
    named = sorted(_with_squares(named), key=lambda part: part.has_symbols)
    every = [*front, *named, *others] or [ONE]
    found = every[0] if len(every) == 1 else Product(tuple(every))
    return Negative(found) if minus != more else found


def _times(a: complex, b: complex) -> complex:
    """The product of two numbers as they are written: 3 times 0.1 is 0.3."""
    if any(isinstance(x, complex) or not math.isfinite(x) for x in (a, b)):
        return a * b
    if isinstance(a, int) and isinstance(b, int):
        return a * b
    return float(Decimal(repr(a)) * Decimal(repr(b)))


def _factors(parts: Iterable[Expression]) -> list[Expression]:
    """Those of products within; a number that is a product of arrays stays one factor."""
    found: list[Expression] = []
    for part in parts:
        whole = isinstance(part, Product) and (part.shape or not any(each.shape for each in part.operands))
        found += part.operands if isinstance(part, Product) and whole else [part]
    return found


def hadamard(*parts: Expression) -> Expression:
    """The product entry by entry; numbers go to the front."""
    flat: list[Expression] = []
    for part in parts:
        flat += part.operands if isinstance(part, Hadamard) else [part]
    minus, flat = _sign_of(flat)
    scalars: list[Expression] = []
    arrays: list[Expression] = []
    below: list[Expression] = []
    for part in flat:
        if isinstance(part, Product) and part.shape and not part.operands[0].shape:
            scalars += [e for e in part.operands if not e.shape]
            part = product(*[e for e in part.operands if e.shape])
        if isinstance(part, Quotient) and part.shape and (part.below.shape or part.above.shape):
            (arrays if part.above.shape else scalars).append(part.above)
            below.append(part.below)
        elif part.shape:
            arrays.append(part)
        else:
            scalars.append(part)
    scalars = [part for part in scalars if not is_number(part, 1)]
    ones = [_all_ones(part) for part in arrays]
    whole = np.broadcast_shapes(*[part.shape for part in arrays])
    if any(given is None and part.shape == whole for given, part in zip(ones, arrays, strict=True)):
        scalars += [factor for given in ones if given is not None for factor in given]
        arrays = [part for given, part in zip(ones, arrays, strict=True) if given is None]
    arrays = _with_squares(arrays)
    middle = arrays[0] if len(arrays) == 1 else Hadamard(tuple(arrays)) if arrays else None
    found = product(*scalars, *([] if middle is None else [middle])) if scalars or middle is not None else ONE
    for each in below:
        found = quotient(found, each)
    return negative(found) if minus else found


def _all_ones(x: Expression) -> tuple[Expression, ...] | None:
    """The numbers before an array that is all ones; None of any other."""
    if isinstance(x, (Alike, Transpose)):
        return _all_ones(x.operand)
    if isinstance(x, Product):
        found = [_all_ones(part) if part.shape else (part,) for part in x.operands]
        return None if None in found else tuple(each for given in found for each in given or ())
    return () if isinstance(x, Ones) else None


def _with_squares(parts: list[Expression]) -> list[Expression]:
    """x x is x^2."""
    found: list[Expression] = []
    for part in parts:
        if part in found:
            found[found.index(part)] = Power(part, Number(2))
        else:
            found.append(part)
    return found


def quotient(a: Expression, b: Expression) -> Expression:
    if is_number(b, 1):
        return a
    minus, (above, below) = _sign_of([a, b])
    if isinstance(above, Quotient) and above.below.shape in ((), below.shape):
        above, below = above.above, hadamard(above.below, below)
    above, below = _reduced(above, below)
    found = above if is_number(below, 1) else Quotient(above, below)
    return negative(found) if minus else found


def _reduced(above: Expression, below: Expression) -> tuple[Expression, Expression]:
    """2 x / 6 is x / 3."""
    first = above.operands[0] if isinstance(above, Product) else above
    if not (isinstance(first, Number) and isinstance(below, Number)):
        return above, below
    a, b = first.value, below.value
    if any(isinstance(x, (bool, complex)) or x != x or x % 1 for x in (a, b)):
        return above, below
    a, b = int(a.real), int(b.real)
    common = math.gcd(a, b)
    if common < 2 or isinstance(above, Number):
        return above, below
    assert isinstance(above, Product)
    return product(Number(a // common), *above.operands[1:]), Number(b // common)


def power(base: Expression, exponent: Expression) -> Expression:
    return base if is_number(exponent, 1) else Power(base, exponent)


def fenced(x: Expression, kind: str) -> Expression:
    """|x|, a root...; of a known number its absolute value."""
    if kind == "abs" and isinstance(x, Number) and not x.written:
        return Number(abs(x.value))
    return Fenced(x, kind)


def transpose(x: Expression) -> Expression:
    if isinstance(x, Transpose):
        return x.operand
    if isinstance(x, Negative):
        return negative(transpose(x.operand))
    if isinstance(x, Inverse):
        return Inverse(transpose(x.operand))
    if isinstance(x, Product) and all(len(part.shape) in (0, 1, 2) for part in x.operands):
        return product(*(transpose(part) if part.shape else part for part in reversed(x.operands)))
    return x if not x.shape or isinstance(x, Identity) else Transpose(x)


def alike(x: Expression, shape: Shape) -> Expression:
    """The same with other axes of size 1."""
    while isinstance(x, Alike):
        x = x.operand
    return x if tuple(x.shape) == shape and not isinstance(x.shape, RowShape) else Alike(x, shape)


def column(x: Expression) -> Expression:
    return alike(x, (*x.shape, 1))


def squared(x: Expression) -> Expression:
    return Power(x, Number(2))


PI = Number(math.pi, "π")
_ROOT_OF_PI = Fenced(PI, "sqrt")
_LOG_2, _LOG_10 = (Call("log", (Number(n),), np.log, (), bare=True) for n in (2, 10))

KNOWN: Final[dict[float, Expression]] = {
    math.pi: PI,
    2 / math.sqrt(math.pi): Quotient(Number(2), _ROOT_OF_PI),
    math.sqrt(math.pi) / 2: Quotient(_ROOT_OF_PI, Number(2)),
    math.sqrt(2): Fenced(Number(2), "sqrt"),
    math.sqrt(2 * math.pi): Fenced(Product((Number(2), PI)), "sqrt"),
    1 / math.sqrt(2 * math.pi): Quotient(ONE, Fenced(Product((Number(2), PI)), "sqrt")),
    math.log(2): _LOG_2,
    math.log(10): _LOG_10,
    math.pi / 180: Quotient(PI, Number(180)),
    180 / math.pi: Quotient(Number(180), PI),
    math.pi**2: Power(PI, Number(2)),
    0.5: Quotient(ONE, Number(2)),
    2 / 3: Quotient(Number(2), Number(3)),
    1 / 3: Quotient(ONE, Number(3)),
}


def number(value: Any) -> Expression:
    """A number, in its closed form where it is one of the known."""
    value = the_number(value)
    if isinstance(value, float):
        if value in KNOWN:
            return KNOWN[value]
        if -value in KNOWN:
            return Negative(KNOWN[-value])
        if value.is_integer() and abs(value) < 1e15:
            return Number(int(value))
    return Number(value)
