"""What a step hands on beside the parameters, what an epoch is judged by, and rows that come in chunks."""

from typing import NamedTuple

import numpy as np
import pytest

from chainrule.data import Chunk
from chainrule.errors import ArgumentError
from chainrule.optimizers import sgd
from chainrule.training import Buffered, Checkpoint, fit, load_state, regularized

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 3))
Y = X @ np.array([1.0, -2.0, 0.5])


def _counting(parameters, buffers, x, y):
    """A running mean of what x averages to, and a count of steps, which the loss depends on."""
    count = buffers["count"] + 1
    mean = 0.9 * buffers["mean"] + 0.1 * np.mean(x, axis=0)
    loss = np.mean((x @ parameters - y) ** 2) * (1 + 0.01 * buffers["count"])
    return loss, (loss, 0.0, {"count": count, "mean": mean})


def _evaluate(parameters, buffers, x, y):
    loss = np.mean(((x - buffers["mean"]) @ parameters - y) ** 2)
    return loss, (loss, 0.0)


START = np.zeros(3)
OBJECTIVE = Buffered(_counting, {"count": np.int64(0), "mean": np.zeros(3)}, _evaluate)


def by_hand(epochs, batch_size):
    w, count, mean = START, 0, np.zeros(3)
    for _ in range(epochs):
        for start in range(0, len(X), batch_size):
            x, y = X[start : start + batch_size], Y[start : start + batch_size]
            gradient = 2 * x.T @ (x @ w - y) / len(x) * (1 + 0.01 * count)
            w, count, mean = w - 0.1 * gradient, count + 1, 0.9 * mean + 0.1 * x.mean(axis=0)
    return w, count, mean


def run(rows=(X, Y), **settings):
    return fit(
        OBJECTIVE,
        START,
        rows,
        **{"optimizer": sgd, "learning_rate": 0.1, "shuffle": False, "batch_size": 8, "verbose": 0, **settings},
    )


def test_buffers_go_from_step_to_step():
    fitted = run(epochs=3)
    w, count, mean = by_hand(3, 8)
    np.testing.assert_allclose(fitted.state.parameters, w, rtol=1e-12)
    np.testing.assert_allclose(fitted.state.buffers["mean"], mean, rtol=1e-12)
    assert fitted.state.buffers["count"] == count == 21


def test_the_best_epoch_has_its_own_buffers_and_is_judged_without_training():
    seen = []
    fitted = run(epochs=4, validation_rows=(X, Y), callbacks=[lambda record, p: seen.append((record, p))])
    record = fitted.history[fitted.best_epoch - 1]
    loss = _evaluate(fitted.parameters, fitted.buffers, X, Y)[0]
    assert record.validation_loss == pytest.approx(loss, rel=1e-12)
    assert fitted.buffers["count"] == 7 * fitted.best_epoch
    assert [each.epoch for each, _ in seen] == [1, 2, 3, 4]


def test_a_score_is_given_the_buffers():
    fitted = run(epochs=1, validation_rows=(X, Y), score=lambda p, buffers, x, y: float(buffers["count"]))
    assert fitted.history[0].score == 7.0


def test_a_checkpoint_holds_the_buffers(tmp_path):
    run(epochs=2, checkpoint=Checkpoint(tmp_path / "s"))
    state = load_state(tmp_path / "s", START, sgd, OBJECTIVE.buffers)
    on, whole = run(epochs=4, resume=state), run(epochs=4)
    np.testing.assert_array_equal(on.state.parameters, whole.state.parameters)
    np.testing.assert_array_equal(on.state.buffers["mean"], whole.state.buffers["mean"])
    np.testing.assert_array_equal(on.buffers["mean"], whole.buffers["mean"])


def test_a_checkpoint_of_other_buffers_is_refused(tmp_path):
    run(epochs=1, checkpoint=Checkpoint(tmp_path / "s"))
    with pytest.raises(Exception, match="belongs to another net or optimizer"):
        load_state(tmp_path / "s", START, sgd, {"count": np.int64(0), "mean": np.zeros(4)})


class _Last(NamedTuple):
    step: int


class _Halved:
    """Steps of gradient descent, of which half counts."""

    initialize = staticmethod(lambda parameters: _Last(0))
    update = staticmethod(lambda p, g, state, rate: (p - rate * g, _Last(state.step + 1)))
    judged = staticmethod(lambda p, state: p / 2)


def test_what_an_optimizer_makes_of_the_parameters_is_judged_and_kept():
    objective = regularized(lambda w, x: x @ w, lambda y_hat, y: np.mean((y_hat - y) ** 2))
    seen = []
    fitted = fit(
        objective,
        START,
        (X, Y),
        (X, Y),
        optimizer=_Halved(),
        learning_rate=0.1,
        epochs=1,
        verbose=0,
        callbacks=[lambda record, p: seen.append(p)],
    )
    np.testing.assert_array_equal(fitted.parameters, fitted.state.parameters / 2)
    np.testing.assert_array_equal(seen[0], fitted.parameters)
    assert fitted.history[0].validation_loss == pytest.approx(np.mean((X @ fitted.parameters - Y) ** 2))


def test_rows_may_be_more_than_two_arrays():
    weights = RNG.uniform(size=50)

    def weighted(w, x, y, weight):
        loss = np.sum(weight * (x @ w - y) ** 2) / np.sum(weight)
        return loss, (loss, 0.0)

    fitted = fit(
        weighted,
        START,
        (X, Y, weights),
        optimizer=sgd,
        learning_rate=0.1,
        epochs=1,
        batch_size=50,
        verbose=0,
    )
    gradient = 2 * X.T @ (weights * (X @ START - Y)) / weights.sum()
    np.testing.assert_allclose(fitted.parameters, -0.1 * gradient, rtol=1e-12)
    with pytest.raises(ArgumentError, match="arrays"):
        fit(weighted, START, (X,), verbose=0)


class _Chunks:
    """Rows that come in chunks of full batches."""

    def __init__(self, *sizes):
        self.sizes, self.seeds = sizes, []

    def __len__(self):
        return len(X)

    def chunks(self, seed, batch_size):
        self.seeds.append(seed)
        start = 0
        for size in self.sizes:
            chunk = slice(start, start + size)
            yield Chunk((X[chunk], Y[chunk]), np.arange(size))
            start += size


def test_chunks_of_rows_make_the_steps_of_all_rows(tmp_path):
    whole = run(epochs=3)
    chunks = run(_Chunks(16, 24, 10), epochs=3)
    np.testing.assert_array_equal(chunks.state.parameters, whole.state.parameters)
    assert [record.steps for record in chunks.history] == [7, 7, 7]
    assert [a.loss for a in chunks.history] == pytest.approx([a.loss for a in whole.history])


@pytest.mark.parametrize("steps", range(1, 14))
def test_a_run_goes_on_within_any_chunk(tmp_path, steps):
    class Broken(Checkpoint):
        def after_step(self, state):
            super().after_step(state)
            if state.steps == steps:
                raise OSError

    with pytest.raises(OSError):
        run(_Chunks(16, 24, 10), epochs=2, checkpoint=Broken(tmp_path / "s", steps=1))
    on = run(_Chunks(16, 24, 10), epochs=2, resume=load_state(tmp_path / "s", START, sgd, OBJECTIVE.buffers))
    np.testing.assert_array_equal(on.state.parameters, run(epochs=2).state.parameters)
    assert [record.loss for record in on.history] == [record.loss for record in run(epochs=2).history]


def test_each_epoch_has_a_seed_of_its_own_or_none():
    source = _Chunks(50)
    run(source, epochs=3, shuffle=True)
    assert len({tuple(seed.spawn_key) for seed in source.seeds}) == 3
    run(source := _Chunks(50), epochs=2)
    assert source.seeds == [None, None]
