"""Write what PyTorch computes for activations, losses, penalties and nets of several depths, for the tests.

    pip install torch==2.13.0 numpy                    # in an environment of its own: the project does not depend on it
    python tools/make_torch_catalogue_reference.py     # writes tests/data_files/torch_*.npz, but not torch_net.npz

Everything is in float64. PyTorch keeps a weight as (units, inputs); here and in the files it is (inputs, units).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

FOLDER = Path(__file__).parents[1] / "tests" / "data_files"
FAR = [-1e4, -800.0, -40.0, -5.0, -1.5, -0.3, 0.2, 0.7, 2.5, 30.0, 800.0, 1e4]
STEPS, RATE = 10, 0.05

ACTIVATIONS = {
    "linear": lambda x: x,
    "relu": torch.relu,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.01),
    "parametric_relu": lambda x: F.prelu(x, torch.tensor([0.25], dtype=torch.float64)),
    "elu": F.elu,
    "softplus": lambda x: F.softplus(x, threshold=40),
    "gelu": F.gelu,
    "silu": F.silu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "hard_tanh": F.hardtanh,
    "softmax": lambda x: torch.softmax(x, dim=-1),
}


def activations() -> dict[str, np.ndarray]:
    arrays = {"x": np.array(FAR)}
    for name, function in ACTIVATIONS.items():
        if name == "softmax":
            continue
        x = torch.tensor(FAR, dtype=torch.float64, requires_grad=True)
        y = function(x)
        y.sum().backward()
        arrays |= {f"{name}_value": y.detach().numpy(), f"{name}_slope": x.grad.numpy()}
    return arrays


def _columns(function):
    """A mean over all elements as a sum over columns, mean over rows."""
    return lambda z, y: function(z, y, reduction="sum") / len(z)


def _gaussian(z, y):
    half = z.shape[1] // 2
    return F.gaussian_nll_loss(z[:, :half], y, torch.exp(z[:, half:]), eps=1e-300, reduction="sum") / len(z)


LOSSES = {  # name: (function, kind of targets, outputs for each column of targets)
    "squared": (lambda z, y: 0.5 * _columns(F.mse_loss)(z, y), "numbers", 1),
    "absolute": (_columns(F.l1_loss), "numbers", 1),
    "huber": (_columns(F.huber_loss), "numbers", 1),
    "logistic": (_columns(F.binary_cross_entropy_with_logits), "zeros and ones", 1),
    "poisson": (_columns(F.poisson_nll_loss), "counts", 1),
    "gaussian": (_gaussian, "numbers", 2),
    "cross_entropy": (F.cross_entropy, "labels", 1),
    "multiclass_hinge": (lambda z, y: z.shape[1] * F.multi_margin_loss(z, y), "labels", 1),
}


def losses() -> dict[str, np.ndarray]:
    """Of a linear net with three columns of targets (or three classes): value, gradient, and where ten steps lead."""
    rng, n, columns = np.random.default_rng(7), 12, 3
    arrays = {"x": rng.normal(size=(n, 4)), "steps": np.array(STEPS), "rate": np.array(RATE)}
    targets = {
        "numbers": 2 * rng.normal(size=(n, columns)),
        "zeros and ones": rng.integers(0, 2, size=(n, columns)).astype(float),
        "counts": rng.poisson(2.0, size=(n, columns)).astype(float),
        "labels": rng.integers(0, columns, size=n),
    }
    for name, (function, kind, outputs) in LOSSES.items():
        x, y = torch.tensor(arrays["x"]), torch.tensor(targets[kind])
        start = rng.normal(size=(4, columns * outputs))
        W = torch.tensor(start, requires_grad=True)
        optimizer = torch.optim.SGD([W], lr=RATE)
        for step in range(STEPS):
            optimizer.zero_grad()
            value = function(x @ W, y)
            value.backward()
            if step == 0:
                arrays |= {f"{name}_value": np.array(value.item()), f"{name}_gradient": W.grad.numpy().copy()}
            optimizer.step()
        arrays |= {f"{name}_targets": targets[kind], f"{name}_start": start, f"{name}_end": W.detach().numpy()}
    return arrays


PENALTIES = {
    "l1": lambda W: torch.linalg.vector_norm(W, 1),
    "l2": lambda W: 0.5 * F.mse_loss(W, torch.zeros_like(W), reduction="sum"),
    "elastic": lambda W: 0.5 * torch.linalg.vector_norm(W, 1) + 0.25 * torch.linalg.matrix_norm(W) ** 2,
    "group_lasso": lambda W: np.sqrt(W.shape[1]) * torch.linalg.vector_norm(W, dim=1).sum(),
}


def regularizers() -> dict[str, np.ndarray]:
    start = np.random.default_rng(8).normal(size=(5, 4))
    start[2] = 0.0  # a group that has been dropped stays
    arrays = {"W": start, "limit": np.array(1.2)}
    for name, function in PENALTIES.items():
        W = torch.tensor(start, requires_grad=True)
        value = function(W)
        value.backward()
        arrays |= {f"{name}_value": np.array(value.item()), f"{name}_gradient": W.grad.numpy()}
    arrays["max_norm_end"] = torch.renorm(torch.tensor(start), p=2, dim=1, maxnorm=1.2).numpy()
    return arrays


SIZES = (6, 7, 5, 4, 3)


def nets() -> dict[str, np.ndarray]:
    """Nets of depth 1 to 4 with each activation in the hidden layers, with a linear and with a softmax output."""
    rng = np.random.default_rng(9)
    arrays = {"x": rng.normal(size=(8, max(SIZES))), "sizes": np.array(SIZES)}
    arrays["wanted"] = rng.normal(size=(8, SIZES[-1]))
    for depth in range(1, 5):
        sizes = SIZES[-depth - 1 :]
        for k in range(depth):
            arrays[f"depth{depth}_W{k}"] = rng.normal(size=sizes[k : k + 2]) / np.sqrt(sizes[k])
            arrays[f"depth{depth}_b{k}"] = rng.normal(size=sizes[k + 1])
        for name, function in ACTIVATIONS.items():
            for output in ("linear", "softmax"):
                leaves = {
                    f"{leaf}{k}": torch.tensor(arrays[f"depth{depth}_{leaf}{k}"], requires_grad=True)
                    for k in range(depth)
                    for leaf in "Wb"
                }
                h = torch.tensor(arrays["x"][:, : sizes[0]])
                for k in range(depth):
                    h = h @ leaves[f"W{k}"] + leaves[f"b{k}"]
                    h = function(h) if k < depth - 1 else ACTIVATIONS[output](h)
                loss = 0.5 * F.mse_loss(h, torch.tensor(arrays["wanted"]), reduction="sum") / len(h)
                loss.backward()
                prefix = f"depth{depth}_{name}_{output}"
                arrays[f"{prefix}_value"] = np.array(loss.item())
                arrays |= {f"{prefix}_{leaf}": p.grad.numpy() for leaf, p in leaves.items()}
    return arrays


def main() -> None:
    for name, make in {
        "activations": activations,
        "losses": losses,
        "regularizers": regularizers,
        "nets": nets,
    }.items():
        np.savez_compressed(FOLDER / f"torch_{name}.npz", **make())


if __name__ == "__main__":
    main()
