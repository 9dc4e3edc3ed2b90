"""Equations solved by iteration: Newton, fixed points, brackets, line searches, conjugate gradients, by hand."""

import math

import numpy as np

from ..program import program


@program(lambda rng: (rng.uniform(0.2, 0.8), rng.uniform(0.5, 2.5)))
def kepler_orbit(eccentricity, mean_anomaly):
    """Newton's method until it is as good as it gets."""
    E = mean_anomaly if eccentricity < 0.8 else math.pi
    for iteration in range(50):
        f = E - eccentricity * math.sin(E) - mean_anomaly
        step = f / (1 - eccentricity * math.cos(E))
        E = E - step
        if abs(step) < 1e-14:
            break
    else:
        raise RuntimeError(f"no convergence for e = {eccentricity:.3f}")
    x = math.cos(E) - eccentricity
    y = math.sqrt(1 - eccentricity**2) * math.sin(E)
    return x * y + math.atan2(y, x)


@program(lambda rng: (rng.uniform(0.5, 2.0, size=3), rng.uniform(0.5, 1.5, size=2)))
def newton_system_with_backtracking(coefficients, start):
    a, b, c = coefficients

    def residual(z):
        x, y = z
        return np.array([a * x**3 + y - c, b * y + np.sin(x) - 1.0])

    def jacobian(z):
        J = np.zeros((2, 2))
        J[0, 0] = 3 * a * z[0] ** 2
        J[0, 1] = 1.0
        J[1, 0] = np.cos(z[0])
        J[1, 1] = b
        return J

    z = start
    r = residual(z)
    iterations = 0
    while np.linalg.norm(r) > 1e-13 and iterations < 40:
        delta = np.linalg.solve(jacobian(z), -r)
        alpha = 1.0
        while np.linalg.norm(residual(z + alpha * delta)) > np.linalg.norm(r) and alpha > 1e-3:
            alpha *= 0.5
        z = z + alpha * delta
        r = residual(z)
        iterations += 1
    J = jacobian(z)
    z = z - np.linalg.solve(J, residual(z))
    return z[0] * z[1] + np.abs(z).sum()


@program(lambda rng: (rng.uniform(0.5, 2.0, size=6), rng.uniform(0.05, 0.15)))
def bisection_then_newton(cashflows, rate_guess):
    """Internal rate of return: a bracket first, Newton's steps when it is narrow."""
    price = cashflows.sum() / (1 + rate_guess) ** 3

    def npv(rate):
        value = -price
        for t, c in enumerate(cashflows, start=1):
            value += c / (1 + rate) ** t
        return value

    lo, hi = 0.0, 1.0
    f_lo = npv(lo)
    while hi - lo > 1e-3:
        mid = (lo + hi) / 2
        f_mid = npv(mid)
        if f_lo * f_mid <= 0:
            hi = mid
        else:
            lo, f_lo = mid, f_mid
    rate = 0.5 * (lo + hi)
    for _ in range(5):
        slope = -sum(t * c / (1 + rate) ** (t + 1) for t, c in enumerate(cashflows, 1))
        rate = rate - npv(rate) / slope
    return 100 * rate


@program(lambda rng: (rng.normal(size=(5, 5)) * 0.2, rng.normal(size=5)))
def deep_equilibrium_fixed_point(W, b):
    z = np.zeros(5)
    history = []
    for k in range(200):
        z_new = np.tanh(W @ z + b)
        change = np.max(np.abs(z_new - z))
        history.append(change)
        z = z_new
        if change < 1e-13:
            break
    rate = history[3] / history[2] if len(history) > 3 else 0.0
    return z @ np.arange(1.0, 6.0) + 0.1 * rate


@program(lambda rng: (rng.normal(size=(5, 5)), rng.normal(size=5)))
def conjugate_gradients(M, b):
    A = M.T @ M + 2 * np.eye(len(b))
    x = np.zeros_like(b)
    r = b - A @ x
    p = r.copy()
    rs = r @ r
    residuals = [np.sqrt(rs)]
    for i in range(len(b)):
        Ap = A @ p
        alpha = rs / (p @ Ap)
        x += alpha * p
        r -= alpha * Ap
        rs_new = r @ r
        residuals.append(np.sqrt(rs_new))
        if residuals[-1] < 1e-9:
            break
        p = r + (rs_new / rs) * p
        rs = rs_new
    return x @ b - 0.5 * np.dot(x, A.dot(x)) + residuals[2]


@program(lambda rng: (rng.normal(size=(10, 3)), rng.normal(size=10), rng.uniform(0.1, 1.0)))
def logistic_regression_irls(X, noise, ridge):
    """Fit by Newton's method in a fixed number of steps; report the penalized likelihood of other data."""
    y = (X[:, 0] + noise > 0).astype(float)
    w = np.zeros(X.shape[1])
    for step in range(6):
        eta = X @ w
        mu = 1 / (1 + np.exp(-eta))
        gradient = X.T @ (mu - y) + ridge * w
        s = mu * (1 - mu)
        H = (X * s[:, None]).T @ X + ridge * np.eye(len(w))
        w = w - np.linalg.solve(H, gradient)
    margins = (2 * y - 1) * (X @ w)
    losses = np.where(margins > 0, np.log1p(np.exp(-margins)), -margins + np.log1p(np.exp(margins)))
    return losses.mean() + 0.5 * ridge * (w**2).sum()


@program(lambda rng: (rng.uniform(-1.5, -0.5), rng.uniform(0.5, 1.5), rng.uniform(0.5, 2.0)))
def steepest_descent_with_armijo(x0, y0, stiffness):
    def f(p):
        return (1 - p[0]) ** 2 + stiffness * (p[1] - p[0] ** 2) ** 2

    def df(p):
        g = np.zeros(2)
        g[0] = -2 * (1 - p[0]) - 4 * stiffness * p[0] * (p[1] - p[0] ** 2)
        g[1] = 2 * stiffness * (p[1] - p[0] ** 2)
        return g

    p = np.array([x0, y0])
    path = np.zeros((9, 2))
    path[0] = p
    for k in range(1, 9):
        g = df(p)
        t, slope, here = 1.0, g @ g, f(p)
        while True:
            candidate = p - t * g
            if f(candidate) <= here - 0.3 * t * slope:
                break
            t /= 2
        p = path[k] = candidate
    lengths = np.sqrt((np.diff(path, axis=0) ** 2).sum(axis=1))
    return f(p) + lengths.sum()


@program(lambda rng: rng.uniform(1.0, 4.0, size=4))
def secant_and_anderson(parameters):
    """A scalar equation by the secant method; its root feeds an accelerated fixed point."""
    a, b, c, d = parameters
    x0, x1 = 0.5, 1.5
    g = lambda x: a * np.exp(x) - b * 4 - c / (1 + x)
    g0, g1 = g(x0), g(x1)
    count = 0
    while abs(x1 - x0) > 1e-12:
        x0, g0, x1 = x1, g1, x1 - g1 * (x1 - x0) / (g1 - g0)
        g1 = g(x1)
        count += 1
        if count > 60 or g1 == g0:
            break
    u = x1
    for _ in range(12):
        v = np.cos(u) / d
        w = np.cos(v) / d
        denominator = w - 2 * v + u
        if abs(denominator) < 1e-9:
            u = w
            break
        u = u - (v - u) ** 2 / denominator
    return u + x1**2
