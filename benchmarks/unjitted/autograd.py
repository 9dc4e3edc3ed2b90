"""The same with autograd's NumPy."""

from __future__ import annotations

from collections.abc import Callable

import autograd
import autograd.numpy as np
import numpy

from ..programs import PROGRAMS


def gradient(program: str) -> tuple[Callable[[], object], int, Callable[[], list[float]]]:
    f, x = PROGRAMS[program](np)
    grad = autograd.grad(f)
    return lambda: grad(x), 1, lambda: [numpy.sum(abs(g)) for g in (grad(x) if isinstance(x, list) else [grad(x)])]
