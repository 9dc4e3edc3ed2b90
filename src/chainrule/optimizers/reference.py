"""The page of optimizers, generated from their declarations: ``python -m chainrule.optimizers.reference``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import OPTIMIZERS, OTHERS, SCHEDULES
from .catalogue import REQUIRED, Optimizer, Schedule

HEAD = """# Optimizers

How parameters follow their gradients. An optimizer is a module with two pure functions of trees: nothing is changed in
place, and what it remembers is a tree that the caller keeps. Written by `python -m chainrule.optimizers.reference`; a
test compares.

```python
>>> import numpy as np, chainrule as cr
>>> from chainrule.optimizers import clip_by_global_norm, configured, schedules
>>> x = np.linspace(-1.0, 1.0, 50)
>>> loss = lambda p: np.mean((p["slope"] * x + p["offset"] - (3 * x + 1)) ** 2)
>>> optimizer = configured("nesterov", momentum=0.8)
>>> rate = schedules.warm_up(schedules.cosine(0.2, steps=200), steps=10)
>>> parameters = {"slope": 0.0, "offset": 0.0}
>>> state = optimizer.initialize(parameters)
>>> for step in range(200):
...     gradients = clip_by_global_norm(cr.grad(loss)(parameters), limit=1.0)
...     parameters, state = optimizer.update(parameters, gradients, state, rate(step, []))
>>> {name: float(value.round(6)) for name, value in parameters.items()}
{'slope': 3.0, 'offset': 1.0}

```

The dtypes of the parameters are kept, whatever that of the learning rate. With the same settings and a constant
learning rate all make PyTorch's steps, to 1e-12 in float64; the docstring of each says where it differs.
"""

STEPS = """
## Steps

p is a parameter, g its gradient, t = 1, 2, ... the number of the step; what an optimizer remembers starts at zero.
Settings are given to `update` or bound by `configured`, here with their defaults.

"""

RATES = """
## Learning rates

A schedule is called as `schedule(step, losses)`: k = 0, 1, ... is the number of the step, and losses are those of the
epochs that have ended.

"""

WHOLE_BATCHES = """
## Whole batches

Where each step can see all of the data, and there is no noise, a line search needs no learning rate:

```python
>>> from chainrule.optimizers import lbfgs
>>> parameters, result = lbfgs.minimize(loss, {"slope": 0.0, "offset": 0.0})
>>> {name: float(value.round(4)) for name, value in parameters.items()}, result.success
({'slope': 3.0, 'offset': 1.0}, True)

```

## Clipping

`clip_by_global_norm(gradients, limit)` shortens all gradients by one factor, `clip_by_value(gradients, limit)` each
number by itself.
"""

MEANS = r"""
## Means of parameters

Steps on batches end in noise around the minimum; the mean of where they led is nearer to it. `averaged(optimizer)`
makes the steps of any optimizer, and its `judged(parameters, state)` is the mean. After $n$ steps that count, to
$p_1, \dots, p_n$, it is

$$\bar p_n = \frac1n \sum_{i=1}^n p_i, \qquad \text{or with a decay } d: \quad
\bar p_n = \frac{1 - d}{1 - d^n} \sum_{i=1}^n d^{\,n-i} p_i,$$

computed as $\bar p_n = \bar p_{n-1} + s_n (p_n - \bar p_{n-1})$ with a share $s_n = 1/n$ or
$s_n = (1 - d) / (1 - d^n)$ (Polyak, Juditsky, 1992; Kingma, Ba, 2015, sec. 7.2). `chainrule.training.fit` judges epochs
by it and keeps it.

```python
>>> from chainrule.optimizers import averaged
>>> rng = np.random.default_rng(0)
>>> noisy = lambda p: {name: g + rng.normal() for name, g in cr.grad(loss)(p).items()}
>>> optimizer = averaged("sgd", start=200)
>>> optimizer
averaged(configured('sgd'), decay=None, start=200)
>>> parameters = {"slope": 0.0, "offset": 0.0}
>>> state = optimizer.initialize(parameters)
>>> for step in range(2000):
...     parameters, state = optimizer.update(parameters, noisy(parameters), state, 0.1)
>>> far = lambda p: np.hypot(p["slope"] - 3, p["offset"] - 1)
>>> bool(far(optimizer.judged(parameters, state)) < 0.3 * far(parameters))
True

```
"""

REFUSED = """
## Others

Names that `configured` answers with a reason.

"""


def settings(known: Mapping[str, Any]) -> str:
    """Names of settings with their defaults."""
    return ", ".join(f"`{name}`" if value is REQUIRED else f"`{name}={value}`" for name, value in known.items())


def optimizer_row(optimizer: Optimizer) -> Sequence[str]:
    """What the table says of an optimizer."""
    remembers = ", ".join(name.replace("_", " ") for name in optimizer.module.State._fields[1:])
    rate = f"{optimizer.learning_rate:g}"
    formula = f"`{optimizer.formula}`"
    return f"`{optimizer.name}`", formula, rate, settings(optimizer.settings), remembers, optimizer.source


def schedule_row(schedule: Schedule) -> Sequence[str]:
    """What the table says of a schedule."""
    return f"`{schedule.name}`", f"`{schedule.formula}`", settings(schedule.settings), schedule.source


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def page() -> str:
    """The whole page."""
    optimizers, schedules = map(optimizer_row, OPTIMIZERS.values()), map(schedule_row, SCHEDULES.values())
    steps = table(["optimizer", "step", "learning rate", "settings", "remembers", "source"], optimizers)
    rates = table(["schedule", "learning rate", "settings", "source"], schedules)
    others = table(["method", "why not"], [(f"`{name}`", reason) for name, reason in OTHERS.items()])
    return HEAD + STEPS + steps + RATES + rates + WHOLE_BATCHES + MEANS + REFUSED + others


if __name__ == "__main__":
    sys.stdout.write(page())
