"""One test for each operation, over all cases that are of it: where a test costs less than pytest's care for it."""

import inspect

import pytest


def of_each_operation(cases, names="operation, number"):
    """Parametrize a test of cases by their operations only.

    Cases are `pytest.param(operation, ...)`, their values the arguments of these names. The first case that fails ends
    the test, with its id as a note. Other arguments of the test can be parametrized as ever.
    """
    names = names.split(", ")
    of = {}
    for case in cases:
        of.setdefault(case.values[0].name, (case.values[0], []))[1].append(case)

    def walking(test):
        def walk(operation, **others):
            for case in of[operation.name][1]:
                try:
                    test(**dict(zip(names, case.values, strict=True)), **others)
                except Exception as error:
                    error.add_note(f"case {case.id}")
                    raise

        kept = [p for name, p in inspect.signature(test).parameters.items() if name == "operation" or name not in names]
        walk.__name__, walk.__qualname__, walk.__doc__ = test.__name__, test.__qualname__, test.__doc__
        walk.__module__ = test.__module__
        walk.__signature__ = inspect.Signature(kept)
        walk.pytestmark = list(getattr(test, "pytestmark", ()))
        return pytest.mark.parametrize("operation", [pytest.param(op, id=name) for name, (op, _) in of.items()])(walk)

    return walking
