"""Where in the user's program something was made."""

from __future__ import annotations

import linecache

import numpy as np
import pytest

from chainrule.errors import Origin, ShapeError, user_frame


def test_nearest_caller_outside_of_the_package() -> None:
    origin = Origin(user_frame(depth=1))
    assert origin.file == "test_origin.py" and origin.path == __file__
    assert origin.function == "test_nearest_caller_outside_of_the_package"
    assert origin.source == "    origin = Origin(user_frame(depth=1))"
    assert str(origin) == f"test_origin.py:{origin.line}"


def test_frames_of_numpy_are_no_users_frames(user_module) -> None:
    """Our method, called by NumPy's Python code, called by the user."""
    module = user_module(
        """
        import numpy as np
        from chainrule.structure import identity_map

        def run(x):
            return np.apply_along_axis(identity_map((3,)).__matmul__, 0, x)
        """
    )
    with pytest.raises(ShapeError) as caught:
        module.run(np.ones((4, 2)))
    assert str(caught.value.where) == "model.py:5"


def test_frames_of_scipy_are_no_users_frames(user_module) -> None:
    module = user_module(
        """
        from scipy.sparse.linalg import aslinearoperator
        from chainrule.structure import MatrixFree, identity_map

        def run(x):
            wrong = MatrixFree(identity_map((2,)).__matmul__, None, (3,), (3,))
            return aslinearoperator(wrong) @ x
        """
    )
    with pytest.raises(ShapeError) as caught:
        module.run(np.ones(3))
    assert str(caught.value.where) == "model.py:6"


def test_generated_code_is_ours() -> None:
    namespace = {"user_frame": user_frame}
    exec(compile("def plan(): return user_frame(depth=1)", "<chainrule plan>", "exec"), namespace)
    assert Origin(namespace["plan"]()).function == "test_generated_code_is_ours"


def test_outside_of_any_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chainrule.errors.origin._is_library", dict.fromkeys(_files(), True))
    assert user_frame(depth=1) is None
    assert ShapeError("what").where is None
    assert str(ShapeError("what", got="a")) == "what\n  got     a"


def _files() -> set[str]:
    import sys

    frame, found = sys._getframe(), set()
    while frame is not None:
        found.add(frame.f_code.co_filename)
        frame = frame.f_back
    return found


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("h = make()", "h"),
        ("h: object = make()", "h"),
        ("print(h := make())", "h"),
        ("h = (make())", "h"),
        ("h = make(\n    )", "h"),
        ("h = make() or None", None),
        ("h = [make()]", None),
        ("h = k = make()", None),
        ("h, k = make(), 2", None),
        ("d = {}; d['h'] = make()", None),
        ("make()", None),
    ],
)
def test_the_name_it_is_assigned_to(user_module, line: str, name: str | None) -> None:
    """Only where the value is the whole right-hand side."""
    source = "from chainrule.errors import Origin, user_frame\nfound = []\n"
    source += "def make():\n    found.append(Origin(user_frame(depth=2)))\n    return found[-1]\n"
    module = user_module(source + line + "\n")
    (origin,) = module.found
    assert origin.assigned_name == name
    assert origin.line == 6


def test_the_name_of_one_of_two_on_a_line(user_module) -> None:
    module = user_module(
        """
        from chainrule.errors import Origin, user_frame

        def make():
            return Origin(user_frame(depth=2))

        a = make(); b = make()
        """
    )
    assert (module.a.assigned_name, module.b.assigned_name) == ("a", "b")


def test_the_name_is_read_anew_where_the_source_is_another(user_module) -> None:
    """As when a module is reloaded, or a doctest reuses the name of an earlier one."""
    source = "from chainrule.errors import Origin, user_frame\n"
    source += "def make():\n    return Origin(user_frame(depth=2))\n"
    assert user_module(source + "first = make()\n").first.assigned_name == "first"
    module = user_module(source + "other = make()  # in the same place\n")
    linecache.checkcache(module.__file__)
    assert module.other.assigned_name == "other"


def test_without_a_source_there_is_no_name() -> None:
    namespace = {"Origin": Origin, "user_frame": user_frame}
    exec("h = Origin(user_frame(depth=1))", namespace)
    assert namespace["h"].assigned_name is None
    assert namespace["h"].source == ""


def test_a_source_that_has_changed_into_no_python(user_module) -> None:
    module = user_module("from chainrule.errors import Origin, user_frame\nh = Origin(user_frame(depth=1))\n")
    with open(module.__file__, "w", encoding="utf-8") as file:
        file.write("this is (no Python\nh = Origin(user_frame(depth=1))\n")
    assert module.h.assigned_name is None
    assert "no Python" not in module.h.source
