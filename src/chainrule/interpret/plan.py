"""A graph as one straight-line Python function over NumPy: what a graph becomes that runs more than once.

One line a node and no interpreter loop; a value is forgotten after its last use. Nothing of the values is in the text,
only names: constants and parameters are bound beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

import numpy as np

from ..graph import Graph, Variable, ancestors

_LONGEST = 2_000  # lines of one function: compiling takes time and memory beyond proportion


@final
class Plan:
    """Call it with a value for each input of the graph; it returns the list of the outputs' values."""

    __slots__ = ("constants", "functions", "graph", "sources")

    def __init__(self, graph: Graph, loud: int = 0):
        """Floating-point warnings are those of NumPy for what the first `loud` outputs need, and silent for the rest."""
        self.graph = graph
        writer = _Writer(graph, loud)
        self.sources = writer.sources
        self.functions = [self._compiled(source, writer.bound) for source in writer.sources]
        self.constants = writer.constants

    @staticmethod
    def _compiled(source: str, bound: dict[str, Any]) -> Any:
        namespace = dict(bound)
        exec(compile(source, "<chainrule plan>", "exec"), namespace)
        return namespace["run"]

    def __call__(self, inputs: Sequence[Any]) -> list[Any]:
        if len(self.functions) == 1:
            return self.functions[0](inputs)
        values: dict[int, Any] = {v.number: x for v, x in zip(self.graph.inputs, inputs, strict=True)}
        values.update(self.constants)
        for function in self.functions:
            function(values)
        return [values[v.number] for v in self.graph.outputs]


class _Writer:
    """Writes the lines; a long graph becomes several functions that pass a dict of values on."""

    def __init__(self, graph: Graph, loud: int):
        self.graph = graph
        self.bound: dict[str, Any] = {"errstate": np.errstate}
        self.constants: dict[int, Any] = {}
        nodes = [v for v in ancestors(graph.outputs, stop=graph.inputs) if v not in set(graph.inputs)]
        applied = []
        for v in nodes:
            if v.operation is None:
                self.bound[f"v{v.number}"] = v.value
                self.constants[v.number] = v.value
            elif v.results[0] not in applied[-1:]:
                applied.append(v.results[0])
        forward = {v.number for v in ancestors(graph.outputs[:loud], stop=graph.inputs)}
        applied = sorted(dict.fromkeys(applied), key=lambda v: not any(u.number in forward for u in v.results))
        self.quiet_from = sum(1 for v in applied if any(u.number in forward for u in v.results))
        if len(applied) <= _LONGEST:
            self.sources = [self._single(applied)]
        else:
            chunks = [applied[k : k + _LONGEST] for k in range(0, len(applied), _LONGEST)]
            self.sources = [self._chunk(chunk) for chunk in chunks]

    def _single(self, applied: list[Variable]) -> str:
        inputs = self.graph.inputs
        lines = [f" {', '.join(f'v{v.number}' for v in inputs)}, = inputs"] if inputs else []
        last = {u.number: k for k, v in enumerate(applied) for u in v.inputs}
        kept = {v.number for v in self.graph.outputs}
        indent = " "
        for k, v in enumerate(applied):
            if k == self.quiet_from:
                lines.append(" with errstate(all='ignore'):")
                indent = "  "
            lines.append(f"{indent}{', '.join(f'v{u.number}' for u in v.results)} = {self._call(v)}")
            dead = {u.number for u in v.inputs if last[u.number] == k} | {
                u.number for u in v.results if u.number not in last
            }
            dead -= kept | self.constants.keys()
            if dead:
                lines.append(f"{indent}del {', '.join(f'v{n}' for n in sorted(dead))}")
        lines.append(f" return [{', '.join(f'v{v.number}' for v in self.graph.outputs)}]")
        return "def run(inputs):\n" + "\n".join(lines)

    def _chunk(self, applied: list[Variable]) -> str:
        made = {u.number for v in applied for u in v.results}
        taken = {u.number for v in applied for u in v.inputs} - made - self.constants.keys()
        lines = [f" v{n} = values[{n}]" for n in sorted(taken)]
        lines.append(" with errstate(all='ignore'):")
        lines += [f"  {', '.join(f'v{u.number}' for u in v.results)} = {self._call(v)}" for v in applied]
        lines += [f" values[{n}] = v{n}" for n in sorted(made)]
        return "def run(values):\n" + "\n".join(lines)

    def _call(self, v: Variable) -> str:
        operation: Any = v.operation
        arguments = [f"v{u.number}" for u in v.inputs]
        fast = operation.fast(tuple(u.type for u in v.inputs), v.parameters) if operation.fast else None
        function = fast or operation.forward
        if isinstance(function, np.ufunc):
            name = f"np_{operation.name}"
        else:
            name = f"f{v.number}" if fast else f"op_{operation.name}"
        self.bound[name] = function
        if not fast:
            for k, (parameter, value) in enumerate(zip(operation.parameter_names, v.parameters, strict=True)):
                self.bound[f"p{v.number}_{k}"] = value
                arguments.append(f"{parameter}=p{v.number}_{k}")
        return f"{name}({', '.join(arguments)})"
