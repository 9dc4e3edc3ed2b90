"""``chainrule check``: derivatives of a user's function against differences."""

from __future__ import annotations

import argparse
from typing import Any

from ..api import check_grads
from ..errors import DerivativeError
from .exit_codes import ExitCode
from .fail_on import chosen, declare_fail_on, findings_of, tell_failures
from .functions import AT, arguments_of, by_position, declare_function, derivable, function_of, users_code
from .options import whole_number
from .output import error_part, explain, print_document
from .tracing import traced

SCHEMA = "chainrule/check/1"

NAME = "check"
SUMMARY = "your function's derivatives against differences"
EXAMPLE = "chainrule check model.py:loss --at 'w=random(3,4)'"
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
    declare_fail_on(parser)


def run(options: argparse.Namespace) -> ExitCode:
    """Compare, print."""
    function = function_of(options.function)
    arguments = arguments_of(function, options.at, options.seed)
    values = list(arguments.values())
    numbers = derivable(arguments)

    call = by_position(function)

    def of_floats(*floats: Any) -> Any:
        return call(*[floats[numbers.index(k)] if k in numbers else value for k, value in enumerate(values)])

    of_floats.__name__ = call.__name__
    difference = None
    with users_code(f"{options.function} raises"):
        try:
            check_grads(of_floats, [values[k] for k in numbers], order=options.order, seed=options.seed)
        except DerivativeError as error:
            difference = error
    if difference is not None:
        explain(f"chainrule check: {difference.what}\n  got     {difference.got}\n  wanted  {difference.wanted}")
        if options.json:
            print_document(SCHEMA, False, error_part("derivative", difference.what, difference))
        else:
            print(f"no: {difference.what}")
        return ExitCode.CHECK_FAILED
    names = [list(arguments)[k] for k in numbers]
    failures = chosen(findings_of(*traced(options)), options.fail_on) if options.fail_on else []
    if options.json:
        kinds = {"findings": failures} if options.fail_on else {}
        print_document(SCHEMA, not failures, {"order": options.order, "arguments": names, **kinds})
    else:
        print(f"yes: derivatives by {', '.join(names)} agree with differences to order {options.order}, in both modes")
    tell_failures(NAME, failures)
    return ExitCode.CHECK_FAILED if failures else ExitCode.DONE
