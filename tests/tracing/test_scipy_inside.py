"""SciPy on arrays that a traced function makes of plain values: it gets their memory, and what it gives is constant."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, interpolate, linalg, ndimage, optimize, signal, sparse, spatial, special, stats

import chainrule as cr

V = np.array([0.5, 1.5, 2.0])

CALLS = {
    "CubicSpline": lambda: interpolate.CubicSpline(np.linspace(0, 1, 5), np.sin(np.linspace(0, 1, 5)))(0.3),
    "interp1d": lambda: interpolate.interp1d(np.arange(4.0), np.arange(4.0) ** 2)(1.5),
    "solve_ivp": lambda: integrate.solve_ivp(lambda t, y: np.array([y[1], -y[0]]), (0, 1), np.array([1.0, 0.0])).y[
        :, -1
    ],
    "odeint": lambda: integrate.odeint(lambda y, t: np.array([y[1], -y[0]]), np.ones(2), np.linspace(0, 1, 5))[-1],
    "quad": lambda: integrate.quad(lambda t: np.exp(-t) * np.ones(1)[0], 0, 1)[0],
    "minimize": lambda: optimize.minimize(lambda p: np.sum((p - np.array([1.0, 2.0])) ** 2), np.zeros(2)).x,
    "least_squares": lambda: optimize.least_squares(lambda p: p - np.array([1.0, 2.0]), np.ones(2) * 3).x,
    "root": lambda: optimize.root(lambda p: p - np.array([1.0, 2.0]), np.zeros(2)).x,
    "brentq": lambda: optimize.brentq(lambda p: p - np.full(1, 0.3)[0], 0, 1),
    "expm": lambda: linalg.expm(np.eye(3) * 0.5),
    "lu_factor": lambda: linalg.lu_factor(np.eye(3) + 0.1)[0],
    "solve": lambda: linalg.solve(np.eye(3) + 0.1, np.ones(3)),
    "toeplitz": lambda: linalg.toeplitz(np.array([1.0, 2.0, 3.0])),
    "dgesv": lambda: linalg.lapack.dgesv(np.eye(3) * 2, np.ones(3))[2],
    "firwin": lambda: signal.firwin(3, 0.3),
    "convolve": lambda: signal.convolve(np.ones(3), np.arange(3.0), mode="same"),
    "norm.pdf": lambda: stats.norm.pdf(np.linspace(-1, 1, 3)),
    "gaussian_filter": lambda: ndimage.gaussian_filter(np.eye(3), 1.0),
    "csr": lambda: sparse.csr_array(np.eye(3)) @ np.ones(3),
    "coo": lambda: sparse.coo_array((np.ones(3), (np.arange(3), np.arange(3)))).toarray(),
    "cdist": lambda: spatial.distance.cdist(np.eye(3), np.zeros((3, 3))),
    "KDTree": lambda: spatial.cKDTree(np.eye(3)).query(np.zeros((3, 3)))[0],
    "logsumexp": lambda: special.logsumexp(np.ones(4)),
    "random": lambda: np.random.default_rng(0).normal(np.arange(3.0)),
}


@pytest.mark.parametrize("name", CALLS)
def test_call(name):
    wanted = CALLS[name]()
    seen = []

    def f(x):
        seen.append(CALLS[name]())
        return np.sum(x * np.sum(seen[-1]))

    np.testing.assert_allclose(cr.grad(f)(V), np.full(3, np.sum(wanted)), rtol=1e-12)
    np.testing.assert_array_equal(seen[0], wanted)
