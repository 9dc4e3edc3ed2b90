"""`cr.patch_numpy`: whether NumPy's names are answered while a function is traced."""

from ..tracing import patch_numpy

__all__ = ["patch_numpy"]
