"""Checkpoints: what they hold, when they are written, and what is refused."""

import dataclasses
import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from chainrule import files
from chainrule.errors import FileError
from chainrule.optimizers import adam, momentum
from chainrule.training import Checkpoint, State, fit, load_state, save_state

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
    """Saving takes most of the time here, so that most kills fall into it."""
    path, rng, how = tmp_path / "s", np.random.default_rng(seed), "new"
    for _ in range(5):
        with started(path, how) as process:
            assert process.stdout.readline() == "ready\n"
            try:
                process.wait(timeout=rng.uniform(0.0, 0.2))
            except subprocess.TimeoutExpired:
                process.kill()
        how = "on" if path.exists() else "new"
    with started(path, how) as process:
        assert process.communicate(timeout=60)[0].split()[1] == undisturbed
