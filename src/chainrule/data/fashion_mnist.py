"""70,000 pictures of clothes, 28 x 28 pixels each, in ten classes: IDX files that are installed apart from us."""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np

from ..errors import FileError
from ..files.trouble import Path
from .idx import read_idx

CLASSES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
FOLDER = "/usr/share/datasets/fashion-mnist"  # of Debian's package
VARIABLE = "CHAINRULE_FASHION_MNIST"
WHITE = 255


class Images(NamedTuple):
    """Pictures as rows of pixels, and what each shows."""

    pixels: np.ndarray
    labels: np.ndarray


class FashionMNIST(NamedTuple):
    """The pictures to fit, and the official ones to judge by."""

    training: Images
    test: Images


def load(folder: Path | None = None) -> FashionMNIST:
    """The pictures as they are in the files.

    Parameters
    ----------
    folder : path, optional
        Where the four files are, packed by gzip or plain; by default the folder that the environment variable
        CHAINRULE_FASHION_MNIST names, or that of Debian's package dataset-fashion-mnist.

    Returns
    -------
    training, test : Images
        60,000 and 10,000: pixels of uint8, shape (n, 784), 0 (background) to 255, row by row of the picture; labels of
        uint8, shape (n,), places in `CLASSES`.

    Raises
    ------
    FileError
        If a file is missing (says how to install it), damaged, or does not hold such pictures.

    Source
    ------
    Xiao, Rasul, Vollgraf, Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning Algorithms (2017).
    """
    where = os.fsdecode(folder or os.environ.get(VARIABLE) or FOLDER)
    return FashionMNIST(_images(where, "train"), _images(where, "t10k"))


def parts(folder: Path | None = None) -> FashionMNIST:
    """The pictures ready for a net.

    Parameters
    ----------
    folder : path, optional
        As for `load`.

    Returns
    -------
    training, test : Images
        Pixels of float32, shape (n, 784), from 0 to 1; labels of int64, shape (n,).

    Raises
    ------
    FileError
        As for `load`.
    """
    return FashionMNIST(
        *(Images(pixels / np.float32(WHITE), labels.astype(np.int64)) for pixels, labels in load(folder))
    )


def _images(folder: str, part: str) -> Images:
    pixels_path, labels_path = (_path(folder, f"{part}-{kind}") for kind in ("images-idx3-ubyte", "labels-idx1-ubyte"))
    pixels, labels = read_idx(pixels_path), read_idx(labels_path)
    if pixels.ndim != 3 or pixels.dtype != np.uint8 or not pixels.size:
        raise FileError(
            f"{pixels_path} holds no pictures",
            got=f"{pixels.dtype} of shape {pixels.shape}",
            wanted="uint8, (n, 28, 28)",
        )
    if labels.shape != (len(pixels),) or labels.dtype != np.uint8:
        raise FileError(
            f"{labels_path} does not have a label for each picture",
            got=f"{labels.dtype} of shape {labels.shape}",
            wanted=f"uint8, ({len(pixels)},)",
        )
    if labels.max() >= len(CLASSES):
        raise FileError(f"{labels_path} has a label that is no class", got=str(labels.max()), wanted="0 to 9")
    return Images(pixels.reshape(len(pixels), -1), labels)


def _path(folder: str, name: str) -> str:
    for path in (os.path.join(folder, f"{name}.gz"), os.path.join(folder, name)):
        if os.path.exists(path):
            return path
    raise FileError(
        f"Fashion-MNIST is not there: {folder} has no {name}.gz",
        wanted=f"its four files, there or in the folder that {VARIABLE} names",
        try_="apt install dataset-fashion-mnist",
    )
