"""A wrong sign in the rule of an operation, for as long as one likes: a test of the tests."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from ... import api
from ...api.plans import clear_plans
from ...graph import ancestors
from ...ops import CATALOGUE, Missing, Operation, rules
from .growth import RandomProgram
from .reference import called


class Place(NamedTuple):
    """An argument of an operation, by which it has a derivative."""

    operation: str
    argument: int


def has_rule(operation: Operation, k: int = 0) -> bool:
    """Whether it has a derivative by an argument that is not the zero."""
    given: Any = operation.rules
    if operation.pullback is not None or operation.kind == "discrete" or isinstance(given, Missing):
        return False
    rule = given[k] if isinstance(given, (list, tuple)) else given
    return rule is not None and not isinstance(rule, Missing)


def differentiable() -> list[Operation]:
    """All operations with a rule of their own; what holds a graph has those of the graph."""
    return [
        operation
        for name, operation in CATALOGUE.items()
        if not name.startswith("test_") and any(has_rule(operation, k) for k in range(_arguments(operation)))
    ]


def _arguments(operation: Operation) -> int:
    given: Any = operation.rules
    return len(given) if isinstance(given, (list, tuple)) else 1


def used(program: RandomProgram) -> set[Place]:
    """The places through which the number that a program returns depends on its arguments."""
    f = program.compiled()
    graph = api.trace(lambda *args: called(f, args)[0], *program.arguments).data
    moving, found = {v.number for v in graph.inputs}, set()
    for v in ancestors(graph.outputs):
        operation: Any = v.operation
        if operation is None or not any(part.type.carries_derivative for part in v.results):
            continue
        for k, u in enumerate(v.inputs):
            if u.number in moving and u.type.carries_derivative:
                moving.update(part.number for part in v.results)
                if k < _arguments(operation) or callable(operation.rules):
                    found.add(Place(operation.name, k))
    return {place for place in found if has_rule(CATALOGUE[place.operation], place.argument)}


@contextlib.contextmanager
def wrong_sign(place: Place) -> Iterator[None]:
    """Within this context an operation has the negative of its Jacobian by one argument."""
    operation, k = CATALOGUE[place.operation], place.argument
    right = operation.rules, operation.slopes, operation.products
    given: Any = operation.rules
    if isinstance(given, (list, tuple)):
        operation.rules = tuple(_negated(rule) if n == k else rule for n, rule in enumerate(given))
    else:
        operation.rules = lambda n, *args, **named: (
            _negative(given(n, *args, **named)) if n == k else given(n, *args, **named)
        )
    operation.slopes = tuple(_negated(slope) if n == k else slope for n, slope in enumerate(operation.slopes))
    products: Any = operation.products
    if callable(products):
        operation.products = lambda n, *args, **named: (
            _negative(products(n, *args, **named)) if n == k else products(n, *args, **named)
        )
    _forget()
    try:
        yield
    finally:
        operation.rules, operation.slopes, operation.products = right
        _forget()


def _forget() -> None:
    """What has been derived from rules."""
    rules._pulls.clear()
    rules._pushes.clear()
    clear_plans()


def _negated(rule: Any) -> Any:
    if not callable(rule):
        return None if rule is None else -rule
    plain: Callable[..., Any] = rule
    return lambda *args, **named: _negative(plain(*args, **named))


def _negative(J: Any) -> Any:
    if isinstance(J, tuple):
        return tuple(map(_negative, J))
    return None if J is None else -J
