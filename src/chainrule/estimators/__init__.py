"""Dense nets as scikit-learn estimators: its habits, its parameters, its attributes, and what its users asked for.

`MLPClassifier` and `MLPRegressor` take the place of those in `sklearn.neural_network`. This room alone imports
scikit-learn.
"""

from .classifier import MLPClassifier
from .prediction import prediction_of
from .regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPRegressor", "prediction_of"]
