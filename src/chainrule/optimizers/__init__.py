"""How parameters follow their gradients: pure functions of trees, the state handed in and out.

An optimizer is a module with `initialize(parameters)` and `update(parameters, gradients, state, learning_rate)`. It
knows neither losses nor nets, nor where gradients come from. Schedules say how its learning rate changes.
"""

from . import lbfgs, schedules
from .averaged import Averaged, averaged
from .catalogue import OPTIMIZERS, OTHERS, SCHEDULES, Optimizer, Schedule
from .clipping import clip_by_global_norm, clip_by_value
from .configured import Configured, configured

# In the order in which the book tells of them, which is that of the catalogue.
# isort: off
from . import sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, adadelta
# isort: on

__all__ = [
    "OPTIMIZERS",
    "OTHERS",
    "SCHEDULES",
    "Averaged",
    "Configured",
    "Optimizer",
    "Schedule",
    "adadelta",
    "adagrad",
    "adam",
    "adamw",
    "averaged",
    "clip_by_global_norm",
    "clip_by_value",
    "configured",
    "lbfgs",
    "momentum",
    "nesterov",
    "rmsprop",
    "schedules",
    "sgd",
]
