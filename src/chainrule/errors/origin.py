"""Where in the user's program something was made: a code object and an instruction, read only when asked."""

from __future__ import annotations

import ast
import itertools
import linecache
import marshal
import os
import sys
from types import CodeType

import numpy

RawOrigin = tuple[CodeType, int]
Assignments = dict[tuple[int, int, int | None, int | None], str]  # by the place of the right-hand side

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep
OURS = (PACKAGE, "<chainrule")  # our files, and the code that we generate
_NUMPY = os.path.dirname(os.path.abspath(numpy.__file__)) + os.sep
_BESIDE_NUMPY = [os.path.join(os.path.dirname(_NUMPY[:-1]), name) + os.sep for name in ("scipy", "sklearn", "joblib")]
LIBRARIES = (*OURS, _NUMPY, *_BESIDE_NUMPY, "<frozen ")
_STANDARD = os.path.dirname(os.path.abspath(os.__file__)) + os.sep
_PROGRAM = os.path.join(PACKAGE, "cli") + os.sep
_is_library: dict[str, bool] = {}
_known_assignments: dict[str, tuple[list[str], Assignments]] = {}  # by path, with the source that they were read from


def user_frame(depth: int = 2) -> RawOrigin | None:
    """Code and instruction of the nearest caller outside this package, NumPy, SciPy, scikit-learn and Python's standard
    library.

    What calls the command line is no user's code.
    """
    frame = sys._getframe(depth)
    while frame is not None:
        file = frame.f_code.co_filename
        library = _is_library.get(file)
        if library is None:
            library = is_library(file)
        if not library:
            return frame.f_code, frame.f_lasti
        if file.startswith(_PROGRAM):
            return None
        frame = frame.f_back
    return None


def is_library(file: str) -> bool:
    """Whether a file is of this package, one of those libraries or the standard one, and no place of a user's."""
    known = _is_library.get(file)
    if known is None:
        known = _is_library[file] = file.startswith(LIBRARIES) or _is_standard(file)
    return known


def _is_standard(file: str) -> bool:
    return file.startswith(_STANDARD) and not file[len(_STANDARD) :].split(os.sep)[0].endswith("-packages")


def is_ours(file: str) -> bool:
    return file.startswith(OURS)


def is_numpys(file: str) -> bool:
    return file.startswith(_NUMPY)


class Origin:
    """A place in the user's source, for people to read."""

    __slots__ = ("code", "instruction")

    def __init__(self, raw: RawOrigin):
        self.code, self.instruction = raw

    @property
    def span(self) -> tuple[int, int, int, int]:
        """First line, last line, first column, column after the last; lines count from 1, columns from 0.

        The columns are 0, 0 where Python was told to keep none.
        """
        place = next(itertools.islice(self.code.co_positions(), self.instruction // 2, None), (None,) * 4)
        line, end_line, start, end = place
        line = line or self.code.co_firstlineno
        return line, end_line or line, start or 0, end or 0

    @property
    def path(self) -> str:
        return self.code.co_filename

    @property
    def file(self) -> str:
        """The file's last name: enough for a reader, and no path of somebody's machine."""
        return os.path.basename(self.code.co_filename)

    @property
    def line(self) -> int:
        return self.span[0]

    @property
    def function(self) -> str:
        return self.code.co_name

    @property
    def source(self) -> str:
        """The line of code, or nothing where the source is not to be had (an interactive prompt, say)."""
        return linecache.getline(self.code.co_filename, self.line).rstrip()

    @property
    def assigned_name(self) -> str | None:
        """`h` where the value was made by the whole right-hand side of `h = ...`."""
        line, end_line, start, end = self.span
        return _assignments(self.code.co_filename).get((line, start, end_line, end))

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle refuses code objects; an error must come back from a worker process all the same."""
        return _unmarshalled, (marshal.dumps(self.code), self.instruction)


def _unmarshalled(code: bytes, instruction: int) -> Origin:
    return Origin((marshal.loads(code), instruction))


def _assignments(path: str) -> Assignments:
    lines = linecache.getlines(path)  # the same list for as long as the source is the same
    known = _known_assignments.get(path)
    if known is None or known[0] is not lines:
        if len(_known_assignments) > 64:
            _known_assignments.clear()
        known = _known_assignments[path] = lines, _assignments_in(lines)
    return known[1]


def _assignments_in(lines: list[str]) -> Assignments:
    try:
        tree = ast.parse("".join(lines))
    except (SyntaxError, ValueError):
        return {}
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr)) and (value := node.value) is not None:
            target, *more = node.targets if isinstance(node, ast.Assign) else [node.target]
            if isinstance(target, ast.Name) and not more:
                found[value.lineno, value.col_offset, value.end_lineno, value.end_col_offset] = target.id
    return found
