"""Random weights of such a size that a signal keeps its strength from layer to layer, and the biases that go with them.

Every file of this folder is loaded, so that a new one adds its entries to the catalogues.
"""

import importlib
import pkgutil

from .biases import constant, positive, prior, zeros
from .initialization import BIASES, INITIALIZATIONS, BiasRule, Initialization, Place, bias_rule, initialization
from .orthogonal import orthogonal
from .scaled import glorot_normal, glorot_uniform, he_normal, he_uniform, lecun_normal, lecun_uniform, uniform

for _file in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(_file.name)

__all__ = [
    "BIASES",
    "INITIALIZATIONS",
    "BiasRule",
    "Initialization",
    "Place",
    "bias_rule",
    "constant",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "initialization",
    "lecun_normal",
    "lecun_uniform",
    "orthogonal",
    "positive",
    "prior",
    "uniform",
    "zeros",
]
