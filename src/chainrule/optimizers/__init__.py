"""How parameters follow their gradients: pure functions of trees, the state handed in and out.

An optimizer is a module with `initialize(parameters)` and `update(parameters, gradients, state, learning_rate)`.
"""

from . import adam

__all__ = ["adam"]
