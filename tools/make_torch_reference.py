"""Write reference values of a small net that PyTorch has computed, for tests/nets/test_against_torch.py.

    pip install torch==2.13.0 numpy          # in an environment of its own: the project does not depend on it
    python tools/make_torch_reference.py     # writes tests/data_files/torch_net.npz

Everything is in float64. PyTorch keeps a weight as (units, inputs); here and in the file it is (inputs, units).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

FILE = Path(__file__).parents[1] / "tests" / "data_files" / "torch_net.npz"
SIZES = (12, 16, 9, 5)
ROWS = 20
L2 = 0.03
ADAM = {"lr": 0.05, "betas": (0.9, 0.999), "eps": 1e-8}
ADAM_STEPS = 5
ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}


def leaves(start: dict[str, np.ndarray]) -> dict[str, torch.Tensor]:
    return {name: torch.tensor(value, requires_grad=True) for name, value in start.items()}


def objective(parameters, x, y, activation):
    h, depth = x, len(SIZES) - 1
    for k in range(depth):
        h = torch.nn.functional.linear(h, parameters[f"W{k}"].T, parameters[f"b{k}"])
        if k < depth - 1:
            h = activation(h)
    loss = torch.nn.functional.cross_entropy(h, y)
    penalty = L2 * 0.5 * sum((parameters[f"W{k}"] ** 2).sum() for k in range(depth))
    return loss + penalty, loss, penalty


def main() -> None:
    rng = np.random.default_rng(20240229)
    x, y = rng.normal(size=(ROWS, SIZES[0])), rng.integers(0, SIZES[-1], size=ROWS)
    start = {}
    for k in range(len(SIZES) - 1):
        start[f"W{k}"] = rng.normal(size=SIZES[k : k + 2]) / np.sqrt(SIZES[k])
        start[f"b{k}"] = rng.normal(size=SIZES[k + 1])
    arrays = {"x": x, "y": y, "sizes": np.array(SIZES), "l2": np.array(L2), "learning_rate": np.array(ADAM["lr"])}
    arrays |= {f"start_{name}": value for name, value in start.items()}
    x, y = torch.tensor(x), torch.tensor(y)
    for name, activation in ACTIVATIONS.items():
        parameters = leaves(start)
        values = objective(parameters, x, y, activation)
        values[0].backward()
        arrays[f"{name}_values"] = np.array([v.item() for v in values])
        arrays |= {f"{name}_gradient_{leaf}": p.grad.numpy() for leaf, p in parameters.items()}
        parameters = leaves(start)
        optimizer = torch.optim.Adam(parameters.values(), **ADAM)
        for _ in range(ADAM_STEPS):
            optimizer.zero_grad()
            objective(parameters, x, y, activation)[0].backward()
            optimizer.step()
        arrays |= {f"{name}_after_adam_{leaf}": p.detach().numpy() for leaf, p in parameters.items()}
    arrays["adam_steps"] = np.array(ADAM_STEPS)
    FILE.parent.mkdir(exist_ok=True)
    np.savez_compressed(FILE, **arrays)


if __name__ == "__main__":
    main()
