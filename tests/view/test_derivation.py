"""Derivations: every line holds, and that of the lecture's net is Algorithm 6.4."""

import re
import shutil
import subprocess
from fractions import Fraction

import numpy as np
import pytest

import chainrule as cr
from chainrule.view.derivation import derive, to_latex, to_markdown, to_text
from chainrule.view.derivation.lines import Equation, Remark
from chainrule.view.formulas import expression as e
from chainrule.view.formulas import making as make
from chainrule.view.formulas.plain import plain
from chainrule.view.formulas.reading import Unreadable, read
from chainrule.view.formulas.substitution import substitute

from .graphs import deep, tiny

# Reading a printed derivation


def equations(text):
    """Left and right sides of a TeX derivation, without shapes."""
    found = []
    for display in re.findall(r"\\begin\{align\*\}\n(.*?)\n\\end\{align\*\}", text, re.DOTALL):
        rows = []
        for row in display.split(" \\\\\n"):
            if row.startswith(r"&\qquad {} "):
                rows[-1] += " " + row.removeprefix(r"&\qquad {} ")
            elif " &= " in row:
                rows.append(row)
        for row in rows:
            left, _, right = row.partition(" &= ")
            right = re.sub(r" &&\(.*\)$", "", right)
            found.append((left, re.sub(r"\\underset\{[^{}]*\}", "", right), re.sub(r"\\underset\{[^{}]*\}", "", left)))
    return [(bare_left, right) for _, right, bare_left in found]


def symbol_of(text):
    """The letter, index and bar of one symbol; None of anything else."""
    text = text.removeprefix("{").removesuffix("}") if text.startswith("{") else text
    letter = r"\\mathrm\{\w+\}|\\?\w+?"
    match = re.fullmatch(rf"(?:\\(bar|overline)\{{({letter})\}}|({letter}))(?:_\{{(\w+)\}})?", text)
    if match is None:
        return None
    letter = (match[2] or match[3]).removeprefix(r"\mathrm{").removesuffix("}")
    return {r"\lambda": "λ"}.get(letter, letter), match[4] or "", match[1] is not None


class Book:
    """Definitions by symbol; `expand` puts them into each other until only leaves are left."""

    def __init__(self, shapes, ones):
        self.shapes, self.ones, self.known = shapes, ones, {}

    def named(self, letter, below, bar):
        if letter == "𝟏":
            return e.Ones(self.ones)
        shape = self.shapes.get((letter, below))
        return None if shape is None else e.Symbol((letter, below), shape, bar)

    def add(self, left, right):
        symbol = symbol_of(left)
        if symbol is None:
            return
        letter, below, bar = symbol
        try:
            found = read(right, self.named)
        except Unreadable:
            return  # an index sum
        if (letter, below) not in self.shapes:
            self.shapes[letter, below] = found.shape
        self.known[(letter, below), bar] = found

    def expand(self, x):
        def replacement(s):
            definition = self.known.get((s.key, s.bar))
            return s if definition is None else self.expand(definition)

        return substitute(x, replacement)


def canonical(x):
    """The same for expressions that are equal by the laws of sums, products, transposes and numbers."""
    coefficient, rest = split(x)
    return (coefficient, rest)


def split(x):
    """A number and what it multiplies, as nested tuples."""
    if isinstance(x, e.Number):
        return Fraction(str(x.value)), ("one",)
    if isinstance(x, e.Negative):
        c, rest = split(x.operand)
        return -c, rest
    if isinstance(x, e.Quotient) and isinstance(x.below, e.Number):
        c, rest = split(x.above)
        return c / Fraction(str(x.below.value)), rest
    if isinstance(x, e.Transpose):
        return split_transpose(x.operand)
    if isinstance(x, e.Sum):
        return Fraction(1), ("sum", *sorted((split(part) for part in x.operands), key=repr))
    if isinstance(x, (e.Product, e.Hadamard)):
        c, scalars, others = Fraction(1), [], []
        for part in x.operands:
            d, rest = split(part)
            c *= d
            if rest != ("one",):
                (others if part.shape else scalars).append(rest)
        kind = "matrix product" if isinstance(x, e.Product) else "entry by entry"
        others = others if isinstance(x, e.Product) else sorted(others, key=repr)
        if len(others) == 1 and not scalars:
            return c, others[0]
        return c, (kind, tuple(sorted(scalars, key=repr)), *others)
    if isinstance(x, e.Symbol):
        return Fraction(1), ("symbol", x.key, x.bar)
    if isinstance(x, e.Ones):
        return Fraction(1), ("ones",)
    if isinstance(x, e.Power):
        return Fraction(1), ("power", split(x.base), split(x.exponent))
    if isinstance(x, e.Call):
        return Fraction(1), ("call", x.name, *map(split, x.arguments))
    raise AssertionError(type(x))


def split_transpose(x):
    if isinstance(x, e.Transpose):
        return split(x.operand)
    if isinstance(x, e.Product):
        return split(make.product(*[make.transpose(part) if part.shape else part for part in reversed(x.operands)]))
    if isinstance(x, (e.Sum, e.Hadamard)):
        return split(type(x)(tuple(make.transpose(part) if part.shape else part for part in x.operands)))
    c, rest = split(x)
    return c, ("transpose", rest)


# Algorithm 6.4

SIZES = (3, 4, 2, 5)
SAMPLES = 6


def lecture_net(parameters, x, y, lam):
    h = x
    for p in parameters:
        a = h @ p["W"] + p["b"]
        h = np.tanh(a)
    L = np.mean((h - y) ** 2)
    omega = sum(np.sum(p["W"] ** 2) + np.sum(p["b"] ** 2) for p in parameters)
    return L + lam * omega


def algorithm_6_4(depth, entries):
    """Algorithms 6.3 and 6.4 of the lecture, transcribed by hand: g is the gradient at hand.

    A sample is a row here and W has the shape (inputs, units), so that the slides' W h + b is h W + 1 b^T, and their
    g h^T, W^T g are h^T g, g W^T; the gradient of b sums over samples. L is the mean square, f = tanh, Omega the sum of
    squares of W and b.
    """
    lines = [("h_{0}", "x")]
    for k in range(1, depth + 1):
        lines.append((f"a_{{{k}}}", rf"h_{{{k - 1}}} \, W_{{{k}}} + \mathbf{{1}} \, b_{{{k}}}^{{\top}}"))
        lines.append((f"h_{{{k}}}", rf"\tanh a_{{{k}}}"))
    g = rf"\frac{{2 (h_{{{depth}}} - y)}}{{{entries}}}"  # the gradient of L by the prediction
    for k in range(depth, 0, -1):
        lines.append((f"g_{{{k}}}", rf"({g}) \circ (1 - (\tanh a_{{{k}}})^{{2}})"))
        lines.append((rf"\bar{{b}}_{{{k}}}", rf"g_{{{k}}}^{{\top}} \, \mathbf{{1}} + \lambda \, (2 \, b_{{{k}}})"))
        lines.append((rf"\bar{{W}}_{{{k}}}", rf"h_{{{k - 1}}}^{{\top}} \, g_{{{k}}} + \lambda \, (2 \, W_{{{k}}})"))
        g = rf"g_{{{k}}} \, W_{{{k}}}^{{\top}}"
    return lines


def shapes_of(depth, first):
    shapes = {("x", ""): (SAMPLES, SIZES[0]), ("y", ""): (SAMPLES, SIZES[depth]), ("λ", ""): ()}
    for k in range(depth):
        shapes["W", str(k + first)] = (SIZES[k], SIZES[k + 1])
        shapes["b", str(k + first)] = (SIZES[k + 1],)
    return shapes


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_derivation_of_the_lectures_net_is_algorithm_6_4(depth):
    rng = np.random.default_rng(0)
    parameters = [{"W": rng.normal(size=SIZES[k : k + 2]), "b": rng.normal(size=SIZES[k + 1])} for k in range(depth)]
    x, y = rng.normal(size=(SAMPLES, SIZES[0])), rng.normal(size=(SAMPLES, SIZES[depth]))
    graph = cr.trace(lecture_net, parameters, x, y, 0.1)
    text = graph.to_latex()

    printed = Book(shapes_of(depth, first=0), SAMPLES)
    for left, right in equations(text):
        printed.add(left, right)
    wanted = Book(shapes_of(depth, first=1), SAMPLES)
    for left, right in algorithm_6_4(depth, SAMPLES * SIZES[depth]):
        wanted.add(left, right)

    for k in range(depth):
        for letter in "Wb":
            ours = printed.expand(printed.known[(letter, str(k)), True])
            lectures = wanted.expand(wanted.known[(letter, str(k + 1)), True])
            renamed = substitute(
                lectures, lambda s: e.Symbol((s.key[0], s.key[1] and str(int(s.key[1]) - 1)), s.shape, s.bar)
            )
            assert canonical(ours) == canonical(renamed), (letter, k)
            assert not any(s.bar for s in ours.symbols())


def test_the_comparison_sees_a_wrong_formula():
    """A transpose, a factor or a sign makes a difference."""
    book = Book({("x", ""): (2, 2), ("y", ""): (2, 2), ("λ", ""): ()}, 2)

    def same(a, b):
        return canonical(read(a, book.named)) == canonical(read(b, book.named))

    assert same(r"(x \, y)^{\top}", r"y^{\top} \, x^{\top}")
    assert same(r"2 \, \lambda \, x + y", r"y + \lambda \, (2 \, x)")
    assert not same(r"x \, y", r"y \, x")
    assert not same(r"x^{\top} \, y", r"x \, y")
    assert not same(r"2 \, x", "x")
    assert not same("x - y", "x + y")
    assert not same(r"x \circ y", r"x \, y")


# Any graph


def lines_of(derivation):
    return [entry for section in derivation.sections for entry in section.lines]


def test_a_unit_is_derived_in_its_names():
    graph, arguments = tiny()
    text = graph.to_latex(form="text", values=graph.forward(*arguments), parameters=["w"])
    assert "z = w x" in text and "p = tanh z" in text
    assert "∂p/∂z = 1 − p²" in text
    assert "z̄ = p̄ (1 − p²)" in text and "w̄ = z̄ x" in text
    assert "the values that were given: " in text


def test_what_does_not_reach_the_result_is_said_to():
    def f(a, b):
        return a**2 + 0 * np.floor(b)

    text = cr.trace(f, 1.0, 2.0).to_latex(form="text")
    assert "b does not reach the result: its gradient is zero." in text


def test_no_line_is_printed_that_does_not_hold(monkeypatch):
    """A rule that is wrong in one formula makes that line vanish, and the reader is told."""
    from_code = make.squared

    def wrong(x):
        return e.Power(x, e.Number(3))

    graph, _ = tiny()
    monkeypatch.setattr(make, "squared", wrong)
    derivation = derive(graph.data)
    monkeypatch.setattr(make, "squared", from_code)
    text = to_text(derivation)
    assert derivation.unchecked == 2  # dp/dz and the gradient of z
    assert "z̄ = " not in text and "1 − p³" not in text
    assert "The gradient z̄ could not be checked at this point and is not printed." in text
    assert "2 could not be checked there and are not printed." in text


def test_repeated_blocks_are_folded_and_the_last_copy_is_shown():
    graph, _ = deep(12)
    derivation = derive(graph.data)
    assert derivation.unchecked == 0 and derivation.checked > 150
    assert len(lines_of(derivation)) < 70
    text = to_text(derivation)
    assert text.count("… 9 more copies of the same; the last one:") == 4
    assert "W₁₁" in text


def test_results_that_are_no_single_number_start_from_gradients_of_their_own():
    def f(x):
        y = np.sin(x)
        return y, y * x

    derivation = derive(cr.trace(f, np.ones(3)).data)
    assert derivation.unchecked == 0
    assert any("ȳ" in plain(line.right) for line in lines_of(derivation) if isinstance(line, Equation))


def test_an_input_that_is_a_result_has_the_gradient_to_start_from():
    text = cr.trace(lambda x: x, 1.0).to_latex(form="text")
    assert "x̄ = 1" in text and "does not reach" not in text
    text = cr.trace(lambda x: (x, 2 * x), 1.0).to_latex(form="text")
    assert "x̄ = x̄⁰ + (∂v₂/∂x) v̄₂" in text and "x̄ = x̄⁰ + 2 v̄₂" in text and "?" not in text


def test_what_has_no_formula_is_said_with_the_reason():
    def f(x):
        return cr.fori_loop(0, 3, lambda k, s: s * np.sin(s), x)

    derivation = derive(cr.trace(f, 0.5).data)
    remarks = [
        "".join(p for p in line.pieces if isinstance(p, str))
        for line in lines_of(derivation)
        if isinstance(line, Remark)
    ]
    assert any("its rule is the back-propagation of the graph that" in remark for remark in remarks)


def test_values_that_are_not_finite_have_to_be_so_in_the_formula():
    def f(x):
        y = np.log(x)
        return np.sum(np.where(x > 0, y, 0.0))

    graph = cr.trace(f, np.ones(2))
    with np.errstate(all="ignore"):
        text = graph.to_latex(form="text", values=graph.forward(np.array([1.0, 0.0])))
    assert "y = log x" in text and "not printed" in text  # 0 / 0 is nan, where the code has 0


def test_a_point_is_drawn_where_all_is_finite():
    def f(x):
        return np.sum(np.log(x))

    assert derive(cr.trace(f, np.ones(3)).data).unchecked == 0

    def nowhere(x):
        return np.log(-np.abs(x))

    with pytest.raises(cr.errors.ArgumentError, match="no point was found"):
        derive(cr.trace(nowhere, 1.0).data)


PROGRAMS = {
    "softmax": lambda W, x: np.log(np.sum(np.exp(x @ W), axis=1)).sum(),
    "solve": lambda A, b: np.sum(np.linalg.solve(A + 3 * np.eye(3), b) ** 2),
    "slices": lambda x: np.sum(x[1:] * x[:-1] ** 2),
    "outer": lambda a, b: np.sum(np.outer(a, b) * 2),
    "norms": lambda x: np.linalg.norm(x) + np.max(x),
    "reshaped": lambda x: np.sum(np.reshape(x, (2, 3)) @ np.ones((3, 2))),
    "cumulative": lambda x: np.sum(np.cumsum(x) ** 2),
    "logdet": lambda A: np.linalg.slogdet(A @ A.T + np.eye(3))[1],
}
SHAPES = {
    "softmax": [(4, 3), (5, 4)],
    "solve": [(3, 3), (3,)],
    "slices": [(6,)],
    "outer": [(2,), (3,)],
    "norms": [(4,)],
    "reshaped": [(6,)],
    "cumulative": [(4,)],
    "logdet": [(3, 3)],
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_all_lines_of_a_program_hold(name):
    arguments = [np.random.default_rng(1).normal(size=shape) for shape in SHAPES[name]]
    derivation = derive(cr.trace(PROGRAMS[name], *arguments).data)
    assert derivation.unchecked == 0 and derivation.checked > 1
    assert all(row.gradient is not None for row in derivation.table)


# As documents


def hostile_graph():
    def f(x, loss):
        return np.sum(x**2) * np.sum(loss)

    g = cr.trace(f, np.ones(2), np.ones(2))
    for v, name in zip(g.data.inputs, ["a_b%$#&{}~^\\input{x}", "<script>📈 שלום"], strict=True):
        v.name = name
    return g


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_the_document_compiles(tmp_path):
    rng = np.random.default_rng(0)
    parameters = [{"W": rng.normal(size=SIZES[k : k + 2]), "b": rng.normal(size=SIZES[k + 1])} for k in range(3)]
    x, y = rng.normal(size=(SAMPLES, SIZES[0])), rng.normal(size=(SAMPLES, SIZES[3]))
    net = cr.trace(lecture_net, parameters, x, y, 0.1)
    qr = cr.trace(lambda A: np.sum(np.linalg.qr(A)[1] ** 2) + np.sum(np.sort(A[0])), rng.normal(size=(3, 3)))
    body = [to_latex(derive(g.data)) for g in (net, qr, deep(12)[0], hostile_graph())]
    head, begin, _ = body[0].partition("\\begin{document}\n")
    whole = [text.partition(begin)[2].removesuffix("\\end{document}\n") for text in body]
    (tmp_path / "all.tex").write_text(head + begin + "\n".join(whole) + "\\end{document}\n", encoding="ascii")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "all.pdf").stat().st_size > 10_000


def test_markdown_has_its_formulas_in_dollars():
    graph, _ = tiny()
    text = to_markdown(derive(graph.data))
    assert text.startswith("# The gradient of loss\n")
    assert "$$\n\\begin{aligned}\nz &= w\\, x" in text
    assert r"| $w$ | number | $\bar{z}\, x$ |" in text


def test_long_lines_are_broken():
    def f(a, b, c, d):
        return np.sum(np.sin(a) * b + np.cos(b) * c + np.exp(c) * d + np.tanh(d) * a + a * c + b * d + a * d)

    derivation = derive(cr.trace(f, *(np.ones((2, 2)),) * 4).data)
    assert derivation.unchecked == 0
    rows = [row for row in to_text(derivation).splitlines() if "=" in row or row.startswith("    ")]
    assert max(map(len, rows)) < 125
    assert r"&\qquad {}" in to_latex(derivation)


def test_the_shell_explains(tmp_path, capsys, monkeypatch):
    from_main = pytest.importorskip("chainrule.cli").main
    (tmp_path / "model.py").write_text(
        "import numpy as np\n\ndef loss(w, x):\n    z = x @ w\n    p = np.tanh(z)\n    return np.sum(p**2)\n"
    )
    monkeypatch.chdir(tmp_path)
    function = ["model.py:loss", "--at", "w=random(3)", "--at", "x=random(4,3)"]
    assert from_main(["explain", *function]) == 0
    out = capsys.readouterr().out
    assert "w̄ [3] = xᵀ [3 × 4] z̄ [4]" in out
    assert from_main(["explain", *function, "--by", "w", "-o", "d.tex"]) == 0
    assert from_main(["explain", *function, "-o", "d.md"]) == 0
    assert from_main(["view", *function, "-o", "v.tex"]) == 0
    assert r"\begin{align*}" in (tmp_path / "d.tex").read_text() and "$$" in (tmp_path / "d.md").read_text()
    assert (tmp_path / "v.tex").read_text().startswith(r"\documentclass")
    assert from_main(["explain", *function, "-o", "d.pdf"]) == 2
    assert ".tex" in capsys.readouterr().err
