"""From an expression to marks on a line: here it is decided where parentheses stand."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import Any, Final, final

from ..numbers import the_number
from . import expression as e
from .marks import (
    Accent,
    Digits,
    Fence,
    Fraction,
    Hole,
    Letter,
    Line,
    Mark,
    Root,
    Script,
    Sign,
    Space,
    Table,
    Under,
    Word,
    line,
)

# What binds how tightly: what stands inside something that binds more tightly is put into parentheses.
RELATION, SUM, HADAMARD, PRODUCT, CALL, ATOM = range(6)

Naming = Callable[[Hashable, bool], Mark]
DIGITS: Final = 12  # of a number that is no result: more would tell of rounding only
_LETTERS: Final = "ijklmnpqrstuv"


@final
class Notation:
    """Writes expressions.

    Parameters
    ----------
    naming : callable
        ``naming(key, bar)``, the marks of a symbol.
    note : callable, optional
        ``note(part)``, what stands under a symbol (its shape, say), or None.
    replace : callable, optional
        ``replace(symbol)``, the marks that stand for a symbol and how tightly they bind, or None.
    """

    def __init__(
        self,
        naming: Naming,
        note: Callable[[e.Expression], Mark | None] | None = None,
        replace: Callable[[e.Symbol], tuple[Mark, int] | None] | None = None,
    ):
        self.naming, self.note, self.replace = naming, note, replace

    def equation(self, left: e.Expression, right: e.Expression, sign: str = "=") -> Mark:
        """Left = right; where the right is a sum over indices, the left has them too."""
        if isinstance(right, e.Negative) and isinstance(right.operand, e.Indexed):
            letters = self._letters(right.operand)
            body = line(Sign("−", False), self._sum_of(right.operand, letters, PRODUCT))
            return line(self._with_indices(left, right.operand.out, letters), Sign(sign), body)
        if isinstance(right, e.Indexed):
            letters = self._letters(right)
            return line(self._with_indices(left, right.out, letters), Sign(sign), self._sum_of(right, letters, SUM))
        return line(self(left), Sign(sign), self(right))

    def __call__(self, x: e.Expression, inside: int = RELATION) -> Mark:
        """The marks of an expression that stands inside something which binds so tightly."""
        mark, binds = self._written(x)
        if binds < inside:
            mark, binds = parenthesized(mark), ATOM
        note = self.note(x) if self.note and binds == ATOM else None
        return mark if note is None else Under(mark, note)

    def _written(self, x: e.Expression) -> tuple[Mark, int]:
        return _WRITERS[type(x)](self, x)

    # Each kind.

    def _symbol(self, x: e.Symbol) -> tuple[Mark, int]:
        found = self.replace(x) if self.replace else None
        return found or (self.naming(x.key, x.bar), ATOM)

    def _number(self, x: e.Number) -> tuple[Mark, int]:
        if x.written:  # Euler's number upright: e may be a variable
            return (Word if x.written == "e" else Letter)(x.written), ATOM
        return number_mark(x.value)

    def _ones(self, x: e.Ones) -> tuple[Mark, int]:
        return Letter("𝟏"), ATOM

    def _identity(self, x: e.Identity) -> tuple[Mark, int]:
        return Script(Letter("I"), Digits(str(x.size))), ATOM

    def _zeros(self, x: e.Zeros) -> tuple[Mark, int]:
        return Digits("0"), ATOM

    def _sum(self, x: e.Sum) -> tuple[Mark, int]:
        found: list[Mark] = []
        for k, term in enumerate(x.operands):
            minus = isinstance(term, e.Negative)
            if isinstance(term, e.Number) and not term.written and _is_negative(term.value):
                minus, term = True, e.Number(-term.value)
            elif isinstance(term, e.Negative):
                term = term.operand
            if minus:
                found.append(Sign("−", k > 0))
            elif k:
                found.append(Sign("+"))
            found.append(self(term, HADAMARD if k or minus else SUM))
        return line(*found), SUM

    def _negative(self, x: e.Negative) -> tuple[Mark, int]:
        return line(Sign("−", False), self(x.operand, HADAMARD)), SUM

    def _hadamard(self, x: e.Hadamard) -> tuple[Mark, int]:
        found: list[Mark] = []
        for k, part in enumerate(x.operands):
            found += [Sign("∘")] if k else []
            found.append(self(part, CALL))
        return line(*found), HADAMARD

    def _product(self, x: e.Product) -> tuple[Mark, int]:
        found: list[Mark] = []
        before: e.Expression | None = None
        for k, part in enumerate(x.operands):
            last = k == len(x.operands) - 1
            is_scaled = before is not None and k == 1 and not x.operands[0].shape
            binds = HADAMARD if last and is_scaled and isinstance(part, e.Hadamard) else PRODUCT
            mark = self(part, ATOM if isinstance(part, e.Call) and not last else binds)
            if isinstance(part, e.Product):
                mark = parenthesized(self(part))
            if before is not None:
                wide = self.note is not None and bool(part.shape and before.shape)
                found.append(Sign("·") if _begins_with_digits(mark) else Space(wide=wide))
            found.append(mark)
            before = part
        return line(*found), PRODUCT

    def _kronecker(self, x: e.Kronecker) -> tuple[Mark, int]:
        found: list[Mark] = []
        for k, part in enumerate(x.operands):
            found += [Sign("⊗")] if k else []
            found.append(self(part, CALL))
        return line(*found), HADAMARD

    def _transpose(self, x: e.Transpose) -> tuple[Mark, int]:
        return self._raised(x.operand, Sign("⊤")), ATOM

    def _alike(self, x: e.Alike) -> tuple[Mark, int]:
        return self._written(x.operand)

    def _inverse(self, x: e.Inverse) -> tuple[Mark, int]:
        if isinstance(x.operand, e.Transpose):
            return self._raised(x.operand.operand, line(Sign("−", False), Sign("⊤"))), ATOM
        return self._raised(x.operand, line(Sign("−", False), Digits("1"))), ATOM

    def _raised(self, x: e.Expression, exponent: Mark) -> Mark:
        mark, binds = self._written(x)
        if binds < ATOM or isinstance(x, (e.Power, e.Quotient)):
            return Script(parenthesized(mark), None, exponent)
        if isinstance(mark, (Line, Fraction)) and not isinstance(x, e.Call):
            return Script(parenthesized(mark), None, exponent)
        if isinstance(mark, Script) and mark.above is None:
            return Script(mark.base, mark.below, exponent)
        if isinstance(mark, Script) and isinstance(x, (e.Transpose, e.Inverse)):
            assert mark.above is not None
            return Script(mark.base, mark.below, line(mark.above, exponent))
        return Script(mark, None, exponent)

    def _diagonal(self, x: e.Diagonal) -> tuple[Mark, int]:
        inside = self(x.operand)
        if len(x.operand.shape) > 1:
            inside = line(Word("vec"), Fence("(", inside, ")"))
        return line(Word("diag"), Fence("(", inside, ")", _is_tall(inside))), ATOM

    def _quotient(self, x: e.Quotient) -> tuple[Mark, int]:
        return Fraction(self(x.above), self(x.below)), CALL

    def _power(self, x: e.Power) -> tuple[Mark, int]:
        return self._raised(x.base, self(x.exponent)), ATOM

    def _truth(self, x: e.Truth) -> tuple[Mark, int]:
        return Fence("[", self._relation(x), "]"), ATOM

    def _relation(self, x: e.Expression) -> Mark:
        if not isinstance(x, e.Truth):
            return self(x)
        if len(x.operands) == 1:
            return line(Sign(x.sign), self(x.operands[0], CALL))
        a, b = (self._relation(part) if x.sign in "∧∨⊕" else self(part, SUM) for part in x.operands)
        return line(a, Sign(x.sign), b)

    def _choice(self, x: e.Choice) -> tuple[Mark, int]:
        rows = (
            (self(x.then), line(Word("if "), self._relation(x.condition))),
            (self(x.otherwise), Word("otherwise")),
        )
        return Table("{", rows), SUM

    def _fenced(self, x: e.Fenced) -> tuple[Mark, int]:
        if x.kind in ("sqrt", "cbrt"):
            return Root(self(x.operand), None if x.kind == "sqrt" else Digits("3")), ATOM
        if x.kind == "conj":
            return Script(self(x.operand, ATOM), None, Sign("*", False)), ATOM
        opening, closing = {"abs": "||", "floor": "⌊⌋", "ceil": "⌈⌉"}[x.kind]
        inside = self(x.operand)
        return Fence(opening, inside, closing, _is_tall(inside)), ATOM

    def _call(self, x: e.Call) -> tuple[Mark, int]:
        head: Mark = Letter(x.name) if len(x.name) == 1 else Word(x.name)
        if x.below or x.above:
            head = Script(head, _index(x.below) if x.below else None, _index(x.above) if x.above else None)
        if not x.arguments:
            return head, ATOM
        if x.bare and len(x.arguments) == 1:
            inside, binds = self._written(x.arguments[0])
            if binds >= ATOM or isinstance(x.arguments[0], e.Quotient):
                note = self.note(x.arguments[0]) if self.note else None
                return line(head, Space(applied=True), inside if note is None else Under(inside, note)), CALL
        inside = _separated([self(part) for part in x.arguments])
        return line(head, Fence("(", inside, ")", _is_tall(inside))), ATOM

    def _picked(self, x: e.Picked) -> tuple[Mark, int]:
        marks = [self(each) if isinstance(each, e.Expression) else _index(each) for each in x.indices]
        return line(self(x.operand, ATOM), Fence("[", _separated(marks), "]")), ATOM

    def _indexed(self, x: e.Indexed) -> tuple[Mark, int]:
        letters = self._letters(x)
        if not x.out:
            return self._sum_of(x, letters, SUM), HADAMARD if x.summed else PRODUCT
        inside = self._sum_of(x, letters, SUM)
        return Script(Fence("[", inside, "]", _is_tall(inside)), _run(x.out, letters)), ATOM

    # Index notation.

    def _letters(self, x: e.Indexed) -> dict[int, str]:
        order = dict.fromkeys((*x.out, *(n for n, _ in x.sizes)))
        return {n: _LETTERS[k] if k < len(_LETTERS) else f"i{k}" for k, n in enumerate(order)}

    def _with_indices(self, x: e.Expression, names: tuple[int, ...], letters: dict[int, str]) -> Mark:
        """x_ij; what has an index of its own is put into parentheses first."""
        mark, binds = self._written(x)
        if names:
            if binds < ATOM or isinstance(mark, (Script, Hole, Line)):
                mark = parenthesized(mark)
            mark = Script(mark, _run(names, letters))
        note = self.note(x) if self.note else None
        return mark if note is None else Under(mark, note)

    def _sum_of(self, x: e.Indexed, letters: dict[int, str], inside: int) -> Mark:
        found: list[Mark] = []
        if x.summed:
            found.append(Under(Sign("Σ", False), _separated([Letter(letters[n]) for n in x.summed])))
        pieces: list[Mark] = [self._condition(c, letters) for c in x.conditions]
        for factor, names in x.factors:
            pieces.append(self._with_indices(factor, names, letters) if names else self(factor, PRODUCT))
        for k, piece in enumerate(pieces or [Digits("1")]):
            if k:
                found.append(Space())
            found.append(piece)
        return line(*found)

    def _condition(self, condition: e.Condition, letters: dict[int, str]) -> Mark:
        """A delta with its two indices, or a bracket with a relation."""
        given = [self(part) for part in condition.parts]
        pieces: list[Mark] = []
        for piece in _split(condition.text):
            if piece.startswith("{"):
                place = int(piece[1:-1])
                pieces.append(
                    Letter(letters[condition.names[place]])
                    if place < len(condition.names)
                    else given[place - len(condition.names)]
                )
            elif piece.isdigit():
                pieces.append(Digits(piece))
            elif piece in ",=≤≥<>+−":
                pieces.append(Sign(piece, piece != ","))
            elif piece.isalpha():
                pieces.append(Word(piece))
            elif piece.strip():
                pieces.append(Sign(piece, False))
        if condition.is_delta:
            return Script(Letter("δ"), line(*pieces))
        return Fence("[", line(*pieces), "]")


def _split(text: str) -> list[str]:
    found: list[str] = []
    for c in text:
        if found and (
            (c.isdigit() and found[-1].isdigit())
            or (c.isalpha() and found[-1].isalpha())
            or (found[-1].startswith("{") and not found[-1].endswith("}"))
        ):
            found[-1] += c
        else:
            found.append(c)
    return found


_WRITERS: Final[dict[type, Any]] = {
    e.Symbol: Notation._symbol,
    e.Number: Notation._number,
    e.Ones: Notation._ones,
    e.Identity: Notation._identity,
    e.Zeros: Notation._zeros,
    e.Sum: Notation._sum,
    e.Negative: Notation._negative,
    e.Hadamard: Notation._hadamard,
    e.Product: Notation._product,
    e.Kronecker: Notation._kronecker,
    e.Transpose: Notation._transpose,
    e.Inverse: Notation._inverse,
    e.Alike: Notation._alike,
    e.Diagonal: Notation._diagonal,
    e.Quotient: Notation._quotient,
    e.Power: Notation._power,
    e.Truth: Notation._truth,
    e.Choice: Notation._choice,
    e.Fenced: Notation._fenced,
    e.Call: Notation._call,
    e.Picked: Notation._picked,
    e.Indexed: Notation._indexed,
}


def parenthesized(mark: Mark) -> Mark:
    return Fence("(", mark, ")", _is_tall(mark))


def _separated(marks: list[Mark]) -> Mark:
    found: list[Mark] = []
    for k, mark in enumerate(marks):
        found += [Sign(",")] if k else []
        found.append(mark)
    return line(*found)


def _run(names: tuple[int, ...], letters: dict[int, str]) -> Mark:
    """Indices side by side."""
    return line(*[Letter(letters[n]) for n in names])


def _index(text: str) -> Mark:
    if text.replace("−", "").isdigit():
        return Digits(text)
    return Letter(text) if len(text) == 1 and text.isalpha() else Word(text)


def _is_tall(mark: Mark) -> bool:
    if isinstance(mark, (Fraction, Table)):
        return True
    if isinstance(mark, Line):
        return any(_is_tall(item) for item in mark.items)
    if isinstance(mark, (Fence, Root)):
        return _is_tall(mark.inside)
    if isinstance(mark, (Script, Accent, Under)):
        return _is_tall(mark.base)
    return False


def _begins_with_digits(mark: Mark) -> bool:
    if isinstance(mark, Line):
        return _begins_with_digits(mark.items[0])
    if isinstance(mark, Script):
        return _begins_with_digits(mark.base)
    return isinstance(mark, Digits)


def _is_negative(value: complex) -> bool:
    return not isinstance(value, complex) and (value < 0 or math.copysign(1.0, value) < 0)


def number_mark(value: Any, digits: int | None = None) -> tuple[Mark, int]:
    """A number, to so many digits, and how tightly it binds."""
    value = the_number(value)
    if isinstance(value, bool):
        return Digits(str(int(value))), ATOM
    if isinstance(value, complex):
        if value.imag == 0:
            return number_mark(value.real, digits)
        real, _ = number_mark(value.real, digits)
        imaginary, _ = number_mark(abs(value.imag), digits)
        if value.real == 0:
            alone = Letter("i") if abs(value.imag) == 1 else line(imaginary, Space(), Letter("i"))
            return (line(Sign("−", False), alone), SUM) if value.imag < 0 else (alone, PRODUCT)
        both = line(real, Sign("−" if value.imag < 0 else "+"), imaginary, Space(), Letter("i"))
        return both, SUM
    if isinstance(value, float) and not math.isfinite(value):
        mark: Mark = Word("nan") if math.isnan(value) else Letter("∞")
        return (line(Sign("−", False), mark), SUM) if value < 0 else (mark, ATOM)
    text = f"{abs(value):.{digits or DIGITS}g}" if isinstance(value, float) else repr(abs(value))
    text = text.removesuffix(".0")
    mantissa, _, exponent = text.partition("e")
    mark, binds = Digits(mantissa), ATOM
    if exponent:
        power = int(exponent)
        raised: Mark = line(Sign("−", False), Digits(str(-power))) if power < 0 else Digits(str(power))
        tens = Script(Digits("10"), None, raised)
        mark, binds = (tens, ATOM) if mantissa == "1" else (line(mark, Sign("·"), tens), PRODUCT)
    return (line(Sign("−", False), mark), SUM) if _is_negative(value) else (mark, binds)
