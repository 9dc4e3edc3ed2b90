"""The one layout of all messages: a sentence, the user's line with a caret, and what there is to know."""

from __future__ import annotations

from collections.abc import Iterable

from .origin import Origin


def layout(what: str, where: Origin | None, parts: Iterable[tuple[str, str | None]]) -> str:
    lines = [what]
    if where is not None:
        lines += ["", f"  {where}, in {where.function}", *_quoted(where)]
    for label, text in parts:
        if text:
            first, *rest = text.splitlines()
            lines += [f"  {label:<7} {first}", *(" " * 10 + line for line in rest)]
    return "\n".join(lines)


def _quoted(where: Origin) -> list[str]:
    source = where.source
    if not source.strip():
        return []
    line, end_line, start, end = where.span
    number = f"{line:>7}"
    # Columns are offsets into the UTF-8 bytes of the line.
    encoded = source.encode()
    before = len(encoded[:start].decode(errors="ignore"))
    after = len(encoded[:end].decode(errors="ignore")) if end_line == line else len(source)
    if not end:
        return [f"{number} | {source}"]
    indent = "".join(letter if letter == "\t" else " " for letter in source[:before])
    return [f"{number} | {source}", f"{'':>7}   {indent}{'^' * max(1, after - before)}"]
