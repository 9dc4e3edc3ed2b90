"""The estimators among other things: scikit-learn's meta-estimators, copies and files, frames, arrays of every kind."""

import copy
import functools
import io
import os
import pickle
import signal
import threading

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn")

from scipy import sparse  # noqa: E402
from sklearn.base import clone, is_classifier, is_regressor  # noqa: E402
from sklearn.calibration import CalibratedClassifierCV  # noqa: E402
from sklearn.ensemble import BaggingClassifier, VotingClassifier  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score  # noqa: E402
from sklearn.multiclass import OneVsRestClassifier  # noqa: E402
from sklearn.pipeline import Pipeline, make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils import estimator_html_repr, get_tags  # noqa: E402
from sklearn.utils.validation import check_is_fitted, has_fit_parameter  # noqa: E402

from chainrule.estimators import MLPClassifier, MLPRegressor  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer")

RNG = np.random.default_rng(0)
N, D = 90, 4
X = RNG.normal(size=(N, D))
Y = np.arange(N) % 3
X[:, 0] += Y
NUMBERS = X @ [1.0, -2.0, 0.5, 0.0] + 1
SETTINGS = {"hidden_layer_sizes": [5], "solver": "sgd", "batch_size": 30, "max_iter": 3, "random_state": 0}
CALLS = []


def absolute(outputs, targets):
    """A loss of the user's own that says when it is traced."""
    CALLS.append(outputs.shape)
    return np.mean(np.abs(outputs - targets))


def cube(parameters):
    return sum(np.sum(np.abs(layer["W"]) ** 3) for layer in parameters)


def slower(step, losses):
    return 0.01 / (1 + step)


OWN = {
    "loss": absolute,
    "penalty": cube,
    "learning_rate": slower,
    "activation": [{"name": "elu", "scale": 0.5}],
    "normalization": ["layer"],
    "dropout": [0.25],
}


@functools.cache
def fitted():
    return MLPClassifier(**SETTINGS).fit(X, Y)


@functools.cache
def own():
    """A regressor with the user's own functions, lists and dicts."""
    return MLPRegressor(**{**SETTINGS, **OWN}).fit(X, NUMBERS)


def assert_alike(mine, other, x=X):
    np.testing.assert_array_equal(mine.predict(x), other.predict(x))
    assert mine.get_params() == other.get_params() and mine.loss_curve_ == other.loss_curve_


# Copies and files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("net", [fitted, own])
def test_pickle(net, protocol):
    again = pickle.loads(pickle.dumps(net(), protocol=protocol))
    assert_alike(again, net())
    y = Y if net is fitted else NUMBERS
    assert_alike(again.partial_fit(X, y), copy.deepcopy(net()).partial_fit(X, y))  # the optimizer's state was in it


def test_joblib():
    joblib, file = pytest.importorskip("joblib"), io.BytesIO()
    joblib.dump(own(), file)
    file.seek(0)
    assert_alike(joblib.load(file), own())


@pytest.mark.parametrize("net", [fitted, own])
def test_copies_are_independent(net):
    before = pickle.dumps(net())
    twin = copy.deepcopy(net())
    assert_alike(twin, net())
    twin.partial_fit(X, Y if net is fitted else NUMBERS)
    assert pickle.dumps(net()) == before and twin.loss_curve_ != net().loss_curve_


def test_clone_has_the_parameters_and_nothing_else():
    twin = clone(own())
    assert twin.get_params() == own().get_params()
    assert twin.loss is absolute and twin.activation == OWN["activation"] and twin.dropout == [0.25]
    assert not [name for name in vars(twin) if name.endswith("_")]
    assert_alike(twin.fit(X, NUMBERS), own())  # and the same outcome
    assert clone(twin.set_params(alpha=1.0)).alpha == 1.0


def test_html_and_text():
    assert "MLPClassifier(" in repr(fitted()) and "hidden_layer_sizes=[5]" in repr(fitted())
    assert "MLPRegressor" in estimator_html_repr(own()) and "MLPClassifier" in fitted()._repr_html_()


def test_tags():
    tags = get_tags(MLPClassifier())
    assert tags.input_tags.sparse and not tags.input_tags.allow_nan and tags.target_tags.required
    assert tags.classifier_tags.multi_class and tags.classifier_tags.multi_label and tags.target_tags.multi_output
    assert get_tags(MLPRegressor()).target_tags.multi_output
    assert is_classifier(MLPClassifier()) and is_regressor(MLPRegressor())
    assert has_fit_parameter(MLPClassifier(), "sample_weight")
    check_is_fitted(fitted())


# Meta-estimators ------------------------------------------------------------------------------------------------------


def test_pipeline_and_nested_parameters():
    pipeline = Pipeline([("scale", StandardScaler()), ("net", MLPClassifier(**SETTINGS))])
    pipeline.set_params(net__alpha=0.5, net__activation=["tanh"]).fit(X, Y)
    assert pipeline.get_params()["net__alpha"] == 0.5 and pipeline["net"].activation == ["tanh"]
    scaled = StandardScaler().fit_transform(X)
    alone = MLPClassifier(**SETTINGS, alpha=0.5, activation=["tanh"]).fit(scaled, Y)
    np.testing.assert_array_equal(pipeline.predict_proba(X), alone.predict_proba(scaled))


def test_a_search_compiles_once_for_all_penalties_and_rates():
    net = MLPRegressor(**{**SETTINGS, "loss": absolute})
    CALLS.clear()
    clone(net).fit(X[:60], NUMBERS[:60])
    once = len(CALLS)
    grid = {"alpha": [0.0, 1e-3, 0.1], "learning_rate_init": [0.001, 0.01]}
    search = GridSearchCV(net, grid, cv=3, refit=False).fit(X, NUMBERS)
    assert once > 0 and len(CALLS) == once and len(search.cv_results_["params"]) == 6
    scores = search.cv_results_["mean_test_score"]
    assert len(set(scores)) == 6  # they do differ
    grid = {"hidden_layer_sizes": [[5], (5,), [6], (6,)], "learning_rate": ["constant", "invscaling"]}
    GridSearchCV(net, grid, cv=3, refit=False).fit(X, NUMBERS)
    assert len(CALLS) == 2 * once


def test_folds_and_fitted_nets_in_worker_processes():
    joblib, net = pytest.importorskip("joblib"), clone(fitted()).set_params(penalty=cube)
    with joblib.parallel_config(backend="loky"):
        scores = cross_val_score(net, X, Y, cv=3, n_jobs=2)
        predicted = joblib.Parallel(n_jobs=2)(joblib.delayed(own().predict)(X[k:]) for k in (0, 1))
    np.testing.assert_array_equal(scores, cross_val_score(net, X, Y, cv=3))
    np.testing.assert_array_equal(predicted[0], own().predict(X))
    np.testing.assert_allclose(predicted[1], own().predict(X[1:]), rtol=1e-12)


def test_folds_in_threads():
    joblib = pytest.importorskip("joblib")
    alone = cross_val_predict(fitted(), X, Y, cv=3, method="predict_proba")
    with joblib.parallel_config(backend="threading", n_jobs=3):
        np.testing.assert_array_equal(cross_val_predict(fitted(), X, Y, cv=3, method="predict_proba"), alone)


@pytest.mark.parametrize(
    "meta",
    [
        lambda net: CalibratedClassifierCV(net, cv=3),
        lambda net: OneVsRestClassifier(net),
        lambda net: BaggingClassifier(net, 2, random_state=0),
        lambda net: VotingClassifier([("one", net), ("other", clone(net).set_params(alpha=1.0))], voting="soft"),
    ],
    ids=["calibrated", "one versus rest", "bagging", "voting"],
)
def test_meta_estimators(meta):
    model = meta(MLPClassifier(**{**SETTINGS, "max_iter": 20, "learning_rate_init": 0.1})).fit(X, Y)
    probabilities = model.predict_proba(X)
    assert probabilities.shape == (N, 3) and model.score(X, Y) > 0.5
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)


def test_weights_are_routed():
    weights = RNG.uniform(0.5, 2, size=N)
    with sklearn.config_context(enable_metadata_routing=True):
        net = MLPClassifier(**SETTINGS).set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), net).fit(
            X, Y, sample_weight=weights
        )
        scores = cross_val_score(net, X, Y, cv=3, params={"sample_weight": weights})
    scaled = StandardScaler().fit_transform(X)
    alone = MLPClassifier(**SETTINGS).fit(scaled, Y, sample_weight=weights)
    np.testing.assert_array_equal(pipeline.predict_proba(X), alone.predict_proba(scaled))
    assert len(scores) == 3
    assert {"sample_weight", "X_val", "y_val"} <= set(net.get_metadata_routing().fit.requests)
    assert {"sample_weight", "classes"} <= set(net.get_metadata_routing().partial_fit.requests)


# Threads and processes ------------------------------------------------------------------------------------------------


def test_fits_in_two_threads_at_once():
    nets = [MLPClassifier(**{**SETTINGS, "random_state": k, "max_iter": 30}) for k in range(4)]
    threads = [threading.Thread(target=net.fit, args=(X, Y)) for net in nets]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for net in nets:
        np.testing.assert_array_equal(net.coefs_[0], clone(net).fit(X, Y).coefs_[0])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_child_after_a_fit(tmp_path):
    expected = clone(fitted()).fit(X, Y).predict_proba(X).tobytes()
    child = os.fork()
    if not child:
        try:
            signal.alarm(60)
            (tmp_path / "found").write_bytes(clone(fitted()).fit(X, Y).predict_proba(X).tobytes())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert (tmp_path / "found").read_bytes() == expected


# Data of every kind ---------------------------------------------------------------------------------------------------


def test_pandas():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=["a", "b", "c", "d"])
    net = MLPClassifier(**SETTINGS).fit(frame, pandas.Series(Y, name="kind"))
    assert net.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    np.testing.assert_array_equal(net.predict_proba(frame), fitted().predict_proba(X))
    np.testing.assert_array_equal(net.input_gradient(frame), fitted().input_gradient(X))
    for method in (net.predict, net.predict_proba, net.input_gradient, lambda x: net.score(x, Y)):
        with pytest.raises(ValueError, match="The feature names should match those that were passed during fit"):
            method(frame[["b", "a", "c", "d"]])
    with pytest.raises(ValueError, match="The feature names should match"):
        net.partial_fit(frame.rename(columns={"a": "z"}), Y)
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        net.predict(X)
    mixed = frame.astype({"a": "float32"}).assign(b=(frame.b > 0))
    assert MLPClassifier(**SETTINGS).fit(mixed, Y).coefs_[0].dtype == np.float64
    with pytest.raises(ValueError, match="could not convert string to float"):
        net.predict(frame.assign(a="word"))
    with pytest.raises(ValueError, match="Input X contains NaN"):
        net.predict(frame.astype("Float64").where(frame > 0, pandas.NA))


@pytest.mark.parametrize("dtype", ["category", "str", object])
def test_words_as_classes(dtype):
    pandas = pytest.importorskip("pandas")
    words = pandas.Series(np.array(["red", "green", "blue"])[Y]).astype(dtype)
    net = MLPClassifier(**SETTINGS).fit(X, words)
    assert list(net.classes_) == ["blue", "green", "red"]
    assert set(net.predict(X)) <= {"blue", "green", "red"} and net.score(X, words) == np.mean(net.predict(X) == words)
    with_missing = words.astype(object)
    with_missing[3] = None
    with pytest.raises(ValueError, match=r"(?s)classes are of one kind, and can be ordered.*NoneType, str"):
        MLPClassifier(**SETTINGS).fit(X, with_missing)


def test_several_columns_in_a_frame():
    pandas = pytest.importorskip("pandas")
    both = pandas.DataFrame({"one": NUMBERS, "other": -NUMBERS})
    net = MLPRegressor(**SETTINGS).fit(X, both)
    assert net.predict(X).shape == (N, 2)
    np.testing.assert_array_equal(net.predict(X), MLPRegressor(**SETTINGS).fit(X, both.to_numpy()).predict(X))


def test_polars():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(X, schema=["a", "b", "c", "d"])
    net = MLPClassifier(**SETTINGS).fit(frame, polars.Series("kind", Y))
    assert net.feature_names_in_.tolist() == ["a", "b", "c", "d"]
    np.testing.assert_array_equal(net.predict_proba(frame), fitted().predict_proba(X))
    with pytest.raises(ValueError, match="The feature names should match"):
        net.predict(frame.select("b", "a", "c", "d"))
    words = polars.Series(["red", "green", "blue"])[Y.tolist()]
    assert MLPClassifier(**SETTINGS).fit(frame, words).classes_.tolist() == ["blue", "green", "red"]
    numbers = MLPRegressor(**SETTINGS).fit(frame, polars.Series(NUMBERS))
    np.testing.assert_array_equal(numbers.predict(frame), MLPRegressor(**SETTINGS).fit(X, NUMBERS).predict(X))


def read_only(array):
    array = array.copy()
    array.flags.writeable = False
    return array


def strided(array):
    wide = np.zeros((2 * len(array), 2 * array.shape[1]))
    wide[::2, ::2] = array
    return wide[::2, ::2]


LAYOUTS = {
    "read only": read_only,
    "Fortran": np.asfortranarray,
    "views": strided,
    "backward": lambda x: x[::-1].copy()[::-1],
    "big-endian": lambda x: x.astype(">f8"),
    "lists": lambda x: x.tolist(),
    "objects": lambda x: x.astype(object),
    "csr": sparse.csr_array,
    "csc": sparse.csc_matrix,
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout):
    x = LAYOUTS[layout](X)
    net = MLPClassifier(**SETTINGS).fit(x, read_only(Y))
    np.testing.assert_array_equal(net.coefs_[0], fitted().coefs_[0])
    np.testing.assert_allclose(net.predict_proba(x), fitted().predict_proba(X), rtol=1e-12)
    assert net.coefs_[0].dtype == np.float64


def test_a_small_memory_map(tmp_path):
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    x, y = (np.load(tmp_path / name, mmap_mode="r") for name in ("x.npy", "y.npy"))
    net = MLPClassifier(**SETTINGS, early_stopping=True, validation_fraction=1 / 3).fit(x, y)
    other = MLPClassifier(**SETTINGS, early_stopping=True, validation_fraction=1 / 3).fit(X, Y)
    np.testing.assert_array_equal(net.coefs_[0], other.coefs_[0])
    assert type(net.predict_proba(x)) is np.ndarray
    pickle.loads(pickle.dumps(net))


@pytest.mark.parametrize("dtype", [np.float16, np.int64, np.int8, np.uint8, bool, np.longdouble])
def test_other_dtypes_are_doubles(dtype):
    x = np.abs(X * 3).astype(dtype)
    net, other = MLPClassifier(**SETTINGS).fit(x, Y), MLPClassifier(**SETTINGS).fit(x.astype(np.float64), Y)
    np.testing.assert_array_equal(net.predict_proba(x), other.predict_proba(x.astype(np.float64)))
    assert net.coefs_[0].dtype == net.predict_proba(x).dtype == np.float64


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_single_precision_stays_single(form):
    x, y = form(X.astype(np.float32)), NUMBERS.astype(np.float32)
    net = MLPRegressor(**SETTINGS).fit(x, y, sample_weight=np.ones(N), X_val=x, y_val=y)
    assert {each.dtype for each in (*net.coefs_, *net.intercepts_, net.predict(x))} == {np.dtype(np.float32)}
    assert net.input_gradient(X.astype(np.float32)).dtype == np.float32
    assert MLPRegressor(**SETTINGS).fit(X, y).predict(X).dtype == np.float64


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csr_matrix])
def test_sparse_labels(kind):
    labels = np.stack([Y > 0, Y > 1], axis=1).astype(int)
    net, other = MLPClassifier(**SETTINGS).fit(X, kind(labels)), MLPClassifier(**SETTINGS).fit(X, labels)
    np.testing.assert_array_equal(net.predict_proba(X), other.predict_proba(X))


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_weights_in_a_series(library):
    series = pytest.importorskip(library).Series(np.ones(N))
    net = MLPClassifier(**SETTINGS).fit(X, Y, sample_weight=series)
    np.testing.assert_allclose(net.coefs_[0], fitted().coefs_[0], rtol=1e-9)


def test_large_labels_stay_apart():
    y = 2**62 + Y  # as numbers of float64 they are all the same
    net = MLPClassifier(**SETTINGS).fit(X, y)
    assert net.classes_.tolist() == [2**62, 2**62 + 1, 2**62 + 2]
    np.testing.assert_array_equal(net.predict(X), 2**62 + fitted().predict(X))


def test_one_class():
    net = MLPClassifier(**SETTINGS).fit(X, np.full(N, "only"))
    assert net.classes_.tolist() == ["only"] and set(net.predict(X)) == {"only"}


def test_without_checks_of_finite_numbers():
    with sklearn.config_context(assume_finite=True):
        net = MLPClassifier(**SETTINGS).fit(X, Y)
    np.testing.assert_array_equal(net.coefs_[0], fitted().coefs_[0])


def test_warnings_name_the_users_line():
    with pytest.warns(sklearn.exceptions.ConvergenceWarning) as caught:
        MLPClassifier(**SETTINGS).fit(X, Y)
    assert [each.filename for each in caught] == [__file__]
    with pytest.warns(UserWarning, match="clipped") as caught:
        MLPClassifier(**{**SETTINGS, "batch_size": 1000}).fit(X, Y)
    assert {each.filename for each in caught} == {__file__}


class _WithOneMore(MLPClassifier):
    def __init__(self, hidden_layer_sizes=(5,), one_more=1):
        super().__init__(hidden_layer_sizes, max_iter=7)
        self.one_more = one_more


def test_a_subclass_may_have_parameters_of_its_own():
    copy = clone(_WithOneMore(one_more=2))
    assert copy.get_params() == {"hidden_layer_sizes": (5,), "one_more": 2} and copy.max_iter == 7
