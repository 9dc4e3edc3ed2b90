"""The pictures that are part of the documentation are those that its examples draw."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_pictures_are_those_of_the_examples():
    spec = importlib.util.spec_from_file_location("make_pictures", ROOT / "tools" / "make_pictures.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    for file, text in tool.drawn().items():
        assert (ROOT / "docs" / file).read_text(encoding="utf-8") == text, "run tools/make_pictures.py"
