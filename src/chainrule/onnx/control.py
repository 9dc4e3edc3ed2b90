"""Operations that hold a graph: a branch is an If, a scan a Scan, a loop a Loop; what is called is written out."""

from __future__ import annotations

from ..graph import Body
from ..original import np
from .translation import Node, translated, translation
from .writer import BOOL, INT64, Value, Writer


def _of_body(writer: Writer, body: Body, inputs: list[Value]) -> list[Value]:
    return translated(writer, body.graph, inputs)


@translation("call")
def _call(writer: Writer, node: Node) -> list[Value]:
    return _of_body(writer, node.parameters["body"], node.inputs)


@translation("cond")
def _cond(writer: Writer, node: Node) -> list[Value]:
    condition, *inputs = node.inputs
    then, otherwise = node.parameters["then"], node.parameters["otherwise"]
    return writer.branch(
        writer.cast(condition, BOOL),
        lambda block: _of_body(block, then, inputs),
        lambda block: _of_body(block, otherwise, inputs),
        node.shapes,
    )


@translation("scan")
def _scan(writer: Writer, node: Node) -> list[Value]:
    held, carried, length = (node.parameters[name] for name in ("held", "carried", "length"))
    body, keep = node.parameters["body"], node.parameters["keep"]
    shared, carry, rows = (
        node.inputs[:held],
        node.inputs[held : held + carried],
        node.inputs[held + carried :],
    )
    results = node.variable.results
    if not length:
        return [*carry, *(writer.constant(np.zeros(v.shape, v.dtype)) for v in results[carried:])]
    block = Writer(writer)
    steps = body.graph.inputs[held:]
    inputs = [Value(writer.names.fresh("step"), v.dtype) for v in steps]
    in_shapes = [v.shape for v in steps]
    outputs = _of_body(block, body, [*shared, *inputs])
    shapes = [v.shape for v in body.graph.outputs]
    if keep:
        outputs, shapes = [*outputs, *inputs[:carried]], [*shapes, *in_shapes[:carried]]
    if not rows:  # a Scan takes rows; these are not looked at
        rows = [writer.constant(np.zeros(length, bool))]
        inputs, in_shapes = [*inputs, Value(writer.names.fresh("row"), BOOL)], [*in_shapes, ()]
    graph = block.graph("step", inputs, block.own(outputs), in_shapes, shapes)
    directions = {
        "scan_input_directions": [int(node.parameters["reverse"])] * len(rows),
        "scan_output_directions": [int(node.parameters["reverse"])] * (len(outputs) - carried),
    }
    return writer.node(
        "Scan",
        [*carry, *rows],
        [y.dtype for y in outputs],
        body=graph,
        num_scan_inputs=len(rows),
        **{name: value for name, value in directions.items() if value},
    )


@translation("while_loop")
def _while(writer: Writer, node: Node) -> list[Value]:
    """The state for which the test no longer holds, and the number of steps."""
    test, body, held = (node.parameters[name] for name in ("test", "body", "held"))
    shared, state = node.inputs[:held], node.inputs[held:]
    (begin,) = _of_body(writer, test, node.inputs)
    block = Writer(writer)
    step, holds = Value(writer.names.fresh("step"), INT64), Value(writer.names.fresh("holds"), BOOL)
    types = [v.type for v in body.graph.inputs[held:]]
    before = [Value(writer.names.fresh("state"), t.dtype) for t in types]
    count = Value(writer.names.fresh("count"), INT64)
    after = _of_body(block, body, [*shared, *before])
    (again,) = _of_body(block, test, [*shared, *after])
    counted = block.apply("Add", count, block.constant(1, INT64))
    shapes = [*(t.shape for t in types), ()]
    outputs = block.own([block.cast(again, BOOL), *after, counted])
    graph = block.graph("step", [step, holds, *before, count], outputs, [(), (), *shapes], [(), *shapes])
    most, none = writer.constant(np.iinfo(np.int64).max), writer.constant(0, INT64)
    dtypes = [*(t.dtype for t in types), INT64]
    return writer.node("Loop", [most, writer.cast(begin, BOOL), *state, none], dtypes, body=graph)
