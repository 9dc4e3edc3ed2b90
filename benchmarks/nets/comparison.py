"""Beside JAX (an epoch by its scan, or its jitted step) and PyTorch (eager, with its fused Adam)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..figures import Figure, of_ratio, of_rounds
from ..machine import fused_multiply_adds
from ..peers import ROUNDS, Peer, Times, in_turns
from . import MLP, NETS, TINY, WIDE, multiplications

RTOL = 1e-3  # of losses in single precision, after some steps
FLOORS = {  # by net, work and threads
    "share of FMA peak": {(MLP, "epoch", 1): 0.8},
    "against the better": {(MLP, "epoch", 1): 1.1, (MLP, "epoch", 2): 1.3, (WIDE, "epoch", 2): 1.05},
    "against JAX": {(TINY, "epoch", 1): 5.0, (TINY, "step_by_step", 1): 10.0},
    "against PyTorch": {(TINY, "epoch", 1): 100.0},
}


def three(threads: int) -> tuple[Peer, Peer, Peer]:
    """chainrule, JAX and PyTorch."""
    return Peer("chainrule", threads), Peer("jax", threads), Peer("torch", threads)


def trained(peers: tuple[Peer, ...], what: str, net: dict[str, Any], rounds: int) -> list[Times]:
    """What a step takes each."""
    return in_turns([(peer, f"nets.{what}") for peer in peers], net, RTOL, rounds)


def run(rounds: int = ROUNDS) -> Iterator[Figure]:
    for threads in (1, 2):
        peak = fused_multiply_adds(np.float32, threads)
        a, b, c = three(threads)
        with a, b, c:
            for name, net in NETS.items():
                for what in ("epoch", "step_by_step"):
                    if threads == 2 and name == TINY:
                        continue
                    mine, jax, torch = trained((a, b, c), what, net, rounds)
                    yield from _figures((name, what, threads), mine, jax, torch, peak)


def _figures(key: tuple[str, str, int], mine: Times, jax: Times, torch: Times, peak: float) -> Iterator[Figure]:
    name, what, threads = key
    beside = {"threads": threads, "steps/s": 1 / mine.seconds}
    floors = {title: held.get(key) for title, held in FLOORS.items()}
    title = f"{name}, {what}"
    share = [multiplications(NETS[name]["sizes"], NETS[name]["batch"]) / seconds / peak for seconds in mine.rounds]
    yield of_rounds(f"{title}: share of FMA peak", share, floor=floors["share of FMA peak"], beside=beside)
    for library, other in (("JAX", jax), ("PyTorch", torch)):
        floor = floors[f"against {library}"]
        yield of_ratio(f"{title}: against {library}", other.rounds, mine.rounds, floor=floor, beside=beside)
    if floors["against the better"] is not None:
        better = min(jax, torch, key=lambda times: times.seconds)
        floor = floors["against the better"]
        yield of_ratio(f"{title}: against the better", better.rounds, mine.rounds, floor=floor, beside=beside)
