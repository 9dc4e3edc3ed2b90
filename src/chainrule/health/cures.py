"""Other ways to write it that stay finite or keep their digits, where that was found for these very numbers.

Each cure is a text and the value that it has here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..graph import Variable
from ..original import np
from . import patterns
from .patterns import exponent, made_by, squared, summed_exponent
from .run import Run

Cures = Iterator[tuple[str, Any]]
NEARLY = 1e-6  # how far rounding carries a number beyond the end of a domain, at most

_WIDER = {np.dtype(np.float16): np.dtype(np.float64), np.dtype(np.float32): np.dtype(np.float64)}


def cure_of_value(run: Run, v: Variable) -> str | None:
    """What keeps the result of an operation finite that is not."""
    if v.operation is None:
        return None
    with np.errstate(all="ignore"):
        for find in (_VALUE_CURES.get(v.operation.name, _nothing), _wider):
            for text, value in find(run, v):
                if np.isfinite(value).all():
                    return text
    return None


def cure_of_slope(run: Run, v: Variable) -> str | None:
    """What keeps the slope of an operation finite."""
    find = _SLOPE_CURES.get(v.operation.name) if v.operation else None
    return None if find is None else find(run, v)


def cure_of_difference(run: Run, v: Variable) -> str | None:
    """What keeps the digits of a difference that loses them."""
    a, b = v.inputs
    name = run.shown
    if exponent(a) is not None and patterns.is_number(b, 1):
        return f"np.expm1({name(a.inputs[0])})"
    if patterns.is_number(a, 1):
        if made_by(b, "cos"):
            return f"2 * np.sin({name(b.inputs[0])} / 2) ** 2"
        if (inner := squared(b)) is not None and made_by(inner, "tanh"):
            return f"1 / np.cosh({name(inner.inputs[0])}) ** 2"
        if made_by(b, "expit"):
            return f"scipy.special.expit(-{name(b.inputs[0])})"
    if made_by(a, "sqrt") and made_by(b, "sqrt"):
        x, y = name(a.inputs[0]), name(b.inputs[0])
        return (
            f"({x} - {y}) / (np.sqrt({x}) + np.sqrt({y}))"
            if x.isidentifier() and y.isidentifier()
            else (f"(x - y) / (np.sqrt(x) + np.sqrt(y)) for x = {x}, y = {y}")
        )
    mean_of_square, square_of_mean = patterns.meaned(a), squared(b)
    if mean_of_square is not None and square_of_mean is not None:
        x = squared(mean_of_square)
        if x is not None and patterns.meaned(square_of_mean) is x:
            return f"np.var({name(x)})"
    return None


def _nothing(run: Run, v: Variable) -> Cures:
    return iter(())


def _axis(v: Variable) -> str:
    """The axis that a sum goes over, as an argument in the text of a call."""
    v = patterns.unwrapped(v)
    (labels,), out = v.parameters[:2]
    gone = [str(axis) for axis, name in enumerate(labels) if name not in out]
    if len(gone) == len(labels):
        return ", axis=None"
    return f", axis={gone[0]}" if len(gone) == 1 else f", axis=({', '.join(gone)})"


def _letter(letter: str, text: str) -> tuple[str, str]:
    """A name to write twice, and what it stands for if it is not the user's."""
    return (text, "") if text.isidentifier() else (letter, f", where {letter} is {text}")


def _log(run: Run, v: Variable) -> Cures:
    (p,) = v.inputs
    x = exponent(p)
    if x is not None:
        yield run.shown(x), run.value(x)
    x = summed_exponent(p)
    if x is not None:
        yield f"np.logaddexp.reduce({run.shown(x)}{_axis(p)})", np.max(run.value(x))
    whole = patterns.read_from(p)
    x = patterns.softmax_argument(whole)
    if x is not None:
        axis = f", axis={whole.parameters[0][0]}" if made_by(whole, "softmax") else _axis(whole.inputs[1])
        text, where = _letter("z", run.shown(x))
        read = "" if whole is p else f" for np.log({run.shown(whole)})"
        yield f"{text} - np.logaddexp.reduce({text}{axis}, keepdims=True){read}{where}", run.value(x)
    x = patterns.sigmoid_exponent(p)
    if x is not None:
        yield f"-np.logaddexp(0, {run.shown(x)})", -np.logaddexp(0, run.value(x))
    x = patterns.added_to_one(p)
    if x is not None and exponent(x) is not None:
        yield f"np.logaddexp(0, {run.shown(x.inputs[0])})", np.logaddexp(0, run.value(x.inputs[0]))
    value, name = run.value(p), run.shown(p)
    for u, k in run.consumers[v.number]:
        if made_by(u, "multiply"):
            weight = u.inputs[1 - k]
            weights, values = np.broadcast_arrays(run.value(weight), value)
            product = np.where(weights == 0, 0.0, weights * np.log(np.where(weights == 0, 1.0, values)))
            yield f"scipy.special.xlogy({run.shown(weight)}, {name})", product
    if (value >= 0).all():
        yield f"np.log(np.maximum({name}, 1e-12)), bounded from below", 0.0


def _exp(run: Run, v: Variable) -> Cures:
    (z,) = v.inputs
    name = run.shown(z)
    for u in _uses(run, v):
        if patterns.softmax_argument(u) is z:
            text, where = _letter("z", name)
            yield f"np.exp({text} - np.max({text}{_axis(u.inputs[1])}, keepdims=True)){where}", run.value(z)
        if patterns.summed(u) is v and any(made_by(w, "log") for w in _uses(run, u)):
            yield f"np.logaddexp.reduce({name}{_axis(u)})", run.value(z)
        if patterns.added_to_one(u) is v:
            for w in _uses(run, u):
                if made_by(w, "log"):
                    yield f"np.logaddexp(0, {name})", np.logaddexp(0, run.value(z))
                if patterns.sigmoid_exponent(w) is z:
                    x = negated(z)
                    yield f"scipy.special.expit({run.shown(x) if x else f'-({name})'})", 0.0


def negated(v: Variable) -> Variable | None:
    """x, where v is -x."""
    return v.inputs[0] if made_by(v, "negative") else None


def _uses(run: Run, v: Variable) -> list[Variable]:
    """What is made from it, also behind a change of its shape."""
    found = []
    for u, _ in run.consumers[v.number]:
        found += [u, *_uses(run, u)] if made_by(u, "reshape", "broadcast_to") else [u]
    return found


def _sqrt(run: Run, v: Variable) -> Cures:
    (x,) = v.inputs
    value = run.value(x)
    if -np.min(value, initial=0.0) <= NEARLY * np.max(np.abs(value), initial=0.0):
        yield f"np.sqrt(np.maximum({run.shown(x)}, 0))", np.sqrt(np.maximum(value, 0))


def _within_one(run: Run, v: Variable) -> Cures:
    (x,) = v.inputs
    if np.max(np.abs(run.value(x)), initial=0.0) <= 1 + NEARLY:
        yield f"np.{run.operation(v)}(np.clip({run.shown(x)}, -1, 1))", np.clip(run.value(x), -1, 1)


def _divide(run: Run, v: Variable) -> Cures:
    above, below = v.inputs
    a, b = run.shown(above), run.shown(below)
    x = patterns.softmax_argument(v)
    if x is not None:
        text, where = _letter("z", run.shown(x))
        yield f"np.exp({text} - np.max({text}{_axis(below)}, keepdims=True)){where}", run.value(x)
    if made_by(above, "sin") and above.inputs[0] is below:
        yield f"np.sinc({b} / np.pi)", np.sinc(run.value(below))
    zero = run.value(below) == 0
    if zero.any():
        chosen = np.where(zero, 0.0, run.value(above) / run.value(below))
        yield f"np.where({b} == 0, 0, {_grouped(a)} / {_grouped(b)}), with the value that is meant there", chosen


def _grouped(text: str) -> str:
    return text if text.replace(".", "").replace("_", "").isalnum() else f"({text})"


def _square(run: Run, v: Variable) -> Cures:
    x = squared(v)
    for u, k in run.consumers[v.number]:
        if x is None or not made_by(u, "add") or not any(made_by(w, "sqrt") for w, _ in run.consumers[u.number]):
            continue
        other = squared(u.inputs[1 - k])
        if other is not None:
            pair = (x, other) if k == 0 else (other, x)
            text = f"np.hypot({', '.join(map(run.shown, pair))})"
            yield text, np.hypot(run.value(pair[0]), run.value(pair[1]))


def _wider(run: Run, v: Variable) -> Cures:
    """The same in more digits, where those end the trouble."""
    wide = _WIDER.get(v.dtype)
    if wide is None or v.parts:
        return
    values = {u.number: run.value(u).astype(_WIDER.get(u.dtype, u.dtype)) for u in v.inputs}
    if any(not np.isfinite(x).all() for x in values.values()):
        return
    (value,) = run.evaluate([v], values)
    if value.dtype == wide:
        yield f"{wide}: the numbers go beyond {v.dtype}", value


_VALUE_CURES: dict[str, Callable[[Run, Variable], Cures]] = {
    "log": _log,
    "exp": _exp,
    "sqrt": _sqrt,
    "arcsin": _within_one,
    "arccos": _within_one,
    "divide": _divide,
    "square": _square,
    "multiply": _square,
    "power": _square,
}


def _sqrt_slope(run: Run, v: Variable) -> str | None:
    (s,) = v.inputs
    if made_by(s, "add"):
        a, b = (squared(u) for u in s.inputs)
        if a is not None and b is not None:
            return f"np.hypot({run.shown(a)}, {run.shown(b)}), which has slope 0 at the origin"
    inner = patterns.summed(s)
    x = None if inner is None else squared(inner)
    if x is not None and s.size == 1:
        return f"np.linalg.norm({run.shown(x)}), which has slope 0 at the origin"
    return _chosen(f"np.sqrt({run.shown(s)})", run.shown(s))


def _power_slope(run: Run, v: Variable) -> str | None:
    x, p = v.inputs
    if not p.is_constant or not (run.value(p) > 0).all():
        return None
    return _chosen(f"{_grouped(run.shown(x))} ** {_grouped(run.shown(p))}", run.shown(x))


def _chosen(expression: str, x: str) -> str:
    return f"np.where({x} > 0, {expression}, 0): the branch that is not taken has gradient 0"


_SLOPE_CURES: dict[str, Callable[[Run, Variable], str | None]] = {"sqrt": _sqrt_slope, "power": _power_slope}
