"""Data sets that are known by a name: as tables, with the column to predict."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..data import Column, Table, digits, fashion_mnist


class BuiltIn(NamedTuple):
    """A data set with a name.

    Attributes
    ----------
    target : str
        The column to predict, where no other is asked for.
    read : callable
        Gives the table, and that of the official held-out rows, or None where there are none.
    """

    target: str
    read: Callable[[], tuple[Table, Table | None]]


def _digits() -> tuple[Table, None]:
    pixels, labels = digits.load()
    columns = {f"pixel_{k}": pixels[:, k].astype(np.float64) for k in range(pixels.shape[1])}
    return Table.of({**columns, "digit": labels.astype(np.int64)}, source="the digits"), None


def _fashion_mnist() -> tuple[Table, Table]:
    training, test = fashion_mnist.load()
    return _garments(training, "Fashion-MNIST"), _garments(test, "the test part of Fashion-MNIST")


def _garments(images: fashion_mnist.Images, source: str) -> Table:
    by_column = np.ascontiguousarray(images.pixels.T)
    columns = [Column(f"pixel_{k}", "number", pixels) for k, pixels in enumerate(by_column)]
    garment = Column("garment", "text", images.labels.astype(np.int64), None, fashion_mnist.CLASSES)
    return Table([*columns, garment], source)


BUILT_IN = {"digits": BuiltIn("digit", _digits), "fashion-mnist": BuiltIn("garment", _fashion_mnist)}
