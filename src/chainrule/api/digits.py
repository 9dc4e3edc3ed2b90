"""The digits that can be trusted of what a function gives, and of its gradients: `cr.diagnose(f, ...).digits`."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any, final

from .. import graph as data
from .. import interpret
from ..backprop import back_propagation_nodes, back_propagation_of_many
from ..errors import DerivativeError
from ..health import Run, Target, Trusted, table, trusted
from ..original import np


@final
class Digits:
    """How far rounding may have moved each output and gradient. Print it, or go through it.

    Each is a `Trusted`, with its `digits`, `bound`, `estimate`, `error` and the `sources` of most of it; outputs first,
    then the gradients of their sum.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> def variance(x):
    ...     return np.mean(x**2) - np.mean(x) ** 2
    >>> digits = cr.diagnose(variance, 1e6 + np.array([1.0, 2.0, 3.0])).digits
    >>> output = digits["output"]
    >>> round(output.digits), round(output.actual_digits), output.sources[0].operation
    (3, 4, 'sum')
    >>> bool(output.error[0] <= output.bound[0])
    True
    """

    def __init__(self, name: str, rows: list[Trusted], note: str | None = None):
        self.name, self.rows, self.note = name, rows, note

    def __iter__(self) -> Iterator[Trusted]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str | int) -> Trusted:
        """By number, or by name: "output", "gradient by x"."""
        if isinstance(name, int):
            return self.rows[name]
        found = [row for row in self.rows if row.name == name]
        if not found:
            raise KeyError(f"{name!r} is none of {', '.join(repr(row.name) for row in self.rows)}")
        return found[0]

    def __str__(self) -> str:
        references = list(dict.fromkeys(row.reference for row in self.rows))
        lines = [f"digits to trust of {self.name}; the error is against {'; '.join(references) or 'nothing'}"]
        lines += ["", table(self.rows)] if self.rows else []
        lines += [f"assumed: the rounding of {each}" for each in sorted({a for row in self.rows for a in row.assumed})]
        flipped = dict.fromkeys(each for row in self.rows for each in row.flipped)
        lines += [f"decided otherwise in more digits: {each}" for each in flipped]
        return "\n".join([*lines, *([self.note] if self.note else [])])

    def __repr__(self) -> str:
        return f"<digits of {self.name}: {', '.join(f'{row.name} {row.digits:.1f}' for row in self.rows)}>"

    def to_document(self) -> list[dict[str, Any]]:
        """Plain dicts, lists, strings and numbers, for JSON."""
        return [row.to_document() for row in self.rows]


def digits_of(name: str, finished: Run) -> Digits:
    """What can be trusted of a run: its outputs, and the gradients from ones at each of them."""
    with np.errstate(all="ignore"):
        run, targets, note = _with_gradients(finished)
        finite = [each for each in targets if np.isfinite(run.value(each.variable)).all()]
        if len(finite) < len(targets):
            lost = ", ".join(each.name for each in targets if each not in finite)
            note = f"not finite, so no digits: {lost}" + (f"; {note}" if note else "")
        walk = functools.partial(back_propagation_of_many, run.graph, run.values)
        return Digits(name, trusted(run, finite, walk), note)


def _with_gradients(finished: Run) -> tuple[Run, list[Target], str | None]:
    """The run with the gradient graph behind it."""
    graph, known = data.copied(finished.graph)
    values = {known[n].number: value for n, value in finished.values.items()}
    run = Run(graph, values, interpret.evaluate)
    outputs = [y for y in graph.outputs if y.dtype.kind == "f"]
    inputs = [x for x in graph.inputs if x.dtype.kind == "f"]
    several = len(graph.outputs) > 1
    targets = [
        Target(f"output {n}" if several else "output", "output", y)
        for n, y in enumerate(graph.outputs)
        if y.dtype.kind == "f"
    ]
    note = "complex numbers are not looked at" if any(v.dtype.kind == "c" for v in graph.outputs) else None
    seeds = [graph.constant(np.ones(y.shape, y.dtype)) for y in outputs]
    try:
        gradients = back_propagation_nodes(outputs, seeds, inputs)
    except DerivativeError as error:
        return run, targets, f"no gradients: {error.what}"
    interpret.evaluate([g for g in gradients if g is not None], values)
    targets += [
        Target(f"gradient by {finished.name(x)}", "gradient", g)
        for x, g in zip((x for x in finished.graph.inputs if x.dtype.kind == "f"), gradients, strict=True)
        if g is not None
    ]
    return run, targets, note
