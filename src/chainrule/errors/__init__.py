"""What can go wrong, said in one layout: what, where, got, wanted, try.

The lowest room. It knows Python frames and text; it refuses to know arrays, graphs or rules.
"""

from .asking import Asking, asking
from .classes import (
    ArgumentError,
    ChainruleError,
    ChainruleWarning,
    ControlFlowError,
    DataError,
    DerivativeError,
    DivergenceError,
    DtypeError,
    FileError,
    ForeignVariableError,
    GraphError,
    InternalError,
    MutationError,
    ShapeError,
    TextError,
    TooLargeError,
    TraceError,
    UnknownNameError,
    UnsupportedError,
)
from .origin import Origin, user_frame
from .tracebacks import users_frames_only

__all__ = [
    "ArgumentError",
    "Asking",
    "ChainruleError",
    "ChainruleWarning",
    "ControlFlowError",
    "DataError",
    "DerivativeError",
    "DivergenceError",
    "DtypeError",
    "FileError",
    "ForeignVariableError",
    "GraphError",
    "InternalError",
    "MutationError",
    "Origin",
    "ShapeError",
    "TextError",
    "TooLargeError",
    "TraceError",
    "UnknownNameError",
    "UnsupportedError",
    "asking",
    "user_frame",
    "users_frames_only",
]

for _class in list(vars().values()):  # tracebacks print where a user finds it
    if isinstance(_class, type) and issubclass(_class, (ChainruleError, ChainruleWarning)):
        _class.__module__ = __name__
