"""An index term: one product of dense factors and index relations.

    J[out, inn] = scale * sum over the other names of  prod factor[its names] * prod relation(its names)

A name in both `out` and `inn` is a Kronecker delta; a name in only one of them is a broadcast or a sum. Diagonal,
identity, matrix product, batched contraction, sum, broadcast, transpose, rank one, block diagonal: one class, no cases.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterable
from typing import final

from .algebra import Factor, Names
from .relations import Relation, Sizes

_numbers = itertools.count()


def names(count: int) -> Names:
    """That many index names, never used before."""
    return tuple(itertools.islice(_numbers, count))


@final
@dataclasses.dataclass(frozen=True, eq=False)
class Term:
    """out and inn name the axes of y and of x; sizes gives the length of every name."""

    out: Names
    inn: Names
    sizes: Sizes
    factors: tuple[tuple[Factor, Names], ...] = ()
    relations: tuple[Relation, ...] = ()
    scale: float = 1

    @property
    def transposed(self) -> Term:
        return dataclasses.replace(self, out=self.inn, inn=self.out)

    @property
    def ends(self) -> set[int]:
        return {*self.out, *self.inn}

    @property
    def used(self) -> set[int]:
        factor_names = (n for _, each in self.factors for n in each)
        relation_names = (n for each in self.relations for n in each.names)
        return {*self.out, *self.inn, *factor_names, *relation_names}

    @property
    def inner(self) -> set[int]:
        return self.used - self.ends

    @property
    def operands(self) -> tuple[Factor, ...]:
        """The factors, and the index arrays of the relations."""
        return (*(factor for factor, _ in self.factors), *(i for relation in self.relations for i in relation.indices))

    @property
    def storage(self) -> int:
        """Numbers kept in the dense factors."""
        return sum(math.prod(factor.shape) for factor, _ in self.factors)

    @property
    def ways(self) -> list[Relation]:
        """All relations, read from either side."""
        return [way for relation in self.relations for way in (relation, relation.flipped())]

    def reached(self, known: set[int], by: Callable[[Relation], bool]) -> set[int]:
        """Names that such ways lead to from known ones; an index of size 1 is known."""
        known = {*known, *(n for n, size in self.sizes.items() if size == 1)}
        ways = self.ways
        for _ in self.relations:
            for way in ways:
                if known.issuperset(way.left) and not known.issuperset(way.right) and by(way):
                    known.update(way.right)
        return known

    def is_determined_by(self, known: set[int]) -> bool:
        """Whether the indices of known names have all others follow, or leave none."""
        return self.used <= self.reached(known, lambda way: way.is_single_valued)

    def renamed(self, new: dict[int, int]) -> Term:
        def each(old: Names) -> Names:
            return tuple(new.get(n, n) for n in old)

        return Term(
            each(self.out),
            each(self.inn),
            {new.get(n, n): size for n, size in self.sizes.items()},
            tuple((factor, each(n)) for factor, n in self.factors),
            tuple(relation.renamed(new) for relation in self.relations),
            self.scale,
        )

    def with_fresh_names(self) -> Term:
        return self.renamed(dict(zip(self.sizes, names(len(self.sizes)), strict=True)))

    def pruned(self) -> Term:
        """Without names that nothing uses: summed over, each multiplies by its size."""
        used = self.used
        if len(used) == len(self.sizes):
            return self
        free = math.prod(size for n, size in self.sizes.items() if n not in used)
        return dataclasses.replace(
            self, sizes={n: s for n, s in self.sizes.items() if n in used}, scale=self.scale * free
        )

    def identified(self, pairs: Iterable[tuple[int, int]]) -> Term:
        """The same with the two names of every pair taken for one."""
        parent: dict[int, int] = {}

        def representative(n: int) -> int:
            while n in parent:
                n = parent[n]
            return n

        for a, b in pairs:
            a, b = representative(a), representative(b)
            if a != b:
                parent[a] = b
        return self.renamed({n: representative(n) for n in self.sizes})

    def after(self, first: Term) -> Term:
        """The product self @ first, not yet simplified."""
        first, self = first.with_fresh_names(), self.with_fresh_names()
        both = Term(
            self.out,
            first.inn,
            {**first.sizes, **self.sizes},
            self.factors + first.factors,
            self.relations + first.relations,
            self.scale * first.scale,
        )
        return both.identified(zip(self.inn, first.out, strict=True))
