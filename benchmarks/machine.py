"""What the machine can do at best: multiplications with additions, and bytes read from memory, each second."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.compile import llvm_loader

_SUMS, _TURNS, _LENGTH = 16, 4, 100_000


def _peak_text(dtype: np.dtype, lanes: int) -> str:
    """A loop of independent sums that stay in registers."""
    kind = f"<{lanes} x {'float' if dtype.itemsize == 4 else 'double'}>"
    fma = f"@llvm.fma.v{lanes}f{8 * dtype.itemsize}"
    lines = [f"declare {kind} {fma}({kind}, {kind}, {kind})", "define void @peak(ptr %x, i64 %n) #0 {", "entry:"]
    lines += [f"  %a = load {kind}, ptr %x, align 4", "  br label %loop", "loop:"]
    lines += ["  %i = phi i64 [0, %entry], [%i.next, %loop]"]
    last = _TURNS - 1
    lines += [f"  %s{j} = phi {kind} [zeroinitializer, %entry], [%t{j}.{last}, %loop]" for j in range(_SUMS)]
    for turn in range(_TURNS):
        for j in range(_SUMS):
            before = f"%s{j}" if turn == 0 else f"%t{j}.{turn - 1}"
            lines.append(f"  %t{j}.{turn} = call {kind} {fma}({kind} %a, {kind} %a, {kind} {before})")
    lines += ["  %i.next = add i64 %i, 1", "  %end = icmp eq i64 %i.next, %n"]
    lines += ["  br i1 %end, label %out, label %loop", "out:"]
    for j in range(_SUMS):
        lines.append(f"  %p{j} = getelementptr i8, ptr %x, i64 {64 * (j + 1)}")
        lines.append(f"  store {kind} %t{j}.{last}, ptr %p{j}, align 4")
    return "\n".join([*lines, "  ret void", "}", 'attributes #0 = { "prefer-vector-width"="512" }'])


def fused_multiply_adds(dtype: Any, threads: int) -> float:
    """How many each second, on so many threads at once."""
    dtype = np.dtype(dtype)
    lanes = llvm_loader.machine().vector_bytes // dtype.itemsize
    library = llvm_loader.Library(llvm_loader.object_code(_peak_text(dtype, lanes)))
    peak = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(library.address("peak"))
    memory = [np.zeros(4096, np.uint8) for _ in range(threads)]
    seconds = _best(lambda n: peak(memory[n].ctypes.data, _LENGTH), threads)
    return threads * lanes * _SUMS * _TURNS * _LENGTH / seconds


def peaks() -> dict[str, float]:
    """All of them, in one thread and in two [1/s]."""
    found: dict[str, float] = {}
    for threads in (1, 2):
        for name in ("float32", "float64"):
            found[f"{name} multiplications with additions, {threads} threads"] = fused_multiply_adds(name, threads)
        found[f"bytes read, {threads} threads"] = bytes_read(threads)
    return found


def bytes_read(threads: int) -> float:
    """How many each second from memory that no cache holds, on so many threads at once."""
    rows = [np.ones(1 << 25) for _ in range(threads)]  # 256 MiB each; zeros would be one page, seen often
    seconds = _best(lambda n: rows[n].max(), threads)
    return sum(each.nbytes for each in rows) / seconds


def _best(work: Callable[[int], object], threads: int) -> float:
    """The shortest of a few times [s] in which all threads do their work."""
    times = []
    for _ in range(30):
        others = [threading.Thread(target=work, args=(n,)) for n in range(1, threads)]
        start = time.perf_counter()
        for each in others:
            each.start()
        work(0)
        for each in others:
            each.join()
        times.append(time.perf_counter() - start)
    return min(times)
