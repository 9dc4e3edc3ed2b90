"""The page of this room is what the declarations say."""

import pathlib

from chainrule.regularizers.reference import page

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "regularizers.md"


def test_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), (
        "python -m chainrule.regularizers.reference > docs/regularizers.md"
    )
