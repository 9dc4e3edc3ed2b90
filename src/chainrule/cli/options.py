"""How options are read: argparse, with one clear sentence for each mistake."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from typing import Any, NoReturn


class UsageError(Exception):
    """The command line makes no sense; `verb` is as much of it as did."""

    def __init__(self, verb: str, message: str):
        super().__init__(message)
        self.verb = verb


class Parser(argparse.ArgumentParser):
    """Options in full only, help as it is laid out, mistakes as UsageError."""

    def __init__(self, **settings: Any):
        super().__init__(allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **settings)

    def error(self, message: str) -> NoReturn:
        # The types below complete the sentence that argparse begins: "argument --epochs: is a whole number, not x".
        raise UsageError(self.prog, message.removeprefix("argument ").replace(": is ", " is ", 1))


def declare_general(parser: argparse.ArgumentParser) -> None:
    """Add what every verb takes, unless it has its own."""
    known = parser._option_string_actions
    if "--quiet" not in known:
        parser.add_argument("-q", "--quiet", action="store_true", help="say on stderr only what is wrong")
    if "--verbose" not in known:
        parser.add_argument("-v", "--verbose", action="store_true", help="say more, and show whole tracebacks")


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """A type for argparse: a whole number between bounds."""
    wanted = f"is a whole number, {least} or more" if most is None else f"is a whole number from {least} to {most}"

    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or value < least or (most is not None and value > most):
            raise argparse.ArgumentTypeError(f"{wanted}, not {text or 'nothing'}")
        return value

    return parse


def number(least: float = -math.inf, above: float = -math.inf) -> Callable[[str], float]:
    """A type for argparse: a finite number that is at least `least` and greater than `above`."""
    bound = f" above {above:g}" if above > -math.inf else f", {least:g} or more" if least > -math.inf else ""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and value >= least and value > above):
            raise argparse.ArgumentTypeError(f"is a number{bound}, not {text or 'nothing'}")
        return value

    return parse
