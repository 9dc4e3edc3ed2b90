"""Every operation with complex arguments: right by differences along directions in the plane, or refused.

The examples are the declared ones, moved off the real line: all floating arguments at once, each of them alone, so that
real and complex ones meet, and none where the results are complex all the same. The references are central differences
of the forward function; the product that the transpose belongs to is Re(sum(y_bar * y_dot)).
"""

import numpy as np
import pytest

from chainrule import ops
from chainrule.arraytype import ArrayType
from chainrule.backprop import back_propagation_nodes, forward_tangent_nodes, whole_jacobian
from chainrule.errors import ChainruleError, DerivativeError
from chainrule.graph import Graph, check
from chainrule.interpret import Plan, evaluate
from chainrule.ops import PRIMITIVES
from chainrule.ops.rules import pull_values, push_values

from ..each_operation import of_each_operation

DECLARED = PRIMITIVES

# Operations that NumPy has for complex numbers and whose derivative is refused there, by name.
REFUSED = {
    "sign": "z / |z| is not constant; np.sign is written so where it is traced",
    "sech_squared": "of real numbers: |x| is in it",
    "log_cosh": "of real numbers: |x| is in it",
    "logsumexp": "of real numbers: the largest one is in it",
    "softmax": "of real numbers",
    "log_softmax": "of real numbers",
    "log_ndtr": "its slope is written for both signs of a real number",
    "erfcx": "SciPy has no derivatives of it for complex numbers",
    "digamma": "SciPy has no polygamma function of complex numbers",
}
# The phase of a vector is LAPACK's choice and no function of the matrix; test_complex_linalg.py tests what is.
PHASES = {"eigh": (0,), "svd": (1,)}


NONE = -1  # of the arguments is moved: real ones, of complex results


def moved_off(example, which, seed=7):
    rng = np.random.default_rng(seed)
    arrays = [np.asarray(a) for a in example.arguments]
    floating = [k for k, a in enumerate(arrays) if a.dtype.kind == "f"]
    for k in floating:
        if which is None or k == which:
            arrays[k] = arrays[k] + 0.4j * rng.uniform(-1, 1, size=arrays[k].shape)
    return arrays


def results_of(operation, arrays, parameters):
    with np.errstate(all="ignore"):
        y = operation.compute(arrays, parameters)
    return [np.asarray(part) for part in (y if isinstance(y, tuple) else (y,))]


def has_complex_forward(operation, arrays, parameters):
    """Whether its types allow these arguments, and NumPy computes it."""
    try:
        operation.infer(tuple(ArrayType.of(a) for a in arrays), parameters)
        ys = results_of(operation, arrays, parameters)
    except (TypeError, ValueError, ChainruleError, np.exceptions.ComplexWarning):
        return False
    return any(y.dtype.kind in "fc" for y in ys)


def cases():
    for operation in DECLARED:
        for number, example in enumerate(operation.examples(np.random.default_rng(0))):
            floating = [k for k, a in enumerate(example.arguments) if np.asarray(a).dtype.kind in "fc"]
            for which in dict.fromkeys([None, NONE, *(floating if len(floating) > 1 else [])]):
                arrays = moved_off(example, which)
                parameters = tuple(example.parameters[name] for name in operation.parameter_names)
                if operation.pullback or not has_complex_forward(operation, arrays, parameters):
                    continue
                if any(a.dtype.kind == "c" for a in (*arrays, *results_of(operation, arrays, parameters))):
                    name = f"{operation.name}-{number}" + {None: "", NONE: "-real"}.get(which, f"-argument {which}")
                    yield pytest.param(operation, arrays, parameters, id=name)


CASES = list(cases())
RIGHT = [case for case in CASES if case.values[0].name not in (*REFUSED, "stop_gradient")]  # zero by definition


def draw(rng, like):
    x = np.asarray(rng.normal(size=like.shape))
    return x + 1j * rng.normal(size=like.shape) if like.dtype.kind == "c" else x


def paired(a, b):
    return np.sum(a * b).real


def difference(f, h):
    """Central difference of f(h) at 0, extrapolated once."""
    wide, narrow = ((f(s) - f(-s)) / (2 * s) for s in (h, h / 2))
    return (4 * narrow - wide) / 3


class Differentiated:
    """An operation on a graph, with cotangents and tangents for all its results and arguments."""

    def __init__(self, operation, arrays, parameters, seed=1):
        rng = np.random.default_rng(seed)
        self.graph = Graph(operation.name)
        self.arrays = arrays
        self.xs = [self.graph.input(ArrayType.of(a)) for a in arrays]
        made = self.graph.append(operation, tuple(self.xs), parameters)
        parts = made if isinstance(made, tuple) else (made,)
        chosen = PHASES.get(operation.name, range(len(parts)))
        self.parts = [k for k in chosen if parts[k].type.carries_derivative]
        self.ys = [parts[k] for k in self.parts]
        self.places = [k for k, a in enumerate(arrays) if a.dtype.kind in "fc"]
        self.sources = [self.xs[k] for k in self.places]
        self.x_dots = [draw(rng, self.arrays[k]) for k in self.places]
        self.y_bars = [draw(rng, y) for y in self.ys]
        self.dots = [self.graph.input(ArrayType.of(x_dot)) for x_dot in self.x_dots]
        self.bars = [self.graph.input(ArrayType.of(y_bar)) for y_bar in self.y_bars]
        self.gradients = back_propagation_nodes(self.ys, self.bars, self.sources)
        self.tangents = forward_tangent_nodes(self.ys, self.sources, self.dots)

    @property
    def given(self):
        return [*self.arrays, *self.x_dots, *self.y_bars]

    def moved(self, h):
        arrays = list(self.arrays)
        for k, x_dot in zip(self.places, self.x_dots, strict=True):
            arrays[k] = arrays[k] + h * x_dot
        return arrays

    def value_of(self, nodes, arrays=None):
        given = [*(arrays or self.arrays), *self.x_dots, *self.y_bars]
        values = {v.number: x for v, x in zip(self.graph.inputs, given, strict=True)}
        with np.errstate(all="ignore"):
            evaluate([v for v in nodes if v is not None], values)
        return [None if v is None else np.asarray(values[v.number]) for v in nodes]


@of_each_operation(RIGHT, "operation, arrays, parameters")
def test_both_modes(operation, arrays, parameters):
    case = Differentiated(operation, arrays, parameters)
    ys = results_of(operation, arrays, parameters)

    def at(h):
        return [results_of(operation, case.moved(h), parameters)[part] for part in case.parts]

    tangents = case.value_of(case.tangents)
    for index, (y, found) in enumerate(zip(case.ys, tangents, strict=True)):
        expected = difference(lambda h, index=index: at(h)[index], 1e-3)
        found = np.zeros(y.shape) if found is None else found
        scale = max(1.0, np.abs(expected).max(initial=0))
        np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-7 * scale)
    gradients = case.value_of(case.gradients)
    for x, g in zip(case.sources, gradients, strict=True):
        assert g is None or ArrayType.of(g) is x.type, "a gradient has the type of its argument"
    left = sum(paired(b, t) for b, t in zip(case.y_bars, tangents, strict=True) if t is not None)
    right = sum(paired(g, d) for g, d in zip(gradients, case.x_dots, strict=True) if g is not None)
    np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-9)
    case.graph.outputs = [v for v in (*case.gradients, *case.tangents) if v is not None]
    check(case.graph)
    with np.errstate(all="ignore"):
        planned = Plan(case.graph)(case.given)
    for x, y in zip(planned, case.value_of(case.graph.outputs), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-14, atol=1e-14)  # NumPy's complex scalars round on their own
    bars = [case.y_bars[case.parts.index(k)] if k in case.parts else None for k in range(len(ys))]
    with np.errstate(all="ignore"):
        for k, g in zip(case.places, gradients, strict=True):
            pulled = pull_values(operation, parameters, arrays, ys, k, bars)
            if g is None or pulled is None:
                assert not np.any(g) and not np.any(pulled)
            else:
                assert pulled.dtype == g.dtype
                np.testing.assert_allclose(pulled, g, rtol=1e-9, atol=1e-10)
        x_dots = [None] * len(arrays)
        for k, x_dot in zip(case.places, case.x_dots, strict=True):
            x_dots[k] = x_dot
        pushed = push_values(operation, parameters, arrays, ys, x_dots)
    for part, t in zip(case.parts, tangents, strict=True):
        if t is not None:
            np.testing.assert_allclose(pushed[part], t, rtol=1e-9, atol=1e-10)


@of_each_operation(RIGHT, "operation, arrays, parameters")
def test_gradient_by_real_and_imaginary_part(operation, arrays, parameters):
    """df/dx - i df/dy, each by differences, entry by entry."""
    case = Differentiated(operation, arrays, parameters)
    gradients = case.value_of(case.gradients)

    def loss(k, x):
        ys = results_of(operation, [*arrays[:k], x, *arrays[k + 1 :]], parameters)
        return sum(paired(bar, ys[part]) for bar, part in zip(case.y_bars, case.parts, strict=True))

    for k, g in zip(case.places, gradients, strict=True):
        x = arrays[k]
        expected = np.zeros(x.shape, x.dtype)
        for place in list(np.ndindex(x.shape))[:6]:
            unit = np.zeros(x.shape, x.dtype)
            unit[place] = 1
            expected[place] = difference(lambda h, k=k, x=x, u=unit: loss(k, x + h * u), 1e-3)
            if x.dtype.kind == "c":
                expected[place] -= 1j * difference(lambda h, k=k, x=x, u=unit: loss(k, x + 1j * h * u), 1e-3)
            found = 0.0 if g is None else g[place]
            scale = max(1.0, np.abs(expected[place]))
            np.testing.assert_allclose(found, expected[place], rtol=1e-7, atol=1e-6 * scale)


@of_each_operation(RIGHT, "operation, arrays, parameters")
def test_second_order(operation, arrays, parameters):
    """The tangent of the gradient against differences of the gradient."""
    try:
        case = Differentiated(operation, arrays, parameters, seed=3)
        seconds = forward_tangent_nodes([g for g in case.gradients if g is not None], case.sources, case.dots)
    except DerivativeError as error:
        assert operation.name in error.what or "complex" in error.what
        return  # refused
    gradients = [g for g in case.gradients if g is not None]
    for index, found in enumerate(case.value_of(seconds)):
        expected = difference(lambda h, index=index: case.value_of(gradients, case.moved(h))[index], 1e-3)
        found = np.zeros_like(expected) if found is None else found
        scale = max(1.0, np.abs(expected).max(initial=0))
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6 * scale)


@of_each_operation(RIGHT, "operation, arrays, parameters")
def test_whole_jacobians(operation, arrays, parameters):
    """Multiplied in either order they give the products that the two modes give, and their matrix where it is one."""
    case = Differentiated(operation, arrays, parameters)
    values = {x.number: a for x, a in zip(case.xs, arrays, strict=True)}
    with np.errstate(all="ignore"):
        evaluate(
            case.graph.variables,
            values := {**values, **{v.number: x for v, x in zip(case.graph.inputs, case.given, strict=True)}},
        )
        for y, y_bar in zip(case.ys, case.y_bars, strict=True):
            for x, x_dot, k in zip(case.sources, case.x_dots, case.places, strict=True):
                (t,) = forward_tangent_nodes([y], [x], [case.dots[case.places.index(k)]])
                (g,) = back_propagation_nodes([y], [case.bars[case.ys.index(y)]], [x])
                t, g = case.value_of([t, g])
                for mode in ("forward", "reverse"):
                    J = whole_jacobian(y, x, values, mode)
                    assert J.shape == y.shape + x.shape
                    product, transposed = J @ x_dot, J.T @ y_bar
                    assert (product.dtype.kind, transposed.dtype.kind) == (y.dtype.kind, x.dtype.kind)
                    np.testing.assert_allclose(product, 0 if t is None else t, rtol=1e-8, atol=1e-9)
                    np.testing.assert_allclose(transposed, 0 if g is None else g, rtol=1e-8, atol=1e-9)
                    if not getattr(J, "is_antilinear", False):
                        dense = J.todense()
                        by_matrix = np.tensordot(dense, x_dot, x_dot.ndim)
                        np.testing.assert_allclose(
                            by_matrix if y.dtype.kind == "c" else by_matrix.real, product, rtol=1e-8, atol=1e-9
                        )
                        np.testing.assert_allclose(
                            J.tosparse().toarray().reshape(J.shape), dense, rtol=1e-9, atol=1e-10
                        )


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_known_is_refused(name):
    refused = [case.values for case in CASES if case.values[0].name == name]
    assert refused, "NumPy does not have it for complex numbers: it need not stand in the list"
    for operation, arrays, parameters in refused:
        with pytest.raises(DerivativeError, match=f"the derivative of {name} is not known for complex numbers"):
            Differentiated(operation, arrays, parameters)


def test_most_operations_have_complex_derivatives():
    assert len({case.values[0].name for case in RIGHT}) >= 70


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
@pytest.mark.parametrize("name", ["multiply", "absolute", "real", "exp", "einsum"])
def test_precision_is_kept(name, dtype):
    operation = ops.CATALOGUE[name]
    example = next(iter(operation.examples(np.random.default_rng(0))))
    arrays = [a.astype(dtype) for a in moved_off(example, None)]
    parameters = tuple(example.parameters[n] for n in operation.parameter_names)
    ys = results_of(operation, arrays, parameters)
    for k, x in enumerate(arrays):
        assert pull_values(operation, parameters, arrays, ys, k, [np.ones_like(y) for y in ys]).dtype == x.dtype


@of_each_operation(RIGHT, "operation, arrays, parameters")
@pytest.mark.parametrize("filling", [np.nan, np.inf, 0.0])
def test_zero_absorbs_whatever_the_factors(operation, arrays, parameters, filling):
    """Cotangents and tangents of exactly zero give zero, by nodes and by maps, in both modes."""

    def filled(x):
        value = filling if x.dtype.kind == "c" else np.real(filling)
        return np.full_like(x, value) if x.dtype.kind in "fc" else x

    ys = [filled(y) for y in results_of(operation, arrays, parameters)]
    bad = [filled(x) for x in arrays]
    case = Differentiated(operation, bad, parameters)
    zero_bars, zero_dots = ([np.zeros_like(x) for x in each] for each in (case.y_bars, case.x_dots))
    made = [v for v in case.graph.variables if v.operation is operation and set(v.inputs) == set(case.xs)]
    known = dict(zip([v.number for v in made[0].results], ys, strict=True))
    given = dict(zip([v.number for v in case.graph.inputs], [*bad, *zero_dots, *zero_bars], strict=True))
    bars = [zero_bars[case.parts.index(k)] if k in case.parts else None for k in range(len(ys))]
    dots = [None] * len(bad)
    for k, zero in zip(case.places, zero_dots, strict=True):
        dots[k] = zero
    try:
        with np.errstate(all="ignore"):
            found = evaluate([v for v in (*case.gradients, *case.tangents) if v is not None], {**given, **known})
            pulled = [pull_values(operation, parameters, bad, ys, k, bars) for k in case.places]
            pushed = push_values(operation, parameters, bad, ys, dots)
    except np.linalg.LinAlgError:
        # Singular systems have no solution; and some need a factorization to have slopes.
        assert filling == 0 or operation.name in {"det", "svdvals", "slogdet", "cofactor"}
        return
    for x in (*found, *pulled, *(pushed[part] for part in case.parts)):
        assert x is None or not np.any(x)


PARTS = {"real", "imag", "conjugate", "angle"}


@pytest.mark.parametrize("operation", [pytest.param(op, id=op.name) for op in DECLARED if op.name not in PARTS])
def test_real_programs_have_no_nodes_for_complex_parts(operation):
    for example in operation.examples(np.random.default_rng(0)):
        arrays = [np.asarray(a) for a in example.arguments]
        parameters = tuple(example.parameters[name] for name in operation.parameter_names)
        if any(y.dtype.kind == "c" for y in results_of(operation, arrays, parameters)):
            continue
        made = {v.operation.name for v in Differentiated(operation, arrays, parameters).graph.variables if v.operation}
        assert operation.name == "irfft" or not made & PARTS
