"""A map in index notation: what its entry at (indices of y; indices of x) is, as text."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .relations import Pairs, Progression, Ravel, Relation, Triangle
from .term import Term

_LETTERS = "ijklmnpqrstuvwabcdefgh"


def index_notation(terms: Sequence[Term], name_of: Callable[[Any], str | None] = lambda factor: None) -> str:
    """The sum of the terms: factors with their indices, deltas for shared ones, relations as conditions.

    Parameters
    ----------
    name_of : callable
        The name of a factor, or None for one that has none: these are called A, B, C...
    """
    capitals = itertools.cycle("ABCDEFGHKLMNPQRSTUVW")
    parts = [_term(term, name_of, capitals) for term in terms]
    return " + ".join(parts).replace("+ -", "- ") or "0"


def _term(term: Term, name_of: Callable[[Any], str | None], capitals: Iterator[str]) -> str:
    order = dict.fromkeys((*term.out, *term.inn, *sorted(term.inner)))
    letters = {n: _LETTERS[k] if k < len(_LETTERS) else f"i{k}" for k, n in enumerate(order)}
    places, deltas, seen = [], [], set()
    for n in (*term.out, *term.inn):  # a name that occurs again is another index with a delta
        place = letters[n]
        while place in seen:
            place += "'"
        if place != letters[n]:
            deltas.append(f"δ[{letters[n]},{place}]")
        seen.add(place)
        places.append(place)
    scale = [] if term.scale == 1 else ["-"] if term.scale == -1 else [f"{_real_if_it_is(term.scale):g}"]
    inner = [letters[n] for n in sorted(term.inner)]
    summed = [f"Σ_{{{','.join(inner)}}}"] if inner else []
    factors = [
        f"{name_of(factor) or next(capitals)}[{','.join(letters[n] for n in its_names)}]"
        for factor, its_names in term.factors
    ]
    relations = [_relation(r, letters) for r in term.relations]
    entry = " ".join([*scale, *summed, *deltas, *factors, *relations]) or "1"
    rank = len(term.out)
    entry += " conj" if term.antilinear else ""
    return f"{entry} at [{','.join(places[:rank])}; {','.join(places[rank:])}]"


def _real_if_it_is(scale: complex) -> complex:
    return scale.real if scale.imag == 0 else scale


def _relation(relation: Relation, letters: dict[int, str]) -> str:
    left, right = (",".join(letters[n] for n in side) for side in (relation.left, relation.right))
    if isinstance(relation, Progression):
        a = _step(relation.left_start, relation.left_step)
        b = _step(relation.right_start, relation.right_step)
        return f"[{left} = {a}, {right} = {b}, 0 ≤ t < {relation.count}]"
    if isinstance(relation, Pairs):
        return f"[({left}, {right}) listed]"
    if isinstance(relation, Triangle):
        return f"[{left} {'≥' if relation.lower else '≤'} {right}]"
    if isinstance(relation, Ravel):
        return f"[({left}) flat = ({right}) flat]"
    raise TypeError(f"no notation for {type(relation).__name__}")  # pragma: no cover


def _step(start: int, step: int) -> str:
    slope = "t" if step == 1 else "-t" if step == -1 else f"{step}t"
    return slope if not start else f"{start} {slope.replace('-', '- ') if step < 0 else '+ ' + slope}"
