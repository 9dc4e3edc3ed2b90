"""The training loop: what it finds, keeps, records, refuses, and how it stops."""

import signal
import threading

import numpy as np
import pytest

from chainrule.data import digits
from chainrule.errors import ArgumentError, DivergenceError, ShapeError
from chainrule.losses import cross_entropy
from chainrule.nets import Dense
from chainrule.optimizers import adam, sgd
from chainrule.regularizers import l2
from chainrule.training import accuracy, fit, regularized
from chainrule.training.progress import Silent


def line(parameters, x):
    return x * parameters["slope"] + parameters["offset"]


def squared_error(predicted, y):
    return np.mean((predicted - y) ** 2)


LINE = regularized(line, squared_error)
X = np.linspace(-1.0, 1.0, 21)[:, None]
ROWS = (X, 3 * X + 1)


def start():
    return {"slope": np.zeros(1), "offset": np.zeros(1)}


class Watcher(Silent):
    """Counts steps and calls a function at each."""

    wants_every_step = True

    def __init__(self, at_step=lambda steps: None):
        self.at_step, self.steps, self.records, self.ends = at_step, 0, [], []

    def step(self, epoch, step, measured):
        self.steps += 1
        self.at_step(self.steps)

    def epoch(self, record):
        self.records.append(record)

    def finish(self, fitted):
        self.ends.append(fitted)


def test_finds_a_line():
    fitted = fit(LINE, start(), ROWS, learning_rate=0.1, epochs=100, batch_size=7, verbose=0)
    assert fitted.parameters["slope"][0] == pytest.approx(3, abs=1e-2)
    assert fitted.parameters["offset"][0] == pytest.approx(1, abs=1e-2)
    assert fitted.ending == "finished" and fitted.epochs == len(fitted.history) == 100


def test_digits_on_a_small_budget():
    training, validation, held_out = digits.parts()
    net = Dense([64, 64, 10])
    fitted = fit(
        regularized(net.forward, cross_entropy, l2, 2e-3),
        net.initialize(0),
        training,
        validation,
        learning_rate=5e-3,
        epochs=12,
        verbose=0,
    )
    assert accuracy(np.argmax(net.forward(fitted.parameters, held_out[0]), axis=1), held_out[1]) >= 0.95


def test_one_step_by_hand():
    # All rows in one batch, from 0: J = mean((3x + 1)^2), dJ/dslope = -2 mean(x (3x + 1)) = -6 mean(x^2) < 0 and
    # dJ/doffset = -2 mean(3x + 1) = -2. Adam's first step has the length of the learning rate in each.
    watcher = Watcher()
    fitted = fit(LINE, start(), ROWS, learning_rate=0.5, epochs=1, batch_size=100, verbose=watcher)
    assert fitted.parameters["slope"][0] == pytest.approx(0.5, rel=1e-7)
    assert fitted.parameters["offset"][0] == pytest.approx(0.5, rel=1e-7)
    (record,) = fitted.history
    mean_square = np.mean(X**2)
    assert (record.epoch, record.steps, record.penalty) == (1, 1, 0.0)
    assert record.loss == pytest.approx(9 * mean_square + 1)
    assert record.gradient_norm == pytest.approx(np.hypot(6 * mean_square, 2))
    assert record.validation_loss is None and record.score is None and record.monitored == record.loss
    assert watcher.records == fitted.history and watcher.ends == [fitted]


def test_loss_of_an_epoch_is_the_mean_over_rows():
    # With a rate of next to nothing every step sees the same weights, so means over batches of 5, 5, 5, 5, 1 rows
    # weighted by their rows are the mean over all rows.
    objective = regularized(line, squared_error, lambda p: np.sum(p["slope"] ** 2 + 1), 0.5)
    fitted = fit(objective, start(), ROWS, learning_rate=1e-300, epochs=1, batch_size=5, verbose=0)
    assert fitted.history[0].loss == pytest.approx(np.mean(ROWS[1] ** 2), rel=1e-12)
    assert fitted.history[0].penalty == pytest.approx(0.5, rel=1e-12)
    assert fitted.history[0].steps == 5


def test_best_weights_are_those_of_the_lowest_validation_loss():
    # The validation rows lie on another line, y = x, which is passed on the way from 0 to 3x + 1.
    seen = []

    def score(parameters, x, y):
        seen.append(parameters)
        return -float(squared_error(line(parameters, x), y))

    fitted = fit(LINE, start(), ROWS, (X, X), score=score, learning_rate=0.05, epochs=60, verbose=0)
    losses = [record.validation_loss for record in fitted.history]
    assert fitted.best_epoch == 1 + int(np.argmin(losses)) < 60
    assert fitted.parameters is seen[fitted.best_epoch - 1]
    assert [record.score for record in fitted.history] == [-loss for loss in losses]
    assert LINE(fitted.parameters, X, X)[1][0] == min(losses)


def test_equal_seeds_give_equal_weights():
    def run(seed):
        return fit(LINE, start(), ROWS, seed=seed, learning_rate=0.1, epochs=3, batch_size=4, verbose=0).parameters[
            "slope"
        ]

    assert run(5) == run(5) == run(np.random.SeedSequence(5)) != run(6)
    generator = np.random.default_rng(5)
    first, second = run(generator), run(generator)  # a generator moves on
    assert first == run(np.random.default_rng(5)) != second


def test_what_is_given_is_not_changed():
    parameters, x, y = start(), X.copy(), 3 * X + 1
    fit(LINE, parameters, (x, y), epochs=2, verbose=0)
    assert parameters == start()
    np.testing.assert_array_equal(x, X)


def test_any_optimizer_with_the_two_functions():
    class GradientDescent:
        def initialize(self, parameters):
            return 0

        def update(self, parameters, gradients, state, learning_rate):
            moved = {name: parameters[name] - learning_rate * gradients[name] for name in parameters}
            return moved, state + 1

    fitted = fit(LINE, start(), ROWS, optimizer=GradientDescent(), learning_rate=0.3, epochs=50, verbose=0)
    assert fitted.parameters["slope"][0] == pytest.approx(3, abs=1e-3)


def test_float32_all_the_way():
    x, y = (a.astype(np.float32) for a in ROWS)
    parameters = {name: value.astype(np.float32) for name, value in start().items()}
    fitted = fit(LINE, parameters, (x, y), learning_rate=np.float64(0.1), epochs=2, verbose=0)
    assert {value.dtype for value in fitted.parameters.values()} == {np.dtype(np.float32)}


def test_interrupt_ends_after_the_step_and_keeps_the_best():
    before = signal.getsignal(signal.SIGINT)
    watcher = Watcher(lambda steps: signal.raise_signal(signal.SIGINT) if steps == 8 else None)
    fitted = fit(LINE, start(), ROWS, ROWS, batch_size=7, epochs=50, verbose=watcher)
    assert fitted.ending == "interrupted" and watcher.steps == 8
    assert [record.steps for record in fitted.history] == [3, 3, 2]
    assert fitted.best_epoch == 3
    assert str(fitted) == "interrupted in epoch 3 of 50; the best weights, of epoch 3, are kept"
    assert signal.getsignal(signal.SIGINT) is before


def test_second_interrupt_stops_at_once():
    before = signal.getsignal(signal.SIGINT)

    def twice(steps):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    watcher = Watcher(twice)
    with pytest.raises(KeyboardInterrupt):
        fit(LINE, start(), ROWS, epochs=50, verbose=watcher)
    assert signal.getsignal(signal.SIGINT) is before
    assert watcher.ends == [None]


def test_ignored_interrupts_stay_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        watcher = Watcher(lambda steps: signal.raise_signal(signal.SIGINT))
        assert fit(LINE, start(), ROWS, epochs=2, verbose=watcher).ending == "finished"
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_in_another_thread():
    found = []
    thread = threading.Thread(target=lambda: found.append(fit(LINE, start(), ROWS, epochs=2, verbose=0).ending))
    thread.start()
    thread.join()
    assert found == ["finished"]


def test_divergence_is_an_error_that_holds_what_was_best():
    # Steps of length 1e200 make the squared error overflow in the second epoch (one step in each).
    watcher = Watcher()
    with pytest.raises(DivergenceError, match="the objective became inf in step 1 of epoch 2") as caught:
        fit(LINE, start(), ROWS, learning_rate=1e200, epochs=9, batch_size=100, verbose=watcher)
    fitted = caught.value.fitted
    assert fitted.ending == "diverged" and len(fitted.history) == 1 and watcher.ends == [fitted]
    assert str(fitted) == "the loss was not finite in epoch 2 of 9; the best weights, of epoch 1, are kept"


def test_divergence_names_the_first_operation_that_went_wrong():
    def risky(parameters, x, y):
        gap = x * parameters["slope"] - y
        loss = np.mean(np.log(gap**2 - 4))
        return loss, (loss, 0.0)

    with pytest.raises(DivergenceError) as caught:
        fit(risky, start(), (X, 0 * X + 2.5), learning_rate=10.0, epochs=5, batch_size=100, verbose=0)
    assert "first cause: log of gap**2 - 4 gives nan" in caught.value.got
    assert "test_loop.py" in caught.value.got and "min" in caught.value.got


def test_divergence_at_once_leaves_the_initial_weights():
    parameters = {"slope": np.full(1, np.nan), "offset": np.zeros(1)}
    with pytest.raises(DivergenceError, match="became nan in step 1 of epoch 1") as caught:
        fit(LINE, parameters, ROWS, epochs=9, verbose=0)
    assert caught.value.fitted.parameters is parameters
    assert caught.value.fitted.best_epoch == 0
    assert "the initial weights are kept" in str(caught.value.fitted)


def test_errors_of_the_objective_come_through():
    def broken(parameters, x, y):
        raise RuntimeError("mine")

    watcher = Watcher()
    with pytest.raises(RuntimeError, match="mine"):
        fit(broken, start(), ROWS, verbose=watcher)
    assert watcher.ends == [None]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs is a whole number, 1 or more"),
        ({"epochs": 2.5}, "epochs=2.5"),
        ({"batch_size": -1}, "batch_size is a whole number, 1 or more"),
        ({"learning_rate": 0.0}, "a learning rate is positive and finite"),
        ({"learning_rate": np.nan}, "learning_rate=nan"),
        ({"patience": 0}, "patience is a whole number, 1 or more"),
        ({"tolerance": -1.0}, "a tolerance is finite and not negative"),
        ({"verbose": 3}, "wanted  'auto', 0, 1 or 2"),
    ],
)
def test_numbers_without_meaning(settings, message):
    with pytest.raises(ArgumentError, match=message):
        fit(LINE, start(), ROWS, **{"verbose": 0, **settings})


@pytest.mark.parametrize("rows", [(X, X[:-1]), (X[:0], X[:0]), (np.float64(1.0), np.float64(1.0))])
def test_rows_that_do_not_match(rows):
    with pytest.raises(ShapeError, match=r"^rows are as many samples as targets, and at least one"):
        fit(LINE, start(), rows, verbose=0)
    with pytest.raises(ShapeError, match=r"^validation rows are"):
        fit(LINE, start(), ROWS, rows, verbose=0)


def test_a_schedule_gives_the_rate_of_every_step():
    seen = []

    def schedule(step, losses):
        seen.append((step, len(losses)))
        return 0.1 / (1 + step)

    fitted = fit(LINE, start(), ROWS, learning_rate=schedule, epochs=2, batch_size=7, verbose=0)
    assert seen == [(0, 0), (1, 0), (2, 0), (3, 1), (4, 1), (5, 1)]
    assert [record.learning_rate for record in fitted.history] == [0.1 / 3, 0.1 / 6]


def test_gradients_are_clipped_before_and_parameters_projected_after_the_step():
    # The gradient is (-6 mean(x^2), -2); plain descent with a gradient cut to length 0 does not move.
    class Descent:
        def initialize(self, parameters):
            return 0

        def update(self, parameters, gradients, state, learning_rate):
            return {name: parameters[name] - learning_rate * gradients[name] for name in parameters}, state

    def bounded(gradients):
        return {name: np.clip(g, -0.5, 0.5) for name, g in gradients.items()}

    settings = {"optimizer": Descent(), "learning_rate": 1.0, "epochs": 1, "batch_size": 100, "verbose": 0}
    fitted = fit(LINE, start(), ROWS, clip=bounded, **settings)
    assert fitted.parameters == {"slope": 0.5, "offset": 0.5}
    assert fitted.history[0].gradient_norm == pytest.approx(np.hypot(6 * np.mean(X**2), 2))
    halved = fit(LINE, start(), ROWS, clip=bounded, project=lambda p: {k: v / 2 for k, v in p.items()}, **settings)
    assert halved.parameters == {"slope": 0.25, "offset": 0.25}


def test_patience_stops_after_epochs_that_are_no_better():
    # The validation rows are best at the start: each epoch leads away from y = 0.
    fitted = fit(LINE, start(), ROWS, (X, 0 * X), learning_rate=0.05, epochs=50, patience=3, verbose=0)
    assert fitted.ending == "stopped" and fitted.best_epoch == 1 and len(fitted.history) == 4
    assert str(fitted) == "stopped after epoch 4 of 50; the best weights, of epoch 1, are kept"


def test_a_better_epoch_is_better_by_more_than_the_tolerance():
    fitted = fit(LINE, start(), ROWS, learning_rate=1e-3, epochs=50, patience=2, tolerance=10.0, verbose=0)
    assert fitted.ending == "stopped" and len(fitted.history) == 3


def test_callbacks_see_every_epoch_and_can_stop():
    seen = []

    def watch(record, parameters):
        seen.append((record.epoch, float(parameters["slope"][0])))
        return record.epoch == 3

    fitted = fit(LINE, start(), ROWS, learning_rate=0.1, epochs=9, callbacks=[watch], verbose=0)
    assert [epoch for epoch, _ in seen] == [1, 2, 3] and fitted.ending == "stopped"
    assert seen[-1][1] == fitted.state.parameters["slope"][0]


@pytest.mark.parametrize("steps", [1, 4, 6, 7, 12, 20])
def test_going_on_gives_the_bits_of_the_undisturbed_run(steps):
    def cosine(step, losses):
        return 0.1 * (1 + np.cos(step / 10)) / (1 + sum(losses[-1:]))

    settings = {"learning_rate": cosine, "batch_size": 7, "epochs": 9, "seed": 3}
    whole = fit(LINE, start(), ROWS, (X, X), verbose=0, **settings)
    watcher = Watcher(lambda n: signal.raise_signal(signal.SIGINT) if n == steps else None)
    part = fit(LINE, start(), ROWS, (X, X), verbose=watcher, **settings)
    assert part.ending == "interrupted" and part.state.steps == steps
    assert len(part.state.history) == steps // 3
    rest = fit(LINE, start(), ROWS, (X, X), resume=part.state, verbose=0, **settings)
    assert rest.parameters == whole.parameters and rest.best_epoch == whole.best_epoch
    assert [record.loss for record in rest.history] == [record.loss for record in whole.history]
    assert rest.state.parameters == whole.state.parameters


def test_the_default_optimizer_is_adam():
    kept = fit(LINE, start(), ROWS, epochs=2, verbose=0).parameters["slope"]
    assert kept == fit(LINE, start(), ROWS, optimizer=adam, epochs=2, verbose=0).parameters["slope"]


def test_going_on_leaves_the_state_that_it_began_with_alone():
    part = fit(LINE, start(), ROWS, epochs=3, verbose=0)
    first = fit(LINE, start(), ROWS, epochs=6, resume=part.state, verbose=0)
    assert len(part.state.history) == len(part.history) == 3 and part.state.steps == 3
    again = fit(LINE, start(), ROWS, epochs=6, resume=part.state, verbose=0)
    assert again.parameters == first.parameters and len(again.history) == 6


def test_a_run_that_patience_has_stopped_is_over():
    held = (X, 3 * X + 9)
    settings = {"learning_rate": 0.1, "epochs": 500, "batch_size": 7, "patience": 3, "verbose": 0}
    whole = fit(LINE, start(), ROWS, held, **settings)
    assert whole.ending == "stopped" and len(whole.history) < 500
    again = fit(LINE, start(), ROWS, held, resume=whole.state, **settings)
    assert again.ending == "stopped" and again.history == whole.history and again.parameters == whole.parameters
    on = fit(LINE, start(), ROWS, held, resume=whole.state, **{**settings, "patience": 5})
    assert len(on.history) == len(whole.history) + 2


def test_callbacks_see_an_epoch_that_was_over_when_it_was_interrupted():
    seen = []
    watcher = Watcher(lambda steps: signal.raise_signal(signal.SIGINT) if steps == 6 else None)
    fitted = fit(
        LINE, start(), ROWS, epochs=9, batch_size=7, callbacks=[lambda *a: seen.append(a[0].epoch)], verbose=watcher
    )
    assert fitted.ending == "interrupted" and seen == [1, 2]


@pytest.mark.parametrize("validation_rows", [None, ROWS])
@pytest.mark.parametrize("batch_size", [len(X), 2 * len(X)], ids=["full", "what is left over"])
def test_parameters_that_the_last_step_has_spoiled_are_not_kept(validation_rows, batch_size):
    # The root of 0 is 0, its slope infinite: the objective is finite, what comes of the step is not.
    root = regularized(lambda p, x: x + np.sqrt(p["slope"]) + p["offset"], lambda y_hat, y: np.mean(y_hat - y))
    with pytest.raises(DivergenceError, match="no longer finite after step 1 of epoch 1") as caught:
        fit(root, start(), ROWS, validation_rows, epochs=1, batch_size=batch_size, optimizer=sgd, verbose=0)
    assert "sqrt" in caught.value.got
    fitted = caught.value.fitted
    assert fitted.best_epoch == 0 and fitted.parameters["slope"] == 0 and fitted.ending == "diverged"
    assert str(fitted) == "the loss was not finite in epoch 1 of 1; the initial weights are kept"


def test_a_loss_of_minus_infinity_is_not_the_best():
    falling = regularized(line, lambda y_hat, y: np.mean(y_hat - y) if len(y) > 1 else -np.inf * np.mean(y_hat - y))
    fitted = fit(falling, start(), ROWS, epochs=3, batch_size=100, verbose=0)
    assert fitted.best_epoch == 3
    with pytest.raises(DivergenceError, match="the loss on the validation rows was finite after no epoch"):
        fit(falling, start(), ROWS, (X[:1], X[:1] - 1), epochs=3, batch_size=100, verbose=0)


def test_nan_on_the_validation_rows_alone():
    held = (X[:2], np.array([[1.0], [np.nan]]))
    with pytest.raises(DivergenceError, match="the loss on the validation rows was finite after no epoch") as caught:
        fit(LINE, start(), ROWS, held, epochs=3, verbose=0)
    assert "y" in caught.value.got and len(caught.value.fitted.history) == 3
    assert caught.value.fitted.parameters["slope"] == 0


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"learning_rate": "fast"}, "a learning rate is positive and finite"),
        ({"learning_rate": None}, "a learning rate is positive and finite"),
        ({"epochs": True}, "epochs is a whole number, 1 or more"),
        ({"seed": -1}, "a seed is a whole number, 0 or more"),
        ({"seed": 1.5}, "a seed is a whole number, 0 or more"),
        ({"seed": None}, "a seed is a whole number, 0 or more"),
        ({"rows": (X.tolist(), X.tolist())}, "rows are arrays, samples and targets"),
        ({"rows": (X,)}, "rows are arrays, samples and targets"),
        ({"rows": X}, "rows are arrays, samples and targets"),
        ({"validation_rows": (X, None)}, "validation rows are arrays, samples and targets"),
    ],
)
def test_arguments_that_make_no_sense(settings, sentence):
    with pytest.raises(ArgumentError, match=sentence):
        fit(LINE, start(), **{"rows": ROWS, "epochs": 1, "verbose": 0, **settings})
