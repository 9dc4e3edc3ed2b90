"""Arrays and a document in one file: what comes back, and what is refused in one sentence."""

from __future__ import annotations

import errno
import json
import os
import pickle
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays_of

from chainrule import files
from chainrule.errors import ArgumentError, DtypeError, FileError
from chainrule.files import safe_arrays

DTYPES = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]
FIXTURE = Path(__file__).parents[1] / "data_files" / "checkpoint_1.safetensors"


class Moments(NamedTuple):
    step: int
    first_moment: Any


def same(a: np.ndarray, b: np.ndarray) -> bool:
    """The same bits, in the same shape."""
    return a.shape == b.shape and a.dtype == b.dtype and a.tobytes() == b.tobytes()


@pytest.mark.parametrize("code", DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 0, 3), (2, 3, 4)])
def test_dtypes_and_shapes(tmp_path: Path, code: str, shape: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).integers(0, 2, size=shape).astype(code)
    files.save(tmp_path / "a", {"x": array, "": array}, {})
    arrays, document = files.load(tmp_path / "a")
    assert document == {} and list(arrays) == ["", "x"]
    assert same(arrays["x"], array) and same(arrays[""], array)
    assert arrays["x"].flags.writeable and arrays["x"].flags.c_contiguous


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=6).filter(lambda name: name != "__metadata__"),
        st.sampled_from(DTYPES).flatmap(lambda code: arrays_of.arrays(code, arrays_of.array_shapes(min_dims=0))),
        max_size=4,
    )
)
def test_any_bits(tmp_path_factory: pytest.TempPathFactory, arrays: dict[str, np.ndarray]) -> None:
    path = tmp_path_factory.mktemp("any") / "a"
    files.save(path, arrays, {"names": list(arrays)})
    found, document = files.load(path)
    assert list(found) == sorted(arrays) and document == {"names": list(arrays)}
    assert all(same(found[name], arrays[name]) for name in arrays)


def test_layouts_and_byte_orders(tmp_path: Path) -> None:
    x = np.arange(24.0).reshape(4, 6)
    layouts = {
        "transposed": x.T,
        "strided": x[::2, ::-3],
        "fortran": np.asfortranarray(x),
        "big": x.astype(">f8"),
        "broadcast": np.broadcast_to(x[0], (3, 6)),
        "scalar": np.float64(3.5),
    }
    files.save(tmp_path / "a", layouts, {})
    for name, array in files.load(tmp_path / "a")[0].items():
        np.testing.assert_array_equal(array, layouts[name])
        assert array.dtype == np.dtype("=f8")


def test_other_programs_can_read_it(tmp_path: Path) -> None:
    """By the format's own description: eight bytes of length, JSON, then the arrays."""
    files.save(tmp_path / "a", {"x": np.array([1.0, 2.0])}, {"größe": 1})
    content = (tmp_path / "a").read_bytes()
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    assert header["__metadata__"] == {"chainrule": '{"schema": "chainrule/file/1", "document": {"größe": 1}}'}
    assert header["x"] == {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}
    assert content[8 + length :] == np.array([1.0, 2.0], "<f8").tobytes()


def test_equal_contents_give_equal_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        files.save(tmp_path / name, {"x": np.ones(3), "y": np.zeros(2, "f4")}, {"k": 1, "l": 2})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize(
    ("value", "got"),
    [
        (np.ones(2, complex), "dtype complex128"),
        (np.ones(2, np.longdouble), f"dtype {np.dtype(np.longdouble)}"),
        (np.array(["a"]), "dtype <U1"),
        (np.array([None]), "dtype object"),
        (np.array(["2020-01-01"], "M8[D]"), "dtype datetime64[D]"),
        (np.zeros(2, [("a", "f8")]), "dtype [('a', '<f8')]"),
        (np.ma.array([1.0, 2.0], mask=[0, 1]), "a masked array"),
    ],
)
def test_what_cannot_be_stored(tmp_path: Path, value: np.ndarray, got: str) -> None:
    with pytest.raises(DtypeError) as caught:
        files.save(tmp_path / "a", {"x": value}, {})
    assert caught.value.what == "the array x cannot be stored"
    assert caught.value.got == got
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["__metadata__", 3, "\ud800"])
def test_names_that_are_none(tmp_path: Path, name) -> None:
    with pytest.raises(ArgumentError, match="the name of an array is a text"):
        files.save(tmp_path / "a", {name: np.ones(1)}, {})
    assert list(tmp_path.iterdir()) == []


def test_a_document_that_is_none_damages_nothing(tmp_path: Path) -> None:
    files.save(tmp_path / "a", {"x": np.ones(1)}, {"a": 1})
    with pytest.raises(ArgumentError, match=r"document\['a'\] is of type tuple"):
        files.save(tmp_path / "a", {"x": np.ones(1)}, {"a": ()})
    assert files.load(tmp_path / "a")[1] == {"a": 1}


@pytest.mark.parametrize("function", ["fsync", "replace"])
def test_a_full_disk_damages_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str) -> None:
    path = tmp_path / "run.safetensors"
    files.save(path, {"x": np.ones(1000)}, {"epoch": 1})

    def full(*arguments: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, function, full)
        with pytest.raises(FileError, match="cannot be written: the disk is full"):
            files.save(path, {"x": np.zeros(1000)}, {"epoch": 2})
    arrays, document = files.load(path)
    assert document == {"epoch": 1} and arrays["x"].sum() == 1000
    assert list(tmp_path.iterdir()) == [path]


# Files that are not what they should be.


def saved(path: Path) -> bytes:
    files.save(path, {"W": np.arange(6.0).reshape(2, 3), "b": np.ones(3, "f4")}, {"activation": "tanh"})
    return path.read_bytes()


def with_header(header: object, data: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def ours(**entries: object) -> dict[str, object]:
    return {**said('{"schema": "chainrule/file/1", "document": {}}'), **entries}


def said(text: object) -> dict[str, object]:
    return {"__metadata__": {"chainrule": text}}


def entry(dtype: object = "F64", shape: object = (1,), offsets: object = (0, 8)) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def refusal(path: Path) -> str:
    with pytest.raises(FileError) as caught:
        files.load(path)
    assert str(caught.value.where).startswith("test_safe_arrays.py:")
    assert "\n" not in caught.value.what
    return caught.value.what.replace(str(path), "FILE")


def test_cut_off_anywhere(tmp_path: Path) -> None:
    content = saved(tmp_path / "a")
    for length in range(len(content)):
        (tmp_path / "a").write_bytes(content[:length])
        sentence = refusal(tmp_path / "a")
        assert ("empty" if length == 0 else "no safetensors file" if length < 9 else "is cut off") in sentence
    assert sentence == "FILE is cut off: 1 bytes are missing"


def test_bytes_too_many(tmp_path: Path) -> None:
    content = saved(tmp_path / "a")
    (tmp_path / "a").write_bytes(content + b"\0")
    assert refusal(tmp_path / "a").startswith("FILE is damaged: ")


def test_any_byte_of_the_header_changed(tmp_path: Path) -> None:
    """It is refused, or loads to something: never another error, never much memory."""
    content = saved(tmp_path / "a")
    rng = np.random.default_rng(0)
    end = 8 + int.from_bytes(content[:8], "little")
    for place in range(end):
        for value in (content[place] ^ (1 << int(rng.integers(8))), int(rng.integers(256)), ord("9")):
            changed = bytearray(content)
            changed[place] = value
            (tmp_path / "a").write_bytes(changed)
            try:
                files.load(tmp_path / "a")
            except FileError as error:
                assert "\n" not in error.what


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "FILE is empty"),
        (b"{", "FILE is no safetensors file"),
        (b"a,b\n1,2\n3,4\n5,6\n", "FILE is no safetensors file"),
        (pickle.dumps({"W": [1.0]}), "FILE is no safetensors file"),
        (b"\x93NUMPY\x01\x00v\x00{'descr': '<f8'}", "FILE is no safetensors file"),
        (
            (2**62).to_bytes(8, "little") + b"{}",
            "FILE is damaged or no safetensors file: its header claims 4611686018427387904 bytes",
        ),
        ((10**6).to_bytes(8, "little") + b"{}", "FILE is cut off: its header has 1000000 bytes, the whole file 10"),
        (with_header(b"{}"), "FILE was not written by chainrule"),
        (with_header(b'{"a": '), "the header of FILE is no JSON document: Expecting value: line 1 column 7 (char 6)"),
        (with_header(b'{"a":' * 200_000), "the header of FILE is nested too deeply"),
        (with_header({"__metadata__": {"format": "pt"}}), "FILE was not written by chainrule"),
        (with_header({"__metadata__": []}), "FILE was not written by chainrule"),
        (with_header(said(3)), "FILE was not written by chainrule"),
        (with_header(said('{"schema": "chainrule/file/"}')), "FILE was not written by chainrule"),
        (with_header(said('{"schema": "chainrule/file/0"}')), "FILE was not written by chainrule"),
        (with_header(said('{"schema": ["chainrule/file/1"]}')), "FILE was not written by chainrule"),
        (with_header(said('{"schema": "chainrule/file/2"}')), "FILE was written by a newer chainrule"),
        (
            with_header(said('{"schema": "chainrule/file/1"}')),
            "the header of FILE is damaged: there is no document in it",
        ),
        (
            with_header(said('{"schema": "chainrule/file/1", "document": [1]}')),
            "the header of FILE is damaged: there is no document in it",
        ),
        (
            with_header(said("[")),
            "the document in FILE is no JSON document: Expecting value: line 1 column 2 (char 1)",
        ),
        (with_header(said("[]")), "the document in FILE is no JSON object but '[]'"),
        (with_header(ours(x=3), bytes(8)), "the header of FILE is damaged"),
        (with_header(ours(x={"dtype": "F64"}), bytes(8)), "the header of FILE is damaged"),
        (
            with_header(ours(x=entry(offsets=[0, 1e400])), bytes(8)),
            "the header of FILE is no JSON document: Infinity is no number of JSON",
        ),
        (
            with_header(ours(x=entry(dtype="BF16", shape=[4])), bytes(8)),
            "FILE holds numbers that NumPy does not have: BF16",
        ),
        (
            with_header(ours(x=entry(shape=[2**40, 2**40], offsets=[0, 2**62])), bytes(8)),
            f"FILE is cut off: {2**62 - 8} bytes are missing",
        ),
    ],
)
def test_what_is_no_file_of_ours(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "a").write_bytes(content)
    assert refusal(tmp_path / "a") == sentence


@pytest.mark.parametrize(
    "header",
    [
        ours(x=entry(shape=[2**40, 2**40])),
        ours(x=entry(shape=[-1])),
        ours(x=entry(shape=[2])),
        ours(x=entry(shape=["a"])),
        ours(x=entry(offsets=[8, 0])),
        ours(x=entry(offsets=[-8, 0])),
        ours(x=entry(), y=entry()),
        ours(x=entry(dtype="F32", shape=[1], offsets=[0, 4]), y=entry(dtype="F16", offsets=[6, 8])),
        {"__metadata__": {**ours()["__metadata__"], "more": 3}},
    ],
)
def test_a_header_that_contradicts_itself(tmp_path: Path, header: dict) -> None:
    (tmp_path / "a").write_bytes(with_header(header, bytes(8 if "x" in header else 0)))
    assert refusal(tmp_path / "a").startswith("FILE is damaged: ")


def test_a_newer_file_names_the_cure(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(with_header(said('{"schema": "chainrule/file/17"}')))
    with pytest.raises(FileError) as caught:
        files.load(tmp_path / "a")
    assert caught.value.got == "format 17"
    assert caught.value.wanted == "format 1, or an older one"
    assert caught.value.try_ == "pip install --upgrade chainrule"


def test_an_archive_of_pickles_is_not_opened(tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "executed"),)

    np.savez(tmp_path / "a.npz", x=np.array([Hostile()], dtype=object))
    (tmp_path / "a.pickle").write_bytes(pickle.dumps(Hostile()))
    assert zipfile.is_zipfile(tmp_path / "a.npz")
    for name in ("a.npz", "a.pickle"):
        assert refusal(tmp_path / name) == "FILE is no safetensors file"
    assert not (tmp_path / "executed").exists()


def test_a_hostile_header_takes_no_memory(tmp_path: Path) -> None:
    """With 400 MB of address space beyond what the imports take, nothing of this may end in a MemoryError."""
    contents = [
        (2**63 - 1).to_bytes(8, "little") + b"{" * 100,
        (safe_arrays.LARGEST).to_bytes(8, "little") + b"{" * 100,
        with_header(ours(x=entry(shape=[2**36], offsets=[0, 2**39]))),
        with_header(ours(x=entry(shape=[2**60, 2**60], offsets=[0, 0]))),
        with_header(ours(x=entry(dtype="F64", shape=[10**18], offsets=[0, 8])), bytes(8)),
    ]
    for k, content in enumerate(contents):
        (tmp_path / f"{k}").write_bytes(content)
    program = (
        "import resource, sys\n"
        "from chainrule import files\n"
        "from chainrule.errors import FileError\n"
        "files.save(sys.argv[1] + '/good', {}, {})\n"
        "files.load(sys.argv[1] + '/good')\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 400_000_000,) * 2)\n"
        f"for k in range({len(contents)}):\n"
        "    try:\n"
        "        files.load(f'{sys.argv[1]}/{k}')\n"
        "    except FileError as error:\n"
        "        print('memory' in error.what)\n"
    )
    run = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n" * len(contents)


# The first version of the format, as it was when it was made (tools/make_checkpoint_fixture.py).


def test_the_stored_file_of_version_1() -> None:
    arrays, document = files.load(FIXTURE)
    assert document["made_by"] == "version 1 of the format"
    assert document["floats"] == [0.1, -0.0, 5e-324, 1.7976931348623157e308]
    assert repr(document["floats"][1]) == "-0.0"
    assert {name: (a.dtype.str, a.shape) for name, a in arrays.items()} == {
        "optimizer/first_moment/0/W": ("<f8", (2, 3)),
        "optimizer/first_moment/0/b": ("<f4", (3,)),
        "order": ("<i8", (4,)),
        "parameters/0/W": ("<f8", (2, 3)),
        "parameters/0/b": ("<f4", (3,)),
        "mask~1of rows": ("|b1", (0, 2)),
        "scale": ("<f2", ()),
    }
    tree = files.unflatten(arrays, document["structure"], template={"optimizer": Moments(0, None)})
    np.testing.assert_array_equal(tree["parameters"][0]["W"], [[0.0, 0.5, 1.0], [1.5, 2.0, 2.5]])
    assert tree["optimizer"].step == 7 and isinstance(tree["optimizer"], Moments)
    assert tree["mask/of rows"].shape == (0, 2)
    assert isinstance(tree["scale"], np.float16) and tree["scale"] == 0.5
    assert tree["order"].tolist() == [3, 1, 2, 0]
    assert tree["ending"] is None and tree["loss"] == float("inf") and tree["name"] == "größe"
