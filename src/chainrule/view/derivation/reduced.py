"""A graph as one would write it down: variables that have a name or are used twice, and what stands between them.

What has no name and is used once is put into the formula that uses it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple, final

from ...graph import Graph, Variable, consumers
from ...original import np
from ..formulas import expression as e
from ..formulas import making as make
from ..formulas.backward import Formulas, Rules, is_plain_number, plain_number
from ..formulas.operations import opaque
from ..formulas.substitution import substitute

LONGEST = 16  # nodes of a formula that is put into another one
SHORTEST = 4  # nodes up to which it may be repeated


Path = tuple[tuple[Variable, int], ...]


class Contribution(NamedTuple):
    """What a variable sends back to one that it is made from.

    Attributes
    ----------
    to, of : Variable
    rule : Expression or None
        Of the gradient of `of`; None where there is no formula, and `because` says why.
    jacobian : Expression or None
        The matrix, or None where it has no neat form.
    paths : tuple of paths
        The operations on each way, from `of` on, each with the argument that it goes to.
    """

    to: Variable
    of: Variable
    rule: e.Expression | None
    jacobian: e.Expression | None
    paths: tuple[Path, ...]
    because: str = ""


@final
class Reduced:
    """The graph between its kept variables.

    Attributes
    ----------
    kept : list of Variable
        Results of operations that have a line of their own, in the order of the graph.
    definitions : dict
        By number of the variable, its formula over kept variables and inputs.
    contributions : dict
        By number of the variable, what is sent back to it.
    """

    def __init__(self, graph: Graph, wanted: Collection[int]):
        self.graph, self._rules = graph, Rules()
        self._users = consumers(graph)
        self.reached = _reached(graph, wanted)
        self._useful = _useful(graph)
        self.definitions: dict[int, e.Expression] = {}
        self._inlined: dict[int, e.Expression] = {}
        self.kept: list[Variable] = []
        for v in graph.variables:
            if v.operation is not None and v.number in self._useful:
                self._define(v)
        self.contributions: dict[int, list[Contribution]] = {}
        for v in reversed(self.kept):
            if v.number in self.reached and not any(part.number > v.number for part in v.results):
                for each in _together(self._sent_back(v)):
                    self.contributions.setdefault(each.to.number, []).append(each)

    def symbol(self, v: Variable, bar: bool = False) -> e.Symbol:
        return e.Symbol(v.number, v.shape, bar)

    def value(self, v: Variable) -> e.Expression:
        """What stands for a variable in a formula."""
        if is_plain_number(v):
            return plain_number(v)
        return self._inlined.get(v.number) or self.symbol(v)

    def uses(self, number: int) -> int:
        """How often a variable is used."""
        return len(self._users[number])

    def formulas(self, v: Variable) -> Formulas:
        return self._rules.of(v)

    def _define(self, v: Variable) -> None:
        found = self.formulas(v)

        def replacement(symbol: e.Symbol) -> e.Expression:
            _, place = _place(symbol.key)
            return self.value(v.inputs[place])

        whole = found.forward
        if v.parts is not None:
            whole = opaque(v, tuple(e.Symbol(("x", k), u.shape) for k, u in enumerate(v.inputs)))
        computed = substitute(whole, replacement)
        if self._is_passed_over(v, found, computed):
            self._inlined[v.number] = computed
        else:
            self.definitions[v.number] = computed
            self.kept.append(v)

    def _is_passed_over(self, v: Variable, found: Formulas, computed: e.Expression) -> bool:
        users = self._users[v.number]
        is_result = any(v is output for output in self.graph.outputs)
        if v.name is not None or v.parts is not None or is_result or len(users) != 1:
            return False
        if computed.nodes > LONGEST or isinstance(computed, e.Choice) or (isinstance(computed, e.Indexed) and v.shape):
            return False
        user, k = users[0]
        if computed.nodes > SHORTEST and (_needs(found, ("y", 0)) or _needs(self.formulas(user), ("x", k))):
            return False
        rules = [*found.arguments, *self.formulas(user).arguments]
        return all(each.rule is not None for each in rules if not each.because.endswith("no derivative"))

    def _sent_back(self, v: Variable) -> Iterator[Contribution]:
        """Through all operations that are passed over, from a kept variable on."""
        one: e.Expression | None = make.ONE
        bars = {part.number: self.symbol(part, bar=True) for part in v.results}
        pending: list[tuple[Variable, dict[int, e.Expression], e.Expression | None, tuple[Any, ...]]] = [
            (v, dict(bars), one, ())
        ]
        while pending:
            w, w_bars, matrix, path = pending.pop()
            found = self.formulas(w)
            for argument in found.arguments:
                x = w.inputs[argument.number]
                if x.number not in self.reached or not x.type.carries_derivative:
                    continue
                way = (*path, (w, argument.number))
                if argument.rule is None:
                    yield Contribution(x, v, None, None, (way,), argument.because)
                    continue
                if isinstance(argument.rule, e.Zeros):
                    continue
                replacement = self._replacement(w, w_bars)
                rule = substitute(argument.rule, replacement)
                local = None if argument.jacobian is None else substitute(argument.jacobian, replacement)
                through = None if local is None or matrix is None else chained(matrix, local)
                if x.number in self._inlined:
                    pending.append((x, {x.number: rule}, through, way))
                else:
                    yield Contribution(x, v, rule, through, (way,))

    def _replacement(self, w: Variable, bars: dict[int, e.Expression]) -> Any:
        def replacement(symbol: e.Symbol) -> e.Expression:
            kind, place = _place(symbol.key)
            u = w.inputs[place] if kind == "x" else w.results[place]
            return bars[u.number] if symbol.bar else self.value(u)

        return replacement


def _together(found: Iterable[Contribution]) -> list[Contribution]:
    """What goes to one variable by several ways is one contribution."""
    by_goal: dict[int, Contribution] = {}
    for each in found:
        known = by_goal.get(each.to.number)
        if known is None:
            by_goal[each.to.number] = each
            continue
        rule = None if known.rule is None or each.rule is None else make.add(known.rule, each.rule)
        jacobian = None
        if known.jacobian is not None and each.jacobian is not None:
            jacobian = make.add(known.jacobian, each.jacobian)
        because = known.because or each.because
        merged = Contribution(each.to, each.of, rule, jacobian, known.paths + each.paths, because)
        by_goal[each.to.number] = merged
    return list(by_goal.values())


def _needs(found: Formulas, key: tuple[str, int]) -> bool:
    """Whether the way back uses a value."""
    return any(s.key == key and not s.bar for a in found.arguments if a.rule is not None for s in a.rule.symbols())


def chained(a: e.Expression, b: e.Expression) -> e.Expression:
    """The product of two Jacobians: 1^T diag(x) is x^T, diag(x) 1 is x."""
    if isinstance(a, e.Negative) or isinstance(b, e.Negative):
        inner = [x.operand if isinstance(x, e.Negative) else x for x in (a, b)]
        found = chained(*inner)
        return found if isinstance(a, e.Negative) and isinstance(b, e.Negative) else make.negative(found)
    if isinstance(a, e.Quotient) and not a.below.shape:
        return make.quotient(chained(a.above, b), a.below)
    if isinstance(b, e.Quotient) and not b.below.shape:
        return make.quotient(chained(a, b.above), b.below)
    left, right = _factors(a), _factors(b)
    numbers = [x for x in (*left, *right) if not x.shape]
    matrices = [x for x in left if x.shape]
    for x in (x for x in right if x.shape):
        joined = _joined(matrices[-1], x) if matrices else None
        if joined is not None:
            matrices[-1] = joined
        elif not _is_identity(x) or not matrices:
            matrices += [x]
    return make.product(*numbers, *matrices)


def _factors(x: e.Expression) -> list[e.Expression]:
    return list(x.operands) if isinstance(x, e.Product) and x.shape else [x]


def _joined(a: e.Expression, b: e.Expression) -> e.Expression | None:
    """The product of two matrices where it is shorter than both side by side."""
    if _is_identity(a):
        return b
    if isinstance(b, e.Diagonal) and _is_ones(a, row=True):
        return make.transpose(_vector(b.operand))
    if isinstance(a, e.Diagonal) and _is_ones(b, row=False):
        return _vector(a.operand)
    return None


def _is_ones(x: e.Expression, row: bool) -> bool:
    if isinstance(x, e.Kronecker):
        return all(_is_ones(part, row) for part in x.operands)
    return (
        isinstance(x.operand if row and isinstance(x, e.Transpose) else x, e.Ones) and isinstance(x, e.Transpose) == row
    )


def _vector(x: e.Expression) -> e.Expression:
    """The entries of an array row by row."""
    if len(x.shape) == 1:
        return x
    if isinstance(x, e.Product) and not x.operands[0].shape:
        return make.product(x.operands[0], _vector(make.product(*x.operands[1:])))
    return e.Call("vec", (x,), np.ravel, (math.prod(x.shape),))


def _is_identity(x: e.Expression) -> bool:
    if isinstance(x, e.Kronecker):
        return all(_is_identity(part) for part in x.operands)
    return isinstance(x, e.Identity) or make.is_number(x, 1)


def _place(key: Any) -> tuple[str, int]:
    return key


def _reached(graph: Graph, wanted: Collection[int]) -> set[int]:
    """What depends on one of the wanted variables, and these themselves."""
    found = set(wanted)
    for v in graph.variables:
        if any(u.number in found for u in v.inputs):
            found.add(v.number)
    return found


def _useful(graph: Graph) -> set[int]:
    """What an output is made from."""
    found = {v.number for v in graph.outputs}
    for v in reversed(graph.variables):
        if v.number in found:
            found.update(u.number for u in v.inputs)
            found.update(part.number for part in v.results)
    return found
