"""What scikit-learn's callbacks are told: the task of fitting, and its subtasks, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, final

Attributes = Callable[[], dict[str, Any]]  # what is learned, found out where a callback asks for it


@final
class Tasks:
    """A fit and its epochs or iterations.

    Parameters
    ----------
    estimator : estimator
    data : mapping
        "X", "y" and "metadata", as the hooks take them.
    name : str
        Of a subtask.
    most : int
        The greatest number of subtasks.
    """

    def __init__(self, estimator: Any, data: Mapping[str, Any], name: str, most: int):
        self.estimator, self.data, self.name, self.most, self.count = estimator, data, name, most, 0
        self.whole = estimator._init_callback_context(max_subtasks=most)
        self.part: Any = None

    def begin(self) -> None:
        """Fitting begins, and its first part."""
        self.whole.call_on_fit_task_begin(estimator=self.estimator, **self.data)
        self.begin_part()

    def begin_part(self) -> None:
        """The next part begins, if there may be one."""
        if self.count < self.most:
            self.count += 1
            self.part = self.whole.subcontext(task_name=self.name)
            self.part.call_on_fit_task_begin(estimator=self.estimator, **self.data)

    def end_part(self, attributes: Attributes) -> bool:
        """A part ends; whether a callback asks to stop."""
        return bool(
            self.part.call_on_fit_task_end(estimator=self.estimator, **self.data, reconstruction_attributes=attributes)
        )

    def end(self, attributes: Attributes) -> None:
        """Fitting ends."""
        self.whole.call_on_fit_task_end(estimator=self.estimator, **self.data, reconstruction_attributes=attributes)
