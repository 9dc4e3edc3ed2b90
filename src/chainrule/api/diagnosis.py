"""`cr.diagnose`: run a function once, forward and backward, and say what is wrong with its numbers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any, final

from .. import graph as data
from .. import interpret, tree
from ..backprop.walk import back_propagation_steps
from ..errors import ArgumentError, TraceError, users_frames_only
from ..graph import Variable
from ..health import Finding, Run, Thresholds, examine
from ..original import np
from .arguments import argument_names, labels_of, outputs_of, split_aux
from .digits import Digits, digits_of
from .graphs import Graph, Values
from .scope import Scope, positions, transform


@final
class Diagnosis:
    """What a run of a function shows. Print it.

    Attributes
    ----------
    ok : bool
        Whether there is neither an error nor a warning.
    findings : list of Finding
        Worst first; each has kind, severity, variable, origin, message and more.
    first_cause : Finding or None
        The operation or input by which the output, or else a gradient, stopped being finite; where none did, the first
        that made a number that is not finite.
    graph : Graph
        All that was recorded, also what the output does not need.
    values : Values
        The value of every variable.
    gradients : Values or None
        The gradient by every variable; None where there is none.
    digits : Digits
        How many digits of each output and gradient can be trusted, by bounds of all rounding errors and by a run in
        more digits. Computed when first asked for.
    name : str
        That of the function.

    Raises
    ------
    ArgumentError
        If `digits` are asked for of a function that failed.
    """

    def __init__(self, name: str, graph: Graph, run: Run, findings: list[Finding]):
        self.name, self.graph, self.findings, self._run = name, graph, findings, run
        self.values = Values(graph, run.values)
        self.gradients = Values(graph, run.gradients, table=True) if run.gradients else None

    @property
    def ok(self) -> bool:
        return all(finding.severity == "note" for finding in self.findings)

    @functools.cached_property
    def digits(self) -> Digits:
        if not self._run.finished:
            raise ArgumentError(f"{self.name} did not come to its end: there are no results whose digits could be told")
        return digits_of(self.name, self._run)

    @property
    def first_cause(self) -> Finding | None:
        return next((finding for finding in self.findings if finding.kind.startswith("non-finite")), None)

    def __str__(self) -> str:
        return "\n\n".join([self._headline(), *map(str, self.findings)])

    def _headline(self) -> str:
        count = sum(1 for _ in data.operations(self.graph.data))
        numbers = [sum(f.severity == each for f in self.findings) for each in ("error", "warning", "note")]
        parts = [
            f"{n} {word}{'s' * (n > 1)}" for n, word in zip(numbers, ("error", "warning", "note"), strict=True) if n
        ]
        verdict = ", ".join(parts) if not self.ok else "healthy" + (f", {parts[0]}" if parts else "")
        return f"diagnosis of {self.name}: {verdict}; {count} operation{'s' * (count != 1)}"

    def __repr__(self) -> str:
        return f"<{self._headline()}>"

    def to_document(self) -> dict[str, Any]:
        """Plain dicts, lists, strings and numbers, for JSON."""
        return {
            "schema": "chainrule/diagnosis/1",
            "ok": self.ok,
            "name": self.name,
            "findings": [finding.to_document() for finding in self.findings],
        }


def diagnose(
    f: Callable[..., Any],
    *args: Any,
    argnums: int | Sequence[int] | None = None,
    has_aux: bool = False,
    learning_rate: float | None = None,
    thresholds: Thresholds = Thresholds(),
    **keywords: Any,
) -> Diagnosis:
    """Run a function once, forward and backward, and say what is wrong with its numbers.

    It is looked at as it is written, operation by operation. (`cr.grad` may do better: it first rewrites
    log(softmax(x)) and the like into forms that stay finite.) Back-propagation starts from ones at every floating
    output.

    Parameters
    ----------
    f : callable
        A NumPy function of arrays or trees of them.
    *args
        Its arguments; leaves may be integers or booleans, by which there is no gradient.
    argnums : int or sequence of int, optional
        The arguments that are parameters: their gradients are compared with each other. By default the leaves of each
        argument that is a tree are, each tree by itself.
    has_aux : bool
        Whether f returns (y, aux), of which only y is looked at.
    learning_rate : float, optional
        Of a plain gradient step, to find parameters that would stand still.
    thresholds : Thresholds
        The limits of all findings.
    **keywords
        Passed to f.

    Returns
    -------
    diagnosis : Diagnosis
        Print it, or ask for `ok`, `findings`, `first_cause`.

    Raises
    ------
    Exception
        What f raises. Its attribute `diagnosis` holds that of what had been computed, where that is not finite.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> def f(p):
    ...     return -np.mean(np.log(p))
    >>> diagnosis = cr.diagnose(f, np.array([0.5, 0.0, 0.25]))
    >>> diagnosis
    <diagnosis of f: 1 error; 4 operations>
    >>> cause = diagnosis.first_cause
    >>> cause.operation, cause.index, cause.origin.line, cause.cure
    ('log', (1,), 2, 'np.log(np.maximum(p, 1e-12)), bounded from below')
    >>> cause.message
    'first cause: log of p gives -inf at [1], where p is 0.0 (1 of 3 entries); it reaches the output'
    >>> cr.diagnose(np.tanh, 0.5)
    <diagnosis of tanh: healthy; 1 operation>
    """
    return _diagnose(f, args, keywords, argnums, has_aux, learning_rate, thresholds)


def first_cause(f: Callable[..., Any], args: Sequence[Any], has_aux: bool = False) -> str | None:
    """Why the value or a gradient of f(*args) is not finite, in one sentence; None where both are.

    Examples
    --------
    >>> import numpy as np
    >>> def loss(w, x):
    ...     return np.sum(1 / (w * x))
    >>> sentence = first_cause(loss, (2.0, np.array([1.0, 0.0])))
    >>> print(sentence.partition(";")[0])
    first cause: divide of 1.0 and w * x gives inf at [1], where w * x is 0.0 (1 of 2 entries)
    >>> first_cause(loss, (2.0, np.array([1.0, 3.0]))) is None
    True
    """
    found = diagnose(f, *args, has_aux=has_aux).first_cause
    return found.sentence if found is not None and found.severity == "error" else None


@users_frames_only
def _diagnose(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    keywords: dict[str, Any],
    argnums: int | Sequence[int] | None,
    has_aux: bool,
    learning_rate: float | None,
    thresholds: Thresholds,
) -> Diagnosis:
    name = getattr(f, "__name__", type(f).__name__)
    numbers = None if argnums is None else positions(argnums, len(args))[0]
    with transform(*args, *keywords.values()) as scope:
        if not scope.outermost:
            raise TraceError(
                "cr.diagnose looks at numbers, and within a function that is being traced there are none yet",
                try_="cr.diagnose outside, of the function as a whole",
            )
        scope.trace.keeps_lines = True
        replaced, leaves = _arguments(scope, f, args)
        inputs = [each for group in leaves for each in group]
        given = [np.array(scope.trace.values[v.number]) for v in inputs]  # the caller's may change
        outputs: list[Variable] = []
        failure = None
        try:
            result, _ = split_aux(f(*replaced, **keywords), has_aux)
            outputs = outputs_of(result, scope, name)[0]
            if not outputs:
                raise ArgumentError(f"{name} returns nothing to look at", got=repr(result), wanted="arrays or numbers")
        except Exception as error:
            failure = error
        traced = scope.trace.graph
        traced.outputs = outputs
        with np.errstate(all="ignore"):
            opened = interpret.Opened(traced, given)
    graph, known, values = opened.graph, opened.known, opened.values
    stopped = None if all(y.number in values for y in graph.outputs) else opened.failure  # what failed may be handled
    graph.name = name if name.isidentifier() else "graph"
    parameters = _parameters([[known[v.number] for v in group] for group in leaves], numbers)
    data.with_assigned_names(graph)
    failure = failure or stopped
    named = numbers is not None or any(len(group) > 1 for group in leaves)
    run = Run(graph, values, interpret.evaluate, parameters, finished=failure is None, named=named)
    steps = None if failure else _steps(run)
    diagnosis = Diagnosis(name, Graph.of(graph), run, examine(run, steps, thresholds, learning_rate))
    if failure is not None:
        raise _explained(failure, diagnosis)
    return diagnosis


def _arguments(scope: Scope, f: Callable[..., Any], args: tuple[Any, ...]) -> tuple[list[Any], list[list[Variable]]]:
    """The arguments with every leaf traced, and the variables of each."""
    replaced, variables = [], []
    for arg, name in zip(args, argument_names(f, len(args)), strict=True):
        leaves, rebuild = tree.flatten(arg)
        traced = [scope.argument(leaf, label) for leaf, label in zip(leaves, labels_of(arg, name), strict=True)]
        replaced.append(rebuild(traced))
        variables.append([each.variable for each in traced])
    return replaced, variables


def _parameters(leaves: list[list[Variable]], numbers: tuple[int, ...] | None) -> list[list[Variable]]:
    """Groups to compare: the arguments that were named, or each tree; all of them where there is no tree."""
    groups = [[v for v in group if v.type.carries_derivative] for group in leaves]
    if numbers is not None:
        return [[v for n in numbers for v in groups[n]]]
    return [group for group in groups if len(group) > 1] or groups


def _steps(run: Run) -> Iterator[tuple[Variable, int, Variable, Any]] | None:
    """Back-propagation from ones, which fills the gradients of the run."""
    seeds = [y for y in run.outputs if y.type.carries_derivative]
    for y in seeds:
        one = np.ones(y.shape, y.dtype)
        run.gradients[y.number] = run.gradients[y.number] + one if y.number in run.gradients else one
    return back_propagation_steps(run.graph, run.values, run.gradients) if seeds else None


def _explained(failure: Exception, diagnosis: Diagnosis) -> Exception:
    """The error of the user's function, with what had gone wrong before it."""
    cause = diagnosis.first_cause
    if cause is not None:
        failure.diagnosis = diagnosis  # type: ignore[attr-defined]
        failure.add_note(f"before this, {cause.sentence}")
    return failure
