"""Nodes of an ONNX graph, written one after the other: names, initializers, blocks of nodes inside of nodes.

Of dtypes for which onnxruntime has no kernel of an operator, values go to a wider dtype and back: the same numbers, for
integers wrap around alike. What has no such way is written as it is; the standard allows it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, final

from ..original import np
from .onnx_loader import helper, numpy_helper
from .size import Shape, Size, is_static

BOOL, INT64 = np.dtype(bool), np.dtype(np.int64)


class Value(NamedTuple):
    """What a node gives: its name and dtype."""

    name: str
    dtype: np.dtype


def _dtypes(names: str) -> frozenset[np.dtype]:
    return frozenset(map(np.dtype, names.split()))


_FLOATS = _dtypes("float16 float32 float64")
_COMMON = _FLOATS | _dtypes("int32 int64")
_SIGNED = _COMMON | _dtypes("int8 int16")

# For which dtypes the CPU of onnxruntime has an operator, of those that we use and that it has not for all.
KERNELS: dict[str, frozenset[np.dtype]] = {
    "Neg": _SIGNED,
    "Max": _COMMON | _dtypes("int8 uint8 uint32 uint64"),
    "Min": _COMMON | _dtypes("int8 uint8 uint32 uint64"),
    "MatMul": _COMMON | _dtypes("uint32 uint64"),
    "Where": _COMMON | _dtypes("int8 uint8 uint32"),
    "ReduceSum": _COMMON,
    "ReduceProd": _COMMON,
    "ReduceMax": _COMMON | _dtypes("bool int8 uint8"),
    "ReduceMin": _COMMON | _dtypes("bool int8 uint8"),
    "CumSum": _COMMON,
    "ArgMax": _COMMON | _dtypes("int8 uint8"),
    "ArgMin": _COMMON | _dtypes("int8 uint8"),
    "TopK": _COMMON | _dtypes("int8 int16 uint8"),
    "Pad": _COMMON | _dtypes("bool int8 uint8 uint32 uint64"),
    "Trilu": _COMMON | _dtypes("bool"),
    "Einsum": _COMMON,
    "Greater": _SIGNED | _dtypes("uint8 uint16 uint32 uint64"),
    "Less": _SIGNED | _dtypes("uint8 uint16 uint32 uint64"),
}
_ORDERED = {"Max", "Min", "ReduceMax", "ReduceMin", "ArgMax", "ArgMin", "TopK", "Greater", "Less"}


def wider(operator: str, dtype: np.dtype) -> np.dtype:
    """The dtype in which an operator runs for values of a dtype."""
    kernels = KERNELS.get(operator)
    if kernels is None or dtype in kernels or dtype.kind not in "iub":
        return dtype
    if dtype == np.uint64 and operator in _ORDERED:  # which int64 would put into another order
        return dtype
    return INT64


class Names:
    """Names that no two values of a model share."""

    def __init__(self) -> None:
        self._taken: set[str] = set()
        self._counts: dict[str, int] = {}

    def fresh(self, wish: str) -> str:
        name = wish
        while name in self._taken:
            self._counts[wish] = count = self._counts.get(wish, 1) + 1
            name = f"{wish}_{count}"
        self._taken.add(name)
        return name


@final
class Writer:
    """A graph that is being written; `outer` is the one around it, whose values it sees.

    Attributes
    ----------
    nodes, initializers : list
        As onnx has them.
    batched : Value or None
        An input whose first axis is a batch of symbolic size.
    """

    def __init__(self, outer: Writer | None = None):
        self.nodes: list[Any] = []
        self.initializers: list[Any] = []
        self.outer = outer
        self.root: Writer = self if outer is None else outer.root
        self.names: Names = Names() if outer is None else outer.names
        self.batched: Value | None = None
        self._batch: Value | None = None
        self.origin = ""
        self._constants: dict[tuple[str, tuple[int, ...], bytes], Value] = {}
        self._small: set[str] = set()
        self._shapes: dict[Shape, Value] = {}

    def node(self, operator: str, inputs: Sequence[Value], dtypes: Sequence[Any], **attributes: Any) -> list[Value]:
        """The values of a node of any number of results."""
        results = [Value(self.names.fresh(operator.lower()), np.dtype(dtype)) for dtype in dtypes]
        made = helper.make_node(
            operator,
            [x.name for x in inputs],
            [y.name for y in results],
            name=self.names.fresh(f"node_{operator}"),
            **attributes,
        )
        if self.root.origin:
            made.doc_string = self.root.origin
        self.nodes.append(made)
        return results

    def apply(
        self, operator: str, *inputs: Value, dtype: Any = None, typed: int | None = None, **attributes: Any
    ) -> Value:
        """The value of a node of one result: by default of the dtype of its first argument.

        `typed` is how many of the arguments have the dtype that the operator works in; by default all.
        """
        count = len(inputs) if typed is None else typed
        first = inputs[count - 1].dtype
        work = wider(operator, first)
        if work != first:
            inputs = (*[self.cast(x, work) if x.dtype == first else x for x in inputs[:count]], *inputs[count:])
        (result,) = self.node(operator, inputs, [work if dtype is None else dtype], **attributes)
        return self.cast(result, first) if dtype is None else result

    def cast(self, x: Value, dtype: Any) -> Value:
        dtype = np.dtype(dtype)
        if x.dtype == dtype:
            return x
        return self.node("Cast", [x], [dtype], to=helper.np_dtype_to_tensor_dtype(dtype))[0]

    def constant(self, array: Any, dtype: Any = None, name: str = "constant") -> Value:
        """An initializer of the model; equal ones that are small are one."""
        array = np.asarray(array, dtype)
        key = (array.dtype.str, array.shape, array.tobytes()) if array.size <= 64 else None
        root = self.root
        if key is not None and key in root._constants:
            return root._constants[key]
        value = Value(self.names.fresh(name), array.dtype)
        root.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array).reshape(array.shape), value.name))
        if key is not None:
            root._constants[key] = value
            root._small.add(value.name)
        return value

    def is_constant(self, x: Value) -> bool:
        """Whether a value is a small initializer."""
        return x.name in self.root._small

    def numbers(self, sizes: Sequence[Any]) -> Value:
        """A vector of whole numbers, some of which may depend on the batch."""
        if is_static(sizes):
            return self.constant(np.array(sizes, np.int64).reshape(len(sizes)), name="sizes")
        root = self.root  # computed once, outside of all blocks
        key = tuple(sizes)
        if key not in root._shapes:
            parts = [root._size(n) if isinstance(n, Size) else root.constant([n], np.int64) for n in sizes]
            root._shapes[key] = root.apply("Concat", *parts, axis=0) if len(parts) > 1 else parts[0]
        return root._shapes[key]

    def _size(self, size: Size) -> Value:
        assert self.batched is not None
        if self._batch is None:
            self._batch = self.apply("Shape", self.batched, dtype=INT64, start=0, end=1)
        value = self._batch
        if size.slope != 1:
            value = self.apply("Mul", value, self.constant([size.slope], np.int64))
        if size.offset:
            value = self.apply("Add", value, self.constant([size.offset], np.int64))
        return value

    # What is written everywhere

    def reshape(self, x: Value, shape: Shape) -> Value:
        """Row by row in another shape."""
        if is_static(shape):
            return self.apply("Reshape", x, self.constant(shape, np.int64, "shape"), typed=1, allowzero=int(0 in shape))
        unknown = [n for n in shape if isinstance(n, Size)]
        if len(unknown) == 1 and 0 not in shape:
            known = [-1 if isinstance(n, Size) else n for n in shape]
            return self.apply("Reshape", x, self.constant(known, np.int64, "shape"), typed=1)
        return self.apply("Reshape", x, self.numbers(shape), typed=1, allowzero=int(0 in shape))

    def expand(self, x: Value, shape: Shape) -> Value:
        return self.apply("Expand", x, self.numbers(shape), typed=1)

    def unsqueeze(self, x: Value, axes: Sequence[int]) -> Value:
        return self.apply("Unsqueeze", x, self.constant(list(axes), np.int64), typed=1) if axes else x

    def transpose(self, x: Value, order: Sequence[int]) -> Value:
        return x if list(order) == list(range(len(order))) else self.apply("Transpose", x, perm=list(order))

    def fill(self, number: Any, dtype: Any, shape: Shape) -> Value:
        """An array of one number."""
        return self.expand(self.constant(number, dtype), shape)

    # Blocks of nodes inside of nodes

    def branch(self, condition: Value, then: Block, otherwise: Block, shapes: Sequence[Shape]) -> list[Value]:
        """The values of one of two blocks, only one of which is computed."""
        blocks, dtypes = {}, []
        for name, write in (("then_branch", then), ("else_branch", otherwise)):
            block = Writer(self)
            results = block.own(write(block))
            dtypes = [y.dtype for y in results]
            blocks[name] = block.graph(name, [], results, [], shapes)
        return self.node("If", [condition], dtypes, **blocks)

    def own(self, results: Sequence[Value]) -> list[Value]:
        """The results of a block, each by a node of its own in it."""
        return [self.node("Identity", [y], [y.dtype])[0] for y in results]

    def graph(
        self,
        name: str,
        inputs: Sequence[Value],
        outputs: Sequence[Value],
        in_shapes: Sequence[Shape],
        shapes: Sequence[Shape],
    ) -> Any:
        """What has been written, as onnx has it."""
        described = [
            [described_value(x, shape) for x, shape in zip(values, of_values, strict=True)]
            for values, of_values in ((inputs, in_shapes), (outputs, shapes))
        ]
        return helper.make_graph(self.nodes, name, *described, self.initializers)


Block = Callable[[Writer], Sequence[Value]]


def described_value(x: Value, shape: Shape) -> Any:
    """Name, dtype and shape, as onnx has them; sizes that depend on the batch by a formula."""
    dims = [_symbol(n) if isinstance(n, Size) else int(n) for n in shape]
    return helper.make_tensor_value_info(x.name, helper.np_dtype_to_tensor_dtype(x.dtype), dims)


def _symbol(size: Size) -> str:
    text = "batch" if size.slope == 1 else f"{size.slope}*batch"
    return f"{text}{size.offset:+d}" if size.offset else text
