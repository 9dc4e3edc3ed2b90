"""Programs that cannot be supported: each raises an error that names the user's line and what to write instead."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainruleError

from . import asking, leaving, scipy_calls, writing
from .table import PROGRAMS

assert all(module.V.size for module in (asking, leaving, scipy_calls, writing))
pytestmark = [
    pytest.mark.filterwarnings("ignore:the matrix subclass"),
    pytest.mark.filterwarnings("ignore:Casting complex values"),
]
CURED = [entry for entry in PROGRAMS if entry.cure is not None]
CALLS_A_TRANSFORM = [entry for entry in PROGRAMS if entry.transform is asking.plainly]


def named(entry):
    return entry.program.__name__


def test_there_are_many():
    assert len(PROGRAMS) >= 50
    assert len({named(entry) for entry in PROGRAMS}) == len(PROGRAMS)


@pytest.mark.parametrize("entry", PROGRAMS, ids=named)
def test_the_error_names_the_line_and_what_to_write_instead(entry):
    with pytest.raises(entry.error) as caught:
        entry.transform(entry.program)(entry.point)
    error = caught.value
    if "note" in entry.words:  # the error of other code, with a note of ours
        note, _ = error.__notes__
        assert entry.words["note"] in note
        assert f"{entry.file}:{entry.line}" in note
        return
    assert isinstance(error, ChainruleError)
    assert (error.where.file, error.where.line) == (entry.file, entry.line)
    for part, words in entry.words.items():
        assert words in getattr(error, part), part


@pytest.mark.parametrize("entry", [e for e in PROGRAMS if e not in CALLS_A_TRANSFORM], ids=named)
def test_the_error_is_the_same_under_jit(entry):
    with pytest.raises(entry.error) as caught:
        cr.jit(cr.grad(entry.program))(entry.point)
    if "note" in entry.words:
        assert f"{entry.file}:{entry.line}" in "".join(caught.value.__notes__)
    else:
        assert caught.value.where.line == entry.line


@pytest.mark.parametrize("entry", [e for e in PROGRAMS if e not in CALLS_A_TRANSFORM], ids=named)
def test_the_program_works_where_nothing_is_traced(entry):
    if "cr." in entry.source:
        pytest.skip("calls chainrule")
    assert np.isfinite(float(entry.program(entry.point.copy())))


@pytest.mark.parametrize("entry", CURED, ids=named)
def test_the_cure_works(entry):
    gradient = entry.transform(entry.cure)(entry.point)
    if entry in CALLS_A_TRANSFORM:
        assert np.all(np.isfinite(gradient))
        return
    np.testing.assert_allclose(gradient, differences(entry.cure, entry.point), rtol=1e-6, atol=1e-7)


def differences(f, x):
    """Central differences of two steps, extrapolated."""

    def central(h):
        return np.array([(f(x + h * e) - f(x - h * e)) / (2 * h) for e in np.eye(x.size)])

    return (4 * central(1e-4) - central(2e-4)) / 3
