"""The one way of this room to llvmlite: from the text of a module to functions in memory, on the CPU that runs this."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, final

from ..lazy import LazyModule

llvm = LazyModule("llvmlite.binding")
_foreign = LazyModule("llvmlite.binding.ffi")
_lock = threading.RLock()  # while LLVM works
_ready: list[Machine] = []


def _let_forks_wait() -> None:
    """A fork waits until LLVM is at rest in all threads: a child would find the locks taken for ever."""
    if not hasattr(os, "register_at_fork"):
        return
    own = getattr(_foreign.lib, "_lock", None)  # of llvmlite, around each of its calls
    locks = [_lock, *([own] if own is not None else [])]

    def take() -> None:
        for lock in locks:
            lock.__enter__()

    def give_back() -> None:
        for lock in reversed(locks):
            lock.__exit__(None, None, None)

    os.register_at_fork(before=take, after_in_parent=give_back, after_in_child=give_back)


MOST_THREADS = min(os.cpu_count() or 1, 64)
_FIRST_KNOWN, _LAST_KNOWN = 15, 22  # versions of LLVM that have the option which is set here
_CODEGEN_LEVEL = 1  # the IR is explicit vector code: higher levels took twice the time and gave no faster code


class Machine(NamedTuple):
    """What code is made for."""

    triple: str
    cpu: str
    features: str
    vector_bytes: int  # of one register
    registers: int  # that hold vectors
    has_fma: bool
    threads: int  # that can be of use at once


def is_available() -> bool:
    """Whether llvmlite can be imported: it has no wheels for some platforms."""
    with _lock:
        try:
            return bool(llvm.llvm_version_info)
        except ImportError:
            return False


def machine() -> Machine:
    """This CPU; the first call starts LLVM."""
    with _lock:
        if not _ready:
            _let_forks_wait()
            llvm.initialize_native_target()
            llvm.initialize_native_asmprinter()
            found = llvm.get_host_cpu_features()
            wide = 64 if found.get("avx512f") else 32 if found.get("avx2") else 16
            features = found.flatten()
            is_arm = bool(found.get("neon") or found.get("fp-armv8"))
            registers = 32 if found.get("avx512f") or is_arm else 16
            fma = bool(found.get("fma")) or is_arm
            target = llvm.get_default_triple(), llvm.get_host_cpu_name(), features
            _ready.append(Machine(*target, wide, registers, fma, MOST_THREADS))
        return _ready[0]


def llvm_version() -> tuple[int, ...]:
    return tuple(llvm.llvm_version_info)


def add_symbols(addresses: Mapping[str, int]) -> None:
    """Let code that is linked from now on call functions of this process by these names."""
    with _lock:
        for name, address in addresses.items():
            llvm.add_symbol(name, address)


def object_code(text: str) -> bytes:
    """Machine code for a module's text.

    Raises
    ------
    RuntimeError
        LLVM's own message, where the text is not legal.
    """
    with _lock:
        target = _target_machine()
        module = llvm.parse_assembly(text)
        module.verify()
        with _without_strength_reduction():
            return target.emit_object(module)


@contextlib.contextmanager
def _without_strength_reduction() -> Iterator[None]:
    """LLVM without a pass that takes a fifth of its time, and gives no faster code: addresses are written by hand.

    It is an option of the whole process: others may make code, too, so it is set for as long as it is needed. LLVM
    ends the process where it does not know an option.
    """
    if not _FIRST_KNOWN <= llvm_version()[0] <= _LAST_KNOWN:
        yield
        return
    llvm.set_option("chainrule", "--disable-lsr=true")
    try:
        yield
    finally:
        llvm.set_option("chainrule", "--disable-lsr=false")


def add_symbol(name: str, address: int) -> None:
    """Let code that is loaded from now on find a function under a name."""
    with _lock:
        llvm.add_symbol(name, address)


def _target_machine() -> Any:
    this = machine()
    return llvm.Target.from_triple(this.triple).create_target_machine(
        cpu=this.cpu, features=this.features, opt=_CODEGEN_LEVEL, jit=True, codemodel="jitdefault", reloc="default"
    )


@final
class Library:
    """Machine code in memory; its functions live as long as it does."""

    __slots__ = ("_engine",)

    def __init__(self, code: bytes):
        with _lock:
            self._engine: Any = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target_machine())
            self._engine.add_object_file(llvm.ObjectFileRef.from_data(code))
            self._engine.finalize_object()

    def address(self, name: str) -> int:
        with _lock:
            return self._engine.get_function_address(name)
