"""A graph for batches of any size, from traces at several: what differs between them has to be a size.

Each number of a shape or parameter that differs must be slope * n + offset at all sizes n that were traced; a constant
that differs, filled with such a number, with one over n or another of the forms below, or 0, 1, 2... Anything else is
refused.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import tree
from ..arraytype import ArrayType
from ..errors import ArgumentError, ChainruleError, Origin, UnsupportedError
from ..graph import Graph, Variable
from ..original import np
from .size import Shape, Size, fitted
from .translation import Sizes
from .writer import INT64, Value, Writer

_ROUNDINGS = 4  # units in the last place: what a number over n may be off by, having been computed in steps
# Sizes to trace at: small ones and larger ones, since x[:10] is another thing for 3 rows and for 13; not 1, which
# broadcasts. Where one of the first series is equal to another size of the graph by chance, the second may do.
SERIES = ((2, 3, 13, 61), (5, 7, 17, 67))


class SizesOfTraces(Sizes):
    """What traces at several sizes of the batch have in common."""

    def __init__(self, graphs: Sequence[Graph], sizes: Sequence[int]):
        self.sizes = sizes
        first = graphs[0]
        if any(len(graph.variables) != len(first.variables) for graph in graphs):
            raise different("the graph has another number of operations for another size of the batch", None)
        self.alike = {v.number: each for v, *each in zip(first.variables, *[g.variables for g in graphs], strict=True)}
        for v in first.variables:
            self._compare(v)

    def _compare(self, v: Variable) -> None:
        for other in self.alike[v.number]:
            if (
                other.operation is not v.operation
                or [u.number for u in other.inputs] != [u.number for u in v.inputs]
                or (other.dtype, other.ndim, other.part) != (v.dtype, v.ndim, v.part)
            ):
                raise different("the graph is made of other operations for another size of the batch", v)
        self.shape(v)
        self.parameters(v)

    def shape(self, v: Variable) -> Shape:
        return tuple(self._number(each, v) for each in zip(*[u.shape for u in self.alike[v.number]], strict=True))

    def parameters(self, v: Variable) -> tuple[Any, ...]:
        if v.operation is not None and v.operation.name == "tag":
            return v.parameters
        return self._merged([u.parameters for u in self.alike[v.number]], v)

    def _number(self, values: Sequence[int], v: Variable) -> Any:
        if len(set(values)) == 1:
            return values[0]
        found = fitted(values, self.sizes)
        if found is None:
            raise different(f"a size is {', '.join(map(str, values))}, which does not grow evenly", v)
        return found

    def _merged(self, values: Sequence[Any], v: Variable) -> Any:
        first = values[0]
        if all(each is first for each in values):
            return first
        if all(type(each) is tuple and len(each) == len(first) for each in values):
            return tuple(self._merged(each, v) for each in zip(*values, strict=True))
        if all(type(each) is int for each in values):
            return self._number(values, v)
        if any(each != first for each in values):
            raise different("a setting of the operation differs for another size of the batch", v)
        return first

    def constant(self, writer: Writer, v: Variable) -> Value:
        values = [np.asarray(u.value) for u in self.alike[v.number]]
        first = values[0]
        if all(each.shape == first.shape and each.tobytes() == first.tobytes() for each in values):
            return super().constant(writer, v)
        shape = self.shape(v)
        ranges = [np.arange(each.size, dtype=each.dtype) for each in values]
        if first.ndim == 1 and all(map(np.array_equal, values, ranges)):
            return _counting(writer, shape[0], first.dtype)
        if not all(each.size and (each == each.flat[0]).all() for each in values):
            raise different("an array that is no argument differs for another size of the batch", v)
        number = self._filling(writer, [each.flat[0] for each in values], v)
        return writer.expand(number, shape) if shape else number

    def _filling(self, writer: Writer, numbers: Sequence[Any], v: Variable) -> Value:
        """A number: the same for all sizes, or computed from the size."""
        dtype = v.dtype
        if len({number.tobytes() for number in numbers}) == 1:
            return writer.constant(numbers[0])
        if all(float(number).is_integer() for number in numbers):
            found = fitted([int(number) for number in numbers], self.sizes)
            if isinstance(found, Size):
                return writer.cast(writer.reshape(writer.numbers([found]), ()), dtype)
        for powers in _POWERS if dtype.kind == "f" else ():
            factor = self._factor(numbers, powers)
            if factor is not None:
                return _scaled(writer, factor, powers)
        raise different("a number depends on the size of the batch in a way not known here", v)

    def _factor(self, numbers: Sequence[Any], powers: tuple[int, int]) -> Any:
        """c where all numbers are c n^p (n - 1)^q; None where they are not."""
        p, q = powers
        sizes = np.array(self.sizes, float)
        found = np.array(numbers, float) / (sizes**p * (sizes - 1) ** q)
        dtype = numbers[0].dtype
        allowed = _ROUNDINGS * np.finfo(dtype).eps * abs(found[-1])
        if not np.isfinite(found).all() or np.abs(found - found[-1]).max() > allowed:
            return None
        short = float(f"{found[-1]:.6g}")  # 0.1 rather than what rounding has made of it
        return dtype.type(short if abs(short - found[-1]) <= allowed else found[-1])


# Powers of n and of n - 1: of means, means of means, and of variances of samples with the gradients of all.
_POWERS = ((-1, 0), (0, -1), (1, -1), (-1, 1), (-2, 0), (-1, -1))


def _scaled(writer: Writer, factor: Any, powers: tuple[int, int]) -> Value:
    """factor n^p (n - 1)^q."""
    value = writer.constant(factor)
    for offset, power in zip((0, -1), powers, strict=True):
        for _ in range(abs(power)):
            n = writer.cast(writer.reshape(writer.numbers([Size(1, offset)]), ()), value.dtype)
            value = writer.apply("Mul" if power > 0 else "Div", value, n)
    return value


def _counting(writer: Writer, size: Any, dtype: np.dtype) -> Value:
    """0, 1, 2 and so on."""
    end = writer.reshape(writer.numbers([size]), ())
    zero, one = writer.constant(0, INT64), writer.constant(1, INT64)
    return writer.cast(writer.apply("Range", zero, end, one), dtype)


def _line_of(v: Variable) -> Origin | None:
    """The user's line; of a constant that of the first operation that takes it."""
    users = [v, *(u for u in v.graph.variables if v in u.inputs)]
    return next((u.origins[0] for u in users if u.origins), None)


def different(what: str, v: Variable | None) -> UnsupportedError:
    """The error for traces that differ in more than sizes."""
    where = None if v is None else _line_of(v)
    return UnsupportedError(
        f"this cannot be exported for a batch of any size: {what}",
        where=where,
        got=None if v is None else f"{v.operation.name if v.operation else 'a constant'}, {v.type}",
        wanted="a graph that is the same for batches of all sizes but for its shapes",
        try_="dynamic_batch=False, with arguments of the size that the model is to take",
    )


def several(
    trace: Callable[[Sequence[Any]], Graph], arguments: Sequence[Any], numbers: Sequence[int]
) -> tuple[Graph, SizesOfTraces]:
    """The graph at the first size, and what its sizes are for others.

    Raises
    ------
    UnsupportedError
        If traces fail at other sizes, or differ in more than sizes.
    """
    failures: list[UnsupportedError] = []
    for sizes in SERIES:
        try:
            graphs = [trace(_resized(arguments, numbers, n)) for n in sizes]
        except ChainruleError as error:
            raise UnsupportedError(
                f"this cannot be exported for a batch of any size: {error.what}",
                where=error.where,
                got=error.got,
                try_="dynamic_batch=False, or the numbers of the arguments that hold a batch: dynamic_batch=(1,)",
            ) from error
        try:
            return graphs[0], SizesOfTraces(graphs, sizes)
        except UnsupportedError as error:
            failures.append(error)
    raise failures[-1]


def _resized(arguments: Sequence[Any], numbers: Sequence[int], n: int) -> list[Any]:
    """The arguments with rows of a batch repeated, so that there are n."""

    def resized(x: Any) -> Any:
        x = np.asarray(x)
        return x[np.arange(n) % len(x)]

    return [tree.map_leaves(resized, x) if k in numbers else x for k, x in enumerate(arguments)]


def batch_axes(arguments: Sequence[Any], types: Sequence[Sequence[ArrayType]], dynamic: Any) -> list[int]:
    """The numbers of the arguments that hold a batch; all their leaves have it as first axis.

    Raises
    ------
    ArgumentError
        If a number is that of no argument, or there is no batch of one size.
    """
    numbers = list(range(len(arguments))) if dynamic is True else [dynamic] if type(dynamic) is int else list(dynamic)
    for k in numbers:
        if type(k) is not int or not 0 <= k < len(arguments):
            raise ArgumentError(
                f"dynamic_batch names argument {k!r}, and there are {len(arguments)}",
                wanted="True, or the numbers of arguments from 0 on",
            )
    found = [t for k in numbers for t in types[k]]
    sizes = {t.shape[0] if t.shape else None for t in found}
    if len(sizes) != 1 or None in sizes or 0 in sizes:
        raise ArgumentError(
            "the arguments of a batch have its size as their first axis, and these have not one of the same size",
            got=", ".join(map(str, found)) or "no array",
            try_="dynamic_batch=(1,), say: the numbers of the arguments that hold a batch",
        )
    return numbers
