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
