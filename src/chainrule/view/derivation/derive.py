"""From a graph and a point to the sections of a derivation."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ...graph import Graph, Variable
from ..formulas import expression as e
from ..formulas import making as make
from ..formulas.marks import Digits, Fence, Letter, Mark, Script, Sign, Space, Word, line
from ..formulas.naming import Name, names_apart
from ..formulas.notation import Notation
from ..formulas.plain import plain
from ..formulas.substitution import substitute
from ..outline import Outline
from ..repeats import runs
from ..rules import CONSTANTS, derivative, shape_note
from .checking import SEED, Point, drawn, seeds_of
from .lines import Entry, Equation, Remark, Row, Section
from .reduced import Contribution, Reduced

FORWARD, JACOBIANS, BACKWARD, PARAMETERS = (
    "Forward propagation",
    "Local Jacobians",
    "Back-propagation",
    "The chain rule for each parameter",
)
_CONVENTIONS: Final = (
    "A bar marks the gradient of the result by a variable. Vectors are columns, 1 in bold is a vector of ones, a "
    "circle multiplies entry by entry; functions, powers and fractions work entry by entry. vec counts entries row "
    "by row."
)


MOST_ROWS: Final = 40  # of the table
SHARED: Final = 4  # uses from which on a variable is not one of a block that repeats
SHORT: Final = 4  # nodes of the gradient of a number that is put into others


class Derivation(NamedTuple):
    """All that is printed, and how much of it was checked.

    Attributes
    ----------
    title : str
    preface : tuple of str
    sections : list of Section
    table : list of Row
    checked, unchecked : int
        Lines that were found to hold, and lines that were left out because they could not be.
    """

    title: str
    preface: tuple[str, ...]
    sections: list[Section]
    table: list[Row]
    checked: int
    unchecked: int


def derive(
    graph: Graph,
    values: Mapping[int, Any] | None = None,
    seeds: Mapping[Variable, Any] | None = None,
    parameters: Collection[int] | None = None,
    seed: int = 0,
) -> Derivation:
    """The derivation of a graph.

    Parameters
    ----------
    values, seeds : mapping, optional
        The point at which every line is checked; by default it is drawn.
    parameters : collection of int, optional
        The inputs whose gradients are derived; by default the leaves of trees, or all inputs.
    seed : int
        Of the point that is drawn.
    """
    is_drawn = values is None
    known = drawn(graph, seed) if values is None else values
    starts = dict(seeds) if seeds else seeds_of(graph, seed)
    outline = Outline(graph, parameters=parameters)
    wanted = [v for v in graph.inputs if outline.roles[v.number] == "parameter" and v.type.carries_derivative]
    wanted = wanted or [v for v in graph.inputs if v.type.carries_derivative]
    return _Writer(graph, outline, Point(graph, known, starts), wanted).derivation(is_drawn, seed)


class _Draft(NamedTuple):
    """A line before repeats are folded: what it looks like with all names taken relative to it."""

    token: Hashable
    entry: Entry


class _Writer:
    def __init__(self, graph: Graph, outline: Outline, point: Point, wanted: Sequence[Variable]):
        self.graph, self.point, self.wanted = graph, point, wanted
        self.reduced = Reduced(graph, [v.number for v in wanted])
        shown = [*graph.inputs, *(v for v in graph.variables if v.is_constant), *self.reduced.kept]
        self._names: dict[int, Name] = dict(
            zip([v.number for v in shown], names_apart([outline.label(v) for v in shown]), strict=True)
        )
        self._place = {v.number: k for k, v in enumerate(self.reduced.kept)}
        self.plain = Notation(self._mark)
        self.with_shapes = Notation(self._mark, note=shape_note)
        self.checked = self.unchecked = 0
        scalar = len(graph.outputs) == 1 and graph.outputs[0].shape == ()
        self._known: dict[Any, e.Expression] = {}
        self._seeded = graph.outputs[0] if scalar and _is_one(point, graph.outputs[0]) else None
        if self._seeded is not None:
            self._known[self._seeded.number] = make.ONE

    def _mark(self, key: Any, bar: bool) -> Mark:
        if isinstance(key, tuple):  # of a gradient to start from
            return Script(self._names[key[0]].mark(bar=True), None, Digits("0"))
        return self._names[key].mark(bar)

    def derivation(self, is_drawn: bool, seed: int) -> Derivation:
        sections = [
            Section(FORWARD, self._folded(list(self._forward()))),
            Section(JACOBIANS, self._folded(list(self._jacobians()))),
            Section(BACKWARD, self._folded(list(self._backward()))),
            Section(PARAMETERS, self._folded([draft for p in self.wanted for draft in self._chain_rule(p)])),
        ]
        where = f"a point that was drawn (seed {seed})" if is_drawn else "the values that were given"
        said = [_CONVENTIONS, f"Every line was checked numerically at {where}: {self.checked:,} hold."]
        shown = [*self.reduced.definitions.values(), *(each.rule for each in self._contributions())]
        if any(each is not None and each.has_constants for each in shown):
            said.append(CONSTANTS)
        if self.unchecked:
            said.append(f"{self.unchecked:,} could not be checked there and are not printed.")
        rows = [Row(self.plain(self.reduced.symbol(p)), _shape_text(p), self._gradient_mark(p)) for p in self.wanted]
        table = rows if len(rows) <= MOST_ROWS else [*rows[: MOST_ROWS - 1], rows[-1]]
        if len(table) < len(rows):
            said.append(f"The table has the first gradients and the last one, of {len(rows):,}.")
        title = f"The gradient of {self.graph.name}" if self.graph.name else "The gradient"
        return Derivation(title, tuple(said), sections, table, self.checked, self.unchecked)

    # Lines.

    def _counted(self, holds: bool) -> bool:
        self.checked += holds
        self.unchecked += not holds
        return holds

    def _left_out(self, *what: str | Mark) -> Remark:
        return Remark((*what, " could not be checked at this point and is not printed."))

    def _forward(self) -> Iterator[_Draft]:
        for v in self.reduced.kept:
            symbol, definition = self.reduced.symbol(v), self.reduced.definitions[v.number]
            if self._counted(self.point.holds(definition, self.point.values[v.number])):
                entry: Entry = self._equation(self.plain, symbol, definition, _shape_mark(v))
            else:
                entry = self._left_out("The definition of ", self.plain(symbol))
            yield _Draft(self._token(v, definition), entry)

    def _jacobians(self) -> Iterator[_Draft]:
        by_result: dict[int, list[Contribution]] = {}
        for each in self._contributions():
            by_result.setdefault(each.of.number, []).append(each)
        for v in self.reduced.kept:
            for each in reversed(by_result.get(v.number, [])):
                left = derivative(self.plain, self.reduced.symbol(v), self.reduced.symbol(each.to))
                if each.jacobian is None:
                    entry: Entry = Remark((left, " has no neat form: its transpose is applied, by the rule below."))
                elif self._counted(self.point.jacobian_holds(each)):
                    entry = Equation(left, "=", self.plain(each.jacobian))
                else:
                    entry = self._left_out(left)
                yield _Draft(self._token(v, each.jacobian, each.to), entry)

    def _contributions(self) -> Iterator[Contribution]:
        for found in self.reduced.contributions.values():
            yield from found

    def _backward(self) -> Iterator[_Draft]:
        for output in self.point.seeds:
            bar = self.plain(self.reduced.symbol(output, bar=True))
            if output is self._seeded:
                yield _Draft("seed", Equation(bar, "=", Digits("1")))
            elif output.number in self._place and output.number not in self.reduced.contributions:
                yield _Draft("seed", Remark((bar, " is given: back-propagation starts from it.")))
            else:
                start = self.plain(e.Symbol((output.number, SEED), output.shape))
                yield _Draft("seed", Remark((start, " is given: it is where back-propagation starts.")))
        for v in reversed(self.reduced.kept):
            if v.number in self.reduced.contributions:
                yield from self._gradient_lines(v, self.plain)

    def _gradient_lines(self, v: Variable, notation: Notation) -> Iterator[_Draft]:
        bar, total = self.reduced.symbol(v, bar=True), self._gradient(v)
        for each in self.reduced.contributions.get(v.number, []):
            if each.rule is None:
                what = ("What ", self.plain(self.reduced.symbol(each.of)), " sends back to ")
                yield _Draft(None, Remark((*what, self.plain(self.reduced.symbol(v)), f": {each.because}.")))
        if total is None:
            return
        if self._counted(self.point.holds(total, self.point.values[v.number, "bar"])):
            yield _Draft(self._token(v, total), self._equation(notation, bar, total))
        else:
            yield _Draft(self._token(v, total), self._left_out("The gradient ", self.plain(bar)))

    def _gradient(self, v: Variable) -> e.Expression | None:
        """The sum of all that is sent back, and of what is given; None where a part of it has no formula."""
        found = self.reduced.contributions.get(v.number, [])
        given: list[e.Expression] = []
        if v in self.point.seeds:
            given = [make.ONE if v is self._seeded else e.Symbol((v.number, SEED), v.shape)]
        if not (found or given) or any(each.rule is None for each in found):
            return None
        sent_back = [self._with_known(each.rule) for each in reversed(found) if each.rule is not None]
        total = make.add(*given, *sent_back)
        is_result = any(v is output for output in self.graph.outputs)
        if not v.shape and total.nodes <= SHORT and not is_result and all(map(self._is_input, total.symbols())):
            self._known[v.number] = total
        return total

    def _is_input(self, symbol: e.Symbol) -> bool:
        return not symbol.bar and symbol.key not in self._place

    def _with_known(self, rule: e.Expression) -> e.Expression:
        """With gradients put in that are numbers, or nearly so: the seed, and what a penalty is weighted by."""
        return substitute(rule, lambda s: self._known.get(s.key, s) if s.bar else s)  # type: ignore[arg-type]

    def _chain_rule(self, p: Variable) -> Iterator[_Draft]:
        symbol, bar = self.reduced.symbol(p), self.reduced.symbol(p, bar=True)
        found = self.reduced.contributions.get(p.number, [])
        if not found and p not in self.point.seeds:
            said = Remark((self.plain(symbol), " does not reach the result: its gradient is zero."))
            yield _Draft(("zero", p.type), said)
            return
        terms: list[Mark] = [self._vec(e.Symbol((p.number, SEED), p.shape))] if p in self.point.seeds else []
        for each in reversed(found):
            of = self.reduced.symbol(each.of)
            jacobian = derivative(self.plain, of, symbol)
            if of.shape or symbol.shape:
                jacobian = Script(Fence("(", jacobian, ")", True), None, Sign("⊤"))
            terms += [*([Sign("+")] if terms else []), jacobian, Space(), self._vec(self.reduced.symbol(each.of, True))]
        if not found:
            yield from self._gradient_lines(p, self.with_shapes)
            return
        goals = tuple(self._place[each.of.number] - self._place[found[-1].of.number] for each in found)
        entry: Entry = Equation(self._vec(bar), "=", line(*terms))
        if not self._counted(self.point.chain_rule_holds(p, found)):
            entry = self._left_out("The chain rule for ", self.plain(symbol))
        yield _Draft((p.type, goals), entry)
        yield from self._gradient_lines(p, self.with_shapes)

    def _gradient_mark(self, p: Variable) -> Mark | None:
        total = self._gradient(p)
        if total is None:
            return Digits("0") if p.number not in self.reduced.contributions else None
        if not self.point.holds(total, self.point.values[p.number, "bar"]):
            return None
        return self._equation(self.plain, self.reduced.symbol(p, bar=True), total).right

    def _vec(self, x: e.Symbol) -> Mark:
        mark = self.plain(x)
        return line(Word("vec"), Fence("(", mark, ")")) if len(x.shape) > 1 else mark

    def _equation(self, notation: Notation, left: e.Symbol, right: e.Expression, note: Mark | None = None) -> Equation:
        whole = notation.equation(left, right)
        items = getattr(whole, "items", (whole,))
        k = next(k for k, item in enumerate(items) if isinstance(item, Sign) and item.text == "=")
        return Equation(line(*items[:k]), "=", line(*items[k + 1 :]), note)

    # Repeats.

    def _token(self, v: Variable, expression: e.Expression | None, to: Variable | None = None) -> Hashable:
        """Equal for lines that differ by the names of variables only: these are counted from here."""
        is_input = v.number not in self._place
        found = self.reduced.contributions.get(v.number)
        of = found[-1].of if is_input and found else v
        here = self._place.get(of.number, 0)

        def relative(key: Any, bar: bool) -> Mark:
            key = key[0] if isinstance(key, tuple) else key
            near = key in self._place and self.reduced.uses(key) < SHARED
            name = f"r{self._place[key] - here}" if near else f"v{key}" if key in self._place else "input"
            return Letter(name + ("bar" if bar else ""))

        text = "" if expression is None else plain(Notation(relative)(expression))
        goal: Any = None
        if to is not None:
            is_near = to.number in self._place and self.reduced.uses(to.number) < SHARED
            goal = self._place[to.number] - here if is_near else to.type
        return (text, v.type, goal, is_input)

    def _folded(self, drafts: list[_Draft]) -> list[Entry]:
        """Of equal lines that follow on each other the first and the last copy."""
        found: list[Entry] = []
        at = 0
        for run in runs([draft.token for draft in drafts]):
            found += [draft.entry for draft in drafts[at : run.start + run.period]]
            at = run.start + run.period * (run.copies - 1)
            if run.copies > 3 or run.period * run.copies > 12:
                left_out = run.copies - 2
                copies = "copy" if left_out == 1 else "copies"
                found.append(Remark((f"… {left_out:,} more {copies} of the same; the last one:",)))
            else:
                at = run.start + run.period
        return [*found, *(draft.entry for draft in drafts[at:])]


def _is_one(point: Point, output: Variable) -> bool:
    """Whether back-propagation starts from 1."""
    return bool(point.seeds.get(output) is not None and point.seeds[output] == 1)


def _shape_mark(v: Variable) -> Mark | None:
    if not v.shape:
        return None
    marks: list[Mark] = []
    for size in v.shape:
        marks += [*([Sign("×")] if marks else []), Digits(str(size))]
    return line(*marks)


def _shape_text(v: Variable) -> str:
    return " × ".join(map(str, v.shape)) or "number"
