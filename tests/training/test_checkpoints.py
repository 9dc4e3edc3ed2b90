"""Checkpoints: what they hold, when they are written, and what is refused."""

import dataclasses
import os
import signal
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest

from chainrule import files
from chainrule.errors import ArgumentError, FileError
from chainrule.optimizers import OPTIMIZERS, adam, configured, momentum, schedules
from chainrule.training import Checkpoint, State, fit, load_state, regularized, save_state

from .test_loop import LINE, ROWS, Watcher, X, start


def interrupted_after(steps, path, **settings):
    watcher = Watcher(lambda n: signal.raise_signal(signal.SIGINT) if n == steps else None)
    return fit(LINE, start(), ROWS, (X, X), checkpoint=Checkpoint(path), verbose=watcher, **settings)


@pytest.mark.parametrize("optimizer", [adam, momentum])
@pytest.mark.parametrize("steps", [1, 2, 3, 8, 14])
def test_a_run_from_a_file_has_the_bits_of_the_undisturbed_one(tmp_path, steps, optimizer):
    path = tmp_path / "run.safetensors"
    settings = {"learning_rate": 0.05, "batch_size": 7, "epochs": 6, "seed": 3, "optimizer": optimizer}
    whole = fit(LINE, start(), ROWS, (X, X), verbose=0, **settings)
    part = interrupted_after(steps, path, **settings)
    state = load_state(path, start(), optimizer)
    assert state.steps == steps
    for name in ("parameters", "best"):
        assert getattr(state, name) == getattr(part.state, name)
    assert dataclasses.asdict(state.running) == dataclasses.asdict(part.state.running)
    rest = fit(LINE, start(), ROWS, (X, X), resume=state, verbose=0, **settings)
    assert rest.parameters == whole.parameters and rest.state.parameters == whole.state.parameters
    untimed = [dataclasses.replace(record, seconds=0.0) for record in rest.history]
    assert untimed == [dataclasses.replace(record, seconds=0.0) for record in whole.history]


class EveryState:
    """Keeps every state of a run, by way of a file."""

    def __init__(self, path, parameters, optimizer):
        self.path, self.parameters, self.optimizer, self.states = path, parameters, optimizer, []

    def save(self, state):
        save_state(self.path, state)
        self.states.append(load_state(self.path, self.parameters, self.optimizer))

    after_step = save

    def steps_to_next(self, state):
        return 1


RATES = {
    "constant": 0.05,
    "linear": schedules.linear(0.05, last=0.001, steps=9),
    "cosine": schedules.cosine(0.05, steps=12),
    "warm_up": schedules.warm_up(schedules.step_decay(0.05, factor=0.5, every=3), 4),
    "plateau": schedules.plateau(0.5, factor=0.5, patience=1),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(
    ("optimizer", "rate"), [*((name, "constant") for name in OPTIMIZERS), *(("momentum", name) for name in RATES)]
)
def test_from_every_step_the_rest_has_the_bits_of_the_undisturbed_run(tmp_path, optimizer, rate, dtype):
    optimizer, begin = configured(optimizer), {name: value.astype(dtype) for name, value in start().items()}
    x, y = (each.astype(dtype) for each in ROWS)
    settings = {"learning_rate": RATES[rate], "batch_size": 8, "epochs": 4, "patience": 3, "optimizer": optimizer}
    keeper = EveryState(tmp_path / "s", begin, optimizer)
    whole = fit(LINE, begin, (x, y), (x[:1], y[:1]), checkpoint=keeper, verbose=0, **settings)
    assert len(keeper.states) == whole.state.steps + 1
    for state in keeper.states:
        rest = fit(LINE, begin, (x, y), (x[:1], y[:1]), resume=state, verbose=0, **settings)
        assert rest.parameters == whole.parameters and rest.state.parameters == whole.state.parameters
        assert rest.ending == whole.ending and rest.best_epoch == whole.best_epoch
        untimed = [dataclasses.replace(record, seconds=0.0) for record in rest.history]
        assert untimed == [dataclasses.replace(record, seconds=0.0) for record in whole.history]


@dataclasses.dataclass
class Line:
    slope: np.ndarray
    offset: np.ndarray


class NamedLine(NamedTuple):
    slope: np.ndarray
    offset: np.ndarray


@pytest.mark.parametrize("kind", [Line, NamedLine])
def test_trees_of_the_users_own_kind(tmp_path, kind):
    net = regularized(lambda p, x: x * p.slope + p.offset, lambda y_hat, y: np.mean((y_hat - y) ** 2))
    begin = kind(np.zeros(1), np.zeros(1))
    fit(net, begin, ROWS, epochs=2, checkpoint=Checkpoint(tmp_path / "s"), verbose=0)
    rest = fit(net, begin, ROWS, epochs=4, resume=load_state(tmp_path / "s", begin, adam), verbose=0)
    whole = fit(net, begin, ROWS, epochs=4, verbose=0)
    assert type(rest.parameters) is kind
    assert (rest.parameters.slope, rest.parameters.offset) == (whole.parameters.slope, whole.parameters.offset)


@pytest.mark.parametrize("settings", [{"steps": 0}, {"seconds": -1.0}, {"seconds": np.nan}])
def test_times_between_savings_that_make_no_sense(settings):
    with pytest.raises(ArgumentError, match="between two savings"):
        Checkpoint("s", **settings)


def test_float32_and_whole_numbers_come_back_as_they_were(tmp_path):
    parameters = [{"W": np.array([[0.1, -2.0]], np.float32), "b": np.array([np.nan, -0.0], np.float32)}]
    state = State.initial(parameters, adam)
    save_state(tmp_path / "s", state)
    back = load_state(tmp_path / "s", parameters, adam)
    assert back.parameters[0]["W"].tobytes() == parameters[0]["W"].tobytes()
    assert back.parameters[0]["b"].tobytes() == parameters[0]["b"].tobytes()
    assert type(back.optimizer) is adam.State and back.optimizer.step == 0 and type(back.optimizer.step) is int


def test_it_is_written_every_so_many_steps_and_at_the_end(tmp_path):
    path, seen = tmp_path / "s", []

    def look(steps):
        seen.append(load_state(path, start(), adam).steps if path.exists() else None)

    fitted = fit(
        LINE,
        start(),
        ROWS,
        batch_size=7,
        epochs=3,
        checkpoint=Checkpoint(path, steps=4),
        verbose=Watcher(look),
    )
    # A watcher is told of a step before the step is saved.
    assert seen == [None, None, None, None, 4, 4, 4, 4, 8]
    assert load_state(path, start(), adam).steps == fitted.state.steps == 9


def test_a_run_that_diverges_leaves_the_last_good_state(tmp_path):
    path = tmp_path / "s"

    def rate(step, losses):
        return 0.01 if step < 5 else 1e300

    with pytest.raises(ArithmeticError):
        fit(
            LINE,
            start(),
            ROWS,
            batch_size=7,
            epochs=9,
            learning_rate=rate,
            checkpoint=Checkpoint(path, steps=1),
            verbose=0,
        )
    assert all(np.isfinite(leaf).all() for leaf in load_state(path, start(), adam).best.values())


def test_what_belongs_to_another_net_or_optimizer_is_refused(tmp_path):
    path = tmp_path / "s"
    save_state(path, State.initial(start(), adam))
    with pytest.raises(FileError, match="belongs to another net or optimizer"):
        load_state(path, {"slope": np.zeros(2), "offset": np.zeros(1)}, adam)
    with pytest.raises(FileError, match="belongs to another net or optimizer"):
        load_state(path, {"slope": np.zeros(1, np.float32), "offset": np.zeros(1)}, adam)
    with pytest.raises(FileError, match=r"no whole checkpoint: parameters\['other'\] is missing"):
        load_state(path, {"other": np.zeros(1), "offset": np.zeros(1)}, adam)
    with pytest.raises(FileError, match=r"no whole checkpoint: optimizer.* is missing"):
        load_state(path, start(), momentum)


def test_other_files_are_refused(tmp_path):
    files.save(tmp_path / "other", {"x": np.zeros(1)}, {"kind": "something else"})
    with pytest.raises(FileError, match="is no checkpoint of a training run"):
        load_state(tmp_path / "other", start(), adam)
    (tmp_path / "text").write_text("hello")
    with pytest.raises(FileError):
        load_state(tmp_path / "text", start(), adam)
    with pytest.raises(FileError):
        load_state(tmp_path / "missing", start(), adam)


PROGRAM = """
import sys
import numpy as np
from chainrule.optimizers import adam
from chainrule.training import Checkpoint, fit, load_state, regularized

path, go_on = sys.argv[1], sys.argv[2] == "on"
net = regularized(lambda p, x: np.tanh(x @ p["V"]) @ p["W"], lambda y_hat, y: np.mean((y_hat - y) ** 2))
rng = np.random.default_rng(0)
x = rng.normal(size=(64, 8))
p = {"V": rng.normal(size=(8, 16)), "W": rng.normal(size=(16, 1))}
state = load_state(path, p, adam) if go_on else None
print("ready", flush=True)
keeper = Checkpoint(path, steps=1)
fitted = fit(net, p, (x, x[:, :1] ** 2), batch_size=8, epochs=30, checkpoint=keeper, resume=state, verbose=0)
print(sum(float(np.sum(v)) for v in fitted.state.parameters.values()).hex())
"""


def started(*arguments):
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)], text=True, stdout=subprocess.PIPE, env=environment
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    with started(tmp_path_factory.mktemp("whole") / "s", "new") as process:
        return process.communicate(timeout=60)[0].split()[1]


@pytest.mark.parametrize("seed", range(2))
def test_killed_at_any_moment(tmp_path, undisturbed, seed):
    """Saving takes most of the time here, so that most kills fall into it; `python -m campaigns kills` has more."""
    path, rng, how = tmp_path / "s", np.random.default_rng(seed), "new"
    for _ in range(3):
        with started(path, how) as process:
            assert process.stdout.readline() == "ready\n"
            try:
                process.wait(timeout=rng.uniform(0.0, 0.2))
            except subprocess.TimeoutExpired:
                process.kill()
        how = "on" if path.exists() else "new"
    with started(path, how) as process:
        assert process.communicate(timeout=60)[0].split()[1] == undisturbed
