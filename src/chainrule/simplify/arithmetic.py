"""Identities of arithmetic: neutral elements, double negation, products with one."""

from __future__ import annotations

import math
from typing import Any

from ..graph import Variable
from ..ops import CATALOGUE, of_dtype
from ..ops.arithmetic import absolute, add, divide, multiply, negative, positive, power, sqrt, square, subtract
from ..ops.comparison import logical_not
from ..ops.complex_parts import conjugate, real
from ..ops.contraction import einsum
from ..ops.movement import broadcast_to, convert
from ..ops.selection import absorb, factor_product, where
from ..original import np
from .rewrites import argument_of, is_number, made_by, number, rewrites

Inputs = tuple[Variable, ...]


def _fitting(kept: Variable, dropped: Variable) -> Variable:
    """An operand that is left alone, of the shape and dtype that it had together with the other one."""
    shape = np.broadcast_shapes(kept.shape, dropped.shape)
    spread = kept if kept.shape == shape else broadcast_to(kept, shape=shape)
    return of_dtype(spread, np.result_type(kept.dtype, dropped.dtype))


def _is_zero(v: Variable, sign: float) -> bool:
    """A zero of that sign, or of none: -0.0 + 0.0 is 0.0, but -0.0 - 0.0 is -0.0."""
    value = number(v)
    return value == 0 and (v.dtype.kind != "f" or math.copysign(1.0, value) == sign)


@rewrites(add)
def add_zero(inputs: Inputs) -> Variable | None:
    for kept, other in (inputs, inputs[::-1]):
        if _is_zero(other, -1.0):
            return _fitting(kept, other)
    return None


def _negated(v: Variable, other: Variable) -> Variable | None:
    """x, where v is -x and the other operand takes it for just that: else, where -x wraps around, it is not."""
    return v.inputs[0] if made_by(v, negative) and (v.dtype.kind == "f" or v.dtype == other.dtype) else None


@rewrites(add)
def add_negative(inputs: Inputs) -> Variable | None:
    for a, b in (inputs, inputs[::-1]):
        x = _negated(b, a)
        if x is not None:
            return subtract(a, x)
    return None


@rewrites(subtract)
def subtract_zero(inputs: Inputs) -> Variable | None:
    a, b = inputs
    return _fitting(a, b) if _is_zero(b, 1.0) else None


@rewrites(subtract)
def subtract_negative(inputs: Inputs) -> Variable | None:
    a, b = inputs
    x = _negated(b, a)
    return None if x is None else add(a, x)


@rewrites(multiply, absorb, factor_product)
def multiply_by_one(inputs: Inputs) -> Variable | None:
    a, b = inputs
    for kept, other in ((a, b), (b, a)):
        if kept.dtype == bool or other.dtype == bool:
            continue
        if is_number(other, 1):
            return _fitting(kept, other)
        if is_number(other, -1):
            return negative(_fitting(kept, other))
    return None


@rewrites(multiply)
def product_with_itself(inputs: Inputs) -> Variable | None:
    a, b = inputs
    return square(a) if a is b else None


@rewrites(divide)
def divide_by_one(inputs: Inputs) -> Variable | None:
    a, b = inputs
    return _fitting(a, b) if is_number(b, 1) else None


@rewrites(power)
def power_of_one(inputs: Inputs) -> Variable | None:
    a, b = inputs
    return _fitting(a, b) if is_number(b, 1) else None


@rewrites(power)
def power_of_two(inputs: Inputs) -> Variable | None:
    a, b = inputs
    return square(_fitting(a, b)) if is_number(b, 2) else None


@rewrites(negative)
def double_negation(inputs: Inputs) -> Variable | None:
    (x,) = inputs
    return x.inputs[0] if made_by(x, negative) else None


@rewrites(conjugate)
def double_conjugate(inputs: Inputs) -> Variable | None:
    (z,) = inputs
    return z.inputs[0] if made_by(z, conjugate) else None


@rewrites(real)
def real_of_conjugate(inputs: Inputs) -> Variable | None:
    (z,) = inputs
    return real(z.inputs[0]) if made_by(z, conjugate) else None


@rewrites(real)
def real_of_real(inputs: Inputs) -> Variable | None:
    """What has become complex by a conversion only."""
    (z,) = inputs
    return of_dtype(z.inputs[0], real.infer((z.type,), ()).dtype) if _was_real(z) else None


def _was_real(z: Variable) -> bool:
    return made_by(z, convert) and z.inputs[0].dtype.kind == "f"


@rewrites(positive)
def positive_is_nothing(inputs: Inputs) -> Variable | None:
    return inputs[0]


@rewrites(logical_not)
def double_not(inputs: Inputs) -> Variable | None:
    (x,) = inputs
    return x.inputs[0] if made_by(x, logical_not) else None


@rewrites(sqrt)
def root_of_square(inputs: Inputs) -> Variable | None:
    """sqrt(x^2) = |x|, whose derivative is not 0/0 at 0."""
    x = argument_of(inputs[0], square)
    return None if x is None else absolute(x)


@rewrites(where)
def choice_between_equals(inputs: Inputs) -> Variable | None:
    _, a, b = inputs
    return a if a is b else None


def _without_broadcast(operation: Any) -> None:
    """An operand need not be spread where another one has the full shape."""

    def drop_broadcast(inputs: Inputs) -> Variable | None:
        full = operation.infer(tuple(v.type for v in inputs), ())
        plain = tuple(v.inputs[0] if made_by(v, broadcast_to) else v for v in inputs)
        if plain == inputs:
            return None
        for k, v in enumerate(inputs):
            candidate = (*inputs[:k], plain[k], *inputs[k + 1 :])
            if plain[k] is not v and operation.infer(tuple(u.type for u in candidate), ()) is full:
                return operation(*candidate)
        return None

    rewrites(operation)(drop_broadcast)


for _operation in list(CATALOGUE.values()):
    if _operation.kind == "elementwise" and _operation.promote is not None and len(_operation.slopes) > 1:
        _without_broadcast(_operation)


@rewrites(einsum)
def sum_of_itself(inputs: Inputs, *, labels: Any, out: Any, absorbing: bool) -> Variable | None:
    return inputs[0] if len(inputs) == 1 and labels[0] == out else None
