"""What is chosen once for a program rather than at each call: `cr.options`."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import ArgumentError


@dataclass(slots=True)
class Options:
    """Choices that hold from now on.

    Attributes
    ----------
    notebook_limit : int
        Bytes that the output of one cell of a notebook may have. A page that is larger stays a picture and a table,
        and says how to get the page.

    Raises
    ------
    ArgumentError
        If a limit is no positive number of bytes.
    AttributeError
        If there is no such option.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.options.notebook_limit
    1000000
    """

    notebook_limit: int = 1_000_000

    def __setattr__(self, name: str, value: object) -> None:
        if name == "notebook_limit" and not (type(value) is int and value > 0):
            raise ArgumentError(f"{name} = {value!r}", wanted="a positive number of bytes")
        object.__setattr__(self, name, value)

    def __reduce__(self) -> str:
        """There is one, which a pickle names."""
        return "options"


options = Options()
