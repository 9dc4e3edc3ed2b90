"""The reference meaning of every graph: each operation by NumPy, in order, every value kept.

Forward propagation (Algorithm 6.1), values on demand, one step at a time, and the same as straight-line Python for
graphs that run more than once.
"""

from . import bodies
from .forward import complete, evaluate, forward_propagation, steps
from .opened import Opened
from .plan import Plan

__all__ = ["Opened", "Plan", "bodies", "complete", "evaluate", "forward_propagation", "steps"]
