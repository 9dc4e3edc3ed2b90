"""chainrule: back-propagation on explicit computational graphs, for the NumPy code that people already have.

Names are loaded when first used: ``import chainrule`` costs little.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_PUBLIC = {
    "Graph": "api",
    "check_grads": "api",
    "custom_gradient": "api",
    "disable_jit": "api",
    "elementwise_grad": "api",
    "grad": "api",
    "hessian": "api",
    "hvp": "api",
    "jacobian": "api",
    "jit": "api",
    "jvp": "api",
    "linearize": "api",
    "operation": "api",
    "ravel": "api",
    "stop_gradient": "api",
    "trace": "api",
    "value_and_grad": "api",
    "variable": "api",
    "vjp": "api",
    "vmap": "api",
}

if TYPE_CHECKING:
    from .api import (
        Graph as Graph,
        check_grads as check_grads,
        custom_gradient as custom_gradient,
        disable_jit as disable_jit,
        elementwise_grad as elementwise_grad,
        grad as grad,
        hessian as hessian,
        hvp as hvp,
        jacobian as jacobian,
        jit as jit,
        jvp as jvp,
        linearize as linearize,
        operation as operation,
        ravel as ravel,
        stop_gradient as stop_gradient,
        trace as trace,
        value_and_grad as value_and_grad,
        variable as variable,
        vjp as vjp,
        vmap as vmap,
    )

__all__ = ["__version__", *sorted(_PUBLIC)]


def __getattr__(name: str) -> Any:
    room = _PUBLIC.get(name)
    if room is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{room}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
