"""The part that a variable plays: input, parameter, constant, operation, output or loss."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from ..graph import FailedOperation, Graph, Variable

ROLES: Final = ("input", "parameter", "constant", "operation", "output", "loss")


def roles(graph: Graph, parameters: Collection[int] | None = None) -> list[str]:
    """The role of every variable.

    Parameters
    ----------
    parameters : collection of int, optional
        Numbers of the inputs that are parameters. By default those of floating numbers that are leaves of a tree, as
        their names `p.W` tell.
    """
    outputs = {v.number for v in graph.outputs}
    alone = len(outputs) == 1

    def role(v: Variable) -> str:
        if v.number in outputs and v.operation is not None and type(v.operation) is not FailedOperation:
            return "loss" if alone and v.shape == () and v.type.carries_derivative else "output"
        if v.operation is not None:
            return "operation"
        if v.is_constant:
            return "constant"
        if parameters is not None:
            return "parameter" if v.number in parameters else "input"
        return "parameter" if "." in (v.name or "") and v.type.carries_derivative else "input"

    return [role(v) for v in graph.variables]


def prefix(name: str | None) -> str | None:
    """`p.0` of a parameter `p.0.W`: the layer that a leaf belongs to; None where the tree has none."""
    head = (name or "").rpartition(".")[0]
    return head if "." in head else None
