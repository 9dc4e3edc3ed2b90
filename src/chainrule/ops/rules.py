"""Both modes from the local Jacobians: pull a cotangent back, push a tangent forward, through one operation.

On variables the structure of a local Jacobian depends on types and parameters alone. So the nodes that applying it
makes are recorded once for each signature, over placeholders, and replayed with other variables from then on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ..arraytype import ArrayType
from ..errors import DerivativeError
from ..graph import Graph, Variable, ancestors
from ..original import np
from ..structure import LinearMap, pointwise_map
from .blame import blame
from .complex_parts import real
from .movement import convert
from .operation import Operation


class Recording(NamedTuple):
    """Steps over an environment that begins with the placeholders; `result` is None where the product is zero."""

    steps: tuple[tuple[Operation | None, tuple[int, ...], tuple[Any, ...], Any], ...]
    result: int | None


_Recordings = dict[tuple[Any, ...], Recording]

MOST = 1 << 14  # recordings of one kind; shapes may be endless
_pulls: _Recordings = {}
_pushes: _Recordings = {}


def _kept(recordings: _Recordings, key: tuple[Any, ...], recording: Recording) -> Recording:
    if len(recordings) >= MOST:
        recordings.clear()
    recordings[key] = recording
    return recording


def pull(y: Variable, k: int, y_bars: Sequence[Variable | None]) -> Variable | None:
    """The cotangent that the operation behind y sends to its argument k: J.T y_bar, summed over its results.

    y is the first result; y_bars holds a cotangent for each result, None where it is zero. None where the answer is.
    """
    key = (y.operation, y.parameters, k, _types(y.inputs), _types(y_bars))
    recording = _pulls.get(key)
    if recording is None:
        try:
            recording = _kept(_pulls, key, _record_pull(y, k, y_bars))
        except Exception as error:
            blame(error, y)
            raise
    return _replay(recording, y, (*y.inputs, *y.results, *y_bars))


def pull_together(y: Variable, y_bars: Sequence[Variable | None], wanted: Sequence[bool]) -> Sequence[Variable | None]:
    """The same for all arguments that are wanted, of an operation that holds a graph."""
    operation, graph, first = y.operation, y.graph, len(y.graph)
    try:
        x_bars = pull_values_together(operation, y.parameters, y.inputs, y.results, y_bars, wanted)  # type: ignore[arg-type]
    except Exception as error:
        blame(error, y)
        raise
    _stand_for(y, graph.variables[first:])
    return x_bars


def push(y: Variable, x_dots: Sequence[Variable | None]) -> tuple[Variable | None, ...]:
    """The tangents of all results of the operation behind y: the sum over its arguments of J x_dot."""
    try:
        return _pushed_forward(y, x_dots)
    except Exception as error:
        blame(error, y)
        raise


def _pushed_forward(y: Variable, x_dots: Sequence[Variable | None]) -> tuple[Variable | None, ...]:
    operation: Any = y.operation
    if operation.pushforward:
        first = len(y.graph)
        y_dots = push_values(operation, y.parameters, y.inputs, y.results, x_dots)
        _stand_for(y, y.graph.variables[first:])
        return y_dots
    key = (y.operation, y.parameters, _types(y.inputs), _types(x_dots))
    results = []
    for part in range(len(y.results)):
        recording = _pushes.get((*key, part))
        if recording is None:
            recording = _kept(_pushes, (*key, part), _record_push(y, x_dots, part))
        results.append(_replay(recording, y, (*y.inputs, *y.results, *x_dots)))
    return tuple(results)


def pull_values(
    operation: Operation,
    parameters: tuple[Any, ...],
    xs: Sequence[Any],
    ys: Sequence[Any],
    k: int,
    y_bars: Sequence[Any],
) -> Any:
    """Pull for arrays: nothing is recorded, the map is applied."""
    return _pulled(operation, parameters, k, xs, ys, y_bars)


def pull_many(
    operation: Operation,
    parameters: tuple[Any, ...],
    xs: Sequence[Any],
    ys: Sequence[Any],
    k: int,
    y_bars: Sequence[Any],
) -> Any:
    """Pull for arrays of cotangents: their first axis tells one from the other."""
    if operation.pullback or operation.looks_at:
        count = next(len(bar) for bar in y_bars if bar is not None)
        each = [
            _pull_one(operation, parameters, xs, ys, k, [None if b is None else b[n] for b in y_bars])
            for n in range(count)
        ]
        return None if any(one is None for one in each) else np.stack(each)
    refuse_complex(operation, xs, ys)
    total = None
    for J, y_bar in zip(operation.local_jacobians(k, ys, xs, parameters), y_bars, strict=True):
        if J is not None and y_bar is not None and not is_zero(J):
            part = J.T.apply(y_bar)
            total = part if total is None else total + part
    return None if total is None else of_dtype(total, xs[k].dtype)


def _pull_one(
    operation: Operation,
    parameters: tuple[Any, ...],
    xs: Sequence[Any],
    ys: Sequence[Any],
    k: int,
    y_bars: Sequence[Any],
) -> Any:
    if not operation.pullback:
        return _pulled(operation, parameters, k, xs, ys, y_bars)
    return pull_values_together(operation, parameters, xs, ys, y_bars, [n == k for n in range(len(xs))])[k]


def pull_values_together(
    operation: Operation,
    parameters: tuple[Any, ...],
    xs: Sequence[Any],
    ys: Sequence[Any],
    y_bars: Sequence[Any],
    wanted: Sequence[bool],
) -> Sequence[Any]:
    """Pull together for arrays."""
    refuse_complex(operation, xs, ys)
    pullback: Any = operation.pullback
    return pullback(y_bars, ys, xs, wanted, **operation.named(parameters))


def push_values(
    operation: Operation, parameters: tuple[Any, ...], xs: Sequence[Any], ys: Sequence[Any], x_dots: Sequence[Any]
) -> tuple[Any, ...]:
    """Push for arrays."""
    if operation.pushforward:
        refuse_complex(operation, xs, ys)
        return tuple(operation.pushforward(x_dots, ys, xs, **operation.named(parameters)))
    return tuple(_pushed(operation, parameters, xs, ys, x_dots, part) for part in range(len(ys)))


def _stand_for(y: Variable, made: Sequence[Variable]) -> None:
    """A backward node stands for its forward line."""
    for v in made:
        v.origin = y.origin


def _types(variables: Sequence[Variable | None]) -> tuple[ArrayType | None, ...]:
    return tuple([None if v is None else v.type for v in variables])


def _pulled(
    operation: Operation,
    parameters: tuple[Any, ...],
    k: int,
    xs: Sequence[Any],
    ys: Sequence[Any],
    y_bars: Sequence[Any],
) -> Any:
    refuse_complex(operation, xs, ys)
    if operation.looks_at:
        y_bars = operation.looks_at(ys, y_bars)
    total = None
    for J, y_bar in zip(operation.local_jacobians(k, ys, xs, parameters), y_bars, strict=True):
        if J is not None and y_bar is not None and not is_zero(J):
            product = _product(operation, parameters, k, ys, xs, y_bar, back=True)
            part = J.T.apply(y_bar) if product is None else product
            total = part if total is None else total + part
    return None if total is None else of_dtype(total, xs[k].dtype)


def _pushed(
    operation: Operation,
    parameters: tuple[Any, ...],
    xs: Sequence[Any],
    ys: Sequence[Any],
    x_dots: Sequence[Any],
    part: int,
) -> Any:
    refuse_complex(operation, xs, ys)
    total = None
    for k, x_dot in enumerate(x_dots):
        if x_dot is None:
            continue
        J = operation.local_jacobians(k, ys, xs, parameters)[part]
        if J is not None and not is_zero(J):
            product = _product(operation, parameters, k, ys, xs, x_dot, back=False)
            piece = J.apply(x_dot) if product is None else product
            total = piece if total is None else total + piece
    return None if total is None else of_dtype(total, ys[part].dtype)


def _product(
    operation: Operation, parameters: tuple[Any, ...], k: int, ys: Sequence[Any], xs: Sequence[Any], v: Any, back: bool
) -> Any:
    """v times the Jacobian by argument k, or its transpose, where the operation says how; None where its map does."""
    products: Any = operation.products
    if callable(products):
        return products(k, v, back, *xs, **operation.named(parameters))
    if not products or products[k] is None:
        return None
    slope: Any = operation.slopes[k]
    product = products[k](v, slope(ys[0], *xs))
    return pointwise_map(1, product.shape, xs[k].shape).T.apply(product) if back else product


def is_zero(J: LinearMap) -> bool:
    return getattr(J, "terms", None) == ()


def of_dtype(value: Any, dtype: np.dtype) -> Any:
    """A tangent or cotangent has the dtype of its variable: where that is real, it is the real part that counts."""
    if value.dtype == dtype:
        return value
    if dtype.kind == "f" and value.dtype.kind == "c":
        return of_dtype(real(value), dtype)
    return convert(value, dtype=dtype.name) if type(value) is Variable else np.asarray(value).astype(dtype)


def _placeholders(y: Variable, others: Sequence[Variable | None]) -> tuple[Graph, list[Any]]:
    graph = Graph("rule")
    return graph, [None if v is None else graph.input(v.type) for v in (*y.inputs, *y.results, *others)]


def _record_pull(y: Variable, k: int, y_bars: Sequence[Variable | None]) -> Recording:
    operation: Any = y.operation
    _, held = _placeholders(y, y_bars)
    n, m = len(y.inputs), len(y.results)
    result = _pulled(operation, y.parameters, k, held[:n], held[n : n + m], held[n + m :])
    return _recorded(held, result)


def _record_push(y: Variable, x_dots: Sequence[Variable | None], part: int) -> Recording:
    operation: Any = y.operation
    _, held = _placeholders(y, x_dots)
    n, m = len(y.inputs), len(y.results)
    result = _pushed(operation, y.parameters, held[:n], held[n : n + m], held[n + m :], part)
    return _recorded(held, result)


def refuse_complex(operation: Operation, xs: Sequence[Any], ys: Sequence[Any]) -> None:
    """A rule that is not known to hold for complex numbers is refused there, rather than got wrong."""
    if operation.for_complex or operation.kind == "discrete":
        return
    values = (*xs, *ys)
    if not any(value.dtype.kind == "c" for value in values):
        return
    is_formula = operation.for_complex is None and operation.kind in ("elementwise", "linear")
    if not (is_formula and all(y.dtype.kind == "c" for y in ys)) and any(y.dtype.kind in "fc" for y in ys):
        raise DerivativeError(
            f"the derivative of {operation.name} is not known for complex numbers",
            got=", ".join(str(ArrayType(v.shape, v.dtype)) for v in values),
            wanted="an operation whose rules hold for complex numbers, on the path from inputs to outputs",
            try_=None if operation.for_complex is False else "for_complex=True in its declaration, where they do",
        )


def _recorded(held: list[Any], result: Variable | None) -> Recording:
    if result is None:
        return Recording((), None)
    place = {v.number: k for k, v in enumerate(held) if v is not None}
    width, steps = len(held), []
    for v in ancestors([result]):
        if v.number in place:
            continue
        for part in v.results:
            place[part.number] = width
            width += 1
        steps.append((v.operation, tuple(place[u.number] for u in v.inputs), v.parameters, v.value))
    return Recording(tuple(steps), place[result.number])  # type: ignore[arg-type]


def _replay(recording: Recording, y: Variable, held: Sequence[Variable | None]) -> Variable | None:
    if recording.result is None:
        return None
    graph, origin = y.graph, y.origin  # a backward node stands for its forward line
    environment: list[Any] = list(held)
    for operation, places, parameters, value in recording.steps:
        if operation is None:
            environment.append(graph.constant(value))
            continue
        made = graph.append(operation, tuple([environment[place] for place in places]), parameters, origin)
        if type(made) is tuple:
            environment.extend(made)
        else:
            environment.append(made)
    return environment[recording.result]
