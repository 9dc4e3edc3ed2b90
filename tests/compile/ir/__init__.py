"""An independent reader of the text that native code is made from: runs it on NumPy memory, counts its traffic."""

from .counting import DependsOnData, counted
from .execution import executed
from .traffic import LINE, KernelCall, Traffic, by_kernel

__all__ = ["LINE", "DependsOnData", "KernelCall", "Traffic", "by_kernel", "counted", "executed"]
