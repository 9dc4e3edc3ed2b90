"""The page of settings is what the declarations say."""

import pathlib

from chainrule.training.reference import page

PAGE = pathlib.Path(__file__).parents[2] / "docs" / "settings.md"


def test_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == page(), "python -m chainrule.training.reference > docs/settings.md"
