"""Machine code on disk, so that another process starts at once.

An entry is found by what it was made from: the graph with its constants, this CPU, the versions of LLVM and of
chainrule. It is written beside and moved into place, so a killed process leaves none or a whole one, and it holds a
digest of itself, so a damaged one is made anew. Where there is no place for it, nothing is kept, and that is said once.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ..errors import ChainruleWarning
from ..graph import Graph
from . import llvm_loader
from .factorizations import is_factorization

_MAGIC = b"chainrule native code 1\n"
_DIGEST = 32  # bytes
_MOST_BYTES = 1 << 30  # of all entries; then the oldest ones go
_SUFFIX = ".native"
_LOOKS = 32  # at all entries, while as much is written as may be kept: a look takes as long as there are many


def directory() -> Path | None:
    """Where entries lie: $CHAINRULE_CACHE_DIR, or the cache of the user; None where there is none, or it is empty."""
    given = os.environ.get("CHAINRULE_CACHE_DIR")
    if given is not None:
        return Path(given) if given else None
    base = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME")
    if not base:
        with contextlib.suppress(RuntimeError):
            base = str(Path.home() / ".cache")
    return Path(base) / "chainrule" if base else None


def key_of(graph: Graph, donated: Sequence[int] = ()) -> str | None:
    """Equal for graphs whose machine code is the same; None where an operation has a recipe that is not ours."""
    digest = hashlib.sha256(repr(donated).encode())
    digest.update(_surroundings())
    for v in graph.variables:
        if v.operation is not None:
            if not _is_ours(v.operation):
                return None
            inputs = [u.number for u in v.inputs]
            row: Any = (
                *(v.operation.name, v.part, is_factorization(v)),
                *(_named(v.parameters), inputs, repr(v.type)),
            )
        elif v.is_constant and not v.shape:
            row = ("constant", repr(v.type), v.value.tobytes())
        else:
            row = ("constant" if v.is_constant else "input", repr(v.type))
        digest.update(repr(row).encode())
    digest.update(repr(([v.number for v in graph.inputs], [v.number for v in graph.outputs])).encode())
    return digest.hexdigest()


def key_of_text(text: str) -> str:
    """Of a module that is no graph's."""
    return hashlib.sha256(_surroundings() + text.encode()).hexdigest()


def _is_ours(operation: Any) -> bool:
    """Whether what makes its native code is a part of this package."""
    return all(f is None or f.__module__.startswith("chainrule.") for f in (operation.native, operation.lowered))


def _named(parameters: tuple[Any, ...]) -> list[Any]:
    """Graphs among the parameters by their own keys."""
    return [key_of(each.graph) if hasattr(each, "graph") else each for each in parameters]


@functools.cache
def _surroundings() -> bytes:
    """The CPU, the versions, and the code that writes code."""
    digest = hashlib.sha256()
    digest.update(repr((llvm_loader.machine(), llvm_loader.llvm_version())).encode())
    here = Path(__file__).parent
    for path in sorted([*here.rglob("*.py"), *(here.parent / "ops").rglob("*.py")]):
        digest.update(path.read_bytes())
    return digest.digest()


def load(key: str | None) -> bytes | None:
    """The machine code of an entry; None where there is none, or a damaged one."""
    place = directory()
    if place is None or key is None:
        return None
    path = place / (key + _SUFFIX)
    try:
        content = path.read_bytes()
    except OSError:
        return None
    start = len(_MAGIC) + _DIGEST
    code = content[start:]
    if content[: len(_MAGIC)] == _MAGIC and content[len(_MAGIC) : start] == hashlib.sha256(code).digest():
        with contextlib.suppress(OSError):
            os.utime(path)  # used: the oldest go first
        return code
    with contextlib.suppress(OSError):
        path.unlink()
    return None


def code_of(key: str | None, text: Callable[[], str]) -> bytes:
    """Machine code for a module: as it is kept, or made from its text and kept."""
    code = load(key)
    if code is None:
        code = llvm_loader.object_code(text())
        store(key, code)
    return code


def store(key: str | None, code: bytes) -> None:
    """Keep machine code; what cannot be written is not kept."""
    if key is None:
        return
    place = directory()
    if place is None:
        if os.environ.get("CHAINRULE_CACHE_DIR") is None:  # else nobody wants it
            _tell("there is no home directory")
        return
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=place, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + hashlib.sha256(code).digest() + code)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, place / (key + _SUFFIX))
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
        _prune_now_and_then(place, len(code))
    except OSError as error:
        _tell(str(error))


def entries() -> list[Path]:
    """The files of all entries, the oldest first."""
    place = directory()
    if place is None or not place.is_dir():
        return []
    return sorted(place.glob("*" + _SUFFIX), key=_age)


def total_bytes() -> int:
    """The size of all entries."""
    return sum(size for _, size in _sizes(entries()))


def clear() -> int:
    """Remove all entries, and what killed processes have left; how many entries there were."""
    found = entries()
    place = directory()
    for path in [*found, *(place.glob("*.part") if place is not None else ())]:
        with contextlib.suppress(OSError):
            path.unlink()
    return len(found)


_written: dict[Path, int] = {}  # bytes by this process since it last looked at all entries of a directory


def _prune_now_and_then(place: Path, written: int) -> None:
    """Look at all entries at the first writing of a process, and then whenever it has written a good part more."""
    since = _written.get(place)
    _written[place] = 0 if since is None else since + written
    if since is None or _written[place] > _MOST_BYTES // _LOOKS:
        _written[place] = 0
        _prune()


def _prune() -> None:
    sizes = list(_sizes(entries()))
    total = sum(size for _, size in sizes)
    for path, size in sizes:
        if total <= _MOST_BYTES:
            return
        with contextlib.suppress(OSError):
            path.unlink()
        total -= size


def _sizes(paths: list[Path]) -> Iterator[tuple[Path, int]]:
    for path in paths:
        with contextlib.suppress(OSError):
            yield path, path.stat().st_size


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


@functools.cache
def _tell(reason: str) -> None:
    warnings.warn(f"native code is not kept on disk: {reason}", ChainruleWarning, stacklevel=2)
