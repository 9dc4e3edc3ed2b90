"""Functions and operations at the top level of a module, as users have them, for tests that cross processes."""

import dataclasses

import numpy as np

import chainrule as cr
from chainrule.structure import index_map


def energy(x):
    return np.sum(np.sin(x) * x)


def field(x):
    return np.sin(x) * x[::-1]


def forked(x):
    """Python decides between two paths."""
    return np.sum(x * x) if np.sum(x) > 0 else np.sum(-3 * x)


slope = cr.grad(energy)
both = cr.value_and_grad(energy)
compiled = cr.jit(forked)
compiled_slope = cr.jit(cr.grad(forked))
mapped = cr.vmap(energy)


@cr.grad
def decorated(x):
    return np.sum(x**3)


@cr.jit
def compiled_by_name(x):
    return 2 * x


cubed = cr.operation("test_cubed_for_pickling", lambda x: x**3, slopes=lambda y, x: 3 * x * x)
turned = cr.operation(
    "test_turned_for_pickling",
    lambda x: x[::-1] * 2,
    maps=lambda y, x: index_map("i", "j", (2 * np.eye(*x.shape)[::-1], "ij"), out_shape=y.shape, in_shape=x.shape),
    type_rule=lambda x: x,
)


@cr.custom_gradient
def clipped(x):
    return np.asarray(x), lambda y_bar: np.clip(y_bar, -1.0, 1.0)


def clipped_energy(x):
    return np.sum(clipped(x) * x)


def doubled(x):
    return np.asarray(x), lambda y_bar: 2 * y_bar


doubled_slope = cr.custom_gradient(doubled)


@dataclasses.dataclass
class Weights:
    W: np.ndarray
    b: np.ndarray

    def energy(self, x):
        return np.sum(np.tanh(self.W @ x + self.b))


def layer(weights, x):
    return {"out": np.tanh(weights.W @ x + weights.b), "norm": np.sum(weights.W**2)}
