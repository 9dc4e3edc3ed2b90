# pyright: reportArgumentType=false, reportCallIssue=false, reportReturnType=false, reportOperatorIssue=false
"""SciPy's functions that are written in Python, in front of C: on traced arrays, in NumPy's functions and operations.

They have SciPy's signatures. What they cannot do is refused by name; all other functions are refused where SciPy
asks for the values.
"""

from __future__ import annotations

import math
import operator
from typing import Any

from ...errors import UnsupportedError
from ...ops import CATALOGUE, linalg
from ...original import np
from ..array import Array, wrap
from ..dispatch import declared_call, lifted
from .axes import axes_of
from .linalg import _accepted, _matrix


def _call(name: str, *args: Any, **parameters: Any) -> Any:
    return declared_call(CATALOGUE[name], args, parameters)


def _order(what: str, n: Any) -> int:
    """An order that is a whole number and carries no derivative."""
    if type(n) is Array or np.ndim(n):
        raise UnsupportedError(f"{what} of traced or several orders is not supported on traced arrays")
    return operator.index(n)


# scipy.special


def logsumexp(a: Any, axis: Any = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    a = lifted(a, b)
    if a.dtype.kind == "c":
        raise UnsupportedError("scipy.special.logsumexp of complex numbers is not supported on traced arrays")
    axes = axes_of(a, axis)
    if b is None and not return_sign:
        return _kept(_call("logsumexp", a, axes=axes), a, axes, keepdims)
    if return_sign:
        raise UnsupportedError("scipy.special.logsumexp with return_sign is not supported on traced arrays")
    a, b = np.broadcast_arrays(np.where(np.not_equal(b, 0), a, -np.inf), b)
    top = np.max(a, axis=axes, keepdims=True)
    top = _call("stop_gradient", np.where(np.isfinite(top), top, 0.0))
    total = np.log(np.sum(b * np.exp(a - top), axis=axes, keepdims=True)) + top
    return total if keepdims else np.squeeze(total, axes)[()]


def _kept(y: Any, x: Any, axes: tuple[int, ...], keepdims: bool) -> Any:
    return y.reshape(tuple(1 if k in axes else n for k, n in enumerate(x.shape))) if keepdims else y


def softmax(x: Any, axis: Any = None) -> Any:
    x = lifted(x)
    return _call("softmax", x, axes=axes_of(x, axis))


def log_softmax(x: Any, axis: Any = None) -> Any:
    x = lifted(x)
    return _call("log_softmax", x, axes=axes_of(x, axis))


def polygamma(n: Any, x: Any) -> Any:
    order = _order("scipy.special.polygamma", n)
    return _call("polygamma", x, order=order) if order else _call("digamma", x)


def multigammaln(a: Any, d: Any) -> Any:
    d = _order("scipy.special.multigammaln", d)
    return sum((_call("gammaln", a - 0.5 * j) for j in range(d)), 0.25 * d * (d - 1) * math.log(math.pi))


def spherical_jn(n: Any, z: Any, derivative: bool = False) -> Any:
    n = _order("scipy.special.spherical_jn", n)
    if not derivative:
        return _call("spherical_jn", z, order=n)
    if n == 0:
        return -_call("spherical_jn", z, order=1)
    before, after = (_call("spherical_jn", z, order=k) for k in (n - 1, n + 1))
    return (n * before - (n + 1) * after) / (2 * n + 1)


def factorial(n: Any, exact: bool = False, extend: str = "zero") -> Any:
    if exact or extend != "zero":
        raise UnsupportedError("scipy.special.factorial of this kind is not supported on traced arrays")
    return np.where(np.less(n, 0), 0.0, _call("gamma", np.where(np.less(n, 0), 1.0, n) + 1.0))[()]


# scipy.linalg


def solve(a: Any, b: Any, lower: bool = False, assume_a: Any = None, transposed: bool = False, **ways: Any) -> Any:
    a = lifted(a, b)
    if assume_a in ("sym", "her", "pos", "symmetric", "hermitian", "positive definite"):
        half = np.tril(a) if lower else np.triu(a)  # SciPy reads one half only
        mirrored, diagonal = np.matrix_transpose(half), half
        if assume_a not in ("sym", "symmetric"):
            mirrored, diagonal = mirrored.conj(), np.real(half)
        a = half + mirrored - np.eye(a.shape[-1]) * diagonal
    elif assume_a not in (None, "gen", "general"):
        raise UnsupportedError(f"scipy.linalg.solve with assume_a={assume_a!r} is not supported on traced arrays")
    return np.linalg.solve(np.matrix_transpose(a) if transposed else a, b)


def solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False, **ways: Any
) -> Any:
    a, b = _matrix(a, b), _matrix(b, a)
    if trans in (2, "C"):
        a = a.conj()
    way = {"lower": bool(lower), "transposed": trans in (1, "T", 2, "C"), "unit_diagonal": bool(unit_diagonal)}
    x = wrap(a.owner, linalg.triangular_solve(a.variable, b.variable, **way, absorbing=False))

    def is_regular(matrix: Any) -> Any:
        return linalg.is_regular((linalg.tril if lower else linalg.triu)(matrix, offset=0))

    return x if unit_diagonal else _accepted(is_regular, "singular matrix", a, x)


def inv(a: Any, **ways: Any) -> Any:
    return np.linalg.inv(a)


def pinv(a: Any, *, atol: Any = None, rtol: Any = None, return_rank: bool = False, check_finite: bool = True) -> Any:
    if atol is not None or return_rank:
        raise UnsupportedError("scipy.linalg.pinv with atol= or return_rank=True is not supported on traced arrays")
    return np.linalg.pinv(a, rtol=max(a.shape) * np.finfo(a.dtype).eps if rtol is None else rtol)


def det(a: Any, **ways: Any) -> Any:
    return np.linalg.det(a)


def norm(a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, check_finite: bool = True) -> Any:
    return np.linalg.norm(a, ord, axis, keepdims)


def cholesky(a: Any, lower: bool = False, **ways: Any) -> Any:
    if not lower:  # the other half is read
        return np.matrix_transpose(np.linalg.cholesky(np.matrix_transpose(a)))
    return np.linalg.cholesky(a)


def expm(A: Any) -> Any:
    return _call("expm", A)


# scipy.integrate


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    return np.trapezoid(y, x, dx, axis)


def cumulative_trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: Any = None) -> Any:
    y = np.moveaxis(lifted(y, x), axis, -1)
    if initial not in (None, 0):
        raise ValueError("`initial` must be `None` or `0`.")
    widths = dx if x is None else np.diff(x if np.ndim(x) == 1 else np.moveaxis(lifted(x, y), axis, -1))
    total = np.cumsum(widths * (y[..., 1:] + y[..., :-1]) / 2.0, -1)
    if initial is not None:
        total = np.concatenate([np.zeros((*y.shape[:-1], 1)), total], -1)
    return np.moveaxis(total, -1, axis)


ANSWERS = {
    "scipy.special": {
        f.__name__: f for f in (logsumexp, softmax, log_softmax, polygamma, multigammaln, spherical_jn, factorial)
    },
    "scipy.linalg": {f.__name__: f for f in (solve, solve_triangular, inv, pinv, det, norm, cholesky, expm)},
    "scipy.integrate": {f.__name__: f for f in (trapezoid, cumulative_trapezoid)},
}
