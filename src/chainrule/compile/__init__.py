"""From graphs to native code on this CPU, through LLVM's text.

A graph is divided into kernels (fusion), each variable that must be in memory gets its place (layout, memory), each
kernel becomes a function (kernels, entries, code, emitter), and the whole is called as one (program). What has no
native recipe runs by NumPy between: slower, never wrong. Nothing here knows tracing or training.
"""

from .explaining import explained
from .explanation import Buffer, Computed, GraphExplanation, KernelExplanation
from .interruption import brief_calls
from .llvm_loader import is_available, machine
from .program import Direct, Program
from .workers import get_num_threads, set_num_threads

__all__ = [
    "Buffer",
    "Computed",
    "Direct",
    "GraphExplanation",
    "KernelExplanation",
    "Program",
    "brief_calls",
    "explained",
    "get_num_threads",
    "is_available",
    "machine",
    "set_num_threads",
]
