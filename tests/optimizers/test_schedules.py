"""Learning rates by hand; against PyTorch in test_against_torch.py."""

import copy
import pickle

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError
from chainrule.optimizers import SCHEDULES, schedules, sgd
from chainrule.optimizers.schedules import constant, cosine, linear, plateau, step_decay, warm_up

every = pytest.mark.parametrize("name", SCHEDULES)
LOSSES = [[], [3.0], [3.0, 2.0, 2.5, 2.5, 2.5], [1.0, np.inf, np.nan, -1.0]]


def test_all_are_in_the_catalogue():
    assert list(SCHEDULES) == ["constant", "linear", "step_decay", "cosine", "warm_up", "plateau"]


@every
def test_declarations(name):
    entry = SCHEDULES[name]
    assert entry.make is getattr(schedules, name) is type(entry.example)
    assert entry.make(**{key: getattr(entry.example, key) for key in entry.settings}) == entry.example
    for heading in ("Parameters", "Notes", "Source", "Examples"):
        assert f"    {heading}\n    {'-' * len(heading)}\n" in entry.make.__doc__
    assert all(f"    {setting} : " in entry.make.__doc__ for setting in entry.settings)
    assert "PyTorch: " in entry.make.__doc__ and entry.formula and entry.source


@every
@pytest.mark.parametrize("losses", LOSSES, ids=str)
def test_a_pure_function(name, losses):
    """Called in any order it gives the same bits, and the losses stay as they are."""
    schedule, before = SCHEDULES[name].example, copy.deepcopy(losses)
    rates = [schedule(step, losses) for step in range(20)]
    assert [schedule(step, tuple(losses)) for step in reversed(range(20))] == rates[::-1]
    assert [copy.deepcopy(schedule)(step, losses) for step in range(20)] == rates
    assert [pickle.loads(pickle.dumps(schedule))(step, losses) for step in range(20)] == rates
    np.testing.assert_array_equal(losses, before)
    assert all(isinstance(rate, float) and 0 <= rate <= 1 for rate in rates)


@every
def test_written_as_it_is_made(name):
    schedule = SCHEDULES[name].example
    assert eval(repr(schedule), vars(schedules)) == schedule


@every
def test_losses_may_be_left_out(name):
    schedule = SCHEDULES[name].example
    assert schedule(3) == schedule(3, [])


@every
def test_the_step_may_be_traced(name):
    schedule = SCHEDULES[name].example
    w, g = np.array([1.0, 2.0]), np.array([0.5, -1.0])
    graph = cr.trace(lambda w, state: sgd.update(w, g, state, schedule(state.step, [2.0])), w, sgd.State(0))
    for step in (0, 1, 2, 3, 7, 500):
        moved, after = graph(w, step)
        np.testing.assert_allclose(moved, w - schedule(step, [2.0]) * g, rtol=1e-14)
        assert after == step + 1


def test_constant():
    assert {constant(0.25)(step, [1.0]) for step in (0, 1, 10**9)} == {0.25}


def test_linear():
    # alpha = 0, 1/4, 1/2, 3/4, 1, 1: (1 - alpha) * 4 + alpha * 2
    assert [linear(4.0, 2.0, steps=4)(step) for step in range(6)] == [4.0, 3.5, 3.0, 2.5, 2.0, 2.0]


def test_linear_may_rise():
    assert [linear(1.0, 3.0, steps=2)(step) for step in range(4)] == [1.0, 2.0, 3.0, 3.0]


def test_step_decay():
    # 2, and half of it after every 3 steps
    assert [step_decay(2.0, 3, 0.5)(step) for step in range(8)] == [2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 0.5, 0.5]


def test_cosine():
    # The cosines of 0, 60, 90, 120 and 180 degrees are 1, 1/2, 0, -1/2, -1: 1 + 2 * (1 + cos)
    found = [cosine(5.0, steps=6, floor=1.0)(step) for step in (0, 2, 3, 4, 6, 7, 1000)]
    np.testing.assert_allclose(found, [5.0, 4.0, 3.0, 2.0, 1.0, 1.0, 1.0], rtol=1e-15)
    assert found[-1] == 1.0


def test_warm_up_leads_to_any_schedule():
    # 1/4, 2/4, 3/4 and 4/4 of 4, 3.5, 3, 2.5, then the rates themselves
    schedule = warm_up(linear(4.0, 2.0, steps=4), steps=4)
    assert [schedule(step) for step in range(6)] == [1.0, 1.75, 2.25, 2.5, 2.0, 2.0]


def test_warm_up_hands_on_the_losses():
    schedule = warm_up(plateau(1.0, 0.5, patience=0), steps=2)
    assert [schedule(step, [1.0, 1.0]) for step in range(3)] == [0.25, 0.5, 0.5]


def rates(schedule, losses):
    return [schedule(0, losses[:epochs]) for epochs in range(1, len(losses) + 1)]


def test_plateau_counts_epochs_in_a_row():
    # 5, 4 better; 4 not, 3 better; 3, 3 not, which the patience of 2 allows; one more, and the rate falls
    assert rates(plateau(1.0, 0.5, patience=2), [5, 4, 4, 3, 3, 3, 3, 3]) == [1, 1, 1, 1, 1, 1, 0.5, 0.5]


def test_plateau_has_a_threshold_and_a_floor():
    # 8 is not better than 10 by more than a quarter, 7 is; then the rate falls at each epoch, to 0.3
    schedule = plateau(1.0, 0.5, patience=0, threshold=0.25, floor=0.3)
    assert rates(schedule, [10.0, 8.0, 7.0, 7.0, 7.0]) == [1.0, 0.5, 0.5, 0.3, 0.3]


def test_plateau_of_negative_losses():
    # -9 is not better than -10, although it lies below -10 * (1 - 1/4) = -7.5; -13 is, by more than 2.5
    assert rates(plateau(1.0, 0.5, patience=0, threshold=0.25), [-10.0, -9.0, -13.0]) == [1.0, 0.5, 0.5]


def test_plateau_of_losses_that_are_no_numbers():
    schedule = plateau(1.0, 0.5, patience=0)
    assert rates(schedule, [np.nan, np.inf, 1.0, np.nan, 0.5]) == [0.5, 0.25, 0.25, 0.125, 0.125]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: constant(0.0), "rate of constant is a positive number\n(.|\n)*rate=0.0"),
        (lambda: constant(np.inf), "rate of constant is a positive number"),
        (lambda: cosine(np.nan, 10), "rate of cosine is a positive number"),
        (lambda: cosine(1.0, 0), "steps of cosine is a whole number, 1 or more\n(.|\n)*steps=0"),
        (lambda: cosine(1.0, 2.5), "steps of cosine is a whole number"),
        (lambda: cosine(1.0, 10, floor=2.0), "floor of cosine is between 0 and the rate\n(.|\n)*floor=2.0"),
        (lambda: linear(1.0, -0.1, 10), "last of linear is a number that is not negative"),
        (lambda: linear(1.0, 0.1, -1), "steps of linear is a whole number, 1 or more"),
        (lambda: step_decay(1.0, 0), "every of step_decay is a whole number, 1 or more"),
        (lambda: step_decay(1.0, 5, 1.5), "factor of step_decay is above 0 and at most 1"),
        (lambda: warm_up(constant(1.0), 0), "steps of warm_up is a whole number, 1 or more"),
        (lambda: warm_up(0.1, 10), r"what warm_up leads up to is a schedule\n(.|\n)*got +0.1\n +try +constant\(0.1\)"),
        (lambda: plateau(1.0, 1.0), "factor of plateau is above 0 and below 1"),
        (lambda: plateau(1.0, patience=-1), "patience of plateau is a whole number, 0 or more"),
        (lambda: plateau(1.0, threshold=-1.0), "threshold of plateau is a number that is not negative"),
        (lambda: plateau(1.0, floor=-0.1), "floor of plateau is between 0 and the rate"),
    ],
)
def test_settings_that_make_no_sense(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()
