"""Whether a number is asked for only to be printed: of ``"%f" % x`` nothing but float(x) is seen."""

from __future__ import annotations

import dis
from types import FrameType

_BINARY = dis.opmap["BINARY_OP"]
_REMAINDERS = frozenset(
    each.arg
    for line in ("a % b", "a %= b")
    for each in dis.get_instructions(compile(line, "<remainder>", "exec"))
    if each.opcode == _BINARY
)


def is_formatting(frame: FrameType) -> bool:
    """Whether the frame is at an operator %, which asks numbers for a float only where it fills in a text."""
    code, at = frame.f_code.co_code, frame.f_lasti
    return code[at] == _BINARY and code[at + 1] in _REMAINDERS
