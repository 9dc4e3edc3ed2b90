"""Operations that change no value: a fresh identity for each transform, and the end of a derivative's way."""

from __future__ import annotations

import itertools

from ..original import np
from ..structure import identity_map
from .batch_axis import in_front
from .operation import Example, discrete, linear

_serial = itertools.count(1)

tag = linear(
    "tag",
    lambda x, *, serial: x,
    lambda x, *, serial: x,
    lambda y, x, *, serial: identity_map(x.shape),
    parameters=("serial",),
    batch=in_front,
    notation="{0}",
    examples=lambda rng: [Example((rng.normal(size=3),), {"serial": 0})],
    summary="the same value as another variable: what a transform differentiates with respect to",
)
stop_gradient = discrete(
    "stop_gradient",
    lambda x: np.asarray(x),
    lambda x: x,
    batch=in_front,
    notation=r"\lfloor {0} \rfloor",
    examples=lambda rng: [Example((rng.normal(size=3),))],
    summary="the same value, with derivative zero",
)


def fresh_serial() -> int:
    """A number for a tag that nothing else has, so that no two tags are ever merged."""
    return next(_serial)
