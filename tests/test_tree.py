"""Trees of arrays: what is a leaf, where it stands, and that the same tree is built again."""

from __future__ import annotations

import collections
import dataclasses
import threading
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import tree
from chainrule.errors import ArgumentError


class Point(NamedTuple):
    x: Any
    y: Any


@dataclasses.dataclass
class Layer:
    W: Any
    b: Any


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Net:
    hidden: Layer
    scale: Any = 1.0


@dataclasses.dataclass
class WithMemory:
    """What is not given to __init__ is made there again."""

    size: Any
    double: Any = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        self.double = 2 * self.size


TREES = [
    (3.0, [""], [3.0]),
    ({"W": 1, "b": 2}, ["['W']", "['b']"], [1, 2]),
    ({"b": 2, "W": 1}, ["['W']", "['b']"], [1, 2]),
    ({2: "two", 1: "one"}, ["[1]", "[2]"], ["one", "two"]),
    ([1, [2, 3]], ["[0]", "[1][0]", "[1][1]"], [1, 2, 3]),
    ((1, (2,)), ["[0]", "[1][0]"], [1, 2]),
    (Point(1, [2]), [".x", ".y[0]"], [1, 2]),
    (Layer(1, 2), [".W", ".b"], [1, 2]),
    (Net(hidden=Layer(1, 2), scale=3), [".hidden.W", ".hidden.b", ".scale"], [1, 2, 3]),
    (WithMemory(4), [".size"], [4]),
    (
        [{"a": (Layer(1, Point(2, 3)),)}, 4],
        ["[0]['a'][0].W", "[0]['a'][0].b.x", "[0]['a'][0].b.y", "[1]"],
        [1, 2, 3, 4],
    ),
    (collections.OrderedDict(b=1, a=2), ["['b']", "['a']"], [1, 2]),
    (collections.defaultdict(list, b=1, a=2), ["['a']", "['b']"], [2, 1]),
    ("a string is a leaf", [""], ["a string is a leaf"]),
    (None, [], []),
    ({}, [], []),
    ([], [], []),
    ((), [], []),
    ([None, 1, {}], ["[1]"], [1]),
    ({"a": None}, [], []),
]
every_tree = pytest.mark.parametrize(("given_tree", "paths", "leaves"), TREES, ids=lambda value: str(value)[:40])


@every_tree
def test_leaves_and_paths(given_tree: Any, paths: list[str], leaves: list[Any]) -> None:
    assert tree.flatten(given_tree)[0] == leaves
    assert tree.paths(given_tree) == paths


@every_tree
def test_the_same_tree_is_built_again(given_tree: Any, paths: list[str], leaves: list[Any]) -> None:
    flat, rebuild = tree.flatten(given_tree)
    again = rebuild(flat)
    assert again == given_tree and type(again) is type(given_tree)
    if isinstance(given_tree, dict):
        assert list(again) == list(given_tree)


@every_tree
def test_of_other_leaves(given_tree: Any, paths: list[str], leaves: list[Any]) -> None:
    new = [f"leaf {k}" for k in range(len(leaves))]
    again = tree.flatten(given_tree)[1](new)
    assert tree.flatten(again)[0] == new
    assert tree.structure_of(again) == tree.structure_of(given_tree)
    assert tree.paths(again) == paths


@pytest.mark.parametrize(
    "leaf",
    [
        1,
        2.0,
        1j,
        True,
        np.float32(1),
        np.ones(3),
        np.array(1.0),
        np.ma.ones(2),
        "text",
        b"bytes",
        object(),
        {1, 2},
        range(3),
        len,
    ],
    ids=lambda leaf: type(leaf).__name__,
)
def test_leaves(leaf: Any) -> None:
    flat, rebuild = tree.flatten(leaf)
    assert len(flat) == 1 and flat[0] is leaf
    assert rebuild([5]) == 5
    assert tree.structure_of(leaf) is None
    assert tree.paths(leaf) == [""]


def test_structures_tell_trees_apart() -> None:
    different = [
        1.0,
        None,
        [],
        [1],
        [1, 2],
        (1, 2),
        [[1], 2],
        {"a": 1, "b": 2},
        {"a": 1, "c": 2},
        Point(1, 2),
        Layer(1, 2),
    ]
    structures = [tree.structure_of(each) for each in different]
    for k, a in enumerate(structures):
        for j, b in enumerate(structures):
            assert (a == b) == (k == j)


def test_structures_do_not_see_the_leaves() -> None:
    assert tree.structure_of(Layer(1, "b")) == tree.structure_of(Layer(np.ones(3), 2.0))
    assert tree.structure_of(1.0) == tree.structure_of("a") == tree.structure_of(np.ones(2))
    assert tree.structure_of({"b": 1, "a": 2}) == tree.structure_of({"a": 1, "b": 2})


def test_a_number_of_leaves_that_does_not_fit() -> None:
    for given_tree in (1.0, [1, 2], Layer(1, 2)):
        with pytest.raises(ValueError):
            tree.flatten(given_tree)[1]([1, 2, 3])


def test_map() -> None:
    doubled = tree.map_leaves(lambda x: 2 * x, {"a": 1, "b": (2, Point(3, None))})
    assert doubled == {"a": 2, "b": (4, Point(6, None))}
    assert tree.map_leaves(lambda x, y, z: x + y * z, Layer(1, [2]), Layer(3, [4]), Layer(5, [6])) == Layer(16, [26])
    assert tree.map_leaves(lambda x: x + 1, 1) == 2
    assert tree.map_leaves(lambda x: x, {}) == {}


@pytest.mark.parametrize(
    ("other", "got"),
    [([1, 2], "[*, *]"), ({"W": 1}, "{'W': *}"), ({"W": 1, "c": 2}, "{'W': *, 'c': *}"), (1.0, "float"), ({}, "{}")],
)
def test_trees_of_another_shape_are_not_walked_together(other: Any, got: str) -> None:
    """Equal numbers of leaves are not enough: a gradient for W must not go to c."""
    with pytest.raises(ArgumentError, match="must be of one shape") as caught:
        tree.map_leaves(lambda x, y: x, {"W": 1, "b": 2}, other)
    assert (caught.value.got, caught.value.wanted) == (got, "{'W': *, 'b': *}")


trees = st.recursive(
    st.integers() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        | st.tuples(inner, inner)
        | st.builds(Point, inner, inner)
        | st.builds(Layer, inner, inner)
    ),
    max_leaves=12,
)


@given(trees)
def test_any_tree(given_tree: Any) -> None:
    leaves, rebuild = tree.flatten(given_tree)
    assert rebuild(leaves) == given_tree
    assert tree.map_leaves(lambda x: x, given_tree) == given_tree
    assert len(tree.paths(given_tree)) == len(leaves)
    for path, leaf in zip(tree.paths(given_tree), leaves, strict=True):
        assert eval(f"given_tree{path}") == leaf


def test_dataclasses_are_met_by_many_threads_at_once() -> None:
    classes = [dataclasses.make_dataclass(f"Made{k}", ["a", "b"]) for k in range(20)]
    gate, wrong = threading.Barrier(8), []

    def walk() -> None:
        gate.wait()
        for cls in classes:
            try:
                assert tree.flatten([cls(1, cls(2, 3))])[0] == [1, 2, 3]
            except BaseException as error:
                wrong.append(error)

    threads = [threading.Thread(target=walk) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_class_is_a_leaf_where_its_instance_is_none() -> None:
    assert tree.flatten([Layer, Layer(1, 2)])[0] == [Layer, 1, 2]


def test_a_tree_is_not_changed() -> None:
    given_tree = {"b": [1, 2], "a": Layer(3, 4)}
    leaves, rebuild = tree.flatten(given_tree)
    rebuild(leaves)["b"].append(5)
    leaves[0] = 9
    assert given_tree == {"b": [1, 2], "a": Layer(3, 4)}


def test_the_upper_part_of_a_tree_speaks_for_all_below() -> None:
    given_tree = {"a": [1, (2, 3)], "b": Layer(4, None), "c": None}
    assert tree.prefix(7, given_tree) == [7] * 4
    assert tree.prefix(None, given_tree) == [None] * 4
    assert tree.prefix({"a": 0, "b": None, "c": None}, given_tree) == [0, 0, 0, None]
    assert tree.prefix({"a": [0, (None, 1)], "b": Layer(2, 3), "c": 4}, given_tree) == [0, None, 1, 2]
    assert tree.prefix({"a": [0, "x"], "b": None, "c": None}, given_tree) == [0, "x", "x", None]


def test_what_is_not_the_upper_part_of_a_tree() -> None:
    given_tree = {"a": [1, 2]}
    for other in ({"b": 0}, {"a": [0]}, {"a": (0, 0)}, [0], {"a": [0, [0]]}, {}):
        assert tree.prefix(other, given_tree) is None
