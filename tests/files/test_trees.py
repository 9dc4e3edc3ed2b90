"""Trees come back as they were, of the classes that the caller hands over and no others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import files
from chainrule.errors import ArgumentError, FileError
from chainrule.files import documents
from chainrule.optimizers import adam


class Pair(NamedTuple):
    first: Any
    second: Any


@dataclass
class Running:
    steps: int
    loss: float


leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**130), 2**130)
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
    | st.sampled_from([np.arange(3.0), np.array(2, np.int8), np.zeros((0, 2), bool), np.float32(0.1), np.bool_(True)])
)
keys = st.text(st.sampled_from("ab~/01"), max_size=3)


def containers(inner: st.SearchStrategy) -> st.SearchStrategy:
    return (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys, inner, max_size=3)
        | st.builds(Pair, inner, inner)
        | st.builds(Running, inner, inner)
    )


trees = st.recursive(leaves, containers, max_leaves=12)


@given(trees)
def test_what_comes_back(tree: Any) -> None:
    """Through the text of a document too; repr tells types, signs of zero, orders of keys."""
    arrays, structure = files.flatten(tree)
    document = documents.decoded(documents.encoded({"tree": structure}), "it")
    found = files.unflatten(arrays, document["tree"], template=tree)
    assert repr(found) == repr(tree)


def test_names() -> None:
    arrays, structure = files.flatten({"parameters": [{"W": np.ones(1)}], "a/b": np.zeros(1), "a": {"b": np.ones(2)}})
    assert list(arrays) == ["parameters/0/W", "a~1b", "a/b"]
    assert structure == {
        "dict": {
            "parameters": {"list": [{"dict": {"W": {"array": "parameters/0/W"}}}]},
            "a/b": {"array": "a~1b"},
            "a": {"dict": {"b": {"array": "a/b"}}},
        }
    }


def test_arrays_are_not_copied() -> None:
    x = np.ones(3)
    assert files.flatten([x])[0]["0"] is x


def test_the_state_of_a_random_generator(tmp_path) -> None:
    """Its numbers have 128 bits."""
    rng = np.random.default_rng(3)
    rng.normal(size=5)
    arrays, structure = files.flatten(rng.bit_generator.state)
    files.save(tmp_path / "a", arrays, {"rng": structure})
    arrays, document = files.load(tmp_path / "a")
    other = np.random.default_rng(0)
    other.bit_generator.state = files.unflatten(arrays, document["rng"])
    np.testing.assert_array_equal(other.normal(size=9), rng.normal(size=9))


def test_the_state_of_an_optimizer(tmp_path) -> None:
    parameters = [{"W": np.array([[1.0, 2.0]]), "b": np.zeros(2, np.float32)}]
    state = adam.initialize(parameters)
    for _ in range(3):
        parameters, state = adam.update(parameters, parameters, state)
    arrays, structure = files.flatten({"parameters": parameters, "optimizer": state})
    files.save(tmp_path / "a", arrays, {"structure": structure})
    arrays, document = files.load(tmp_path / "a")
    template = {"parameters": None, "optimizer": adam.initialize(parameters)}
    found = files.unflatten(arrays, document["structure"], template)
    assert repr(found) == repr({"parameters": parameters, "optimizer": state})
    assert type(found["optimizer"]) is adam.State and type(found["optimizer"].step) is int


@pytest.mark.parametrize(
    ("tree", "sentence"),
    [
        ({"a": [object()]}, "a/0 cannot be stored"),
        (print, "the tree cannot be stored"),
        ({"a": 1j}, "a cannot be stored"),
        ({"a": {3: 1}}, "a has a key that is no text"),
        ({"a": {1, 2}}, "a cannot be stored"),
        ({"a": Running}, "a cannot be stored"),
    ],
)
def test_what_cannot_be_stored(tree: Any, sentence: str) -> None:
    with pytest.raises(ArgumentError) as caught:
        files.flatten(tree)
    assert caught.value.what == sentence
    assert str(caught.value.where).startswith("test_trees.py:")


def test_a_tree_in_itself() -> None:
    tree: list = []
    tree.append(tree)
    with pytest.raises(ArgumentError, match="nested too deeply, or contains itself"):
        files.flatten(tree)


def deep(levels: int) -> Any:
    node: Any = None
    for _ in range(levels):
        node = {"list": [node]}
    return node


@pytest.mark.parametrize(
    ("structure", "sentence"),
    [
        ({"array": "x"}, "a stored tree is damaged: the array x is missing"),
        ({"scalar": "W"}, "a stored tree is damaged: the tree is nothing that is known"),
        ({"list": {"a": 1}}, "a stored tree is damaged: the tree is nothing that is known"),
        ({"list": [1, "text"]}, "a stored tree is damaged: 1 is nothing that is known"),
        ({"dict": {"a": {"float": "1.5"}}}, "a stored tree is damaged: a is nothing that is known"),
        ({"dict": {"a": {"text": 3}}}, "a stored tree is damaged: a is nothing that is known"),
        ({"array": "W", "list": []}, "a stored tree is damaged: the tree is nothing that is known"),
        ({"array": ["W"]}, "a stored tree is damaged: the tree is nothing that is known"),
        ({}, "a stored tree is damaged: the tree is nothing that is known"),
        ([], "a stored tree is damaged: the tree is nothing that is known"),
        ({"call": "os.system"}, "a stored tree is damaged: the tree is nothing that is known"),
        (deep(100_000), "a stored tree is nested too deeply"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_structures_that_are_none(structure: Any, sentence: str) -> None:
    with pytest.raises(FileError) as caught:
        files.unflatten({"W": np.ones(2)}, structure)
    assert caught.value.what == sentence


def test_a_class_is_never_looked_up() -> None:
    structure = {"dict": {"state": {"named": "os.system", "fields": {"command": {"text": "true"}}}}}
    with pytest.raises(ArgumentError) as caught:
        files.unflatten({}, structure)
    assert caught.value.what == "state is a os.system, whose class only a template can tell"
    assert caught.value.got == "a template with NoneType there"


def test_a_template_of_another_class() -> None:
    arrays, structure = files.flatten({"state": adam.initialize(np.ones(1))})
    with pytest.raises(FileError) as caught:
        files.unflatten(arrays, structure, template={"state": Pair(1, 2)})
    assert caught.value.what == "state of a stored tree does not fit the template"
    assert caught.value.got == "State of step, first_moment, second_moment"
    assert caught.value.wanted == "Pair of first, second"
