"""The command line: verbs, their options, what they print, and the number with which they end.

Results go to stdout and everything else to stderr. A verb is a module with a name, a summary, an
example, `declare` for its options and `run`; it calls what Python users call, and holds no algorithm.
"""

from .entry import main

__all__ = ["main"]
