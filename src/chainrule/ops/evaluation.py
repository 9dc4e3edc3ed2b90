"""The value of a variable from those of its parents: the one step that everything which runs a graph is made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..graph import Variable
from .blame import blame

Values = dict[int, Any]  # by the number of the variable


def compute(u: Variable, values: Values) -> None:
    """The values of all results of the operation behind u, from those of its parents."""
    operation: Any = u.operation
    if operation is None:
        values[u.number] = u.value
        return
    try:
        result = operation.compute([values[a.number] for a in u.inputs], u.parameters)
    except Exception as error:
        blame(error, u, "the value")
        raise
    if u.parts is None:
        values[u.number] = result
    else:
        for part, value in zip(u.parts, result, strict=True):
            values[part.number] = value


def compute_all(variables: Iterable[Variable], values: Values) -> None:
    """The values of those that have none yet, parents first."""
    for u in variables:
        if u.number not in values:
            compute(u, values)
