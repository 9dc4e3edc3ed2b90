"""A graph as the output of a cell: alone, exported, in JupyterLab."""

import base64
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from html import unescape

import pytest

from chainrule import options
from chainrule.errors import ArgumentError

from ..view.graphs import FIXTURES

CELLS = [
    "import numpy as np, chainrule as cr",
    "def loss(w, x, y):\n    z = w * x\n    p = np.tanh(z)\n    return (p - y) ** 2",
    "g = cr.trace(loss, 0.5, 2.0, 1.0)\ng.view(g.forward(0.5, 2.0, 1.0))",
    "g",
]


@pytest.fixture(scope="module")
def bundle():
    graph, arguments = FIXTURES["tiny"]()
    return graph.view(graph.forward(*arguments))._repr_mimebundle_()


def test_a_bundle_has_a_page_a_picture_and_a_text(bundle):
    graph, arguments = FIXTURES["tiny"]()
    assert list(bundle) == ["text/html", "image/svg+xml", "text/plain"]
    assert bundle["image/svg+xml"] == graph.to_svg(values=graph.forward(*arguments))
    assert bundle["text/plain"].splitlines()[0].split()[:4] == ["#", "node", "op", "shape"]
    assert bundle["text/html"].isascii()
    assert len(bundle["text/html"]) < 200_000


def test_a_graph_by_itself_shows_no_numbers():
    graph, _ = FIXTURES["tiny"]()
    bundle = graph._repr_mimebundle_(include=["text/plain"])
    assert list(bundle) == ["text/plain"]
    assert "value" not in bundle["text/plain"].splitlines()[0]


def test_the_page_of_mlp_fits_into_a_cell():
    graph, arguments = FIXTURES["mlp"]()
    assert len(graph.view(graph.forward(*arguments))._repr_html_()) < 1_000_000


def test_a_page_beyond_the_limit_stays_a_picture_and_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(options, "notebook_limit", 50_000)
    graph, arguments = FIXTURES["tiny"]()
    html = graph.view(graph.forward(*arguments))._repr_html_()
    assert "<iframe" not in html and "<img" in html and "display:none" not in html
    assert "g.to_html" in unescape(html) and "cr.options.notebook_limit" in html


def test_two_cells_live_side_by_side_also_where_line_ends_are_lost(browser, bundle, tmp_path):
    """As in marimo and VS Code: frames in one document, one of them flattened to one line."""
    again = bundle["text/html"].replace("\n", " ")
    path = tmp_path / "cells.html"
    path.write_text(f"<!doctype html><title>cells</title>{bundle['text/html']}{again}")
    tab = browser.new_context(offline=True).new_page()
    complaints = []
    tab.on("console", lambda message: message.type in ("error", "warning") and complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(path.as_uri())
    for number in range(2):
        frame = tab.frame_locator("iframe").nth(number)
        frame.locator("html[data-ready]").wait_for(state="attached")
    first, second = (tab.frame_locator("iframe").nth(k) for k in range(2))
    first.locator("#n3").click()
    assert first.locator("#n3.chosen").count() == 1
    assert second.locator(".chosen").count() == 0
    assert not tab.locator("img").first.is_visible()
    assert complaints == []


def untrusted(html):
    """What a host leaves of an output that it does not trust."""
    for tag in ("iframe", "style", "script"):
        html = re.sub(rf"<{tag}\b.*?</{tag}>", "", html, flags=re.DOTALL)
    return html


def test_where_frames_and_styles_are_taken_out_the_picture_is_seen(browser, bundle, tmp_path):
    path = tmp_path / "untrusted.html"
    path.write_text(f"<!doctype html><title>cell</title>{untrusted(bundle['text/html'])}")
    tab = browser.new_page()
    tab.goto(path.as_uri())
    image = tab.locator("img")
    assert image.is_visible()
    assert image.evaluate("each => each.naturalWidth") > 100
    assert tab.locator("table").count() == 1


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """A notebook of CELLS after a run."""
    nbformat = needed("nbformat")
    nbclient = needed("nbclient")
    needed("ipykernel")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    book.metadata.kernelspec = {"name": "tested", "display_name": "tested", "language": "python"}
    folder = tmp_path_factory.mktemp("notebook")
    register_kernel(folder)
    nbclient.NotebookClient(book, kernel_name="tested", timeout=120).execute()
    path = folder / "graph.ipynb"
    nbformat.write(book, path)
    return path


def needed(name):
    """A package that these tests need; they have to run where a browser was asked for."""
    if os.environ.get("CHAINRULE_BROWSER"):
        return __import__(name)
    return pytest.importorskip(name)


def register_kernel(folder):
    """A kernel of this interpreter, which sees this package."""
    kernel = folder / "kernels" / "tested"
    kernel.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "tested", "language": "python"}))
    os.environ["JUPYTER_PATH"] = str(folder)


def test_an_exported_notebook_keeps_the_page_and_the_picture(browser, executed, tmp_path):
    nbconvert = needed("nbconvert")
    html, _ = nbconvert.HTMLExporter(embed_images=True).from_filename(str(executed))
    path = tmp_path / "exported.html"
    path.write_text(html, encoding="utf-8")
    context = browser.new_context(offline=True)
    tab = context.new_page()
    tab.goto(path.as_uri(), wait_until="domcontentloaded")
    frame = tab.frame_locator("iframe").first
    frame.locator("html[data-ready]").wait_for(state="attached")
    assert frame.locator("svg.chainrule [data-node]").count() == 7
    context.close()

    path.write_text(f"<!doctype html>{untrusted(html)}", encoding="utf-8")
    tab = browser.new_context(offline=True, java_script_enabled=False).new_page()
    tab.goto(path.as_uri(), wait_until="domcontentloaded")
    images = tab.locator("img[alt^='the graph of']")
    assert images.count() == 2
    assert all(images.nth(k).is_visible() for k in range(2))


@pytest.fixture
def jupyter_lab(executed):
    """The address of a server that has the notebook."""
    needed("jupyterlab")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = executed.parent
    places = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"),
        *(f"--notebook-dir={folder}", "--IdentityProvider.token=tested", "--LabApp.news_url=None"),
    ]
    log = (folder / "server.log").open("w")
    server = subprocess.Popen(command, env={**os.environ, **places}, stdout=log, stderr=log, start_new_session=True)
    address = f"http://127.0.0.1:{port}"
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/api", timeout=1).close()
            break
        except OSError:
            time.sleep(0.2)
    yield f"{address}/lab/tree/graph.ipynb?token=tested&reset"
    os.killpg(server.pid, signal.SIGTERM)
    server.wait(20)
    log.close()


def test_jupyter_lab_shows_the_picture_of_an_untrusted_notebook_and_the_page_after_a_run(browser, jupyter_lab):
    tab = browser.new_context(viewport={"width": 1200, "height": 900}).new_page()
    tab.goto(jupyter_lab)
    picture = tab.locator(".jp-OutputArea img[alt^='the graph of']").first
    picture.wait_for(state="visible", timeout=60_000)
    assert picture.evaluate("each => each.complete && each.naturalWidth") > 100
    assert tab.locator(".jp-OutputArea iframe").count() == 0

    tab.get_by_text("tested | Idle").wait_for(timeout=60_000)
    tab.get_by_role("menuitem", name="Run", exact=True).click()
    tab.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    frame = tab.frame_locator(".jp-OutputArea iframe").first
    frame.locator("html[data-ready]").wait_for(state="attached", timeout=60_000)
    assert frame.locator("svg.chainrule [data-node]").count() == 7
    frame.locator("#n3").click()
    assert frame.locator("#n3.chosen").count() == 1
    assert not tab.locator(".jp-OutputArea img[alt^='the graph of']").first.is_visible()


def test_base64_of_the_picture_is_the_picture(bundle):
    image = re.search(r"data:image/svg\+xml;base64,([^\"]+)", bundle["text/html"])[1]
    assert base64.b64decode(image).decode() == bundle["image/svg+xml"]


@pytest.mark.parametrize("limit", [0, -1, 2.5, "1 MB", None, True])
def test_a_limit_is_a_positive_number_of_bytes(limit):
    with pytest.raises(ArgumentError, match="notebook_limit"):
        options.notebook_limit = limit
    assert options.notebook_limit == 1_000_000
