"""What every loss of the catalogue keeps: least where the prediction is perfect, slopes, sizes, far out, PyTorch."""

from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, ShapeError
from chainrule.losses import LOSSES, Loss, losses_of

FILE = Path(__file__).parents[1] / "data_files" / "torch_losses.npz"
ENTRIES = {
    **LOSSES,
    "huber, 2": LOSSES["huber"].configured(delta=2.0),
    "quantile, 0.9": LOSSES["quantile"].configured(level=0.9),
    "cross_entropy, smooth": LOSSES["cross_entropy"].configured(smoothing=0.1),
    "logistic, smooth": LOSSES["logistic"].configured(smoothing=0.3),
}
ALL = pytest.mark.parametrize("loss", ENTRIES.values(), ids=ENTRIES)
TASKS = {"regression", "classification", "binary", "counts"}


def examples(loss):
    return loss.examples(np.random.default_rng(0))


def having(attribute):
    entries = {name: loss for name, loss in ENTRIES.items() if getattr(loss, attribute) is not None}
    return pytest.mark.parametrize("loss", entries.values(), ids=entries)


@having("perfect")
def test_least_where_the_prediction_is_perfect(loss):
    rng = np.random.default_rng(1)
    for outputs, targets in examples(loss):
        perfect = np.asarray(loss.perfect(targets), np.float64)
        least, gradient = cr.value_and_grad(loss.function)(perfect, targets)
        assert np.abs(gradient).max() < 1e-6
        for scale in (1e-3, 0.1, 3.0, 100.0):
            for _ in range(10):
                neighbor = perfect + scale * rng.normal(size=perfect.shape)
                assert loss.function(neighbor, targets) >= least - 1e-6
        if outputs.shape == perfect.shape:
            assert loss.function(outputs, targets) >= least - 1e-6


@having("prior")
def test_the_prior_is_the_best_constant(loss):
    rng = np.random.default_rng(2)
    for _, targets in examples(loss):
        columns = 1 if targets.ndim == 1 else int(np.prod(targets.shape[1:]))
        units = loss.units(int(targets.max()) + 1 if loss.task == "classification" else columns)
        prior = loss.prior(targets, units)
        assert prior.shape == (units,) and np.isfinite(prior).all()
        rows = targets if loss.task == "classification" else targets.reshape(len(targets), -1)

        def of_constant(c, rows=rows, units=units):
            return loss.function(np.broadcast_to(c, (len(rows), units)) + np.zeros((len(rows), units)), rows)

        least = of_constant(prior)
        # A class or a column without an example counts as half of one: then the prior is not the best, but near to it.
        slack = 1e-12 if _all_kinds(loss, rows, units) else 0.1
        for scale in (1e-4, 0.1, 2.0):
            for _ in range(20):
                assert of_constant(prior + scale * rng.normal(size=units)) >= least - slack


def _all_kinds(loss, rows, units):
    if loss.task == "classification":
        return len(np.unique(rows)) == units
    if loss.task == "binary":
        return ((rows.min(axis=0) == 0) & (rows.max(axis=0) == 1)).all()
    return loss.task != "counts" or (rows.max(axis=0) > 0).all()


@ALL
def test_gradient_against_differences(loss):
    # Central differences at h and h / 2, without their common error of order h^2 (Richardson).
    for outputs, targets in examples(loss):
        gradient = cr.grad(loss.function)(outputs, targets)
        assert gradient.shape == outputs.shape
        for index in np.ndindex(*outputs.shape):

            def moved(by, index=index, outputs=outputs, targets=targets):
                shifted = outputs.copy()
                shifted[index] += by
                return float(loss.function(shifted, targets))

            coarse, fine = ((moved(h) - moved(-h)) / (2 * h) for h in (2e-3, 1e-3))
            assert gradient[index] == pytest.approx((4 * fine - coarse) / 3, rel=1e-8, abs=1e-10)


@ALL
def test_gradients_to_second_order(loss):
    for outputs, targets in examples(loss):
        cr.check_grads(lambda z, y=targets: loss.function(z, y), (outputs,), order=2 if loss.smooth else 1)


@ALL
def test_the_mean_over_rows(loss):
    # Rows twice over cost the same; a batch costs the mean of its rows.
    for outputs, targets in examples(loss):
        whole = loss.function(outputs, targets)
        assert whole.shape == ()
        assert loss.function(np.concatenate([outputs] * 2), np.concatenate([targets] * 2)) == pytest.approx(whole)
        rows = [loss.function(outputs[i : i + 1], targets[i : i + 1]) for i in range(len(outputs))]
        assert whole == pytest.approx(np.mean(rows), rel=1e-13)


@ALL
def test_single_precision_stays(loss):
    for outputs, targets in examples(loss):
        single = targets.astype(np.float32) if targets.dtype.kind == "f" else targets
        value, gradient = cr.value_and_grad(loss.function)(outputs.astype(np.float32), single)
        assert value.dtype == gradient.dtype == np.float32
        assert loss.function(outputs.astype(np.float32), single).dtype == np.float32
        assert value == pytest.approx(float(loss.function(outputs, targets)), rel=1e-5)


# Where the mathematics itself is greater than any float: exp(1e4).
OVERFLOWS = {"poisson": lambda z: z > 80, "gaussian": lambda z: z < -80}


@ALL
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("size", [100.0, 800.0, 1e4])
def test_finite_far_out(loss, dtype, size):
    rng = np.random.default_rng(3)
    for outputs, targets in examples(loss):
        z = (size * rng.choice([-1, 1], size=outputs.shape)).astype(dtype)
        if loss.name in OVERFLOWS:
            z = np.where(OVERFLOWS[loss.name](z), dtype(1), z)
        with np.errstate(over="raise", divide="raise", invalid="raise"):
            loss.function(z, targets)
        value, gradient = cr.value_and_grad(loss.function)(z, targets)
        assert np.isfinite(value) and np.isfinite(gradient).all()


@ALL
def test_targets_as_an_input_of_a_graph(loss):
    for outputs, targets in examples(loss):
        graph = cr.trace(lambda z, y: loss.function(z, y), outputs, targets)
        for given in (targets, targets[::-1].copy()):
            values = graph.forward(z=outputs, y=given)
            wanted = loss.function(outputs, given)
            assert float(values[graph.outputs[0]]) == pytest.approx(float(wanted), rel=1e-13)


@ALL
def test_one_column_may_lack_its_axis(loss):
    if loss.task == "classification":
        return
    outputs, targets = examples(loss)[0]
    column = outputs.reshape(len(targets), -1)
    flat, upright = loss.function(column, targets), loss.function(column, targets[:, None])
    assert flat == upright


@ALL
def test_shapes_that_do_not_fit(loss):
    outputs, targets = examples(loss)[0]
    for z, y in (
        (outputs, targets[:-1]),
        (outputs, np.stack([targets] * 3, axis=1)),
        (outputs[:0], targets[:0]),
        (np.float64(1.0), targets),
    ):
        with pytest.raises(ShapeError):
            loss.function(np.asarray(z), y)


@ALL
def test_predictions(loss):
    for outputs, targets in examples(loss):
        prediction = loss.predict(outputs)
        assert np.isfinite(prediction).all() and len(prediction) == len(targets)
        if loss.name == "cross_entropy":
            np.testing.assert_allclose(prediction.sum(axis=1), 1, rtol=1e-14)
        if loss.name == "logistic":
            np.testing.assert_allclose(prediction, 1 / (1 + np.exp(-outputs)), rtol=1e-13)
            np.testing.assert_array_equal(loss.predict(np.array([-1e4, 0.0, 1e4])), [0.0, 0.5, 1.0])
        if loss.name == "poisson":
            np.testing.assert_array_equal(prediction, np.exp(outputs))
        if loss.task == "regression":
            np.testing.assert_array_equal(
                prediction, outputs[:, : outputs.shape[1] // 2] if loss.name == "gaussian" else outputs
            )


@ALL
def test_decisions(loss):
    assert (loss.decide is not None) == (loss.task in ("classification", "binary"))
    if loss.task == "classification":
        np.testing.assert_array_equal(loss.decide(np.array([[1.0, 3.0, 2.0], [0.0, -1.0, -2.0]])), [1, 0])
    if loss.task == "binary":
        np.testing.assert_array_equal(loss.decide(np.array([[0.1], [-0.1], [0.0]])), [1, 0, 0])
        np.testing.assert_array_equal(loss.decide(np.array([[0.1, -2.0]])), [[1, 0]])


@having("decide")
def test_perfect_predictions_are_decided_right(loss):
    if loss.perfect is not None:
        for _, targets in examples(loss):
            np.testing.assert_array_equal(loss.decide(np.asarray(loss.perfect(targets))), targets)


TORCH = ["squared", "absolute", "huber", "logistic", "poisson", "gaussian", "cross_entropy", "multiclass_hinge"]


@pytest.mark.parametrize("name", TORCH)
def test_ten_steps_against_torch(name):
    # A linear net; tools/make_torch_catalogue_reference.py.
    with np.load(FILE) as reference:
        x, rate, steps = reference["x"], float(reference["rate"]), int(reference["steps"])
        targets, W, end, value, gradient = (
            reference[f"{name}_{part}"] for part in ("targets", "start", "end", "value", "gradient")
        )
    of_weights = cr.value_and_grad(lambda W: LOSSES[name].function(x @ W, targets))
    found = of_weights(W)
    np.testing.assert_allclose(found[0], value, rtol=1e-13)
    np.testing.assert_allclose(found[1], gradient, rtol=1e-12, atol=1e-15)
    for _ in range(steps):
        W = W - rate * of_weights(W)[1]
    np.testing.assert_allclose(W, end, rtol=1e-12, atol=1e-14)


def test_entries_say_what_they_are():
    assert {loss.task for loss in LOSSES.values()} == TASKS
    for name, loss in LOSSES.items():
        assert loss.name == name and loss.source and loss.formula and isinstance(loss, Loss)


def test_losses_of_a_task():
    assert set(losses_of("binary")) == {"hinge", "logistic"}
    assert set(losses_of("classification")) == {"cross_entropy", "multiclass_hinge"}


def test_units():
    assert LOSSES["cross_entropy"].units(10) == 10
    assert LOSSES["squared"].units(2) == LOSSES["logistic"].units(2) == 2
    assert LOSSES["gaussian"].units(2) == 4


def test_configured():
    outputs, targets = np.array([10.0]), np.array([0.0])
    steep = LOSSES["huber"].configured(delta=2.0)
    assert steep.function(outputs, targets) == 2.0 * (10 - 1) and steep.settings == {"delta": 2.0}
    assert steep.configured(delta=4.0).function(outputs, targets) == 4.0 * (10 - 2)
    assert LOSSES["huber"].function(outputs, targets) == 9.5
    # The 0.9 quantile of 1 ... 10 is 9 by its definition; so is the best constant.
    high = LOSSES["quantile"].configured(level=0.9)
    assert high.prior(np.arange(1.0, 11.0), 1) == [9.0]
    with pytest.raises(ArgumentError, match=r"huber has no setting alpha(.|\n)*wanted +delta"):
        LOSSES["huber"].configured(alpha=1.0)
    with pytest.raises(ArgumentError, match=r"squared has no setting alpha(.|\n)*wanted +no settings"):
        LOSSES["squared"].configured(alpha=1.0)
