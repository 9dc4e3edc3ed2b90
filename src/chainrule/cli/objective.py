"""The objective of a trained net as a function of weights and rows: how rows that are held out are judged by it."""

from __future__ import annotations

import functools
from typing import Any

from ..training import Trained
from ..training.objective import Buffered, Objective


def objective_of(trained: Trained) -> Objective:
    """``objective(parameters, x, y)`` gives (value, aux): no dropout, running statistics as they are."""
    objective = trained.recipe.objective
    return (
        functools.partial(_held, objective.evaluate, trained.buffers) if isinstance(objective, Buffered) else objective
    )


def _held(evaluate: Objective, buffers: Any, parameters: Any, x: Any, y: Any) -> Any:
    return evaluate(parameters, buffers, x, y)
