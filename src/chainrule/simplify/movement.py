"""Chains of movements become one, and movements that move nothing go."""

from __future__ import annotations

from typing import Any

from ..graph import Variable
from ..ops.contraction import einsum
from ..ops.movement import broadcast_to, reshape, transpose, window
from .rewrites import made_by, rewrites

Inputs = tuple[Variable, ...]


@rewrites(reshape)
def reshape_of_reshape(inputs: Inputs, *, shape: Any) -> Variable | None:
    (x,) = inputs
    if x.shape == shape:
        return x
    return reshape(x.inputs[0], shape=shape) if made_by(x, reshape) else None


@rewrites(transpose)
def transpose_of_transpose(inputs: Inputs, *, axes: Any) -> Variable | None:
    (x,) = inputs
    if axes == tuple(range(len(axes))):
        return x
    if not made_by(x, transpose):
        return None
    (inner,) = x.parameters
    return transpose(x.inputs[0], axes=tuple(inner[k] for k in axes))


@rewrites(broadcast_to)
def broadcast_of_broadcast(inputs: Inputs, *, shape: Any) -> Variable | None:
    (x,) = inputs
    if x.shape == shape:
        return x
    return broadcast_to(x.inputs[0], shape=shape) if made_by(x, broadcast_to) else None


@rewrites(window)
def window_of_window(inputs: Inputs, *, windows: Any) -> Variable | None:
    (x,) = inputs
    if windows == tuple((0, 1, size) for size in x.shape):
        return x
    if not made_by(x, window):
        return None
    (inner,) = x.parameters
    fused = tuple((b0 + s0 * b, s0 * s, n) for (b, s, n), (b0, s0, _) in zip(windows, inner, strict=True))
    return window(x.inputs[0], windows=fused)


@rewrites(einsum)
def transposes_into_labels(inputs: Inputs, *, labels: Any, out: Any, absorbing: bool) -> Variable | None:
    """A sum of products reads its operands in any order of axes: transposes are names."""
    if not any(made_by(x, transpose) for x in inputs):
        return None
    operands, names = [], []
    for x, each in zip(inputs, labels, strict=True):
        if made_by(x, transpose):
            (axes,) = x.parameters
            named = dict(zip(axes, each, strict=True))
            operands.append(x.inputs[0])
            names.append(tuple(named[k] for k in range(len(axes))))
        else:
            operands.append(x)
            names.append(each)
    return einsum(*operands, labels=tuple(names), out=out, absorbing=absorbing)


@rewrites(transpose)
def transpose_of_contraction(inputs: Inputs, *, axes: Any) -> Variable | None:
    """The sum of products gives its axes in any order that is asked for."""
    (x,) = inputs
    if not made_by(x, einsum):
        return None
    labels, out, absorbing = x.parameters
    return einsum(*x.inputs, labels=labels, out=tuple(out[k] for k in axes), absorbing=absorbing)
