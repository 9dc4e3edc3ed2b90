"""Loops that are one operation of the graph: traced once, however many steps they take."""

from __future__ import annotations

import operator
import reprlib
from collections.abc import Callable, Sequence
from typing import Any

from .. import tree
from ..arraytype import ArrayType
from ..errors import ArgumentError, ShapeError, users_frames_only
from ..graph import Variable
from ..ops import loops
from ..ops.bodies import all_of
from ..ops.comparison import not_equal
from ..ops.movement import reshape
from ..original import np
from ..tracing import Argument, Array, Trace, bodies_of, record, variable_of, wrap
from ..tracing.array import ARRAY, PYTHON, SCALAR
from .arguments import check_callable, kind_of
from .bodies import Carried, leaf_type, recorded_step, trace_around, typed_value
from .scope import plain, transform

Function = Callable[..., Any]


def scan(f: Function, carry: Any, xs: Any, length: int | None = None, reverse: bool = False) -> tuple[Any, Any]:
    """A loop over rows that carries values from step to step and stacks what each step gives.

    The same as::

        ys = []
        for x in xs:
            carry, y = f(carry, x)
            ys.append(y)
        return carry, np.stack(ys)

    In a function that is traced, f is called once, and the loop is one operation of the graph. Outside it is that loop.

    Parameters
    ----------
    f : callable
        ``f(carry, x)`` returns (carry, y). It has no side effects; what it uses from outside gets its gradients too.
    carry : tree of arrays
        What the first step begins with. Its tree, shapes and dtypes are the same after each step; only a Python number
        takes the dtype that f gives it.
    xs : tree of arrays, or None
        Their first axes are of one length: a step takes one row of each.
    length : int, optional
        The number of steps; needed where xs has no arrays, and then f gets x as it is.
    reverse : bool
        Whether to go from the last row to the first. ys are in the order of the rows all the same.

    Returns
    -------
    carry : tree of arrays
        After the last step.
    ys : tree of arrays
        What the steps gave, stacked along a new first axis.

    Raises
    ------
    ShapeError, DtypeError
        If the carry changes its shape or dtype, with the leaf that does; if the rows differ in number.
    ArgumentError
        If f does not return a pair, the carry changes its tree, or there is no number of steps.
    ControlFlowError
        In a trace, if Python asks for a value that f is given (`if x > 0`).

    Derivative
    ----------
    A scan again: forward with the tangents, or from the last step to the first over the carries that each step began
    with. These are kept, so memory is that of the carry times the number of steps.

    Source
    ------
    Griewank, Walther, Evaluating Derivatives (2008), ch. 12.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> def growth(rate):
    ...     return cr.scan(lambda c, x: (c * rate + x, c), 1.0, np.arange(3.0))[0]
    >>> growth(2.0), cr.grad(growth)(2.0)
    (np.float64(12.0), np.float64(13.0))
    """
    return _scan(f, carry, xs, length, reverse)


@users_frames_only
def _scan(f: Function, carry: Any, xs: Any, length: Any, reverse: Any) -> tuple[Any, Any]:
    check_callable(f)
    rows, row_of = tree.flatten(xs)
    count = _length(rows, [f"xs{place}" for place in tree.paths(xs)], length)
    trace, carried = trace_around(carry, xs), Carried("scan", "carry", carry)

    def step(carry: Any, x: Sequence[Any]) -> tuple[Any, Any]:
        pair = f(carry, row_of(x))
        if not isinstance(pair, tuple) or len(pair) != 2:
            raise ArgumentError(
                f"the function of cr.scan returns (carry, y), not {tree.outline(pair)}", wanted="a tuple of two"
            )
        return pair

    if trace is not None:
        return _traced_scan(trace, carried, step, rows, count, bool(reverse))
    return _plain_scan(carried, step, [plain(row) for row in rows], count, bool(reverse))


def _length(rows: Sequence[Any], places: Sequence[str], length: Any) -> int:
    found: dict[int, str] = {}
    for row, place in zip(rows, places, strict=True):
        type_ = leaf_type(row, place).type
        if not type_.shape:
            raise ShapeError(
                f"cr.scan goes over the first axis of its rows, and {place} has none", got=f"{place} {type_}"
            )
        found.setdefault(type_.shape[0], place)
    if length is not None:
        length = _whole_number(length, "length")
        if length < 0:
            raise ArgumentError(f"a scan of {length} steps is none", wanted="length=0 or more")
        found.setdefault(length, "length=")
    if len(found) > 1:
        listed = ", ".join(f"{count} in {place}" for count, place in found.items())
        raise ShapeError(f"the rows of cr.scan differ in number: {listed}")
    if not found:
        raise ArgumentError("cr.scan has no rows to count: xs has no arrays", try_="length=")
    return next(iter(found))


def _whole_number(n: Any, name: str) -> int:
    try:
        return operator.index(n)
    except TypeError:
        raise ArgumentError(
            f"{name} is a whole number, not {kind_of(n)}",
            got=reprlib.repr(n),
            try_=f"{int(n)}" if isinstance(n, float) and n.is_integer() else None,
        ) from None


# On arrays


def _plain_scan(
    carried: Carried, step: Function, rows: Sequence[np.ndarray], count: int, reverse: bool
) -> tuple[Any, Any]:
    if not count:
        with transform() as scope:  # to learn the types
            recorded = _recorded_scan(scope.trace, carried, step, rows, 0)
            types = [y.type for y in recorded.graph.outputs[len(carried.types) :]]
        return carried.first(), recorded.result([np.zeros((0, *t.shape), t.dtype) for t in types])
    state, steps, like, structure = carried.first(), [], None, None
    for k in range(count - 1, -1, -1) if reverse else range(count):
        state, y = carried.advanced(state, lambda c, k=k: step(c, [_row(row, k) for row in rows]))
        if like is None:
            like, structure = y, tree.structure_of(y)
        leaves = tree.flatten(y)[0]
        if tree.structure_of(y) != structure or any(map(_differ, leaves, steps[0] if steps else leaves)):
            raise ArgumentError(
                "what the function of cr.scan gives besides the carry changes its tree or shapes from step to step",
                got=f"{tree.outline(y)} of shapes {[np.shape(leaf) for leaf in leaves]}",
                wanted=f"{tree.outline(like)} of shapes {[np.shape(leaf) for leaf in tree.flatten(like)[0]]}",
            )
        steps.append(
            [typed_value(x, leaf_type(x, f"y{place}")) for x, place in zip(leaves, tree.paths(y), strict=True)]
        )
    if reverse:
        steps.reverse()
    return state, tree.flatten(like)[1]([np.stack(column) for column in zip(*steps, strict=True)])


def _row(row: np.ndarray, k: int) -> Any:
    """One row, which the function may write to."""
    x = row[k]
    return x.copy() if x.ndim else x


def _differ(a: Any, b: Any) -> bool:
    return np.shape(a) != np.shape(b)


# In a trace


def _recorded_scan(trace: Trace, carried: Carried, step: Function, rows: Sequence[Any], count: int) -> Any:
    """One step; its outputs are the next carry and y, its result what makes a tree of y's leaves."""
    arguments = []
    for row in rows:
        type_ = leaf_type(row, "xs").type
        type_ = type_.with_shape(type_.shape[1:])
        arguments.append(Argument(type_, ARRAY if type_.shape else SCALAR, "x"))

    def one(carry: Any, x: list[Array]) -> tuple[Any, list[Variable], Any]:
        carry, y = step(carry, x)
        leaves, rebuild = tree.flatten(y)
        for leaf, place in zip(leaves, tree.paths(y), strict=True):
            leaf_type(leaf, f"y{place}")
        return carry, [variable_of(leaf, trace) for leaf in leaves], rebuild

    return recorded_step(trace, carried, arguments, one, hoist=count > 0)


def _traced_scan(
    trace: Trace, carried: Carried, step: Function, rows: Sequence[Any], count: int, reverse: bool
) -> tuple[Any, Any]:
    recorded = _recorded_scan(trace, carried, step, rows, count)
    results = _scan_node(trace, carried, recorded, rows, count, reverse)
    ys = [wrap(trace, v) for v in results[len(carried.types) :]]
    return carried.results(trace, results), recorded.result(ys)


def _scan_node(
    trace: Trace, carried: Carried, recorded: Any, rows: Sequence[Any], count: int, reverse: bool
) -> Sequence[Variable]:
    (body,), held = bodies_of(trace, recorded)
    if not body.graph.outputs:
        return []
    inputs = (*held, *carried.variables(carried.begin, trace), *[variable_of(row, trace) for row in rows])
    parameters = (body, len(held), len(carried.types), count, reverse, False)
    return all_of(trace.graph.append(loops.scan, inputs, parameters))


# Loops without rows


def fori_loop(n0: Any, n1: Any, body: Function, state: Any) -> Any:
    """The loop ``for i in range(n0, n1): state = body(i, state)`` as one operation of the graph.

    Parameters
    ----------
    n0, n1 : int
        Where a traced value decides them, forward mode and reverse mode work too (see `while_loop`).
    body : callable
        ``body(i, state)`` returns the next state. It has no side effects.
    state : tree of arrays
        Its tree, shapes and dtypes are the same after each step; only a Python number takes the dtype that body gives.

    Returns
    -------
    state : tree of arrays
        After the last step.

    Raises
    ------
    ShapeError, DtypeError, ArgumentError
        If the state changes its shape, dtype or tree, with the leaf that does.
    ControlFlowError
        In a trace, if Python asks for a value that body is given, i included. ``x[i]`` works.

    Derivative
    ----------
    That of `scan`.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> def power(x):
    ...     return cr.fori_loop(0, 3, lambda i, s: s * x, 1.0)
    >>> power(2.0), cr.grad(power)(2.0)
    (8.0, np.float64(12.0))
    """
    return _fori_loop(n0, n1, body, state)


@users_frames_only
def _fori_loop(n0: Any, n1: Any, body: Function, state: Any) -> Any:
    check_callable(body)
    trace = trace_around(n0, n1, state)
    if trace is not None and any(type(n) is Array and not _is_known(n) for n in (n0, n1)):
        _, state = _while_loop(
            "fori_loop", lambda s: s[0] < n1, lambda s: (s[0] + 1, body(s[0], s[1])), (n0 + 0, state)
        )
        return state
    numbers = np.arange(_whole_number(n0, "n0"), _whole_number(n1, "n1"))
    carried = Carried("fori_loop", "state", state)
    if trace is None:
        state = carried.first()
        for i in numbers.tolist():
            state, _ = carried.advanced(state, lambda s, i=i: (body(i, s), None))
        return state
    number = Argument(ArrayType((), numbers.dtype), PYTHON, "i")
    recorded = recorded_step(trace, carried, [number], lambda s, i: (body(i[0], s), [], None), len(numbers) > 0)
    return carried.results(trace, _scan_node(trace, carried, recorded, [numbers], len(numbers), False))


def _is_known(n: Array) -> bool:
    return not n.owner.symbolic and not n.owner.is_open(n.variable)


def while_loop(test: Function, body: Function, state: Any) -> Any:
    """The loop ``while test(state): state = body(state)`` as one operation of the graph.

    Parameters
    ----------
    test : callable
        ``test(state)`` returns one truth value.
    body : callable
        ``body(state)`` returns the next state. Neither of them has side effects.
    state : tree of arrays
        Its tree, shapes and dtypes are the same after each step; only a Python number takes the dtype that body gives.

    Returns
    -------
    state : tree of arrays
        The first for which the test fails.

    Raises
    ------
    ShapeError, DtypeError, ArgumentError
        If the state changes its shape, dtype or tree, with the leaf that does; if the test gives no truth value.
    ControlFlowError
        In a trace, if Python asks for a value that test or body is given.

    Derivative
    ----------
    That of as many steps as were taken, in both modes: the test does not contribute. Reverse mode takes the steps once
    more and keeps the state that each began with.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> def root(a):
    ...     return cr.while_loop(lambda x: abs(x * x - a) > 1e-12, lambda x: (x + a / x) / 2, a)
    >>> print(cr.grad(root)(4.0).round(6))
    0.25
    """
    return _while_loop("while_loop", test, body, state)


@users_frames_only
def _while_loop(name: str, test: Function, body: Function, state: Any) -> Any:
    check_callable(test)
    check_callable(body)
    trace, carried = trace_around(state), Carried(name, "state", state)
    if trace is None:
        state = carried.first()
        while _truth(test(state)):
            state, _ = carried.advanced(state, lambda s: (body(s), None))
        return state
    if not carried.types:
        raise ArgumentError("the state of cr.while_loop has no arrays: its test could never change")
    steps = recorded_step(trace, carried, [], lambda s, _: (body(s), [], None))
    asks = record(
        trace,
        name,
        carried.arguments(),
        lambda arrays: ([_truth_variable(test(carried.rebuild(arrays)), trace)], None),
    )
    (asking, stepping), held = bodies_of(trace, asks, steps)
    inputs = (*held, *carried.variables(carried.begin, trace))
    results = trace.graph.append(loops.while_loop, inputs, (asking, stepping, len(held)))
    return carried.results(trace, results[:-1])


def _truth(x: Any) -> bool:
    if not isinstance(x, tree.LEAVES) or np.size(x) != 1:
        raise _no_truth(x)
    return bool(x)


def _truth_variable(x: Any, trace: Trace) -> Variable:
    if not isinstance(x, tree.LEAVES) or np.size(x) != 1:
        raise _no_truth(x)
    v = variable_of(x, trace)
    v = v if v.dtype == bool else not_equal(v, 0)
    return v if v.shape == () else reshape(v, shape=())


def _no_truth(x: Any) -> ShapeError:
    return ShapeError(
        "the test of cr.while_loop returns one truth value",
        got=f"{tree.outline(x)} of shape {np.shape(x)}" if isinstance(x, tree.LEAVES) else tree.outline(x),
        try_="np.all(...) or np.any(...)",
    )
