"""Random legal graphs over every declared operation, and the properties that hold for any graph.

A leaf room: it owns hypothesis, and nothing below imports it. It knows no operation by its mathematics, only what each
one declares (its examples), so that a new operation is tried without a line here.
"""

from .properties import PROPERTIES, Broken, Trial
from .random_graphs import Pair, RandomGraph, grown, legal_graphs, seeded_graph, usable_examples

__all__ = [
    "PROPERTIES",
    "Broken",
    "Pair",
    "RandomGraph",
    "Trial",
    "grown",
    "legal_graphs",
    "seeded_graph",
    "usable_examples",
]
