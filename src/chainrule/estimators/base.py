"""What the classifier and the regressor have in common: from arrays to a trained net, and from a net to outputs."""

from __future__ import annotations

import abc
import math
from collections.abc import Iterator
from numbers import Integral
from typing import Any, ClassVar

import numpy as np

from ..data import Source
from ..errors import ArgumentError
from ..losses import Loss
from ..nets import Dense
from .constraints import CONSTRAINTS
from .gradients import GradientsMixin
from .idle import refuse_idle
from .lbfgs import fit_lbfgs
from .losses import loss_entry
from .recipe import Chosen, Recipe, activations_of, frozen, recipe_of
from .rows import finite, in_order, mapped, refuse_masked, source_of, validated_map, validated_targets, weights_dtype
from .sklearn_loader import (
    BaseEstimator,
    CallbackSupportMixin,
    MultiOutputMixin,
    assert_all_finite,
    available_if,
    check_is_fitted,
    check_random_state,
    check_sample_weight,
    train_test_split,
    validate_data,
)
from .stochastic import fit_stochastic

Rows = tuple[Any, ...]

CURVES = ("loss_curve_", "validation_loss_curve_", "validation_scores_", "best_validation_score_", "best_loss_")
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

    _state: Any = None  # what it takes to go on, and by which optimizer: see `stochastic`
    _rate: Any = None
    _dropout_seed: int | None = None  # of the masks, once there is dropout

    def _store(self, parameters: dict[str, Any]) -> None:
        """Set the parameters of a constructor, whose local names these are."""
        for name, value in parameters.items():
            if name != "self":
                setattr(self, name, value)

    # What the two differ in ---------------------------------------------------------------------------------------

    @abc.abstractmethod
    def _targets(self, y: np.ndarray, incremental: bool) -> np.ndarray:
        """Targets as the loss takes them."""

    @abc.abstractmethod
    def _known_targets(self, y: np.ndarray) -> np.ndarray:
        """The same, of rows that a fitted net is asked about."""

    @abc.abstractmethod
    def _output_units(self, targets: np.ndarray) -> int: ...

    @abc.abstractmethod
    def _output_activation(self, targets: np.ndarray) -> str: ...

    @abc.abstractmethod
    def _loss(self) -> Any:
        """The choice of a loss, as `losses.loss_entry` takes it."""

    @abc.abstractmethod
    def _tasks(self) -> tuple[str, ...]:
        """What losses may be for."""

    @abc.abstractmethod
    def _decoded(self, targets: np.ndarray) -> np.ndarray:
        """Targets as the user gives them."""

    def _predicted_columns(self, targets: np.ndarray) -> int:
        return self._output_units(targets)

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
        given = None if sample_weight is None else self._row_weights(sample_weight, X, dtype)
        weights, of_classes = given, self._class_weights(y, incremental)
        if of_classes is not None:
            weights = self._row_weights(of_classes * (1 if given is None else given), X, dtype)
        if targets.dtype.kind == "f":
            targets = self._numbers(targets, dtype)
        random_state = check_random_state(self.random_state)
        self._fitted_loss = self._loss()
        recipe = self._recipe((X.shape[1], *hidden, self._output_units(targets)))
        refuse_idle(self, recipe.net, validation)
        if first:
            self._start(recipe.net, targets, dtype, random_state)
        else:
            self._check_goes_on(recipe.net)
        self.net_, self.n_outputs_ = recipe.net, self._predicted_columns(targets)
        self.out_activation_ = self._output_activation(targets)
        if self._dropout_seed is None and any(layer.dropout for layer in recipe.net.layers):
            self._dropout_seed = int(random_state.randint(2**31))
        held = None if validation is None else self._validated_validation(*validation)
        rows = (X, targets) if weights is None else (X, targets, weights)
        if self.solver == "lbfgs":
            fit_lbfgs(self, recipe, rows, self._shown(rows, given))
        else:
            source, judging = self._sources(rows, held, random_state)
            fit_stochastic(self, recipe, source, judging, self._shown(rows, given), random_state, incremental)
        return self

    def _numbers(self, targets: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """Targets of the dtype of the weights."""
        if targets.dtype == dtype:
            return targets
        with np.errstate(over="ignore", invalid="ignore"):
            targets = targets.astype(dtype)
            assert_all_finite(targets, input_name="y")
        return targets

    def _row_weights(self, sample_weight: Any, X: Any, dtype: np.dtype) -> np.ndarray:
        return check_sample_weight(sample_weight, X, dtype=dtype, ensure_non_negative=True)

    def _check_goes_on(self, net: Dense) -> None:
        """Refuse to go on with other layers than those that there are numbers for."""

        def layers(net: Dense) -> list[Any]:
            return [
                (layer.inputs, layer.columns, layer.normalization, *layer.activation.leaves) for layer in net.layers
            ]

        before = self._net()
        if layers(net) != layers(before):
            raise ArgumentError(
                "the layers are other than those of the net that is to be trained on",
                got=str(net),
                wanted=str(before),
                try_="warm_start=False, or a new estimator",
            )

    def _shown(self, rows: tuple[Any, ...], sample_weight: np.ndarray | None) -> dict[str, Any]:
        """What callbacks see of the rows: the user's targets and weights, decoded if they are asked for."""
        return {
            "X": rows[0],
            "y": lambda: self._decoded(rows[1]),
            "metadata": None if sample_weight is None else {"sample_weight": sample_weight},
        }

    def _hidden_sizes(self) -> list[int]:
        sizes = self.hidden_layer_sizes
        sizes = list(sizes) if hasattr(sizes, "__iter__") else [sizes]
        if any(not isinstance(size, Integral) or isinstance(size, bool) for size in sizes):
            raise ArgumentError("hidden_layer_sizes are whole numbers, 1 or more", got=f"{sizes}", wanted="[100], say")
        if any(size <= 0 for size in sizes):
            raise ValueError(f"hidden_layer_sizes must be > 0, got {sizes}.")
        return [int(size) for size in sizes]

    def _validated(self, X: Any, y: Any, reset: bool) -> tuple[Any, Any]:
        refuse_masked(X, "X")
        refuse_masked(y, "y")
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
        return self._validated_rows(X, y)

    def _validated_rows(self, X: Any, y: Any) -> tuple[Any, np.ndarray]:
        """Samples and targets that a fitted net is asked about."""
        X, y = self._validated(X, y, reset=False)
        targets = self._known_targets(y)
        return X, self._numbers(targets, self.coefs_[0].dtype) if targets.dtype.kind == "f" else targets

    def _sources(self, rows: Rows, held: Rows | None, random_state: Any) -> tuple[Source, Source | None]:
        """Rows to train on, and rows to judge by."""
        check, shuffled = finite(self), random_state if self.shuffle else None
        if held is not None and self.early_stopping and held[0].shape[0] < 2:
            raise ArgumentError("early stopping judges by two validation rows or more", got="X_val of 1 row")
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
        too_small = "The validation set is too small. Increase 'validation_fraction' or the size of your dataset."
        share, count = self.validation_fraction, rows[0].shape[0]
        if share == 0:
            raise ValueError(too_small)
        if math.ceil(share * count) == count:
            raise ValueError("The training set is empty. Decrease 'validation_fraction', or give more rows.")
        parts = train_test_split(
            *rows, random_state=random_state, test_size=share, stratify=self._stratification(rows[1])
        )
        training, held = tuple(parts[::2]), tuple(parts[1::2])
        if held[0].shape[0] < 2:
            raise ValueError(too_small)
        return training, held

    def _recipe(self, sizes: tuple[int, ...]) -> Recipe:
        chosen = Chosen(
            sizes,
            frozen(activations_of(self.activation)),
            frozen(self.normalization),
            frozen(self.dropout),
            frozen(self.initialization),
            frozen(self._fitted_loss),
            self._tasks(),
            frozen(self.penalty),
            self.clip_norm,
            self.max_norm,
        )
        return recipe_of(chosen)

    def _net(self) -> Dense:
        """The net that was fitted, whatever the parameters are now; of numbers that were set by hand, one like it."""
        if not hasattr(self, "net_"):
            sizes = (len(self.coefs_[0]), *map(len, self.intercepts_))
            return Dense(sizes, activations_of(self.activation), normalizations=self.normalization)
        return self.net_

    def _fitted_entry(self) -> Loss | None:
        """What is known of the loss that was fitted by."""
        return loss_entry(self._fitted_loss if hasattr(self, "_fitted_loss") else self._loss(), *self._tasks())

    def _start(self, net: Dense, targets: np.ndarray, dtype: np.dtype, random_state: Any) -> None:
        """The first weights, and everything else that fitting changes."""
        self.n_iter_ = self.t_ = 0
        self.n_layers_ = len(net.layers) + 1
        if self.initialization is None:
            parameters = self._uniform(net, dtype, random_state)
        else:
            parameters = net.initialize(np.random.default_rng(random_state.randint(2**31)), dtype)
        self._set_parameters(parameters, net.buffers(dtype))
        self._state = None
        self._no_improvement_count = 0
        self._dropout_seed = None
        for name in CURVES:
            self.__dict__.pop(name, None)

    def _begin_curves(self, validated: bool) -> None:
        """What training on batches shows of itself, where it is not there from a fit before."""
        self.loss_curve_ = getattr(self, "loss_curve_", [])
        self.validation_loss_curve_ = getattr(self, "validation_loss_curve_", None)
        if validated and self.validation_loss_curve_ is None:
            self.validation_loss_curve_ = []
        if not self.early_stopping:
            self.validation_scores_ = self.best_validation_score_ = None
        elif getattr(self, "validation_scores_", None) is None:
            self.validation_scores_, self.best_validation_score_ = [], -np.inf
        if self.early_stopping:
            self.best_loss_ = None
        elif getattr(self, "best_loss_", None) is None:
            self.best_loss_ = np.inf

    def _curves(self) -> dict[str, Any]:
        """What it shows now, so that it does not change when training goes on."""
        found = {name: getattr(self, name) for name in (*CURVES, "n_iter_", "t_", "loss_")}
        return {name: list(each) if isinstance(each, list) else each for name, each in found.items()}

    def _uniform(self, net: Dense, dtype: np.dtype, random_state: Any) -> list[dict[str, np.ndarray]]:
        """The first weights and biases of scikit-learn's nets: uniform, from the same random numbers.

        Source
        ------
        Glorot, Bengio, Understanding the Difficulty of Training Deep Feedforward Neural Networks (AISTATS, 2010),
        eq. 16; a third of its variance where hidden units are logistic. The last layer goes with the one before.
        """
        parameters = net.initialize(0, dtype)
        hidden = [layer.activation.name for layer in net.layers[:-1]]
        last = hidden[-1] if hidden else activations_of(self.activation)
        for layer, leaves, name in zip(net.layers, parameters, [*hidden, last], strict=True):
            bound = np.sqrt((2.0 if name == "sigmoid" else 6.0) / (layer.inputs + layer.units))
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
        refuse_masked(X, "X")
        if mapped(X):
            return validated_map(self, X, reset=False)
        return validate_data(self, X, accept_sparse=["csr", "csc"], reset=False, dtype=(np.float64, np.float32))

    def _outputs(self, X: Any) -> np.ndarray:
        """What the net gives for samples before its last activation, with nothing left out."""
        return np.concatenate([outputs for (outputs,) in self._draws(X, 0)])

    def _predicted(self, X: Any) -> np.ndarray:
        """What `out_activation_` makes of the outputs: the mean over draws of dropout where those are wanted."""
        return np.concatenate([self._mean(list(map(self._activated, draws))) for draws in self._draws(X)])

    def _mean(self, draws: list[np.ndarray]) -> np.ndarray:
        return draws[0] if len(draws) == 1 else np.mean(draws, axis=0, dtype=draws[0].dtype)

    def _draws(self, X: Any, count: int | None = None) -> Iterator[list[np.ndarray]]:
        """The outputs for some samples at a time, for each draw of what dropout leaves out.

        The draws are the same at each call. Without draws the outputs are those of the whole net, once.
        """
        X = self._samples(X)
        count = self.monte_carlo if count is None else count
        net, parameters, buffers = self._net(), self._parameters(), self._net_buffers()
        kept = None
        if count:
            if not any(layer.dropout for layer in net.layers):
                raise ArgumentError("monte_carlo averages over draws of dropout, and the net was fitted without")
            rng = np.random.default_rng(self._dropout_seed)
            kept = lambda layer, shape, rate: rng.random(shape) >= rate
        for block in self._blocks(X):
            yield [net.forward(parameters, block, buffers, kept) for _ in range(count or 1)]

    def _block_rows(self) -> int:
        """Of how many rows all that a layer gives is in memory at once."""
        return max(1, BLOCK // max(*map(len, self.coefs_), *map(len, self.intercepts_)))

    def _blocks(self, X: Any) -> Iterator[np.ndarray]:
        """Samples as dense arrays, some rows at a time."""
        return (x for (x,) in in_order(source_of((X,), check=finite(self)), self._block_rows()))

    @property
    def _y_numeric(self) -> bool:
        return False

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags


partial_fit_available = available_if(_is_stochastic)
