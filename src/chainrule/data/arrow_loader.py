"""The one way of this room to pyarrow, imported when first used."""

from ..lazy import LazyModule

arrow = LazyModule("pyarrow", "tables")
arrow_csv = LazyModule("pyarrow.csv", "tables")
arrow_feather = LazyModule("pyarrow.feather", "tables")
arrow_parquet = LazyModule("pyarrow.parquet", "tables")
