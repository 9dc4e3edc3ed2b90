"""Nets as NumPy functions of their parameters, which are trees of arrays.

Nothing here knows about derivatives: a net is code such as a user would write, and is differentiated in the same way.
"""

from . import activations, dense, initialization

__all__ = ["activations", "dense", "initialization"]
