"""The loop that people write in PyTorch: a net of modules, Adam with its defaults, batches by a permutation.

It begins at the weights of scikit-learn's nets and takes rows in their orders, so that the losses can be compared.
"""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from . import ALPHA, BATCH, HIDDEN, RATE, compared, ready

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


def fit(name: str, dtype: str, epochs: int) -> tuple[Callable[[], None], int, Callable[[], list[float]]]:
    rows, losses = ready(name, dtype), []

    def once() -> None:
        losses[:] = trained(rows.x, rows.y, rows.of_classes, epochs)

    return once, 1, lambda: compared(losses)


def trained(samples: np.ndarray, targets: np.ndarray, of_classes: bool, epochs: int) -> list[float]:
    """The mean loss of each epoch."""
    x, y, units = torch.from_numpy(samples), torch.from_numpy(targets), 1
    if not of_classes:
        criterion = lambda z, y: 0.5 * nn.functional.mse_loss(z[:, 0], y)
    elif targets.max() == 1:
        y, criterion = y.to(x.dtype), lambda z, y: nn.functional.binary_cross_entropy_with_logits(z[:, 0], y)
    else:
        units, criterion = int(y.max()) + 1, nn.functional.cross_entropy
    net = nn.Sequential(nn.Linear(x.shape[1], HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, units)).to(x.dtype)
    random = np.random.RandomState(0)
    begin(net, random)
    batch = min(BATCH, len(x))
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE, weight_decay=ALPHA / batch)
    order, losses = np.arange(len(x)), []
    for _ in range(epochs):
        order = order[random.permutation(len(x))]
        shuffled, total = torch.from_numpy(order), 0.0
        for first in range(0, len(x), batch):
            numbers = shuffled[first : first + batch]
            optimizer.zero_grad()
            loss = criterion(net(x[numbers]), y[numbers])
            loss.backward()
            optimizer.step()
            total += loss.item() * len(numbers)
        losses.append(total / len(x))
    return losses


def begin(net: nn.Sequential, random: np.random.RandomState) -> None:
    """Glorot's uniform weights, and biases of the same range."""
    with torch.no_grad():
        for layer in (net[0], net[2]):
            inputs, units = layer.in_features, layer.out_features
            bound = (6 / (inputs + units)) ** 0.5
            layer.weight.copy_(torch.from_numpy(random.uniform(-bound, bound, (inputs, units)).T))
            layer.bias.copy_(torch.from_numpy(random.uniform(-bound, bound, units)))
