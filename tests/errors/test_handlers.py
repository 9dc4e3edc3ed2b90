"""Whether an exception would meet a handler of the user's: in the frame that asks, and in those that called it."""

import contextlib

import pytest

import chainrule as cr
from chainrule.errors.handlers import would_be_handled


def asks():
    return would_be_handled()


def in_no_block():
    return would_be_handled() or asks() or any(would_be_handled() for _ in range(2))


def after_a_try():
    try:
        found = len("ab")
    except ValueError:
        found = None
    else:
        found = asks()
    return found or asks()


def in_a_try():
    try:
        return would_be_handled()
    except ValueError:
        return None


def before_a_finally():
    try:
        found = asks()
    finally:
        pass
    return found


def in_a_with():
    found = False
    with contextlib.suppress(ValueError):
        found = asks()
    return found


def called_in_a_try():
    def between():
        return asks()

    try:
        return between()
    except (KeyError, ValueError):
        return None


def called_by_the_package(f):
    seen = []
    cr.grad(lambda x: [seen.append(f()), x][1])(1.0)
    return seen[0]


@pytest.mark.parametrize("f", [in_a_try, before_a_finally, in_a_with, called_in_a_try])
def test_it_would(f):
    assert called_by_the_package(f) is True


@pytest.mark.parametrize("f", [in_no_block, after_a_try])
def test_it_would_not(f):
    """However the test that calls this package is run."""
    try:
        assert called_by_the_package(f) is False
    finally:
        pass
