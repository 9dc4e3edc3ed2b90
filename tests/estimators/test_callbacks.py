"""scikit-learn's own callbacks: what they are told, what they are handed, and how they stop a fit."""

import numpy as np
import pytest

callback = pytest.importorskip("sklearn.callback")

from chainrule.estimators import MLPClassifier, MLPRegressor  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer", "ignore:lbfgs failed")

X = np.sin(np.arange(75.0)).reshape(25, 3)
Y = np.cos(X @ [1.0, 2.0, 3.0])
WORDS = np.where(Y > 0.3, "yes", "no")
SETTINGS = {"hidden_layer_sizes": [4], "max_iter": 6, "random_state": 0}


class Recording:
    """Writes down all that it is told; asks to stop at the end of a part."""

    def __init__(self, stops_after=None):
        self.stops_after, self.told, self.fitted, self.seen = stops_after, [], [], []

    def setup(self, estimator, context):
        self.told.append("setup")

    def teardown(self, estimator, context):
        self.told.append("teardown")

    def on_fit_task_begin(self, estimator, context):
        self.told.append(f"begin {context.task_name}")

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None):
        self.told.append(f"end {context.task_name}")
        self.seen.append((X, y, metadata))
        self.fitted.append(fitted_estimator)
        return len(self.fitted) == self.stops_after


PARTS = {"adam": "epoch", "lbfgs": "iteration"}


@pytest.mark.parametrize("solver", PARTS)
def test_a_callback_stops_training(solver):
    recording, part = Recording(stops_after=2), PARTS[solver]
    net = MLPClassifier(**SETTINGS, solver=solver).set_callbacks(recording).fit(X, WORDS)
    assert net.n_iter_ == 2
    parts = [f"begin {part}", f"end {part}"]
    assert recording.told == ["setup", "begin fit", *parts, *parts, "end fit", "teardown"]


@pytest.mark.parametrize("solver", PARTS)
def test_what_is_fitted_so_far_is_ready_to_predict_and_stays_as_it_is(solver):
    recording = Recording()
    net = MLPClassifier(**SETTINGS, solver=solver).set_callbacks(recording).fit(X, WORDS)
    *so_far, end = recording.fitted
    assert len(so_far) == net.n_iter_
    np.testing.assert_array_equal(so_far[-1].predict_proba(X), net.predict_proba(X))
    np.testing.assert_array_equal(end.predict_proba(X), net.predict_proba(X))
    for count, each in enumerate(so_far, 1):
        alone = MLPClassifier(**SETTINGS | {"max_iter": count}, solver=solver).fit(X, WORDS)
        np.testing.assert_allclose(each.predict_proba(X), alone.predict_proba(X), rtol=1e-10)
        assert each.n_iter_ == count and each.loss_ == pytest.approx(alone.loss_)
    if solver == "adam":
        assert so_far[1].loss_curve_ == net.loss_curve_[:2]


def test_they_see_the_users_own_targets_and_weights():
    weights = np.arange(25.0) + 1
    recording = Recording()
    net = MLPClassifier(**SETTINGS, class_weight="balanced", early_stopping=True).set_callbacks(recording)
    net.fit(X, WORDS, sample_weight=weights)
    samples, words, metadata = recording.seen[0]
    np.testing.assert_array_equal(samples, X)
    np.testing.assert_array_equal(words, WORDS)
    np.testing.assert_array_equal(metadata["sample_weight"], weights)
    recording = Recording()
    MLPRegressor(**SETTINGS).set_callbacks(recording).fit(X, Y)
    np.testing.assert_array_equal(recording.seen[0][1], Y)
    assert recording.seen[0][2] is None


def test_scoring_monitor_has_the_score_of_each_epoch():
    monitor = callback.ScoringMonitor(scoring="accuracy")
    net = MLPClassifier(**SETTINGS, averaging=0.5, dropout=0.2).set_callbacks(monitor).fit(X, WORDS)
    log = [row for row in monitor.get_logs().data if row["task_name"] == "epoch"]
    assert len(log) == net.n_iter_ == 6
    assert log[-1]["accuracy"] == net.score(X, WORDS)


def test_progress_bar(capsys):
    pytest.importorskip("rich")
    MLPRegressor(**SETTINGS).set_callbacks(callback.ProgressBar()).fit(X, Y)
    assert "MLPRegressor" in capsys.readouterr().out


@pytest.mark.parametrize("solver", PARTS)
def test_they_are_torn_down_when_a_fit_raises(solver):
    class Failing(Recording):
        def on_fit_task_end(self, estimator, context):
            raise RuntimeError("of the callback")

    failing = Failing()
    with pytest.raises(RuntimeError, match="of the callback"):
        MLPRegressor(**SETTINGS, solver=solver).set_callbacks(failing).fit(X, Y)
    assert failing.told[0] == "setup" and failing.told[-1] == "teardown"
    unbounded = Recording()
    with pytest.raises(ValueError, match="non-finite"):
        MLPRegressor(**SETTINGS, solver=solver).set_callbacks(unbounded).fit(X, Y * 1e308)
    assert unbounded.told[0] == "setup" and unbounded.told[-1] == "teardown"


def test_epochs_one_by_one_are_fits_of_one_epoch():
    recording = Recording()
    net = MLPRegressor(**SETTINGS).set_callbacks(recording)
    net.partial_fit(X, Y).partial_fit(X, Y)
    once = ["setup", "begin fit", "begin epoch", "end epoch", "end fit", "teardown"]
    assert recording.told == once * 2


def test_an_early_end_leaves_the_best_with_the_last_call():
    recording = Recording()
    net = MLPRegressor(**SETTINGS | {"max_iter": 15, "learning_rate_init": 0.5}, early_stopping=True)
    net.set_callbacks(recording).fit(X, Y)
    np.testing.assert_array_equal(recording.fitted[-1].predict(X), net.predict(X))
    best = int(np.argmax(net.validation_scores_))
    np.testing.assert_array_equal(recording.fitted[best].predict(X), net.predict(X))
