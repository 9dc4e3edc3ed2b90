"""Random maps: operations of every kind, drawn one after the other, each beside the plain NumPy function that it is."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st

from chainrule.structure import (
    IndexMap,
    LinearMap,
    Pairs,
    Progression,
    Ravel,
    Triangle,
    dense_map,
    identity_map,
    index_map,
    pointwise_map,
    window_map,
    zero_map,
)

from .catalogue import Array, Function, dense_of

Shape = tuple[int, ...]
Draw = Callable[[st.SearchStrategy], int]
Step = tuple[IndexMap, Function]

LARGEST = 400  # entries of a dense array


class Composition(NamedTuple):
    """The product of some maps, last first, and its dense array by the plain functions."""

    steps: list[IndexMap]
    J: LinearMap
    dense: Array

    def __repr__(self) -> str:
        return " @ ".join(f"[{step!r}]" for step in reversed(self.steps))


def numbers(draw: Draw, *shape: int) -> Array:
    """Small whole numbers, zero among them: products and sums are exact."""
    return np.random.default_rng(draw(st.integers(0, 99))).integers(-2, 3, size=shape).astype(float)


def letters(shape: Shape) -> list[str]:
    return [f"x{axis}" for axis in range(len(shape))]


def along(shape: Shape, axis: int, size: int, relation: Callable[[str, str], object]) -> IndexMap:
    """A relation along one axis, identity along the others."""
    inn = letters(shape)
    out = [*inn[:axis], "y", *inn[axis + 1 :]]
    out_shape = (*shape[:axis], size, *shape[axis + 1 :])
    return index_map(out, inn, out_shape=out_shape, in_shape=shape, relations=[relation(("y",), (inn[axis],))])


def scaled(draw: Draw, shape: Shape) -> Step:
    number = draw(st.integers(-2, 3))
    return identity_map(shape).scaled(number), lambda x: number * x


def slope(draw: Draw, shape: Shape) -> Step:
    start = draw(st.integers(0, len(shape)))
    factor = numbers(draw, *(1 if draw(st.booleans()) else size for size in shape[start:]))
    return pointwise_map(factor, shape, shape), lambda x: factor * x


def mask(draw: Draw, shape: Shape) -> Step:
    keep = numbers(draw, *shape) > 0
    return pointwise_map(keep, shape, shape), lambda x: np.where(keep, x, 0)


def broadcast(draw: Draw, shape: Shape) -> Step:
    wide = tuple(draw(st.integers(1, 3)) if size == 1 else size for size in shape)
    wide = (*(draw(st.integers(1, 3)) for _ in range(draw(st.integers(0, 2)))), *wide)
    factor = numbers(draw, *wide) if draw(st.booleans()) else 1
    return pointwise_map(factor, wide, shape), lambda x: np.broadcast_to(x, wide) * factor


def total(draw: Draw, shape: Shape) -> Step:
    gone = {axis for axis in range(len(shape)) if draw(st.booleans())}
    kept = [axis for axis in range(len(shape)) if axis not in gone]
    J = index_map(kept, range(len(shape)), out_shape=tuple(shape[axis] for axis in kept), in_shape=shape)
    return J, lambda x: np.sum(x, axis=tuple(gone))


def transpose(draw: Draw, shape: Shape) -> Step:
    axes = tuple(draw(st.permutations(range(len(shape)))))
    out_shape = tuple(shape[axis] for axis in axes)
    return index_map(axes, range(len(shape)), out_shape=out_shape, in_shape=shape), lambda x: np.transpose(x, axes)


def reshape(draw: Draw, shape: Shape) -> Step:
    size = math.prod(shape)
    first = draw(st.sampled_from([n for n in range(1, size + 1) if size % n == 0] or [0]))
    choices = [(size,), (first, size // first if first else 2), shape]
    after = draw(st.sampled_from([each for each in choices if math.prod(each) == size]))
    out, inn = [f"y{axis}" for axis in range(len(after))], letters(shape)
    if not size:
        return zero_map(after, shape), lambda x: np.reshape(x, after)
    J = index_map(out, inn, out_shape=after, in_shape=shape, relations=[Ravel(tuple(out), tuple(inn))])
    return J, lambda x: np.reshape(x, after)


def window(draw: Draw, shape: Shape) -> Step:
    windows, places = [], []
    for size in shape:
        picked = sorted({draw(st.integers(0, size)), draw(st.integers(0, size))})
        steps = range(picked[0], picked[-1], draw(st.integers(1, 3)))
        steps = steps[::-1] if draw(st.booleans()) else steps
        windows.append((steps.start, steps.step, len(steps)) if len(steps) else (0, 1, 0))
        places.append(list(steps))
    return window_map(windows, shape), lambda x: x[np.ix_(*places)] if places else x


def pad(draw: Draw, shape: Shape) -> Step:
    margins = [(draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in shape]
    stretch = [draw(st.sampled_from([1, 1, -1, 2])) for _ in shape]
    wide = tuple(low + abs(step) * size + high for (low, high), step, size in zip(margins, stretch, shape, strict=True))
    windows = [
        (low if step > 0 else low + size - 1, step, size)
        for (low, _), step, size in zip(margins, stretch, shape, strict=True)
    ]
    if 0 in shape:
        return identity_map(shape), lambda x: x

    def padded(x: Array) -> Array:
        result = np.zeros(wide)
        result[np.ix_(*(start + step * np.arange(count) for start, step, count in windows))] = x
        return result

    return window_map(windows, wide).T, padded if shape else lambda x: x


def gather(draw: Draw, shape: Shape) -> Step:
    if not shape or not shape[0]:
        return identity_map(shape), lambda x: x
    axis = draw(st.integers(0, len(shape) - 1))
    if not shape[axis]:
        return identity_map(shape), lambda x: x
    index = np.array(draw(st.lists(st.integers(0, shape[axis] - 1), max_size=4)), dtype=int)
    return along(shape, axis, len(index), lambda y, x: Pairs(y, x, None, index)), lambda x: np.take(x, index, axis)


def scatter(draw: Draw, shape: Shape) -> Step:
    if not shape:
        return identity_map(shape), lambda x: x
    axis = draw(st.integers(0, len(shape) - 1))
    size = draw(st.integers(1, 4))
    index = np.array([draw(st.integers(0, size - 1)) for _ in range(shape[axis])], dtype=int)

    def scattered(x: Array) -> Array:
        result = np.zeros((*shape[:axis], size, *shape[axis + 1 :]))
        for k, place in enumerate(index):
            result[(slice(None),) * axis + (place,)] += x[(slice(None),) * axis + (k,)]
        return result

    return along(shape, axis, size, lambda y, x: Pairs(y, x, index, None)), scattered


def cumulative(draw: Draw, shape: Shape) -> Step:
    if not shape:
        return identity_map(shape), lambda x: x
    axis, lower = draw(st.integers(0, len(shape) - 1)), draw(st.booleans())
    J = along(shape, axis, shape[axis], lambda y, x: Triangle(y, x, lower))
    return J, lambda x: np.cumsum(x, axis) if lower else np.flip(np.cumsum(np.flip(x, axis), axis), axis)


def product(draw: Draw, shape: Shape) -> Step:
    """Along one axis with a matrix, or with a matrix of its own for every entry of another axis."""
    if not shape:
        return identity_map(shape), lambda x: x
    axis, size = draw(st.integers(0, len(shape) - 1)), draw(st.integers(1, 3))
    inn = letters(shape)
    out = [*inn[:axis], "y", *inn[axis + 1 :]]
    others = [name for name in inn if name != inn[axis] and draw(st.booleans())]
    W = numbers(draw, *(shape[inn.index(name)] for name in others), shape[axis], size)
    its_names = [*others, inn[axis], "y"]
    out_shape = (*shape[:axis], size, *shape[axis + 1 :])
    J = index_map(out, inn, (W, its_names), out_shape=out_shape, in_shape=shape)
    place = {name: k for k, name in enumerate([*inn, "y"])}
    labels = [place[name] for name in its_names]
    return J, lambda x: np.einsum(x, list(range(len(shape))), W, labels, [place[name] for name in out])


def softmax_like(draw: Draw, shape: Shape) -> Step:
    if not shape:
        return identity_map(shape), lambda x: x
    p = numbers(draw, *shape)
    inn = letters(shape)
    other = [*inn[:-1], "z"]
    shapes = {"out_shape": shape, "in_shape": shape}
    J = index_map(inn, inn, (p, inn), **shapes) - index_map(inn, other, (p, inn), (p, other), **shapes)
    return J, lambda x: p * x - p * (p * x).sum(-1, keepdims=True)


def low_rank(draw: Draw, shape: Shape) -> Step:
    U, V = numbers(draw, 2, draw(st.integers(1, 3))), numbers(draw, *shape, 2)
    inn = letters(shape)
    J = index_map("y", inn, (U, "my"), (V, [*inn, "m"]), out_shape=(U.shape[1],), in_shape=shape)
    return J, lambda x: np.tensordot(x, V, x.ndim) @ U


def dense(draw: Draw, shape: Shape) -> Step:
    out_shape = tuple(draw(st.integers(1, 2)) for _ in range(draw(st.integers(0, 2))))
    array = numbers(draw, *out_shape, *shape)
    return dense_map(array, out_shape, shape), lambda x: np.tensordot(array, x, x.ndim)


def embed(draw: Draw, shape: Shape) -> Step:
    """The last axis twice: a matrix with the entries on its diagonal."""
    if not shape:
        return identity_map(shape), lambda x: x
    inn = letters(shape)
    J = index_map([*inn, inn[-1]], inn, out_shape=(*shape, shape[-1]), in_shape=shape)
    return J, lambda x: x[..., None] * np.eye(shape[-1])


def take_diagonal(draw: Draw, shape: Shape) -> Step:
    """The diagonal of the last two axes where they are of one size, or its sum."""
    if len(shape) < 2 or shape[-1] != shape[-2]:
        return transpose(draw, shape)
    inn = letters(shape)
    inn[-1] = inn[-2]
    if draw(st.booleans()):
        J = index_map(inn[:-2], inn, out_shape=shape[:-2], in_shape=shape)
        return J, lambda x: np.trace(x, axis1=-2, axis2=-1)
    J = index_map(inn[:-1], inn, out_shape=shape[:-1], in_shape=shape)
    return J, lambda x: np.diagonal(x, axis1=-2, axis2=-1)


def shift_sum(draw: Draw, shape: Shape) -> Step:
    """x + 2 x[shifted] along an axis: two terms."""
    if not shape or not shape[0]:
        return identity_map(shape), lambda x: x
    by = draw(st.integers(0, shape[0] - 1))
    J = along(shape, 0, shape[0], lambda y, x: Progression(y, x, by, 1, 0, 1, shape[0] - by))

    def shifted(x: Array) -> Array:
        moved = np.zeros(shape)
        moved[by:] = x[: shape[0] - by]
        return x + 2 * moved

    return identity_map(shape) + 2 * J, shifted


def nothing(draw: Draw, shape: Shape) -> Step:
    return zero_map((2,), shape), lambda x: np.zeros(2)


STEPS = [
    scaled, slope, mask, broadcast, total, transpose, reshape, window, pad, gather, scatter, cumulative, product,
    softmax_like, low_rank, dense, embed, take_diagonal, shift_sum, nothing,
]  # fmt: skip


@st.composite
def shapes(draw: Draw, largest: int = 4) -> Shape:
    return tuple(draw(st.lists(st.sampled_from([1, 2, 3, 4, 2, 3, 0]), max_size=3)))


@st.composite
def steps_from(draw: Draw, shape: Shape) -> Step:
    return draw(st.sampled_from(STEPS))(draw, shape)


@st.composite
def compositions(draw: Draw, in_shape: Shape | None = None, longest: int = 5) -> Composition:
    shape = draw(shapes()) if in_shape is None else in_shape
    J: LinearMap = identity_map(shape)
    steps: list[IndexMap] = []
    functions: list[Function] = []
    for _ in range(draw(st.integers(1, longest))):
        step, function = draw(steps_from(J.out_shape))
        if math.prod(step.out_shape + shape) > LARGEST:
            continue
        steps.append(step)
        functions.append(function)
        J = step @ J

    def whole(x: Array) -> Array:
        for function in functions:
            x = np.asarray(function(x))
        return x

    return Composition(steps, J, dense_of(whole, shape))
