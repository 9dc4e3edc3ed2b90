"""Parameters that would do nothing beside others: refused, so that nobody believes in them.

Those that scikit-learn's nets have and ignore, such as `momentum` with solver="adam", are ignored here as well.
"""

from __future__ import annotations

import inspect
from typing import Any

from ..errors import ArgumentError
from ..nets import Dense

OF_SKLEARNS_SOLVERS = ("momentum", "nesterovs_momentum", "beta_1", "beta_2", "epsilon")


def refuse_idle(estimator: Any, net: Dense, validation: Any) -> None:
    """Refuse what has no effect on this net, or with this solver.

    Raises
    ------
    ArgumentError
        That names the first such parameter, and what it would need.
    """
    hidden = net.layers[:-1]
    dropout = any(layer.dropout for layer in hidden)
    if estimator.monte_carlo and not dropout:
        raise ArgumentError(
            "monte_carlo averages over draws of dropout, and the net has none",
            got=f"monte_carlo={estimator.monte_carlo}, dropout={estimator.dropout!r}",
            try_="dropout=0.1",
        )
    for name in () if hidden else ("dropout", "normalization"):
        if getattr(estimator, name):
            raise ArgumentError(f"{name} belongs to hidden layers, and there are none", got="hidden_layer_sizes=()")
    if estimator.penalty is None and _is_set(estimator, "alpha") and estimator.alpha:
        raise ArgumentError(
            "alpha is the factor of the penalty, and there is none", got=f"alpha={estimator.alpha}, penalty=None"
        )
    if estimator.solver not in ("sgd", "adam", "lbfgs"):
        for name in OF_SKLEARNS_SOLVERS:
            if _is_set(estimator, name):
                raise ArgumentError(
                    f"{name} belongs to scikit-learn's solvers 'sgd' and 'adam'",
                    got=f"{name}={getattr(estimator, name)}, solver={estimator.solver!r}",
                    try_='solver={"name": ..., ...}, settings beside the name',
                )
    if callable(estimator.learning_rate) and _is_set(estimator, "learning_rate_init"):
        raise ArgumentError(
            "a learning rate that is a function does not know learning_rate_init",
            got=f"learning_rate_init={estimator.learning_rate_init}",
        )
    if estimator.solver == "lbfgs":
        _refuse_with_lbfgs(estimator, net, dropout, validation)


def is_scheduled(learning_rate: Any) -> bool:
    """Whether a rate is none of scikit-learn's, which L-BFGS ignores."""
    return not isinstance(learning_rate, str) or learning_rate not in ("constant", "invscaling", "adaptive")


def _refuse_with_lbfgs(estimator: Any, net: Dense, dropout: bool, validation: Any) -> None:
    chosen = {
        "dropout": dropout,
        "normalization='batch'": net.takes_statistics,
        "clip_norm": estimator.clip_norm is not None,
        "max_norm": estimator.max_norm is not None,
        "averaging": estimator.averaging is not None,
        "learning_rate": is_scheduled(estimator.learning_rate),
        "X_val": validation is not None,
    }
    for name, is_chosen in chosen.items():
        if is_chosen:
            raise ArgumentError(
                f"{name} belongs to training on batches, and solver='lbfgs' takes all rows at once",
                try_="solver='adam'",
            )


def _is_set(estimator: Any, name: str) -> bool:
    """Whether a parameter is other than its default."""
    return getattr(estimator, name) != inspect.signature(type(estimator).__init__).parameters[name].default
