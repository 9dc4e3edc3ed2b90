"""Bring features to mean 0 and standard deviation 1, by what the training rows say."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Scaling(NamedTuple):
    """A mean to subtract and a deviation to divide by.

    Examples
    --------
    >>> scaling = Scaling.of(np.array([[1.0, 5.0], [3.0, 5.0]]), axis=0)
    >>> scaling(np.array([[4.0, 6.0]]))
    array([[2., 1.]])
    """

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of(cls, x: np.ndarray, axis: int | None = None) -> Scaling:
        """That of the rows of x.

        Parameters
        ----------
        x : array of float, shape (n, d)
        axis : {None, 0}
            None: one mean for all columns, which are of one kind, such as pixels. 0: one for each column.

        Returns
        -------
        scaling : Scaling
            What is constant is divided by 1.
        """
        deviation = np.std(x, axis=axis)
        return cls(np.mean(x, axis=axis), np.where(deviation > 0, deviation, 1.0))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return (x - self.mean) / self.deviation
