"""Bad inputs: the class of exception that scikit-learn's users expect, one sentence, and nothing lost."""

import copy
import math
from typing import Any, NamedTuple

import numpy as np
import pytest

pytest.importorskip("sklearn")

from scipy import sparse
from sklearn.exceptions import NotFittedError
from sklearn.utils._param_validation import InvalidParameterError

from chainrule.errors import ArgumentError, ChainruleError
from chainrule.estimators import MLPClassifier, MLPRegressor

pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer", "ignore:A column-vector y")

N, D = 24, 3
X = np.random.default_rng(0).normal(size=(N, D))
LABELS = np.arange(N) % 3
NUMBERS = X[:, 0] * 2 + 1
SETTINGS: dict[str, Any] = {"hidden_layer_sizes": [4], "solver": "sgd", "batch_size": 8, "max_iter": 2}
EVERY = ("classifier", "regressor")
Invalid = InvalidParameterError


def changed(array, place, value, dtype=None):
    array = array.astype(dtype or array.dtype)
    array[place] = value
    return array


def of_losses(outputs, targets):
    return np.sum((outputs - targets) ** 2, axis=1)


def nan_penalty(parameters):
    return np.sum(parameters[0]["W"]) * np.nan


def failing(outputs, targets):
    raise RuntimeError("a mistake of the user's own")


def of_weights(parameters):
    return parameters[0]["W"]


def negative_rate(step, losses):
    return -1.0


def nan_rate(step, losses):
    return math.nan


def named_rate(step, losses):
    return "fast"


class Case(NamedTuple):
    """A call that is wrong: parameters, the method, and its arguments where they differ from good ones."""

    name: str
    says: str
    error: Any = ValueError
    settings: dict = {}
    method: str = "fit"
    given: dict = {}
    of: tuple = EVERY


def setting(name, value, says, error: Any = Invalid, of=EVERY, **others):
    return Case(f"{name}={getattr(value, '__name__', value)}", says, error, {name: value, **others}, of=of)


def argument(name, says, error: Any = ValueError, method="fit", of=EVERY, settings={}, **given):
    return Case(name, says, error, settings, method, given, of)


OUT = "The '{}' parameter of MLP(Classifier|Regressor) must be "
CASES = [
    # scikit-learn's parameters, of a wrong type or out of range
    setting("hidden_layer_sizes", -1, OUT.format("hidden_layer_sizes")),
    setting("hidden_layer_sizes", "wide", OUT.format("hidden_layer_sizes")),
    setting("hidden_layer_sizes", [4, 0], r"hidden_layer_sizes must be > 0, got \[4, 0\]", ValueError),
    setting("hidden_layer_sizes", [4.5], r"hidden_layer_sizes.*whole.*4\.5", ValueError),
    setting("hidden_layer_sizes", ["4"], r"hidden_layer_sizes.*whole.*'4'", ValueError),
    setting("hidden_layer_sizes", [[4, 4]], r"hidden_layer_sizes.*whole", ValueError),
    setting("hidden_layer_sizes", [True], r"hidden_layer_sizes.*whole.*True", ValueError),
    setting("activation", "rleu", OUT.format("activation")),
    setting("activation", 3, OUT.format("activation")),
    setting(
        "activation", ["relu", "tanh"], "one activation for each hidden layer.*2 for 1 hidden layer", ArgumentError
    ),
    setting("activation", ["rleu"], "'rleu'", ArgumentError),
    setting("activation", {"name": "elu", "slant": 1.0}, "elu has no setting slant", ArgumentError),
    setting("activation", {"scale": 1.0}, "there is no activation", ArgumentError),
    setting("solver", "newton", OUT.format("solver")),
    setting("solver", {"name": "adamw", "weight": 0.1}, "adamw has no setting weight", ArgumentError),
    setting("solver", {"name": "newton"}, "newton", ArgumentError),
    setting("alpha", -1e-4, OUT.format("alpha")),
    setting("alpha", math.nan, "alpha", ValueError),
    setting("alpha", math.inf, "alpha", ValueError),
    setting("batch_size", 0, OUT.format("batch_size")),
    setting("batch_size", 8.0, OUT.format("batch_size")),
    setting("batch_size", "all", OUT.format("batch_size")),
    setting("learning_rate", "fast", OUT.format("learning_rate")),
    setting("learning_rate", {"name": "fast"}, "there is no schedule 'fast'", ArgumentError),
    setting("learning_rate", {"name": "cosine", "speed": 1}, "cosine has no setting speed", ArgumentError),
    setting("learning_rate", negative_rate, "learning rate.*-1.0 for step 0", ValueError),
    setting("learning_rate", nan_rate, "learning rate.*nan", ValueError),
    setting("learning_rate", named_rate, "learning rate.*'fast'", ValueError),
    setting("learning_rate_init", 0, OUT.format("learning_rate_init")),
    setting("learning_rate_init", math.inf, "learning_rate_init", ValueError),
    setting("power_t", -0.5, OUT.format("power_t")),
    setting("max_iter", 0, OUT.format("max_iter")),
    setting("max_iter", 1.5, OUT.format("max_iter")),
    setting("shuffle", "yes", OUT.format("shuffle")),
    setting("random_state", "seed", OUT.format("random_state")),
    setting("random_state", -1, OUT.format("random_state")),
    setting("tol", -1.0, OUT.format("tol")),
    setting("momentum", 1.5, OUT.format("momentum")),
    setting("validation_fraction", 1.0, OUT.format("validation_fraction")),
    setting("beta_1", 1.0, OUT.format("beta_1")),
    setting("epsilon", 0.0, OUT.format("epsilon")),
    setting("n_iter_no_change", 0, OUT.format("n_iter_no_change")),
    setting("max_fun", 0, OUT.format("max_fun")),
    # What other estimators do not have
    setting("loss", "log_los", OUT.format("loss"), of=("classifier",)),
    setting("loss", "cross_entropy", OUT.format("loss"), of=("regressor",)),
    setting("loss", "squared_error", OUT.format("loss"), of=("classifier",)),
    setting("loss", {"name": "huber", "width": 1.0}, "huber has no setting width", ArgumentError, of=("regressor",)),
    setting(
        "loss", of_losses, r"loss\(outputs, targets\) gives one number.*shape \(8,\)", ValueError, of=("regressor",)
    ),
    setting("loss", failing, "a mistake of the user's own", RuntimeError),
    setting("penalty", "l3", OUT.format("penalty")),
    setting("penalty", {"name": "elastic", "share": 0.5}, "elastic has no setting share", ArgumentError),
    setting("penalty", nan_penalty, "non-finite|nan", ValueError),
    setting("penalty", of_weights, r"penalty\(parameters\) gives one number.*shape \(3, 4\)", ValueError),
    setting("dropout", 1.0, OUT.format("dropout")),
    setting("dropout", [0.1, 0.2], "one rate of dropout for each hidden layer.*2 for 1 hidden layer", ArgumentError),
    setting("dropout", [1.5], "1.5", ArgumentError),
    setting("dropout", ["half"], "half", ArgumentError),
    setting("normalization", "group", OUT.format("normalization")),
    setting(
        "normalization", ["batch", None], "one normalization for each hidden layer.*2 for 1 hidden layer", ArgumentError
    ),
    setting("normalization", ["group"], "group", ArgumentError),
    setting("monte_carlo", -1, OUT.format("monte_carlo")),
    setting("initialization", "glorot", OUT.format("initialization")),
    setting("initialization", ["he_normal"], "one initialization for each layer.*1 for 2 layers", ArgumentError),
    setting("clip_norm", 0.0, OUT.format("clip_norm")),
    setting("max_norm", -1.0, OUT.format("max_norm")),
    setting("averaging", "mean", OUT.format("averaging")),
    setting("averaging", 1.0, OUT.format("averaging")),
    setting("label_smoothing", 1.0, OUT.format("label_smoothing"), of=("classifier",)),
    setting(
        "label_smoothing", 0.1, "goes with loss='log_loss'", ArgumentError, of=("classifier",), loss="multiclass_hinge"
    ),
    setting("dropout", 0.5, "dropout belongs to training on batches", ArgumentError, solver="lbfgs"),
    setting("class_weight", "balance", OUT.format("class_weight"), of=("classifier",)),
    setting(
        "class_weight", {0: -1.0}, "weights of classes are finite and not negative", ArgumentError, of=("classifier",)
    ),
    setting(
        "class_weight",
        {0: math.nan},
        "weights of classes are finite and not negative",
        ArgumentError,
        of=("classifier",),
    ),
    setting("class_weight", {0: 0.0, 1: 0.0, 2: 0.0}, "non-zero", ValueError, of=("classifier",)),
    setting("class_weight", {7: 1.0}, "are not in class_weight", ValueError, of=("classifier",)),
    # Samples
    argument("nan in X", "Input X contains NaN", X=changed(X, (2, 1), np.nan)),
    argument("inf in X", "Input X contains infinity", X=changed(X, (2, 1), np.inf)),
    argument("nan in a sparse X", "Input X contains NaN", X=sparse.csr_array(changed(X, (2, 1), np.nan))),
    argument("strings in X", "could not convert string to float: 'a'", X=changed(X, (0, 0), "a", object)),
    argument("objects in X", "float|number", (ValueError, TypeError), X=changed(X, (0, 0), {}, object)),
    argument("complex X", "Complex data not supported", X=X + 1j),
    argument("no rows", r"Found array with 0 sample\(s\)", X=X[:0], y=LABELS[:0]),
    argument("no columns", r"Found array with 0 feature\(s\)", X=X[:, :0]),
    argument("one row as a vector", "Expected 2D array, got 1D array", X=X[0]),
    argument("an axis too many", "Found array with dim 3", X=X[None]),
    argument("ragged lists", "inhomogeneous|sequence", X=[[1.0, 2.0], [3.0]], y=[0, 1]),
    argument("coordinates", "no meaning|Sparse|sparse|inconsistent", X=X, y=sparse.csr_array(np.eye(N)[:3])),
    argument("X is None", "Expected 2D array, got scalar array|array-like", X=None),
    argument("masked X", "X has masked values", ArgumentError, X=np.ma.masked_array(X, mask=X > 1)),
    argument("predict for masked", "X has masked", method="predict", X=np.ma.masked_array(X, mask=X > 1), y=None),
    argument(
        "gradient of masked", "X has masked", method="input_gradient", X=np.ma.masked_array(X, mask=X > 1), y=None
    ),
    # Targets
    argument("masked y", "y has masked values", ArgumentError, y=np.ma.masked_array(LABELS, mask=LABELS > 1)),
    argument("sparse numbers", "numbers to learn are a dense array", y=sparse.csr_array(np.eye(N)), of=("regressor",)),
    argument("too large for X", "y contains infinity", X=X.astype(np.float32), y=NUMBERS * 1e300, of=("regressor",)),
    argument("words and numbers", "classes are of one kind", y=np.array([1, "a"] * 12, object), of=("classifier",)),
    argument("bytes as classes", "bytes", TypeError, y=np.array([b"a", b"b"] * 12), of=("classifier",)),
    argument("no y", "requires y to be passed, but the target y is None", y=None),
    argument("too few of y", "inconsistent numbers of samples: .24, 23", y=LABELS[:-1]),
    argument("nan in y", "Input y contains NaN", y=changed(NUMBERS, 3, np.nan), of=("regressor",)),
    argument("nan among classes", "Input y contains NaN", y=changed(LABELS, 3, np.nan, float), of=("classifier",)),
    argument("inf in y", "Input y contains infinity", y=changed(NUMBERS, 3, np.inf), of=("regressor",)),
    argument("strings as numbers", "could not convert string", y=np.array(["a"] * N), of=("regressor",)),
    argument("complex y", "Complex data not supported", y=NUMBERS + 1j, of=("regressor",)),
    argument("numbers as classes", "Unknown label type: continuous", y=NUMBERS, of=("classifier",)),
    argument("several classes per row", "Multioutput|multioutput", y=np.stack([LABELS] * 2, 1), of=("classifier",)),
    argument("y of three axes", "dim 3", y=np.zeros((N, 1, 1))),
    argument(
        "counts below zero",
        "takes counts, which are 0 or more",
        settings={"loss": "poisson"},
        y=NUMBERS - 9,
        of=("regressor",),
    ),
    # Weights of rows
    argument("weights too few", r"sample_weight.shape == \(23,\), expected \(24,\)", sample_weight=np.ones(N - 1)),
    argument("weights of two axes", "Sample weights must be 1D array or scalar", sample_weight=np.ones((N, 1))),
    argument("weights below zero", "Negative values in data passed to `sample_weight`", sample_weight=-np.ones(N)),
    argument("weights all zero", "at least one non-zero number", sample_weight=np.zeros(N)),
    argument("weight nan", "Input sample_weight contains NaN", sample_weight=changed(np.ones(N), 1, np.nan)),
    argument("weights as words", "could not convert string", sample_weight=["heavy"] * N),
    # Validation rows
    argument("X_val alone", "validation rows are samples and targets", ArgumentError, X_val=X),
    argument("y_val alone", "validation rows are samples and targets", ArgumentError, y_val=LABELS),
    argument("no X_val", r"0 sample\(s\)", X_val=X[:0], y_val=LABELS[:0]),
    argument("one X_val", "two validation rows", settings={"early_stopping": True}, X_val=X[:1], y_val=LABELS[:1]),
    argument("X_val too narrow", "X has 2 features, but .* is expecting 3 features", X_val=X[:, :2], y_val=LABELS),
    argument("X_val with nan", "Input X contains NaN", X_val=changed(X, 0, np.nan), y_val=LABELS),
    argument("y_val of a class unseen", "classes not in", X_val=X, y_val=LABELS + 5, of=("classifier",)),
    argument("y_val too wide", "columns|outputs", X_val=X, y_val=np.zeros((N, 2)), of=("regressor",)),
    argument(
        "X_val with lbfgs", "X_val belongs to", ArgumentError, settings={"solver": "lbfgs"}, X_val=X, y_val=LABELS
    ),
    argument("none to hold out", "too small", settings={"early_stopping": True, "validation_fraction": 0.0}),
    argument("all held out", "set is empty", settings={"early_stopping": True, "validation_fraction": 0.99}),
    argument(
        "too few rows to hold out",
        "validation set is too small",
        settings={"early_stopping": True},
        X=X[:9],
        y=LABELS[:9],
    ),
    argument(
        "one row of a class",
        "least populated class",
        settings={"early_stopping": True},
        y=(np.arange(N) == 0).astype(int),
        of=("classifier",),
    ),
    # Going on
    argument(
        "other layers",
        "the layers are other than",
        ArgumentError,
        settings={"warm_start": True, "hidden_layer_sizes": [5]},
    ),
    argument(
        "another number of layers",
        "the layers are other than",
        ArgumentError,
        settings={"warm_start": True, "hidden_layer_sizes": [4, 4]},
    ),
    argument("other classes", "same classes", settings={"warm_start": True}, y=LABELS % 2, of=("classifier",)),
    argument(
        "more columns of y", "other than|columns", settings={"warm_start": True}, y=np.zeros((N, 2)), of=("regressor",)
    ),
    argument("other features", "X has 2 features, but", method="partial_fit", X=X[:, :2]),
    argument("other features of a warm start", "X has 2 features, but", settings={"warm_start": True}, X=X[:, :2]),
    argument(
        "classes other than at first",
        "is not the same as on last call",
        method="partial_fit",
        classes=[0, 1],
        of=("classifier",),
    ),
    argument("a class of none", "classes not in", method="partial_fit", y=LABELS + 1, of=("classifier",)),
    argument(
        "partial_fit by lbfgs",
        "partial_fit is only available|has no attribute",
        AttributeError,
        method="partial_fit",
        settings={"solver": "lbfgs"},
    ),
    argument(
        "partial_fit and early stopping",
        "does not support early_stopping=True",
        method="partial_fit",
        settings={"early_stopping": True},
    ),
    argument(
        "partial_fit of balanced classes",
        "needs all rows",
        ArgumentError,
        method="partial_fit",
        settings={"class_weight": "balanced"},
        of=("classifier",),
    ),
    argument(
        "partial_fit of other layers",
        "the layers are other than",
        ArgumentError,
        method="partial_fit",
        settings={"hidden_layer_sizes": [5]},
    ),
    # Prediction
    argument(
        "predict for fewer features",
        "X has 2 features, but .* is expecting 3 features",
        method="predict",
        X=X[:, :2],
        y=None,
    ),
    argument("predict for nan", "Input X contains NaN", method="predict", X=changed(X, 0, np.nan), y=None),
    argument("predict for a vector", "Expected 2D array, got 1D array", method="predict", X=X[0], y=None),
    argument("predict for words", "could not convert string", method="predict", X=[["a", "b", "c"]], y=None),
    argument("predict for no rows", r"0 sample\(s\)", method="predict", X=X[:0], y=None),
    argument(
        "an output too many",
        "the outputs are counted from 0 to .*output=3",
        ArgumentError,
        method="input_gradient",
        y=None,
        output=3,
    ),
    argument(
        "an output by name", "outputs are counted from.*'a'", ValueError, method="input_gradient", y=None, output="a"
    ),
    argument(
        "half an output", "outputs are counted from.*0.5", ValueError, method="input_gradient", y=None, output=0.5
    ),
    argument("gradient of nan", "Input X contains NaN", method="input_gradient", X=changed(X, 0, np.nan), y=None),
    argument(
        "gradients for too few targets", "inconsistent numbers of samples", method="per_sample_gradients", y=LABELS[:3]
    ),
    argument(
        "gradients for unknown classes",
        "classes not in",
        method="per_sample_gradients",
        y=LABELS + 9,
        of=("classifier",),
    ),
]


@pytest.fixture(scope="module")
def fitted():
    classifier = MLPClassifier(random_state=0, **SETTINGS).fit(X, LABELS)
    return {"classifier": classifier, "regressor": MLPRegressor(random_state=0, **SETTINGS).fit(X, NUMBERS)}


def learned(estimator):
    """Everything but the parameters."""
    parameters = estimator.get_params()
    return {name: value for name, value in vars(estimator).items() if name not in parameters}


def assert_equal(mine, other):
    assert type(mine) is type(other)
    if isinstance(mine, np.ndarray):
        np.testing.assert_array_equal(mine, other)
    elif isinstance(mine, list | tuple):
        assert len(mine) == len(other)
        for each, its in zip(mine, other, strict=True):
            assert_equal(each, its)
    elif isinstance(mine, dict):
        assert mine.keys() == other.keys()
        for name in mine:
            assert_equal(mine[name], other[name])
    elif isinstance(mine, str | int | float | None):
        assert mine == other
    elif hasattr(mine, "__dict__"):
        assert_equal(vars(mine), vars(other))


def call(estimator, method, given, y):
    arguments = {"X": X, "y": y, **given}
    if arguments["y"] is None and method not in ("fit", "partial_fit"):
        del arguments["y"]
    return getattr(estimator, method)(**arguments)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_bad_input(fitted, case):
    for kind in case.of:
        estimator = copy.deepcopy(fitted[kind]).set_params(**case.settings)
        before = learned(estimator)
        with pytest.raises(case.error, match=f"(?s){case.says}") as caught:
            call(estimator, case.method, case.given, LABELS if kind == "classifier" else NUMBERS)
        if isinstance(caught.value, ChainruleError):
            assert isinstance(caught.value, (ValueError, TypeError))
            assert "\n" not in caught.value.what and len(caught.value.what) < 300
        assert learned(estimator).keys() == before.keys()
        assert_equal(learned(estimator), learned(fitted[kind]))


@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_what_could_not_be_fitted_is_not_fitted(kind):
    estimator = kind(**SETTINGS, penalty=nan_penalty)
    for method in (estimator.fit, estimator.partial_fit):
        classes = {"classes": [0, 1, 2]} if kind is MLPClassifier and method == estimator.partial_fit else {}
        with pytest.raises(ValueError, match="non-finite"):
            method(X, LABELS, **classes)
        assert not learned(estimator)


def test_there_are_sixty_and_more():
    assert len({case.name for case in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize("method", ["predict", "score", "predict_proba", "input_gradient", "per_sample_gradients"])
@pytest.mark.parametrize("kind", [MLPClassifier, MLPRegressor])
def test_what_is_not_fitted(kind, method):
    if hasattr(kind, method):
        arguments = (X, LABELS) if method in ("score", "per_sample_gradients") else (X,)
        with pytest.raises(NotFittedError, match=r"This MLP\w+ instance is not fitted yet"):
            getattr(kind(), method)(*arguments)
