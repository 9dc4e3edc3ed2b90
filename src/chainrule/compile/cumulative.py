"""Running sums, products and extrema: one step after the other along an axis, for all other axes at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..graph import Variable
from ..ops.native import absorbing_product, larger_of, product_of, smaller_of, sum_of
from .code import Code
from .emitter import Function, Value
from .entries import Entries, Memory, Place
from .index import Counter, Index
from .loops import over
from .reductions import REDUCTIONS

_COMBINED: dict[str, tuple[Callable[..., Value], str]] = {  # and the reduction that begins alike
    "cumsum": (sum_of, "einsum"),
    "cumprod": (product_of, "prod"),
    "cummax": (larger_of, "amax"),
    "cummin": (smaller_of, "amin"),
}


def is_cumulative(v: Variable) -> bool:
    operation: Any = v.operation
    return operation.name in _COMBINED or operation.name == "recurrence"


def write_cumulative(v: Variable, memory: Memory, function: Function, code: Code, entries: Entries, lanes: int) -> None:
    """The loops of a running operation; `memory` is where it lies."""
    operation: Any = v.operation
    named = operation.named(v.parameters)
    axis, reverse = named["axis"], named.get("reverse", False)
    size = v.shape[axis]
    others = (*v.shape[:axis], *v.shape[axis + 1 :])
    along_lanes = axis != len(v.shape) - 1

    def next_of(before: Value, place: Place) -> Value:
        values = [code.convert(entries.entry(x, place), v.dtype) for x in v.inputs]
        if operation.name == "recurrence":
            return code.add(absorbing_product(code, before, values[0]), values[1])
        return _COMBINED[operation.name][0](code, before, values[0])

    def run(place: Place) -> None:
        width = max((c.lanes for index in place for c in index.terms), default=1)
        begin = 0 if operation.name == "recurrence" else REDUCTIONS[_COMBINED[operation.name][1]].identity(v.dtype)
        with function.loop(size) as loop:
            step = Index.of(Counter(loop.index.text, loop.index))
            here = (*place[:axis], step * -1 + (size - 1) if reverse else step, *place[axis:])
            before, set_next = loop.carry(code.constant(begin, v.dtype), width)
            after = next_of(before, here)
            entries.store(memory, after, here)
            set_next(after)

    over(function, others, lanes if along_lanes else 1, run)
