"""Who asks a module for a name, and for what: read from the frame that does."""

from __future__ import annotations

import dis
import sys
from collections.abc import Iterator
from types import CodeType, FrameType

# They get what they always get.
LIBRARIES = frozenset(
    {"chainrule", "numpy", "scipy", "pandas", "matplotlib", "sklearn", "numba", "torch", "jax", "jaxlib", "tensorflow"}
)

UFUNC_METHODS = ("reduce", "accumulate", "reduceat", "outer", "at")

Loads = dict[int, tuple[str, bool]]  # by the offset of the instruction: the name, and whether a call is the next thing
_files: dict[str, bool] = {}  # whether they are of a library
_loads: dict[int, tuple[CodeType, Loads]] = {}  # by the code's id; the code is kept, so that the id stays its own
_NULL_BEFORE = sys.version_info < (3, 13)  # where Python puts the mark of a call on its stack


def is_library(frame: FrameType) -> bool:
    """Whether the frame's code is of one of the LIBRARIES; the examples in their docstrings are a user's."""
    file = frame.f_code.co_filename
    known = _files.get(file)
    if known is None:
        name = frame.f_globals.get("__name__")
        known = isinstance(name, str) and name.partition(".")[0] in LIBRARIES and not file.startswith("<doctest")
        if not file.startswith("<"):  # else many modules may have code of one such name
            _files[file] = known
    return known


def asks(frame: FrameType, name: str, to_call: bool) -> bool:
    """Whether a user's code asks for an attribute of that name; `to_call`: as in `np.exp(x)`, not `f is np.exp`.

    Compiled code has no frame of its own. What it asks for seems to be asked for by the frame that called it, whose
    instruction is a call then; it must get what it always gets, as it takes an ndarray for granted.
    """
    code = frame.f_code
    known = _loads.get(id(code))
    if known is None:
        if len(_loads) > 10_000:
            _loads.clear()
        known = _loads[id(code)] = code, {} if is_library(frame) else dict(_loads_in(code))
    found = known[1].get(frame.f_lasti)
    return found is not None and found[0] == name and (found[1] or not to_call)


def _loads_in(code: CodeType) -> Iterator[tuple[int, tuple[str, bool]]]:
    """For each instruction that loads an attribute: its offset, the name, and whether a call is the next thing.

    Of a ufunc's method, too.
    """
    instructions = [i for i in dis.get_instructions(code) if i.opname not in ("EXTENDED_ARG", "CACHE")]
    for k, instruction in enumerate(instructions):
        match instruction.opname:
            case "LOAD_METHOD":
                called = True
            case "LOAD_ATTR":
                called = _marks_a_call(instructions, k) or _leads_to_a_method(instructions, k)
            case "IMPORT_FROM":
                called = False
            case _:
                continue
        yield instruction.offset, (str(instruction.argval), called)


def _leads_to_a_method(instructions: list[dis.Instruction], k: int) -> bool:
    """Whether the next thing is a ufunc's method, as in np.maximum.reduce."""
    after = instructions[k + 1 : k + 2]
    return bool(after) and after[0].opname in ("LOAD_METHOD", "LOAD_ATTR") and after[0].argval in UFUNC_METHODS


def _marks_a_call(instructions: list[dis.Instruction], k: int) -> bool:
    if sys.version_info >= (3, 12) and (instructions[k].arg or 0) & 1:
        return True
    if not _NULL_BEFORE:
        return k + 1 < len(instructions) and instructions[k + 1].opname == "PUSH_NULL"
    before = instructions[k - 1] if k else None
    if before is None or not before.opname.startswith("LOAD_"):
        return False
    if before.opname == "LOAD_GLOBAL":
        return bool((before.arg or 0) & 1)
    return k > 1 and instructions[k - 2].opname == "PUSH_NULL"
