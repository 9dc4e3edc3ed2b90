"""Steps that are looked at layer by layer."""

import sys
import time

import numpy as np
import pytest

from chainrule.optimizers import configured
from chainrule.training import Samples, fit, regularized
from chainrule.training.history import EpochRecord
from chainrule.training.progress import Silent
from chainrule.training.samples import _square_of_change, layers_of
from chainrule.training.state import Running, State
from chainrule.training.step import Measured


class EveryStep(Silent):
    wants_every_step = True


# J = mean over the batch of (w . x + b), whose gradient is (mean of x, 1) whatever the weights: with plain gradient
# descent a step is -rate times that.
LINE = regularized(lambda p, x: x @ p["out"]["w"] + p["out"]["b"], lambda outputs, y: np.mean(outputs))
X, Y = np.tile([3.0, 4.0], (24, 1)), np.zeros(24)


def start():
    return {"out": {"w": np.array([6.0, 8.0]), "b": np.array(0.0)}}


@pytest.mark.parametrize("verbose", [0, EveryStep()], ids=["many at once", "one by one"])
def test_the_gradient_and_the_step_of_a_linear_objective(verbose):
    samples = Samples(start(), 6, 1)
    sgd = configured("momentum", momentum=0.0)
    fit(
        LINE,
        start(),
        (X, Y),
        optimizer=sgd,
        learning_rate=0.1,
        epochs=1,
        batch_size=4,
        inspector=samples,
        verbose=verbose,
    )
    seen = samples.taken()
    assert seen["steps"] == [2, 4, 6]
    norm = np.sqrt(3**2 + 4**2 + 1)
    np.testing.assert_allclose(seen["gradient_norm"], [[norm] * 3], rtol=1e-12)
    # Before step k (from 1 on) w = (6, 8) - 0.1 (k - 1) (3, 4) and b = -0.1 (k - 1).
    weights = [np.sqrt(25 * (2 - 0.1 * (k - 1)) ** 2 + 0.01 * (k - 1) ** 2) for k in (2, 4, 6)]
    np.testing.assert_allclose(seen["step_ratio"], [[0.1 * norm / each for each in weights]], rtol=1e-12)
    assert samples.taken()["steps"] == []


def test_looking_changes_no_bit():
    x, y = np.random.default_rng(0).normal(size=(100, 2)), np.zeros(100)
    squares = regularized(lambda p, x: np.tanh(x @ p["out"]["w"] + p["out"]["b"]), lambda h, y: np.mean((h - y) ** 2))
    plain = fit(squares, start(), (x, y), epochs=4, batch_size=8, verbose=0)
    samples, seen = Samples(start(), 13, 4), []
    taking = [lambda record, parameters: seen.append(samples.taken()["steps"])]
    looked_at = fit(squares, start(), (x, y), epochs=4, batch_size=8, inspector=samples, callbacks=taking, verbose=0)
    assert seen[0] == [3, 7, 11] and all(seen)
    for name in ("w", "b"):
        assert plain.parameters["out"][name].tobytes() == looked_at.parameters["out"][name].tobytes()
    assert [record.gradient_norm for record in plain.history] == [record.gradient_norm for record in looked_at.history]


def test_weights_of_zero_have_no_ratio():
    samples = Samples(np.zeros(2), 1, 1)
    state = State(np.ones(2), None, None, running=Running(steps=1), steps=1)
    samples.after_steps(state, np.zeros(2), Measured(0.0, 0.0, 0.0, 5.0, (25.0,)))
    assert samples.taken() == {"steps": [1], "gradient_norm": [[5.0]], "step_ratio": [[None]]}


def epoch_of(seconds, epoch):
    return EpochRecord(epoch, 30, 1.0, 0.0, 1.0, None, None, seconds, 0.1)


@pytest.fixture
def spread(monkeypatch):
    """How many steps of each epoch are looked at, where looking takes the 0.15 ms of a call apart and no more."""
    processor = {"seconds": 0.0}
    monkeypatch.setattr(time, "thread_time", lambda: 0.0)
    monkeypatch.setattr(time, "process_time", lambda: processor["seconds"])

    def spread(seconds_per_epoch, share_of_the_processor=1.0, epochs=40):
        parameters, processor["seconds"] = np.ones(2), 0.0
        samples, state, counts = Samples(parameters, 30, epochs), State(parameters, None, parameters), []
        for epoch in range(1, epochs + 1):
            count = 0
            for step in range(30):
                state.running.steps = step
                if samples.steps_to_next(state) == 0:
                    samples.after_steps(state, parameters, Measured(0.0, 0.0, 0.0, 1.0, (1.0,)))
                    count += 1
            counts.append(count)
            state.history.append(epoch_of(epoch * seconds_per_epoch, epoch))
            state.seconds, state.running = epoch * seconds_per_epoch, Running()
            processor["seconds"] = state.seconds * share_of_the_processor
        return counts

    return spread


def test_slow_epochs_have_three_of_their_steps_looked_at(spread):
    counts = spread(1.0)  # the first epoch's time is that of compiling, as a rule, and no measure for the second
    assert counts[0] == 3 and counts[1] >= 1 and counts[2:] == [3] * 38


def test_fast_epochs_have_what_there_is_time_for_spread_over_the_run(spread):
    counts = spread(0.01)
    assert 9 < sum(counts) <= 0.005 * 0.4 / 1.5e-4 + 1 and max(counts[1:]) == 1
    assert sum(counts[20:]) >= 3


def test_what_other_programs_take_of_the_processor_is_no_time_for_looking(spread):
    assert sum(spread(0.05, share_of_the_processor=0.2)) == sum(spread(0.01))
    assert sum(spread(0.01, share_of_the_processor=4.0)) == sum(spread(0.01))  # four cores at work


def test_in_an_epoch_without_time_the_gradient_is_taken_once():
    parameters = np.ones(2)
    samples, state = Samples(parameters, 30, 10), State(parameters, None, parameters)
    samples._began, samples._count, samples._spent = (0.0, 0.0), 1, 1.0
    state.history.append(epoch_of(1e-6, 1))
    assert samples.steps_to_next(state) == sys.maxsize
    for steps in (10, 20):
        state.steps = steps
        samples.after_steps(state, None, Measured(0.0, 0.0, 0.0, 2.0, (4.0,)))
    assert samples.taken() == {"steps": [10], "gradient_norm": [[2.0]], "step_ratio": [[None]]}


def test_layers_are_what_their_leaves_have_in_common():
    tree = [{"W": np.ones(1), "b": np.ones(1)}, {"W": np.ones(1)}]
    assert layers_of(tree) == {"[0]": [0, 1], "[1]": [2]}
    assert layers_of({"a": np.ones(1), "b": np.ones(1)}) == {"['a']": [0], "['b']": [1]}
    assert layers_of(np.ones(1)) == {"": [0]}


def test_the_change_of_a_large_array_is_that_of_its_blocks():
    before, after = np.zeros((300, 401)), np.full((300, 401), 2.0)
    assert _square_of_change(before, after) == 4 * 300 * 401
