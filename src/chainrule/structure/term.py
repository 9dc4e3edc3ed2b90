"""An index term: one product of dense factors and index relations.

    J[out, inn] = scale * sum over the other names of  prod factor[its names] * prod relation(its names)

A name in both `out` and `inn` is a Kronecker delta; a name in only one of them is a broadcast or a sum. Diagonal,
identity, matrix product, batched contraction, sum, broadcast, transpose, rank one, block diagonal: one class, no cases.

An antilinear term acts on the conjugate of its argument. The transpose belongs to the product Re(g v), without a
conjugate, so that of v -> A v is A.T, and that of v -> A conj(v) is g -> conj(A.T g) = conj(A).T conj(g).
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterable
from typing import final

from ..original import np
from .algebra import Factor, Names, algebra_of, conjugate, is_complex
from .relations import Relation, Sizes

_numbers = itertools.count()
Factors = tuple[tuple[Factor, Names], ...]


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
    factors: Factors = ()
    relations: tuple[Relation, ...] = ()
    scale: complex = 1
    antilinear: bool = False

    @property
    def transposed(self) -> Term:
        turned = self.with_conjugate_factors if self.antilinear else self
        return dataclasses.replace(turned, out=self.inn, inn=self.out)

    @property
    def with_conjugate_factors(self) -> Term:
        factors = tuple((conjugate(factor), its_names) for factor, its_names in self.factors)
        return dataclasses.replace(self, factors=factors, scale=self.scale.conjugate())

    @property
    def is_complex(self) -> bool:
        return np.iscomplexobj(self.scale) or any(is_complex(factor) for factor, _ in self.factors)

    def real_parts(self) -> list[Term]:
        """Terms over real factors whose sum is the real part of this one: Re(a b) = Re(a) Re(b) - Im(a) Im(b)."""
        real: list[tuple[float, Factors]] = [(self.scale.real, ())]
        imaginary: list[tuple[float, Factors]] = [(self.scale.imag, ())]
        for factor, its_names in self.factors:
            if is_complex(factor):
                algebra = algebra_of(factor)
                re, im = (algebra.real(factor), its_names), (algebra.imag(factor), its_names)
                real, imaginary = (
                    [(s, (*f, re)) for s, f in real] + [(-s, (*f, im)) for s, f in imaginary],
                    [(s, (*f, re)) for s, f in imaginary] + [(s, (*f, im)) for s, f in real],
                )
            else:
                real, imaginary = ([(s, (*f, (factor, its_names))) for s, f in each] for each in (real, imaginary))
        return [dataclasses.replace(self, factors=f, scale=s, antilinear=False) for s, f in real if s != 0]

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
            self.antilinear,
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
        if self.antilinear:
            first = first.with_conjugate_factors
        both = Term(
            self.out,
            first.inn,
            {**first.sizes, **self.sizes},
            self.factors + first.factors,
            self.relations + first.relations,
            self.scale * first.scale,
            self.antilinear != first.antilinear,
        )
        return both.identified(zip(self.inn, first.out, strict=True))
