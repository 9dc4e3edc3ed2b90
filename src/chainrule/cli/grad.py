"""``chainrule grad``: value and gradient of a user's function."""

from __future__ import annotations

import argparse
import io
from typing import Any

import numpy as np

from .. import files
from ..api import first_cause, value_and_grad
from .exit_codes import ExitCode
from .functions import AT, arguments_of, by_position, declare_function, derivable, function_of, users_code
from .output import explain, print_document, tell

SCHEMA = "chainrule/grad/1"

NAME = "grad"
SUMMARY = "value and gradient of your function"
EXAMPLE = "chainrule grad model.py:loss --at w=weights.npy"
DESCRIPTION = f"Value and gradient of a function of arrays, by every argument of floating numbers.\n\n{AT}"


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    declare_function(parser)
    parser.add_argument("-o", "--output", metavar="FILE.npz", help="write value and gradients there, by name")


def run(options: argparse.Namespace) -> ExitCode:
    """Differentiate, print."""
    function = function_of(options.function)
    arguments = arguments_of(function, options.at, options.seed)
    numbers = derivable(arguments)
    call = by_position(function)
    with users_code(f"{options.function} raises"):
        value, gradients = value_and_grad(call, argnums=numbers)(*arguments.values())
        if not all(np.isfinite(each).all() for each in (value, *gradients)):
            explain(f"chainrule grad: {first_cause(call, tuple(arguments.values())) or 'not all numbers are finite'}")
    names = list(arguments)
    found: dict[str, Any] = {names[k]: np.asarray(g) for k, g in zip(numbers, gradients, strict=True)}
    if options.output:
        content = io.BytesIO()
        np.savez(content, value=np.asarray(value), **found)
        files.write_bytes(options.output, content.getvalue())
        tell(f"value and {len(found)} gradient{'s' * (len(found) != 1)} in {options.output}")
    if options.json:
        print_document(SCHEMA, True, {"value": float(value), "gradient": {k: g.tolist() for k, g in found.items()}})
    else:
        print(f"value = {float(value)!r}")
        for name, gradient in found.items():
            head = f"d/d{name} = "
            print(head + np.array2string(gradient, prefix=head, separator=", "))
    return ExitCode.DONE
