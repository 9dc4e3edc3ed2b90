"""`cr.random`: random numbers as functions of a key, with derivatives by the parameters of their distribution.

Names and meaning are those of `jax.random`. A key is an array and a draw is a function of it, so draws stand in all
transforms as any other function does; docs/random.md says how.
"""

from .arrays import multivariate_normal, orthogonal
from .continuous import (
    beta,
    cauchy,
    chisquare,
    dirichlet,
    exponential,
    gamma,
    gumbel,
    laplace,
    loggamma,
    logistic,
    lognormal,
    normal,
    pareto,
    rayleigh,
    t,
    truncated_normal,
    uniform,
    weibull_min,
)
from .discrete import (
    bernoulli,
    binomial,
    bits,
    categorical,
    choice,
    mask,
    permutation,
    poisson,
    rademacher,
    randint,
)
from .keys import fold_in, key, split

__all__ = [
    "bernoulli",
    "beta",
    "binomial",
    "bits",
    "categorical",
    "cauchy",
    "chisquare",
    "choice",
    "dirichlet",
    "exponential",
    "fold_in",
    "gamma",
    "gumbel",
    "key",
    "laplace",
    "loggamma",
    "logistic",
    "lognormal",
    "mask",
    "multivariate_normal",
    "normal",
    "orthogonal",
    "pareto",
    "permutation",
    "poisson",
    "rademacher",
    "randint",
    "rayleigh",
    "split",
    "t",
    "truncated_normal",
    "uniform",
    "weibull_min",
]
