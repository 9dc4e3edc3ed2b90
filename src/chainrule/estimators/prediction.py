"""What a fitted net predicts as a plain function of arrays, which is exported, differentiated or compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..nets.activations import ACTIVATIONS
from .base import AbstractMLP
from .classifier import MLPClassifier
from .sklearn_loader import check_is_fitted


def prediction_of(estimator: AbstractMLP) -> Callable[[Any], Any]:
    """The prediction of a fitted net as a NumPy function that chainrule traces.

    The estimator's own methods check and convert what they get, which a traced array does not pass through.

    Parameters
    ----------
    estimator : MLPClassifier or MLPRegressor
        Fitted. Its numbers are those of now: fitting it further does not change the function.

    Returns
    -------
    prediction : callable
        Of an array of float, shape (n_samples, n_features): what `predict_proba` gives for a classifier
        (`decision_function` where its loss knows no probabilities), `predict` for a regressor; without dropout.

    Raises
    ------
    NotFittedError
        If the estimator is not fitted.

    Examples
    --------
    >>> import chainrule as cr
    >>> from chainrule.estimators import MLPRegressor, prediction_of
    >>> X = np.linspace(-1, 1, 50)[:, None]
    >>> net = MLPRegressor(hidden_layer_sizes=[8], activation="identity", solver="lbfgs", random_state=0)
    >>> prediction = prediction_of(net.fit(X, 3 * X[:, 0]))
    >>> cr.grad(lambda x: prediction(x)[0])(X[:1]).round(2).tolist()
    [[3.0]]
    """
    check_is_fitted(estimator)
    net, parameters, buffers = estimator._net(), estimator._parameters(), estimator._net_buffers()

    def outputs(x: Any) -> Any:
        return net.forward(parameters, x, buffers)

    def probabilities(x: Any) -> Any:
        if estimator.out_activation_ == "softmax":
            return ACTIVATIONS["softmax"](outputs(x))
        y = estimator._activated(outputs(x))
        return np.hstack([1 - y, y]) if single else y

    def scores(x: Any) -> Any:
        return outputs(x).reshape(len(x)) if single else outputs(x)

    def values(x: Any) -> Any:
        y = estimator._activated(outputs(x))
        return y.reshape(len(x)) if y.shape[1] == 1 else y

    single = estimator.n_outputs_ == 1
    if not isinstance(estimator, MLPClassifier):
        return values
    return scores if estimator.out_activation_ == "identity" else probabilities
