"""Choosing between values by a condition, and the products that make back-propagation: those that zero absorbs."""

from __future__ import annotations

from typing import Any

from ..original import np
from ..structure import ArrayAlgebra
from .comparison import logical_not
from .operation import Example, elementwise

_arrays = ArrayAlgebra()


def _promote_choice(kinds: tuple[Any, ...]) -> tuple[np.dtype, ...]:
    condition, *values = kinds
    result = np.result_type(*[kind(0) if isinstance(kind, type) else kind for kind in values])
    return (np.dtype(bool) if condition is bool else np.dtype(condition), result, result, result)


def _promote_product(kinds: tuple[Any, ...]) -> tuple[np.dtype, ...]:
    return np.multiply.resolve_dtypes((*kinds, None))


def _choice_examples(rng: np.random.Generator) -> Any:
    for shapes in [((),) * 3, ((2, 3),) * 3, ((3,), (2, 3), ()), ((2, 1), (3,), (2, 3))]:
        condition = rng.uniform(size=shapes[0]) > 0.5
        yield Example((condition, rng.normal(size=shapes[1]), rng.normal(size=shapes[2])))


def _select(t: Any, mask: Any) -> Any:
    return np.where(mask, t, t.dtype.type(0))


where = elementwise(
    "where",
    np.where,
    None,
    lambda y, c, a, b: c,  # a boolean slope selects: what is not taken gives zero, not zero times its slope
    lambda y, c, a, b: logical_not(c),
    promote=_promote_choice,
    examples=_choice_examples,
    notation=r"({0} \; ? \; {1} : {2})",
)


def _either_absorbs(v: Any, slope: Any) -> Any:
    """Where the slope is a cotangent, a branch that is not taken has zeros in it, which meet any v."""
    return factor_product(v, slope)


absorb = elementwise(
    "absorb",
    _arrays.absorb,
    lambda y, t, s: s,
    lambda y, t, s: t,
    promote=_promote_product,
    numpy=(),
    fast=lambda types, _: _select if types[1].dtype == bool else None,
    unguarded=lambda types, _: None if types[1].dtype == bool else np.multiply,
    products=(None, _either_absorbs),
    notation=r"{0} \odot {1}",
    summary="t times a slope, zero where t is zero whatever the slope; a boolean slope selects",
)
factor_product = elementwise(
    "factor_product",
    lambda a, b: _arrays.multiply(np.asarray(a), np.asarray(b)),
    lambda y, a, b: b,
    lambda y, a, b: a,
    promote=_promote_product,
    numpy=(),
    unguarded=lambda types, _: None if bool in (types[0].dtype, types[1].dtype) else np.multiply,
    products=(_either_absorbs, _either_absorbs),
    notation=r"{0} \odot {1}",
    summary="the product of two factors of a Jacobian, zero where either is zero",
)
