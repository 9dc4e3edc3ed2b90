"""What verbs print: text for people, or one JSON document for programs."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from collections.abc import Iterator
from typing import Any

from ..errors.fields import fields_of

NO_FIELDS = {"code": None, "file": None, "line": None, "operands": [], "hint": None}


class _Voice:
    """How much is said on stderr."""

    quiet = False


_voice = _Voice()


@contextlib.contextmanager
def quietly(quiet: bool) -> Iterator[None]:
    """Say within only what is wrong."""
    before, _voice.quiet = _voice.quiet, quiet
    try:
        yield
    finally:
        _voice.quiet = before


def print_document(schema: str, ok: bool, content: dict[str, Any]) -> None:
    """One JSON document on stdout, on one line; numbers that JSON does not have become null."""
    print(json.dumps({"schema": schema, "ok": ok, **_finite(content)}, allow_nan=False))


def error_part(kind: str, message: str, error: BaseException | None = None) -> dict[str, Any]:
    """What a document says of an error: kind and message, and where it comes from as far as that is known."""
    fields = NO_FIELDS if error is None else fields_of(error)
    return {"error": {"kind": kind, **fields, "message": message}}


def explain(message: str) -> None:
    """A sentence about what is wrong on stderr, where there is one that takes it."""
    if sys.stderr is not None:
        with contextlib.suppress(OSError):
            print(message, file=sys.stderr, flush=True)


def tell(message: str) -> None:
    """A sentence that the user can do without."""
    if not _voice.quiet:
        explain(message)


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
