"""How a variable is called in a formula: h1 is h with an index, theta a Greek letter, all else a word."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final, NamedTuple

from .marks import Accent, Digits, Letter, Mark, Script, Word

LONGEST = 40  # letters of a name that are written out

GREEK: Final = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "zeta": "ζ",
    "eta": "η",
    "theta": "θ",
    "iota": "ι",
    "kappa": "κ",
    "lambda": "λ",
    "mu": "μ",
    "nu": "ν",
    "xi": "ξ",
    "pi": "π",
    "rho": "ρ",
    "sigma": "σ",
    "tau": "τ",
    "upsilon": "υ",
    "phi": "φ",
    "chi": "χ",
    "psi": "ψ",
    "omega": "ω",
    "Gamma": "Γ",
    "Delta": "Δ",
    "Theta": "Θ",
    "Lambda": "Λ",
    "Xi": "Ξ",
    "Pi": "Π",
    "Sigma": "Σ",
    "Upsilon": "Υ",
    "Phi": "Φ",
    "Psi": "Ψ",
    "Omega": "Ω",
    "lam": "λ",
    "eps": "ε",
}
ACCENTS: Final = ("hat", "dot", "tilde")


class Name(NamedTuple):
    """A letter or word, its accent, and its index."""

    base: Mark
    below: Mark | None = None

    def mark(self, bar: bool = False) -> Mark:
        base = Accent("bar", self.base) if bar else self.base
        return base if self.below is None else Script(base, self.below)


def name_of(text: str) -> Name:
    """The parts of a name as the user wrote it.

    Of a path such as `layer1/h1` or `parameters.0.W` the last piece is the letter, where that is a word of its own.
    """
    text = shown(text)
    head, slash, last = text.rpartition("/")
    if slash and re.fullmatch(r"[\w./ ]+", text) and head and last:
        inner = name_of(last)
        if not _is_simple(inner):
            return Name(Word(text))
        return Name(inner.base, _with(head, inner.below))
    pieces = text.split(".")
    if len(pieces) > 1 and all(pieces):
        numbers = [piece for piece in pieces if piece.isdigit()]
        words = [piece for piece in pieces if not piece.isdigit()]
        inner = name_of(words[-1]) if words else Name(Word(text))
        if words and _is_simple(inner):
            return Name(inner.base, _indices(inner.below, numbers)) if numbers else inner
        return Name(Word(text))
    match = re.fullmatch(r"([^\W\d_]+?)_?(\d+)", text)
    if match and len(match[1]) <= 12:
        return Name(_letters(match[1]), Digits(match[2]))
    match = re.fullmatch(r"([^\W\d_]+)_([^\W_]+)", text)
    if match and (len(match[1]) == 1 or match[1] in GREEK):
        if match[2] in ACCENTS:
            return Name(Accent(match[2], _letters(match[1])))
        return Name(_letters(match[1]), _letters(match[2]))
    return Name(_letters(text))


def _letters(text: str) -> Mark:
    if text in GREEK:
        return Letter(GREEK[text])
    return Letter(text) if len(text) == 1 and text.isalpha() else Word(text)


def _is_simple(name: Name) -> bool:
    return isinstance(name.base, (Letter, Accent)) or (isinstance(name.base, Word) and name.base.text.isalnum())


def _with(head: str, below: Mark | None) -> Mark:
    index = below.text if isinstance(below, (Digits, Word, Letter)) else ""
    return Word(f"{index}, {head}" if index else head)


def _indices(below: Mark | None, numbers: list[str]) -> Mark:
    texts = [below.text] if isinstance(below, (Digits, Word, Letter)) else []
    return Digits(",".join([*numbers, *texts]))


def shown(text: str) -> str:
    """Without what turns the direction of the text around it, and not longer than a line can bear."""
    kept = "".join("�" if unicodedata.category(c) in ("Cc", "Cf", "Cs") else c for c in text)
    return kept if len(kept) <= LONGEST else f"{kept[: LONGEST - 9]}…{kept[-8:]}"


def names_apart(texts: Iterable[str]) -> list[Name]:
    """The names of many variables; where two would look alike, they are written out."""
    texts = list(texts)
    found = [name_of(text) for text in texts]
    seen: dict[Name, str] = {}
    alike: set[Name] = set()
    for name, text in zip(found, texts, strict=True):
        if seen.setdefault(name, text) != text:
            alike.add(name)
    return [Name(Word(shown(text))) if name in alike else name for name, text in zip(found, texts, strict=True)]
