"""The tests that scikit-learn has for its own nets, with ours in their place."""

import importlib

import pytest

sklearn_nets = pytest.importorskip("sklearn.neural_network")

from chainrule.estimators import MLPClassifier, MLPRegressor  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # as there

# They look at private names: `_loss_grad_lbfgs`, and `_optimizer`.
PRIVATE = {"test_gradient", "test_learning_rate_warmstart", "test_adaptive_learning_rate"}


def _their_tests():
    theirs = sklearn_nets.MLPClassifier, sklearn_nets.MLPRegressor
    sklearn_nets.MLPClassifier, sklearn_nets.MLPRegressor = MLPClassifier, MLPRegressor
    try:
        module = importlib.import_module("sklearn.neural_network.tests.test_mlp")
    finally:
        sklearn_nets.MLPClassifier, sklearn_nets.MLPRegressor = theirs
    found = {name: each for name, each in vars(module).items() if name.startswith("test_")}
    assert found.keys() > PRIVATE and module.MLPClassifier is MLPClassifier
    return {name: each for name, each in found.items() if name not in PRIVATE}


@pytest.fixture
def global_random_seed():
    return 42


globals().update(_their_tests())


def test_there_are_as_many_as_in_the_version_that_was_looked_at():
    assert len([name for name in globals() if name.startswith("test_")]) > 40
