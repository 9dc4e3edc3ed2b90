"""What loops and branches do with the trees that their functions take and return: types that must not change."""

from __future__ import annotations

import reprlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from .. import tree
from ..arraytype import ArrayType
from ..errors import ArgumentError, DtypeError, ShapeError
from ..graph import Variable
from ..ops import of_dtype
from ..original import np
from ..tracing import Argument, Array, Recorded, Trace, active, record, trace_of, variable_of, wrap
from ..tracing.array import ARRAY, PYTHON, SCALAR
from .scope import plain

_RANK = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}


class LeafType(NamedTuple):
    """Of a leaf; a Python number is weak: it becomes what it meets."""

    type: ArrayType
    weak: bool

    @property
    def kind(self) -> int:
        return ARRAY if self.type.shape else PYTHON if self.weak else SCALAR


def leaf_type(x: Any, place: str) -> LeafType:
    if type(x) is Array:
        return LeafType(x.variable.type, x.kind == PYTHON and x.dtype.kind != "b")
    if not isinstance(x, tree.LEAVES):
        raise DtypeError(
            f"{place} is a value of type {x.__class__.__name__}, which is no array",
            got=reprlib.repr(x),
            wanted="arrays and numbers, or trees of them",
        )
    return LeafType(ArrayType.of(plain(x)), type(x) in (int, float, complex))


def settled(a: LeafType, b: LeafType) -> LeafType | None:
    """The type that both have or, being weak, can take; None where there is none."""
    if a.type is b.type:
        return LeafType(a.type, a.weak and b.weak)
    if a.type.shape != b.type.shape:
        return None
    for weak, other in ((a, b), (b, a)):
        if weak.weak and _RANK[other.type.dtype.kind] >= _RANK[weak.type.dtype.kind]:
            return other
    return None


def typed_variable(x: Any, leaf: LeafType, trace: Trace) -> Variable:
    return of_dtype(variable_of(x, trace), leaf.type.dtype)


def typed_value(x: Any, leaf: LeafType) -> Any:
    """A leaf of that type which is nobody else's memory."""
    if type(x) is Array:
        return x.copy() if x.dtype == leaf.type.dtype else x.astype(leaf.type.dtype)
    if leaf.weak:
        return x
    array = np.array(x, leaf.type.dtype)
    return array if isinstance(x, np.ndarray) else array[()]


def returned(trace: Trace, v: Variable, leaf: LeafType) -> Array:
    return wrap(trace, v, leaf.kind)


def trace_around(*trees: Any) -> Trace | None:
    """The trace that these belong to, or that is under way; None where plain Python runs."""
    leaves = [leaf for each in trees for leaf in tree.flatten(each)[0]]
    return trace_of(*[leaf for leaf in leaves if type(leaf) is Array]) or active.trace


class Carried:
    """A tree that goes from step to step: its leaves' types, which a Python number at the beginning leaves open.

    Parameters
    ----------
    name : str
        The function of ours, for messages.
    what : str
        What the tree is called there.
    """

    def __init__(self, name: str, what: str, begin: Any):
        self.name, self.what = name, what
        leaves, self.rebuild = tree.flatten(begin)
        self.structure, self.outline = tree.structure_of(begin), tree.outline(begin)
        self.places = [what + place for place in tree.paths(begin)]
        self.types = [leaf_type(x, place) for x, place in zip(leaves, self.places, strict=True)]
        self.begin = leaves

    def leaves_of(self, result: Any) -> list[Any]:
        """The leaves of what a step has returned."""
        if tree.structure_of(result) != self.structure:
            raise ArgumentError(
                f"the {self.what} of cr.{self.name} changes its tree from step to step",
                got=tree.outline(result),
                wanted=self.outline,
            )
        return tree.flatten(result)[0]

    def settle(self, leaves: Sequence[Any]) -> bool:
        """Take the types of what a step has returned, where they were open; whether that has changed any.

        Raises
        ------
        ShapeError, DtypeError
            With the leaf that has changed.
        """
        found = []
        for x, before, place in zip(leaves, self.types, self.places, strict=True):
            after = leaf_type(x, place)
            both = settled(before, after)
            if both is None:
                raise self._changed(place, before, after)
            found.append(both)
        changed = found != self.types
        self.types = found
        return changed

    def _changed(self, place: str, before: LeafType, after: LeafType) -> ShapeError | DtypeError:
        shapes = before.type.shape != after.type.shape
        wider = not shapes and np.result_type(before.type.dtype, after.type.dtype) == after.type.dtype
        what = "shape" if shapes else "dtype"
        cure = f"begin with {place} of dtype {after.type.dtype}" if wider else None
        if not shapes and not wider:
            cure = f"return {place} as .astype({before.type.dtype.name!r})"
        return (ShapeError if shapes else DtypeError)(
            f"the {self.what} of cr.{self.name} changes its {what} from step to step: {place}",
            got=f"{before.type} before the step, {after.type} after it",
            wanted=f"a {self.what} of the same shapes and dtypes",
            try_=cure,
        )

    # On arrays

    def first(self) -> Any:
        return self.tree_of(self.begin)

    def advanced(self, state: Any, step: Callable[[Any], tuple[Any, Any]]) -> tuple[Any, Any]:
        """The next state, and what a step gives besides. Where a Python number has got a dtype, the step is taken again
        with that, as all others are."""
        before = self.tree_of(tree.flatten(state)[0]) if any(t.weak for t in self.types) else None
        result, y = step(state)
        leaves = self.leaves_of(result)
        if self.settle(leaves):
            return self.advanced(self.tree_of(tree.flatten(before)[0]), step)
        return self.tree_of(leaves), y

    def tree_of(self, leaves: Sequence[Any]) -> Any:
        return self.rebuild([typed_value(x, leaf) for x, leaf in zip(leaves, self.types, strict=True)])

    # In a trace

    def arguments(self) -> list[Argument]:
        return [Argument(t.type, t.kind, _name(place)) for t, place in zip(self.types, self.places, strict=True)]

    def variables(self, leaves: Sequence[Any], trace: Trace) -> list[Variable]:
        return [typed_variable(x, leaf, trace) for x, leaf in zip(leaves, self.types, strict=True)]

    def results(self, trace: Trace, variables: Sequence[Variable]) -> Any:
        return self.rebuild([returned(trace, v, t) for v, t in zip(variables, self.types, strict=False)])


def _name(place: str) -> str:
    """`carry.W.0` for carry['W'][0]."""
    return place.replace("['", ".").replace("']", "").replace("[", ".").replace("]", "")


def recorded_step(
    trace: Trace,
    carried: Carried,
    more: Sequence[Argument],
    step: Callable[[Any, list[Array]], tuple[Any, Sequence[Variable], Any]],
    hoist: bool = False,
) -> Recorded:
    """Trace one step, again until the types of what is carried have settled.

    Parameters
    ----------
    more : sequence of Argument
        What a step takes besides.
    step : callable
        ``step(carry, arrays)`` returns the next carry, variables, and anything.
    """
    count = len(carried.types)

    def function(arrays: list[Array]) -> tuple[Sequence[Variable], Any]:
        result, variables, aux = step(carried.rebuild(arrays[:count]), arrays[count:])
        leaves = carried.leaves_of(result)
        if carried.settle(leaves):
            return [], None
        return [*carried.variables(leaves, trace), *variables], (aux,)

    while True:
        recorded = record(trace, carried.name, [*carried.arguments(), *more], function, hoist)
        if recorded.result is not None:
            return recorded._replace(result=recorded.result[0])
