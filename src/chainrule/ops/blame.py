"""An error that comes when values or derivatives are computed names the line whose operation has it."""

from __future__ import annotations

from ..errors import ChainruleError, Origin
from ..errors.asking import passed_users_code
from ..errors.operands import Operand, place_of, text_of
from ..graph import Variable

_BLAMED = "computing "


def blame(error: Exception, y: Variable, what: str = "the derivative") -> None:
    """Let an error that what computes y, or its derivative, has raised say where y was made.

    An error of ours then stands at that line; one of other code, or of a rule of the user's, gets a note. Of several
    operations, one within the other, the innermost is named.
    """
    if y.origin is None or y.operation is None or _notes(error):
        return
    place = Origin(y.origin)
    if isinstance(error, ChainruleError) and not passed_users_code(error):
        error.where, error.operands = place, tuple(map(_operand, y.inputs))
        error.got = error.got or text_of(error.operands)
    error.add_note(f"{_BLAMED}{what} of {y.operation.name}, made at {place}: {place.source.strip()}")


def take_blame(error: Exception, found: Exception) -> None:
    """Let an error say what another one does, which was met at the same operation."""
    if type(error) is not type(found) or _notes(error):
        return
    if isinstance(error, ChainruleError) and isinstance(found, ChainruleError):
        error.where, error.operands, error.got = found.where, found.operands, found.got
    for note in _notes(found):
        error.add_note(note)


def _notes(error: Exception) -> list[str]:
    return [note for note in getattr(error, "__notes__", ()) if note.startswith(_BLAMED)]


def _operand(x: Variable) -> Operand:
    made = place_of(Origin(x.origin)) if x.origin is not None else None
    return Operand(x.name, x.shape, str(x.dtype), made, "given" if x.is_input else "made")
