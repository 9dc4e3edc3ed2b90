"""Write the steps of PyTorch's optimizers on a small problem, for tests/optimizers/test_against_torch.py.

    pip install torch==2.13.0 numpy              # in an environment of its own: the project does not depend on it
    python tools/make_optimizer_reference.py     # writes tests/data_files/torch_optimizers.npz

Everything is in float64. The problem is a net of two layers, mean((tanh(x W + b) w - y)^2), with a column of x that is
zero, so that some gradients are zero throughout.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

FILE = Path(__file__).parents[1] / "tests" / "data_files" / "torch_optimizers.npz"
STEPS = 10
ROWS, INPUTS, UNITS = 15, 4, 3
WEIGHTS = ("W", "w")  # of rank 2; b is a bias

# Case -> our optimizer, its learning rate and settings, and PyTorch's class and settings. Where weights decay and ours
# leaves biases alone, PyTorch is told the same by a group of their own.
CASES = {
    "sgd": ("sgd", 0.1, {}, torch.optim.SGD, {}),
    "momentum": ("momentum", 0.1, {"momentum": 0.9}, torch.optim.SGD, {"momentum": 0.9}),
    "light_momentum": ("momentum", 0.3, {"momentum": 0.5}, torch.optim.SGD, {"momentum": 0.5}),
    "nesterov": ("nesterov", 0.1, {"momentum": 0.9}, torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "light_nesterov": ("nesterov", 0.3, {"momentum": 0.5}, torch.optim.SGD, {"momentum": 0.5, "nesterov": True}),
    "adagrad": ("adagrad", 0.1, {"epsilon": 1e-10}, torch.optim.Adagrad, {}),
    "adagrad_epsilon": ("adagrad", 0.1, {"epsilon": 0.1}, torch.optim.Adagrad, {"eps": 0.1}),
    "rmsprop": ("rmsprop", 0.01, {"decay": 0.99}, torch.optim.RMSprop, {}),
    "rmsprop_epsilon": ("rmsprop", 0.05, {"epsilon": 0.1}, torch.optim.RMSprop, {"alpha": 0.9, "eps": 0.1}),
    "adam": ("adam", 0.05, {}, torch.optim.Adam, {}),
    "adam_epsilon": (
        "adam",
        0.05,
        {"beta1": 0.8, "beta2": 0.95, "epsilon": 0.1},
        torch.optim.Adam,
        {"betas": (0.8, 0.95), "eps": 0.1},
    ),
    "adamw": ("adamw", 0.05, {"biases": True}, torch.optim.AdamW, {}),
    "adamw_weights": ("adamw", 0.05, {"weight_decay": 0.5}, torch.optim.AdamW, {"weight_decay": 0.5}),
    "adadelta": ("adadelta", 1.0, {"decay": 0.9}, torch.optim.Adadelta, {}),
    "adadelta_rate": (
        "adadelta",
        0.5,
        {"epsilon": 1e-2},
        torch.optim.Adadelta,
        {"rho": 0.95, "eps": 1e-2},
    ),
}
LOSSES = [3.0, 2.0, 2.1, 1.9999, 1.9998, 1.5, 1.6, 1.7, 1.5, 1.5, 1.49, 1.6, 1.6, 1.6, 1.6, 1.6, 1.6]


def problem(rng: np.random.Generator) -> dict[str, np.ndarray]:
    x = rng.normal(size=(ROWS, INPUTS))
    x[:, 1] = 0.0
    return {
        "x": x,
        "y": rng.normal(size=(ROWS, 1)),
        "start_W": rng.normal(size=(INPUTS, UNITS)),
        "start_b": rng.normal(size=UNITS),
        "start_w": rng.normal(size=(UNITS, 1)),
    }


def path(arrays: dict[str, np.ndarray], case: str) -> dict[str, np.ndarray]:
    """The parameters after each step."""
    _, rate, ours, optimizer_class, settings = CASES[case]
    x, y = torch.tensor(arrays["x"]), torch.tensor(arrays["y"])
    parameters = {name: torch.tensor(arrays[f"start_{name}"], requires_grad=True) for name in ("W", "b", "w")}
    groups = [{"params": [parameters[name] for name in WEIGHTS]}, {"params": [parameters["b"]]}]
    if "weight_decay" in settings and not ours.get("biases"):
        groups[1]["weight_decay"] = 0.0
    optimizer = optimizer_class(groups, lr=rate, **settings)
    found: dict[str, list[np.ndarray]] = {name: [] for name in parameters}
    for _ in range(STEPS):
        optimizer.zero_grad()
        torch.mean((torch.tanh(x @ parameters["W"] + parameters["b"]) @ parameters["w"] - y) ** 2).backward()
        optimizer.step()
        for name, value in parameters.items():
            found[name].append(value.detach().numpy().copy())
    return {name: np.array(values) for name, values in found.items()}


def rates() -> dict[str, np.ndarray]:
    """The learning rates of schedulers: at 30 steps, and for plateau after each of the losses."""
    schedulers = torch.optim.lr_scheduler
    made = {
        "linear": lambda o: schedulers.LinearLR(o, start_factor=1.0, end_factor=0.01, total_iters=20),
        "step_decay": lambda o: schedulers.StepLR(o, step_size=7, gamma=0.3),
        "cosine": lambda o: schedulers.CosineAnnealingLR(o, T_max=29, eta_min=0.05),
        "warm_up": lambda o: schedulers.LinearLR(o, start_factor=0.2, total_iters=4),
    }
    found = {}
    for name, make in made.items():
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
        scheduler, values = make(optimizer), []
        for _ in range(30):
            values.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        found[name] = np.array(values)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    scheduler = schedulers.ReduceLROnPlateau(optimizer, factor=0.5, patience=1, threshold=1e-3, min_lr=0.1, eps=0.0)
    values = [optimizer.param_groups[0]["lr"]]
    for loss in LOSSES:
        scheduler.step(loss)
        values.append(optimizer.param_groups[0]["lr"])
    found["plateau"] = np.array(values)
    return found


def clipped(rng: np.random.Generator) -> dict[str, np.ndarray]:
    gradients = [torch.tensor(rng.normal(size=(3, 4))), torch.tensor(rng.normal(size=5))]
    found = {f"gradient_{k}": g.numpy() for k, g in enumerate(gradients)}
    for name, clip in (
        ("norm", lambda leaves: torch.nn.utils.clip_grad_norm_(leaves, 0.75)),
        ("value", lambda leaves: torch.nn.utils.clip_grad_value_(leaves, 0.75)),
    ):
        leaves = [torch.zeros_like(g, requires_grad=True) for g in gradients]
        for leaf, g in zip(leaves, gradients, strict=True):
            leaf.grad = g.clone()
        clip(leaves)
        found |= {f"clipped_by_{name}_{k}": leaf.grad.numpy() for k, leaf in enumerate(leaves)}
    return found


def main() -> None:
    rng = np.random.default_rng(20240301)
    arrays = problem(rng)
    cases = {case: {"optimizer": c[0], "learning_rate": c[1], "settings": c[2]} for case, c in CASES.items()}
    for case in CASES:
        arrays |= {f"{case}_{name}": values for name, values in path(arrays, case).items()}
    arrays |= {f"rates_{name}": values for name, values in rates().items()}
    arrays |= {"losses": np.array(LOSSES), "cases": np.array(json.dumps(cases))}
    arrays |= clipped(rng)
    FILE.parent.mkdir(exist_ok=True)
    np.savez_compressed(FILE, **arrays)


if __name__ == "__main__":
    main()
