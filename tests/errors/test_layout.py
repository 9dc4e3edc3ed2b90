"""Messages, letter by letter: what, the user's line with a caret, got, wanted, try."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from chainrule.errors import ChainruleError, ShapeError


def expected(text: str) -> str:
    """Without the first line break and the indentation of the closing quotes."""
    return text.removeprefix("\n").rstrip(" ").removesuffix("\n")


def test_everything(user_module) -> None:
    module = user_module(
        """
        from chainrule.structure import identity_map

        def loss(hidden):
            J = identity_map((3, 4))
            z = J @ hidden
            return z
        """
    )
    with pytest.raises(ShapeError) as caught:
        module.loss(np.ones((4, 3)))
    assert str(caught.value) == expected(
        """
J @ v takes v of x's shape (3, 4), not (4, 3)

  model.py:5, in loss
      5 |     z = J @ hidden
                  ^^^^^^^^^^
  got     <Jacobian (3, 4) by (3, 4) float64: identity>, v of shape (4, 3)
  wanted  v of shape (3, 4), or with more axes behind it
"""
    )


def test_the_layout_of_the_design(user_module) -> None:
    """Two lines of `got` stand under each other, a cure comes last."""
    module = user_module(
        """
        from chainrule.errors import ShapeError

        def loss(hidden, W2):
            raise ShapeError(
                "matrix product needs inner sizes to agree: 100 is not 128",
                got="hidden (64, 100) float64, made at model.py:29\\nW2 (128, 10) float64, made at model.py:12",
                wanted="W2 of shape (100, ...)",
                try_="W2 = rng.normal(size=(100, 10))",
            )
        """
    )
    with pytest.raises(ShapeError) as caught:
        module.loss(None, None)
    assert str(caught.value) == expected(
        """
matrix product needs inner sizes to agree: 100 is not 128

  model.py:4, in loss
      4 |     raise ShapeError(
                    ^^^^^^^^^^^
  got     hidden (64, 100) float64, made at model.py:29
          W2 (128, 10) float64, made at model.py:12
  wanted  W2 of shape (100, ...)
  try     W2 = rng.normal(size=(100, 10))
"""
    )


def test_as_python_prints_it(user_module) -> None:
    """The class and the message are what stands at the end of a traceback."""
    module = user_module("from chainrule.structure import identity_map\nidentity = identity_map((2,))\n")
    program = Path(module.__file__)
    program.write_text("from chainrule.structure import identity_map\nidentity_map((2,)) @ [1, 2, 3]\n")
    run = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert run.stderr.endswith(
        expected(
            """
chainrule.errors.ShapeError: J @ v takes v of x's shape (2,), not (3,)

  model.py:2, in <module>
      2 | identity_map((2,)) @ [1, 2, 3]
          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  got     <Jacobian (2,) by (2,) float64: identity>, v of shape (3,)
  wanted  v of shape (2,), or with more axes behind it
"""
        )
        + "\n"
    )


def caret_of(error: ChainruleError) -> tuple[str, str]:
    """The quoted line, and what the caret points at."""
    lines = str(error).splitlines()
    place = next(k for k, line in enumerate(lines) if set(line.strip()) == {"^"})
    quoted, caret = lines[place - 1], lines[place]
    start = caret.index("^")
    return quoted, quoted[start : start + caret.count("^")]


def provoke(module) -> ChainruleError:
    with pytest.raises(ChainruleError) as caught:
        module.run()
    return caught.value


PROGRAM = """
from chainrule.structure import identity_map
J = identity_map((2,))

def run():
{}
"""


@pytest.mark.parametrize(
    ("line", "culprit"),
    [
        ("    return 2 * (J @ [1, 2, 3]) + 1", "J @ [1, 2, 3]"),
        ("    größe = 'λλλ'; return J @ [1, 2, 3]  # π", "J @ [1, 2, 3]"),
        ("    x = '🙂🙂'; return [J @ [3]]", "J @ [3]"),
        ("\tif True:\n\t\treturn J @ [1, 2, 3]", "J @ [1, 2, 3]"),
        ("    return [J @ v for v in ([1, 2], [1, 2, 3])]", "J @ v"),
        ("    return (lambda v: J @ v)([1, 2, 3])", "J @ v"),
        ("    return J @ [1,\n                2, 3]", "J @ [1,"),
    ],
)
def test_the_caret_points_at_the_expression(user_module, line: str, culprit: str) -> None:
    error = provoke(user_module(PROGRAM.format(line)))
    quoted, marked = caret_of(error)
    assert marked == culprit
    assert quoted.endswith(line.splitlines()[-1] if "if True" in line else line.splitlines()[0])


def test_tabs_stay_tabs(user_module) -> None:
    """So that the caret stands below its expression, however wide they are shown."""
    error = provoke(user_module(PROGRAM.format("\tif True:\n\t\treturn J @ [1, 2, 3]")))
    caret = next(line for line in str(error).splitlines() if set(line.strip()) == {"^"})
    assert caret == " " * 10 + "\t\t" + " " * len("return ") + "^" * len("J @ [1, 2, 3]")


def test_line_numbers_are_aligned(user_module) -> None:
    error = provoke(user_module("#\n" * 1233 + PROGRAM.format("    return J @ [1]").lstrip()))
    assert "   1238 |     return J @ [1]" in str(error).splitlines()


def test_the_function_is_named(user_module) -> None:
    module = user_module(
        """
        from chainrule.structure import identity_map

        class Model:
            def predict(self):
                return identity_map((2,)) @ [1]

        run = Model().predict
        """
    )
    assert "  model.py:5, in predict" in str(provoke(module)).splitlines()


def test_without_a_source_there_is_no_quote() -> None:
    namespace: dict[str, object] = {}
    exec("from chainrule.structure import identity_map\ndef run(): return identity_map((2,)) @ [1]", namespace)
    with pytest.raises(ShapeError) as caught:
        namespace["run"]()
    assert str(caught.value).splitlines()[1:4] == ["", "  <string>:2, in run", "  got     " + caught.value.got]


def test_without_columns_there_is_no_caret(tmp_path: Path) -> None:
    program = tmp_path / "model.py"
    program.write_text("from chainrule.structure import identity_map\nidentity_map((2,)) @ [1]\n")
    run = subprocess.run(
        [sys.executable, "-X", "no_debug_ranges", program], capture_output=True, text=True, check=False
    )
    assert "      2 | identity_map((2,)) @ [1]\n  got" in run.stderr


def test_no_path_of_a_machine_is_shown(user_module, tmp_path: Path) -> None:
    error = provoke(user_module(PROGRAM.format("    return J @ [1]")))
    assert str(tmp_path) not in str(error)
    assert os.path.expanduser("~") + os.sep not in str(error)


def test_parts_that_are_not_known_are_left_out(user_module) -> None:
    module = user_module(
        """
        from chainrule.errors import ArgumentError

        def run():
            raise ArgumentError("no")
        """
    )
    assert str(provoke(module)).splitlines() == [
        "no",
        "",
        "  model.py:4, in run",
        '      4 |     raise ArgumentError("no")',
        "                    ^^^^^^^^^^^^^^^^^^^",
    ]
