"""The array API standard (2024.12): each name is right on traced arrays, or refused by name.

Code that is written for the standard runs unchanged, also where it comes to its namespace by array_api_compat.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ChainruleError, ChainruleWarning, TraceError, UnsupportedError

from .comparing import compare, dtype_of, floating, leaves_of

rng = np.random.default_rng(31)
V = rng.uniform(0.2, 0.9, size=4)
W = rng.uniform(0.2, 0.9, size=4)
M = rng.uniform(0.2, 0.9, size=(3, 4))
N = rng.uniform(0.2, 0.9, size=(4, 3))
S = rng.normal(size=(3, 3)) + 3 * np.eye(3)
P = S @ S.T
K = np.array([3, 5, 6, 1])
T = rng.uniform(size=(2, 3, 4))


def words(text):
    return text.split()


UNARY = words("""
abs acos asin asinh atan atanh ceil conj cos cosh exp expm1 floor isfinite isinf isnan log log10 log1p log2
logical_not negative positive real reciprocal round sign signbit sin sinh sqrt square tan tanh trunc""")
BINARY = words("""
add atan2 copysign divide equal floor_divide greater greater_equal hypot less less_equal logaddexp logical_and
logical_or logical_xor maximum minimum multiply nextafter not_equal pow remainder subtract""")
REDUCTIONS = words("""
all any argmax argmin count_nonzero max mean min prod std sum var""")

# xp and floating arrays, whose kinds and values and gradients are compared with NumPy's.
CALLS = {
    **{name: (lambda xp, x, name=name: getattr(xp, name)(x), M) for name in UNARY},
    **{name: (lambda xp, x, y, name=name: getattr(xp, name)(x, y), V, W[::-1].copy()) for name in BINARY},
    **{name: (lambda xp, x, name=name: getattr(xp, name)(x, axis=1, keepdims=True), M) for name in REDUCTIONS},
    "acosh": (lambda xp, x: xp.acosh(x + 1), M),
    "imag": (lambda xp, x: xp.imag(x), M),
    **{
        name: (lambda xp, x, name=name: x * getattr(xp, name)(xp.asarray(K), xp.asarray(K[::-1])), V)
        for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift")
    },
    "bitwise_invert": (lambda xp, x: x * xp.bitwise_invert(xp.asarray(K)), V),
    "cumulative_sum": (lambda xp, x: xp.cumulative_sum(x, axis=1, include_initial=True), M),
    "cumulative_prod": (lambda xp, x: xp.cumulative_prod(x, axis=0), M),
    "diff": (lambda xp, x: xp.diff(x, axis=1, n=2), M),
    "clip": (lambda xp, x: xp.clip(x, 0.4, 0.7), M),
    "astype": (lambda xp, x: x * xp.astype(x > 0.5, xp.float32), M),
    "broadcast_arrays": (lambda xp, x, y: xp.broadcast_arrays(x, y), M, V),
    "broadcast_to": (lambda xp, x: xp.broadcast_to(x, (3, 4)), V),
    "concat": (lambda xp, x, y: xp.concat([x, xp.matrix_transpose(y)], axis=0), M, N),
    "expand_dims": (lambda xp, x: xp.expand_dims(x, axis=1), M),
    "flip": (lambda xp, x: xp.flip(x, axis=-1), M),
    "moveaxis": (lambda xp, x: xp.moveaxis(x, 0, -1), T),
    "permute_dims": (lambda xp, x: xp.permute_dims(x, (2, 0, 1)), T),
    "repeat": (lambda xp, x: xp.repeat(x, 2, axis=1), M),
    "reshape": (lambda xp, x: xp.reshape(x, (2, 6), copy=True), M),
    "roll": (lambda xp, x: xp.roll(x, 1, axis=0), M),
    "squeeze": (lambda xp, x: xp.squeeze(x[None], axis=0), M),
    "stack": (lambda xp, x, y: xp.stack([x, y], axis=1), V, W),
    "tile": (lambda xp, x: xp.tile(x, (2, 1)), M),
    "unstack": (lambda xp, x: xp.unstack(x, axis=1), M),
    "searchsorted": (lambda xp, x, y: x * xp.searchsorted(xp.sort(x), y), V, W),
    "nonzero": (lambda xp, x: x[xp.nonzero(x > 0.5)], M),
    "where": (lambda xp, x, y: xp.where(x > y, x, y), V, W),
    "argsort": (lambda xp, x: x * xp.argsort(x, axis=1, stable=True), M),
    "sort": (lambda xp, x: xp.sort(x, axis=0, stable=True), M),
    "take": (lambda xp, x: xp.take(x, xp.asarray([2, 0]), axis=1), M),
    "take_along_axis": (lambda xp, x: xp.take_along_axis(x, xp.argsort(x, axis=1), axis=1), M),
    "unique_values": (lambda xp, x: x[0] * xp.unique_values(xp.asarray([2.0, 1.0, 2.0])), V),
    "unique_counts": (lambda xp, x: x[:2] * xp.unique_counts(xp.asarray([2, 1, 2])).counts, V),
    "unique_inverse": (lambda xp, x: x[xp.unique_inverse(xp.asarray([2, 1, 2])).inverse_indices], V),
    "unique_all": (lambda xp, x: x[xp.unique_all(xp.asarray([2, 1, 2])).indices], V),
    "matmul": (lambda xp, x, y: xp.matmul(x, y), M, N),
    "matrix_transpose": (lambda xp, x: xp.matrix_transpose(x), T),
    "tensordot": (lambda xp, x, y: xp.tensordot(x, y, axes=((1,), (0,))), M, N),
    "vecdot": (lambda xp, x, y: xp.vecdot(x, y), M, V),
    "arange": (lambda xp, x: x * xp.arange(4), V),
    "asarray": (lambda xp, x: xp.asarray(x, copy=True) * xp.asarray([x[0], 1.0, x[1], 2.0]), V),
    "empty": (lambda xp, x: xp.empty((2,), dtype=x.dtype) * 0.0 + x[:2], V),
    "empty_like": (lambda xp, x: xp.empty_like(x).shape[0] * x, V),
    "eye": (lambda xp, x: x @ xp.eye(4, k=1), V),
    "full": (lambda xp, x: xp.full((3,), x[0]), V),
    "full_like": (lambda xp, x: xp.full_like(x, x[1]), V),
    "linspace": (lambda xp, x: x * xp.linspace(0.0, 1.0, 4, endpoint=False), V),
    "meshgrid": (lambda xp, x, y: xp.meshgrid(x, y, indexing="ij"), V, W[:2].copy()),
    "ones": (lambda xp, x: x + xp.ones((3, 1)), V),
    "ones_like": (lambda xp, x: x + xp.ones_like(x), V),
    "tril": (lambda xp, x: xp.tril(x, k=1), M),
    "triu": (lambda xp, x: xp.triu(x, k=-1), M),
    "zeros": (lambda xp, x: x + xp.zeros((3, 1)), V),
    "zeros_like": (lambda xp, x: x + xp.zeros_like(x), V),
    "can_cast": (lambda xp, x: x * xp.can_cast(x.dtype, xp.float32), V),
    "result_type": (lambda xp, x: xp.astype(x, xp.result_type(x, xp.float32)), V),
    "isdtype": (lambda xp, x: x * xp.isdtype(x.dtype, "real floating"), V),
    "finfo": (lambda xp, x: x * float(xp.finfo(x.dtype).bits), V),
    "iinfo": (lambda xp, x: x * xp.iinfo(xp.int8).max, V),
    **{name: (lambda xp, x, name=name: x * getattr(xp, name), V) for name in ("e", "pi")},
    "inf": (lambda xp, x: xp.minimum(x, xp.inf), V),
    "nan": (lambda xp, x: xp.where(xp.isnan(x * xp.nan), x, 0.0), V),
    "newaxis": (lambda xp, x: x[:, xp.newaxis], V),
    **{
        name: (lambda xp, x, name=name: x * xp.asarray([0, 1, 2, 3], dtype=getattr(xp, name)), V)
        for name in words("""
bool float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64""")
    },
    "linalg.cross": (lambda xp, x, y: xp.linalg.cross(x[:, :3], y[:3]), M, N),
    "linalg.det": (lambda xp, x: xp.linalg.det(x), S),
    "linalg.diagonal": (lambda xp, x: xp.linalg.diagonal(x, offset=1), M),
    "linalg.inv": (lambda xp, x: xp.linalg.inv(x), S),
    "linalg.matmul": (lambda xp, x, y: xp.linalg.matmul(x, y), M, N),
    "linalg.matrix_norm": (lambda xp, x: xp.linalg.matrix_norm(x, keepdims=True), M),
    "linalg.matrix_power": (lambda xp, x: xp.linalg.matrix_power(x, 3), S),
    "linalg.matrix_rank": (lambda xp, x: x * xp.linalg.matrix_rank(x), S),
    "linalg.matrix_transpose": (lambda xp, x: xp.linalg.matrix_transpose(x), M),
    "linalg.outer": (lambda xp, x, y: xp.linalg.outer(x, y), V, W),
    "linalg.pinv": (lambda xp, x: xp.linalg.pinv(x), M),
    "linalg.slogdet": (lambda xp, x: xp.linalg.slogdet(x).logabsdet, S),
    "linalg.solve": (lambda xp, x, y: xp.linalg.solve(x, y), S, M),
    "linalg.svdvals": (lambda xp, x: xp.linalg.svdvals(x), M),
    "linalg.tensordot": (lambda xp, x, y: xp.linalg.tensordot(x, y, axes=1), M, N),
    "linalg.trace": (lambda xp, x: xp.linalg.trace(x, offset=-1), M),
    "linalg.vecdot": (lambda xp, x, y: xp.linalg.vecdot(x, y, axis=0), M, M[::-1].copy()),
    "linalg.vector_norm": (lambda xp, x: xp.linalg.vector_norm(x, axis=1, ord=3), M),
    "linalg.cholesky": (lambda xp, x: xp.linalg.cholesky(x + xp.matrix_transpose(x)), P),
    "linalg.eigh": (lambda xp, x: xp.linalg.eigh(x + xp.matrix_transpose(x)).eigenvalues, P),
    "linalg.eigvalsh": (lambda xp, x: xp.linalg.eigvalsh(x + xp.matrix_transpose(x)), P),
    "linalg.qr": (lambda xp, x: tuple(xp.linalg.qr(x)), N),
    "linalg.svd": (lambda xp, x: xp.linalg.svd(x, full_matrices=False).S, M),
}
FFT = {
    **{
        f"fft.{name}": (lambda xp, x, name=name: xp.abs(getattr(xp.fft, name)(x)), V)
        for name in words("""
fft ifft rfft irfft hfft ihfft""")
    },
    **{
        f"fft.{name}": (lambda xp, x, name=name: xp.abs(getattr(xp.fft, name)(x)), M)
        for name in words("""
fftn ifftn rfftn irfftn""")
    },
    "fft.fftfreq": (lambda xp, x: x * xp.fft.fftfreq(4), V),
    "fft.rfftfreq": (lambda xp, x: x[:3] * xp.fft.rfftfreq(4), V),
    "fft.fftshift": (lambda xp, x: xp.fft.fftshift(x, axes=1), M),
    "fft.ifftshift": (lambda xp, x: xp.fft.ifftshift(x), M),
}
COMPLEX = ("complex64", "complex128")
NAMES = words("""
abs acos acosh add all any arange argmax argmin argsort asarray asin asinh astype atan atan2 atanh bitwise_and
bitwise_invert bitwise_left_shift bitwise_or bitwise_right_shift bitwise_xor bool broadcast_arrays broadcast_to
can_cast ceil clip complex128 complex64 concat conj copysign cos cosh count_nonzero cumulative_prod cumulative_sum
diff divide e empty empty_like equal exp expand_dims expm1 eye finfo flip float32 float64 floor floor_divide
from_dlpack full full_like greater greater_equal hypot iinfo imag inf int16 int32 int64 int8 isdtype isfinite isinf
isnan less less_equal linspace log log10 log1p log2 logaddexp logical_and logical_not logical_or logical_xor matmul
matrix_transpose max maximum mean meshgrid min minimum moveaxis multiply nan negative newaxis nextafter nonzero
not_equal ones ones_like permute_dims pi positive pow prod real reciprocal remainder repeat reshape result_type roll
round searchsorted sign signbit sin sinh sort sqrt square squeeze stack std subtract sum take take_along_axis tan
tanh tensordot tile tril triu trunc uint16 uint32 uint64 uint8 unique_all unique_counts unique_inverse unique_values
unstack var vecdot where zeros zeros_like""")
LINALG = words("""
cholesky cross det diagonal eigh eigvalsh inv matmul matrix_norm matrix_power matrix_rank matrix_transpose outer
pinv qr slogdet solve svd svdvals tensordot trace vecdot vector_norm""")
FFTS = words("""
fft ifft fftn ifftn rfft irfft rfftn irfftn hfft ihfft fftfreq rfftfreq fftshift ifftshift""")

REFUSED = {
    "nextafter": "no derivative: the next number is no function of a real one",
}


def test_every_name_of_the_standard_stands_here():
    names = {*NAMES, *(f"linalg.{n}" for n in LINALG), *(f"fft.{n}" for n in FFTS)}
    assert {*CALLS, *FFT, *COMPLEX, "from_dlpack"} == names


@pytest.mark.parametrize("name", sorted(CALLS.keys() - REFUSED.keys()))
def test_right(name):
    f, *args = CALLS[name]
    g = lambda *xs: f(xs[0].__array_namespace__(), *xs)
    compare(g, tuple(args), ulps=64, order=1)
    for found, wanted in zip(leaves_of(cr.jit(g)(*args)), leaves_of(g(*args)), strict=True):
        assert dtype_of(found) == dtype_of(wanted)
        np.testing.assert_allclose(found, wanted, rtol=1e-6 if dtype_of(wanted) == np.float32 else 1e-12, atol=1e-14)


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name(name):
    f, *args = CALLS[name]
    with pytest.raises(UnsupportedError, match=f"np.{name} is not supported"):
        cr.grad(lambda *xs: np.sum(f(xs[0].__array_namespace__(), *xs)), argnums=floating(tuple(args)))(*args)


@pytest.mark.parametrize("name", FFT)
def test_transforms_are_right_or_refused_by_name(name):
    f, *args = FFT[name]
    g = lambda *xs: f(xs[0].__array_namespace__(), *xs)
    try:
        cr.grad(lambda x: np.sum(g(x)))(*args)
    except ChainruleError as error:
        assert f"np.{name}" in error.what
        return
    compare(g, tuple(args), ulps=64, order=1)


def test_dlpack_would_lose_the_derivative():
    for call in (np.from_dlpack, lambda x: x.__dlpack__()):
        with pytest.raises(TraceError, match="would take the value of a traced array"):
            cr.grad(lambda x, call=call: np.sum(call(x)))(V)
    assert cr.grad(lambda x: np.sum(x * np.from_dlpack(cr.stop_gradient(x))))(V).tolist() == V.tolist()


ARRAY = words("""
T mT device dtype ndim shape size to_device __abs__ __add__ __and__ __array_namespace__ __bool__ __complex__
__dlpack__ __dlpack_device__ __eq__ __float__ __floordiv__ __ge__ __getitem__ __gt__ __index__ __int__ __invert__
__le__ __lshift__ __lt__ __matmul__ __mod__ __mul__ __ne__ __neg__ __or__ __pos__ __pow__ __rshift__ __setitem__
__sub__ __truediv__ __xor__ __iadd__ __isub__ __imul__ __itruediv__ __ifloordiv__ __ipow__ __imod__ __imatmul__
__iand__ __ior__ __ixor__ __ilshift__ __irshift__ __radd__ __rsub__ __rmul__ __rtruediv__ __rfloordiv__ __rpow__
__rmod__ __rmatmul__ __rand__ __ror__ __rxor__ __rlshift__ __rrshift__""")


def test_the_array_object():
    def f(x):
        assert [name for name in ARRAY if not hasattr(x, name)] == []
        assert x.device == M.device == "cpu" and x.to_device("cpu") is x
        assert x.__dlpack_device__() == M.__dlpack_device__()
        assert x.__array_namespace__() is np and x.__array_namespace__(api_version="2024.12") is np
        for call in (lambda a: a.to_device("gpu"), lambda a: a.__array_namespace__(api_version="1999.12")):
            with pytest.raises(ValueError):
                call(M)
            with pytest.raises(ValueError):
                call(x)
        return np.sum(x.mT @ x) + np.sum(x.T)

    cr.check_grads(f, (M,), order=1)


# As one writes for any library


def standardized(x, xp):
    z = (x - xp.mean(x, axis=0, keepdims=True)) / xp.std(x, axis=0, keepdims=True, correction=1)
    return xp.sum(xp.exp(z) * xp.asarray([[1.0, 2.0, 3.0, 4.0]], device=x.device))


def filled(x, xp):
    y = xp.zeros(x.shape, dtype=x.dtype)
    y[0, :] = x[1, :] ** 2
    y[1:, ...] += xp.permute_dims(xp.matrix_transpose(x), (1, 0))[1:]
    return xp.sum(xp.linalg.vector_norm(y, axis=-1))


def attention(x, xp):
    scores = xp.matmul(x, xp.matrix_transpose(x)) / x.shape[-1] ** 0.5
    weights = xp.exp(scores - xp.max(scores, axis=-1, keepdims=True))
    return xp.sum(xp.matmul(weights / xp.sum(weights, axis=-1, keepdims=True), x) ** 2)


PROGRAMS = [standardized, filled, attention]


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs(program):
    compare(lambda x: program(x, x.__array_namespace__()), (M,), ulps=32, order=2)
    assert cr.jit(lambda x: program(x, x.__array_namespace__()))(M) == pytest.approx(program(M, np), rel=1e-13)


@pytest.mark.parametrize("program", PROGRAMS)
def test_programs_by_array_api_compat(program):
    compat = pytest.importorskip("array_api_compat")

    def f(x):
        xp = compat.array_namespace(x)
        assert xp is compat.array_namespace(M) and compat.is_array_api_obj(x)
        assert compat.device(x) == "cpu" and compat.size(x) == 12 and compat.to_device(x, "cpu") is x
        return program(x, xp)

    assert f(M) == pytest.approx(program(M, np), rel=1e-14)
    compare(f, (M,), ulps=32, order=2)
    with warnings.catch_warnings():  # it may call what it cannot watch as it is
        warnings.simplefilter("ignore", ChainruleWarning)
        assert cr.jit(cr.grad(f))(M) == pytest.approx(cr.grad(f)(M), rel=1e-12)
    assert (
        cr.grad(lambda x: compat.array_namespace(x).sort(x, descending=True)[0])(V).tolist() == (V.max() == V).tolist()
    )


EXTRA = {
    "at": lambda xpx, x: xpx.at(x * 1.0)[0].multiply(2.0),
    "apply_where": lambda xpx, x: xpx.apply_where(x > 0.5, x, lambda v: v**2, lambda v: -v),
    "atleast_nd": lambda xpx, x: xpx.atleast_nd(x, ndim=3),
    "cov": lambda xpx, x: xpx.cov(x),
    "create_diagonal": lambda xpx, x: xpx.create_diagonal(x[0]),
    "isclose": lambda xpx, x: x * xpx.isclose(x, x),
    "kron": lambda xpx, x: xpx.kron(x, x),
    "nunique": lambda xpx, x: x * xpx.nunique(x),
    "pad": lambda xpx, x: xpx.pad(x, 1),
    "sinc": lambda xpx, x: xpx.sinc(x),
}


@pytest.mark.parametrize("name", EXTRA)
def test_array_api_extra(name):
    xpx = pytest.importorskip("array_api_extra")
    compare(lambda x: EXTRA[name](xpx, x), (M,), ulps=32, order=1)
