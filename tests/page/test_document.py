"""The page reads the document that Python has packed: the same, number by number."""

import json
import re

import pytest

from chainrule.view.packed import from_text, to_text

from ..view.graphs import FIXTURES, document_of, graph_of
from ..view.make_packed import example


def packed_in(page):
    (text,) = re.findall(r'id="chainrule-document">"([^"]*)"', page)
    return text


@pytest.mark.parametrize("name", FIXTURES)
def test_the_document_of_a_page_is_the_one_that_was_packed(open_page, page_of, name):
    page = page_of(name)
    found = json.loads(open_page(page).evaluate("JSON.stringify(chainrule.graph)"))
    assert found == from_text(packed_in(page))
    assert [node["name"] for node in found["nodes"]] == graph_of(name)[0].names


def test_every_form_of_column_is_unpacked(open_page, page_of):
    """The stored example goes into a page as a part of its document."""
    page = page_of("tiny")
    text = packed_in(page)
    tab = open_page(page.replace(text, to_text(from_text(text) | {"example": example()})))
    assert tab.evaluate("chainrule.graph.example") == example()


def test_the_page_has_the_graph_of_the_gradients(open_page, page_of):
    tab = open_page(page_of("mlp"))
    links = tab.evaluate(
        """() => {
          const { document, links } = chainrule.graph.backward.simplified;
          return links.map((link) => [link.forward, document.nodes[link.backward[0]].value.statistics.rms]);
        }"""
    )
    gradients = {node["id"]: node["gradient"]["statistics"]["rms"] for node in document_of("mlp")["nodes"][:8]}
    assert {n: rms for n, rms in links if n < 8} == pytest.approx(gradients, rel=1e-12)


def test_pages_are_small(page_of):
    assert len(page_of("mlp")) < 500_000
    assert len(page_of("deep")) < 3_000_000
