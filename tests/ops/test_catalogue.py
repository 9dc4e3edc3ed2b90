"""The catalogue test: every operation over its declared examples, against references that are not its own rule.

Adding an operation adds its tests: values' types, forward mode against differences, the adjoint identity, the declared
structure against the dense Jacobian, second order, dtypes, layouts, empty arrays, kinks. `pytest -k tanh` runs
everything about tanh.
"""

import itertools

import numpy as np
import pytest

from chainrule import ops
from chainrule.arraytype import ArrayType
from chainrule.backprop import back_propagation_nodes, forward_tangent_nodes, whole_jacobian
from chainrule.graph import Graph, check, from_text, same_graph, to_text
from chainrule.interpret import Plan, evaluate
from chainrule.ops import CATALOGUE, PRIMITIVES
from chainrule.structure import NAMES

from ..each_operation import of_each_operation

NEEDS_FACTORIZATION = {"det", "svdvals"}  # to have a Jacobian at all, and of nan there is none
SKIP_DIFFERENCES = {"stop_gradient": "its derivative is zero by definition, not by analysis"}
DECLARED = PRIMITIVES


def examples(operation, seed=0):
    return list(operation.examples(np.random.default_rng(seed)))


def arrays_of(example):
    return [np.asarray(a) for a in example.arguments]


def parameters_of(operation, example):
    return tuple(example.parameters[name] for name in operation.parameter_names)


def results_of(operation, arrays, parameters):
    with np.errstate(all="ignore"):
        y = operation.compute(arrays, parameters)
    return [np.asarray(part) for part in (y if isinstance(y, tuple) else (y,))]


def difference(f, x, direction):
    """Central difference of f along a direction, extrapolated once (Richardson): an error of order h^4."""

    def central(h):
        return (f(x + h * direction) - f(x - h * direction)) / (2 * h)

    h = 1e-3
    return (4 * central(h / 2) - central(h)) / 3


def cases():
    for operation in DECLARED:
        for number in range(len(examples(operation))):
            yield pytest.param(operation, number, id=f"{operation.name}-{number}")


def differentiable(arrays):
    return [k for k, a in enumerate(arrays) if a.dtype.kind == "f"]


def carries_derivative(operation, number):
    """Whether the example has floating arguments and results."""
    example = examples(operation)[number]
    arrays = arrays_of(example)
    ys = results_of(operation, arrays, parameters_of(operation, example))
    return bool(differentiable(arrays)) and any(y.dtype.kind == "f" for y in ys)


CASES = list(cases())
ANSWERING = [case for case in CASES if case.values[0].kind == "elementwise" and case.values[0].numpy]
DIFFERENTIABLE = [case for case in CASES if carries_derivative(*case.values)]
CURVED = [case for case in DIFFERENTIABLE if case.values[0].name not in SKIP_DIFFERENCES]
SAME_DTYPE = [case for case in DIFFERENTIABLE if case.values[0].name != "convert" and case.values[0].pullback is None]


def test_there_are_at_least_90_primitives():
    assert len(DECLARED) >= 90


@pytest.mark.parametrize("operation", [pytest.param(op, id=op.name) for op in DECLARED])
def test_declaration_is_complete(operation):
    assert operation.examples is not None and examples(operation), "no examples to test it with"
    assert operation.notation, "no notation to draw it with"
    operation.notation.format(*"abcdef", **dict.fromkeys(operation.parameter_names, "p"))


@of_each_operation(CASES)
def test_type_rule_agrees_with_forward(operation, number):
    example = examples(operation)[number]
    for dtype in (np.float64, np.float32) if operation.pullback is None else (np.float64,):  # a body has its types
        arrays = [a.astype(dtype) if a.dtype.kind == "f" else a for a in arrays_of(example)]
        parameters = parameters_of(operation, example)
        inferred = operation.infer(tuple(ArrayType.of(a) for a in arrays), parameters)
        inferred = inferred if isinstance(inferred, tuple) else (inferred,)
        found = results_of(operation, arrays, parameters)
        assert [ArrayType.of(y) for y in found] == list(inferred)
        if operation.name != "convert" and differentiable(arrays):
            assert all(y.dtype == dtype for y in found if y.dtype.kind == "f"), "a dtype was widened or narrowed"


@of_each_operation(ANSWERING)
def test_answers_numpy(operation, number):
    """Where it says that it answers a NumPy function, it has that function's values, bit for bit."""
    example = examples(operation)[number]
    arrays = arrays_of(example)
    for function in operation.numpy:
        np.testing.assert_array_equal(results_of(operation, arrays, ())[0], function(*arrays))


@of_each_operation(CASES)
def test_local_jacobians(operation, number):
    """Forward mode against differences, adjoint identity, structure and dense form, argument by argument."""
    rng = np.random.default_rng(1)
    example = examples(operation)[number]
    arrays, parameters = arrays_of(example), parameters_of(operation, example)
    ys = results_of(operation, arrays, parameters)
    for k in differentiable(arrays):
        for part, J in enumerate(operation.local_jacobians(k, ys, arrays, parameters)):
            y = ys[part]
            if y.dtype.kind != "f":
                continue
            x_dot, y_bar = rng.normal(size=arrays[k].shape), rng.normal(size=y.shape)

            def f(x, k=k, part=part):
                return results_of(operation, [*arrays[:k], x, *arrays[k + 1 :]], parameters)[part]

            pushed = np.zeros(y.shape) if J is None else J @ x_dot
            pulled = np.zeros(arrays[k].shape) if J is None else y_bar @ J
            if operation.name not in SKIP_DIFFERENCES:
                scale = max(1.0, np.abs(pushed).max(initial=0))
                np.testing.assert_allclose(pushed, difference(f, arrays[k], x_dot), rtol=1e-7, atol=1e-7 * scale)
            np.testing.assert_allclose(np.sum(y_bar * pushed), np.sum(pulled * x_dot), rtol=1e-10, atol=1e-10)
            if J is not None:
                assert J.shape == y.shape + arrays[k].shape
                assert str(J.structure) in NAMES
                dense = J.todense()
                np.testing.assert_allclose(np.tensordot(dense, x_dot, x_dot.ndim), pushed, rtol=1e-9, atol=1e-10)
                np.testing.assert_allclose(J.tosparse().toarray().reshape(J.shape), dense, rtol=1e-9, atol=1e-10)


def traced_graph(operation, arrays, parameters):
    graph = Graph(operation.name)
    xs = [graph.input(ArrayType.of(a)) for a in arrays]
    made = graph.append(operation, tuple(xs), parameters)
    ys = made if isinstance(made, tuple) else (made,)
    return graph, xs, [y for y in ys if y.type.carries_derivative]


@of_each_operation(DIFFERENTIABLE)
def test_both_modes_as_graphs(operation, number):
    """The nodes that back-propagation and forward mode add compute what the maps compute; the graph is legal; plans,
    interpretation and text agree."""
    rng = np.random.default_rng(2)
    example = examples(operation)[number]
    arrays, parameters = arrays_of(example), parameters_of(operation, example)
    graph, xs, ys = traced_graph(operation, arrays, parameters)
    sources = [xs[k] for k in differentiable(arrays)]
    bars, dots = [graph.input(y.type) for y in ys], [graph.input(x.type) for x in sources]
    gradients = back_propagation_nodes(ys, bars, sources)
    tangents = forward_tangent_nodes(ys, sources, dots)
    graph.outputs = [v for v in (*gradients, *tangents) if v is not None]
    check(graph)
    assert same_graph(from_text(to_text(graph), CATALOGUE), graph)
    bar_values, dot_values = ([rng.normal(size=v.shape) for v in each] for each in (bars, dots))
    given = [*arrays, *bar_values, *dot_values]
    values = {v.number: x for v, x in zip(graph.inputs, given, strict=True)}
    with np.errstate(all="ignore"):
        evaluate(graph.outputs, values)
        planned = Plan(graph)(given)
    for v, x in zip(graph.outputs, planned, strict=True):
        assert ArrayType.of(values[v.number]) is v.type
        np.testing.assert_array_equal(x, values[v.number])

    def value(v, like):
        return np.zeros(like.shape) if v is None else values[v.number]

    left = sum(np.sum(bar * value(d, bar)) for bar, d in zip(bar_values, tangents, strict=True))
    right = sum(np.sum(dot * value(g, dot)) for dot, g in zip(dot_values, gradients, strict=True))
    np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-9)


@of_each_operation(CURVED)
def test_second_order(operation, number):
    """The Jacobian of the gradient, from the rules of the rules, against differences of the gradient."""
    rng = np.random.default_rng(3)
    example = examples(operation)[number]
    arrays, parameters = arrays_of(example), parameters_of(operation, example)
    graph, xs, ys = traced_graph(operation, arrays, parameters)
    numbers = differentiable(arrays)
    sources = [xs[k] for k in numbers]
    bars = [graph.constant(rng.normal(size=y.shape)) for y in ys]
    gradients = back_propagation_nodes(ys, bars, sources)
    dots = [graph.constant(rng.normal(size=x.shape)) for x in sources]
    found = [(g, k) for g, k in zip(gradients, numbers, strict=True) if g is not None]
    seconds = forward_tangent_nodes([g for g, _ in found], sources, dots)

    def gradient_at(h):
        moved = list(arrays)
        for k, dot in zip(numbers, dots, strict=True):
            moved[k] = arrays[k] + h * np.asarray(dot.value)
        values = {x.number: a for x, a in zip(xs, moved, strict=True)}
        with np.errstate(all="ignore"):
            return [np.asarray(v) for v in evaluate([g for g, _ in found], values)]

    values = {x.number: a for x, a in zip(xs, arrays, strict=True)}
    with np.errstate(all="ignore"):
        evaluate([v for v in seconds if v is not None], values)
    h = 1e-3
    for index, v in enumerate(seconds):
        wide, narrow = ((gradient_at(s)[index] - gradient_at(-s)[index]) / (2 * s) for s in (h, h / 2))
        expected = (4 * narrow - wide) / 3
        actual = np.zeros_like(expected) if v is None else values[v.number]
        scale = max(1.0, np.abs(expected).max(initial=0))
        np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-6 * scale)


@of_each_operation(CASES)
def test_whole_jacobian_in_both_orders(operation, number):
    example = examples(operation)[number]
    arrays, parameters = arrays_of(example), parameters_of(operation, example)
    graph, xs, ys = traced_graph(operation, arrays, parameters)
    values = {x.number: a for x, a in zip(xs, arrays, strict=True)}
    with np.errstate(all="ignore"):
        evaluate(graph.variables, values)
        for k in differentiable(arrays):
            for y in ys:
                forward, reverse = (whole_jacobian(y, xs[k], values, mode) for mode in ("forward", "reverse"))
                np.testing.assert_allclose(np.asarray(forward), np.asarray(reverse), rtol=1e-9, atol=1e-10)


@of_each_operation(CASES)
def test_layouts(operation, number):
    """Fortran order, negative strides and read-only memory give the same values and derivatives."""
    rng = np.random.default_rng(4)
    example = examples(operation)[number]
    arrays, parameters = arrays_of(example), parameters_of(operation, example)

    def strange(a):
        if a.ndim == 0:
            return a
        b = np.asfortranarray(a)[::-1].copy(order="F")[::-1]
        b.flags.writeable = False
        return b

    others = [strange(a) for a in arrays]
    ys = results_of(operation, arrays, parameters)
    for y, z in zip(ys, results_of(operation, others, parameters), strict=True):
        np.testing.assert_allclose(z, y, rtol=1e-12, atol=1e-12)
    for k in differentiable(arrays):
        plain = operation.local_jacobians(k, ys, arrays, parameters)
        again = operation.local_jacobians(k, [strange(y) for y in ys], others, parameters)
        for y, J, K in zip(ys, plain, again, strict=True):
            if J is not None and y.dtype.kind == "f":
                y_bar = rng.normal(size=y.shape)
                np.testing.assert_allclose(strange(y_bar) @ K, y_bar @ J, rtol=1e-9, atol=1e-10)


@of_each_operation(SAME_DTYPE)
def test_single_precision(operation, number):
    """float32 arguments give float32 derivatives, near those of float64."""
    rng = np.random.default_rng(5)
    example = examples(operation)[number]
    arrays, parameters = arrays_of(example), parameters_of(operation, example)
    narrow = [a.astype(np.float32) if a.dtype.kind == "f" else a for a in arrays]
    graph, xs, ys = traced_graph(operation, narrow, parameters)
    sources = [xs[k] for k in differentiable(arrays)]
    bars = [rng.normal(size=y.shape) for y in ys]
    nodes = [graph.constant(bar.astype(np.float32)) for bar in bars]
    gradients = back_propagation_nodes(ys, nodes, sources)
    values = {x.number: a for x, a in zip(xs, narrow, strict=True)}
    with np.errstate(all="ignore"):
        evaluate([g for g in gradients if g is not None], values)
    wide_graph, wide_xs, wide_ys = traced_graph(
        operation, [a.astype(np.float64) if a.dtype.kind == "f" else a for a in narrow], parameters
    )
    wide_sources = [wide_xs[k] for k in differentiable(arrays)]
    wide = back_propagation_nodes(
        wide_ys, [wide_graph.constant(bar.astype(np.float32).astype(float)) for bar in bars], wide_sources
    )
    wide_values = {
        x.number: np.asarray(a, float) if a.dtype.kind == "f" else a for x, a in zip(wide_xs, narrow, strict=True)
    }
    with np.errstate(all="ignore"):
        evaluate([g for g in wide if g is not None], wide_values)
    for g, w in zip(gradients, wide, strict=True):
        if g is None:
            assert w is None
            continue
        assert values[g.number].dtype == np.float32
        expected = wide_values[w.number]
        scale = max(1.0, np.abs(expected).max(initial=0))
        np.testing.assert_allclose(values[g.number], expected, rtol=2e-3, atol=2e-4 * scale)


KINKS = [
    pytest.param(op, point, slopes, id=f"{op.name}-{point}")
    for op in DECLARED
    for point, slopes in op.kinks
    if op.kind == "elementwise"
]


@pytest.mark.parametrize(("operation", "point", "slopes"), KINKS)
def test_kinks(operation, point, slopes):
    arrays = [np.array(x) for x in point]
    with np.errstate(all="ignore"):
        y = results_of(operation, arrays, ())
        for k, slope in enumerate(slopes):
            (J,) = operation.local_jacobians(k, y, arrays)
            np.testing.assert_array_equal(0.0 if J is None else J.todense(), slope)  # nan is nan here


@pytest.mark.parametrize(
    ("name", "a", "b", "slope"),
    [("fmod", 1.0, 0.1, -9), ("fmod", -1.0, 0.1, 9), ("remainder", 1.0, 0.1, -9), ("remainder", -1.0, 0.1, 10)],
)
def test_remainders_of_quotients_that_round_up(name, a, b, slope):
    """0.1 is more than a tenth, so that it goes 9 times into 1, though 1 / 0.1 is 10."""
    operation, arrays = CATALOGUE[name], [np.array(a), np.array(b)]
    (J,) = operation.local_jacobians(1, results_of(operation, arrays, ()), arrays)
    assert J.todense() == slope


ELEMENTWISE = [pytest.param(op, id=op.name) for op in DECLARED if op.kind == "elementwise" and any(op.slopes)]


@pytest.mark.parametrize("operation", ELEMENTWISE)
def test_zero_absorbs_whatever_the_slope(operation):
    """A cotangent and a tangent of exactly zero give zero at nan, inf, 0 and beyond the domain."""
    count = len(operation.slopes)
    points = [np.array(p) for p in itertools.product([np.nan, np.inf, -np.inf, 0.0, -1.0, 1e300], repeat=min(count, 2))]
    for point in points:
        values = [*point, *([0.5] * (count - len(point)))]
        arrays = [np.array(v) for v in values]
        if operation.name == "where":
            arrays[0] = np.array(bool(arrays[0] == 0))
        y = results_of(operation, arrays, ())
        for k in range(count):
            if arrays[k].dtype.kind != "f":
                continue
            with np.errstate(all="ignore"):
                (J,) = operation.local_jacobians(k, y, arrays)
            if J is not None:
                assert J.T @ np.array(0.0) == 0 and J @ np.array(0.0) == 0


@pytest.mark.parametrize("operation", [pytest.param(op, id=op.name) for op in DECLARED if len(op.slopes) == 1])
def test_slopes_far_out(operation):
    """Where a value is finite, its slope is a number, however far out."""
    for point in (-1e5, -700.0, -40.0, -1e-3, 1e-3, 40.0, 700.0, 1e5):
        arrays = [np.array(point)]
        y = results_of(operation, arrays, ())
        with np.errstate(all="ignore"):
            (J,) = operation.local_jacobians(0, y, arrays)
            if np.isfinite(y[0]) and J is not None:
                assert not np.isnan(J.todense()), point


OTHERS = [case for case in DIFFERENTIABLE if case.values[0].kind != "elementwise"]


@of_each_operation(OTHERS)
@pytest.mark.parametrize("filling", [np.nan, np.inf])
def test_zero_absorbs_whatever_the_factors(operation, number, filling):
    """The same for all others, with nan or inf in every factor; by maps and by nodes, in both modes."""
    example = examples(operation)[number]
    parameters = parameters_of(operation, example)
    types = [ArrayType.of(a) for a in arrays_of(example)]
    arrays = [np.full_like(a, filling) if a.dtype.kind == "f" else a for a in arrays_of(example)]
    ys = [
        np.full_like(y, filling) if y.dtype.kind == "f" else y
        for y in results_of(operation, arrays_of(example), parameters)
    ]
    graph, xs, _ = traced_graph(operation, arrays, parameters)
    made = graph.variables[len(xs) :]
    sources = [xs[k] for k in differentiable(arrays)]
    bars, dots = ([graph.input(v.type) for v in each] for each in (made, sources))
    zeros = {v.number: np.zeros(v.shape) for v in (*bars, *dots)}
    try:
        with np.errstate(all="ignore"):
            nodes = [*back_propagation_nodes(made, bars, sources), *forward_tangent_nodes(made, sources, dots)]
            values = {**{v.number: a for v, a in zip((*xs, *made), (*arrays, *ys), strict=True)}, **zeros}
            for found in evaluate([v for v in nodes if v is not None], values):
                assert not np.any(found)
            for k in differentiable(arrays):
                for y, J in zip(ys, operation.local_jacobians(k, ys, arrays, parameters), strict=True):
                    if J is not None:
                        assert not np.any(J.T.apply(np.zeros(y.shape))) and not np.any(
                            J.apply(np.zeros(types[k].shape))
                        )
    except np.linalg.LinAlgError:
        assert operation.name in NEEDS_FACTORIZATION


# Points where a derivative is the limit of central differences, though not from one side: two equal entries, and zero.
NOT_CENTRAL = {
    "cummax": "one at the entry that attained it first",
    "cummin": "one at the entry that attained it first",
}
NOT_CENTRAL_AT_ZERO = NOT_CENTRAL | {
    "amax": "equal shares among more than two",
    "amin": "equal shares among more than two",
    "sort": "equal shares among more than two",
    "eigh": "all eigenvalues coincide",
    "svd": "all singular values coincide",
    "svdvals": "all singular values coincide",
    "cofactor": "singular, and of three rows",
    "qr": "not of full column rank",
}


def with_two_equal(x):
    """Copies of an array in which the largest, or the smallest, entry has an equal neighbour."""
    for chosen in (np.argmax, np.argmin) if x.size else ():
        place = np.unravel_index(chosen(x), x.shape)
        for axis, size in enumerate(x.shape):
            if size > 1:
                other = list(place)
                other[axis] += 1 if place[axis] + 1 < size else -1
                copy = np.array(x)
                copy[tuple(other)] = copy[place]
                yield copy


@of_each_operation([case for case in OTHERS if case in CURVED])
def test_equal_entries_and_zeros(operation, number):
    """Where central differences converge, the Jacobian is their limit, by the shares of ties and at the origin too."""
    rng = np.random.default_rng(6)
    example = examples(operation)[number]
    arrays, parameters = arrays_of(example), parameters_of(operation, example)
    for k in differentiable(arrays):
        points = [] if operation.name in NOT_CENTRAL else list(with_two_equal(arrays[k]))
        if operation.name not in NOT_CENTRAL_AT_ZERO:
            points.append(np.zeros(arrays[k].shape))
        x_dot = rng.normal(size=arrays[k].shape)
        for point in points:

            def f(x, k=k):
                return results_of(operation, [*arrays[:k], x, *arrays[k + 1 :]], parameters)

            with np.errstate(all="ignore"):
                try:
                    ys = f(point)
                    wide, narrow = (
                        [(a - b) / (2 * h) for a, b in zip(f(point + h * x_dot), f(point - h * x_dot), strict=True)]
                        for h in (1e-5, 5e-6)
                    )
                    maps = operation.local_jacobians(k, ys, [*arrays[:k], point, *arrays[k + 1 :]], parameters)
                except np.linalg.LinAlgError:
                    continue
                for y, J, first, second in zip(ys, maps, wide, narrow, strict=True):
                    converges = np.isfinite(y).all() and np.allclose(first, second, rtol=1e-5, atol=1e-5)
                    if converges and y.dtype.kind == "f":
                        pushed = np.zeros(y.shape) if J is None else J @ x_dot
                        np.testing.assert_allclose(pushed, second, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("operation", [pytest.param(CATALOGUE["logsumexp"], id="logsumexp")])
def test_rows_that_are_masked_have_no_slopes(operation):
    x = np.array([[-np.inf, -np.inf], [5.0, -np.inf], [0.0, np.log(3)]])
    (J,) = operation.local_jacobians(0, results_of(operation, [x], ((1,),)), [x], ((1,),))
    np.testing.assert_allclose(J.T.apply(np.ones(3)), [[0, 0], [1, 0], [0.25, 0.75]], rtol=1e-15)


@pytest.mark.parametrize("operation", ELEMENTWISE)
def test_empty_arrays(operation):
    arrays = [np.zeros((0, 3)) for _ in operation.slopes]
    if operation.name == "where":
        arrays[0] = arrays[0].astype(bool)
    y = results_of(operation, arrays, ())
    assert y[0].shape == (0, 3)
    for k, a in enumerate(arrays):
        if a.dtype.kind == "f":
            (J,) = operation.local_jacobians(k, y, arrays)
            if J is not None:
                assert (J.T @ np.zeros((0, 3))).shape == (0, 3)
                assert np.asarray(J).shape == (0, 3, 0, 3)


def test_missing_rule_raises_only_when_a_path_needs_it():
    from chainrule.errors import DerivativeError

    half = ops.general(
        "test_half_ruled",
        lambda a, b: a * b,
        lambda a, b: a,
        lambda y, a, b: ops.movement.pointwise_map(b, y.shape, a.shape),
        ops.Missing("nobody has written it"),
    )
    graph = Graph()
    a, b = graph.input(ArrayType((), float)), graph.input(ArrayType((), float))
    y = half(a, b)
    one = graph.constant(np.ones(()))
    assert back_propagation_nodes([y], [one], [a])[0] is not None
    with pytest.raises(DerivativeError, match="nobody has written it"):
        back_propagation_nodes([y], [one], [b])
    del CATALOGUE["test_half_ruled"]
