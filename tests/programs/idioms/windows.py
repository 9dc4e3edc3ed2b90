"""Sliding windows over series: averages, convolutions, correlations, likelihoods."""

from collections import deque

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..program import program


@program(lambda rng: (rng.normal(size=20).cumsum(), 5 + 2 * rng.random()))
def moving_average_crossover(prices, scale):
    short, long = 3, 6
    n = len(prices)
    fast = np.full(n, np.nan)
    slow = np.full(n, np.nan)
    for t in range(n):
        if t >= short - 1:
            fast[t] = prices[t - short + 1 : t + 1].mean()
        if t >= long - 1:
            slow[t] = prices[t - long + 1 : t + 1].mean()
    position = np.where(fast[long - 1 :] > slow[long - 1 :], 1.0, -0.5)
    returns = np.diff(prices[long - 1 :]) / scale
    pnl = position[:-1] * returns
    drawdown = np.maximum.accumulate(np.cumsum(pnl)) - np.cumsum(pnl)
    return pnl.sum() - 0.1 * drawdown.max() + np.nanmean(slow - fast)


@program(lambda rng: (rng.normal(size=15), rng.normal(size=4)))
def convolution_by_hand(signal, kernel):
    n, k = len(signal), len(kernel)
    flipped = kernel[::-1]
    out = np.zeros(n + k - 1)
    for i in range(n + k - 1):
        for j in range(k):
            index = i - k + 1 + j
            if 0 <= index < n:
                out[i] += signal[index] * flipped[j]
    assert np.allclose(out, np.convolve(signal, kernel))
    valid = out[k - 1 : n]
    peak = valid.argmax()
    return out.dot(out) / n + valid[peak]


@program(lambda rng: rng.normal(size=18))
def windowed_z_scores(series):
    w = 5
    windows = sliding_window_view(series, w)
    mu = windows.mean(axis=-1)
    sd = windows.std(axis=-1, ddof=1)
    z = (series[w - 1 :] - mu) / sd
    hits = z[np.abs(z) > 0.5]
    if hits.size == 0:
        return np.sum(z**2)
    energy = np.einsum("ij,ij->i", windows, windows)
    smoothed = windows @ np.hanning(w)
    return hits.max() - hits.min() + np.median(energy) + 0.1 * (smoothed**2).mean()


@program(lambda rng: (rng.normal(size=25), rng.uniform(1.0, 3.0)))
def autocorrelation_time(x, window_constant):
    x = x - np.mean(x)
    n = x.size
    c0 = np.dot(x, x) / n
    rho = [1.0]
    for lag in range(1, n // 2):
        rho.append(np.dot(x[:-lag], x[lag:]) / (n * c0))
    rho = np.array(rho)
    tau = 0.5
    for m, r in enumerate(rho[1:], start=1):
        tau += abs(r)
        if m >= window_constant * tau:
            break
    effective = n / (2 * tau)
    return tau + np.log(effective) + rho[1] * window_constant


@program(lambda rng: (np.array([0.5, -0.2, 0.3]) + 0.1 * rng.normal(size=3), rng.normal(size=16)))
def arma_css_likelihood(params, y):
    """Conditional sum of squares of an ARMA(2, 1)."""
    phi, theta = params[:2], params[2]
    e = np.zeros(len(y))
    for t in range(2, len(y)):
        prediction = phi[0] * y[t - 1] + phi[1] * y[t - 2] + theta * e[t - 1]
        e[t] = y[t] - prediction
    sigma2 = np.sum(e[2:] ** 2) / (len(y) - 2)
    loglik = -0.5 * (len(y) - 2) * (np.log(2 * np.pi * sigma2) + 1)
    aic = 2 * 4 - 2 * loglik
    return aic


@program(lambda rng: (rng.uniform(0.05, 0.3), rng.uniform(0.05, 0.9), rng.normal(size=20)))
def garch_with_ewma_start(a, b, r):
    lam = 0.94
    weights = (1 - lam) * lam ** np.arange(len(r))[::-1]
    start = np.sum(weights * r**2) / weights.sum()
    omega = 0.1
    h = np.zeros_like(r)
    h[0] = start
    ewma = np.empty(r.shape[0])
    ewma[0] = r[0]
    for t in range(1, r.shape[0]):
        shock = r[t - 1] ** 2 * (1.3 if r[t - 1] < 0 else 1.0)
        h[t] = omega + a * shock + b * 0.8 * h[t - 1]
        ewma[t] = lam * ewma[t - 1] + (1 - lam) * r[t]
    z = r / np.sqrt(h)
    return 0.5 * np.sum(np.log(h) + z**2) + ewma[-1] * z.max()


@program(lambda rng: (rng.normal(size=14), rng.uniform(0.2, 0.8)))
def rolling_quantile_spread(values, alpha):
    """A queue of the last values, sorted at each step; a forgetting median."""
    queue = deque(maxlen=5)
    level = values[0]
    spreads = []
    for value in values:
        queue.append(value)
        if len(queue) < queue.maxlen:
            continue
        ordered = np.sort(np.array(queue))
        middle = ordered[2]
        level += alpha * (middle - level)
        spreads.append(ordered[-1] - ordered[0])
        spreads[-1] *= 1 + 0.1 * level**2
    spreads = np.asarray(spreads)
    return spreads.mean() + spreads.max() / spreads.min()


@program(lambda rng: (rng.normal(size=(6, 7)), rng.normal(size=(3, 3)), rng.normal()))
def image_patches_correlation(image, template, bias):
    patches = sliding_window_view(image, template.shape)
    rows, cols = patches.shape[:2]
    t = template - template.mean()
    score = np.zeros((rows, cols))
    for (i, j), _ in np.ndenumerate(score):
        p = patches[i, j] - patches[i, j].mean()
        score[i, j] = (p * t).sum() / np.sqrt((p**2).sum() * (t**2).sum())
    best = np.unravel_index(np.argmax(score), score.shape)
    pooled = score[: rows // 2 * 2, : cols // 2 * 2].reshape(rows // 2, 2, -1, 2).max(axis=(1, 3))
    return score[best] + np.sum(np.maximum(pooled + bias, 0.0))
