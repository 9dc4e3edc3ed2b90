"""Random parts that have every class in the same share."""

import numpy as np
import pytest

from chainrule.data import stratified_split
from chainrule.errors import ArgumentError, ShapeError


def test_every_row_is_in_one_part():
    labels = np.random.default_rng(0).integers(0, 4, size=101)
    parts = stratified_split(labels, (0.5, 0.2, 0.3), seed=3)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(101))
    for part in parts:
        np.testing.assert_array_equal(part, np.sort(part))


def test_every_class_has_its_share():
    labels = np.repeat([0, 1, 2], [1000, 100, 10])
    for part, fraction in zip(stratified_split(labels, (0.7, 0.1, 0.2)), (0.7, 0.1, 0.2), strict=True):
        np.testing.assert_array_equal(np.bincount(labels[part]), np.rint(np.array([1000, 100, 10]) * fraction))


def test_seeds():
    labels = np.zeros(50, int)
    first, again, other = (stratified_split(labels, (0.5, 0.5), seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first[0], again[0])
    assert not np.array_equal(first[0], other[0])


def test_one_part_and_no_rows():
    np.testing.assert_array_equal(stratified_split(np.array([3, 1, 3]), (1.0,))[0], [0, 1, 2])
    assert [part.size for part in stratified_split(np.zeros(0, int), (0.5, 0.5))] == [0, 0]


@pytest.mark.parametrize("fractions", [(0.5, 0.6), (1.5, -0.5), (0.5,), (1.0, 0.0), ()])
def test_fractions_without_meaning(fractions):
    with pytest.raises(ArgumentError, match="positive and add up to 1"):
        stratified_split(np.zeros(4, int), fractions)


def test_labels_are_one_column():
    with pytest.raises(ShapeError, match="labels are one column"):
        stratified_split(np.zeros((4, 1), int), (0.5, 0.5))
