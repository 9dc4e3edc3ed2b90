"""Short programs that end in what a rewrite of simplify recognizes: random operations seldom make them by chance.

They are found by trying: random programs over the operations that a rewrite's code names, until it answers. So a new
rewrite is met without a line here.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator
from types import CodeType
from typing import Any, NamedTuple

import numpy as np

from ..arraytype import ArrayType
from ..graph import Graph, Variable
from ..ops import Operation
from ..ops.comparison import greater
from ..ops.contraction import einsum
from ..ops.movement import broadcast_to, reshape, window
from ..simplify import REWRITES

_SHAPES = ((), (3,), (2, 3))
_NUMBERS = (0.0, -0.0, 1.0, -1.0, 2.0)
_PROGRAMS, _LONGEST, _ENOUGH = 2000, 5, 3


class Step(NamedTuple):
    """An operation applied to earlier values by their places; the first are those of the leaves."""

    operation: Operation
    places: tuple[int, ...]
    parameters: tuple[Any, ...]


class Motif(NamedTuple):
    shape: tuple[int, ...]  # of x
    steps: tuple[Step, ...]


LEAVES = 2 + len(_NUMBERS)


def leaves(x: Variable) -> list[Variable]:
    """What the steps of a motif begin with: x, a truth value, numbers."""
    graph = x.graph
    return [x, greater(x, graph.constant(np.asarray(0.1))), *(graph.constant(np.asarray(n)) for n in _NUMBERS)]


@functools.lru_cache(maxsize=1)
def all_motifs() -> tuple[tuple[str, tuple[Motif, ...]], ...]:
    """The motifs of every rewrite, by its name; those for which none was found have none."""
    return tuple(
        (f"{operation.name}: {rewrite.__name__}", _motifs(operation, rewrite))
        for operation, rewrites in REWRITES.items()
        for rewrite in rewrites
    )


def _motifs(root: Operation, rewrite: Any) -> tuple[Motif, ...]:
    found: list[Motif] = []
    vocabulary = sorted({root, broadcast_to, *_named_in(rewrite)}, key=lambda operation: operation.name)
    for seed in range(_PROGRAMS):
        motif = _tried(root, rewrite, vocabulary, np.random.default_rng(seed))
        if motif is not None and motif not in found:
            found.append(motif)
            if len(found) == _ENOUGH:
                break
    return tuple(found)


def _named_in(function: Any) -> Iterator[Operation]:
    """The operations that a function's code names, and the functions of its module that it calls."""
    seen, waiting = set(), [function]
    while waiting:
        f = waiting.pop()
        if f in seen:
            continue
        seen.add(f)
        held = [cell.cell_contents for cell in f.__closure__ or ()]
        for value in (*held, *(f.__globals__.get(name) for name in _names(f.__code__))):
            if isinstance(value, (dict, frozenset)):
                yield from (each for each in value if isinstance(each, Operation))
            elif isinstance(value, Operation):
                yield value
            elif hasattr(value, "__code__") and value.__module__ == function.__module__:
                waiting.append(value)


def _names(code: CodeType) -> Iterator[str]:
    """Also of the functions inside."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _tried(root: Operation, rewrite: Any, vocabulary: list[Operation], rng: np.random.Generator) -> Motif | None:
    shape = _SHAPES[rng.integers(len(_SHAPES))]
    graph = Graph("motif")
    values: list[Variable] = leaves(graph.input(ArrayType(shape, np.float64)))
    steps: list[Step] = []
    for _ in range(rng.integers(_LONGEST)):
        operation = vocabulary[rng.integers(len(vocabulary))]
        some = [k for k in range(len(values)) if rng.random() < 0.5 or k == len(values) - 1]
        candidates = list(_applications(operation, values, some))
        if steps and rng.random() < 0.7:  # go on with the last value
            candidates = [each for each in candidates if len(values) - 1 in each[0]]
        if candidates:
            places, parameters = candidates[rng.integers(len(candidates))]
            steps.append(Step(operation, places, parameters))
            values.append(graph.append(operation, tuple(values[k] for k in places), parameters))
    applications = list(_applications(root, values, range(len(values))))
    for k in rng.permutation(len(applications)):
        places, parameters = applications[k]
        inputs = tuple(values[place] for place in places)
        simpler = rewrite(inputs, **root.named(parameters))
        if simpler is not None and simpler.type is root.infer(tuple(v.type for v in inputs), parameters):
            return _pruned(shape, [*steps, Step(root, places, parameters)])
    return None


def _applications(
    operation: Operation, values: list[Variable], among: Iterable[int]
) -> Iterator[tuple[tuple[int, ...], tuple[Any, ...]]]:
    """Places and parameters with which an operation is legal, and not at once computed from constants."""
    spreads = operation is broadcast_to
    kinds = _argument_kinds(operation)
    if operation.kind != "elementwise" and len(kinds) > 1:
        return
    choices = [[k for k in among if values[k].dtype.kind == kind or spreads] for kind in kinds]
    for places in itertools.product(*choices):
        inputs = [values[k] for k in places]
        if not spreads and all(v.is_constant for v in inputs):
            continue
        for parameters in [()] if operation.kind == "elementwise" else _parameters(operation, inputs[0].shape):
            if _infers(operation, inputs, parameters):
                yield places, parameters


@functools.lru_cache(maxsize=512)
def _argument_kinds(operation: Operation) -> tuple[str, ...]:
    examples = list(operation.examples(np.random.default_rng(0)))  # type: ignore[misc]
    fewest = min(examples, key=lambda example: len(example.arguments)).arguments
    if operation.name.startswith("logical"):
        return ("b",) * len(fewest)
    return tuple(np.asarray(a).dtype.kind for a in fewest)


@functools.lru_cache(maxsize=2048)
def _parameters(operation: Operation, shape: tuple[int, ...]) -> tuple[tuple[Any, ...], ...]:
    """Of the examples that take one array of that shape; and sums, slices and axes of size 1."""
    found: list[Any] = []
    if operation is einsum:
        names = tuple(range(len(shape)))
        found += [((names,), names[:k], False) for k in range(len(shape) + 1)]
    elif operation is reshape:
        found += [((1, *shape),), ((*shape, 1),)]
    elif operation is window:
        found += [tuple((0, 1, size) for size in shape), tuple((size - 1, -1, size) for size in shape)]
        found = [(windows,) for windows in found]
    elif operation is broadcast_to:
        found += [((2, 3),), (tuple(3 if size == 1 else size for size in shape),), ((3,),)]
    elif operation.examples is not None:
        for example in operation.examples(np.random.default_rng(0)):
            if len(example.arguments) == 1 and np.shape(example.arguments[0]) == shape:
                found.append(tuple(example.parameters[name] for name in operation.parameter_names))
    return tuple(dict.fromkeys(found))


def _infers(operation: Operation, inputs: list[Variable], parameters: tuple[Any, ...]) -> bool:
    try:
        result = operation.infer(tuple(v.type for v in inputs), parameters)
    except (ValueError, TypeError, IndexError):
        return False
    return isinstance(result, ArrayType) and result.ndim <= 3


def _pruned(shape: tuple[int, ...], steps: list[Step]) -> Motif:
    """Without the steps that the last one does not need."""
    needed = {LEAVES + len(steps) - 1}
    for k in range(len(steps) - 1, -1, -1):
        if LEAVES + k in needed:
            needed.update(steps[k].places)
    kept = [k for k in range(len(steps)) if LEAVES + k in needed]
    place = {**{k: k for k in range(LEAVES)}, **{LEAVES + old: LEAVES + new for new, old in enumerate(kept)}}
    return Motif(
        shape,
        tuple(Step(steps[k].operation, tuple(place[p] for p in steps[k].places), steps[k].parameters) for k in kept),
    )
