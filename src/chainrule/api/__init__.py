"""What users type. It composes the rooms below and holds no algorithm."""

from .checks import check_grads
from .compilation import disable_jit, jit
from .declaration import custom_gradient, operation
from .diagnosis import Diagnosis, diagnose, first_cause
from .directional import hvp, jvp, linearize, vjp
from .gradient import grad, value_and_grad
from .graphs import Graph, trace, variable
from .jacobians import elementwise_grad, hessian, jacobian
from .mapping import vmap
from .stopping import stop_gradient
from .vectors import ravel

__all__ = [
    "Diagnosis",
    "Graph",
    "check_grads",
    "custom_gradient",
    "diagnose",
    "disable_jit",
    "elementwise_grad",
    "first_cause",
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
