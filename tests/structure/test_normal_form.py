"""The rules of the normal form, one by one: what each of them leaves, and that the value stays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.structure import IndexMap, Pairs, Progression, Ravel, Term, Triangle
from chainrule.structure.normal_form import normal_form
from chainrule.structure.relations import Relation

from .catalogue import Array, whole_numbers
from .test_relations import matrix, pairs, progressions

I, J, K, P, Q = range(5)


def dense(term: Term | None, out_shape: tuple[int, ...], in_shape: tuple[int, ...]) -> Array:
    """By the definition: the sum over every value of every name."""
    total = np.zeros(out_shape + in_shape)
    if term is None:
        return total
    matrices = [(relation, matrix(relation, term.sizes)) for relation in term.relations]

    def flat(names: tuple[int, ...], at: dict[int, int]) -> int:
        place = 0
        for n in names:
            place = place * term.sizes[n] + at[n]
        return place

    for point in np.ndindex(*term.sizes.values()):
        at = dict(zip(term.sizes, point, strict=True))
        value = term.scale
        for relation, related in matrices:
            value = value * related[flat(relation.left, at), flat(relation.right, at)]
        for factor, names in term.factors:
            value = value * factor[tuple(at[n] for n in names)]
        total[tuple(at[n] for n in term.out + term.inn)] += value
    return total


def simplified(term: Term) -> Term:
    """The normal form, once it has been compared with the term."""
    out_shape, in_shape = (tuple(term.sizes[n] for n in side) for side in (term.out, term.inn))
    result = normal_form(term)
    np.testing.assert_array_equal(dense(result, out_shape, in_shape), dense(term, out_shape, in_shape))
    assert result is not None
    return result


def test_a_number_goes_into_the_scale() -> None:
    term = simplified(Term((I,), (I,), {I: 3}, ((np.array(2.5), ()), (whole_numbers(3), (I,))), scale=2))
    assert len(term.factors) == 1 and term.scale == 5


def test_a_number_that_is_not_finite_stays_a_factor() -> None:
    """As a scale it would make a zero vector nan."""
    term = normal_form(Term((I,), (I,), {I: 3}, ((np.array(np.inf), ()),)))
    assert term is not None and term.scale == 1 and len(term.factors) == 1
    J = IndexMap([term], (3,), (3,))
    np.testing.assert_array_equal(J @ np.array([0.0, 1, -1]), [0, np.inf, -np.inf])


def test_a_false_number_makes_zero() -> None:
    assert normal_form(Term((I,), (I,), {I: 3}, ((np.array(False), ()),))) is None


def test_factors_over_the_same_names_are_multiplied() -> None:
    A, B = whole_numbers(2, 3), whole_numbers(3, 2)
    term = simplified(Term((I, J), (I, J), {I: 2, J: 3}, ((A, (I, J)), (B, (J, I)))))
    ((factor, names),) = term.factors
    assert names == (I, J)
    np.testing.assert_array_equal(factor, A * B.T)


def test_an_inner_name_of_one_factor_is_summed() -> None:
    A = whole_numbers(2, 3)
    term = simplified(Term((I,), (I,), {I: 2, K: 3}, ((A, (I, K)),)))
    ((factor, _),) = term.factors
    np.testing.assert_array_equal(factor, A.sum(1))


def test_the_diagonal_of_a_factor_is_taken() -> None:
    A = whole_numbers(3, 3)
    term = simplified(Term((I,), (I,), {I: 3}, ((A, (I, I)),)))
    ((factor, names),) = term.factors
    assert names == (I,)
    np.testing.assert_array_equal(factor, np.diagonal(A))


def test_a_diagonal_beside_a_factor_of_the_same_name() -> None:
    A, d = whole_numbers(3, 3), whole_numbers(3)
    term = simplified(Term((I,), (I,), {I: 3}, ((A, (I, I)), (d, (I,)))))
    ((factor, _),) = term.factors
    np.testing.assert_array_equal(factor, np.diagonal(A) * d)


@pytest.mark.parametrize(("n_inner", "factors"), [(9, 1), (2, 2)])
def test_a_product_is_formed_where_it_is_smaller(n_inner: int, factors: int) -> None:
    A, B = whole_numbers(6, n_inner), whole_numbers(n_inner, 6)
    term = simplified(Term((I,), (J,), {I: 6, J: 6, K: n_inner}, ((A, (I, K)), (B, (K, J)))))
    assert len(term.factors) == factors


def test_a_name_that_nothing_uses_multiplies_by_its_size() -> None:
    term = simplified(Term((I,), (I,), {I: 3, K: 4}))
    assert term.scale == 4 and K not in term.sizes


def test_a_factor_moves_along_a_slice() -> None:
    """F[2 + i] is a smaller F' of i."""
    F = whole_numbers(9)
    term = simplified(Term((P,), (I,), {P: 3, Q: 9, I: 9}, ((F, (Q,)),), (Progression((P,), (Q,), 0, 1, 2, 1, 3),)))
    ((factor, names),) = term.factors
    assert names == (P,) and not term.relations
    np.testing.assert_array_equal(factor, F[2:5])


def test_a_factor_moves_along_a_gather() -> None:
    F, index = whole_numbers(5), np.array([4, 0])
    relation = Pairs((P,), (Q,), None, index)
    term = simplified(Term((P,), (P,), {P: 2, Q: 5}, ((F, (Q,)),), (relation,)))
    ((factor, names),) = term.factors
    assert names == (P,) and not term.relations
    np.testing.assert_array_equal(factor, F[index])


def test_a_merge_moves_into_a_factor() -> None:
    W = whole_numbers(6, 4)
    relation = Ravel((J,), (P, Q))
    term = simplified(Term((K,), (P, Q), {J: 6, P: 2, Q: 3, K: 4}, ((W, (J, K)),), (relation,)))
    ((factor, _),) = term.factors
    assert not term.relations and factor.ndim == 3


def test_a_relation_to_what_nobody_knows_sums_to_one() -> None:
    """Every entry of a flipped or gathered axis is one entry of x."""
    flip = Progression((P,), (Q,), 0, 1, 3, -1, 4)
    assert not simplified(Term((), (P,), {P: 4, Q: 4}, (), (flip,))).relations


def test_a_relation_that_drops_entries_stays() -> None:
    part = Progression((P,), (Q,), 0, 1, 1, 1, 2)
    assert simplified(Term((), (Q,), {P: 2, Q: 4}, (), (part,))).relations


@pytest.mark.parametrize("n", [3, 4])
def test_an_index_related_to_itself_is_no_function(n: int) -> None:
    """The sum over p of [p = n - 1 - p] is not n but the number of fixed points."""
    flip = Progression((P,), (P,), 0, 1, n - 1, -1, n)
    term = simplified(Term((), (), {P: n}, (), (flip,)))
    assert dense(term, (), ()) == n % 2


def test_relations_that_exclude_each_other_make_zero() -> None:
    even, odd = Progression((I,), (K,), 0, 1, 0, 2, 3), Progression((K,), (J,), 1, 2, 0, 1, 3)
    assert normal_form(Term((I,), (J,), {I: 3, K: 6, J: 3}, (), (even, odd))) is None


def test_a_relation_that_holds_nowhere_makes_zero() -> None:
    assert normal_form(Term((I,), (J,), {I: 3, J: 3}, (), (Progression((I,), (J,), 0, 1, 0, 1, 0),))) is None


def test_a_scale_of_zero_makes_zero() -> None:
    assert normal_form(Term((I,), (I,), {I: 3}, scale=0)) is None


def test_a_middle_that_a_factor_knows_is_not_fused() -> None:
    F = whole_numbers(6)
    first, second = Progression((I,), (K,), 0, 1, 0, 2, 3), Progression((K,), (J,), 0, 1, 0, 1, 6)
    term = simplified(Term((I,), (J,), {I: 3, K: 6, J: 6}, ((F, (K,)),), (first, second)))
    assert sum(factor.size for factor, _ in term.factors) <= 6


def test_splits_and_merges_undo_each_other() -> None:
    sizes = {I: 2, J: 3, K: 6, P: 2, Q: 3}
    term = simplified(Term((I, J), (P, Q), sizes, (), (Ravel((I, J), (K,)), Ravel((K,), (P, Q)))))
    assert not term.relations and term.out == term.inn


def test_a_split_into_one_name_twice_makes_its_parts_equal() -> None:
    """Two names that are merged with a third become equal to each other too."""
    sizes = {I: 3, J: 3, K: 9, P: 3}
    term = simplified(Term((I, J), (P,), sizes, (), (Ravel((I, J), (K,)), Ravel((K,), (P, P)))))
    assert not term.relations and term.out == (*term.inn, *term.inn)


def test_cumulative_sums_stay() -> None:
    sizes = {I: 4, J: 4, K: 4}
    term = simplified(Term((I,), (J,), sizes, (), (Triangle((I,), (K,)), Triangle((K,), (J,)))))
    assert len(term.relations) == 2


def test_names_of_one_term_do_not_meet_those_of_another() -> None:
    """A term after itself has the same names twice."""
    W = whole_numbers(3, 3)
    term = Term((I,), (J,), {I: 3, J: 3}, ((W, (I, J)),))
    np.testing.assert_array_equal(dense(normal_form(term.after(term)), (3,), (3,)), W @ W)
    turned = term.after(term.transposed)
    np.testing.assert_array_equal(dense(normal_form(turned), (3,), (3,)), W @ W.T)


# Terms of any shape, not only those that operations make

SIZES = {0: 2, 1: 2, 2: 3, 3: 3, 4: 4, 5: 1, 6: 6}


@st.composite
def terms(draw) -> Term:
    name = st.sampled_from(sorted(SIZES))
    some = st.lists(name, max_size=2).map(tuple)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    factors = []
    for _ in range(draw(st.integers(0, 3))):
        its_names = draw(st.lists(name, max_size=3).map(tuple))
        shape = tuple(SIZES[n] for n in its_names)
        values = rng.integers(-2, 3, size=shape).astype(bool if draw(st.integers(0, 3)) == 0 else float)
        factors.append((np.asarray(values), its_names))
    relations: list[Relation] = []
    for _ in range(draw(st.integers(0, 3))):
        kind, a, b = draw(st.sampled_from(["progression", "pairs", "triangle", "ravel"])), draw(name), draw(name)
        if kind == "triangle":
            equal = draw(st.sampled_from([n for n in SIZES if SIZES[n] == SIZES[a]]))
            relations.append(Triangle((a,), (equal,), draw(st.booleans())))
        elif kind == "ravel":
            left = draw(st.sampled_from([(0, 1), (0, 0), (1, 0), (4,)]))
            right = draw(st.sampled_from([(4,), (1, 0), (1, 1), (5, 4)]))
            if draw(st.booleans()):
                left, right = draw(st.sampled_from([(0, 2), (3, 0)])), draw(st.sampled_from([(6,), (2, 1), (5, 6)]))
            relations.append(Ravel(left, right))
        else:
            make = progressions if kind == "progression" else pairs
            relations.append(draw(make(a, b, SIZES[a], SIZES[b])))
    term = Term(draw(some), draw(some), SIZES, tuple(factors), tuple(relations), draw(st.sampled_from([1, -1, 2, 0.5])))
    # Without names that nothing uses, which would only multiply.
    return Term(term.out, term.inn, {n: SIZES[n] for n in sorted(term.used)}, term.factors, term.relations, term.scale)


def ends(term: Term) -> tuple[tuple[int, ...], tuple[int, ...]]:
    return tuple(term.sizes[n] for n in term.out), tuple(term.sizes[n] for n in term.inn)


@settings(max_examples=200)
@given(terms())
def test_any_term_keeps_its_value(term: Term) -> None:
    out_shape, in_shape = ends(term)
    expected = dense(term, out_shape, in_shape)
    np.testing.assert_array_equal(dense(normal_form(term), out_shape, in_shape), expected)


@settings(max_examples=200)
@given(terms())
def test_any_term_can_be_applied_and_listed(term: Term) -> None:
    out_shape, in_shape = ends(term)
    expected = dense(term, out_shape, in_shape)
    J = IndexMap([term], out_shape, in_shape)
    v, g = (
        np.arange(1.0, 1 + np.prod(in_shape)).reshape(in_shape),
        np.arange(1.0, 1 + np.prod(out_shape)).reshape(out_shape),
    )
    np.testing.assert_array_equal(J @ v, np.tensordot(expected, v, v.ndim))
    np.testing.assert_array_equal(g @ J, np.tensordot(g, expected, g.ndim))
    np.testing.assert_array_equal(J.todense(), expected)
    np.testing.assert_array_equal(J.tosparse().toarray(), expected.reshape(g.size, v.size))
    assert J.pattern().toarray()[expected.reshape(g.size, v.size) != 0].all()


@settings(max_examples=100)
@given(terms(), terms())
def test_any_two_terms_multiply(first: Term, second: Term) -> None:
    """y @ (A.T B) for terms over the same names, which must be kept apart."""
    out_shape, in_shape = ends(first)
    turned = second if ends(second)[1] == out_shape else first.transposed
    expected = np.tensordot(dense(turned, *ends(turned)), dense(first, out_shape, in_shape), len(out_shape))
    product = normal_form(turned.after(first))
    result = IndexMap([] if product is None else [product], ends(turned)[0], in_shape)
    np.testing.assert_array_equal(result.todense(), expected)
