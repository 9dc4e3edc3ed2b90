"""Kalman filters and their relatives: states and covariances that are carried through a series of measurements."""

import math

import numpy as np
from numpy import array, eye, zeros
from numpy.linalg import inv, slogdet

from ..program import program


@program(lambda rng: (rng.uniform(0.1, 1.0, size=2), rng.normal(size=12).cumsum()))
def local_level_likelihood(variances, y):
    """Log-likelihood of a random walk seen through noise."""
    q, r = variances
    m, p = y[0], 10.0
    loglik = 0.0
    for obs in y[1:]:
        p = p + q
        innovation = obs - m
        s = p + r
        gain = p / s
        m = m + gain * innovation
        p = (1 - gain) * p
        loglik += -0.5 * (math.log(2 * math.pi * s) + innovation**2 / s)
    return loglik


@program(lambda rng: {"q": rng.uniform(0.1, 1.0), "r": rng.uniform(0.2, 1.0), "z": rng.normal(size=(10, 2)).cumsum(0)})
def constant_velocity_tracker(data):
    dt = 0.5
    z = data["z"]
    F = eye(4)
    F[0, 2] = F[1, 3] = dt
    H = zeros((2, 4))
    H[0, 0] = H[1, 1] = 1.0
    G = array([[dt**2 / 2, 0], [0, dt**2 / 2], [dt, 0], [0, dt]])
    Q = data["q"] * G @ G.T
    R = data["r"] * eye(2)
    x = zeros(4)
    x[:2] = z[0]
    P = 5.0 * eye(4)
    track = zeros((len(z), 4))
    nll = 0.0
    for k in range(len(z)):
        if k > 0:
            x = F @ x
            P = F @ P @ F.T + Q
        e = z[k] - H @ x
        S = H @ P @ H.T + R
        K = P @ H.T @ inv(S)
        x = x + K @ e
        P = (eye(4) - K @ H) @ P
        track[k] = x
        nll += 0.5 * (e @ inv(S) @ e + slogdet(S)[1])
    return nll + 0.1 * np.abs(np.diff(track[:, 0])).sum()


def predict(m, P, A, Q):
    return A @ m, A @ P @ A.T + Q


@program(lambda rng: (rng.uniform(0.7, 0.95), rng.uniform(0.3, 1.0), rng.normal(size=9)))
def rauch_tung_striebel(phi, sigma, observations):
    """Filter forward, smooth backward."""
    n = observations.shape[0]
    A = np.array([[phi, 1.0], [0.0, 0.9]])
    Q = np.diag([sigma**2, 0.1])
    h = np.array([1.0, 0.5])
    means, covs = np.zeros((n, 2)), np.zeros((n, 2, 2))
    pred_means, pred_covs = [], []
    m, P = np.zeros(2), np.eye(2)
    for t, y in enumerate(observations):
        m, P = predict(m, P, A, Q)
        pred_means.append(m)
        pred_covs.append(P)
        s = h @ P @ h + 0.4
        k = P @ h / s
        m = m + k * (y - h @ m)
        P = P - np.outer(k, k) * s
        means[t], covs[t] = m, P
    smooth = means.copy()
    smooth_cov = covs.copy()
    for t in range(n - 2, -1, -1):
        J = np.linalg.solve(pred_covs[t + 1], A @ covs[t]).T
        smooth[t] += J @ (smooth[t + 1] - pred_means[t + 1])
        smooth_cov[t] += J @ (smooth_cov[t + 1] - pred_covs[t + 1]) @ J.T
    return np.sum(smooth[:, 0] ** 2) + np.trace(smooth_cov, axis1=1, axis2=2).sum()


@program(lambda rng: (rng.uniform(0.5, 1.5, size=3), np.sin(np.arange(8) * 0.7) + 0.1 * rng.normal(size=8)))
def extended_kalman_pendulum(theta, measured):
    g_over_l, q, r = theta
    dt = 0.1

    def transition(x):
        return np.array([x[0] + dt * x[1], x[1] - dt * g_over_l * np.sin(x[0])])

    def jacobian(x):
        F = np.eye(2)
        F[0, 1] = dt
        F[1, 0] = -dt * g_over_l * np.cos(x[0])
        return F

    x = np.array([measured[0], 0.0])
    P = np.identity(2)
    Q = np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]]) * q
    residuals = np.zeros(len(measured) - 1)
    for i, z in enumerate(measured[1:]):
        F = jacobian(x)
        x = transition(x)
        P = F.dot(P).dot(F.T) + Q
        H = np.array([[np.cos(x[0]), 0.0]])
        S = H.dot(P).dot(H.T) + r
        K = P.dot(H.T) / S
        v = z - np.sin(x[0])
        x = x + K[:, 0] * v
        P = (np.eye(2) - K.dot(H)).dot(P)
        residuals[i] = v / np.sqrt(S[0, 0])
    return np.sum(residuals**2) / residuals.size


@program(lambda rng: (rng.normal(size=3), rng.uniform(0.5, 1.5, size=3), rng.normal(size=6)))
def unscented_filter(mean, std, data):
    """Sigma points instead of a Jacobian."""
    n = len(mean)
    kappa = 3.0 - n + 1.0
    weights = np.full(2 * n + 1, 0.5 / (n + kappa))
    weights[0] = kappa / (n + kappa)
    m = mean.copy()
    P = np.diag(std**2)
    for y in data:
        L = np.linalg.cholesky((n + kappa) * P)
        sigma = np.empty((2 * n + 1, n))
        sigma[0] = m
        for j in range(n):
            sigma[1 + j] = m + L[:, j]
            sigma[1 + n + j] = m - L[:, j]
        moved = np.column_stack([0.9 * sigma[:, 0] + 0.1 * sigma[:, 1], np.tanh(sigma[:, 1]), 0.8 * sigma[:, 2]])
        m = weights @ moved
        d = moved - m
        P = (d * weights[:, None]).T @ d + 0.05 * np.eye(n)
        seen = moved[:, 0] ** 2 / 4 + moved[:, 2]
        y_hat = weights @ seen
        S = weights @ (seen - y_hat) ** 2 + 0.3
        C = (weights * (seen - y_hat)) @ d
        K = C / S
        m += K * (y - y_hat)
        P -= S * np.outer(K, K)
    return float_free_norm(m) + np.log(np.linalg.det(P))


def float_free_norm(v):
    total = 0.0
    for component in v:
        total += component * component
    return math.sqrt(total)


@program(lambda rng: (rng.uniform(0.2, 0.6, size=2), rng.normal(size=15)))
def alpha_beta_with_gating(gains, signal):
    alpha, beta = gains
    x, v = signal[0], 0.0
    dt = 1.0
    estimates, skipped = [], 0
    for i, measurement in enumerate(signal):
        prediction = x + dt * v
        residual = measurement - prediction
        if abs(residual) > 2.5:
            x = prediction
            skipped += 1
            continue
        x = prediction + alpha * residual
        v += beta / dt * residual
        estimates.append((i, x))
    indices = [i for i, _ in estimates]
    values = np.array([value for _, value in estimates])
    rough = values[1:] - values[:-1]
    return np.mean((values - signal[indices]) ** 2) + 0.05 * rough.dot(rough) + skipped


@program(lambda rng: (rng.uniform(0.3, 0.8), rng.uniform(0.5, 1.5), rng.normal(size=7)))
def information_form_with_missing(rho, noise, y):
    """Some measurements are missing; the precision is carried instead of the variance."""
    missing = [2, 5]
    series = y.copy()
    information, precision = 0.0, 1.0
    out = np.full(series.size, np.nan)
    for t in range(series.size):
        variance = rho**2 / precision + noise
        mean = rho * information / precision
        precision = 1 / variance
        information = mean * precision
        if t not in missing:
            precision += 1 / 0.5
            information += series[t] / 0.5
        out[t] = information / precision
    observed = np.array([t for t in range(len(y)) if t not in missing])
    assert not np.isnan(out).any()
    return ((out[observed] - series[observed]) ** 2).sum() + out[missing].sum()
