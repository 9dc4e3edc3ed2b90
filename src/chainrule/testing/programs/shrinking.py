"""A smaller program that is wrong in the same way: statements are left out while it stays so."""

from __future__ import annotations

from collections.abc import Callable

from .growth import RandomProgram
from .judgment import Judgment, judged


def shrunk(program: RandomProgram, judge: Callable[[RandomProgram], Judgment] = judged) -> RandomProgram:
    """The program without the statements that its outcome does not need; those in a loop or a branch stay together.

    Parameters
    ----------
    judge : callable
        What a smaller program must have the same outcome and kind by.
    """
    before = judge(program)
    head, statements = _statements(program.source)
    width = len(statements) // 2
    while width:
        found, k = False, len(statements) - width
        while k >= 0:  # what is used last goes first
            fewer = statements[:k] + statements[k + width :]
            smaller = program._replace(source="".join([*head, *fewer]))
            after = judge(smaller)
            if (after.outcome, after.kind) == (before.outcome, before.kind):
                program, statements, found = smaller, fewer, True
            k = min(k - 1, len(statements) - width)
        if width > 1 or not found:
            width //= 2
    return program


def _statements(source: str) -> tuple[list[str], list[str]]:
    """The lines to the head of the function, and its statements with what stands indented below them."""
    lines = source.splitlines(keepends=True)
    first = next(k for k, line in enumerate(lines) if line.startswith("def ")) + 1
    statements: list[str] = []
    for line in lines[first:]:
        if line.startswith("     ") or line.lstrip().startswith(("else:", "elif ")):
            statements[-1] += line
        else:
            statements.append(line)
    return lines[:first], statements
