"""Fit the parameters of a net to rows of data: the loop, what it remembers, what it shows.

The loop knows objectives, optimizers and rows by what they do, and none of them by name: any function of a tree of
parameters can be trained.
"""

from .history import EpochRecord, Fitted
from .loop import fit
from .objective import Objective, regularized
from .progress import Progress, Silent, progress_for
from .scores import accuracy, confusion_table
from .step import Measured, Optimizer, training_step
from .text import short

__all__ = [
    "EpochRecord",
    "Fitted",
    "Measured",
    "Objective",
    "Optimizer",
    "Progress",
    "Silent",
    "accuracy",
    "confusion_table",
    "fit",
    "progress_for",
    "regularized",
    "short",
    "training_step",
]
