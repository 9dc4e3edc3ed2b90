"""Random NumPy programs: they are legal and of the kinds that they should be, and what is wrong is noticed.

The test command runs twenty; `python -m campaigns programs` two thousand.
"""

from collections import Counter

import numpy as np
import pytest

import chainrule as cr
from chainrule.ops import CATALOGUE
from chainrule.testing import programs
from chainrule.testing.programs import (
    DISCARDED,
    RIGHT,
    WRONG,
    Judgment,
    Place,
    RandomProgram,
    judged,
    random_program,
    reference,
    shrunk,
    used,
    wrong_sign,
)
from chainrule.testing.programs.growth import HEAD
from chainrule.testing.programs.reference import called


def program(body, *arguments, others=None):
    """A program by hand."""
    names = ", ".join("xyz"[: len(arguments)])
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return RandomProgram(f"{HEAD}def program({names}):\n{lines}", arguments, others or arguments, (0,))


V = np.array([0.3, -0.8, 1.2])


@pytest.mark.parametrize("number", range(20))
def test_chainrule_differentiates_them_as_they_stand(number):
    judgment = judged(random_program((11, number)))
    assert judgment.outcome in (RIGHT, DISCARDED), judgment


def test_few_are_discarded():
    accepted = 0
    for number in range(60):
        one = random_program((12, number))
        accepted += reference(one.compiled(wide=True), one.arguments) is not None
    assert accepted >= 57


def test_a_seed_gives_the_same_program_again():
    assert random_program((1, 2)).source == random_program((1, 2)).source != random_program((1, 3)).source


def test_programs_are_of_the_length_that_was_asked_for_and_of_every_kind():
    several = [random_program((13, number)) for number in range(60)]
    assert all(8 <= one.statements <= 40 for one in several)
    text = "\n".join(one.source for one in several)
    for piece in (
        "if ",
        "for ",
        "while ",
        "def inner",
        "[::-1]",
        " += ",
        "out=",
        "np.add.at",
        "linalg",
        "axis=",
        "lambda",
    ):
        assert piece in text, piece


def test_nearly_every_template_can_be_filled():
    """Each is offered to a program that has something of every kind; a few need more luck than that."""
    from_start = (
        "v = x[1:]\nm = np.outer(x, np.cos(x))\nl = [x[0], x[1]]\nd = {'a': m * 1.0, 'b': x[0]}\nz = np.array(x[2])"
    )
    filled = Counter()
    for template in programs.grammar.TEMPLATES:
        for seed in range(6):
            rng = np.random.default_rng(seed)
            scene = programs.scene.Scene(rng, {"x": V}, lambda scene: "$t *= $p")
            for line in from_start.split("\n"):
                scene.names.append(line.partition(" ")[0])
                assert scene.add(line)
            filled[template] += scene.add(template)
            if filled[template]:
                break
    assert not [template for template in programs.grammar.TEMPLATES if not filled[template]]


# The reference


def test_the_reference_is_the_gradient_where_there_is_one():
    f = program("return np.sum(np.sin(x) * x**2), {}", V).compiled()
    known = reference(f, (V,))
    assert known is not None
    np.testing.assert_allclose(known.gradients[0], np.cos(V) * V**2 + 2 * V * np.sin(V), rtol=1e-9)


@pytest.mark.parametrize(
    "body",
    [
        "return np.sum(np.abs(x - np.array([0.3, 0.0, 0.0]))), {}",  # a kink there
        "return np.sum(np.maximum(x, 0.3001)), {}",  # and near it
        "return np.sum(np.sign(x - 0.3)), {}",  # a jump
        "return np.sqrt(x[0] - 0.3), {}",  # defined on one side
        "return np.sin(1e4 * x[0]), {}",  # too fast
    ],
)
def test_the_reference_says_nothing_where_there_is_no_gradient(body):
    assert reference(program(body, V).compiled(), (V,)) is None


# What is wrong is noticed


def test_what_is_right_is_right():
    assert judged(program("y = x[1:]\ny *= 2.0\nreturn np.sum(x * x), {'y': y}", V)) == Judgment(RIGHT)


def test_a_program_that_numpy_does_not_run_is_discarded():
    assert judged(program("return x[7], {}", V)).outcome == DISCARDED


def test_a_refusal_is_told():
    judgment = judged(program("return float(x[0]) * x[1], {}", V))
    assert (
        judgment.outcome == programs.REFUSED
        and "would take the value of a traced array out of the trace" in judgment.why
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("return np.sum(x) * (2.0 if isinstance(x, np.ndarray) and type(x) is not np.ndarray else 1.0), {}", "value"),
        ("return np.sum(cr.stop_gradient(x) * x), {}", "gradient"),
        ("return np.sum(x), {'x': x if type(x) is np.ndarray else x * 2.0}", "made"),
        ("return np.sum(x), {'x': x if type(x) is np.ndarray else x.astype(np.float32)}", "type of made"),
        ("if type(x) is not np.ndarray:\n    raise ValueError('traced')\nreturn np.sum(x), {}", "ValueError traced"),
    ],
)
def test_what_is_different_under_a_trace_is_wrong(body, kind):
    one = program("import chainrule as cr\n" + body, V)
    judgment = judged(one)
    assert (judgment.outcome, judgment.kind) == (WRONG, kind)


def test_another_path_when_compiled_is_wrong(monkeypatch):
    monkeypatch.setattr(programs.judgment.api, "jit", lambda f: lambda *args: (f(*args)[0] + 1.0, f(*args)[1]))
    assert judged(program("return np.sum(x * x), {}", V)).kind == "value of jit"


def test_an_argument_that_is_changed_is_wrong(monkeypatch):
    value_and_grad = cr.value_and_grad

    def changing(f, **options):
        right = value_and_grad(f, **options)

        def both(x):
            result = right(x)
            x[0] = 7.0
            return result

        return both

    monkeypatch.setattr(programs.judgment.api, "value_and_grad", changing)
    assert judged(program("return np.sum(x * x), {}", V)).kind == "argument is changed"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("return np.sum(np.sin(x)), {}", Place("sin", 0)),
        ("return np.sum(x - x**2), {}", Place("subtract", 1)),
        ("return np.sum(x * np.cos(x)), {}", Place("multiply", 1)),
        ("return x[1] * 2.0, {}", Place("element", 0)),
        ("return np.concatenate([x, x * x]) @ np.arange(6.0), {}", Place("concatenate", 1)),
        ("return np.linalg.det(np.outer(x, x) + np.diag(x)), {}", Place("det", 0)),
    ],
)
def test_a_wrong_sign_is_noticed_and_gone_afterwards(body, place):
    one = program(body, V)
    assert place in used(one)
    with wrong_sign(place):
        assert judged(one).outcome == WRONG
    assert judged(one).outcome == RIGHT


def test_places_are_those_on_the_way_from_arguments_to_the_result():
    one = program("np.exp(x)\nreturn np.sum(x * np.cos(np.ones(3))), {}", V)
    assert {place.operation for place in used(one)} == {"multiply", "einsum"} and Place("multiply", 1) not in used(one)


def test_a_wrong_program_is_made_smaller():
    lines = ["a = np.sin(x)", "b = a[::-1]", "if x[0] > 0:", "    c = np.cos(b)", "else:", "    c = b", "d = np.tan(x)"]
    one = program("\n".join([*lines, "return np.sum(d * a), {}"]), V)
    with wrong_sign(Place("tan", 0)):
        small = shrunk(one)
    assert "tan" in small.source and "sin" in small.source and "cos" not in small.source


def test_single_precision_is_compared_with_double():
    one = program("a = x.astype(np.float32)\nreturn np.sum(np.sin(a) * x), {'a': a}", V)
    assert one.is_narrow and "float64" not in one.source and judged(one) == Judgment(RIGHT)
    assert called(one.compiled(wide=True), one.arguments)[1]["a"].dtype == np.float64


def test_most_operations_that_have_rules_are_listed():
    names = {operation.name for operation in programs.differentiable()}
    assert (
        {"sin", "einsum", "svd", "where"} <= names
        and not names & {"sign", "argmax", "scan"}
        and names <= set(CATALOGUE)
    )
