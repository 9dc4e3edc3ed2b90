"""Vectors of factorizations are determined up to a phase, which is LAPACK's choice and no function of the matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...arraytype import ArrayType
from ...errors import DerivativeError
from ...original import np
from ...structure import LinearMap, identity_map
from ..batch_axis import in_front
from ..operation import Example, general


def _without_phases(*pairs: Any, in_rows: tuple[bool, ...]) -> Any:
    """The first cotangent, where no derivative is one by phases: turning vectors then changes nothing."""
    turn: Any = 0.0
    scale: Any = 0.0
    for y_bar, vectors, is_row in zip(pairs[::2], pairs[1::2], in_rows, strict=True):
        products = np.asarray(y_bar) * np.asarray(vectors)
        turn = turn + (-1 if is_row else 1) * np.sum(products.imag, axis=-1 if is_row else -2)
        scale = scale + np.sum(np.abs(products), axis=-1 if is_row else -2)
    first = np.asarray(pairs[0])
    limit = 1e-3 if np.finfo(first.dtype).eps > 1e-10 else 1e-5
    if np.any(np.abs(turn) > limit * np.max(scale, initial=0)):
        raise DerivativeError(
            "the phase of a complex eigenvector or singular vector is arbitrary, and this function depends on it",
            wanted="a function that stays the same where vectors are multiplied by exp(i phi), such as "
            "V @ np.diag(f(w)) @ V.conj().T or abs(V)",
        )
    return first


def _by_argument(k: int, y: Any, *pairs: Any, in_rows: tuple[bool, ...]) -> LinearMap | None:
    return identity_map(y.shape) if k == 0 else None


without_phases = general(
    "without_phases",
    _without_phases,
    lambda *types, in_rows: ArrayType(types[0].shape, types[0].dtype),
    _by_argument,
    variadic=True,
    for_complex=True,
    batch=in_front,
    parameters=("in_rows",),
    notation="{0}",
    examples=lambda rng: [
        Example((rng.normal(size=(3, 2)), rng.normal(size=(3, 2))), {"in_rows": (False,)}),
        Example(
            tuple(rng.normal(size=shape) for shape in [(2, 2), (2, 2), (2, 3), (2, 3)]), {"in_rows": (False, True)}
        ),
    ],
    summary="a cotangent, unless it depends on the phases of complex vectors: that is an error",
)


def free_of_phases(ys: Sequence[Any], y_bars: Sequence[Any], in_rows: Sequence[bool | None]) -> list[Any]:
    """The cotangents, of which those of complex vectors are looked at together.

    `in_rows` tells for each result whether it has vectors in rows, or in columns; None for one that has no vectors.
    """
    bars = list(y_bars)
    given = [
        k
        for k, (bar, y) in enumerate(zip(y_bars, ys, strict=True))
        if bar is not None and in_rows[k] is not None and y.dtype.kind == "c"
    ]
    if given:
        pairs = [each for k in given for each in (y_bars[k], ys[k])]
        bars[given[0]] = without_phases(*pairs, in_rows=tuple(in_rows[k] for k in given))
    return bars
