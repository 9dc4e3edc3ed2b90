"""A dense net that predicts numbers."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from ..errors import ArgumentError
from .base import AbstractMLP, partial_fit_available
from .constraints import CONSTRAINTS
from .documented import documented
from .fitting import nothing_lost
from .losses import SHOWN_AS_MEAN_OF_COLUMNS, loss_entry, losses_for
from .sklearn_loader import RegressorMixin, StrOptions, column_or_1d, fit_context, r2_score, with_callbacks


@documented
class MLPRegressor(RegressorMixin, AbstractMLP):
    """A dense net for numbers, in place of `sklearn.neural_network.MLPRegressor`.

    {parameters}
    loss : str, dict or callable
        "squared_error" (half of it, added over columns; `loss_` and the curves show the mean over columns, as
        scikit-learn does), "poisson", another loss of the catalogue for numbers or counts, or
        ``loss(outputs, targets)``, a plain NumPy function that gives the mean over the rows. Outputs and targets have
        shape (n, n_outputs); the outputs are those before the last activation, for "poisson" logarithms of rates.

    Attributes
    ----------
    {attributes}

    Examples
    --------
    >>> X = np.linspace(-1, 1, 200)[:, None]
    >>> layers = {"hidden_layer_sizes": [32, 32], "activation": ["tanh", "silu"], "batch_size": 20}
    >>> net = MLPRegressor(**layers, learning_rate_init=0.01, random_state=0)
    >>> bool(net.fit(X, np.sin(3 * X[:, 0])).score(X, np.sin(3 * X[:, 0])) > 0.99)
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **CONSTRAINTS,
        "loss": [StrOptions({*losses_for("regression", "counts")}), dict, callable],
    }

    def __init__(
        self,
        loss: Any = "squared_error",
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: Any = "adam",
        alpha: float = 0.0001,
        batch_size: Any = "auto",
        learning_rate: Any = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: Any = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        penalty: Any = "l2",
        dropout: Any = 0.0,
        normalization: Any = None,
        monte_carlo: int = 0,
        initialization: Any = None,
        clip_norm: float | None = None,
        max_norm: float | None = None,
        averaging: Any = None,
    ):
        self._store(locals())

    @nothing_lost
    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None) -> MLPRegressor:
        """Train on samples and their numbers.

        Parameters
        ----------
        X : array, sparse matrix or data frame, shape (n_samples, n_features)
            An `np.memmap` of 64 MiB or more is read and shuffled by blocks, as `chainrule.data.MappedRows` does, a
            sparse matrix is made dense by blocks (with solver="lbfgs" as a whole).
        y : array-like of shape (n_samples,) or (n_samples, n_outputs)
        sample_weight : array-like of shape (n_samples,), optional
        X_val, y_val : optional
            Validation rows: their loss after each epoch goes to `validation_loss_curve_`; early stopping judges by
            them instead of by a share of the training rows.

        Returns
        -------
        self : MLPRegressor
        """
        validation = None if X_val is None and y_val is None else (X_val, y_val)
        return self._fit(X, y, sample_weight, validation)

    @partial_fit_available
    @nothing_lost
    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> MLPRegressor:
        """Train for one epoch from where training has come to.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.

        Returns
        -------
        self : MLPRegressor
        """
        return self._fit(X, y, sample_weight, None, incremental=True)

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """The numbers of samples.

        Parameters
        ----------
        X : array, sparse matrix or data frame, shape (n_samples, n_features)
        return_std : bool
            Whether to tell how far off the numbers may be, where the net knows: with loss="gaussian", or with
            monte_carlo.

        Returns
        -------
        y : array of shape (n_samples,) or (n_samples, n_outputs)
        std : array of the same shape
            Only with return_std [unit of y]: the root of the predicted variance, and of the variance over the draws of
            dropout added to its mean over them.

        Raises
        ------
        ArgumentError
            If it is asked for the deviation, and there is neither a predicted variance nor dropout.

        Source
        ------
        Kendall, Gal, What Uncertainties Do We Need in Bayesian Deep Learning for Computer Vision? (NeurIPS 2017),
        eq. 9: variances within the draws, and between them.
        """
        if not return_std:
            return self._columns(self._predicted(X))
        entry = self._fitted_entry()
        gaussian = entry is not None and entry.name == "gaussian"
        if not (gaussian or self.monte_carlo > 1):
            raise ArgumentError(
                "the net does not know how far off its numbers may be",
                got=f"loss={self.loss!r}, monte_carlo={self.monte_carlo}",
                wanted="loss='gaussian', or dropout with monte_carlo of 2 or more",
            )
        numbers, deviations = [], []
        for draws in self._draws(X):
            means = list(map(self._activated, draws))
            variance = np.var(means, axis=0)
            if gaussian:
                variance = variance + self._mean([np.exp(each[:, self.n_outputs_ :]) for each in draws])
            numbers.append(self._mean(means))
            deviations.append(np.sqrt(variance))
        return self._columns(np.concatenate(numbers)), self._columns(np.concatenate(deviations))

    def _columns(self, numbers: np.ndarray) -> np.ndarray:
        return numbers.ravel() if numbers.shape[1] == 1 else numbers

    @property
    def _y_numeric(self) -> bool:
        return True

    def _targets(self, y: np.ndarray, incremental: bool) -> np.ndarray:
        return self._known_targets(y)

    def _known_targets(self, y: np.ndarray) -> np.ndarray:
        if hasattr(y, "toarray"):
            raise ArgumentError("numbers to learn are a dense array", got=type(y).__name__, try_="y.toarray()")
        if y.ndim == 2 and y.shape[1] == 1:
            y = column_or_1d(y, warn=True)
        entry = loss_entry(self.loss, *self._tasks())
        if entry is not None and entry.task == "counts" and np.any(y < 0):
            raise ArgumentError(f"the loss {entry.name!r} takes counts, which are 0 or more", got=f"y of {np.min(y):g}")
        return (y[:, None] if y.ndim == 1 else y).astype(np.float64, copy=False)

    def _decoded(self, targets: np.ndarray) -> np.ndarray:
        return self._columns(targets)

    def _tasks(self) -> tuple[str, ...]:
        return ("regression", "counts")

    def _output_units(self, targets: np.ndarray) -> int:
        """Two for each column where the loss wants a mean and a variance."""
        entry = self._fitted_entry()
        return targets.shape[1] if entry is None else entry.units(targets.shape[1])

    def _predicted_columns(self, targets: np.ndarray) -> int:
        return targets.shape[1]

    def _output_activation(self, targets: np.ndarray) -> str:
        entry = self._fitted_entry()
        return "exp" if entry is not None and entry.task == "counts" else "identity"

    def _loss(self) -> Any:
        return self.loss

    def _shown_share(self) -> float:
        entry = self._fitted_entry()
        return 1 / self.n_outputs_ if entry is not None and entry.name in SHOWN_AS_MEAN_OF_COLUMNS else 1.0

    def _activated(self, outputs: np.ndarray) -> np.ndarray:
        entry = self._fitted_entry()
        return outputs if entry is None else entry.predict(outputs)

    def _validation_score(self, outputs: np.ndarray, targets: np.ndarray, sample_weight: Any = None) -> float:
        """R2, nan where an output is no number."""
        if not np.isfinite(outputs).all():
            return float("nan")
        return float(r2_score(targets, self._activated(outputs), sample_weight=sample_weight))
