"""``chainrule check``: derivatives of a user's function against differences."""

from __future__ import annotations

import argparse
from typing import Any

from ..api import check_grads
from ..errors import ChainruleError, DerivativeError
from .exit_codes import ExitCode
from .functions import AT, UserCodeError, arguments_of, declare_function, derivable, function_of
from .options import whole_number
from .output import error_part, explain, print_document

SCHEMA = "chainrule/check/1"

NAME = "check"
SUMMARY = "your function's derivatives against differences"
EXAMPLE = "chainrule check model.py:loss --at w=random(3,4)"
DESCRIPTION = f"""\
Compare the derivatives of a function of arrays with central differences along random directions, in forward and in
reverse mode, and so the two modes with each other; to second order by default. Exit code 1 where they differ.

{AT}"""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    declare_function(parser)
    parser.add_argument(
        "--order", type=whole_number(1, 3), default=2, metavar="N", help="up to which (default: %(default)s)"
    )


def run(options: argparse.Namespace) -> ExitCode:
    """Compare, print."""
    function = function_of(options.function)
    arguments = arguments_of(function, options.at, options.seed)
    values = list(arguments.values())
    numbers = derivable(arguments)

    def of_floats(*floats: Any) -> Any:
        return function(*[floats[numbers.index(k)] if k in numbers else value for k, value in enumerate(values)])

    try:
        check_grads(of_floats, [values[k] for k in numbers], order=options.order, seed=options.seed)
    except DerivativeError as error:
        explain(f"chainrule check: {error.what}\n  got     {error.got}\n  wanted  {error.wanted}")
        if options.json:
            print_document(SCHEMA, False, error_part("derivative", error.what))
        else:
            print(f"no: {error.what}")
        return ExitCode.CHECK_FAILED
    except ChainruleError:
        raise
    except Exception as error:
        raise UserCodeError(f"{options.function} raises") from error
    names = [list(arguments)[k] for k in numbers]
    if options.json:
        print_document(SCHEMA, True, {"order": options.order, "arguments": names})
    else:
        print(f"yes: derivatives by {', '.join(names)} agree with differences to order {options.order}, in both modes")
    return ExitCode.DONE
