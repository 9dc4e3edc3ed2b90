"""Kinds of settings: what is a legal value, and how one is written on a command line."""

from __future__ import annotations

import abc
import math
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any, final


class Kind(abc.ABC):
    """A kind of setting.

    Attributes
    ----------
    placeholder : str
        What stands for a value in a help text.
    choices : sequence of str
        The names that are values, where there are names.
    """

    placeholder: str
    choices: Sequence[str] = ()

    @property
    @abc.abstractmethod
    def wanted(self) -> str:
        """What a value has to be: "a whole number, 1 or more"."""

    @abc.abstractmethod
    def is_legal(self, value: Any) -> bool: ...

    def wanted_instead_of(self, value: Any) -> str:
        """The same, for someone who has given this value."""
        return self.wanted

    def kept(self, value: Any) -> Any:
        """A legal value as it is kept."""
        return value

    def parsed(self, text: str) -> Any:
        """The value that a text stands for, legal or not."""
        try:
            return tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            return text


@final
class Whole(Kind):
    """A whole number within bounds."""

    placeholder = "N"

    def __init__(self, least: int, most: int | None = None):
        self.least, self.most = least, most

    @property
    def wanted(self) -> str:
        if self.most is None:
            return f"a whole number, {self.least} or more"
        return f"a whole number from {self.least} to {self.most}"

    def is_legal(self, value: Any) -> bool:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return is_whole and value >= self.least and (self.most is None or value <= self.most)


@final
class Number(Kind):
    """A finite number within bounds.

    Examples
    --------
    >>> Number(least=0, below=1).wanted
    'a number below 1, 0 or more'
    """

    placeholder = "X"

    def __init__(self, least: float = -math.inf, above: float = -math.inf, below: float = math.inf):
        self.least, self.above, self.below = least, above, below

    @property
    def wanted(self) -> str:
        bounds = [f"above {self.above:g}"] * (self.above > -math.inf)
        bounds += [f"below {self.below:g}"] * (self.below < math.inf)
        number = " ".join(["a number", " and ".join(bounds)]).strip()
        return f"{number}, {self.least:g} or more" if self.least > -math.inf else number

    def is_legal(self, value: Any) -> bool:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
        return is_number and value >= self.least and self.above < value < self.below

    def kept(self, value: Any) -> float:
        return float(value)


@final
class Text(Kind):
    """Any text but the empty one."""

    def __init__(self, placeholder: str = "TEXT"):
        self.placeholder = placeholder

    @property
    def wanted(self) -> str:
        return "a text"

    def is_legal(self, value: Any) -> bool:
        return isinstance(value, str) and bool(value)

    def parsed(self, text: str) -> str:
        return text


@final
class OneOf(Kind):
    """One of some names."""

    placeholder = "NAME"

    def __init__(self, *names: str):
        self.choices = names

    @property
    def wanted(self) -> str:
        return f"one of {', '.join(self.choices)}"

    def is_legal(self, value: Any) -> bool:
        return value in self.choices

    def parsed(self, text: str) -> str:
        return text


@final
class YesOrNo(Kind):
    """true or false."""

    placeholder = "BOOLEAN"
    choices = ("true", "false")

    @property
    def wanted(self) -> str:
        return "true or false"

    def is_legal(self, value: Any) -> bool:
        return isinstance(value, bool)


@final
class Several(Kind):
    """A list; in a text, commas stand between its items."""

    def __init__(self, item: Kind):
        self.item = item
        self.placeholder, self.choices = f"{item.placeholder},...", item.choices

    @property
    def wanted(self) -> str:
        return f"a list, each item {self.item.wanted}"

    def is_legal(self, value: Any) -> bool:
        return isinstance(value, (list, tuple)) and all(map(self.item.is_legal, value))

    def kept(self, value: Any) -> tuple[Any, ...]:
        return tuple(map(self.item.kept, value))

    def parsed(self, text: str) -> list[Any]:
        return [self.item.parsed(part.strip()) for part in text.split(",")] if text.strip() else []


@final
class Perhaps(Kind):
    """A value, or none."""

    def __init__(self, kind: Kind):
        self.kind = kind
        self.placeholder, self.choices = kind.placeholder, kind.choices

    @property
    def wanted(self) -> str:
        return self.kind.wanted

    def is_legal(self, value: Any) -> bool:
        return value is None or self.kind.is_legal(value)

    def kept(self, value: Any) -> Any:
        return None if value is None else self.kind.kept(value)

    def parsed(self, text: str) -> Any:
        return self.kind.parsed(text)


@final
class Entry(Kind):
    """A name in a catalogue, or {"name": ...} with settings of that entry; as a text, name:setting=value,...

    Examples
    --------
    >>> from chainrule.optimizers import OPTIMIZERS
    >>> Entry(OPTIMIZERS).parsed("momentum:momentum=0.8")
    {'name': 'momentum', 'momentum': 0.8}
    """

    placeholder = "NAME"

    def __init__(self, catalogue: Mapping[str, Any], *others: str):
        self.catalogue, self.choices = catalogue, (*others, *catalogue)

    @property
    def wanted(self) -> str:
        return f"one of {', '.join(self.choices)}"

    def wanted_instead_of(self, value: Any) -> str:
        entry = self.catalogue.get(str(value.get("name"))) if isinstance(value, Mapping) else None
        return (
            self.wanted if entry is None else f"{entry.name} with settings among {', '.join(entry.settings) or 'none'}"
        )

    def is_legal(self, value: Any) -> bool:
        if isinstance(value, str):
            return value in self.choices
        if not isinstance(value, Mapping):
            return False
        entry = self.catalogue.get(str(value.get("name")))
        return entry is not None and value.keys() - {"name"} <= entry.settings.keys()

    def kept(self, value: Any) -> Any:
        return value if isinstance(value, str) or len(value) > 1 else value["name"]

    def parsed(self, text: str) -> Any:
        name, colon, rest = text.partition(":")
        if not colon:
            return name
        pairs = (part.partition("=") for part in rest.split(","))
        return {"name": name, **{key.strip(): super(Entry, self).parsed(value.strip()) for key, _, value in pairs}}
