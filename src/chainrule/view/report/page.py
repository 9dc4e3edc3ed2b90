"""The page of one run or several: one HTML file that needs nothing else, readable without scripts."""

from __future__ import annotations

import base64
import datetime
import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import quote

from ... import files
from ...errors import ArgumentError
from ...training import Recorded, read_run
from ..page import page
from ..theme import Theme
from . import mistakes, tables
from .chart import Curve, curves
from .net import GRAPH_PAGE
from .payload import payload
from .shown import MOST, Shown

FILE: Final = "report.html"
GRAPH_PICTURE: Final = "graph.svg"
MOST_RUNS: Final = 8
Folder = str | os.PathLike[str]


def write_report(folders: Sequence[Folder], path: Folder) -> int:
    """Write the page of some runs into a file, whole or not at all.

    Parameters
    ----------
    folders : sequence of path
        One to eight, as `chainrule.training.train` has made them; a run may still be going on.
    path : path
        Of the page.

    Returns
    -------
    bytes : int
        How many were written.

    Raises
    ------
    FileError
        If there is no such run, or the page cannot be written.
    ArgumentError
        If there are more runs than colors, or none.
    """
    content = report_page(folders, beside=Path(path).parent).encode()
    files.write_bytes(path, content)
    return len(content)


def report_page(folders: Sequence[Folder], theme: Theme = "auto", beside: Folder | None = None) -> str:
    """The text of that file; `beside` is the folder that it will lie in, where it shall link to other files."""
    if not 1 <= len(folders) <= MOST_RUNS:
        raise ArgumentError(
            f"a page shows one run, or up to {MOST_RUNS}", got=f"{len(folders)} runs", wanted="fewer, to compare"
        )
    return page_of([read_run(folder) for folder in folders], folders, theme, beside)


def page_of(runs: Sequence[Recorded], folders: Sequence[Folder], theme: Theme, beside: Folder | None) -> str:
    """The page of runs that have been read."""
    names = _names(runs, folders)
    shown = [Shown.of(run, name) for run, name in zip(runs, names, strict=True)]
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    title = names[0] if len(names) == 1 else f"{len(names)} runs: {', '.join(names)}"
    nets = [_net(Path(folder), name, len(names) > 1, beside) for folder, name in zip(folders, names, strict=True)]
    begun_with = f'<section class="settings"><h2>Settings</h2>{tables.settings(shown)}</section>'
    wrong = mistakes.section(shown)
    of_one = [wrong, f'<div class="beside">{begun_with}{nets[0]}</div>']
    of_several = [begun_with, wrong, f'<div class="several">{"".join(nets)}</div>']
    body = [
        f'<header class="bar"><h1><bdi>{escape(title)}</bdi></h1>'
        f'<p class="written">written <time datetime="{now}">{now[:19].replace("T", " ")} UTC</time></p>'
        '<div class="tools" data-slot="tools"></div></header><main>',
        f'<section class="summary" aria-label="summary">{tables.summary(shown)}{_note(shown)}</section>',
        f'<section class="curves" aria-label="curves" data-slot="curves">{_loss(shown)}</section>',
        *(of_one if len(runs) == 1 else of_several),
        "</main>",
    ]
    return page("dash", title, "\n".join(body), {"report": payload(shown)}, theme)


def _note(runs: Sequence[Shown]) -> str:
    thinned = [escape(each.name) for each in runs if each.is_thinned]
    return f'<p class="note">Of very many epochs {MOST:,} are shown: {", ".join(thinned)}.</p>' if thinned else ""


def _names(runs: Sequence[Recorded], folders: Sequence[Folder]) -> list[str]:
    """What the runs are called: their folders, with those above them as far as it takes to tell them apart."""
    names = [run.name for run in runs]
    if len(set(names)) < len(names):
        paths = [Path(folder).resolve().parts for folder in folders]
        depth = next((k for k in range(1, 20) if len({path[-k:] for path in paths}) == len(paths)), 0)
        names = ["/".join(path[-depth:]) for path in paths] if depth else [f"{k}: {n}" for k, n in enumerate(names, 1)]
    return names


def _loss(runs: Sequence[Shown]) -> str:
    """The curves of the loss as they are shown without scripts."""
    drawn, legend = [], []
    for k, (name, _, columns, *_) in enumerate(runs):
        several = f"{name}: " if len(runs) > 1 else ""
        for curve, words in (("loss", "training"), ("validation_loss", "validation")):
            if curve in columns:
                color = k if len(runs) > 1 else int(curve == "loss")
                dashed = len(runs) > 1 and curve == "loss"
                epochs, numbers = columns["epoch"].tolist(), columns[curve].tolist()
                drawn.append(Curve(several + words, epochs, numbers, color, dashed))
                stroke = " dashed" * dashed
                legend.append(f'<span class="key series-{color}{stroke}"><bdi>{escape(several + words)}</bdi></span>')
    if not drawn:
        return "<p>No epoch has ended yet.</p>"
    picture = curves(drawn, "epoch", "loss, without the penalty")
    return (
        f'<figure class="plain"><figcaption>Loss</figcaption>{picture}<p class="legend">{"".join(legend)}</p></figure>'
    )


def _net(folder: Path, name: str, is_one_of_several: bool, beside: Folder | None) -> str:
    """The graph of a net, where the run has left one."""
    picture = folder / GRAPH_PICTURE
    if not picture.exists():
        return ""
    with files.opened(str(picture)) as file:
        content = base64.b64encode(file.read()).decode()
    link = ""
    if beside is not None and (folder / GRAPH_PAGE).exists():
        address = quote(os.path.relpath(folder / GRAPH_PAGE, beside).replace(os.sep, "/"))
        link = f'<p><a href="{address}">every value, local Jacobian and gradient of it, step by step</a></p>'
    words = f"the loss of {name} as a graph, with values of 32 validation rows and the weights of the best epoch"
    of_run = f" <bdi>{escape(name)}</bdi>" if is_one_of_several else ""
    return (
        f'<section class="net"><h2>The net as a graph{of_run}</h2>{link}'
        f'<div class="scrolled" tabindex="0" role="region" aria-label="graph of {escape(name)}">'
        f'<img alt="{escape(words)}" src="data:image/svg+xml;base64,{content}"></div></section>'
    )
