"""A graph as the output of a cell: the page where scripts may run, its picture and a table where they may not.

A host that does not trust a notebook takes frames, styles and scripts out. So the picture and the table stand first,
hidden by a style that goes the same way: what hides them is gone exactly where the page is.
"""

from __future__ import annotations

import base64
import uuid
from html import escape

from ..choices import options
from .boxes import Show, Style
from .outline import Outline
from .page import html_table, to_html
from .picture import Picture
from .svg import to_svg
from .table import lines, rows
from .theme import Theme

HEIGHT = 460  # of the page, in the units of CSS


def mimebundle(
    outline: Outline,
    opened: set[int],
    style: Style = "compact",
    show: Show = "value",
    theme: Theme = "auto",
) -> dict[str, str]:
    """The same in the forms that hosts know: a page, a picture, a text."""
    picture = to_svg(Picture(outline, opened, style, show), theme)
    found = rows(outline, opened)
    page = to_html(outline, opened, style, show, theme, compressed=True)
    return {
        "text/html": _html(outline.graph.name, picture, html_table(found), page),
        "image/svg+xml": picture,
        "text/plain": "\n".join(lines(found, None)),
    }


def _html(graph: str, picture: str, table: str, page: str) -> str:
    """In ASCII, so that no host can mistake its letters."""
    name = escape(graph)
    image = base64.b64encode(picture.encode()).decode()
    fallback = (
        f'<img src="data:image/svg+xml;base64,{image}" alt="the graph of {name}">'
        f"<details><summary>as a table</summary>{table}</details>"
    )
    hidden = f"chainrule-{uuid.uuid4().hex[:12]}"
    frame = (
        f"<style>#{hidden}{{display:none}}</style>"
        f'<iframe title="the graph of {name}" srcdoc="{escape(page)}" sandbox="allow-scripts allow-downloads" '
        f'allow="fullscreen; clipboard-write" style="width:100%;height:{HEIGHT}px;border:0"></iframe>'
    )
    whole = f'<div id="{hidden}">{fallback}</div>{frame}'
    if len(whole) > options.notebook_limit:
        whole = (
            f"<div>{fallback}</div><p>With its page this output has {len(whole):,} bytes, and a cell may have "
            f"{options.notebook_limit:,} (cr.options.notebook_limit). g.to_html(&quot;g.html&quot;) writes it to a "
            "file.</p>"
        )
    return whole.encode("ascii", "xmlcharrefreplace").decode()
