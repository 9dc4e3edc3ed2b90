"""Data handling: sorting, ranks, groups, masks, missing values, percentiles, loops over rows."""

import io
from collections import Counter, defaultdict
from itertools import groupby, pairwise

import numpy as np

from ..program import program

GROUPS = np.array([2, 0, 1, 0, 2, 2, 1, 0])
NAMES = ["ada", "bob", "ada", "cyd", "bob", "ada", "cyd", "bob"]
RAW = np.array([1.2, np.nan, 0.7, 3.1, np.nan, 2.2, 0.1, 1.9])


@program(lambda rng: rng.normal(size=8))
def gini_and_lorenz(wealth):
    x = np.sort(np.exp(wealth))
    n = x.size
    ranks = np.arange(1, n + 1)
    gini = 2 * np.sum(ranks * x) / (n * x.sum()) - (n + 1) / n
    lorenz = np.insert(np.cumsum(x) / x.sum(), 0, 0)
    top = x[x > np.percentile(x, 75)]
    share = top.sum() / x.sum()
    median, mean = np.median(x), x.mean()
    return gini + share + lorenz[n // 2] + mean / median


@program(lambda rng: rng.normal(size=8))
def group_statistics(values):
    labels, inverse, counts = np.unique(GROUPS, return_inverse=True, return_counts=True)
    sums = np.bincount(inverse, weights=values)
    means = sums / counts
    within = 0.0
    for g, label in enumerate(labels):
        members = values[GROUPS == label]
        within += np.sum((members - means[g]) ** 2)
    between = np.sum(counts * (means - values.mean()) ** 2)
    f_ratio = (between / (len(labels) - 1)) / (within / (len(values) - len(labels)))
    return np.log(f_ratio)


@program(lambda rng: rng.uniform(0.5, 1.5, size=8))
def imputed_measurements(scale):
    data = RAW * scale
    missing = np.isnan(data)
    mean = np.nanmean(data)
    filled = np.where(missing, mean * scale, data)
    z = (filled - filled.mean()) / filled.std()
    clipped = np.clip(z, -1.5, 1.5)
    weights = np.ones(8)
    weights[missing] = 0.5
    best = np.nanmax(data)
    assert not np.any(np.isnan(clipped))
    return np.average(clipped**2, weights=weights) + best + np.nansum(data) / 10


@program(lambda rng: (rng.normal(size=8), rng.normal(size=8)))
def ranked_correlations(x, y):
    order = np.argsort(x)
    rank_x = np.empty(8)
    rank_x[order] = np.arange(8)
    rank_y = np.argsort(np.argsort(y))
    spearman = 1 - 6 * np.sum((rank_x - rank_y) ** 2) / (8 * 63)
    concordant = 0
    for i in range(8):
        for j in range(i):
            concordant += np.sign((x[i] - x[j]) * (y[i] - y[j]))
    kendall = concordant / 28
    pearson = np.corrcoef(x, y)[0, 1]
    gaps = np.diff(y[order])
    return pearson * (1 + spearman + kendall) + np.abs(gaps).sum()


@program(lambda rng: np.cumsum(rng.normal(size=12)) + 10)
def drawdowns(prices):
    running_max = np.maximum.accumulate(prices)
    drawdown = (running_max - prices) / running_max
    worst = drawdown.argmax()
    peak = prices[: worst + 1].argmax()
    returns = np.diff(np.log(prices))
    up, down = returns[returns > 0], returns[returns <= 0]
    ratio = up.sum() / (abs(down.sum()) + 1e-2)
    if worst > peak:
        duration_cost = (prices[peak] - prices[worst]) / (worst - peak)
    else:
        duration_cost = 0.0
    return drawdown[worst] + ratio + duration_cost + np.sqrt(252) * returns.std()


@program(lambda rng: rng.uniform(1, 5, size=8))
def ledger_by_name(amounts):
    totals = defaultdict(float)
    rows = [{"name": name, "amount": amount, "day": day} for day, (name, amount) in enumerate(zip(NAMES, amounts))]
    for row in rows:
        fee = 0.1 * row["amount"] if row["amount"] < 3 else 0.2 + 0.05 * row["amount"]
        totals[row["name"]] += row["amount"] - fee
    counts = Counter(row["name"] for row in rows)
    averages = {name: totals[name] / counts[name] for name in totals}
    ranked = sorted(averages.items(), key=lambda item: item[1], reverse=True)
    best_name, best = ranked[0]
    spread = best - ranked[-1][1]
    share = totals[best_name] / sum(totals.values())
    return spread + share


@program(lambda rng: rng.normal(size=(8, 3)))
def cleaned_table(table):
    clean = table.copy()
    for column in range(clean.shape[1]):
        values = clean[:, column]
        q1, median, q3 = np.quantile(values, [0.25, 0.5, 0.75])
        iqr = q3 - q1
        outlier = (values < q1 - iqr) | (values > q3 + iqr)
        clean[outlier, column] = median
    keep = ~np.any(np.abs(clean) > 2.0, axis=1)
    kept = clean[keep]
    if len(kept) < 3:
        kept = clean
    centered = kept - kept.mean(axis=0)
    cov = centered.T @ centered / (len(kept) - 1)
    winner = np.argmax(kept.sum(axis=1))
    return np.trace(cov) + np.linalg.slogdet(cov + np.eye(3))[1] + kept[winner].prod()


@program(lambda rng: rng.normal(size=10))
def runs_and_segments(signal):
    flags = signal > 0
    runs = []
    start = 0
    for positive, group in groupby(flags):
        length = len(list(group))
        runs.append((bool(positive), signal[start : start + length]))
        start += length
    areas = np.array([segment.sum() for positive, segment in runs])
    longest = max(runs, key=lambda run: len(run[1]))[1]
    jumps = [abs(b - a) for a, b in pairwise(areas)]
    largest = np.partition(np.abs(areas), -1)[-1]
    return np.mean(jumps) + longest @ longest + largest if jumps else largest


@program(lambda rng: (rng.uniform(0, 10, size=9), rng.normal(size=9)))
def binned_profile(x, y):
    edges = np.linspace(0, 10, 5)
    which = np.digitize(x, edges) - 1
    profile = np.zeros(4)
    error = np.zeros(4)
    for b in range(4):
        inside = y[which == b]
        if inside.size == 0:
            profile[b] = np.nan
            continue
        profile[b] = inside.mean()
        error[b] = inside.std() / np.sqrt(inside.size) + 0.1
    filled = ~np.isnan(profile)
    centers = 0.5 * (edges[:-1] + edges[1:])
    w = 1 / error[filled] ** 2
    design = np.vander(centers[filled] / 10, 2)
    coef = np.linalg.solve(design.T @ (w[:, None] * design) + 0.1 * np.eye(2), design.T @ (w * profile[filled]))
    offsets = x - centers[which]
    return coef[0] + 0.1 * coef[1] + 0.01 * np.sum(offsets * y)


@program(lambda rng: (rng.normal(size=8), rng.uniform(0.5, 2.0, size=8)))
def weighted_order_statistics(values, weights):
    order = np.lexsort((weights, values))
    v, w = values[order], weights[order]
    cum = np.cumsum(w) - 0.5 * w
    cum /= w.sum()
    median = np.interp(0.5, cum, v)
    k = np.searchsorted(cum, 0.5)
    lower, upper = v[max(k - 1, 0)], v[k]
    mad = np.median(abs(values - median))
    trimmed = v[1:-1]
    winsorized = np.minimum(np.maximum(values, v[1]), v[-2])
    return median + mad + (upper - lower) * trimmed.mean() + winsorized.var(ddof=1)


@program(lambda rng: (rng.normal(size=8), rng.normal(size=3)))
def ranking_metrics(scores, bias):
    scores = scores + bias[GROUPS]
    relevant = np.array([n == "ada" for n in NAMES])
    pairs = scores[relevant][:, None] - scores[~relevant][None, :]
    auc = (pairs > 0).mean() + 0.5 * (pairs == 0).mean()
    soft_auc = (1 / (1 + np.exp(-5 * pairs))).mean()
    ranked = sorted(zip(scores, relevant), key=lambda row: -row[0])
    gain, hits = 0.0, 0
    for position, (score, is_relevant) in enumerate(ranked, start=1):
        if is_relevant:
            hits += 1
            gain += score * hits / position
    top = [score for score, _ in ranked[:3]]
    return soft_auc + gain / hits + np.std(top) * auc


@program(lambda rng: rng.uniform(1, 3, size=12))
def rolling_and_resetting_sums(flow):
    storage, spill = 0.0, []
    levels = np.zeros(len(flow) + 1)
    for day, q in enumerate(flow):
        storage += q - 1.5
        if storage > 2.0:
            spill.append((day, storage - 2.0))
            storage = 2.0
        elif storage < 0:
            storage = 0.0
        levels[day + 1] = storage
    rolling = np.convolve(flow, np.ones(3) / 3, mode="valid")
    weekly = [chunk.sum() for chunk in np.array_split(flow, 3)]
    anomaly = flow - np.repeat(np.reshape(weekly, (3, 1)), 4, axis=1).flatten() / 4
    spilled = sum(amount for _, amount in spill)
    return spilled + levels.mean() + rolling.max() - rolling.min() + np.sqrt(np.mean(anomaly**2))


@program(lambda rng: (rng.normal(size=(8, 2)), rng.uniform(0.5, 1.5, size=3)))
def join_and_pivot(readings, factors):
    table = np.loadtxt(io.StringIO("0 2 1.5\n1 0 0.5\n2 1 1.0\n3 2 2.0\n5 0 0.7\n7 1 0.2"))
    key = {int(row[0]): (int(row[1]), row[2]) for row in table}
    joined = []
    for i, (a, b) in enumerate(readings):
        if i not in key:
            continue
        site, level = key[i]
        joined.append([site, a * level * factors[site], b - level])
    joined = np.array(joined)
    sites = joined[:, 0].astype(int)
    pivot = np.full((3, 2), np.nan)
    for site in np.unique(sites):
        pivot[site] = joined[sites == site, 1:].mean(axis=0)
    columns = np.nanmean(pivot, axis=0)
    spread = np.nanstd(pivot, axis=0)
    normalized = (pivot - columns) / spread
    return np.nanmax(normalized) + columns @ spread + np.nansum(pivot**2)


@program(lambda rng: rng.normal(size=(5, 4)))
def quantile_normalization(expression):
    ranks = expression.argsort(axis=0).argsort(axis=0)
    reference = np.sort(expression, axis=0).mean(axis=1)
    normalized = reference[ranks]
    fold = normalized[:, 2:].mean(axis=1) - normalized[:, :2].mean(axis=1)
    raw = expression[:, 2:].mean(1) - expression[:, :2].mean(1)
    pooled = np.sqrt(expression.var(axis=1, ddof=1) + 0.1)
    t = raw / pooled
    selected = np.argsort(np.abs(t))[::-1][:2]
    survivors = np.take(raw, selected)
    cumulative = np.maximum.accumulate(np.abs(t)[np.argsort(-np.abs(t))][::-1])
    return (
        fold @ fold + survivors.sum() ** 2 + cumulative.mean() + np.take_along_axis(expression, ranks, axis=0)[0].sum()
    )


@program(lambda rng: (np.sort(rng.uniform(0, 10, size=9)), rng.normal(size=9)))
def event_clusters(times, magnitudes):
    clusters = [[0]]
    for i in range(1, len(times)):
        if times[i] - times[clusters[-1][-1]] < 1.2:
            clusters[-1].append(i)
        else:
            clusters.append([i])
    summary = {}
    for number, members in enumerate(clusters):
        m = magnitudes[members]
        main = members[int(np.argmax(m))]
        summary[number] = {
            "start": times[members[0]],
            "energy": np.sum(10 ** (0.3 * m)),
            "lag": times[main] - times[members[0]],
        }
    energies = np.array([s["energy"] for s in summary.values()])
    waits = np.ediff1d([s["start"] for s in summary.values()])
    lags = sum(s["lag"] for s in summary.values())
    if waits.size == 0:
        return energies.sum() + lags
    rate = 1 / waits.mean()
    return np.log(energies).sum() + rate + lags + energies.max() / energies.sum()


@program(lambda rng: (rng.uniform(0.5, 2.0, size=8), rng.uniform(-1, 1, size=8)))
def weighted_histogram_distance(weights, skew):
    ages = np.array([0.1, 0.4, 0.5, 1.2, 1.3, 1.9, 2.5, 2.9])
    old, edges = np.histogram(ages, bins=4, range=(0, 3), weights=weights, density=True)
    new, _ = np.histogram(ages, bins=edges, weights=weights * np.exp(skew), density=True)
    width = np.diff(edges)
    cdf_gap = np.cumsum((new - old) * width)
    earth_mover = np.abs(cdf_gap).sum()
    filled = (old > 0) & (new > 0)
    divergence = np.sum(new[filled] * np.log(new[filled] / old[filled]) * width[filled])
    mode = edges[new.argmax()] + 0.5 * width[0]
    return earth_mover + divergence + 0.1 * mode * new.max()


@program(lambda rng: rng.normal(size=9))
def best_and_worst_quarters(returns):
    quarters = [returns[i : i + 3] for i in range(0, len(returns), 3)]
    totals = [np.prod(1 + 0.1 * quarter) - 1 for quarter in quarters]
    ceiling = np.maximum.reduce(totals)
    floor = np.minimum.reduce(quarters)
    smooth = np.logaddexp.reduce([5 * total for total in totals]) / 5
    wealth = np.multiply.accumulate([1 + total for total in totals])
    pairs = np.subtract.outer(totals, totals)
    ahead = pairs[pairs > 0]
    middle = np.partition(returns, 4)[4]
    return ceiling + smooth + floor.sum() / 10 + wealth[-1] + ahead.mean() + middle
