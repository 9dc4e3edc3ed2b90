"""What is known of a training run after each epoch, and at its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from .state import State

Ending = Literal["finished", "stopped", "interrupted", "diverged"]


@dataclass(frozen=True, slots=True)
class EpochRecord:
    """One epoch in numbers.

    Parameters
    ----------
    epoch : int
        From 1 on.
    steps : int
        Fewer than usual where the epoch was interrupted.
    loss, penalty : float
        Means over the rows that were trained on, at the weights of each step.
    gradient_norm : float
        Of the last step.
    validation_loss : float or None
        After the epoch, without the penalty.
    score : float or None
        On the validation rows, after the epoch.
    seconds : float
        Since training began.
    learning_rate : float
        Of the last step.
    """

    epoch: int
    steps: int
    loss: float
    penalty: float
    gradient_norm: float
    validation_loss: float | None
    score: float | None
    seconds: float
    learning_rate: float

    @property
    def monitored(self) -> float:
        """What the best epoch is the lowest in: the loss on validation rows, or that of training without them."""
        return self.loss if self.validation_loss is None else self.validation_loss


@dataclass(frozen=True, slots=True)
class Fitted:
    """The outcome of training.

    Parameters
    ----------
    parameters : tree of arrays
        Those of the best epoch.
    best_epoch : int
        0 if no epoch came to its end with a finite loss: then the parameters are the initial ones.
    history : list of EpochRecord
        An epoch that was interrupted stands last.
    epochs : int
        How many were asked for.
    seconds : float
    ending : {"finished", "stopped", "interrupted", "diverged"}
        "stopped": by patience or by a callback.
    state : State
        To go on from: ``fit(..., resume=fitted.state)``.
    buffers : tree of arrays or None
        Those of the best epoch, where the objective has some.
    """

    parameters: Any
    best_epoch: int
    history: list[EpochRecord]
    epochs: int
    seconds: float
    ending: Ending
    state: State | None = None
    buffers: Any = None

    def __str__(self) -> str:
        kept = (
            f"the best weights, of epoch {self.best_epoch}, are kept"
            if self.best_epoch
            else "the initial weights are kept"
        )
        if self.ending == "interrupted":
            return f"interrupted in epoch {len(self.history)} of {self.epochs}; {kept}"
        if self.ending == "diverged":
            return (
                f"the loss was not finite in epoch {min(len(self.history) + 1, self.epochs)} of {self.epochs}; {kept}"
            )
        if self.ending == "stopped":
            return f"stopped after epoch {len(self.history)} of {self.epochs}; {kept}"
        return f"{self.epochs} epoch{'s' * (self.epochs != 1)} in {self.seconds:.1f} s; {kept}"
