"""How wrong a prediction is, as NumPy functions that give one number for a batch.

All add the columns of a row and average over the rows, as negative log-likelihoods of independent columns and rows
do. Every file of this folder is loaded, so that a new one adds its entries to the catalogue.
"""

import importlib
import pkgutil

from .absolute import absolute, quantile
from .cross_entropy import cross_entropy
from .gaussian import gaussian
from .hinge import hinge, multiclass_hinge
from .huber import huber
from .logistic import logistic
from .loss import LOSSES, Loss, loss, losses_of
from .poisson import poisson
from .squared import squared

for _file in pkgutil.iter_modules(__path__, f"{__name__}."):
    if not _file.name.endswith(".reference"):  # which is run by itself
        importlib.import_module(_file.name)

__all__ = [
    "LOSSES",
    "Loss",
    "absolute",
    "cross_entropy",
    "gaussian",
    "hinge",
    "huber",
    "logistic",
    "loss",
    "losses_of",
    "multiclass_hinge",
    "poisson",
    "quantile",
    "squared",
]
