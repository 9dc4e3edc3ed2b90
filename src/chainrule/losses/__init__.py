"""How wrong a prediction is, as NumPy functions that give one number for a batch."""

from .cross_entropy import cross_entropy

__all__ = ["cross_entropy"]
