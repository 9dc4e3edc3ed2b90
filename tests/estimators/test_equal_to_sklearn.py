"""The same weights as scikit-learn's nets after some epochs of the same random numbers, but for rounding."""

import numpy as np
import pytest

sklearn_nets = pytest.importorskip("sklearn.neural_network")

from sklearn.datasets import make_classification, make_multilabel_classification, make_regression  # noqa: E402

from chainrule.estimators import MLPClassifier, MLPRegressor  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer", "ignore:lbfgs failed")

DATA = {
    "two classes": make_classification(150, 8, random_state=0),
    "four classes": make_classification(150, 8, n_informative=6, n_classes=4, random_state=0),
    "labels": make_multilabel_classification(150, 8, n_classes=3, random_state=0),
    "a number": make_regression(150, 8, random_state=0),
    "three numbers": make_regression(150, 8, n_targets=3, random_state=0),
}
WEIGHTS = np.random.default_rng(0).uniform(0, 2, size=150)
SETTINGS = {
    "adam": {},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.01},
    "momentum": {"solver": "sgd", "nesterovs_momentum": False, "momentum": 0.5},
    "full momentum": {"solver": "sgd", "momentum": 1.0, "learning_rate_init": 1e-4},
    "no momentum": {"solver": "sgd", "momentum": 0.0},
    "inverse scaling": {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.1},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "tol": 10.0, "n_iter_no_change": 1},
    "logistic": {"activation": "logistic", "alpha": 1.0},
    "tanh": {"activation": "tanh", "hidden_layer_sizes": (7, 5)},
    "identity": {"activation": "identity", "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3},
    "in order": {"shuffle": False, "batch_size": 50},
    "early stopping": {"early_stopping": True, "validation_fraction": 0.2, "n_iter_no_change": 2},
}


def both(problem, **settings):
    X, y = DATA[problem]
    y = y / 100 if y.dtype.kind == "f" else y
    classes = problem in ("two classes", "four classes", "labels")
    ours, theirs = (MLPClassifier, sklearn_nets.MLPClassifier) if classes else (MLPRegressor, sklearn_nets.MLPRegressor)
    settings = {"max_iter": 6, "random_state": 3, "batch_size": 40, "hidden_layer_sizes": (6,), **settings}
    return ours(**settings), theirs(**settings), X, y


def assert_same(a, b):
    for mine, other in zip((*a.coefs_, *a.intercepts_), (*b.coefs_, *b.intercepts_), strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-8, atol=1e-10)
        assert mine.dtype == other.dtype
    for name in ("loss_", "n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "best_loss_"):
        mine, other = getattr(a, name), getattr(b, name)
        assert mine == (pytest.approx(other, rel=1e-8) if isinstance(other, float) else other), name
    np.testing.assert_allclose(a.loss_curve_, b.loss_curve_, rtol=1e-8)
    if b.validation_scores_ is not None:
        np.testing.assert_allclose(a.validation_scores_, b.validation_scores_, rtol=1e-8)
        assert a.best_validation_score_ == pytest.approx(b.best_validation_score_)


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("problem", ["four classes", "a number"])
def test_settings(problem, name):
    ours, theirs, X, y = both(problem, **SETTINGS[name])
    assert_same(ours.fit(X, y), theirs.fit(X, y))
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("problem", DATA)
def test_problems_with_weights(problem):
    ours, theirs, X, y = both(problem)
    assert_same(ours.fit(X, y, sample_weight=WEIGHTS), theirs.fit(X, y, sample_weight=WEIGHTS))
    for method in ("predict", "predict_proba"):
        if hasattr(theirs, method):
            mine, other = getattr(ours, method)(X), getattr(theirs, method)(X)
            np.testing.assert_allclose(mine, other, rtol=1e-8, atol=1e-10)
            assert mine.shape == other.shape and mine.dtype == other.dtype


def test_poisson():
    X, _ = DATA["a number"]
    y = np.random.default_rng(0).poisson(np.exp(X[:, 0]))
    settings = {"loss": "poisson", "max_iter": 6, "random_state": 3, "hidden_layer_sizes": (6,)}
    ours, theirs = MLPRegressor(**settings).fit(X, y), sklearn_nets.MLPRegressor(**settings).fit(X, y)
    assert_same(ours, theirs)
    np.testing.assert_allclose(ours.predict(X), theirs.predict(X), rtol=1e-8)


@pytest.mark.parametrize("name", ["sgd", "adam", "inverse scaling", "adaptive"])
def test_epoch_by_epoch_and_warm_starts(name):
    ours, theirs, X, y = both("four classes", **{**SETTINGS[name], "random_state": 0})
    for warm in (False, True):
        for net in (ours, theirs):
            net.set_params(warm_start=warm, max_iter=2)
            net.fit(X, y) if warm else net.partial_fit(X, y, classes=range(4))
            for _ in range(2):
                net.partial_fit(X, y)
        assert_same(ours, theirs)


def test_lbfgs_finds_a_minimum_as_low():
    ours, theirs, X, y = both("a number", solver="lbfgs", max_iter=3, activation="tanh", alpha=0.1)
    ours.fit(X, y), theirs.fit(X, y)
    np.testing.assert_allclose(ours.coefs_[0], theirs.coefs_[0], rtol=1e-5, atol=1e-7)
    assert ours.loss_ == pytest.approx(theirs.loss_, rel=1e-6) and ours.n_iter_ == theirs.n_iter_


def test_what_is_printed(capsys):
    ours, theirs, X, y = both("two classes", verbose=True, early_stopping=True, max_iter=4)
    theirs.fit(X, y)
    printed = capsys.readouterr().out
    ours.fit(X, y)
    assert capsys.readouterr().out == printed


def test_single_precision_stays_single():
    ours, theirs, X, y = both("four classes")
    X = X.astype(np.float32)
    ours.fit(X, y), theirs.fit(X, y)
    assert {x.dtype for x in (*ours.coefs_, *ours.intercepts_, ours.predict_proba(X))} == {np.dtype(np.float32)}
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), atol=1e-4)
