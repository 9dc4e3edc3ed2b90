"""Linear maps as values: local Jacobians, their products, and the names of their structures.

A map is a sum of index terms, or one program that is linear in its tangent, or a pair of functions. This room knows
arrays; other factors, such as graph variables, it handles through the algebra that is registered for them.
"""

from . import arrays, indexing
from .algebra import Algebra, Factor, algebra_of, register
from .arrays import ArrayAlgebra, progression
from .index_map import (
    TOO_MANY,
    IndexMap,
    array_map,
    dense_map,
    identity_map,
    index_map,
    pointwise_map,
    sparse_map,
    window_map,
    zero_map,
)
from .linear_map import LinearMap, MatrixFree, Product, Sum
from .paths import Edge, Node, Paths
from .program import Program, register_transposer
from .recognition import NAMES, Structure
from .relations import Pairs, Progression, Ravel, Triangle
from .term import Term

__all__ = [
    "NAMES",
    "TOO_MANY",
    "Algebra",
    "ArrayAlgebra",
    "Edge",
    "Factor",
    "IndexMap",
    "LinearMap",
    "MatrixFree",
    "Node",
    "Pairs",
    "Paths",
    "Product",
    "Program",
    "Progression",
    "Ravel",
    "Structure",
    "Sum",
    "Term",
    "Triangle",
    "algebra_of",
    "array_map",
    "arrays",
    "dense_map",
    "identity_map",
    "index_map",
    "indexing",
    "pointwise_map",
    "progression",
    "register",
    "register_transposer",
    "sparse_map",
    "window_map",
    "zero_map",
]
