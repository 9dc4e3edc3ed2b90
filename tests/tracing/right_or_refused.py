"""Run a call on plain and on traced values: it is right, or refused by one of our errors that names it.

Right: NumPy's values, dtypes and shapes, and a gradient of a random projection that equals central differences. A
silent wrong number, and an error of Python's from within our code, are failures.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

import chainrule as cr
from chainrule.errors import ChainruleError

from .comparing import dtype_of, floating, leaves_of, weights_of

REFUSES = "NumPy refuses"


def outcome(f: Callable[..., Any], args: tuple[Any, ...], name: str, rtol: float = 1e-13) -> str:
    """`right`, `refused` or `NumPy refuses`; an AssertionError, or whatever is raised, otherwise."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            wanted = _leaves(f(*_copies(args)))
        except Exception as error:
            return _as_numpy(f, args, name, error)
        seen: list[Any] = []
        numbers = floating(args)

        def weighted(*xs: Any) -> Any:
            leaves = _leaves(f(*xs))
            seen[:] = [(dtype_of(x), tuple(np.shape(x))) for x in leaves]
            kept = [np.sum(w * x) for w, x in zip(weights_of(leaves), leaves, strict=True) if w is not None]
            return sum(kept, 0.0 * np.sum(xs[numbers[0]])), leaves

        try:
            (_, found), gradients = cr.value_and_grad(weighted, argnums=numbers, has_aux=True)(*_copies(args))
        except ChainruleError as error:
            assert name in str(error) or name.rpartition(".")[2] in error.what, f"{name} is not named: {error}"
            return "refused"
        assert seen == [(dtype_of(x), tuple(np.shape(x))) for x in wanted], f"{seen} of {name}"
        for a, b in zip(found, wanted, strict=True):
            tolerance = 1e-6 if dtype_of(b) == np.float32 else rtol
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance, err_msg=name)
        if all(dtype_of(x) != np.float32 for x in wanted):
            _check_gradients(f, args, numbers, gradients, name)
        return "right"


def _as_numpy(f: Callable[..., Any], args: tuple[Any, ...], name: str, error: Exception) -> str:
    """Where NumPy raises, a traced call raises as well: the same kind of error, or one of ours."""
    try:
        cr.grad(lambda *xs: sum((np.sum(x * 1.0) for x in _leaves(f(*xs))), 0.0 * np.sum(xs[0])))(*_copies(args))
    except (ChainruleError, type(error), TypeError, ValueError):
        return REFUSES
    raise AssertionError(f"{name} raises {error!r} in NumPy, and nothing when traced")


def _check_gradients(f: Any, args: Any, numbers: Any, gradients: Any, name: str) -> None:
    rng = np.random.default_rng(3)
    for n, g in zip(numbers, gradients, strict=True):
        direction = rng.normal(size=np.shape(args[n]))

        def along(h: float, n: int = n, direction: Any = direction) -> float:
            moved = [*_copies(args)]
            moved[n] = moved[n] + h * direction
            leaves = _leaves(f(*moved))
            pairs = zip(weights_of(leaves), leaves, strict=True)
            return float(sum(np.sum(w * x) for w, x in pairs if w is not None))

        h = 1e-5
        expected = (8 * (along(h) - along(-h)) - along(2 * h) + along(-2 * h)) / (12 * h)
        np.testing.assert_allclose(np.sum(g * direction), expected, rtol=1e-5, atol=1e-7, err_msg=f"gradient of {name}")


def _copies(args: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(x.copy() if isinstance(x, np.ndarray) else x for x in args)


def _leaves(result: Any) -> list[Any]:
    return [x for x in leaves_of(result) if isinstance(x, (np.ndarray, np.generic, float, int)) and x is not None]
