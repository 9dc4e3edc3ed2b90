"""Putting expressions in the place of symbols."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Final

from . import expression as e
from . import making as make

Replacement = Callable[[e.Symbol], e.Expression]


def substitute(x: e.Expression, replacement: Replacement) -> e.Expression:
    """The same with every symbol replaced; what becomes trivial by that is simplified."""
    if isinstance(x, e.Symbol):
        return replacement(x)
    if not x.has_symbols:
        return x
    return _REBUILT[type(x)](x, [substitute(part, replacement) for part in x.parts])


def _indexed(x: e.Indexed, parts: list[e.Expression]) -> e.Expression:
    count = len(x.factors)
    given = zip(parts[:count], x.factors, strict=True)
    factors = tuple((part, names if part.shape else ()) for part, (_, names) in given)
    rest = iter(parts[count:])
    conditions = tuple(dataclasses.replace(c, parts=tuple(next(rest) for _ in c.parts)) for c in x.conditions)
    return dataclasses.replace(x, factors=factors, conditions=conditions)


def _picked(x: e.Picked, parts: list[e.Expression]) -> e.Expression:
    operand, *others = parts
    rest = iter(others)
    indices = tuple(next(rest) if isinstance(each, e.Expression) else each for each in x.indices)
    return dataclasses.replace(x, operand=operand, indices=indices)


_REBUILT: Final[dict[type, Callable[[Any, list[e.Expression]], e.Expression]]] = {
    e.Sum: lambda x, parts: make.add(*parts),
    e.Hadamard: lambda x, parts: make.hadamard(*parts),
    e.Product: lambda x, parts: make.product(*parts),
    e.Kronecker: lambda x, parts: e.Kronecker(tuple(parts)),
    e.Negative: lambda x, parts: make.negative(*parts),
    e.Transpose: lambda x, parts: make.transpose(*parts),
    e.Alike: lambda x, parts: make.alike(parts[0], x.its_shape),
    e.Inverse: lambda x, parts: e.Inverse(*parts),
    e.Diagonal: lambda x, parts: e.Diagonal(*parts),
    e.Quotient: lambda x, parts: make.quotient(*parts),
    e.Power: lambda x, parts: make.power(*parts),
    e.Truth: lambda x, parts: e.Truth(x.sign, tuple(parts)),
    e.Choice: lambda x, parts: e.Choice(*parts),
    e.Fenced: lambda x, parts: make.fenced(parts[0], x.kind),
    e.Call: lambda x, parts: dataclasses.replace(x, arguments=tuple(parts)),
    e.Picked: _picked,
    e.Indexed: _indexed,
}
