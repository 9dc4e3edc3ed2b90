"""The page of optimizers is what the declarations say."""

from pathlib import Path

from chainrule.optimizers import OPTIMIZERS, OTHERS, SCHEDULES
from chainrule.optimizers.reference import optimizer_row, page, schedule_row, table

PAGE = Path(__file__).parents[2] / "docs" / "optimizers.md"


def test_page_is_up_to_date():
    assert PAGE.read_text() == page(), "python -m chainrule.optimizers.reference > docs/optimizers.md"


def test_rows_say_what_people_look_for():
    assert optimizer_row(OPTIMIZERS["momentum"]) == (
        "`momentum`",
        "`v = momentum * v - rate * g; p = p + v`",
        "0.01",
        "`momentum=0.9`",
        "velocity",
        "Goodfellow, Bengio, Courville (2016), Algorithm 8.2",
    )
    assert schedule_row(SCHEDULES["step_decay"]) == (
        "`step_decay`",
        "`rate * factor ** (k // every)`",
        "`rate`, `every`, `factor=0.1`",
        "Krizhevsky, Sutskever, Hinton (NIPS 2012), sec. 5",
    )


def test_everything_has_a_row():
    lines = page().splitlines()
    for name in (*OPTIMIZERS, *SCHEDULES, *OTHERS):
        assert sum(line.startswith(f"| `{name}` | ") for line in lines) == 1


def test_a_bar_does_not_end_a_cell():
    assert table(["a"], [["|x|"]]) == "| a |\n| --- |\n| \\|x\\| |\n"
