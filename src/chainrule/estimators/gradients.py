"""Gradients of a fitted net: with respect to its inputs, and of each sample's loss."""

from __future__ import annotations

from numbers import Integral
from typing import Any

import numpy as np

from ..api import grad, vmap
from ..errors import ArgumentError
from .sklearn_loader import check_is_fitted, validate_data


class GradientsMixin:
    """What a fitted net answers about its derivatives."""

    def input_gradient(self: Any, X: Any, output: int | None = None) -> np.ndarray:
        """How an output changes with the features of each sample.

        Parameters
        ----------
        X : array of shape (n_samples, n_features)
        output : int, optional
            The column of the outputs: of the numbers that a regressor predicts; of a classifier's logits. By default
            the only one, and of several classes that of the greatest logit.

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
        >>> net = MLPRegressor([8], activation="identity", solver="lbfgs", random_state=0).fit(X, 3 * X[:, 0])
        >>> net.input_gradient(X[:2]).round(2).tolist()
        [[3.0], [3.0]]
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=(np.float64, np.float32))
        net, parameters, buffers = self._net(), self._parameters(), self._net_buffers()
        units = len(self.intercepts_[-1])
        if output is None and units > 1 and self.out_activation_ != "softmax":
            raise ArgumentError(f"there are {units} outputs", wanted="one of them: output=0, say")
        if output is not None and not (isinstance(output, Integral) and 0 <= output < units):
            raise ArgumentError(
                f"the outputs are counted from 0 to {units - 1}", got=f"output={output!r}", wanted="the number of one"
            )
        if output is not None:
            columns: Any = output
        elif units == 1:
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

        Examples
        --------
        >>> from chainrule.estimators import MLPRegressor
        >>> X = np.array([[1.0], [2.0]])
        >>> net = MLPRegressor([1], activation="identity", solver="lbfgs", random_state=0).fit(X, X[:, 0])
        >>> [g.shape for g in net.per_sample_gradients(X, X[:, 0])[0]]
        [(2, 1, 1), (2, 1, 1)]
        """
        check_is_fitted(self)
        X, y = self._validated(X, y, reset=False)
        X = X.toarray() if hasattr(X, "toarray") else X
        targets = self._targets(y, incremental=True)
        if targets.dtype.kind == "f":
            targets = targets.astype(X.dtype, copy=False)
        recipe = self._recipe((X.shape[1], *self._hidden_sizes(), self._output_units(targets)), False)
        buffers = self._net_buffers()

        def loss(parameters: Any, x: Any, target: Any) -> Any:
            return recipe.loss(recipe.net.forward(parameters, x[None], buffers), target[None])

        gradients = vmap(grad(loss), in_axes=(None, 0, 0))(self._parameters(), X, targets)
        return [layer["W"] for layer in gradients], [layer["b"] for layer in gradients]
