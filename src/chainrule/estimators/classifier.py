"""A dense net that tells classes apart."""

from __future__ import annotations

import math
from numbers import Real
from typing import Any, ClassVar

import numpy as np

from ..errors import ArgumentError
from .base import AbstractMLP, partial_fit_available
from .constraints import CONSTRAINTS
from .documented import documented
from .fitting import nothing_lost
from .losses import gives_probabilities, losses_for
from .scipy_loader import special
from .sklearn_loader import (
    ClassifierMixin,
    Interval,
    LabelBinarizer,
    StrOptions,
    accuracy_score,
    available_if,
    check_classification_targets,
    check_partial_fit_first_call,
    column_or_1d,
    compute_class_weight,
    compute_sample_weight,
    fit_context,
    type_of_target,
    unique_labels,
    with_callbacks,
)


def _gives_probabilities(estimator: Any) -> bool:
    """Whether the loss does that was fitted by, or that is to be."""
    if hasattr(estimator, "out_activation_"):
        return estimator.out_activation_ != "identity"
    loss = estimator.loss
    name: Any = loss if isinstance(loss, str) or callable(loss) else loss.get("name")
    entry = losses_for("classification", "binary").get(name)
    return entry is None or gives_probabilities(entry)


def _knows_probabilities(estimator: Any) -> bool:
    if not _gives_probabilities(estimator):
        raise AttributeError(
            f"loss={estimator.loss!r} gives scores of classes, and no probabilities; decision_function gives the scores"
        )
    return True


def _knows_scores(estimator: Any) -> bool:
    return not _gives_probabilities(estimator)


@documented
class MLPClassifier(ClassifierMixin, AbstractMLP):
    """A dense net for classes, in place of `sklearn.neural_network.MLPClassifier`.

    {parameters}
    loss : str, dict or callable
        "log_loss" (cross-entropy), another loss of the catalogue for classes, or ``loss(outputs, targets)``, a plain
        NumPy function that gives the mean over the rows. It takes what the net gives before the last activation; the
        targets are numbers of classes (n,), and 0 or 1, (n, k), where there are two classes or several labels. Of a
        function the outputs count as logits. Hinge losses give scores: `decision_function` instead of `predict_proba`.
    label_smoothing : float
        What share of each target goes to all classes alike, with loss="log_loss".
    class_weight : dict, list of dict, "balanced" or None
        Factors of the weights of rows, by class; of several labels a dict for each, whose factors are multiplied.
        "balanced": inverse to the classes' frequencies.

    Attributes
    ----------
    classes_ : array of shape (n_classes,), or a list of them
    {attributes}

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> net = MLPClassifier([16], dropout=0.1, learning_rate_init=0.02, random_state=0)
    >>> bool(net.fit(X, y).score(X, y) > 0.95)
    True
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        **CONSTRAINTS,
        "loss": [StrOptions({"log_loss", *losses_for("classification", "binary")}), dict, callable],
        "label_smoothing": [Interval(Real, 0, 1, closed="left")],
        "class_weight": [StrOptions({"balanced"}), dict, list, None],
    }

    def __init__(
        self,
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
        loss: Any = "log_loss",
        penalty: Any = "l2",
        label_smoothing: float = 0.0,
        class_weight: Any = None,
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
    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None) -> MLPClassifier:
        """Train on samples and their classes.

        Parameters
        ----------
        X : array, sparse matrix or data frame, shape (n_samples, n_features)
            An `np.memmap` of 64 MiB or more is read and shuffled by blocks, as `chainrule.data.MappedRows` does, a
            sparse matrix is made dense by blocks (with solver="lbfgs" as a whole).
        y : array-like of shape (n_samples,), or (n_samples, n_labels) of 0 and 1
        sample_weight : array-like of shape (n_samples,), optional
        X_val, y_val : optional
            Validation rows: their loss after each epoch goes to `validation_loss_curve_`; early stopping judges by
            them instead of by a share of the training rows.

        Returns
        -------
        self : MLPClassifier
        """
        validation = None if X_val is None and y_val is None else (X_val, y_val)
        return self._fit(X, y, sample_weight, validation)

    @partial_fit_available
    @nothing_lost
    @with_callbacks
    @fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> MLPClassifier:
        """Train for one epoch from where training has come to.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        classes : array of shape (n_classes,)
            All classes that will ever occur; needed at the first call.

        Returns
        -------
        self : MLPClassifier
        """
        _check_classes_are_ordered(y)
        if check_partial_fit_first_call(self, classes):
            binarizer = LabelBinarizer()
            self._label_binarizer = binarizer.fit(y if type_of_target(y).startswith("multilabel") else classes)
        return self._fit(X, y, sample_weight, None, incremental=True)

    def predict(self, X: Any) -> Any:
        """The classes of samples.

        Returns
        -------
        y : array of shape (n_samples,), or (n_samples, n_labels)
        """
        return self._labels(self._predicted(X))

    @available_if(_knows_probabilities)
    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of each class. There is none where the loss knows no probabilities, as a hinge loss.

        Returns
        -------
        probabilities : array of shape (n_samples, n_classes)
        """
        probabilities = self._predicted(X)
        return np.hstack([1 - probabilities, probabilities]) if self.n_outputs_ == 1 else probabilities

    @available_if(_knows_probabilities)
    def predict_log_proba(self, X: Any) -> np.ndarray:
        """The logarithm of the probability of each class.

        Returns
        -------
        log_probabilities : array of shape (n_samples, n_classes)
        """
        probabilities = self.predict_proba(X)
        with np.errstate(divide="ignore"):
            return np.log(probabilities)

    @available_if(_knows_scores)
    def decision_function(self, X: Any) -> np.ndarray:
        """The scores of the classes, for losses that know no probabilities, such as hinge losses.

        Returns
        -------
        scores : array of shape (n_samples,), or (n_samples, n_classes)
            Of two classes one score, positive for the second.
        """
        scores = self._predicted(X)
        return scores.ravel() if self.n_outputs_ == 1 else scores

    def _labels(self, activated: np.ndarray) -> Any:
        """The classes that probabilities above 1/2, or scores above 0, speak for; the highest of several."""
        threshold = 0.0 if self.out_activation_ == "identity" else None
        return self._label_binarizer.inverse_transform(
            activated.ravel() if self.n_outputs_ == 1 else activated, threshold=threshold
        )

    def _targets(self, y: np.ndarray, incremental: bool) -> np.ndarray:
        y = self._single_column(y)
        if not hasattr(self, "classes_") or not (self.warm_start or incremental):
            self._label_binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._label_binarizer.classes_
        elif self.warm_start and set(unique_labels(y)) != set(self.classes_):
            raise ValueError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. Previously "
                f"got {self.classes_}, `y` has {unique_labels(y)}"
            )
        else:
            return self._known_targets(y)
        return self._encoded(y)

    def _known_targets(self, y: np.ndarray) -> np.ndarray:
        y = self._single_column(y)
        classes = unique_labels(y)
        if len(np.setdiff1d(classes, self.classes_, assume_unique=True)):
            raise ValueError(
                f"`y` has classes not in `self.classes_`. `self.classes_` has {self.classes_}. 'y' has {classes}."
            )
        return self._encoded(y)

    def _encoded(self, y: np.ndarray) -> np.ndarray:
        indicators = self._label_binarizer.transform(y)
        if self._label_binarizer.y_type_ == "multiclass":
            return np.argmax(indicators, axis=1)
        indicators = indicators.toarray() if hasattr(indicators, "toarray") else indicators
        return indicators.astype(np.float64)

    def _single_column(self, y: np.ndarray) -> np.ndarray:
        y = column_or_1d(y, warn=True) if y.ndim == 2 and y.shape[1] == 1 else y
        _check_classes_are_ordered(y)
        check_classification_targets(y)
        return y

    def _decoded(self, targets: np.ndarray) -> np.ndarray:
        return self.classes_[targets] if targets.ndim == 1 else self._label_binarizer.inverse_transform(targets)

    def _output_units(self, targets: np.ndarray) -> int:
        return len(self.classes_) if targets.ndim == 1 else targets.shape[1]

    def _output_activation(self, targets: np.ndarray) -> str:
        if not gives_probabilities(self._fitted_entry()):
            return "identity"
        return "softmax" if targets.ndim == 1 else "logistic"

    def _tasks(self) -> tuple[str, ...]:
        return ("classification" if self._label_binarizer.y_type_ == "multiclass" else "binary",)

    def _loss(self) -> Any:
        if self.loss != "log_loss":
            if self.label_smoothing:
                raise ArgumentError("label_smoothing goes with loss='log_loss'", got=f"loss={self.loss!r}")
            return self.loss
        name = {"classification": "cross_entropy", "binary": "logistic"}[self._tasks()[0]]
        return {"name": name, "smoothing": float(self.label_smoothing)} if self.label_smoothing else name

    def _class_weights(self, y: np.ndarray, incremental: bool) -> np.ndarray | None:
        if self.class_weight is None:
            return None
        if incremental and self.class_weight == "balanced":
            raise ArgumentError(
                "class_weight='balanced' needs all rows, which partial_fit does not see",
                try_="a dict of weights, by class",
            )
        of_columns = [self.class_weight] if isinstance(self.class_weight, dict) else self.class_weight
        given = [] if of_columns == "balanced" else [weight for each in of_columns for weight in each.values()]
        if not all(isinstance(weight, Real) and 0 <= float(weight) < math.inf for weight in given):
            raise ArgumentError(
                "weights of classes are finite and not negative", got=f"class_weight={self.class_weight}"
            )
        if not isinstance(self.class_weight, dict):
            return compute_sample_weight(self.class_weight, y)
        # Of all classes that there are: those of partial_fit may have only some of them.
        weights = compute_class_weight(self.class_weight, classes=self.classes_, y=self.classes_)
        return weights[np.searchsorted(self.classes_, np.ravel(y))]

    def _stratification(self, targets: np.ndarray) -> np.ndarray | None:
        """Two classes are; more of them, or several labels, are not, as in scikit-learn."""
        return targets.astype(bool) if targets.ndim == 2 and targets.shape[1] == 1 else None

    def _activated(self, outputs: np.ndarray) -> np.ndarray:
        if self.out_activation_ == "softmax":
            return special.softmax(outputs, axis=1)
        return special.expit(outputs) if self.out_activation_ == "logistic" else outputs

    def _validation_score(self, outputs: np.ndarray, targets: np.ndarray, sample_weight: Any = None) -> float:
        """The accuracy, nan where an output is none."""
        if not np.isfinite(outputs).all():
            return float("nan")
        predicted = self._labels(self._activated(outputs))
        return float(accuracy_score(self._decoded(targets), predicted, sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _check_classes_are_ordered(y: Any) -> None:
    """Refuse classes that cannot be sorted, such as words with a missing one among them."""
    values = np.asarray(y)
    if values.dtype == object and values.ndim:  # a sparse matrix of labels has no axis here
        kinds = sorted({type(each).__name__ for each in values.flat})
        try:
            sorted(set(values.flat))
        except TypeError as error:
            raise ArgumentError("classes are of one kind, and can be ordered", got=", ".join(kinds)) from error
