"""The rule of every operation for the document: forward, backward by argument, with shapes and numbers, and why.

Small graphs have their formulas with each node, in the user's names. In large ones the formulas of equal operations are
in a table once, with holes where names go: `@x0@` is the first argument, `@y0@` the (first) result, `@bx0@` and `@by0@`
are their gradients; each named node then has the pieces of its symbol.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Final, final

from ..graph import Variable
from ..original import np
from .formulas import expression as e
from .formulas.backward import Argument, Formulas, Rules, is_plain_number
from .formulas.marks import Digits, Fence, Fraction, Hole, Letter, Mark, Sign, Space, Table, Word, line
from .formulas.mathml import math, mathml
from .formulas.naming import Name, names_apart
from .formulas.notation import ATOM, Notation, number_mark
from .formulas.tex import tex
from .outline import Outline

INLINE: Final = 200  # variables up to which each node has its own formulas
WITH_NUMBERS: Final = 100  # of them that have the numbers of constants in them; from there on constants are named
TEMPLATES: Final = 400  # formulas of different operations in one document
FEW: Final = 6  # entries of an array whose numbers stand in a formula
DIGITS: Final = 3
CONSTANTS: Final = "C and M stand for arrays of constants: numbers, and a mask of ones and zeros."

_WHY: Final = {
    "zero": "Small changes of the argument do not change the result, so nothing flows back.",
    "identity": "The Jacobian is the identity: the gradient is passed on as it is.",
    "scaled identity": "The Jacobian is a multiple of the identity: the gradient is passed on, scaled.",
    "diagonal": "Each entry of the result depends on one entry of the argument, so the Jacobian is diagonal and its "
    "transpose multiplies entry by entry.",
    "selection": "Each entry of the result is an entry of the argument, so its gradient goes back there.",
    "broadcast": "The argument is copied, so the gradients of its copies add up.",
    "sum": "Each entry of the argument goes into one sum, so all of them get the gradient of that sum.",
    "Kronecker": "The result is a matrix product: its Jacobian is a Kronecker product, and the transpose of that is a "
    "matrix product again.",
    "block diagonal": "Each sample depends on itself only, so the transposed Jacobian is applied sample by sample.",
    "banded": "Each entry depends on its neighbors only.",
    "triangular": "Each entry depends on those before it, so each gets the gradients of those behind it.",
    "low rank": "The Jacobian is a product of thin matrices, which are applied one after the other.",
    "diagonal plus low rank": "Each entry depends on itself and, through one sum, on all others.",
    "sparse": "The Jacobian has few entries, and the gradient flows along these.",
    "dense": "Every entry of the result depends on every entry of the argument: the transposed Jacobian is applied.",
    "matrix-free": "The Jacobian is known by what it does to a vector; its transpose is applied and never formed.",
    "undeclared": "No rule is declared.",
}


@final
class RuleTable:
    """The formulas of a graph.

    Attributes
    ----------
    templates : list of dict
        What the document holds under "rules": none where each node has its own.
    """

    def __init__(self, outline: Outline):
        self.outline = outline
        self.templates: list[dict[str, Any]] = []
        self._rules = Rules()
        self._places: dict[Hashable, int] = {}
        graph = outline.graph
        self._shared = len(graph) > INLINE
        self._names = dict(enumerate(names_apart([outline.label(v) for v in graph.variables])))

    def of(self, v: Variable) -> dict[str, Any]:
        """What is added to the node of a variable."""
        found: dict[str, Any] = {}
        if self._shared and (v.name is not None or v.is_constant):
            found["symbol"] = _pieces(self._names[v.number] if not is_plain_number(v) else _number_name(v))
        if self.outline.names[v.number] in self.outline.failed:
            return found
        if v.operation is not None:
            found["rule"] = self._template(v) if self._shared else self.in_full(v)
        return found

    def _adds(self, v: Variable, k: int) -> bool:
        """Whether what goes back to an argument is one of several contributions."""
        return len(self.outline.tree.consumers[v.inputs[k].number]) > 1

    def in_full(self, v: Variable) -> dict[str, Any]:
        """The rule in the names of this graph."""
        formulas = self._rules.of(v)

        def naming(key: Hashable, bar: bool) -> Mark:
            kind, place = _place(key)
            return self._names[(v.inputs if kind == "x" else v.results)[place].number].mark(bar)

        numbers = None if self.outline.spare else _Numbers(self.outline, v, formulas)
        return _written(formulas, v, naming, self._adds, numbers)

    def _template(self, v: Variable) -> dict[str, Any]:
        adds = tuple(self._adds(v, k) for k in range(len(v.inputs)))
        kinds = adds, tuple(u.is_constant for u in v.inputs)
        named = len(self.templates) >= WITH_NUMBERS and (*Rules.key(v), *kinds) not in self._places
        key = (*Rules.key(v, named), *kinds)
        if key not in self._places:
            if len(self.templates) >= TEMPLATES:
                return {"because": f"left out: the document holds the rules of {TEMPLATES} different operations"}
            self._places[key] = len(self.templates)
            self.templates.append(_written(self._rules.of(v, named), v, _hole, self._adds, None))
        return {"template": self._places[key]}


def _place(key: Any) -> tuple[str, int]:
    """Whether a symbol is an argument or a result, and which."""
    return key


def _hole(key: Hashable, bar: bool) -> Mark:
    kind, place = _place(key)
    return Hole(f"{kind}{place}", bar)


def _written(formulas: Formulas, v: Variable, naming: Any, adds: Any, numbers: _Numbers | None) -> dict[str, Any]:
    plain, with_shapes = Notation(naming), Notation(naming, note=shape_note)
    several = len(formulas.results) > 1
    if several:
        names: list[Mark] = []
        for y in formulas.results:
            names += [*([Sign(",")] if names else []), plain(y)]
        forward = line(Fence("(", line(*names), ")"), Sign("="), plain(formulas.forward))
    else:
        forward = plain.equation(formulas.results[0], formulas.forward)
    found: dict[str, Any] = {"forward": _both(forward), "backward": []}
    structures = []
    for argument in formulas.arguments:
        x = v.inputs[argument.number]
        if x.is_constant or not x.type.carries_derivative:
            continue
        structures.append(argument.structure)
        each: dict[str, Any] = {"argument": argument.number}
        if argument.rule is None:
            each["because"] = argument.because
        else:
            x_bar = e.Symbol(("x", argument.number), x.shape, bar=True)
            sign = "+=" if adds(v, argument.number) else "="
            each |= _both(plain.equation(x_bar, argument.rule, sign))
            each["shapes"] = _both(with_shapes.equation(x_bar, argument.rule, sign))
            written = numbers and numbers.of(argument, x_bar, naming)
            if written:
                each["numbers"] = _both(written)
            if argument.jacobian is not None and (x.ndim or v.ndim):
                each["kronecker"] = _both(jacobian_equation(plain, formulas.results[0], argument, x))
        found["backward"].append(each)
    why = [_WHY.get(each, _WHY["dense"]) for each in structures] or [_WHY["zero"]]
    if any(each.rule is not None and each.rule.has_constants for each in formulas.arguments):
        why.append(CONSTANTS)
    found["why"] = " ".join(dict.fromkeys(why))
    return found


def _both(mark: Mark) -> dict[str, str]:
    return {"tex": tex(mark), "mathml": math(mark)}


def jacobian_equation(notation: Notation, y: e.Symbol, argument: Argument, x: Variable) -> Mark:
    """d vec(y) / d vec(x) = ..., entries counted row by row."""
    assert argument.jacobian is not None
    of = e.Symbol(("x", argument.number), x.shape)
    return line(derivative(notation, y, of), Sign("="), notation(argument.jacobian))


def derivative(notation: Notation, y: e.Symbol, x: e.Symbol) -> Mark:
    """dy/dx, of matrices that of their vec."""

    def part(z: e.Symbol) -> Mark:
        mark = notation(z)
        inside = line(Word("vec"), Fence("(", mark, ")")) if len(z.shape) > 1 else mark
        return line(Letter("∂"), Space(), inside) if len(z.shape) > 1 else line(Letter("∂"), inside)

    return Fraction(part(y), part(x))


def shape_note(x: e.Expression) -> Mark | None:
    """The shape under a symbol, its transpose or its inverse."""
    inner = x
    while isinstance(inner, (e.Transpose, e.Inverse)):
        inner = inner.operand
    if not isinstance(inner, (e.Symbol, e.Ones)) or not x.shape:
        return None
    sizes = e.as_matrix(x.shape) if len(x.shape) <= 2 else x.shape
    if len(x.shape) == 1 and not isinstance(x.shape, e.RowShape):
        sizes = x.shape
    marks: list[Mark] = []
    for size in sizes:
        marks += [*([Sign("×")] if marks else []), Digits(str(size))]
    return line(*marks)


@final
class _Numbers:
    """Puts numbers into a formula, where they are few."""

    def __init__(self, outline: Outline, v: Variable, formulas: Formulas):
        self.v, self.measured = v, outline.measured
        self.formulas = formulas

    def of(self, argument: Argument, x_bar: e.Symbol, naming: Any) -> Mark | None:
        rule = argument.rule
        assert rule is not None
        if self.measured is None or self.measured.gradients is None or rule.nodes > 25 or isinstance(rule, e.Indexed):
            return None
        values: dict[Any, Any] = {}
        for symbol in (x_bar, *rule.symbols()):
            if np.prod(symbol.shape) > FEW or len(symbol.shape) > 2:
                return None
            kind, place = _place(symbol.key)
            u = (self.v.inputs if kind == "x" else self.v.results)[place]
            if not self.measured.has_value(u):
                return None
            if symbol.bar:
                values[symbol.key, "bar"] = self.measured.gradient(u)
            else:
                values[symbol.key] = self.measured.value(u)
        if any(value is None for value in values.values()):
            return None
        with np.errstate(all="ignore"):
            result = np.reshape(e.plain_value(rule.evaluate(values)), x_bar.shape)
        if self._is_absorbed(argument.number, result):
            return None
        notation = Notation(naming, replace=lambda symbol: _numbers_mark(symbol.evaluate(values)))
        outcome, _ = _numbers_mark(result)
        right = notation(rule)
        named = Notation(naming)(x_bar)
        return line(named, Sign("="), right, *([] if right == outcome else [Sign("="), outcome]))

    def _is_absorbed(self, argument: int, result: Any) -> bool:
        """Whether a gradient of exactly zero stays zero, where the formula says 0 times infinity."""
        measured, v = self.measured, self.v
        place = (v.number, argument)
        if measured is None or place not in measured.contributions:
            return False
        held = measured.contributions[place]
        sent = measured.gradient(v.inputs[argument]) if held is None else held.array
        return sent is not None and not np.array_equal(np.isnan(sent), np.isnan(result))


def _numbers_mark(value: Any) -> tuple[Mark, int]:
    a = np.asarray(value)
    if not a.ndim:
        return number_mark(a.item() if a.dtype.kind != "f" else float(a), DIGITS)
    rows = a.reshape(-1, 1) if a.ndim == 1 else a
    marks = tuple(tuple(number_mark(each.item(), DIGITS)[0] for each in row) for row in rows)
    return Table("(", marks, ")"), ATOM


def _pieces(name: Name) -> dict[str, list[str]]:
    """Base and index of a name, so that the page can put a bar on the base."""
    below = name.below
    return {
        "tex": [tex(name.base), "" if below is None else tex(below)],
        "mathml": [mathml(name.base), "" if below is None else mathml(below)],
    }


def _number_name(v: Variable) -> Name:
    mark, binds = number_mark(np.asarray(v.value).item())
    return Name(mark if binds == ATOM else Fence("(", mark, ")"))
