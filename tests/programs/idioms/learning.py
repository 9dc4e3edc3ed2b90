"""Machine learning by hand: perceptrons, recurrent cells, attention, normalization, soft clusters, training."""

import numpy as np

from ..program import program

X = np.random.default_rng(3).normal(size=(6, 4))
LABELS = np.array([0, 2, 1, 1, 0, 2])


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def softmax(z, axis=-1):
    z = z - np.max(z, axis=axis, keepdims=True)
    e = np.exp(z)
    return e / np.sum(e, axis=axis, keepdims=True)


def random_net(rng):
    sizes = [4, 5, 5, 3]
    return (
        {
            "W": [0.5 * rng.normal(size=shape) for shape in zip(sizes[:-1], sizes[1:])],
            "b": [0.1 * rng.normal(size=m) for m in sizes[1:]],
        },
    )


@program(random_net)
def multilayer_perceptron(params, weight_decay=1e-2):
    a = X
    activations = [a]
    depth = len(params["W"])
    for i in range(depth):
        z = a @ params["W"][i] + params["b"][i]
        if i < depth - 1:
            a = np.maximum(z, 0)
        else:
            a = softmax(z)
        activations.append(a)
    onehot = np.zeros((len(LABELS), 3))
    onehot[np.arange(len(LABELS)), LABELS] = 1
    loss = -np.sum(onehot * np.log(activations[-1] + 1e-12)) / len(LABELS)
    penalty = sum(np.sum(W**2) for W in params["W"])
    return loss + 0.5 * weight_decay * penalty


@program(lambda rng: (0.4 * rng.normal(size=(7, 12)), 0.1 * rng.normal(size=12), rng.normal(size=3)))
def lstm_sequence(W, b, readout):
    hidden = 3
    h, c = np.zeros(hidden), np.zeros(hidden)
    predictions = []
    for x in X:
        gates = np.hstack((h, x)) @ W + b
        i = sigmoid(gates[:hidden])
        f = sigmoid(gates[hidden : 2 * hidden] + 1)
        o = sigmoid(gates[2 * hidden : 3 * hidden])
        g = np.tanh(gates[3 * hidden :])
        c = f * c + i * g
        h = o * np.tanh(c)
        predictions.append(h @ readout)
    targets = np.cos(np.arange(len(X)))
    errors = np.asarray(predictions) - targets
    return np.sqrt(np.mean(errors**2))


@program(lambda rng: [0.5 * rng.normal(size=(4, 4)) for _ in range(4)])
def causal_attention(projections):
    Wq, Wk, Wv, Wo = projections
    heads, width = 2, 2
    Q, K, V = X @ Wq, X @ Wk, X @ Wv
    n = len(X)
    mask = np.triu(np.ones((n, n), dtype=bool), k=1)
    outputs = []
    for head in range(heads):
        cols = slice(head * width, (head + 1) * width)
        scores = Q[:, cols] @ K[:, cols].T / np.sqrt(width)
        scores[mask] = -np.inf
        outputs.append(softmax(scores) @ V[:, cols])
    y = X + np.concatenate(outputs, axis=1) @ Wo
    mu = y.mean(axis=-1, keepdims=True)
    var = y.var(axis=-1, keepdims=True)
    y = (y - mu) / np.sqrt(var + 1e-5)
    return np.mean((y[1:] - y[:-1]) ** 3) + y[-1, 0]


@program(lambda rng: (rng.normal(size=(4, 3)), rng.uniform(0.5, 1.5, size=3), rng.normal(size=3)))
def batch_normalization(W, gamma, beta, momentum=0.9):
    running_mean, running_var = np.zeros(3), np.ones(3)
    losses = []
    for batch in np.split(X, 2):
        z = batch @ W
        mean, var = z.mean(axis=0), z.var(axis=0)
        running_mean *= momentum
        running_mean += (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
        normed = (z - mean) / np.sqrt(var + 1e-5)
        out = gamma * normed + beta
        out[out < 0] *= 0.1
        losses.append((out**2).mean())
    test = gamma * (X[0] @ W - running_mean) / np.sqrt(running_var + 1e-5) + beta
    return np.mean(losses) + test.sum()


@program(lambda rng: (rng.normal(size=(3, 4)), rng.uniform(0.5, 2.0)))
def soft_k_means(centers, stiffness):
    k = centers.shape[0]
    mu = centers
    for sweep in range(4):
        d2 = ((X[:, None, :] - mu[None]) ** 2).sum(-1)
        r = softmax(-stiffness * d2, axis=1)
        mass = r.sum(axis=0)
        mu = (r.T @ X) / mass[:, np.newaxis]
    inertia = 0.0
    for n in range(len(X)):
        nearest = np.argmin([np.sum((X[n] - mu[j]) ** 2) for j in range(k)])
        inertia += np.sum((X[n] - mu[nearest]) ** 2)
    return inertia + 0.1 * np.sum(mass * np.log(mass))


@program(lambda rng: (rng.uniform(0.02, 0.2), rng.uniform(0.3, 0.9), 0.1 * rng.normal(size=4)))
def unrolled_training(learning_rate, momentum, start):
    y = np.sign(X[:, 0] + 0.3 * X[:, 1])
    w = start.copy()
    velocity = np.zeros(4)
    curve = []
    for epoch in range(5):
        for i in range(0, len(X), 3):
            xb, yb = X[i : i + 3], y[i : i + 3]
            margin = yb * (xb @ w)
            grad = -(xb * (yb * sigmoid(-margin))[:, None]).mean(axis=0)
            velocity = momentum * velocity - learning_rate * grad
            w += velocity
        curve.append(np.log1p(np.exp(-y * (X @ w))).mean())
    best = min(curve)
    print(f"best {best:.3f} after {len(curve)} epochs")
    return curve[-1] + 0.1 * np.linalg.norm(w)


@program(lambda rng: (0.5 * rng.normal(size=(4, 6)), 0.5 * rng.normal(size=(6, 4))))
def dropout_autoencoder(encoder, decoder):
    rng = np.random.default_rng(0)
    keep = 0.7
    clean = X.copy()
    loss = 0.0
    for trial in range(3):
        mask = (rng.random((len(X), 6)) < keep) / keep
        noisy = clean + 0.1 * rng.standard_normal(clean.shape)
        hidden = np.where(noisy @ encoder > 0, noisy @ encoder, 0.01 * (noisy @ encoder))
        hidden = hidden * mask
        reconstruction = hidden @ decoder
        per_row = np.sum((reconstruction - clean) ** 2, axis=1)
        worst = np.argsort(per_row)[-2:]
        loss += per_row.mean() + 0.1 * per_row[worst].sum()
    sparsity = np.abs(hidden).sum() / hidden.size
    return loss / 3 + 0.01 * sparsity


class Node:
    def __init__(self, left=None, right=None, value=None):
        self.left, self.right, self.value = left, right, value


@program(lambda rng: (rng.normal(size=(3, 4)), rng.normal(size=4)))
def soft_decision_tree(splits, leaves):
    def build(depth, position):
        if depth == 2:
            return Node(value=leaves[position])
        return Node(build(depth + 1, 2 * position), build(depth + 1, 2 * position + 1))

    def predict(node, x, k=0):
        if node.value is not None:
            return node.value
        p = sigmoid(splits[k] @ x)
        return p * predict(node.left, x, 2 * k + 1) + (1 - p) * predict(node.right, x, 2 * k + 2)

    tree = build(0, 0)
    y = X.sum(axis=1)
    residuals = [yi - predict(tree, xi) for xi, yi in zip(X, y)]
    return np.dot(residuals, residuals) / len(residuals)


@program(lambda rng: (rng.normal(size=(2, 3, 3)), 0.5 * rng.normal(size=(8, 2)), rng.normal(size=(2, 7, 7))))
def convolutional_classifier(kernels, dense, images):
    labels = [0, 1]
    loss = 0.0
    for image, label in zip(images, labels):
        maps = np.zeros((2, 5, 5))
        for f, kernel in enumerate(kernels):
            for i in range(5):
                for j in range(5):
                    maps[f, i, j] = (image[i : i + 3, j : j + 3] * kernel).sum()
        maps[maps < 0] = 0
        pooled = maps[:, :4, :4].reshape(2, 2, 2, 2, 2).max(axis=(2, 4))
        scores = pooled.flatten() @ dense
        scores -= scores.max()
        loss += np.log(np.exp(scores).sum()) - scores[label]
    return loss / len(labels)


class Adam:
    def __init__(self, params, rate=0.05, betas=(0.9, 0.999)):
        self.params, self.rate, self.betas = params, rate, betas
        self.m = {name: np.zeros_like(value) for name, value in params.items()}
        self.v = {name: np.zeros_like(value) for name, value in params.items()}
        self.t = 0

    def step(self, grads):
        self.t += 1
        for name, g in grads.items():
            self.m[name] = self.betas[0] * self.m[name] + (1 - self.betas[0]) * g
            self.v[name] = self.betas[1] * self.v[name] + (1 - self.betas[1]) * g**2
            m_hat = self.m[name] / (1 - self.betas[0] ** self.t)
            v_hat = self.v[name] / (1 - self.betas[1] ** self.t)
            self.params[name] -= self.rate * m_hat / (np.sqrt(v_hat) + 1e-8)


@program(lambda rng: ({"w": 0.5 * rng.normal(size=4), "b": rng.normal(size=1)}, rng.uniform(0.02, 0.1)))
def meta_learned_initialization(start, rate):
    params = {name: value.copy() for name, value in start.items()}
    optimizer = Adam(params, rate=rate)
    y = np.tanh(X @ np.array([1.0, -1.0, 0.5, 0.0]))
    losses = []
    for epoch in range(4):
        residual = X @ params["w"] + params["b"] - y
        losses.append((residual**2).mean())
        grads = {"w": 2 * X.T @ residual / len(y), "b": np.array([2 * residual.mean()])}
        optimizer.step(grads)
    improvement = losses[0] - losses[-1]
    return losses[-1] - 0.1 * improvement + params["b"].item() ** 2


@program(lambda rng: (0.5 * rng.normal(size=(4, 2)), 0.5 * rng.normal(size=(2, 4)), rng.normal(size=2)))
def variational_autoencoder(encode, decode, log_var):
    noise = np.random.RandomState(1).randn(3, len(X), 2)
    mu = X @ encode
    sigma = np.exp(0.5 * log_var)
    reconstruction = 0.0
    for eps in noise:
        z = mu + sigma * eps
        logits = z @ decode
        targets = (X > 0).astype(float)
        bce = np.maximum(logits, 0) - logits * targets + np.log1p(np.exp(-np.abs(logits)))
        reconstruction += bce.sum(axis=1).mean() / len(noise)
    kl = -0.5 * np.sum(1 + log_var - mu**2 - sigma**2, axis=1)
    free_bits = np.where(kl > 0.5, kl, 0.5)
    return reconstruction + free_bits.mean()


@program(lambda rng: (0.5 * rng.normal(size=(3, 3)), rng.uniform(0.5, 2.0)))
def large_margin_embedding(metric, margin):
    Z = X[:, :3] @ metric
    loss, triplets = 0.0, 0
    for a in range(len(Z)):
        positives = [p for p in range(len(Z)) if p != a and LABELS[p] == LABELS[a]]
        negatives = np.flatnonzero(LABELS != LABELS[a])
        d_neg = np.sum((Z[negatives] - Z[a]) ** 2, axis=1)
        hardest = negatives[d_neg.argmin()]
        for p in positives:
            violation = margin + np.sum((Z[a] - Z[p]) ** 2) - np.sum((Z[a] - Z[hardest]) ** 2)
            if violation > 0:
                loss += violation
                triplets += 1
    distances = np.linalg.norm(Z[:, None] - Z[None], axis=-1)[np.triu_indices(len(Z), k=1)]
    if not triplets:
        return distances.mean()
    return loss / triplets + 0.1 * distances.mean()


@program(lambda rng: (0.4 * rng.normal(size=(3, 4, 5)), rng.normal(size=(5, 3))))
def stacked_gru_with_shared_readout(cells, readout):
    Wz, Wr, Wh = (cell[:, :2] for cell in cells)
    Uz, Ur, Uh = cells[..., 2:].transpose(0, 2, 1)[:, :, :3] @ readout[:3]
    state = np.zeros(3)
    outputs = np.empty((len(X), 3))
    for t, row in enumerate(X):
        x = np.concatenate((row[:2], [1.0]))
        z = sigmoid(Uz @ state + (row @ Wz).sum())
        r = sigmoid(Ur @ state + (row @ Wr).sum())
        proposal = np.tanh(Uh @ (r * state) + (row @ Wh).sum() * x)
        state = (1 - z) * state + z * proposal
        outputs[t] = state
        if t % 3 == 2:
            state = 0.5 * state
    probabilities = softmax(outputs @ readout[2:])
    return -np.log(probabilities[range(len(X)), LABELS]).mean()
