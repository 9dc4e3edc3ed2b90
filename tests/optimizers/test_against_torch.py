"""Steps, learning rates and clipping, against PyTorch (tools/make_optimizer_reference.py)."""

import json
from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule.optimizers import OPTIMIZERS, clip_by_global_norm, clip_by_value, configured, schedules

FILE = Path(__file__).parents[1] / "data_files" / "torch_optimizers.npz"
with np.load(FILE) as arrays:
    REFERENCE = dict(arrays)
CASES = json.loads(str(REFERENCE["cases"]))
NAMES = ("W", "b", "w")


def loss(parameters):
    outputs = np.tanh(REFERENCE["x"] @ parameters["W"] + parameters["b"]) @ parameters["w"]
    return np.mean((outputs - REFERENCE["y"]) ** 2)


@pytest.mark.parametrize("case", CASES)
def test_ten_steps(case):
    chosen = CASES[case]
    optimizer = configured(chosen["optimizer"], **chosen["settings"])
    parameters = {name: REFERENCE[f"start_{name}"] for name in NAMES}
    state = optimizer.initialize(parameters)
    for k in range(10):
        gradients = cr.grad(loss)(parameters)
        parameters, state = optimizer.update(parameters, gradients, state, chosen["learning_rate"])
        for name in NAMES:
            np.testing.assert_allclose(parameters[name], REFERENCE[f"{case}_{name}"][k], rtol=1e-12, atol=1e-12)
    moved = np.abs(parameters["w"] - REFERENCE["start_w"])
    assert np.all(moved > 1e-3), "a reference that stands still says nothing"


def test_every_optimizer_has_a_peer():
    assert {case["optimizer"] for case in CASES.values()} == set(OPTIMIZERS)


@pytest.mark.parametrize(
    ("name", "schedule"),
    [
        ("linear", schedules.linear(0.5, 0.005, steps=20)),
        ("step_decay", schedules.step_decay(0.5, every=7, factor=0.3)),
        ("cosine", schedules.cosine(0.5, steps=29, floor=0.05)),
        ("warm_up", schedules.warm_up(schedules.constant(0.5), steps=5)),
    ],
)
def test_rates(name, schedule):
    found = [schedule(step, []) for step in range(30)]
    np.testing.assert_allclose(found, REFERENCE[f"rates_{name}"], rtol=1e-12)


def test_rates_of_plateau():
    schedule, losses = schedules.plateau(0.5, 0.5, patience=1, threshold=1e-3, floor=0.1), REFERENCE["losses"].tolist()
    found = [schedule(0, losses[:epochs]) for epochs in range(len(losses) + 1)]
    np.testing.assert_allclose(found, REFERENCE["rates_plateau"], rtol=1e-15)
    assert len(set(found)) == 4, "the rate falls three times, the last to the floor"


def test_clipping():
    gradients = [REFERENCE["gradient_0"], REFERENCE["gradient_1"]]
    for k, found in enumerate(clip_by_value(gradients, 0.75)):
        np.testing.assert_array_equal(found, REFERENCE[f"clipped_by_value_{k}"])
    # PyTorch divides by the norm + 1e-6.
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in gradients]))
    for k, found in enumerate(clip_by_global_norm(gradients, 0.75)):
        np.testing.assert_allclose(found * norm / (norm + 1e-6), REFERENCE[f"clipped_by_norm_{k}"], rtol=1e-13)
