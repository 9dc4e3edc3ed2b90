"""The catalogue of penalties and projections, and what an entry says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, Self, TypeVar, final

from ..errors import ArgumentError

Kind = Literal["penalty", "projection"]
Function = TypeVar("Function", bound=Callable[..., Any])


@final
@dataclass(frozen=True)
class Regularizer:
    """A penalty ``function(parameters)``, a number; or a projection ``function(parameters)`` onto what is allowed."""

    name: str
    function: Callable[..., Any]
    kind: Kind
    formula: str  # of one array of weights
    source: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    smooth: bool = True  # twice differentiable at 0 too

    def configured(self, **settings: Any) -> Self:
        """The same entry with other settings; those that every penalty has may be among them.

        Raises
        ------
        ArgumentError
            If there is no such setting.

        Examples
        --------
        >>> import numpy as np
        >>> float(REGULARIZERS["elastic"].configured(l1_share=1.0).function(np.array([[3.0, -4.0]])))
        7.0
        """
        known = {**self.settings, **(COMMON if self.kind == "penalty" else {})}
        for name in settings:
            if name not in known:
                raise ArgumentError(f"{self.name} has no setting {name}", wanted=", ".join(known))
        return replace(self, function=partial(self.function, **settings), settings={**self.settings, **settings})


COMMON: Mapping[str, Any] = {"biases": False, "strengths": None, "center": None}
REGULARIZERS: dict[str, Regularizer] = {}


def regularizer(kind: Kind, formula: str, source: str, **about: Any) -> Callable[[Function], Function]:
    """Declare a function as a regularizer under its own name."""

    def declare(function: Function) -> Function:
        name = function.__name__
        REGULARIZERS[name] = Regularizer(name, function, kind, formula, source, **about)
        return function

    return declare
