"""Random legal graphs over all operations, from a source of choices: hypothesis, or a seeded generator.

Each operation is applied to what one of its own examples holds. A floating argument becomes an example's value plus
something that depends on the graph so far, so that values stay inside domains while derivatives flow; a variable that
happens to fit is taken as it is. Nothing here knows an operation by name but those that adapt a shape or a dtype.
"""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from ..arraytype import ArrayType
from ..graph import Graph, Variable, ancestors, operations, to_text
from ..interpret import evaluate
from ..ops import PRIMITIVES, Example, Operation
from ..ops.arithmetic import add, multiply
from ..ops.comparison import greater
from ..ops.contraction import einsum
from ..ops.movement import broadcast_to, convert, reshape, window
from ..ops.trigonometric import tanh
from .motifs import LEAVES, all_motifs, leaves

FEWEST, MOST = 5, 60  # operations of a graph
Below = Callable[[int], int]  # a choice: below(n) is one of 0, ..., n - 1

_SHAPES = ((), (3,), (2, 3), (2,), (3, 3), (2, 3, 2), (4,), (1, 3), (2, 1, 3))
_NAMES = ("h", "z", "loss", "v2", "c1", "x.y")  # some that stand twice, some that look like places in the text
_EXAMPLE_SEEDS = 4
_DEAREST = 6  # nodes that an argument takes at most
_LARGEST_VALUE, _LARGEST_SLOPE = 1e4, 1e3


class RandomGraph(NamedTuple):
    """A legal graph of two floating outputs, and a value for each of its inputs."""

    graph: Graph
    arrays: tuple[np.ndarray, ...]

    def __repr__(self) -> str:
        given = [f"  # {v.label} = {a.tolist()}" for v, a in zip(self.graph.inputs, self.arrays, strict=True)]
        return to_text(self.graph) + "\n".join(given)

    def occurrences(self) -> Counter[str]:
        """How often the outputs need each operation."""
        needed = {v.number for v in ancestors(self.graph.outputs)}
        found = (v for v in operations(self.graph) if any(part.number in needed for part in v.results))
        return Counter(v.operation.name for v in found if v.operation)


class Pair(NamedTuple):
    """An operation and one of its examples."""

    operation: Operation
    example: Example


def legal_graphs(catalogue: Iterable[Operation] | None = None, most: int = MOST) -> st.SearchStrategy[RandomGraph]:
    """Graphs of 5 to `most` operations of the catalogue, rank 0 to 3, with shared variables and two outputs."""
    chosen = _declared() if catalogue is None else tuple(catalogue)

    @st.composite
    def graphs(draw: st.DrawFn) -> RandomGraph:
        return grown(lambda n: draw(st.integers(0, n - 1)), chosen, most=most)

    return graphs()


def seeded_graph(
    seed: Sequence[int], catalogue: Iterable[Operation] | None = None, fewest: int = FEWEST, most: int = MOST
) -> RandomGraph:
    """The same from a generator: one graph for each seed."""
    rng = np.random.default_rng(seed)
    chosen = _declared() if catalogue is None else tuple(catalogue)
    return grown(lambda n: int(rng.integers(n)), chosen, fewest, most)


def _declared() -> tuple[Operation, ...]:
    """Our operations with an example to grow from, in the order of their names."""
    return tuple(each for each in sorted(PRIMITIVES, key=lambda each: each.name) if usable_examples(each))


@functools.lru_cache(maxsize=1024)
def usable_examples(operation: Operation) -> tuple[Example, ...]:
    """Real examples of rank at most 3; an operation of complex values alone has none."""
    if operation.examples is None:
        return ()
    found = []
    for seed in range(_EXAMPLE_SEEDS):
        for example in operation.examples(np.random.default_rng(seed)):
            arrays = [np.asarray(a) for a in example.arguments]
            parameters = tuple(example.parameters[name] for name in operation.parameter_names)
            results = _results(operation, arrays, parameters)
            if all(a.dtype.kind in "fiub" and a.ndim <= 3 for a in (*arrays, *results)):
                found.append(Example(tuple(arrays), example.parameters))
    return tuple(found)


def grown(below: Below, catalogue: Sequence[Operation], fewest: int = FEWEST, most: int = MOST) -> RandomGraph:
    """A graph grown by choices."""
    return _Growth(below, most).of(catalogue, fewest + below(most - fewest + 1))


def _results(operation: Operation, arrays: Sequence[Any], parameters: tuple[Any, ...]) -> list[np.ndarray]:
    with np.errstate(all="ignore"):
        y = operation.compute(arrays, parameters)
    return [np.asarray(part) for part in (y if isinstance(y, tuple) else (y,))]


class _Growth:
    """A graph under construction, with the value of every variable."""

    def __init__(self, below: Below, most: int):
        self.below, self.most, self.graph = below, most, Graph("random")
        self.values: dict[int, Any] = {}
        self.pool: list[Variable] = []  # what later operations may use
        self.unused: list[Variable] = []  # and what nothing uses yet
        self.count = 0

    def of(self, catalogue: Sequence[Operation], size: int) -> RandomGraph:
        rng = np.random.default_rng(self.below(1 << 16))
        for _ in range(1 + self.below(3)):
            shape = self.chosen(_SHAPES)
            self.input(rng.normal(size=shape).astype(np.float32 if self.below(6) == 0 else np.float64))
        for _ in range(4 * size):
            if self.below(5) == 0:
                self.motif(size)
                continue
            operation = self.chosen(catalogue)
            example = self.chosen(usable_examples(operation))
            if self.count + _DEAREST * len(example.arguments) + 1 <= size:
                self.apply(operation, example)
        while self.count < FEWEST:
            self.result(tanh(self.pick()))
        self.graph.outputs = self.outputs()
        return RandomGraph(self.graph, tuple(self.values[v.number] for v in self.graph.inputs))

    # Nodes

    def input(self, value: np.ndarray) -> Variable:
        v = self.graph.input(ArrayType.of(value), f"x{len(self.graph.inputs)}")
        self.values[v.number] = value
        self.pool.append(v)
        self.unused.append(v)
        return v

    def constant(self, value: Any) -> Variable:
        v = self.graph.constant(value)
        self.values[v.number] = value
        return v

    def made(self, v: Variable) -> Variable:
        """A new node with its value."""
        self.count += 1
        with np.errstate(all="ignore"):
            evaluate([v], self.values)
        self.values[v.number] = np.asarray(self.values[v.number])
        if self.below(8) == 0:
            v.name = self.chosen(_NAMES)
        return v

    def result(self, v: Variable) -> None:
        self.made(v)
        self.pool.append(v)
        self.unused.append(v)

    def apply(self, operation: Operation, example: Example) -> None:
        narrow = self.below(8) == 0 and operation is not convert and operation.pullback is None  # a body has its types
        arrays = [
            a.astype(np.float32) if narrow and a.dtype.kind == "f" else a for a in map(np.asarray, example.arguments)
        ]
        parameters = tuple(example.parameters[name] for name in operation.parameter_names)
        arguments: list[Variable] = []
        for a in arrays:
            alike = [v for v in arguments if v.type is ArrayType.of(a)]
            if alike and self.below(2):
                arguments.append(alike[0])  # x @ x
            else:
                arguments.append(self.argument(a, self.fitting(a)))
        if not self.admissible(operation, arguments, parameters):  # as far as the example reaches
            arguments = [self.argument(a, None) for a in arrays]
            if not self.admissible(operation, arguments, parameters):
                return
        made = self.graph.append(operation, tuple(arguments), parameters)
        for v in arguments:
            if v in self.unused:
                self.unused.remove(v)
        results = made if isinstance(made, tuple) else (made,)
        self.made(results[0])
        for part in results:
            self.values[part.number] = np.asarray(self.values[part.number])
            self.pool.append(part)
            self.unused.append(part)

    def motif(self, size: int) -> None:
        """What some rewrite recognizes, as far as values allow it."""
        motifs = self.chosen([each for _, each in all_motifs() if each])
        shape, steps = self.chosen(motifs)
        if self.count + _DEAREST + 1 + len(steps) > size:
            return
        x = self.argument(np.random.default_rng(self.below(8)).normal(size=shape), None)
        values = leaves(x)
        self.made(values[1])
        self.values.update({v.number: v.value for v in values[2:]})
        for operation, places, parameters in steps:
            inputs = [values[k] for k in places]
            if not self.admissible(operation, inputs, parameters):
                return
            values.append(self.made(self.graph.append(operation, tuple(inputs), parameters)))
        self.pool += values[LEAVES:]
        self.unused.append(values[-1])

    def chosen(self, several: Sequence[Any]) -> Any:
        return several[self.below(len(several))]

    def admissible(self, operation: Operation, arguments: Sequence[Variable], parameters: tuple[Any, ...]) -> bool:
        """Whether values and slopes are finite and of moderate size, and the types are those of the example."""
        xs = [self.values[v.number] for v in arguments]
        try:
            ys = _results(operation, xs, parameters)
        except (ValueError, IndexError):  # not of this matrix (LinAlgError), not with these indices
            return False
        if not all(y.ndim <= 3 and _moderate(y, _LARGEST_VALUE) for y in ys):
            return False
        with np.errstate(all="ignore"):
            for k, x in enumerate(xs):
                if x.dtype.kind != "f":
                    continue
                for y, J in zip(ys, operation.local_jacobians(k, ys, xs, parameters), strict=True):
                    if J is not None and not _moderate(np.asarray(J.T.apply(np.ones(y.shape))), _LARGEST_SLOPE):
                        return False
        return True

    # Arguments

    def fitting(self, a: np.ndarray) -> Variable | None:
        """A variable to be used as it is, now and then."""
        if self.below(4):
            return None
        type_ = ArrayType.of(a)
        fits = [v for v in self.pool if v.type is type_ and (type_.dtype.kind == "f" or self.within(v, a))]
        return fits[-1 - self.below(min(3, len(fits)))] if fits else None

    def within(self, v: Variable, a: np.ndarray) -> bool:
        """Whether an index stays among those of the example."""
        value = self.values[v.number]
        return a.dtype.kind == "b" or not a.size or bool(a.min() <= value.min() and value.max() <= a.max())

    def argument(self, a: np.ndarray, fitting: Variable | None) -> Variable:
        """A variable of the type of an example's argument, and of a value as good."""
        if fitting is not None:
            return fitting
        kind = self.below(8)
        if kind == 0 and len(self.graph.inputs) < 6:
            return self.input(a)
        if a.dtype.kind != "f":
            return self.constant(a)
        base = self.adapted(self.pick(), a.shape, a.dtype)
        if kind < 3:
            moved = self.made(multiply(self.made(tanh(base)), self.constant(np.asarray(0.05, a.dtype))))
            v = self.made(add(self.constant(a), moved))
        else:  # so that no derivative is damped
            v = self.made(add(base, self.constant((a - self.values[base.number]).astype(a.dtype))))
        self.pool.append(v)
        return v

    def pick(self) -> Variable:
        """What nothing uses yet, or anything once more."""
        if self.unused and self.below(2):
            v = self.unused[-1 - self.below(min(3, len(self.unused)))]
        else:
            v = self.pool[-1 - self.below(len(self.pool))]
        if v in self.unused:
            self.unused.remove(v)
        return v

    def adapted(self, v: Variable, shape: tuple[int, ...], dtype: Any) -> Variable:
        """A variable in another shape and dtype: by conversion, and reshape, broadcast, a slice or a sum."""
        if v.dtype.kind in "iu" and v.size and np.abs(self.values[v.number].astype(float)).max() > _LARGEST_VALUE:
            middle = np.sort(self.values[v.number], axis=None)[v.size // 2]  # as numbers, words would drown all others
            v = self.made(greater(v, self.constant(np.asarray(middle))))
        if v.dtype != dtype:
            v = self.made(convert(v, dtype=np.dtype(dtype).name))
        size = math.prod(shape)
        if v.shape == shape:
            return v
        if v.size == size:
            return self.made(reshape(v, shape=shape))
        if _broadcasts(v.shape, shape):
            return self.made(broadcast_to(v, shape=shape))
        if v.size > size and self.below(2):
            flat = v if v.ndim == 1 else self.made(reshape(v, shape=(v.size,)))
            step = 1 + self.below(2) * (v.size >= 2 * size)
            part = self.made(window(flat, windows=((self.below(v.size - step * size + step), step, size),)))
            return part if part.shape == shape else self.made(reshape(part, shape=shape))
        if v.ndim:
            v = self.made(einsum(v, labels=(tuple(range(v.ndim)),), out=(), absorbing=False))
        return self.made(broadcast_to(v, shape=shape)) if shape else v

    # Outputs

    def outputs(self) -> list[Variable]:
        """Two floating variables; what nothing uses is added to them while there is room."""
        loose = [v for v in self.unused if not v.is_input and v.size]
        floating = [v for v in dict.fromkeys([*loose, *reversed(self.pool)]) if v.dtype.kind == "f" and v.size]
        chosen = floating[:2] if len(floating) > 1 else [floating[0], self.made(tanh(floating[0]))]
        for k, v in enumerate(u for u in loose if u not in chosen):
            if self.count + _DEAREST > self.most:
                break
            y = chosen[k % 2]
            chosen[k % 2] = self.made(add(y, self.adapted(v, y.shape, y.dtype)))
        return chosen


def _moderate(a: np.ndarray, limit: float) -> bool:
    return bool(np.all(np.isfinite(a)) and np.abs(a).max(initial=0) < limit) if a.dtype.kind == "f" else True


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, to) == to
    except ValueError:
        return False
