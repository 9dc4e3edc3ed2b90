"""The catalogue of operations: each primitive once, with its forward function and its local Jacobians.

Laid out like the mathematics: arithmetic, exponential, trigonometric, special, comparison, selection, movement,
contraction, reduction. Calling an operation computes on arrays and appends to the graph on variables. Every file of
this folder is loaded, so that a new one adds its operations.
"""

import importlib
import pkgutil

from . import (
    algebra,
    arithmetic,
    bodies,
    branches,
    comparison,
    complex_parts,
    contraction,
    exponential,
    fourier,
    linalg,
    loops,
    marks,
    movement,
    operators,
    reduction,
    selection,
    sorting,
    special,
    trigonometric,
)
from .blame import blame
from .operation import CATALOGUE, Example, Missing, Operation, discrete, elementwise, general, holding, linear
from .rules import (
    is_zero,
    of_dtype,
    pull,
    pull_many,
    pull_together,
    pull_values,
    pull_values_together,
    push,
    push_values,
    refuse_complex,
)

for _file in pkgutil.iter_modules(__path__):
    if _file.name != "reference":  # a program
        importlib.import_module(f"{__name__}.{_file.name}")

PRIMITIVES = tuple(CATALOGUE.values())  # what is declared here; users may add to the catalogue

__all__ = [
    "CATALOGUE",
    "PRIMITIVES",
    "Example",
    "Missing",
    "Operation",
    "algebra",
    "arithmetic",
    "blame",
    "bodies",
    "branches",
    "comparison",
    "complex_parts",
    "contraction",
    "discrete",
    "elementwise",
    "exponential",
    "fourier",
    "general",
    "holding",
    "is_zero",
    "linalg",
    "linear",
    "loops",
    "marks",
    "movement",
    "of_dtype",
    "operators",
    "pull",
    "pull_many",
    "pull_together",
    "pull_values",
    "pull_values_together",
    "push",
    "push_values",
    "reduction",
    "refuse_complex",
    "selection",
    "sorting",
    "special",
    "trigonometric",
]
