"""A graph as straight-line Python over NumPy: what a graph becomes that runs more than once.

One line a node and no interpreter loop; a value is forgotten after its last use. Nothing of the values is in the text,
only names: constants and parameters are bound beside it.

Products that zero absorbs are first computed as plain products, which differ only where 0 meets inf or nan, and give
nan there. If a nan reaches an output, everything is computed again with care.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, final

from ..graph import Graph, Variable, ancestors
from ..original import np

_LONGEST = 2_000  # lines of one function: compiling takes time and memory beyond proportion

_SIGNS = {np.add: "{} + {}", np.subtract: "{} - {}", np.multiply: "{} * {}", np.divide: "{} / {}", np.negative: "-{}"}

# Operations of which a nan comes out wherever one goes in, so that the care for 0 * inf can wait for the outputs.
# (where: of what it takes; the others move or add. A nan from 0 * inf is one in both parts of a complex number.)
_KEEPS_NAN = frozenset(
    [
        "add",
        "subtract",
        "multiply",
        "divide",
        "negative",
        "positive",
        "absorb",
        "factor_product",
        "einsum",
        "reshape",
        "transpose",
        "broadcast_to",
        "window",
        "element",
        "place",
        "write",
        "sum_of_pieces",
        "concatenate",
        "take",
        "scatter",
        "cumsum",
        "convert",
        "embed",
        "where",
        "tag",
        "square",
        "exp",
        "log",
        "sin",
        "cos",
        "tanh",
        "sqrt",
        "reciprocal",
        "expm1",
        "log1p",
        "expit",
        "softplus",
        "log_expit",
        "sinh",
        "cosh",
        "real",
        "imag",
        "conjugate",
        "fft",
        "rfft",
        "irfft",
    ]
)


@final
class Plan:
    """Call it with a value for each input of the graph; it returns the list of the outputs' values.

    Parameters
    ----------
    graph : Graph
    loud : int
        Floating-point warnings are NumPy's for what the first `loud` outputs need, and silent for the rest.
    """

    __slots__ = ("careful", "checked", "graph", "hopeful")

    def __init__(self, graph: Graph, loud: int = 0):
        self.graph = graph
        self.careful = _Program(graph, loud, guarded=True)
        self.hopeful = self.careful
        self.checked: list[int] = []
        suspects = _suspects(graph)
        if suspects is not None:
            self.checked = [k for k, v in enumerate(graph.outputs) if v.number in suspects]
            if self.checked:
                self.hopeful = _Program(graph, loud, guarded=False)

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        results = self.hopeful(inputs)
        for k in self.checked:
            total = np.add.reduce(results[k], axis=None)  # nan if there is one in it
            if total != total:
                return self.careful(inputs)
        return results


def _suspects(graph: Graph) -> set[int] | None:
    """The variables that a nan from 0 * inf can reach; None if it could turn into something else on the way."""
    found: set[int] = set()
    for v in ancestors(graph.outputs, stop=graph.inputs):
        operation: Any = v.operation
        if operation is None or v in graph.inputs:
            continue
        reached = any(u.number in found for u in v.inputs)
        if reached and operation.name not in _KEEPS_NAN:
            return None
        if reached or (operation.unguarded and operation.unguarded(tuple(u.type for u in v.inputs), v.parameters)):
            found.add(v.number)
    return found


@final
class _Program:
    """The text of a graph's computation, compiled; a long one becomes several functions that pass a dict on."""

    __slots__ = ("bound", "constants", "functions", "graph", "guarded", "quiet_from", "sources")

    def __init__(self, graph: Graph, loud: int, guarded: bool):
        self.graph, self.guarded = graph, guarded
        self.bound: dict[str, Any] = {"errstate": np.errstate}
        self.constants: dict[int, Any] = {}
        applied = self._in_order(loud)
        chunks = [applied[k : k + _LONGEST] for k in range(0, len(applied), _LONGEST)]
        self.sources = [self._whole(applied)] if len(chunks) < 2 else [self._chunk(chunk) for chunk in chunks]
        self.functions = [self._compiled(source) for source in self.sources]
        self.bound = {}

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        if len(self.functions) == 1:
            return self.functions[0](inputs)
        values: dict[int, Any] = {v.number: x for v, x in zip(self.graph.inputs, inputs, strict=True)}
        values.update(self.constants)
        for function in self.functions:
            function(values)
        return [values[v.number] for v in self.graph.outputs]

    def _compiled(self, source: str) -> Callable[..., Any]:
        namespace = dict(self.bound)
        exec(compile(source, "<chainrule plan>", "exec"), namespace)
        return namespace["run"]

    def _in_order(self, loud: int) -> list[Variable]:
        """The first result of every operation: first those that the loud outputs need, then the others."""
        graph = self.graph
        inputs = set(graph.inputs)
        applied: dict[Variable, None] = {}
        for v in ancestors(graph.outputs, stop=graph.inputs):
            if v in inputs:
                continue
            if v.operation is None:
                value = v.value[()] if v.shape == () else v.value
                self.bound[f"v{v.number}"] = self.constants[v.number] = value
            else:
                applied[v.results[0]] = None
        aloud = {v.results[0].number for v in ancestors(graph.outputs[:loud], stop=graph.inputs)}
        self.quiet_from = sum(1 for v in applied if v.number in aloud)
        return sorted(applied, key=lambda v: v.number not in aloud)

    def _whole(self, applied: list[Variable]) -> str:
        inputs = self.graph.inputs
        lines = [f" {', '.join(f'v{v.number}' for v in inputs)}, = inputs"] if inputs else []
        lines += [f" v{v.number} = v{v.number}[()]" for v in inputs if v.shape == ()]
        last = {u.number: k for k, v in enumerate(applied) for u in v.inputs}
        kept = {v.number for v in self.graph.outputs} | self.constants.keys()
        indent = " "
        for k, v in enumerate(applied):
            if k == self.quiet_from:
                lines.append(" with errstate(all='ignore'):")
                indent = "  "
            lines.append(f"{indent}{self._results(v)} = {self._call(v)}")
            dead = {u.number for u in v.inputs if last[u.number] == k and u.size > 1}
            dead |= {u.number for u in v.results if u.number not in last}
            if dead - kept:
                lines.append(f"{indent}del {', '.join(f'v{n}' for n in sorted(dead - kept))}")
        lines.append(f" return [{', '.join(f'v{v.number}' for v in self.graph.outputs)}]")
        return "def run(inputs):\n" + "\n".join(lines)

    def _chunk(self, applied: list[Variable]) -> str:
        made = {u.number for v in applied for u in v.results}
        taken = {u.number for v in applied for u in v.inputs} - made - self.constants.keys()
        lines = [f" v{n} = values[{n}]" for n in sorted(taken)]
        lines.append(" with errstate(all='ignore'):")
        lines += [f"  {self._results(v)} = {self._call(v)}" for v in applied]
        lines += [f" values[{n}] = v{n}" for n in sorted(made)]
        return "def run(values):\n" + "\n".join(lines)

    @staticmethod
    def _results(v: Variable) -> str:
        return ", ".join(f"v{u.number}" for u in v.results)

    def _call(self, v: Variable) -> str:
        operation: Any = v.operation
        types = tuple(u.type for u in v.inputs)
        arguments = [f"v{u.number}" for u in v.inputs]
        short = None
        if not self.guarded and operation.unguarded:
            short = operation.unguarded(types, v.parameters)
        if short is None and operation.fast:
            short = operation.fast(types, v.parameters)
        function = short or operation.forward
        if function in _SIGNS:
            return _SIGNS[function].format(*arguments)
        name = (
            f"np_{operation.name}"
            if isinstance(function, np.ufunc)
            else f"f{v.number}"
            if short
            else f"op_{operation.name}"
        )
        self.bound[name] = function
        if not short:
            for k, (parameter, value) in enumerate(zip(operation.parameter_names, v.parameters, strict=True)):
                self.bound[f"p{v.number}_{k}"] = value
                arguments.append(f"{parameter}=p{v.number}_{k}")
        return f"{name}({', '.join(arguments)})"
