"""Functions that programs of several idioms import, as from a colleague's module."""

import numpy as np
from numpy import array, zeros


def rk4_step(f, t, y, h):
    k1 = f(t, y)
    k2 = f(t + h / 2, y + h / 2 * k1)
    k3 = f(t + h / 2, y + h / 2 * k2)
    k4 = f(t + h, y + h * k3)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def rotation(angle):
    c, s = np.cos(angle), np.sin(angle)
    return array([[c, -s], [s, c]])


def numerical_jacobian(f, x, eps=1e-3):
    n = len(x)
    J = zeros((n, n))
    for k in range(n):
        step = zeros(n)
        step[k] = eps
        J[:, k] = (f(x + step) - f(x - step)) / (2 * eps)
    return J


def running_mean(x, width=3, *, out=None):
    if out is None:
        out = np.empty_like(x)
    half = width // 2
    for i in range(len(x)):
        lo, hi = max(0, i - half), min(len(x), i + half + 1)
        out[i] = x[lo:hi].mean()
    return out
