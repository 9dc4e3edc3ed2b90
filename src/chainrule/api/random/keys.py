"""Keys: what a draw is a function of. A key is an array, so it goes through all transforms as data does."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from ...errors import ArgumentError, DtypeError, ShapeError
from ...ops.operation import Operation
from ...ops.random import random_fold, random_split
from ...original import np
from ...tracing import Array, declared_call, memory_of, trace_of, variable_of, wrap
from ...tracing.array import SCALAR
from ...tracing.memory import adopted
from ...tracing.names.creation import is_answered

_CURE = "key = cr.random.key(0)"


def key(seed: int) -> Any:
    """A key of a seed.

    Parameters
    ----------
    seed : int
        Any integer of 64 bits; it may be traced.

    Returns
    -------
    key : array of uint64, shape (2,)

    Raises
    ------
    DtypeError
        If the seed is no integer.
    ArgumentError
        If it has more than 64 bits.

    Notes
    -----
    A draw is a function of its key, shape and dtype, and of nothing else: the same key gives the same numbers, in every
    version of NumPy. So use each key once: for more draws, `split` it, or `fold_in` the number of a step.

    Examples
    --------
    >>> import chainrule as cr
    >>> key = cr.random.key(0)
    >>> key
    array([0, 0], dtype=uint64)
    >>> cr.random.normal(key) == cr.random.normal(key)
    np.True_
    """
    if type(seed) is Array and seed.ndim == 0 and seed.dtype.kind in "iu":
        word = seed.astype(np.uint64)
        return np.stack([np.zeros_like(word), word])
    try:
        number = operator.index(memory_of(seed))
    except TypeError:
        raise DtypeError(
            f"a seed is an integer, not {type(memory_of(seed)).__name__}", wanted="an int", try_=_CURE
        ) from None
    if not -(2**63) <= number < 2**64:
        raise ArgumentError(f"a seed has at most 64 bits, and {number} has more")
    return finished(np.array([0, number % 2**64], np.uint64))


def split(key: Any, num: int = 2) -> Any:
    """New keys of a key, whose draws are independent of each other and of its own.

    Parameters
    ----------
    key : array of uint64, shape (2,)
    num : int

    Returns
    -------
    keys : array of uint64, shape (num, 2)
        The first ones are the same whatever num is.

    Examples
    --------
    >>> import chainrule as cr
    >>> first, second = cr.random.split(cr.random.key(0))
    >>> cr.random.split(cr.random.key(0), 5).shape
    (5, 2)
    """
    number = _size("num", num)
    return finished(drawn(random_split, checked(key), num=number))


def fold_in(key: Any, data: Any) -> Any:
    """A new key of a key and an integer: of the number of a step, say.

    Parameters
    ----------
    key : array of uint64, shape (2,)
    data : int
        Of 64 bits at most; it may be traced, as the number of a step of `cr.fori_loop` is.

    Returns
    -------
    key : array of uint64, shape (2,)

    Raises
    ------
    DtypeError
        If data is no integer.

    Examples
    --------
    >>> import chainrule as cr
    >>> key = cr.random.key(0)
    >>> noise = [cr.random.normal(cr.random.fold_in(key, step)) for step in range(3)]
    """
    checked(key)
    data = memory_of(data)
    if type(data) is not Array:
        if isinstance(data, int) and not -(2**63) <= data < 2**64:
            raise ArgumentError(f"what is folded into a key has at most 64 bits, and {data} has more")
        data = np.asarray(data)
    if data.dtype.kind not in "iu":
        raise DtypeError(f"what is folded into a key is an integer, not of dtype {data.dtype}", wanted="an int")
    if data.ndim:
        raise ShapeError(
            f"one integer is folded into a key, not an array of shape {data.shape}",
            try_="cr.vmap(cr.random.fold_in, in_axes=(None, 0))(key, data)",
        )
    return finished(drawn(random_fold, key, data))


def two(key: Any) -> Any:
    """Two keys, for draws that are made of two."""
    keys = drawn(random_split, checked(key), num=2)
    return keys[0], keys[1]


# What all draws need


def checked(key: Any) -> Any:
    """A key, and no seed.

    Raises
    ------
    DtypeError, ShapeError
    """
    x = memory_of(key)
    if not isinstance(x, np.ndarray):
        is_seed = isinstance(x, (int, np.integer))
        raise DtypeError(
            f"a draw needs a key, not {'a seed' if is_seed else 'a value of type ' + type(x).__name__}",
            got=repr(x)[:60],
            wanted="what cr.random.key, split or fold_in give",
            try_=f"cr.random.key({x})" if is_seed else _CURE,
        )
    if x.dtype != np.uint64:
        raise DtypeError(f"a key is of dtype uint64, not {x.dtype}", try_=_CURE)
    if x.shape != (2,):
        several = x.ndim > 1 and x.shape[-1] == 2
        raise ShapeError(
            f"a key has shape (2,), not {x.shape}",
            try_="cr.vmap over the keys, or one of them: keys[0]" if several else _CURE,
        )
    return x


def drawn(operation: Operation, *arguments: Any, **parameters: Any) -> Any:
    """What an operation gives: recorded where an argument is traced."""
    return declared_call(operation, arguments, parameters)


def finished(draws: Any, dtype: np.dtype | None = None) -> Any:
    """What the user gets: of a dtype, a scalar where there are no axes.

    What is drawn while tracing, of a key that is not traced, can be filled, as the arrays of np.random can.
    """
    if dtype is not None:
        draws = draws.astype(dtype, copy=False)
    if type(draws) is Array:
        return draws if draws.shape else wrap(draws.owner, draws.variable, SCALAR)
    if not draws.shape:
        return draws[()]
    return adopted(draws) if is_answered() else draws


def shape_of(shape: Any) -> tuple[int, ...]:
    """A shape as a tuple of sizes.

    Raises
    ------
    ShapeError
        For sizes that are negative or no integers.
    """
    sizes: Sequence[Any] = shape if isinstance(shape, (tuple, list)) else (shape,)
    return tuple(_size("a shape", n, shape) for n in sizes)


def _size(what: str, n: Any, given: Any = None) -> int:
    try:
        number = operator.index(n)
    except TypeError:
        number = -1
    if number < 0:
        raise ShapeError(f"{what} has sizes of 0 and more, not {given if given is not None else n!r}")
    return number


def shape_for(shape: Any, *parameters: Any) -> tuple[int, ...]:
    """The shape of draws that have parameters: their own where none is given, else one that they broadcast to.

    Raises
    ------
    ShapeError
    """
    shapes = [tuple(as_array(p).shape) for p in parameters]
    wanted = None if shape is None else shape_of(shape)
    try:
        common = np.broadcast_shapes(*shapes, wanted or ())
    except ValueError:
        common = None
    if common is None or (wanted is not None and common != wanted):
        place = "a common one" if wanted is None else f"the shape {wanted}"
        raise ShapeError(f"parameters of the shapes {', '.join(map(str, shapes))} do not broadcast to {place}")
    return common


def last_axis(name: str, value: Any) -> int:
    """The size of the last axis of a parameter.

    Raises
    ------
    ShapeError
        If it has no axis.
    """
    shape = as_array(value).shape
    if not shape:
        raise ShapeError(f"{name} has an axis at least, and is a number here", wanted=f"{name} of shape (..., k)")
    return shape[-1]


def float_dtype(dtype: Any) -> np.dtype:
    """A dtype for draws.

    Raises
    ------
    DtypeError
        If it is not float32 or float64.
    """
    found = np.dtype(dtype)
    if found not in (np.float32, np.float64):
        raise DtypeError(f"draws are of dtype float32 or float64, not {found}", try_="draws.astype(...) afterwards")
    return found


def as_array(value: Any) -> Any:
    """As np.asarray makes it of a number, a list or an array; what is traced stays so."""
    x = memory_of(value)
    trace = trace_of(x)
    if trace is None:
        return np.asarray(x)
    return x if type(x) is Array else wrap(trace, variable_of(x, trace))


def is_traced(*values: Any) -> bool:
    """Whether one of them has no value of its own to look at."""
    return any(type(x) is Array for x in values)


def parameter(name: str, value: Any, holds: Callable[[Any], Any], wanted: str) -> Any:
    """A parameter in double precision; where it has a value by itself it is looked at.

    Raises
    ------
    ArgumentError
        If it is not what is wanted.
    """
    x = as_array(value)
    if x.dtype.kind not in "fiub":
        raise DtypeError(f"the parameter {name} is a real number, not of dtype {x.dtype}")
    if not is_traced(x) and not np.all(holds(x)):
        raise ArgumentError(f"{name} is {wanted}", got=f"{name} = {np.array2string(x, threshold=6)}")
    return x.astype(np.float64)
