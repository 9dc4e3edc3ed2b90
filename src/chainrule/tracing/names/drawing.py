"""Functions of `np.random`: what they draw is fillable, and what they shuffle may be fillable or traced."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from ...original import np
from ..activity import active
from ..array import Array, trace_of
from ..memory import Fillable, adopted
from .creation import asarray, is_answered

_DRAW_NOTHING = (np.random.seed, np.random.get_state, np.random.set_state)


def drawing(draw: Callable[..., Any]) -> Callable[..., Any]:
    """Answer a function of np.random: what it draws is fillable."""

    def call(*args: Any, **keywords: Any) -> Any:
        if not is_answered():
            return draw(*args, **keywords)
        if draw not in _DRAW_NOTHING:
            _note()
        return adopted(draw(*args, **keywords), (*args, *keywords.values()))

    return call


def _note() -> None:
    """Random numbers are drawn: who keeps the trace learns of it."""
    trace = active.trace
    if trace is not None and trace.recorder is not None:
        trace.recorder.drew()


def shuffle(x: Any) -> None:
    _shuffle(np.random.shuffle, x)


def permutation(x: Any) -> Any:
    return _chosen(np.random.permutation, x)


def choice(a: Any, size: Any = None, replace: bool = True, p: Any = None) -> Any:
    return _chosen(np.random.choice, a, size, replace, p)


class Generator(np.random.Generator):
    """NumPy's own would take an array that it does not know for a list, and lose rows of it."""

    def shuffle(self, x: Any, axis: int = 0) -> None:
        _shuffle(super().shuffle, x, axis)

    def permutation(self, x: Any, axis: int = 0) -> Any:
        return _chosen(super().permutation, x, axis=axis)

    def choice(
        self, a: Any, size: Any = None, replace: bool = True, p: Any = None, axis: int = 0, shuffle: bool = True
    ) -> Any:
        return _chosen(functools.partial(super().choice, shuffle=shuffle), a, size, replace, p, axis=axis)


def default_rng(seed: Any = None) -> Any:
    made = np.random.default_rng(seed)
    if seed is None:
        _note()
    return Generator(made.bit_generator) if is_answered() and made is not seed else made


def _shuffle(plainly: Callable[..., None], x: Any, *axis: int) -> None:
    if type(x) not in (Array, Fillable):
        return plainly(x, *axis)
    order = np.arange(np.shape(x)[axis[0] if axis else 0])
    plainly(order)
    x[...] = x.take(order, *axis or (0,))


def _chosen(plainly: Callable[..., Any], x: Any, *args: Any, axis: int | None = None) -> Any:
    """NumPy draws places, and takes what stands there."""
    if is_answered() and type(x) is not Array and trace_of(x) is not None:
        x = asarray(x)  # a list
    if type(x) is not Array or not x.ndim:
        drawn = plainly(x, *args) if axis is None else plainly(x, *args, axis=axis)
        return adopted(drawn, (x,)) if is_answered() else drawn
    if axis is None and args and x.ndim != 1:
        raise ValueError("a must be 1-dimensional")
    return x.take(plainly(x.shape[axis or 0], *args), axis or 0)


def drawing_names() -> dict[str, Any]:
    """What names of np.random mean while a trace is active, beside those that draw."""
    return {"shuffle": shuffle, "permutation": permutation, "choice": choice, "default_rng": default_rng}
