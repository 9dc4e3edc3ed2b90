"""What a fitted net answers: averages over draws of dropout, deviations, gradients, validation while it was trained."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.metrics import accuracy_score, log_loss, r2_score

from chainrule.estimators import MLPClassifier, MLPRegressor, prediction_of

pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer", "ignore:lbfgs failed")

X = np.sin(np.arange(75.0)).reshape(25, 3)
Y = np.cos(X @ [1.0, 2.0, 3.0])
LABELS = np.array(["a", "b", "c"])[np.digitize(Y, [-0.5, 0.5])]
SETTINGS = {"hidden_layer_sizes": [6], "solver": "sgd", "learning_rate_init": 0.1, "random_state": 0, "max_iter": 4}


def net(y=Y, data=X, **settings):
    kind = MLPRegressor if np.asarray(y).dtype.kind == "f" else MLPClassifier
    return kind(**{**SETTINGS, **settings}).fit(data, y)


@pytest.fixture(scope="module")
def linear():
    """With dropout, so that what its draws spread over has a closed form."""
    return net(activation="identity", dropout=0.25, monte_carlo=4000)


@pytest.fixture(scope="module")
def curved():
    return net(np.stack([Y, Y**2], axis=1), activation="tanh", normalization="batch", batch_size=12)


@pytest.fixture(scope="module")
def classes():
    return net(LABELS, activation="tanh", batch_size=25, label_smoothing=0.1)


class TestMonteCarlo:
    def test_mean_and_deviation_of_a_linear_net(self, linear):
        """Each hidden unit is kept with 3/4 and divided by it: the mean stays, of h v the variance is (h v)^2 / 3."""
        hidden = X @ linear.coefs_[0] + linear.intercepts_[0]
        terms = hidden * linear.coefs_[1].ravel()
        deviation = np.sqrt(np.sum(terms**2, axis=1) / 3)
        mean, spread = linear.predict(X, return_std=True)
        whole = np.sum(terms, axis=1) + linear.intercepts_[1]
        assert np.all(np.abs(mean - whole) < 5 * deviation / np.sqrt(4000))
        np.testing.assert_allclose(spread, deviation, rtol=0.1)
        np.testing.assert_array_equal(linear.predict(X), mean)

    def test_predicted_variances_and_those_between_draws_add_up(self):
        """Beside the sum over all 2^6 masks of a hidden layer, each with its probability."""
        gaussian = net(activation="identity", loss="gaussian", dropout=0.25, monte_carlo=4000)
        far = 3 * X[:5]
        masks = (np.arange(64)[:, None] >> np.arange(6)) % 2
        shares = np.prod(np.where(masks, 0.75, 0.25), axis=1)
        hidden = (far @ gaussian.coefs_[0] + gaussian.intercepts_[0]) * masks[:, None] / 0.75
        means, logarithms = np.moveaxis(hidden @ gaussian.coefs_[1] + gaussian.intercepts_[1], 2, 0)
        between = shares @ means**2 - (shares @ means) ** 2
        within = shares @ np.exp(logarithms)
        assert np.all(between > 0.1 * within)
        np.testing.assert_allclose(gaussian.predict(far, return_std=True)[1], np.sqrt(between + within), rtol=0.03)

    def test_without_draws_nothing_is_left_out(self, linear):
        hidden = X @ linear.coefs_[0] + linear.intercepts_[0]
        plain = net(activation="identity", dropout=0.25)
        np.testing.assert_array_equal(plain.coefs_[0], linear.coefs_[0])
        np.testing.assert_allclose(
            plain.predict(X), (hidden @ linear.coefs_[1] + linear.intercepts_[1]).ravel(), rtol=1e-12
        )

    def test_draws_of_a_net_that_was_fitted_without_are_refused(self, curved):
        curved.monte_carlo = 3
        try:
            with pytest.raises(ValueError, match="the net was fitted without"):
                curved.predict(X)
        finally:
            curved.monte_carlo = 0

    def test_probabilities_add_to_one_and_stay_single(self):
        single = net(LABELS, X.astype(np.float32), dropout=0.5, monte_carlo=7, normalization="layer", averaging=0.5)
        p = single.predict_proba(X.astype(np.float32))
        assert p.dtype == np.float32
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
        leaves = [leaf for layer in single.other_parameters_ for leaf in layer.values()]
        assert {x.dtype for x in (*single.coefs_, *single.intercepts_, *leaves)} == {np.dtype(np.float32)}
        assert not np.array_equal(p, single.set_params(monte_carlo=0).predict_proba(X.astype(np.float32)))

    def test_single_precision_of_deviations_and_statistics(self):
        data = X.astype(np.float32)
        single = net(Y, data, normalization="batch", dropout=0.5, monte_carlo=3, loss="gaussian", batch_size=12)
        assert {x.dtype for x in single.predict(data, return_std=True)} == {np.dtype(np.float32)}
        assert single.buffers_[0]["variance"].dtype == np.float32


def central_differences(f, x, step=1e-5):
    """With respect to each feature of each sample; f gives one number for each."""
    columns = np.eye(x.shape[1]) * step
    return np.stack([(f(x + column) - f(x - column)) / (2 * step) for column in columns], axis=1)


class TestInputGradient:
    def test_of_a_linear_net_is_the_product_of_its_weights(self, linear):
        product = (linear.coefs_[0] @ linear.coefs_[1]).ravel()
        np.testing.assert_allclose(linear.input_gradient(X), np.tile(product, (25, 1)), rtol=1e-12)

    @pytest.mark.parametrize("output", [0, 1])
    def test_of_a_normalized_net_by_differences(self, curved, output):
        differences = central_differences(lambda x: curved.predict(x)[:, output], X)
        np.testing.assert_allclose(curved.input_gradient(X, output=output), differences, atol=1e-8)

    def test_of_several_numbers_one_is_chosen(self, curved):
        with pytest.raises(ValueError, match=r"there are 2 outputs(.|\n)*output=0, say"):
            curved.input_gradient(X)

    def test_of_classes_it_is_that_of_the_greatest_logit(self, classes):
        log_p = lambda x: np.log(classes.predict_proba(x))
        chosen = np.argmax(classes.predict_proba(X), axis=1)
        # Logits are known but for a constant of the row, so a difference of two of them is compared.
        other = (chosen + 1) % 3
        difference = lambda x: log_p(x)[np.arange(25), chosen] - log_p(x)[np.arange(25), other]
        gradients = np.stack([classes.input_gradient(X, output=k) for k in range(3)])
        expected = central_differences(difference, X) + gradients[other, np.arange(25)]
        np.testing.assert_allclose(classes.input_gradient(X), expected, atol=1e-7)

    def test_of_a_mean_that_comes_with_a_variance(self):
        gaussian = net(loss="gaussian", activation="tanh")
        np.testing.assert_allclose(gaussian.input_gradient(X), central_differences(gaussian.predict, X), atol=1e-8)


class TestPerSampleGradients:
    def test_their_mean_is_what_a_step_follows(self, classes):
        """One step with all rows and a rate of 1, without a penalty, from the fitted weights."""
        of_coefs, of_intercepts = classes.per_sample_gradients(X, LABELS)
        step = MLPClassifier(**{**SETTINGS, "momentum": 0.0, "learning_rate_init": 1.0, "alpha": 0.0, "max_iter": 1})
        step.set_params(activation="tanh", label_smoothing=0.1, batch_size=25, warm_start=True).fit(X, LABELS)
        for name in ("coefs_", "intercepts_"):
            setattr(step, name, [leaf.copy() for leaf in getattr(classes, name)])
        step.fit(X, LABELS)
        for moved, begun, gradients in zip(
            (*step.coefs_, *step.intercepts_),
            (*classes.coefs_, *classes.intercepts_),
            (*of_coefs, *of_intercepts),
            strict=True,
        ):
            assert gradients.shape == (25, *begun.shape)
            np.testing.assert_allclose(begun - gradients.mean(axis=0), moved, rtol=1e-9, atol=1e-12)

    def test_one_by_one(self, curved):
        y = np.stack([Y, Y**2], axis=1)
        whole = curved.per_sample_gradients(X, y)
        for k in (0, 7, 24):
            alone = curved.per_sample_gradients(X[k : k + 1], y[k : k + 1])
            for all_rows, row in zip((*whole[0], *whole[1]), (*alone[0], *alone[1]), strict=True):
                np.testing.assert_allclose(all_rows[k], row[0], rtol=1e-12, atol=1e-15)

    def test_unknown_classes_are_refused(self, classes):
        with pytest.raises(ValueError, match="classes not in"):
            classes.per_sample_gradients(X[:1], ["d"])

    def test_some_classes_suffice_after_a_warm_start(self, classes):
        classes.warm_start = True
        assert classes.per_sample_gradients(X[LABELS == "a"], LABELS[LABELS == "a"])[0][0].shape[1:] == (3, 6)
        classes.warm_start = False


class TestValidationRows:
    def test_their_loss_is_that_of_the_predictions(self):
        fitted = MLPClassifier(**SETTINGS).fit(X, LABELS, X_val=X[5:], y_val=LABELS[5:])
        assert len(fitted.validation_loss_curve_) == fitted.n_iter_ == 4
        assert fitted.validation_loss_curve_[-1] == pytest.approx(log_loss(LABELS[5:], fitted.predict_proba(X[5:])))
        assert fitted.validation_scores_ is None and fitted.best_loss_ == min(fitted.loss_curve_)
        without = net(LABELS)
        np.testing.assert_array_equal(fitted.coefs_[0], without.coefs_[0])
        assert without.validation_loss_curve_ is None

    def test_the_squared_error_is_shown_as_the_mean_of_the_columns(self):
        y = np.stack([Y, Y**2], axis=1)
        fitted = MLPRegressor(**SETTINGS).fit(X, y, X_val=X, y_val=y)
        assert fitted.validation_loss_curve_[-1] == pytest.approx(np.mean((fitted.predict(X) - y) ** 2) / 2)

    def test_early_stopping_judges_by_them_and_trains_on_all_others(self):
        other = -X[:12]
        target = np.cos(other @ [1.0, 2.0, 3.0])
        judged = {**SETTINGS, "early_stopping": True, "learning_rate_init": 0.5, "max_iter": 12}
        fitted = MLPRegressor(**judged).fit(X, Y, X_val=other, y_val=target)
        assert fitted.t_ == 25 * fitted.n_iter_
        assert fitted.best_validation_score_ == max(fitted.validation_scores_)
        assert fitted.best_validation_score_ == pytest.approx(r2_score(target, fitted.predict(other)))
        assert np.argmax(fitted.validation_scores_) < fitted.n_iter_ - 1  # else the last would do as well

    def test_means_of_weights_are_judged_by_statistics_of_their_own(self):
        settings = {**SETTINGS, "normalization": "batch", "averaging": "polyak", "early_stopping": True}
        fitted = MLPClassifier(**settings).fit(X, LABELS, X_val=X, y_val=LABELS)
        assert fitted.best_validation_score_ == accuracy_score(LABELS, fitted.predict(X))
        best = np.argmax(fitted.validation_scores_)
        loss = log_loss(LABELS, fitted.predict_proba(X))
        assert fitted.validation_loss_curve_[best] == pytest.approx(loss)

    def test_some_of_the_classes_suffice_after_a_warm_start(self):
        fitted = MLPClassifier(**SETTINGS, warm_start=True).fit(X, LABELS)
        some = LABELS != "b"
        fitted.fit(X, LABELS, X_val=X[some], y_val=LABELS[some])
        assert len(fitted.validation_loss_curve_) == 4

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            ({"X_val": X}, r"validation rows are samples and targets(.|\n)*only X_val"),
            ({"X_val": X[:, :2], "y_val": LABELS}, "X has 2 features"),
            ({"X_val": X, "y_val": np.full(25, "d")}, "classes not in"),
        ],
    )
    def test_others_are_refused(self, rows, message):
        with pytest.raises(ValueError, match=message):
            MLPClassifier(**SETTINGS).fit(X, LABELS, **rows)


def test_scores_of_classes_are_a_traced_function_too():
    hinge = net(np.where(Y > 0.3, "yes", "no"), loss="hinge")
    np.testing.assert_allclose(prediction_of(hinge)(X), hinge.decision_function(X), rtol=1e-12)
