"""A step of training as people write it in NumPy: a net of ReLU layers, softmax cross-entropy, L2, Adam."""

import itertools

import numpy as np

import chainrule as cr

number = np.float32


def loss(p, x, y):
    h = x
    for k in range(len(p) // 2):
        z = h @ p[f"W{k}"] + p[f"b{k}"]
        h = np.maximum(z, 0)
    z = z - z.max(axis=1, keepdims=True)
    log_p = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    penalty = sum(np.sum(p[f"W{k}"] ** 2) for k in range(len(p) // 2))
    return -np.mean(np.sum(log_p * y, axis=1)) + number(5e-5) * penalty


def step(p, m, v, t, x, y):
    """Parameters, both moments and the count of steps; new ones and the loss."""
    value, gradient = cr.value_and_grad(loss)(p, x, y)
    t = t + 1
    rate = number(1e-3) * np.sqrt(1 - number(0.999) ** t) / (1 - number(0.9) ** t)
    p_new, m_new, v_new = {}, {}, {}
    for k in p:
        m_new[k] = number(0.9) * m[k] + number(0.1) * gradient[k]
        v_new[k] = number(0.999) * v[k] + number(0.001) * gradient[k] ** 2
        p_new[k] = p[k] - rate * m_new[k] / (np.sqrt(v_new[k]) + number(1e-8))
    return p_new, m_new, v_new, t, value


def state(sizes, samples):
    """Arguments of `step` for layers of these sizes."""
    rng = np.random.default_rng(0)
    p = {}
    for k, (inputs, units) in enumerate(itertools.pairwise(sizes)):
        p[f"W{k}"] = (rng.normal(size=(inputs, units)) * np.sqrt(2 / inputs)).astype(number)
        p[f"b{k}"] = np.zeros(units, number)
    m, v = ({k: np.zeros_like(a) for k, a in p.items()} for _ in range(2))
    x = rng.normal(size=(samples, sizes[0])).astype(number)
    y = np.eye(sizes[-1], dtype=number)[rng.integers(0, sizes[-1], samples)]
    return p, m, v, number(0), x, y
