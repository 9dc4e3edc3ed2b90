"""What is known of the local Jacobian on each edge without any number: structure, size, how much of it is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..arraytype import ArrayType
from ..backprop import local_maps
from ..errors import ChainruleError
from ..graph import FailedOperation, Graph, Variable, ancestors
from ..structure import IndexMap, LinearMap


class Local(NamedTuple):
    """A local Jacobian.

    Attributes
    ----------
    structure : str
        Its name in the closed list of structures; "undeclared" where the operation has no rule that tells.
    stored, full : int
        The numbers that it keeps, and the entries of the dense matrix.
    keeps : tuple of int
        What it is made from: places of arguments, ~part for a result of the operation.
    notation : str or None
        Its entries in index notation, where it is a sum of index terms.
    factors : tuple of tuple of int
        The shapes of the arrays that it is made of.
    """

    structure: str
    stored: int
    full: int
    keeps: tuple[int, ...] = ()
    notation: str | None = None
    factors: tuple[tuple[int, ...], ...] = ()


class LocalJacobians:
    """The local Jacobians of operations, each looked up once for all of equal types and parameters."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], dict[tuple[int, int], Local] | None] = {}

    def of(self, v: Variable) -> list[Local]:
        """One for each argument."""
        key = (v.operation, v.parameters, *[id(u.value) if _is_index(u) else u.type for u in v.inputs])
        if key not in self._known:
            self._known[key] = _looked_up(v)
        known = self._known[key]
        found = []
        for k, u in enumerate(v.inputs):
            full = v.size * u.size
            if known is None:
                found.append(Local("undeclared", 0, full))
            else:
                found.append(known.get((v.part, k), Local("zero", 0, full)))
        return found


def _is_index(u: Variable) -> bool:
    """Whether a constant tells where entries go."""
    return u.is_constant and u.dtype.kind in "biu"


def _looked_up(v: Variable) -> dict[tuple[int, int], Local] | None:
    """The structure depends on types alone: on variables of a small graph it is the same as on numbers."""
    if type(v.operation) is FailedOperation:
        return None
    graph = Graph()
    inputs = tuple([graph.constant(u.value) if _is_index(u) else graph.input(u.type) for u in v.inputs])
    assert v.operation is not None
    try:
        made = graph.append(v.operation, inputs, v.parameters)
        y = made[0] if isinstance(made, tuple) else made
        maps = local_maps(y, lambda each: each)
        return {
            (part, k): Local(str(J.structure), J.storage, J.size, _kept(J, inputs, y.results), *_in_indices(J))
            for (part, k), J in maps.items()
        }
    except ChainruleError:
        return None


def _in_indices(J: LinearMap) -> tuple[str | None, tuple[tuple[int, ...], ...]]:
    """Index notation, and the shapes of the factors in it."""
    if not isinstance(J, IndexMap):
        return None, ()
    return J.notation, tuple(tuple(factor.shape) for term in J.terms for factor, _ in term.factors)


def _kept(J: LinearMap, inputs: tuple[Variable, ...], results: Sequence[Variable]) -> tuple[int, ...]:
    """Which of the arguments and results a product with its transpose needs."""
    needed = {v.number for v in ancestors(_made_of(J, inputs[0].graph), stop=[*inputs, *results])}
    found = [k for k, x in enumerate(inputs) if x.number in needed]
    return (*found, *[~part for part, y in enumerate(results) if y.number in needed])


def _made_of(J: LinearMap, graph: Graph) -> list[Any]:
    """The factors; or what a map that is known by its action makes of a gradient."""
    if isinstance(J, IndexMap):
        return [each for term in J.terms for each in term.operands if isinstance(each, Variable)]
    return [J.T.apply(graph.input(ArrayType(J.out_shape, J.dtype)))]
