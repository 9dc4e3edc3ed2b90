"""Every Python block of the documentation is executed, and the output that it claims is compared with the real one.

The blocks of one file share a namespace and run in order. What may stand in a Markdown file:

- a ```python block runs; a ```text block directly after it (blank lines between them at most) is what it prints;
- a ```python block with >>> is checked by doctest;
- a ```sh run block runs, each line by the shell, beside the tables of docs/; a ```text block directly after it is what
  goes to stdout;
- a ```python no-run block is an error unless NO_RUN gives the reason.

In both kinds of output `...` stands for anything.
"""

import ast
import contextlib
import doctest
import io
import linecache
import os
import re
import shutil
import subprocess
import sys
import textwrap
import types
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from chainrule.compile import is_available

ROOT = Path(__file__).resolve().parents[2]
LECTURE = ROOT / "docs" / "lecture.md"
FILES = [path for path in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))) if path.exists()]
NO_RUN: dict[tuple[str, str], str] = {}  # (file, first line of the block): why it cannot run
ALMOST_PYTHON = {"py", "python3", "pycon", "ipython", "doctest"}  # would not be run, and look as if they were


class WrongDocument(AssertionError):
    """What is written is not what happens."""


class Block(NamedTuple):
    label: str
    text: str
    line: int  # of its first line of text in the file, from 1
    follows: bool  # directly after the block before it


def blocks_of(path):
    """The fenced blocks of a Markdown file."""
    blocks, fence, body, start, indent, label = [], None, [], 0, "", ""
    between = ["the beginning"]  # what stands between the last block and here, blank lines left out
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if fence is None:
            opening = re.match(r"( *)(`{3,}|~{3,})(.*)$", line)
            if opening:
                indent, fence, label = opening[1], opening[2], opening[3].strip()
                body, start = [], number + 1
            elif line.strip():
                between.append(line)
        elif re.match(rf" *{fence[0]}{{{len(fence)},}} *$", line):
            blocks.append(Block(label, "\n".join(body) + "\n", start, not between))
            fence, between = None, []
        else:
            body.append(line.removeprefix(indent))
    if fence is not None:
        raise WrongDocument(f"{path.name}:{start - 1}: the block does not end")
    return blocks


def run(path, no_run=NO_RUN):
    """Run a document; raises where it is wrong. Returns how many blocks ran."""
    module = types.ModuleType(f"document_{re.sub(r'[^0-9a-zA-Z_]', '_', path.stem)}")
    sys.modules[module.__name__] = module  # so that classes and pickles find their home
    count, printed = 0, None
    try:
        with np.printoptions():  # what a document sets is its own
            for block in blocks_of(path):
                if printed is not None and block.follows and block.label == "text":
                    compare(block.text, printed, f"{path.name}:{block.line}")
                printed = None
                if block.label == "sh run":
                    printed = run_commands(block, path)
                    count += 1
                elif has_to_run(block, path, no_run):
                    examples = re.search(r"^\s*>>> ", block.text, re.MULTILINE)
                    printed = (run_examples if examples else run_code)(block, path, module.__dict__)
                    count += 1
    finally:
        del sys.modules[module.__name__]
    return count


def has_to_run(block, path, no_run):
    """Whether a block is Python; raises where it looks as if it were run, and is not."""
    language, *options = block.label.lower().split() or [""]
    if language in ALMOST_PYTHON:
        raise WrongDocument(f"{path.name}:{block.line}: a block of Python is labelled ```python, not ```{language}")
    if language != "python" or not options:
        return language == "python"
    if options != ["no-run"] or key_of(path, block) not in no_run:
        raise WrongDocument(f"{path.name}:{block.line}: the block ```{block.label} is not listed in NO_RUN")
    return False


def key_of(path, block):
    return path.name, block.text.partition("\n")[0]


def run_code(block, path, namespace):
    """Execute a block, at its own lines of the file; returns what it prints."""
    code = compile("\n" * (block.line - 1) + block.text, str(path), "exec", dont_inherit=True)
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(code, namespace)
    return output.getvalue()


def run_commands(block, path):
    """Run the lines of a block, the tables of docs/ at hand; returns what they print."""
    Path("docs").mkdir(exist_ok=True)
    for table in (ROOT / "docs").glob("*.csv"):
        shutil.copy(table, "docs")
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        ["bash", "-e", "-c", block.text],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": beside},
    )
    if done.returncode:
        raise WrongDocument(f"{path.name}:{block.line}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def run_examples(block, path, namespace):
    """Check a block with >>> by doctest."""
    text, name = textwrap.dedent(block.text), f"{path.name}:{block.line}"
    test = doctest.DocTestParser().get_doctest(text, namespace, name, str(path), block.line - 1)
    test.globs = namespace  # not the copy, so that later blocks know what this one defines
    for number, example in enumerate(test.examples):  # as in a notebook, the source stays known when the block is over
        lines = example.source.splitlines(keepends=True)
        linecache.cache[f"<doctest {name}[{number}]>"] = len(example.source), None, lines, name
    report = io.StringIO()
    result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=report.write, clear_globs=False)
    if result.failed:
        raise WrongDocument(report.getvalue())


def compare(claimed, printed, where):
    """The output that a document claims with the real one; only blanks at the ends of lines do not count."""
    want, got = ("\n".join(line.rstrip() for line in text.rstrip().splitlines()) + "\n" for text in (claimed, printed))
    if not doctest.OutputChecker().check_output(want, got, doctest.ELLIPSIS):
        raise WrongDocument(f"{where}: the document claims\n\n{want}\nbut the block prints\n\n{got}")


# The documents


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])
def test_document(path, tmp_path, monkeypatch):
    if path.name == "native.md" and not is_available():
        pytest.skip("shows native code")
    if path.name == "estimators.md":
        pytest.importorskip("sklearn.callback", reason="scikit-learn 1.9 or newer is not installed")
    if path.name == "onnx.md":
        pytest.importorskip("onnx", reason="the package onnx is not installed")
        pytest.importorskip("onnxruntime", reason="the package onnxruntime is not installed")
    monkeypatch.chdir(tmp_path)  # what examples write goes there
    run(path)


def test_there_is_something_to_run():
    assert ROOT / "docs" / "from_scratch.md" in FILES
    assert LECTURE in FILES


def test_reasons_are_given_and_needed():
    assert all(reason.strip() for reason in NO_RUN.values())
    assert NO_RUN.keys() <= {key_of(path, block) for path in FILES for block in blocks_of(path)}


def test_the_essay_stands_on_its_own():
    """It is short, and only its last block, a comparison, knows chainrule."""
    path = ROOT / "docs" / "from_scratch.md"
    *code, last = [block.text for block in blocks_of(path) if block.label == "python"]
    assert "import chainrule" in last
    assert not any("chainrule" in text for text in code)
    assert sum(map(lines_of_code, [*code, last])) <= 450
    assert max(map(len, path.read_text(encoding="utf-8").splitlines())) <= 100


def test_the_lecture_needs_only_what_is_public():
    """NumPy, SciPy's logistic function, chainrule by its names for users: nothing that a reader would not have."""
    text = "".join(code_of_examples(block) for block in blocks_of(LECTURE))
    imports, private = set(), []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imports |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imports.add(node.module)
        elif isinstance(node, ast.Attribute) and node.attr.startswith("_") and node.attr != "__name__":
            private.append(node.attr)
    assert imports == {"numpy", "scipy.special", "chainrule", "chainrule.losses", "chainrule.regularizers"}
    assert not private


def test_the_lecture_shows_every_output():
    """No block runs without a word, and none is left out."""
    blocks = [block for block in blocks_of(LECTURE) if block.label]
    assert {block.label for block in blocks} == {"python"}
    assert all(">>> " in block.text for block in blocks)
    lines = LECTURE.read_text(encoding="utf-8").splitlines()
    assert max(len(line) for line in lines if not line.startswith("|")) <= 100


def test_the_lecture_is_in_the_order_of_the_slides():
    headings = re.findall(r"^##+ (?:\d+\. )?(.*)$", LECTURE.read_text(encoding="utf-8"), re.MULTILINE)
    slides = ["architecture", "training", "puts out", "ignoring y", "graphs", "(a)", "(b)", "(c)", "(d)"]
    slides += ["chain rule of calculus", "Jacobian", "Jacobian of a matrix", "vectors", "tensors", "f(f(f(w)))"]
    slides += ["Algorithm 6.1", "Algorithm 6.2", "regularized loss", "Algorithm 6.3", "Algorithm 6.4"]
    slides += ["softmax", "rows", "computational graph", "Readings"]
    assert len(headings) == len(slides)
    assert all(slide in heading for slide, heading in zip(slides, headings, strict=True))


def test_the_lecture_states_every_erratum_where_it_occurs():
    """Each in its section, and in the table at the beginning with a link to that section."""
    text = LECTURE.read_text(encoding="utf-8")
    beginning, *sections = re.split(r"^## (?=\d+\. )", text, flags=re.MULTILINE)
    stated = {
        (int(erratum), int(section.partition(".")[0]))
        for section in sections
        for erratum in re.findall(r"^> \*\*Erratum (\d)", section, re.MULTILINE)
    }
    listed = {
        (int(row[0]), int(number))
        for row in re.findall(r"^\| (\d) \|(.*)$", beginning, re.MULTILINE)
        for number in re.findall(r"\[(\d+)\]\(#", row[1])
    }
    assert stated == listed
    assert {erratum for erratum, _ in stated} == {1, 2, 3, 4, 5}


def test_links_within_the_lecture_lead_somewhere():
    text = re.sub(r"^```.*?^```$", "", LECTURE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    assert len(targets) > 5
    for target in targets:
        assert target[1:] in anchors if target.startswith("#") else (LECTURE.parent / target).exists()


def code_of_examples(block):
    return "".join(example.source for example in doctest.DocTestParser().get_examples(textwrap.dedent(block.text)))


def lines_of_code(text):
    """Lines that are not blank, not a comment and not a docstring."""
    strings = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]
    documentation = {line for node in strings for line in range(node.lineno, node.end_lineno + 1)}
    lines = enumerate(text.splitlines(), 1)
    return sum(1 for n, line in lines if line.strip() and not line.strip().startswith("#") and n not in documentation)


# The runner itself

RIGHT = """
# A document

```python
import dataclasses


@dataclasses.dataclass
class Point:
    x: float


a = Point(1.5)
print("x is", a.x)
```

```text
x is 1.5
```

Between the lines.

- in a list

  ```python
  b = a.x * 2
  for k in range(2):
      print(k, b)
  ```

  ```text
  0 3.0
  1 ...
  ```

```python
>>> b + 1
4.0
>>> c = b
>>> print("several   blanks")
several blanks

```

```python
assert c == 3.0
```

Not an output, for a sentence stands in between:

```text
anything
```

```sh
exit 1
```

````markdown
```python
raise ValueError("inside of another block")
```
````
"""


@pytest.fixture
def document(tmp_path):
    def write(text):
        path = tmp_path / "document.md"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_right_document(document):
    assert run(document(RIGHT)) == 4
    assert "document_document" not in sys.modules


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("x is 1.5", "x is 1.6", r"document.md:18: the document claims\s+x is 1.6\s+but the block prints\s+x is 1.5"),
        ("x is 1.5\n", "x is 1.5\nand more\n", "and more"),
        ("x is 1.5\n```", "```", "but the block prints"),
        ("x is 1.5", "x  is 1.5", "but the block prints"),
        ('print("x is", a.x)', "", "but the block prints"),
        ("0 3.0", "0 4.0", "0 4.0"),
        ("\n4.0\n", "\n5.0\n", r"document.md\", line 37(.|\n)*Expected:\s+5.0\s+Got:\s+4.0"),
        (">>> c = b", ">>> d = b", "name 'c' is not defined"),
        ("Not an output, for a sentence stands in between:", "", "but the block prints"),
        ("```sh", "```py", "is labelled ```python, not ```py"),
        ("```sh", "```python no-run", "the block ```python no-run is not listed"),
        ("```sh", "```python skip", "the block ```python skip is not listed"),
        ("exit 1\n```", "exit 1", "the block does not end"),
    ],
)
def test_a_wrong_document(document, right, wrong, message):
    assert right in RIGHT
    with pytest.raises((WrongDocument, NameError), match=message):
        run(document(RIGHT.replace(right, wrong, 1)))


def test_examples_are_at_their_line():
    assert RIGHT.splitlines()[37 - 1] == ">>> b + 1"


def test_the_source_of_examples_is_known_in_later_blocks(document):
    first = "```python\n>>> import inspect\n>>> def f(x):\n...     return x\n\n```\n"
    second = "```python\n>>> def g(x):\n...     return 2 * x\n>>> print(inspect.getsource(f))\n{}\n```\n"
    assert run(document(first + second.format("def f(x):\n    return x\n<BLANKLINE>\n"))) == 2


def test_no_run_with_a_reason(document):
    path = document("```python no-run\nformat_disk()\n```\n")
    assert run(path, {("document.md", "format_disk()"): "for the reader's sake"}) == 0


def test_an_exception_shows_the_line_of_the_document(document):
    path = document("Text.\n\n```python\nx = 1\nx / 0\n```\n")
    with pytest.raises(ZeroDivisionError) as caught:
        run(path)
    last = caught.traceback[-1]
    assert (str(last.path), last.lineno + 1) == (str(path), 5)


def test_documents_share_nothing(document):
    run(document("```python\nx = 1\n```\n"))
    with pytest.raises(NameError):
        run(document("```python\nx\n```\n"))
