"""What users type. It composes the rooms below and holds no algorithm."""

from .checks import check_grads
from .compilation import disable_jit, jit
from .declaration import custom_gradient, operation
from .derivatives import (
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    linearize,
    stop_gradient,
    value_and_grad,
    vjp,
)
from .graphs import Graph, trace, variable
from .mapping import vmap
from .vectors import ravel

__all__ = [
    "Graph",
    "check_grads",
    "custom_gradient",
    "disable_jit",
    "elementwise_grad",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jit",
    "jvp",
    "linearize",
    "operation",
    "ravel",
    "stop_gradient",
    "trace",
    "value_and_grad",
    "variable",
    "vjp",
    "vmap",
]
