"""Graphs made smaller and more stable, their values kept: passes from graph to graph, run before differentiation too,
so that gradients are stable as well.

A graph is rebuilt node by node into a MergingGraph, which merges equal nodes and asks the rewrites of each operation
for something simpler. Every rewrite is an identity of real numbers; in floating point it is as accurate or better.
"""

from . import arithmetic, movement, stability, zeros
from .merging import MergingGraph
from .passes import simplified, simplify
from .rewrites import REWRITES, rewrites

__all__ = [
    "REWRITES",
    "MergingGraph",
    "arithmetic",
    "movement",
    "rewrites",
    "simplified",
    "simplify",
    "stability",
    "zeros",
]
