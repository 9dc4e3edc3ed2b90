"""Puts a fault on one line of a program, so that the line and the operation that go wrong are known beforehand.

A random expression of the program's source is replaced by one that holds it and a fault, or a line with a recursion is
put behind an assignment. The program is then compiled again from its text, as a file of its own.
"""

from __future__ import annotations

import ast
import functools
import inspect
import linecache
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from tests.programs.skeleton import parts_of

import chainrule as cr
from chainrule.graph import ancestors
from chainrule.tracing import Array

TRIES = 400  # places and forms that are tried for one fault


class Form(NamedTuple):
    """How a fault is written: `{e}` stands for an expression, `{n}` for the name that a line has assigned to."""

    text: str
    operations: frozenset[str]  # which of them is to be named; none where any on the line is right


def _form(text: str, *operations: str) -> Form:
    return Form(text, frozenset(operations))


FORMS: dict[str, list[Form]] = {
    "log 0": [
        _form("({e}) + 0.1 * np.log(np.abs(({e}) - np.min({e})))", "log"),
        _form("({e}) * np.log(np.where(({e}) == np.max({e}), 0.0, 2.0))", "log"),
        _form("({e}) + np.log2(0.0 * np.abs({e}))", "log2"),
        _form("({e}) + np.log1p(0.0 * ({e}) - 1.0)", "log1p"),
    ],
    "sqrt 0": [
        _form("({e}) + np.sqrt(np.abs(({e}) - np.min({e})))", "sqrt"),
        _form("({e}) + np.sqrt(np.maximum(({e}) - np.max({e}), 0.0))", "sqrt"),
        _form("({e}) + (0.0 * ({e})) ** 0.5", "power", "sqrt"),
        _form("({e}) + np.cbrt(({e}) - ({e}))", "cbrt"),
    ],
    "0 / 0": [
        _form("({e}) + (({e}) - np.min({e})) / (({e}) - np.min({e}))", "divide"),
        _form("({e}) * np.divide(0.0 * ({e}), 0.0 * ({e}))", "divide"),
        _form("({e}) + np.sin((t_ := ({e}) - np.max({e}))) / t_", "divide"),
    ],
    "overflow": [
        _form("np.exp(({e}) - np.min({e}) + 710.0)", "exp"),
        _form("({e}) * 1e200 * 1e200", "multiply"),
        _form("np.square(1e200 * ({e}))", "square"),
        _form("({e}) + np.cosh(800.0 + 0.0 * ({e}))", "cosh"),
        _form("(1e160 * ({e})) ** 2", "square", "power"),
        _form("({e}) + np.expm1(np.abs({e}) + 720.0)", "expm1"),
    ],
    "inf - inf": [
        _form(
            "({e}) + (np.where(({e}) == np.max({e}), np.inf, {e}) - np.where(({e}) == np.max({e}), np.inf, 0.0))",
            "subtract",
        ),
        _form("({e}) + (np.maximum({e}, np.inf) - np.maximum(np.inf, {e}))", "subtract"),
        _form("({e}) + 0.0 * np.maximum({e}, np.inf)", "multiply"),
        _form("({e}) + (np.minimum({e}, -np.inf) + np.maximum({e}, np.inf))", "add"),
    ],
    "dead units": [
        _form("np.maximum(({e}) - 1e3 * (1.0 + np.max(np.abs({e}))), 0)", "maximum", "relu"),
        _form("np.maximum(0.0, ({e}) - 1e4)", "maximum", "relu"),
        _form("np.where((t_ := ({e}) - 1e4) > 0, t_, 0.0)", "where"),
        _form("(t_ := ({e}) - 1e4) * (t_ > 0)", "multiply"),
    ],
    "cancellation": [
        _form("(({e}) + 1e12) - 1e12", "subtract"),
        _form("1e12 - (1e12 - ({e}))", "subtract"),
        _form("(np.exp(1e-11 * ({e})) - 1) / 1e-11", "subtract"),
        _form("np.log(1 + 1e-11 * ({e})) * 1e11", "log"),
    ],
    "exploding recursion": [
        _form("functools.reduce(lambda c, _: 2.5 * c - 0.5 * np.sin(c), range(40), {e})"),
        _form("functools.reduce(lambda c, _: c - 4.0 * c, range(30), {e})"),
        _form("cr.fori_loop(0, 40, lambda i, c: c + 0.9 * c, 1.0 * ({e}))"),
        _form("cr.scan(lambda c, _: (c * 3.0 + 0.1, None), 1.0 * ({e}), None, length=25)[0]"),
        _form("for _ in range(30): {n} = 1.8 * {n}"),
        _form("for _ in range(40): {n} = {n} * {n} + 2.0"),
    ],
}
FORWARD = ("log 0", "0 / 0", "overflow", "inf - inf")


class Fault(NamedTuple):
    """A program with a fault, and the same without it; `nudged` has something added to what the fault makes."""

    kind: str
    program: str
    original: Callable[..., Any]
    faulty: Callable[..., Any]
    nudged: Callable[..., Any]
    arguments: tuple[Any, ...]
    file: str
    line: int
    source: str
    operations: frozenset[str]


class _Place(NamedTuple):
    """An expression in one line, or the line of an assignment to one name."""

    line: int
    start: int
    end: int
    name: str | None


@functools.cache
def _places(function: Callable[..., Any]) -> tuple[list[_Place], list[_Place]]:
    """The expressions of a program and its helpers, and the assignments."""
    expressions, assignments = [], []
    for part in parts_of(function):
        for statement in part.body:  # type: ignore[attr-defined]
            inside_text = {id(n) for j in ast.walk(statement) if isinstance(j, ast.JoinedStr) for n in ast.walk(j)}
            for node in ast.walk(statement):
                if isinstance(node, ast.BinOp | ast.Call) and node.lineno == node.end_lineno:
                    if id(node) not in inside_text:
                        expressions.append(_Place(node.lineno, node.col_offset, node.end_col_offset or 0, None))
                elif isinstance(node, ast.Assign) and node.lineno == node.end_lineno:
                    (target, *others) = node.targets
                    if isinstance(target, ast.Name) and not others:
                        assignments.append(_Place(node.lineno, node.col_offset, node.end_col_offset or 0, target.id))
    return expressions, assignments


def _replaced(function: Callable[..., Any], place: _Place, text: str) -> tuple[list[str], int]:
    """The lines of its module with a form put at a place, and the number of the faulty one."""
    lines = inspect.getsource(sys.modules[function.__module__]).splitlines(keepends=True)
    line = lines[place.line - 1].encode()
    expression = line[place.start : place.end].decode()
    if place.name is not None:
        lines.insert(place.line, " " * place.start + text.replace("{n}", place.name) + "\n")
        return lines, place.line + 1
    new = text.replace("{e}", expression)
    lines[place.line - 1] = (line[: place.start] + f"({new})".encode() + line[place.end :]).decode()
    return lines, place.line


def _compiled(function: Callable[..., Any], lines: Sequence[str], file: str, **names: Any) -> Callable[..., Any]:
    """The program from another text of its module."""
    text, old = "".join(lines), sys.modules[function.__module__]
    linecache.cache[file] = (len(text), None, list(lines), file)
    module = types.ModuleType(file.removesuffix(".py"))
    module.__dict__.update({"np": np, "cr": cr, "functools": functools, **names}, __package__=old.__package__)
    sys.modules[module.__name__] = module  # as dataclasses ask for
    try:
        exec(compile(text, file, "exec"), module.__dict__)
    finally:
        del sys.modules[module.__name__]
    return getattr(module, function.__name__)


def faults(
    kind: str, programs: Sequence[Callable[..., Any]], rng: np.random.Generator, name: str, draw: Callable[..., Any]
) -> Iterator[Fault]:
    """Faults of a kind at random places of the programs, in random order; whether they take effect is not yet known.

    Parameters
    ----------
    name : str
        What their files are called.
    draw : callable
        ``draw(program, rng)``: arguments for it.
    """
    for number in range(TRIES):
        program = programs[int(rng.integers(len(programs)))]
        form = FORMS[kind][int(rng.integers(len(FORMS[kind])))]
        expressions, assignments = _places(program)
        places = assignments if "{n}" in form.text else expressions
        if not places:
            continue
        place = places[int(rng.integers(len(places)))]
        arguments = draw(program, rng)
        if not _is_of_floats(program, place, arguments, layers=kind == "dead units"):
            continue
        file = f"{name}_{number}.py"
        lines, line = _replaced(program, place, form.text)
        nudging = form.text if place.name is not None else f"({form.text}) + 0.1"
        try:
            faulty = _compiled(program, lines, file)
            nudged = _compiled(program, _replaced(program, place, nudging)[0], "nudged.py")
        except SyntaxError:  # a walrus in a comprehension, say
            continue
        label = f"{program.__module__.rpartition('.')[2]}.{program.__name__}"
        source = lines[line - 1].strip()
        yield Fault(kind, label, program, faulty, nudged, arguments, file, line, source, form.operations)


def _is_of_floats(program: Callable[..., Any], place: _Place, arguments: tuple[Any, ...], layers: bool) -> bool:
    """Whether a place is come by, always with finite floating numbers that depend on an argument.

    Others NumPy computes by itself: no operation of a graph stands for them. Layers have a row for each example.
    """
    values: list[Any] = []
    depends: list[bool] = []

    def probe(x: Any) -> Any:
        if type(x) is Array:
            depends.append(any(v.is_input for v in ancestors([x.variable])))
        else:
            values.append(x)
        return x

    text = "{n} = probe_({n})" if place.name is not None else "probe_({e})"
    try:
        probing = _compiled(program, _replaced(program, place, text)[0], "probe.py", probe_=probe)
        with np.errstate(all="ignore"):
            probing(*arguments)
            count = len(values)
            cr.diagnose(probing, *arguments)
    except Exception:  # a name that is not bound there, an index that is one no more
        return False
    least = 8 if layers else 0
    return (
        len(depends) == count == len(values) > 0
        and all(depends)
        and all(
            isinstance(x, float | np.ndarray)
            and np.asarray(x).dtype.kind == "f"
            and np.size(x) > 0
            and np.isfinite(x).all()
            and (not layers or (np.ndim(x) == 2 and len(x) >= least and np.shape(x)[1] > 1))
            for x in values
        )
    )


def takes_effect(fault: Fault, before: Any, after: Any) -> bool:
    """Whether a fault changes what comes out: `before` and `after` are (value, gradients) without it and with it."""
    (value, gradients), (new, new_gradients) = before, after
    finite = bool(np.isfinite(new)) and bool(np.isfinite(new_gradients).all())
    if fault.kind in FORWARD:
        return not np.isfinite(new)
    if fault.kind == "sqrt 0":
        return bool(np.isfinite(new)) and not finite
    if fault.kind == "dead units":
        with np.errstate(all="ignore"):
            return finite and bool(fault.nudged(*fault.arguments) != new)
    if fault.kind == "cancellation":
        return finite and bool(abs(new - value) > 1e-6 * abs(value))
    size, new_size = np.linalg.norm(gradients), np.linalg.norm(new_gradients)
    return not finite or bool(new_size > 1e5 * size)
