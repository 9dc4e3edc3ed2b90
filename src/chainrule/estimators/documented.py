"""The parts of the docstrings that the classifier and the regressor share."""

from __future__ import annotations

import inspect
from typing import TypeVar

Estimator = TypeVar("Estimator", bound=type)

PARAMETERS = """\
Parameters
----------
hidden_layer_sizes : int or sequence of int
    Units of each hidden layer.
activation : str, dict or sequence of them
    Of the hidden layers, or one for each: scikit-learn's "identity", "logistic", "tanh" and "relu", or any of the
    catalogue, with settings {"name": "elu", "scale": 0.5} where it has some.
solver : str, dict or optimizer
    scikit-learn's "lbfgs", "sgd" and "adam", any optimizer of the catalogue, with settings {"name": "adamw",
    "weight_decay": 0.1} where it has some, or anything with ``initialize`` and ``update``.
alpha : float
    Factor of the penalty, which all rows share: a batch of n rows has alpha * penalty / n.
batch_size : int or "auto"
    "auto": 200, or all rows if they are fewer.
learning_rate : str, dict or callable
    "constant", scikit-learn's "invscaling" and "adaptive" (with solver="sgd"), a schedule of the catalogue, or
    ``schedule(step, losses)``, the rate of a step counted from 0. `losses` is `loss_curve_` as far as it has come, or
    `validation_loss_curve_` where there are validation rows. A schedule that ends does so with `max_iter` epochs.
learning_rate_init : float
power_t : float
    Exponent of "invscaling".
max_iter : int
    The greatest number of epochs; of steps with "lbfgs".
shuffle : bool
    Whether each epoch takes the rows in an order of its own.
random_state : int, RandomState or None
tol, n_iter_no_change : float, int
    Training stops when the loss (the validation score, with early_stopping) has not become better by `tol` for more
    than so many epochs.
verbose : bool
    Whether to print a line for each epoch.
warm_start : bool
    Whether `fit` begins where the last one ended.
momentum, nesterovs_momentum
    Of "sgd".
early_stopping : bool
    Whether a share of the rows, `validation_fraction`, judges each epoch, and the best one is kept. Of a large memory
    map it is a share of blocks of neighboring rows, drawn at random: none of it is copied.
beta_1, beta_2, epsilon : float
    Of "adam".
max_fun : int
    The greatest number of evaluations with "lbfgs".
penalty : str, dict, callable or None
    "l2", another penalty of the catalogue, or ``penalty(parameters)`` of the list of the layers' {"W": ..., "b": ...}.
dropout : float or sequence of float
    The share of the units of each hidden layer that a training step leaves out. Source: Srivastava et al. (2014).
normalization : "batch", "layer", None, or a sequence of them
    Of each hidden layer, before its activation. With "batch", a last batch of one row goes with the one before.
    Sources: Ioffe, Szegedy (2015); Ba, Kiros, Hinton (2016).
monte_carlo : int
    Predictions are averages over so many draws of dropout; 0: dropout is for training alone. Source: Gal,
    Ghahramani (2016).
initialization : str, dict, sequence of them or None
    How the first weights are drawn, by the catalogue. None: weights and biases as scikit-learn's nets draw them.
clip_norm : float or None
    The greatest length of a step's gradient.
max_norm : float or None
    The greatest length of the weights into a unit.
averaging : "polyak", float or None
    The weights that count are an average over all steps, or an exponential one that keeps this share at each step.
    Steps go on from those that are no average. With normalization="batch", running statistics of the average are found
    by a pass over the rows. Source: Polyak, Juditsky (1992)."""

ATTRIBUTES = """\
coefs_ : list of array of shape (units_in, units_out)
    Weights.
intercepts_ : list of array of shape (units_out,)
    Biases.
other_parameters_, buffers_ : list of dict of array
    What else a layer has: scales of a normalization, slopes of an activation; running means and variances.
loss_ : float
    The objective of the last epoch, with the penalty.
loss_curve_, validation_loss_curve_ : list of float
    Of each epoch; the second where there are validation rows, without the penalty.
best_loss_ : float or None
    The smallest of `loss_curve_`; None with early_stopping.
validation_scores_, best_validation_score_
    Accuracy or R2 of each epoch with early_stopping, else None.
n_iter_ : int
    Epochs of the last fit.
t_ : int
    Rows that all steps have used.
n_layers_, n_outputs_, out_activation_
net_ : chainrule.nets.Dense
    The architecture that was fitted; predictions are by it, whatever the parameters are now.
n_features_in_, feature_names_in_"""


def documented(cls: Estimator) -> Estimator:
    """Fill in what `{parameters}` and `{attributes}` stand for."""
    if cls.__doc__ is not None:  # with -OO there is none
        text = inspect.cleandoc(cls.__doc__)
        cls.__doc__ = text.replace("{parameters}", PARAMETERS).replace("{attributes}", ATTRIBUTES)
    return cls
