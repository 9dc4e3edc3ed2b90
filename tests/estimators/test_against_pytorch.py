"""Normalized layers beside PyTorch: the same first weights, the same order of rows, three epochs of plain steps.

The numbers are those of torch 2.13: Linear(bias=False), then BatchNorm1d or LayerNorm, whose bias is that of the layer;
SGD with lr=0.1; the loss (0.5 * (net(x) - y) ** 2).mean(), over batches of 8, 8 and 9 rows (without BatchNorm1d 8,
8, 8 and 1); `AveragedModel` after each step, and `update_bn` over the same batches.
"""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from chainrule.estimators import MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer")

X = np.sin(np.arange(75.0)).reshape(25, 3)
Y = np.cos(X @ [1.0, 2.0, 3.0])


def fitted(normalization, **more):
    return MLPRegressor(
        hidden_layer_sizes=[4, 3],
        activation=["tanh", "relu"],
        solver="sgd",
        momentum=0.0,
        learning_rate_init=0.1,
        alpha=0.0,
        batch_size=8,
        max_iter=3,
        shuffle=False,
        random_state=np.random.RandomState(0),
        normalization=normalization,
        **more,
    ).fit(X, Y)


def assert_near(actual, expected):
    np.testing.assert_allclose(actual, expected, rtol=1e-8, atol=1e-10)


@pytest.fixture(scope="module")
def over_batches():
    return fitted("batch")


def test_batch_normalization_with_an_activation_for_each_layer_predicts_by_running_statistics(over_batches):
    """With 25 = 8 + 8 + 9 rows: the last row has no variance by itself, and goes with the batch before."""
    net = over_batches
    assert_near(net.predict(X[:3]), [-0.6671164043, -0.3009148246, -0.7329443775])
    assert_near(net.coefs_[1][:, 0], [-0.9015622368, 0.6732310752, -0.0886509393, 0.239346933])
    assert_near(net.other_parameters_[0]["scale"], [1.0041056674, 0.9850849672, 1.0029597191, 0.9990221382])


def test_running_statistics(over_batches):
    first, second, last = over_batches.buffers_
    assert_near(first["mean"], [-0.0013784508, 0.0024462678, -0.0003165573, 0.0019909909])
    assert_near(first["variance"], [0.5966379945, 0.5145952115, 0.4517728201, 0.6115462209])
    assert_near(second["mean"], [0.0991733828, 0.2768590229, 0.134463776])
    assert_near(second["variance"], [0.922387205, 0.568174713, 0.6295020218])
    assert last == {}


def test_layer_normalization():
    net = fitted("layer")
    assert_near(net.predict(X[:3]), [-0.6959787776, -0.4553005428, -0.7254864895])
    assert_near(net.coefs_[0][:, 0], [0.1195079053, -0.098929826, 0.8752681413])
    assert_near(net.other_parameters_[0]["scale"], [0.9826365826, 1.0024932511, 0.9986806733, 1.0049542429])


def test_means_of_the_weights_get_running_statistics_of_their_own():
    net = fitted("batch", averaging="polyak")
    first, second, _ = net.buffers_
    assert_near(first["mean"], [0.0002189286, 0.0059805624, 0.0014108678, 0.00731545])
    assert_near(first["variance"], [0.3450980484, 0.2086354411, 0.1033795038, 0.3531318921])
    assert_near(second["mean"], [0.1609971261, 0.4540287313, 0.2184948774])
    assert_near(second["variance"], [0.8952864216, 0.2738100884, 0.3791974603])
    assert_near(net.predict(X[:3]), [-0.850065728, -0.331366535, -0.9542301433])


def test_batches_of_single_rows_have_no_variance():
    with pytest.raises(ValueError, match=r"batch normalization in layer 1 needs two rows or more(.|\n)*one row"):
        MLPRegressor(hidden_layer_sizes=[4], normalization="batch", batch_size=1).fit(X, Y)
