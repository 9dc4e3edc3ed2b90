"""What a campaign keeps: its state, from which it goes on after an interruption, and its dated table of results."""

from __future__ import annotations

import datetime
import hashlib
import json
import platform
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import scipy

import chainrule

HERE = Path(__file__).parent
SOURCES = Path(chainrule.__file__).parent
ROOMS = ("graph", "structure", "ops", "backprop", "simplify", "interpret", "compile", "testing")


def fingerprint(*more: Path) -> str:
    """Of the sources that a campaign tests: a state of other sources says nothing about these."""
    digest = hashlib.sha256()
    for path in sorted([p for room in ROOMS for p in (SOURCES / room).rglob("*.py")] + list(more)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def versions(sources: str) -> str:
    return (
        f"Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}, chainrule"
        f" {chainrule.__version__}, sources {sources}"
    )


class State:
    """A JSON document in campaigns/state/, written now and then and removed when the campaign is done."""

    def __init__(self, name: str, sources: str, begin: dict[str, Any]):
        self.path = HERE / "state" / f"{name}.json"
        self.values = {"sources": sources, "seconds": 0.0, **begin}
        self.started = self.saved = time.monotonic()
        if self.path.exists():
            known = json.loads(self.path.read_text(encoding="utf-8"))
            if known.get("sources") == sources:
                self.values |= known
                print(f"going on from {self.path.relative_to(HERE.parent)}", file=sys.stderr)
            else:
                print("the sources have changed: from the beginning", file=sys.stderr)
        self.before = self.values["seconds"]

    @property
    def seconds(self) -> float:
        return self.before + time.monotonic() - self.started

    def save(self, every: float = 5.0) -> None:
        if time.monotonic() - self.saved < every:
            return
        self.saved = time.monotonic()
        self.values["seconds"] = self.seconds
        self.path.parent.mkdir(exist_ok=True)
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.values), encoding="utf-8")
        part.replace(self.path)  # whole or not at all

    def done(self) -> None:
        self.path.unlink(missing_ok=True)


def progress(text: str, last: bool = False) -> None:
    """One line on a terminal, which is written over."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="\n" if last else "", file=sys.stderr, flush=True)
    elif last:
        print(text, file=sys.stderr)


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        cells = (str(cell).replace("|", "\\|").replace("\n", " ") for cell in row)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def write_results(name: str, text: str, seed: int = 0) -> Path:
    """What belongs to another seed than 0 stands beside it."""
    name += f"-seed-{seed}" if seed else ""
    path = HERE / "results" / f"{name}-{datetime.date.today().isoformat()}.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(f"written: {path.relative_to(HERE.parent)}", file=sys.stderr)
    return path
