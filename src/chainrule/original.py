"""NumPy's names as they were when chainrule was imported.

While a function is traced, `numpy` is a module that looks at who asks it for a name, and asking takes longer. What runs
often while tracing takes its names from here.
"""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

import numpy

if TYPE_CHECKING:
    import numpy as np
else:
    np = ModuleType("numpy", numpy.__doc__)
    np.__dict__.update(vars(numpy))

__all__ = ["np"]
