"""The reference of all operations, generated from their declarations: ``python -m chainrule.ops.reference``."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from ..original import np
from .operation import CATALOGUE, Missing, Operation
from .scipy_loader import SpecialFunction

HEAD = """# Operations

Every primitive, from its declaration; the structures are those of the local Jacobians at the declared examples. Written
by `python -m chainrule.ops.reference`; a test compares.

"""
COLUMNS = ("operation", "answers", "notation", "local Jacobians", "at kinks", "source")


def structures(operation: Operation) -> str:
    """The structure of the local Jacobian by each argument, at the first example that is no scalar."""
    examples = list(operation.examples(np.random.default_rng(0))) if operation.examples else []
    chosen = max(examples, key=lambda e: max((np.size(a) for a in e.arguments), default=0), default=None)
    if chosen is None or operation.kind == "discrete":
        return "zero"
    arrays = [np.asarray(a) for a in chosen.arguments]
    parameters = tuple(chosen.parameters[name] for name in operation.parameter_names)
    with np.errstate(all="ignore"):
        y = operation.compute(arrays, parameters)
        ys = [np.asarray(part) for part in (y if isinstance(y, tuple) else (y,))]
        found = []
        for k, a in enumerate(arrays):
            if a.dtype.kind in "fc":
                found.append(_structure(operation, k, ys, arrays, parameters))
    distinct = list(dict.fromkeys(found))
    return ", ".join(distinct if len(distinct) == 1 else found) or "zero"


def _structure(operation: Operation, k: int, ys: list[Any], arrays: list[Any], parameters: tuple[Any, ...]) -> str:
    rules = operation.rules or None
    rule = rules[k] if isinstance(rules, (list, tuple)) else rules
    if isinstance(rule, Missing):
        return "not written"
    names = []
    for J in operation.local_jacobians(k, ys, arrays, parameters):
        block = getattr(J.structure, "block", None) if J is not None else None
        names.append("zero" if J is None else f"{J.structure} ({block})" if block else str(J.structure))
    return " / ".join(dict.fromkeys(names))


def row(operation: Operation) -> str:
    """One row of the table."""
    letters = "xyz" if len(getattr(operation, "slopes", ())) > 1 else "xab"
    notation = operation.notation.format(*(letters + "uvw"), **{name: name for name in operation.parameter_names})
    kinks = "; ".join(f"{_tuple(point)} -> {_tuple(slopes)}" for point, slopes in operation.kinks)
    notation = notation.replace("|", r"\vert ")  # a bar would end the cell
    cells = (
        f"`{operation.name}`",
        _answers(operation),
        f"${notation}$",
        structures(operation),
        kinks,
        operation.source,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _answers(operation: Operation) -> str:
    return ", ".join(
        f"`scipy.special.{f.name}`" if isinstance(f, SpecialFunction) else f"`np.{f.__name__}`" for f in operation.numpy
    )


def _tuple(numbers: tuple[float, ...]) -> str:
    return ", ".join(f"{n:g}" for n in numbers)


def table(operations: Iterable[Operation] | None = None) -> str:
    """The whole page, of all operations or of some."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    lines += [row(operation) for operation in (CATALOGUE.values() if operations is None else operations)]
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())
