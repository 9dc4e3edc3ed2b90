"""What is added to a loss to keep parameters in bounds, as NumPy functions of a tree of parameters."""

from .l2 import l2

__all__ = ["l2"]
