"""What a key stands for: bits, and the numbers and keys that are made of them.

The same key gives the same bits for ever. They are those of Philox 4x64-10, a counter-based generator whose raw stream
NumPy keeps as it is; the key is the generator's, and the counter says what the bits are for, so that draws, split keys
and folded keys never share any. An array of keys, shape (..., 2), is drawn from key by key.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..arraytype import ArrayType
from ..errors import DtypeError, ShapeError
from ..original import np
from .batch_axis import Flags, number_of_samples, of_rank, repeated
from .operation import Example, discrete

DRAWN, SPLIT, FOLDED = range(3)  # the third word of the counter; the second one is what is folded in
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


def _raw(key: Any, purpose: int, count: int, data: int = 0) -> Any:
    counter = np.array([0, data, purpose, 0], np.uint64)
    return np.random.Philox(key=key, counter=counter).random_raw(count)


def _words(key: Any, purpose: int, shape: tuple[int, ...], data: int = 0) -> Any:
    """Raw words of that shape for each key."""
    key = np.asarray(key)
    count = math.prod(shape)
    if key.ndim == 1:
        return _raw(key, purpose, count, data).reshape(shape)
    rows = [_raw(each, purpose, count, data) for each in key.reshape(-1, 2)]
    return np.asarray(rows, np.uint64).reshape((*key.shape[:-1], *shape))


def _keys_of(key: ArrayType) -> tuple[int, ...]:
    """The shape of an array of keys, without the two words of each."""
    if key.dtype != np.uint64:
        raise DtypeError(f"a key is of dtype uint64, not {key.dtype}", try_="cr.random.key(seed)")
    if not key.ndim or key.shape[-1] != 2:
        raise ShapeError(f"a key has shape (2,), not {key.shape}", try_="cr.random.key(seed)")
    return key.shape[:-1]


def _key(rng: np.random.Generator, *shape: int) -> Any:
    return rng.integers(0, 2**64, size=(*shape, 2), dtype=np.uint64)


def _key_by_key(operation: Any, xs: Any, lifted: Any, **parameters: Any) -> Any:
    """Many samples at once: the shape of the keys comes first in that of the result."""
    return operation(*xs, **parameters)


def _examples(**parameters: Any) -> Callable[[np.random.Generator], Any]:
    return lambda rng: [
        Example((_key(rng, *keys),), {"shape": shape, **parameters})
        for keys, shape in [((), ()), ((), (2, 3)), ((3,), (2,)), ((), (0, 2))]
    ]


random_bits = discrete(
    "random_bits",
    lambda key, *, shape: _words(key, DRAWN, shape),
    lambda key, *, shape: ArrayType((*_keys_of(key), *shape), np.uint64),
    parameters=("shape",),
    batch=_key_by_key,
    notation=r"\mathrm{{bits}}({0})",
    examples=_examples(),
    source="Salmon et al., Parallel random numbers: as easy as 1, 2, 3 (2011): Philox 4x64-10",
    summary="64 independent bits in each entry",
)


def _quarters(key: Any, *, shape: tuple[int, ...]) -> Any:
    """Each word cut into four, the lowest bits first."""
    count = math.prod(shape)
    words = _words(key, DRAWN, (-(-count // 4),))
    *keys, each = words.shape
    quarters = (words[..., None] >> np.arange(0, 64, 16, dtype=np.uint64)).astype(np.uint16)
    return quarters.reshape((*keys, 4 * each))[..., :count].reshape((*keys, *shape))


random_quarters = discrete(
    "random_quarters",
    _quarters,
    lambda key, *, shape: ArrayType((*_keys_of(key), *shape), np.uint16),
    parameters=("shape",),
    batch=_key_by_key,
    notation=r"\mathrm{{quarters}}({0})",
    examples=_examples(),
    summary="16 independent bits in each entry, of which a word makes four",
)
random_split = discrete(
    "random_split",
    lambda key, *, num: _words(key, SPLIT, (num, 2)),
    lambda key, *, num: ArrayType((*_keys_of(key), num, 2), np.uint64),
    parameters=("num",),
    batch=_key_by_key,
    notation=r"\mathrm{{split}}({0})",
    examples=lambda rng: [Example((_key(rng),), {"num": 2}), Example((_key(rng, 3),), {"num": 4})],
    summary="new keys of a key",
)


def _folded(key: Any, data: Any) -> Any:
    key, data = np.asarray(key), np.asarray(data).astype(np.uint64)
    shape = np.broadcast_shapes(key.shape[:-1], data.shape)
    pairs = zip(
        np.broadcast_to(key, (*shape, 2)).reshape(-1, 2),
        np.broadcast_to(data, shape).reshape(-1).tolist(),
        strict=True,
    )
    return np.asarray([_raw(k, FOLDED, 2, n) for k, n in pairs], np.uint64).reshape((*shape, 2))


def _folded_type(key: ArrayType, data: ArrayType) -> ArrayType:
    if data.dtype.kind not in "iu":
        raise DtypeError(f"what is folded into a key is an integer, not of dtype {data.dtype}", try_="an int")
    return ArrayType((*np.broadcast_shapes(_keys_of(key), data.shape), 2), np.uint64)


def _fold_many(operation: Any, xs: Any, lifted: Flags) -> Any:
    """Keys and integers broadcast, behind the samples."""
    key, data = xs
    rank = max(len(key.shape) - 1 - lifted[0], len(data.shape) - lifted[1])
    return operation(
        of_rank(key, rank + 1) if lifted[0] else key,
        of_rank(data, rank) if lifted[1] else data,
    )


random_fold = discrete(
    "random_fold",
    _folded,
    _folded_type,
    arguments=2,
    batch=_fold_many,
    notation=r"\mathrm{{fold}}({0}, {1})",
    examples=lambda rng: [
        Example((_key(rng), np.array(7))),
        Example((_key(rng, 3), np.array(-1))),
        Example((_key(rng), np.arange(3))),
    ],
    summary="a new key of a key and an integer",
)


def _uniform(key: Any, *, shape: tuple[int, ...], dtype: str) -> Any:
    """As many bits as a number below 1 can hold: more would round up to 1."""
    digits = np.finfo(dtype).nmant + 1
    words = _words(key, DRAWN, shape) >> np.uint64(64 - digits)
    return words.astype(dtype) * np.dtype(dtype).type(2.0**-digits)


random_uniform = discrete(
    "random_uniform",
    _uniform,
    lambda key, *, shape, dtype: ArrayType((*_keys_of(key), *shape), dtype),
    parameters=("shape", "dtype"),
    batch=_key_by_key,
    notation=r"\mathrm{{uniform}}({0})",
    examples=_examples(dtype="float32"),
    summary="independent multiples of 2^-53 (of 2^-24 in single precision) from 0, less than 1",
)


def _centered(key: Any, *, shape: tuple[int, ...]) -> Any:
    """(2 k + 1 - 2^53) / 2^54 for 0 <= k < 2^53: an odd number, which 53 bits hold exactly."""
    words = _words(key, DRAWN, shape) >> np.uint64(11)
    odd = 2 * words.astype(np.int64) + (1 - 2**53)
    return odd * 2.0**-54


random_centered = discrete(
    "random_centered",
    _centered,
    lambda key, *, shape: ArrayType((*_keys_of(key), *shape), np.float64),
    parameters=("shape",),
    batch=_key_by_key,
    notation=r"\mathrm{{centered}}({0})",
    examples=_examples(),
    summary="independent odd multiples of 2^-54 between -1/2 and 1/2, with both of their distances to the ends exact",
)


def _high_product(a: Any, b: Any) -> Any:
    """The upper 64 bits of a product of 64 bits each."""
    low_a, high_a, low_b, high_b = a & _LOW, a >> _HALF, b & _LOW, b >> _HALF
    middle = high_a * low_b + (low_a * low_b >> _HALF)
    other = low_a * high_b + (middle & _LOW)
    return high_a * high_b + (middle >> _HALF) + (other >> _HALF)


def _integers(key: Any, low: Any, high: Any, *, shape: tuple[int, ...], dtype: str) -> Any:
    """floor(r (high - low)) for r of 128 bits: no number is likelier than another by more than 2^-64."""
    words = _words(key, DRAWN, (*shape, 2))
    low, span = np.asarray(low, np.int64), (np.asarray(high) - np.asarray(low)).astype(np.uint64)
    with np.errstate(over="ignore"):
        upper, lower = words[..., 0] * span, _high_product(words[..., 1], span)
        total = upper + lower
        whole = _high_product(words[..., 0], span) + (total < upper)
        return (low.astype(np.uint64) + whole).astype(np.int64).astype(dtype)


def _integers_for_many(operation: Any, xs: Any, lifted: Flags, *, shape: tuple[int, ...], dtype: str) -> Any:
    """The bounds broadcast against all that is drawn for a sample."""
    key, *bounds = xs
    axes = len(key.shape) - 1 - lifted[0] + len(shape)
    key = key if lifted[0] else repeated(key, number_of_samples(xs, lifted))
    low, high = (of_rank(x, axes) if is_lifted else x for x, is_lifted in zip(bounds, lifted[1:], strict=True))
    return operation(key, low, high, shape=shape, dtype=dtype)


random_integers = discrete(
    "random_integers",
    _integers,
    lambda key, low, high, *, shape, dtype: ArrayType((*_keys_of(key), *shape), dtype),
    arguments=3,
    parameters=("shape", "dtype"),
    batch=_integers_for_many,
    notation=r"\mathrm{{integers}}({0}; {1}, {2})",
    examples=lambda rng: [
        Example((_key(rng), np.array(-3), np.array(5)), {"shape": (2, 3), "dtype": "int64"}),
        Example((_key(rng), np.array([0, 10]), np.array([5, 12])), {"shape": (3, 2), "dtype": "int32"}),
    ],
    summary="independent integers from low, less than high",
)
