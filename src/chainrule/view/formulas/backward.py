"""The backward rule of each operation, argument by argument, from its local Jacobian itself.

A local Jacobian is a sum of terms whose factors are variables of a small graph over placeholders: the rule that is
printed is the rule that runs. What is known by its action only (solve, cholesky, fft) is recorded, and the record is
read as a formula.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Final, final

from ...backprop import local_maps
from ...errors import ChainruleError
from ...graph import Graph, Variable, ancestors
from ...ops import of_dtype
from ...original import np
from ...structure import IndexMap, LinearMap
from ..numbers import the_number
from . import expression as e
from . import making as make
from .operations import apply_map, constant, forward, reshaped

LONGEST: Final = 250  # nodes of a formula that anybody would read

_BY_NUMBERS: Final = ("power", "where")  # operations whose formulas are simpler where a number is known

# The slope by the result is what one knows by heart; the rules compute some of them in another way, to keep all digits.
_SLOPES: Final[dict[str, Callable[[e.Expression, e.Expression], e.Expression]]] = {
    "tanh": lambda y, x: make.subtract(make.ONE, make.squared(y)),
    "expit": lambda y, x: make.hadamard(y, make.subtract(make.ONE, y)),
    "expm1": lambda y, x: make.add(y, make.ONE),
    "arctan": lambda y, x: make.quotient(make.ONE, make.add(make.ONE, make.squared(x))),
    "arctanh": lambda y, x: make.quotient(make.ONE, make.subtract(make.ONE, make.squared(x))),
    "reciprocal": lambda y, x: make.negative(make.squared(y)),
    "tan": lambda y, x: make.add(make.ONE, make.squared(y)),
    "arcsin": lambda y, x: make.quotient(make.ONE, e.Fenced(make.subtract(make.ONE, make.squared(x)), "sqrt")),
    "arccos": lambda y, x: make.negative(
        make.quotient(make.ONE, e.Fenced(make.subtract(make.ONE, make.squared(x)), "sqrt"))
    ),
    "arcsinh": lambda y, x: make.quotient(make.ONE, e.Fenced(make.add(make.ONE, make.squared(x)), "sqrt")),
    "arccosh": lambda y, x: make.quotient(make.ONE, e.Fenced(make.subtract(make.squared(x), make.ONE), "sqrt")),
}


class TooLong(Exception):
    """A formula has more nodes than one would read."""


@final
@dataclasses.dataclass(frozen=True)
class Argument:
    """How one argument gets its gradient.

    Attributes
    ----------
    number : int
    rule : Expression or None
        x_bar, of symbols ("x", k), ("y", part) and their adjoints; None where there is none.
    jacobian : Expression or None
        The matrix of the local Jacobian, rows and columns counted row by row, where it has a neat form.
    structure : str
    because : str
        Why there is no rule.
    """

    number: int
    rule: e.Expression | None
    jacobian: e.Expression | None
    structure: str
    because: str = ""


@final
@dataclasses.dataclass(frozen=True)
class Formulas:
    """Of one operation: what it computes, and how it sends gradients back."""

    forward: e.Expression
    results: tuple[e.Symbol, ...]
    arguments: tuple[Argument, ...]


@final
class Rules:
    """Formulas of operations, each found once for all of equal types, parameters and numbers."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], Formulas] = {}

    @staticmethod
    def key(v: Variable, named: bool = False) -> tuple[Any, ...]:
        """Equal for operations with equal formulas."""
        given = zip(v.inputs, _numbers(v, named), strict=True)
        types = [(u.type, repr(np.asarray(u.value).item())) if is_written else u.type for u, is_written in given]
        return (v.operation, v.parameters, *types)

    def of(self, v: Variable, named: bool = False) -> Formulas:
        """Those of the operation behind a variable."""
        key = self.key(v, named)
        if key not in self._known:
            self._known[key] = formulas(v, named)
        return self._known[key]


def is_plain_number(u: Variable) -> bool:
    """Whether a constant is written as its number."""
    return u.is_constant and u.size == 1 and u.ndim == 0 and u.dtype.kind in "iufc"


def plain_number(u: Variable) -> e.Expression:
    return e.Number(the_number(u.value))


def _numbers(v: Variable, named: bool) -> list[bool]:
    """Which arguments are written as numbers: where constants are named, those that a formula depends on."""
    operation: Any = v.operation
    return [is_plain_number(u) and not (named and operation.name not in _BY_NUMBERS) for u in v.inputs]


def formulas(v: Variable, named: bool = False) -> Formulas:
    """Those of the operation behind a variable; constants that are numbers go by their numbers, or are named."""
    graph = Graph("formula")
    written = _numbers(v, named)
    given = zip(v.inputs, written, strict=True)
    inputs = tuple([graph.constant(u.value) if is_written else graph.input(u.type) for u, is_written in given])
    operation: Any = v.operation
    made = graph.append(operation, inputs, v.parameters)
    results: tuple[Variable, ...] = made if isinstance(made, tuple) else (made,)
    symbols: dict[int, e.Expression] = {}
    for k, x in enumerate(inputs):
        symbols[x.number] = plain_number(x) if written[k] else e.Symbol(("x", k), x.shape)
    xs = tuple(symbols[x.number] for x in inputs)
    ys = tuple(e.Symbol(("y", part), y.shape) for part, y in enumerate(results))
    symbols.update({y.number: symbol for y, symbol in zip(results, ys, strict=True)})
    computed = forward(results[0], xs)
    several = len(results) > 1
    if several:
        computed = e.Call(operation.name, xs, lambda *values: operation.compute(values, v.parameters), ())
    try:
        maps = local_maps(results[0], lambda each: each)
        because = ""
    except ChainruleError as error:
        maps, because = {}, str(error).partition("\n")[0]
    found = [_argument(k, results, inputs, symbols, maps, because) for k in range(len(inputs))]
    return Formulas(computed, ys, tuple(found))


def _argument(
    k: int,
    results: tuple[Variable, ...],
    inputs: tuple[Variable, ...],
    symbols: Mapping[int, e.Expression],
    maps: Mapping[tuple[int, int], LinearMap],
    because: str,
) -> Argument:
    x = inputs[k]
    mine = {part: J for (part, argument), J in maps.items() if argument == k}
    if not x.type.carries_derivative:
        return Argument(k, None, None, "zero", f"{x.dtype} numbers carry no derivative")
    if because:
        return Argument(k, None, None, "undeclared", because)
    if not mine:
        return Argument(k, e.Zeros(x.shape), None, "zero", "the result is piecewise constant: its derivative is zero")
    structure = " + ".join(dict.fromkeys(str(J.structure) for J in mine.values()))
    operation: Any = results[0].operation
    if operation.pullback is not None:
        why = f"its rule is the back-propagation of the graph that {operation.name} holds"
        return Argument(k, None, None, structure, why)
    expression_of = _reader(symbols)
    total: list[e.Expression] = []
    for part, J in mine.items():
        y_bar = e.Symbol(("y", part), results[part].shape, bar=True)
        try:
            pulled = _pulled(J, k, results, part, inputs, y_bar, symbols, expression_of)
        except TooLong:
            why = "its rule takes more operations than fit into a formula"
            return Argument(k, None, None, structure, why)
        total.append(pulled)
    rule = make.add(*total)
    if x.dtype.kind == "f" and any(y.dtype.kind == "c" for y in results) and getattr(rule, "name", "") != "Re":
        rule = e.Call("Re", (rule,), np.real, x.shape, bare=True)
    jacobian = None
    if len(mine) == len(results) == 1:
        jacobian = matrix_of(mine[0], expression_of, _slope(operation, results[0], x, symbols))
    return Argument(k, rule, jacobian, structure)


def _slope(operation: Any, y: Variable, x: Variable, symbols: Mapping[int, e.Expression]) -> e.Expression | None:
    slope = _SLOPES.get(operation.name)
    return slope(symbols[y.number], symbols[x.number]) if slope and x.dtype.kind == "f" else None


def _pulled(
    J: LinearMap,
    k: int,
    results: tuple[Variable, ...],
    part: int,
    inputs: tuple[Variable, ...],
    y_bar: e.Symbol,
    symbols: Mapping[int, e.Expression],
    expression_of: Callable[[Any], e.Expression],
) -> e.Expression:
    x, y = inputs[k], results[part]
    operation: Any = y.operation
    slope = _slope(operation, y, x, symbols)
    if slope is not None:
        return make.hadamard(y_bar, slope)
    if operation.name == "reshape":
        return reshaped(y_bar, x.shape)
    if operation.name in ("tril", "triu"):  # symmetric maps
        return forward(y, (y_bar,))
    if isinstance(J, IndexMap):
        return apply_map(J, y_bar, expression_of, back=True)
    placeholder = y.graph.input(y.type)
    before = len(y.graph)
    pulled = of_dtype(J.T.apply(placeholder), x.dtype)
    if len(y.graph) - before > LONGEST:
        raise TooLong
    return _reader({**symbols, placeholder.number: y_bar})(pulled)


def _reader(symbols: Mapping[int, e.Expression]) -> Callable[[Any], e.Expression]:
    """Reads a factor: a variable by the operations that made it, down to the symbols; an array as a constant."""
    known: dict[int, e.Expression] = dict(symbols)

    def expression_of(factor: Any) -> e.Expression:
        if not isinstance(factor, Variable):
            return constant(factor)
        if factor.number in known:
            return known[factor.number]
        stop = [u for u in factor.graph.variables if u.number in known]
        for v in ancestors([factor], stop=stop):
            if v.number not in known:
                known[v.number] = (
                    constant(v.value) if v.is_constant else forward(v, tuple(known[u.number] for u in v.inputs))
                )
                if known[v.number].nodes > LONGEST:
                    raise TooLong
        return known[factor.number]

    return expression_of


# The matrix of a local Jacobian.


def matrix_of(
    J: LinearMap, expression_of: Callable[[Any], e.Expression], slope: e.Expression | None = None
) -> e.Expression | None:
    """In Kronecker form: for each pair of axes of y and x a matrix, their product in the order of the axes."""
    if not isinstance(J, IndexMap) or len(J.terms) != 1:
        return None
    (term,) = J.terms
    if term.relations or term.antilinear or len(term.out) > 2 or len(term.inn) > 2:
        return None
    if term.out == term.inn and len(set(term.out)) == len(term.out) and term.factors:
        held = [(expression_of(factor), names) for factor, names in term.factors]
        if all(names == term.out or not names for _, names in held):
            entries = slope if slope is not None else make.hadamard(*(x for x, _ in held))
            entries = make.product(make.number(term.scale), entries)
            if not entries.shape and term.out:
                units = tuple(e.Identity(term.sizes[n]) for n in term.out)
                return make.product(entries, units[0] if len(units) == 1 else e.Kronecker(units))
            return e.Diagonal(entries) if term.out else entries
    pieces = _pieces(term, expression_of)
    if pieces is None:
        return None
    whole = pieces[0] if len(pieces) == 1 else e.Kronecker(tuple(pieces)) if pieces else make.ONE
    return make.product(make.number(term.scale), whole) if pieces else make.number(term.scale)


def _pieces(term: Any, expression_of: Callable[[Any], e.Expression]) -> list[e.Expression] | None:
    found: list[tuple[tuple[int, int], e.Expression]] = []
    out, inn = {n: k for k, n in enumerate(term.out)}, {n: k for k, n in enumerate(term.inn)}
    if len(out) < len(term.out) or len(inn) < len(term.inn):
        return None
    left = set(term.used)
    for factor, names in term.factors:
        x = expression_of(factor)
        if not set(names) <= left or len(names) > 2:
            return None
        left -= set(names)
        if len(names) == 2 and names[0] in out and names[1] in inn and names[0] not in inn and names[1] not in out:
            found.append(((out[names[0]], inn[names[1]]), x))
        elif len(names) == 2 and names[1] in out and names[0] in inn and names[1] not in inn and names[0] not in out:
            found.append(((out[names[1]], inn[names[0]]), make.transpose(x)))
        elif len(names) == 1 and names[0] in out and names[0] in inn:
            found.append(((out[names[0]], inn[names[0]]), e.Diagonal(x)))
        elif len(names) == 1 and names[0] in out:
            found.append(((out[names[0]], -1), x))
        elif len(names) == 1 and names[0] in inn:
            found.append(((-1, inn[names[0]]), make.transpose(x)))
        else:
            return None
    for n in left:
        size = term.sizes[n]
        if size == 1:
            continue
        if n in out and n in inn:
            found.append(((out[n], inn[n]), e.Identity(size)))
        elif n in out:
            found.append(((out[n], -1), e.Ones(size)))
        elif n in inn:
            found.append(((-1, inn[n]), make.transpose(e.Ones(size))))
        else:
            return None
    return _in_order(found)


def _in_order(found: list[tuple[tuple[int, int], e.Expression]]) -> list[e.Expression] | None:
    """By their axes of y and of x, where one order serves both."""
    for by in (lambda each: (each[0][0] if each[0][0] >= 0 else each[0][1], each[0][1]),):
        ordered = sorted(found, key=by)
        rows = [place[0] for place, _ in ordered if place[0] >= 0]
        columns = [place[1] for place, _ in ordered if place[1] >= 0]
        if rows == sorted(rows) and columns == sorted(columns):
            return [x for _, x in ordered]
    return None
