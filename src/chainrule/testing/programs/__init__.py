"""Random NumPy programs: text that plain NumPy runs, and that chainrule must differentiate as it stands.

A program is grown statement by statement from templates (`grammar`), judged against differences of what plain NumPy
computes, and made smaller where it is wrong.
"""

from .growth import RandomProgram, random_program
from .judgment import DISCARDED, REFUSED, RIGHT, WRONG, Judgment, judged
from .planting import Place, differentiable, used, wrong_sign
from .reference import Reference, reference
from .shrinking import shrunk

__all__ = [
    "DISCARDED",
    "REFUSED",
    "RIGHT",
    "WRONG",
    "Judgment",
    "Place",
    "RandomProgram",
    "Reference",
    "differentiable",
    "judged",
    "random_program",
    "reference",
    "shrunk",
    "used",
    "wrong_sign",
]
