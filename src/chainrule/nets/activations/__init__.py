"""What a unit does with the weighted sum of its inputs.

Each is one formula that is right for every finite input, in value and in derivative: a form that overflows where
nobody looks at the value still gives a wrong slope there. Every file of this folder is loaded, so that a new one adds
its entries to the catalogue.
"""

import importlib
import pkgutil

from .activation import ACTIVATIONS, Activation, activation
from .exponential import elu, softplus
from .gated import gelu, silu
from .linear import linear
from .maxout import maxout
from .rectifiers import leaky_relu, parametric_relu, relu
from .saturating import hard_tanh, sigmoid, tanh
from .softmax import softmax

for _file in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(_file.name)

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "activation",
    "elu",
    "gelu",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "maxout",
    "parametric_relu",
    "relu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "tanh",
]
