"""`cr.diagnose` as a program and a reader see it: its value, its text, trees, failures, large graphs."""

from __future__ import annotations

import json
import pickle
import time

import numpy as np
import pytest

import chainrule as cr
from chainrule.api import first_cause
from chainrule.errors import ArgumentError, TraceError
from chainrule.losses import cross_entropy
from tests.health.programs import line_of


def loss(parameters, x, labels):
    h = np.tanh(x @ parameters[0]["W"] + parameters[0]["b"])
    return cross_entropy(h @ parameters[1]["W"] + parameters[1]["b"], labels)


def arguments():
    rng = np.random.default_rng(0)
    parameters = [
        {"W": rng.normal(size=(4, 8)) / 2, "b": np.zeros(8)},
        {"W": rng.normal(size=(8, 3)) / 3, "b": np.zeros(3)},
    ]
    return parameters, rng.normal(size=(10, 4)), rng.integers(0, 3, 10)


def test_a_healthy_net_with_integer_labels():
    parameters, x, labels = arguments()
    diagnosis = cr.diagnose(loss, parameters, x, labels)
    assert diagnosis.ok and diagnosis.findings == [] and diagnosis.first_cause is None
    assert str(diagnosis) == f"diagnosis of loss: healthy; {len(list(operations(diagnosis)))} operations"
    assert diagnosis.values[diagnosis.graph.outputs[0]] == loss(parameters, x, labels)
    gradient = cr.grad(loss)(parameters, x, labels)
    np.testing.assert_allclose(diagnosis.gradients["parameters.0.W"], gradient[0]["W"], rtol=1e-12)
    np.testing.assert_allclose(diagnosis.gradients["parameters.1.b"], gradient[1]["b"], rtol=1e-12)


def operations(diagnosis):
    return [v for v in diagnosis.graph.variables if v.operation is not None]


def test_the_text():
    def f(p):
        q = p * 1.0
        return -np.mean(np.log(q))

    first, second = line_of(f, "q = p"), line_of(f, "np.log")
    assert str(cr.diagnose(f, np.array([0.5, 0.0, 0.25]))) == (
        "diagnosis of f: 1 error; 5 operations\n"
        "\n"
        "error: first cause: log of q gives -inf at [1], where q is 0.0 (1 of 3 entries); it reaches the output\n"
        "\n"
        f"  test_diagnosis.py:{second}, in f\n"
        f"{second:>7} |         return -np.mean(np.log(q))\n"
        "                                  ^^^^^^^^^\n"
        f"  got     q (3,) float64, min 0.0 at [1], max 0.5 at [0], made by multiply at test_diagnosis.py:{first}\n"
        "  poisons v4, v6, v7\n"
        "  try     np.log(np.maximum(q, 1e-12)), bounded from below"
    )


def test_worst_first():
    def f(p, x):
        h = np.maximum(x @ p["W"] - 100.0, 0)
        return np.sum(h) + np.sum(np.log(x)) + np.sum(np.where(x > 1, np.sqrt(x - 1), 0.0))

    p = {"W": np.ones((2, 3)), "unused": 1.0}
    diagnosis = cr.diagnose(f, p, np.array([[1.0, 0.0]] * 16))
    severities = [finding.severity for finding in diagnosis.findings]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)
    assert severities[0] == "error" and severities.count("warning") >= 2
    assert repr(diagnosis).startswith("<diagnosis of f: 1 error, 2 warnings")


def test_as_a_document():
    diagnosis = cr.diagnose(lambda x: np.log(x), np.array([0.0]))
    document = json.loads(json.dumps(diagnosis.to_document()))
    assert (document["schema"], document["ok"]) == ("chainrule/diagnosis/1", False)
    (finding,) = document["findings"]
    assert finding["file"] == "test_diagnosis.py" and finding["operation"] == "log" and finding["index"] == [0]


def test_it_can_be_pickled():
    diagnosis = cr.diagnose(lambda x: np.sum(np.log(x)), np.array([0.0, 1.0]))
    assert str(pickle.loads(pickle.dumps(diagnosis))) == str(diagnosis)


def test_several_outputs_that_are_no_scalars():
    def f(x, n):
        return {"root": np.sqrt(x), "count": n + 1, "twice": 2 * x}

    diagnosis = cr.diagnose(f, np.array([4.0, 0.25]), 3)
    assert diagnosis.ok
    np.testing.assert_array_equal(diagnosis.gradients["x"], [0.25 + 2, 1 + 2])


def test_an_output_that_is_also_another_output():
    diagnosis = cr.diagnose(lambda x: (x, x * 2.0, x), 3.0)
    assert diagnosis.gradients["x"] == 1 + 2 + 1


def test_results_without_derivatives():
    assert cr.diagnose(lambda x: np.argmax(x), np.ones(3)).gradients is None
    assert cr.diagnose(lambda n: n + 1, 3).ok
    assert cr.diagnose(lambda x: np.abs(x * 1j), np.ones(3)).ok
    unknown = cr.operation("test_unknown", lambda z: np.abs(z), slopes=lambda y, z: z / y)
    complex_argument = cr.diagnose(lambda x: unknown(x * 1j), np.ones(3))
    assert [finding.kind for finding in complex_argument.findings] == ["no derivative"]


def test_an_auxiliary_result_is_not_looked_at():
    def f(x):
        return np.sum(x), np.log(x - x)

    assert not cr.diagnose(f, np.ones(2)).ok
    assert cr.diagnose(f, np.ones(2), has_aux=True).ok


def test_keywords_are_passed_through():
    assert not cr.diagnose(lambda x, shift: np.log(x - shift), 1.0, shift=1.0).ok


def test_numbers_of_the_caller_stay_as_they_are_and_later_changes_do_not_reach_the_diagnosis():
    x = np.array([1.0, 2.0])
    diagnosis = cr.diagnose(lambda x: np.sum(x**2), x)
    assert np.array_equal(x, [1.0, 2.0])
    x[:] = 7.0
    assert np.array_equal(diagnosis.values["x"], [1.0, 2.0])


def test_no_warning_is_given():
    cr.diagnose(lambda x: np.sum(np.exp(x) / np.log(x - x)), np.array([1e4, 0.0]))  # warnings are errors in tests


def test_a_function_that_fails_midway():
    def f(x):
        y = np.log(x)
        raise RuntimeError("out of paper") if y is not None else None

    with pytest.raises(RuntimeError, match="out of paper") as caught:
        cr.diagnose(f, np.array([0.0, 1.0]))
    assert caught.value.diagnosis.first_cause.operation == "log"
    (note,) = caught.value.__notes__
    assert note.startswith("before this, first cause: log of x gives -inf at [0], where x is 0.0 (1 of 2 entries), at")


def test_an_operation_that_fails_midway():
    def f(x):
        A = np.log(x) * np.eye(2)
        return np.sum(np.linalg.inv(A * 0.0))

    with pytest.raises(np.linalg.LinAlgError) as caught:
        cr.diagnose(f, np.array([1.0, 2.0]))
    assert not hasattr(caught.value, "diagnosis")  # all numbers were finite until then


def test_within_a_transform_there_are_no_numbers():
    with pytest.raises(TraceError, match="looks at numbers"):
        cr.grad(lambda x: x * cr.diagnose(np.sin, x).ok)(1.0)


def test_a_function_that_returns_nothing():
    with pytest.raises(ArgumentError, match="returns nothing to look at"):
        cr.diagnose(lambda x: None, 1.0)


def test_a_gradient_within_the_function():
    def f(x):
        return np.sum(cr.grad(lambda y: np.sum(np.sqrt(y)))(x))

    diagnosis = cr.diagnose(f, np.array([0.0, 1.0]))
    assert diagnosis.first_cause.operation == "divide" and not diagnosis.ok


def test_one_sentence_for_a_training_loop():
    def objective(w, x):
        return np.mean(np.log(x * w)), w

    sentence = first_cause(objective, (2.0, np.array([1.0, 0.0])), has_aux=True)
    assert sentence == (
        "first cause: log of x * w gives -inf at [1], where x * w is 0.0 (1 of 2 entries); it reaches the output, "
        f"at test_diagnosis.py:{line_of(objective, 'np.log')} in objective: "
        "x * w (2,) float64, min 0.0 at [1], max 2.0 at [0], made by multiply at "
        f"test_diagnosis.py:{line_of(objective, 'np.log')}"
    )
    assert "\n" not in sentence
    assert first_cause(objective, (2.0, np.array([1.0, 3.0])), has_aux=True) is None
    assert "the slope of sqrt" in first_cause(lambda x: np.sqrt(x), (0.0,))


def test_ten_thousand_operations_in_a_few_seconds():
    def f(x):
        for _ in range(2500):
            x = np.sin(x) * 0.9 + 0.1 * x
        return np.sum(x)

    began = time.perf_counter()
    diagnosis = cr.diagnose(f, np.ones(3))
    assert len(operations(diagnosis)) > 10_000 and diagnosis.ok
    assert time.perf_counter() - began < 60  # some 3 s; the rest is for busy machines


def test_ten_thousand_causes_in_a_few_seconds():
    def f(x):
        total = 0.0
        for _ in range(3000):
            total = total + np.log(x - x)
        return np.sum(total)

    began = time.perf_counter()
    assert cr.diagnose(f, np.ones(3)).first_cause.repeats == 3000
    assert time.perf_counter() - began < 60


def test_an_operation_that_failed_and_was_handled_is_no_failure():
    def factor(A):
        try:
            return np.linalg.cholesky(A)
        except np.linalg.LinAlgError:
            return np.linalg.cholesky(A + 2 * np.eye(2))

    diagnosis = cr.diagnose(lambda A: np.sum(factor(A)), np.diag([1.0, -1.0]))
    assert diagnosis.ok and diagnosis.values[diagnosis.graph.outputs[0]] == 1 + np.sqrt(3.0)
    with pytest.raises(np.linalg.LinAlgError):
        cr.diagnose(lambda A: np.sum(np.linalg.cholesky(A)), np.diag([1.0, -1.0]))
