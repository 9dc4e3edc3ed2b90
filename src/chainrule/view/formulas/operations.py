"""The forward formula of each operation: from its declared notation, its linear map, or its labels."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ...graph import Variable
from ...ops import PRIMITIVES, Operation
from ...original import np
from ...structure import IndexMap
from ...structure.term import Term
from . import expression as e
from . import making as make
from .contraction import contraction
from .reading import ARGUMENT, BARE, Unreadable, read
from .relations import condition

Arguments = tuple[e.Expression, ...]
_OURS: Final = frozenset(operation.name for operation in PRIMITIVES)


def forward(v: Variable, xs: Arguments) -> e.Expression:
    """What the operation behind a variable computes of its arguments."""
    operation: Any = v.operation
    built = _BUILDERS.get(operation.name)
    found = built(v, xs) if built else None
    if found is not None:
        return found
    if operation.kind == "elementwise" and operation.name in _OURS:
        spread_out = tuple(spread(x, v.shape) for x in xs)
        return by_notation(operation, {}, spread_out, v.shape) or opaque(v, xs)
    if operation.kind == "linear" and len(xs) == 1 and v.size:
        found = _by_map(v, xs)
        if found is not None:
            return found
    if (
        operation.kind == "general"
        and operation.name in _OURS
        and operation.parameter_names == ("order",)
        and len(xs) == 1
    ):
        named = operation.named(v.parameters)
        return by_notation(operation, named, xs, v.shape) or opaque(v, xs)
    return opaque(v, xs)


def opaque(v: Variable, xs: Arguments, name: str = "", below: str = "") -> e.Expression:
    """A call of the operation by its name."""
    operation: Any = v.operation
    parameters, part = v.parameters, v.part

    def compute(*values: Any) -> Any:
        result = operation.compute([np.asarray(value) for value in values], parameters)
        return result[part] if v.parts else result

    named = operation.named(parameters)
    if v.parts:
        below = str(part + 1)
    elif not below:
        told = [f"axis {named['axis']}"] if len(v.shape) > 1 and isinstance(named.get("axis"), int) else []
        below = ", ".join(told + ["reverse"] * (named.get("reverse") is True))
    return e.Call(name or operation.name, xs, compute, v.shape, below)


def by_notation(
    operation: Operation, parameters: Mapping[str, Any], xs: Arguments, shape: tuple[int, ...]
) -> e.Expression | None:
    """The declared TeX, read; None where it is none that can be evaluated."""
    letters = _letters(len(xs))
    try:
        text = operation.notation.format(*letters, **{name: str(value) for name, value in parameters.items()})
    except (IndexError, KeyError):
        return None
    is_one_call = _is_one_call(text, letters)

    def function(name: str, below: str, above: str, arguments: Arguments) -> e.Expression | None:
        run = functools.partial(operation.forward, **parameters) if is_one_call else None
        run = run or _functions().get((name, below, above))
        if run is None:
            return None
        given = shape if is_one_call else e.OfSeveral(arguments).shape
        return e.Call(name, arguments, run, given, below, above, bare=name in BARE)

    return _read(text, dict(zip(letters, xs, strict=True)), function)


def _letters(count: int) -> list[str]:
    """Letters that stand for arguments, which nobody else has."""
    return [chr(ARGUMENT + k) for k in range(count)]


def _read(text: str, places: dict[str, e.Expression], function: Any) -> e.Expression | None:
    try:
        return read(text, lambda letter, below, bar: places.get(letter), function, entrywise=True)
    except (Unreadable, ValueError):
        return None


_HEAD: Final = re.compile(r"(\\mathrm\{[^{}]*\}|\\[A-Za-z]+|[A-Za-z])([_^](\{[^{}]*\}|.))*")


def _is_one_call(text: str, letters: Sequence[str]) -> bool:
    """Whether a notation is a function of all arguments in their order, and nothing besides."""
    ends = [f"({', '.join(letters)})", f" {letters[0]}", rf" \, {letters[0]}"]
    return any(text.endswith(end) and _HEAD.fullmatch(text.removesuffix(end)) for end in ends)


@functools.lru_cache(maxsize=1)
def _functions() -> dict[tuple[str, str, str], Callable[..., Any]]:
    """Functions by their heads, of operations whose notation is nothing but a call of one."""
    found: dict[tuple[str, str, str], Callable[..., Any]] = {}
    for operation in PRIMITIVES:
        if operation.kind != "elementwise" or operation.parameter_names:
            continue
        letters = _letters(len(operation.slopes))
        text = operation.notation.format(*letters)
        heads: list[tuple[str, str, str]] = []

        def note(name: str, below: str, above: str, arguments: Arguments, heads: Any = heads) -> e.Expression:
            heads.append((name, below, above))
            return make.ONE

        if _is_one_call(text, letters):
            _read(text, dict.fromkeys(letters, make.ONE), note)
        if len(heads) == 1:
            found.setdefault(heads[0], operation.forward)
    return found


def spread(x: e.Expression, shape: tuple[int, ...]) -> e.Expression:
    """A vector or a row or column beside a matrix, copied by ones; all else as NumPy does it."""
    if x.shape == shape or len(shape) != 2 or isinstance(x, e.Number):
        return x
    if x.shape == (shape[1],):
        return make.product(e.Ones(shape[0]), make.transpose(x))
    if x.shape == (1, shape[1]):
        return make.product(e.Ones(shape[0]), x)
    if x.shape == (shape[0], 1):
        return make.product(x, make.transpose(e.Ones(shape[1])))
    return x


# From maps.


def apply_map(
    J: IndexMap, x: e.Expression, expression_of: Callable[[Any], e.Expression], back: bool = False
) -> e.Expression:
    """J x, or the transpose times x, term by term."""
    map_ = J.T if back else J
    shape = map_.out_shape
    terms = [apply_term(term, x, expression_of) for term in map_.terms]
    return make.add(*terms) if terms else e.Zeros(shape)


def apply_term(term: Term, x: e.Expression, expression_of: Callable[[Any], e.Expression]) -> e.Expression:
    if term.antilinear:
        x = e.Fenced(x, "conj")
    operands = [(x, term.inn), *((expression_of(factor), names) for factor, names in term.factors)]
    conditions = [condition(relation, term.sizes, expression_of) for relation in term.relations]
    return contraction(operands, term.out, term.sizes, conditions, term.scale)


def constant(array: Any) -> e.Expression:
    """An array that a map holds: its number, or a letter."""
    array = np.asarray(array)
    if array.size == 1 and not array.ndim:
        return make.number(array)
    if array.size and not array.any():
        return e.Zeros(array.shape)
    if array.ndim == 2 and array.shape[0] == array.shape[1] and np.array_equal(array, np.eye(len(array))):
        return e.Identity(len(array))
    if array.ndim == 1 and (array == 1).all():
        return e.Ones(len(array))
    return e.Call("M" if array.dtype == bool else "C", (), lambda: array, array.shape)


def _by_map(v: Variable, xs: Arguments) -> e.Expression | None:
    """A linear operation applies its own Jacobian."""
    operation: Any = v.operation
    placeholder = np.zeros(v.inputs[0].shape)
    result = np.zeros(v.shape)
    if v.inputs[0].dtype.kind == "c" or v.size * v.inputs[0].size == 0:
        return None
    (J,) = operation.local_jacobians(0, [result], [placeholder], v.parameters)
    if not isinstance(J, IndexMap):
        return None
    return apply_map(J, xs[0], constant)


# Operations that have a form of their own.


def _add(v: Variable, xs: Arguments) -> e.Expression:
    return make.add(*(spread(x, v.shape) for x in xs))


def _subtract(v: Variable, xs: Arguments) -> e.Expression:
    return make.subtract(*(spread(x, v.shape) for x in xs))


def _multiply(v: Variable, xs: Arguments) -> e.Expression:
    if len(v.shape) == 2:
        a, b = xs
        for first, second in ((a, b), (b, a)):
            if first.shape in ((v.shape[0], 1), v.shape[:1] + (1,)) and second.shape == (1, v.shape[1]):
                return make.product(first, second)
    return make.hadamard(*(spread(x, v.shape) for x in xs))


def _divide(v: Variable, xs: Arguments) -> e.Expression:
    a, b = xs
    if isinstance(b, e.Number) and isinstance(a, e.Number):
        return e.Quotient(a, b)
    return make.quotient(*(spread(x, v.shape) for x in xs))


def _where(v: Variable, xs: Arguments) -> e.Expression | None:
    condition_, then, otherwise = (spread(x, v.shape) for x in xs)
    if isinstance(condition_, e.Truth) and condition_.sign == "=":
        a, b = condition_.operands
        for each in (a, b):
            value = each.operand if isinstance(each, e.Negative) else each
            if isinstance(value, e.Number) and not np.isfinite(value.value):
                return otherwise
        if isinstance(a, e.Number) and isinstance(b, e.Number):
            return then if a.value == b.value else otherwise
    return e.Choice(condition_, then, otherwise)


def _compared(sign: str) -> Callable[[Variable, Arguments], e.Expression]:
    return lambda v, xs: e.Truth(sign, tuple(spread(x, v.shape) for x in xs))


def _power(v: Variable, xs: Arguments) -> e.Expression:
    base, exponent = (spread(x, v.shape) for x in xs)
    if isinstance(exponent, e.Sum) and all(isinstance(each, e.Number) for each in exponent.operands):
        exponent = make.number(exponent.evaluate({}))
    return make.power(base, exponent)


def _convert(v: Variable, xs: Arguments) -> e.Expression | None:
    before, after = v.inputs[0].dtype, v.dtype
    if after.kind in "fc" or before.kind == after.kind:
        return xs[0]
    return opaque(v, xs, v.parameters[0])


def _einsum(v: Variable, xs: Arguments) -> e.Expression | None:
    labels, out = v.parameters[:2]
    sizes = {n: size for u, names in zip(v.inputs, labels, strict=True) for n, size in zip(names, u.shape, strict=True)}
    if not v.size or 0 in sizes.values():
        return opaque(v, xs)
    operands = [(x, names) for x, names in zip(xs, labels, strict=True)]
    return contraction(operands, out, sizes)


def _reshape(v: Variable, xs: Arguments) -> e.Expression:
    return reshaped(xs[0], v.shape)


def reshaped(x: e.Expression, shape: tuple[int, ...]) -> e.Expression:
    if x.shape == shape:
        return x
    if set(shape) <= {1} or (len(x.shape) == 1 and shape == (*x.shape, 1)):
        return make.alike(x, shape)
    if len(x.shape) == 1 and shape == (1, *x.shape):
        return make.transpose(make.column(x))
    if isinstance(x, e.Alike) and shape == x.operand.shape:
        return x.operand
    name = "vec" if len(shape) == 1 else "reshape"
    below = "" if len(shape) == 1 else "×".join(map(str, shape)) if shape else "scalar"
    return e.Call(name, (x,), lambda a: np.reshape(a, shape), shape, below)


def _window(v: Variable, xs: Arguments) -> e.Expression:
    return e.Picked(xs[0], tuple(map(_slice_text, v.parameters[0], v.inputs[0].shape)), _first(v), v.shape)


def _slice_text(window: tuple[int, int, int], size: int) -> str:
    start, step, count = window
    if (start, step, count) == (0, 1, size):
        return ":"
    stop = start + step * count
    end = "" if stop < 0 else str(stop if step == 1 else start + step * (count - 1) + (1 if step > 0 else -1))
    if end == "-1":
        end = ""
    return f"{start}:{end}" if step == 1 else f"{start}:{end}:{step}"


def _element(v: Variable, xs: Arguments) -> e.Expression:
    if not v.parameters[0]:
        return xs[0]
    return e.Picked(xs[0], tuple(map(str, v.parameters[0])), _first(v), ())


def _first(v: Variable) -> Callable[..., Any]:
    operation: Any = v.operation
    parameters = v.parameters
    return lambda *values: operation.compute([np.asarray(value) for value in values], parameters)


def _take(v: Variable, xs: Arguments) -> e.Expression:
    axis, rank = v.parameters[0] % max(len(v.inputs[0].shape), 1), len(v.inputs[0].shape)
    indices = tuple(xs[1] if k == axis else ":" for k in range(rank))
    return e.Picked(xs[0], indices, _first(v), v.shape)


def _reduction(name: str) -> Callable[[Variable, Arguments], e.Expression]:
    def build(v: Variable, xs: Arguments) -> e.Expression:
        axes = v.parameters[0]
        whole = len(axes) == len(v.inputs[0].shape)
        below = "" if whole else ("axis " if len(axes) == 1 else "axes ") + ", ".join(map(str, axes))
        return opaque(v, xs, name, below)

    return build


def _softmax(name: str) -> Callable[[Variable, Arguments], e.Expression]:
    def build(v: Variable, xs: Arguments) -> e.Expression:
        axes, rank = v.parameters[0], len(v.inputs[0].shape)
        below = "" if axes == (rank - 1,) else ("axis " if len(axes) == 1 else "axes ") + ", ".join(map(str, axes))
        return opaque(v, xs, name, below)

    return build


def _solve(v: Variable, xs: Arguments) -> e.Expression | None:
    a, b = xs
    if len(a.shape) != 2 or len(b.shape) > 2 or not v.size:
        return None
    return make.product(e.Inverse(a), b)


def _triangular_solve(v: Variable, xs: Arguments) -> e.Expression | None:
    a, b = xs
    lower, transposed, unit_diagonal = v.parameters[:3]
    if len(a.shape) != 2 or len(b.shape) > 2 or unit_diagonal or not v.size:
        return None
    triangle = e.Call("tril" if lower else "triu", (a,), np.tril if lower else np.triu, a.shape)
    return make.product(e.Inverse(make.transpose(triangle) if transposed else triangle), b)


def _ive(v: Variable, xs: Arguments) -> e.Expression:
    order, derivative = v.parameters
    found = opaque(v, xs, "ive", str(order))
    assert isinstance(found, e.Call)
    return dataclasses.replace(found, above=f"({derivative})" if derivative else "")


def _concatenate(v: Variable, xs: Arguments) -> e.Expression:
    return opaque(v, xs, "concatenate", f"axis {v.parameters[0]}" if len(v.shape) > 1 else "")


_BUILDERS: Final[dict[str, Callable[[Variable, Arguments], e.Expression | None]]] = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "absorb": _multiply,
    "factor_product": _multiply,
    "divide": _divide,
    "negative": lambda v, xs: make.negative(xs[0]),
    "positive": lambda v, xs: xs[0],
    "reciprocal": lambda v, xs: make.quotient(make.ONE, xs[0]),
    "where": _where,
    "power": _power,
    "greater": _compared(">"),
    "greater_equal": _compared("≥"),
    "less": _compared("<"),
    "less_equal": _compared("≤"),
    "equal": _compared("="),
    "not_equal": _compared("≠"),
    "logical_and": _compared("∧"),
    "logical_or": _compared("∨"),
    "logical_xor": _compared("⊕"),
    "logical_not": _compared("¬"),
    "conjugate": lambda v, xs: e.Fenced(xs[0], "conj") if v.dtype.kind == "c" else xs[0],
    "ceil": lambda v, xs: e.Fenced(xs[0], "ceil"),
    "deg2rad": lambda v, xs: make.product(make.number(np.pi / 180), xs[0]),
    "convert": _convert,
    "tag": lambda v, xs: xs[0],
    "stop_gradient": lambda v, xs: opaque(v, xs, "stop"),
    "einsum": _einsum,
    "reshape": _reshape,
    "window": _window,
    "element": _element,
    "take": _take,
    "concatenate": _concatenate,
    "fft": lambda v, xs: opaque(v, xs, "ifft" if v.parameters[1] else "fft"),
    "ive": _ive,
    "amax": _reduction("max"),
    "amin": _reduction("min"),
    "prod": _reduction("prod"),
    "logsumexp": _reduction("logsumexp"),
    "norm": _reduction("norm"),
    "any": _reduction("any"),
    "all": _reduction("all"),
    "count_nonzero": _reduction("count"),
    "softmax": _softmax("softmax"),
    "log_softmax": _softmax("logsoftmax"),
    "solve": _solve,
    "triangular_solve": _triangular_solve,
    "tril": lambda v, xs: opaque(v, xs, below=str(v.parameters[0]) if v.parameters[0] else ""),
    "triu": lambda v, xs: opaque(v, xs, below=str(v.parameters[0]) if v.parameters[0] else ""),
    "inv": lambda v, xs: e.Inverse(xs[0]) if v.size else None,
}
