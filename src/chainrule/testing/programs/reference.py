"""The derivative of a program without any rule: differences of what plain NumPy computes.

Central differences at three steps give two Richardson extrapolations. They count where both agree, and where the
slopes from both sides do: elsewhere the program is at a kink or a jump, or its derivative is too large to be seen.

Source: Richardson (1911); Press and others, Numerical Recipes, sec. 5.7.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

STEP = 1e-3
ACCEPTED = 1e-6  # disagreement of the extrapolations, relative to the largest entry or 1


class Reference(NamedTuple):
    """The gradients by the arguments, and what they may be off by."""

    gradients: tuple[np.ndarray, ...]
    scale: float


def called(f: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    """On copies, since a program may write into its arguments."""
    with np.errstate(all="ignore"):
        return f(*[a.copy() if isinstance(a, np.ndarray) else a for a in arguments])


def reference(f: Callable[..., Any], arguments: Sequence[Any]) -> Reference | None:
    """The gradient of f, which returns a number first; None where differences do not say what it is."""
    middle = float(called(f, arguments)[0])
    gradients, kinks, doubts = [], [], []
    for k, argument in enumerate(arguments):
        gradient = np.zeros(np.shape(argument))
        for place in np.ndindex(gradient.shape):
            unit = np.zeros(gradient.shape)
            unit[place] = 1.0

            def at(t: float, k: int = k, argument: Any = argument, unit: Any = unit) -> float:
                moved = argument + t * unit if isinstance(argument, np.ndarray) else argument + t
                return float(called(f, [*arguments[:k], moved, *arguments[k + 1 :]])[0])

            try:
                central, sided = [], []
                for h in (STEP, STEP / 2, STEP / 4):
                    above, below = at(h), at(-h)
                    central.append((above - below) / (2 * h))
                    sided.append((above - 2 * middle + below) / h)
            except Exception:  # not defined on both sides
                return None
            coarse, fine = (4 * central[1] - central[0]) / 3, (4 * central[2] - central[1]) / 3
            gradient[place] = fine
            doubts.append(abs(fine - coarse))
            kinks.append(abs(2 * sided[2] - sided[1]))  # of a smooth function the difference of slopes goes like h
        gradients.append(gradient)
    scale = float(np.max([1.0, *(np.max(np.abs(g), initial=0.0) for g in gradients)]))
    agree = bool(np.max(doubts) <= ACCEPTED * scale and np.max(kinks) <= 100 * ACCEPTED * scale)  # not where one is nan
    return Reference(tuple(gradients), scale) if agree else None
