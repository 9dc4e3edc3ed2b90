"""The algebra of traced arrays: a Jacobian that is made within a trace multiplies and is multiplied like any other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..ops.algebra import VariableAlgebra
from ..original import np
from ..structure import ArrayAlgebra, register
from .array import Array, trace_of, variable_of, wrap

_variables, _plain = VariableAlgebra(), ArrayAlgebra()


def _on_arrays(name: str) -> Callable[..., Any]:
    """The method of the algebra of variables, for traced arrays and what meets them."""
    on_variables = getattr(_variables, name)

    def method(self: Any, *operands: Any, **more: Any) -> Any:
        trace = trace_of(*operands)
        if trace is None:  # plain arrays only, on their way to a traced one
            return getattr(_plain, name)(*operands, **more)

        def variable(x: Any) -> Any:
            if isinstance(x, (list, tuple)):
                return type(x)(variable(each) for each in x)
            return variable_of(x, trace) if type(x) is Array or type(x) in (np.ndarray, np.float64) else x

        return wrap(trace, on_variables(*variable(operands), **more))

    return method


class TracedAlgebra:
    """Fulfils structure.Algebra for traced arrays."""


for _name in [name for name in vars(VariableAlgebra) if not name.startswith("_")]:
    setattr(TracedAlgebra, _name, _on_arrays(_name))
register(Array, TracedAlgebra())  # type: ignore[arg-type]
