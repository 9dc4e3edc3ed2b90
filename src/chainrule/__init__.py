"""chainrule: back-propagation on explicit computational graphs, for the NumPy code that people already have.

Names are loaded when first used: ``import chainrule`` costs little.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .above import provide

__version__ = "0.1.0"

_PUBLIC = {
    "Graph": "api",
    "check_grads": "api",
    "checkpoint": "api",
    "cond": "api",
    "custom_gradient": "api",
    "diagnose": "api",
    "disable_jit": "api",
    "elementwise_grad": "api",
    "explain_plan": "api",
    "fori_loop": "api",
    "get_num_threads": "api",
    "grad": "api",
    "hessian": "api",
    "hvp": "api",
    "jacobian": "api",
    "jit": "api",
    "jvp": "api",
    "linearize": "api",
    "operation": "api",
    "options": "choices",
    "patch_numpy": "api",
    "random": "api",
    "ravel": "api",
    "scan": "api",
    "scope": "api",
    "set_num_threads": "api",
    "stop_gradient": "api",
    "trace": "api",
    "value_and_grad": "api",
    "variable": "api",
    "vjp": "api",
    "vmap": "api",
    "while_loop": "api",
}

provide("drawing", f"{__name__}.view.drawing")

if TYPE_CHECKING:
    from .api import (
        Graph as Graph,
    )
    from .api import (
        check_grads as check_grads,
    )
    from .api import (
        checkpoint as checkpoint,
    )
    from .api import (
        cond as cond,
    )
    from .api import (
        custom_gradient as custom_gradient,
    )
    from .api import (
        diagnose as diagnose,
    )
    from .api import (
        disable_jit as disable_jit,
    )
    from .api import (
        elementwise_grad as elementwise_grad,
    )
    from .api import (
        explain_plan as explain_plan,
    )
    from .api import (
        fori_loop as fori_loop,
    )
    from .api import (
        get_num_threads as get_num_threads,
    )
    from .api import (
        grad as grad,
    )
    from .api import (
        hessian as hessian,
    )
    from .api import (
        hvp as hvp,
    )
    from .api import (
        jacobian as jacobian,
    )
    from .api import (
        jit as jit,
    )
    from .api import (
        jvp as jvp,
    )
    from .api import (
        linearize as linearize,
    )
    from .api import (
        operation as operation,
    )
    from .api import (
        patch_numpy as patch_numpy,
    )
    from .api import (
        random as random,
    )
    from .api import (
        ravel as ravel,
    )
    from .api import (
        scan as scan,
    )
    from .api import (
        scope as scope,
    )
    from .api import (
        set_num_threads as set_num_threads,
    )
    from .api import (
        stop_gradient as stop_gradient,
    )
    from .api import (
        trace as trace,
    )
    from .api import (
        value_and_grad as value_and_grad,
    )
    from .api import (
        variable as variable,
    )
    from .api import (
        vjp as vjp,
    )
    from .api import (
        vmap as vmap,
    )
    from .api import (
        while_loop as while_loop,
    )
    from .choices import (
        options as options,
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
