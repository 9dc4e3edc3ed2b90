"""Formulas mean what they say: each is evaluated and compared with the code, and read again from its TeX."""

import functools
import json
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import chainrule as cr
from chainrule.view import Outline
from chainrule.view.formulas import expression as e
from chainrule.view.formulas import making as make
from chainrule.view.formulas.marks import Digits, Fence, Letter, Sign, line
from chainrule.view.formulas.mathml import math
from chainrule.view.formulas.naming import name_of, names_apart
from chainrule.view.formulas.notation import Notation
from chainrule.view.formulas.plain import plain
from chainrule.view.formulas.reading import Unreadable, read
from chainrule.view.formulas.tex import tex
from chainrule.view.rules import RuleTable

from .formula_cases import HOLDING, LETTERS, NAMES, NOTATION, cases, close
from .graphs import deep, document_of, outline_of

MATHML = frozenset(
    ["math", "mrow", "mi", "mn", "mo", "mtext", "mspace", "mfrac", "msup", "msub", "msubsup"]
    + ["mover", "munder", "msqrt", "mroot", "mtable", "mtr", "mtd"]
)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in HOLDING])
def test_the_printed_rule_is_the_rule_that_runs(name):
    for case in cases(name):
        found = case.formulas
        if len(case.results) == 1:
            close(case.value(found.forward), case.results[0])
        for argument in found.arguments:
            k = argument.number
            if argument.rule is None:
                assert argument.because
                assert case.arguments[k].dtype.kind not in "fc", argument.because
                continue
            close(case.value(argument.rule), case.pulled(k))
            if argument.jacobian is not None:
                (J,) = case.operation.local_jacobians(k, case.results, case.arguments, case.parameters)
                dense = J.todense().reshape(case.results[0].size, case.arguments[k].size)
                close(np.reshape(case.value(argument.jacobian), dense.shape), dense)


@pytest.mark.parametrize("name", sorted(HOLDING))
def test_what_has_no_formula_says_so_in_a_sentence(name):
    for case in cases(name)[:1]:
        assert all(argument.because for argument in case.formulas.arguments)
        differentiable = [a for a in case.formulas.arguments if case.arguments[a.number].dtype.kind == "f"]
        assert all(name in argument.because for argument in differentiable)


def reread(case, text, expression):
    """The value of TeX, by what it says alone: calls of functions mean those of the same name in the expression."""
    calls = {(x.name, x.below): x for x in walk(expression) if isinstance(x, e.Call)}

    def named(letter, below, bar):
        if letter == "𝟏":
            return None
        if letter not in LETTERS + "y" or (below and letter != "y"):
            return None
        key = ("y", int(below or 0)) if letter == "y" else ("x", LETTERS.index(letter))
        value = case.values.get((key, "bar") if bar else key)
        return None if value is None else e.Symbol(key, value.shape, bar)

    def function(letter, below, above, arguments):
        call = calls.get((letter, below))
        if call is None or call.above != above or letter in ("log", "sin", "cos"):
            return None
        return e.Call(letter, arguments, call.function, call.shape, below)

    return case.value(read(text, named, function))


def walk(expression):
    yield expression
    for part in expression.parts:
        yield from walk(part)


def test_what_is_printed_means_the_same_when_it_is_read_again():
    readable = set()
    for name in NAMES:
        for case in cases(name)[:2]:
            for argument in case.formulas.arguments:
                if argument.rule is None or isinstance(argument.rule, (e.Indexed, e.Zeros)):
                    continue
                text = tex(NOTATION(argument.rule))
                try:
                    value = reread(case, text, argument.rule)
                except Unreadable:
                    continue
                close(value, case.value(argument.rule))
                readable.add(name)
    assert len(readable) > 90
    assert {"einsum", "tanh", "multiply", "divide", "power", "solve", "inv", "erf", "gamma"} <= readable


@pytest.mark.parametrize("name", NAMES)
def test_every_formula_is_well_formed_in_each_writing(name):
    for case in cases(name)[:3]:
        for argument in case.formulas.arguments:
            if argument.rule is not None:
                mark = NOTATION.equation(case.x_bar(argument.number), argument.rule)
                assert tex(mark).count("{") == tex(mark).count("}")
                assert {each.tag for each in ElementTree.fromstring(math(mark)).iter()} <= MATHML
                assert plain(mark)


def rules_of(name, number=0):
    case = cases(name)[number]
    return [
        plain(NOTATION.equation(case.x_bar(argument.number), argument.rule))
        for argument in case.formulas.arguments
        if argument.rule is not None
    ]


def test_rules_read_as_in_a_book():
    assert rules_of("einsum") == ["x̄ = ȳ aᵀ", "ā = xᵀ ȳ"]
    assert rules_of("tanh", 1) == ["x̄ = ȳ ∘ (1 − y²)"]
    assert rules_of("expit", 0) == ["x̄ = ȳ y (1 − y)"]
    assert rules_of("add", 2) == ["x̄ = ȳ", "ā = ȳᵀ 𝟏"]
    assert rules_of("softmax") == ["x̄ = ȳ ∘ y − (𝟏ᵀ (ȳ ∘ y)) y"]
    assert rules_of("relu", 1) == ["x̄ = ȳ ∘ [x > 0]"]
    assert rules_of("log", 1) == ["x̄ = ȳ/x"]
    assert rules_of("solve", 1) == ["x̄ = −x⁻ᵀ ȳ yᵀ", "ā = x⁻ᵀ ȳ"]
    assert rules_of("det") == ["x̄ = ȳ cofactor(x)"]
    assert rules_of("window") == ["x̄ᵢ = Σ_j δᵢ,₂ⱼ₊₁ ȳⱼ"]
    assert rules_of("cumsum") == ["x̄ᵢ = Σ_j [j ≥ i] ȳⱼ"]
    assert rules_of("fft") == ["x̄ = Re fft(ȳ)"]


def test_a_name_is_a_letter_with_its_index_where_it_is_one():
    written = {
        "h1": "h_{1}",
        "W12": "W_{12}",
        "h_1": "h_{1}",
        "theta": r"\theta",
        "lambda": r"\lambda",
        "sigma2": r"\sigma_{2}",
        "y_hat": r"\hat{y}",
        "loss": r"\mathrm{loss}",
        "parameters.0.W": "W_{0}",
        "params.W.0": "W_{0}",
        "layer1/h1": r"h_{\mathrm{1,\ layer1}}",
        "learning_rate": r"\mathrm{learning\_rate}",
        "x": "x",
    }
    assert {name: tex(name_of(name).mark()) for name in written} == written
    assert tex(name_of("h1").mark(bar=True)) == r"\bar{h}_{1}"
    assert tex(name_of("loss").mark(bar=True)) == r"\overline{\mathrm{loss}}"


def test_two_names_that_would_look_alike_are_written_out():
    assert [plain(name.mark()) for name in names_apart(["a.0.W", "b.0.W", "h1", "h_2"])] == [
        "a.0.W",
        "b.0.W",
        "h₁",
        "h₂",
    ]


HOSTILE = [
    "</script>",
    "a<b>&\"'",
    "📈",
    "x\u202eevil",
    "שלום",
    "\\input{x}",
    "a_b^c%d$e#f~g",
    "{",
    "n" * 200,
    " ",
    "@x0@",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(name):
    mark = name_of(name).mark(bar=True)
    element = ElementTree.fromstring(math(mark))
    assert {each.tag for each in element.iter()} <= MATHML
    assert "\u202e" not in math(mark)
    written = tex(mark)
    assert written.isascii() and len(written) < 800
    assert r"\input" not in written and written.count("{") - written.count(r"\{") == written.count("}") - written.count(
        r"\}"
    )
    assert "<" not in math(mark).replace("<m", "").replace("</m", "")


def test_transposes_and_products_bind_as_they_should():
    x, y = e.Symbol("x", (3, 3)), e.Symbol("y", (3, 3))

    def written(expression):
        return tex(Notation(lambda key, bar: Letter(key))(expression))

    assert written(make.transpose(make.add(x, y))) == r"(x + y)^{\top}"
    assert written(make.product(make.add(x, y), x)) == r"(x + y)\, x"
    assert written(make.hadamard(make.product(x, y), x)) == r"(x\, y) \circ x"
    assert written(make.product(e.Number(2), make.hadamard(x, y))) == r"2\, x \circ y"
    assert written(make.subtract(x, make.add(x, y))) == "x - x - y"
    assert written(make.power(make.negative(x), e.Number(2))) == "(- x)^{2}"
    assert written(make.product(e.Number(2), e.Number(-3), x)) == r"- 6\, x"


def test_marks_are_put_together_flat():
    assert line(Digits("1"), line(Sign("+"), Digits("2"))) == line(Digits("1"), Sign("+"), Digits("2"))
    assert tex(Fence("(", Digits("1"), ")")) == "(1)"


# In the document


@functools.cache
def unit():
    """The lecture's unit with numbers, as a document."""

    def loss(w, x, b, y):
        z = w * x + b
        p = np.tanh(z)
        return (p - y) ** 2

    g = cr.trace(loss, 0.5, 2.0, -0.3, 1.0)
    return json.loads(g.to_view(values=g.forward(0.5, 2.0, -0.3, 1.0)))


def test_a_node_has_its_rule_in_the_users_names_with_numbers():
    node = next(node for node in unit()["nodes"] if node["name"] == "p")
    assert node["rule"]["forward"]["tex"] == r"p = \tanh z"
    (backward,) = node["rule"]["backward"]
    assert backward["argument"] == 0
    assert backward["tex"] == r"\bar{z} = \bar{p}\, (1 - p^{2})"
    p = np.tanh(0.7)
    # 2 (p - y) (1 - p^2), by hand
    assert backward["numbers"]["tex"].endswith(f"= - {abs(2 * (p - 1) * (1 - p * p)):.3g}")
    assert "\\underset" not in backward["shapes"]["tex"]  # numbers have no shape to tell
    assert "diagonal" in node["rule"]["why"]
    assert unit()["rules"] == []


def test_the_rule_of_a_layer_tells_shapes_and_its_kronecker_form():
    document = document_of("mlp")
    graph = outline_of("mlp").graph
    product = next(v for v in graph.variables if v.operation and v.operation.name == "einsum")
    of_x, of_w = sorted(document["nodes"][product.number]["rule"]["backward"], key=lambda each: "W" in each["tex"][:9])
    assert of_w["tex"] == r"\bar{W}_{0} \mathrel{+}= x^{\top}\, \bar{v}_{8}"  # the penalty adds to it
    assert of_w["shapes"]["tex"] == (
        r"\underset{20 \times 32}{\bar{W}_{0}} \mathrel{+}= "
        r"\underset{20 \times 64}{x^{\top}}\;\;\underset{64 \times 32}{\bar{v}_{8}}"
    )
    assert of_w["kronecker"]["tex"].endswith(r"= x \otimes I_{32}")
    assert of_x["kronecker"]["tex"].endswith(r"= I_{64} \otimes W_{0}^{\top}")
    assert "numbers" not in of_w


def test_no_numbers_stand_where_a_zero_gradient_meets_infinity():
    """Zero absorbs: back-propagation sends 0 where the formula says 0 / 0."""
    graph = cr.trace(lambda p: np.sum(np.array([2.0, 0.0]) * np.log(p)), np.ones(2))
    for p, told in (([0.5, 1.0], True), ([0.5, 0.0], False)):
        with np.errstate(all="ignore"):
            values = graph.forward(np.array(p))
        document = json.loads(graph.to_view(values=values))
        (backward,) = next(node for node in document["nodes"] if node["word"] == "log")["rule"]["backward"]
        assert ("numbers" in backward) is told
        assert document["nodes"][0]["gradient"]["numbers"] == [4.0, 0.0]


def filled(template, names):
    """What the page does with a template."""
    return re.sub(r"@(b?)([xy]\d+)@", lambda m: names[m[2]] if not m[1] else f"bar({names[m[2]]})", template)


def test_large_graphs_have_each_rule_once_with_holes_for_names():
    graph, _ = deep(40)
    table = RuleTable(Outline(graph.data))
    variables = graph.data.variables
    nodes = [table.of(v) for v in variables]
    assert len(variables) > 400 and len(table.templates) < 20 and len(json.dumps(table.templates)) < 60_000
    assert ["rule" in node for node in nodes] == [v.operation is not None for v in variables]
    node = next(node for node, v in zip(nodes, variables, strict=True) if v.operation and v.operation.name == "tanh")
    rule = table.templates[node["rule"]["template"]]
    names = {"x0": "z", "y0": "h"}
    assert filled(rule["backward"][0]["tex"], names) == r"bar(z) \mathrel{+}= bar(h) \circ (1 - h^{2})"
    element = filled(rule["forward"]["mathml"], {"x0": "<mi>z</mi>", "y0": "<mi>h</mi>"})
    assert ElementTree.fromstring(element).tag == "math"
    assert nodes[0]["symbol"] == {"tex": ["W", "0"], "mathml": ["<mi>W</mi>", "<mn>0</mn>"]}
    assert len(json.dumps(nodes)) < 150 * len(nodes)


def test_without_values_there_are_rules_without_numbers():
    def f(x):
        return np.sin(x) * 2

    nodes = json.loads(cr.trace(f, 1.0).to_view())["nodes"]
    rules = [node["rule"] for node in nodes if "rule" in node]
    assert rules and all("numbers" not in each for rule in rules for each in rule["backward"])


def test_an_operation_of_the_users_has_its_name_and_its_rule():
    double = cr.operation("doubled_for_formulas", lambda x: 2 * x, slopes=2.0)

    def f(x):
        return double(x)

    g = cr.trace(f, np.ones(2))
    (node,) = (node for node in json.loads(g.to_view())["nodes"] if "rule" in node)
    assert node["rule"]["forward"]["tex"].endswith(r"= \mathrm{doubled\_for\_formulas}(x)")
    assert node["rule"]["backward"][0]["tex"].startswith(r"\bar{x} = 2\, ")


def test_many_numbers_do_not_make_many_rules():
    def weighted(x):
        total = 0.0
        for k in range(150):
            total = total + x * (k + 0.5)
        return total

    variables = cr.trace(weighted, 1.0).data.variables
    table = RuleTable(Outline(variables[0].graph))
    nodes = [table.of(v) for v in variables]
    assert len(table.templates) < 110
    assert all("template" in node["rule"] for node in nodes if "rule" in node)
    last = [v for v in variables if v.operation and v.operation.name == "multiply"][-1]
    assert table.templates[nodes[last.number]["rule"]["template"]]["forward"]["tex"] == r"@y0@ = @x0@\, @x1@"
    assert nodes[last.inputs[1].number]["symbol"]["tex"] == ["149.5", ""]


def test_constants_of_a_rule_are_explained():
    def f(x):
        x = np.array(x)
        x[1:3] = 0.0
        return x

    nodes = json.loads(cr.trace(f, np.ones(5)).to_view())["nodes"]
    (rule,) = (node["rule"] for node in nodes if node["word"] == "write")
    assert rule["backward"][0]["tex"].endswith(r"\circ M")
    assert rule["why"].endswith("C and M stand for arrays of constants: numbers, and a mask of ones and zeros.")
