"""What a reader calls an operation, and how its sign is written on an edge of the lecture's drawing."""

from __future__ import annotations

import decimal
import math
from typing import Any, Final

from ..graph import Body, FailedOperation, Variable
from ..original import np
from .numbers import the_number

SIGNS: Final = {
    "add": "+",
    "subtract": "−",
    "multiply": "×",
    "divide": "÷",
    "negative": "−",
    "matmul": "matmul",
    "sum": "Σ",
}
TWO, THREE = (decimal.Context(prec=n, rounding=decimal.ROUND_HALF_UP) for n in (2, 3))
LONGEST_NUMBER = 10  # letters of a constant that is written inside the box that uses it


def word(v: Variable) -> str:
    """The operation in a word that NumPy's users know; of leaves, what they are."""
    if v.operation is None:
        return "constant" if v.is_constant else "input"
    if type(v.operation) is FailedOperation:
        return v.operation.verb
    if v.operation.name != "einsum":
        return v.operation.name
    labels, out = v.parameters[:2]
    gone = {n for each in labels for n in each} - set(out)
    if len(labels) > 1:
        return "matmul" if gone else "product"
    (only,) = labels
    if gone:
        return "trace" if len(set(only)) < len(only) else "sum"
    return "diagonal" if len(set(only)) < len(only) else "transpose"


def sign(v: Variable) -> str:
    """The same, as short as one writes it."""
    return SIGNS.get(word(v), word(v))


def shape_text(shape: tuple[int, ...]) -> str:
    """`(64,32)`; nothing for a scalar."""
    return f"({','.join(map(str, shape))})" if shape else ""


def _rounded(x: float, to: decimal.Context) -> float:
    """To some digits, ties away from zero, as a browser rounds too."""
    return float(to.create_decimal(float(x))) if math.isfinite(x) else x


def number_text(x: float | None) -> str:
    """Three digits, short."""
    if x is None:
        return "–"
    if x == 0:
        return "0"
    text = f"{_rounded(x, THREE):.3g}" if 1e-3 <= abs(x) < 1e5 else f"{_rounded(x, TWO):.1e}"
    return text.replace("e-0", "e-").replace("e+0", "e").replace("e+", "e")


def value_text(array: Any, rms: float | None) -> str:
    """Of a scalar itself, of an array the root mean square."""
    a = np.asarray(array)
    if a.size == 1 and a.dtype.kind in "biuf":
        value = the_number(a)
        return number_text(value) if isinstance(value, float) and math.isfinite(value) else str(value)
    return number_text(rms)


def constant_text(v: Variable, name: str) -> str:
    """What stands inside the box that uses a constant: its number, or its name and shape."""
    if v.size == 1 and v.dtype.kind in "biuf":
        text = str(the_number(v.value))
        return text if len(text) <= LONGEST_NUMBER else number_text(float(text))
    return f"{name} {shape_text(v.shape)}".strip()


def bodies(v: Variable) -> list[tuple[str, Body]]:
    """The graphs that an operation holds, with the names of the parameters that they are."""
    found = []
    for name, parameter in zip(getattr(v.operation, "parameter_names", ()), v.parameters, strict=False):
        each = parameter if type(parameter) is tuple else (parameter,)
        found += [(name, body) for body in each if type(body) is Body]
    return found
