"""`cr.vmap` of every operation over its declared examples, against a loop over samples of the plain function.

Each argument alone is mapped, and all together, over the first axis and the last; values, gradients and tangents. No
operation takes one sample after the other.
"""

import numpy as np
import pytest

import chainrule as cr
from chainrule.ops import CATALOGUE, PRIMITIVES
from chainrule.tracing import declared_call

from ..each_operation import of_each_operation

DECLARED = PRIMITIVES
COUNT = 3


def samples_of(operation, number):
    """The arguments of some samples: the example drawn anew for each, with other indices and truth values."""
    drawn = []
    for seed in range(COUNT):
        example = list(operation.examples(np.random.default_rng(seed)))[number]
        drawn.append([varied(np.asarray(a), seed) for a in example.arguments])
    return drawn, dict(example.parameters)


def varied(a, seed):
    if a.dtype.kind == "b":
        return a ^ bool(seed % 2)
    return np.roll(a, seed, axis=-1) if a.dtype.kind in "iu" and a.ndim else a


def cases():
    for operation in DECLARED:
        for number, example in enumerate(operation.examples(np.random.default_rng(0))):
            count = len(example.arguments)
            mapped = [tuple(k == n for k in range(count)) for n in range(count)]
            mapped += [(True,) * count] if count > 1 else []
            for flags in mapped:
                which = "all" if all(flags) else flags.index(True)
                yield pytest.param(operation, number, flags, id=f"{operation.name}-{number}-{which}")


CASES = list(cases())


def function_of(operation, parameters):
    def f(*xs):
        with np.errstate(all="ignore"):
            return declared_call(operation, xs, parameters)

    return f


def leaves(y):
    return [np.asarray(part) for part in (y if isinstance(y, tuple) else (y,))]


def close(found, wanted, units=64):
    """Equal up to some units in the last place of the largest entry; matrices are multiplied in other orders."""
    assert found.shape == wanted.shape
    assert found.dtype == wanted.dtype
    if wanted.dtype.kind not in "fc":
        np.testing.assert_array_equal(found, wanted)
        return
    finite = wanted[np.isfinite(wanted)]
    scale = np.max(np.abs(finite), initial=0.0)
    np.testing.assert_allclose(found, wanted, rtol=0, atol=units * np.finfo(wanted.dtype).eps * scale)


def setting(operation, number, flags, axis):
    """f, its arguments with the mapped ones stacked along an axis, in_axes, and the arguments of each sample."""
    drawn, parameters = samples_of(operation, number)
    rows = [[drawn[s if flag else 0][k] for k, flag in enumerate(flags)] for s in range(COUNT)]
    stacked = [np.stack([row[k] for row in rows], axis=axis) if flag else rows[0][k] for k, flag in enumerate(flags)]
    return function_of(operation, parameters), stacked, tuple(axis if flag else None for flag in flags), rows


@pytest.mark.parametrize("axis", [0, -1])
@of_each_operation(CASES, "operation, number, flags")
def test_values(operation, number, flags, axis):
    f, stacked, in_axes, rows = setting(operation, number, flags, axis)
    wanted = [np.stack(column, axis=axis) for column in zip(*[leaves(f(*row)) for row in rows], strict=True)]
    found = leaves(cr.vmap(f, in_axes=in_axes, out_axes=axis)(*stacked))
    for a, b in zip(found, wanted, strict=True):
        close(a, b, 4 if operation.kind == "elementwise" else 64)


@of_each_operation(CASES, "operation, number, flags")
def test_no_samples(operation, number, flags):
    f, stacked, in_axes, rows = setting(operation, number, flags, 0)
    none = [x[:0] if flag else x for x, flag in zip(stacked, flags, strict=True)]
    for found, like in zip(leaves(cr.vmap(f, in_axes=in_axes)(*none)), leaves(f(*rows[0])), strict=True):
        assert (found.shape, found.dtype) == ((0, *like.shape), like.dtype)


def floating(arrays):
    return [k for k, a in enumerate(arrays) if a.dtype.kind == "f"]


DIFFERENTIABLE = [
    case for case in CASES if floating(setting(*case.values, 0)[3][0]) and case.values[0].kind != "discrete"
]


def weighted(f, weights):
    """A number with a slope by each entry of each floating result."""

    def total(*xs):
        ys = f(*xs)
        ys = ys if isinstance(ys, tuple) else (ys,)
        return sum(np.sum(w * y) for w, y in zip(weights, ys, strict=True) if w is not None)

    return total


@of_each_operation(DIFFERENTIABLE, "operation, number, flags")
def test_derivatives(operation, number, flags):
    """The gradient of each sample; that of all samples together; a tangent of all samples."""
    f, stacked, in_axes, rows = setting(operation, number, flags, 0)
    rng = np.random.default_rng(7)
    results = leaves(f(*rows[0]))
    if not any(y.dtype.kind == "f" for y in results):
        return
    weights = [rng.normal(size=y.shape) if y.dtype.kind == "f" else None for y in results]
    total, by = weighted(f, weights), tuple(floating(rows[0]))
    each = [cr.grad(total, argnums=by)(*row) for row in rows]
    wanted = [np.stack(column) for column in zip(*each, strict=True)]

    found = cr.vmap(cr.grad(total, argnums=by), in_axes=in_axes)(*stacked)
    for a, b in zip(found, wanted, strict=True):
        close(a, b, 512)

    mapped = cr.vmap(total, in_axes=in_axes)
    together = cr.grad(lambda *xs: np.sum(mapped(*xs)), argnums=by)(*stacked)
    for k, a, b in zip(by, together, wanted, strict=True):
        close(a, b if flags[k] else np.sum(b, axis=0), 512)

    dots = [rng.normal(size=x.shape) if k in by else x for k, x in enumerate(stacked)]

    def varying(function, xs):
        def of_floating(*values):
            replaced = list(xs)
            for k, value in zip(by, values, strict=True):
                replaced[k] = value
            return function(*replaced)

        return of_floating

    y_dot = cr.jvp(varying(mapped, stacked), [stacked[k] for k in by], [dots[k] for k in by])[1]
    along = [
        cr.jvp(varying(total, row), [row[k] for k in by], [dots[k][s] if flags[k] else dots[k] for k in by])[1]
        for s, row in enumerate(rows)
    ]
    scale = max(np.max(np.abs(b), initial=0.0) for b in wanted) * max(1, sum(b.size for b in wanted))
    np.testing.assert_allclose(y_dot, along, rtol=1e-12, atol=512 * np.finfo(float).eps * scale)


def takes_one_after_the_other(operation, number, flags):
    f, stacked, in_axes, _ = setting(operation, number, flags, 0)
    g = cr.trace(cr.vmap(f, in_axes=in_axes), *stacked)
    loops = [v.parameters[0].graph for v in g.variables if v.operation is CATALOGUE["scan"]]
    return any({y.operation for y in body.outputs} == {operation} for body in loops)


def test_no_operation_takes_one_sample_after_the_other():
    """As docs/vmap.md says."""
    assert {case.values[0].name for case in CASES if takes_one_after_the_other(*case.values)} == set()
