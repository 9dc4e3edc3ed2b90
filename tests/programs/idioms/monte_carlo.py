"""Paths and samples: noise that is given, or drawn inside with a fixed seed."""

import math

import numpy as np

from ..program import program


@program(lambda rng: (rng.uniform(0.8, 1.2), rng.uniform(0.1, 0.4), rng.normal(size=(40, 6))))
def asian_call(spot, sigma, z):
    r, maturity, strike = 0.03, 1.0, 1.0
    n_paths, n_steps = z.shape
    dt = maturity / n_steps
    S = np.zeros((n_paths, n_steps + 1))
    S[:, 0] = spot
    for i in range(n_steps):
        S[:, i + 1] = S[:, i] * np.exp((r - 0.5 * sigma**2) * dt + sigma * np.sqrt(dt) * z[:, i])
    average = S[:, 1:].mean(axis=1)
    payoff = np.maximum(average - strike, 0)
    price = np.exp(-r * maturity) * payoff.mean()
    stderr = payoff.std(ddof=1) / np.sqrt(n_paths)
    return price + 0.1 * stderr


@program(lambda rng: {"S0": rng.uniform(0.9, 1.1), "vol": rng.uniform(0.2, 0.4), "rate": rng.uniform(0.01, 0.05)})
def smoothed_barrier_option(market, barrier=1.35, seed=42):
    rng = np.random.default_rng(seed)
    S0, vol, rate = market["S0"], market["vol"], market["rate"]
    steps, dt = 8, 1 / 8
    total = 0.0
    for path in range(25):
        s = S0
        alive = 1.0
        for dw in rng.standard_normal(steps):
            s *= math.exp((rate - vol**2 / 2) * dt + vol * math.sqrt(dt) * dw)
            alive *= 1 / (1 + math.exp(20 * (s - barrier)))
        if s > 1.0:
            total += alive * (s - 1.0)
    return math.exp(-rate) * total / 25


@program(lambda rng: rng.uniform(0.5, 1.5, size=4))
def heston_full_truncation(p):
    kappa, theta, xi, v0 = p[0], 0.04 * p[1], 0.3 * p[2], 0.04 * p[3]
    gen = np.random.default_rng(7)
    n, m = 30, 10
    rho = -0.6
    dt = 1 / m
    x = np.zeros(n)
    v = np.full(n, v0)
    for _ in range(m):
        w1 = gen.normal(size=n)
        w2 = rho * w1 + np.sqrt(1 - rho**2) * gen.normal(size=n)
        vp = np.maximum(v, 0.0)
        x += -0.5 * vp * dt + np.sqrt(vp * dt + 1e-12) * w1
        v += kappa * (theta - vp) * dt + xi * np.sqrt(vp * dt + 1e-12) * w2
    payoff = np.where(x > 0, np.exp(x) - 1, 0.0)
    return 10 * payoff.mean() + v.mean()


@program(lambda rng: (rng.uniform(0.5, 1.5), rng.uniform(0.2, 0.6), 0.1 * rng.normal(size=50)))
def ornstein_uhlenbeck_milstein(theta, sigma, dW):
    mu = 1.2
    dt = 0.02
    X = np.empty(dW.size + 1)
    X[0] = 0.7
    crossings = 0
    for k, dw in enumerate(dW):
        x = X[k]
        b = sigma * x
        X[k + 1] = x + theta * (mu - x) * dt + b * dw + 0.5 * b * sigma * (dw * dw - dt)
        if (X[k + 1] - mu) * (x - mu) < 0:
            crossings += 1
    running = np.cumsum(X) / np.arange(1, X.size + 1)
    return running[-1] + np.log(X[-1]) + 0.01 * crossings


@program(lambda rng: (rng.normal(size=3) * 0.5, rng.normal(size=3) * 0.2))
def reparametrized_evidence_bound(mu, log_sigma):
    """Evidence lower bound of a Gaussian approximation by drawn noise."""
    np.random.seed(3)
    data = np.random.randn(12, 3)
    targets = (data @ np.array([1.0, -1.0, 0.5]) > 0).astype(int)
    sigma = np.exp(log_sigma)
    samples = 8
    bound = 0.0
    for s in range(samples):
        eps = np.random.randn(*mu.shape)
        w = mu + sigma * eps
        logits = data @ w
        bound += np.sum(targets * logits - np.logaddexp(0, logits))
    kl = 0.5 * np.sum(sigma**2 + mu**2 - 1 - 2 * log_sigma)
    return bound / samples - kl


@program(lambda rng: (rng.uniform(0.8, 1.2), rng.normal(size=(12, 5))))
def longstaff_schwartz_put(spot, z):
    strike, r, sigma, dt = 1.1, 0.06, 0.3, 0.2
    n, m = z.shape
    increments = (r - sigma**2 / 2) * dt + sigma * np.sqrt(dt) * z
    paths = spot * np.exp(np.cumsum(increments, axis=1))
    cash = np.maximum(strike - paths[:, -1], 0)
    for t in range(m - 2, -1, -1):
        cash = cash * np.exp(-r * dt)
        exercise = np.maximum(strike - paths[:, t], 0)
        money = np.nonzero(exercise > 0)[0]
        if len(money) < 4:
            continue
        basis = np.vander(paths[money, t], 3)
        beta, *_ = np.linalg.lstsq(basis, cash[money], rcond=None)
        continuation = basis @ beta
        stop = money[exercise[money] > continuation]
        cash[stop] = exercise[stop]
    return np.exp(-r * dt) * cash.mean()


@program(lambda rng: (rng.uniform(0.1, 0.9, size=3), rng.random(size=(10, 4))))
def polymer_importance_weights(bias, u):
    """Chains grown step by step by the inverse of a distribution function, with the logarithm of their weight."""
    log_weights = []
    ends = []
    for row in u:
        position, log_w = 0.0, 0.0
        for k, draw in enumerate(row):
            rate = 1.0 + bias[k % 3]
            step = -np.log1p(-draw) / rate
            log_w += np.log(1.0) - step - (np.log(rate) - rate * step)
            position += step if k % 2 == 0 else -step
        log_weights.append(log_w)
        ends.append(position)
    log_weights = np.array(log_weights)
    shifted = np.exp(log_weights - log_weights.max())
    weights = shifted / shifted.sum()
    effective = 1.0 / np.sum(weights**2)
    return np.dot(weights, np.square(ends)) + 0.1 * effective


@program(lambda rng: (rng.normal(size=3) * 0.3, rng.uniform(0.05, 0.2)))
def minibatch_descent(w, rate):
    """Two epochs over shuffled rows; the loss is shown as it goes."""
    rng = np.random.default_rng(11)
    X = rng.normal(size=(12, 3))
    y = X @ np.array([1.0, -2.0, 0.5]) + 0.1 * rng.normal(size=12)
    indices = np.arange(12)
    losses = []
    for epoch in range(2):
        rng.shuffle(indices)
        for batch in np.split(indices, 3):
            error = X[batch] @ w - y[batch]
            w = w - rate * X[batch].T @ error / len(batch)
            losses.append(np.mean(error**2))
        print("epoch %d: loss %.4f, |w| = %6.3f" % (epoch, losses[-1], np.linalg.norm(w)))
    order = np.argsort(losses)
    return losses[order[0]] + np.mean((X @ w - y) ** 2)
