# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false, reportOperatorIssue=false
"""Functions of `cmath` on traced numbers: NumPy's of the same number as a complex one."""

from __future__ import annotations

import cmath
from collections.abc import Callable
from typing import Any

from ...original import np
from .mathematics import answering, asking

_SAME = ("sqrt", "exp", "log10", "sin", "cos", "tan", "sinh", "cosh", "tanh")
_OTHER_NAMES = {
    "asin": np.arcsin,
    "acos": np.arccos,
    "atan": np.arctan,
    "asinh": np.arcsinh,
    "acosh": np.arccosh,
    "atanh": np.arctanh,
    "phase": np.angle,
}
_TESTS = {"isnan": np.isnan, "isinf": np.isinf, "isfinite": np.isfinite, "isclose": None}


def _log(z: Any, base: Any = None) -> Any:
    return np.log(z) if base is None else np.log(z) / np.log(base)


def _polar(z: Any) -> Any:
    return abs(z), np.angle(z)


def _rect(r: Any, phi: Any) -> Any:
    return r * np.cos(phi) + 1j * (r * np.sin(phi))


def complex_names() -> dict[str, Any]:
    """What the names of `cmath` mean while a trace is active."""
    traced: dict[str, Callable[..., Any]] = {name: getattr(np, name) for name in _SAME}
    traced |= _OTHER_NAMES | {"log": _log, "polar": _polar}
    names = {name: answering(getattr(cmath, name), answer, np.complex128) for name, answer in traced.items()}
    names["rect"] = answering(cmath.rect, _rect)
    return names | {name: asking(getattr(cmath, name), test) for name, test in _TESTS.items()}
