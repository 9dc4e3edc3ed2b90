"""Random legal graphs over every operation: the properties hold, and each of them can fail.

The test command runs fifty; `python -m campaigns graphs` two thousand.
"""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from chainrule import backprop, ops
from chainrule.arraytype import ArrayType
from chainrule.graph import Graph, Variable, check, operations, text
from chainrule.interpret import forward_propagation
from chainrule.ops import CATALOGUE, PRIMITIVES
from chainrule.simplify import REWRITES
from chainrule.structure import IndexMap, MatrixFree
from chainrule.testing import PROPERTIES, Broken, RandomGraph, Trial, legal_graphs, seeded_graph, usable_examples
from chainrule.testing.motifs import all_motifs
from chainrule.testing.properties import ULPS, rounding


@settings(max_examples=50, suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink])
@given(legal_graphs())
def test_properties(case):
    trial = Trial(case)
    for each in PROPERTIES.values():
        each(trial)


# The graphs are what they are said to be.


def test_graphs_are_legal_connected_and_of_the_size_that_was_asked_for():
    shared = twice = narrow = 0
    for number in range(100):
        graph = seeded_graph((1, number)).graph
        check(graph)
        assert 5 <= len(list(operations(graph))) <= 60
        assert len(graph.outputs) == 2 and graph.outputs[0] is not graph.outputs[1]
        assert all(y.dtype.kind == "f" and y.size for y in graph.outputs)
        assert all(v.ndim <= 3 for v in graph.variables)
        uses = [u for v in operations(graph) for u in dict.fromkeys(v.inputs)]
        shared += any(uses.count(u) > 1 and not u.is_constant for u in uses)
        twice += any(len(set(v.inputs)) < len(v.inputs) for v in operations(graph))
        narrow += any(v.dtype == np.float32 for v in graph.variables)
    assert shared > 70 and twice > 25 and narrow > 40


def test_a_seed_gives_the_same_graph_again():
    assert repr(seeded_graph((3, 5))) == repr(seeded_graph((3, 5))) != repr(seeded_graph((3, 6)))


OF_COMPLEX_VALUES = {"real", "imag", "conjugate", "angle", "fft", "rfft"}  # tests/ops/test_complex_catalogue.py


def test_every_operation_of_real_values_can_occur():
    assert {op.name for op in PRIMITIVES if not usable_examples(op)} == OF_COMPLEX_VALUES


def test_every_rewrite_of_real_values_is_met():
    missing = {name.partition(":")[0] for name, motifs in all_motifs() if not motifs}
    assert missing <= OF_COMPLEX_VALUES


def test_most_differences_converge():
    decided = 0
    for number in range(40):
        trial = Trial(seeded_graph((2, number)))
        PROPERTIES["forward_mode_is_the_limit_of_differences"](trial)
        decided += trial.decided
    assert decided >= 20


STEP = 1e-9  # the width of a stair, much less than any step that differences take
STAIRS = {  # differences are nearly those of the mean slope
    "floor_divide": lambda x: ops.comparison.floor_divide(x, STEP),
    "remainder": lambda x: ops.arithmetic.subtract(x, ops.arithmetic.remainder(x, STEP)),
    "fmod": lambda x: ops.arithmetic.subtract(x, ops.arithmetic.fmod(x, STEP)),
}


def trial_of(*functions):
    """A graph of one input and the given functions of it."""
    graph = Graph("stairs")
    x = graph.input(ArrayType((3,), np.float64), "x")
    graph.outputs = [each(x) for each in functions]
    return Trial(RandomGraph(graph, (np.array([0.3, 0.7, 1.9]),)))


@pytest.mark.parametrize("name", STAIRS)
def test_jumps_side_by_side_are_no_slope(name):
    trial = trial_of(STAIRS[name])
    PROPERTIES["forward_mode_is_the_limit_of_differences"](trial)
    assert not trial.decided


def test_jumps_on_the_way_to_one_output_excuse_no_other(planted):
    wrong = sine(None)
    planted(wrong)
    with pytest.raises(Broken, match="differences converge to"):
        PROPERTIES["forward_mode_is_the_limit_of_differences"](trial_of(STAIRS["floor_divide"], wrong))


@pytest.mark.parametrize("stops", [0, 1, 2])
def test_where_a_gradient_stops_rounding_does_not(stops):
    graph = Graph("stopped")
    x = graph.input(ArrayType((3,), np.float64), "x")
    y = ops.movement.convert(ops.exponential.exp(ops.movement.convert(x, dtype="float32")), dtype="float64")
    for _ in range(stops):
        y = ops.arithmetic.multiply(ops.marks.stop_gradient(y), 2.0)
    graph.outputs = [y]
    values = forward_propagation(graph, [np.array([0.3, 0.7, 1.9])])
    single = np.finfo(np.float32).eps * 2.0**stops * np.exp([0.3, 0.7, 1.9]).sum()
    assert 1 < rounding(graph, values, {y: np.ones(3)}) / (ULPS * single) < 10


# Each property can fail: a mistake is planted, and the graphs are few.


def sine(slope=lambda y, x: ops.trigonometric.cos(x), **about):
    """A copy of the sine."""
    about = {"promote": lambda kinds: (kinds[0], kinds[0]), "numpy": (), "notation": "", **about}
    return ops.elementwise("test_planted", np.sin, slope, **about)


def found_by(name, catalogue=None, most=30, graphs=40):
    """Whether a property is broken for one of some graphs that hold what was planted."""
    for number in range(graphs):
        trial = Trial(seeded_graph((4, number), catalogue, most=most))
        try:
            PROPERTIES[name](trial)
        except (Broken, np.linalg.LinAlgError):
            return True
    return False


@pytest.fixture
def planted():
    """Puts an operation among a few others; it goes when the test ends."""
    others = [CATALOGUE[name] for name in ("multiply", "add", "exp", "transpose", "einsum", "where", "hypot")]
    yield lambda operation: [operation, *others]
    CATALOGUE.pop("test_planted", None)
    ops.rules._pulls.clear()
    ops.rules._pushes.clear()


def test_the_planted_copy_is_right_when_nothing_is_wrong_with_it(planted):
    catalogue = planted(sine())
    assert not [name for name in PROPERTIES if found_by(name, catalogue, graphs=10)]


def test_a_wrong_sign_is_found_by_differences(planted):
    wrong = sine(lambda y, x: -ops.trigonometric.cos(x))
    assert found_by("forward_mode_is_the_limit_of_differences", planted(wrong))


def test_a_wrong_factor_is_found_by_differences(planted):
    wrong = sine(lambda y, x: 1.001 * ops.trigonometric.cos(x))
    assert found_by("forward_mode_is_the_limit_of_differences", planted(wrong))


def test_a_wrong_zero_is_found_by_differences(planted):
    assert found_by("forward_mode_is_the_limit_of_differences", planted(sine(None)))


def test_a_wrong_zero_is_found_by_differences_among_jumps(planted):
    catalogue = [*planted(sine(None)), *(CATALOGUE[name] for name in ("floor", "floor_divide", "remainder", "greater"))]
    assert found_by("forward_mode_is_the_limit_of_differences", catalogue)


def test_a_wrong_transpose_is_found_by_the_adjoint_identity(planted):
    def jacobian(y, x):
        cos = ops.trigonometric.cos(x)
        return MatrixFree(lambda v: v * cos, lambda g: g * cos * -1.0, y.shape, x.shape)

    wrong = ops.general("test_planted", np.sin, lambda x: x, jacobian, examples=CATALOGUE["sin"].examples)
    assert found_by("forward_is_reverse_transposed", planted(wrong))


def test_a_rule_that_differs_for_variables_is_found_by_the_walks(planted):
    def slope(y, x):
        cos = ops.trigonometric.cos(x)
        return -cos if isinstance(x, Variable) else cos

    assert found_by("walks_equal_expansions", planted(sine(slope)))


def test_a_wrong_short_way_is_found_by_plans(planted):
    wrong = sine(fast=lambda types, parameters: np.tan)
    assert found_by("plan_equals_interpretation", planted(wrong))


def test_a_forward_function_of_another_dtype_is_found_by_the_law(planted):
    wrong = ops.elementwise(
        "test_planted",
        lambda x: np.sin(x).astype(np.float32),
        lambda y, x: ops.trigonometric.cos(x),
        promote=lambda kinds: (kinds[0], kinds[0]),
        numpy=(),
    )
    assert found_by("law_holds", planted(wrong))


def test_a_wrong_batch_rule_is_found_by_many_samples(planted):
    def reversing(operation, xs, lifted):
        n, *shape = xs[0].shape
        return operation(ops.movement.window(*xs, windows=((n - 1, -1, n), *((0, 1, size) for size in shape))))

    assert found_by("many_samples_are_each", planted(sine(batch=reversing)))


def test_samples_that_share_too_much_are_found_by_many_samples(planted):
    def first(operation, xs, lifted):
        _, *shape = xs[0].shape
        one = ops.movement.window(*xs, windows=((0, 1, 1), *((0, 1, size) for size in shape)))
        return operation(ops.movement.reshape(one, shape=tuple(shape)))

    assert found_by("many_samples_are_each", planted(sine(batch=first)))


def test_a_wrong_rewrite_is_found_by_values(monkeypatch):
    add, subtract = CATALOGUE["add"], CATALOGUE["subtract"]
    monkeypatch.setitem(REWRITES, add, [lambda inputs: subtract(*inputs)])
    assert found_by("simplify_preserves_values")


def test_a_rewrite_that_stops_the_gradient_is_found_by_gradients(monkeypatch):
    multiply, stop = CATALOGUE["multiply"], CATALOGUE["stop_gradient"]

    def wrong(inputs):
        a, b = inputs
        return None if a.is_constant or a.operation is stop else multiply(stop(a), b)

    monkeypatch.setitem(REWRITES, multiply, [wrong])
    few = [CATALOGUE[name] for name in ("multiply", "add", "exp", "transpose", "einsum", "where", "hypot", "tanh")]
    assert not found_by("simplify_preserves_values", few, graphs=10)  # (a loop may hold a derivative)
    assert found_by("simplify_preserves_gradients")


def test_a_text_that_loses_digits_is_found_by_the_round_trip(monkeypatch):
    written = text.numbers_of
    monkeypatch.setattr(text, "numbers_of", lambda value: written(np.float32(value) if value.dtype == float else value))
    assert found_by("text_round_trips", graphs=5)


def test_a_wrong_product_of_jacobians_is_found_by_rows(monkeypatch):
    formed = backprop.jacobian._formed
    monkeypatch.setattr(
        backprop.jacobian,
        "_formed",
        lambda J, *how: formed(J.with_terms(J.terms[:1]) if isinstance(J, IndexMap) else J, *how),
    )
    assert found_by("whole_jacobian_is_dense", graphs=120)  # few of them have Jacobians of several terms
