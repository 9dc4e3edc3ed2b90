"""NumPy's functions in terms of the primitives, laid out like NumPy itself. Importing this fills the dispatch table."""

from . import manipulation, products, reductions, selection

__all__ = ["manipulation", "products", "reductions", "selection"]
