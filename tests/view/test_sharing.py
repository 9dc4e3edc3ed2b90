"""What is safe to share: without values no number of the user's, never a place of their files, names as they are."""

import json
import re

import numpy as np
import pytest

import chainrule as cr
from chainrule.view import Outline, document
from chainrule.view.packed import from_text

from .make_packed import HOSTILE

RANDOM = np.random.default_rng(123)
CAPTURED = RANDOM.normal(size=(3, 4)) * 1e4


def model(W, x):
    h = np.tanh(x @ W)
    return np.sum((h * CAPTURED) ** 2) + np.sum(np.where(h > 0, h, CAPTURED))


def texts(graph, values=None):
    """All that can be sent to somebody."""
    return {
        "view": graph.to_view(values=values, backward=True),
        "page": opened(graph.to_html(values=values)),
        "svg": graph.to_svg(values=values),
    }


def opened(page):
    """The page with its data unpacked."""
    (packed,) = re.findall(r'id="chainrule-document">"([^"]*)"', page)
    return page.replace(packed, "") + json.dumps(from_text(packed))


def digits(array):
    """How the entries would begin, written out."""
    return {f"{abs(x):.12f}"[:7] for x in np.ravel(array)}


def test_without_values_there_is_no_entry_of_any_array():
    arguments = RANDOM.normal(size=(5, 4)), RANDOM.normal(size=(3, 5))
    graph = cr.trace(model, *arguments)
    values = graph.forward(*arguments)
    secrets = digits(CAPTURED)
    for table in (values, graph.backward(values)):
        secrets |= {each for name in table for each in digits(np.asarray(table[name], float)) if "." in each[:6]}
    secrets = {each for each in secrets if float(each) not in (0, 1, 2)}
    assert len(secrets) > 100
    for kind, text in texts(graph).items():
        assert not [each for each in secrets if each in text], kind
    told = graph.to_view(values=values)
    assert [each for each in secrets if each in told]


@pytest.fixture
def graph_at_home(tmp_path, monkeypatch):
    """A program in somebody's home, with the path in its text; it fails and is traced in a folder of theirs."""
    home = tmp_path / "somebody"
    (home / "project").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    path = home / "project" / "secret_model.py"
    path.write_text(
        "import numpy as np\n"
        "def f(x):\n"
        f"    z = np.log(x * len('{home}'))\n"
        f"    return np.sum(np.log(z * len('{home}/a')) + z)  # {home}\n"
    )
    space = {}
    exec(compile(path.read_text(), str(path), "exec"), space)
    return home, cr.trace(space["f"], np.ones(2))


def test_no_place_of_the_users_files_is_told(graph_at_home):
    home, graph = graph_at_home
    with np.errstate(all="ignore"):
        values = graph.forward(np.array([0.0, 1.0]))
    for kind, text in texts(graph, values).items():
        assert str(home) not in text and "project" not in text, kind
    found = json.loads(graph.to_view(values=values))
    assert {source["file"] for source in found["sources"]} == {"secret_model.py"}
    assert found["findings"]


def test_hostile_names_stay_names_everywhere():
    xs = [cr.variable(f"x{k}", shape=(2,)) for k in range(len(HOSTILE))]
    graph = cr.Graph(xs, [np.sum(np.tanh(np.stack(xs)))], HOSTILE[0])
    for x, name in zip(graph.inputs, HOSTILE, strict=True):
        x.name = name
    values = graph.forward(*[np.ones(2)] * len(xs))
    found = json.loads(graph.to_view(values=values, backward=True))
    assert found["name"] == HOSTILE[0]
    assert [node["label"] for node in found["nodes"] if node["role"] == "input"] == HOSTILE
    page = graph.to_html(values=values)
    assert page.count("<script>") == 1 and "alert(1)</script>" not in page
    assert from_text(re.findall(r'id="chainrule-document">"([^"]*)"', page)[0])["name"] == HOSTILE[0]


def test_scopes_have_the_users_names_too():
    def f(x):
        with cr.scope("</script><b>"):
            return np.sum(x * 2.0)

    graph = cr.trace(f, np.ones(3))
    assert "</script><b>" in [group["title"] for group in document(Outline(graph.data))["groups"]]
    assert "<b>" not in graph.to_html()
