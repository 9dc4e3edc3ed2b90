"""The part of the program that is under way, as its author calls it: variables made there remember it."""

from __future__ import annotations

import itertools
import threading
from typing import Final

ScopePath = tuple[tuple[str, int], ...]  # from the outside in: the name, and a number of its own for each time entered

serials: Final = itertools.count()


class UnderWay(threading.local):
    """The scopes that have been entered and not yet left."""

    path: ScopePath = ()


under_way: Final = UnderWay()
