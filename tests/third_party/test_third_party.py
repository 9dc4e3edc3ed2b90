"""Functions of other people's packages, as they are: against differences, or the error that says why not.

Each package that is not installed is skipped; `pip install chainrule[third-party]` installs all of them.
"""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest

import chainrule as cr

from .cases import CASES
from .table import ROOT, table

# What these packages warn of by themselves is not our concern.
pytestmark = pytest.mark.filterwarnings("ignore")
DIFFERENTIATED = [case for case in CASES if case.error is None]
REFUSED = [case for case in CASES if case.error is not None]


def loaded(case):
    pytest.importorskip(case.package)
    return case.load()


def differences(f, x):
    """Central differences, extrapolated; of several steps the one that agrees best with the next."""

    def central(e, h):
        return (f(x + h * e) - f(x - h * e)) / (2 * h)

    def extrapolated(e, h):
        return (4 * central(e, h) - central(e, 2 * h)) / 3

    with contextlib.redirect_stdout(io.StringIO()):
        result = []
        for e, size in zip(np.eye(x.size), np.abs(x), strict=True):
            estimates = [extrapolated(e, size * h) for h in (4e-3, 2e-3, 1e-3, 5e-4, 2.5e-4, 1.25e-4)]
            result.append(estimates[1 + np.argmin(np.abs(np.diff(estimates)))])
    return np.array(result)


@pytest.mark.parametrize("case", DIFFERENTIATED, ids=lambda case: case.name)
def test_gradient(case):
    f = loaded(case)
    expected = differences(f, case.point)
    assert np.any(expected != 0)
    np.testing.assert_allclose(cr.grad(f)(case.point), expected, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("case", DIFFERENTIATED, ids=lambda case: case.name)
def test_gradient_under_jit(case):
    f = loaded(case)
    compiled = cr.jit(cr.grad(f))
    for point in (case.point, case.point * 1.001, case.point):
        np.testing.assert_allclose(compiled(point), cr.grad(f)(point), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_error(case):
    f = loaded(case)
    assert np.isfinite(f(case.point))
    with pytest.raises(case.error) as caught:
        cr.grad(f)(case.point)
    assert case.words in str(caught.value)


def test_there_are_many():
    assert len(DIFFERENTIATED) >= 20
    assert len({case.package for case in DIFFERENTIATED}) >= 8
    assert len({case.name for case in CASES}) == len(CASES)


def test_the_documentation_has_the_table():
    assert table() in (ROOT / "docs" / "third_party.md").read_text()
