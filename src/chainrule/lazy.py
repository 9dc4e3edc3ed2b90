"""Packages that cost time to import or are optional: reached late, through one loader module of their owner room."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from .errors import UnsupportedError


class LazyModule:
    """Stands for a module and imports it at the first use of a name in it."""

    def __init__(self, name: str, extra: str | None = None):
        self.__dict__.update(_name=name, _extra=extra)

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):  # what Python itself asks of any object
            raise AttributeError(attribute)
        name, extra = self.__dict__["_name"], self.__dict__["_extra"]
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            package = name.partition(".")[0]
            if extra is None or error.name != package:
                raise
            raise UnsupportedError(
                f"this needs the package {package}, which is not installed",
                try_=f'pip install "chainrule[{extra}]"',
            ) from error
        self.__dict__.update({k: v for k, v in vars(module).items() if not k.startswith("__")})
        return getattr(module, attribute)


def is_installed(package: str) -> bool:
    """Whether a package is there; asking does not import it."""
    return importlib.util.find_spec(package) is not None
