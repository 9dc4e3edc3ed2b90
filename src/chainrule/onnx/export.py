"""A function traced, simplified and written as an ONNX model."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Sequence
from typing import Any

from .. import __version__, files, tree
from ..api import trace
from ..api.arguments import argument_names, check_callable
from ..arraytype import ArrayType
from ..errors import ArgumentError, InternalError, Origin, TooLargeError, UnsupportedError, users_frames_only
from ..graph import Graph
from ..simplify import simplify
from .batch import batch_axes, several
from .names import Chosen, check_chosen, named, places_of
from .onnx_loader import checker, helper, onnx
from .translation import Sizes, check_translated, translated
from .writer import Value, Writer

OPSET = 21
OLDEST = 20  # before, ReduceMax takes no truth values
_LARGEST = 2**31 - 1  # bytes of one message of protobuf


@users_frames_only
def export(
    f: Callable[..., Any],
    *arguments: Any,
    path: str | os.PathLike[str] | None = None,
    names: Chosen | None = None,
    opset: int = OPSET,
    dynamic_batch: bool | int | Sequence[int] = False,
) -> Any:
    """A function as an ONNX model: traced at these arguments, simplified, translated and checked.

    A gradient is a graph like any other, so f may be ``cr.grad(loss)``, ``cr.value_and_grad(loss)`` or a map of them
    over samples. Dtypes stay what they are. Arrays that f captures become initializers, the numbers of the model.

    Parameters
    ----------
    f : callable
        Of arrays, numbers, or trees of them; it returns the same.
    *arguments : arrays or trees of them
        Each leaf is an input of the model, named after its place: `parameters_0_W` for ``parameters[0]['W']``. The
        results are called `output`, or `output_0`, `output_1_W`... The places stand in the metadata of the model.
    path : path, optional
        Where to write it, whole or not at all.
    names : dict, optional
        Other names, by the name of an argument or "output": ``{"x": "pixels", "output": ["loss", "gradient"]}``.
    opset : int
        The version of ONNX's operators, 20 or more.
    dynamic_batch : bool, int or sequence of int
        True: the first axis of all arguments is a batch, of which the model takes any size. Numbers: only of these
        arguments. The function is traced at some sizes from 2 to 67, and may differ in sizes only.

    Returns
    -------
    model : onnx.ModelProto

    Raises
    ------
    UnsupportedError
        If an operation has no translation, the path that f takes depends on values, the package onnx is missing, or
        f does not compute the same for batches of other sizes where it has to.
    ArgumentError
        If the opset is too old or unknown, dynamic_batch names no batch, or f returns no array.
    UnknownNameError
        If names chooses a name for what is not there.
    TooLargeError
        If the model has 2 GiB or more.
    FileError
        If the file cannot be written.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> model = export(cr.grad(lambda w, x: np.sum(np.tanh(x @ w))), np.ones(3), np.ones((5, 3)))
    >>> [value.name for value in model.graph.input], [value.name for value in model.graph.output]
    (['w', 'x'], ['output'])
    """
    check_callable(f)
    names = dict(names or {})
    _check_opset(opset)
    bases = argument_names(f, len(arguments))
    check_chosen(names, [*bases, "output"])
    types = [[ArrayType.of(leaf) for leaf in tree.flatten(each)[0]] for each in arguments]
    numbers = [] if dynamic_batch is False else batch_axes(arguments, types, dynamic_batch)
    places: list[str] = []

    def traced(given: Sequence[Any]) -> Graph:
        return _traced(f, given, places)

    if numbers:
        graph, sizes = several(traced, arguments, numbers)
    else:
        graph, sizes = traced(arguments), Sizes()
    if not graph.outputs:
        raise ArgumentError("a model has at least one output, and this function returns no array")
    check_translated(graph)
    in_places = [place for each, base in zip(arguments, bases, strict=True) for place in places_of(each, base)]
    batched = next((sum(map(len, types[:k])) for k in numbers), None)
    model = _model(graph, sizes, in_places, places, names, batched, opset)
    if path is not None:
        files.write_bytes(path, model.SerializeToString())
    return model


def _check_opset(opset: int) -> None:
    newest = onnx.defs.onnx_opset_version()
    if type(opset) is not int or not OLDEST <= opset <= newest:
        raise ArgumentError(
            f"opset is a version of ONNX's operators, not {opset!r}", wanted=f"a whole number from {OLDEST} to {newest}"
        )


def _traced(f: Callable[..., Any], arguments: Sequence[Any], places: list[str]) -> Graph:
    """The graph, simplified; where the results stand goes into `places`."""

    @functools.wraps(f)
    def recorded(*args: Any) -> Any:
        result = f(*args)
        places[:] = places_of(result, "output")
        return result

    found = trace(recorded, *arguments)
    if found.guards:
        guard = found.guards[0]
        raise UnsupportedError(
            "the path that this function takes depends on a value, and an ONNX model would take the same for all",
            where=Origin(guard.origin) if guard.origin else None,
            wanted="a function that asks for no values of its arguments",
            try_="np.where or cr.cond",
        )
    return simplify(found.data)


def _model(
    graph: Graph,
    sizes: Sizes,
    in_places: Sequence[str],
    places: Sequence[str],
    names: Chosen,
    batched: int | None,
    opset: int,
) -> Any:
    """The model, checked; `batched` is the number of an input whose first axis is the batch."""
    writer = Writer()
    in_names = named(in_places, names, writer.names)
    out_names = named(places, names, writer.names)
    inputs = [Value(name, v.dtype) for name, v in zip(in_names, graph.inputs, strict=True)]
    if batched is not None:
        writer.batched = inputs[batched]
    results = translated(writer, graph, inputs, sizes)
    outputs = [Value(name, y.dtype) for name, y in zip(out_names, results, strict=True)]
    for y, output in zip(results, outputs, strict=True):
        writer.nodes.append(helper.make_node("Identity", [y.name], [output.name], name=f"node_of_{output.name}"))
    in_shapes = [sizes.shape(v) for v in graph.inputs]
    shapes = [sizes.shape(v) for v in graph.outputs]
    content = writer.graph(graph.name, inputs, outputs, in_shapes, shapes)
    imports = [helper.make_opsetid("", opset)]
    model = helper.make_model(
        content,
        opset_imports=imports,
        ir_version=helper.find_min_ir_version_for(imports),
        producer_name="chainrule",
        producer_version=__version__,
    )
    helper.set_model_props(
        model, {"chainrule.inputs": json.dumps(in_names), "chainrule.outputs": json.dumps(out_names)}
    )
    _check(model)
    return model


def _check(model: Any) -> None:
    if model.ByteSize() > _LARGEST:
        raise TooLargeError(
            f"a model of {model.ByteSize():,} bytes is more than one file of ONNX holds",
            wanted="less than 2 GiB of numbers",
        )
    try:
        checker.check_model(model, full_check=True)
    except (checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise InternalError(f"the model that was written is not legal: {error}", got=str(model.graph.name)) from error
