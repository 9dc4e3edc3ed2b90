"""A gradient that memory limits: how much of the measured bandwidth it reaches.

The bytes are those of the matrix of data, once for each kernel of the plan that reads it; vectors are not counted:
share = (kernels that read X) * (bytes of X) / seconds / (bytes that the machine reads each second).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import chainrule as cr

from .figures import Figure, of_rounds
from .functions.problems import PROBLEMS
from .machine import bytes_read
from .peers import ROUNDS, Peer, in_turns

FLOOR = 0.75
PROBLEM, SIZES = "logistic_regression", {"n": 1_000_000, "d": 20}


def bytes_of_data(problem: str, sizes: dict[str, int]) -> tuple[int, int]:
    """How often a call reads the matrix of data, and its size [bytes]."""
    f, w, (X, y) = PROBLEMS[problem](np, **sizes)
    kernels = cr.explain_plan(cr.value_and_grad(f))(w, X, y).kernels
    return sum(any(read.name == "X" for read in kernel.reads) for kernel in kernels), X.nbytes


def run(rounds: int = ROUNDS) -> Iterator[Figure]:
    passes, whole = bytes_of_data(PROBLEM, SIZES)
    for threads in (1, 2):
        bandwidth = bytes_read(threads)
        with Peer("chainrule", threads) as mine, Peer("jax", threads) as jax:
            settings = {"problem": PROBLEM, "sizes": SIZES}
            jobs = [(mine, "functions.gradient"), (jax, "functions.gradient")]
            ours, theirs = in_turns(jobs, settings, 1e-9, rounds)
        beside = {"threads": threads, "passes": passes, "chainrule [ms]": 1e3 * ours.seconds}
        beside |= {"JAX [ms]": 1e3 * theirs.seconds, "GB/s of the machine": bandwidth / 1e9}
        share = [passes * whole / seconds / bandwidth for seconds in ours.rounds]
        title = "logistic regression, 10^6 x 20: share of the bandwidth"
        yield of_rounds(title, share, floor=FLOOR, beside=beside)
