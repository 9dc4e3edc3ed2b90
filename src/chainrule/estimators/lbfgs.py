"""Training on all rows at once, by L-BFGS."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from ..errors import ArgumentError
from ..optimizers import lbfgs
from ..training.dense import starting_buffers
from ..training.divergence import divergence
from .recipe import Recipe
from .sklearn_loader import ConvergenceWarning
from .tasks import Tasks


def fit_lbfgs(estimator: Any, recipe: Recipe, rows: tuple[Any, ...], shown: dict[str, Any]) -> None:
    """Minimize the objective over the estimator's parameters, and set what was learned."""
    x, *others = rows
    dtype = estimator.coefs_[0].dtype
    x = x.toarray() if hasattr(x, "toarray") else np.ascontiguousarray(x, dtype)
    buffers = {**starting_buffers(recipe.net, dtype, estimator.alpha), "net": estimator._net_buffers()}
    buffers.pop("key", None)
    tasks = Tasks(estimator, shown, "iteration", estimator.max_iter)
    count, asked = 0, False

    def after_step(parameters: Any, value: float) -> None:
        nonlocal count, asked
        count += 1
        if estimator.verbose:
            print(f"Iteration {count}, loss = {float(value):.8f}")
        shows = {"n_iter_": count, "loss_": float(value)}
        asked = tasks.end_part(lambda: {**estimator._attributes(parameters, buffers["net"]), **shows})
        if asked:
            raise StopIteration
        tasks.begin_part()

    tasks.begin()
    start = estimator._parameters()
    with np.errstate(all="ignore"):
        if not np.isfinite(recipe.whole(start, buffers, x, *others)[0]):
            raise _not_finite(recipe, start, buffers, x, *others)
        parameters, result = lbfgs.minimize(
            recipe.whole,
            start,
            buffers,
            x,
            *others,
            maxiter=estimator.max_iter,
            maxfun=estimator.max_fun,
            gtol=estimator.tol,
            callback=after_step,
            jac=True,
        )
    estimator._set_parameters(parameters, buffers["net"])
    estimator.n_iter_, estimator.loss_ = min(result.nit, estimator.max_iter), float(result.fun)
    if not math.isfinite(estimator.loss_):
        raise _not_finite(recipe, parameters, buffers, x, *others)
    tasks.end(lambda: estimator._attributes(parameters, buffers["net"]))
    if not (result.success or asked):
        warnings.warn(
            f"lbfgs failed to converge after {result.nit} iteration(s) ({result.message}). Increase max_iter or"
            " max_fun, or scale the data.",
            ConvergenceWarning,
            stacklevel=7,
        )


def _not_finite(recipe: Recipe, *arguments: Any) -> ArgumentError:
    """With the first operation that is to blame."""
    error = divergence("the objective is not finite", recipe.objective.evaluate, arguments)
    return ArgumentError(NOT_FINITE, got=error.got, try_=error.try_)


NOT_FINITE = (
    "Solver produced non-finite parameter weights. The input data may contain large values and need to be preprocessed."
)
