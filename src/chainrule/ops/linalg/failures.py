"""Whether LAPACK takes a matrix: for programs that handle its refusal.

As piecewise constant as any test: what NumPy would raise becomes an answer, which can be a guard.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...arraytype import ArrayType
from ...original import np
from ..batch_axis import in_front
from ..operation import Example, Operation, discrete
from .matrices import regular, square_shape


def _accepted_by(name: str, function: Callable[[Any], Any], notation: str) -> Operation:
    def accepts(matrix: Any) -> bool:
        try:
            function(matrix)
        except np.linalg.LinAlgError:
            return False
        return True

    def forward(A: Any) -> Any:
        """Whether NumPy does not raise LinAlgError for each matrix of a batch."""
        batch = A.shape[:-2]
        return np.array([accepts(A[index]) for index in np.ndindex(*batch)], bool).reshape(batch)

    def examples(rng: np.random.Generator) -> list[Example]:
        refused = np.stack([np.eye(2), np.ones((2, 2)), -np.eye(2)])
        return [Example((regular(rng, 3),)), Example((refused,)), Example((np.zeros((0, 2, 2)),))]

    return discrete(
        name,
        forward,
        lambda A: ArrayType(square_shape(name, A)[0], bool),
        batch=in_front,
        notation=notation,
        examples=examples,
    )


is_positive_definite = _accepted_by("is_positive_definite", lambda A: np.linalg.cholesky(A), r"{0} \succ 0")
is_regular = _accepted_by("is_regular", lambda A: np.linalg.inv(A), r"\det {0} \neq 0")
