"""No operation, whatever numbers it meets, makes an examination raise: findings are values."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.arraytype import ArrayType
from chainrule.backprop.walk import back_propagation_steps
from chainrule.graph import Graph
from chainrule.health import Run, examine
from chainrule.interpret import evaluate, forward_propagation
from chainrule.ops import PRIMITIVES

SPECIAL = (0.0, -1.0, 1e-310, 1e300, np.inf, -np.inf, np.nan)
ITERATED = ("pinv", "svd", "svdvals", "eigh", "expm", "expm_frechet")  # LAPACK need not come to an end beyond the tame


def run_of(operation, arguments, parameters):
    """The operation applied to inputs, as one run; None where NumPy itself refuses these numbers."""
    graph = Graph("program")
    inputs = [graph.input(ArrayType(x.shape, x.dtype), f"x{k}") for k, x in enumerate(arguments)]
    values = tuple(parameters[name] for name in operation.parameter_names)
    made = graph.append(operation, tuple(inputs), values)
    graph.outputs = list(made) if isinstance(made, tuple) else [made]
    try:
        with np.errstate(all="ignore"):
            return Run(graph, forward_propagation(graph, arguments), evaluate, [inputs])
    except (ValueError, IndexError, np.linalg.LinAlgError):
        return None


def spoiled(example, value):
    """The arguments with a special number in front of every floating one."""
    arguments = [np.array(x) for x in example.arguments]
    for x in arguments:
        if x.dtype.kind == "f" and x.size:
            x.reshape(-1)[0] = value
    return arguments


@pytest.mark.parametrize("operation", PRIMITIVES, ids=lambda operation: operation.name)
def test_special_numbers(operation):
    for example in operation.examples(np.random.default_rng(0)):
        for value in SPECIAL[:3] if operation.name in ITERATED else SPECIAL:
            run = run_of(operation, spoiled(example, value), example.parameters)
            if run is None:
                continue
            seeds = [y for y in run.outputs if y.type.carries_derivative]
            run.gradients.update({y.number: np.ones(y.shape, y.dtype) for y in seeds})
            try:
                found = examine(run, back_propagation_steps(run.graph, run.values, run.gradients) if seeds else None)
            except np.linalg.LinAlgError:  # of the rule itself
                continue
            for finding in found:
                assert finding.message in str(finding)
            finite = all(np.isfinite(run.values[v.number]).all() for v in run.graph.variables)
            told = any(
                finding.kind.startswith("non-finite") and finding.kind != "non-finite gradient" for finding in found
            )
            assert told == (not finite)
