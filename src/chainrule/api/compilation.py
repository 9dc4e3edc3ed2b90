"""`cr.jit`: at present the function itself, interpreted; the name stands, so that programs need not change."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from .arguments import like_function


def jit(
    f: Callable[..., Any] | None = None,
    donate_argnums: int | Sequence[int] = (),
    static_argnums: int | Sequence[int] = (),
    static_argnames: str | Sequence[str] = (),
) -> Callable[..., Any]:
    """A function to be compiled. There is no native code yet: it is interpreted, with the same results.

    Parameters
    ----------
    f : callable
        Left out, `jit` is a decorator with options.
    donate_argnums, static_argnums, static_argnames
        Accepted and without effect while functions are interpreted.

    Returns
    -------
    compiled : callable
        Takes the arguments of f and gives its results.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.jit(np.square)(3.0)
    np.float64(9.0)
    """
    if f is None:
        return functools.partial(
            jit, donate_argnums=donate_argnums, static_argnums=static_argnums, static_argnames=static_argnames
        )

    @like_function(f)
    def compiled(*args: Any, **keywords: Any) -> Any:
        return f(*args, **keywords)

    return compiled


@contextlib.contextmanager
def disable_jit() -> Iterator[None]:
    """Within this context `jit` interprets (as it does everywhere for now)."""
    yield
