"""`cr.jit`: a function is traced once for each path that it takes, and the graphs run from then on.

`signature` tells calls apart, `surroundings` knows what the function reads besides its arguments, `recording` traces,
`paths` keeps the tree of traces and runs it, `function` is what the user holds,
`explaining` tells what runs.
"""

from .explaining import PlanExplanation, Stage, explain_plan
from .function import Compiled, disable_jit, jit
from .report import Retrace

__all__ = ["Compiled", "PlanExplanation", "Retrace", "Stage", "disable_jit", "explain_plan", "jit"]
