"""Zero absorbs: what a cotangent or tangent that is exactly zero comes to, known before anything is computed."""

from __future__ import annotations

from typing import Any

from ..arraytype import ArrayType
from ..graph import Variable
from ..ops import CATALOGUE
from ..ops.algebra import zeros
from ..ops.contraction import einsum
from ..ops.selection import absorb, factor_product
from .rewrites import is_number, rewrites

Inputs = tuple[Variable, ...]


def zero_stays_zero(operation: Any) -> None:
    def rewrite(inputs: Inputs, **parameters: Any) -> Variable | None:
        x = inputs[0]
        if not is_number(x, 0) or operation.name == "broadcast_to":
            return None
        result = operation.infer((x.type,), tuple(parameters.values()))
        return zeros(x.graph, result)

    rewrites(operation)(rewrite)


for _name in ("reshape", "transpose", "window", "place", "element", "embed", "cumsum", "convert"):
    zero_stays_zero(CATALOGUE[_name])


@rewrites(absorb)
def absorbed(inputs: Inputs) -> Variable | None:
    t, slope = inputs
    if not is_number(t, 0):
        return None
    result = absorb.infer((t.type, slope.type), ())
    return zeros(t.graph, result)


@rewrites(factor_product)
def product_of_zero(inputs: Inputs) -> Variable | None:
    a, b = inputs
    if not is_number(a, 0) and not is_number(b, 0):
        return None
    return zeros(a.graph, factor_product.infer((a.type, b.type), ()))


@rewrites(einsum)
def contraction_with_zero(inputs: Inputs, *, labels: Any, out: Any, absorbing: bool) -> Variable | None:
    if not is_number(inputs[0], 0) or not (absorbing or len(inputs) == 1):
        return None
    result: ArrayType = einsum.infer(tuple(v.type for v in inputs), (labels, out, absorbing))
    return zeros(inputs[0].graph, result)
