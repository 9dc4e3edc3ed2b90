"""The name of a map's structure: one closed list, recognized in the terms, the same in code, documents and pictures.

A name is a promise about the dense matrix of shape (y.size, x.size), kept whatever numbers the factors hold. Only index
names, relations and sizes are looked at, never the numbers; axes of size 1 tell nothing and are left out.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterable, Sequence
from typing import Final

from .algebra import Names
from .normal_form import normal_form
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
    """The first of the names that holds for the sum of the terms."""
    if not terms or 0 in out_shape + in_shape:
        return Structure("zero")
    terms = [_without_ones(term) for term in terms]
    name = _of_few_entries(terms, out_shape == in_shape)
    if name is not None:
        return Structure(name)
    shared = shared_axes(terms)
    if len(shared) == len(terms[0].out) == len(terms[0].inn):  # blocks of one entry tell nothing
        shared = []
    known = [axes for axes in shared if _is_known_to_factors(terms, axes)]
    if known:
        return Structure("block diagonal", recognize(*_blocks(terms, known)))
    if shared:
        block = recognize(*_blocks(terms, shared))
        return Structure("Kronecker") if block in ("dense", "Kronecker") else Structure("block diagonal", block)
    return Structure(_of_one_block(terms))


def _of_few_entries(terms: Sequence[Term], same_shape: bool) -> str | None:
    """Names of maps whose every row or column has one entry or none, and of sums and broadcasts."""
    first = terms[0]
    if any(term.antilinear for term in terms):  # the other names promise numbers, and here is no matrix of them
        return "diagonal" if all(_is_diagonal(term) for term in terms) else None
    if all(_is_diagonal(term) for term in terms):
        scale = sum(term.scale for term in terms)
        if any(term.factors for term in terms) or not (same_shape or scale == 1):
            return "diagonal"
        return "selection" if not same_shape else "identity" if scale == 1 else "scaled identity"
    if any(term.factors for term in terms):
        return None
    rows = all(_has_one_entry_a_row(term) for term in terms)
    columns = all(_has_one_entry_a_row(term.transposed) for term in terms)
    if len(terms) == 1 and rows and _free(first, first.out, first.inn):
        return "broadcast"
    if len(terms) == 1 and columns and _free(first, first.inn, first.out):
        return "sum"
    if any(term.scale != 1 for term in terms):
        return None
    rows = rows and _write_apart(terms)
    columns = columns and _write_apart([term.transposed for term in terms])
    return "selection" if rows or columns else None


def _of_one_block(terms: Sequence[Term]) -> str:
    """Names of maps in which no axis of y is an axis of x in every term."""
    n_rows, n_columns = _size(terms[0], terms[0].out), _size(terms[0], terms[0].inn)
    low, high = _offsets(terms)
    if high - low < min(n_rows, n_columns):
        return "banded"
    if n_rows == n_columns and (high <= 0 or low >= 0):
        return "triangular"
    if all(_is_sparse(term) for term in terms):
        return "sparse"
    if len(terms) == 1 and _is_kronecker(terms[0]):
        return "Kronecker"
    if _rank(terms) < min(n_rows, n_columns):
        return "low rank"
    others = [term for term in terms if not _is_diagonal(term)]
    if len(others) < len(terms) and _rank(others) < n_rows:
        return "diagonal plus low rank"
    return "dense"


def _without_ones(term: Term) -> Term:
    def wide(its_names: Names) -> Names:
        return tuple(n for n in its_names if term.sizes[n] != 1)

    factors = tuple((factor, wide(its_names)) for factor, its_names in term.factors)
    return dataclasses.replace(term, out=wide(term.out), inn=wide(term.inn), factors=factors)


def _is_diagonal(term: Term) -> bool:
    return term.out == term.inn and not _repeats(term) and not term.relations


def _repeats(term: Term) -> bool:
    return len(set(term.out)) < len(term.out) or len(set(term.inn)) < len(term.inn)


def _has_one_entry_a_row(term: Term) -> bool:
    """Whether the indices of y determine all others, or allow none."""
    return term.is_determined_by(set(term.out))


def _free(term: Term, side: Names, other: Names) -> bool:
    """Whether an axis of one side is tied to no axis of the other."""
    return not set(side) <= term.reached(set(other), lambda way: True)


def _write_apart(terms: Sequence[Term]) -> bool:
    """Whether no row has entries of two terms: then the product of one transposed and the other is zero."""
    return all(normal_form(b.transposed.after(a)) is None for a, b in itertools.combinations(terms, 2))


def shared_axes(terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Axes of y and of x that are one index in every term."""
    found: list[set[tuple[int, int]]] = []
    for term in terms:
        tied = {n for relation in term.relations for n in relation.names}
        pairs = {(k, term.inn.index(n)) for k, n in enumerate(term.out) if n in term.inn and n not in tied}
        found.append(set() if _repeats(term) else pairs)
    return sorted(set.intersection(*found))


def _is_known_to_factors(terms: Sequence[Term], axes: tuple[int, int]) -> bool:
    """Whether blocks may differ along axes of y and x that are one index."""
    return any(term.out[axes[0]] in its_names for term in terms for _, its_names in term.factors)


def _blocks(
    terms: Sequence[Term], shared: Sequence[tuple[int, int]]
) -> tuple[list[Term], tuple[int, ...], tuple[int, ...]]:
    """The terms within one block, and its shape: the shared names are fixed, so they are no names any more."""
    blocks = []
    for term in terms:
        gone = {term.out[k] for k, _ in shared}

        def left(its_names: Names, gone: set[int] = gone) -> Names:
            return tuple(n for n in its_names if n not in gone)

        factors = tuple((factor, left(its_names)) for factor, its_names in term.factors)
        blocks.append(dataclasses.replace(term, out=left(term.out), inn=left(term.inn), factors=factors))
    first = blocks[0]
    return blocks, tuple(first.sizes[n] for n in first.out), tuple(first.sizes[n] for n in first.inn)


def _offsets(terms: Sequence[Term]) -> tuple[float, float]:
    """Bounds of column - row over all entries."""
    bounds = [_offset(term) for term in terms]
    return min(low for low, _ in bounds), max(high for _, high in bounds)


def _offset(term: Term) -> tuple[float, float]:
    """Bounds of column - row, where one axis of y is related to one axis of x, step by step."""
    if len(term.out) != 1 or len(term.inn) != 1:
        return -math.inf, math.inf
    (at,), (goal,) = term.out, term.inn
    low, high, ways = 0.0, 0.0, term.ways
    for _ in range(len(term.relations)):
        way = next((way for way in ways if at != goal and way.left == (at,) and len(way.right) == 1), None)
        if way is None:
            break
        ways = [each for each in ways if {*each.names} != {*way.names}]
        at, low, high = way.right[0], low + way.offsets[0], high + way.offsets[1]
    return (low, high) if at == goal else (-math.inf, math.inf)


def _is_sparse(term: Term) -> bool:
    """Whether each axis of either side is tied to the other."""
    out, inn = set(term.out), set(term.inn)
    return all(b <= term.reached(a, lambda way: way.is_sparse) for a, b in ((out, inn), (inn, out)))


def _is_kronecker(term: Term) -> bool:
    """Whether the names fall into unconnected parts, each with axes of y and of x."""
    groups = [{n} for n in term.ends]
    groups += [set(its_names) for _, its_names in term.factors] + [set(r.names) for r in term.relations]
    parts: list[set[int]] = []
    for group in groups:
        touched = [part for part in parts if part & group]
        parts = [part for part in parts if not part & group] + [group.union(*touched)]
    return len(parts) > 1 and all(part & set(term.out) and part & set(term.inn) for part in parts)


def _rank(terms: Sequence[Term]) -> float:
    """A bound of the rank where every term joins out and inn through inner names only."""
    total = 0.0
    for term in terms:
        out, inn = set(term.out), set(term.inn)
        if term.relations or out & inn or any(out & set(each) and inn & set(each) for _, each in term.factors):
            return math.inf
        total += _size(term, term.inner)
    return total


def _size(term: Term, some: Iterable[int]) -> int:
    return math.prod(term.sizes[n] for n in some)
