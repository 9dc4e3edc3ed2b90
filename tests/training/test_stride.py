"""Many steps as one call: the same as one by one, and just as easily stopped."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import chainrule as cr
from chainrule.losses import cross_entropy
from chainrule.nets import Dense
from chainrule.optimizers import configured
from chainrule.regularizers import l2
from chainrule.training import Settings, fit, regularized, stride
from chainrule.training.compiled import compiled_steps
from chainrule.training.progress import Silent
from chainrule.training.recipe import Recipe

rng = np.random.default_rng(0)
X, Y = rng.normal(size=(500, 6)), rng.integers(0, 3, 500)
NET = Dense([6, 8, 3])
OBJECTIVE = regularized(NET.forward, cross_entropy, l2, 1e-3)


class EveryStep(Silent):
    wants_every_step = True


@pytest.fixture
def lengths(monkeypatch):
    """How many steps each call has made."""
    found = []
    call = stride.Strides.__call__

    def counted(self, parameters, optimizer, rows, batches, rates, first, last, made):
        found.append(last - first)
        return call(self, parameters, optimizer, rows, batches, rates, first, last, made)

    monkeypatch.setattr(stride.Strides, "__call__", counted)
    return found


def run(objective=OBJECTIVE, verbose=0, rows=(X, Y), **settings):
    settings = {"epochs": 3, "batch_size": 8, "learning_rate": 0.01, **settings}
    return fit(objective, NET.initialize(0), rows, verbose=verbose, **settings)


@pytest.mark.skipif(not cr.compile.is_available(), reason="interpreted steps take longer")
def test_most_steps_share_a_call(lengths):
    run()
    assert sum(lengths) == 3 * (62 + 1) and len(lengths) < 60 and max(lengths) > 10  # the last of 4 rows


@pytest.mark.parametrize("rate", [0.01, lambda step, losses: 0.01 / (1 + step)], ids=["constant", "schedule"])
def test_same_bits_as_one_by_one(lengths, rate):
    together = run(learning_rate=rate)
    alone = run(verbose=EveryStep(), learning_rate=rate)
    assert set(lengths[-62:]) == {1}
    a, b = (cr.ravel(each.parameters)[0] for each in (together, alone))
    assert a.tobytes() == b.tobytes()
    assert [r.loss for r in together.history] == [r.loss for r in alone.history]


def test_an_objective_that_asks_for_values_is_stepped_one_by_one(lengths):
    def objective(parameters, x, y):
        J, parts = OBJECTIVE(parameters, x, y)
        return (J * 2, parts) if J > 1 else (J, parts)

    assert run(objective).history[-1].loss < 1.2 and set(lengths) == {1}


def spoiled(at):
    """Rows of which one makes the logarithm infinite."""
    x = np.abs(X) + 0.1
    x[at] = 0.0
    return x


def logarithms(parameters, x, y):
    logs = np.log(x)
    J = cross_entropy(NET.forward(parameters, logs), y)
    return J, (J, 0.0)


def test_divergence_names_step_and_variable(lengths):
    messages = []
    for verbose in (0, EveryStep()):
        with pytest.raises(cr.errors.DivergenceError) as caught:
            run(logarithms, verbose, rows=(spoiled(137), Y), epochs=2)
        messages.append(str(caught.value))
        assert caught.value.fitted.history == []
    assert messages[0] == messages[1]
    assert "the objective became nan in step 49 of epoch 1" in messages[0]
    assert "in logarithms: x (8, 6) float64, min 0.0" in messages[0]


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_interrupt_in_a_long_epoch():
    script = """
        import os, signal, threading, time
        import numpy as np
        from chainrule.losses import cross_entropy
        from chainrule.nets import Dense
        from chainrule.training import fit, regularized
        rng = np.random.default_rng(0)
        X, Y = rng.normal(size=(3_000_000, 6)), rng.integers(0, 3, 3_000_000)
        net = Dense([6, 32, 32, 3])
        sent = []
        def send():
            sent.append(time.perf_counter())
            os.kill(os.getpid(), signal.SIGINT)
        def small(record, parameters):
            threading.Timer(1.0, send).start()
        objective = regularized(net.forward, cross_entropy)
        begin = net.initialize(0)
        first = fit(objective, begin, (X[:1000], Y[:1000]), epochs=1, batch_size=1, verbose=0)
        threading.Timer(4.0, send).start()
        fitted = fit(objective, first.parameters, (X, Y), epochs=1, batch_size=1, verbose=0)
        print(time.perf_counter() - sent[0], fitted.ending, fitted.state.running.steps > 1000, fitted.best_epoch)
        """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    seconds, ending, went_on, best = done.stdout.split()
    assert float(seconds) < 1 and ending == "interrupted" and went_on == "True" and int(best) == 1


def test_a_second_run_of_the_same_functions_traces_nothing():
    optimizer = configured("momentum", momentum=0.5)
    first = run(epochs=1, optimizer=optimizer)
    steps = compiled_steps(OBJECTIVE, optimizer, None, None)
    count = steps.many(8).trace_count, steps.many(4).trace_count
    second = run(epochs=1, optimizer=optimizer)
    assert (steps.many(8).trace_count, steps.many(4).trace_count) == count and min(count) > 0
    assert cr.ravel(first.parameters)[0].tobytes() == cr.ravel(second.parameters)[0].tobytes()


def test_equal_settings_have_the_same_functions():
    def recipe(**changed):
        return Recipe.of(Settings(data="x.csv", target="y", **changed), 6, 3, 500)

    a, b = recipe(epochs=3), recipe(epochs=5, learning_rate=0.1)
    assert a.objective is b.objective and a.fit["optimizer"] is b.fit["optimizer"] and a.fit["epochs"] == 3
    assert recipe(hidden=(7,)).objective is not a.objective
    assert recipe(strength=0.5).objective is not a.objective
