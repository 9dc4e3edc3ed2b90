"""Bring a term to its normal form: as few relations, factors and inner names as the algebra allows.

Each rule takes a term and returns a smaller equal one, or None where it does not apply; they run to a fixed point.
"""

from __future__ import annotations

import dataclasses
import itertools
import math

from ..original import np
from .algebra import Factor, Names, algebra_of, counted
from .relations import Fused, Progression, Relation
from .term import Term


def normal_form(term: Term) -> Term | None:
    """The simplest equal term; None where it is zero."""
    term = term.pruned()
    for _ in range(10_000):
        if term.scale == 0 or any(isinstance(r, Progression) and not r.count for r in term.relations):
            return None
        for rule in RULES:
            simpler = rule(term)
            if simpler is ZERO:
                return None
            if simpler is not None:
                term = simpler.pruned()
                break
        else:
            return term
    raise RuntimeError("the rules of the normal form do not come to an end")  # pragma: no cover


def aligned(factor: Factor, have: Names, want: Names) -> Factor:
    """The factor with its axes in another order of names."""
    return factor if have == want else algebra_of(factor).transpose(factor, tuple(have.index(n) for n in want))


def numbers_into_scale(term: Term) -> Term | None:
    """A factor without names is a number: into the scale where it is known, else into a neighbour."""
    for k, (factor, its_names) in enumerate(term.factors):
        if its_names:
            continue
        rest = term.factors[:k] + term.factors[k + 1 :]
        if isinstance(factor, np.ndarray) and factor.dtype.kind in "biufc" and np.isfinite(factor):
            return dataclasses.replace(term, factors=rest, scale=term.scale * factor.item())
        for j, (neighbour, neighbour_names) in enumerate(rest):
            product = algebra_of(factor, neighbour).multiply(neighbour, factor)
            return dataclasses.replace(term, factors=(*rest[:j], (product, neighbour_names), *rest[j + 1 :]))
    return None


def factor_through_relation(term: Term) -> Term | None:
    """A factor of an index that is a function of other indices becomes a factor of those: F[f(i)] is a smaller F'[i].

    Done where it frees the old names of everything but the relation, or where the new ones are axes of x or y.
    """
    for k, relation in enumerate(term.relations):
        elsewhere = {n for j, r in enumerate(term.relations) if j != k for n in r.names}
        for way in _both_ways(relation):
            gone, come = set(way.right), set(way.left)
            if gone & term.ends or not way.is_function(term.sizes):
                continue
            holders = [j for j, (_, each) in enumerate(term.factors) if gone & set(each)]
            movable = [j for j in holders if gone <= set(term.factors[j][1]) and not come & set(term.factors[j][1])]
            if not movable or not (come & term.ends or (movable == holders and not gone & elsewhere)):
                continue
            factors = list(term.factors)
            for j in movable:
                factor, its_names = factors[j]
                lead = tuple(n for n in its_names if n not in gone)
                array = aligned(factor, its_names, lead + way.right)
                factors[j] = (way.move(array, term.sizes, algebra_of(factor)), lead + way.left)
            return dataclasses.replace(term, factors=tuple(factors))
    return None


def drop_relation(term: Term) -> Term | None:
    """A relation to an index that nothing else knows, a function of the others, sums to one."""
    for k, relation in enumerate(term.relations):
        elsewhere = {n for j, r in enumerate(term.relations) if j != k for n in r.names}
        elsewhere |= term.ends | {n for _, each in term.factors for n in each}
        for way in _both_ways(relation):
            if not set(way.right) & (elsewhere | set(way.left)) and way.is_function(term.sizes):
                relations = term.relations[:k] + term.relations[k + 1 :]
                sizes = {n: s for n, s in term.sizes.items() if n not in way.right}
                return dataclasses.replace(term, relations=relations, sizes=sizes)
    return None


def fuse_relations(term: Term) -> Term | None:
    """Two relations over a middle that nothing else knows become one."""
    factor_names = {n for _, its_names in term.factors for n in its_names}
    for i, j in itertools.combinations(range(len(term.relations)), 2):
        others = {n for k, r in enumerate(term.relations) if k not in (i, j) for n in r.names}
        private = set(term.relations[i].names) & set(term.relations[j].names)
        private -= factor_names | term.ends | others
        if not private:
            continue
        for first, second in itertools.product(_both_ways(term.relations[i]), _both_ways(term.relations[j])):
            middle, ends = set(first.right), set(first.left) | set(second.right)
            if first.right != second.left or not middle <= private - ends or set(first.left) & set(second.right):
                continue
            fused = first.fused(second, term.sizes)
            if fused is None:
                continue
            if fused is Fused.EMPTY:
                return ZERO
            rest = tuple(r for k, r in enumerate(term.relations) if k not in (i, j))
            # The fused middle is no free sum: its name goes with it.
            sizes = {n: s for n, s in term.sizes.items() if n not in first.right}
            if isinstance(fused, Relation):
                return dataclasses.replace(term, relations=(*rest, fused), sizes=sizes)
            left = dataclasses.replace(term, relations=rest, sizes=sizes)
            return left.identified(zip(second.right, first.left, strict=True))
    return None


def multiply_factors(term: Term) -> Term | None:
    """Factors over the same names become their product."""
    for (i, (a, a_names)), (j, (b, b_names)) in itertools.combinations(enumerate(term.factors), 2):
        if set(a_names) == set(b_names):
            product = algebra_of(a, b).multiply(a, aligned(b, b_names, a_names))
            rest = tuple(f for k, f in enumerate(term.factors) if k not in (i, j))
            return dataclasses.replace(term, factors=((product, a_names), *rest))
    return None


def sum_where_smaller(term: Term) -> Term | None:
    """Sum over the inner names of two factors where the product takes no more room than they did."""
    relation_names = {n for r in term.relations for n in r.names}
    for (i, (a, a_names)), (j, (b, b_names)) in itertools.combinations(enumerate(term.factors), 2):
        others = {n for k, (_, its_names) in enumerate(term.factors) if k not in (i, j) for n in its_names}
        outside = term.ends | relation_names | others
        shared = (set(a_names) & set(b_names)) - outside
        if not shared:
            continue
        kept = tuple(n for n in dict.fromkeys(a_names + b_names) if n in outside)
        if math.prod(term.sizes[n] for n in kept) > math.prod(a.shape) + math.prod(b.shape):
            continue
        product = algebra_of(a, b).contract((counted(a), counted(b)), (a_names, b_names), kept, absorbing=False)
        rest = tuple(f for k, f in enumerate(term.factors) if k not in (i, j))
        sizes = {n: s for n, s in term.sizes.items() if n in outside or n in kept}
        return dataclasses.replace(term, factors=((product, kept), *rest), sizes=sizes)
    return None


def sum_alone(term: Term) -> Term | None:
    """An inner name that one factor alone knows is summed over at once."""
    for j, (factor, its_names) in enumerate(term.factors):
        others = {n for k, (_, each) in enumerate(term.factors) if k != j for n in each}
        outside = term.ends | others | {n for r in term.relations for n in r.names}
        kept = tuple(n for n in dict.fromkeys(its_names) if n in outside)
        if kept != its_names:
            factor = algebra_of(factor).contract((counted(factor),), (its_names,), kept, absorbing=False)
            factors = (*term.factors[:j], (factor, kept), *term.factors[j + 1 :])
            sizes = {n: s for n, s in term.sizes.items() if n in outside}
            return dataclasses.replace(term, factors=factors, sizes=sizes)
    return None


def _both_ways(relation: Relation) -> tuple[Relation, Relation]:
    return relation, relation.flipped()


ZERO = Term((), (), {}, scale=0)
RULES = (
    numbers_into_scale,
    sum_alone,
    drop_relation,
    factor_through_relation,
    fuse_relations,
    multiply_factors,
    sum_where_smaller,
)
