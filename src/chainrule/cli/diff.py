"""``chainrule diff``: what two graphs, or two runs, differ in."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import files, tree
from ..api import Graph, grad
from ..errors import ArgumentError, FileError
from ..training import Trained
from ..view.difference import Side, difference, relative_difference
from .exit_codes import ExitCode
from .functions import AT, arguments_of, by_position, declare_function_options, derivable, function_of, users_code
from .options import number
from .output import print_document
from .tracing import traced_function

SCHEMA = "chainrule/diff/1"

NAME = "diff"
SUMMARY = "what two graphs, or two runs, differ in"
EXAMPLE = "chainrule diff old.py:loss new.py:loss --at 'w=random(3,4)'"
DESCRIPTION = f"""\
Compare two functions FILE.py:NAME, two documents (.json, of chainrule view -o or of to_json), or two folders of runs:
what was removed, added and changed, and how far values and gradients are apart, the largest relative difference first.
Exit code 0 where they are equal, 1 where they differ.

With --simplify and one function: before and after simplification. With --numeric and one function: its gradient and
central differences.

{AT}"""
SHOWN = 12  # numbers that are printed
STEP = 6e-6  # relative, of central differences: the cube root of the precision
MOST = 200  # entries of an argument for which a difference is taken


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("a", metavar="A", help="FILE.py:NAME, a document or a folder")
    parser.add_argument("b", metavar="B", nargs="?", help="the same")
    declare_function_options(parser)
    parser.add_argument("--simplify", action="store_true", help="A before and after simplification; of two, both after")
    parser.add_argument("--numeric", action="store_true", help="the gradient of A and central differences")
    parser.add_argument(
        "--tolerance",
        type=number(least=0),
        metavar="X",
        help="relative difference up to which numbers are equal (default: 1e-9; 1e-5 with --numeric)",
    )


def run(options: argparse.Namespace) -> ExitCode:
    """Compare, print."""
    if options.numeric:
        if options.b is not None or options.simplify:
            raise ArgumentError("--numeric compares the gradient of one function with differences", got="more than one")
        return _print_numbers(options, _numeric(options), options.tolerance or 1e-5)
    tolerance = 1e-9 if options.tolerance is None else options.tolerance
    if options.b is None and not options.simplify:
        raise ArgumentError("diff compares two graphs, and one was given", try_="chainrule diff A B, or --simplify")
    if options.b is not None and Path(options.a).is_dir() and Path(options.b).is_dir():
        return _print_runs(options, _runs(Path(options.a), Path(options.b)), tolerance)
    a = _side(options, options.a, options.simplify and options.b is not None)
    b = _side(options, options.b or options.a, options.simplify)
    return _print_graphs(options, difference(a, b), tolerance)


# Graphs


def _side(options: argparse.Namespace, what: str, simplify: bool) -> Side:
    if what.endswith(".json"):
        return _of_document(what, simplify)
    if Path(what).is_dir():
        raise ArgumentError(f"{what} is a folder, and the other is none", wanted="two graphs, or two folders")
    graph, leaves = traced_function(options, what)
    return _of_graph(graph.simplified() if simplify else graph, leaves)


def _of_graph(graph: Graph, leaves: Sequence[Any]) -> Side:
    with np.errstate(all="ignore"):
        values = graph.forward(*leaves)
        single = len(graph.outputs) == 1 and graph.outputs[0].shape == () and graph.outputs[0].dtype.kind == "f"
        gradients = graph.backward(values).by_number if single else {}
    return Side(json.loads(graph.to_view()), values.by_number, gradients)


def _of_document(path: str, simplify: bool) -> Side:
    with files.opened(path) as file:
        text = file.read()
    try:
        found = json.loads(text)
    except ValueError as error:
        raise FileError(f"{path} is no JSON document: {error}") from error
    schema = found.get("schema") if isinstance(found, dict) else None
    if schema == "chainrule/graph/1":
        graph = Graph.from_json(text.decode())
        return Side(json.loads((graph.simplified() if simplify else graph).to_view()))
    if schema == "chainrule/last/1":
        found, schema = found["graph"], "chainrule/view/1"
    if schema != "chainrule/view/1" or simplify:
        wanted = "chainrule/graph/1, from which a graph can be made again" if simplify else "chainrule/view/1"
        raise FileError(f"{path} is a document of another kind", got=repr(schema), wanted=wanted)
    return Side(found)


def _print_graphs(options: argparse.Namespace, found: dict[str, Any], tolerance: float) -> ExitCode:
    apart = [each for each in found["numbers"] if each["relative"] > tolerance]
    equal = not (found["removed"] or found["added"] or found["changed"] or apart)
    if options.json:
        numbers = [each | {"relative": _plain(each["relative"])} for each in found["numbers"]]
        print_document(SCHEMA, equal, {**found, "numbers": numbers, "tolerance": tolerance})
        return ExitCode.DONE if equal else ExitCode.CHECK_FAILED
    for sign, part in (("-", "removed"), ("+", "added")):
        for each in found[part]:
            print(f"{sign} {each['label']}  {each['word']}  {each['shape']}  {each['line'] or ''}".rstrip())
    for each in found["changed"]:
        names = each["a"] if each["a"] == each["b"] else f"{each['a']} -> {each['b']}"
        parts = [f"{part} {_text(x)} -> {_text(y)}" for part, (x, y) in each["what"].items() if part != "name"]
        print(f"~ {names}  {'; '.join(parts)}".rstrip())
    _print_apart([(f"{each['of']} of {each['variable']}", each["relative"]) for each in apart])
    count = found["same"]
    print(f"{count} variable{'s' * (count != 1)} the same" + (", and all numbers equal" * (equal and bool(count))))
    return ExitCode.DONE if equal else ExitCode.CHECK_FAILED


def _text(value: Any) -> str:
    if isinstance(value, list):
        return f"({', '.join(map(str, value))})"
    if isinstance(value, dict):
        return "; ".join(f"{name}={each}" for name, each in value.items()) or "none"
    return str(value)


def _print_apart(apart: Sequence[tuple[str, float]]) -> None:
    for name, relative in apart[:SHOWN]:
        print(f"  {relative:<9.2g} {name}")
    if len(apart) > SHOWN:
        print(f"  and {len(apart) - SHOWN} more")


def _plain(x: float) -> float | str:
    return x if math.isfinite(x) else str(x)


# A gradient and differences


def _numeric(options: argparse.Namespace) -> list[dict[str, Any]]:
    function = function_of(options.a)
    arguments = arguments_of(function, options.at, options.seed)
    positions = derivable(arguments)
    call, values, names = by_position(function), list(arguments.values()), list(arguments)
    with users_code(f"{options.a} raises"):
        gradients = grad(call, argnums=positions)(*values)
        found = []
        for k, gradient in zip(positions, gradients, strict=True):
            x = np.array(values[k], dtype=np.float64)
            entries = np.unique(np.linspace(0, x.size - 1, min(x.size, MOST)).round().astype(int))
            numeric = np.array([_slope(call, values, k, x, entry) for entry in entries])
            ours = np.asarray(gradient).reshape(-1)[entries]
            apart = {"relative": relative_difference(ours, numeric), "entries": [len(entries), x.size]}
            found.append({"variable": names[k], "of": "gradient", **apart})
    return sorted(found, key=lambda each: -each["relative"])


def _slope(call: Any, values: list[Any], k: int, x: np.ndarray, entry: int) -> float:
    step = STEP * max(1.0, abs(float(x.reshape(-1)[entry])))
    results = []
    for sign in (1, -1):
        moved = x.copy()
        moved.reshape(-1)[entry] += sign * step
        like = np.asarray(values[k])
        given = moved if like.shape else moved[()]
        results.append(float(call(*[given if n == k else value for n, value in enumerate(values)])))
    return (results[0] - results[1]) / (2 * step)


def _print_numbers(options: argparse.Namespace, found: list[dict[str, Any]], tolerance: float) -> ExitCode:
    equal = all(each["relative"] <= tolerance for each in found)
    if options.json:
        numbers = [each | {"relative": _plain(each["relative"])} for each in found]
        print_document(SCHEMA, equal, {"numbers": numbers, "tolerance": tolerance})
    else:
        for each in found:
            few, all_ = each["entries"]
            part = "" if few == all_ else f", {few} of {all_:,} entries"
            print(f"  {each['relative']:<9.2g} gradient by {each['variable']}{part}")
        print("equal" if equal else "different", f"to {tolerance:g}")
    return ExitCode.DONE if equal else ExitCode.CHECK_FAILED


# Runs


def _runs(a: Path, b: Path) -> dict[str, Any]:
    before, after = Trained.load(a), Trained.load(b)
    settings_a, settings_b = before.settings.to_mapping(), after.settings.to_mapping()
    names = sorted({*settings_a, *settings_b})
    changed = {
        name: [settings_a.get(name), settings_b.get(name)]
        for name in names
        if settings_a.get(name) != settings_b.get(name)
    }
    weights_a, weights_b = _leaves(before.parameters), _leaves(after.parameters)
    shared = [name for name in weights_a if name in weights_b]
    other = {n: [weights_a[n].shape, weights_b[n].shape] for n in shared if weights_a[n].shape != weights_b[n].shape}
    apart = [(relative_difference(weights_a[n], weights_b[n]), n) for n in shared if n not in other]
    return {
        "settings": changed,
        "removed": [name for name in weights_a if name not in weights_b],
        "added": [name for name in weights_b if name not in weights_a],
        "shapes": {name: [list(x), list(y)] for name, (x, y) in other.items()},
        "numbers": [
            {"variable": n, "of": "weights", "relative": r} for r, n in sorted(apart, key=lambda each: -(each[0] or 0))
        ],
    }


def _leaves(parameters: Any) -> dict[str, np.ndarray]:
    return dict(zip(tree.paths(parameters), map(np.asarray, tree.flatten(parameters)[0]), strict=True))


def _print_runs(options: argparse.Namespace, found: dict[str, Any], tolerance: float) -> ExitCode:
    apart = [each for each in found["numbers"] if each["relative"] > tolerance]
    equal = not (found["settings"] or found["removed"] or found["added"] or found["shapes"] or apart)
    if options.json:
        print_document(SCHEMA, equal, {**found, "tolerance": tolerance})
        return ExitCode.DONE if equal else ExitCode.CHECK_FAILED
    for name, (x, y) in found["settings"].items():
        print(f"~ {name}  {_text(x)} -> {_text(y)}")
    for sign, part in (("-", "removed"), ("+", "added")):
        for name in found[part]:
            print(f"{sign} weights{name}")
    for name, (x, y) in found["shapes"].items():
        print(f"~ weights{name}  shape {tuple(x)} -> {tuple(y)}")
    _print_apart([(f"weights{each['variable']}", each["relative"]) for each in apart])
    print("the runs are equal" if equal else "the runs differ")
    return ExitCode.DONE if equal else ExitCode.CHECK_FAILED
