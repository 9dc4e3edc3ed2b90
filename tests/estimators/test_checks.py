"""scikit-learn's own checks of what an estimator has to do."""

import pytest

parametrize_with_checks = pytest.importorskip("sklearn.utils.estimator_checks").parametrize_with_checks

from chainrule.estimators import MLPClassifier, MLPRegressor  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # many fits are cut short


@parametrize_with_checks([MLPClassifier(), MLPRegressor()])
def test_scikit_learns_checks(estimator, check):
    check(estimator)
