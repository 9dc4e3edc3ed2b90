"""Our frames are hidden from the user's traceback, unless all are asked for."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from pathlib import Path

import numpy as np
import pytest

from chainrule.errors import ChainruleError, ShapeError, users_frames_only
from chainrule.errors.origin import PACKAGE
from chainrule.structure import MatrixFree, identity_map


@users_frames_only
def entry(function):
    """What a transform is: our function, which calls the user's."""
    return function()


def through_the_package(function):
    """Calls the user's function from within a frame of ours."""
    return MatrixFree(lambda v: function(), lambda g: g, (2,), (2,)) @ np.ones(2)


def user():
    return identity_map((2,)) @ np.ones(3)


def frames(error: BaseException) -> list[tuple[str, bool]]:
    """Functions from the outside in, and whether the file is ours."""
    found = traceback.extract_tb(error.__traceback__)
    return [(frame.name, frame.filename.startswith(PACKAGE)) for frame in found]


def caught_in(function) -> ChainruleError:
    with pytest.raises(ChainruleError) as caught:
        function()
    return caught.value


def test_without_an_entry_all_frames_are_there() -> None:
    assert ("apply", True) in frames(caught_in(lambda: through_the_package(user)))


def test_our_frames_are_hidden() -> None:
    """All but the one that raises, in which there is nothing to see; the user's own stay in order."""
    found = frames(caught_in(lambda: entry(lambda: through_the_package(user))))
    assert [name for name, ours in found if ours] == ["entry"]
    names = [name for name, ours in found if not ours]
    assert names == ["caught_in", "<lambda>", "entry", "<lambda>", "through_the_package", "<lambda>", "user"]


def test_entries_within_entries() -> None:
    found = frames(caught_in(lambda: entry(lambda: entry(user))))
    assert [name for name, ours in found if ours] == ["entry"]


def test_all_frames_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAINRULE_TRACEBACK", "full")
    found = frames(caught_in(lambda: entry(lambda: through_the_package(user))))
    assert {"__matmul__", "apply", "entry"} <= {name for name, ours in found if ours}
    monkeypatch.setenv("CHAINRULE_TRACEBACK", "")
    assert len(frames(caught_in(lambda: entry(user)))) < len(found)


def test_the_users_own_errors_are_left_alone() -> None:
    error = KeyError("mine")

    def fail():
        raise error

    with pytest.raises(KeyError) as caught:
        entry(lambda: through_the_package(fail))
    assert caught.value is error
    assert ("apply", True) in frames(error)


def test_the_error_is_the_same_and_keeps_its_cause() -> None:
    cause = OSError("disk")

    def fail():
        raise ShapeError("what") from cause

    error = caught_in(lambda: entry(fail))
    assert error.__cause__ is cause
    assert str(error.where).startswith("test_tracebacks.py:")


def test_a_reason_that_numpy_hides_is_brought_out() -> None:
    """NumPy says "setting an array element with a sequence", and keeps ours as its cause."""

    def fail():
        try:
            raise ShapeError("what", got="this")
        except ShapeError as error:
            raise ValueError("setting an array element with a sequence") from error

    error = caught_in(lambda: entry(fail))
    assert isinstance(error, ShapeError)
    assert error.got == "this" and error.__cause__ is None


def test_a_reason_on_which_code_in_c_went_on_is_brought_out() -> None:
    """brentq calls a function of Python's again after an error."""

    def fail():
        try:
            raise ShapeError("what", got="this")
        except ShapeError as error:
            raise SystemError("<function f> returned a result with an exception set") from error

    assert isinstance(caught_in(lambda: entry(fail)), ShapeError)


def test_an_entry_keeps_its_name_and_words() -> None:
    assert entry.__name__ == "entry" and entry.__doc__.startswith("What a transform is")
    assert entry(lambda: 3) == 3


def test_pytest_and_ipython_skip_the_frame_that_is_left() -> None:
    error = caught_in(lambda: entry(user))
    left = [
        frame for frame, _ in traceback.walk_tb(error.__traceback__) if frame.f_code.co_filename.startswith(PACKAGE)
    ]
    assert [frame.f_locals.get("__tracebackhide__") for frame in left] == [True]


@pytest.mark.parametrize(("setting", "ours"), [("", 1), ("full", 4)])
def test_as_python_prints_it(tmp_path: Path, setting: str, ours: int) -> None:
    program = tmp_path / "model.py"
    program.write_text(
        "from chainrule.errors import users_frames_only\n"
        "from chainrule.structure import MatrixFree, identity_map\n"
        "import numpy as np\n"
        "J = MatrixFree(lambda v: identity_map((2,)) @ [1], None, (2,), (2,))\n"
        "users_frames_only(lambda: J @ np.ones(2))()\n"
    )
    run = subprocess.run(
        [sys.executable, program],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CHAINRULE_TRACEBACK": setting},
    )
    files = [line for line in run.stderr.splitlines() if line.startswith('  File "')]
    assert sum(PACKAGE in line for line in files) >= ours
    assert setting == "full" or sum(PACKAGE in line for line in files) == 1
    assert 'model.py", line 4' in files[-1] or setting == "full"
