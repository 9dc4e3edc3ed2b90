"""A sum of index terms: the linear map of nearly every operation, and the Jacobian that their products make."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, final

from ..errors import ShapeError
from ..original import np
from .algebra import Factor, Names, algebra_of, counted, real_dtype
from .application import apply
from .cost import Sized, without_values
from .entries import entries_of, most_entries
from .linear_map import DENSE_LIMIT, LinearMap, Shape
from .merging import merged
from .normal_form import normal_form
from .notation import index_notation
from .recognition import Structure, recognize, shared_axes
from .relations import Pairs, Progression, Ravel, Relation
from .scipy_loader import sparse
from .term import Term, names

MANY = 8  # terms of a map, or factors of a term, up to which nothing is formed
TOO_MANY = 64  # terms with which nobody would multiply


@final
class IndexMap(LinearMap):
    """A sum of terms; no terms are the zero map."""

    __slots__ = ("terms",)
    terms: tuple[Term, ...]

    def __init__(self, terms: Iterable[Term], out_shape: Shape, in_shape: Shape, dtype: Any = np.float64):
        super().__init__(out_shape, in_shape, dtype)
        self.terms = tuple(terms)

    def with_terms(self, terms: Iterable[Term]) -> IndexMap:
        return IndexMap(terms, self.out_shape, self.in_shape, self.dtype).between(self.x_is_real, self.y_is_real)

    def with_factors(self, change: Callable[[Factor], Factor]) -> IndexMap:
        """The same map with every dense factor, and every index of a relation, replaced."""
        return self.with_terms(
            dataclasses.replace(
                term,
                factors=tuple((change(f), its_names) for f, its_names in term.factors),
                relations=tuple(relation.with_indices(change) for relation in term.relations),
            )
            for term in self.terms
        )

    def apply(self, vector: Factor) -> Factor:
        algebra = algebra_of(vector, *(operand for term in self.terms for operand in term.operands))
        total = None
        for term in self.terms:
            part = apply(term, vector, algebra)
            total = part if total is None else algebra.add(total, part)
        if total is None:
            batch = tuple(vector.shape[: len(vector.shape) - len(self.in_shape)])
            return algebra.zeros(vector, batch + self.out_shape)
        return total

    @property
    def T(self) -> IndexMap:
        turned = IndexMap((term.transposed for term in self.terms), self.in_shape, self.out_shape, self.dtype)
        return turned.between(self.y_is_real, self.x_is_real)

    @property
    def structure(self) -> Structure:
        return recognize(self.terms, self.out_shape, self.in_shape)

    @property
    def notation(self) -> str:
        """Each term in index notation: what stands at which indices of y and of x."""
        return index_notation(self.terms)

    @property
    def cost(self) -> int:
        """Multiplications and additions of one product J @ v."""
        counted = self.with_terms(without_values(self.terms)).apply(Sized(self.in_shape))
        return counted.operations

    @property
    def storage(self) -> int:
        return sum(term.storage for term in self.terms)

    def scaled(self, number: complex) -> IndexMap:
        if number == 0:
            return self.with_terms(())
        terms = (dataclasses.replace(term, scale=term.scale * number) for term in self.terms)
        return IndexMap(terms, self.out_shape, self.in_shape, np.result_type(self.dtype, number))

    @property
    def absolute(self) -> IndexMap:
        """With the absolute values of all factors: entry by entry at least that of the map, where terms do not meet."""
        terms = (
            dataclasses.replace(
                term,
                scale=abs(term.scale),
                factors=tuple((f if f.dtype == bool else np.abs(f), its_names) for f, its_names in term.factors),
            )
            for term in self.terms
        )
        return self.with_terms(terms)

    @property
    def conjugated(self) -> IndexMap:
        terms = (
            dataclasses.replace(term.with_conjugate_factors, antilinear=not term.antilinear) for term in self.terms
        )
        return self.with_terms(terms)

    def real_part(self, of_real: bool = False) -> IndexMap:
        if not of_real:
            return (
                self.with_terms(merged(self.terms + self.conjugated.terms)).between(False, False).compact().scaled(0.5)
            )
        if not any(term.antilinear or term.is_complex for term in self.terms):
            return self
        terms = merged(part for term in self.terms for part in term.real_parts())
        return IndexMap(terms, self.out_shape, self.in_shape, real_dtype(self.dtype)).compact()

    def linear_by(self, x_is_real: bool, y_is_real: bool) -> IndexMap:
        """Without antilinear terms, where the argument is real, so that its conjugate is itself; or the result, of
        which only the real part counts, so that A conj(v) and conj(A) v are as good as each other."""
        if not self.is_antilinear or not (x_is_real or y_is_real):
            return self
        terms = (
            term
            if not term.antilinear
            else dataclasses.replace(term if x_is_real else term.with_conjugate_factors, antilinear=False)
            for term in self.terms
        )
        return IndexMap(merged(terms), self.out_shape, self.in_shape, self.dtype)

    @property
    def is_antilinear(self) -> bool:
        """Whether a part of it acts on the conjugate: then it is no matrix."""
        return any(term.antilinear for term in self.terms)

    def _checked_terms(self) -> tuple[Term, ...]:
        """The terms, which make a matrix."""
        if self.is_antilinear:
            raise self._is_no_matrix()
        return self.terms

    def after(self, first: LinearMap) -> LinearMap:
        if not isinstance(first, IndexMap):
            return super().after(first)
        products = (normal_form(a.after(b)) for a in self.terms for b in first.terms)
        dtype = np.result_type(self.dtype, first.dtype)
        return IndexMap(merged(t for t in products if t is not None), self.out_shape, first.in_shape, dtype).compact()

    def plus(self, other: LinearMap) -> LinearMap:
        if not isinstance(other, IndexMap):
            return super().plus(other)
        dtype = np.result_type(self.dtype, other.dtype)
        return IndexMap(merged(self.terms + other.terms), self.out_shape, self.in_shape, dtype).compact()

    @property
    def _is_of_arrays(self) -> bool:
        return algebra_of(*(operand for term in self.terms for operand in term.operands)) is algebra_of()

    def compact(self) -> IndexMap:
        """With one factor, where many take more room: sums multiply under composition."""
        if len(self.terms) <= MANY and all(len(term.factors) <= MANY for term in self.terms):
            return self
        if self.is_antilinear:
            linear, conjugate = (
                self.with_terms(t for t in self.terms if t.antilinear == part) for part in (False, True)
            )
            conjugate = conjugate.linear_by(True, False).compact()
            terms = (dataclasses.replace(term, antilinear=True) for term in conjugate.terms)
            return linear.with_terms((*linear.compact().terms, *terms))
        limit = DENSE_LIMIT // self.dtype.itemsize
        shared = shared_axes(self.terms)
        in_blocks = math.prod(self.out_shape + self._axes_besides(shared))
        entries = sum(most_entries(term) for term in self.terms)
        if self._is_of_arrays and entries <= min(in_blocks, limit / 3):  # each with its row and its column
            if len(self.terms) <= TOO_MANY and not any(term.inner for term in self.terms):
                return self  # one entry a row and a term, as in a stencil
            return sparse_map(self.tosparse(), self.out_shape, self.in_shape)
        return self._in_blocks(shared) if in_blocks <= min(4 * max(self.storage, 1), limit) else self

    def _axes_besides(self, shared: list[tuple[int, int]]) -> Shape:
        axes = {axis for _, axis in shared}
        return tuple(size for axis, size in enumerate(self.in_shape) if axis not in axes)

    def _in_blocks(self, shared: list[tuple[int, int]]) -> IndexMap:
        """With one dense factor: over the axes of y, and those of x that are not one index with one of them."""
        y_axis = {axis_of_x: axis_of_y for axis_of_y, axis_of_x in shared}
        rank = len(self.out_shape)
        kept = [axis for axis in range(len(self.in_shape)) if axis not in y_axis]
        terms = (dataclasses.replace(term, inn=tuple(term.inn[axis] for axis in kept)) for term in self.terms)
        blocks = IndexMap(terms, self.out_shape, self._axes_besides(shared), self.dtype).dense()
        out = range(rank)
        inn = [y_axis.get(axis, rank + axis) for axis in range(len(self.in_shape))]
        factor = (blocks, (*out, *(rank + axis for axis in kept)))
        return index_map(out, inn, factor, out_shape=self.out_shape, in_shape=self.in_shape, dtype=self.dtype)

    def entries(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Values, rows and columns of the entries that the structure allows; entries of one place add up."""
        parts = [entries_of(term, self.out_shape, self.in_shape) for term in self._checked_terms()]
        if not parts:
            return np.zeros(0, self.dtype), np.zeros(0, np.intp), np.zeros(0, np.intp)
        values, rows, columns = (np.concatenate(part) for part in zip(*parts, strict=True))
        return values, rows, columns

    def tosparse(self) -> Any:
        values, rows, columns = self.entries()
        shape = (math.prod(self.out_shape), math.prod(self.in_shape))
        return sparse.csr_array(sparse.coo_array((values.astype(self.dtype), (rows, columns)), shape=shape))

    def pattern(self) -> Any:
        """Where entries may differ from zero: a boolean scipy.sparse.csr_array of shape (y.size, x.size)."""
        result = self.tosparse()
        result.data = np.ones(len(result.data), bool)
        return result

    def dense(self) -> Factor:
        if not self._is_of_arrays:
            return super().dense()
        factors = [factor for term in self._checked_terms() for factor, _ in term.factors]
        scales = [1j for term in self.terms if np.iscomplexobj(term.scale)]
        total = np.zeros(self.shape, np.result_type(self.dtype, *(f.dtype for f in factors), *scales))
        for term in self.terms:
            if term.relations or _meets_nonfinite(term):
                values, rows, columns = entries_of(term, self.out_shape, self.in_shape)
                matrix = total.reshape(math.prod(self.out_shape), math.prod(self.in_shape))
                np.add.at(matrix, (rows, columns), values)
            else:
                _add_contraction(total, term)
        return total


def _add_contraction(total: np.ndarray, term: Term) -> None:
    """Add a term without relations, by one contraction, to the diagonal of its repeated names."""
    axes = term.out + term.inn
    held = {n for _, each in term.factors for n in each}
    kept = tuple(n for n in dict.fromkeys(axes) if n in held)
    values: Any = term.scale
    if term.factors:
        algebra = algebra_of(total)
        operands, labels = zip(*term.factors, strict=True)
        product = algebra.contract([counted(each) for each in operands], labels, kept, absorbing=False)
        values = (product * term.scale).reshape([term.sizes[n] if n in held else 1 for n in dict.fromkeys(axes)])
    if not axes:  # np.einsum gives a copy of a 0-d array, not a view
        total += values
        return
    unique = list(dict.fromkeys(axes))
    diagonal = np.einsum(total, [unique.index(n) for n in axes], list(range(len(unique))))
    diagonal += values


def _meets_nonfinite(term: Term) -> bool:
    """Whether a zero of one factor may meet an inf or nan of another: then the product is 0, entry by entry."""
    return len(term.factors) > 1 and not all(np.isfinite(factor).all() for factor, _ in term.factors)


# Ways to write a map down.

Labels = Sequence[Hashable]


def index_map(
    out: Labels,
    inn: Labels,
    *factors: tuple[Factor, Labels],
    out_shape: Shape,
    in_shape: Shape,
    relations: Sequence[Relation] = (),
    inner: Mapping[Any, int] = MappingProxyType({}),
    scale: complex = 1,
    dtype: Any = None,
    antilinear: bool = False,
) -> IndexMap:
    """One term, its indices named by letters: the Jacobian of A @ B by A is ``index_map("ik", "ij", (B, "jk"), ...)``.

    Relations are written over the same letters; `inner` gives the sizes of letters that only relations know. The dtype
    is that of the factors where none is given, float64 where there is none. An antilinear map acts on conj(v).
    """
    sizes: dict[Hashable, int] = dict(inner)
    for labels, shape in ((out, out_shape), (inn, in_shape), *((each, f.shape) for f, each in factors)):
        if len(labels) != len(shape):
            raise ShapeError(f"{len(labels)} index names for an array of shape {shape}")
        for label, size in zip(labels, shape, strict=True):
            if sizes.setdefault(label, size) != size:
                raise ShapeError(f"index {label!r} has size {sizes[label]} and size {size}")
    new: Any = dict(zip(sizes, names(len(sizes)), strict=True))

    def each(labels: Labels) -> Names:
        return tuple(new[label] for label in labels)

    term = Term(
        each(out),
        each(inn),
        {new[label]: size for label, size in sizes.items()},
        tuple((np.asarray(f) if isinstance(f, np.generic) else f, each(labels)) for f, labels in factors),
        tuple(relation.renamed(new) for relation in relations),
        scale,
        antilinear,
    )
    if dtype is None:
        floating = [factor.dtype for factor, _ in factors if factor.dtype.kind in "fc"]
        dtype = np.result_type(*(floating or [np.float64]), scale)
    simple = normal_form(term)
    return IndexMap(() if simple is None else (simple,), out_shape, in_shape, dtype)


def zero_map(out_shape: Shape, in_shape: Shape) -> IndexMap:
    return IndexMap((), out_shape, in_shape)


def identity_map(shape: Shape, dtype: Any = np.float64) -> IndexMap:
    axes = range(len(shape))
    return index_map(axes, axes, out_shape=shape, in_shape=shape, dtype=dtype)


def dense_map(array: Factor, out_shape: Shape, in_shape: Shape) -> IndexMap:
    out, inn = range(len(out_shape)), range(len(out_shape), len(out_shape) + len(in_shape))
    factor = (array, (*out, *inn))
    return index_map(out, inn, factor, out_shape=out_shape, in_shape=in_shape, dtype=array.dtype)


def sparse_map(matrix: Any, out_shape: Shape, in_shape: Shape) -> IndexMap:
    """The map of a scipy.sparse array of shape (y.size, x.size): each entry is related to its row and its column."""
    matrix = matrix.tocoo()
    out: Any = tuple(f"y{axis}" for axis in range(len(out_shape)))
    inn: Any = tuple(f"x{axis}" for axis in range(len(in_shape)))
    entry: Any = ("entry",)
    row: Any
    column: Any
    row, column = (side if len(side) == 1 else (flat,) for side, flat in ((out, "row"), (inn, "column")))
    relations: list[Any] = [
        Pairs(row, entry, matrix.row.astype(np.intp), None),
        Pairs(entry, column, None, matrix.col.astype(np.intp)),
    ]
    relations += [Ravel(side, flat) for side, flat in ((out, row), (inn, column)) if side != flat]
    return index_map(
        out,
        inn,
        (matrix.data, entry),
        out_shape=out_shape,
        in_shape=in_shape,
        relations=relations,
        inner={row[0]: matrix.shape[0], column[0]: matrix.shape[1]},
        dtype=matrix.dtype,
    )


def array_map(array: np.ndarray, out_shape: Shape, in_shape: Shape) -> IndexMap:
    """The map of a plain array; one that is zero off its diagonal, as mu * np.eye(n), becomes a diagonal."""
    if out_shape == in_shape:
        matrix = array.reshape(math.prod(out_shape), math.prod(in_shape))
        diagonal = matrix.diagonal()
        if np.count_nonzero(matrix) == np.count_nonzero(diagonal):
            axes = range(len(out_shape))
            if diagonal.size and (diagonal == diagonal[0]).all():
                return identity_map(out_shape, array.dtype).scaled(diagonal[0].item())
            factor = (diagonal.reshape(out_shape), axes)
            return index_map(axes, axes, factor, out_shape=out_shape, in_shape=in_shape, dtype=array.dtype)
    return dense_map(array, out_shape, in_shape)


def pointwise_map(slope: Any, out_shape: Shape, in_shape: Shape) -> IndexMap:
    """The Jacobian of an element-wise operation, from its slope: a number, or a factor that broadcasts to out_shape.

    An axis along which x was broadcast gets a name of its own, so that the transpose sums over it.
    """
    out = tuple(range(len(out_shape)))
    offset = len(out_shape) - len(in_shape)
    inn = tuple(-1 - k if size == 1 and out_shape[offset + k] != 1 else offset + k for k, size in enumerate(in_shape))
    if isinstance(slope, (int, float, complex)) and np.isfinite(slope):
        return index_map(out, inn, out_shape=out_shape, in_shape=in_shape, scale=slope)
    slope = np.asarray(slope) if isinstance(slope, (int, float, complex, np.generic)) else slope
    start = len(out_shape) - len(slope.shape)
    kept = [k for k, size in enumerate(slope.shape) if size != 1 or out_shape[start + k] == 1]
    if len(kept) < len(slope.shape):
        slope = algebra_of(slope).reshape(slope, tuple(slope.shape[k] for k in kept))
    return index_map(out, inn, (slope, [start + k for k in kept]), out_shape=out_shape, in_shape=in_shape)


def window_map(windows: Sequence[tuple[int, int, int]], in_shape: Shape) -> IndexMap:
    """x[b0 : : s0, b1 : : s1, ...]: for every axis start, step and count."""
    out_shape = tuple(count for _, _, count in windows)
    out, relations = [], []
    for axis, (start, step, count) in enumerate(windows):
        if (start, step, count) == (0, 1, in_shape[axis]):
            out.append(axis)
        else:
            out.append(-1 - axis)
            relations.append(Progression((-1 - axis,), (axis,), 0, 1, start, step, count))
    return index_map(out, range(len(in_shape)), out_shape=out_shape, in_shape=in_shape, relations=relations)


LinearMap._from_array = staticmethod(array_map)
