"""Take the pictures of the pages in README.md and docs/ again, with the browser that the tests of pages use.

    python tools/make_screenshots.py [NAME...]

`pip install -e ".[page-tests]"` brings Playwright; Chromium is Debian's, or CHAINRULE_BROWSER names one.
"""

from __future__ import annotations

import linecache
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import chainrule as cr

DOCS = Path(__file__).resolve().parents[1] / "docs"
FLAGS = ["--no-sandbox", "--disable-gpu"]


MODEL = """\
import numpy as np

def loss(W, b, w, X, y):
    h = np.tanh(X @ W + b)
    p = 1 / (1 + np.exp(-(h @ w)))
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

def entropy(logits, y):
    e = np.exp(logits)
    p = e / np.sum(e, axis=1, keepdims=True)
    log_p = np.log(p)
    return -np.mean(np.sum(y * log_p, axis=1))
"""


def model() -> dict[str, Any]:
    """The functions above, as if they stood in a file of the user's."""
    space: dict[str, Any] = {"__name__": "model"}
    linecache.cache["model.py"] = len(MODEL), None, MODEL.splitlines(keepends=True), "model.py"
    exec(compile(MODEL, "model.py", "exec"), space)
    return space


def page_of_a_net() -> str:
    """A net of one layer, as in the README."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(8, 3))
    arguments = rng.normal(size=(3, 4)), np.zeros(4), rng.normal(size=4), X, (X[:, 0] > 0) * 1.0
    g = cr.trace(model()["loss"], *arguments)
    return g.to_html(values=g.forward(*arguments), parameters=["W", "b", "w"])


def page_of_a_nan() -> str:
    """Logits so far apart that a probability is 0, its logarithm -inf and 0 times that nan."""
    logits = np.array([[1.0, 2.0, -1.0], [0.0, -800.0, 3.0], [2.0, 1.0, 0.0]])
    y = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    g = cr.trace(model()["entropy"], np.zeros((3, 3)), y)
    with np.errstate(all="ignore"):
        return g.to_html(values=g.forward(logits, y))


# Name of the picture -> page, its fragment, size of the window, colors, what is done in it.
PICTURES: dict[str, tuple[Callable[[], str], str, tuple[int, int], str, str]] = {
    "page": (page_of_a_net, "step=37&node=p", (1360, 860), "light", ""),
    "nan": (page_of_a_nan, "node=log_p", (1360, 860), "dark", ""),
}


def main(names: list[str]) -> None:
    """Write the pictures with these names, or all."""
    from playwright.sync_api import sync_playwright

    executable = os.environ.get("CHAINRULE_BROWSER") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        for name in names or PICTURES:
            make, fragment, (width, height), colors, script = PICTURES[name]
            file = Path(folder, f"{name}.html")
            file.write_text(make(), encoding="utf-8")
            tab = browser.new_context(viewport={"width": width, "height": height}, color_scheme=colors).new_page()
            tab.goto(f"{file.as_uri()}#{fragment}")
            tab.wait_for_selector("html[data-ready]", state="attached")
            if script:
                tab.evaluate(script)
            tab.wait_for_timeout(500)
            tab.screenshot(path=DOCS / f"{name}.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])
