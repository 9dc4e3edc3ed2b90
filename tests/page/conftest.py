"""A browser for the tests of pages: Chromium by Playwright, with no network.

Where either is missing these tests are skipped, unless CHAINRULE_BROWSER names the browser: then it has to work.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from pathlib import Path

import pytest

AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
ASKED_FOR = os.environ.get("CHAINRULE_BROWSER")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def _executable():
    found = ASKED_FOR or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    missing = [
        *([] if found else ["Chromium"]),
        *([] if importlib.util.find_spec("playwright") else ["Playwright"]),
    ]
    if missing:
        (pytest.fail if ASKED_FOR else pytest.skip)(f"without {' and '.join(missing)}")
    return found


@pytest.fixture(scope="session")
def browser():
    """The browser, started once."""
    executable = _executable()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield started
        started.close()


class Opened:
    """A page in a tab of its own, with what went wrong in it."""

    def __init__(self, tab):
        self.tab = tab
        self.requests, self.complaints = [], []
        tab.on("request", lambda request: self.requests.append(request.url))
        tab.on("console", lambda message: message.type in ("error", "warning") and self.complaints.append(message.text))
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))


def _opening(browser, folder):
    """Open text as a file from disk; in the end no page may have complained or asked for anything but itself."""
    opened = []

    def open_page(html, fragment="", ready=True, **context):
        tab = browser.new_context(offline=True, **context).new_page()
        found = Opened(tab)
        opened.append(found)
        path = Path(folder, f"page{len(opened)}.html")
        path.write_text(html, encoding="utf-8")
        tab.goto(path.as_uri() + fragment)
        if ready:
            tab.wait_for_selector("html[data-ready]", state="attached")
        return tab

    yield open_page
    for each in opened:
        each.tab.context.close()
        outside = [url for url in each.requests if not url.startswith(("file:", "data:", "blob:"))]
        assert not outside and not each.complaints, (outside, each.complaints)


@pytest.fixture
def open_page(browser, tmp_path):
    """Open a page for one test."""
    yield from _opening(browser, tmp_path)


@pytest.fixture(scope="module")
def open_shared(browser, tmp_path_factory):
    """Open a page for all tests of a file."""
    yield from _opening(browser, tmp_path_factory.mktemp("pages"))


@pytest.fixture
def processor_seconds():
    """For how long a page has kept a processor at work from now on: what it waits for others does not count."""

    def clock(tab):
        session = tab.context.new_cdp_session(tab)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})

        def now():
            metrics = session.send("Performance.getMetrics")["metrics"]
            return next(each["value"] for each in metrics if each["name"] == "TaskDuration")

        begun = now()
        return lambda: now() - begun

    return clock


@pytest.fixture(scope="session")
def page_of():
    """The page of a graph of tests/view/graphs.py with its values, written once."""
    from ..view.graphs import graph_of

    written = {}

    def page_of(name, **options):
        key = name, repr(options)
        if key not in written:
            graph, values = graph_of(name)
            written[key] = graph.to_html(values=values, **options)
        return written[key]

    return page_of


@pytest.fixture(scope="session")
def serious():
    """What axe-core finds that is serious or critical, on a whole page or within what a selector names."""

    def serious(tab, within="html"):
        if not AXE.exists():
            pytest.skip("without axe-core, which `npm ci` in web/ brings")
        if tab.evaluate("typeof axe") == "undefined":
            tab.evaluate(AXE.read_text(encoding="utf-8"))
        found = tab.evaluate("within => axe.run(within).then(({violations}) => violations)", within)
        return [
            (each["id"], each["impact"], [node["html"][:200] for node in each["nodes"][:3]])
            for each in found
            if each["impact"] in ("serious", "critical")
        ]

    return serious
