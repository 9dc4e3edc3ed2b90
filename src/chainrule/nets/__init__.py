"""Nets as NumPy functions of their parameters, which are trees of arrays.

Nothing here knows about derivatives: a net is code such as a user would write, and is differentiated in the same way.
"""

from . import activations, dense, initializations
from .activations import ACTIVATIONS
from .dense import Dense
from .initializations import BIASES, INITIALIZATIONS

__all__ = ["ACTIVATIONS", "BIASES", "INITIALIZATIONS", "Dense", "activations", "dense", "initializations"]
