"""A program under construction: its lines, and the values that they give when plain NumPy runs them.

A statement is a template with places to fill (`$v`, `$axis(v)`). What stands in a place is drawn from the names that
are there and their values at that moment, so that statements are legal by what the program has done so far. A statement
that fails, leaves the finite numbers of moderate size, or makes large arrays, is taken back.
"""

from __future__ import annotations

import re
import textwrap
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .places import Filled, Places, Unfit

HEAD = "import math\n\nimport numpy as np\nfrom scipy import special\n\n\n"
LARGEST, MOST_ENTRIES, MOST_AXES = 30.0, 36, 3

_PLACE = re.compile(r"\$([a-z]+)(\d*)(?:\(([a-z]+\d*)\))?")
_NUMBERED = re.compile(r"([a-z]+)(\d*)")
_LITERALS = ("bool", "x", "p", "i")  # each time another one


class Scene(Places):
    """The program so far.

    Parameters
    ----------
    rng : Generator
    arguments : mapping of str to float or array
    statement : callable
        Draws a template, for the bodies of loops and branches; it is told how deep they are nested.
    """

    def __init__(self, rng: np.random.Generator, arguments: dict[str, Any], statement: Callable[[Scene], str]):
        super().__init__(rng)
        self.arguments, self.statement = arguments, statement
        self.lines: list[str] = []
        self.names = list(arguments)
        self.count, self.depth = 0, 0
        self.environment = self.begun()

    # Running

    def begun(self) -> dict[str, Any]:
        copies = {
            name: value.copy() if isinstance(value, np.ndarray) else value for name, value in self.arguments.items()
        }
        environment: dict[str, Any] = {}
        run(HEAD, environment)
        return environment | copies

    def replayed(self) -> None:
        """The values of the lines so far, whatever has been tried meanwhile."""
        self.environment = self.begun()
        run("\n".join(self.lines), self.environment)

    def add(self, template: str) -> bool:
        """Fill a template and run it; whether it was legal and is now part of the program."""
        names, count = list(self.names), self.count
        try:
            text = self.fill(template)
            run(text, self.environment)
            self.judge()
        except Exception:  # whatever NumPy says to an attempt
            self.names, self.count = names, count
            self.replayed()
            return False
        self.lines.append(text)
        return True

    def judge(self) -> None:
        self.names = [name for name in self.names if name in self.environment]
        for name in self.names:
            for value in numbers_in(self.environment[name]):
                if value.size > MOST_ENTRIES or value.ndim > MOST_AXES or value.dtype.kind not in "fib":
                    raise Unfit(name)
                if value.dtype.kind == "f" and not np.all(np.abs(value) < LARGEST):
                    raise Unfit(name)

    # Templates

    def fill(self, template: str) -> str:
        """The text of a template; the same place twice is the same text."""
        known: dict[str, Filled] = {}

        def filled(kind: str, number: str, other: str | None) -> Filled:
            label = f"{kind}{number}({other})" if other else kind + number
            if label not in known:
                draw = getattr(self, f"draw_{kind}")
                if other:
                    if other not in known:
                        filled(*_NUMBERED.match(other).groups(), None)  # type: ignore[union-attr]
                    result = draw(known[other].value, known[other].text)
                else:
                    result = draw()
                known[label] = result if isinstance(result, Filled) else Filled(result, None)
                known.setdefault(kind + number, known[label])
            return known[label]

        def text(match: re.Match[str]) -> str:
            kind, number, other = match.groups()
            if kind == "body":
                return self.body(match.start() - template.rfind("\n", 0, match.start()) - 1)
            if kind in _LITERALS:
                return getattr(self, f"draw_{kind}")()
            return filled(kind, number, other).text

        return _PLACE.sub(text, template)

    def body(self, indent: int) -> str:
        """Some statements within another one; names that they make are not known after it."""
        names, lines = list(self.names), []
        self.depth += 1
        for _ in range(1 + self.below(3)):
            line = self.fill(self.statement(self))
            run(line, self.environment)
            lines.append(line)
        self.depth -= 1
        self.names = names
        return textwrap.indent("\n".join(lines), " " * indent).lstrip()

    def draw_new(self) -> Filled:
        self.count += 1
        name = f"v{self.count}"
        self.names.append(name)
        return Filled(name, None)


def run(text: str, environment: dict[str, Any]) -> None:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error", FutureWarning)  # of what NumPy will no longer allow
        warnings.simplefilter("error", SyntaxWarning)
        exec(compile(text, "<program>", "exec"), environment)


def numbers_in(value: Any) -> list[np.ndarray]:
    """All arrays in a value, nested or not."""
    if isinstance(value, (list, tuple)):
        return [a for each in value for a in numbers_in(each)]
    if isinstance(value, dict):
        return numbers_in(list(value.values()))
    return [np.asarray(value)]
