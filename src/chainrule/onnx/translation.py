"""From the operations of the catalogue to nodes of ONNX: a table of how each is written, and the walk over a graph.

The table is laid out like the catalogue; each of its files adds entries. What is in no entry has no translation, and
says so before anything is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ..errors import UnsupportedError
from ..graph import Body, Graph, Variable, ancestors
from ..original import np
from .size import Shape, is_static
from .writer import Value, Writer


class Node(NamedTuple):
    """An operation to translate.

    Attributes
    ----------
    variable : Variable
        Its first result.
    inputs : list of Value
    in_shapes, shapes : shapes of the inputs and of the results, in which sizes may depend on the batch
    parameters : dict
        By name; numbers may depend on the batch.
    """

    variable: Variable
    inputs: list[Value]
    in_shapes: list[Shape]
    shapes: list[Shape]
    parameters: dict[str, Any]

    @property
    def dtype(self) -> np.dtype:
        return self.variable.dtype

    @property
    def shape(self) -> Shape:
        return self.shapes[0]


Translation = Callable[[Writer, Node], Any]

TRANSLATIONS: dict[str, Translation] = {}

_MATRICES = (
    *("solve", "triangular_solve", "without_phases", "qr", "svd", "svdvals", "inv", "pinv", "cofactor", "det"),
    *("slogdet", "cholesky", "eigh", "expm", "expm_frechet", "is_positive_definite", "is_regular"),
)
_LOOPS = ("counted", "grouped", "while_each")
REASONS: dict[str, str] = {
    **dict.fromkeys(_MATRICES, "ONNX has no factorizations of matrices"),
    **dict.fromkeys(("fft", "rfft", "irfft", "angle"), "ONNX has no complex numbers"),
    **dict.fromkeys(_LOOPS, "loops whose number of steps differs, and what is derived of them, are not written"),
    "partition_places": "the places that np.partition gives to entries are those of its own algorithm",
}


def translation(*names: str) -> Callable[[Translation], Translation]:
    """Declare how operations are written."""

    def declare(function: Translation) -> Translation:
        for name in names:
            TRANSLATIONS[name] = function
        return function

    return declare


class Sizes:
    """What is known of the shapes, parameters and constants of a graph: those of a single trace."""

    def shape(self, v: Variable) -> Shape:
        return v.shape

    def parameters(self, v: Variable) -> tuple[Any, ...]:
        return v.parameters

    def constant(self, writer: Writer, v: Variable) -> Value:
        return writer.constant(np.asarray(v.value), v.dtype, v.name or "constant")


def is_translated(v: Variable) -> bool:
    """Whether there is an entry for the operation that made a variable, for its dtypes."""
    operation: Any = v.operation
    if any(u.dtype.kind == "c" or u.dtype.itemsize > 8 for u in (*v.inputs, *v.results)):
        return False
    if all(0 in u.shape for u in v.results):
        return True
    return operation.name in TRANSLATIONS or (operation.kind == "elementwise" and operation.native is not None)


def check_translated(graph: Graph) -> None:
    """Raise where an operation has no translation: which, where, and what leads to it.

    Raises
    ------
    UnsupportedError
    """
    for v in ancestors(graph.outputs, stop=graph.inputs):
        if v.operation is None or v in graph.inputs:
            continue
        if not is_translated(v):
            raise untranslated(v)
        for parameter in v.parameters:
            if isinstance(parameter, Body):
                check_translated(parameter.graph)


def untranslated(v: Variable, reason: str | None = None) -> UnsupportedError:
    """The error for an operation that cannot be written."""
    operation: Any = v.operation
    foreign = sorted({u.dtype.name for u in (*v.inputs, *v.results) if u.dtype.kind == "c" or u.dtype.itemsize > 8})
    if reason is None and foreign:
        reason = f"ONNX has no operators for {' and '.join(foreign)}"
    reason = reason or REASONS.get(operation.name, "ONNX has no operator for it, and no formula is known here")
    return UnsupportedError(
        f"the operation {operation.name} cannot be exported: {reason}",
        where=v.origins[0] if v.origins else None,
        got=f"{operation.name} of {', '.join(str(u.type) for u in v.inputs) or 'nothing'}{_led_by(v)}",
        wanted="operations of the table in docs/onnx.md",
    )


def _led_by(v: Variable) -> str:
    """The operations that lead to it, nearest first."""
    names: list[str] = []
    waiting = list(v.inputs)
    seen = set()
    while waiting and len(names) < 6:
        u = waiting.pop(0)
        if u.number in seen:
            continue
        seen.add(u.number)
        if u.operation is not None and u.operation.name != "tag":
            names.append(u.operation.name)
        waiting += u.inputs
    return f", made by {' <- '.join(names)}" if names else ", of inputs"


def translated(writer: Writer, graph: Graph, inputs: Sequence[Value], sizes: Sizes | None = None) -> list[Value]:
    """Write all that a graph computes; the values of its outputs.

    Parameters
    ----------
    graph : Graph
    inputs : sequence of Value
        For each input of the graph.
    """
    sizes = sizes or Sizes()
    values: dict[int, Value] = {v.number: x for v, x in zip(graph.inputs, inputs, strict=True)}
    for v in ancestors(graph.outputs, stop=graph.inputs):
        if v.number in values:
            continue
        if v.operation is None:
            values[v.number] = sizes.constant(writer, v)
            continue
        writer.root.origin = str(v.origins[0]) if v.origins else ""
        results = _of_node(writer, v, values, sizes)
        for each, value in zip(v.results, results, strict=True):
            values.setdefault(each.number, value)
    writer.root.origin = ""
    return [values[v.number] for v in graph.outputs]


def _of_node(writer: Writer, v: Variable, values: Mapping[int, Value], sizes: Sizes) -> list[Value]:
    operation: Any = v.operation
    results = v.results
    shapes = [sizes.shape(u) for u in results]
    if all(is_static(shape) and 0 in shape for shape in shapes):
        return [writer.constant(np.zeros(u.shape, u.dtype)) for u in results]
    node = Node(
        results[0],
        [values[u.number] for u in v.inputs],
        [sizes.shape(u) for u in v.inputs],
        shapes,
        operation.named(sizes.parameters(v)),
    )
    try:
        made = (TRANSLATIONS.get(operation.name) or TRANSLATIONS["element-wise"])(writer, node)
    except (UnsupportedError, TypeError) as error:
        if isinstance(error, TypeError) and not isinstance(error, UnsupportedError) and _all_static(node):
            raise
        reason = (
            error.what if isinstance(error, UnsupportedError) else "it depends on the batch in a way not known here"
        )
        raise untranslated(v, reason) from error
    return list(made) if isinstance(made, (list, tuple)) and not isinstance(made, Value) else [made]


def _all_static(node: Node) -> bool:
    return all(is_static(shape) for shape in (*node.in_shapes, *node.shapes))
