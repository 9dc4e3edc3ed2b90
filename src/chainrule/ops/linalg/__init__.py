"""Linear algebra: systems of equations, factorizations, functions of matrices; axes before the last two are a batch.

A Jacobian that is a product of matrices is an index term; one that takes a factorization to apply is a pair of
functions, written in these same operations, so that they can be derived again.
"""

# In the order of the reference.
# isort: off
from .triangles import tril, triu
from .systems import solve, triangular_solve
from .phases import without_phases
from .orthogonal import qr, svd, svdvals
from .inverses import cofactor, det, inv, pinv, slogdet
from .symmetric import cholesky, eigh
from .failures import is_positive_definite, is_regular
from .norms import norm
from .exponential import expm, expm_frechet
# isort: on

__all__ = [
    "cholesky",
    "cofactor",
    "det",
    "eigh",
    "expm",
    "expm_frechet",
    "inv",
    "is_positive_definite",
    "is_regular",
    "norm",
    "pinv",
    "qr",
    "slogdet",
    "solve",
    "svd",
    "svdvals",
    "triangular_solve",
    "tril",
    "triu",
    "without_phases",
]
