"""An entry of a catalogue by its name, or by a mapping of the name and settings."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

from ..errors import ArgumentError


def named(choice: Any, known: Iterable[str], what: str, of: str = "") -> tuple[str, dict[str, Any]]:
    """The name that is meant, and the settings that came with it; `of` tells what the known ones are for.

    Raises
    ------
    ArgumentError
        If there is no name, or not this one.

    Examples
    --------
    >>> named({"name": "huber", "delta": 2.0}, ["huber", "squared"], "loss")
    ('huber', {'delta': 2.0})
    """
    settings = {"name": choice} if isinstance(choice, str) else dict(choice)
    name, names = settings.pop("name", None), list(known)
    if not isinstance(name, str) or name not in names:
        near = difflib.get_close_matches(name, names, 1) if isinstance(name, str) else []
        raise ArgumentError(
            f"there is no {what} {name!r}{of}" if name is not None else f'{what} with settings needs a "name"',
            got=None if name is not None else repr(choice),
            wanted=", ".join(names),
            try_=repr(near[0]) if near else None,
        )
    return name, settings
