"""Fit the parameters of a net to rows of data: the loop, what it remembers, what it shows.

The loop knows objectives, optimizers and rows by what they do, and none of them by name: any function of a tree of
parameters can be trained.
"""

from .checkpoints import Checkpoint, load_state, save_state
from .history import EpochRecord, Fitted
from .loop import fit
from .objective import Buffered, Objective, regularized
from .progress import Progress, Silent, progress_for
from .recipe import Recipe
from .recorded import Recorded, RunReader, read_run
from .run import Outcome, Watcher, resume, train
from .samples import Samples
from .scores import accuracy, confusion_table, r2
from .settings import Settings
from .state import State
from .step import Measured, Optimizer, training_step
from .text import short
from .toml import to_toml
from .trained import Judged, Trained

__all__ = [
    "Buffered",
    "Checkpoint",
    "EpochRecord",
    "Fitted",
    "Judged",
    "Measured",
    "Objective",
    "Optimizer",
    "Outcome",
    "Progress",
    "Recipe",
    "Recorded",
    "RunReader",
    "Samples",
    "Settings",
    "Silent",
    "State",
    "Trained",
    "Watcher",
    "accuracy",
    "confusion_table",
    "fit",
    "load_state",
    "progress_for",
    "r2",
    "read_run",
    "regularized",
    "resume",
    "save_state",
    "short",
    "to_toml",
    "train",
    "training_step",
]
