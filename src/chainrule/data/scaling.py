"""Bring features to mean 0 and standard deviation 1, by what the training rows say."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np


class Scaling(NamedTuple):
    """A mean to subtract and a deviation to divide by.

    Examples
    --------
    >>> scaling = Scaling.of(np.array([[1.0, 5.0], [3.0, 5.0]]), axis=0)
    >>> scaling(np.array([[4.0, 6.0]]))
    array([[2., 1.]])
    >>> scaling.undone(np.array([[2.0, 1.0]]))
    array([[4., 6.]])
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
            What is constant is divided by 1; nan counts as absent.
        """
        columns = np.reshape(x, (1, -1)) if axis is None else np.ascontiguousarray(x.T)
        scaling = cls.of_parts(lambda: [columns])
        return cls(scaling.mean[0], scaling.deviation[0]) if axis is None else scaling

    @classmethod
    def of_parts(cls, parts: Callable[[], Iterable[np.ndarray]]) -> Scaling:
        """That of rows which come a part at a time, so that they need never be in memory together.

        Parameters
        ----------
        parts : callable
            Returns the parts, arrays of float of shape (d, rows): each feature in one piece. It is called twice.

        Returns
        -------
        scaling : Scaling
            Of shape (d,). What is constant is divided by 1; nan counts as absent. nan or inf where the values of a
            feature are all absent, or too large to be added up.

        Examples
        --------
        >>> Scaling.of_parts(lambda: [np.array([[1.0, 3.0]]), np.array([[np.nan, 5.0]])]).mean
        array([3.])
        """
        count, total, least, most = 0, 0.0, np.inf, -np.inf
        with np.errstate(all="ignore"):
            for part in parts():
                present = ~np.isnan(part)
                count = count + np.count_nonzero(present, axis=1)
                total = total + np.sum(np.where(present, part, 0.0), axis=1)
                least = np.fmin(least, np.fmin.reduce(part, axis=1, initial=np.inf))
                most = np.fmax(most, np.fmax.reduce(part, axis=1, initial=-np.inf))
            mean = np.true_divide(total, count)
            # A power of 2 near the largest difference: dividing by it is exact, and its squares stay within the floats.
            power = np.frexp(np.fmax(most - mean, mean - least))[1][..., None]
            squares = 0.0
            for part in parts():
                differences = np.where(np.isnan(part), 0.0, np.ldexp(part - mean[:, None], -power))
                squares = squares + np.sum(differences * differences, axis=1)
            deviation = np.ldexp(np.sqrt(squares / count), power[:, 0])
        # By the values, not by the deviation: 0.1 added up ten times has another mean than 0.1.
        return cls(mean, np.where(most > least, deviation, 1.0))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        return (x - self.mean) / self.deviation

    def undone(self, x: np.ndarray) -> np.ndarray:
        """What was scaled, in its own units again."""
        return x * self.deviation + self.mean
