"""The name of a map's structure: one closed list, recognized in the terms, the same in code, documents and pictures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from .relations import Pairs, Progression, Ravel, Triangle
from .term import Term

NAMES: Final = (
    "zero",
    "identity",
    "scaled identity",
    "diagonal",
    "selection",
    "broadcast",
    "sum",
    "Kronecker",
    "block diagonal",
    "banded",
    "triangular",
    "low rank",
    "diagonal plus low rank",
    "sparse",
    "dense",
    "matrix-free",
)


class Structure(str):
    """A name of the list; where it is block diagonal, `block` is the structure of each block."""

    __slots__ = ("block",)
    block: Structure | None

    def __new__(cls, name: str, block: Structure | None = None) -> Structure:
        if name not in NAMES:
            raise ValueError(f"{name!r} is not the name of a structure")
        self = super().__new__(cls, name)
        self.block = block
        return self

    def __reduce__(self) -> tuple[object, ...]:
        return Structure, (str(self), self.block)


def recognize(terms: Sequence[Term], out_shape: tuple[int, ...], in_shape: tuple[int, ...]) -> Structure:
    if not terms:
        return Structure("zero")
    found = [_recognize_term(term) for term in terms]
    if len(terms) == 1:
        return found[0]
    square = out_shape == in_shape
    if square and all(_is_diagonal(term) for term in terms):
        return Structure("diagonal")
    shared = _shared_positions(terms)
    if shared and len(shared) < min(len(out_shape), len(in_shape)) and not any(t.relations for t in terms):
        block = recognize(
            [_block(term, shared) for term in terms],
            tuple(n for k, n in enumerate(out_shape) if k not in {a for a, _ in shared}),
            tuple(n for k, n in enumerate(in_shape) if k not in {b for _, b in shared}),
        )
        return Structure("block diagonal", block)
    others = [term for term in terms if not _is_diagonal(term)]
    if square and len(others) < len(terms) and _rank(others) is not None:
        return Structure("diagonal plus low rank")
    if _rank(terms) is not None and _rank(terms) < min(math.prod(out_shape), math.prod(in_shape)):  # type: ignore[operator]
        return Structure("low rank")
    if all(_is_band(term) for term in terms):
        return Structure("banded")
    if all(_is_sparse(term) for term in terms):
        return Structure("sparse")
    return Structure("dense")


def _recognize_term(term: Term) -> Structure:
    out, inn = set(term.out), set(term.inn)
    held = {n for _, each in term.factors for n in each}
    if len(out) < len(term.out) or len(inn) < len(term.inn):
        return Structure("selection" if not term.factors and term.scale == 1 else "sparse")
    if term.relations:
        return _recognize_related(term)
    if _is_diagonal(term):
        if term.factors:
            return Structure("diagonal")
        if term.out != term.inn:
            return Structure("selection" if term.scale == 1 else "sparse")
        return Structure("identity" if term.scale == 1 else "scaled identity")
    if not term.factors:
        added = any(term.sizes[n] > 1 for n in inn - out)
        spread = any(term.sizes[n] > 1 for n in out - inn)
        if added and spread:
            return Structure("low rank")
        return Structure("sum" if added else "broadcast" if spread else "selection")
    shared = out & inn
    if not shared:
        rank = _rank([term])
        small = min(_size(term, out), _size(term, inn))
        if len(term.factors) > 1 and all(set(each) & out and set(each) & inn for _, each in term.factors):
            return Structure("Kronecker")
        return Structure("low rank" if rank is not None and 0 < rank < small else "dense")
    if shared & held:
        positions = [(term.out.index(n), term.inn.index(n)) for n in term.out if n in shared & held]
        return Structure("block diagonal", _recognize_term(_block(term, positions)))
    return Structure("Kronecker")


def _recognize_related(term: Term) -> Structure:
    if any(isinstance(relation, Triangle) for relation in term.relations):
        one_axis = len(term.out) == len(term.inn) == 1
        if one_axis:
            return Structure("triangular")
        shared = [(k, term.inn.index(n)) for k, n in enumerate(term.out) if n in term.inn]
        inside = _block(term, shared)
        return Structure("block diagonal", Structure("triangular")) if len(inside.out) == 1 else Structure("sparse")
    if not term.factors and term.scale == 1 and not term.inner:
        free_out = set(term.out) - set(term.inn) - {n for r in term.relations for n in r.names}
        free_inn = set(term.inn) - set(term.out) - {n for r in term.relations for n in r.names}
        return Structure("selection" if not free_out and not free_inn else "sparse")
    return Structure("banded" if _is_band(term) else "sparse" if _is_sparse(term) else "dense")


def _is_diagonal(term: Term) -> bool:
    return not term.relations and not term.inner and set(term.out) == set(term.inn) and len(set(term.out)) == len(term.out)


def _is_band(term: Term) -> bool:
    """Diagonal, or a single axis shifted by a constant."""
    if len(term.out) != 1 or len(term.inn) != 1 or term.inner:
        return False
    if not term.relations:
        return term.out == term.inn
    (relation, *more) = term.relations
    return not more and isinstance(relation, Progression) and relation.left_step == relation.right_step


def _is_sparse(term: Term) -> bool:
    """Every axis of y is tied to an axis of x: by sharing its name, or through relations."""
    tied = set(term.inn)
    for _ in term.relations:
        for relation in term.relations:
            if isinstance(relation, (Progression, Pairs, Ravel)) and tied & set(relation.names):
                tied |= set(relation.names)
    free = [n for n in term.out if n not in tied and term.sizes[n] > 1]
    back = set(term.out)
    for _ in term.relations:
        for relation in term.relations:
            if isinstance(relation, (Progression, Pairs, Ravel)) and back & set(relation.names):
                back |= set(relation.names)
    return not free and all(n in back or term.sizes[n] == 1 for n in term.inn)


def _rank(terms: Sequence[Term]) -> int | None:
    """A bound of the rank where every term joins out and inn through inner names only; None where one does not."""
    total = 0
    for term in terms:
        out, inn = set(term.out), set(term.inn)
        if term.relations or out & inn or any(set(each) & out and set(each) & inn for _, each in term.factors):
            return None
        total += _size(term, term.inner)
    return total


def _size(term: Term, some: set[int]) -> int:
    return math.prod(term.sizes[n] for n in some)


def _shared_positions(terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Pairs of an axis of y and an axis of x that have one name in every term."""
    found: set[tuple[int, int]] | None = None
    for term in terms:
        pairs = {(k, term.inn.index(n)) for k, n in enumerate(term.out) if n in term.inn}
        found = pairs if found is None else found & pairs
    return sorted(found or ())


def _block(term: Term, shared: Sequence[tuple[int, int]]) -> Term:
    """The term within one block: the shared names are fixed, so they are no names any more."""
    gone = {term.out[k] for k, _ in shared}
    return Term(
        tuple(n for k, n in enumerate(term.out) if k not in {a for a, _ in shared}),
        tuple(n for k, n in enumerate(term.inn) if k not in {b for _, b in shared}),
        {n: size for n, size in term.sizes.items() if n not in gone},
        tuple((factor, tuple(n for n in each if n not in gone)) for factor, each in term.factors),
        tuple(r for r in term.relations if not set(r.names) & gone),
        term.scale,
    )
