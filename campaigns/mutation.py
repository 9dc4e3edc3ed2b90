"""Mistakes in rules: for every function that a rule consists of, copies of its code with one small change each.

A mutant is code that takes the place of a function's own (`function.__code__`) while the tests run; nothing is imported
again. What can be seen to be the same function (commuted factors, names of one type) is not made.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import inspect
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import CellType, CodeType, FunctionType
from typing import Any, NamedTuple

import numpy as np

import chainrule.ops as ops
from chainrule.arraytype import ArrayType
from chainrule.ops import CATALOGUE, PRIMITIVES, Operation

HERE = Path(ops.__file__).parent
MACHINERY = {"operation.py", "rules.py", "operators.py", "reference.py", "scipy_loader.py", "algebra.py"}
KINDS = ("sign", "factor", "arguments", "axis", "flag", "constant", "comparison")

_COMMUTATIVE = {"add", "multiply", "maximum", "minimum", "hypot", "equal", "not_equal", "factor_product", "logaddexp"}
_NOT_SWAPPED = {"range", "zip", "isinstance", "getattr", "slice", "min", "max", "enumerate", "set", "map", "MatrixFree"}
_FLAGS = {"reverse", "lower", "transposed", "unit_diagonal", "absorbing"}
_RELATIONS = {"Pairs", "Ravel", "Triangle", "Progression"}
_OTHERS = {
    "greater": ("greater_equal", "less"),
    "greater_equal": ("greater", "less_equal"),
    "less": ("less_equal", "greater"),
    "less_equal": ("less", "greater_equal"),
    "equal": ("not_equal",),
    "not_equal": ("equal",),
}
_COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}

Change = tuple[str, Callable[[ast.AST], ast.AST]]  # a kind, and what a copy of a node becomes


class Mutant(NamedTuple):
    """One change in one place, and the operations whose rules it is part of."""

    kind: str
    file: str
    line: int
    function: str
    before: str
    after: str
    operations: tuple[Operation, ...]
    install: Callable[[], contextlib.AbstractContextManager[None]]

    @property
    def name(self) -> str:
        """Without the line, which changes with what stands before it."""
        return f"{self.operations[0].name}: {self.function}: {self.before} -> {self.after}"


# Which functions are rules


class Place(NamedTuple):
    """A function in a file of operations, all live functions made from it, and whose rules they are part of."""

    file: str
    node: ast.Lambda | ast.FunctionDef
    functions: list[FunctionType]
    operations: dict[str, Operation]
    is_root: bool  # itself a rule or a slope, and not called by one


def places() -> list[Place]:
    """Every function in ops/ that the rule of some operation is, holds or calls."""
    found: dict[int, Place] = {}
    for operation in PRIMITIVES:
        if operation.name.startswith("test_"):
            continue
        for function, is_root in _functions_of(operation):
            node = _node_of(function)
            if node is None:
                continue
            file = Path(function.__code__.co_filename).name
            place = found.setdefault(id(node), Place(file, node, [], {}, is_root))
            if function not in place.functions:
                place.functions.append(function)
            place.operations[operation.name] = operation
    return sorted(found.values(), key=lambda place: (place.file, place.node.lineno, place.node.col_offset))


def _rules_of(operation: Operation) -> list[Any]:
    rules = operation.rules if isinstance(operation.rules, (list, tuple)) else [operation.rules]
    return [rule for rule in rules if isinstance(rule, FunctionType)]


def _functions_of(operation: Operation) -> Iterator[tuple[FunctionType, bool]]:
    seen: set[Any] = set()
    waiting = [(rule, True) for rule in _rules_of(operation)]
    while waiting:
        f, is_root = waiting.pop()
        if f in seen:
            continue
        seen.add(f)
        path = Path(f.__code__.co_filename)
        ours = HERE in path.parents and path.name not in MACHINERY
        if ours:
            yield f, is_root
        held = [cell.cell_contents for cell in f.__closure__ or ()]
        # What wraps a rule (the machinery, np.errstate) passes its place on.
        waiting += [(value, is_root and not ours) for value in held if isinstance(value, FunctionType)]
        if ours:
            called = (f.__globals__.get(name) for name in _names(f.__code__))
            waiting += [(value, False) for value in called if isinstance(value, FunctionType)]


def _names(code: CodeType) -> set[str]:
    inside = (_names(constant) for constant in code.co_consts if isinstance(constant, CodeType))
    return set(code.co_names).union(*inside)


@functools.cache
def _functions_in(file: Path) -> list[ast.Lambda | ast.FunctionDef]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, (ast.Lambda, ast.FunctionDef))]


@functools.cache
def _node_of_code(code: CodeType) -> ast.Lambda | ast.FunctionDef | None:
    candidates = []
    for node in _functions_in(Path(code.co_filename)):
        first = (
            node.decorator_list[0].lineno if isinstance(node, ast.FunctionDef) and node.decorator_list else node.lineno
        )
        name = node.name if isinstance(node, ast.FunctionDef) else "<lambda>"
        if first == code.co_firstlineno and name == code.co_name:
            candidates.append(node)
    if len(candidates) > 1:  # lambdas on one line: by where the instructions come from
        at = {(line, column) for line, _, column, _ in code.co_positions() if column}
        candidates = [
            node
            for node in candidates
            if isinstance(node, ast.Lambda) and all(_start(node.body) <= each <= _end(node.body) for each in at)
        ]
    return candidates[0] if len(candidates) == 1 else None


def _start(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end(node: ast.expr) -> tuple[int, int]:
    return node.end_lineno or 0, node.end_col_offset or 0


def _node_of(function: FunctionType) -> ast.Lambda | ast.FunctionDef | None:
    return _node_of_code(function.__code__)


# Which changes


def mutants() -> list[Mutant]:
    """All of them, in the order of the files."""
    return [mutant for place in places() for mutant in _of_place(place)] + list(_of_cells())


def _of_place(place: Place) -> Iterator[Mutant]:
    original = place.node
    alike = _alike(place)
    seen = {_canonical(original, alike)}
    for index, node in enumerate(ast.walk(original)):
        for kind, change in _changes(place, original, node):
            changed = copy.deepcopy(original)
            target = list(ast.walk(changed))[index]
            new = change(target)
            changed = _Replaced(target, new).visit(changed)
            ast.fix_missing_locations(changed)
            key = _canonical(changed, alike)
            if key in seen:
                continue
            seen.add(key)
            code = _compiled(changed, place)
            if code is None or _same_code(code, place.functions[0].__code__):
                continue
            shown = node if hasattr(node, "lineno") else original
            yield Mutant(
                kind,
                place.file,
                getattr(shown, "lineno", original.lineno),
                place.functions[0].__qualname__.replace("<locals>.", ""),
                _text(node),
                _text(new),
                tuple(place.operations.values()),
                functools.partial(_with_code, tuple(place.functions), code),
            )


class _Replaced(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST):
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> Any:
        if node is self.old:
            return ast.copy_location(self.new, node) if hasattr(node, "lineno") else self.new
        return self.generic_visit(node)


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.FunctionDef):
        node = ast.Module(node.body, [])
    return re.sub(r"\s+", " ", ast.unparse(node))


def _compiled(node: ast.Lambda | ast.FunctionDef, place: Place) -> CodeType | None:
    """The code of a changed function, with the free names of the old one."""
    old = place.functions[0].__code__
    held = ast.Tuple([ast.Name(name, ast.Load()) for name in old.co_freevars], ast.Load())
    if old.co_freevars:  # a name that the change has dropped is still held
        if isinstance(node, ast.Lambda):
            node.body = ast.IfExp(ast.Constant(True), node.body, held)
        else:
            node.body.append(ast.If(ast.Constant(False), [ast.Expr(held)], []))
    if isinstance(node, ast.FunctionDef):
        node.decorator_list = []
        body: list[ast.stmt] = [node]
    else:
        body = [ast.Expr(node)]
    names = [ast.arg(name) for name in old.co_freevars]
    maker = ast.FunctionDef("made", ast.arguments([], names, None, [], [], None, []), body, [], type_params=[])
    module = ast.fix_missing_locations(ast.Module([maker], []))
    flags = inspect.CO_FUTURE_ANNOTATIONS if hasattr(inspect, "CO_FUTURE_ANNOTATIONS") else 0x1000000
    outer = compile(module, old.co_filename, "exec", flags=flags, dont_inherit=True)
    (made,) = (c for c in outer.co_consts if isinstance(c, CodeType))
    inner = [c for c in made.co_consts if isinstance(c, CodeType) and c.co_name == old.co_name]
    return inner[0] if len(inner) == 1 and inner[0].co_freevars == old.co_freevars else None


def _same_code(a: CodeType, b: CodeType) -> bool:
    return (
        (a.co_code, a.co_names, a.co_varnames) == (b.co_code, b.co_names, b.co_varnames)
        and [(type(c), c) for c in a.co_consts if not isinstance(c, CodeType)]
        == [(type(c), c) for c in b.co_consts if not isinstance(c, CodeType)]
        and all(
            _same_code(c, d)
            for c, d in zip(
                [c for c in a.co_consts if isinstance(c, CodeType)],
                [c for c in b.co_consts if isinstance(c, CodeType)],
                strict=False,
            )
        )
    )


@contextlib.contextmanager
def _with_code(functions: Sequence[FunctionType], code: CodeType) -> Iterator[None]:
    before = [f.__code__ for f in functions]
    try:
        for f in functions:
            f.__code__ = code
        forget()
        yield
    finally:
        for f, old in zip(functions, before, strict=True):
            f.__code__ = old
        forget()


def forget() -> None:
    """What has been recorded or inferred with a rule."""
    ops.rules._pulls.clear()
    ops.rules._pushes.clear()
    for operation in PRIMITIVES:
        operation._types.clear()


def _not_looked_at(function: ast.Lambda | ast.FunctionDef) -> set[int]:
    """Nodes that are no mathematics: docstrings, types, defaults, messages."""
    skipped: set[int] = set()
    for node in ast.walk(function):
        inside: list[ast.AST | None] = []
        if isinstance(node, (ast.arguments, ast.Raise, ast.JoinedStr, ast.Assert)) or (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        ):
            inside = [node]
        elif isinstance(node, ast.AnnAssign):
            inside = [node.annotation]
        elif isinstance(node, ast.FunctionDef):
            inside = [node.returns, *node.decorator_list]
        elif isinstance(node, ast.Dict):
            inside = list(node.keys)
        for each in inside:
            if each is not None:
                skipped.update(id(n) for n in ast.walk(each))
    return skipped


def _changes(place: Place, function: ast.Lambda | ast.FunctionDef, node: ast.AST) -> Iterator[Change]:
    """All changes of one node."""
    if node is function:
        if place.is_root:
            yield from _swapped_parameters(function)
            if isinstance(function, ast.Lambda):
                yield from _negated_result(function)
        return
    if id(node) in _skipped(function):
        return
    if isinstance(node, ast.Return) and place.is_root and node.value is not None:
        yield from _negated(node)
    elif isinstance(node, ast.UnaryOp):
        yield from _unary(node)
    elif isinstance(node, ast.BinOp):
        yield from _binary(node)
    elif isinstance(node, ast.Call):
        yield from _call(node)
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        other = _COMPARED[type(node.ops[0])]
        yield "comparison", lambda n: ast.Compare(n.left, [other()], n.comparators)  # type: ignore[attr-defined]
    elif isinstance(node, ast.Constant):
        yield from _constant(function, node)
    elif isinstance(node, (ast.List, ast.Tuple)):
        yield from _sequence(function, node)
    elif isinstance(node, ast.Subscript):
        yield from _subscript(node)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield "axis", lambda n: n.value  # type: ignore[attr-defined]


@functools.lru_cache(maxsize=4096)
def _skipped_by_identity(function: ast.Lambda | ast.FunctionDef) -> frozenset[int]:
    return frozenset(_not_looked_at(function))


def _skipped(function: ast.Lambda | ast.FunctionDef) -> frozenset[int]:
    return _skipped_by_identity(function)


@functools.lru_cache(maxsize=4096)
def _parents(function: ast.Lambda | ast.FunctionDef) -> dict[int, ast.AST]:
    return {id(child): node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}


def _called(node: ast.AST | None) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


# Signs


def _is_number(node: ast.AST) -> bool:
    """Not something that has no sign: a truth value, the zero map, nothing."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
    if _called(node) in (*_OTHERS, "zero_map", "logical_not", "tuple", "list"):
        return False
    return not (isinstance(node, ast.Name) and node.id == "c") and not isinstance(node, (ast.List, ast.ListComp))


def _minus(node: Any) -> ast.expr:
    return ast.UnaryOp(ast.USub(), node)


def _negated_parts(node: ast.expr) -> Iterator[Callable[[Any], ast.expr]]:
    """Ways to negate a result: each part of a tuple, each branch of a choice."""
    if isinstance(node, ast.IfExp):
        for change in _negated_parts(node.body):
            yield lambda n, change=change: ast.IfExp(n.test, change(n.body), n.orelse)
        for change in _negated_parts(node.orelse):
            yield lambda n, change=change: ast.IfExp(n.test, n.body, change(n.orelse))
    elif isinstance(node, ast.Tuple):
        for k, part in enumerate(node.elts):
            if _is_number(part):
                yield lambda n, k=k: ast.Tuple([_minus(e) if j == k else e for j, e in enumerate(n.elts)], ast.Load())
    elif _is_number(node):
        yield _minus


def _negated(node: ast.Return) -> Iterator[Change]:
    for change in _negated_parts(node.value):  # type: ignore[arg-type]
        yield "sign", lambda n, change=change: ast.Return(change(n.value))  # type: ignore[attr-defined]


def _negated_result(function: ast.Lambda) -> Iterator[Change]:
    for change in _negated_parts(function.body):
        yield "sign", lambda n, change=change: ast.Lambda(n.args, change(n.body))  # type: ignore[attr-defined]


def _unary(node: ast.UnaryOp) -> Iterator[Change]:
    if isinstance(node.op, ast.USub):
        yield "sign", lambda n: n.operand  # type: ignore[attr-defined]
    elif isinstance(node.op, ast.Not):
        yield "flag", lambda n: n.operand  # type: ignore[attr-defined]
    elif isinstance(node.op, ast.Invert):
        yield "comparison", lambda n: n.operand  # type: ignore[attr-defined]


def _is_sequence(node: ast.expr) -> bool:
    return isinstance(node, (ast.Tuple, ast.List, ast.JoinedStr)) or _called(node) in ("tuple", "list")


def _binary(node: ast.BinOp) -> Iterator[Change]:
    if _is_sequence(node.left) or _is_sequence(node.right):
        return
    if isinstance(node.op, (ast.Add, ast.Sub)):
        other = ast.Sub if isinstance(node.op, ast.Add) else ast.Add
        yield "sign", lambda n: ast.BinOp(n.left, other(), n.right)  # type: ignore[attr-defined]
    if isinstance(node.op, (ast.Mult, ast.MatMult, ast.Div)):
        yield "factor", lambda n: n.left  # type: ignore[attr-defined]
    if isinstance(node.op, (ast.Mult, ast.MatMult)):
        yield "factor", lambda n: n.right  # type: ignore[attr-defined]
    if isinstance(node.op, (ast.Sub, ast.Div, ast.Pow)):
        yield "arguments", lambda n: ast.BinOp(n.right, n.op, n.left)  # type: ignore[attr-defined]


# Calls


def _call(node: ast.Call) -> Iterator[Change]:
    name = _called(node)
    for other in _OTHERS.get(name, ()):
        yield "comparison", lambda n, other=other: ast.Call(ast.Name(other, ast.Load()), n.args, n.keywords)  # type: ignore[attr-defined]
    if name in ("factor_product", "absorb"):
        for k in range(2):
            yield "factor", lambda n, k=k: n.args[k]  # type: ignore[attr-defined]
    if name == "index_map":
        for k in range(2, len(node.args)):
            if not (isinstance(node.args[k], ast.Starred)):
                yield "factor", lambda n, k=k: ast.Call(n.func, n.args[:k] + n.args[k + 1 :], n.keywords)  # type: ignore[attr-defined]
    if name not in _COMMUTATIVE | _NOT_SWAPPED:
        kind = "axis" if name in _RELATIONS | {"index_map"} else "arguments"
        for k in range(len(node.args) - 1):
            a, b = node.args[k : k + 2]
            if isinstance(a, ast.Starred) or isinstance(b, ast.Starred) or (name == "index_map" and k > 0):
                continue
            if name == "Pairs" and k == 1:
                continue  # names for indices: no program at all
            yield (
                kind,
                lambda n, k=k: ast.Call(n.func, [*n.args[:k], n.args[k + 1], n.args[k], *n.args[k + 2 :]], n.keywords),
            )  # type: ignore[attr-defined]
    for k, keyword in enumerate(node.keywords):
        if keyword.arg == "axis":
            for step in (1, -1):
                yield "axis", lambda n, k=k, step=step: _with_keyword(n, k, _moved(n.keywords[k].value, step))  # type: ignore[attr-defined]
        elif keyword.arg in _FLAGS and not isinstance(keyword.value, ast.UnaryOp):
            yield "flag", lambda n, k=k: _with_keyword(n, k, _negation(n.keywords[k].value))  # type: ignore[attr-defined]


def _with_keyword(call: Any, k: int, value: ast.expr) -> ast.Call:
    keywords = [ast.keyword(each.arg, value if j == k else each.value) for j, each in enumerate(call.keywords)]
    return ast.Call(call.func, call.args, keywords)


def _negation(node: ast.expr) -> ast.expr:
    return ast.Constant(not node.value) if isinstance(node, ast.Constant) else ast.UnaryOp(ast.Not(), node)


def _moved(node: ast.expr, step: int) -> ast.expr:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return ast.Constant(node.value + step)
    return ast.BinOp(node, ast.Add() if step > 0 else ast.Sub(), ast.Constant(1))


def _swapped_parameters(function: ast.Lambda | ast.FunctionDef) -> Iterator[Change]:
    """Two names of parameters in each other's place."""
    names = [each.arg for each in function.args.args if each.arg != "k"]
    used = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
    for a, b in itertools.combinations(names, 2):
        if {a, b} & used:
            yield "arguments", lambda n, a=a, b=b: _renamed(n, {a: b, b: a})


def _renamed(function: Any, names: dict[str, str]) -> Any:
    for node in ast.walk(function):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    return function


# Axes and constants


def _constant(function: ast.Lambda | ast.FunctionDef, node: ast.Constant) -> Iterator[Change]:
    value, parent = node.value, _parents(function).get(id(node))
    if isinstance(value, str):
        for other in _other_labels(value):
            if isinstance(parent, ast.Starred) or _called(parent) or isinstance(parent, ast.Tuple):
                yield "axis", lambda n, other=other: ast.Constant(other)
    elif isinstance(value, bool):
        if isinstance(parent, ast.Call):
            yield "flag", lambda n: ast.Constant(not value)
    elif isinstance(value, (int, float)) and not isinstance(parent, (ast.Subscript, ast.keyword)):
        other = value + 1 if isinstance(value, int) else 2 * value if value else 1.0
        yield "constant", lambda n: ast.Constant(other)
    elif isinstance(value, (int, float)) and isinstance(parent, ast.keyword) and parent.arg != "axis":
        yield "constant", lambda n: ast.Constant(value + 1)


def _other_labels(text: str) -> Iterator[str]:
    """Index letters in another order: "ij" -> "ji", "ik,kj->ij" -> "ki,kj->ij"."""
    if re.fullmatch(r"[a-z]{2,3}", text):
        yield text[1] + text[0] + text[2:]
    elif re.fullmatch(r"[a-z]+(,[a-z]+)*->[a-z]+", text):
        for found in re.finditer(r"[a-z]{2}", text):
            a, b = found.span()
            yield text[:a] + text[a:b][::-1] + text[b:]


def _sequence(function: ast.Lambda | ast.FunctionDef, node: ast.List | ast.Tuple) -> Iterator[Change]:
    """Two neighbours in each other's place, in what names axes."""
    parent = _parents(function).get(id(node))
    names_axes = isinstance(parent, ast.keyword) and parent.arg in ("axes", "labels", "out", "windows", "shape")
    for k in range(len(node.elts) - 1):
        pair = node.elts[k : k + 2]
        letters = all(isinstance(e, ast.Constant) and isinstance(e.value, str) and len(e.value) == 1 for e in pair)
        if letters or (names_axes and not any(isinstance(e, ast.Starred) for e in pair)):
            yield "axis", functools.partial(_swapped_elements, k=k)


def _swapped_elements(node: Any, k: int) -> Any:
    elements = [*node.elts[:k], node.elts[k + 1], node.elts[k], *node.elts[k + 2 :]]
    return type(node)(elements, ast.Load())


def _subscript(node: ast.Subscript) -> Iterator[Change]:
    """The size of another axis."""
    index = node.slice
    if isinstance(index, ast.UnaryOp) and isinstance(index.operand, ast.Constant):
        yield "axis", lambda n: ast.Subscript(n.value, ast.Constant(-n.slice.operand.value - 1), n.ctx)  # type: ignore[attr-defined]
    elif (isinstance(index, ast.Constant) and isinstance(index.value, int)) or (
        isinstance(index, ast.Name) and "shape" in ast.unparse(node.value)
    ):
        for step in (1, -1):
            yield "axis", lambda n, step=step: ast.Subscript(n.value, _moved(n.slice, step), n.ctx)  # type: ignore[attr-defined]


# What is the same function


def _alike(place: Place) -> dict[str, str]:
    """Parameters of a rule that have one type in all operations that use it: one name for all of them."""
    if not place.is_root:
        return {}
    names = [each.arg for each in place.node.args.args if each.arg != "k"]
    groups: dict[str, str] = {}
    for a, b in itertools.combinations(range(len(names)), 2):
        if all(_one_type(operation, a, b) for operation in place.operations.values()):
            groups[names[b]] = groups.get(names[a], names[a])
    return groups


@functools.cache
def _one_type(operation: Operation, a: int, b: int) -> bool:
    """Whether y (number 0) and the arguments (from 1) of these numbers always have one type."""
    if operation.kind == "elementwise" and len(operation.slopes) > 1:
        return False
    for example in operation.examples(np.random.default_rng(0)) if operation.examples else ():
        arrays = [np.asarray(x) for x in example.arguments]
        types = tuple(ArrayType.of(x) for x in arrays)
        y = operation.infer(types, tuple(example.parameters[name] for name in operation.parameter_names))
        every = (y, *types)
        if b >= len(every) or every[a] is not every[b]:
            return False
    return True


def _canonical(function: ast.AST, alike: dict[str, str]) -> str:
    """A text that is equal for functions that are easily seen to be the same."""

    class Canonical(ast.NodeTransformer):
        def visit_Attribute(self, node: ast.Attribute) -> Any:
            self.generic_visit(node)
            if node.attr in ("shape", "dtype") and isinstance(node.value, ast.Name):
                node.value.id = alike.get(node.value.id, node.value.id)
            return node

        def visit_BinOp(self, node: ast.BinOp) -> Any:
            self.generic_visit(node)
            if isinstance(node.op, (ast.Add, ast.Mult)):
                node.left, node.right = sorted((node.left, node.right), key=ast.dump)
            return node

        def visit_Call(self, node: ast.Call) -> Any:
            self.generic_visit(node)
            if _called(node) in _COMMUTATIVE:
                node.args.sort(key=ast.dump)
            return node

    return ast.dump(Canonical().visit(copy.deepcopy(function)))


# Numbers and comparisons that the machinery holds


def _of_cells() -> Iterator[Mutant]:
    """A slope that is a number, and a comparison that is handed to a maker of slopes."""
    for operation in PRIMITIVES:
        if operation.name.startswith("test_"):
            continue
        for k, rule in enumerate(_rules_of(operation)):
            for name, cell, inside in _cells(rule):
                value = cell.cell_contents
                if name == "slope" and isinstance(value, (int, float)):
                    changed = [("sign", -value), ("constant", 2 * value)]
                elif isinstance(value, Operation) and value.name in _OTHERS:
                    changed = [("comparison", CATALOGUE[other]) for other in _OTHERS[value.name]]
                else:
                    continue
                for kind, other in changed:
                    text = [each.name if isinstance(each, Operation) else f"{each:g}" for each in (value, other)]
                    where = f"{operation.name}, argument {k + 1}"
                    file, line = _declared_in(inside)
                    install = functools.partial(_with_cell, cell, other)
                    yield Mutant(kind, file, line, where, *text, (operation,), install)


def _cells(rule: FunctionType) -> Iterator[tuple[str, CellType, FunctionType]]:
    for name, cell in zip(rule.__code__.co_freevars, rule.__closure__ or (), strict=True):
        yield name, cell, rule
        if isinstance(cell.cell_contents, FunctionType):
            yield from _cells(cell.cell_contents)


def _declared_in(function: FunctionType) -> tuple[str, int]:
    return Path(function.__code__.co_filename).name, function.__code__.co_firstlineno


@contextlib.contextmanager
def _with_cell(cell: CellType, value: Any) -> Iterator[None]:
    before = cell.cell_contents
    try:
        cell.cell_contents = value
        forget()
        yield
    finally:
        cell.cell_contents = before
        forget()
