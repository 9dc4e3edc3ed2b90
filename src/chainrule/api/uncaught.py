"""An error that ends a program, or a cell of a notebook, leaves its graph for `chainrule last`.

The hooks are set when a trace fails for the first time, never before, and hand on to those that they found.
"""

from __future__ import annotations

import contextlib
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any

from ..errors.fields import fields_of
from .drawing import drawing

_OURS = "_leaves_its_graph"


def watch() -> None:
    """Look at what is raised and not caught from now on."""
    if not hasattr(sys.excepthook, _OURS):
        sys.excepthook = _handing_on(sys.excepthook, lambda kind, error, traceback: error)
    if not hasattr(threading.excepthook, _OURS):
        threading.excepthook = _handing_on(threading.excepthook, lambda arguments: arguments.exc_value)
    shell = _shell()
    if shell is not None and not any(hasattr(each, _OURS) for each in shell.events.callbacks["post_run_cell"]):
        shell.events.register("post_run_cell", _after_cell)


def _handing_on(before: Callable[..., Any], error_of: Callable[..., Any]) -> Any:
    def hook(*arguments: Any) -> None:
        leave(error_of(*arguments))
        before(*arguments)

    setattr(hook, _OURS, True)
    return hook


def _shell() -> Any:
    """IPython's, where the program runs in one."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def _after_cell(result: Any) -> None:
    leave(result.error_in_exec)


setattr(_after_cell, _OURS, True)


def _text(error: Exception) -> str:
    """As it stands at the end of a traceback."""
    return "".join(traceback.format_exception_only(error)).rstrip()


def leave(error: BaseException | None) -> bool:
    """Write down the graph of an error, or of the one behind it; tells whether it has, and raises nothing."""
    seen: set[int] = set()
    while isinstance(error, Exception) and id(error) not in seen:
        seen.add(id(error))
        graph: Any = getattr(error, "__dict__", {}).get("graph")
        if hasattr(graph, "is_of"):
            with contextlib.suppress(Exception):
                fields = fields_of(error) | {"text": _text(error)}
                return drawing().keep(graph.data, graph.values.by_number, fields)
            return False
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return False
