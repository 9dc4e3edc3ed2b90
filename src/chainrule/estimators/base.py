"""What the classifier and the regressor have in common: from arrays to a trained net, and from a net to outputs."""

from __future__ import annotations

import abc
from collections.abc import Iterator
from numbers import Integral
from typing import Any, ClassVar

import numpy as np

from ..data import Source
from ..errors import ArgumentError
from ..nets import Dense
from .constraints import CONSTRAINTS
from .gradients import GradientsMixin
from .lbfgs import fit_lbfgs
from .recipe import Chosen, Recipe, activations_of, frozen, optimizer_of, recipe_of
from .rows import finite, in_order, mapped, source_of, validated_map, validated_targets, weights_dtype
from .sklearn_loader import (
    BaseEstimator,
    CallbackSupportMixin,
    MultiOutputMixin,
    available_if,
    check_is_fitted,
    check_random_state,
    check_sample_weight,
    train_test_split,
    validate_data,
)
from .stochastic import fit_stochastic

Rows = tuple[Any, ...]

BLOCK = 1 << 22  # numbers of the widest layer that are in memory at once in prediction


def _is_stochastic(estimator: Any) -> bool:
    if estimator.solver == "lbfgs":
        raise AttributeError("partial_fit is only available for stochastic optimizers. lbfgs is not stochastic.")
    return True


class AbstractMLP(GradientsMixin, CallbackSupportMixin, MultiOutputMixin, BaseEstimator, abc.ABC):
    """A dense net with scikit-learn's habits.

    The net's numbers are `coefs_` and `intercepts_`, and, where it has more of them, `other_parameters_` (for each
    layer what stands beside them: "scale" of a normalization, "slope" of an activation) and `buffers_` (running means
    and variances).
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = dict(CONSTRAINTS)

    # What the two differ in ---------------------------------------------------------------------------------------

    @abc.abstractmethod
    def _targets(self, y: np.ndarray, incremental: bool) -> np.ndarray:
        """Targets as the loss takes them."""

    @abc.abstractmethod
    def _output_units(self, targets: np.ndarray) -> int: ...

    @abc.abstractmethod
    def _output_activation(self, targets: np.ndarray) -> str: ...

    @abc.abstractmethod
    def _loss(self) -> Any:
        """What `recipe.loss_named` takes."""

    def _shown_share(self) -> float:
        """What of the loss is shown."""
        return 1.0

    @abc.abstractmethod
    def _activated(self, outputs: np.ndarray) -> np.ndarray:
        """What `out_activation_` makes of the outputs."""

    @abc.abstractmethod
    def _validation_score(self, outputs: np.ndarray, targets: np.ndarray, sample_weight: Any) -> float: ...

    def _class_weights(self, y: np.ndarray, incremental: bool) -> np.ndarray | None:
        return None

    def _stratification(self, targets: np.ndarray) -> np.ndarray | None:
        return None

    # Fitting ------------------------------------------------------------------------------------------------------

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, validation: tuple[Any, Any] | None, incremental: bool = False
    ) -> Any:
        first = not hasattr(self, "coefs_") or (not self.warm_start and not incremental)
        if incremental and self.early_stopping:
            raise ValueError("partial_fit does not support early_stopping=True")
        hidden = self._hidden_sizes()
        X, y = self._validated(X, y, reset=first)
        targets = self._targets(y, incremental)
        dtype = weights_dtype(X)
        weights = None if sample_weight is None else self._row_weights(sample_weight, X, dtype)
        of_classes = self._class_weights(y, incremental)
        if of_classes is not None:
            weights = self._row_weights(of_classes * (1 if weights is None else weights), X, dtype)
        if targets.dtype.kind == "f":
            targets = targets.astype(dtype, copy=False)
        random_state = check_random_state(self.random_state)
        self.n_outputs_ = 1 if targets.ndim == 1 and not self._is_multiclass(targets) else self._output_units(targets)
        sizes = (X.shape[1], *hidden, self._output_units(targets))
        recipe = self._recipe(sizes, weights is not None)
        if first:
            self._start(recipe.net, targets, dtype, random_state)
        elif sizes != tuple(self._sizes()):
            raise ArgumentError(
                "the layers are other than those of the net that is to be trained on",
                got=f"units {list(sizes)}",
                wanted=f"{list(self._sizes())}",
                try_="warm_start=False, or a new estimator",
            )
        held = None if validation is None else self._validated_validation(*validation)
        rows = (X, targets) if weights is None else (X, targets, weights)
        if self.solver == "lbfgs":
            self._refuse_with_lbfgs(held)
            fit_lbfgs(self, recipe, rows)
        else:
            optimizer = optimizer_of(frozen(self.solver), self._optimizer_settings(), self.averaging)
            source, judging = self._sources(rows, held, random_state)
            fit_stochastic(self, recipe, optimizer, rows, source, judging, random_state, incremental)
        return self

    def _row_weights(self, sample_weight: Any, X: Any, dtype: np.dtype) -> np.ndarray:
        return check_sample_weight(sample_weight, X, dtype=dtype, ensure_non_negative=True)

    def _is_multiclass(self, targets: np.ndarray) -> bool:
        return targets.dtype.kind == "i"

    def _hidden_sizes(self) -> list[int]:
        sizes = self.hidden_layer_sizes
        sizes = list(sizes) if hasattr(sizes, "__iter__") else [sizes]
        if any(not isinstance(size, Integral) or isinstance(size, bool) for size in sizes):
            raise ArgumentError("hidden_layer_sizes are whole numbers, 1 or more", got=f"{sizes}", wanted="[100], say")
        if any(size <= 0 for size in sizes):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
        return [int(size) for size in sizes]

    def _sizes(self) -> list[int]:
        """Units of the layers of the fitted net."""
        pieces = [layer.activation.pieces for layer in self._net().layers]
        return [len(self.coefs_[0]), *(len(b) // k for b, k in zip(self.intercepts_, pieces, strict=True))]

    def _validated(self, X: Any, y: Any, reset: bool) -> tuple[Any, Any]:
        if mapped(X):
            return validated_map(self, X, reset), validated_targets(self, X, y)
        X, y = validate_data(
            self,
            X,
            y,
            accept_sparse=["csr", "csc"],
            multi_output=True,
            y_numeric=self._y_numeric,
            dtype=(np.float64, np.float32),
            reset=reset,
        )
        return X, y

    def _validated_validation(self, X: Any, y: Any) -> tuple[np.ndarray, ...]:
        """Validation rows that the user gave."""
        if X is None or y is None:
            raise ArgumentError(
                "validation rows are samples and targets", got=f"only {'X_val' if y is None else 'y_val'}"
            )
        X, y = self._validated(X, y, reset=False)
        targets = self._targets(y, incremental=True)
        return X, targets.astype(self.coefs_[0].dtype) if targets.dtype.kind == "f" else targets

    def _sources(self, rows: Rows, held: Rows | None, random_state: Any) -> tuple[Source, Source | None]:
        """Rows to train on, and rows to judge by."""
        check, shuffled = finite(self), random_state if self.shuffle else None
        if held is not None or not self.early_stopping:
            return source_of(rows, shuffled, check), None if held is None else source_of(held, check=check)
        if not mapped(rows[0]):
            training, judging = self._split(rows, random_state)
            return source_of(training, shuffled), source_of(judging)
        judging, training = source_of(rows, check=check).split(
            self.validation_fraction, np.random.default_rng(random_state.randint(2**31))
        )
        return training, judging

    def _split(self, rows: Rows, random_state: Any) -> tuple[Rows, Rows]:
        """Rows in memory: those to train on, and those to judge by."""
        parts = train_test_split(
            *rows,
            random_state=random_state,
            test_size=self.validation_fraction,
            stratify=self._stratification(rows[1]),
        )
        training, held = tuple(parts[::2]), tuple(parts[1::2])
        if held[0].shape[0] < 2:
            raise ValueError(
                "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
            )
        return training, held

    def _recipe(self, sizes: tuple[int, ...], weighted: bool) -> Recipe:
        chosen = Chosen(
            sizes,
            frozen(activations_of(self.activation, len(sizes) - 2)),
            frozen(self.normalization),
            frozen(self.dropout if np.ndim(self.dropout) == 0 else list(self.dropout)),
            frozen(self.initialization),
            frozen(self._loss()),
            frozen(self.penalty),
            weighted,
            self.clip_norm,
            self.max_norm,
        )
        return recipe_of(chosen)

    def _net(self) -> Dense:
        """The net of what was fitted; its activations are those of now."""
        units = [len(self.coefs_[0]), *map(len, self.intercepts_)]
        hidden = self._hidden_sizes()
        if len(hidden) == len(units) - 2:
            units[1:-1] = hidden
        return self._recipe(tuple(units), False).net

    def _optimizer_settings(self) -> tuple[tuple[str, Any], ...]:
        names = ("momentum", "nesterovs_momentum", "beta_1", "beta_2", "epsilon")
        return tuple((name, getattr(self, name)) for name in names)

    def _start(self, net: Dense, targets: np.ndarray, dtype: np.dtype, random_state: Any) -> None:
        """The first weights, and everything else that fitting changes."""
        self.n_iter_ = self.t_ = 0
        self.n_layers_ = len(net.layers) + 1
        self.out_activation_ = self._output_activation(targets)
        if self.initialization is None:
            parameters = self._uniform(net, dtype, random_state)
        else:
            parameters = net.initialize(np.random.default_rng(random_state.randint(2**31)), dtype)
        self._set_parameters(parameters, net.buffers(dtype))
        self._state = None
        self._no_improvement_count = 0
        self._dropout_seed = 0
        if any(layer.dropout for layer in net.layers):
            self._dropout_seed = int(random_state.randint(2**31))
        if self.solver != "lbfgs":
            self.loss_curve_, self.validation_loss_curve_ = [], None
            self.validation_scores_ = [] if self.early_stopping else None
            self.best_validation_score_ = -np.inf if self.early_stopping else None
            self.best_loss_ = None if self.early_stopping else np.inf

    def _uniform(self, net: Dense, dtype: np.dtype, random_state: Any) -> list[dict[str, np.ndarray]]:
        """The first weights and biases of scikit-learn's nets: uniform, from the same random numbers.

        Source
        ------
        Glorot, Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks (AISTATS, 2010),
        eq. 16; a third of its variance where hidden units are logistic.
        """
        parameters = net.initialize(0, dtype)
        factor = 2.0 if self.activation in ("logistic", "sigmoid") else 6.0
        for layer, leaves in zip(net.layers, parameters, strict=True):
            bound = np.sqrt(factor / (layer.inputs + layer.units))
            for name in ("W", "b"):
                leaves[name] = random_state.uniform(-bound, bound, leaves[name].shape).astype(dtype)
        return parameters

    # The net's numbers --------------------------------------------------------------------------------------------

    def _parameters(self) -> list[dict[str, Any]]:
        """As the net takes them."""
        others = getattr(self, "other_parameters_", [{}] * len(self.coefs_))
        return [{"W": W, "b": b, **other} for W, b, other in zip(self.coefs_, self.intercepts_, others, strict=True)]

    def _set_parameters(self, parameters: list[dict[str, Any]], buffers: Any) -> None:
        for name, value in self._attributes(parameters, buffers).items():
            setattr(self, name, value)

    def _attributes(self, parameters: list[dict[str, Any]], buffers: Any) -> dict[str, Any]:
        """What is learned, by the names of the attributes."""
        return {
            "coefs_": [np.asarray(layer["W"]) for layer in parameters],
            "intercepts_": [np.asarray(layer["b"]) for layer in parameters],
            "other_parameters_": [
                {name: np.asarray(leaf) for name, leaf in layer.items() if name not in "Wb"} for layer in parameters
            ],
            "buffers_": [{name: np.asarray(leaf) for name, leaf in layer.items()} for layer in buffers],
        }

    def _net_buffers(self) -> Any:
        return getattr(self, "buffers_", None) or self._net().buffers(self.coefs_[0].dtype)

    # Prediction ---------------------------------------------------------------------------------------------------

    def _samples(self, X: Any) -> Any:
        """Samples to predict for, as the net was fitted to them."""
        check_is_fitted(self)
        if mapped(X):
            return validated_map(self, X, reset=False)
        return validate_data(self, X, accept_sparse=["csr", "csc"], reset=False, dtype=(np.float64, np.float32))

    def _outputs(self, X: Any) -> np.ndarray:
        """What the net gives for samples, before its last activation."""
        X = self._samples(X)
        net, parameters, buffers = self._net(), self._parameters(), self._net_buffers()
        parts = [net.forward(parameters, block, buffers) for block in self._blocks(X)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _predicted(self, X: Any) -> np.ndarray:
        """What `out_activation_` makes of the outputs: the mean over draws of dropout where those are wanted."""
        if not self.monte_carlo:
            return self._activated(self._outputs(X))
        X = self._samples(X)
        net, parameters, buffers = self._net(), self._parameters(), self._net_buffers()
        rng = np.random.default_rng(self._dropout_seed)
        kept = lambda layer, shape, rate: rng.random(shape) >= rate
        parts = []
        for block in self._blocks(X):
            draws = [self._activated(net.forward(parameters, block, buffers, kept)) for _ in range(self.monte_carlo)]
            parts.append(np.mean(draws, axis=0, dtype=draws[0].dtype))
        return np.concatenate(parts)

    def _block_rows(self) -> int:
        """Of how many rows all that a layer gives is in memory at once."""
        return max(1, BLOCK // max(*map(len, self.coefs_), *map(len, self.intercepts_)))

    def _blocks(self, X: Any) -> Iterator[np.ndarray]:
        """Samples as dense arrays, some rows at a time."""
        return (x for (x,) in in_order(source_of((X,), check=finite(self)), self._block_rows()))

    def _refuse_with_lbfgs(self, held: Any) -> None:
        chosen = {
            "dropout": np.any(self.dropout),
            "normalization": self.normalization is not None and "batch" in np.ravel([self.normalization]),
            "clip_norm": self.clip_norm is not None,
            "max_norm": self.max_norm is not None,
            "averaging": self.averaging is not None,
            "X_val": held is not None,
        }
        for name, is_chosen in chosen.items():
            if is_chosen:
                raise ArgumentError(
                    f"{name} belongs to training on batches, and solver='lbfgs' takes all rows at once",
                    try_="solver='adam'",
                )

    @property
    def _y_numeric(self) -> bool:
        return False

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


partial_fit_available = available_if(_is_stochastic)
