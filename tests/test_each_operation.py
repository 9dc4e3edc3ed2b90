"""What walks over the cases of an operation fails where one of them does, and says which."""

import pytest

from chainrule.ops import CATALOGUE

from .each_operation import of_each_operation

SIN, COS = CATALOGUE["sin"], CATALOGUE["cos"]
CASES = [pytest.param(op, n, id=f"{op.name}-{n}") for op in (SIN, COS) for n in range(3)]
seen = []


@of_each_operation(CASES)
@pytest.mark.parametrize("factor", [1, 2])
def check(operation, number, factor):
    """Of odd numbers."""
    seen.append((operation, number, factor))
    assert number * factor != 2


def test_every_case_is_met_until_one_fails_which_is_named():
    seen.clear()
    with pytest.raises(AssertionError) as raised:
        check(operation=SIN, factor=1)
    assert raised.value.__notes__ == ["case sin-2"]
    assert seen == [(SIN, 0, 1), (SIN, 1, 1), (SIN, 2, 1)]
    check(operation=COS, factor=3)
    assert seen[3:] == [(COS, n, 3) for n in range(3)]


def test_it_is_parametrized_by_operations_and_what_else_was_asked_for():
    assert [mark.args[0] for mark in check.pytestmark] == ["factor", "operation"]
    assert [case.id for case in check.pytestmark[1].args[1]] == ["sin", "cos"]
    assert (check.__name__, check.__doc__) == ("check", "Of odd numbers.")
