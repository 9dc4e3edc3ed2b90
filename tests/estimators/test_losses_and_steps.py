"""Losses, penalties, weights and steps, by what can be said of them in closed form.

A rate of 1e-13 leaves a net where it begins, so that the loss of an epoch is that of its predictions. One step with all
rows and a rate of 1 moves by the gradient, which a net without hidden layers has in closed form.
"""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.metrics import hinge_loss, log_loss, mean_pinball_loss

from chainrule.estimators import MLPClassifier, MLPRegressor
from chainrule.optimizers import averaged, configured

pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer", "ignore:lbfgs failed")

X = np.sin(np.arange(75.0)).reshape(25, 3)
Y = np.cos(X @ [1.0, 2.0, 3.0])
LABELS = np.array(["a", "b", "c"])[np.digitize(Y, [-0.5, 0.5])]
TWO = np.where(Y > 0.3, "yes", "no")
COUNTS = np.round(np.exp(Y))
WEIGHTS = np.arange(25) % 3 + 1.0
STILL = {"hidden_layer_sizes": [], "solver": "sgd", "momentum": 0.0, "learning_rate_init": 1e-13, "max_iter": 1}
STEP = {**STILL, "learning_rate_init": 1.0, "alpha": 0.0}


def regressor(y=Y, weights=None, **settings):
    return MLPRegressor(**{**STILL, "alpha": 0.0, "random_state": 0, **settings}).fit(X, y, weights)


def classifier(y=LABELS, weights=None, **settings):
    return MLPClassifier(**{**STILL, "alpha": 0.0, "random_state": 0, **settings}).fit(X, y, weights)


class TestLosses:
    def test_quantile(self):
        net = regressor(loss={"name": "quantile", "level": 0.8})
        assert net.loss_ == pytest.approx(mean_pinball_loss(Y, net.predict(X), alpha=0.8))
        assert net.out_activation_ == "identity"

    def test_gaussian_predicts_means_and_their_deviations(self):
        y = np.stack([Y, 2 * Y], axis=1)
        net = regressor(y, WEIGHTS, loss={"name": "gaussian"})
        mean, deviation = net.predict(X, return_std=True)
        assert mean.shape == deviation.shape == (25, 2) and net.n_outputs_ == 2 and net.coefs_[-1].shape == (3, 4)
        np.testing.assert_array_equal(mean, net.predict(X))
        rows = np.sum(np.log(deviation) + ((y - mean) / deviation) ** 2 / 2, axis=1)
        assert net.loss_ == pytest.approx(np.average(rows, weights=WEIGHTS))

    def test_who_does_not_know_a_deviation_says_so(self):
        with pytest.raises(ValueError, match=r"how far off(.|\n)*wanted +loss='gaussian', or dropout with monte_carlo"):
            regressor().predict(X, return_std=True)

    def test_a_function_of_the_user_with_weights_that_count_rows(self):
        def fourth_power(outputs, targets):
            return np.mean(np.sum((outputs - targets) ** 4, axis=1))

        net = regressor(weights=WEIGHTS, loss=fourth_power)
        rows = np.repeat(np.arange(25), WEIGHTS.astype(int))
        assert net.loss_ == pytest.approx(np.mean((net.predict(X[rows]) - Y[rows]) ** 4))

    def test_counts(self):
        net = regressor(COUNTS, loss={"name": "poisson"})
        rates = net.predict(X)
        positive = np.where(COUNTS > 0, COUNTS, 1)
        assert net.loss_ == pytest.approx(np.mean(rates - COUNTS + COUNTS * np.log(positive / rates)))
        with pytest.raises(ValueError, match=r"takes counts, which are 0 or more(.|\n)*got +y of -"):
            regressor(Y, loss="poisson")

    def test_hinge_gives_scores_of_two_classes(self):
        net = classifier(TWO, loss="hinge")
        scores = net.decision_function(X)
        assert net.loss_ == pytest.approx(hinge_loss(TWO, scores, labels=["no", "yes"]))
        np.testing.assert_array_equal(net.predict(X), np.where(scores > 0, "yes", "no"))
        assert not hasattr(net, "predict_proba") and not hasattr(net, "predict_log_proba")
        with pytest.raises(AttributeError) as error:
            net.predict_proba(X)
        assert "gives scores of classes, and no probabilities" in str(error.value.__cause__)

    def test_hinge_gives_scores_of_several_classes(self):
        net = classifier(loss="multiclass_hinge", early_stopping=True, validation_fraction=0.2)
        scores = net.decision_function(X)
        assert scores.shape == (25, 3)
        np.testing.assert_array_equal(net.predict(X), net.classes_[np.argmax(scores, axis=1)])

    def test_probabilities_are_no_scores(self):
        assert not hasattr(classifier(), "decision_function")

    def test_a_function_of_the_user_takes_logits(self):
        def brier(logits, targets):
            return np.mean((1 / (1 + np.exp(-logits)) - targets) ** 2)

        net = classifier(TWO, loss=brier)
        assert net.loss_ == pytest.approx(np.mean((net.predict_proba(X)[:, 1] - (TWO == "yes")) ** 2))

    @pytest.mark.parametrize(
        ("loss", "y", "message"),
        [
            (
                "hinge",
                LABELS,
                r"no loss 'hinge' for three classes or more(.|\n)*wanted +cross_entropy, multiclass_hinge",
            ),
            ("cross_entropy", TWO, r"no loss 'cross_entropy' for two classes or several labels"),
            ({"name": "cross_entrop"}, LABELS, r"no loss 'cross_entrop'(.|\n)*try +'cross_entropy'"),
            ({"smoothing": 0.1}, LABELS, r'loss with settings needs a "name"'),
            ({"name": "cross_entropy", "level": 0.1}, LABELS, r"cross_entropy has no setting level"),
        ],
    )
    def test_losses_for_other_targets_are_refused(self, loss, y, message):
        with pytest.raises(ValueError, match=message):
            classifier(y, loss=loss)

    def test_losses_have_to_be_numbers(self):
        with pytest.raises(ValueError, match=r"loss\(outputs, targets\) gives one number"):
            regressor(loss=lambda outputs, targets: (outputs - targets) ** 2)


class TestLabelSmoothing:
    @pytest.mark.parametrize("share", [0.0, 0.3])
    def test_of_several_classes(self, share):
        net = classifier(label_smoothing=share)
        p = net.predict_proba(X)
        smooth = -np.mean(np.log(p))
        assert net.loss_ == pytest.approx((1 - share) * log_loss(LABELS, p) + share * smooth)

    def test_of_two_classes(self):
        net = classifier(TWO, label_smoothing=0.3)
        p = net.predict_proba(X)
        assert net.loss_ == pytest.approx(0.7 * log_loss(TWO, p) - 0.3 * np.mean(np.log(p)))

    def test_with_another_loss_is_refused(self):
        with pytest.raises(ValueError, match="label_smoothing goes with loss='log_loss'"):
            classifier(TWO, loss="hinge", label_smoothing=0.1)


class TestPenalties:
    def test_one_of_the_catalogue_with_settings(self):
        net = regressor(alpha=2.0, penalty={"name": "elastic", "l1_share": 0.25})
        W = net.coefs_[0]
        share = 0.25 * np.sum(np.abs(W)) + 0.75 * np.sum(W**2) / 2
        assert net.loss_ - np.mean((net.predict(X) - Y) ** 2) / 2 == pytest.approx(2 * share / 25)

    def test_a_function_of_the_user_with_weights_of_rows(self):
        net = regressor(weights=WEIGHTS, alpha=2.0, penalty=lambda layers: np.sum(layers[0]["b"] ** 4))
        error = np.average((net.predict(X) - Y) ** 2, weights=WEIGHTS) / 2
        assert net.loss_ - error == pytest.approx(2 * np.sum(net.intercepts_[0] ** 4) / np.sum(WEIGHTS))

    def test_none(self):
        assert regressor(penalty=None).loss_ == regressor().loss_


class TestClassWeights:
    @pytest.mark.parametrize("given", [None, WEIGHTS])
    def test_are_weights_of_rows(self, given):
        frequencies = {label: np.mean(label == LABELS) for label in np.unique(LABELS)}
        for chosen, of_class in (
            ({"a": 3.0, "c": 0.5}, {"a": 3.0, "b": 1.0, "c": 0.5}),
            ("balanced", {label: 1 / (3 * share) for label, share in frequencies.items()}),
        ):
            weights = np.array([of_class[label] for label in LABELS]) * (1 if given is None else given)
            by_class = classifier(LABELS, given, class_weight=chosen, **{**STEP, "max_iter": 3})
            by_row = classifier(LABELS, weights, **{**STEP, "max_iter": 3})
            np.testing.assert_allclose(by_class.coefs_[0], by_row.coefs_[0], rtol=1e-12)
            assert not np.allclose(by_row.coefs_[0], classifier(LABELS, given, **STEP).coefs_[0])

    def test_of_several_labels_there_is_a_dict_for_each(self):
        labels = np.stack([Y > 0.3, Y > -0.5], axis=1).astype(int)
        weights = np.where(labels[:, 0], 3.0, 1.0) * np.where(labels[:, 1], 0.5, 2.0)
        by_label = classifier(labels, class_weight=[{0: 1.0, 1: 3.0}, {0: 2.0, 1: 0.5}], **STEP)
        np.testing.assert_allclose(by_label.coefs_[0], classifier(labels, weights, **STEP).coefs_[0], rtol=1e-12)

    def test_rows_of_some_classes_may_come_one_by_one(self):
        some = LABELS != "c"
        chosen = {"a": 3.0, "c": 0.5}
        by_class, by_row = (MLPClassifier(**STEP, random_state=0, class_weight=each) for each in (chosen, None))
        by_class.partial_fit(X[some], LABELS[some], classes=["a", "b", "c"])
        by_row.partial_fit(X[some], LABELS[some], np.where(LABELS[some] == "a", 3.0, 1.0), classes=["a", "b", "c"])
        np.testing.assert_allclose(by_class.coefs_[0], by_row.coefs_[0], rtol=1e-12)

    def test_balanced_ones_need_all_rows(self):
        net = MLPClassifier(class_weight="balanced")
        with pytest.raises(ValueError, match=r"needs all rows(.|\n)*try +a dict of weights, by class"):
            net.partial_fit(X, LABELS, classes=["a", "b", "c"])


def moved(weights=None, **settings):
    """By one step: of weights and bias as one vector."""
    begin, end = regressor(weights=weights, **settings | {"learning_rate_init": 1e-300}), regressor(**settings)
    return np.append(end.coefs_[0] - begin.coefs_[0], end.intercepts_[0] - begin.intercepts_[0])


@pytest.fixture(scope="module")
def gradient():
    """Of half the mean squared error of a linear net at its first weights, by the normal equations."""
    begin = regressor()
    rows = np.column_stack([X, np.ones(25)])
    return rows.T @ (rows @ np.append(begin.coefs_[0], begin.intercepts_[0]) - Y) / 25


class SignSteps:
    """An optimizer of a user's own: every number moves by the rate."""

    def initialize(self, parameters):
        return ()

    def update(self, parameters, gradients, state, learning_rate):
        step = lambda p, g: p - learning_rate * np.sign(g)
        layers = zip(parameters, gradients, strict=True)
        return [{name: step(leaf, slopes[name]) for name, leaf in layer.items()} for layer, slopes in layers], state


class TestSteps:
    def test_a_gradient_longer_than_clip_norm_is_shortened_to_it(self, gradient):
        length = np.linalg.norm(gradient)
        np.testing.assert_allclose(moved(**STEP), -gradient, rtol=1e-10)
        np.testing.assert_allclose(moved(**STEP, clip_norm=length / 2), -gradient / 2, rtol=1e-10)
        np.testing.assert_allclose(moved(**STEP, clip_norm=2 * length), -gradient, rtol=1e-10)

    def test_weights_into_a_unit_are_not_longer_than_max_norm(self, gradient):
        free, bound = regressor(**STEP), regressor(**STEP, max_norm=0.1)
        W = free.coefs_[0]
        np.testing.assert_allclose(bound.coefs_[0], 0.1 * W / np.linalg.norm(W), rtol=1e-12)
        np.testing.assert_array_equal(bound.intercepts_[0], free.intercepts_[0])

    @pytest.mark.parametrize("solver", ["sgd", {"name": "momentum", "momentum": 0.0}])
    def test_optimizers_of_the_catalogue(self, gradient, solver):
        settings = STEP if solver == "sgd" else {**STEP, "momentum": 0.9}
        np.testing.assert_allclose(moved(**{**settings, "solver": solver}), -gradient, rtol=1e-10)

    def test_settings_of_an_optimizer_are_heard(self):
        """Of adamw: the first step has length 1 in each weight, and 0.25 of it decays."""
        settings = {**STILL, "momentum": 0.9, "learning_rate_init": 0.5}
        step = {**settings, "solver": {"name": "adamw", "weight_decay": 0.25}}
        begin = regressor()
        W = regressor(**step).coefs_[0]
        decayed = (1 - 0.5 * 0.25) * begin.coefs_[0]
        np.testing.assert_allclose(np.abs(W - decayed), 0.5, rtol=1e-6)

    def test_an_optimizer_of_the_users(self, gradient):
        settings = {**STEP, "momentum": 0.9, "solver": SignSteps()}
        np.testing.assert_array_equal(moved(**settings).round(12), -np.sign(gradient))

    def test_means_of_an_optimizer_of_the_users_have_statistics_of_their_own(self):
        settings = {**STILL, "hidden_layer_sizes": [3], "learning_rate_init": 0.1, "max_iter": 5}
        named = regressor(**{**settings, "solver": "sgd"}, normalization="batch", averaging="polyak")
        given = {**settings, "momentum": 0.9, "solver": averaged(configured("momentum", momentum=0.0))}
        np.testing.assert_allclose(
            regressor(**given, normalization="batch").buffers_[0]["variance"],
            named.buffers_[0]["variance"],
            rtol=1e-10,
        )

    def test_schedules_of_the_catalogue_and_of_the_user_are_heard(self, gradient):
        """A rate that is 1 in the first step and as good as nothing from then on."""
        first = lambda step, losses: 1.0 if step == 0 else 1e-300
        by_call = {name: each for name, each in STEP.items() if name != "learning_rate_init"}
        end = MLPRegressor(**{**by_call, "max_iter": 5, "learning_rate": first, "random_state": 0}).fit(X, Y)
        np.testing.assert_allclose(end.coefs_[0], regressor(**STEP).coefs_[0], rtol=1e-12)
        falling = {"name": "step_decay", "every": 1, "factor": 1e-13}
        end = regressor(**{**STEP, "max_iter": 5, "learning_rate": falling})
        np.testing.assert_allclose(end.coefs_[0], regressor(**STEP).coefs_[0], rtol=1e-9)
        warm = {"name": "warm_up", "steps": 4, "schedule": falling}
        np.testing.assert_allclose(moved(**{**STEP, "learning_rate": warm}), -gradient / 4, rtol=1e-10)

    def test_a_schedule_is_told_of_the_validation_rows(self):
        told = []
        schedule = lambda step, losses: told.append(list(losses)) or 0.1
        settings = {name: each for name, each in STEP.items() if name != "learning_rate_init"}
        net = MLPRegressor(**{**settings, "max_iter": 3, "learning_rate": schedule}).fit(X, Y, X_val=X, y_val=Y + 1)
        assert told[-1] == net.validation_loss_curve_[:2]
        net = MLPRegressor(**{**settings, "learning_rate": schedule}).partial_fit(X, Y).partial_fit(X, Y)
        assert told[-1] == net.loss_curve_[:1]
        net.set_params(warm_start=True, max_iter=2).fit(X, Y)
        assert told[-1] == net.loss_curve_[2:3]

    @pytest.mark.parametrize(
        ("choice", "message"),
        [
            ({"name": "cosin"}, r"no schedule 'cosin'(.|\n)*try +'cosine'"),
            ({"name": "cosine", "stps": 3}, "cosine has no setting stps"),
        ],
    )
    def test_unknown_schedules_are_refused(self, choice, message):
        with pytest.raises(ValueError, match=message):
            regressor(**{**STEP, "learning_rate": choice})

    def test_unknown_optimizers_are_refused(self):
        with pytest.raises(ValueError, match=r"no optimizer 'adamq'(.|\n)*try +'adam'"):
            regressor(**{**STEP, "momentum": 0.9, "solver": {"name": "adamq"}})


class TestInitialization:
    def test_one_for_all_layers(self):
        net = regressor(**{**STILL, "hidden_layer_sizes": [3]}, initialization={"name": "orthogonal", "gain": 2.0})
        np.testing.assert_allclose(net.coefs_[0].T @ net.coefs_[0], 4 * np.eye(3), atol=1e-10)
        assert not np.any(np.round(np.concatenate(net.intercepts_), 9))

    def test_one_for_each_layer(self):
        net = regressor(**{**STILL, "hidden_layer_sizes": [3]}, initialization=["orthogonal", "lecun_uniform"])
        W, V = net.coefs_
        np.testing.assert_allclose(W.T @ W, W[:, 0] @ W[:, 0] * np.eye(3), atol=1e-10)
        assert np.max(np.abs(V)) <= 1.0  # sqrt(3 / 3 inputs)

    def test_by_default_logistic_layers_have_a_third_of_the_variance(self):
        """In a list as by one name: scikit-learn's rule, whose numbers test_equal_to_sklearn has."""
        one, each = (
            regressor(**{**STILL, "hidden_layer_sizes": [3, 3]}, activation=activation)
            for activation in ("logistic", ["logistic", "sigmoid"])
        )
        np.testing.assert_array_equal(one.coefs_[1], each.coefs_[1])


IDLE = {
    "monte_carlo": ({"monte_carlo": 3}, "monte_carlo averages over draws of dropout, and the net has none"),
    "dropout": ({"dropout": 0.1}, "dropout belongs to hidden layers, and there are none"),
    "normalization": ({"normalization": "layer"}, "normalization belongs to hidden layers, and there are none"),
    "alpha": ({"alpha": 0.1, "penalty": None}, "alpha is the factor of the penalty, and there is none"),
    "momentum": ({"solver": "rmsprop"}, "momentum belongs to scikit-learn's solvers 'sgd' and 'adam'"),
    "rate": ({"learning_rate": lambda step, losses: 0.1}, "does not know learning_rate_init"),
    "lbfgs": ({"solver": "lbfgs", "clip_norm": 1.0}, "clip_norm belongs to training on batches"),
    "lbfgs, schedule": ({"solver": "lbfgs", "learning_rate": "cosine"}, "learning_rate belongs to training on batches"),
}


@pytest.mark.parametrize("name", IDLE)
def test_what_would_do_nothing_is_refused(name):
    settings, message = IDLE[name]
    with pytest.raises(ValueError, match=message):
        regressor(**settings)


def test_validation_rows_of_lbfgs_would_do_nothing():
    with pytest.raises(ValueError, match="X_val belongs to training on batches"):
        MLPRegressor(solver="lbfgs").fit(X, Y, X_val=X, y_val=Y)
