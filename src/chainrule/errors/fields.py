"""An error as fields, for programs: what, where, of what, and what to do."""

from __future__ import annotations

import os
from typing import Any

from .classes import ChainruleError
from .origin import is_library


def fields_of(error: BaseException) -> dict[str, Any]:
    """The parts of an error as plain dicts, lists, strings and numbers.

    Examples
    --------
    >>> from chainrule.errors import ShapeError
    >>> fields = fields_of(ShapeError("sizes differ", try_="x.T"))
    >>> fields["code"], fields["message"], fields["operands"], fields["hint"]
    ('ShapeError', 'sizes differ', [], 'x.T')
    """
    if isinstance(error, ChainruleError):
        where = error.where
        place = (None, None) if where is None else (where.file, where.line)
        return {
            "code": type(error).__name__,
            "message": error.what,
            "file": place[0],
            "line": place[1],
            "operands": [operand.to_document() for operand in error.operands],
            "hint": error.try_,
        }
    file, line = _last_user_line(error)
    message = str(error)
    return {
        "code": type(error).__name__,
        "message": message,
        "file": file,
        "line": line,
        "operands": [],
        "hint": None,
    }


def _last_user_line(error: BaseException) -> tuple[str | None, int | None]:
    found: tuple[str | None, int | None] = None, None
    link = error.__traceback__
    while link is not None:
        path = link.tb_frame.f_code.co_filename
        if not is_library(path):
            found = os.path.basename(path), link.tb_lineno
        link = link.tb_next
    return found
