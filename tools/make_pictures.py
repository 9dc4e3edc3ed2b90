"""Draw the pictures of docs/view.md again: what its examples `lecture` and `picture` make."""

from __future__ import annotations

import contextlib
import doctest
import io
import linecache
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[1] / "docs"
PICTURES = {"lecture": "unit.svg", "picture": "net.svg"}  # by the name in the page


def drawn() -> dict[str, str]:
    """The text of each file."""
    space: dict[str, Any] = {}
    examples = doctest.DocTestParser().get_examples((DOCS / "view.md").read_text(encoding="utf-8"))
    with contextlib.redirect_stdout(io.StringIO()):
        for example in examples:
            file = f"view.md:{example.lineno + 1}"  # the source stays known, as in a notebook
            linecache.cache[file] = len(example.source), None, example.source.splitlines(keepends=True), file
            exec(compile(example.source, file, "single"), space)
    return {file: space[name] for name, file in PICTURES.items()}


def main() -> None:
    """Write the files."""
    for file, text in drawn().items():
        (DOCS / file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
