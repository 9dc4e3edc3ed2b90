"""The entries of a term, one by one: a relational join with a column per index name and a row per index point.

The pattern is exact and found without colouring; factors are looked up at the end.
"""

from __future__ import annotations

import math

from ..original import np
from .algebra import algebra_of, counted
from .relations import Ravel, Relation, Sizes, join
from .term import Term

Columns = dict[int, np.ndarray]


def entries_of(
    term: Term, out_shape: tuple[int, ...], in_shape: tuple[int, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Values, rows and columns (flat indices of y and x); a place may occur more than once."""
    term = _without_dense_inner(term)
    points = _Points(term.sizes)
    todo = list(term.relations)
    while todo:
        relation = next((r for r in todo if set(r.names) & set(points.columns)), todo[0])
        todo.remove(relation)
        points.restrict(relation)
    for name in (*term.out, *term.inn, *(n for _, each in term.factors for n in each)):
        points.extend(name)
    values = np.full(points.count, term.scale)
    for factor, its_names in term.factors:
        values = algebra_of(factor).multiply(values, factor[tuple(points.columns[n] for n in its_names)])
    return values, points.flat(term.out, out_shape), points.flat(term.inn, in_shape)


def most_entries(term: Term) -> float:
    """A bound of how many entries there are: the size of an index, or of a relation, from which all indices follow."""
    starts = [(set(side), math.prod(term.sizes[n] for n in side)) for side in (term.out, term.inn)]
    starts += [(set(relation.names), relation.count_pairs(term.sizes)) for relation in term.relations]
    return min((count for known, count in starts if term.is_determined_by(known)), default=math.inf)


def _without_dense_inner(term: Term) -> Term:
    """Names that only factors know are summed over first, by one contraction."""
    outside = term.ends | {n for relation in term.relations for n in relation.names}
    inner = {n for _, each in term.factors for n in each} - outside
    if not inner:
        return term
    operands, labels = zip(*term.factors, strict=True)
    kept = tuple(n for n in dict.fromkeys(n for each in labels for n in each) if n in outside)
    product = algebra_of(*operands).contract([counted(each) for each in operands], labels, kept, absorbing=False)
    return Term(term.out, term.inn, term.sizes, ((product, kept),), term.relations, term.scale)


class _Points:
    """A table of index points: for every name that occurs so far, one value a row."""

    def __init__(self, sizes: Sizes):
        self.sizes, self.columns, self.count = sizes, {}, 1

    columns: Columns

    def extend(self, name: int) -> None:
        """Every point with every value of a new name."""
        if name in self.columns:
            return
        size = self.sizes[name]
        fresh = np.tile(np.arange(size), self.count)
        self._select(np.repeat(np.arange(self.count), size))
        self.columns[name] = fresh

    def restrict(self, relation: Relation) -> None:
        """Join with a relation: new names get the related values, known ones must agree."""
        if isinstance(relation, Ravel):
            self._ravel(relation)
            return
        ((left,), (right,)) = relation.left, relation.right
        left_index, right_index = relation.pairs(self.sizes)
        if left not in self.columns and right in self.columns:
            left, right, left_index, right_index = right, left, right_index, left_index
        if left not in self.columns:
            rows = np.repeat(np.arange(self.count), len(left_index))
            matches = np.tile(np.arange(len(left_index)), self.count)
        else:
            rows, matches = join(self.columns[left], left_index)
        self._select(rows)
        self.columns[left] = left_index[matches]
        self._agree(right, right_index[matches])

    def _ravel(self, relation: Ravel) -> None:
        """Split or merge without listing all pairs: by arithmetic on the flat index."""
        left, right = relation.left, relation.right
        if not set(left) <= set(self.columns) and set(right) <= set(self.columns):
            left, right = right, left
        for name in left:
            self.extend(name)
        flat = self.flat(left, tuple(self.sizes[n] for n in left))
        split = np.unravel_index(flat, tuple(self.sizes[n] for n in right))
        agree = np.ones(self.count, bool)
        for name, values in zip(right, split, strict=True):
            if name in self.columns:
                agree &= self.columns[name] == values
            else:
                self.columns[name] = values
        if not agree.all():
            self._select(np.flatnonzero(agree))

    def _agree(self, name: int, values: np.ndarray) -> None:
        if name not in self.columns:
            self.columns[name] = values
        elif not np.array_equal(self.columns[name], values):
            self._select(np.flatnonzero(self.columns[name] == values))

    def _select(self, rows: np.ndarray) -> None:
        self.columns = {name: values[rows] for name, values in self.columns.items()}
        self.count = len(rows)

    def flat(self, names: tuple[int, ...], shape: tuple[int, ...]) -> np.ndarray:
        if not names:
            return np.zeros(self.count, np.intp)
        if math.prod(shape) == 0:
            return np.zeros(0, np.intp)
        return np.ravel_multi_index([self.columns[n] for n in names], shape)
