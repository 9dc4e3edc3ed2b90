"""Rewrites that keep digits: the same real function in a form that neither overflows nor cancels.

They run before differentiation, so that gradients keep their digits as well.
"""

from __future__ import annotations

import math

from ..graph import Variable
from ..ops.arithmetic import absolute, add, divide, hypot, negative, reciprocal, sqrt, square, subtract
from ..ops.contraction import einsum
from ..ops.exponential import exp, expm1, log, log1p
from ..ops.movement import broadcast_to, reshape
from ..ops.reduction import log_softmax, logsumexp, softmax
from ..ops.special import erf, erfc, expit, log_expit, log_ndtr, ndtr, softplus
from ..ops.trigonometric import cosh
from .rewrites import is_number, made_by, rewrites

Inputs = tuple[Variable, ...]


def _summed_axes(v: Variable) -> tuple[int, ...] | None:
    """The axes that a plain sum goes over; None for another contraction."""
    if not made_by(v, einsum) or len(v.inputs) != 1:
        return None
    ((labels,), out, _) = v.parameters
    if len(set(labels)) < len(labels) or out != tuple(n for n in labels if n in out):
        return None
    return tuple(axis for axis, name in enumerate(labels) if name not in out)


def _sum_of_exponentials(v: Variable) -> tuple[Variable, tuple[int, ...]] | None:
    """x and axes, where v is sum(exp(x)) along axes."""
    axes = _summed_axes(v)
    if axes is None or not made_by(v.inputs[0], exp):
        return None
    return v.inputs[0].inputs[0], axes


@rewrites(log)
def log_of_sum_of_exponentials(inputs: Inputs) -> Variable | None:
    (x,) = inputs
    inner = x.inputs[0] if made_by(x, reshape) else x
    found = _sum_of_exponentials(inner)
    if found is None:
        return None
    result = logsumexp(found[0], axes=found[1])
    return reshape(result, shape=x.shape) if inner is not x else result


@rewrites(divide)
def softmax_written_out(inputs: Inputs) -> Variable | None:
    """exp(x) / sum(exp(x))"""
    e, total = inputs
    if not made_by(e, exp):
        return None
    while made_by(total, reshape) or made_by(total, broadcast_to):
        total = total.inputs[0]
    found = _sum_of_exponentials(total)
    if found is None or found[0] is not e.inputs[0]:
        return None
    x, axes = found
    kept = tuple(1 if axis in axes else size for axis, size in enumerate(x.shape))
    aligned = inputs[1].shape == kept or (len(axes) == x.ndim and inputs[1].size == 1)
    whole_front = axes == tuple(range(len(axes))) and inputs[1].shape == total.shape
    return softmax(x, axes=axes) if aligned or whole_front else None


@rewrites(log)
def log_of_softmax(inputs: Inputs) -> Variable | None:
    (x,) = inputs
    return log_softmax(x.inputs[0], axes=x.parameters[0]) if made_by(x, softmax) else None


@rewrites(log)
def log_of_exponential(inputs: Inputs) -> Variable | None:
    (x,) = inputs
    return x.inputs[0] if made_by(x, exp) else None


@rewrites(log)
def log_of_sigmoid(inputs: Inputs) -> Variable | None:
    (x,) = inputs
    return log_expit(x.inputs[0]) if made_by(x, expit) else None


@rewrites(log)
def log_of_normal_distribution(inputs: Inputs) -> Variable | None:
    (x,) = inputs
    return log_ndtr(x.inputs[0]) if made_by(x, ndtr) else None


@rewrites(log)
def log_of_one_plus(inputs: Inputs) -> Variable | None:
    (x,) = inputs
    if made_by(x, add):
        a, b = x.inputs
        if is_number(a, 1):
            return log1p(b)
        if is_number(b, 1):
            return log1p(a)
    if made_by(x, subtract) and is_number(x.inputs[0], 1):
        return log1p(negative(x.inputs[1]))
    return None


@rewrites(log)
def log_of_cosh(inputs: Inputs) -> Variable | None:
    """log cosh x = |x| + log1p(exp(-2 |x|)) - log 2"""
    (x,) = inputs
    if not made_by(x, cosh):
        return None
    distance = absolute(x.inputs[0])
    return distance + log1p(exp(-2 * distance)) - math.log(2)


@rewrites(log1p)
def log1p_of_exponential(inputs: Inputs) -> Variable | None:
    (x,) = inputs
    return softplus(x.inputs[0]) if made_by(x, exp) else None


@rewrites(log1p)
def log1p_of_minus_sigmoid(inputs: Inputs) -> Variable | None:
    """log(1 - sigmoid(x)) = log sigmoid(-x)"""
    (x,) = inputs
    if made_by(x, negative) and made_by(x.inputs[0], expit):
        return log_expit(negative(x.inputs[0].inputs[0]))
    return None


@rewrites(subtract)
def exponential_minus_one(inputs: Inputs) -> Variable | None:
    a, b = inputs
    return expm1(a.inputs[0]) if made_by(a, exp) and is_number(b, 1) else None


@rewrites(add)
def minus_one_plus_exponential(inputs: Inputs) -> Variable | None:
    a, b = inputs
    for e, one in ((a, b), (b, a)):
        if made_by(e, exp) and is_number(one, -1):
            return expm1(e.inputs[0])
    return None


@rewrites(subtract)
def complement(inputs: Inputs) -> Variable | None:
    """1 - sigmoid(x) = sigmoid(-x), 1 - erf(x) = erfc(x), 1 - Phi(x) = Phi(-x)"""
    one, x = inputs
    if not is_number(one, 1):
        return None
    if made_by(x, expit):
        return expit(negative(x.inputs[0]))
    if made_by(x, erf):
        return erfc(x.inputs[0])
    return ndtr(negative(x.inputs[0])) if made_by(x, ndtr) else None


def _one_plus_exponential(v: Variable) -> Variable | None:
    """x, where v is 1 + exp(x)."""
    if made_by(v, add):
        for e, one in (v.inputs, v.inputs[::-1]):
            if made_by(e, exp) and is_number(one, 1):
                return e.inputs[0]
    return None


@rewrites(divide)
def sigmoid_written_out(inputs: Inputs) -> Variable | None:
    """1 / (1 + exp(-x)) = sigmoid(x), exp(x) / (1 + exp(x)) = sigmoid(x)"""
    above, below = inputs
    x = _one_plus_exponential(below)
    if x is None:
        return None
    if is_number(above, 1):
        return expit(negative(x))
    return expit(x) if made_by(above, exp) and above.inputs[0] is x else None


@rewrites(reciprocal)
def sigmoid_as_reciprocal(inputs: Inputs) -> Variable | None:
    x = _one_plus_exponential(inputs[0])
    return None if x is None else expit(negative(x))


@rewrites(sqrt)
def root_of_sum_of_squares(inputs: Inputs) -> Variable | None:
    (x,) = inputs
    if made_by(x, add) and all(made_by(v, square) for v in x.inputs):
        a, b = x.inputs
        return hypot(a.inputs[0], b.inputs[0])
    return None
