"""Quotients and rests, and numbers made whole: natively where they fit, by NumPy where not."""

import numpy as np
import pytest

from chainrule.compile import Program
from chainrule.interpret import Plan
from chainrule.ops import CATALOGUE

from .comparing import both, graph_of

_NAMES = ["floor_divide", "remainder", "fmod"]
_FLOATING, _WHOLE = (np.float32, np.float64), (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint32, np.uint64)


def _refused(inputs):
    raise AssertionError("no care was needed")


def without_care(name, arrays, parameters=None):
    graph = graph_of(CATALOGUE[name], arrays, parameters)
    (native,) = Program(graph, careful=_refused)(arrays)
    with np.errstate(all="ignore"):
        (numpy,) = Plan(graph)(arrays)
    return native, np.asarray(numpy)


@pytest.mark.parametrize("dtype", _FLOATING)
@pytest.mark.parametrize("name", _NAMES)
def test_rests_are_exact(name, dtype):
    """Also where a / b is rounded up to a whole number, as 1 / 0.1 is; to the last bit."""
    rng = np.random.default_rng(0)
    b = rng.choice([0.1, 0.3, 0.7, 1.1, 2.5, 3.0, 1e-3], 5000) * rng.choice([-1, 1], 5000)
    a = b * rng.integers(-1000, 1000, 5000)
    a[::3] = rng.normal(size=len(a[::3])) * 1e4
    special = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 2.5])
    pairs = np.meshgrid(special, special)
    a, b = (np.concatenate([x, y.reshape(-1)]).astype(dtype) for x, y in zip((a, b), pairs, strict=True))
    native, numpy = without_care(name, [a, b])
    np.testing.assert_array_equal(native, numpy)
    np.testing.assert_array_equal(np.signbit(native[native == 0]), np.signbit(numpy[native == 0]))


@pytest.mark.parametrize("dtype", _WHOLE)
@pytest.mark.parametrize("name", _NAMES)
def test_whole_numbers(name, dtype):
    """By 0 too, and the smallest one by -1."""
    ends = np.iinfo(dtype)
    some = np.array(
        [0, 1, 2, 3, 7, ends.max, ends.max - 1, ends.min, ends.min + 1, *[-1, -2, -7] * (ends.min < 0)], dtype
    )
    native, numpy = without_care(name, [each.reshape(-1) for each in np.meshgrid(some, some)])
    assert native.dtype == numpy.dtype
    np.testing.assert_array_equal(native, numpy)


def test_quotients_without_digits_are_numpys():
    a, b = np.array([1e300, 5.0, 7.0]), np.array([3e-5, 3.0, 2.0])
    for name in _NAMES:
        (native,), (numpy,), _ = both(graph_of(CATALOGUE[name], [a, b]), [a, b])
        np.testing.assert_array_equal(native, numpy)


@pytest.mark.parametrize("target", _WHOLE)
@pytest.mark.parametrize("dtype", _FLOATING)
def test_conversions_of_what_fits(dtype, target):
    """Towards zero, up to the last number before the ends."""
    ends = np.iinfo(target)
    high = np.nextafter(dtype(float(ends.max) + 1), dtype(0))
    low = dtype(ends.min) if ends.min else dtype(-0.99)
    x = np.array([0.0, -0.0, 0.5, -0.5, 0.99, 1.0, 1.5, 99.9, high, low, *[-1.5, -99.9] * (ends.min < 0)], dtype)
    native, numpy = without_care("convert", [x], {"dtype": np.dtype(target).name})
    np.testing.assert_array_equal(native, numpy)
    assert native[8] == int(high)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 3e9, -3e9, 256.0, -1.0])
def test_conversions_of_what_does_not_fit_are_numpys(wrong):
    for target in ("uint8", "int32"):
        x = np.array([1.5, wrong, 2.5])
        (native,), (numpy,), _ = both(graph_of(CATALOGUE["convert"], [x], {"dtype": target}), [x])
        np.testing.assert_array_equal(native, numpy)
