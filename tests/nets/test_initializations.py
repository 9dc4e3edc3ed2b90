"""Every initialization of the catalogue has the variance of its paper; biases follow their rules."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ArgumentError
from chainrule.nets import ACTIVATIONS, BIASES, INITIALIZATIONS, Dense, initializations
from chainrule.nets.initializations import Place

ALL = pytest.mark.parametrize("entry", INITIALIZATIONS.values(), ids=INITIALIZATIONS)
# Variance of a weight from 300 inputs to 200 columns, by the papers, with a gain of 1.5 where there is one.
VARIANCES = {
    "uniform": 1 / (3 * 300),
    "glorot_uniform": 2 / 500,
    "glorot_normal": 2 / 500,
    "he_uniform": 2.25 / 300,
    "he_normal": 2.25 / 300,
    "lecun_uniform": 1 / 300,
    "lecun_normal": 1 / 300,
    "orthogonal": 2.25 / 300,
}


class GainOfThreeHalves:
    gain = 1.5


def test_every_entry_has_a_variance_to_be_compared_with():
    assert set(VARIANCES) == set(INITIALIZATIONS)


@ALL
def test_variance(entry):
    W = entry.draw(300, 200, np.random.default_rng(5), GainOfThreeHalves)
    assert W.shape == (300, 200) and W.dtype == np.float64
    # The variance of 60,000 numbers is known to about 1 %.
    assert W.var() == pytest.approx(VARIANCES[entry.name], rel=0.03)
    assert abs(W.mean()) < 5 * np.sqrt(VARIANCES[entry.name] / W.size)


@ALL
def test_equal_seeds_give_equal_weights(entry):
    first, second, third = (entry.draw(4, 3, np.random.default_rng(seed), GainOfThreeHalves) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, third)


@ALL
def test_forms_of_distributions(entry):
    # The fourth moment over the squared variance: 9/5 for uniform numbers, 3 for normal ones.
    W = entry.draw(400, 400, np.random.default_rng(6), GainOfThreeHalves)
    kurtosis = np.mean(W**4) / np.mean(W**2) ** 2
    assert kurtosis == pytest.approx(1.8 if "uniform" in entry.name else 3, rel=0.03)


@ALL
def test_a_gain_that_is_set_is_a_factor(entry):
    if "gain" in entry.settings:
        draw = lambda gain: entry.configured(gain=gain).draw(5, 4, np.random.default_rng(0), GainOfThreeHalves)
        np.testing.assert_allclose(draw(3.0), 3 * draw(1.0), rtol=1e-14)


@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7), (1, 4)])
def test_orthogonal(shape):
    W = initializations.orthogonal(*shape, np.random.default_rng(3), gain=1.7)
    small = W.T @ W if shape[0] >= shape[1] else W @ W.T
    np.testing.assert_allclose(small, 1.7**2 * np.eye(min(shape)), atol=1e-14)


def test_no_direction_is_preferred_by_orthogonal():
    # Each entry of a random orthogonal 2 x 2 matrix is a cosine: mean 0. Without the signs taken out, W[0, 0] < 0.
    corners = [initializations.orthogonal(2, 2, np.random.default_rng(seed))[0, 0] for seed in range(400)]
    assert abs(np.mean(corners)) < 5 * np.sqrt(0.5 / 400)


@pytest.mark.parametrize("activation", [name for name in ACTIVATIONS if name != "softmax"])
def test_orthogonal_and_he_keep_the_strength_of_a_signal(activation):
    rng = np.random.default_rng(8)
    x = rng.normal(size=(100, 300))
    for weights in ("orthogonal", "he_normal"):
        net = Dense([300] * 5, activations=activation, output=activation, weights=weights)
        outputs = net.forward(net.initialize(rng), x)
        assert 0.5 < np.sqrt(np.mean(outputs**2)) < 2


@pytest.mark.parametrize("activation", ["relu", "linear", "tanh"])
def test_a_signal_keeps_its_strength_by_default(activation):
    rng = np.random.default_rng(8)
    x = rng.normal(size=(200, 300))
    net = Dense([300] * 12, activations=activation, output=activation)
    outputs = net.forward(net.initialize(rng), x)
    assert 0.1 < np.std(outputs) / np.std(x) < 5


def test_what_suits():
    def names(**options):
        return [layer.weights.name for layer in Dense([3, 4, 2], **options).layers]

    assert names() == ["he_normal", "glorot_uniform"]
    assert names(activations="tanh") == ["glorot_uniform", "glorot_uniform"]
    assert names(weights="uniform") == ["uniform", "uniform"]
    assert names(weights=["orthogonal", "lecun_normal"]) == ["orthogonal", "lecun_normal"]


@pytest.mark.parametrize("name", [entry.weights for entry in ACTIVATIONS.values()])
def test_what_suits_an_activation_exists(name):
    assert name in INITIALIZATIONS


# Biases


def biases(rule, **options):
    net = Dense([3, 4, 2], biases=rule)
    return [layer["b"].tolist() for layer in net.initialize(0, **options)]


@pytest.mark.parametrize(
    ("rule", "hidden", "output"),
    [
        ("zeros", 0.0, 0.0),
        ("constant", 0.1, 0.1),
        ({"name": "constant", "value": -2.0}, -2.0, -2.0),
        ("positive", 0.1, 0.0),
        ({"name": "positive", "value": 0.5}, 0.5, 0.0),
        (["positive", {"name": "constant", "value": 3.0}], 0.1, 3.0),
    ],
)
def test_rules_for_biases(rule, hidden, output):
    assert biases(rule) == [[hidden] * 4, [output] * 2]


def test_biases_that_know_the_targets():
    assert biases("prior", prior=np.array([0.5, -1.0])) == [[0.0] * 4, [0.5, -1.0]]
    assert biases("prior", prior=[0.5, -1.0]) == [[0.0] * 4, [0.5, -1.0]]
    assert biases("zeros", prior=np.array([0.5, -1.0])) == [[0.0] * 4, [0.0] * 2]


@pytest.mark.parametrize(
    ("prior", "got"), [(None, "got +nothing"), (np.zeros(3), r"prior of shape \(3,\)"), (1.0, r"prior of shape \(\)")]
)
def test_biases_that_cannot_know_the_targets(prior, got):
    with pytest.raises(ArgumentError, match=rf"what is known of the targets(.|\n)*{got}(.|\n)*of shape \(2,\)"):
        biases("prior", prior=prior)


@pytest.mark.parametrize("entry", BIASES.values(), ids=BIASES)
def test_every_rule_gives_one_finite_number_for_each_unit(entry):
    for is_output in (False, True):
        b = entry.function(Place(3, is_output, np.ones(3)), **entry.settings)
        assert b.shape == (3,) and b.dtype == np.float64 and np.isfinite(b).all()


def test_biases_of_pieces_may_not_be_shared():
    net = Dense([3, 4, 2], activations={"name": "maxout", "pieces": 3}, biases="constant")
    assert net.initialize(0)[0]["b"].shape == (12,)


def test_unknown_names():
    with pytest.raises(ArgumentError, match=r"there is no initialization 'he'(.|\n)*he_normal"):
        Dense([3, 2], weights="he")
    with pytest.raises(ArgumentError, match=r"there is no rule for biases 'one'(.|\n)*zeros"):
        Dense([3, 2], biases="one")
    with pytest.raises(ArgumentError, match="uniform has no setting gain"):
        Dense([3, 2], weights={"name": "uniform", "gain": 2.0})


def test_initial_weights_can_be_trained():
    net = Dense([3, 4, 2], activations="parametric_relu", weights="orthogonal", biases="positive")
    gradients = cr.grad(lambda p: np.sum(net.forward(p, np.ones((2, 3)))))(net.initialize(0))
    assert gradients[0]["slope"].shape == (4,)
