"""Statistics and likelihoods: mixtures, generalized linear and hierarchical models, survival, robust losses."""

import math

import numpy as np

from ..program import program

HEIGHTS = np.array([1.2, -0.4, 3.1, 2.7, 0.3, 2.9, -1.1, 3.4])
DESIGN = np.array([[1.0, 0.2, -1.3], [1.0, -0.7, 0.4], [1.0, 1.5, 0.9], [1.0, -0.1, -0.6], [1.0, 0.8, 2.0]])
COUNTS = np.array([2, 0, 5, 1, 3])
TIMES = np.array([5.0, 6.0, 6.0, 2.5, 4.0, 9.0, 1.0])
EVENTS = np.array([1, 0, 1, 1, 0, 1, 1], dtype=bool)
SCORES = {"a": [2.1, 1.9, 2.6], "b": [0.4, 0.9], "c": [1.5, 1.1, 1.6, 1.3]}


def log_sum_exp(a):
    a = np.asarray(a)
    m = np.max(a)
    return m + np.log(np.sum(np.exp(a - m)))


@program(lambda rng: np.concatenate([rng.normal(size=3), [0.0, 2.0, 1.0], 0.3 * rng.normal(size=3)]))
def gaussian_mixture(theta):
    k = len(theta) // 3
    logits, means, log_sigmas = theta[:k], theta[k : 2 * k], theta[2 * k :]
    log_weights = logits - log_sum_exp(logits)
    total = 0.0
    for x in HEIGHTS:
        parts = []
        for j in range(k):
            z = (x - means[j]) / np.exp(log_sigmas[j])
            parts.append(log_weights[j] - 0.5 * z**2 - log_sigmas[j] - 0.5 * math.log(2 * math.pi))
        total += log_sum_exp(parts)
    return -total / len(HEIGHTS)


@program(lambda rng: rng.normal(size=3))
def poisson_regression(beta):
    eta = DESIGN @ beta
    mu = np.exp(np.clip(eta, -20, 20))
    loglik = 0.0
    for y, m, e in zip(COUNTS, mu, eta):
        loglik += y * e - m - math.lgamma(y + 1)
    deviance = np.zeros(len(COUNTS))
    for i, y in enumerate(COUNTS):
        if y > 0:
            deviance[i] = 2 * (y * np.log(y / mu[i]) - (y - mu[i]))
        else:
            deviance[i] = 2 * mu[i]
    assert deviance.shape == COUNTS.shape
    return -loglik + 0.1 * deviance.sum() + 0.5 * beta @ beta


@program(lambda rng: np.array([1.4, -0.2, 0.3, 2.0, 0.7, 1.4]))
def hierarchical_normal(params):
    mu, log_tau, log_sigma = params[0], params[1], params[2]
    tau, sigma = np.exp(log_tau), np.exp(log_sigma)
    effects = dict(zip(sorted(SCORES), params[3:]))
    lp = -0.5 * (mu / 10) ** 2 - 0.5 * log_tau**2 - 0.5 * log_sigma**2
    for name, theta in effects.items():
        lp -= 0.5 * ((theta - mu) / tau) ** 2 + np.log(tau)
        y = np.array(SCORES[name])
        resid = (y - theta) / sigma
        lp += np.sum(-0.5 * resid**2 - np.log(sigma))
    shrink = {name: (theta - mu) / (tau**2 + sigma**2 / len(SCORES[name])) for name, theta in effects.items()}
    if not np.isfinite(lp):
        return -np.inf
    return lp + 0.01 * sum(s**2 for s in shrink.values())


@program(lambda rng: np.array([0.2, 0.9, 0.3]))
def weibull_survival(p):
    log_scale, shape, frailty = p
    scale = np.exp(log_scale) * 4
    z = (TIMES / scale) ** shape
    log_hazard = np.log(shape) - np.log(scale) + (shape - 1) * (np.log(TIMES) - np.log(scale))
    cumulative = z.copy()
    cumulative[EVENTS] *= 1 + frailty
    loglik = 0.0
    for i in range(TIMES.size):
        if EVENTS[i]:
            loglik += log_hazard[i] + np.log1p(frailty)
        loglik -= cumulative[i]
    median = scale * np.log(2) ** (1 / shape)
    return loglik - 0.05 * (median - 4.0) ** 2


@program(lambda rng: 0.5 * rng.normal(size=2))
def cox_partial_likelihood(beta):
    covariates = np.column_stack([np.cos(TIMES), np.arange(7) / 7.0])
    order = np.argsort(-TIMES, kind="stable")
    eta = covariates[order] @ beta
    events = EVENTS[order]
    shift = eta.max()
    risk = np.cumsum(np.exp(eta - shift))
    loglik = 0.0
    for i in np.flatnonzero(events):
        ties = TIMES[order] == TIMES[order][i]
        last = np.nonzero(ties)[0][-1]
        loglik += eta[i] - shift - np.log(risk[last])
    return -loglik


@program(lambda rng: np.array([0.4, 1.1, -0.3]))
def robust_line_fit(theta, huber=1.0, tukey=4.0):
    slope, intercept, log_scale = theta
    s = np.exp(log_scale)
    x = np.linspace(-2, 2, 9)
    y = 0.5 * x + 1 + np.array([0.1, -0.2, 0.05, 3.0, 0.3, -0.1, -4.5, 0.2, 0.15])

    def rho(r):
        a = abs(r)
        if a <= huber:
            return 0.5 * r**2
        elif a <= tukey:
            return huber * (a - 0.5 * huber)
        return huber * (tukey - 0.5 * huber) + 0.1 * math.log(1 + a - tukey)

    loss = 0.0
    outliers = 0
    for xi, yi in zip(x, y):
        r = (yi - slope * xi - intercept) / s
        if abs(r) > tukey:
            outliers += 1
        loss += rho(r)
    return loss + (len(x) - outliers) * log_scale


@program(lambda rng: rng.normal(size=4) + 1.0)
def bootstrap_variance(sample_mean_shift):
    rng = np.random.default_rng(7)
    base = np.outer(np.array([0.3, -1.0, 0.8, 0.1, 1.4]), sample_mean_shift)
    base += np.arange(5)[:, None] ** 0.5
    n = base.shape[0]
    stats = np.empty((6, base.shape[1]))
    for b in range(6):
        counts = rng.multinomial(n, np.ones(n) / n)
        w = counts / counts.sum()
        mean = w @ base
        stats[b] = mean / np.sqrt(w @ (base - mean) ** 2 + 1e-3)
    center = stats.mean(axis=0)
    spread = np.std(stats, axis=0, ddof=1)
    return np.sum(center / (1 + spread))


def safe_cholesky(K, jitter=1e-10):
    for attempt in range(8):
        try:
            return np.linalg.cholesky(K + jitter * np.eye(len(K)))
        except np.linalg.LinAlgError:
            print(f"attempt {attempt}: jitter {jitter:g} is too small")
            jitter *= 100
    raise RuntimeError("the matrix is not positive definite")


@program(lambda rng: (rng.uniform(0.8, 1.2), rng.normal(size=6)), condition=3e10)  # two equal points, and 1e-10
def noiseless_gaussian_process(length, y):
    t = np.array([0.0, 0.5, 0.5, 1.0, 1.5, 2.0])
    K = np.exp(-0.5 * ((t[:, None] - t) / length) ** 2) - 1e-4
    L = safe_cholesky(K)
    z = np.linalg.solve(L, y - y.mean())
    log_det = 2 * np.log(np.diagonal(L)).sum()
    scale = z @ z / len(y)
    return 0.01 * log_det + np.log(scale)


@program(lambda rng: np.array([0.5, 1.5]) * rng.uniform(0.8, 1.2, size=2))
def negative_binomial(parameters):
    log_gamma = np.vectorize(math.lgamma)
    mean, size = parameters * np.array([4.0, 2.0])
    counts = np.repeat(COUNTS, 2)
    p = size / (size + mean)
    loglik = log_gamma(counts + size) - log_gamma(counts + 1.0) - math.lgamma(size)
    loglik += size * np.log(p) + counts * np.log1p(-p)
    zero = counts == 0
    loglik[zero] = np.log(0.1 + 0.9 * np.exp(loglik[zero]))
    information = np.mean((counts - mean) ** 2) / (mean + mean**2 / size)
    return loglik.sum() + 0.1 * information


@program(lambda rng: (np.sort(rng.normal(size=3)), rng.normal(size=2)))
def ordinal_regression(cuts, beta):
    levels = np.array([0, 1, 3, 2, 2])
    edges = np.concatenate([[-np.inf], cuts, [np.inf]])
    eta = DESIGN[:, 1:] @ beta

    def logistic(z):
        with np.errstate(over="ignore"):
            return 1 / (1 + np.exp(-z))

    loss = 0.0
    for level, e in zip(levels, eta):
        upper = logistic(edges[level + 1] - e)
        lower = logistic(edges[level] - e)
        loss -= np.log(upper - lower + 1e-12)
    gaps = np.diff(cuts)
    if (gaps <= 0).any():
        return np.inf
    return loss - 0.1 * np.log(gaps).sum()


@program(lambda rng: (np.array([-0.5, 2.5]) + 0.2 * rng.normal(size=2), rng.normal(size=8)))
def mixture_by_expectation_maximization(means, shift):
    data = HEIGHTS + 0.1 * shift
    weights = np.full(2, 0.5)
    sigma = np.ones(2)
    previous = -np.inf
    history = []
    for iteration in range(5):
        densities = weights * np.exp(-0.5 * ((data[:, None] - means) / sigma) ** 2) / sigma
        evidence = densities.sum(axis=1, keepdims=True)
        resp = densities / evidence
        n_k = resp.sum(axis=0)
        weights = n_k / len(data)
        means = (resp * data[:, None]).sum(axis=0) / n_k
        sigma = np.sqrt((resp * (data[:, None] - means) ** 2).sum(axis=0) / n_k + 1e-3)
        loglik = np.log(evidence).sum()
        if np.allclose(loglik, previous, rtol=1e-3):
            break
        previous = loglik
        history.append(loglik)
    assert all(b >= a - 1e-6 for a, b in zip(history, history[1:]))
    return history[-1] + means @ weights


@program(lambda rng: (rng.normal(size=3), 0.3 * rng.normal(size=6)))
def multivariate_student(mu, packed):
    L = np.zeros((3, 3))
    L[np.tril_indices(3)] = packed
    L[np.diag_indices(3)] = np.exp(np.diag(L))
    sigma = L @ L.T
    nu = 4.0
    precision = np.linalg.inv(sigma)
    sign, logdet = np.linalg.slogdet(sigma)
    deviations = DESIGN - mu
    mahalanobis = np.einsum("ni,ij,nj->n", deviations, precision, deviations)
    loglik = -0.5 * (nu + 3) * np.log1p(mahalanobis / nu) - 0.5 * logdet
    weights = (nu + 3) / (nu + mahalanobis)
    weighted_mean = np.average(DESIGN, axis=0, weights=weights)
    np.einsum("ii->i", precision)[:] += 0.5
    return loglik.sum() * sign + np.linalg.norm(weighted_mean - mu) + np.linalg.det(precision)
