"""Fitted estimators as ONNX models: what they predict, for a batch of any size."""

import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule.onnx import export

from .running import run

pytest.importorskip("sklearn", reason="the package scikit-learn is not installed")

from chainrule.estimators import MLPClassifier, MLPRegressor, prediction_of

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype(np.float32)
CLASSES = (X[:, 0] > 0).astype(int) + (X[:, 1] > 0.5)
COMMON = {"hidden_layer_sizes": [8], "max_iter": 3, "random_state": 0}

FITS = {
    "two classes": (MLPClassifier(**COMMON, activation="tanh"), CLASSES > 0),
    "labels": (MLPClassifier(**COMMON), np.stack([CLASSES > 0, CLASSES > 1], axis=1)),
    "counts": (MLPRegressor(**COMMON, loss="poisson"), np.round(X[:, :2] ** 2)),
    "normalized": (MLPClassifier(**COMMON, normalization="batch", dropout=0.3), CLASSES),
}


@pytest.mark.parametrize("name", FITS)
def test_predictions(name):
    estimator, y = FITS[name]
    with warnings.catch_warnings(), cr.disable_jit():
        warnings.simplefilter("ignore")  # three epochs are few
        estimator.fit(X, y)
    model = export(prediction_of(estimator), X[:5], dynamic_batch=True)
    predict = estimator.predict_proba if isinstance(estimator, MLPClassifier) else estimator.predict
    for n in (1, 60):
        (got,) = run(model, X[:n])
        want = predict(X[:n])
        assert got.dtype == want.dtype
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-6)
