"""Rows to learn from: where they come from, how they are prepared and split.

A set of rows is a pair (x, y): samples as the rows of x, one target for each in y. A table has named columns of several
kinds; a preparation makes the pair of it. This room knows nothing about nets.
"""

from . import digits, fashion_mnist
from .column import Column
from .idx import read_idx
from .mapped_rows import MappedRows
from .parquet_rows import ParquetRows
from .parts import Parts, divided, split
from .preparation import Preparation
from .reading import read_table
from .scaling import Scaling
from .source import Chunk, InMemory, Source
from .sparse_rows import SparseRows
from .stratification import stratified_split
from .table import Table
from .target import task_of

__all__ = [
    "Chunk",
    "Column",
    "InMemory",
    "MappedRows",
    "ParquetRows",
    "Parts",
    "Preparation",
    "Scaling",
    "Source",
    "SparseRows",
    "Table",
    "digits",
    "divided",
    "fashion_mnist",
    "read_idx",
    "read_table",
    "split",
    "stratified_split",
    "task_of",
]
