"""One class per kind of mistake. Each carries its parts, so that a page or a JSON document can show them too."""

from __future__ import annotations

from typing import Any

from .layout import layout
from .operands import Operand
from .origin import Origin, user_frame


class ChainruleError(Exception):
    """A mistake that chainrule can explain.

    Parameters
    ----------
    what : str
        One sentence.
    where : Origin, optional
        The user's line; by default that of the nearest caller outside the package.
    got, wanted, try_ : str, optional
        What was there, what would be right, and a cure (only where it has been computed).

    Attributes
    ----------
    operands : tuple of Operand
        What a failing operation was applied to: name, shape, dtype and place of each.
    graph : Graph or None
        The graph up to there, where a trace has failed; `graph.show()` prints it. It stays in the process in which it
        was traced, and lives as long as the error does.
    """

    operands: tuple[Operand, ...] = ()
    graph: Any = None

    def __init__(
        self,
        what: str,
        *,
        where: Origin | None = None,
        got: str | None = None,
        wanted: str | None = None,
        try_: str | None = None,
    ):
        super().__init__(what)
        if where is None:
            raw = user_frame(depth=2)
            where = Origin(raw) if raw else None
        self.what, self.where, self.got, self.wanted, self.try_ = what, where, got, wanted, try_

    def __str__(self) -> str:
        return layout(self.what, self.where, (("got", self.got), ("wanted", self.wanted), ("try", self.try_)))


class ArgumentError(ChainruleError, ValueError):
    """An argument of one of our functions has no meaning there."""


class ShapeError(ChainruleError, ValueError):
    """Shapes do not fit together."""


class DtypeError(ChainruleError, TypeError):
    """A dtype that cannot be used here, or that carries no derivative."""


class DerivativeError(ChainruleError, TypeError):
    """There is no derivative where one was asked for."""


class UnsupportedError(ChainruleError, TypeError):
    """A function or feature that is not supported on traced arrays."""


class TraceError(ChainruleError, TypeError):
    """A traced array met code that needs a plain one, or outlived its trace."""


class ControlFlowError(ChainruleError, TypeError):
    """Python asked for a value where there is no single one: in the body of a loop or a branch."""


class MutationError(ChainruleError, TypeError):
    """A traced value was written where it cannot be followed."""


class GraphError(ChainruleError, ValueError):
    """A graph that breaks the law of graphs: a cycle, a dangling name, types that disagree."""


class ForeignVariableError(GraphError):
    """A variable of one graph was used in another."""


class UnknownNameError(ChainruleError, KeyError):
    """No variable, operation or option has this name."""


class TextError(ChainruleError, ValueError):
    """A text that is no graph, or a document of another format or version."""


class FileError(ChainruleError, OSError):
    """A file that cannot be read or written, or that is not what was expected there."""


class DataError(ChainruleError, ValueError):
    """A table that cannot be learned from, or predicted for, as it stands."""


class TooLargeError(ChainruleError, MemoryError):
    """An array would be made that is larger than anyone would want without saying so."""


class DivergenceError(ChainruleError, ArithmeticError):
    """Training left the finite numbers; `fitted` (of a run to a folder, `outcome`) is what was best until then.

    Where the step that did so could be made again, `diagnosis` is what `cr.diagnose` finds in it.
    """

    def __init__(self, what: str, *, fitted: Any = None, outcome: Any = None, **parts: Any):
        super().__init__(what, **parts)
        self.fitted, self.outcome = fitted, outcome


class ChainruleWarning(UserWarning):
    """Something works, but not as well as it could, or not as one may think."""


class InternalError(ChainruleError, RuntimeError):
    """A mistake of ours: please report it with the graph's text."""
