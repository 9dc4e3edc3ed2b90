"""Names of NumPy and of `math` that no protocol hands over, answered by us while a trace is active.

`namespaces` changes what the names mean, for code that is not a library's and in the thread of the trace; the other
files say what they mean then.
"""

from .namespaces import enter, leave, original_of, patch_numpy

__all__ = ["enter", "leave", "original_of", "patch_numpy"]
