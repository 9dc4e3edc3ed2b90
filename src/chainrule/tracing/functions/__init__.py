"""NumPy's functions in terms of the primitives, laid out like NumPy itself. Importing this fills the dispatch table."""

from . import (
    calculus,
    creation,
    elementwise,
    fft,
    inspection,
    linalg,
    manipulation,
    polynomials,
    products,
    reductions,
    scimath,
    selection,
    sorting,
    statistics,
)

__all__ = [
    "calculus",
    "creation",
    "elementwise",
    "fft",
    "inspection",
    "linalg",
    "manipulation",
    "polynomials",
    "products",
    "reductions",
    "scimath",
    "selection",
    "sorting",
    "statistics",
]
