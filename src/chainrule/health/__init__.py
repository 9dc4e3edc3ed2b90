"""What is wrong with the numbers of a run: where they stop being finite, and where they lose their meaning.

The room looks at data: a graph, its values, its gradients. It runs no function and draws nothing; who has run one hands
over what came out.
"""

from .examination import examine
from .finding import Finding
from .run import Run
from .thresholds import Thresholds
from .trusted import Source, Target, Trusted, table, trusted

__all__ = ["Finding", "Run", "Source", "Target", "Thresholds", "Trusted", "examine", "table", "trusted"]
