"""The user's functions, by FILE.py:NAME, and their arguments, by --at NAME=VALUE."""

from __future__ import annotations

import argparse
import contextlib
import functools
import importlib.util
import inspect
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from .. import files
from ..errors import ArgumentError, FileError, InternalError, UnknownNameError
from ..errors.origin import OURS
from .options import whole_number

RANDOM = re.compile(r"random\(([\d, ]*)\)")
AT = """\
VALUE is a number, a list as JSON has it, a file of .npy, or random(3,4): normal random numbers of a shape, by --seed;
the last one and lists need quotes in most shells. Arguments that have defaults may be left out.
"""


NOT_THE_USERS = (*OURS, "<frozen importlib")


class UserCodeError(Exception):
    """The user's code raised; the reason is its cause."""


@contextlib.contextmanager
def users_code(sentence: str) -> Iterator[None]:
    """Run code of the user's within: what it prints goes to stderr, what it raises becomes a UserCodeError.

    Of what is not finite the verbs speak; NumPy need not warn.
    """
    try:
        with contextlib.redirect_stdout(sys.stderr), np.errstate(all="ignore"):
            yield
    except InternalError:
        raise
    except (Exception, SystemExit) as error:
        raise UserCodeError(sentence) from error.with_traceback(_users_part(error.__traceback__))


def _users_part(traceback: TracebackType | None) -> TracebackType | None:
    """From the first frame of a file of the user's on."""
    if os.environ.get("CHAINRULE_TRACEBACK") == "full":
        return traceback
    while traceback is not None and traceback.tb_frame.f_code.co_filename.startswith(NOT_THE_USERS):
        traceback = traceback.tb_next
    return traceback


def declare_function(parser: argparse.ArgumentParser) -> None:
    """Add what names a function and its arguments."""
    parser.add_argument("function", metavar="FILE.py:NAME", help="a function of arrays")
    declare_function_options(parser)


def declare_function_options(parser: argparse.ArgumentParser) -> None:
    """Add what gives values to arguments."""
    parser.add_argument("--at", action="append", default=[], metavar="NAME=VALUE", help="an argument's value")
    parser.add_argument(
        "--seed", type=whole_number(0), default=0, metavar="N", help="of random values (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document instead of text")


def function_of(place: str) -> Callable[..., Any]:
    """The function that FILE.py:NAME names.

    Raises
    ------
    FileError
        If the file is not there.
    UnknownNameError
        If it has no such function.
    UserCodeError
        If the file raises when it is run.
    """
    path, colon, name = place.rpartition(":")
    if not colon or not name.replace(".", "").isidentifier():
        raise ArgumentError(f"a function is named by its file and its name, not {place!r}", wanted="FILE.py:NAME")
    with files.opened(path):
        spec = importlib.util.spec_from_file_location(Path(path).stem, path)
    if spec is None or spec.loader is None:
        raise FileError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(Path(path).resolve().parent))
    with users_code(f"{path} raises when it is run"):
        spec.loader.exec_module(module)
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        functions = [each for each, value in vars(module).items() if inspect.isfunction(value)]
        raise UnknownNameError(f"{path} has no function {name}", wanted=", ".join(functions) or None)
    return found


def arguments_of(function: Callable[..., Any], at: Sequence[str], seed: int) -> dict[str, Any]:
    """A value for each argument, by name, in order.

    Raises
    ------
    ArgumentError
        If an argument has none, or a text stands for none.
    UnknownNameError
        If the function has no such argument.
    """
    known = _parameters(function)
    rng = np.random.default_rng(seed)
    given = {}
    for text in at:
        name, _, value = text.partition("=")
        if name not in known:
            raise UnknownNameError(f"{name_of(function)} has no argument {name!r}", wanted=", ".join(known) or None)
        given[name] = _value(name, value, rng)
    defaults = {name: each.default for name, each in known.items() if each.default is not inspect.Parameter.empty}
    missing = [name for name in known if name not in given and name not in defaults]
    if missing:
        raise ArgumentError(
            f"{name_of(function)} needs a value for {', '.join(missing)}",
            try_=" ".join(f"--at {n}=..." for n in missing),
        )
    return {name: given.get(name, defaults.get(name)) for name in known}


def by_position(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, taking by position all that `arguments_of` finds."""
    known = _parameters(function)
    keywords = [name for name, each in known.items() if each.kind is inspect.Parameter.KEYWORD_ONLY]

    def positional(*values: Any) -> Any:
        given = dict(zip(known, values, strict=True))
        by_name = {name: given.pop(name) for name in keywords}
        return function(*given.values(), **by_name)

    call: Any = functools.update_wrapper(positional, function)
    call.__name__ = name_of(function)
    arguments = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in known]
    call.__signature__ = inspect.Signature(arguments)  # what messages take names from
    return call


def name_of(function: Callable[..., Any]) -> str:
    """What messages call it."""
    return getattr(function, "__name__", type(function).__name__)


def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    """All arguments that have a name of their own."""
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError) as error:
        raise ArgumentError(f"{name_of(function)} does not tell what its arguments are") from error
    collecting = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {name: each for name, each in parameters.items() if each.kind not in collecting}


def _value(name: str, text: str, rng: np.random.Generator) -> Any:
    if found := RANDOM.fullmatch(text):
        return rng.normal(size=tuple(int(n) for n in found[1].split(",") if n.strip()))
    if text.endswith(".npy"):
        with files.opened(text) as file:
            try:
                return np.load(file, allow_pickle=False)
            except (ValueError, EOFError) as error:
                raise FileError(f"{text} is no array: {error}") from error
    try:
        value = json.loads(text)
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise ValueError("not numbers")
    except ValueError as error:
        raise ArgumentError(f"{name} is no number, list, .npy file or random(...): {text!r}") from error
    return array if isinstance(value, list) else value


def derivable(arguments: dict[str, Any]) -> list[int]:
    """Positions of the arguments that carry a derivative: those of floating numbers."""
    found = []
    for k, value in enumerate(arguments.values()):
        if isinstance(value, (float, np.ndarray, np.floating)) and np.asarray(value).dtype.kind == "f":
            found.append(k)
    if not found:
        raise ArgumentError(
            "there is nothing to differentiate by: no argument is a floating number or an array of them",
            wanted="1.0, not 1",
        )
    return found
