"""Run a function on plain NumPy and traced, and compare: values, dtypes, what is scalar and what is array, gradients.

The gradient's reference is central differences of the plain function, never a rule of ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import chainrule as cr
from chainrule import tree
from chainrule.tracing import Array


def kind_of(x: Any) -> tuple[Any, ...]:
    """What a user can see of a result's type: array or NumPy scalar or Python number, dtype, shape."""
    if isinstance(x, np.ndarray):
        return "array", x.dtype, x.shape
    if isinstance(x, np.generic):
        return "scalar", x.dtype, ()
    return (type(x).__name__ if type(x) is not Array else "number",)


def dtype_of(x: Any) -> np.dtype:
    return x.dtype if hasattr(x, "dtype") else np.asarray(x).dtype


def leaves_of(result: Any) -> list[Any]:
    return tree.flatten(result)[0]


def traced(f: Callable[..., Any], args: tuple[Any, ...]) -> tuple[list[Any], list[tuple[Any, ...]], list[Any]]:
    """Leaves of the result as values, what they were inside, and the gradients of their weighted sum."""
    kinds: list[tuple[Any, ...]] = []
    numbers = floating(args)

    def weighted(*inner: Any) -> Any:
        leaves = leaves_of(f(*inner))
        kinds[:] = [kind_of(x) for x in leaves]
        parts = [np.sum(w * x) for w, x in zip(weights_of(leaves), leaves, strict=True) if w is not None]
        return sum(parts, 0.0 * np.sum(inner[numbers[0]])), leaves

    (_, values), gradients = cr.value_and_grad(weighted, argnums=numbers, has_aux=True)(*args)
    return values, list(kinds), list(gradients)


def floating(args: tuple[Any, ...]) -> tuple[int, ...]:
    return tuple(k for k, x in enumerate(args) if dtype_of(x).kind == "f")


def weights_of(leaves: list[Any]) -> list[Any]:
    rng = np.random.default_rng(7)
    return [rng.uniform(0.5, 1.5, size=np.shape(x)) if dtype_of(x).kind == "f" else None for x in leaves]


def differences(f: Callable[..., Any], args: tuple[Any, ...], step: float) -> list[np.ndarray]:
    """Central differences of the weighted sum of the leaves, argument by argument."""

    def weighted(*inner: Any) -> float:
        leaves = leaves_of(f(*inner))
        return float(sum(np.sum(w * x) for w, x in zip(weights_of(leaves), leaves, strict=True) if w is not None))

    result = []
    for k in floating(args):
        x = np.asarray(args[k])
        slopes = np.zeros(x.shape)
        for place in np.ndindex(x.shape):
            values = []
            for by in (step, -step):
                moved = x.copy(order="K")
                moved[place] += by
                shifted = moved if isinstance(args[k], np.ndarray) else type(args[k])(moved)
                values.append(weighted(*args[:k], shifted, *args[k + 1 :]))
            slopes[place] = (values[0] - values[1]) / (2 * step)
        result.append(slopes)
    return result


def same_bits(a: Any, b: Any) -> bool:
    a, b = np.asarray(a), np.asarray(b)
    if a.dtype.kind != "f":
        return bool(np.array_equal(a, b))
    return bool(np.array_equal(a, b, equal_nan=True) and np.array_equal(np.signbit(a), np.signbit(b)))


def assert_close(found: Any, wanted: Any, ulps: int, what: str) -> None:
    found, wanted = np.asarray(found), np.asarray(wanted)
    if ulps == 0:
        assert same_bits(found, wanted), f"{what}: {found!r} is not {wanted!r}, by {np.abs(found - wanted).max()}"
    elif wanted.dtype.kind == "f":
        size = np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0)
        np.testing.assert_allclose(
            found, wanted, rtol=0, atol=ulps * np.finfo(wanted.dtype).eps * max(float(size), 1e-300), err_msg=what
        )


def compare(f: Callable[..., Any], args: tuple[Any, ...], ulps: int = 0, order: int = 2) -> None:
    """All of it; `order` 0 checks no derivatives."""
    before = [np.array(x) for x in args]
    wanted = f(*args)
    leaves = leaves_of(wanted)
    values, kinds, gradients = traced(f, args)
    assert len(values) == len(leaves)
    for found, kind, leaf in zip(values, kinds, leaves, strict=True):
        assert kind == kind_of(leaf), f"{kind} is not {kind_of(leaf)}"
        assert_close(found, leaf, ulps, "value")
    for x, old in zip(args, before, strict=True):
        assert same_bits(x, old), "the caller's array has changed"
    if order:
        for number, g, slopes in zip(floating(args), gradients, differences(f, args, 1e-6), strict=True):
            assert np.asarray(g).dtype == np.asarray(args[number]).dtype
            np.testing.assert_allclose(g, slopes, rtol=2e-6, atol=2e-7, err_msg="gradient")
        if floats_of(wanted) and len(floating(args)) == len(args):
            cr.check_grads(lambda *xs: floats_of(f(*xs)), args, order=order)


def floats_of(result: Any) -> list[Any]:
    return [x for x in leaves_of(result) if dtype_of(x).kind == "f"]


def compare_single(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """In float32: dtypes and types as NumPy's, values close, and gradients in float32."""
    single = tuple(
        x if getattr(x, "dtype", np.dtype(int)).kind != "f" else x.astype(np.float32) if x.shape else np.float32(x)
        for x in args
    )
    if not floating(single):
        return
    leaves = leaves_of(f(*single))
    values, kinds, gradients = traced(f, single)
    for found, kind, leaf in zip(values, kinds, leaves, strict=True):
        assert kind == kind_of(leaf), f"{kind} is not {kind_of(leaf)}"
        assert_close(found, leaf, 64, "value in float32")
    for number, g in zip(floating(single), gradients, strict=True):
        assert np.asarray(g).dtype == np.asarray(single[number]).dtype
