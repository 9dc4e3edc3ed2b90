"""Whole Jacobians: local maps multiplied in forward or reverse order, their structure kept as long as it pays."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..graph import Variable, between
from ..ops import is_zero, refuse_complex
from ..structure import IndexMap, LinearMap, dense_map, identity_map, zero_map

DENSE_ENOUGH = 1 << 24  # entries up to which a product with a program is formed

FactorOf = Callable[[Variable], Any]


def local_maps(y: Variable, factor_of: FactorOf) -> dict[tuple[int, int], LinearMap]:
    """The local Jacobians of the operation behind y: by number of its result and number of its argument."""
    operation: Any = y.operation
    xs = [factor_of(x) for x in y.inputs]
    ys = [factor_of(part) for part in y.results]
    refuse_complex(operation, *xs, *ys)
    found = {}
    for k, x in enumerate(y.inputs):
        if x.type.carries_derivative:
            for part, J in enumerate(operation.local_jacobians(k, ys, xs, y.parameters)):
                if J is not None and not is_zero(J):
                    found[part, k] = J
    return found


def whole_jacobian(y: Variable, x: Variable, values: Mapping[int, Any] | None, mode: str = "auto") -> LinearMap:
    """dy/dx as a linear map.

    Parameters
    ----------
    values : mapping or None
        The value of every variable, for a map over arrays; None for one over variables, which adds nodes.
    mode : {"auto", "forward", "reverse"}
        In which order to multiply. Automatic: from the end that has fewer entries.
    """

    def factor_of(v: Variable) -> Any:
        return v if values is None else np.asarray(values[v.number])

    path = between([y], [x])
    if not path or path[-1] is not y:
        J: LinearMap = zero_map(y.shape, x.shape)
    elif mode == "forward" or (mode == "auto" and x.size < y.size):
        J = _forward(y, x, path, factor_of)
    else:
        J = _reverse(y, x, path, factor_of)
    J.dtype = y.dtype
    return J


def _reverse(y: Variable, x: Variable, path: list[Variable], factor_of: FactorOf) -> LinearMap:
    """From the outputs: table[v] is dy/dv."""
    on_path = {v.number for v in path}
    table: dict[int, LinearMap] = {y.number: identity_map(y.shape)}
    for v in reversed(path):
        if v is x:
            continue
        J = table.pop(v.number, None)
        if J is None:
            continue
        for (part, k), local in local_maps(v, factor_of).items():
            parent = v.inputs[k].number
            if part == v.part and parent in on_path:
                _add(table, parent, _settled(J @ local))
    return table.get(x.number, zero_map(y.shape, x.shape))


def _forward(y: Variable, x: Variable, path: list[Variable], factor_of: FactorOf) -> LinearMap:
    """From the inputs: table[v] is dv/dx."""
    table: dict[int, LinearMap] = {x.number: identity_map(x.shape)}
    last_use = {u.number: v.number for v in path for u in v.inputs}
    for v in path:
        if v is x:
            continue
        for (part, k), local in local_maps(v, factor_of).items():
            parent = v.inputs[k].number
            if part == v.part and parent in table:
                _add(table, v.number, _settled(local @ table[parent]))
        for u in v.inputs:
            if last_use[u.number] == v.number and u is not y:
                table.pop(u.number, None)
    return table.get(y.number, zero_map(y.shape, x.shape))


def _add(table: dict[int, LinearMap], number: int, J: LinearMap) -> None:
    table[number] = _settled(table[number] + J) if number in table else J


def _settled(J: LinearMap) -> LinearMap:
    """A product with a program is formed where it is small enough; else it stays a pair of functions."""
    if isinstance(J, IndexMap) or J.size > DENSE_ENOUGH:
        return J
    return dense_map(J.dense(), J.out_shape, J.in_shape)
