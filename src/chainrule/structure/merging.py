"""Terms that add up to one term, so that a sum stays short.

They lie over the same indices and differ in one part only: A + A.T, diagonal + diagonal, u v' + u w' = u (v + w)'.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Hashable, Iterable

from .algebra import Factor, Names, algebra_of, counted
from .normal_form import aligned
from .term import Term

Factors = list[tuple[Factor, Names]]


def merged(terms: Iterable[Term]) -> list[Term]:
    """The same sum, each term added to an earlier one where the two make one."""
    sums: list[Term] = []
    places: dict[Hashable, list[int]] = {}
    for term in map(_with_canonical_names, terms):
        relations = tuple(relation.key for relation in term.relations)
        alike = places.setdefault((term.out, term.inn, term.antilinear, relations), [])
        for k in alike:
            total = _added(sums[k], term)
            if total is not None:
                sums[k] = total
                break
        else:
            alike.append(len(sums))
            sums.append(term)
    return [term for term in sums if term.scale != 0]


def _with_canonical_names(term: Term) -> Term:
    order = dict.fromkeys((*term.out, *term.inn, *sorted(term.inner)))
    return term.renamed({n: -1 - k for k, n in enumerate(order)})


def _added(a: Term, b: Term) -> Term | None:
    """a + b as one term: the factors that they share, times the sum of the others, if one of these has room for it."""
    shared = [each for each in a.factors if _holds(b.factors, each)]
    a_rest = [each for each in a.factors if not _holds(shared, each)]
    b_rest = [each for each in b.factors if not _holds(shared, each)]
    if not a_rest and not b_rest:
        return dataclasses.replace(a, scale=a.scale + b.scale)
    if not a_rest or not b_rest:
        return None
    order = max((its_names for _, its_names in a_rest + b_rest), key=len)
    known = a.ends | {n for _, each in shared for n in each} | {n for relation in a.relations for n in relation.names}
    if not known.issuperset(order) or not all(set(order).issuperset(each) for _, each in a_rest + b_rest):
        return None
    parts = [_product(rest, term, order) for rest, term in ((a_rest, a), (b_rest, b))]
    return dataclasses.replace(a, factors=(*shared, (algebra_of(*parts).add(*parts), order)), scale=1)


def _holds(factors: Iterable[tuple[Factor, Names]], one: tuple[Factor, Names]) -> bool:
    return any(factor is one[0] and its_names == one[1] for factor, its_names in factors)


def _product(factors: Factors, term: Term, order: Names) -> Factor:
    """The product of some factors, as numbers over names that include theirs, times the scale of the term."""

    def spread(factor: Factor, its_names: Names) -> Factor:
        factor = aligned(factor, its_names, tuple(n for n in order if n in its_names))
        if len(its_names) == len(order):
            return factor
        return algebra_of(factor).reshape(factor, tuple(term.sizes[n] if n in its_names else 1 for n in order))

    product = functools.reduce(lambda a, b: algebra_of(a, b).multiply(a, b), (spread(*each) for each in factors))
    algebra = algebra_of(product)
    product = algebra.broadcast(product, tuple(term.sizes[n] for n in order))
    return algebra.scale(counted(product), term.scale)
