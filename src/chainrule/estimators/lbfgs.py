"""Training on all rows at once, by L-BFGS."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..optimizers import lbfgs
from ..training.dense import starting_buffers
from .recipe import Recipe
from .sklearn_loader import ConvergenceWarning


def fit_lbfgs(estimator: Any, recipe: Recipe, rows: tuple[Any, ...]) -> None:
    """Minimize the objective over the estimator's parameters, and set what was learned."""
    x, *others = rows
    dtype = estimator.coefs_[0].dtype
    x = x.toarray() if hasattr(x, "toarray") else np.ascontiguousarray(x, dtype)
    buffers = {**starting_buffers(recipe.net, dtype, estimator.alpha), "net": estimator._net_buffers()}
    buffers.pop("key", None)
    losses: list[float] = []

    start = estimator._parameters()
    with np.errstate(all="ignore"):
        if not np.isfinite(recipe.whole(start, buffers, x, *others)[0]):
            raise ArgumentError(NOT_FINITE)
        parameters, result = lbfgs.minimize(
            recipe.whole,
            start,
            buffers,
            x,
            *others,
            maxiter=estimator.max_iter,
            maxfun=estimator.max_fun,
            gtol=estimator.tol,
            callback=lambda parameters, value: _report(estimator, losses, float(value)),
            jac=True,
        )
    estimator._set_parameters(parameters, buffers["net"])
    estimator.n_iter_, estimator.loss_ = min(result.nit, estimator.max_iter), float(result.fun)
    if not math.isfinite(estimator.loss_):
        raise ArgumentError(NOT_FINITE)
    if not result.success:
        warnings.warn(
            f"lbfgs failed to converge after {result.nit} iteration(s) ({result.message}). Increase max_iter or"
            " max_fun, or scale the data.",
            ConvergenceWarning,
            stacklevel=7,
        )


NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and need to be preprocessed."
)


def _report(estimator: Any, losses: list[float], value: float) -> None:
    losses.append(value)
    if estimator.verbose:
        print(f"Iteration {len(losses)}, loss = {value:.8f}")
