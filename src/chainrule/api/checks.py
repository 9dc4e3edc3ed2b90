"""Check the derivatives of a function against differences, in both modes and to any order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import tree
from ..errors import ArgumentError, DerivativeError, users_frames_only
from ..original import np
from .arguments import argument_names, check_callable, sequence_of
from .directional import jvp, vjp
from .gradient import grad
from .scope import checked_leaves


def check_grads(
    f: Callable[..., Any],
    args: Sequence[Any],
    order: int = 2,
    modes: Sequence[str] = ("forward", "reverse"),
    rtol: float | None = None,
    atol: float | None = None,
    seed: int = 0,
) -> None:
    """Compare the derivatives of f with central differences, along random directions.

    Complex arguments are moved in all directions of their plane: a derivative that holds in one of them only is found.

    Parameters
    ----------
    f : callable
        A function of arrays (or trees of them) with a tree of arrays as its result.
    args : sequence
        Where to check: points inside the domain, away from kinks.
    order : int
        Up to which derivative: 2 checks the gradient of the gradient too.
    modes : sequence of {"forward", "reverse"}
    rtol, atol : float, optional
        By default 1e-6 for float64, 1e-2 for float32 and 1e-1 for float16 arguments, looser by a factor of 10 for each
        order.
    seed : int
        Of the random directions.

    Raises
    ------
    DerivativeError
        With the order, the mode and both numbers, where they differ.
    ArgumentError
        If args is no sequence, modes or order leave nothing to check, or f returns no arrays.
    DtypeError
        If an argument carries no derivative.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.check_grads(np.tanh, (np.array([0.1, -2.0]),))
    """
    check_callable(f)
    args = sequence_of(args, "args", "cr.check_grads(f, (x,))")
    chosen = (modes,) if isinstance(modes, str) else tuple(modes)
    if not chosen or any(mode not in ("forward", "reverse") for mode in chosen):
        raise ArgumentError(f"modes={modes!r} are no modes to check", wanted="'forward', 'reverse' or both")
    if not isinstance(order, (int, np.integer)) or order < 1:
        raise ArgumentError(f"order={order} leaves nothing to check", wanted="1, 2, ...")
    for arg, name in zip(args, argument_names(f, len(args)), strict=True):
        checked_leaves(arg, name)
    _check(f, tuple(args), order, chosen, rtol, atol, np.random.default_rng(seed), 1)


def _resolution(leaves: Sequence[np.ndarray]) -> tuple[float, float]:
    """The step of a difference and the tolerance that it allows, by the coarsest dtype."""
    itemsize = min((x.real.itemsize for x in leaves), default=8)
    return {2: (1e-1, 1e-1), 4: (1e-2, 1e-2)}.get(itemsize, (1e-5, 1e-6))


def _draw(rng: np.random.Generator, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """A random direction; of complex numbers in all of their plane."""
    direction = np.asarray(rng.normal(size=shape))
    if dtype.kind == "c":
        direction = direction + 1j * rng.normal(size=shape)
    return direction.astype(dtype)


def _paired(a: Any, b: Any) -> float:
    """The product that the transpose belongs to: Re(sum(a b))."""
    return float(np.sum(a * b).real)


@users_frames_only
def _check(
    f: Callable[..., Any],
    args: tuple[Any, ...],
    order: int,
    modes: tuple[str, ...],
    rtol: float | None,
    atol: float | None,
    rng: np.random.Generator,
    level: int,
) -> None:
    given, rebuild = tree.flatten(args)
    leaves = [np.asarray(x) for x in given]
    step, tolerance = _resolution(leaves)
    relative = (tolerance if rtol is None else rtol) * 10 ** (level - 1)
    absolute = (tolerance if atol is None else atol) * 10 ** (level - 1)
    directions = [_draw(rng, x.shape, x.dtype) for x in leaves]
    step *= max(1.0, max((float(np.abs(x).max()) for x in leaves if x.size), default=1.0))

    def moved(by: float) -> list[np.ndarray]:
        shifted = [np.array(x, order="K") for x in leaves]  # the layout in memory is the argument's
        for x, d in zip(shifted, directions, strict=True):
            x += by * d
        shifted = [x if isinstance(old, np.ndarray) else x[()] for x, old in zip(shifted, given, strict=True)]
        results = [np.asarray(y) for y in tree.flatten(f(*rebuild(shifted)))[0]]
        return [y.astype(np.complex128 if y.dtype.kind == "c" else np.float64) for y in results]

    if not tree.flatten(f(*rebuild(given)))[0]:
        raise ArgumentError("the function returns no arrays: there is nothing to check")
    differences = [(high - low) / (2 * step) for high, low in zip(moved(step), moved(-step), strict=True)]
    weights = [_draw(rng, d.shape, d.dtype) for d in differences]
    expected = sum(_paired(w, d) for w, d in zip(weights, differences, strict=True))
    scale = sum(float(np.sum(np.abs(w * d))) for w, d in zip(weights, differences, strict=True))

    def compare(mode: str, found: float) -> None:
        if not abs(found - expected) <= absolute + relative * max(abs(expected), scale):
            raise DerivativeError(
                f"the derivative of order {level} in {mode} mode differs from central differences",
                got=f"{found:.10g}",
                wanted=f"{expected:.10g}, within {absolute:g} + {relative:g} * {scale:.3g}",
            )

    if "forward" in modes:
        dots = tree.flatten(jvp(f, args, rebuild(directions))[1])[0]
        compare("forward", sum(_paired(w, d) for w, d in zip(weights, dots, strict=True)))
    if "reverse" in modes:
        y, pullback = vjp(f, *args)
        parts, again = tree.flatten(y)
        typed = [w.astype(np.asarray(p).dtype) for w, p in zip(weights, parts, strict=True)]
        bars = tree.flatten(pullback(again(typed)))[0]
        compare("reverse", sum(_paired(b, d) for b, d in zip(bars, directions, strict=True)))
    if order > 1:

        def weighted(*inner: Any) -> Any:
            return sum(np.real(np.sum(w * y)) for w, y in zip(weights, tree.flatten(f(*inner))[0], strict=True))

        gradient = grad(weighted, argnums=tuple(range(len(args))))
        _check(gradient, args, order - 1, modes, rtol, atol, rng, level + 1)
