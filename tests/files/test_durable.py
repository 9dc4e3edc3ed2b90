"""A file is what it was or what it shall be, whatever happens in between."""

from __future__ import annotations

import errno
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from chainrule import files
from chainrule.errors import FileError
from chainrule.files import durable


def names(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.iterdir())


def test_new_and_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    files.write_bytes(path, b"first")
    assert path.read_bytes() == b"first"
    files.write_bytes(str(path), b"")
    assert path.read_bytes() == b""
    assert names(tmp_path) == ["a.bin"]


def test_a_path_without_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    files.write_bytes("a.bin", b"x")
    assert (tmp_path / "a.bin").read_bytes() == b"x"


def test_the_order_of_what_makes_it_durable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Content onto the disk, then the name, then the folder's list of names."""
    done = []

    def fsync(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "content")
        assert done != ["content"] or os.fstat(descriptor).st_size == 5

    def replace(source: str, target: str) -> None:
        done.append("name")
        original(source, target)

    original = os.replace
    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    files.write_bytes(tmp_path / "a", b"12345")
    assert done == ["content", "name", "folder"]


@pytest.mark.parametrize("function", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "{} cannot be written: the disk is full"),
        (errno.EDQUOT, "{} cannot be written: the disk quota is used up"),
        (errno.EIO, "{} cannot be written: Input/output error"),
        (errno.EROFS, "{} cannot be written: the file system is read-only"),
        (errno.EACCES, "{} may not be written by this user"),
    ],
)
def test_what_was_there_outlives_trouble(tmp_path, monkeypatch, function: str, number: int, sentence: str) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"old")

    def fails(*arguments: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, function, fails)
    with pytest.raises(FileError) as caught:
        files.write_bytes(path, b"new")
    assert caught.value.what == sentence.format(path)
    assert isinstance(caught.value.__cause__, OSError)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["weights"]


def test_a_disk_that_fills_up_in_the_middle(tmp_path: Path) -> None:
    """The kernel itself refuses to go on after 64 KiB."""
    path = tmp_path / "weights"
    path.write_bytes(b"old")
    program = (
        "import resource, sys\n"
        "from chainrule import files\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
        "try:\n"
        "    files.write_bytes(sys.argv[1], bytes(10**6))\n"
        "except OSError as error:\n"
        "    print(error.what)\n"
    )
    run = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    assert run.stdout == f"{path} cannot be written: files may not be as large as this\n"
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["weights"]


def test_an_interruption_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"old")

    def interrupted(descriptor: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        files.write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["weights"]


def test_killed_at_any_moment(tmp_path: Path) -> None:
    """What is read is always one of the contents that were written, and whole."""
    path = tmp_path / "weights"
    program = (
        "import itertools, sys\n"
        "from chainrule import files\n"
        "for k in itertools.count():\n"
        "    files.write_bytes(sys.argv[1], bytes([k % 256]) * 2_000_000)\n"
        "    print(k, flush=True)\n"
    )
    for attempt in range(5):
        with subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.003 * attempt)
            process.send_signal(signal.SIGKILL)
        content = path.read_bytes()
        assert len(content) == 2_000_000 and content == content[:1] * 2_000_000


def test_what_was_left_behind_is_removed_later(tmp_path: Path) -> None:
    old, new, other = (
        tmp_path / ".a.00000000.partial",
        tmp_path / ".a.11111111.partial",
        tmp_path / ".b.00000000.partial",
    )
    for leftover in (old, new, other):
        leftover.write_bytes(b"half")
    long_ago = time.time() - durable.ABANDONED - 60
    os.utime(old, (long_ago, long_ago))
    os.utime(other, (long_ago, long_ago))
    files.write_bytes(tmp_path / "a", b"x")
    assert names(tmp_path) == [".a.11111111.partial", ".b.00000000.partial", "a"]


def test_the_mode_stays(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_bytes(b"")
    path.chmod(0o640)
    files.write_bytes(path, b"x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_new_file_has_the_mode_of_any_other(tmp_path: Path) -> None:
    (tmp_path / "by_python").write_bytes(b"")
    files.write_bytes(tmp_path / "by_us", b"")
    assert (tmp_path / "by_us").stat().st_mode == (tmp_path / "by_python").stat().st_mode


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real" / "a")
    files.write_bytes(tmp_path / "link", b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "a").read_bytes() == b"x"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("folder", "{} is a folder"),
        ("pipe", "{} is no regular file"),
        ("missing/a", "{} cannot be written: there is no folder {}/missing"),
        ("file/a", "{} cannot be written: there is no folder {}/file"),
        ("x" * 300, "{} cannot be written: File name too long"),
    ],
)
def test_where_no_file_can_be(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    before = names(tmp_path)
    with pytest.raises(FileError) as caught:
        files.write_bytes(tmp_path / name, b"x")
    assert caught.value.what == sentence.format(tmp_path / name, tmp_path)
    assert names(tmp_path) == before


@pytest.mark.parametrize("path", ["", "a\0b"])
def test_no_path_at_all(path: str) -> None:
    for use in (lambda: files.write_bytes(path, b""), lambda: files.opened(path)):
        with pytest.raises(FileError, match="is no path of a file"):
            use()


def test_a_read_only_folder() -> None:
    """For root nothing is read-only, so that it takes another user's place."""
    with tempfile.TemporaryDirectory() as name:  # all the way down, others may look into it
        path = Path(name) / "weights"
        path.write_bytes(b"old")
        path.parent.chmod(0o555)
        before = os.geteuid()
        if before == 0:
            os.seteuid(65534)
        try:
            with pytest.raises(FileError) as caught:
                files.write_bytes(path, b"new")
        finally:
            os.seteuid(before)
        assert caught.value.what == f"{path} may not be written by this user"
        assert path.read_bytes() == b"old"
        assert names(path.parent) == ["weights"]
        path.parent.chmod(0o755)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("missing", "{} is not there"),
        ("file/a", "{} is not there: a part of its path is a file"),
        ("folder", "{} is a folder"),
        ("pipe", "{} is no regular file"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_bytes(b"")
    os.mkfifo(tmp_path / "pipe")
    for read in (files.opened, files.load, files.read_json):
        with pytest.raises(FileError) as caught:
            read(tmp_path / name)
        assert caught.value.what == sentence.format(tmp_path / name)
        assert re.fullmatch(r"test_durable\.py:\d+", str(caught.value.where))
