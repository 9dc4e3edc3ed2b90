"""The one way of this room to scikit-learn. The estimators are made of its classes, so it is imported with them."""

from __future__ import annotations

from typing import Any

from ..errors import UnsupportedError
from ..lazy import LazyModule


def _module(name: str) -> Any:
    return LazyModule(f"sklearn.{name}", "estimators")


_base, _validation, _constraints = _module("base"), _module("utils.validation"), _module("utils._param_validation")
_metrics, _multiclass, _utils = _module("metrics"), _module("utils.multiclass"), _module("utils")

BaseEstimator: Any = _base.BaseEstimator
ClassifierMixin: Any = _base.ClassifierMixin
MultiOutputMixin: Any = _base.MultiOutputMixin
RegressorMixin: Any = _base.RegressorMixin
fit_context, is_classifier = _base._fit_context, _base.is_classifier

try:
    CallbackSupportMixin: Any = _module("callback").CallbackSupportMixin
    with_callbacks = _module("callback").with_callbacks
except ModuleNotFoundError as error:
    raise UnsupportedError(
        "the estimators need scikit-learn 1.9 or newer", try_='pip install --upgrade "chainrule[estimators]"'
    ) from error

ConvergenceWarning = _module("exceptions").ConvergenceWarning
accuracy_score, r2_score = _metrics.accuracy_score, _metrics.r2_score
train_test_split = _module("model_selection").train_test_split
LabelBinarizer = _module("preprocessing").LabelBinarizer
available_if = _module("utils.metaestimators").available_if

get_config = LazyModule("sklearn", "estimators").get_config
check_random_state, column_or_1d = _utils.check_random_state, _utils.column_or_1d
compute_class_weight, compute_sample_weight = _utils.compute_class_weight, _utils.compute_sample_weight
check_classification_targets = _multiclass.check_classification_targets
check_partial_fit_first_call = _multiclass._check_partial_fit_first_call
type_of_target, unique_labels = _multiclass.type_of_target, _multiclass.unique_labels
check_is_fitted, validate_data = _validation.check_is_fitted, _validation.validate_data
check_sample_weight, check_y = _validation._check_sample_weight, _validation._check_y
assert_all_finite, check_consistent_length = _validation.assert_all_finite, _validation.check_consistent_length
check_feature_names, check_n_features = _validation._check_feature_names, _validation._check_n_features

HasMethods, Interval = _constraints.HasMethods, _constraints.Interval
Options, StrOptions = _constraints.Options, _constraints.StrOptions
