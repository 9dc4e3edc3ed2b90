"""The one way of this room to SciPy, imported when first used: scipy.special takes longer to load than all of NumPy."""

from __future__ import annotations

from typing import Any

from ..lazy import LazyModule

special = LazyModule("scipy.special")
linalg = LazyModule("scipy.linalg")


class SpecialFunction:
    """A ufunc of scipy.special, known by its name until it is needed."""

    __slots__ = ("name", "nargs", "ufunc")

    def __init__(self, name: str, arguments: int = 1):
        self.name, self.nargs, self.ufunc = name, arguments + 1, None

    def found(self) -> Any:
        if self.ufunc is None:
            self.ufunc = getattr(special, self.name)
        return self.ufunc

    def __call__(self, *arguments: Any) -> Any:
        return (self.ufunc or self.found())(*arguments)

    def resolve_dtypes(self, dtypes: tuple[Any, ...]) -> Any:
        return self.found().resolve_dtypes(dtypes)

    def __repr__(self) -> str:
        return f"scipy.special.{self.name}"
