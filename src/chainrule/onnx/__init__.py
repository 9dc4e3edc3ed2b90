"""Graphs as ONNX models, gradients included. This room alone knows the package onnx, and runs nothing.

The table of translations is laid out like the catalogue of operations. What an operation means is not said here anew:
element-wise ones are written by the recipes that native code is made by.
"""

from . import control, cumulative, elementwise, movement, ordering, products, reductions
from .export import OLDEST, OPSET, export
from .translation import REASONS, TRANSLATIONS, check_translated, is_translated

__all__ = [
    "OLDEST",
    "OPSET",
    "REASONS",
    "TRANSLATIONS",
    "check_translated",
    "control",
    "cumulative",
    "elementwise",
    "export",
    "is_translated",
    "movement",
    "ordering",
    "products",
    "reductions",
]
