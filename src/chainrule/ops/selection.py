"""Choosing between values by a condition, and the products that make back-propagation: those that zero absorbs."""

from __future__ import annotations

from typing import Any

from ..original import np
from ..structure import ArrayAlgebra
from .comparison import logical_not
from .native import Code, absorbing_product
from .operation import Example, elementwise

_arrays = ArrayAlgebra()


def _promote_choice(kinds: tuple[Any, ...]) -> tuple[np.dtype, ...]:
    condition, *values = kinds
    result = np.result_type(*[kind(0) if isinstance(kind, type) else kind for kind in values])
    return (np.dtype(bool) if condition is bool else np.dtype(condition), result, result, result)


def _promote_product(kinds: tuple[Any, ...]) -> tuple[np.dtype, ...]:
    """As for any product; what selects stays boolean."""
    *factors, result = np.multiply.resolve_dtypes((*kinds, None))
    given = [np.dtype(kind) for kind in kinds]
    return (*[a if a.kind == "b" else b for a, b in zip(given, factors, strict=True)], result)


def _choice_examples(rng: np.random.Generator) -> Any:
    for shapes in [((),) * 3, ((2, 3),) * 3, ((3,), (2, 3), ()), ((2, 1), (3,), (2, 3))]:
        condition = rng.uniform(size=shapes[0]) > 0.5
        yield Example((condition, rng.normal(size=shapes[1]), rng.normal(size=shapes[2])))


def _select(t: Any, mask: Any) -> Any:
    return np.where(mask, t, t.dtype.type(0))


def _where(code: Code, condition: Any, a: Any, b: Any) -> Any:
    return code.select(code.convert(condition, np.dtype(bool)), a, b)


where = elementwise(
    "where",
    np.where,
    None,
    lambda y, c, a, b: c,  # a boolean slope selects: what is not taken gives zero, not zero times its slope
    lambda y, c, a, b: logical_not(c),
    promote=_promote_choice,
    examples=_choice_examples,
    native=_where,
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
    native=absorbing_product,
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
    native=lambda code, a, b: absorbing_product(code, a, b, both=True),
    notation=r"{0} \odot {1}",
    summary="the product of two factors of a Jacobian, zero where either is zero",
)
