"""The page of a graph: one HTML file that needs nothing else, with the picture, the table and the data in it.

Without scripts it shows the picture and the table; the script in it, which is built from `web/`, makes them answer.
"""

from __future__ import annotations

import base64
import functools
import gzip
import importlib.resources
import json
from collections.abc import Sequence
from html import escape
from typing import Any, Final

from .boxes import Show, Style
from .document import document
from .drawn import constants
from .outline import Outline
from .packed import to_text
from .picture import Picture
from .svg import to_svg
from .table import Row, columns_within, rows
from .theme import Theme, page_colors
from .thinning import BACKWARD

POLICY: Final = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"


def to_html(
    outline: Outline,
    opened: set[int],
    style: Style = "compact",
    show: Show = "value",
    theme: Theme = "auto",
    compressed: bool = False,
    check: bool = False,
) -> str:
    """The text of the file; its script compressed where many pages go into one file."""
    options = {"opened": sorted(opened), "style": style, "show": show, "theme": theme}
    picture = to_svg(Picture(outline, opened, style, show), theme)
    found = document(outline, style, len(outline.graph) <= BACKWARD, check)
    return page_of(found, picture, rows(outline, opened), options, compressed)


def page_of(
    found: dict[str, Any], picture: str, table: Sequence[Row], options: dict[str, Any], compressed: bool = False
) -> str:
    """The page of a document, with its picture and the rows of its table."""
    body = [
        '<header class="bar" data-slot="bar"></header>',
        f'<main><div class="stage" data-slot="stage">{picture}</div>',
        '<aside class="panel" data-slot="panel"></aside><section class="drawer" data-slot="drawer"></section>',
        f'<section class="table" data-slot="table">{html_table(table)}</section></main>',
    ]
    data = {"document": to_text(found), "constants": constants(), "options": options}
    return page("graph", found["name"], "\n".join(body), data, options["theme"], compressed)


def page(
    kind: str, title: str, body: str, data: dict[str, Any], theme: Theme = "auto", compressed: bool = False
) -> str:
    """A page of a kind: its script and style from `_static`, each part of the data under its name."""
    script = static(f"{kind}.js")
    parts = [
        f'<!doctype html><html lang="en" data-theme="{theme}"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        f"<title>{escape(title)}</title>",
        f"<style>{page_colors()}{static(f'{kind}.css')}</style></head><body>",
        body,
        *(_script(f"chainrule-{name}", part) for name, part in data.items()),
        f"<script>{_unpacking(script) if compressed else script}</script></body></html>",
    ]
    return "\n".join(parts) + "\n"


@functools.cache
def static(name: str) -> str:
    """A built file of the package."""
    return (importlib.resources.files("chainrule.view") / "_static" / name).read_text(encoding="utf-8").strip()


def _script(name: str, data: Any) -> str:
    """Data in ASCII, and without anything that would end the script that holds it."""
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{text}</script>'


@functools.cache
def _unpacking(script: str) -> str:
    """A short script that runs a long one."""
    text = base64.b64encode(gzip.compress(script.encode(), 9, mtime=0)).decode()
    return (
        f'(async()=>{{const b=Uint8Array.from(atob("{text}"),c=>c.charCodeAt(0));'
        'const t=await new Response(new Blob([b]).stream().pipeThrough(new DecompressionStream("gzip"))).text();'
        'const s=document.createElement("script");s.textContent=t;document.body.append(s)})()'
    )


def html_table(found: Sequence[Row]) -> str:
    """The rows that a terminal shows, as HTML."""
    columns = columns_within(found, None)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    body = (_row([row.get(name) or "–" for name in columns]) for row in found)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def _row(cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"
