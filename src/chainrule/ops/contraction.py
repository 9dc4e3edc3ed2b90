"""Einstein's sum: matrix products, inner and outer products, sums, traces and diagonals are all this one operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..arraytype import ArrayType
from ..errors import ShapeError
from ..original import np
from ..structure import ArrayAlgebra, LinearMap, arrays, index_map
from .batch_axis import Flags
from .operation import Example, general

_arrays = ArrayAlgebra()
Labels = tuple[tuple[int, ...], ...]
Absorbing = Any  # as for an Algebra: False, True or "either"


def _einsum(*xs: Any, labels: Labels, out: tuple[int, ...], absorbing: Absorbing = False) -> Any:
    """The sum over all indices that are not in `out` of the product of the operands."""
    return _arrays.contract([np.asarray(x) for x in xs], labels, out, absorbing)


def _einsum_type(*xs: ArrayType, labels: Labels, out: tuple[int, ...], absorbing: Absorbing = False) -> ArrayType:
    sizes: dict[int, int] = {}
    for x, names in zip(xs, labels, strict=True):
        for name, size in zip(names, x.shape, strict=True):
            if sizes.setdefault(name, size) != size:
                raise ShapeError(
                    f"a sum of products needs sizes that agree: {sizes[name]} is not {size}",
                    got=", ".join(map(str, xs)),
                )
    return ArrayType(tuple(sizes[name] for name in out), np.result_type(*[x.dtype for x in xs]))


def _einsum_map(
    k: int, y: Any, *xs: Any, labels: Labels, out: tuple[int, ...], absorbing: Absorbing = False
) -> LinearMap:
    others = [(x, names) for j, (x, names) in enumerate(zip(xs, labels, strict=True)) if j != k]
    return index_map(out, labels[k], *others, out_shape=y.shape, in_shape=xs[k].shape)


def _absorbing_product(
    k: int, v: Any, back: bool, *xs: Any, labels: Labels, out: tuple[int, ...], absorbing: Absorbing = False
) -> Any:
    """v times the other operands, where these hold a cotangent: its zeros, of branches not taken, meet any v."""
    rest = [names for j, names in enumerate(labels) if j != k]
    have, want = (out, labels[k]) if back else (labels[k], out)
    held = {n for names in (have, *rest) for n in names}
    if not absorbing or k == 0 or not held.issuperset(want) or len(set(want)) < len(want):
        return None
    others = [x for j, x in enumerate(xs) if j != k]
    return einsum(v, *others, labels=(have, *rest), out=want, absorbing="either")


def _with_a_fresh_name(
    operation: Any, xs: Sequence[Any], lifted: Flags, *, labels: Labels, out: tuple[int, ...], absorbing: Absorbing
) -> Any:
    """The sample is one more index, of the operands that are lifted and of the result."""
    fresh = 1 + max((name for each in labels for name in each), default=-1)
    names = tuple((fresh, *each) if is_lifted else each for each, is_lifted in zip(labels, lifted, strict=True))
    return operation(*xs, labels=names, out=(fresh, *out), absorbing=absorbing)


def _examples(rng: np.random.Generator) -> Any:
    def example(shapes: Sequence[tuple[int, ...]], labels: Labels, out: tuple[int, ...]) -> Example:
        arguments = tuple(rng.normal(size=shape) for shape in shapes)
        return Example(arguments, {"labels": labels, "out": out, "absorbing": False})

    yield example([(2, 3), (3, 4)], ((0, 1), (1, 2)), (0, 2))  # matrix product
    yield example([(2, 3)], ((0, 1),), (0,))  # sum along an axis
    yield example([(3, 3)], ((0, 0),), ())  # trace
    yield example([(3, 3)], ((0, 0),), (0,))  # diagonal
    yield example([(3,), (2,)], ((0,), (1,)), (0, 1))  # outer product
    yield example([(3,), (3,)], ((0,), (0,)), (0,))  # entry by entry
    yield example([(2, 2, 3), (2, 3, 2)], ((0, 1, 2), (0, 2, 3)), (0, 1, 3))  # a batch of products
    yield example([(2, 3), (3, 4), (4, 2)], ((0, 1), (1, 2), (2, 3)), (0, 3))  # three at once
    yield example([(), (3,)], ((), (0,)), (0,))  # a number times a vector
    yield example([(0, 2)], ((0, 1),), (1,))  # an empty sum


def _lowered(types: tuple[ArrayType, ...], parameters: tuple[Any, ...]) -> Callable[..., Any] | None:
    """The matmul or sum that it comes to for known shapes."""
    labels, out, _ = parameters
    if len(types) == 1:
        return arrays.reduction_of(types[0].shape, labels[0], out)
    if len(types) == 2:
        return arrays.product_of(types[0].shape, types[1].shape, *labels, out)
    return None


einsum = general(
    "einsum",
    _einsum,
    _einsum_type,
    _einsum_map,
    variadic=True,
    for_complex=True,
    parameters=("labels", "out", "absorbing"),
    fast=lambda types, parameters: None if parameters[2] else _lowered(types, parameters),
    unguarded=lambda types, parameters: _lowered(types, parameters) if parameters[2] else None,
    products=_absorbing_product,
    batch=_with_a_fresh_name,
    notation=r"\sum {0} {1}",
    examples=_examples,
    source="Laue, Mitterreiter, Giesen, Computing higher order derivatives of matrix and tensor expressions (2018)",
)
