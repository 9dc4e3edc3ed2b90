"""The judge is judged: differences are right where they tell, and do not tell at a kink, a jump or beside noise."""

import numpy as np
import pytest

from .reference import slope, slopes
from .trees import product


def test_smooth_functions():
    arguments = ({"a": np.array([0.5, 2.0]), "b": [3.0]}, np.array([[1.0], [-2.0]]))

    def f(tree, y):
        return np.sum(np.sin(tree["a"]) * y[:, 0]) + tree["b"][0] ** 3

    gradients = ({"a": np.cos([0.5, 2.0]) * [1.0, -2.0], "b": [27.0]}, np.sin([[0.5], [2.0]]))
    found = slopes(f, arguments)
    assert len(found) == 7
    for each in found:
        np.testing.assert_allclose(each.value, product(gradients, each.direction), rtol=1e-7)


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (lambda x: np.sum(np.abs(x)), 0.0),
        (lambda x: np.sum(np.maximum(x, 1.0)), 1.0),
        (lambda x: np.sum(np.floor(x)), 2.0),
        (lambda x: np.sum(x) * (1 + 1e-6 * np.sum(np.sign(np.sin(1e9 * x)))), 0.7),
        (lambda x: np.sum(np.cbrt(x)), 0.0),
    ],
)
def test_places_where_differences_do_not_tell(f, x):
    assert slope(f, (np.array([x]),), (np.ones(1),)).value is None


def test_a_kink_near_by_is_stepped_around():
    found = slope(lambda x: np.sum(np.abs(x)), (np.array([1e-3]),), (np.ones(1),))
    np.testing.assert_allclose(found.value, 1.0, rtol=1e-9)
