"""Systems of equations and factorizations of matrices, by LAPACK: one matrix of a batch after the other.

LAPACK overwrites what it is given and takes matrices column by column. So each operand is copied first, in the order
and, also of single precision, in the double precision in which NumPy hands it over: then the same matrices are found
singular. Where LAPACK refuses one, the call is computed anew by NumPy, which raises its error.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, final

from ..graph import Variable
from ..original import np
from . import lapack_loader
from .code import Code
from .emitter import INDEX, Function, Value, scalar_type
from .entries import Entries, Memory, Place
from .index import Counter, Index
from .loops import nest, over
from .memory import rounded

_INTEGER, _DOUBLE = np.dtype(np.int32), np.dtype(np.float64)
_MOST = np.iinfo(_INTEGER).max
_BLOCK = 64  # columns that LAPACK takes at once, at the most

Shape = tuple[int, ...]


class _Space(NamedTuple):
    """Scratch for one matrix: how many numbers, or integers."""

    size: int
    integers: bool = False


class _Factorization(NamedTuple):
    """How an operation is done: ``write(it, **parameters)``, with the scratch that it names."""

    write: Callable[..., None]
    spaces: Callable[[Variable], Mapping[str, _Space]]
    in_double: bool = True  # or in the precision of its result

    def dtype(self, v: Variable) -> np.dtype:
        """In which it is computed."""
        return _DOUBLE if self.in_double else v.dtype


def is_factorization(v: Variable) -> bool:
    """Whether LAPACK does an operation in native code."""
    operation: Any = v.operation
    if operation is None or operation.name not in _FACTORIZATIONS:
        return False
    if v.dtype.char not in "fd" or any(u.dtype.kind == "c" for u in v.inputs):
        return False
    counted = all(space.size <= _MOST for space in _FACTORIZATIONS[operation.name].spaces(v).values())
    return counted and lapack_loader.is_available()


def scratch_bytes_of(v: Variable) -> int:
    return sum(rounded(size) for _, size in _pieces(v))


def _pieces(v: Variable) -> Iterator[tuple[str, int]]:
    """The names and the sizes [bytes] of all scratch; what LAPACK says about each matrix is part of it."""
    operation: Any = v.operation
    factorization = _FACTORIZATIONS[operation.name]
    spaces = {**factorization.spaces(v), "info": _Space(1, integers=True)}
    for name, space in spaces.items():
        yield name, space.size * (_INTEGER if space.integers else factorization.dtype(v)).itemsize


def write_factorization(
    v: Variable,
    memory: Mapping[int, Memory],
    function: Function,
    code: Code,
    entries: Entries,
    lanes: int,
    scratch: str,
) -> None:
    """The loops over a batch.

    Parameters
    ----------
    memory : mapping
        Where the results lie, by number.
    scratch : str
        A pointer to `scratch_bytes_of` v.
    """
    operation: Any = v.operation
    factorization = _FACTORIZATIONS[operation.name]
    results = [memory[y.number] for y in v.results]
    it = _Writing(v, factorization.dtype(v), results, function, code, entries, lanes, scratch)
    factorization.write(it, **operation.named(v.parameters))


@final
class _Writing:
    """One operation that is being written."""

    def __init__(
        self,
        v: Variable,
        dtype: np.dtype,
        results: list[Memory],
        function: Function,
        code: Code,
        entries: Entries,
        lanes: int,
        scratch: str,
    ):
        self.v, self.results, self.dtype = v, results, dtype
        self.function, self.code, self.entries, self.lanes = function, code, entries, lanes
        self._at: dict[str, str] = {}
        offset = 0
        for name, size in _pieces(v):
            self._at[name] = function.pointer(f"getelementptr i8, ptr {scratch}, i64 {offset}", 0)
            offset += rounded(size)

    # Memory

    def space(self, name: str, *strides: int) -> Memory:
        return Memory(self._at[name], strides)

    def number(self, value: int) -> str:
        """A pointer to an integer that never changes: so Fortran takes numbers."""
        return self._constant(f"integer{value}", f"i32 {value}")

    def letter(self, letter: str) -> str:
        return self._constant(f"letter{letter}", f"i8 {ord(letter)}")

    @property
    def one(self) -> str:
        kind = scalar_type(self.dtype)
        return self._constant(f"one_{kind}", f"{kind} 1.0")

    def _constant(self, name: str, value: str) -> str:
        text = f"@{name} = private unnamed_addr constant {value}"
        if text not in self.function.module.globals:
            self.function.module.globals.append(text)
        return f"@{name}"

    @contextmanager
    def batch(self, shape: Shape) -> Iterator[Place]:
        """Loops over all matrices."""
        with nest(self.function, shape) as at:
            yield at

    def entry(self, x: Variable, at: Place, place: Place) -> Value:
        """That of a matrix of a batch which is broadcast."""
        axes = len(x.shape) - len(place)
        own = tuple([Index() if x.shape[k] == 1 else at[len(at) - axes + k] for k in range(axes)])
        return self.code.convert(self.entries.entry(x, (*own, *place)), self.dtype)

    def fill(self, memory: Memory, at: Place, shape: Shape, value: Callable[[Place], Value]) -> None:
        """Store what a function gives for each place of a matrix."""
        over(self.function, shape, self.lanes, lambda place: self.entries.store(memory, value(place), (*at, *place)))

    def copy_in(self, x: Variable, at: Place, memory: Memory) -> None:
        self.fill(memory, (), x.shape[-len(memory.strides) :], lambda place: self.entry(x, at, place))

    def give(self, result: Memory, at: Place, shape: Shape, value: Callable[[Place], Value]) -> None:
        """Fill a matrix of a result."""
        self.fill(result, at, shape, lambda place: self.code.convert(value(place), self.v.dtype))

    def copy_out(self, memory: Memory, result: Memory, at: Place, shape: Shape) -> None:
        self.give(result, at, shape, lambda place: self.loaded(memory, place))

    def loaded(self, memory: Memory, place: Place, dtype: np.dtype | None = None) -> Value:
        """What lies in memory that has been written here."""
        return self.entries.load(memory, dtype or self.dtype, place, anew=True)

    def lying(self, x: Variable, at: Place, name: str) -> str:
        """A pointer to a matrix that is only read, row by row: where it lies, or a copy."""
        memory = self.entries.memory.get(x.number)
        if memory is not None and x.dtype == self.dtype:
            axes = len(x.shape) - 2
            own = tuple([Index() if x.shape[k] == 1 else at[len(at) - axes + k] for k in range(axes)])
            return self.entries.address(memory, self.dtype, (*own, Index(), Index()))
        copied = self.space(name, x.shape[-1], 1)
        self.copy_in(x, at, copied)
        return copied.pointer

    # What is done

    def call(self, routine: str, *arguments: str) -> None:
        name = lapack_loader.symbol(routine)
        self.function.module.declare(name, "void", ["ptr"] * len(arguments))
        self.function.do(f"call void @{name}({', '.join(f'ptr {text}' for text in arguments)})")

    @property
    def refused(self) -> Value:
        """Whether LAPACK has refused the matrix of the last call."""
        info = self.loaded(self.space("info"), (), _INTEGER)
        return self.code.compare("!=", info, self.code.constant(0, _INTEGER))

    @property
    def info(self) -> str:
        return self._at["info"]

    def note_refusal(self) -> None:
        self.entries.note(self.refused)

    def give_solution(self, solution: Memory, at: Place, shape: Shape, absorbing: bool) -> None:
        """Zeros of a right side absorb whatever the matrix: where it matters, NumPy sees to it."""

        def value(place: Place) -> Value:
            y = self.loaded(solution, place)
            if absorbing:
                self.entries.note(self.code.compare("!=", y, y))
            return y

        self.give(self.results[0], at, shape, value)

    def within(self, triangle: str, place: Place) -> Value:
        """Whether a place is in the lower or upper triangle, or on the diagonal ("==")."""
        row, column = (index.value(self.function) for index in place)
        return self.code.compare(triangle, column, row)


_LOWER, _UPPER, _DIAGONAL = "<=", ">=", "=="  # a column against its row


def _size(v: Variable) -> int:
    return v.inputs[0].shape[-1]


def _matrix_batch(v: Variable) -> Shape:
    return v.inputs[0].shape[:-2]


# Systems


def _right_side(v: Variable) -> tuple[Shape, Shape, int]:
    """The shapes of the batch and of one right side, and how many columns that has."""
    b = v.inputs[1]
    axes = min(len(b.shape), 2)
    shape = v.shape[len(v.shape) - axes :]
    return v.shape[: len(v.shape) - axes], shape, math.prod(shape[1:])


def _solve_spaces(v: Variable) -> Mapping[str, _Space]:
    n, columns = _size(v), _right_side(v)[2]
    return {"matrix": _Space(n * n), "pivots": _Space(n, integers=True), "right": _Space(n * columns)}


def _solve(it: _Writing, *, absorbing: bool) -> None:
    A, b = it.v.inputs
    n = _size(it.v)
    batch, shape, columns = _right_side(it.v)
    matrix, right = it.space("matrix", 1, n), it.space("right", *(1, n)[: len(shape)])
    size, pivots = it.number(n), it.space("pivots").pointer
    with it.batch(batch) as at:
        it.copy_in(A, at, matrix)
        it.copy_in(b, at, right)
        it.call("dgesv", size, it.number(columns), matrix.pointer, size, pivots, right.pointer, size, it.info)
        it.note_refusal()
        it.give_solution(right, at, shape, absorbing)


def _triangular_solve(it: _Writing, *, lower: bool, transposed: bool, unit_diagonal: bool, absorbing: bool) -> None:
    """y^T T^T = b^T: so everything lies in BLAS's order as it is."""
    A, b = it.v.inputs
    n = _size(it.v)
    batch, shape, columns = _right_side(it.v)
    right = it.space("right", *(columns, 1)[: len(shape)])
    size, count = it.number(n), it.number(columns)
    how = [
        it.letter(letter)
        for letter in ("R", "U" if lower else "L", "T" if transposed else "N", "U" if unit_diagonal else "N")
    ]
    routine = "strsm" if it.dtype.itemsize == 4 else "dtrsm"
    with it.batch(batch) as at:
        if not unit_diagonal:
            with nest(it.function, [n]) as (k,):
                it.entries.note(it.code.compare("==", it.entry(A, at, (k, k)), it.code.constant(0, it.dtype)))
        it.copy_in(b, at, right)
        it.call(routine, *how, count, size, it.one, it.lying(A, at, "matrix"), size, right.pointer, count)
        it.give_solution(right, at, shape, absorbing)


def _triangular_spaces(v: Variable) -> Mapping[str, _Space]:
    n = _size(v)
    return {"matrix": _Space(n * n), "right": _Space(n * _right_side(v)[2])}


# Inverses and determinants


def _inv(it: _Writing) -> None:
    (A,), (Y,) = it.v.inputs, it.results
    n = _size(it.v)
    one, zero = it.code.constant(1, it.dtype), it.code.constant(0, it.dtype)
    matrix, inverse = it.space("matrix", 1, n), it.space("inverse", 1, n)
    with it.batch(_matrix_batch(it.v)) as at:
        it.copy_in(A, at, matrix)
        it.fill(inverse, (), (n, n), lambda place: it.code.select(it.within(_DIAGONAL, place), one, zero))
        size, pivots = it.number(n), it.space("pivots").pointer
        it.call("dgesv", size, size, matrix.pointer, size, pivots, inverse.pointer, size, it.info)
        it.note_refusal()
        it.copy_out(inverse, Y, at, (n, n))


def _signs_and_logarithms(it: _Writing, store: Callable[[Place, Value, Value], None]) -> None:
    """The sign and the logarithm of each determinant, as NumPy finds them; 0 and -inf of singular matrices."""
    (A,) = it.v.inputs
    n, code, dtype = _size(it.v), it.code, it.dtype
    matrix, pivots = it.space("matrix", 1, n), it.space("pivots", 1)
    zero, one = code.constant(0, dtype), code.constant(1, dtype)
    with it.batch(_matrix_batch(it.v)) as at:
        it.copy_in(A, at, matrix)
        size = it.number(n)
        it.call("dgetrf", size, size, matrix.pointer, size, pivots.pointer, it.info)
        with it.function.loop(n) as loop:
            k = Index.of(Counter(loop.index.text, loop.index))
            sign, set_sign = loop.carry(one, 1)
            total, set_total = loop.carry(zero, 1)
            factor = it.loaded(matrix, (k, k))
            row = code.convert(it.loaded(pivots, (k,), _INTEGER), INDEX)
            moved = code.compare("!=", row, (k + 1).value(it.function))
            turns = code.logical_xor(moved, code.compare("<", factor, zero))
            sign = set_sign(code.select(turns, code.negative(sign), sign))
            total = set_total(code.add(total, code.call("log", code.absolute(factor))))
        singular = it.refused
        store(
            at,
            code.select(singular, zero, sign),
            code.select(singular, code.constant(-np.inf, dtype), total),
        )


def _det(it: _Writing) -> None:
    (y,) = it.results

    def store(at: Place, sign: Value, logarithm: Value) -> None:
        determinant = it.code.multiply(sign, it.code.call("exp", logarithm))
        it.entries.store(y, it.code.convert(determinant, it.v.dtype), at)

    _signs_and_logarithms(it, store)


def _slogdet(it: _Writing) -> None:
    def store(at: Place, *values: Value) -> None:
        for memory, value in zip(it.results, values, strict=True):
            it.entries.store(memory, it.code.convert(value, it.v.dtype), at)

    _signs_and_logarithms(it, store)


# Factorizations


def _cholesky(it: _Writing) -> None:
    """The lower triangle, row by row, is the upper one, column by column."""
    (A,), (L,) = it.v.inputs, it.results
    n, zero = _size(it.v), it.code.constant(0, it.dtype)
    matrix, size = it.space("matrix", n, 1), it.number(n)

    def lower(place: Place) -> Value:
        return it.code.select(it.within(_LOWER, place), it.loaded(matrix, place), zero)

    with it.batch(_matrix_batch(it.v)) as at:
        it.copy_in(A, at, matrix)
        it.call("dpotrf", it.letter("U"), size, matrix.pointer, size, it.info)
        it.note_refusal()
        it.give(L, at, (n, n), lower)


def _eigh_work(n: int) -> tuple[int, int]:
    return 1 + 6 * n + 2 * n * n + _BLOCK * n, 3 + 5 * n


def _eigh_spaces(v: Variable) -> Mapping[str, _Space]:
    n = _size(v)
    numbers, integers = _eigh_work(n)
    return {
        "matrix": _Space(n * n),
        "values": _Space(n),
        "work": _Space(numbers),
        "integers": _Space(integers, integers=True),
    }


def _eigh(it: _Writing, *, lower: bool) -> None:
    (A,), (w, V) = it.v.inputs, it.results
    n = _size(it.v)
    size, (numbers, integers) = it.number(n), _eigh_work(n)
    matrix, values = it.space("matrix", 1, n), it.space("values", 1)
    work = it.space("work").pointer, it.number(numbers), it.space("integers").pointer, it.number(integers)
    with it.batch(_matrix_batch(it.v)) as at:
        it.copy_in(A, at, matrix)
        triangle = it.letter("L" if lower else "U")
        it.call("dsyevd", it.letter("V"), triangle, size, matrix.pointer, size, values.pointer, *work, it.info)
        it.note_refusal()
        it.copy_out(values, w, at, (n,))
        it.copy_out(matrix, V, at, (n, n))


def _qr_spaces(v: Variable) -> Mapping[str, _Space]:
    m, n = v.inputs[0].shape[-2:]
    return {"matrix": _Space(m * n), "factors": _Space(n), "work": _Space(_BLOCK * n)}


def _qr(it: _Writing) -> None:
    (A,), (Q, R) = it.v.inputs, it.results
    m, n = A.shape[-2:]
    rows, columns, matrix, zero = it.number(m), it.number(n), it.space("matrix", 1, m), it.code.constant(0, it.dtype)
    given = matrix.pointer, rows, it.space("factors").pointer, it.space("work").pointer, it.number(_BLOCK * n), it.info

    def upper(place: Place) -> Value:
        return it.code.select(it.within(_UPPER, place), it.loaded(matrix, place), zero)

    with it.batch(_matrix_batch(it.v)) as at:
        it.copy_in(A, at, matrix)
        it.call("dgeqrf", rows, columns, *given)
        it.note_refusal()
        it.give(R, at, (n, n), upper)
        it.call("dorgqr", rows, columns, columns, *given)
        it.note_refusal()
        it.copy_out(matrix, Q, at, (m, n))


def _svd_work(m: int, n: int) -> int:
    k = min(m, n)
    return 4 * k * k + 7 * k + max(m, n) + _BLOCK * (m + n)


def _svd_spaces(v: Variable) -> Mapping[str, _Space]:
    m, n = v.inputs[0].shape[-2:]
    k = min(m, n)
    return {
        "matrix": _Space(m * n),
        "values": _Space(k),
        "left": _Space(m * k),
        "right": _Space(k * n),
        "work": _Space(_svd_work(m, n)),
        "integers": _Space(8 * k, integers=True),
    }


def _svd(it: _Writing) -> None:
    """All factors, or the singular values alone, which is another path through LAPACK."""
    (A,) = it.v.inputs
    s = it.results[len(it.results) // 2]
    m, n = A.shape[-2:]
    k = min(m, n)
    job = it.letter("S" if len(it.results) > 1 else "N")
    rows, columns, least = it.number(m), it.number(n), it.number(k)
    matrix, values = it.space("matrix", 1, m), it.space("values", 1)
    left, right = it.space("left", 1, m), it.space("right", 1, k)
    vectors = left.pointer, rows, right.pointer, least
    work = it.space("work").pointer, it.number(_svd_work(m, n)), it.space("integers").pointer
    with it.batch(_matrix_batch(it.v)) as at:
        it.copy_in(A, at, matrix)
        it.call("dgesdd", job, rows, columns, matrix.pointer, rows, values.pointer, *vectors, *work, it.info)
        it.note_refusal()
        it.copy_out(values, s, at, (k,))
        if len(it.results) > 1:
            it.copy_out(left, it.results[0], at, (m, k))
            it.copy_out(right, it.results[2], at, (k, n))


def _square(*names: str) -> Callable[[Variable], Mapping[str, _Space]]:
    """Scratch for some matrices of the operand's size, and for the order of its rows."""

    def spaces(v: Variable) -> Mapping[str, _Space]:
        n = _size(v)
        return {"pivots": _Space(n, integers=True), **{name: _Space(n * n) for name in names}}

    return spaces


_FACTORIZATIONS = {
    "solve": _Factorization(_solve, _solve_spaces),
    "triangular_solve": _Factorization(_triangular_solve, _triangular_spaces, in_double=False),
    "inv": _Factorization(_inv, _square("matrix", "inverse")),
    "det": _Factorization(_det, _square("matrix")),
    "slogdet": _Factorization(_slogdet, _square("matrix")),
    "cholesky": _Factorization(_cholesky, lambda v: {"matrix": _Space(_size(v) ** 2)}),
    "eigh": _Factorization(_eigh, _eigh_spaces),
    "qr": _Factorization(_qr, _qr_spaces),
    "svd": _Factorization(_svd, _svd_spaces),
    "svdvals": _Factorization(_svd, _svd_spaces),
}
