"""Tracing: NumPy functions run on traced arrays, through NumPy's own protocols, and leave a graph.

Values are computed when they are asked for, by an evaluator that this room is handed; what Python decides by becomes a
guard. This room knows how NumPy behaves; it refuses to know how derivatives are made.
"""

from . import algebra, array_api, filling, functions, methods, names
from .activity import active, quiet
from .array import Array, contains_traced, stacked, trace_of, variable_of, wrap
from .bodies import Argument, Recorded, bodies_of, record
from .dispatch import FUNCTIONS, answers, declared_call
from .memory import Fillable, memory_of, quietly
from .names import patch_numpy
from .trace import Evaluator, Guard, Trace, plain_array

__all__ = [
    "FUNCTIONS",
    "Argument",
    "Array",
    "Evaluator",
    "Fillable",
    "Guard",
    "Recorded",
    "Trace",
    "active",
    "algebra",
    "answers",
    "array_api",
    "bodies_of",
    "contains_traced",
    "declared_call",
    "filling",
    "functions",
    "memory_of",
    "methods",
    "names",
    "patch_numpy",
    "plain_array",
    "quiet",
    "quietly",
    "record",
    "stacked",
    "trace_of",
    "variable_of",
    "wrap",
]
