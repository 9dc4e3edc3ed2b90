"""Documents by columns: small, and the same when made whole again, by both languages."""

import base64
import gzip
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chainrule as cr
from chainrule.view import Outline, document, to_json
from chainrule.view.packed import DIGITS, from_text, packed, to_text, unpacked

from .graphs import FIXTURES, document_of, mlp
from .make_packed import HOSTILE, PATH, example

SCALARS = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.floats(allow_nan=False) | st.text(max_size=5)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=12) | st.dictionaries(st.sampled_from("abcd"), inner),
    max_leaves=40,
)


@given(JSON)
def test_what_is_unpacked_is_what_was_packed(found):
    again = unpacked(json.loads(json.dumps(packed(found))))
    assert json.dumps(again) == json.dumps(found)  # also the order of keys, 1 beside 1.0 and -0.0


@pytest.mark.parametrize("name", FIXTURES)
def test_documents_of_graphs_come_back(name):
    found = document_of(name)
    assert unpacked(packed(found)) == found


def rounded(found):
    if isinstance(found, dict):
        return {key: rounded(each) for key, each in found.items()}
    if isinstance(found, list):
        return [rounded(each) for each in found]
    return float(f"{found:.6e}") if isinstance(found, float) else found


def test_large_documents_keep_seven_digits_and_small_ones_all():
    assert from_text(to_text(document_of("mlp"))) == document_of("mlp")
    assert DIGITS == 7
    assert from_text(to_text(document_of("deep"))) == rounded(document_of("deep"))


def test_a_column_takes_its_smallest_form():
    rows = [{"id": k, "word": ["tanh", "add"][k % 2], "one": 1.5} for k in range(20)]
    (found,) = packed(rows)["document"]["of"]["of"][:1]
    assert found == {"steps": [0] + [1] * 19}
    assert packed(rows)["document"]["of"]["of"][1]["words"] == ["tanh", "add"]
    assert packed(rows)["document"]["of"]["of"][2] == {"same": 1.5}


def test_a_page_of_deep_is_far_below_its_three_megabytes():
    text = to_text(document_of("deep"))
    assert len(text) < 1_000_000
    assert text.isascii() and not set(text) & set("<>&\"'")
    assert json.loads(gzip.decompress(base64.b64decode(text)))["schema"] == "chainrule/packed/1"


def test_equal_documents_give_equal_texts():
    graph, _ = mlp()
    assert to_text(document(Outline(graph.data))) == to_text(document(Outline(graph.data)))


def test_hostile_names_stay_what_they_are():
    xs = [cr.variable(f"x{k}", shape=(2,)) for k in range(len(HOSTILE))]
    graph = cr.Graph(xs, [np.sum(np.tanh(np.stack(xs)))], HOSTILE[0])
    for x, name in zip(graph.inputs, HOSTILE, strict=True):
        x.name = name
    found = from_text(to_text(document(Outline(graph.data))))
    assert [node["label"] for node in found["nodes"] if node["role"] == "input"] == HOSTILE
    assert found == document(Outline(graph.data)) == json.loads(to_json(Outline(graph.data)))


def test_the_stored_example_is_what_is_packed_today():
    """The page's tests read it: what it holds is what both languages must give."""
    stored = json.loads(PATH.read_text(encoding="utf-8"))
    assert stored["document"] == example() == unpacked(stored["packed"]) == from_text(stored["text"])
    assert stored["packed"] == json.loads(json.dumps(packed(example())))
