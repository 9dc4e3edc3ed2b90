"""What failed while a function was traced: its operands for the message, and the graph up to there for a picture.

Nothing of this runs before something has failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import Asking, ChainruleError, Origin, ShapeError, asking
from ..errors.asking import passed_users_code
from ..errors.operands import Operand, assigned_at, name_of, place_of, text_of, written
from ..graph import Failure, Unfinished, Variable
from ..original import np
from .memory import Fillable, memory_of

if TYPE_CHECKING:
    from .trace import Trace

MOST_OPERANDS = 8


def note_failure(error: BaseException, trace: Trace | None, name: str, given: Sequence[Any]) -> None:
    """Tell an error of a call what the call was applied to; the outermost one that the user has written counts.

    Parameters
    ----------
    given : sequence
        The arguments, lists of arrays included.
    """
    if not isinstance(error, Exception) or trace is None or passed_users_code(error):
        return
    found = asking()
    values = list(_arrays(given))
    if found is not None and values:
        _note(error, trace, name, values, found)


def _note(error: Exception, trace: Trace, name: str, values: Sequence[Any], found: Asking) -> None:
    values = values[:MOST_OPERANDS]
    names = written(found, values)
    operands = tuple(_operand(x, each, found) for x, each in zip(values, names, strict=True))
    if isinstance(error, ChainruleError):
        error.operands = operands
        if error.got is None or (isinstance(error, ShapeError) and len(operands) > 1):
            error.got = text_of(operands)
    if not trace.symbolic:
        pairs = tuple(zip(map(_node, values), operands, strict=True))
        trace.failed = error, Failure(name, pairs, (found.frame.f_code, found.place))


def _found_in_traceback(error: Exception, trace: Trace) -> None:
    """The same from the user's expression alone, where no call has noted it: of methods, say, and of refusals."""
    found = Asking.at_last_call(error.__traceback__)
    if found is None:
        return
    values = [x for x in found.operands if _variable(x) is not None or isinstance(x, np.ndarray)]
    if any((v := _variable(x)) is not None and v.graph is trace.graph for x in values):
        _note(error, trace, found.verb, values, found)


def written_names(count: int) -> list[str] | None:
    """What the user's expression under way calls its operands, where it is a name for each."""
    found = asking()
    names = [] if found is None else [name_of(node) for node in found.operand_nodes]
    return [name for name in names if name] if len(names) == count and all(names) else None


def _arrays(given: Sequence[Any]) -> Iterator[Any]:
    for x in given:
        if _variable(x) is not None or isinstance(x, (np.ndarray, np.generic)):
            yield x
        elif type(x) in (list, tuple) and len(x) <= MOST_OPERANDS:
            yield from _arrays(x)


def _variable(x: Any) -> Variable | None:
    """Of a traced array, as it stands: a view is not brought up to date."""
    return x._variable if type(x) is not Fillable and hasattr(type(x), "_variable") else None


def _node(x: Any) -> Any:
    return _variable(x) or memory_of(x)


def _operand(x: Any, name: str | None, found: Asking) -> Operand:
    v = _variable(x)
    if v is None:
        x = memory_of(x)
        return Operand(name, tuple(x.shape), str(x.dtype), assigned_at(name, found.frame))
    origin = Origin(v.origin) if v.origin is not None else None
    name = name or v.name or (origin.assigned_name if origin is not None else None)
    place = place_of(origin) if origin is not None and not v.is_constant else assigned_at(name, found.frame)
    return Operand(name, v.shape, str(v.dtype), place, "given" if v.is_input else "made")


def described(failure: Failure) -> str:
    """What failed was given these."""
    return f"{failure.name} got {text_of([operand for _, operand in failure.operands])}"


def keep_unfinished(error: Exception, trace: Trace) -> None:
    """Keep the graph as it stands, unless a body within has done so for the same error."""
    if trace.unfinished is None or trace.unfinished[0] is not error:
        kept = _unfinished(error, trace)
        trace.unfinished = None if kept is None else (error, kept)


def unfinished(error: Exception, trace: Trace) -> Unfinished | None:
    """The graph as it stood where the error came from; None where nothing had been done yet."""
    keep_unfinished(error, trace)
    return None if trace.unfinished is None else trace.unfinished[1]


def _unfinished(error: Exception, trace: Trace) -> Unfinished | None:
    if trace.failed is None or trace.failed[0] is not error:
        _found_in_traceback(error, trace)
    graph = trace.graph
    failure = trace.failed[1] if trace.failed is not None and trace.failed[0] is error else None
    kept = Unfinished(list(graph.variables), list(graph.several), dict(trace.values), failure, _sentence(error))
    return None if kept.is_empty else kept


def _sentence(error: Exception) -> str:
    text = error.what if isinstance(error, ChainruleError) else f"{type(error).__name__}: {error}"
    return text.partition("\n")[0]
