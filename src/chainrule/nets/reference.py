"""The reference of activations and initializations, generated: ``python -m chainrule.nets.reference``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import numpy as np

from ..api import jacobian
from .activations import ACTIVATIONS, Activation
from .entry import AbstractEntry
from .initializations import BIASES, INITIALIZATIONS
from .normalization import NORMALIZATIONS

HEAD = """# Nets

What the layers of `chainrule.nets.Dense` are made of. Settings are given as in `{"name": "maxout", "pieces": 3}`.
Written by `python -m chainrule.nets.reference`; a test compares.

"""
ACTIVATIONS_HEAD = """## Activations

The Jacobian is that by the weighted sums $x$ of a batch. The gain is what keeps the mean square of a normal signal;
weights are drawn by the initialization named here, if none is chosen.

"""
INITIALIZATIONS_HEAD = """## Initializations of weights

For $m$ inputs and $n$ units. Where the gain $g$ has no number, it is that of the layer's activation.

"""
BIASES_HEAD = """## Rules for biases

"""
NORMALIZATIONS_HEAD = r"""
## Normalization

A hidden layer with `normalizations` computes $h = f(\hat a \odot \gamma + b)$, where $\hat a$ are its weighted sums
less their mean $E$, divided by the root of their variance $V$. Beside `W` and `b` it has a leaf `scale`, $\gamma$, ones
at first; the bias is the shift. For maxout each piece of a unit has sums, a scale and a bias of its own.

"""
NORMALIZATIONS_FOOT = r"""
A batch of training has its own mean $\mu$ and variance $v$ (dividing by the number of rows $n$), and running ones, the
buffers, follow them:

$$\mu' = 0.9 \, \mu' + 0.1 \, \mu, \qquad v' = 0.9 \, v' + 0.1 \, \tfrac{n}{n - 1} v.$$

Prediction normalizes by $\mu'$ and $v'$, so that no row depends on the others. A batch of a single row is refused in
training: its sums less their mean are 0 whatever they were, and it has no variance. In `fit` a single row
that is left over at the end of an epoch goes with the batch before.

## Dropout

With `dropout` $r$ a hidden layer leaves out each of its outputs with probability $r$ in training, and divides the
others by $1 - r$:

$$\tilde h = \frac{m \odot h}{1 - r}, \qquad m_{ij} \in \{0, 1\}, \; P(m_{ij} = 1) = 1 - r, \qquad E[\tilde h] = h,$$

so that prediction keeps all and divides by nothing. Who calls draws $m$: `kept(layer, shape, rate)` returns it as an
array of bool, for layers counted from 0. In a step that is traced, draw it from a key that is an argument of the step.

```python
>>> import numpy as np, chainrule as cr
>>> from chainrule.nets import Dense
>>> net = Dense([2, 64, 32, 1], normalizations="batch", dropout=[0.0, 0.2])
>>> rng = np.random.default_rng(0)
>>> x = rng.normal(size=(64, 2))
>>> y = x[:, :1] * x[:, 1:]

>>> def loss(parameters, buffers, key):
...     def kept(layer, shape, rate):
...         return cr.random.mask(cr.random.fold_in(key, layer), 1 - rate, shape)
...     outputs, buffers = net.training_forward(parameters, buffers, x, kept)
...     return np.mean((outputs - y) ** 2), buffers

>>> step = cr.jit(cr.grad(loss, has_aux=True))
>>> parameters, buffers, key = net.initialize(rng=1), net.buffers(), cr.random.key(0)
>>> for k in range(300):
...     gradients, buffers = step(parameters, buffers, cr.random.fold_in(key, k))
...     parameters = [{n: p - 0.1 * g[n] for n, p in layer.items()} for layer, g in zip(parameters, gradients)]
>>> bool(np.mean((net.forward(parameters, x, buffers) - y) ** 2) < 0.1 * np.var(y))
True

```

`forward` with `kept` is one draw of a prediction; the spread of many tells how sure the net is (Gal, Ghahramani,
Dropout as a Bayesian Approximation, ICML 2016, eq. 6):

```python
>>> one = np.array([[0.5, 0.5]])
>>> far = np.array([[5.0, 5.0]])
>>> drawn = lambda layer, shape, rate: rng.random(shape) >= rate
>>> spread = lambda x: np.std([net.forward(parameters, x, buffers, drawn) for _ in range(200)])
>>> bool(spread(one) < spread(far))
True

```
"""


def activation_row(entry: Activation) -> Sequence[str]:
    """Name, formula, settings, parameters, structure, slopes at kinks, gain, weights, source."""
    x = np.linspace(-1.9, 2.1, 8).reshape(2, 4)
    J = jacobian(lambda x: entry(x, **{name: np.full(4, start) for name, start in entry.leaves.items()}))(x)
    leaves = ", ".join(f"{name}, from {start:g}" for name, start in entry.leaves.items())
    kinks = "; ".join(f"{point:g} -> {slope:g}" for point, slope in entry.kinks.items())
    return (
        *_name_and_formula(entry),
        _settings(entry),
        leaves,
        str(J.structure),
        kinks,
        f"{entry.gain:.4f}",
        f"`{entry.weights}`",
        entry.source,
    )


def _name_and_formula(entry: AbstractEntry) -> tuple[str, str]:
    return f"`{entry.name}`", f"${entry.formula}$"


def _settings(entry: AbstractEntry) -> str:
    return ", ".join(name if value is None else f"{name} = {value:g}" for name, value in entry.settings.items())


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def page() -> str:
    """The whole page."""
    activations = _table(
        ("activation", "formula", "settings", "parameters", "Jacobian", "at kinks", "gain", "weights", "source"),
        map(activation_row, ACTIVATIONS.values()),
    )
    weights, biases = (
        _table(
            (what, "formula", "settings", "source"),
            [(*_name_and_formula(entry), _settings(entry), entry.source) for entry in catalogue.values()],
        )
        for what, catalogue in (("initialization", INITIALIZATIONS), ("rule", BIASES))
    )
    normalizations = _table(
        ("normalization", "normalized sums", "over", "source"),
        [(f"`{name}`", f"${about.formula}$", about.over, about.source) for name, about in NORMALIZATIONS.items()],
    )
    return "".join(
        (HEAD, ACTIVATIONS_HEAD, activations, "\n", INITIALIZATIONS_HEAD, weights, "\n", BIASES_HEAD, biases)
        + (NORMALIZATIONS_HEAD, normalizations, NORMALIZATIONS_FOOT)
    )


if __name__ == "__main__":
    sys.stdout.write(page())
