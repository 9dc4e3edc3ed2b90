"""The fits that are timed are fits of the same net to the same rows."""

import importlib.util

import numpy as np
import pytest
from benchmarks import estimators
from benchmarks.estimators import chainrule, comparison, scikit_learn
from benchmarks.estimators.sets import SETS, Rows
from benchmarks.peers import Times


def test_sets():
    shapes = {name: load().x.shape for name, load in SETS.items()}
    assert shapes == {
        "iris": (150, 4),
        "wine": (178, 13),
        "breast cancer": (569, 30),
        "digits": (1797, 64),
        "diabetes": (442, 10),
        "two moons": (2000, 2),
        "20,000 x 50, 3 classes": (20_000, 50),
        "20,000 x 20, a number": (20_000, 20),
    }
    assert list(comparison.EPOCHS) == list(SETS)


def test_rows_are_standardized_by_themselves_or_by_others():
    rows, others = (
        Rows(np.array([[1.0, 5.0], [3.0, 5.0]]), np.array([0, 1])),
        Rows(np.array([[4.0, 6.0]]), np.array([1])),
    )
    np.testing.assert_array_equal(rows.standardized().x, [[-1, 0], [1, 0]])  # a constant column is only moved
    np.testing.assert_array_equal(others.standardized(rows).x, [[2, 1]])
    np.testing.assert_array_equal(rows.standardized().y, [0, 1])
    numbers = Rows(rows.x, np.array([10.0, 14.0])).standardized().astype(np.float32)
    assert numbers.y.tolist() == [-1, 1] and numbers.x.dtype == numbers.y.dtype == np.float32


@pytest.mark.filterwarnings("ignore:.*Maximum iterations")
def test_all_fit_the_same():
    peers = [chainrule, scikit_learn]
    if importlib.util.find_spec("torch"):
        peers.append(importlib.import_module("benchmarks.estimators.torch"))
    losses = []
    for peer in peers:
        run, units, check = peer.fit("iris", "float64", 4)
        run()
        assert units == 1
        losses.append(check())
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-10)
    np.testing.assert_allclose(losses[0], losses[-1], rtol=comparison.RTOL["float64"])


def test_the_epoch_that_is_compared():
    assert estimators.compared([6.0, 5.0, 4.0, 3.0, 2.0, 1.0]) == [2.0]
    assert estimators.compared([6.0, 5.0]) == [5.0]


def test_figures(monkeypatch):
    """Of 0.1 s, 0.4 s, 0.8 s and of fresh processes, of which all but the first of a folder find machine code."""
    folders = []

    def started(*arguments, cache, module, threads):
        seconds = 0.2 if cache in folders else 2.0
        folders.append(cache)
        return {"seconds": seconds}

    class Peer:
        def __init__(self, library, threads): ...

        def __enter__(self): ...

        def __exit__(self, *exception): ...

    monkeypatch.setattr(comparison, "started", started)
    monkeypatch.setattr(comparison, "Peer", Peer)
    monkeypatch.setattr(comparison, "in_turns", lambda *args: [Times([t, t]) for t in (0.1, 0.4, 0.8)])
    figures = list(comparison.run(2, {"iris": 7, "digits": 9}, 2))
    assert [figure.floor for figure in figures] == 4 * [1.0, 3.0]
    assert {figure.verdict for figure in figures} == {"held"} and figures[0].seen == pytest.approx(4)
    assert figures[0].beside == pytest.approx(
        {
            "threads": 1,
            "epochs": 7,
            "warm [ms]": 100,
            "cold [ms]": 2000,
            "from disk [ms]": 200,
            "scikit-learn [ms]": 400,
            "PyTorch [ms]": 800,
            "against PyTorch": 8,
        }
    )
