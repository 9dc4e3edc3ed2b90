"""What it costs in training to watch for numbers that are not finite: a step with the watch, and one without.

With: what training makes, that is the length of the gradient and whether it and the objective are finite, in each step,
and a look at all parameters after each chunk of rows. Without: forward, backward and the optimizer's move alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from chainrule import tree
from chainrule.api import jit, value_and_grad, while_loop
from chainrule.losses import cross_entropy
from chainrule.nets import Dense
from chainrule.optimizers import adam
from chainrule.training import regularized
from chainrule.training.step import Measured, training_step
from chainrule.training.stride import Made, training_strides

from .figures import Figure, of_ratio
from .peers import ROUNDS

MOST = 1.10
NETS = (  # sizes, rows of a batch, steps of a call
    ((2, 16, 2), 32, 4000),
    ((10, 64, 64, 3), 32, 300),
    ((64, 128, 10), 64, 200),
    ((784, 128, 10), 128, 20),
)


def watched(objective: Any, batch: int) -> Callable[..., Any]:
    """As training makes its steps; the parameters are looked at in the end."""
    many = training_strides(training_step(objective, adam), batch)

    def run(parameters: Any, state: Any, rows: Any, batches: Any, rates: Any) -> Any:
        squares = tuple(0.0 for _ in tree.flatten(parameters)[0])
        begun = Made(0.0, 0.0, Measured(0.0, 0.0, 0.0, 0.0, squares))
        parameters, *_ = many(parameters, state, rows, batches, rates, 0, len(batches), begun)
        assert all(np.isfinite(leaf).all() for leaf in tree.flatten(parameters)[0])
        return parameters

    return run


def unwatched(objective: Any) -> Callable[..., Any]:
    """The same steps, and nothing else."""
    value_and_gradient = value_and_grad(objective, has_aux=True)

    def many(parameters: Any, state: Any, rows: Any, batches: Any, rates: Any, last: Any) -> Any:
        def one(carry: Any) -> Any:
            parameters, state, total, k = carry
            (value, _), gradients = value_and_gradient(parameters, *(each[batches[k]] for each in rows))
            moved, state = adam.update(parameters, gradients, state, rates[k].item())
            return moved, state, total + value, k + 1

        return while_loop(lambda carry: carry[3] < last, one, (parameters, state, 0.0, 0))

    compiled = jit(many)
    return lambda parameters, state, rows, batches, rates: compiled(
        parameters, state, rows, batches, rates, len(batches)
    )[0]


def run(rounds: int = ROUNDS, most_steps: int = 10_000) -> Iterator[Figure]:
    """In turns; by the time of the processor, which what else goes on disturbs least."""
    rng = np.random.default_rng(0)
    for sizes, batch, steps in NETS:
        steps = min(steps, most_steps)
        net = Dense(sizes, activations="tanh")
        objective = regularized(net.forward, cross_entropy)
        parameters = net.initialize(np.random.default_rng(1))
        rows = rng.normal(size=(4096, sizes[0])), rng.integers(0, sizes[-1], 4096)
        batches, rates = rng.integers(0, 4096, (steps, batch)), np.full(steps, 1e-3)
        arguments = parameters, adam.initialize(parameters), rows, batches, rates
        functions = watched(objective, batch), unwatched(objective)
        results = [function(*arguments) for function in functions]  # compiles
        for one, other in zip(*(tree.flatten(each)[0] for each in results), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12)
        times: tuple[list[float], list[float]] = [], []
        for k in range(5 * rounds):
            for n in (0, 1) if k % 2 else (1, 0):
                begun = time.process_time()
                functions[n](*arguments)
                times[n].append((time.process_time() - begun) / steps)
        yield of_ratio(
            f"{'-'.join(map(str, sizes))}, batches of {batch}: a step with the watch over one without",
            *times,
            at_most=True,
            floor=MOST,
            beside={"with [us]": 1e6 * float(np.median(times[0])), "without [us]": 1e6 * float(np.median(times[1]))},
        )
