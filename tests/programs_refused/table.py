"""The table of programs that cannot be supported: what each raises, on which line, in which words; and its cure."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import chainrule as cr

MARK = "  # here"


@dataclass
class Refused:
    """A program, the class of its error, the words that its parts must hold, and the program with the cure applied.

    The parts are what, got, wanted, try_; or the note, where the error is one of other code.
    """

    program: Callable[..., Any]
    error: type[Exception]
    words: dict[str, str]
    point: Any
    transform: Callable[..., Any]
    cure: Callable[..., Any] | None = None

    @property
    def file(self) -> str:
        return os.path.basename(self.program.__code__.co_filename)

    @property
    def source(self) -> str:
        return inspect.getsource(self.program).partition("def ")[2]

    @property
    def line(self) -> int:
        """The line that the error must name."""
        lines, first = inspect.getsourcelines(self.program)
        (marked,) = [number for number, text in enumerate(lines, first) if text.rstrip().endswith(MARK)]
        return marked


PROGRAMS: list[Refused] = []


def refused(
    error: type[Exception], point: Any, *, transform: Callable[..., Any] = cr.grad, **words: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a program into the table: at this point, this error, with these words in its what, wanted, try_."""

    def enter(program: Callable[..., Any]) -> Callable[..., Any]:
        PROGRAMS.append(Refused(program, error, words, point, transform))
        return program

    return enter


def cure_of(program: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter the same program as the error says to write it."""

    def enter(cured: Callable[..., Any]) -> Callable[..., Any]:
        (entry,) = [entry for entry in PROGRAMS if entry.program is program]
        entry.cure = cured
        return cured

    return enter
