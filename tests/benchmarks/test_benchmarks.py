"""What benchmarks time runs once, in small sizes; how figures are told."""

import math

import numpy as np
import pytest
from benchmarks import __main__ as command
from benchmarks import bandwidth, cold, grid, health, machine, mapped_training, memory_map, nets, programs, starting
from benchmarks.figures import Figure, noise, of_ratio, of_rounds, table
from benchmarks.functions import chainrule as functions
from benchmarks.functions import comparison as functions_comparison
from benchmarks.functions.problems import PROBLEMS
from benchmarks.nets import chainrule as trained
from benchmarks.nets import comparison as nets_comparison
from benchmarks.peers import Peer, cores, in_turns
from benchmarks.unjitted import chainrule as unjitted

from chainrule.compile import is_available

SMALL = {
    "gaussian_mixture": {"n": 7, "d": 3, "k": 4},
    "logistic_regression": {"n": 6, "d": 3},
    "n_body": {"n": 4},
    "rosenbrock": {"n": 5},
    "ten_sums": {},
}


def parts(x):
    return list(x) if isinstance(x, tuple) else [x]


@pytest.mark.parametrize("problem", PROBLEMS)
def test_gradients_of_functions(problem):
    run, units, check = functions.gradient(problem, SMALL[problem])
    value, x_bar = run()
    f, x, data = PROBLEMS[problem](np, **SMALL[problem])
    assert units == 1 and value == pytest.approx(f(x, *data), rel=1e-12)
    assert functions.objective(problem, SMALL[problem])[0]() == pytest.approx(value, rel=1e-12)
    assert functions.gradient(problem, SMALL[problem], captured=True)[0]()[0] == pytest.approx(value, rel=1e-12)
    assert check() == pytest.approx([value, *(np.sum(np.abs(each)) for each in parts(x_bar))])
    rng = np.random.default_rng(1)
    directions = [rng.normal(size=each.shape) for each in parts(x)]

    def moved(step):
        there = [each + step * direction for each, direction in zip(parts(x), directions, strict=True)]
        return f(tuple(there) if isinstance(x, tuple) else there[0], *data)

    slope = sum(np.sum(a * b) for a, b in zip(parts(x_bar), directions, strict=True))
    assert slope == pytest.approx((moved(1e-5) - moved(-1e-5)) / 2e-5, rel=1e-6)


def test_calls():
    assert functions.call("ten_sums", {})[0]() == 10 * 6 + 4 * 45


@pytest.mark.parametrize("what", ["epoch", "step_by_step"])
def test_nets_learn(what):
    run, units, check = getattr(trained, what)(sizes=[3, 5, 2], batch=4, steps=3)
    run()
    before = check()[0]
    for _ in range(30):
        run()
    assert units == (3 if what == "epoch" else 1) and check()[0] < before


@pytest.mark.parametrize("program", ["Rosenbrock, n = 50", "neural net, 128 x 64-100-10"])
def test_plain_gradients(program):
    run, _, check = unjitted.gradient(program)
    assert check() == [np.sum(np.abs(each)) for each in (run() if isinstance(run(), list) else [run()])]


@pytest.mark.parametrize("name", starting.PROGRAMS)
def test_programs_that_are_compiled(name):
    told = starting.first_call(starting.PROGRAMS[name](60))
    assert 60 <= told["operations"] <= 90 and told["seconds"] > 0
    assert not is_available() or told["seconds"] < math.inf


def test_fresh_processes_start():
    figures = list(cold.starts(2, 2))
    assert [figure.floor for figure in figures] == [60, 600, 150, 2]
    assert not is_available() or figures[-1].seen == 2


def test_arenas_are_explained(monkeypatch):
    monkeypatch.setattr(cold, "NETS", {"small": {"sizes": [3, 4, 2], "batch": 4}})
    few = {"small": {"problem": "rosenbrock", "sizes": {"n": 100}}}
    monkeypatch.setattr(cold, "FUNCTIONS", few)
    assert all(figure.seen >= 1 for figure in cold.arenas())


def test_data_is_read_once_for_each_pass():
    passes, size = bandwidth.bytes_of_data("logistic_regression", {"n": 50, "d": 4})
    assert 1 <= passes <= 2 and size == 50 * 4 * 8


def test_cells_of_the_grid():
    assert len(grid.WIDTHS) * len(grid.DEPTHS) * len(grid.BATCHES) == 32
    assert grid.net(64, 2, 16) == {"sizes": [64, 64, 10], "batch": 16, "steps": 1000}
    assert grid.net(1024, 4, 1024)["steps"] == 2


def test_multiplications():
    # batch 2: forward 2 (12 + 8), weights the same, and the second layer's 2 * 8 once more
    assert nets.multiplications([3, 4, 2], 2) == 40 + 40 + 16


def test_all_settings_name_what_there_is():
    assert all(each["problem"] in PROBLEMS for each in functions_comparison.FUNCTIONS.values())
    named = {key[0] for floors in nets_comparison.FLOORS.values() for key in floors}
    assert named <= set(nets.NETS)
    assert len(programs.PROGRAMS) == 10 and len(cores(1)) == 1
    assert sorted(command.BENCHMARKS) == list(command.BENCHMARKS)


@pytest.mark.skipif(not is_available(), reason="llvmlite is not installed")
def test_a_file_is_read_and_trained_on(monkeypatch, tmp_path):
    memory_map.write(tmp_path / "x.npy", 1 << 24)
    answer = memory_map.child(tmp_path / "x.npy", "fit", "cold")
    assert 0 < answer["seconds"] < 10 and 1e6 < answer["RssAnon"] < answer["ru_maxrss"] < 1e9
    monkeypatch.setattr(memory_map, "child", lambda path, what, state: answer)
    epoch, resident = [figure for figure in memory_map.run(2, 1 << 24) if figure.floor][::2]
    assert epoch.name == "warm: an epoch of training, over the sequential speed" and epoch.floor == 0.6
    assert epoch.seen > 0 and epoch.beside["share of reading"] == 1  # by the answers that it was given
    assert resident.seen == pytest.approx(answer["RssAnon"] / 1e6) and resident.at_most and resident.floor == 1000


def test_the_file_has_the_rows_that_it_says(tmp_path):
    memory_map.write(tmp_path / "x.npy", 3 << 23)
    x = np.load(tmp_path / "x.npy")
    assert x.shape == (3 << 11, mapped_training.COLUMNS) and abs(x.mean()) < 0.01 and abs(x.std() - 1) < 0.01


def test_peaks_of_the_machine():
    assert machine.fused_multiply_adds(np.float32, 1) > machine.fused_multiply_adds(np.float64, 1) > 1e8


def test_figures():
    quick, slow = [1.0, 1.0, 1.0, 1.0, 1.2], [2.0, 2.0, 2.0, 2.0, 2.0]
    ratio = of_ratio("f: against g", slow, quick, floor=1.5, beside={"threads": 1})
    assert (ratio.seen, ratio.best, ratio.verdict) == (2.0, 2.0, "held")
    assert of_rounds("time", quick, at_most=True, floor=0.9).verdict == "missed"
    assert of_rounds("time", quick, at_most=True).best == 1.0
    assert of_rounds("time", [1.0, 2.0, 3.0], floor=1.0).verdict == "too noisy to count"
    assert noise([1.0, 2.0, 3.0]) == 1.0
    assert table([ratio, Figure("size", 1234.0, 1234.0)]).splitlines() == [
        "| what | threads | seen | floor | best | noise |  |",
        "|---|---|---|---|---|---|---|",
        "| f: against g | 1 | 2 | >= 1.5 | 2 | 8% | held |",
        "",
        "| what | seen | floor | best | noise |  |",
        "|---|---|---|---|---|---|",
        "| size | 1,234 |  | 1,234 | 0% |  |",
    ]
    assert ratio.as_data()["verdict"] == "held"


def test_slopes_of_compile_times(monkeypatch):
    seconds = {"10": 1.0, "100": 2.0, "1000": 200.0}  # 2 = 10**0.301, then 10**2
    monkeypatch.setattr(cold, "started", lambda name, n: {"operations": int(n), "seconds": seconds[n]})
    *times, fitted, steepest = cold.compilations("any", (10, 100, 1000), 3)
    assert [figure.seen for figure in times] == [1.0, 2.0, 200.0] and times[-1].floor == 15
    assert (fitted.seen, steepest.seen) == (pytest.approx(math.log10(200) / 2), pytest.approx(2.0))
    monkeypatch.setattr(cold, "started", lambda name, n: {"operations": int(n), "seconds": math.inf})
    assert [figure.verdict for figure in cold.compilations("any", (10, 100), 3)] == ["", "missed"]


def test_a_process_that_ended_says_so():
    with Peer("chainrule", 1) as peer, pytest.raises(RuntimeError, match="chainrule ended in functions"):
        peer.time("functions.gradient", problem="none", sizes={})
    with Peer("chainrule", 1) as peer:
        (times,) = in_turns([(peer, "functions.call")], {"problem": "ten_sums", "sizes": {}}, 1e-9, 2)
    assert len(times.rounds) == 2 and 0 < times.seconds < 1


def test_what_the_watch_costs(monkeypatch):
    monkeypatch.setattr(health, "NETS", (((3, 4, 2), 8, 5),))
    (figure,) = health.run(rounds=1)
    assert figure.floor == 1.1 and figure.at_most and figure.seen > 0
