"""Rows to learn from: where they come from, how they are scaled and split.

A set of rows is a pair (x, y): samples as the rows of x, one target for each in y. This room knows nothing about nets.
"""

from . import digits
from .scaling import Scaling
from .split import stratified_split

__all__ = ["Scaling", "digits", "stratified_split"]
