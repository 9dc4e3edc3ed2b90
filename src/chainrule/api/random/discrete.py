"""Draws from discrete distributions. Integers and booleans carry no derivative, so none flows through them."""

from __future__ import annotations

import operator
from typing import Any

from ...errors import ArgumentError, DtypeError, ShapeError
from ...ops.quantiles import binomial_quantile, poisson_quantile
from ...ops.random import random_bits, random_centered, random_integers, random_quarters, random_uniform
from ...original import np
from .keys import as_array, checked, drawn, finished, is_traced, last_axis, parameter, shape_for, shape_of
from .standard import standard_gumbel

_is_probability = lambda x: (x >= 0) & (x <= 1)


def bits(key: Any, shape: Any = (), dtype: Any = np.uint64) -> Any:
    """Random bits.

    Parameters
    ----------
    key : array of uint64, shape (2,)
    shape : tuple of int
    dtype : dtype
        An unsigned integer.

    Returns
    -------
    bits : array of dtype, shape `shape`

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cr.random.bits(cr.random.key(0), (3,), np.uint8)
    array([155, 178, 121], dtype=uint8)
    """
    wanted = np.dtype(dtype)
    if wanted.kind != "u":
        raise DtypeError(f"bits are of an unsigned dtype, not {wanted}", try_="dtype=np.uint64")
    words = drawn(random_bits, checked(key), shape=shape_of(shape))
    return finished(words, wanted)


def bernoulli(key: Any, p: Any = 0.5, shape: Any = None) -> Any:
    """Draws that are True with probability p.

    Parameters
    ----------
    key : array of uint64, shape (2,)
    p : array of float
    shape : tuple of int, optional
        By default that of p.

    Returns
    -------
    draws : array of bool, shape `shape`

    Raises
    ------
    ArgumentError
        If p is no probability.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.random.bernoulli(cr.random.key(0), 0.25, (100_000,)).mean().round(2)
    np.float64(0.25)
    """
    wanted = shape_for(shape, p)
    p = parameter("p", p, _is_probability, "between 0 and 1")
    return finished(drawn(random_uniform, checked(key), shape=wanted, dtype="float64") < p)


def mask(key: Any, p: Any = 0.5, shape: Any = None) -> Any:
    """Draws that are True with probability p, rounded to a multiple of 2^-16: many at little cost, for dropout.

    They are not those of `bernoulli`, which takes four times as many bits and rounds p to 2^-53.

    Parameters
    ----------
    key : array of uint64, shape (2,)
    p : array of float
    shape : tuple of int, optional
        By default that of p.

    Returns
    -------
    draws : array of bool, shape `shape`

    Raises
    ------
    ArgumentError
        If p is no probability.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.random.mask(cr.random.key(0), 0.8, (100_000,)).mean().round(2)
    np.float64(0.8)
    """
    wanted = shape_for(shape, p)
    p = parameter("p", p, _is_probability, "between 0 and 1")
    return finished(drawn(random_quarters, checked(key), shape=wanted) < np.rint(p * 2**16).astype(np.int32))


def binomial(key: Any, n: Any, p: Any, shape: Any = None, dtype: Any = int) -> Any:
    """How many of n independent events of probability p happen.

    Parameters
    ----------
    key : array of uint64, shape (2,)
    n : array of int
    p : array of float
    shape : tuple of int, optional
        By default that of the parameters.
    dtype : dtype
        An integer.

    Returns
    -------
    draws : array of dtype, shape `shape`

    Raises
    ------
    ArgumentError
        If n is negative, or p no probability.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.random.binomial(cr.random.key(0), 10, 0.3, (100_000,)).mean().round(1)
    np.float64(3.0)
    """
    wanted = shape_for(shape, n, p)
    n = parameter("n", n, lambda x: (x >= 0) & (x == np.floor(x)), "a whole number of at least 0")
    p = parameter("p", p, _is_probability, "between 0 and 1")
    v = drawn(random_centered, checked(key), shape=wanted)
    return finished(drawn(binomial_quantile, v, n, p), _integer(dtype))


def poisson(key: Any, lam: Any, shape: Any = None, dtype: Any = int) -> Any:
    """How many independent events happen where lam are expected.

    Parameters, results and errors are those of `binomial`, with a finite lam of at least 0.

    Examples
    --------
    >>> import chainrule as cr
    >>> draws = cr.random.poisson(cr.random.key(0), 3.5, (100_000,))
    >>> draws.mean().round(1), draws.var().round(1)
    (np.float64(3.5), np.float64(3.5))
    """
    wanted = shape_for(shape, lam)
    lam = parameter("lam", lam, lambda x: (x >= 0) & np.isfinite(x), "finite and at least 0")
    v = drawn(random_centered, checked(key), shape=wanted)
    return finished(drawn(poisson_quantile, v, lam), _integer(dtype))


def randint(key: Any, shape: Any, minval: Any, maxval: Any, dtype: Any = int) -> Any:
    """Draws of the integers from minval, less than maxval, all equally likely.

    Parameters
    ----------
    key : array of uint64, shape (2,)
    shape : tuple of int
    minval, maxval : array of int
        Of 64 bits with a sign.
    dtype : dtype
        An integer.

    Returns
    -------
    draws : array of dtype, shape `shape`

    Raises
    ------
    ArgumentError
        If maxval is not above minval.
    DtypeError
        If they are no integers.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> np.bincount(cr.random.randint(cr.random.key(0), (60_000,), 0, 3)).round(-3)
    array([20000, 20000, 20000])
    """
    low, high = as_array(minval), as_array(maxval)
    for x in (low, high):
        if x.dtype.kind not in "iu" or x.dtype == np.uint64:
            raise DtypeError(f"the bounds of randint are integers of 64 bits with a sign, not of dtype {x.dtype}")
    if not is_traced(low, high) and not np.all(low < high):
        raise ArgumentError("maxval is above minval", got=f"minval = {minval}, maxval = {maxval}")
    wanted, result = shape_for(shape, low, high), _integer(dtype)
    return finished(drawn(random_integers, checked(key), low, high, shape=wanted, dtype=result.name))


def rademacher(key: Any, shape: Any = (), dtype: Any = int) -> Any:
    """Draws of -1 and 1.

    Parameters
    ----------
    key : array of uint64, shape (2,)
    shape : tuple of int
    dtype : dtype

    Returns
    -------
    draws : array of dtype, shape `shape`

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> np.unique(cr.random.rademacher(cr.random.key(0), (100,)))
    array([-1,  1])
    """
    signs = np.where(drawn(random_centered, checked(key), shape=shape_of(shape)) < 0, -1, 1)
    return finished(signs, np.dtype(dtype))


def categorical(key: Any, logits: Any, axis: int = -1, shape: Any = None) -> Any:
    """Draws of classes with the probabilities softmax(logits), by the largest of logits and Gumbel noise.

    Parameters
    ----------
    key : array of uint64, shape (2,)
    logits : array of float, shape (..., k, ...)
        Unnormalized log-probabilities; -inf for a class that never comes.
    axis : int
        That of the classes.
    shape : tuple of int, optional
        Of the draws: by default that of logits without the axis, to which it has to broadcast.

    Returns
    -------
    classes : array of int, shape `shape`

    Raises
    ------
    ShapeError
        If logits has no axis of classes.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> classes = cr.random.categorical(cr.random.key(0), np.log([0.5, 0.2, 0.3]), shape=(100_000,))
    >>> (np.bincount(classes) / 100_000).round(2)
    array([0.5, 0.2, 0.3])
    """
    last_axis("logits", logits)
    logits = np.moveaxis(parameter("logits", logits, lambda x: x < np.inf, "less than inf"), axis, -1)
    batch = shape_for(shape, np.zeros(logits.shape[:-1]))
    noise = standard_gumbel(key, (*batch, logits.shape[-1]))
    return finished(np.argmax(logits + noise, axis=-1))


def permutation(key: Any, x: Any, axis: int = 0, independent: bool = False) -> Any:
    """What an axis holds, in random order.

    Parameters
    ----------
    key : array of uint64, shape (2,)
    x : int or array
        An integer n stands for np.arange(n).
    axis : int
    independent : bool
        Whether each row along the axis has an order of its own.

    Returns
    -------
    permuted : array, shape x.shape

    Derivative
    ----------
    That of indexing: a permutation.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.random.permutation(cr.random.key(0), 5)
    array([0, 2, 1, 4, 3])
    """
    x = _choices(x)
    axis = operator.index(axis) % x.ndim
    if independent:
        order = np.argsort(drawn(random_bits, checked(key), shape=x.shape), axis=axis)
        return finished(np.take_along_axis(x, order, axis))
    return finished(np.take(x, _order(key, x.shape[axis]), axis))


def choice(key: Any, a: Any, shape: Any = (), replace: bool = True, p: Any = None, axis: int = 0) -> Any:
    """Draws of what an axis holds.

    Parameters
    ----------
    key : array of uint64, shape (2,)
    a : int or array
        An integer n stands for np.arange(n).
    shape : tuple of int
    replace : bool
        Whether one may come more than once.
    p : array of float, shape (a.shape[axis],), optional
        How likely each is; all the same by default.
    axis : int

    Returns
    -------
    chosen : array
        The axis of a is replaced by those of `shape`.

    Raises
    ------
    ArgumentError
        If there is nothing to choose from, more is wanted than there is, or p holds no probabilities of sum 1.
    ShapeError
        If p is not of shape (a.shape[axis],).

    Derivative
    ----------
    By a that of indexing, by p none: indices are integers.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> sorted(cr.random.choice(cr.random.key(0), 4, (4,), replace=False).tolist())
    [0, 1, 2, 3]
    """
    a, wanted = _choices(a), shape_of(shape)
    axis = operator.index(axis) % a.ndim
    n, count = a.shape[axis], int(np.prod(wanted))
    if not n and count:
        raise ArgumentError("there is nothing to choose from")
    if not replace and count > n:
        raise ArgumentError(f"{count} different ones cannot be chosen from {n}", try_="replace=True")
    if p is not None:
        p = parameter("p", p, _is_probability, "between 0 and 1")
        if p.shape != (n,):
            raise ShapeError(f"p has one probability for each of the {n}, not the shape {p.shape}")
        if not is_traced(p) and not np.isclose(p.sum(), 1):
            raise ArgumentError("the probabilities p have a sum of 1", got=f"a sum of {p.sum()}")
    if p is None and replace:
        places = drawn(random_integers, checked(key), np.array(0), np.array(n), shape=wanted, dtype="int64")
    elif p is None:
        places = _order(key, n)[:count].reshape(wanted)
    elif replace:
        ends = np.cumsum(p)
        u = drawn(random_uniform, checked(key), shape=wanted, dtype="float64")
        places = np.searchsorted(ends / ends[-1], u, side="right")  # the last one is 1, and u is less
    else:
        possible = p > 0
        if not is_traced(p) and count > possible.sum():
            raise ArgumentError(f"{count} different ones cannot be chosen where {possible.sum()} are possible")
        score = np.where(possible, np.log(np.where(possible, p, 1.0)) + standard_gumbel(key, (n,)), -np.inf)
        places = np.argsort(-score)[:count].reshape(wanted)
    return finished(np.take(a, places, axis))


def _order(key: Any, n: int) -> Any:
    """A random order of n: that of 64 bits for each, of which no two are equal but once in 10^19 pairs."""
    return np.argsort(drawn(random_bits, checked(key), shape=(n,)))


def _choices(a: Any) -> Any:
    a = as_array(a)
    if a.ndim:
        return a
    if is_traced(a) or a.dtype.kind not in "iu":
        raise ArgumentError("what is chosen from is an array, or an int", got=f"dtype {a.dtype}, shape ()")
    return np.arange(int(a))


def _integer(dtype: Any) -> np.dtype:
    found = np.dtype(dtype)
    if found.kind not in "iu":
        raise DtypeError(f"the draws are integers, not of dtype {found}", try_="draws.astype(...) afterwards")
    return found
