"""`cr.scope`: a name for a part of a function, under which drawings show it as a group."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, final

from ..errors import ArgumentError
from ..graph.naming import ScopePath, serials, under_way


@final
class scope:
    """A name for what is computed within: drawings and tables of the graph show it as a group.

    It changes nothing else. Scopes may stand in each other; each time that one is entered is a group of its own.

    Parameters
    ----------
    name : str

    Raises
    ------
    ArgumentError
        If the name is no text, or empty.

    Examples
    --------
    As a context, or as a decorator of a function:

    >>> import numpy as np, chainrule as cr
    >>> def f(x):
    ...     with cr.scope("encoder"):
    ...         h = np.tanh(2.0 * x)
    ...     return np.sum(h)
    >>> cr.trace(f, np.ones(3)).show(width=40)
    #  node        op            shape
    0  x           input         (3)
    2  encoder/v2  multiply 2.0  (3)
    3  encoder/h   tanh          (3)
    4  v4          sum           scalar
    """

    def __init__(self, name: str):
        if not isinstance(name, str) or not name:
            raise ArgumentError(f"a scope has a name, not {name!r}", try_='with cr.scope("encoder"):')
        self.name = name
        self._before: list[ScopePath] = []

    def __enter__(self) -> scope:
        self._before.append(under_way.path)
        under_way.path = (*under_way.path, (self.name, next(serials)))
        return self

    def __exit__(self, *error: object) -> None:
        under_way.path = self._before.pop()

    def __call__(self, f: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(f)
        def named(*args: Any, **keywords: Any) -> Any:
            with scope(self.name):
                return f(*args, **keywords)

        return named
