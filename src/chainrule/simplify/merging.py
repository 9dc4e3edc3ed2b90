"""A graph under construction that merges equal nodes, folds constants and applies the rewrites."""

from __future__ import annotations

from typing import Any

from ..arraytype import ArrayType
from ..errors.origin import RawOrigin
from ..graph import Graph, OperationLike, Variable
from ..ops.movement import broadcast_to
from ..original import np
from .rewrites import REWRITES

_FOLD_LIMIT = 4096  # entries of a constant that is computed in advance


class MergingGraph(Graph):
    """Appending returns a variable that was there already, or a simpler one, where it can. What is merged keeps all
    origins."""

    __slots__ = ("_constants", "_made", "_rewriting")

    def __init__(self, name: str = "graph"):
        super().__init__(name)
        self._made: dict[tuple[Any, ...], Any] = {}
        self._constants: dict[tuple[Any, ...], Variable] = {}
        self._rewriting = 0

    def constant(self, value: Any, origin: RawOrigin | None = None) -> Variable:
        value = np.asarray(value)
        if value.size > 64:
            return super().constant(value, origin)
        key = (ArrayType.of(value), value.tobytes())
        known = self._constants.get(key)
        if known is None:
            known = self._constants[key] = super().constant(value, origin)
        return known

    def append(
        self,
        operation: OperationLike,
        inputs: tuple[Variable, ...],
        parameters: tuple[Any, ...] = (),
        origin: RawOrigin | None = None,
    ) -> Any:
        key = (operation, parameters, *[v.number for v in inputs])
        known = self._made.get(key)
        if known is None:
            known = self._made[key] = self._simplest(operation, inputs, parameters, origin)
        for v in known if isinstance(known, tuple) else (known,):
            if origin is not None and v.origin is None and v.operation is not None:
                v.origin = origin
        return known

    def _simplest(
        self, operation: Any, inputs: tuple[Variable, ...], parameters: tuple[Any, ...], origin: RawOrigin | None
    ) -> Any:
        folded = self._folded(operation, inputs, parameters)
        if folded is not None:
            return folded
        wanted = operation.infer(tuple([v.type for v in inputs]), parameters)
        for rewrite in REWRITES.get(operation, ()):
            simpler = rewrite(inputs, **operation.named(parameters))
            if simpler is not None and simpler.type is wanted:
                return simpler
        return super().append(operation, inputs, parameters, origin)

    def _folded(self, operation: Any, inputs: tuple[Variable, ...], parameters: tuple[Any, ...]) -> Variable | None:
        """The value of an operation on constants. (A broadcast stays, to keep one number one number.)"""
        if operation.name in ("broadcast_to", "tag") or not inputs:
            return None
        if not all(v.is_constant for v in inputs):
            return self._folded_numbers(operation, inputs) if operation.kind == "elementwise" else None
        type_ = operation.infer(tuple([v.type for v in inputs]), parameters)
        if not isinstance(type_, ArrayType) or type_.size > _FOLD_LIMIT:
            return None
        with np.errstate(all="ignore"):
            return self.constant(np.asarray(operation.compute([v.value for v in inputs], parameters)))

    def _folded_numbers(self, operation: Any, inputs: tuple[Variable, ...]) -> Variable | None:
        """An element-wise operation on numbers that have been spread is one on the numbers, spread."""
        plain = [v.inputs[0] if v.operation is not None and v.operation.name == "broadcast_to" else v for v in inputs]
        if not all(v.is_constant and v.size == 1 for v in plain):
            return None
        shape = operation.infer(tuple([v.type for v in inputs]), ()).shape
        number = operation(*[self.constant(np.asarray(v.value).reshape(())) for v in plain])
        return broadcast_to(number, shape=shape)
