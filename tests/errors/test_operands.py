"""What a failing operation got, letter by letter: names and shapes as the user wrote them, the lines that made them."""

from __future__ import annotations

import numpy as np
import pytest

import chainrule as cr
from chainrule.errors import ShapeError
from chainrule.errors.operands import Operand, Place, assigned_at, text_of

PROGRAMS = """\
import numpy as np
import scipy.linalg

TABLE = np.ones((3, 5))
AGAIN = np.ones(2)
AGAIN = np.ones(7)


def matrix_product(x):
    hidden = np.tanh(x)
    W2 = np.ones((5, 4))
    return hidden @ W2


def sum_of_two(x):
    z = 2.0 * x
    return z + TABLE


def in_place(x):
    z = 2.0 * x
    z += np.ones((3, 5))
    return z


def unnamed(x):
    return np.maximum(2.0 * x, np.ones(7))


def joined(x):
    p = {"W": x}
    return np.concatenate([p["W"], TABLE.T])


def chosen(x):
    mask = x > 0
    return np.where(mask, x, TABLE)


def contracted(x):
    return np.einsum("ij,jk->ik", x, TABLE)


def solved(x):
    A, b = x[:, :3], np.ones((4, 2))
    return np.linalg.solve(A, b)


def triangular(x):
    A = x[:, :3]
    b = np.ones((4, 2))
    return scipy.linalg.solve_triangular(A, b)


def method(x):
    y = x.T
    return x.dot(y.T)


def assigned_twice(x):
    return x + AGAIN


def written(x):
    y = np.zeros((2, 2))
    y[0] = x[0]
    return y
"""

GOT = {
    "matrix_product": "hidden (3, 4) float64, made at model.py:10;  W2 (5, 4) float64, made at model.py:11",
    "sum_of_two": "z (3, 4) float64, made at model.py:16;  TABLE (3, 5) float64, made at model.py:4",
    "in_place": "z (3, 4) float64, made at model.py:21;  an array (3, 5) float64",
    "unnamed": "an array (3, 4) float64, made at model.py:27;  an array (7,) float64",
    "joined": "p['W'] (3, 4) float64, given at GIVEN;  TABLE.T (5, 3) float64",
    "chosen": "mask (3, 4) bool, made at model.py:36\n"
    "x (3, 4) float64, given at GIVEN\n"
    "TABLE (3, 5) float64, made at model.py:4",
    "contracted": "x (3, 4) float64, given at GIVEN;  TABLE (3, 5) float64, made at model.py:4",
    "solved": "A (3, 3) float64, made at model.py:45;  b (4, 2) float64, made at model.py:45",
    "triangular": "A (3, 3) float64, made at model.py:50;  b (4, 2) float64, made at model.py:51",
    "method": "x (3, 4) float64, given at GIVEN;  y.T (3, 4) float64, made at model.py:57",
    "assigned_twice": "x (3, 4) float64, given at GIVEN;  AGAIN (7,) float64",
    "written": "y (2, 2) float64, made at model.py:65;  an array (4,) float64, made at model.py:66",
}


@pytest.mark.parametrize("name", GOT)
def test_both_operands(user_module, name):
    module = user_module(PROGRAMS)
    with pytest.raises(ShapeError) as caught:
        cr.trace(getattr(module, name), np.ones((3, 4)))
    error = caught.value
    here = next(link for link in caught.traceback if link.name == "test_both_operands")
    assert error.got == GOT[name].replace("GIVEN", f"test_operands.py:{here.lineno + 1}")
    assert error.where.file == "model.py"


def test_a_whole_message(user_module):
    module = user_module(PROGRAMS)
    with pytest.raises(ShapeError) as caught:
        cr.grad(module.matrix_product)(np.ones((3, 4)))
    assert str(caught.value).splitlines() == [
        "matrix product needs inner sizes to agree: 4 is not 5",
        "",
        "  model.py:12, in matrix_product",
        "     12 |     return hidden @ W2",
        "                     ^^^^^^^^^^^",
        "  got     hidden (3, 4) float64, made at model.py:10;  W2 (5, 4) float64, made at model.py:11",
        "  wanted  a second operand of shape (4, ...)",
        "  try     hidden @ W2.T",
    ]


def test_an_error_of_numpys_gets_a_note(user_module):
    module = user_module(
        """
        import numpy as np

        def picked(x):
            y = 2.0 * x
            return y[np.array([True, False])]
        """
    )
    with pytest.raises(IndexError) as caught:
        cr.trace(module.picked, np.ones((3, 4)))
    assert caught.value.__notes__[0] == "getitem got y (3, 4) float64, made at model.py:4;  an array (2,) bool"


def test_what_a_function_of_the_users_raises_is_not_about_the_call_around_it(user_module):
    module = user_module(
        """
        import numpy as np

        def inner(row):
            return row + np.ones(9)

        def outer(x):
            return np.apply_along_axis(inner, 0, 2.0 * x)
        """
    )
    with pytest.raises(ShapeError) as caught:
        cr.trace(module.outer, np.ones((3, 4)))
    assert [operand.shape for operand in caught.value.operands] == [(3,), (9,)]
    assert caught.value.where.line == 4


def test_fields_for_programs():
    operand = Operand("W", (3, 4), "float64", Place("model.py", 7))
    assert operand.to_document() == {
        "name": "W",
        "shape": [3, 4],
        "dtype": "float64",
        "file": "model.py",
        "line": 7,
    }
    assert Operand(None, (), "float32", None).to_document()["line"] is None
    assert text_of([Operand(None, (), "float32", None)]) == "a scalar () float32"


class TestBackward:
    """Errors of derivatives name the forward line."""

    SOURCE = """
        import numpy as np
        import chainrule as cr

        @cr.custom_gradient
        def twisted(x):
            return np.sin(x), lambda y_bar: np.ones(7)

        def loss(x):
            y = twisted(x)
            return np.sum(y)

        def singular(x):
            A = x - x
            B = np.linalg.inv(A)
            return np.sum(B)
        """

    @pytest.mark.parametrize("way", ["grad", "jit of grad", "backward"])
    def test_of_ours(self, user_module, way):
        f = user_module(self.SOURCE).loss
        with pytest.raises(ShapeError, match="cotangent 0 of twisted has shape") as caught:
            if way == "grad":
                cr.grad(f)(np.ones(3))
            elif way == "jit of grad":
                cr.jit(cr.grad(f))(np.ones(3))
            else:
                g = cr.trace(f, np.ones(3))
                g.backward(g.forward(np.ones(3)))
        assert (caught.value.where.file, caught.value.where.line) == ("model.py", 9)

    def test_of_numpys(self, user_module):
        with pytest.raises(np.linalg.LinAlgError) as caught:
            cr.grad(user_module(self.SOURCE).singular)(np.ones((2, 2)))
        assert caught.value.__notes__[0] == ("computing the value of inv, made at model.py:14: B = np.linalg.inv(A)")


def test_the_one_line_that_assigns():
    first = np.ones(2)
    twice = first
    twice = twice + 1
    import sys

    frame = sys._getframe()
    place = assigned_at("first", frame)
    assert place is not None and place.file == "test_operands.py"
    assert assigned_at("twice", frame) is assigned_at("nowhere", frame) is assigned_at('p["W"]', frame) is None
    assert assigned_at("PROGRAMS", frame).line < place.line
