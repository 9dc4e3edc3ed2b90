"""Pictures of clothes, from four small files as the package of Debian has them."""

import gzip

import numpy as np
import pytest

from chainrule.data import fashion_mnist
from chainrule.errors import FileError

from .test_idx import idx

RNG = np.random.default_rng(0)
NAMES = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]


def written(folder, packed=True, training=40, test=10):
    """The four files; each picture is its label's: bright in the rows of pixels from there on."""
    folder.mkdir(exist_ok=True)
    arrays = []
    for count in (training, test):
        labels = (np.arange(count) % 10).astype(np.uint8)
        images = RNG.integers(0, 100, (count, 28, 28)).astype(np.uint8)
        for image, label in zip(images, labels, strict=True):
            image[2 * label : 2 * label + 4] += 155
        arrays += [images, labels]
    for name, array in zip(NAMES, arrays, strict=True):
        content = idx(array)
        (folder / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(content) if packed else content)
    return arrays


@pytest.mark.parametrize("packed", [True, False])
def test_pictures_come_in_their_official_parts(tmp_path, packed, monkeypatch):
    images, labels, test_images, test_labels = written(tmp_path, packed)
    training, test = fashion_mnist.load(tmp_path)
    np.testing.assert_array_equal(training.pixels.reshape(-1, 28, 28), images)
    np.testing.assert_array_equal(test.pixels.reshape(-1, 28, 28), test_images)
    np.testing.assert_array_equal(training.labels, labels)
    np.testing.assert_array_equal(test.labels, test_labels)
    monkeypatch.setenv("CHAINRULE_FASHION_MNIST", str(tmp_path))
    scaled = fashion_mnist.parts()
    for part, plain in zip(scaled, (training, test), strict=True):
        assert part.pixels.dtype == np.float32 and part.labels.dtype == np.int64
        assert part.pixels.min() >= 0 and part.pixels.max() <= 1
        np.testing.assert_allclose(part.pixels, plain.pixels / 255.0, rtol=1e-7)
        np.testing.assert_array_equal(part.labels, plain.labels)
    assert len(fashion_mnist.CLASSES) == 10


def test_white_is_one(tmp_path):
    written(tmp_path)
    (tmp_path / NAMES[0]).write_bytes(idx(np.full((40, 28, 28), 255, np.uint8)))
    (tmp_path / f"{NAMES[0]}.gz").unlink()
    assert (fashion_mnist.parts(tmp_path).training.pixels == 1).all()


def test_files_that_are_missing_say_how_they_are_installed(tmp_path, monkeypatch):
    written(tmp_path)
    (tmp_path / f"{NAMES[3]}.gz").unlink()
    with pytest.raises(FileError, match=r"Fashion-MNIST is not there: .* has no t10k-labels-idx1-ubyte.gz") as caught:
        fashion_mnist.load(tmp_path)
    assert caught.value.try_ == "apt install dataset-fashion-mnist"
    assert "CHAINRULE_FASHION_MNIST" in caught.value.wanted
    monkeypatch.delenv("CHAINRULE_FASHION_MNIST", raising=False)
    monkeypatch.setattr(fashion_mnist, "FOLDER", str(tmp_path / "nowhere"))
    with pytest.raises(FileError, match=r"nowhere has no train-images-idx3-ubyte.gz"):
        fashion_mnist.load()


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        (0, np.zeros((40, 784), np.uint8), "holds no pictures"),
        (0, np.zeros((40, 28, 28), np.float32), "holds no pictures"),
        (0, np.zeros((0, 28, 28), np.uint8), "holds no pictures"),
        (1, np.zeros(39, np.uint8), "does not have a label for each picture"),
        (1, np.zeros(40, np.int32), "does not have a label for each picture"),
        (3, np.full(10, 10, np.uint8), "has a label that is no class"),
    ],
)
def test_files_of_something_else(tmp_path, name, array, message):
    written(tmp_path)
    (tmp_path / f"{NAMES[name]}.gz").write_bytes(gzip.compress(idx(array)))
    with pytest.raises(FileError, match=f"{NAMES[name]}.gz {message}"):
        fashion_mnist.load(tmp_path)
