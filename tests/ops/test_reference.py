"""The page of all operations is what the declarations say."""

import pathlib

from chainrule.ops import CATALOGUE, PRIMITIVES
from chainrule.ops.reference import row, table

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "operations.md"


def test_page_is_up_to_date():
    assert PAGE.read_text() == table(PRIMITIVES), "python -m chainrule.ops.reference > docs/operations.md"


def test_rows_say_what_people_look_for():
    assert row(CATALOGUE["tanh"]) == r"| `tanh` | `np.tanh` | $\tanh x$ | diagonal |  | DLMF 4.34.3 |"
    assert "block diagonal (diagonal plus low rank)" in row(CATALOGUE["softmax"])
    assert "0 -> 0" in row(CATALOGUE["absolute"])
    assert "Kronecker" in row(CATALOGUE["inv"])
