"""Reading TeX: the notation that an operation declares, and what the writers of this room print.

    formula  :  sum [relation sum]
    sum      :  [-] product (+|- product)*          product   :  chain (\\circ chain)*
    chain    :  factor+, numbers and matrices       factor    :  atom with scripts, or a function and its arguments

What is not understood raises Unreadable, and nothing is guessed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Final, final

from ...original import np
from . import expression as e
from . import making as make
from .naming import GREEK
from .tex import OPERATORS

ARGUMENT: Final = 0xE000  # first of the private letters that stand for arguments
Named = Callable[[str, str, bool], e.Expression | None]


class Unreadable(Exception):
    """The TeX is none that is understood."""


_TOKEN: Final = re.compile(r"\\[A-Za-z]+|\\.|\d+(?:\.\d+)?|\s+|.", re.DOTALL)
_SKIPPED: Final = frozenset([r"\,", r"\;", r"\!", r"\ ", r"\:", "&"])
_HADAMARD: Final = frozenset([r"\circ", r"\odot"])
_RELATIONS: Final = {
    "=": "=",
    ">": ">",
    "<": "<",
    r"\ge": "≥",
    r"\le": "≤",
    r"\ne": "≠",
    r"\land": "∧",
    r"\lor": "∨",
    r"\oplus": "⊕",
}
BARE: Final = OPERATORS | {"arsinh", "arcosh", "artanh", "sech", "Re", "Im", "tr"}
_LETTERS: Final = {rf"\{name}": letter for name, letter in GREEK.items()} | {r"\varepsilon": "ε", r"\ell": "ℓ"}
_ENDS: Final = frozenset(["}", ")", "]", ",", "+", "-", "/", "?", ":", r"\right", r"\rfloor", r"\rVert", r"\rceil"])

FUNCTIONS: Final[dict[tuple[str, str], Callable[..., object]]] = {
    ("log", ""): np.log,
    ("log", "2"): np.log2,
    ("log", "10"): np.log10,
    ("exp", ""): np.exp,
    ("sin", ""): np.sin,
    ("cos", ""): np.cos,
    ("tan", ""): np.tan,
    ("sinh", ""): np.sinh,
    ("cosh", ""): np.cosh,
    ("tanh", ""): np.tanh,
    ("arcsin", ""): np.arcsin,
    ("arccos", ""): np.arccos,
    ("arctan", ""): np.arctan,
    ("arsinh", ""): np.arcsinh,
    ("arcosh", ""): np.arccosh,
    ("artanh", ""): np.arctanh,
    ("max", ""): np.maximum,
    ("min", ""): np.minimum,
    ("sech", ""): lambda x: 1 / np.cosh(x),
    ("atan", "2"): np.arctan2,
    ("sign", ""): np.sign,
    ("Re", ""): np.real,
    ("Im", ""): np.imag,
    ("arg", ""): np.angle,
}


def read(
    text: str,
    named: Named,
    function: Callable[[str, str, str, tuple[e.Expression, ...]], e.Expression | None] = lambda *_: None,
    entrywise: bool = False,
) -> e.Expression:
    r"""The expression that TeX stands for.

    Parameters
    ----------
    named : callable
        ``named(letter, index, bar)``, what a symbol stands for, or None.
    function : callable
        ``function(name, below, above, arguments)``, a call of one that is not among FUNCTIONS, or None.
    entrywise : bool
        Whether letters side by side are multiplied entry by entry, rather than as matrices.
    """
    reader = _Reader(text, named, function, entrywise)
    found = reader.relation()
    if reader.next:
        raise Unreadable(f"{reader.next!r} in {text!r}")
    return found


@final
class _Reader:
    def __init__(self, text: str, named: Named, function: Callable[..., e.Expression | None], entrywise: bool):
        self.tokens = [t for t in _TOKEN.findall(text) if not t.isspace() and t not in _SKIPPED]
        self.text, self.named, self.function, self.entrywise = text, named, function, entrywise
        self.at = 0

    @property
    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, wanted: str | None = None) -> str:
        token = self.next
        if not token or (wanted is not None and token != wanted):
            raise Unreadable(f"{token!r} where {wanted or 'more'!r} is needed, in {self.text!r}")
        self.at += 1
        return token

    def relation(self) -> e.Expression:
        left = self.sum()
        if self.next in _RELATIONS:
            sign = _RELATIONS[self.take()]
            return e.Truth(sign, (left, self.relation()))
        return left

    def sum(self) -> e.Expression:
        minus = self.next == "-"
        if self.next in ("-", "+"):
            self.take()
        terms = [make.negative(self.product()) if minus else self.product()]
        while self.next in ("+", "-"):
            minus = self.take() == "-"
            term = self.product()
            terms.append(make.negative(term) if minus else term)
        return make.add(*terms)

    def product(self) -> e.Expression:
        parts = [self.chain()]
        while self.next in _HADAMARD or self.next == "/":
            if self.take() == "/":
                parts[-1] = make.quotient(parts[-1], self.chain())
            else:
                parts.append(self.chain())
        return parts[0] if len(parts) == 1 else make.hadamard(*parts)

    def chain(self) -> e.Expression:
        parts = [self.factor()]
        while self.next and self.next not in _ENDS and self.next not in _HADAMARD and self.next not in _RELATIONS:
            if self.next == "|" and self.closes:
                break
            if self.next == r"\cdot":
                self.take()
            parts.append(self.factor())
        if len(parts) == 1:
            return parts[0]
        return make.hadamard(*parts) if self.entrywise else make.product(*parts)

    closes = False  # whether a bar ends what stands between two

    def group(self) -> e.Expression:
        self.take("{")
        found = self.relation()
        self.take("}")
        return found

    def raw(self) -> str:
        """What stands in braces, or one token, as text."""
        if self.next != "{":
            return self.take()
        self.take("{")
        depth, found = 1, ""
        while True:
            token = self.take()
            depth += (token == "{") - (token == "}")
            if not depth:
                return found
            found += token

    def factor(self) -> e.Expression:
        return self.scripted(self.atom())

    def scripted(self, found: e.Expression) -> e.Expression:
        while self.next == "^":
            self.take()
            mark = self.at
            text = self.raw()
            if text in (r"\top", "T"):
                found = make.transpose(found)
            elif text == "-1" and not self.entrywise:
                found = e.Inverse(found)
            elif text in (r"-\top", "-T"):
                found = e.Inverse(make.transpose(found))
            elif text.endswith(r"\top"):
                raise Unreadable(text)
            else:
                self.at = mark
                found = make.power(found, self.group() if self.next == "{" else self.atom())
        return found

    def atom(self) -> e.Expression:
        token = self.take()
        if token[0].isdigit():
            return e.Number(float(token) if "." in token else int(token))
        if token == "(":
            found = self.relation()
            self.take(")")
            return found
        if token == "[":
            found = self.relation()
            self.take("]")
            return found
        if token == "|":
            self.closes, before = True, self.closes
            found = self.sum()
            self.closes = before
            self.take("|")
            return make.fenced(found, "abs")
        if token == "{":
            self.at -= 1
            return self.group()
        if token == r"\left":
            return self.atom()
        if token == r"\right":
            raise Unreadable(token)
        if token == r"\lfloor":
            found = self.sum()
            self.take(r"\rfloor")
            return e.Fenced(found, "floor")
        if token == r"\frac":
            return make.quotient(self.group(), self.group())
        if token == r"\tfrac":
            return make.quotient(e.Number(int(self.raw())), e.Number(int(self.raw())))
        if token == r"\sqrt":
            kind = "sqrt"
            if self.next == "[":
                self.take()
                if self.take() != "3":
                    raise Unreadable(self.text)
                self.take("]")
                kind = "cbrt"
            return e.Fenced(self.group(), kind)
        if token == r"\lnot":
            return e.Truth("¬", (self.factor(),))
        if token == r"\mathbf":
            self.raw()
            return self.name("𝟏", False)
        if token in (r"\bar", r"\overline"):
            self.take("{")
            letter = self.letter(self.take())
            self.take("}")
            return self.name(letter, True)
        return self.name(self.letter(token), False)

    def letter(self, token: str) -> str:
        if token in (r"\mathrm", r"\mathit", r"\mathcal"):
            return self.raw()
        if token in _LETTERS:
            return _LETTERS[token]
        if token[1:] in OPERATORS:
            return token[1:]
        if len(token) == 1 and (token.isalpha() or ord(token) >= ARGUMENT):
            return token
        raise Unreadable(f"{token!r} in {self.text!r}")

    def name(self, letter: str, bar: bool) -> e.Expression:
        below = above = ""
        begin = self.at
        if self.next == "_":
            self.take()
            below = self.raw()
        found = self.named(letter, below, bar)
        if found is not None:
            return found
        if letter == "π":
            return make.PI
        if letter == "e" and not below:
            return e.Number(math.e, "e")
        if self.next == "^":
            self.take()
            above = self.raw()
            if self.next == "_":
                self.take()
                below = self.raw()
        if self.next != "(" and letter not in BARE:
            self.at = begin
            raise Unreadable(f"{letter!r} in {self.text!r}")
        arguments = self.arguments() if self.next == "(" else (self.factor(),)
        return self.call(letter, below, above, arguments)

    def arguments(self) -> tuple[e.Expression, ...]:
        self.take("(")
        found = [self.relation()]
        while self.next == ",":
            self.take()
            found.append(self.relation())
        self.take(")")
        return tuple(found)

    def call(self, letter: str, below: str, above: str, arguments: tuple[e.Expression, ...]) -> e.Expression:
        given = self.function(letter, below, above, arguments)
        if given is not None:
            return given
        shape = e.OfSeveral(arguments).shape
        known = FUNCTIONS.get((letter, below))
        if known is None or (above and not above.isdigit()):
            raise Unreadable(f"the function {letter}_{below}^{above} in {self.text!r}")
        found = e.Call(letter, arguments, known, shape, below, bare=letter in BARE)
        return make.power(found, e.Number(int(above))) if above else found
