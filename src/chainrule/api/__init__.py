"""What users type. It composes the rooms below and holds no algorithm."""

from ..compile import get_num_threads, set_num_threads
from . import random
from .branches import checkpoint, cond
from .checks import check_grads
from .compilation import PlanExplanation, disable_jit, explain_plan, jit
from .declaration import custom_gradient, operation
from .diagnosis import Diagnosis, diagnose, first_cause
from .directional import hvp, jvp, linearize, vjp
from .gradient import grad, value_and_grad
from .graphs import Graph, trace, variable
from .jacobians import elementwise_grad, hessian, jacobian
from .loops import fori_loop, scan, while_loop
from .mapping import vmap
from .naming import scope
from .patching import patch_numpy
from .stopping import stop_gradient
from .vectors import ravel

__all__ = [
    "Diagnosis",
    "Graph",
    "PlanExplanation",
    "check_grads",
    "checkpoint",
    "cond",
    "custom_gradient",
    "diagnose",
    "disable_jit",
    "elementwise_grad",
    "explain_plan",
    "first_cause",
    "fori_loop",
    "get_num_threads",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jit",
    "jvp",
    "linearize",
    "operation",
    "patch_numpy",
    "random",
    "ravel",
    "scan",
    "scope",
    "set_num_threads",
    "stop_gradient",
    "trace",
    "value_and_grad",
    "variable",
    "vjp",
    "vmap",
    "while_loop",
]
