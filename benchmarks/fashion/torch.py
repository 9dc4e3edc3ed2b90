"""The same net in PyTorch, as people write it: modules, Adam with its defaults, batches by a permutation."""

from __future__ import annotations

import itertools
import os
from typing import Any

import numpy as np
import torch
from torch import nn

from . import BATCH, Settings

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


def fitted(samples: np.ndarray, labels: np.ndarray, settings: Settings, seed: int) -> Any:
    """A function that predicts."""
    torch.manual_seed(seed)
    x, y = torch.from_numpy(samples), torch.from_numpy(labels)
    net = nn.Sequential(*layers(x.shape[1], int(y.max()) + 1, settings))
    optimizer = torch.optim.Adam(net.parameters(), lr=settings.rate, weight_decay=settings.alpha / BATCH)
    steps = settings.epochs * -(-len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps) if settings.falls else None
    net.train()
    for _ in range(settings.epochs):
        for numbers in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(x[numbers]), y[numbers]).backward()
            optimizer.step()
            if schedule is not None:
                schedule.step()
    net.eval()

    def predict(samples: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return net(torch.from_numpy(samples)).argmax(dim=1).numpy()

    return predict


def layers(inputs: int, classes: int, settings: Settings) -> list[nn.Module]:
    found: list[nn.Module] = []
    for n, m in itertools.pairwise((inputs, *settings.hidden)):
        normalization = [nn.BatchNorm1d(m)] if settings.normalization else []
        found += [linear(n, m), *normalization, nn.ReLU(), nn.Dropout(settings.dropout)]
    return [*found, linear(settings.hidden[-1], classes)]


def linear(inputs: int, units: int) -> nn.Linear:
    layer = nn.Linear(inputs, units)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer
