"""The page of this room is what the declarations say."""

import pathlib

from chainrule.nets.reference import page

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "nets.md"


def test_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m chainrule.nets.reference > docs/nets.md"
