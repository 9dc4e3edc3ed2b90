"""What verbs print: text for people, or one JSON document for programs."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from typing import Any


def print_document(schema: str, ok: bool, content: dict[str, Any]) -> None:
    """One JSON document on stdout, on one line; numbers that JSON does not have become null."""
    print(json.dumps({"schema": schema, "ok": ok, **_finite(content)}, allow_nan=False))


def error_part(kind: str, message: str) -> dict[str, Any]:
    """What a document says of an error."""
    return {"error": {"kind": kind, "message": message}}


def explain(message: str) -> None:
    """A sentence for the user on stderr, where there is one that takes it."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(message, file=sys.stderr, flush=True)


def flush() -> None:
    """Hand over what was printed; a program without a console has no stdout."""
    if sys.stdout is not None:
        sys.stdout.flush()


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
