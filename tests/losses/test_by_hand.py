"""Each loss worked out by hand, with its gradient; digits that a careless form loses; what is refused."""

import mpmath
import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError, DtypeError, ShapeError
from chainrule.losses import (
    LOSSES,
    absolute,
    gaussian,
    hinge,
    huber,
    logistic,
    multiclass_hinge,
    poisson,
    quantile,
    squared,
)

# loss, outputs, targets, value, gradient; two rows each
WORKED = {
    # errors 1 and -2: (1/2 + 4/2) / 2; errors / 2
    "squared": (squared, [[3.0], [0.0]], [2.0, 2.0], 1.25, [[0.5], [-1.0]]),
    # two columns: (1/2 + 4/2 + 0 + 9/2) / 2
    "squared, columns": (squared, [[3.0, 0.0], [1.0, 5.0]], [[2.0, 2.0], [1.0, 2.0]], 3.5, [[0.5, -1.0], [0.0, 1.5]]),
    # (1 + 2) / 2
    "absolute": (absolute, [[3.0], [0.0]], [2.0, 2.0], 1.5, [[0.5], [-0.5]]),
    "absolute, right": (absolute, [[2.0], [0.0]], [2.0, 2.0], 1.0, [[0.0], [-0.5]]),
    # 0.5^2 / 2 = 0.125 within delta = 1; 1 * (3 - 0.5) = 2.5 beyond
    "huber": (huber, [[0.5], [-3.0]], [0.0, 0.0], 1.3125, [[0.25], [-0.5]]),
    # level 1/2: (1 + 2) / 4
    "quantile": (quantile, [[3.0], [0.0]], [2.0, 2.0], 0.75, [[0.25], [-0.25]]),
    # log-odds 0 and 0: log 2 each; sigmoid 1/2 minus target
    "logistic": (logistic, [[0.0], [0.0]], [1, 0], np.log(2), [[-0.25], [0.25]]),
    # odds 3 : 1: -log(3/4) and -log(1/4)
    "logistic, sure": (logistic, [[np.log(3)]] * 2, [1, 0], (np.log(4 / 3) + np.log(4)) / 2, [[-0.125], [0.375]]),
    # rates 1 and 2: (1 - 0 + 2 - 3 log 2) / 2
    "poisson": (poisson, [[0.0], [np.log(2)]], [4, 3], 1.5 - 1.5 * np.log(2), [[-1.5], [-0.5]]),
    # N(1, 1) at 3: 4/2; N(0, 4) at 2: (log 4 + 1) / 2. By m: -2, -1/2; by s: (1 - 4) / 2, 0
    "gaussian": (gaussian, [[1.0, 0.0], [0.0, np.log(4)]], [3.0, 2.0], 1.25 + np.log(2) / 2, [[-1, -0.75], [-0.25, 0]]),
    # margins 0.5 and -2: (0.5 + 3) / 2
    "hinge": (hinge, [[0.5], [2.0]], [1, 0], 1.75, [[-0.5], [0.5]]),
    "hinge, ahead": (hinge, [[1.5], [-1.0]], [1, 0], 0.0, [[0.0], [0.0]]),
    # right class 0 at 2: the others miss the margin by 0.5 and not; right class 2 at 0: by 2 and 0.5
    "multiclass hinge": (
        multiclass_hinge,
        [[2.0, 1.5, -1.0], [1.0, -0.5, 0.0]],
        [0, 2],
        1.5,
        [[-0.5, 0.5, 0.0], [0.5, 0.5, -1.0]],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("loss", "outputs", "targets", "value", "gradient"), WORKED.values(), ids=WORKED)
def test_worked(loss, outputs, targets, value, gradient):
    found = cr.value_and_grad(loss)(np.array(outputs), np.array(targets))
    assert found[0] == pytest.approx(value, rel=1e-15)
    np.testing.assert_allclose(found[1], gradient, rtol=1e-15, atol=1e-15)


def test_every_loss_is_worked_or_has_a_file_of_its_own():
    assert {case[0].__name__ for case in WORKED.values()} | {"cross_entropy"} == set(LOSSES)


def test_quantile_weighs_the_sides():
    # 0.75 for one too little, 0.25 * 2 for two too much
    assert quantile(np.array([1.0, 4.0]), np.array([2.0, 2.0]), level=0.75) == (0.75 + 0.5) / 2
    gradient = cr.grad(lambda z: quantile(z, np.array([2.0, 2.0, 2.0]), level=0.75))(np.array([1.0, 4.0, 2.0]))
    np.testing.assert_allclose(gradient, [-0.25, 0.25 / 3, 0.0], rtol=1e-15)


@pytest.mark.parametrize("delta", [0.5, 1.0, 3.0])
def test_huber_is_smooth_at_delta(delta):
    for by, slope in ((-1e-9, delta - 1e-9), (0.0, delta), (1e-9, delta)):
        value, gradient = cr.value_and_grad(lambda z: huber(z, np.zeros(1), delta=delta))(np.array([delta + by]))
        assert value == pytest.approx(delta**2 / 2, rel=1e-7) and gradient[0] == pytest.approx(slope, rel=1e-12)


def test_logistic_keeps_a_small_loss():
    # Of a sure and right output z the loss is log(1 + exp(-z)); softplus(z) - z would be 0 from z = 37 on.
    for z in (5.0, 40.0, 300.0):
        wanted = float(mpmath.log1p(mpmath.exp(-mpmath.mpf(z))))
        value, gradient = cr.value_and_grad(logistic)(np.array([z]), np.array([1]))
        assert value == pytest.approx(wanted, rel=1e-13)
        assert gradient[0] == pytest.approx(float(-1 / (1 + mpmath.exp(mpmath.mpf(z)))), rel=1e-13)


def test_logistic_of_two_classes_is_cross_entropy():
    z, labels = np.random.default_rng(0).normal(size=9), np.random.default_rng(1).integers(0, 2, size=9)
    two = np.stack([np.zeros(9), z], axis=1)
    assert logistic(z, labels) == pytest.approx(float(LOSSES["cross_entropy"].function(two, labels)), rel=1e-14)


def test_logistic_takes_probabilities():
    # -(1/4 log(1/2) + 3/4 log(1/2)) = log 2; least where the sigmoid is 1/4.
    assert logistic(np.zeros(1), np.array([0.25])) == pytest.approx(np.log(2), rel=1e-15)
    assert cr.grad(logistic)(np.array([-np.log(3.0)]), np.array([0.25]))[0] == pytest.approx(0, abs=1e-16)


def test_booleans_are_targets():
    assert logistic(np.array([1.0, -1.0]), np.array([True, False])) == logistic(np.array([1.0, -1.0]), np.array([1, 0]))
    assert hinge(np.array([0.5]), np.array([True])) == 0.5


def test_stored_values():
    # scikit-learn 1.9.1: mean_pinball_loss, hinge_loss, log_loss. By hand: errors 0.5, -0.75, 4, -1.75, so at level 0.1
    # (0.1 * 4.5 + 0.9 * 2.5) / 4; margins 1, -0.5, -1, -2.25, so (0 + 1.5 + 2 + 3.25) / 4.
    outputs, targets, labels = (
        np.array([1.0, 0.5, -1.0, 2.25]),
        np.array([1.5, -0.25, 3.0, 0.5]),
        np.array([1, 0, 1, 0]),
    )
    for level, value in ((0.1, 0.675), (0.5, 0.875), (0.8, 1.025)):
        assert quantile(outputs, targets, level=level) == pytest.approx(value, rel=1e-15)
    assert hinge(outputs, labels) == 1.6875
    assert logistic(outputs, labels) == pytest.approx(1.237701729533325, rel=1e-15)


@pytest.mark.parametrize(
    ("loss", "outputs", "targets"),
    [
        (multiclass_hinge, np.zeros((3, 2)), [0, -1, 1]),
        (LOSSES["cross_entropy"].function, np.zeros((3, 2)), [0, -1, 1]),
        (logistic, np.zeros(3), [0, -1, 1]),
        (poisson, np.zeros(3), [0, -1, 1]),
    ],
)
def test_targets_in_a_memory_map_are_looked_at_too(tmp_path, loss, outputs, targets):
    np.save(tmp_path / "targets.npy", np.array(targets))
    with pytest.raises(ArgumentError, match="-1"):
        loss(outputs, np.load(tmp_path / "targets.npy", mmap_mode="r"))


def test_gaussian_is_the_likelihood_of_a_normal_distribution():
    m, s, y = 0.7, -0.4, 1.9
    with mpmath.workdps(30):
        density = mpmath.npdf(y, m, mpmath.sqrt(mpmath.exp(s)))
        wanted = float(-mpmath.log(density) - mpmath.log(2 * mpmath.pi) / 2)
    assert gaussian(np.array([[m, s]]), np.array([y])) == pytest.approx(wanted, rel=1e-14)


def test_priors_of_columns_without_examples_are_finite():
    # Half a row of the other kind: odds of 0.5 : 3.5 and of 3.5 : 0.5.
    ones = np.stack([np.zeros(4), np.ones(4)], axis=1)
    np.testing.assert_allclose(LOSSES["logistic"].prior(ones, 2), [-np.log(7), np.log(7)], rtol=1e-14)
    np.testing.assert_allclose(LOSSES["poisson"].prior(np.zeros(4), 1), [np.log(1 / 8)], rtol=1e-14)
    np.testing.assert_allclose(LOSSES["cross_entropy"].prior(np.array([0, 0]), 2), np.log([1, 0.25]), rtol=1e-14)
    assert np.isfinite(LOSSES["gaussian"].prior(np.ones(4), 2)).all()


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize(
    ("loss", "outputs", "targets", "error", "message"),
    [
        (squared, np.zeros((3, 1)), np.zeros(2), ShapeError, r"outputs \(3, 1\), targets \(2,\)"),
        (squared, np.zeros(3), np.zeros((3, 1)), ShapeError, "one target for each output"),
        (squared, np.zeros((3, 2)), np.zeros(3), ShapeError, r"or outputs \(n, 1\) and targets \(n,\)"),
        (absolute, np.zeros((3, 3)), np.zeros(3), ShapeError, "the absolute error takes one target"),
        (huber, np.zeros((0, 1)), np.zeros(0), ShapeError, "at least one row"),
        (logistic, np.zeros(3), np.array([0, 1, 2]), ArgumentError, r"targets of 0 or 1(.|\n)*a target of 2"),
        (logistic, np.zeros(2), np.array([0.0, np.nan]), ArgumentError, "a target of nan"),
        (hinge, np.zeros(2), np.array([-1, 1]), ArgumentError, r"targets of 0 or 1(.|\n)*a target of -1"),
        (poisson, np.zeros(2), np.array([1, -1]), ArgumentError, r"counts, which are 0 or more(.|\n)*a target of -1"),
        (gaussian, np.zeros((2, 3)), np.zeros(2), ShapeError, "a mean and a log-variance for each target"),
        (gaussian, np.zeros(2), np.zeros(2), ShapeError, "a mean and a log-variance for each target"),
        (gaussian, np.zeros((2, 4)), np.zeros(2), ShapeError, "the Gaussian loss takes one target"),
        (multiclass_hinge, np.zeros((2, 3)), np.array([0, 3]), ArgumentError, "there is no class 3 among 3 columns"),
        (multiclass_hinge, np.zeros((2, 3)), np.zeros(2), DtypeError, "so they are integers"),
        (multiclass_hinge, np.zeros(3), np.zeros(3, int), ShapeError, "the hinge loss takes a row of outputs"),
    ],
)
def test_mistakes(loss, outputs, targets, error, message, traced):
    with pytest.raises(error, match=message):
        (cr.grad(loss) if traced else loss)(outputs, targets)


@pytest.mark.parametrize("delta", [0.0, -1.0, np.nan])
def test_huber_needs_a_positive_delta(delta):
    with pytest.raises(ArgumentError, match="squared up to a positive error"):
        huber(np.zeros(1), np.zeros(1), delta=delta)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, np.nan])
def test_levels_are_shares(level):
    with pytest.raises(ArgumentError, match="a share between 0 and 1"):
        quantile(np.zeros(1), np.zeros(1), level=level)
