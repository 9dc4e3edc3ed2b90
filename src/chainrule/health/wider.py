"""The same run in more digits: float32 in float64, float64 in NumPy's longdouble where that has more.

What longdouble lacks is made up for: systems of equations, factors and determinants by elimination here, special
functions by mpmath where that is installed. Where nothing helps, the run ends there, and says at which operation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, final

from ..graph import Variable
from ..original import np
from .mpmath_loader import mpmath

_WIDER = {"e": np.float32, "f": np.float64, "d": np.longdouble, "F": np.complex128, "D": np.clongdouble}
MOST = 20_000  # entries that are given to mpmath, which takes them one by one


@final
class Wider:
    """Values in more digits.

    Attributes
    ----------
    values : dict
        By number; none of what depends on an operation that could not be run so.
    dtypes : set of str
        What it was computed in.
    by_mpmath : set of str
        The operations that mpmath has computed.
    missing : dict
        Why there is no value, by the number of the variable where that began.
    flipped : list of Variable
        Comparisons and the like that come out otherwise in more digits.
    """

    def __init__(self, variables: Sequence[Variable], known: Mapping[int, Any]):
        self.values: dict[int, Any] = {}
        self.dtypes: set[str] = set()
        self.by_mpmath: set[str] = set()
        self.missing: dict[int, str] = {}
        self.flipped: list[Variable] = []
        with np.errstate(all="ignore"):
            for v in variables:
                if v.number not in self.values:
                    self._compute(v, known)

    def _compute(self, v: Variable, known: Mapping[int, Any]) -> None:
        if v.operation is None:
            self._begin(v, known)
            return
        lacking = [u.number for u in v.inputs if u.number not in self.values]
        if lacking:
            self.missing.update({part.number: self.missing[lacking[0]] for part in v.results})
            return
        xs = [self.values[u.number] for u in v.inputs]
        if not any(x.dtype.kind in "fc" for x in xs):
            for part in v.results:  # made of whole numbers, as random numbers are: exact as they stand
                self._begin(part, known)
            return
        try:
            results = self._results(v, xs)
        except (TypeError, ValueError, np.linalg.LinAlgError) as error:
            self.missing.update({part.number: f"{v.operation.name}: {error}" for part in v.results})
            return
        for part, value in zip(v.results, results, strict=True):
            self.values[part.number] = value
            if part.dtype.kind not in "fc" and not np.array_equal(value, known[part.number]):
                self.flipped.append(v)

    def _begin(self, v: Variable, known: Mapping[int, Any]) -> None:
        value = np.asarray(known[v.number])
        wide = _WIDER.get(value.dtype.char) if value.dtype.kind in "fc" else value.dtype
        if wide is None or (wide is np.longdouble and np.finfo(wide).eps >= np.finfo(np.float64).eps):
            self.missing[v.number] = f"nothing has more digits than {value.dtype} here"
            return
        if value.dtype.kind in "fc":
            self.dtypes.add(np.dtype(wide).name if wide is not np.longdouble else "longdouble")
        self.values[v.number] = value.astype(wide)

    def _results(self, v: Variable, xs: Sequence[Any]) -> tuple[Any, ...]:
        operation: Any = v.operation
        wants = [_WIDER.get(part.dtype.char, part.dtype) for part in v.results]
        if operation.name == "convert" and v.dtype.kind in "fc":
            return (xs[0].astype(np.promote_types(wants[0], xs[0].dtype)),)
        is_wide = any(x.dtype.char in "gG" for x in xs)
        found = None
        if not (is_wide and operation.name in _ELIMINATIONS):
            try:
                found = operation.compute(xs, v.parameters)
            except TypeError:
                if not is_wide:
                    raise
        else:
            found = _ELIMINATIONS[operation.name](*xs, **operation.named(v.parameters))
        results = None if found is None else (found if isinstance(found, tuple) else (found,))
        if results is None or any(_is_narrower(y, want) for y, want in zip(results, wants, strict=True)):
            results = (self._by_mpmath(v, xs),)
        return tuple(np.asarray(y) for y in results)

    def _by_mpmath(self, v: Variable, xs: Sequence[Any]) -> Any:
        operation: Any = v.operation
        functions, mp = _FUNCTIONS.get(operation.name), mpmath()
        if functions is None or mp is None or v.parameters:
            raise TypeError("longdouble has no such operation")
        if v.size > MOST:
            raise TypeError(f"longdouble has no such operation, and {v.size} numbers are many for mpmath")
        with mp.workprec(80):
            function = functions(mp)
            entries = [_as_number(function(*map(_as_mpf(mp), each))) for each in np.broadcast(*xs)]
        self.by_mpmath.add(operation.name)
        return np.array(entries, np.longdouble).reshape(v.shape)


def _is_narrower(y: Any, wanted: Any) -> bool:
    dtype = np.asarray(y).dtype
    return np.promote_types(dtype, wanted) != dtype


def _as_mpf(mp: Any) -> Callable[[Any], Any]:
    def convert(x: Any) -> Any:
        high = float(x)
        return mp.mpf(high) + mp.mpf(float(x - np.longdouble(high))) if np.isfinite(high) else mp.mpf(high)

    return convert


def _as_number(m: Any) -> Any:
    m = getattr(m, "real", m)
    high = float(m)
    return np.longdouble(high) + np.longdouble(float(m - high)) if np.isfinite(high) else np.longdouble(high)


_FUNCTIONS: Mapping[str, Callable[[Any], Callable[..., Any]]] = {
    "erf": lambda mp: mp.erf,
    "erfc": lambda mp: mp.erfc,
    "erfi": lambda mp: mp.erfi,
    "erfinv": lambda mp: mp.erfinv,
    "erfcx": lambda mp: lambda x: mp.exp(x * x) * mp.erfc(x),
    "ndtr": lambda mp: mp.ncdf,
    "log_ndtr": lambda mp: lambda x: mp.log(mp.ncdf(x)),
    "gamma": lambda mp: mp.gamma,
    "gammaln": lambda mp: lambda x: mp.re(mp.loggamma(x)) if x > 0 else mp.log(abs(mp.gamma(x))),
    "loggamma": lambda mp: mp.loggamma,
    "digamma": lambda mp: mp.digamma,
    "beta": lambda mp: mp.beta,
    "betaln": lambda mp: lambda a, b: mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b),
    "expit": lambda mp: lambda x: 1 / (1 + mp.exp(-x)),
    "logit": lambda mp: lambda x: mp.log(x / (1 - x)),
    "softplus": lambda mp: lambda x: mp.log1p(mp.exp(x)),
    "log_expit": lambda mp: lambda x: -mp.log1p(mp.exp(-x)),
    "log_cosh": lambda mp: lambda x: mp.log(mp.cosh(x)),
    "sech_squared": lambda mp: lambda x: mp.sech(x) ** 2,
    "xlogy": lambda mp: lambda x, y: mp.mpf(0) if x == 0 else x * mp.log(y),
    "xlog1py": lambda mp: lambda x, y: mp.mpf(0) if x == 0 else x * mp.log1p(y),
    "sinc": lambda mp: mp.sincpi,
    "j0": lambda mp: mp.j0,
    "j1": lambda mp: mp.j1,
    "y0": lambda mp: lambda x: mp.bessely(0, x),
    "y1": lambda mp: lambda x: mp.bessely(1, x),
    "i0": lambda mp: lambda x: mp.besseli(0, x),
    "i1": lambda mp: lambda x: mp.besseli(1, x),
    "k0": lambda mp: lambda x: mp.besselk(0, x),
    "k1": lambda mp: lambda x: mp.besselk(1, x),
}


# Elimination in longdouble, which LAPACK does not know. Matrices are the last two axes.


def _eliminated(A: Any, b: Any) -> tuple[Any, Any, Any]:
    """Upper triangles, right sides, signs of the interchanges of rows; with the largest pivots."""
    batch = np.broadcast_shapes(A.shape[:-2], b.shape[:-2])
    U = np.array(np.broadcast_to(A, batch + A.shape[-2:]), np.longdouble)
    y = np.array(np.broadcast_to(b, batch + b.shape[-2:]), np.longdouble)
    sign = np.ones(batch, np.longdouble)
    for place in np.ndindex(batch):
        for k in range(A.shape[-1]):
            p = k + int(np.argmax(np.abs(U[place][k:, k])))
            if p != k:
                U[place][[k, p]], y[place][[k, p]] = U[place][[p, k]], y[place][[p, k]]
                sign[place] *= -1
            if U[place][k, k] == 0:
                continue
            ratio = U[place][k + 1 :, k] / U[place][k, k]
            U[place][k + 1 :] -= ratio[:, None] * U[place][k]
            y[place][k + 1 :] -= ratio[:, None] * y[place][k]
    return U, y, sign


def _substituted(T: Any, y: Any, lower: bool, unit_diagonal: bool = False) -> Any:
    n = T.shape[-1]
    x = np.array(y, np.longdouble)
    for k in range(n) if lower else reversed(range(n)):
        if not unit_diagonal:
            x[..., k, :] /= T[..., k, k, None]
        rest = slice(k + 1, n) if lower else slice(0, k)
        x[..., rest, :] -= T[..., rest, k, None] * x[..., k, None, :]
    return x


def _solve(A: Any, b: Any, *, absorbing: bool) -> Any:
    columns = b[:, None] if b.ndim == 1 else b
    U, y, _ = _eliminated(A, columns)
    x = _substituted(U, y, lower=False)
    return x[..., 0] if b.ndim == 1 else x


def _triangular_solve(A: Any, b: Any, *, lower: bool, transposed: bool, unit_diagonal: bool, absorbing: bool) -> Any:
    columns = b[:, None] if b.ndim == 1 else b
    batch = np.broadcast_shapes(A.shape[:-2], columns.shape[:-2])
    T = np.broadcast_to(np.swapaxes(A, -1, -2) if transposed else A, batch + A.shape[-2:])
    y = np.broadcast_to(columns, batch + columns.shape[-2:])
    x = _substituted(T, y, lower != transposed, unit_diagonal)
    return x[..., 0] if b.ndim == 1 else x


def _inv(A: Any) -> Any:
    return _solve(A, np.eye(A.shape[-1], dtype=np.longdouble), absorbing=False)


def _det(A: Any) -> Any:
    U, _, sign = _eliminated(A, np.zeros((A.shape[-1], 1), np.longdouble))
    return sign * np.prod(np.diagonal(U, axis1=-2, axis2=-1), axis=-1)


def _slogdet(A: Any) -> Any:
    U, _, sign = _eliminated(A, np.zeros((A.shape[-1], 1), np.longdouble))
    pivots = np.diagonal(U, axis1=-2, axis2=-1)
    return sign * np.prod(np.sign(pivots), axis=-1), np.sum(np.log(np.abs(pivots)), axis=-1)


def _cofactor(A: Any) -> Any:
    """Of regular matrices."""
    return np.swapaxes(_inv(A), -1, -2) * _det(A)[..., None, None]


def _cholesky(A: Any) -> Any:
    L = np.tril(A).astype(np.longdouble)
    for k in range(A.shape[-1]):
        L[..., k, k] = np.sqrt(L[..., k, k])
        L[..., k + 1 :, k] /= L[..., k, k, None]
        L[..., k + 1 :, k + 1 :] -= L[..., k + 1 :, k, None] * L[..., None, k + 1 :, k]
    return np.tril(L)


_ELIMINATIONS: Mapping[str, Callable[..., Any]] = {
    "solve": _solve,
    "triangular_solve": _triangular_solve,
    "inv": _inv,
    "det": _det,
    "slogdet": _slogdet,
    "cholesky": _cholesky,
    "cofactor": _cofactor,
}
