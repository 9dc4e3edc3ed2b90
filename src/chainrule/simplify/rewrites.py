"""The table of rewrites: for an operation, functions that see its inputs before the node is made.

Each is ``rewrite(inputs, **parameters)`` and returns a variable of the same graph and type that has the same value, or
None. Rewrites are tried in the order in which they are declared.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..graph import Variable
from ..ops import Operation
from ..original import np

Rewrite = Callable[..., Variable | None]
REWRITES: dict[Operation, list[Rewrite]] = {}


def rewrites(*operations: Operation) -> Callable[[Rewrite], Rewrite]:
    """Decorate a rewrite with the operations at the root of its pattern."""

    def declare(rewrite: Rewrite) -> Rewrite:
        for operation in operations:
            REWRITES.setdefault(operation, []).append(rewrite)
        return rewrite

    return declare


def made_by(v: Variable, operation: Operation, **parameters: Any) -> bool:
    if v.operation is not operation:
        return False
    return not parameters or parameters.items() <= operation.named(v.parameters).items()


def argument_of(v: Variable, operation: Operation) -> Variable | None:
    """x, where v is operation(x) of real numbers; None else. (Integers wrap around: -x and 1 + x are others there.)"""
    if made_by(v, operation) and v.inputs[0].dtype.kind == "f":
        return v.inputs[0]
    return None


def number(v: Variable) -> float | None:
    """The number that a constant holds in every entry, also behind a broadcast; None where there is none."""
    while v.operation is not None and v.operation.name == "broadcast_to":
        v = v.inputs[0]
    if not v.is_constant or v.dtype.kind not in "fiu":
        return None
    value = np.asarray(v.value)
    if value.ndim == 0:
        return value.item()
    if value.size == 0 or value.size > 4096:
        return None
    first = value.flat[0]
    same = (value == first) & (np.signbit(value) == np.signbit(first))  # 0.0 is not -0.0
    return first.item() if same.all() else None


def is_number(v: Variable, wanted: float) -> bool:
    return number(v) == wanted
