"""What is refused, by name and with what to write instead; and NumPy's own errors, of its class and in its words."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainruleError, MutationError, ShapeError, UnsupportedError
from chainrule.tracing import dispatch, ufuncs

V = np.array([0.3, -1.2, 2.5])
M = np.arange(6.0).reshape(2, 3) + 0.5
S = np.eye(3) + 0.1
Z = np.zeros(3)


def public(module):
    for name in sorted(dir(module)):
        function = getattr(module, name)
        if not name.startswith("_") and callable(function) and not isinstance(function, type):
            yield name, function


# Every function that NumPy hands over

INTEGERS_ONLY = {  # no derivative could go through these: they run on plain values
    "bitwise_count", "bitwise_left_shift", "bitwise_right_shift", "left_shift", "right_shift", "gcd", "lcm", "isnat",
    "busday_count", "busday_offset", "datetime_as_string", "is_busday", "packbits", "unpackbits", "ravel_multi_index",
    "unravel_index",
}  # fmt: skip


@pytest.mark.parametrize("module", [np, np.linalg, np.fft], ids=lambda m: m.__name__)
def test_every_function_is_answered_or_refused_with_a_hint(module):
    for name, function in public(module):
        if isinstance(function, np.ufunc):
            answered = ufuncs.computation_of(function) is not None or function in ufuncs.GENERALIZED
        elif hasattr(function, "_implementation"):
            answered = function in dispatch.FUNCTIONS or dispatch.elementwise_of(function) is not None
        else:
            continue  # NumPy does not hand it over
        assert answered or function in dispatch.HINTS or name in INTEGERS_ONLY, name


CALLS = {
    np.frexp: lambda x: np.frexp(x)[0],
    np.nextafter: lambda x: np.nextafter(x, 1.0),
    np.histogram2d: lambda x: np.histogram2d(x, x)[0],
    np.save: lambda x: np.save("x.npy", x),
    np.savez: lambda x: np.savez("x.npz", x),
    np.savez_compressed: lambda x: np.savez_compressed("x.npz", x),
    np.savetxt: lambda x: np.savetxt("x.txt", x),
    np.linalg.eig: lambda x: np.linalg.eig(x * S)[0],
    np.linalg.eigvals: lambda x: np.linalg.eigvals(x * S),
}


@pytest.mark.parametrize("function", list(dispatch.HINTS), ids=dispatch.name_of)
def test_what_is_refused(function):
    call = CALLS.get(function, function)
    with pytest.raises(UnsupportedError) as caught:
        cr.grad(lambda x: np.sum(call(x)))(V)
    message = str(caught.value)
    assert f"{dispatch.name_of(function)} is not supported on traced arrays" in message
    assert "test_errors.py" in message, "the user's line"
    assert "try" in message


OPTIONS = {
    "np.pad with mode='mean'": lambda x: np.pad(x, 1, mode="mean"),
    "np.pad with mode='linear_ramp'": lambda x: np.pad(x, 1, mode="linear_ramp", end_values=0),
    "np.pad with mode='reflect' and reflect_type='odd'": lambda x: np.pad(x, 1, mode="reflect", reflect_type="odd"),
    "np.linalg.svd of an oblong matrix with full_matrices=True": lambda x: np.linalg.svd(x * M)[1],
    "np.linalg.svd with hermitian=True": lambda x: np.linalg.svd(x * S, hermitian=True)[1],
    "np.linalg.qr with mode='complete'": lambda x: np.linalg.qr((x * M).T, mode="complete")[1],
    "np.linalg.qr with mode='raw'": lambda x: np.linalg.qr(x * S, mode="raw")[0],
    "np.cross of vectors in the plane": lambda x: np.cross(x[:2], x[1:]),
    "np.matmul with axes=": lambda x: np.matmul(x * S, S, axes=[(0, 1), (0, 1), (0, 1)]),
    "np.histogram": lambda x: np.histogram(x)[1],
    "np.quantile at a traced q": lambda x: np.quantile(V, abs(x[0])),
    "np.quantile with weights=": lambda x: np.quantile(x, 0.5, weights=[1, 2, 3], method="inverted_cdf"),
    "np.put_along_axis with axis=None": lambda x: [c := x * 1, np.put_along_axis(c, np.array([0]), 1.0, None)][0],
    "np.sin with where= and without out=": lambda x: np.sin(x, where=[True, False, True]),
}


@pytest.mark.parametrize("what", OPTIONS)
def test_options_that_are_refused(what):
    with pytest.raises(UnsupportedError) as caught:
        cr.grad(lambda x: np.sum(OPTIONS[what](x)))(V)
    assert what in str(caught.value)


@pytest.mark.parametrize(
    "write",
    [
        lambda x: np.put(Z, [0], x[:1]),
        lambda x: np.place(Z, [True, False, False], x),
        lambda x: np.putmask(Z, [True, False, False], x),
        lambda x: np.put_along_axis(Z, np.array([0]), x[:1], 0),
        lambda x: np.copyto(Z, x),
        lambda x: np.sum(M * x, axis=0, out=Z),
        lambda x: np.clip(x, 0, 1, out=Z),
    ],
)
def test_writing_into_an_array_from_before_the_trace(write):
    with pytest.raises(MutationError) as caught:
        cr.grad(lambda x: [write(x), np.sum(x)][1])(V)
    assert "existed before the trace" in str(caught.value)
    assert "try" in str(caught.value)


# NumPy's errors

SAME = {
    "sum axis": lambda x: np.sum(x, axis=2),
    "sum twice the same axis": lambda x: np.sum(x, axis=(0, 0)),
    "sum axis as a list": lambda x: np.sum(x, axis=[0]),
    "mean axis": lambda x: np.mean(x, axis=-3),
    "max axis": lambda x: np.max(x, axis=5),
    "max where": lambda x: np.max(x, where=x > 0),
    "argmax of nothing": lambda x: np.argmax(x[:0]),
    "cumsum axis": lambda x: np.cumsum(x, axis=2),
    "cumulative_sum": lambda x: np.cumulative_sum(x),
    "var ddof and correction": lambda x: np.var(x, ddof=1, correction=1),
    "transpose": lambda x: np.transpose(x, (0, 0)),
    "transpose axis": lambda x: np.transpose(x, (0, 2)),
    "method transpose": lambda x: x.transpose(0),
    "swapaxes": lambda x: np.swapaxes(x, 0, 2),
    "moveaxis": lambda x: np.moveaxis(x, 0, 2),
    "moveaxis counts": lambda x: np.moveaxis(x, 0, (0, 1)),
    "rollaxis": lambda x: np.rollaxis(x, 3),
    "expand_dims": lambda x: np.expand_dims(x, 4),
    "squeeze": lambda x: np.squeeze(x, axis=0),
    "flip": lambda x: np.flip(x, axis=2),
    "rot90": lambda x: np.rot90(x, axes=(0, 0)),
    "rot90 axes": lambda x: np.rot90(x, axes=(0, 2)),
    "concatenate axis": lambda x: np.concatenate([x, x], axis=2),
    "concatenate ranks": lambda x: np.concatenate([x, x[0]]),
    "concatenate sizes": lambda x: np.concatenate([x, x[:, :2]]),
    "concatenate scalars": lambda x: np.concatenate([x[0, 0], x[0, 1]]),
    "stack shapes": lambda x: np.stack([x, x[0]]),
    "stack axis": lambda x: np.stack([x, x], axis=3),
    "split": lambda x: np.split(x, 4),
    "array_split": lambda x: np.array_split(x, 0),
    "dsplit": lambda x: np.dsplit(x, 2),
    "tile": lambda x: np.tile(x, -1),
    "repeat": lambda x: np.repeat(x, -1),
    "repeat counts": lambda x: np.repeat(x, [1, 2], axis=1),
    "pad": lambda x: np.pad(x, -1),
    "pad widths": lambda x: np.pad(x, 1.5),
    "delete": lambda x: np.delete(x, 9),
    "take axis": lambda x: np.take(x, 0, axis=2),
    "take floats": lambda x: np.take(x, np.array([0.5])),
    "take_along_axis": lambda x: np.take_along_axis(x, np.array([0]), axis=0),
    "take_along_axis floats": lambda x: np.take_along_axis(x, np.array([[0.0]]), axis=0),
    "compress": lambda x: np.compress([[True]], x),
    "diag": lambda x: np.diag(x[None]),
    "diagonal": lambda x: np.diagonal(x, axis1=0, axis2=0),
    "diagonal of a vector": lambda x: np.diagonal(x[0]),
    "clip": lambda x: np.clip(x, 1.0),
    "clip twice": lambda x: np.clip(x, 0, 1, min=0),
    "select": lambda x: np.select([x > 0], [x, x]),
    "select conditions": lambda x: np.select([x], [x]),
    "choose": lambda x: np.choose([[0, 1, 2]], [x, x]),
    "nonzero": lambda x: np.nonzero(x[0, 0]),
    "diff": lambda x: np.diff(x, n=-1),
    "diff of a scalar": lambda x: np.diff(x[0, 0]),
    "gradient": lambda x: np.gradient(x[:1]),
    "gradient places": lambda x: np.gradient(x, [1.0, 2.0], [1.0, 2.0]),
    "gradient count": lambda x: np.gradient(x, 1.0, 1.0, 1.0),
    "interp": lambda x: np.interp(0.5, [0.0, 1.0], x),
    "interp sizes": lambda x: np.interp(0.5, [0.0, 1.0], x[0]),
    "convolve": lambda x: np.convolve(x[0], x[0, :0]),
    "percentile": lambda x: np.percentile(x, 101),
    "quantile": lambda x: np.quantile(x, -0.1),
    "average weights": lambda x: np.average(x, weights=[1.0, 2.0]),
    "average zero": lambda x: np.average(x, axis=0, weights=[0.0, 0.0]),
    "cov": lambda x: np.cov(x[None]),
    "bincount": lambda x: np.bincount([0, -1, 2], x[0]),
    "bincount sizes": lambda x: np.bincount([0, 1], x[0]),
    "digitize": lambda x: np.digitize(x, [0.0, 2.0, 1.0]),
    "einsum output": lambda x: np.tensordot(x, x, axes=([0, 0], [0, 0])),
    "cross": lambda x: np.cross(x[:, :1], x[:, :1]),
    "linalg.cross": lambda x: np.linalg.cross(x, x, axis=0),
    "linalg.outer": lambda x: np.linalg.outer(x, x),
    "norm order": lambda x: np.linalg.norm(x, "nuc", axis=0),
    "norm of tensors": lambda x: np.linalg.norm(x[None], 1),
    "norm axes": lambda x: np.linalg.norm(x, axis=(0, 0)),
    "norm matrix order": lambda x: np.linalg.norm(x, 3),
    "matrix_power": lambda x: np.linalg.matrix_power(x.T @ x, 0.5),
    "multi_dot": lambda x: np.linalg.multi_dot([x]),
    "pinv": lambda x: np.linalg.pinv(x, rcond=1e-3, rtol=1e-3),
    "vander": lambda x: np.vander(x),
    "polyder": lambda x: np.polyder(x[0], -1),
    "fill_diagonal": lambda x: np.fill_diagonal(x[0].copy(), 1.0),
    "linspace": lambda x: np.linspace(x[0], x[1], -1),
    "geomspace": lambda x: np.geomspace(x[0, 0] * 0, x[0, 1], 3),
    "meshgrid": lambda x: np.meshgrid(x[0], indexing="no"),
    "searchsorted": lambda x: np.searchsorted(x[0], 0.5, side="middle"),
    "searchsorted shape": lambda x: np.searchsorted(x, 0.5),
    "sort": lambda x: np.sort(x, axis=2),
    "unstack": lambda x: np.unstack(x[0, 0]),
    "flat": lambda x: x.flat[9],
    "item": lambda x: x.item(),
    "item place": lambda x: x.item(9),
    "copyto": lambda x: np.copyto(np.zeros_like(x, dtype=int), x, casting="no"),
    "len": lambda x: len(x[0, 0]),
    "attribute": lambda x: x.nonsense,
    "trim": lambda x: np.matrix_transpose(x[0]),
    "reshape order": lambda x: x.reshape(3, 2, order="Z"),
    "reshape without copy": lambda x: x.T.reshape(6, copy=False),
}


@pytest.mark.parametrize("name", SAME)
def test_errors_are_numpys(name):
    call = SAME[name]
    with pytest.raises(Exception) as plain:
        call(M)
    with pytest.raises(Exception) as found:
        cr.grad(lambda x: [call(x), np.sum(x)][1])(M)
    assert isinstance(found.value, type(plain.value)), f"{found.value!r} is not {plain.value!r}"
    if not isinstance(found.value, ChainruleError):
        assert str(found.value) == str(plain.value)


# Shapes that do not fit: our own words, and still a ValueError

SHAPES = {
    "matmul": (lambda x: x @ x, "inner sizes to agree: 3 is not 2"),
    "dot": (lambda x: np.dot(x, x), "inner sizes to agree"),
    "inner": (lambda x: np.inner(x, x[:, :2]), "inner sizes to agree: 3 is not 2"),
    "tensordot sizes": (lambda x: np.tensordot(x, x, 1), "sizes that agree"),
    "einsum": (lambda x: np.einsum("ij,jk", x, x), "sizes that agree"),
    "add": (lambda x: x + x[:, :2], "shapes that broadcast"),
    "where": (lambda x: np.where(x > 0, x, x[:, :2]), "shapes that broadcast"),
    "reshape": (lambda x: x.reshape(4), "cannot reshape an array of size 6 into shape 4"),
    "reshape unknown": (lambda x: x.reshape(4, -1), "cannot reshape an array of size 6"),
    "broadcast_to": (lambda x: np.broadcast_to(x, (3, 3)), "broadcast"),
    "solve": (lambda x: np.linalg.solve(x, x), "square"),
    "inv": (lambda x: np.linalg.inv(x), "square"),
    "matrix_power": (lambda x: np.linalg.matrix_power(x, 2), "square"),
    "vecdot": (lambda x: np.vecdot(x, x[:, :2]), "one length"),
    "vdot": (lambda x: np.vdot(x, x[0]), "as many numbers"),
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_that_do_not_fit(name):
    call, words = SHAPES[name]
    with pytest.raises(ValueError):
        call(M)
    with pytest.raises(ShapeError) as found:
        cr.grad(lambda x: np.sum(call(x)))(M)
    assert words in str(found.value)
    assert "test_errors.py" in str(found.value)


# Warnings are NumPy's too


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda x: np.mean(x[:0]), "Mean of empty slice"),
        (lambda x: np.var(x[:1], ddof=1), "Degrees of freedom"),
        (lambda x: np.cov(x[:1]), "Degrees of freedom"),
    ],
)
def test_warnings(call, words):
    with np.errstate(all="ignore"):
        with pytest.warns(RuntimeWarning, match=words):
            call(V)
        with pytest.warns(RuntimeWarning, match=words):
            cr.vjp(call, V)
