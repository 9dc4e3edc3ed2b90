"""What the catalogues of this room have in common: names with settings, as a user or a file gives them."""

from __future__ import annotations

import difflib
import importlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self, TypeVar

import numpy as np

from ..errors import ArgumentError

Choice = Any  # a name, or a mapping of "name" and settings, or an entry


@dataclass(frozen=True)
class AbstractEntry:
    """One entry of a catalogue: a function under its name, with the constants that may be set."""

    name: str
    function: Callable[..., Any]
    formula: str
    source: str
    settings: Mapping[str, Any] = field(default_factory=dict)  # None: found for each layer
    catalogue: ClassVar[dict[str, Any]]  # where entries of its kind stand

    def __reduce__(self) -> Any:
        """By name where it is of the catalogue, whose entries hold functions that have none."""
        known = self.catalogue.get(self.name)
        if known is None or known != replace(self, settings=known.settings):
            return object.__reduce_ex__(self, 2)
        return _named, (type(self), self.name, self.function.__module__, dict(self.settings))

    def configured(self, **settings: Any) -> Self:
        """The same entry with other settings.

        Raises
        ------
        ArgumentError
            If a setting is unknown or no number of the right kind.
        """
        for name, value in settings.items():
            if name not in self.settings:
                raise ArgumentError(
                    f"{self.name} has no setting {name}", wanted=", ".join(self.settings) or "no settings"
                )
            _check(f"{name} of {self.name}", value, self.settings[name])
        return replace(self, settings={**self.settings, **settings})

    def to_document(self) -> Any:
        """The name, with the settings where there are any: plain values for JSON."""
        known = {name: value for name, value in self.settings.items() if value is not None}
        return {"name": self.name, **known} if known else self.name


def _named(cls: type[AbstractEntry], name: str, module: str, settings: dict[str, Any]) -> AbstractEntry:
    """An entry that has been pickled; one of a user's is declared by importing its module."""
    if name not in cls.catalogue:
        importlib.import_module(module)
    known = cls.catalogue[name]
    return known if known.settings == settings else replace(known, settings=settings)


AnyEntry = TypeVar("AnyEntry", bound=AbstractEntry)


def chosen(catalogue: Mapping[str, AnyEntry], choice: Choice, what: str) -> AnyEntry:
    """The entry that is meant by a name, or by a mapping such as {"name": "elu", "scale": 0.5}.

    Raises
    ------
    ArgumentError
        If there is no entry of this name, or it has no such setting.
    """
    if isinstance(choice, type(next(iter(catalogue.values())))):
        return choice
    settings = dict(choice) if isinstance(choice, Mapping) else {"name": choice}
    name = settings.pop("name", None)
    if not isinstance(name, str) or name not in catalogue:
        near = difflib.get_close_matches(name, catalogue, 1) if isinstance(name, str) else []
        raise ArgumentError(
            f"there is no {what} {choice!r}",
            wanted=", ".join(catalogue),
            try_=repr(near[0]) if near else None,
        )
    return catalogue[name].configured(**settings)


def _check(what: str, value: Any, default: Any) -> None:
    whole = isinstance(default, int)
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        right = False
    else:
        right = math.isfinite(value) and (not whole or (value == int(value) and value >= 1))
    if not right:
        wanted = "a whole number, 1 or more" if whole else "a finite number"
        raise ArgumentError(f"{what} is {wanted}", got=repr(value))
