"""Draws from continuous distributions: each is a quantile of a uniform number, written in operations that are traced.

So a derivative by a parameter is that of the draw at a fixed key, the reparameterization. A number between 0 and 1
enters by its distance v from 1/2, of which both tails are exact, to 2^-54.
"""

from __future__ import annotations

import math
from typing import Any

from ...ops import special
from ...ops.quantiles import log_gamma_quantile
from ...ops.random import random_uniform
from ...ops.reduction import softmax
from ...original import np
from .keys import (
    as_array,
    checked,
    drawn,
    finished,
    float_dtype,
    is_traced,
    last_axis,
    parameter,
    shape_for,
    shape_of,
    two,
)
from .standard import centered, log_probabilities, signed, standard_exponential, standard_gumbel, standard_normal, tail


def uniform(key: Any, shape: Any = (), dtype: Any = float, minval: Any = 0.0, maxval: Any = 1.0) -> Any:
    """Draws that are uniform in [minval, maxval).

    Parameters
    ----------
    key : array of uint64, shape (2,)
    shape : tuple of int
    dtype : dtype
        float32 or float64.
    minval, maxval : array of float, of a shape that broadcasts to `shape`

    Returns
    -------
    draws : array of dtype, shape `shape`
        Never maxval itself, also where rounding would give it.

    Derivative
    ----------
    1 - u by minval and u by maxval, for the draw u of [0, 1).

    Raises
    ------
    DtypeError, ShapeError
        For a seed instead of a key, a dtype that cannot hold draws, a shape with negative sizes.

    Examples
    --------
    >>> import chainrule as cr
    >>> key = cr.random.key(7)
    >>> u = cr.random.uniform(key)
    >>> cr.grad(lambda high: cr.random.uniform(key, maxval=high))(3.0) == u
    np.True_
    """
    checked(key)
    wanted, result = shape_for(shape, minval, maxval), float_dtype(dtype)
    u = drawn(random_uniform, key, shape=wanted, dtype=result.name)
    if type(minval) in (int, float) and type(maxval) in (int, float) and (minval, maxval) == (0, 1):
        return finished(u)
    low, high = (
        parameter("minval", minval, np.isfinite, "finite"),
        parameter("maxval", maxval, np.isfinite, "finite"),
    )
    low, high = low.astype(result), high.astype(result)
    draws = u * (high - low) + low
    return finished(np.where(draws < high, draws, low), result)


def normal(key: Any, shape: Any = (), dtype: Any = float) -> Any:
    """Draws from the standard normal distribution; write ``mean + deviation * normal(key)`` for others.

    Parameters
    ----------
    key : array of uint64, shape (2,)
    shape : tuple of int
    dtype : dtype

    Returns
    -------
    draws : array of dtype, shape `shape`

    Raises
    ------
    DtypeError, ShapeError
        For a seed instead of a key, a dtype that cannot hold draws, a shape with negative sizes.

    Examples
    --------
    >>> import chainrule as cr
    >>> key = cr.random.key(0)
    >>> z = cr.random.normal(key)
    >>> cr.grad(lambda mean, deviation: mean + deviation * cr.random.normal(key), argnums=1)(1.0, 2.0) == z
    np.True_
    """
    return finished(standard_normal(key, shape_of(shape)), float_dtype(dtype))


def truncated_normal(key: Any, lower: Any, upper: Any, shape: Any = None, dtype: Any = float) -> Any:
    """Draws from the standard normal distribution between two bounds.

    Parameters
    ----------
    key : array of uint64, shape (2,)
    lower, upper : array of float
        May be infinite.
    shape : tuple of int, optional
        By default that of the bounds.
    dtype : dtype

    Returns
    -------
    draws : array of dtype, shape `shape`

    Derivative
    ----------
    (1 - u) phi(lower) / phi(draw) by lower, u phi(upper) / phi(draw) by upper.

    Raises
    ------
    ArgumentError
        If lower is not less than upper.

    Notes
    -----
    Computed by logarithms of probabilities in the nearer tail, so bounds far out are as exact as others.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> draws = cr.random.truncated_normal(cr.random.key(0), 30.0, np.inf, (1000,))
    >>> bool(draws.min() > 30.0), draws.mean().round(3)
    (True, np.float64(30.033))
    """
    is_number = lambda x: ~np.isnan(x)
    a, b = parameter("lower", lower, is_number, "a number"), parameter("upper", upper, is_number, "a number")
    if not is_traced(a, b):
        parameter("upper - lower", b > a, lambda x: x, "positive")
    v = centered(key, shape_for(shape, lower, upper))
    turned = a > -b
    a, b = np.where(turned, -b, a), np.where(turned, -a, b)
    log_below, log_above = log_probabilities(v)
    log_ndtr = lambda x: drawn(special.log_ndtr, x)
    log_p = np.logaddexp(log_ndtr(a) + log_above, log_ndtr(b) + log_below)
    draws = drawn(special.ndtri_exp, log_p)
    draws = np.where(draws < a, a, np.where(draws > b, b, draws))
    return finished(np.where(turned, -draws, draws), float_dtype(dtype))


def exponential(key: Any, shape: Any = (), dtype: Any = float) -> Any:
    """Draws from the exponential distribution of mean 1.

    Parameters, results and errors are those of `normal`.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.random.exponential(cr.random.key(0), (100_000,)).mean().round(2)
    np.float64(1.0)
    """
    return finished(standard_exponential(key, shape_of(shape)), float_dtype(dtype))


def laplace(key: Any, shape: Any = (), dtype: Any = float) -> Any:
    """Draws from the Laplace distribution of location 0 and scale 1.

    Parameters, results and errors are those of `normal`.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> np.median(np.abs(cr.random.laplace(cr.random.key(0), (100_000,)))).round(2)  # log 2
    np.float64(0.69)
    """
    v = centered(key, shape_of(shape))
    return finished(signed(v, -np.log(2 * tail(v))), float_dtype(dtype))


def logistic(key: Any, shape: Any = (), dtype: Any = float) -> Any:
    """Draws from the logistic distribution: log(u / (1 - u)).

    Parameters, results and errors are those of `normal`.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.random.logistic(cr.random.key(0), (100_000,)).std().round(1)  # pi / sqrt(3)
    np.float64(1.8)
    """
    v = centered(key, shape_of(shape))
    log_below, log_above = log_probabilities(v)
    return finished(log_below - log_above, float_dtype(dtype))


def gumbel(key: Any, shape: Any = (), dtype: Any = float) -> Any:
    """Draws from the Gumbel distribution, that of the largest of many: -log(-log(u)).

    Parameters, results and errors are those of `normal`.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.random.gumbel(cr.random.key(0), (100_000,)).mean().round(1)  # Euler's constant
    np.float64(0.6)
    """
    return finished(standard_gumbel(key, shape_of(shape)), float_dtype(dtype))


def cauchy(key: Any, shape: Any = (), dtype: Any = float) -> Any:
    """Draws from the Cauchy distribution: tan(pi v).

    Parameters, results and errors are those of `normal`.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> np.median(np.abs(cr.random.cauchy(cr.random.key(0), (100_000,)))).round(1)
    np.float64(1.0)
    """
    v = centered(key, shape_of(shape))
    near, far = np.tan(math.pi * v), 1 / np.tan(math.pi * tail(v))  # each exact where the other one is not
    return finished(np.where(np.abs(v) < 0.25, near, signed(v, far)), float_dtype(dtype))


def lognormal(key: Any, sigma: Any = 1.0, shape: Any = None, dtype: Any = float) -> Any:
    """Draws of exp(sigma z), z standard normal.

    Parameters
    ----------
    key : array of uint64, shape (2,)
    sigma : array of float
    shape : tuple of int, optional
        By default that of the parameters.
    dtype : dtype

    Returns
    -------
    draws : array of dtype, shape `shape`

    Raises
    ------
    ArgumentError
        If sigma is negative.

    Derivative
    ----------
    z exp(sigma z).

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.random.lognormal(cr.random.key(0), 0.0)
    np.float64(1.0)
    """
    s = parameter("sigma", sigma, lambda x: x >= 0, "at least 0")
    z = standard_normal(key, shape_for(shape, sigma))
    return finished(np.exp(s * z), float_dtype(dtype))


def rayleigh(key: Any, scale: Any = 1.0, shape: Any = None, dtype: Any = float) -> Any:
    """Draws from the Rayleigh distribution: scale sqrt(2 e), e exponential.

    Parameters, results and errors are those of `lognormal`, with a scale of at least 0.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.grad(lambda s: cr.random.rayleigh(cr.random.key(0), s))(3.0) == cr.random.rayleigh(cr.random.key(0))
    np.True_
    """
    s = parameter("scale", scale, lambda x: x >= 0, "at least 0")
    return finished(s * np.sqrt(2 * standard_exponential(key, shape_for(shape, scale))), float_dtype(dtype))


def weibull_min(key: Any, scale: Any, concentration: Any, shape: Any = None, dtype: Any = float) -> Any:
    """Draws from the Weibull distribution: scale e^(1 / concentration), e exponential.

    Parameters
    ----------
    key : array of uint64, shape (2,)
    scale, concentration : array of float
        Not negative, and positive.
    shape : tuple of int, optional
        By default that of the parameters.
    dtype : dtype

    Returns
    -------
    draws : array of dtype, shape `shape`

    Raises
    ------
    ArgumentError
        For parameters out of their range.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.random.weibull_min(cr.random.key(0), 2.0, 1.0) == 2.0 * cr.random.exponential(cr.random.key(0))
    np.True_
    """
    s = parameter("scale", scale, lambda x: x >= 0, "at least 0")
    c = parameter("concentration", concentration, lambda x: x > 0, "positive")
    e = standard_exponential(key, shape_for(shape, scale, concentration))
    return finished(s * e ** (1 / c), float_dtype(dtype))


def pareto(key: Any, b: Any, shape: Any = None, dtype: Any = float) -> Any:
    """Draws from the Pareto distribution, which begins at 1: exp(e / b), e exponential.

    Parameters, results and errors are those of `lognormal`, with a positive shape parameter b.

    Examples
    --------
    >>> import chainrule as cr
    >>> bool(cr.random.pareto(cr.random.key(0), 2.0, (1000,)).min() >= 1)
    True
    """
    b = parameter("b", b, lambda x: x > 0, "positive")
    return finished(np.exp(standard_exponential(key, shape_for(shape, b)) / b), float_dtype(dtype))


# The gamma distribution, and what is made of it


def loggamma(key: Any, a: Any, shape: Any = None, dtype: Any = float) -> Any:
    """The logarithm of draws from the gamma distribution of shape a; finite where, for a small a, they would be 0.

    Parameters, results, errors and derivative are those of `gamma`.

    Examples
    --------
    >>> import chainrule as cr
    >>> bool(cr.random.loggamma(cr.random.key(0), 1e-4) < -1000)
    True
    """
    return finished(_loggamma(key, "a", a, shape), float_dtype(dtype))


def gamma(key: Any, a: Any, shape: Any = None, dtype: Any = float) -> Any:
    """Draws from the gamma distribution of shape a and scale 1.

    Parameters
    ----------
    key : array of uint64, shape (2,)
    a : array of float
        Positive.
    shape : tuple of int, optional
        By default that of a.
    dtype : dtype

    Returns
    -------
    draws : array of dtype, shape `shape`

    Raises
    ------
    ArgumentError
        If a is not positive.

    Derivative
    ----------
    -(dP / da) / (dP / dx) for the distribution function P(a, x): how the quantile moves with a. To any order.

    Source
    ------
    Figurnov, Mohamed, Mnih, Implicit reparameterization gradients (2018), (5).

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> mean = lambda a: np.mean(cr.random.gamma(cr.random.key(0), a, (10_000,)))
    >>> cr.grad(mean)(3.0).round(1)  # the mean is a
    np.float64(1.0)
    """
    return finished(np.exp(_loggamma(key, "a", a, shape)), float_dtype(dtype))


def beta(key: Any, a: Any, b: Any, shape: Any = None, dtype: Any = float) -> Any:
    """Draws from the beta distribution: x / (x + y) for gamma variates x and y of the shapes a and b.

    Parameters
    ----------
    key : array of uint64, shape (2,)
    a, b : array of float
        Positive.
    shape : tuple of int, optional
        By default that of the parameters.
    dtype : dtype

    Returns
    -------
    draws : array of dtype, shape `shape`

    Raises
    ------
    ArgumentError
        If a or b is not positive.

    Derivative
    ----------
    By those of the two gamma variates.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.random.beta(cr.random.key(0), 2.0, 6.0, (100_000,)).mean().round(2)
    np.float64(0.25)
    """
    shape = shape_for(shape, a, b)
    x, y = (_loggamma(k, *rest, shape) for k, rest in zip(two(key), (("a", a), ("b", b)), strict=True))
    return finished(drawn(special.expit, x - y), float_dtype(dtype))


def chisquare(key: Any, df: Any, shape: Any = None, dtype: Any = float) -> Any:
    """Draws of the sum of df squares of standard normal variates.

    Parameters, results and errors are those of `gamma`, with positive degrees of freedom df.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.random.chisquare(cr.random.key(0), 3.0) == 2 * cr.random.gamma(cr.random.key(0), 1.5)
    np.True_
    """
    return finished(2 * np.exp(_loggamma(key, "df", df, shape, 0.5)), float_dtype(dtype))


def t(key: Any, df: Any, shape: Any = None, dtype: Any = float) -> Any:
    """Draws from Student's t distribution: z / sqrt(x / df) for z standard normal and x chi-square of df degrees.

    Parameters, results and errors are those of `gamma`, with positive degrees of freedom df.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.random.t(cr.random.key(1), 12.0, (100_000,)).var().round(1)  # 12 / 10
    np.float64(1.2)
    """
    shape = shape_for(shape, df)
    first, second = two(key)
    half = 0.5 * parameter("df", df, lambda x: x > 0, "positive")
    draws = standard_normal(first, shape) * np.sqrt(half) * np.exp(-0.5 * _loggamma(second, "df", df, shape, 0.5))
    return finished(draws, float_dtype(dtype))


def dirichlet(key: Any, alpha: Any, shape: Any = None, dtype: Any = float) -> Any:
    """Draws from the Dirichlet distribution: gamma variates over their sum.

    Parameters
    ----------
    key : array of uint64, shape (2,)
    alpha : array of float, shape (..., k)
        Positive.
    shape : tuple of int, optional
        Of the draws without their last axis; by default that of alpha.
    dtype : dtype

    Returns
    -------
    draws : array of dtype, shape (*shape, k)
        With a sum of 1 along the last axis.

    Raises
    ------
    ArgumentError
        If alpha is not positive.
    ShapeError
        If alpha has no axis.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.random.dirichlet(cr.random.key(0), np.array([1.0, 2.0, 5.0]), (100_000,)).mean(0).round(2)
    array([0.12, 0.25, 0.62])
    """
    k = last_axis("alpha", alpha)
    batch = shape_for(shape, np.zeros(as_array(alpha).shape[:-1]))
    x = _loggamma(key, "alpha", alpha, (*batch, k))
    return finished(drawn(softmax, x, axes=(len(batch),)), float_dtype(dtype))


def _loggamma(key: Any, name: str, a: Any, shape: Any, times: float = 1.0) -> Any:
    a = parameter(name, a, lambda x: x > 0, "positive")
    v = centered(key, shape_for(shape, a))
    return drawn(log_gamma_quantile, v, times * a)
