"""Threads that share the pieces of a kernel: each takes one after the other until none is left, then parks.

Which thread computes which piece is open; what a piece computes is not, so results have the same bits for any number of
threads. A thread that is held up holds no more than one piece, and the others take the rest. Where the caller has to
wait for that piece for long, another process wants the core: then it works alone for a while.
"""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import sys
import threading
from typing import Any

from ..errors import ArgumentError
from ..locks import in_forked_child, new_lock
from ..original import np
from . import cache, llvm_loader

SHARE = "chainrule_share"  # of a function of a piece, its arguments and the number of pieces

# What threads look at together [bytes from the start]; each on lines of its own.
_TICKET, _DONE, _ROUND, _SLEEPERS, _BUSY, _WAITING, _PIECE, _ARGUMENTS, _THREADS, _ALONE, _NEXT_ALONE, _SIZE = (
    0, 128, 256, 260, 384, 512, 640, 648, 656, 768, 776, 896,
)  # fmt: skip
_LONG = 500_000  # ns of waiting for one piece, and more than half of what the caller worked itself
_FEWEST_ALONE, _MOST_ALONE = 16, 4096  # kernels that are done alone then; each time four times as many
_SPINS = 2000  # looks before a thread parks: about 30 us
_LEVEL = 32  # bits of a ticket: below them the next piece, above them how many there are

_FUTEX_CALLS = {"x86_64": 202, "aarch64": 98}
_FUTEX = """
declare i64 @syscall(i64, ...)
define internal void @wait(ptr %word, i32 %seen) {{
  %r = call i64 (i64, ...) @syscall(i64 {call}, ptr %word, i32 128, i32 %seen, ptr null, ptr null, i32 0)
  ret void
}}
define internal void @wake(ptr %word) {{
  %r = call i64 (i64, ...) @syscall(i64 {call}, ptr %word, i32 129, i32 2147483647, ptr null, ptr null, i32 0)
  ret void
}}
"""
_CLOCK = """
declare i32 @clock_gettime(i32, ptr)
define internal i64 @now() {{
  %time = alloca [2 x i64], align 8
  %r = call i32 @clock_gettime(i32 {clock}, ptr %time)
  %s = load i64, ptr %time, align 8
  %at = getelementptr i8, ptr %time, i64 8
  %n = load i64, ptr %at, align 8
  %b = mul i64 %s, 1000000000
  %t = add i64 %b, %n
  ret i64 %t
}}
"""
_NO_CLOCK = """
define internal i64 @now() {
  ret i64 0
}
"""
_CLOCKS = {"linux": 1, "darwin": 6}  # the number of the monotonic one
_NAPS = """
declare {returns} @{sleep}(i32)
define internal void @wait(ptr %word, i32 %seen) {{
  call {returns} @{sleep}(i32 {time})
  ret void
}}
define internal void @wake(ptr %word) {{
  ret void
}}
"""

_SHARED = """
@pool = internal global ptr null

define void @{share}_by(ptr %pool) {{
  store ptr %pool, ptr @pool, align 8
  ret void
}}

define void @{share}(ptr %piece, ptr %arguments, i64 %pieces) {{
entry:
  %pool = load ptr, ptr @pool, align 8
  %none = icmp eq ptr %pool, null
  br i1 %none, label %alone, label %count
count:
  %at.threads = getelementptr i8, ptr %pool, i64 {threads}
  %threads = load atomic i64, ptr %at.threads monotonic, align 8
  %single = icmp sle i64 %threads, 1
  br i1 %single, label %alone, label %ask
ask:
  %at.busy = getelementptr i8, ptr %pool, i64 {busy}
  %asked = cmpxchg ptr %at.busy, i32 0, i32 1 seq_cst seq_cst
  %mine = extractvalue {{ i32, i1 }} %asked, 1
  br i1 %mine, label %rested, label %alone
rested:
  %at.alone = getelementptr i8, ptr %pool, i64 {alone}
  %at.next = getelementptr i8, ptr %pool, i64 {next_alone}
  %left = load i64, ptr %at.alone, align 8
  %disturbed = icmp sgt i64 %left, 0
  br i1 %disturbed, label %rest_on, label %publish
rest_on:
  %less = sub i64 %left, 1
  store i64 %less, ptr %at.alone, align 8
  store atomic i32 0, ptr %at.busy seq_cst, align 4
  br label %alone
alone:
  call void %piece(ptr %arguments, i64 0, i64 %pieces, i64 0)
  ret void
publish:
  %at.piece = getelementptr i8, ptr %pool, i64 {piece}
  store ptr %piece, ptr %at.piece, align 8
  %at.arguments = getelementptr i8, ptr %pool, i64 {arguments}
  store ptr %arguments, ptr %at.arguments, align 8
  %at.done = getelementptr i8, ptr %pool, i64 {done}
  store atomic i32 0, ptr %at.done monotonic, align 4
  %at.waiting = getelementptr i8, ptr %pool, i64 {waiting}
  store atomic i32 0, ptr %at.waiting monotonic, align 4
  %ticket = shl i64 %pieces, {level}
  %at.ticket = getelementptr i8, ptr %pool, i64 {ticket}
  store atomic i64 %ticket, ptr %at.ticket release, align 8
  %at.round = getelementptr i8, ptr %pool, i64 {round}
  %round = atomicrmw add ptr %at.round, i32 1 seq_cst
  %at.sleepers = getelementptr i8, ptr %pool, i64 {sleepers}
  %sleepers = load atomic i32, ptr %at.sleepers seq_cst, align 4
  %asleep = icmp ne i32 %sleepers, 0
  br i1 %asleep, label %call, label %work
call:
  call void @wake(ptr %at.round)
  br label %work
work:
  %begun = call i64 @now()
  call void @take(ptr %pool, i64 0)
  %worked = call i64 @now()
  %count32 = trunc i64 %pieces to i32
  br label %look
look:
  %spins = phi i32 [0, %work], [%more, %again]
  %done = load atomic i32, ptr %at.done acquire, align 4
  %all = icmp eq i32 %done, %count32
  br i1 %all, label %end, label %not_yet
not_yet:
  call void @pause()
  %more = add i32 %spins, 1
  %enough = icmp sge i32 %more, {spins}
  br i1 %enough, label %rest, label %again
rest:
  store atomic i32 1, ptr %at.waiting seq_cst, align 4
  %seen = load atomic i32, ptr %at.done seq_cst, align 4
  %finished = icmp eq i32 %seen, %count32
  br i1 %finished, label %end, label %sleep
sleep:
  call void @wait(ptr %at.done, i32 %seen)
  br label %again
again:
  br label %look
end:
  %ended = call i64 @now()
  %own = sub i64 %worked, %begun
  %waited = sub i64 %ended, %worked
  %half = ashr i64 %own, 1
  %more_than_half = icmp sgt i64 %waited, %half
  %more_than_long = icmp sgt i64 %waited, {long}
  %held_up = and i1 %more_than_half, %more_than_long
  %count.now = load i64, ptr %at.next, align 8
  %larger = shl i64 %count.now, 2
  %many = icmp sgt i64 %larger, {most_alone}
  %grown = select i1 %many, i64 {most_alone}, i64 %larger
  %fewer = sub i64 %count.now, 1
  %few = icmp slt i64 %fewer, {fewest_alone}
  %shrunk = select i1 %few, i64 {fewest_alone}, i64 %fewer
  %next.count = select i1 %held_up, i64 %grown, i64 %shrunk
  %to_rest = select i1 %held_up, i64 %count.now, i64 0
  store i64 %next.count, ptr %at.next, align 8
  store i64 %to_rest, ptr %at.alone, align 8
  store atomic i32 0, ptr %at.busy seq_cst, align 4
  ret void
}}

define internal void @take(ptr %pool, i64 %worker) {{
entry:
  %at.ticket = getelementptr i8, ptr %pool, i64 {ticket}
  br label %ask
ask:
  %known = load atomic i64, ptr %at.ticket acquire, align 8
  %all.known = lshr i64 %known, {level}
  %next.known = and i64 %known, {mask}
  %open = icmp ult i64 %next.known, %all.known
  br i1 %open, label %grab, label %end
grab:
  %ticket = atomicrmw add ptr %at.ticket, i64 1 acq_rel
  %all = lshr i64 %ticket, {level}
  %next = and i64 %ticket, {mask}
  %granted = icmp ult i64 %next, %all
  br i1 %granted, label %run, label %end
run:
  %at.piece = getelementptr i8, ptr %pool, i64 {piece}
  %piece = load ptr, ptr %at.piece, align 8
  %at.arguments = getelementptr i8, ptr %pool, i64 {arguments}
  %arguments = load ptr, ptr %at.arguments, align 8
  %after = add i64 %next, 1
  call void %piece(ptr %arguments, i64 %next, i64 %after, i64 %worker)
  %at.waiting = getelementptr i8, ptr %pool, i64 {waiting}
  %at.done = getelementptr i8, ptr %pool, i64 {done}
  %before = atomicrmw add ptr %at.done, i32 1 seq_cst
  %count = add i32 %before, 1
  %all32 = trunc i64 %all to i32
  %last = icmp eq i32 %count, %all32
  br i1 %last, label %tell, label %ask
tell:
  %waiting = load atomic i32, ptr %at.waiting seq_cst, align 4
  %waits = icmp ne i32 %waiting, 0
  br i1 %waits, label %wake, label %end
wake:
  call void @wake(ptr %at.done)
  br label %end
end:
  ret void
}}

define void @{share}_work(ptr %pool, i64 %worker) {{
entry:
  %at.round = getelementptr i8, ptr %pool, i64 {round}
  %at.sleepers = getelementptr i8, ptr %pool, i64 {sleepers}
  %at.threads = getelementptr i8, ptr %pool, i64 {threads}
  br label %begin
begin:
  %round = load atomic i32, ptr %at.round seq_cst, align 4
  %threads = load atomic i64, ptr %at.threads monotonic, align 8
  %wanted = icmp slt i64 %worker, %threads
  br i1 %wanted, label %work, label %park
work:
  call void @take(ptr %pool, i64 %worker)
  br label %look
look:
  %spins = phi i32 [0, %work], [%more, %not_yet]
  %now = load atomic i32, ptr %at.round seq_cst, align 4
  %new = icmp ne i32 %now, %round
  br i1 %new, label %begin, label %not_yet
not_yet:
  call void @pause()
  %more = add i32 %spins, 1
  %enough = icmp sge i32 %more, {spins}
  br i1 %enough, label %park, label %look
park:
  %b = atomicrmw add ptr %at.sleepers, i32 1 seq_cst
  call void @wait(ptr %at.round, i32 %round)
  %a = atomicrmw sub ptr %at.sleepers, i32 1 seq_cst
  br label %begin
}}
"""
_PAUSES = {"x86": "call void @llvm.x86.sse2.pause()", "aarch64": "call void @llvm.aarch64.hint(i32 1)"}
_PAUSE_DECLARATIONS = {"x86": "declare void @llvm.x86.sse2.pause()", "aarch64": "declare void @llvm.aarch64.hint(i32)"}


def _text() -> str:
    """The module of what threads do."""
    processor = platform.machine().lower()
    if sys.platform == "linux" and processor in _FUTEX_CALLS:
        parking = _FUTEX.format(call=_FUTEX_CALLS[processor])
    elif sys.platform == "win32":
        parking = _NAPS.format(returns="void", sleep="Sleep", time=0)
    else:
        parking = _NAPS.format(returns="i32", sleep="usleep", time=20)
    family = {"x86_64": "x86", "amd64": "x86", "arm64": "aarch64", "aarch64": "aarch64"}.get(processor, "")
    pause = f"{_PAUSE_DECLARATIONS.get(family, '')}\ndefine internal void @pause() {{\n"
    pause += f"  {_PAUSES.get(family, '')}\n  ret void\n}}\n"
    places = {
        "ticket": _TICKET,
        "done": _DONE,
        "round": _ROUND,
        "sleepers": _SLEEPERS,
        "busy": _BUSY,
        "waiting": _WAITING,
        "piece": _PIECE,
        "arguments": _ARGUMENTS,
        "threads": _THREADS,
        "alone": _ALONE,
        "next_alone": _NEXT_ALONE,
        "long": _LONG,
        "fewest_alone": _FEWEST_ALONE,
        "most_alone": _MOST_ALONE,
    }
    shared = _SHARED.format(share=SHARE, spins=_SPINS, level=_LEVEL, mask=(1 << _LEVEL) - 1, **places)
    clock = _CLOCK.format(clock=_CLOCKS[sys.platform]) if sys.platform in _CLOCKS else _NO_CLOCK
    return parking + clock + pause + shared


class _Pool:
    """The threads of a process, and what they look at."""

    def __init__(self) -> None:
        text = _text()
        self.library = llvm_loader.Library(cache.code_of(cache.key_of_text(text), lambda: text))
        llvm_loader.add_symbol(SHARE, self.library.address(SHARE))
        self._begin = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(self.library.address(f"{SHARE}_by"))
        self._work = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(self.library.address(f"{SHARE}_work"))
        self.without_threads()

    def without_threads(self) -> None:
        """None but the caller; those of before keep what they look at."""
        self.started = 1
        self._memory: Any = np.zeros(_SIZE + 128, np.uint8)
        self.pointer = self._memory.ctypes.data + -self._memory.ctypes.data % 128
        ctypes.c_int64.from_address(self.pointer + _NEXT_ALONE).value = _FEWEST_ALONE
        self.set_threads(1)
        self._begin(self.pointer)

    def set_threads(self, count: int) -> None:
        ctypes.c_int64.from_address(self.pointer + _THREADS).value = count
        while self.started < count:
            arguments = (self.pointer, self.started, self._memory)
            threading.Thread(target=self._wait, args=arguments, daemon=True, name="chainrule").start()
            self.started += 1

    def _wait(self, pointer: int, number: int, keep: Any) -> None:
        self._work(pointer, number)


_lock = new_lock()
_pools: list[_Pool] = []
_wanted: list[int] = []


def ready() -> None:
    """Let the code of kernels that are shared find the threads: before it is linked."""
    with _lock:
        if not _pools:
            _pools.append(_Pool())
            in_forked_child(_alone_in_child)
            _pools[0].set_threads(get_num_threads())


def _alone_in_child() -> None:
    _wanted[:] = [1]
    _pools[0].without_threads()


@functools.cache
def _usual() -> int:
    """As many as there are cores for this process, and not more than OMP_NUM_THREADS."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    given = os.environ.get("OMP_NUM_THREADS", "").split(",")[0].strip()
    return max(1, min(cores, llvm_loader.MOST_THREADS, int(given) if given.isdecimal() else llvm_loader.MOST_THREADS))


def get_num_threads() -> int:
    """How many threads compute a jitted function together, the caller among them.

    Examples
    --------
    >>> get_num_threads() >= 1
    True
    """
    return _wanted[0] if _wanted else _usual()


def set_num_threads(count: int) -> None:
    """Let so many threads compute each jitted function together, the caller among them.

    Results have the same bits for any number. By default there are as many as cores that this process may use, or as
    ``OMP_NUM_THREADS`` says; work of less than about 100 us is always done by the caller. A forked child has one thread
    until it sets another number.

    Parameters
    ----------
    count : int
        1 or more; more than the machine has cores are as many as cores.

    Raises
    ------
    ArgumentError
        If it is no whole number above 0.

    Examples
    --------
    >>> set_num_threads(1)
    >>> get_num_threads()
    1
    """
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise ArgumentError("a number of threads is a whole number, 1 or more", got=f"{count!r}")
    with _lock:
        _wanted[:] = [min(int(count), llvm_loader.MOST_THREADS)]
        if _pools:
            _pools[0].set_threads(_wanted[0])
