"""Gradients of a fitted net: with respect to its inputs, and of each sample's loss."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np

from ..api import grad, vmap
from ..errors import ArgumentError
from .losses import function_of
from .rows import refuse_masked
from .sklearn_loader import check_is_fitted, is_classifier, validate_data


class GradientsMixin:
    """What a fitted net answers about its derivatives."""

    def input_gradient(self: Any, X: Any, output: int | None = None) -> np.ndarray:
        """How an output changes with the features of each sample.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
        output : int, optional
            The column of the outputs: of the numbers that a regressor predicts; of a classifier's logits or scores. By
            default the only one that is predicted, and of several classes that of the greatest logit of each sample.

        Returns
        -------
        gradient : array of shape (n_samples, n_features)
            Of the column before the last activation, [unit of the output / unit of the feature].

        Raises
        ------
        ArgumentError
            If there are several outputs, none of them is chosen, and they are no classes.

        Examples
        --------
        >>> from chainrule.estimators import MLPRegressor
        >>> X = np.linspace(-1, 1, 50)[:, None]
        >>> net = MLPRegressor(hidden_layer_sizes=[8], activation="identity", solver="lbfgs", random_state=0)
        >>> net = net.fit(X, 3 * X[:, 0])
        >>> net.input_gradient(X[:2]).round(2).tolist()
        [[3.0], [3.0]]
        """
        check_is_fitted(self)
        refuse_masked(X, "X")
        X = validate_data(self, X, reset=False, dtype=(np.float64, np.float32))
        net, parameters, buffers = self._net(), self._parameters(), self._net_buffers()
        units = len(self.intercepts_[-1])
        of_classes = is_classifier(self) and self._tasks() == ("classification",)
        if output is None and self.n_outputs_ > 1 and not of_classes:
            raise ArgumentError(f"there are {self.n_outputs_} outputs", wanted="one of them: output=0, say")
        if output is not None and not (isinstance(output, Integral) and 0 <= output < units):
            raise ArgumentError(
                f"the outputs are counted from 0 to {units - 1}", got=f"output={output!r}", wanted="the number of one"
            )
        if output is not None:
            columns: Any = output
        elif not of_classes:
            columns = 0
        else:
            columns = np.argmax(net.forward(parameters, X, buffers), axis=1)

        def chosen(x: Any) -> Any:
            outputs = net.forward(parameters, x, buffers)
            return np.sum(np.where(np.arange(units) == np.reshape(columns, (-1, 1)), outputs, 0))

        return grad(chosen)(X)

    def per_sample_gradients(self: Any, X: Any, y: Any) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """The gradient of the loss of each sample with respect to the weights and biases, without the penalty.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)

        Returns
        -------
        of_coefs : list of array of shape (n_samples, units_in, units_out)
        of_intercepts : list of array of shape (n_samples, units_out)
            As in prediction: no unit is left out, and running statistics normalize.

        Examples
        --------
        >>> from chainrule.estimators import MLPRegressor
        >>> X = np.array([[1.0], [2.0]])
        >>> net = MLPRegressor(hidden_layer_sizes=[1], activation="identity", solver="lbfgs").fit(X, X[:, 0])
        >>> [g.shape for g in net.per_sample_gradients(X, X[:, 0])[0]]
        [(2, 1, 1), (2, 1, 1)]
        """
        check_is_fitted(self)
        X, targets = self._validated_rows(X, y)
        X = X.toarray() if hasattr(X, "toarray") else X
        net, buffers = self._net(), self._net_buffers()
        function = function_of(self._fitted_loss, self._fitted_entry())

        def loss(parameters: Any, x: Any, target: Any) -> Any:
            return function(net.forward(parameters, x[None], buffers), target[None])

        gradients = vmap(grad(loss), in_axes=(None, 0, 0))(self._parameters(), X, targets)
        return [layer["W"] for layer in gradients], [layer["b"] for layer in gradients]
