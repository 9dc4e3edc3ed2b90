"""Recursions of probability: hidden Markov models, dynamic programming, belief propagation, soft alignments."""

import math
from functools import lru_cache

import numpy as np
from numpy import array, exp, log, zeros

from ..program import program

OBSERVED = [0, 2, 1, 1, 0, 2]
LEFT = "gattaca"
RIGHT = "gcatgc"


def softmax_rows(logits):
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@program(lambda rng: rng.normal(size=(2, 5)))
def scaled_forward_algorithm(logits):
    A = softmax_rows(logits[:, :2])
    B = softmax_rows(logits[:, 2:])
    alpha = np.zeros((len(OBSERVED), 2))
    scale = np.zeros(len(OBSERVED))
    alpha[0] = 0.5 * B[:, OBSERVED[0]]
    scale[0] = alpha[0].sum()
    alpha[0] /= scale[0]
    for t in range(1, len(OBSERVED)):
        for j in range(2):
            alpha[t, j] = B[j, OBSERVED[t]] * np.dot(alpha[t - 1], A[:, j])
        scale[t] = alpha[t].sum()
        alpha[t] = alpha[t] / scale[t]
    return np.log(scale).sum()


@program(lambda rng: rng.normal(size=9))
def forward_backward_posteriors(w):
    trans = softmax_rows(w.reshape(3, 3))
    emit = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4]])
    T, K = len(OBSERVED), 3
    fwd = [np.ones(K) / K * emit[:, OBSERVED[0]]]
    for o in OBSERVED[1:]:
        fwd.append((fwd[-1] @ trans) * emit[:, o])
    bwd = [None] * T
    bwd[-1] = np.ones(K)
    for t in reversed(range(T - 1)):
        bwd[t] = trans @ (emit[:, OBSERVED[t + 1]] * bwd[t + 1])
    gamma = np.array([f * b for f, b in zip(fwd, bwd)])
    gamma /= gamma.sum(axis=1)[:, np.newaxis]
    expected_visits = gamma.sum(axis=0)
    entropy = -np.sum(gamma * np.log(gamma))
    return expected_visits[1] + 0.3 * entropy


@program(lambda rng: rng.normal(size=(4, 3)))
def viterbi_path_score(unary):
    pairwise = array([[0.0, -0.5, -1.0], [-0.5, 0.0, -0.5], [-1.0, -0.5, 0.0]])
    n, k = unary.shape
    score = unary[0].copy()
    back = zeros((n, k), dtype=int)
    for t in range(1, n):
        candidates = score[:, None] + pairwise
        back[t] = candidates.argmax(axis=0)
        score = candidates.max(axis=0) + unary[t]
    best = int(np.argmax(score))
    path = [best]
    for t in range(n - 1, 0, -1):
        path.insert(0, int(back[t, path[0]]))
    margin = score[best] - log(exp(score).sum())
    return margin + sum(unary[t, s] ** 2 for t, s in enumerate(path))


@program(lambda rng: np.array([1.0, 0.7, 0.4]))
def soft_edit_distance(costs):
    insert, delete, substitute = costs
    temperature = 0.5
    m, n = len(LEFT), len(RIGHT)
    table = zeros((m + 1, n + 1))
    for i in range(1, m + 1):
        table[i, 0] = i * delete
    for j in range(1, n + 1):
        table[0, j] = j * insert
    for i in range(1, m + 1):
        for j in range(1, n + 1):
            cost = 0 if LEFT[i - 1] == RIGHT[j - 1] else substitute
            options = array([table[i - 1, j] + delete, table[i, j - 1] + insert, table[i - 1, j - 1] + cost])
            low = options.min()
            table[i, j] = low - temperature * log(exp(-(options - low) / temperature).sum())
    return table[m, n] / max(m, n)


@program(lambda rng: rng.normal(size=8))
def dynamic_time_warping(series):
    target = np.sin(np.linspace(0, 3, 6))
    n, m = len(series), len(target)
    D = np.full((n + 1, m + 1), np.inf)
    D[0, 0] = 0.0
    for i in range(n):
        for j in range(m):
            d = (series[i] - target[j]) ** 2
            D[i + 1, j + 1] = d + min(D[i, j + 1], D[i + 1, j], D[i, j])
    steps = 0
    i, j = n, m
    while i > 0 and j > 0:
        moves = [(D[i - 1, j - 1], i - 1, j - 1), (D[i - 1, j], i - 1, j), (D[i, j - 1], i, j - 1)]
        _, i, j = min(moves)
        steps += 1
    return D[n, m] / steps


@program(lambda rng: rng.normal(size=7))
def belief_propagation_on_a_tree(theta):
    edges = [(0, 1), (0, 2), (2, 3)]
    field, coupling = theta[:4], theta[4:]
    node_potential = {v: np.exp(np.array([field[v], -field[v]])) for v in range(4)}
    edge_potential = {}
    for (u, v), c in zip(edges, coupling):
        edge_potential[u, v] = np.exp(c * np.array([[1.0, -1.0], [-1.0, 1.0]]))

    def message(child, parent):
        incoming = node_potential[child]
        for a, b in edges:
            if a == child and b != parent:
                incoming = incoming * message(b, child)
        return edge_potential[parent, child] @ incoming

    belief = node_potential[0].copy()
    for u, v in edges:
        if u == 0:
            belief *= message(v, u)
    Z = belief.sum()
    magnetization = (belief[0] - belief[1]) / Z
    return math.log(Z) + magnetization


@program(lambda rng: rng.uniform(0.1, 0.9, size=3))
def gamblers_ruin_value(p):
    @lru_cache(maxsize=None)
    def value(fortune, rounds):
        if fortune <= 0:
            return 0.0
        if fortune >= 5:
            return 1.0
        if rounds == 0:
            return fortune / 5
        win = p[(fortune + rounds) % 3]
        return win * value(fortune + 1, rounds - 1) + (1 - win) * value(fortune - 1, rounds - 1)

    start = 2
    horizon = 6
    answers = np.array([value(start, r) for r in range(horizon)])
    weights = 0.9 ** np.arange(horizon)
    return answers @ weights


@program(lambda rng: rng.normal(size=(3, 2)))
def soft_value_iteration(reward, gamma=0.9):
    n_states, n_actions = reward.shape
    nxt = np.array([[1, 2], [0, 2], [2, 0]])
    V = np.zeros(n_states)
    Q = np.zeros_like(reward)
    for sweep in range(15):
        V_old = V.copy()
        for s in range(n_states):
            for a in range(n_actions):
                Q[s, a] = reward[s, a] + gamma * V[nxt[s, a]]
            top = max(Q[s])
            V[s] = top + np.log(np.sum(np.exp(Q[s] - top)))
        change = np.abs(V - V_old).max()
        if change < 1e-3:
            break
    policy = np.exp(Q - V[:, None])
    return V[0] + (policy * reward).sum()


@program(lambda rng: rng.normal(size=(6, 3)))
def connectionist_temporal_loss(logits):
    labels = [1, 2]
    extended = [0]
    for label in labels:
        extended += [label, 0]
    logp = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    T, S = len(logits), len(extended)
    alpha = np.full((T, S), -np.inf)
    alpha[0, 0] = logp[0, 0]
    alpha[0, 1] = logp[0, extended[1]]
    for t in range(1, T):
        for s in range(S):
            total = alpha[t - 1, s]
            if s > 0:
                total = np.logaddexp(total, alpha[t - 1, s - 1])
            if s > 1 and extended[s] != 0 and extended[s] != extended[s - 2]:
                total = np.logaddexp(total, alpha[t - 1, s - 2])
            alpha[t, s] = total + logp[t, extended[s]]
    return -np.logaddexp(alpha[-1, -1], alpha[-1, -2])


@program(lambda rng: rng.uniform(0.1, 0.9, size=6))
def poisson_binomial(p):
    n = len(p)
    pmf = zeros(n + 1)
    pmf[0] = 1
    for k, q in enumerate(p):
        pmf[1 : k + 2] = pmf[1 : k + 2] * (1 - q) + pmf[: k + 1] * q
        pmf[0] *= 1 - q
    assert abs(pmf.sum() - 1) < 1e-12
    mean = pmf @ np.arange(n + 1)
    tail = sum(pmf[k] for k in range(n + 1) if k >= n // 2)
    mode = int(pmf.argmax())
    entropy = -np.sum(pmf * np.log2(pmf))
    return entropy + tail * mean + pmf[mode]


@program(lambda rng: rng.normal(size=(3, 3)))
def inside_algorithm(rule_scores):
    sentence = ["a", "b", "a", "c"]
    emission = {"a": [0.0, -1.0, -2.0], "b": [-1.0, 0.0, -1.0], "c": [-2.0, -2.0, 0.0]}
    n = len(sentence)
    chart = {}
    for i, word in enumerate(sentence):
        chart[i, i + 1] = array(emission[word])
    for span in range(2, n + 1):
        for i in range(n - span + 1):
            j = i + span
            pieces = []
            for k in range(i + 1, j):
                left, right = chart[i, k], chart[k, j]
                pieces.append((left[:, None] + right[None, :] + rule_scores).ravel())
            scores = np.concatenate(pieces)
            m = scores.max()
            whole = m + log(exp(scores - m).sum())
            chart[i, j] = whole + array([0.0, -0.5, -1.0])
    return chart[0, n][0] - log(len(chart))


@program(lambda rng: (rng.uniform(0.5, 1.0), rng.uniform(0.1, 0.5), rng.normal(size=7)))
def smoother_of_a_random_walk(decay, noise, observed):
    means, variances = [], []
    m, P = 0.0, 1.0
    for y in observed:
        m, P = decay * m, decay**2 * P + noise
        if y > -1:
            gain = P / (P + 0.4)
            m += gain * (y - m)
            P *= 1 - gain
        means.append(m)
        variances.append(P)
    smoothed = means.copy()
    for t in range(len(observed) - 2, -1, -1):
        ahead = decay**2 * variances[t] + noise
        G = decay * variances[t] / ahead
        smoothed[t] = means[t] + G * (smoothed[t + 1] - decay * means[t])
    smoothed = np.asarray(smoothed)
    roughness = np.diff(smoothed, n=2)
    return smoothed @ smoothed + np.abs(roughness).max()


@program(lambda rng: rng.uniform(0.5, 3.0, size=5))
def soft_knapsack(values):
    weights = (2, 3, 1, 4, 2)
    capacity = 6
    best = [0.0] * (capacity + 1)
    taken = [()] * (capacity + 1)
    for item, (w, v) in enumerate(zip(weights, values)):
        for c in range(capacity, w - 1, -1):
            candidate = best[c - w] + v
            if candidate > best[c]:
                best[c] = candidate
                taken[c] = taken[c - w] + (item,)
    chosen = values[list(taken[capacity])]
    soft = zeros(capacity + 1)
    for w, v in zip(weights, values):
        soft[w:] = np.logaddexp(soft[w:], soft[:-w] + v)
    return best[capacity] + chosen.prod() ** 0.5 + soft[-1]
