"""The picture of the rooms, drawn from the imports: each goes down only, and none hides in a function."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import chainrule
from chainrule import above

Rooms = dict[str, set[str]]

GROUND = {"errors", "arraytype", "tree", "lazy", "locks", "original", "above", "choices"}
SIBLINGS = {"tracing", "backprop", "simplify", "interpret", "compile", "health"}
PLAIN = {"nets", "losses", "regularizers", "optimizers"}  # plain NumPy functions
LOOP = {"training", "files", "data"}
LEAVES = {"estimators", "distributed", "view", "testing", "onnx"}
BELOW_API = GROUND | {"graph", "structure", "ops"} | SIBLINGS
BELOW_LEAVES = BELOW_API | {"api"} | PLAIN | LOOP

# Room -> rooms that it may import.
ALLOWED: Rooms = {
    "errors": set(),
    "locks": set(),
    "above": set(),
    "choices": {"errors"},
    "original": set(),
    "arraytype": {"errors", "original"},
    "tree": {"errors", "locks"},
    "lazy": {"errors"},
    "graph": GROUND,
    "structure": GROUND,  # not graph: factors are arrays, or whatever an algebra has been registered for
    "ops": GROUND | {"graph", "structure"},
    **dict.fromkeys(SIBLINGS, GROUND | {"graph", "structure", "ops"}),
    "api": BELOW_API,
    **dict.fromkeys(PLAIN, GROUND | {"api"}),
    **dict.fromkeys(LOOP, BELOW_API | {"api"} | PLAIN | LOOP),
    **dict.fromkeys(LEAVES, BELOW_LEAVES),
    "cli": BELOW_LEAVES | LEAVES,
    "__main__": {"cli"},
    "__init__": {"api", "above", "choices"},
}


def violations(package: Path, allowed: Rooms) -> list[str]:
    """What breaks the picture, each with its file and line."""
    found = []
    for path in sorted(package.rglob("*.py")):
        place = path.relative_to(package)
        room = place.parts[0].removesuffix(".py")
        if room not in allowed:
            found.append(f"{place}: the room {room} is not in the picture")
            continue
        module = [package.name, *place.with_suffix("").parts]
        for node, inside in _imports(ast.parse(path.read_text(encoding="utf-8"))):
            ours = [name for name in _names(node, module) if name[0] == package.name]
            if ours and inside:
                found.append(f"{place}:{node.lineno}: an import of our own hides in the function {inside}")
            for other in sorted({_room_of(name, package) for name in ours} - {room, ""}):
                if other not in allowed[room]:
                    found.append(f"{place}:{node.lineno}: {room} imports {other}")
    return found


def _imports(tree: ast.AST, inside: str = "") -> Iterator[tuple[ast.stmt | ast.Call, str]]:
    """Every import, and the function in which it stands."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)) or _imports_by_name(node):
            yield node, inside
        is_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        yield from _imports(node, getattr(node, "name", "lambda") if is_function else inside)


def _imports_by_name(node: ast.AST) -> bool:
    """importlib.import_module("...") of a name that is written there."""
    if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
        return False
    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
    return name in ("import_module", "__import__", "LazyModule") and isinstance(node.args[0].value, str)


def _names(node: ast.stmt | ast.Call, module: list[str]) -> list[list[str]]:
    """The modules (and the names in them) that are imported, in full."""
    if isinstance(node, ast.Import):
        return [alias.name.split(".") for alias in node.names]
    if isinstance(node, ast.Call):
        text = node.args[0].value
        level = len(text) - len(text.lstrip("."))
        return [(module[: len(module) - level] if level else []) + text.lstrip(".").split(".")]
    base = module[: len(module) - node.level] if node.level else []
    base = base + (node.module.split(".") if node.module else [])
    return [[*base, alias.name] for alias in node.names]


def _room_of(name: list[str], package: Path) -> str:
    """The room in which a name stands; nothing for a name of the package itself (its version)."""
    if len(name) < 2:
        return "__init__"
    is_room = (package / name[1]).is_dir() or (package / f"{name[1]}.py").is_file()
    return name[1] if is_room or len(name) > 2 else ""


PACKAGE = Path(chainrule.__file__).parent


def test_every_import_goes_down() -> None:
    assert violations(PACKAGE, ALLOWED) == []


def test_the_picture_itself_has_no_cycle() -> None:
    """Rooms of the loop may help each other; of all others each knows only what is below."""
    order: list[str] = []
    waiting = {room: below - (LOOP if room in LOOP else set()) for room, below in ALLOWED.items()}
    while waiting:
        free = [room for room, below in waiting.items() if not below & waiting.keys()]
        assert free, f"a cycle among {sorted(waiting)}"
        order += free
        for room in free:
            del waiting[room]
    assert order.index("errors") < order.index("graph") < order.index("ops") < order.index("api") < order.index("cli")


def test_no_two_of_a_row_know_each_other() -> None:
    for row in (SIBLINGS, PLAIN, LEAVES):
        for room in row:
            assert not ALLOWED[room] & row


LEGAL = {
    "__init__.py": "__version__ = '1'\n",
    "lazy.py": "import importlib\nload = importlib.import_module\nload('scipy')\n",
    "errors/__init__.py": "",
    "graph/__init__.py": "from ..errors import x\nfrom .variable import y\n",
    "graph/variable.py": "from .. import errors\nimport package.errors\n",
    "ops/__init__.py": "from .. import __version__\nfrom ..graph.variable import y\nfrom ..graph import z\n",
    "tracing/deep/er.py": "from ...ops import x\nfrom .. import y\nimport numpy\n",
    "backprop/__init__.py": "def f():\n    import json\n    return json\n",
    "api/__init__.py": "from ..tracing import x\nfrom ..backprop import y\n",
}


def planted(tmp_path: Path, *more: tuple[str, str]) -> Path:
    """A package of legal rooms, with some files replaced."""
    package = tmp_path / "package"
    for name, source in {**LEGAL, **dict(more)}.items():
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return package


def test_a_package_of_legal_rooms(tmp_path: Path) -> None:
    assert violations(planted(tmp_path), ALLOWED) == []


@pytest.mark.parametrize(
    ("name", "source", "message"),
    [
        ("graph/variable.py", "from ..ops import sin\n", "graph/variable.py:1: graph imports ops"),
        ("graph/variable.py", "from .. import ops\n", "graph/variable.py:1: graph imports ops"),
        ("graph/variable.py", "import package.ops as o\n", "graph/variable.py:1: graph imports ops"),
        ("graph/variable.py", "from package.ops.arithmetic import add\n", "graph/variable.py:1: graph imports ops"),
        ("graph/variable.py", "from package import ops, errors\n", "graph/variable.py:1: graph imports ops"),
        ("graph/variable.py", "import package\n", "graph/variable.py:1: graph imports __init__"),
        ("tracing/deep/er.py", "\n\nfrom ...backprop import pull\n", "tracing/deep/er.py:3: tracing imports backprop"),
        ("errors/classes.py", "from ..arraytype import ArrayType\n", "errors/classes.py:1: errors imports arraytype"),
        ("structure/term.py", "from ..graph import Variable\n", "structure/term.py:1: structure imports graph"),
        ("losses/squared.py", "from ..nets import relu\n", "losses/squared.py:1: losses imports nets"),
        ("losses/squared.py", "from ..ops import sin\n", "losses/squared.py:1: losses imports ops"),
        ("onnx/export.py", "from ..view import page\n", "onnx/export.py:1: onnx imports view"),
        ("api/__init__.py", "from ..cli import main\n", "api/__init__.py:1: api imports cli"),
        (
            "graph/variable.py",
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from ..ops import Operation\n",
            "graph/variable.py:3: graph imports ops",
        ),
        (
            "api/__init__.py",
            "def f():\n    from ..graph import x\n    return x\n",
            "api/__init__.py:2: an import of our own hides in the function f",
        ),
        (
            "api/__init__.py",
            "class A:\n    def f(self):\n        if self:\n            import package.graph\n",
            "api/__init__.py:4: an import of our own hides in the function f",
        ),
        (
            "graph/variable.py",
            "import importlib\nops = importlib.import_module('package.ops')\n",
            "graph/variable.py:2: graph imports ops",
        ),
        (
            "graph/variable.py",
            "from ..lazy import LazyModule\nops = LazyModule('package.ops')\n",
            "graph/variable.py:2: graph imports ops",
        ),
        ("graph/variable.py", "ops = __import__('package.ops')\n", "graph/variable.py:1: graph imports ops"),
        ("utils/misc.py", "", "utils/misc.py: the room utils is not in the picture"),
        ("helpers.py", "", "helpers.py: the room helpers is not in the picture"),
    ],
)
def test_a_planted_violation_is_found(tmp_path: Path, name: str, source: str, message: str) -> None:
    assert violations(planted(tmp_path, (name, source)), ALLOWED) == [message]


def test_a_hidden_import_of_a_lower_room_is_found_and_so_is_one_of_a_higher(tmp_path: Path) -> None:
    source = "def f():\n    from ..api import grad\n    return grad\n"
    assert violations(planted(tmp_path, ("graph/variable.py", source)), ALLOWED) == [
        "graph/variable.py:2: an import of our own hides in the function f",
        "graph/variable.py:2: graph imports api",
    ]


def test_only_the_face_asks_for_a_room_above_and_only_for_leaves() -> None:
    asking = [
        path.relative_to(PACKAGE).as_posix()
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "provider"
    ]
    assert asking == ["api/drawing.py"]
    assert {room.split(".")[1] for room in above._rooms.values()} <= LEAVES


HEAVY = ("scipy", "optree", "llvmlite", "sklearn", "mpi4py", "onnx", "rich", "matplotlib", "pandas", "IPython")


def test_importing_the_package_loads_nothing_heavy() -> None:
    program = f"import sys, chainrule; print([name for name in sys.modules if name.split('.')[0] in {HEAVY}])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_heavy_packages_are_reached_through_loaders_only() -> None:
    """A statement `import scipy` would load it with the first name that is used of its room."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE)
        for node, _ in _imports(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                continue
            names = _names(node, [PACKAGE.name, *place.with_suffix("").parts])
            found += [f"{place}:{node.lineno}: {name[0]}" for name in names if name[0] in HEAVY]
    assert found == []
