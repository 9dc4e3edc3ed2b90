"""Beside JAX; and for the mixture, what the gradient costs over the function itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..figures import Figure, of_ratio
from ..peers import ROUNDS, Peer, in_turns

RTOL = 1e-9
AGAINST_JAX, OVER_OBJECTIVE = 1.2, 3.0  # the floors
MIXTURE, CAPTURED = "Gaussian mixture, 1000 x 10, K = 25", "logistic regression, 2000 x 50, data captured"
FUNCTIONS: dict[str, dict[str, Any]] = {
    "Rosenbrock, n = 100": {"problem": "rosenbrock", "sizes": {"n": 100}},
    "Rosenbrock, n = 100,000": {"problem": "rosenbrock", "sizes": {"n": 100_000}},
    "logistic regression, 2000 x 50": {"problem": "logistic_regression", "sizes": {"n": 2000, "d": 50}},
    CAPTURED: {"problem": "logistic_regression", "sizes": {"n": 2000, "d": 50}, "captured": True},
    "n-body energy, 100 bodies": {"problem": "n_body", "sizes": {"n": 100}},
    MIXTURE: {"problem": "gaussian_mixture", "sizes": {"n": 1000, "d": 10, "k": 25}},
}


def run(rounds: int = ROUNDS) -> Iterator[Figure]:
    for threads in (1, 2):
        with Peer("chainrule", threads) as mine, Peer("jax", threads) as jax:
            for name, settings in FUNCTIONS.items():
                jobs = [(mine, "functions.gradient"), (jax, "functions.gradient")]
                if name == MIXTURE:
                    jobs += [(mine, "functions.objective"), (jax, "functions.objective")]
                ours, theirs, *objectives = in_turns(jobs, settings, RTOL, rounds)
                beside = {"threads": threads, "chainrule [us]": 1e6 * ours.seconds, "JAX [us]": 1e6 * theirs.seconds}
                title, floor = f"{name}: against JAX", None if name == CAPTURED else AGAINST_JAX
                yield of_ratio(title, theirs.rounds, ours.rounds, floor=floor, beside=beside)
                if objectives:
                    own, others = objectives
                    beside = beside | {"chainrule [us]": 1e6 * own.seconds, "JAX [us]": 1e6 * others.seconds}
                    title = f"{name}, the objective: against JAX"
                    yield of_ratio(title, others.rounds, own.rounds, beside=beside)
                    title = f"{name}: gradient / objective"
                    beside = {"threads": threads, "JAX's": theirs.seconds / others.seconds}
                    over = OVER_OBJECTIVE
                    yield of_ratio(title, ours.rounds, own.rounds, at_most=True, floor=over, beside=beside)
