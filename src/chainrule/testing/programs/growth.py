"""A random program: grown statement by statement while plain NumPy runs it, from a seed."""

from __future__ import annotations

import linecache
import textwrap
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .grammar import GRAMMAR
from .places import is_array, is_number
from .scene import HEAD, Scene, numbers_in

FEWEST, MOST = 8, 40  # statements
_ATTEMPTS = 6  # for each statement that is wanted
_DEEPEST = 2
_LEFT_OUT = 0.1  # of what a program has made: not every line has a use

_WEIGHTS = np.array([weight for weight, _ in GRAMMAR], float)
_WEIGHTS /= _WEIGHTS.sum()


class RandomProgram(NamedTuple):
    """The text of a function `program`, arguments for it, and others of the same shapes.

    The function returns a number, to differentiate, and a dict of all that it has made, to compare.
    """

    source: str
    arguments: tuple[Any, ...]
    others: tuple[Any, ...]
    seed: tuple[int, ...]
    statements: int = 0

    def __repr__(self) -> str:
        given = "".join(f"# {np.asarray(a).tolist()}\n" for a in self.arguments)
        return f"# seed {self.seed}, arguments\n{given}{self.source}"

    def compiled(self, wide: bool = False) -> Callable[..., Any]:
        """The function; in double precision throughout where `wide`."""
        source = self.source.replace("float32", "float64") if wide else self.source
        place = f"<program {' '.join(map(str, self.seed))}{' wide' if wide else ''}>"
        linecache.cache[place] = (len(source), None, source.splitlines(True), place)
        environment: dict[str, Any] = {"__name__": "random_program"}
        exec(compile(source, place, "exec"), environment)
        return environment["program"]

    @property
    def is_narrow(self) -> bool:
        """Whether some of it is computed in single precision."""
        return "float32" in self.source


def random_program(seed: Sequence[int], fewest: int = FEWEST, most: int = MOST) -> RandomProgram:
    """A legal program of some 8 to 40 statements; the same for the same seed."""
    rng = np.random.default_rng(seed)
    arguments, others = _arguments(rng), {}
    for name, value in arguments.items():
        others[name] = rng.normal(size=np.shape(value)) if np.ndim(value) else float(rng.normal())
    scene = Scene(rng, arguments, _statement)
    wanted = int(rng.integers(fewest, most + 1))
    for _ in range(_ATTEMPTS * wanted):
        if len(scene.lines) >= wanted:
            break
        scene.add(_statement(scene))
    lines = ["loss, made = 0.0, {}", *_ending(scene), "return loss, made"]
    body = textwrap.indent("\n".join([*scene.lines, *lines]), "    ")
    source = f"{HEAD}def program({', '.join(arguments)}):\n{body}\n"
    return RandomProgram(source, tuple(arguments.values()), tuple(others.values()), tuple(seed), len(scene.lines))


def _arguments(rng: np.random.Generator) -> dict[str, Any]:
    given: dict[str, Any] = {"x": rng.normal(size=int(rng.integers(2, 6)))}
    if rng.random() < 0.7:
        n = int(rng.integers(2, 4))
        given["y"] = rng.normal(size=(n, n if rng.random() < 0.4 else int(rng.integers(2, 4))))
    if rng.random() < 0.4:
        given["z"] = float(rng.normal())
    return given


def _statement(scene: Scene) -> str:
    while True:
        templates = GRAMMAR[int(scene.rng.choice(len(GRAMMAR), p=_WEIGHTS))][1]
        template = scene.chosen(templates)
        if "$body" not in template or scene.depth < _DEEPEST:
            return template


def _ending(scene: Scene) -> list[str]:
    """Everything counts, each entry with a weight of its own."""
    lines = []
    for name in scene.names:
        value = scene.environment[name]
        if not all(a.size for a in numbers_in(value)) or scene.chance(_LEFT_OUT):
            continue
        lines.append(f'made["{name}"] = {name}')
        lines += _counted(name, value)
    return lines


def _counted(name: str, value: Any) -> list[str]:
    if is_number(value):
        return [f"loss = loss + 0.7 * {name}"]
    if is_array(value):
        return [f"loss = loss + np.sum(np.cos(np.arange({name}.size) + 1.0).reshape({name}.shape) * {name})"]
    if isinstance(value, list):
        return [f"loss = loss + np.sum(np.array({name}) * 0.6)"]
    if isinstance(value, dict):
        return [f'loss = loss + np.sum({name}["{key}"]) * 0.4' for key in value]
    return []
