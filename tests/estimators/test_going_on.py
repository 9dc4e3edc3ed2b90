"""Training in pieces: what was broken off, pickled or begun anew goes on from where it had come to."""

import io
import pickle
import signal

import numpy as np
import pytest

joblib = pytest.importorskip("joblib")
pytest.importorskip("sklearn")

from sklearn.base import clone  # noqa: E402

from chainrule.estimators import MLPClassifier, MLPRegressor  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer", "ignore:lbfgs failed")

X = np.sin(np.arange(75.0)).reshape(25, 3)
Y = np.cos(X @ [1.0, 2.0, 3.0])
MANY = {"dropout": 0.2, "normalization": "batch", "averaging": "polyak", "learning_rate": "cosine", "clip_norm": 1.0}
PLAIN = {"solver": "sgd", "momentum": 0.0, "learning_rate_init": 0.05}


def net(**settings):
    common = {"hidden_layer_sizes": [4], "batch_size": 5, "shuffle": False, "random_state": 0, "max_iter": 4}
    return MLPRegressor(**{**common, **settings})


def numbers(fitted):
    others = [leaf for layer in (*fitted.other_parameters_, *fitted.buffers_) for leaf in layer.values()]
    return np.concatenate([np.ravel(leaf) for leaf in (*fitted.coefs_, *fitted.intercepts_, *others)])


def by_joblib(estimator):
    file = io.BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


@pytest.fixture(scope="module")
def whole():
    return net(**MANY).fit(X, Y)


def test_epochs_one_by_one_and_pickled_in_between_have_the_bits_of_a_fit(whole):
    """With means of weights, masks of dropout, running statistics and a schedule that must all go on."""
    pieces = net(**MANY)
    for keep in (lambda each: each, pickle.dumps, by_joblib, lambda each: each):
        kept = keep(pieces.partial_fit(X, Y))
        pieces = pickle.loads(kept) if isinstance(kept, bytes) else kept
    np.testing.assert_array_equal(numbers(pieces), numbers(whole))
    assert pieces.loss_curve_ == whole.loss_curve_ and pieces.t_ == whole.t_ == 100


def test_equal_seeds_leave_out_the_same_units_and_others_do_not(whole):
    np.testing.assert_array_equal(numbers(net(**MANY).fit(X, Y)), numbers(whole))
    other = net(**MANY, random_state=None).set_params(random_state=np.random.RandomState(0))
    other.random_state.randint(2)  # another seed of dropout, and other weights
    assert not np.array_equal(numbers(other.fit(X, Y)), numbers(whole))


def test_a_warm_start_leaves_out_other_units_than_the_fit_before():
    """Steps without memory: two fits of two epochs are one of four, if no mask is drawn twice."""
    settings = {**PLAIN, "dropout": 0.5}
    halves = net(**settings, max_iter=2, warm_start=True)
    halves.fit(X, Y).fit(X, Y)
    np.testing.assert_array_equal(numbers(halves), numbers(net(**settings).fit(X, Y)))


def test_a_rate_of_zero_has_the_bits_of_no_dropout():
    plain = net(**PLAIN).fit(X, Y)
    np.testing.assert_array_equal(numbers(net(**PLAIN, dropout=0.0).fit(X, Y)), numbers(plain))
    np.testing.assert_array_equal(numbers(net(**PLAIN, dropout=[0.0]).fit(X, Y)), numbers(plain))


@pytest.mark.parametrize("averaging", ["polyak", 0.6])
def test_means_of_the_parameters_after_each_step(averaging):
    """Steps one by one: the averaged net makes the steps of the other, from the weights that are no mean."""
    raw, mean = net(**PLAIN), net(**PLAIN, averaging=averaging)
    passed = []
    for start in (0, 5, 10, 15):
        rows = slice(start, start + 5)
        raw.partial_fit(X[rows], Y[rows])
        mean.partial_fit(X[rows], Y[rows])
        passed.append(numbers(raw))
    shares = np.ones(4) if averaging == "polyak" else averaging ** np.array([3, 2, 1, 0])
    np.testing.assert_allclose(numbers(mean), shares @ passed / shares.sum(), rtol=1e-12)


def test_another_optimizer_begins_anew():
    changed = net().partial_fit(X, Y).set_params(**PLAIN).partial_fit(X, Y)
    weights = net().partial_fit(X, Y)
    begun = net(**PLAIN, warm_start=True, max_iter=1)
    begun.__dict__.update({name: each for name, each in vars(weights).items() if name.endswith("_")})
    np.testing.assert_array_equal(numbers(changed), numbers(begun.fit(X, Y)))


def test_weights_that_were_set_by_hand_are_where_it_goes_on():
    """Also for means, which forget what they were of."""
    fitted = net(**PLAIN, averaging="polyak").partial_fit(X, Y)
    fitted.coefs_ = [np.full_like(W, 0.25) for W in fitted.coefs_]
    fresh = net(**PLAIN, averaging="polyak").partial_fit(X, Y)
    fresh._state = None
    fresh.coefs_ = [np.full_like(W, 0.25) for W in fresh.coefs_]
    np.testing.assert_array_equal(numbers(fitted.partial_fit(X, Y)), numbers(fresh.partial_fit(X, Y)))
    assert abs(fitted.coefs_[0] - 0.25).max() < 0.1


def test_what_was_fitted_predicts_whatever_the_parameters_are_now(whole):
    predicted = whole.predict(X)
    changed = pickle.loads(pickle.dumps(whole))
    changed.set_params(hidden_layer_sizes=[7, 7], activation="tanh", normalization=None, dropout=0.0, loss="poisson")
    np.testing.assert_array_equal(changed.predict(X), predicted)
    assert changed.net_.to_document() == whole.net_.to_document()
    assert not hasattr(clone(changed), "net_")


@pytest.mark.parametrize(
    "other", [{"hidden_layer_sizes": [5]}, {"normalization": None}, {"activation": "parametric_relu"}]
)
def test_other_layers_are_refused(whole, other):
    changed = pickle.loads(pickle.dumps(whole)).set_params(**other)
    with pytest.raises(ValueError, match=r"the layers are other than those(.|\n)*got +Dense(.|\n)*wanted +Dense"):
        changed.partial_fit(X, Y)


def test_after_lbfgs_training_goes_on_by_steps():
    fitted = net(solver="lbfgs", max_iter=20).fit(X, Y)
    before = fitted.loss_
    fitted.set_params(**PLAIN | {"learning_rate_init": 1e-3}).partial_fit(X, Y)
    assert fitted.loss_curve_ == [fitted.loss_] and abs(fitted.loss_ - before) < 0.05


def test_warm_starts_may_begin_and_end_to_stop_early():
    fitted = net(**PLAIN, warm_start=True, max_iter=1).fit(X, Y)
    fitted.set_params(early_stopping=True).fit(X, Y)
    assert len(fitted.validation_scores_) == len(fitted.validation_loss_curve_) == 1 and fitted.best_loss_ is None
    fitted.set_params(early_stopping=False).fit(X, Y)
    assert fitted.best_loss_ == fitted.loss_ and fitted.validation_scores_ is None
    assert len(fitted.loss_curve_) == 3


class Interrupting:
    """A callback of scikit-learn's that interrupts the second epoch."""

    def __init__(self, interrupt):
        self.interrupt, self.epochs = interrupt, 0

    def setup(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        pass

    def on_fit_task_end(self, estimator, context):
        self.epochs += context.task_name == "epoch"
        if context.task_name == "epoch" and self.epochs == 2:
            self.interrupt()


def keyboard_interrupt():
    raise KeyboardInterrupt


@pytest.mark.parametrize("interrupt", [keyboard_interrupt, lambda: signal.raise_signal(signal.SIGINT)])
def test_whoever_interrupts_keeps_what_was_learned(interrupt):
    interrupted = net(**PLAIN, max_iter=50).set_callbacks(Interrupting(interrupt))
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        interrupted.fit(X, Y)
    assert interrupted.n_iter_ in (2, 3)
    steps = net(**PLAIN, max_iter=interrupted.n_iter_).fit(X, Y)
    if interrupt is keyboard_interrupt:
        np.testing.assert_array_equal(numbers(interrupted), numbers(steps))
    np.testing.assert_allclose(interrupted.predict(X), steps.predict(X), atol=0.1)


def test_who_diverges_is_told_where_it_began():
    def loss(outputs, y):
        return np.mean(np.log(outputs - y - 100))

    with pytest.raises(ValueError, match="Solver produced non-finite parameter weights") as error:
        net(loss=loss).fit(X, Y)
    assert "the objective became nan in step 1 of epoch 1" in error.value.got
    assert "log of outputs - y - 100 gives nan" in error.value.got
    assert f"test_going_on.py:{loss.__code__.co_firstlineno + 1}" in error.value.got


def test_who_diverges_keeps_the_best_where_it_is_judged():
    bad = MLPClassifier(
        hidden_layer_sizes=[4], learning_rate=lambda step, losses: 0.1 if step < 10 else 1e300, early_stopping=True,
        batch_size=5, validation_fraction=0.2, random_state=0, solver="sgd", momentum=0.0,
    )  # fmt: skip
    with pytest.warns(UserWarning, match=r"Training diverged in epoch 3(.|\n)*first cause"):
        bad.fit(X, Y > 0)
    assert np.isfinite(bad.predict_proba(X)).all() and len(bad.validation_scores_) == 3
    assert np.isnan(bad.loss_curve_[-1])


def test_lbfgs_names_what_is_not_finite():
    with pytest.raises(ValueError, match="non-finite") as error:
        MLPRegressor(solver="lbfgs", hidden_layer_sizes=[4]).fit(X, 1e200 * Y)
    assert "first cause: square of" in error.value.got and "parameters.1.b" in error.value.got


def test_a_learning_rate_that_is_too_large_is_said_to_be():
    with pytest.raises(ValueError, match="non-finite") as error:
        MLPRegressor(solver="sgd", hidden_layer_sizes=[4], learning_rate_init=1e6, max_iter=50).fit(X, Y)
    assert error.value.try_.startswith("a smaller learning rate than 1e+06")
