"""The type of an array: its shape and its dtype, one object for each pair, so that types compare by identity."""

from __future__ import annotations

import math
import re
from typing import Final, final

from .errors import DtypeError, TextError
from .original import np

_KINDS: Final = {"f": "f", "c": "c", "i": "i", "u": "u"}
_interned: dict[tuple[tuple[int, ...], np.dtype], ArrayType] = {}


@final
class ArrayType:
    """Shape and dtype. Equal types are the same object.

    Examples
    --------
    >>> ArrayType((3, 4), np.float32)
    f32[3,4]
    >>> ArrayType((), float) is ArrayType.parse("f64[]")
    True
    """

    __slots__ = ("dtype", "ndim", "shape", "size")
    shape: tuple[int, ...]
    dtype: np.dtype
    ndim: int
    size: int

    def __new__(cls, shape: tuple[int, ...], dtype: object) -> ArrayType:
        dtype = dtype if type(dtype) is np.dtype or isinstance(dtype, np.dtype) else np.dtype(dtype)  # type: ignore[arg-type]
        key = (shape, dtype)
        known = _interned.get(key)
        if known is not None:
            return known
        if not dtype.isnative:
            return cls(shape, dtype.newbyteorder("="))
        dtype_name(dtype)
        self = object.__new__(cls)
        self.shape, self.dtype, self.ndim, self.size = tuple(map(int, shape)), dtype, len(shape), math.prod(shape)
        return _interned.setdefault(key, self)

    @classmethod
    def of(cls, value: object) -> ArrayType:
        """The type of an array, or of a number as NumPy would hold it."""
        if isinstance(value, (np.ndarray, np.generic)):
            return cls(value.shape, value.dtype)
        array = np.asarray(value)
        return cls(array.shape, array.dtype)

    @classmethod
    def parse(cls, text: str) -> ArrayType:
        found = re.fullmatch(r"\s*(\w+)\[\s*(\d+(?:\s*,\s*\d+)*)?\s*\]\s*", text)
        if not found:
            raise TextError(f"{text!r} is no array type", wanted="a type such as f64[3,4]")
        shape = tuple(map(int, found[2].split(","))) if found[2] else ()
        return cls(shape, dtype_of_name(found[1]))

    @property
    def carries_derivative(self) -> bool:
        return self.dtype.kind in "fc"

    def with_shape(self, shape: tuple[int, ...]) -> ArrayType:
        return ArrayType(shape, self.dtype)

    def __repr__(self) -> str:
        return f"{dtype_name(self.dtype)}[{','.join(map(str, self.shape))}]"

    def __reduce__(self) -> tuple[object, ...]:
        return ArrayType, (self.shape, self.dtype)


def dtype_name(dtype: np.dtype) -> str:
    """`f64`, `i32`, `bool`."""
    if dtype.kind == "b":
        return "bool"
    if dtype.kind not in _KINDS:
        raise DtypeError(
            f"arrays of dtype {dtype} cannot be part of a graph",
            wanted="bool, integer, float or complex",
            try_="np.array(values, dtype=float)" if dtype.kind == "O" else None,
        )
    return f"{_KINDS[dtype.kind]}{8 * dtype.itemsize}"


def dtype_of_name(name: str) -> np.dtype:
    if name == "bool":
        return np.dtype(bool)
    found = re.fullmatch(r"([fciu])(\d+)", name)
    if not found or int(found[2]) % 8:
        raise TextError(f"{name!r} is no dtype of a graph", wanted="bool, or f, c, i, u and a number of bits")
    try:
        return np.dtype(f"{found[1]}{int(found[2]) // 8}")
    except TypeError:
        raise TextError(f"{name!r} is no dtype of a graph", wanted="a size that NumPy has") from None
