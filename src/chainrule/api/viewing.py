"""What `Graph.view` returns: a graph with its numbers that a notebook shows, and that can be saved or opened."""

from __future__ import annotations

import os
import tempfile
import webbrowser
from pathlib import Path
from typing import Any, final

from ..errors import ArgumentError
from .drawing import drawing

SUFFIXES = {".html": "html", ".svg": "svg"}


@final
class View:
    """A graph to be looked at."""

    def __init__(self, graph: Any, shown: tuple[Any, Any, Any], options: dict[str, Any]):
        self.graph, self._shown, self._options = graph, shown, options

    def __repr__(self) -> str:
        return f"<View of {self.graph!r}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """For notebooks; a host that asks for some types only gets those."""
        found = drawing().mimebundle(self.graph.data, *self._shown, **self._options)
        return {
            kind: text
            for kind, text in found.items()
            if (not include or kind in include) and not (exclude and kind in exclude)
        }

    def _repr_html_(self) -> str:
        return self._repr_mimebundle_()["text/html"]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page (.html) or the picture (.svg).

        Raises
        ------
        ArgumentError
            If the suffix is another.
        """
        kind = SUFFIXES.get(Path(path).suffix.lower())
        if kind is None:
            raise ArgumentError(
                "the suffix does not say what to write",
                got=os.fspath(path),
                wanted=f"a file of {' or '.join(SUFFIXES)}",
            )
        text = getattr(drawing(), kind)(self.graph.data, *self._shown, **self._options)
        Path(path).write_text(text, encoding="utf-8")

    def open(self) -> str:
        """Show the page in the browser; returns the path of the file that it is in."""
        folder = tempfile.mkdtemp(prefix="chainrule-")
        path = Path(folder, "graph.html")
        self.save(path)
        webbrowser.open(path.as_uri())
        return str(path)
