"""Heat maps: which entries they show, in which shades, and the numbers beside."""

import base64
import math

import numpy as np
import pytest

from chainrule.view.heat import MOST, heat_map


def shades_of(found):
    return np.frombuffer(base64.b64decode(found["shades"]), np.uint8).reshape([len(axis) for axis in found["at"]])


def test_it_has_the_corners_exactly_and_says_what_is_left_out():
    x = np.arange(100.0 * 40).reshape(100, 40)
    x[99, 39] = np.nan
    found = heat_map(x)
    shades = shades_of(found)
    assert found["thinned"] and found["shape"] == [100, 40]
    rows, columns = found["at"]
    assert rows[0] == 0 and rows[-1] == 99 and len(columns) == 32
    assert shades[0, 0] == 0 and shades[-1, -1] == 255
    low, high = found["low"], found["high"]
    back = low + shades[5, 7] / 254 * (high - low)
    assert abs(back - x[rows[5], columns[7]]) <= (high - low) / 254
    assert not heat_map(np.ones((3, 4)))["thinned"]


def test_an_array_of_more_axes_keeps_each_of_them():
    x = np.arange(40.0 * 3 * 50 * 20).reshape(40, 3, 50, 20)
    found = heat_map(x)
    assert [(axis[0], axis[-1]) for axis in found["at"]] == [(0, 39), (0, 2), (0, 49), (0, 19)]
    counts = [len(axis) for axis in found["at"]]
    assert counts[1] == 3 and MOST / 2 < math.prod(counts) <= MOST
    places = np.ix_(*found["at"])
    back = found["low"] + shades_of(found) / 254 * (found["high"] - found["low"])
    assert back == pytest.approx(x[places], abs=(found["high"] - found["low"]) / 254)
    assert heat_map(np.ones((2, 3, 4)))["at"] == [[0, 1], [0, 1, 2], [0, 1, 2, 3]]


def test_a_vector_has_one_axis():
    assert heat_map(np.arange(5.0))["at"] == [[0, 1, 2, 3, 4]]


@pytest.mark.parametrize(
    "array, bytes_each",
    [
        ([[0.1, -1e30], [np.nan, np.inf]], 4),
        ([[1e-60, 1.0], [0.0, 2.0]], 8),
        ([[1e300, 1.0], [0.0, 2.0]], 8),
        ([[2**24 + 1, 1], [0, 2]], 4),
        ([[2**53 - 1, 1], [0, 2]], 4),
    ],
)
def test_exact_numbers_have_seven_digits(array, bytes_each):
    x = np.array(array)
    data = base64.b64decode(heat_map(x, exact=True)["exact"])
    assert len(data) == bytes_each * x.size
    np.testing.assert_allclose(np.frombuffer(data, f"<f{bytes_each}").reshape(x.shape), x.astype(float), rtol=1e-7)
