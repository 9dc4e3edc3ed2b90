"""A derivation: what a graph computes, its local Jacobians, and the chain rule for each parameter, line by line.

Every line is an expression, and is printed only where its value is that of the graph.
"""

from .derive import Derivation, derive
from .latex import to_latex
from .markdown import to_markdown
from .terminal import to_text

__all__ = ["Derivation", "derive", "to_latex", "to_markdown", "to_text"]
