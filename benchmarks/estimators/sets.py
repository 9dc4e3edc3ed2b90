"""Eight sets of rows: six that are known well, and two larger ones that are drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from sklearn import datasets


class Rows(NamedTuple):
    """Samples, shape (n, d), and their targets, shape (n,): numbers of classes, or real numbers."""

    x: np.ndarray
    y: np.ndarray

    @property
    def of_classes(self) -> bool:
        return self.y.dtype.kind in "iu"

    def standardized(self, by: Rows | None = None) -> Rows:
        """Columns, and targets that are real numbers, of mean 0 and deviation 1 over these rows or others."""
        by = by or self
        y = self.y if self.of_classes else _standardized(self.y, by.y)
        return Rows(_standardized(self.x, by.x), y)

    def astype(self, dtype: Any) -> Rows:
        return Rows(self.x.astype(dtype), self.y if self.of_classes else self.y.astype(dtype))


def _standardized(x: np.ndarray, by: np.ndarray) -> np.ndarray:
    mean, deviation = by.mean(axis=0), by.std(axis=0)
    return (x - mean) / np.where(deviation > 0, deviation, 1)


def _classes() -> tuple[np.ndarray, np.ndarray]:
    return datasets.make_classification(20_000, 50, n_informative=20, n_classes=3, class_sep=0.8, random_state=0)


SETS: dict[str, Callable[[], Rows]] = {
    "iris": lambda: Rows(*datasets.load_iris(return_X_y=True)),
    "wine": lambda: Rows(*datasets.load_wine(return_X_y=True)),
    "breast cancer": lambda: Rows(*datasets.load_breast_cancer(return_X_y=True)),
    "digits": lambda: Rows(*datasets.load_digits(return_X_y=True)),
    "diabetes": lambda: Rows(*datasets.load_diabetes(return_X_y=True)),
    "two moons": lambda: Rows(*datasets.make_moons(2000, noise=0.25, random_state=0)),
    "20,000 x 50, 3 classes": lambda: Rows(*_classes()),
    "20,000 x 20, a number": lambda: Rows(*datasets.make_friedman1(20_000, 20, noise=1.0, random_state=0)),
}
