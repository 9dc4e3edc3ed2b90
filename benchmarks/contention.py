"""The MLP's epoch while another process burns one of two cores: two threads over one thread, on the core left alone."""

from __future__ import annotations

from collections.abc import Iterator

from .figures import Figure, of_ratio
from .nets import MLP, NETS
from .nets.comparison import trained
from .peers import ROUNDS, Peer, cores, pinned

FLOOR = 0.9


def run(rounds: int = ROUNDS) -> Iterator[Figure]:
    first = cores(2)[:1]  # a single thread has the other one
    a1, a2, b1, b2 = (Peer(library, threads) for library in ("chainrule", "jax") for threads in (1, 2))
    with a1, a2, b1, b2:
        trained((a1, a2, b1, b2), "epoch", NETS[MLP], 2)  # compiled before
        burning = pinned(["-c", "while True: pass"], first)
        try:
            mine1, mine2, jax1, jax2 = trained((a1, a2, b1, b2), "epoch", NETS[MLP], rounds)
        finally:
            burning.kill()
            burning.wait()
    for name, one, two, floor in (("chainrule", mine1, mine2, FLOOR), ("JAX", jax1, jax2, None)):
        beside = {"steps/s, 1 thread": 1 / one.seconds, "steps/s, 2 threads": 1 / two.seconds}
        yield of_ratio(f"{name}: two threads over one", one.rounds, two.rounds, floor=floor, beside=beside)
    yield of_ratio("two threads against JAX", jax2.rounds, mine2.rounds)
