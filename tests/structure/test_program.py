"""A map given by one function: its transpose is found by whoever knows how to walk it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from chainrule.structure import Program, identity_map, program, register_transposer

from .catalogue import Array, whole_numbers
from .test_laws import check_forms, check_products

A = whole_numbers(3, 4)


def by_unit_vectors(
    function: Callable[[Array], Array], in_shape: tuple[int, ...], dtype: object, y_bar: Array
) -> Array:
    """The transpose of a linear function, one entry at a time."""
    result = np.zeros(in_shape, dtype)
    for place in np.ndindex(*in_shape):
        unit = np.zeros(in_shape, dtype)
        unit[place] = 1
        result[place] = np.sum(function(unit) * y_bar)
    return result


@pytest.fixture(autouse=True)
def transposer() -> Iterator[None]:
    before = list(program._transposer)
    register_transposer(by_unit_vectors)
    yield
    program._transposer[:] = before


def test_a_program_obeys_the_laws() -> None:
    J = Program(lambda v: A @ v, (3,), (4,))
    check_products(J, A)
    check_forms(J, A)
    check_forms(J.T.T, A)
    check_forms(2 * J, 2 * A)
    check_forms((2 * J).T, 2 * A.T)
    check_forms(-J.T, -A.T)


def test_a_program_of_matrices() -> None:
    B = whole_numbers(3, 2)
    J = Program(lambda v: v @ B, (2, 2), (2, 3))
    check_products(J, np.einsum("il,jk->iklj", np.eye(2), B))


def test_programs_multiply_and_add() -> None:
    J = Program(lambda v: A @ v, (3,), (4,))
    check_forms(J.T @ J, A.T @ A)
    check_forms(J @ identity_map((4,)) + J, 2 * A)
    assert (J.T @ J).structure == "matrix-free"


def test_the_function_is_walked_for_transposes_only() -> None:
    register_transposer(lambda *_: pytest.fail("not needed"))
    J = Program(lambda v: A @ v, (3,), (4,))
    np.testing.assert_array_equal(J @ np.ones(4), A.sum(1))
    np.testing.assert_array_equal(J.T.T @ np.ones(4), A.sum(1))
