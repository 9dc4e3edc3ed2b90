"""What the room does for the face of a graph."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping
from typing import Any

from ..errors import ArgumentError
from ..graph import Graph, Variable
from . import last, notebook, steps, table, terminal
from .boxes import SHOWS, STYLES, Show, Style
from .card import Card
from .derivation import derive, to_latex, to_markdown, to_text
from .document import to_json
from .opening import Collapse, open_groups
from .outline import Outline
from .page import to_html
from .picture import Picture
from .svg import to_svg
from .theme import THEMES, Theme
from .tree_lines import tree_lines

Values = Mapping[int, Any] | None
Seeds = Mapping[Variable, Any] | None
Parameters = Collection[int] | None
FORMS = {"latex": to_latex, "markdown": to_markdown, "text": to_text}


def svg(
    graph: Graph,
    values: Values = None,
    seeds: Seeds = None,
    parameters: Parameters = None,
    style: Style = "compact",
    theme: Theme = "auto",
    show: Show = "value",
    collapse: Collapse = "auto",
) -> str:
    """The picture as the text of a file."""
    _check_look(style, show, theme)
    outline = Outline(graph, values, seeds, parameters)
    return to_svg(Picture(outline, open_groups(outline, collapse), style, show), theme)


def html(
    graph: Graph,
    values: Values = None,
    seeds: Seeds = None,
    parameters: Parameters = None,
    style: Style = "compact",
    theme: Theme = "auto",
    show: Show = "value",
    collapse: Collapse = "auto",
    check: bool = False,
) -> str:
    """The page as the text of a file."""
    _check_look(style, show, theme)
    _can_check(check, values)
    outline = Outline(graph, values, seeds, parameters)
    return to_html(outline, open_groups(outline, collapse), style, show, theme, check=check)


def mimebundle(
    graph: Graph,
    values: Values = None,
    seeds: Seeds = None,
    parameters: Parameters = None,
    style: Style = "compact",
    theme: Theme = "auto",
    show: Show = "value",
    collapse: Collapse = "auto",
) -> dict[str, str]:
    """The output of a cell of a notebook, by type."""
    _check_look(style, show, theme)
    outline = Outline(graph, values, seeds, parameters)
    return notebook.mimebundle(outline, open_groups(outline, collapse), style, show, theme)


def view(
    graph: Graph,
    values: Values = None,
    seeds: Seeds = None,
    parameters: Parameters = None,
    backward: bool = False,
    check: bool = False,
) -> str:
    """The document as JSON."""
    _can_check(check, values)
    return to_json(Outline(graph, values, seeds, parameters), backward, check)


def node(
    graph: Graph,
    v: Variable,
    values: Values = None,
    seeds: Seeds = None,
    parameters: Parameters = None,
) -> Card:
    """The card of a variable."""
    return Card(Outline(graph, values, seeds, parameters), v)


def latex(
    graph: Graph, values: Values = None, seeds: Seeds = None, parameters: Parameters = None, form: str = "latex"
) -> str:
    """The derivation of the gradient as the text of a file."""
    _check("form", form, FORMS)
    return FORMS[form](derive(graph, values, seeds, parameters))


def show(
    graph: Graph,
    values: Values = None,
    seeds: Seeds = None,
    parameters: Parameters = None,
    tree: bool = False,
    collapse: Collapse = "auto",
    width: int | None = None,
) -> None:
    """Print the table, or the tree."""
    outline = Outline(graph, values, seeds, parameters)
    width = terminal.width(sys.stdout) if width is None else width
    if tree:
        table.print_lines(tree_lines(outline, width))
    else:
        table.print_table(table.rows(outline, open_groups(outline, collapse)), width, terminal.is_colored(sys.stdout))


def step_pictures(
    graph: Graph, values: Values, seeds: Seeds, parameters: Parameters = None, theme: Theme = "auto"
) -> list[str]:
    """A picture for each step of both ways."""
    return steps.pictures(graph, values or {}, seeds, parameters, theme)


def keep(graph: Graph, values: Mapping[int, Any], failure: Mapping[str, Any]) -> bool:
    """Keep the graph of a failed trace for `chainrule last`."""
    return last.keep(graph, values, failure)


def _check_look(style: str, show: str, theme: str) -> None:
    _check("style", style, STYLES)
    _check("show", show, SHOWS)
    _check("theme", theme, THEMES)


def _check(name: str, given: str, known: Collection[str]) -> None:
    if given not in known:
        raise ArgumentError(f"{name}={given!r} is none", wanted=" or ".join(map(repr, known)))


def _can_check(check: bool, values: Values) -> None:
    if check and values is None:
        raise ArgumentError(
            "rules are checked at a point, and no values are given", try_="check=True, values=g.forward(...)"
        )
