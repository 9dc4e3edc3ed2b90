"""Draws of vectors and matrices whose entries depend on each other."""

from __future__ import annotations

from typing import Any

from ...errors import ShapeError
from ...original import np
from .keys import as_array, checked, finished, float_dtype, last_axis, parameter, shape_for, shape_of
from .standard import standard_normal


def multivariate_normal(key: Any, mean: Any, cov: Any, shape: Any = None, dtype: Any = float) -> Any:
    """Draws of vectors from the normal distribution with a mean and a covariance: mean + L z, with cov = L L^T.

    Parameters
    ----------
    key : array of uint64, shape (2,)
    mean : array of float, shape (..., k)
    cov : array of float, shape (..., k, k)
        Symmetric and positive definite.
    shape : tuple of int, optional
        Of the draws without their last axis; by default that of the parameters.
    dtype : dtype

    Returns
    -------
    draws : array of dtype, shape (*shape, k)

    Raises
    ------
    ShapeError
        If mean and cov do not fit.
    numpy.linalg.LinAlgError
        If cov is not positive definite.

    Derivative
    ----------
    By mean the identity, by cov that of the Cholesky factor.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> cov = np.array([[2.0, 1.0], [1.0, 3.0]])
    >>> draws = cr.random.multivariate_normal(cr.random.key(0), np.zeros(2), cov, (100_000,))
    >>> np.cov(draws.T).round(1)
    array([[2., 1.],
           [1., 3.]])
    """
    checked(key)
    k = last_axis("mean", mean)
    if as_array(cov).shape[-2:] != (k, k):
        raise ShapeError(
            f"a mean of {k} entries needs a covariance of shape (..., {k}, {k}), not {as_array(cov).shape}",
            got=f"mean {as_array(mean).shape}, cov {as_array(cov).shape}",
        )
    mean = parameter("mean", mean, np.isfinite, "finite")
    cov = parameter("cov", cov, np.isfinite, "finite")
    batch = shape_for(shape, np.zeros(mean.shape[:-1]), np.zeros(cov.shape[:-2]))
    z = standard_normal(key, (*batch, k))
    return finished(mean + np.einsum("...ij,...j->...i", np.linalg.cholesky(cov), z), float_dtype(dtype))


def orthogonal(key: Any, n: int, shape: Any = (), dtype: Any = float) -> Any:
    """Draws of orthogonal matrices, all equally likely (Haar's measure).

    Parameters
    ----------
    key : array of uint64, shape (2,)
    n : int
    shape : tuple of int
        How many.
    dtype : dtype

    Returns
    -------
    matrices : array of dtype, shape (*shape, n, n)

    Source
    ------
    Mezzadri, How to generate random matrices from the classical compact groups (2007).

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> Q = cr.random.orthogonal(cr.random.key(0), 3)
    >>> np.allclose(Q @ Q.T, np.eye(3))
    True
    """
    (n,) = shape_of(n)
    Q, R = np.linalg.qr(standard_normal(key, (*shape_of(shape), n, n)))
    signs = np.sign(np.diagonal(R, axis1=-2, axis2=-1))
    return finished(Q * signs[..., None, :], float_dtype(dtype))
