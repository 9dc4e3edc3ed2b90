"""What each parameter of the estimators may be, as scikit-learn declares it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any

from ..nets.activations import ACTIVATIONS
from ..nets.initializations import INITIALIZATIONS
from ..optimizers import OPTIMIZERS, SCHEDULES
from ..regularizers import REGULARIZERS
from .sklearn_loader import HasMethods, Interval, Options, StrOptions

SKLEARN_ACTIVATIONS = {"identity": "linear", "logistic": "sigmoid"}  # by the names of the catalogue
PENALTIES = [entry.name for entry in REGULARIZERS.values() if entry.kind == "penalty"]


_POSITIVE = Interval(Real, 0, None, closed="neither")
_NOT_NEGATIVE = Interval(Real, 0, None, closed="left")
_SHARE = Interval(Real, 0, 1, closed="left")
_COUNT = Interval(Integral, 1, None, closed="left")

CONSTRAINTS: Mapping[str, list[Any]] = {
    "hidden_layer_sizes": ["array-like", _COUNT],
    "activation": [StrOptions({*SKLEARN_ACTIVATIONS, *ACTIVATIONS}), dict, list, tuple],
    "solver": [StrOptions({"lbfgs", *OPTIMIZERS}), dict, HasMethods(["initialize", "update"])],
    "alpha": [_NOT_NEGATIVE],
    "batch_size": [StrOptions({"auto"}), _COUNT],
    "learning_rate": [StrOptions({"constant", "invscaling", "adaptive", *SCHEDULES}), dict, callable],
    "learning_rate_init": [_POSITIVE],
    "power_t": [_NOT_NEGATIVE],
    "max_iter": [_COUNT],
    "shuffle": ["boolean"],
    "random_state": ["random_state"],
    "tol": [_NOT_NEGATIVE],
    "verbose": ["verbose"],
    "warm_start": ["boolean"],
    "momentum": [Interval(Real, 0, 1, closed="both")],
    "nesterovs_momentum": ["boolean"],
    "early_stopping": ["boolean"],
    "validation_fraction": [_SHARE],
    "beta_1": [_SHARE],
    "beta_2": [_SHARE],
    "epsilon": [_POSITIVE],
    "n_iter_no_change": [_COUNT, Options(Real, {math.inf})],
    "max_fun": [_COUNT],
    "penalty": [StrOptions(set(PENALTIES)), dict, callable, None],
    "dropout": [_SHARE, "array-like"],
    "normalization": [StrOptions({"batch", "layer"}), list, tuple, None],
    "monte_carlo": [Interval(Integral, 0, None, closed="left")],
    "initialization": [StrOptions(set(INITIALIZATIONS)), dict, list, tuple, None],
    "clip_norm": [_POSITIVE, None],
    "max_norm": [_POSITIVE, None],
    "averaging": [StrOptions({"polyak"}), Interval(Real, 0, 1, closed="neither"), None],
}
