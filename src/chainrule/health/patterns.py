"""What an expression is, seen in its graph: a sum of exponentials, a softmax or a sigmoid written out, a square."""

from __future__ import annotations

from ..graph import Variable
from ..original import np


def made_by(v: Variable, *names: str) -> bool:
    return v.operation is not None and v.operation.name in names


def is_number(v: Variable, wanted: float) -> bool:
    """Whether it is this number, written in the program."""
    while made_by(v, "broadcast_to"):
        v = v.inputs[0]
    return v.is_constant and v.size == 1 and bool(np.asarray(v.value).reshape(()) == wanted)


def unwrapped(v: Variable) -> Variable:
    """Without what only gives it another shape."""
    while made_by(v, "reshape", "broadcast_to"):
        v = v.inputs[0]
    return v


def read_from(v: Variable) -> Variable:
    """What v is a piece of."""
    while made_by(v, "reshape", "window", "element", "take"):
        v = v.inputs[0]
    return v


def summed(v: Variable) -> Variable | None:
    """x, where v is a sum of entries of x."""
    v = unwrapped(v)
    if not made_by(v, "einsum") or len(v.inputs) != 1 or len(v.parameters[1]) == v.inputs[0].ndim:
        return None
    return v.inputs[0]


def meaned(v: Variable) -> Variable | None:
    """x, where v is a mean of entries of x."""
    return summed(v.inputs[0]) if made_by(v, "divide") and unwrapped(v.inputs[1]).is_constant else None


def squared(v: Variable) -> Variable | None:
    """x, where v is its square."""
    if made_by(v, "square"):
        return v.inputs[0]
    if made_by(v, "power") and is_number(v.inputs[1], 2):
        return v.inputs[0]
    return v.inputs[0] if made_by(v, "multiply") and v.inputs[0] is v.inputs[1] else None


def exponent(v: Variable) -> Variable | None:
    """x, where v is exp(x)."""
    return v.inputs[0] if made_by(v, "exp") else None


def summed_exponent(v: Variable) -> Variable | None:
    """x, where v is a sum of exp(x)."""
    inner = summed(v)
    return None if inner is None else exponent(inner)


def added_to_one(v: Variable) -> Variable | None:
    """x, where v is 1 + x."""
    if made_by(v, "add"):
        for one, x in (v.inputs, v.inputs[::-1]):
            if is_number(one, 1):
                return x
    return None


def softmax_argument(v: Variable) -> Variable | None:
    """x, where v is softmax(x), written out or not."""
    if made_by(v, "softmax"):
        return v.inputs[0]
    if made_by(v, "divide"):
        x = exponent(v.inputs[0])
        return x if x is not None and summed_exponent(v.inputs[1]) is x else None
    return None


def sigmoid_exponent(v: Variable) -> Variable | None:
    """z, where v is 1 / (1 + exp(z)), exp(z) / (1 + exp(z)), or one or the other by a condition."""
    if not made_by(v, "divide"):
        return None
    above, below = v.inputs
    e = added_to_one(below)
    if e is None or exponent(e) is None:
        return None
    choices = above.inputs[1:] if made_by(above, "where") else (above,)
    return exponent(e) if all(choice is e or is_number(choice, 1) for choice in choices) else None


def rectified(v: Variable) -> bool:
    """Whether v is the positive part of something."""
    if made_by(v, "relu"):
        return True
    if made_by(v, "maximum"):
        return any(is_number(u, 0) for u in v.inputs)
    if made_by(v, "where") and is_number(v.inputs[2], 0):
        condition, x, _ = v.inputs
        return _is_positivity(condition, x)
    if made_by(v, "multiply"):  # x * (x > 0)
        return any(_is_positivity(mask, x) for x, mask in (v.inputs, v.inputs[::-1]))
    return False


def _is_positivity(v: Variable, x: Variable) -> bool:
    """Whether v is x > 0, as truth values or as numbers."""
    while made_by(v, "convert"):
        v = v.inputs[0]
    return made_by(v, "greater", "greater_equal") and v.inputs[0] is x and is_number(v.inputs[1], 0)
