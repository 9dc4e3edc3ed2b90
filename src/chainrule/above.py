"""What a room does for the rooms below it, which do not know it: the package says which room, and whoever asks gets it.

`g.to_svg()` is a method of the face in `api`, and the work is done in `view`, which is above. The room is imported when
it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import Any

_rooms: dict[str, str] = {}


def provide(task: str, room: str) -> None:
    """Say which module does what a task needs."""
    _rooms[task] = room


def provider(task: str) -> Any:
    """The module that does it."""
    return importlib.import_module(_rooms[task])
