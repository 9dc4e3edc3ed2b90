"""What every penalty and projection of the catalogue keeps, each by hand, and against PyTorch."""

from pathlib import Path

import numpy as np
import pytest

import chainrule as cr
from chainrule import tree
from chainrule.errors import ArgumentError
from chainrule.nets import Dense
from chainrule.regularizers import REGULARIZERS, elastic, group_lasso, l1, max_norm

FILE = Path(__file__).parents[1] / "data_files" / "torch_regularizers.npz"


def of_kind(kind):
    entries = [entry for entry in REGULARIZERS.values() if entry.kind == kind]
    return pytest.mark.parametrize("entry", entries, ids=[entry.name for entry in entries])


ALL = pytest.mark.parametrize("entry", REGULARIZERS.values(), ids=REGULARIZERS)
PENALTY, PROJECTION = of_kind("penalty"), of_kind("projection")


def parameters_of(dtype=np.float64, scale=1.0):
    """Weights of a half to three halves in size, away from the kink at 0, and biases of 1."""
    rng = np.random.default_rng(4)
    parameters = Dense([3, 4, 2], activations="parametric_relu", biases={"name": "constant", "value": 1.0}).initialize(
        0
    )
    for layer in parameters:
        size = rng.uniform(0.5, 1.5, size=layer["W"].shape)
        layer["W"] = scale * rng.choice([-1, 1], size=size.shape) * size
    return tree.map_leaves(lambda w: w.astype(dtype), parameters)


# Penalties


@PENALTY
def test_least_at_the_center(entry):
    rng = np.random.default_rng(5)
    center = parameters_of()
    for about in (None, center):
        at = tree.map_leaves(np.zeros_like, center) if about is None else about
        for biases in (False, True):
            penalty = lambda p, about=about, biases=biases: entry.function(p, center=about, biases=biases)
            value, gradients = cr.value_and_grad(penalty)(at)
            assert value == 0
            assert all((g == 0).all() for g in tree.flatten(gradients)[0])
            for scale in (1e-6, 1.0, 1e3):
                shifted = tree.map_leaves(lambda w, scale=scale: w + scale * rng.normal(size=w.shape), at)
                assert penalty(shifted) > 0


@PENALTY
@pytest.mark.parametrize("biases", [False, True])
def test_gradient_against_differences(entry, biases):
    # Along each weight; central differences at h and h / 2, without their common error (Richardson).
    parameters = parameters_of()
    vector, unravel = cr.ravel(parameters)
    penalty = lambda v: entry.function(unravel(v), biases=biases)
    gradient = cr.grad(penalty)(vector)
    for i in range(len(vector)):
        unit = np.eye(len(vector))[i]
        coarse, fine = ((penalty(vector + h * unit) - penalty(vector - h * unit)) / (2 * h) for h in (2e-3, 1e-3))
        assert gradient[i] == pytest.approx((4 * fine - coarse) / 3, rel=1e-8, abs=1e-10)


@PENALTY
def test_gradients_to_second_order(entry):
    cr.check_grads(entry.function, (parameters_of(),))


@PENALTY
def test_biases_count_if_they_are_asked_for(entry):
    parameters = parameters_of()
    other = [{**layer, "b": layer["b"] + 5.0, "slope": np.ones(1)} for layer in parameters]
    assert entry.function(parameters) == entry.function(other)
    assert entry.function(parameters, biases=True) < entry.function(other, biases=True)
    gradients = cr.grad(lambda p: entry.function(p, biases=True))(parameters)
    assert all((layer["b"] != 0).all() for layer in gradients)
    gradients = cr.grad(entry.function)(parameters)
    assert all((layer["b"] == 0).all() for layer in gradients)


@PENALTY
def test_strengths_of_layers(entry):
    parameters = parameters_of()
    first, second = (entry.function([layer]) for layer in parameters)
    assert entry.function(parameters) == pytest.approx(first + second, rel=1e-14)
    assert entry.function(parameters, strengths=[0.25, 3.0]) == pytest.approx(0.25 * first + 3 * second, rel=1e-14)
    assert entry.function(parameters, strengths=(0, 1)) == pytest.approx(second, rel=1e-14)


@PENALTY
def test_a_center_moves_the_origin(entry):
    parameters, center = parameters_of(), parameters_of(scale=-0.3)
    difference = tree.map_leaves(np.subtract, parameters, center)
    assert entry.function(parameters, center=center) == entry.function(difference)


@PENALTY
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"strengths": [1.0]}, "one strength for each layer(.|\n)*1 strengths for 2 layers"),
        ({"strengths": [1.0, 2.0, 3.0]}, "3 strengths for 2 layers"),
        ({"center": parameters_of()[:1]}, "must be of one shape"),
        (
            {"center": tree.map_leaves(lambda w: w[:1], parameters_of())},
            "parameters and their center are alike in shape",
        ),
    ],
)
def test_options_that_do_not_fit(entry, options, message):
    with pytest.raises(ArgumentError, match=message):
        entry.function(parameters_of(), **options)
    with pytest.raises(ArgumentError, match="parameters without layers"):
        entry.function({"W": np.ones((2, 2))}, strengths=[1.0])


@PENALTY
def test_nothing_to_penalize(entry):
    assert entry.function([]) == entry.function({"b": np.ones(3)}) == 0.0


@PENALTY
@pytest.mark.parametrize("parameters", [np.ones((2, 2)), {"a": np.ones((2, 2))}, (np.ones((2, 2)), [np.ones(3)])])
def test_any_tree(entry, parameters):
    assert entry.function(parameters) == entry.function([np.ones((2, 2))]) > 0


@PENALTY
@pytest.mark.parametrize("scale", [1.0, 1e4, 1e-4])
def test_single_precision_stays_and_is_finite(entry, scale):
    single = parameters_of(np.float32, scale)
    value, gradients = cr.value_and_grad(lambda p: entry.function(p, strengths=[0.1, 2.0]))(single)
    assert value.dtype == np.float32 and np.isfinite(value)
    assert {g.dtype for g in tree.flatten(gradients)[0]} == {np.dtype(np.float32)}
    assert all(np.isfinite(g).all() for g in tree.flatten(gradients)[0])
    assert value == pytest.approx(float(entry.function(parameters_of(scale=scale), strengths=[0.1, 2.0])), rel=1e-5)


@PENALTY
def test_penalties_against_torch(entry):
    with np.load(FILE) as reference:
        W, value, gradient = reference["W"], reference[f"{entry.name}_value"], reference[f"{entry.name}_gradient"]
    found = cr.value_and_grad(entry.function)(W)
    np.testing.assert_allclose(found[0], value, rtol=1e-14)
    np.testing.assert_allclose(found[1], gradient, rtol=1e-14, atol=0)


def test_l1_by_hand():
    parameters = [{"W": np.array([[3.0, -4.0, 0.0]]), "b": np.array([2.0, -2.0, 0.0])}]
    assert l1(parameters) == 7.0 and l1(parameters, biases=True) == 11.0
    (gradient,) = cr.grad(l1)(parameters)
    np.testing.assert_array_equal(gradient["W"], [[1.0, -1.0, 0.0]])


def test_elastic_by_hand():
    # 0.25 * 7 + 0.75 * 25 / 2; the gradient 0.25 * sign(w) + 0.75 * w
    w = np.array([[3.0, -4.0]])
    assert elastic(w, l1_share=0.25) == 11.125
    np.testing.assert_array_equal(cr.grad(lambda w: elastic(w, l1_share=0.25))(w), [[2.5, -3.25]])


def test_group_lasso_by_hand():
    # Rows (3, 4) and (0, 0): sqrt(2) * 5. Columns (3, 0), (4, 0): sqrt(2) * (3 + 4).
    w = np.array([[3.0, 4.0], [0.0, 0.0]])
    assert group_lasso(w) == np.sqrt(2) * 5
    assert group_lasso(w, by="units") == pytest.approx(np.sqrt(2) * 7, rel=1e-15)
    np.testing.assert_allclose(cr.grad(group_lasso)(w), np.sqrt(2) * np.array([[0.6, 0.8], [0, 0]]), rtol=1e-15)
    by_units = cr.grad(lambda w: group_lasso(w, by="units"))(w)
    np.testing.assert_allclose(by_units, np.sqrt(2) * np.array([[1.0, 1.0], [0, 0]]), rtol=1e-15)
    # Three axes: two groups of 2 x 3 ones by the first, of length sqrt(6) each.
    assert group_lasso(np.ones((2, 2, 3))) == pytest.approx(2 * np.sqrt(6) * np.sqrt(6), rel=1e-15)
    assert group_lasso({"b": np.array([3.0, -4.0])}, biases=True) == 7.0


@pytest.mark.parametrize("share", [-0.1, 1.1, np.nan])
def test_a_share_is_a_share(share):
    with pytest.raises(ArgumentError, match="the share of l1 is between 0 and 1"):
        elastic(np.ones((2, 2)), l1_share=share)


def test_groups_of_another_kind():
    with pytest.raises(ArgumentError, match="groups of weights are by inputs or by units"):
        group_lasso(np.ones((2, 2)), by="columns")


# Projections


@PROJECTION
def test_a_projection_stays_where_it_is(entry):
    once = entry.function(parameters_of(scale=100.0))
    for a, b in zip(tree.flatten(once)[0], tree.flatten(entry.function(once))[0], strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-15)


@PROJECTION
def test_what_is_allowed_is_left_as_it_is(entry):
    parameters = parameters_of(scale=1e-3)
    for a, b in zip(tree.flatten(parameters)[0], tree.flatten(entry.function(parameters))[0], strict=True):
        np.testing.assert_array_equal(b, a)


@PROJECTION
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_projections_keep_dtype_and_structure(entry, dtype):
    parameters = parameters_of(dtype, scale=1e4)
    projected = entry.function(parameters)
    assert tree.structure_of(projected) == tree.structure_of(parameters)
    assert {w.dtype for w in tree.flatten(projected)[0]} == {np.dtype(dtype)}
    assert all(np.isfinite(w).all() for w in tree.flatten(projected)[0])


@PROJECTION
def test_the_nearest_point_that_is_allowed(entry):
    # No other allowed point is nearer: random ones are not.
    rng = np.random.default_rng(6)
    W = 10 * rng.normal(size=(4, 3))
    distance = np.linalg.norm(W - entry.function(W))
    for _ in range(100):
        other = entry.function(entry.function(W) + 0.3 * rng.normal(size=W.shape))
        assert np.linalg.norm(W - other) >= distance


@PROJECTION
def test_projections_differentiate(entry):
    cr.check_grads(entry.function, (parameters_of(scale=10.0),), order=1)


def test_max_norm_by_hand():
    # Columns of length 5, 0.5 and 0, and a limit of 1.
    W = np.array([[3.0, 0.3, 0.0], [4.0, 0.4, 0.0]])
    parameters = max_norm([{"W": W, "b": np.array([7.0, -7.0, 0.5])}], limit=1.0)
    np.testing.assert_allclose(parameters[0]["W"], [[0.6, 0.3, 0.0], [0.8, 0.4, 0.0]], rtol=1e-15)
    np.testing.assert_array_equal(parameters[0]["b"], [7.0, -7.0, 0.5])
    np.testing.assert_array_equal(max_norm({"b": parameters[0]["b"]}, limit=1.0, biases=True)["b"], [1.0, -1.0, 0.5])


def test_max_norm_against_torch():
    with np.load(FILE) as reference:
        found = max_norm(reference["W"], float(reference["limit"]))
        np.testing.assert_allclose(found, reference["max_norm_end"], rtol=1e-6)  # PyTorch divides by length + 1e-7


@pytest.mark.parametrize("limit", [0.0, -1.0, np.nan])
def test_a_limit_is_positive(limit):
    with pytest.raises(ArgumentError, match="the longest that weights may be is positive"):
        max_norm(np.ones((2, 2)), limit=limit)


# Entries


@ALL
def test_entries_say_what_they_are(entry):
    assert REGULARIZERS[entry.name] is entry and entry.formula and entry.source
    assert entry.configured(biases=True).settings == {**entry.settings, "biases": True}
    with pytest.raises(ArgumentError, match=f"{entry.name} has no setting strength(.|\n)*wanted +.*biases"):
        entry.configured(strength=1.0)


def test_configured():
    w = np.array([[3.0, -4.0]])
    assert REGULARIZERS["elastic"].configured(l1_share=0.25).function(w) == 11.125
    assert REGULARIZERS["l2"].configured(biases=True).function({"b": np.array([2.0])}) == 2.0
    np.testing.assert_allclose(
        REGULARIZERS["max_norm"].configured(limit=1.0).function(w.T), [[0.6], [-0.8]], rtol=1e-15
    )
