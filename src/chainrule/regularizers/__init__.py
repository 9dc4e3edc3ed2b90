"""What keeps parameters in bounds, as NumPy functions of a tree of parameters: penalties that are added to a loss, and
projections that are applied after a step.

Biases are left alone unless they are asked for. Every file of this folder is loaded, so that a new one adds its entries
to the catalogue.
"""

import importlib
import pkgutil

from .elastic import elastic
from .group_lasso import group_lasso
from .l1 import l1
from .l2 import l2
from .max_norm import max_norm
from .regularizer import REGULARIZERS, Regularizer, regularizer

for _file in pkgutil.iter_modules(__path__, f"{__name__}."):
    if not _file.name.endswith(".reference"):  # which is run by itself
        importlib.import_module(_file.name)

__all__ = ["REGULARIZERS", "Regularizer", "elastic", "group_lasso", "l1", "l2", "max_norm", "regularizer"]
