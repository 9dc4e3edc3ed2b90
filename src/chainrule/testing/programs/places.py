"""What may stand in the places of a template: literals, arrays that are there, and what fits an array."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

_WRAPPED = ("np.sin({})", "np.tanh({})", "(0.5 * {})", "(-{})", "{}[::-1]", "(1.0 - {})", "np.cos({})")


class Unfit(Exception):
    """Nothing there fits into a place of a template."""


class Filled(NamedTuple):
    """What stands in a place."""

    text: str
    value: Any


class Places:
    """Draws from names and their values; `draw_axis(a, text)` is what `$axis(a)` stands for.

    Parameters
    ----------
    rng : Generator
    """

    def __init__(self, rng: np.random.Generator):
        self.rng = rng
        self.names: list[str] = []
        self.environment: dict[str, Any] = {}

    # Choices

    def below(self, n: int) -> int:
        return int(self.rng.integers(n))

    def chosen(self, several: Sequence[Any]) -> Any:
        if not len(several):
            raise Unfit
        return several[self.below(len(several))]

    def chance(self, share: float) -> bool:
        return self.rng.random() < share

    def recent(self, names: Sequence[str]) -> str:
        """One of some names, the later ones more often."""
        if not names:
            raise Unfit
        return names[-1 - min(self.below(len(names)), self.below(len(names)))]

    def those(self, fits: Callable[[Any], bool]) -> list[str]:
        return [name for name in self.names if name in self.environment and fits(self.environment[name])]

    def value(self, text: str) -> Any:
        with np.errstate(all="ignore"):
            return eval(text, self.environment)

    # Literals

    def draw_bool(self) -> str:
        return self.chosen(("True", "False"))

    def draw_x(self) -> str:
        return f"{self.chosen((-1, 1)) * self.rng.uniform(0.1, 1.5):.2f}"

    def draw_p(self) -> str:
        """A positive number."""
        return f"{self.rng.uniform(0.3, 1.6):.2f}"

    def draw_i(self) -> str:
        return str(1 + self.below(3))

    def draw_padding(self) -> str:
        return self.chosen(("edge", "reflect", "symmetric", "wrap", "constant"))

    # Arrays

    def filled(self, text: str) -> Filled:
        return Filled(text, self.value(text))

    def array(self, fits: Callable[[np.ndarray], bool], wrapped: float = 0.2) -> Filled:
        name = self.recent(self.those(lambda a: is_array(a) and a.size > 0 and fits(a)))
        if self.chance(wrapped):
            return self.filled(self.chosen(_WRAPPED).format(name))
        return self.filled(name)

    def draw_a(self) -> Filled:
        return self.array(lambda a: a.ndim > 0)

    def draw_v(self) -> Filled:
        """A vector."""
        try:
            return self.array(lambda a: a.ndim == 1 and a.size > 1)
        except Unfit:
            return self.filled(f"np.ravel({self.array(lambda a: a.size > 1, 0).text})")

    def draw_m(self) -> Filled:
        """A matrix."""
        try:
            return self.array(lambda a: a.ndim == 2 and min(a.shape) > 1)
        except Unfit:
            v = self.array(lambda a: a.ndim == 1 and 1 < a.size < 6, 0).text
            return self.filled(f"np.outer({v}, np.cos({v}))")

    def draw_q(self) -> Filled:
        """A square matrix."""
        try:
            return self.array(lambda a: a.ndim == 2 and 1 < a.shape[0] == a.shape[1])
        except Unfit:
            m = self.array(lambda a: a.ndim == 2 and min(a.shape) > 1, 0).text
            return self.filled(self.chosen((f"({m} @ {m}.T)", f"({m}.T @ np.sin({m}))")))

    def draw_regular(self) -> Filled:
        """A square matrix of which the inverse is moderate."""
        q = self.draw_q()
        n = len(q.value)
        return self.filled(f"(np.diag(np.arange({n}) + 1.5) + 0.4 * np.tanh({q.text}))")

    def draw_symmetric(self) -> Filled:
        """A symmetric matrix of positive and distinct eigenvalues."""
        q = self.draw_q()
        n = len(q.value)
        return self.filled(f"(np.diag(np.arange({n}) + 1.5) + 0.2 * np.tanh({q.text} + {q.text}.T))")

    def draw_c(self) -> Filled:
        """A cube."""
        try:
            return self.array(lambda a: a.ndim == 3)
        except Unfit:
            m = self.draw_m().text
            return self.filled(f"np.stack([{m}, np.sin({m})])")

    def draw_t(self) -> Filled:
        """An array that may be written into."""
        return self.array(lambda a: a.ndim > 0 and a.size > 1 and a.flags.writeable, 0)

    def draw_tv(self) -> Filled:
        return self.array(lambda a: a.ndim == 1 and a.size > 1 and a.flags.writeable, 0)

    def draw_tm(self) -> Filled:
        return self.array(lambda a: a.ndim == 2 and min(a.shape) > 1 and a.flags.writeable, 0)

    def draw_list(self) -> Filled:
        return self.filled(self.recent(self.those(lambda a: isinstance(a, list) and len(a) > 1)))

    def draw_dict(self) -> Filled:
        return self.filled(self.recent(self.those(lambda a: isinstance(a, dict))))

    def draw_s(self) -> Filled:
        """A number."""
        kind = self.below(8)
        if kind < 4:
            names = self.those(lambda a: is_number(a))
            if names:
                return self.filled(self.recent(names))
        if kind < 7:
            v = self.draw_v()
            return self.filled(f"{v.text}[{self.draw_index(v.value)}]")
        return self.filled(self.draw_x())

    def draw_zero(self) -> Filled:
        """An array of no axes, which may be written into."""
        return self.filled(self.recent(self.those(lambda a: is_array(a) and a.ndim == 0)))

    # What fits an array

    def draw_like(self, a: Any, text: str = "") -> Filled:
        """An array of the same shape."""
        names = self.those(lambda b: is_array(b) and b.shape == np.shape(a))
        if names and self.chance(0.7):
            return self.filled(self.recent(names))
        return self.filled(self.chosen(_WRAPPED[:2]).format(text))

    def draw_fits(self, a: Any, text: str = "") -> Filled:
        """What can be written into an array: something of its shape, a number, something that broadcasts to it."""
        kind = self.below(6)
        if kind == 0:
            return self.draw_s()
        names = self.those(lambda b: is_array(b) and broadcasts(np.shape(b), np.shape(a)))
        if names:
            name = self.recent(names)
            return self.filled(self.chosen(("{}", "np.sin({})", "0.3 * {}", "np.tanh({})")).format(name))
        return self.draw_s()

    def draw_part(self, a: np.ndarray, text: str = "") -> Filled:
        """A piece of an array by slices and integers: itself an array, and not empty."""
        for _ in range(8):
            index = ", ".join(self.sliced(n) for n in a.shape[: 1 + self.below(a.ndim)])
            kind = self.below(8)
            if kind == 0:
                index += ", None"
            elif kind == 1:
                index = f"..., {self.sliced(a.shape[-1])}"
            piece = self.filled(f"{text}[{index}]")
            if np.ndim(piece.value) and np.size(piece.value):
                return piece
        raise Unfit

    def sliced(self, n: int) -> str:
        kind = self.below(7)
        if kind == 0:
            return str(self.draw_index(np.zeros(n)))
        start, stop = sorted(self.rng.choice(n + 1, 2, replace=False).tolist()) if n > 1 else (0, 1)
        return (
            ":",
            f"{start}:",
            f"{start}:{stop}",
            f":{stop}" if stop else ":",
            f"{start - n or ''}::{1 + self.below(2)}",
            "::-1",
            f"{stop - 1}::-{1 + self.below(2)}",
        )[kind]

    def draw_index(self, v: Any, text: str = "") -> str:
        """The place of an entry along the first axis."""
        n = len(v)
        if n < 1:
            raise Unfit
        return str(self.below(n) - n * self.below(2))

    def draw_places(self, v: Any, text: str = "") -> str:
        """Some places along the first axis, now and then one twice."""
        n = len(v)
        return str([self.below(n) - n * (self.below(4) == 0) for _ in range(1 + self.below(4))])

    def draw_distinct(self, v: Any, text: str = "") -> str:
        n = len(v)
        return str(self.rng.permutation(n)[: 1 + self.below(n)].tolist())

    def draw_order(self, v: Any, text: str = "") -> str:
        return str(self.rng.permutation(len(v)).tolist())

    def draw_flat(self, a: Any, text: str = "") -> str:
        """Places in the flat order of an array."""
        return self.draw_distinct(np.ravel(a))

    def draw_mask(self, a: Any, text: str = "") -> Filled:
        """A truth value for each entry, away from ties."""
        x = self.away_from(np.ravel(a))
        return self.filled(
            self.chosen((f"({text} > {x})", f"({text} <= {x})", f"~({text} < {x})", f"np.less({text}, {x})"))
        )

    def draw_compare(self) -> Filled:
        """A comparison of numbers, away from ties."""
        s = self.draw_s()
        if self.chance(0.2):
            v = self.draw_v()
            s = self.filled(f"{self.chosen(('np.sum', 'np.max', 'np.mean'))}({v.text})")
        x = self.away_from(np.ravel(s.value))
        text = self.chosen((f"{s.text} > {x}", f"{s.text} < {x}", f"{x} <= {s.text}", f"-9.0 < {s.text} < {x}"))
        return self.filled(text)

    def draw_away(self, a: Any, text: str = "") -> str:
        """A number away from all entries."""
        return self.away_from(np.ravel(a))

    def away_from(self, values: np.ndarray) -> str:
        """A number near some others, but none of them."""
        for _ in range(10):
            x = round(float(self.chosen(values.tolist())) + self.chosen((-1, 1)) * self.rng.uniform(0.05, 0.6), 2)
            if np.min(np.abs(values - x)) > 0.03:
                return str(x)
        raise Unfit

    def draw_axis(self, a: Any, text: str = "") -> str:
        return str(self.below(np.ndim(a)) - np.ndim(a) * self.below(2))

    def draw_axes(self, a: Any, text: str = "") -> str:
        """For reductions: one axis, several, or None."""
        kind = self.below(4)
        if kind == 0:
            return "None"
        if kind == 1 and np.ndim(a) > 1:
            return str(tuple(self.rng.permutation(np.ndim(a))[:2].tolist()))
        return self.draw_axis(a)

    def draw_shape(self, a: Any, text: str = "") -> str:
        return str(np.shape(a))

    def draw_wider(self, a: Any, text: str = "") -> str:
        """A shape that the array broadcasts to."""
        return str((self.chosen((2, 3)), *(self.chosen((2, 3)) if n == 1 else n for n in np.shape(a))))

    def draw_reshaped(self, a: Any, text: str = "") -> str:
        """Another shape of as many entries."""
        n = np.size(a)
        pairs = [(k, n // k) for k in range(1, n + 1) if n % k == 0]
        first, second = self.chosen(pairs)
        return str(self.chosen(((first, second), (-1,), (first, -1), (n,), (second, 1, first))))

    def draw_turned(self, a: Any, text: str = "") -> str:
        """An order of the axes."""
        return str(tuple(self.rng.permutation(np.ndim(a)).tolist()))

    def draw_size(self, a: Any, text: str = "") -> str:
        return str(np.size(a))

    def draw_length(self, a: Any, text: str = "") -> str:
        return str(len(a))

    def draw_right(self, m: Any, text: str = "") -> Filled:
        """What a matrix can be multiplied by."""
        n = np.shape(m)[-1]
        names = self.those(lambda a: is_array(a) and a.ndim in (1, 2) and a.shape[0] == n)
        return self.filled(self.recent(names) if names else f"np.linspace(-1.0, 1.0, {n})")


def is_array(a: Any) -> bool:
    return isinstance(a, np.ndarray) and a.dtype.kind == "f"


def is_number(a: Any) -> bool:
    return isinstance(a, (float, np.floating)) or (is_array(a) and a.ndim == 0)


def broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(shape, to) == to
    except ValueError:
        return False
