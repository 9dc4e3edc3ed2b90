"""Linear maps as values: what all of them can do, and how two make a third.

A Jacobian is one of these: its shape is that of y followed by that of x, it multiplies from both sides, and it is made
dense only when asked.
"""

from __future__ import annotations

import abc
import functools
import math
from collections.abc import Callable
from typing import Any, ClassVar, Self, final

from ..errors import DerivativeError, ShapeError, TooLargeError
from ..original import np
from .algebra import Factor, algebra_of, real_dtype, real_part
from .recognition import Structure
from .scipy_loader import sparse, sparse_linalg

DENSE_LIMIT = 1 << 30  # bytes that np.asarray may take without being told to

Shape = tuple[int, ...]

OPERATORS = {  # with J on the left, and on the right
    np.add: ("__add__", "__radd__"),
    np.subtract: ("__sub__", "__rsub__"),
    np.multiply: ("__mul__", "__rmul__"),
    np.matmul: ("__matmul__", "__rmatmul__"),
    np.true_divide: ("__truediv__",),
    np.negative: ("__neg__",),
}


class LinearMap(abc.ABC):
    """A linear map from arrays of shape in_shape to arrays of shape out_shape.

    Where complex numbers are involved, it is told whether its argument or its result is real all the same. Of a real
    result only the real part counts: J v is Re(A v), and A is what `todense` gives, the gradients row by row.
    """

    __slots__ = ("dtype", "in_shape", "out_shape", "x_is_real", "y_is_real")

    # Set by index_map.py and indexing.py, which know the maps that these make.
    _from_array: ClassVar[Any]
    _indexed: ClassVar[Any]

    def __init__(self, out_shape: Shape, in_shape: Shape, dtype: Any = np.float64):
        self.out_shape, self.in_shape, self.dtype = tuple(out_shape), tuple(in_shape), np.dtype(dtype)
        self.x_is_real = self.y_is_real = False

    def between(self, x_is_real: bool, y_is_real: bool) -> Self:
        """Itself, told whether its argument and its result are real although complex numbers are involved."""
        self.x_is_real, self.y_is_real = x_is_real, y_is_real
        return self

    # What a kind of map has to say of itself.

    @abc.abstractmethod
    def apply(self, vector: Factor) -> Factor:
        """J v for v of in_shape; axes in front of it are a batch."""

    @property
    @abc.abstractmethod
    def T(self) -> LinearMap:
        """The transpose, from out_shape to in_shape."""

    @property
    @abc.abstractmethod
    def structure(self) -> Structure:
        """The name of its structure, from the closed list of recognition.py."""

    @abc.abstractmethod
    def scaled(self, number: complex) -> LinearMap: ...

    @property
    def storage(self) -> int:
        """Numbers that it keeps."""
        return 0

    def real_part(self, of_real: bool = False) -> LinearMap:
        """The map v -> Re(J v), where v may be told to be real."""
        return MatrixFree(
            functools.partial(_real_part_after, self),
            functools.partial(_after_real_part, self.T, of_real),
            self.out_shape,
            self.in_shape,
            self.dtype,
        )

    def _written_out(self) -> LinearMap:
        """The same map, of which the whole result counts: the real part is taken within."""
        return self.real_part(self.x_is_real).between(self.x_is_real, False) if self.y_is_real else self

    def after(self, first: LinearMap) -> LinearMap:
        return Product(self, first)

    def plus(self, other: LinearMap) -> LinearMap:
        return Sum(self, other)

    def dense(self) -> Factor:
        """The array of shape out_shape + in_shape, by applying the map or its transpose to every unit vector."""
        n_in, n_out = math.prod(self.in_shape), math.prod(self.out_shape)
        by_rows = n_out < n_in if self.x_is_real == self.y_is_real else self.y_is_real
        dtype = real_dtype(self.dtype) if self.x_is_real or self.y_is_real else self.dtype
        if by_rows:
            rows = self.T.apply(np.eye(n_out, dtype=dtype).reshape((n_out, *self.out_shape)))
            return algebra_of(rows).reshape(rows, self.shape)
        units = np.eye(n_in, dtype=dtype).reshape((n_in, *self.in_shape))
        columns = self.apply(units)
        if dtype.kind == "c" and not np.allclose(self.apply(1j * units), 1j * np.asarray(columns), 1e-6, 1e-9):
            raise self._is_no_matrix()
        axes = (*range(1, 1 + len(self.out_shape)), 0)
        return algebra_of(columns).reshape(algebra_of(columns).transpose(columns, axes), self.shape)

    def _is_no_matrix(self) -> DerivativeError:
        return DerivativeError(
            "this Jacobian is no matrix of complex numbers: the function is not holomorphic",
            got=f"{self!r}, linear in v and in its conjugate",
            wanted="a holomorphic function, or one of real arguments or results",
            try_="J @ v and J.T @ g, which are right; or the Jacobian by real and imaginary parts as two arrays",
        )

    # What follows from it.

    @property
    def shape(self) -> Shape:
        return self.out_shape + self.in_shape

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def in_size(self) -> int:
        return math.prod(self.in_shape)

    @property
    def nbytes(self) -> int:
        """Bytes of the numbers that it keeps."""
        return self.storage * self.dtype.itemsize

    def todense(self) -> Factor:
        """The dense array of shape out_shape + in_shape, however large."""
        dense = self.dense()
        return dense.astype(self.dtype, copy=False) if isinstance(dense, np.ndarray) else dense

    def tosparse(self) -> Any:
        """As a scipy.sparse.csr_array of shape (y.size, x.size)."""
        return sparse.csr_array(self._dense_within_limit().reshape(math.prod(self.out_shape), math.prod(self.in_shape)))

    @property
    def nnz(self) -> int:
        """Entries that the structure allows to differ from zero."""
        return self.tosparse().nnz

    def _dense_within_limit(self) -> Factor:
        size = self.size * self.dtype.itemsize
        if size > DENSE_LIMIT:
            raise TooLargeError(
                f"this Jacobian of structure {self.structure!r} would take {size / 2**30:.1f} GiB as a dense array",
                got=f"shape {self.shape}, of which {self.nbytes:,} bytes are stored",
                wanted=f"at most {DENSE_LIMIT / 2**30:g} GiB where the conversion is implicit",
                try_=".todense(), if it has to be; .tosparse(), J @ v or J.T @ g, if not",
            )
        return self.todense()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if copy is False:
            raise ValueError("a Jacobian is made dense by making an array: this cannot be done without a copy")
        dense = np.asarray(self._dense_within_limit())
        return dense if dtype is None else dense.astype(dtype, copy=False)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **keywords: Any) -> Any:
        """The arithmetic of NumPy is that of the operators, which keep the structure; all else gets the dense array."""
        operators = OPERATORS.get(ufunc, ())
        side = 0 if isinstance(inputs[0], LinearMap) else 1
        if method == "__call__" and not keywords and side < len(operators):
            first, *others = inputs if side == 0 else inputs[::-1]
            return getattr(first, operators[side])(*others)
        if any(isinstance(x, LinearMap) for x in keywords.get("out", ())):
            return NotImplemented
        arrays = [x.__array__() if isinstance(x, LinearMap) else x for x in inputs]
        return getattr(ufunc, method)(*arrays, **keywords)

    def __getattr__(self, name: str) -> Any:
        if hasattr(np.ndarray, name) and not name.startswith("_"):
            raise AttributeError(f"a Jacobian has no {name!r}; np.asarray(J).{name} is that of the dense array")
        raise AttributeError(f"a Jacobian has no {name!r}")

    def __float__(self) -> float:
        return float(self.__array__())

    def __bool__(self) -> bool:
        return bool(self.__array__())

    def __matmul__(self, other: Any) -> Any:
        if sparse.issparse(other):
            return self.tosparse() @ other
        if isinstance(other, LinearMap):
            if self.in_shape != other.out_shape:
                raise ShapeError(
                    f"the product of two Jacobians needs shapes that meet: {self.in_shape} is not {other.out_shape}",
                    got=f"{self!r} and {other!r}",
                )
            first = other.real_part(other.x_is_real) if other.y_is_real or self.x_is_real else other
            product = self.after(first)
            if other.x_is_real and self.y_is_real:
                return product.real_part(of_real=True)
            return product.between(other.x_is_real, self.y_is_real)
        vector = other if hasattr(other, "shape") else np.asarray(other)
        rank = len(self.in_shape)
        if tuple(vector.shape[:rank]) != self.in_shape:
            raise ShapeError(
                f"J @ v takes v of x's shape {self.in_shape}, not {tuple(vector.shape)}",
                got=f"{self!r}, v of shape {tuple(vector.shape)}",
                wanted=f"v of shape {self.in_shape}, or with more axes behind it",
                try_="v @ J, or J.T @ v" if tuple(vector.shape) == self.out_shape else None,
            )
        return self._like_numpy(
            lambda v: _moving_batch(self.apply, v, rank, len(self.out_shape)), vector, self.y_is_real
        )

    def __rmatmul__(self, other: Any) -> Any:
        vector = other if hasattr(other, "shape") else np.asarray(other)
        rank = len(self.out_shape)
        if tuple(vector.shape[len(vector.shape) - rank :]) != self.out_shape:
            raise ShapeError(
                f"g @ J takes g of y's shape {self.out_shape}, not {tuple(vector.shape)}",
                got=f"{self!r}, g of shape {tuple(vector.shape)}",
                wanted=f"g of shape {self.out_shape}, or with more axes before it",
                try_="J @ g" if tuple(vector.shape) == self.in_shape else None,
            )
        return self._like_numpy(self.T.apply, vector, self.x_is_real)

    def _like_numpy(self, product: Callable[[Factor], Factor], vector: Any, is_real: bool) -> Any:
        """A product with an array has the dtype that both make, and is a number where it has no axes."""
        dtype = np.result_type(self.dtype, vector.dtype)
        result = product(np.asarray(vector, dtype) if algebra_of(vector) is algebra_of() else vector)
        if is_real:
            result, dtype = real_part(result), real_dtype(dtype)
        return np.asarray(result, dtype)[()] if algebra_of(result) is algebra_of() else result

    def matvec(self, x: Any) -> Any:
        """J @ x for a flat x of x.size numbers; gives y.size numbers."""
        if np.size(x) != math.prod(self.in_shape):
            raise ShapeError(f"J.matvec takes {math.prod(self.in_shape)} numbers, not {np.size(x)}", got=f"{self!r}")
        return np.reshape(self @ np.reshape(x, self.in_shape), -1)

    def rmatvec(self, y: Any) -> Any:
        """J.T @ y for a flat y of y.size numbers; gives x.size numbers."""
        return self.T.matvec(y)

    def matmat(self, columns: Any) -> Any:
        """J @ columns for an array of shape (x.size, k)."""
        columns = np.asarray(columns)
        if columns.shape[:1] != (math.prod(self.in_shape),):
            raise ShapeError(
                f"J.matmat takes columns of {math.prod(self.in_shape)} numbers, not an array of shape {columns.shape}",
                got=f"{self!r}",
            )
        result = self @ np.reshape(columns, self.in_shape + columns.shape[1:])
        return np.reshape(result, (math.prod(self.out_shape), *columns.shape[1:]))

    def rmatmat(self, columns: Any) -> Any:
        """J.T @ columns for an array of shape (y.size, k)."""
        return self.T.matmat(columns)

    def tolinearoperator(self) -> Any:
        """As a scipy.sparse.linalg.LinearOperator of shape (y.size, x.size).

        (aslinearoperator does the same where x and y have one axis.)
        """
        return sparse_linalg.LinearOperator(
            (math.prod(self.out_shape), math.prod(self.in_shape)),
            matvec=self.matvec,
            rmatvec=self.rmatvec,
            matmat=self.matmat,
            rmatmat=self.rmatmat,
            dtype=self.dtype,
        )

    def __neg__(self) -> LinearMap:
        return self.scaled(-1).between(self.x_is_real, self.y_is_real)

    def __mul__(self, number: Any) -> Any:
        if isinstance(number, LinearMap):
            return NotImplemented
        if np.ndim(number):
            return self._dense_within_limit() * number
        factor: Any = np.asarray(number).item()
        if np.asarray(factor).dtype.kind not in "biufc":
            return NotImplemented
        multiple = (self._written_out() if isinstance(factor, complex) else self).scaled(factor)
        multiple = multiple.between(self.x_is_real, self.y_is_real and not isinstance(factor, complex))
        multiple.dtype = np.result_type(self.dtype, number)
        return multiple

    __rmul__ = __mul__

    def __truediv__(self, number: Any) -> Any:
        return self * (1 / number) if np.ndim(number) == 0 else self._dense_within_limit() / number

    def __add__(self, other: Any) -> Any:
        if isinstance(other, LinearMap):
            if self.shape != other.shape or self.out_shape != other.out_shape:
                raise ShapeError(f"the sum of two Jacobians needs equal shapes: {self.shape} is not {other.shape}")
            x_is_real, y_is_real = self.x_is_real and other.x_is_real, self.y_is_real and other.y_is_real
            if self.y_is_real != other.y_is_real:
                self, other = self._written_out(), other._written_out()
            return self.plus(other).between(x_is_real, y_is_real)
        if sparse.issparse(other):
            return self.tosparse() + other
        if np.ndim(other) == 0 and np.asarray(other).dtype.kind in "biufc" and not other:
            return self
        if np.shape(other) == self.shape:
            return self.plus(self._of_array(np.asarray(other))).between(self.x_is_real, self.y_is_real)
        return self._dense_within_limit() + other

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self + (-other if hasattr(other, "shape") else -np.asarray(other))

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def _of_array(self, array: np.ndarray) -> LinearMap:
        return self._from_array(array, self.out_shape, self.in_shape)

    def __getitem__(self, index: Any) -> Any:
        return self._indexed(self, index)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a Jacobian of a scalar by a scalar")
        return self.shape[0]

    def __repr__(self) -> str:
        structure = self.structure
        block = f", each {structure.block}" if structure.block else ""
        return f"<Jacobian {self.out_shape} by {self.in_shape} {self.dtype}: {structure}{block}>"


def _moving_batch(apply: Callable[[Factor], Factor], vector: Factor, rank: int, out_rank: int) -> Factor:
    """Apply with the batch axes behind, as in a matrix product, where apply wants them in front."""
    extra = len(vector.shape) - rank
    if not extra:
        return apply(vector)
    algebra = algebra_of(vector)
    front = algebra.transpose(vector, (*range(rank, rank + extra), *range(rank)))
    return algebra.transpose(apply(front), (*range(extra, extra + out_rank), *range(extra)))


@final
class MatrixFree(LinearMap):
    """A pair of functions: v -> J v and g -> J.T g."""

    __slots__ = ("backward", "forward")

    def __init__(
        self,
        forward: Callable[[Factor], Factor],
        backward: Callable[[Factor], Factor],
        out_shape: Shape,
        in_shape: Shape,
        dtype: Any = np.float64,
    ):
        super().__init__(out_shape, in_shape, dtype)
        self.forward, self.backward = forward, backward

    def apply(self, vector: Factor) -> Factor:
        return apply_each(self.forward, vector, len(self.in_shape), self.out_shape)

    @property
    def T(self) -> LinearMap:
        turned = MatrixFree(self.backward, self.forward, self.in_shape, self.out_shape, self.dtype)
        return turned.between(self.y_is_real, self.x_is_real)

    @property
    def structure(self) -> Structure:
        return Structure("matrix-free")

    def scaled(self, number: complex) -> LinearMap:
        forward, backward = (functools.partial(scaled_result, f, number) for f in (self.forward, self.backward))
        return MatrixFree(forward, backward, self.out_shape, self.in_shape, self.dtype)


# What maps are made of is named, so that they can be pickled.


def scaled_result(function: Callable[[Factor], Factor], number: complex, v: Factor) -> Factor:
    result = function(v)
    return algebra_of(result).scale(result, number)


def _real_part_after(J: LinearMap, v: Factor) -> Factor:
    return real_part(J.apply(v))


def _after_real_part(J: LinearMap, to_real: bool, g: Factor) -> Factor:
    result = J.apply(real_part(g))
    return real_part(result) if to_real else result


def apply_each(function: Callable[[Factor], Factor], vector: Factor, rank: int, out_shape: Shape) -> Factor:
    """Apply a function of one vector to every vector of a batch of arrays."""
    batch = tuple(vector.shape[: len(vector.shape) - rank])
    if not batch:
        return function(vector)
    rows = [np.asarray(function(row)) for row in np.reshape(vector, (math.prod(batch), *vector.shape[len(batch) :]))]
    return np.reshape(rows, (*batch, *out_shape)) if rows else np.zeros((*batch, *out_shape), vector.dtype)


@final
class Product(LinearMap):
    """left @ right, kept as two maps because one of them is known by its action only."""

    __slots__ = ("left", "right")

    def __init__(self, left: LinearMap, right: LinearMap):
        super().__init__(left.out_shape, right.in_shape, np.result_type(left.dtype, right.dtype))
        self.left, self.right = left, right

    def apply(self, vector: Factor) -> Factor:
        return self.left.apply(self.right.apply(vector))

    @property
    def T(self) -> LinearMap:
        return Product(self.right.T, self.left.T).between(self.y_is_real, self.x_is_real)

    @property
    def structure(self) -> Structure:
        return Structure("matrix-free")

    @property
    def storage(self) -> int:
        return self.left.storage + self.right.storage

    def scaled(self, number: complex) -> LinearMap:
        return Product(self.left.scaled(number), self.right)


@final
class Sum(LinearMap):
    """left + right, kept as two maps because one of them is known by its action only."""

    __slots__ = ("left", "right")

    def __init__(self, left: LinearMap, right: LinearMap):
        super().__init__(left.out_shape, left.in_shape, np.result_type(left.dtype, right.dtype))
        self.left, self.right = left, right

    def apply(self, vector: Factor) -> Factor:
        a, b = self.left.apply(vector), self.right.apply(vector)
        return algebra_of(a, b).add(a, b)

    @property
    def T(self) -> LinearMap:
        return Sum(self.left.T, self.right.T).between(self.y_is_real, self.x_is_real)

    @property
    def structure(self) -> Structure:
        return Structure("matrix-free")

    @property
    def storage(self) -> int:
        return self.left.storage + self.right.storage

    def scaled(self, number: complex) -> LinearMap:
        return Sum(self.left.scaled(number), self.right.scaled(number))
