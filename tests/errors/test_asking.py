"""What in the user's code made something else ask for a value, read from its frame."""

from __future__ import annotations

import ast
import bisect
import functools
import math
import statistics

import numpy as np
import pytest
from scipy import integrate, special

from chainrule.errors import asking
from chainrule.errors.asking import UNKNOWN, public_name


class Asked:
    """Remembers who asked it for a float, or for an order."""

    found = None

    def __float__(self):
        self.found = asking()
        return 1.0

    def __lt__(self, other):
        self.found = asking()
        return True


def test_a_function_in_c():
    x = Asked()
    math.sqrt(x)
    assert (x.found.callee, x.found.name) == ("math.sqrt", "math.sqrt")
    assert x.found.directly and x.found.written_to is None


def test_a_function_of_the_standard_library():
    x = Asked()
    statistics.NormalDist(0.0, 1.0).cdf(1.0)
    statistics.fmean([x])
    assert x.found.callee == x.found.name == "statistics.fmean"
    functools.reduce(lambda a, b: bisect.bisect([b], a), [x, x])
    assert x.found.callee == "bisect.bisect"


def test_what_is_written_to():
    x, table = Asked(), np.zeros((2, 3))
    table[0, 1] = x
    assert x.found.written_to == "table" and x.found.target is table and x.found.callee is None
    table[0].fill(x)
    assert x.found.written_to == "table[0]"
    table.T[0, 1:] = x
    assert x.found.written_to == "table.T"


def test_a_field_that_is_written_to():
    x, record = Asked(), np.zeros(3, dtype=[("mass", float)])
    record["mass"] = x
    assert (x.found.written_to, x.found.field) == ("record", "mass")


def test_over_several_lines_and_letters_of_several_bytes():
    x = Asked()
    größe = [
        math.pow(
            x,
            2.0,
        )
    ]
    assert größe and x.found.callee == "math.pow"


def test_no_property_is_run():
    class Trap:
        @property
        def method(self):
            x.found = "run"
            return math.sqrt

    x, trap = Asked(), Trap()
    trap.method(x)
    assert x.found.callee == "trap.method" and isinstance(x.found.called, property)


def test_where_there_is_no_source():
    x = Asked()
    exec("import math\nmath.sqrt(x)", {"x": x})
    assert x.found.node is None and x.found.callee is None and x.found.name is None


def test_not_in_place():
    node = ast.parse("a += b * 2").body[0]
    found = asking(0)
    found.node = node
    assert found.not_in_place == "a = a + b * 2"


@pytest.mark.parametrize(
    ("thing", "name"),
    [
        (integrate.solve_ivp, "scipy.integrate.solve_ivp"),
        (special.logsumexp, "scipy.special.logsumexp"),
        (np.vectorize(len), "numpy.vectorize"),
        (np.ndarray.dot, "numpy.ndarray.dot"),
        (float, "float"),
    ],
)
def test_public_names(thing, name):
    assert public_name(thing) == name


def test_a_name_that_is_nowhere():
    x = Asked()
    (lambda f: f)(math.sqrt)(x)
    assert x.found.called is UNKNOWN
