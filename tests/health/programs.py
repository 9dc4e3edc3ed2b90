"""What the tests of findings share: where a program's ill line stands, and nets with a planted illness."""

from __future__ import annotations

import inspect
from itertools import pairwise

import numpy as np

import chainrule as cr


def line_of(f, text):
    """The number of the one line of a function that holds this text."""
    lines, start = inspect.getsourcelines(f)
    (found,) = [start + n for n, line in enumerate(lines) if text in line]
    return found


def found(diagnosis, kind):
    """The one finding of a kind."""
    (finding,) = [finding for finding in diagnosis.findings if finding.kind == kind]
    return finding


def kinds(diagnosis):
    return {finding.kind for finding in diagnosis.findings}


def planted(f, *args, kind, at=None, **options):
    """The one finding of a kind, at the line of the program that holds a text; whatever else is found is a note."""
    diagnosis = cr.diagnose(f, *args, **options)
    assert not diagnosis.ok, str(diagnosis)
    finding = found(diagnosis, kind)
    if at is not None:
        assert finding.origin.line == line_of(f, at)
        assert finding.origin.file.startswith("test_")
    assert finding.message in str(diagnosis)
    assert diagnosis.graph[finding.variable] is not None
    return finding


def net(*sizes, seed=0, gain=2.0, bias=0.0, dtype=np.float64):
    """Weights whose layers keep the variance where gain suits the activation."""
    rng = np.random.default_rng(seed)
    return [
        {"W": (rng.normal(size=(m, n)) * np.sqrt(gain / m)).astype(dtype), "b": np.full(n, bias, dtype)}
        for m, n in pairwise(sizes)
    ]


def rows(count, inputs, classes, seed=1, dtype=np.float64):
    """Samples and integer labels."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, inputs)).astype(dtype), rng.integers(0, classes, count)
