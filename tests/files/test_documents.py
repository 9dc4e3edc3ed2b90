"""JSON that comes back as it was, or is refused in one sentence."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import files
from chainrule.errors import ArgumentError, FileError
from chainrule.files import documents

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**130), 2**130)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4))


def same(a: object, b: object) -> bool:
    """Equal, also in the types of numbers, the sign of zero and the order of keys."""
    return repr(a) == repr(b)


@given(st.dictionaries(texts, values, max_size=4))
def test_what_comes_back(document: dict) -> None:
    assert same(documents.decoded(documents.encoded(document), "it"), document)
    assert same(documents.decoded(documents.encoded(document, indent=1), "it"), document)


def test_a_file_for_people(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    files.write_json(path, {"größe": [1, 0.1], "b": None})
    assert path.read_text(encoding="utf-8") == '{\n "größe": [\n  1,\n  0.1\n ],\n "b": null\n}\n'
    assert same(files.read_json(path), {"größe": [1, 0.1], "b": None})


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"a": [1, (2, 3)]}, "document['a'][1] is of type tuple, which JSON does not have"),
        ({"a": {1: 2}}, "document['a'] has the key 1, which JSON does not have"),
        ({"a": math.inf}, "document['a'] is inf, which JSON does not have"),
        ({"a": [math.nan]}, "document['a'][0] is nan, which JSON does not have"),
        ({"a": np.float64(1.0)}, "document['a'] is of type float64, which JSON does not have"),
        ({"a": np.ones(2)}, "document['a'] is of type ndarray, which JSON does not have"),
        ({"a": "\ud800"}, "document['a'] is a text with half a letter, which JSON does not have"),
        ({"\udfff": 1}, "document has the key '\\udfff', which JSON does not have"),
        ([1], "a document is a dict"),
    ],
)
def test_what_json_would_change(tmp_path: Path, document, sentence: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        files.write_json(tmp_path / "a", document)
    assert caught.value.what == sentence
    assert list(tmp_path.iterdir()) == []


def test_a_document_in_itself() -> None:
    document: dict = {}
    document["a"] = [document]
    with pytest.raises(ArgumentError, match="nested too deeply, or contains itself"):
        documents.encoded(document)


def test_too_large_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LARGEST", 100)
    files.write_json(tmp_path / "a", {"a": "x" * 80})
    with pytest.raises(ArgumentError, match="too large: 113 bytes"):
        files.write_json(tmp_path / "a", {"a": "x" * 99 + "\n"})
    assert files.read_json(tmp_path / "a") == {"a": "x" * 80}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "{} is no JSON document: Expecting value: line 1 column 1 (char 0)"),
        (b'{"a": 1', "{} is no JSON document: Expecting ',' delimiter: line 1 column 8 (char 7)"),
        (b"[1, 2]", "{} is no JSON object but '[1, 2]'"),
        (b'{"a": NaN}', "{} is no JSON document: NaN is no number of JSON"),
        (b'{"a": -Infinity}', "{} is no JSON document: -Infinity is no number of JSON"),
        (b'{"a": "\xff"}', "{} is no JSON document: it is not UTF-8 text"),
        (b"\x89PNG\r\n", "{} is no JSON document: it is not UTF-8 text"),
        (b'{"a":' * 100_000, "{} is nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "{} is no JSON document: Exceeds the limit"),
    ],
)
def test_what_is_no_document(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    with pytest.raises(FileError) as caught:
        files.read_json(path)
    assert caught.value.what.startswith(sentence.format(path))
    assert str(caught.value.where).startswith("test_documents.py:")


def test_a_number_that_no_float_is() -> None:
    """1e999 is legal JSON, and would come back as infinity."""
    with pytest.raises(FileError, match="it is no JSON document: 1e999 is no number of JSON"):
        documents.decoded('{"a": 1e999}', "it")


def test_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b'\xef\xbb\xbf{"a": 1}')
    assert files.read_json(tmp_path / "a") == {"a": 1}


def test_a_file_too_large_to_read(tmp_path: Path) -> None:
    """A hole of a terabyte: nothing of it may be taken into memory."""
    with open(tmp_path / "a", "wb") as file:
        file.truncate(10**12)
    with pytest.raises(FileError, match="is too large for a document"):
        files.read_json(tmp_path / "a")


def test_what_stood_there_outlives_a_document_that_is_none(tmp_path: Path) -> None:
    files.write_json(tmp_path / "a", {"a": 1})
    with pytest.raises(ArgumentError):
        files.write_json(tmp_path / "a", {"a": object()})
    assert json.loads((tmp_path / "a").read_text()) == {"a": 1}
