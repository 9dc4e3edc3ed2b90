"""What surrounds `fit` and `partial_fit`: an estimator that they fail on is as it was before."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable
from typing import Any


def nothing_lost(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method that leaves all attributes as they were where it raises.

    What earlier fits have learned is worth more than what a mistake has made of it.
    """

    @functools.wraps(method)
    def careful(estimator: Any, *args: Any, **kwargs: Any) -> Any:
        before = dict(vars(estimator))
        for name, value in before.items():
            if name == "_rate" or (name.endswith("_") and isinstance(value, list)):
                setattr(estimator, name, copy.copy(value))  # training appends to these
        try:
            return method(estimator, *args, **kwargs)
        except BaseException:
            vars(estimator).clear()
            vars(estimator).update(before)
            raise

    return careful
