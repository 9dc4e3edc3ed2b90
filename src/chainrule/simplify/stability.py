"""Rewrites that keep digits: the same real function in a form that neither overflows nor cancels.

They run before differentiation, so that gradients keep their digits as well.
"""

from __future__ import annotations

from collections.abc import Callable

from ..graph import Variable
from ..ops.arithmetic import add, divide, hypot, negative, reciprocal, sqrt, square, subtract
from ..ops.contraction import einsum
from ..ops.exponential import exp, expm1, log, log1p
from ..ops.linalg import norm
from ..ops.movement import broadcast_to, element, reshape, take, transpose, window
from ..ops.reduction import log_softmax, logsumexp, softmax
from ..ops.special import erf, erfc, expit, log_expit, log_ndtr, logaddexp, ndtr, softplus
from ..ops.trigonometric import cosh, log_cosh
from .rewrites import argument_of, is_number, made_by, rewrites

Inputs = tuple[Variable, ...]
_MOVEMENTS = frozenset([broadcast_to, element, reshape, take, transpose, window])


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
    x = None if axes is None else argument_of(v.inputs[0], exp)
    return None if axes is None or x is None else (x, axes)


@rewrites(log)
def log_of_sum_of_exponentials(inputs: Inputs) -> Variable | None:
    (x,) = inputs
    inner = x.inputs[0] if made_by(x, reshape) else x
    found = _sum_of_exponentials(inner)
    if found is None:
        return None
    result = logsumexp(found[0], axes=found[1])
    return reshape(result, shape=x.shape) if inner is not x else result


@rewrites(log)
def log_of_share_of_exponentials(inputs: Inputs) -> Variable | None:
    """log(sum(exp(x)) / n) = logsumexp(x) - log n, as in a mean; for n <= 0 both are inf or nan."""
    (x,) = inputs
    if not made_by(x, divide):
        return None
    total, n = x.inputs
    inner = total.inputs[0] if made_by(total, reshape) else total
    return None if _sum_of_exponentials(inner) is None else log(total) - log(n)


@rewrites(log)
def log_of_two_exponentials(inputs: Inputs) -> Variable | None:
    (x,) = inputs
    if not made_by(x, add):
        return None
    a, b = (argument_of(each, exp) for each in x.inputs)
    return None if a is None or b is None else logaddexp(a, b)


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


# f: g, where g(x) is log f(x) with more digits
_LOGARITHM = {cosh: log_cosh, expit: log_expit, ndtr: log_ndtr}


@rewrites(log)
def log_of_exponential(inputs: Inputs) -> Variable | None:
    return argument_of(inputs[0], exp)


@rewrites(log)
def log_of_function(inputs: Inputs) -> Variable | None:
    """The logarithms of cosh, of the sigmoid and of the normal distribution."""
    for function, logarithm in _LOGARITHM.items():
        x = argument_of(inputs[0], function)
        if x is not None:
            return logarithm(x)
    return None


@rewrites(log)
def log_of_moved(inputs: Inputs) -> Variable | None:
    """log(softmax(x)[i]) = log(softmax(x))[i], and so for every movement of what has a better logarithm."""
    v, moves = inputs[0], []
    while v.operation in _MOVEMENTS:
        moves.append(v)
        v = v.inputs[0]
    if not moves or v.operation not in (softmax, *_LOGARITHM):
        return None
    result = log(v)
    for move in reversed(moves):
        operation: Callable[..., Variable] = move.operation  # type: ignore[assignment]
        result = operation(result, *move.inputs[1:], **move.operation.named(move.parameters))  # type: ignore[union-attr]
    return result


@rewrites(log)
def log_of_one_plus(inputs: Inputs) -> Variable | None:
    (x,) = inputs
    if made_by(x, add):
        for one, other in (x.inputs, x.inputs[::-1]):
            if is_number(one, 1) and other.dtype.kind == "f":
                return log1p(other)
    if made_by(x, subtract) and is_number(x.inputs[0], 1) and x.inputs[1].dtype.kind == "f":
        return log1p(negative(x.inputs[1]))
    return None


@rewrites(log1p)
def log1p_of_exponential(inputs: Inputs) -> Variable | None:
    x = argument_of(inputs[0], exp)
    return None if x is None else softplus(x)


@rewrites(log1p)
def log1p_of_minus_sigmoid(inputs: Inputs) -> Variable | None:
    """log(1 - sigmoid(x)) = log sigmoid(-x)"""
    y = argument_of(inputs[0], negative)
    x = None if y is None else argument_of(y, expit)
    return None if x is None else log_expit(negative(x))


@rewrites(subtract)
def exponential_minus_one(inputs: Inputs) -> Variable | None:
    a, b = inputs
    x = argument_of(a, exp)
    return None if x is None or not is_number(b, 1) else expm1(x)


@rewrites(add)
def minus_one_plus_exponential(inputs: Inputs) -> Variable | None:
    for e, one in (inputs, inputs[::-1]):
        x = argument_of(e, exp)
        if x is not None and is_number(one, -1):
            return expm1(x)
    return None


@rewrites(subtract)
def complement(inputs: Inputs) -> Variable | None:
    """1 - sigmoid(x) = sigmoid(-x), 1 - erf(x) = erfc(x), 1 - Phi(x) = Phi(-x)"""
    one, y = inputs
    if not is_number(one, 1):
        return None
    for function in (expit, ndtr):
        x = argument_of(y, function)
        if x is not None:
            return function(negative(x))
    x = argument_of(y, erf)
    return None if x is None else erfc(x)


def _one_plus_exponential(v: Variable) -> Variable | None:
    """x, where v is 1 + exp(x)."""
    if made_by(v, add):
        for e, one in (v.inputs, v.inputs[::-1]):
            if is_number(one, 1):
                return argument_of(e, exp)
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
    """The hypotenuse; with an inf and a nan it is inf, whatever number the nan stands for (IEEE 754, 9.2.1)."""
    (x,) = inputs
    if not made_by(x, add):
        return None
    a, b = (argument_of(each, square) for each in x.inputs)
    return None if a is None or b is None else hypot(a, b)


def _sum_of_squares(v: Variable) -> tuple[Variable, tuple[int, ...]] | None:
    """x and axes, where v is sum(x^2) along axes, or the product of a vector with itself."""
    axes = _summed_axes(v)
    if axes is not None:
        x = argument_of(v.inputs[0], square)
        return None if x is None else (x, axes)
    if made_by(v, einsum) and len(v.inputs) == 2 and v.shape == () and v.inputs[0] is v.inputs[1]:
        (a, b), _, _ = v.parameters
        if a == b and len(a) == 1 and v.dtype.kind == "f":
            return v.inputs[0], (0,)
    return None


@rewrites(sqrt)
def root_of_sum_along_axes(inputs: Inputs) -> Variable | None:
    """The Euclidean norm."""
    (v,) = inputs
    inner = v.inputs[0] if made_by(v, reshape) else v
    found = _sum_of_squares(inner)
    if found is None:
        return None
    result = norm(found[0], axes=found[1])
    return reshape(result, shape=v.shape) if inner is not v else result
