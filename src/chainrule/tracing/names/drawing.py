"""Functions of `np.random`: what they draw is fillable, and what they shuffle may be fillable or traced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...original import np
from ..activity import active
from ..array import Array
from ..memory import Fillable, adopted
from .creation import is_answered

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


class Generator(np.random.Generator):
    """NumPy's own would take an array that it does not know for a list, and lose rows of it."""

    def shuffle(self, x: Any, axis: int = 0) -> None:
        _shuffle(super().shuffle, x, axis)


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


def drawing_names() -> dict[str, Any]:
    """What names of np.random mean while a trace is active, beside those that draw."""
    return {"shuffle": shuffle, "default_rng": default_rng}
