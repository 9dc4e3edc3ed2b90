"""One class per kind of mistake: what they are besides, what they carry, that they travel."""

from __future__ import annotations

import copy
import inspect
import pickle
import subprocess
import sys

import pytest

from chainrule import errors
from chainrule.errors import ChainruleError, Origin, ShapeError, user_frame

CLASSES = [value for value in vars(errors).values() if inspect.isclass(value) and issubclass(value, ChainruleError)]
every_class = pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)

BUILTIN = {
    "ArgumentError": ValueError,
    "ShapeError": ValueError,
    "DtypeError": TypeError,
    "DerivativeError": TypeError,
    "UnsupportedError": TypeError,
    "TraceError": TypeError,
    "ControlFlowError": TypeError,
    "MutationError": TypeError,
    "GraphError": ValueError,
    "ForeignVariableError": ValueError,
    "UnknownNameError": KeyError,
    "TextError": ValueError,
    "FileError": OSError,
    "DataError": ValueError,
    "TooLargeError": MemoryError,
    "InternalError": RuntimeError,
    "DivergenceError": ArithmeticError,
}


@every_class
def test_a_user_may_catch_the_builtin_kind(kind: type[ChainruleError]) -> None:
    assert kind.__name__ == "ChainruleError" or issubclass(kind, BUILTIN.get(kind.__name__, Exception))
    assert kind.__doc__
    assert kind.__name__ in errors.__all__


def test_no_class_is_left_out() -> None:
    assert {*BUILTIN, "ChainruleError"} <= {kind.__name__ for kind in CLASSES}


@every_class
def test_parts_can_be_read_one_by_one(kind: type[ChainruleError]) -> None:
    error = kind("what", got="a", wanted="b", try_="c")
    assert (error.what, error.got, error.wanted, error.try_) == ("what", "a", "b", "c")
    assert error.where is not None and error.where.file == "test_classes.py"
    assert error.args == ("what",)


def test_the_place_may_be_given() -> None:
    """A backward error names the forward line."""
    forward = Origin(user_frame(depth=1))
    error = ShapeError("what", where=forward)
    assert error.where is forward
    assert f"test_classes.py:{forward.line}, in test_the_place_may_be_given" in str(error)


@every_class
@pytest.mark.parametrize("travel", [lambda error: pickle.loads(pickle.dumps(error)), copy.deepcopy, copy.copy])
def test_errors_travel(kind: type[ChainruleError], travel) -> None:
    """From a worker process to the one that waits for it."""
    error = kind("what", got="a", wanted="b", try_="c")
    result = travel(error)
    assert type(result) is kind
    assert str(result) == str(error)
    assert result.where.line == error.where.line


def test_an_error_of_another_process() -> None:
    program = (
        "import pickle, sys\n"
        "from chainrule.structure import identity_map\n"
        "try:\n"
        "    identity_map((2,)) @ [1]\n"
        "except ValueError as error:\n"
        "    sys.stdout.buffer.write(pickle.dumps(error))\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    error = pickle.loads(run.stdout)
    assert isinstance(error, ShapeError)
    assert str(error).splitlines()[2] == "  <string>:4, in <module>"


def test_notes_are_pythons() -> None:
    error = ShapeError("what")
    error.add_note("a detail")
    assert error.__notes__ == ["a detail"]
    assert "a detail" not in str(error)
