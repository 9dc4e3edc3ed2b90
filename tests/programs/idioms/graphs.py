"""Graphs and networks: adjacency, random walks, scatter of messages, shortest paths, Laplacians, springs."""

import heapq
from collections import defaultdict, deque

import numpy as np

from ..program import program

EDGES = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0), (1, 3), (0, 2)]
SOURCE, TARGET = np.array(EDGES).T


@program(lambda rng: rng.uniform(0.2, 2.0, size=7))
def page_rank(weights, damping=0.85, tol=1e-10):
    n = 5
    A = np.zeros((n, n))
    for (i, j), w in zip(EDGES, weights):
        A[i, j] = w
        A[j, i] += 0.5 * w
    P = A / A.sum(axis=1, keepdims=True)
    rank = np.ones(n) / n
    for iteration in range(200):
        new = damping * rank @ P + (1 - damping) / n
        delta = np.abs(new - rank).sum()
        rank = new
        if delta < tol:
            break
    else:
        raise RuntimeError(f"no convergence: {delta:.1e}")
    return rank[0] ** 2 + np.log(rank[3])


@program(lambda rng: (rng.normal(size=(5, 3)), 0.5 * rng.normal(size=(3, 3))))
def message_passing(features, weights):
    h = features
    degree = np.zeros(5)
    np.add.at(degree, SOURCE, 1)
    np.add.at(degree, TARGET, 1)
    for layer in range(2):
        messages = np.tanh(h[SOURCE] @ weights)
        received = np.zeros_like(h)
        np.add.at(received, TARGET, messages)
        np.add.at(received, SOURCE, np.tanh(h[TARGET] @ weights))
        h = h + received / degree[:, None]
    readout = h.sum(axis=0)
    return np.sum(readout**2)


@program(lambda rng: rng.uniform(0.5, 3.0, size=7))
def dijkstra_closeness(lengths):
    neighbors = defaultdict(list)
    for k, (i, j) in enumerate(EDGES):
        neighbors[i].append((j, k))
        neighbors[j].append((i, k))
    dist = {0: 0.0}
    queue = [(0.0, 0)]
    done = set()
    while queue:
        d, u = heapq.heappop(queue)
        if u in done:
            continue
        done.add(u)
        for v, k in neighbors[u]:
            alt = d + lengths[k]
            if v not in dist or alt < dist[v]:
                dist[v] = alt
                heapq.heappush(queue, (alt, v))
    closeness = (len(dist) - 1) / sum(dist.values())
    return closeness + 0.1 * dist[3] ** 2


@program(lambda rng: rng.uniform(0.5, 3.0, size=7))
def floyd_warshall_diameter(lengths):
    n = 5
    D = np.full((n, n), np.inf)
    np.fill_diagonal(D, 0.0)
    D[SOURCE, TARGET] = lengths
    D[TARGET, SOURCE] = lengths
    for k in range(n):
        D = np.minimum(D, D[:, k, None] + D[None, k, :])
    eccentricity = D.max(axis=1)
    radius, diameter = eccentricity.min(), eccentricity.max()
    mean_path = D[np.triu_indices(n, 1)].mean()
    return diameter / radius + mean_path


@program(lambda rng: rng.uniform(0.5, 2.0, size=7))
def effective_resistance(conductance):
    n = 5
    L = np.zeros((n, n))
    for c, i, j in zip(conductance, SOURCE, TARGET):
        L[i, i] += c
        L[j, j] += c
        L[i, j] -= c
        L[j, i] -= c
    grounded = L[1:, 1:]
    current = np.zeros(n - 1)
    current[2] = 1.0
    voltage = np.linalg.solve(grounded, current)
    dissipated = 0.0
    full = np.concatenate(([0.0], voltage))
    for k, (i, j) in enumerate(EDGES):
        dissipated += conductance[k] * (full[i] - full[j]) ** 2
    fiedler = np.linalg.eigvalsh(L)[1]
    return dissipated + voltage[2] + fiedler


@program(lambda rng: (rng.normal(size=(5, 2)), rng.uniform(0.5, 1.5, size=7)))
def spring_layout(start, rest):
    pos = start.copy()
    energy_trace = []
    for it in range(8):
        force = np.zeros_like(pos)
        energy = 0.0
        for (i, j), r in zip(EDGES, rest):
            delta = pos[j] - pos[i]
            d = np.sqrt(delta @ delta)
            f = (d - r) * delta / d
            force[i] += f
            force[j] -= f
            energy += 0.5 * (d - r) ** 2
        pos += 0.1 * force
        pos -= pos.mean(axis=0)
        energy_trace.append(energy)
    assert len(energy_trace) == 8
    return energy_trace[-1] + 0.1 * energy_trace[0]


@program(lambda rng: rng.uniform(0.5, 2.0, size=(7,)))
def max_flow_by_augmentation(capacity):
    residual = np.zeros((5, 5))
    for k, (i, j) in enumerate(EDGES):
        residual[i, j] = capacity[k]
    flow = 0.0
    while True:
        parent = {0: None}
        frontier = deque([0])
        while frontier and 3 not in parent:
            u = frontier.popleft()
            for v in range(5):
                if v not in parent and residual[u, v] > 1e-9:
                    parent[v] = u
                    frontier.append(v)
        if 3 not in parent:
            break
        v, bottleneck = 3, float("inf")
        while parent[v] is not None:
            bottleneck = min(bottleneck, residual[parent[v], v])
            v = parent[v]
        v = 3
        while parent[v] is not None:
            residual[parent[v], v] -= bottleneck
            residual[v, parent[v]] += bottleneck
            v = parent[v]
        flow += bottleneck
    return flow**2 + residual[4, 0]


@program(lambda rng: rng.uniform(0.1, 0.9, size=7))
def epidemic_on_a_network(rates):
    n = 5
    infected = np.zeros(n)
    infected[0] = 0.9
    adjacency = {i: [] for i in range(n)}
    for k, (i, j) in enumerate(EDGES):
        adjacency[i].append((j, rates[k]))
        adjacency[j].append((i, rates[k]))
    peak = infected.sum()
    for day in range(6):
        escape = np.ones(n)
        for i in range(n):
            for j, beta in adjacency[i]:
                escape[i] *= 1 - 0.5 * beta * infected[j]
        infected = infected + (1 - infected) * (1 - escape) - 0.3 * infected
        peak = max(peak, infected.sum())
    return peak + infected[2]


@program(lambda rng: rng.uniform(0.5, 3.0, size=7))
def minimum_spanning_tree(lengths):
    parent = list(range(5))

    def find(v):
        while parent[v] != v:
            parent[v] = parent[parent[v]]
            v = parent[v]
        return v

    tree = []
    for length, (i, j) in sorted(zip(lengths, EDGES), key=lambda pair: pair[0]):
        a, b = find(i), find(j)
        if a != b:
            parent[a] = b
            tree.append((i, j, length))
    total = sum(length for *_, length in tree)
    longest = max(tree, key=lambda edge: edge[2])
    degree = np.zeros(5)
    for i, j, length in tree:
        degree[[i, j]] += length
    return total + longest[-1] ** 2 + degree.std()


@program(lambda rng: rng.uniform(-0.5, 2.0, size=7))
def bellman_ford_potentials(costs):
    n = 5
    arcs = [(i, j, c) for (i, j), c in zip(EDGES, costs)] + [(j, i, 2.0 + c) for (i, j), c in zip(EDGES, costs)]
    d = np.full(n, np.inf)
    d[0] = 0.0
    for sweep in range(n):
        changed = False
        for u, v, c in arcs:
            if d[u] + c < d[v] - 1e-12:
                d[v] = d[u] + c
                changed = True
        if not changed:
            break
    reduced = np.array([c + d[u] - d[v] for u, v, c in arcs])
    if reduced.min() < -1e-9:
        return d.min()
    slack = reduced[reduced > 1e-9]
    return d.sum() + np.log(slack).mean()


@program(lambda rng: rng.uniform(1.0, 4.0, size=6))
def critical_path(durations):
    needs = {
        "survey": [],
        "order": [],
        "dig": ["survey"],
        "pour": ["dig", "order"],
        "wall": ["pour"],
        "roof": ["wall", "order"],
    }
    time = dict(zip(needs, durations))
    finish = {}

    def done(task):
        if task not in finish:
            start = max([done(before) for before in needs[task]], default=0.0)
            finish[task] = start + time[task]
        return finish[task]

    makespan = max(map(done, needs))
    latest = {task: makespan for task in needs}
    for task in reversed(list(needs)):
        for before in needs[task]:
            latest[before] = min(latest[before], latest[task] - time[task])
    slack = np.array([latest[task] - finish[task] for task in needs])
    return makespan + np.sum(slack**2)


@program(lambda rng: (rng.uniform(0.2, 1.0, size=7), rng.normal(size=5)))
def spectral_clustering_cut(weights, signal):
    W = np.zeros((5, 5))
    W[SOURCE, TARGET] = weights
    W += W.T
    degree = W.sum(axis=0)
    D = np.diag(1 / np.sqrt(degree))
    laplacian = np.eye(5) - D @ W @ D
    values, vectors = np.linalg.eigh(laplacian)
    fiedler = vectors[:, 1]
    side = fiedler > np.median(fiedler)
    cut = W[np.ix_(side, ~side)].sum()
    volume = min(degree[side].sum(), degree[~side].sum())
    heat = vectors @ (np.exp(-values) * (vectors.T @ signal))
    gap = values[2] - values[1]
    return cut / volume + heat @ heat + gap


@program(lambda rng: rng.uniform(0.1, 1.0, size=7))
def hitting_times(rates):
    P = np.zeros((5, 5))
    for (i, j), rate in zip(EDGES, rates):
        P[i, j] = P[j, i] = rate
    P /= P.sum(axis=1)[:, None]
    target = 3
    keep = [v for v in range(5) if v != target]
    h = np.linalg.solve(np.eye(4) - P[keep][:, keep], np.ones(4))
    times = np.insert(h, target, 0.0)
    walk = np.zeros(5)
    walk[0] = 1
    survival = []
    for step in range(6):
        walk = walk @ P
        walk[target] *= 0
        survival.append(walk.sum())
    return times.mean() + np.cumsum(survival)[-1]
