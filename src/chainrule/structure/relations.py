"""Relations between index names: the 0/1 factors of a linear map that are never stored dense.

A relation holds between its left and its right names. All its methods take `sizes`, the size of each name. A new
relation is one class here.
"""

from __future__ import annotations

import abc
import dataclasses
import enum
import math
from collections.abc import Callable
from typing import Self, final

from ..original import np
from .algebra import Algebra, Factor, Names, algebra_of

Sizes = dict[int, int]
IndexPairs = tuple[np.ndarray, np.ndarray]


class Fused(enum.Enum):
    """What two relations over a common middle may come to, besides one relation or two."""

    SAME = "left and right are the same index"
    EMPTY = "nothing is related"


@dataclasses.dataclass(frozen=True, eq=False)
class Relation(abc.ABC):
    left: Names
    right: Names

    @property
    def names(self) -> Names:
        return self.left + self.right

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for equal relations over the same names."""
        return (type(self), self.left, self.right, *self._parameters())

    @property
    def indices(self) -> tuple[Factor, ...]:
        """The index arrays that it holds."""
        return ()

    @property
    def is_known(self) -> bool:
        """Whether its pairs can be listed: no index is a graph variable."""
        return algebra_of(*self.indices) is algebra_of()

    def with_indices(self, change: Callable[[Factor], Factor]) -> Relation:
        """The same relation with every index array that it holds replaced."""
        return self

    def renamed(self, new: dict[int, int]) -> Self:
        left = tuple(new.get(n, n) for n in self.left)
        right = tuple(new.get(n, n) for n in self.right)
        return dataclasses.replace(self, left=left, right=right)

    def _parameters(self) -> tuple[object, ...]:
        return ()

    @abc.abstractmethod
    def flipped(self) -> Relation:
        """The same relation, read from right to left."""

    @abc.abstractmethod
    def move(self, array: Factor, sizes: Sizes, algebra: Algebra) -> Factor:
        """Carry an array whose last axes are the right names to one whose last axes are the left names."""

    @abc.abstractmethod
    def pairs(self, sizes: Sizes) -> IndexPairs:
        """All related indices; the names of a side count as one, row by row."""

    def count_pairs(self, sizes: Sizes) -> int:
        """How many indices are related, or more."""
        return min(math.prod(sizes[n] for n in self.left), math.prod(sizes[n] for n in self.right))

    def is_function(self, sizes: Sizes) -> bool:
        """Whether every left index has exactly one right index: then `move` substitutes them in a factor.

        (An index that repeats entries more often than there are is left alone: the factor would grow.)
        """
        return False

    @property
    def is_single_valued(self) -> bool:
        """Whether no left index has two right indices."""
        return True

    @property
    def is_sparse(self) -> bool:
        """Whether an index is related to few others."""
        return True

    @property
    def offsets(self) -> tuple[float, float]:
        """Bounds of right - left, where one name is related to one name."""
        return -math.inf, math.inf

    def fused(self, other: Relation, sizes: Sizes) -> Relation | Fused | None:
        """Self, then other, as one relation; None where there is no closed form. self.right is other.left."""
        return None


@final
@dataclasses.dataclass(frozen=True, eq=False)
class Progression(Relation):
    """left = left_start + left_step * k, right = right_start + right_step * k, for 0 <= k < count.

    Slices, pads, flips, strides, shifts, parts of a concatenation.
    """

    left_start: int
    left_step: int
    right_start: int
    right_step: int
    count: int

    def _parameters(self) -> tuple[object, ...]:
        return self.left_start, self.left_step, self.right_start, self.right_step, self.count

    def is_function(self, sizes: Sizes) -> bool:
        return self.count == sizes[self.left[0]] and abs(self.left_step) == 1

    @property
    def offsets(self) -> tuple[float, float]:
        if self.count > 1 and self.left_step != self.right_step:
            return super().offsets
        shift = self.right_start - self.left_start
        return shift, shift

    def flipped(self) -> Progression:
        return Progression(
            self.right, self.left, self.right_start, self.right_step, self.left_start, self.left_step, self.count
        )

    def move(self, array: Factor, sizes: Sizes, algebra: Algebra) -> Factor:
        axis, size, count = len(array.shape) - 1, sizes[self.left[0]], self.count
        if (self.right_start, self.right_step, count) != (0, 1, array.shape[-1]):
            array = algebra.window(array, axis, self.right_start, self.right_step, count)
        if (self.left_start, self.left_step, count) != (0, 1, size):
            array = algebra.place(array, axis, self.left_start, self.left_step, size)
        return array

    def pairs(self, sizes: Sizes) -> IndexPairs:
        k = np.arange(self.count)
        return self.left_start + self.left_step * k, self.right_start + self.right_step * k

    def fused(self, other: Relation, sizes: Sizes) -> Relation | Fused | None:
        if isinstance(other, Pairs) and other.is_known:
            return _joined(self, other, sizes)
        if not isinstance(other, Progression):
            return None
        # right_start + right_step * k = other.left_start + other.left_step * m, by the extended gcd
        common = math.gcd(self.right_step, other.left_step)
        distance = other.left_start - self.right_start
        if distance % common:
            return Fused.EMPTY
        modulus = abs(other.left_step // common)
        k = distance // common * pow(self.right_step // common, -1, modulus) if modulus > 1 else 0
        k_step, m_step = other.left_step // common, self.right_step // common
        m = (self.right_start + self.right_step * k - other.left_start) // other.left_step
        low_k, high_k = _steps_within(k, k_step, self.count)
        low_m, high_m = _steps_within(m, m_step, other.count)
        low, high = max(low_k, low_m), min(high_k, high_m)
        if high < low:
            return Fused.EMPTY
        k, m = k + k_step * low, m + m_step * low
        result = Progression(
            self.left,
            other.right,
            self.left_start + self.left_step * k,
            self.left_step * k_step,
            other.right_start + other.right_step * m,
            other.right_step * m_step,
            high - low + 1,
        )._ascending()
        whole = (0, 1, 0, 1, sizes[self.left[0]])
        same = result._parameters() == whole and sizes[self.left[0]] == sizes[other.right[0]]
        return Fused.SAME if same else result

    def _ascending(self) -> Progression:
        """The same relation, written in the one way in which left ascends."""
        if self.count == 1:
            return dataclasses.replace(self, left_step=1, right_step=1)
        if self.left_step > 0:
            return self
        last = self.count - 1
        left, right = self.left_start + self.left_step * last, self.right_start + self.right_step * last
        return Progression(self.left, self.right, left, -self.left_step, right, -self.right_step, self.count)


def _steps_within(start: int, step: int, count: int) -> tuple[int, int]:
    """First and last t with 0 <= start + step * t < count."""
    low, high = -start, count - 1 - start
    if step < 0:
        low, high, step = -high, -low, -step
    return -(-low // step), high // step


@final
@dataclasses.dataclass(frozen=True, eq=False)
class Pairs(Relation):
    """left_index[k] is related to right_index[k]; None stands for 0, 1, 2, ... Gather, scatter, permutation, sort.

    An index may be a graph variable: then the relation is applied, but neither fused nor listed.
    """

    left_index: Factor | None
    right_index: Factor | None

    @property
    def indices(self) -> tuple[Factor, ...]:
        return tuple(index for index in (self.left_index, self.right_index) if index is not None)

    def with_indices(self, change: Callable[[Factor], Factor]) -> Pairs:
        left, right = (None if index is None else change(index) for index in (self.left_index, self.right_index))
        return Pairs(self.left, self.right, left, right)

    def _parameters(self) -> tuple[object, ...]:
        return id(self.left_index), id(self.right_index)

    def is_function(self, sizes: Sizes) -> bool:
        return self.left_index is None and sizes[self.left[0]] <= sizes[self.right[0]]

    @property
    def is_single_valued(self) -> bool:
        index = self.left_index
        if index is None or not self.is_known:
            return index is None
        return len(index) <= 1 + index.max(initial=-1) and np.count_nonzero(np.bincount(index)) == len(index)

    def flipped(self) -> Pairs:
        return Pairs(self.right, self.left, self.right_index, self.left_index)

    def move(self, array: Factor, sizes: Sizes, algebra: Algebra) -> Factor:
        axis = len(array.shape) - 1
        if self.right_index is not None:
            array = algebra.take(array, self.right_index, axis)
        if self.left_index is not None:
            array = algebra.scatter(array, self.left_index, axis, sizes[self.left[0]])
        return array

    def count_pairs(self, sizes: Sizes) -> int:
        return len(self.indices[0]) if self.indices else sizes[self.left[0]]

    def pairs(self, sizes: Sizes) -> IndexPairs:
        def listed(index: Factor | None, name: int) -> np.ndarray:
            return np.arange(sizes[name]) if index is None else index

        return listed(self.left_index, self.left[0]), listed(self.right_index, self.right[0])

    def fused(self, other: Relation, sizes: Sizes) -> Relation | Fused | None:
        known = isinstance(other, Progression) or (isinstance(other, Pairs) and other.is_known)
        return _joined(self, other, sizes) if self.is_known and known else None


def _joined(first: Relation, second: Relation, sizes: Sizes) -> Relation | Fused | None:
    left, middle = first.pairs(sizes)
    other_middle, right = second.pairs(sizes)
    if _join_size(middle, other_middle, sizes[first.right[0]]) > 2 * (len(left) + len(right)):
        return None  # many to many: two short lists are better than one long
    rows, matches = join(middle, other_middle)
    if not len(rows):
        return Fused.EMPTY
    left, right = left[rows], right[matches]
    everything = np.arange(sizes[first.left[0]])
    if len(left) == len(everything) == sizes[second.right[0]]:
        order = np.argsort(left, kind="stable")
        if np.array_equal(left[order], everything) and np.array_equal(right[order], everything):
            return Fused.SAME
    return Pairs(first.left, second.right, left, right)


def _join_size(left: np.ndarray, right: np.ndarray, size: int) -> int:
    return int(np.bincount(left, minlength=size) @ np.bincount(right, minlength=size))


def join(left: np.ndarray, right: np.ndarray) -> IndexPairs:
    """All (i, j) with left[i] == right[j], ordered by i: for each value, the places where it lies in a sorted right."""
    order = np.argsort(right, kind="stable")
    lies = np.bincount(right, minlength=1 + left.max(initial=-1))
    counts, begin = lies[left], (np.cumsum(lies) - lies)[left]
    i = np.repeat(np.arange(len(left)), counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return i, order[within + np.repeat(begin, counts)]


@final
@dataclasses.dataclass(frozen=True, eq=False)
class Ravel(Relation):
    """The left names, read row by row, count like the right names read row by row: merged or split axes."""

    def is_function(self, sizes: Sizes) -> bool:
        return len(set(self.right)) == len(self.right)

    def flipped(self) -> Ravel:
        return Ravel(self.right, self.left)

    def move(self, array: Factor, sizes: Sizes, algebra: Algebra) -> Factor:
        lead = array.shape[: len(array.shape) - len(self.right)]
        return algebra.reshape(array, lead + tuple(sizes[n] for n in self.left))

    def pairs(self, sizes: Sizes) -> IndexPairs:
        count = np.arange(np.prod([sizes[n] for n in self.left], dtype=int))
        return count, count

    def fused(self, other: Relation, sizes: Sizes) -> Relation | Fused | None:
        if not isinstance(other, Ravel) or len(set(self.right)) < len(self.right):
            return None
        same = [sizes[n] for n in self.left] == [sizes[n] for n in other.right]
        return Fused.SAME if same else Ravel(self.left, other.right)


@final
@dataclasses.dataclass(frozen=True, eq=False)
class Triangle(Relation):
    """left >= right, or left <= right where not lower: cumulative sums."""

    lower: bool = True

    def _parameters(self) -> tuple[object, ...]:
        return (self.lower,)

    @property
    def is_single_valued(self) -> bool:
        return False

    @property
    def is_sparse(self) -> bool:
        return False

    @property
    def offsets(self) -> tuple[float, float]:
        return (-math.inf, 0) if self.lower else (0, math.inf)

    def flipped(self) -> Triangle:
        return Triangle(self.right, self.left, not self.lower)

    def move(self, array: Factor, sizes: Sizes, algebra: Algebra) -> Factor:
        return algebra.cumulate(array, len(array.shape) - 1, not self.lower)

    def count_pairs(self, sizes: Sizes) -> int:
        return sizes[self.left[0]] * sizes[self.right[0]]

    def pairs(self, sizes: Sizes) -> IndexPairs:
        n = sizes[self.left[0]]
        return np.tril_indices(n) if self.lower else np.triu_indices(n)
