"""1,797 handwritten digits, 8 x 8 pixels each: the file digits.npz, whose licence is in digits_LICENSE.md."""

from __future__ import annotations

from importlib import resources
from typing import NamedTuple

import numpy as np

from .parts import Parts
from .scaling import Scaling
from .stratification import stratified_split

CLASSES = 10


class Digits(NamedTuple):
    """Images as rows of pixels, and the digit that each shows."""

    pixels: np.ndarray
    labels: np.ndarray


def load() -> Digits:
    """The digits as they are in the file.

    Returns
    -------
    pixels : array of uint8, shape (1797, 64)
        0 (paper) to 16 (ink), row by row of the image.
    labels : array of uint8, shape (1797,)
        0 to 9.

    Source
    ------
    Alpaydin, Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository (1998), CC BY 4.0.

    Examples
    --------
    >>> pixels, labels = load()
    >>> pixels.shape, labels[:5]
    ((1797, 64), array([0, 1, 2, 3, 4], dtype=uint8))
    """
    with (
        resources.files(__name__.rpartition(".")[0]).joinpath("digits.npz").open("rb") as file,
        np.load(file) as arrays,
    ):
        return Digits(arrays["pixels"], arrays["labels"])


def parts() -> Parts:
    """The digits ready for a net: 70 % to fit, 10 % to choose by, 20 % held out, always the same rows.

    Returns
    -------
    training, validation, held_out : pairs (x, labels)
        x of float64, scaled so that the training pixels together have mean 0 and standard deviation 1; labels of int64.

    Examples
    --------
    >>> [len(labels) for x, labels in parts()]
    [1258, 180, 359]
    """
    pixels, labels = load()
    rows = stratified_split(labels, (0.7, 0.1, 0.2))
    scaling = Scaling.of(pixels[rows[0]].astype(np.float64))
    return Parts(*((scaling(pixels[r]), labels[r].astype(np.int64)) for r in rows))
