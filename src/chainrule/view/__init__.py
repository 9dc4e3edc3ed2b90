"""Graphs to look at: as a document, as a picture, as a table.

A leaf room. It takes a graph and, where there are any, its numbers, and changes nothing. `cr.Graph` reaches it late, by
what it does.
"""

from .document import SCHEMA, document, to_json
from .outline import Outline

__all__ = ["SCHEMA", "Outline", "document", "to_json"]
