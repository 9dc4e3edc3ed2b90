"""Computational graphs as plain data: variables, operations between them, order, text. Nothing here computes."""

from .body import Body
from .copying import copied, extract, extracted, paste, substitute, with_assigned_names
from .document import from_json, from_rows, rows_of, to_document, to_json
from .dot import to_dot
from .graph import Graph, foreign, graph_of
from .key import is_slot, structural_key
from .law import check
from .order import ancestors, between, consumers, descendants, operations
from .text import NAME, from_text, same_graph, to_text, unique_names
from .unfinished import FailedOperation, Failure, Unfinished, finished
from .variable import OperationLike, Variable

__all__ = [
    "NAME",
    "Body",
    "FailedOperation",
    "Failure",
    "Graph",
    "OperationLike",
    "Unfinished",
    "Variable",
    "ancestors",
    "between",
    "check",
    "consumers",
    "copied",
    "descendants",
    "extract",
    "extracted",
    "finished",
    "foreign",
    "from_json",
    "from_rows",
    "from_text",
    "graph_of",
    "is_slot",
    "operations",
    "paste",
    "rows_of",
    "same_graph",
    "structural_key",
    "substitute",
    "to_document",
    "to_dot",
    "to_json",
    "to_text",
    "unique_names",
    "with_assigned_names",
]
