"""The digits that the package ships."""

import hashlib
from importlib import resources

import numpy as np
import pytest

from chainrule.data import digits


def test_what_is_in_the_file():
    pixels, labels = digits.load()
    assert pixels.shape == (1797, 64) and pixels.dtype == np.uint8
    assert labels.shape == (1797,) and labels.dtype == np.uint8
    assert (pixels.min(), pixels.max()) == (0, 16)
    # The counts that the authors of the data set state for its test part.
    np.testing.assert_array_equal(np.bincount(labels), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])


def test_the_same_as_those_of_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets")
    pixels, labels = digits.load()
    original = datasets.load_digits()
    np.testing.assert_array_equal(pixels, original.data)
    np.testing.assert_array_equal(labels, original.target)


def test_the_licence_is_shipped_beside_the_data():
    text = resources.files("chainrule.data").joinpath("digits_LICENSE.md").read_text()
    for needed in ("CC BY 4.0", "E. Alpaydin and C. Kaynak", "UCI", "Changes"):
        assert needed in text


def test_parts_are_always_the_same_rows():
    parts = digits.parts()
    assert [len(y) for _, y in parts] == [1258, 180, 359]
    images = np.concatenate([x > x.min() for x, _ in parts])
    assert hashlib.sha256(np.packbits(images).tobytes()).hexdigest()[:16] == "d88360c6950c8ebb"


def test_parts_have_every_class_in_the_same_share():
    for _, labels in digits.parts():
        shares = np.bincount(labels, minlength=10) / len(labels)
        np.testing.assert_allclose(shares, 0.1, atol=0.006)


def test_parts_are_scaled_by_the_training_rows():
    training, validation, held_out = digits.parts()
    assert training[0].mean() == pytest.approx(0.0, abs=1e-12)
    assert training[0].std() == pytest.approx(1.0, abs=1e-12)
    for x, labels in (training, validation, held_out):
        assert x.dtype == np.float64 and labels.dtype == np.int64
        assert x.min() == training[0].min()  # paper
        assert x.max() == training[0].max()  # ink


def test_no_image_is_in_two_parts():
    rows = [{row.tobytes() for row in x} for x, _ in digits.parts()]
    assert not rows[0] & rows[2] and not rows[0] & rows[1] and not rows[1] & rows[2]
