"""The nets for Fashion-MNIST, on a few pictures like it."""

import pytest
from benchmarks import fashion
from benchmarks.fashion import comparison, training

from tests.data.test_fashion_mnist import written


@pytest.fixture
def pictures(tmp_path, monkeypatch):
    written(tmp_path, training=300, test=50)
    monkeypatch.setenv("CHAINRULE_FASHION_MNIST", str(tmp_path))


def test_the_settings_are_chosen_on_the_training_part(pictures):
    whole, parts = fashion.official(), fashion.of_training(held=100)
    assert (len(whole.x), len(whole.x_judge), len(parts.x), len(parts.x_judge)) == (300, 50, 200, 100)
    rows = {row.tobytes() for row in whole.x}
    assert {row.tobytes() for row in (*parts.x, *parts.x_judge)} == rows
    assert fashion.PLAIN._replace(epochs=0, alpha=0.0) == fashion.Settings(epochs=0, falls=False)


@pytest.mark.filterwarnings("ignore:.*Maximum iterations")
def test_a_net_learns(pictures):
    settings = fashion.CHOSEN._replace(epochs=12, hidden=(32, 16), rate=0.02)
    told = training.trained("chainrule", fashion.official(), settings, 0)
    assert told["accuracy"] > 0.9 and told["seconds"] > 0


def test_figures(monkeypatch):
    seconds = {"chainrule": 2.0, "torch": 5.0, "scikit_learn": 20.0}
    calls = []

    def started(library, seed, module, threads):
        calls.append((library, seed, threads))
        return {"seconds": seconds[library], "accuracy": 0.905 if library == "chainrule" else 0.88}

    monkeypatch.setattr(comparison, "started", started)
    figures = list(comparison.run(2))
    assert [figure.seen for figure in figures] == pytest.approx([90.5, 88, 88, 2.5, 10])
    assert [figure.verdict for figure in figures] == ["held", "", "", "", ""]
    assert calls[:3] == [("chainrule", "0", 2), ("torch", "0", 2), ("scikit_learn", "0", 2)] and len(calls) == 6
