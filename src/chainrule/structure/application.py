"""Apply a term to a vector: move along relations, multiply by factors, never more names at hand than needed.

The vector may have more axes in front than the term's inputs (a batch): they are just more names.
"""

from __future__ import annotations

import math

from ..original import np
from .algebra import Algebra, Factor, Names, conjugate
from .normal_form import aligned
from .relations import Relation
from .term import Term


def apply(term: Term, vector: Factor, algebra: Algebra) -> Factor:
    """The product term @ vector, of shape batch + out."""
    if term.antilinear:
        vector = conjugate(vector)
    free = min(term.sizes, default=0)
    batch = tuple(range(free - (len(vector.shape) - len(term.inn)), free))
    sizes = {**term.sizes, **dict(zip(batch, vector.shape, strict=False))}
    want = batch + term.out
    out = tuple(dict.fromkeys(want))
    at_hand = _AtHand(vector, batch + term.inn, sizes, algebra)
    if term.scale != 1:
        at_hand.array = algebra.scale(at_hand.array, term.scale)
    factors, relations = list(term.factors), list(term.relations)
    at_hand.forget(set(term.inn) - set(out) - _held(factors, relations))
    while factors or relations:
        if at_hand.move(relations, set(out) | {n for _, each in factors for n in each}):
            continue
        if at_hand.multiply(factors, set(out) | {n for r in relations for n in r.names}):
            continue
        if at_hand.sum_over(relations, out):
            continue
        # A relation between names that are both still needed: as a factor of zeros and ones.
        relation = relations.pop()
        shape = tuple(sizes[n] for n in relation.right)
        identity = np.eye(math.prod(shape), dtype=vector.dtype).reshape(shape + shape)
        factors.append((relation.move(identity, sizes, algebra), relation.right + relation.left))
    return at_hand.as_axes(out, want)


def _held(factors: list[tuple[Factor, Names]], relations: list[Relation]) -> set[int]:
    return {n for _, each in factors for n in each} | {n for r in relations for n in r.names}


class _AtHand:
    """The array that is being carried from inputs to outputs, and the names of its axes."""

    def __init__(self, array: Factor, its_names: Names, sizes: dict[int, int], algebra: Algebra):
        self.array, self.sizes, self.algebra = array, sizes, algebra
        self._take(its_names)

    def _take(self, its_names: Names) -> None:
        """Name the axes of the array; of axes of one name only the diagonal counts."""
        self.names, unique = its_names, tuple(dict.fromkeys(its_names))
        if unique != its_names:
            self._contract([], unique)

    def _with_axes(self, want: Names) -> Factor:
        """The array, its axes in another order; a name that is wanted twice makes a diagonal."""
        unique = tuple(dict.fromkeys(want))
        array = aligned(self.array, self.names, unique)
        return array if unique == want else self.algebra.embed(array, tuple(unique.index(n) for n in want))

    def _contract(self, others: list[tuple[Factor, Names]], kept: Names) -> None:
        operands = [self.array, *(factor for factor, _ in others)]
        labels = [self.names, *(its_names for _, its_names in others)]
        self.array, self.names = self.algebra.contract(operands, labels, kept, absorbing=True), kept

    def forget(self, gone: set[int]) -> None:
        """Sum over names that nothing needs any more."""
        if not gone:
            return
        if all(self.sizes[n] == 1 for n in gone):
            self.names = tuple(n for n in self.names if n not in gone)
            self.array = self.algebra.reshape(self.array, tuple(self.sizes[n] for n in self.names))
        else:
            self._contract([], tuple(n for n in self.names if n not in gone))

    def move(self, relations: list[Relation], needed: set[int]) -> bool:
        """Move along one relation whose source is at hand and needed nowhere else."""
        for k, relation in enumerate(relations):
            others = {n for j, r in enumerate(relations) if j != k for n in r.names}
            for way in (relation, relation.flipped()):
                source, goal = set(way.right), set(way.left)
                if source <= set(self.names) and not source & (needed | others) and not goal & set(self.names):
                    rest = tuple(n for n in self.names if n not in source)
                    self.array = way.move(self._with_axes(rest + way.right), self.sizes, self.algebra)
                    self._take(rest + way.left)
                    del relations[k]
                    self.forget(goal - needed - others)
                    return True
        return False

    def multiply(self, factors: list[tuple[Factor, Names]], needed: set[int]) -> bool:
        """Multiply by the factor that leaves the fewest numbers at hand, among those that touch what is there."""
        if not factors:
            return False
        best = None
        for k, (_, its_names) in enumerate(factors):
            others = needed | {n for j, (_, each) in enumerate(factors) if j != k for n in each}
            kept = tuple(n for n in dict.fromkeys(self.names + its_names) if n in others)
            touches = bool(set(its_names) & set(self.names)) or not its_names
            cost = (not touches, math.prod(self.sizes[n] for n in kept))
            if best is None or cost < best[0]:
                best = cost, k, kept
        assert best is not None
        _, k, kept = best
        factor, its_names = factors.pop(k)
        alike = len(set(its_names)) == len(its_names) and set(its_names) <= set(self.names) == set(kept)
        if alike:
            order = tuple(n for n in self.names if n in its_names)
            slope = aligned(factor, its_names, order)
            if order != self.names[len(self.names) - len(order) :]:
                slope = self.algebra.reshape(slope, tuple(self.sizes[n] if n in order else 1 for n in self.names))
            self.array = self.algebra.absorb(self.array, slope)
        else:
            self._contract([(factor, its_names)], kept)
        return True

    def sum_over(self, relations: list[Relation], out: Names) -> bool:
        """A relation with a side that nobody holds: its sum over that side, begun with ones."""
        for relation in relations:
            for side in (relation.left, relation.right):
                if not set(side) & (set(self.names) | set(out)):
                    self._spread(self.names + tuple(dict.fromkeys(side)))
                    return True
        return False

    def _spread(self, want: Names) -> None:
        missing = tuple(n for n in want if n not in self.names)
        array = aligned(self.array, self.names, tuple(n for n in want if n in self.names))
        if missing:
            array = self.algebra.reshape(array, tuple(1 if n in missing else self.sizes[n] for n in want))
            array = self.algebra.broadcast(array, tuple(self.sizes[n] for n in want))
        self.array, self.names = array, want

    def as_axes(self, out: Names, want: Names) -> Factor:
        """The result, its axes named want, which is out with repetitions."""
        self.forget(set(self.names) - set(out))
        self._spread(out)
        return self._with_axes(want)
