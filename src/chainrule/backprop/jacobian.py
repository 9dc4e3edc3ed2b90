"""Whole Jacobians: local maps multiplied in forward or reverse order, their structure kept as long as it pays.

Where complex numbers are on the way, the real part is taken of what arrives at a real variable, as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..graph import Variable, between
from ..ops import is_zero, refuse_complex
from ..original import np
from ..structure import TOO_MANY, Edge, IndexMap, LinearMap, Node, Paths, dense_map, identity_map, zero_map

DENSE_ENOUGH = 1 << 24  # entries up to which a product with a program is formed

FactorOf = Callable[[Variable], Any]


def local_maps(y: Variable, factor_of: FactorOf) -> dict[tuple[int, int], LinearMap]:
    """The local Jacobians of the operation behind y: by number of its result and number of its argument."""
    operation: Any = y.operation
    xs = [factor_of(x) for x in y.inputs]
    ys = [factor_of(part) for part in y.results]
    refuse_complex(operation, xs, ys)
    found = {}
    for k, x in enumerate(y.inputs):
        if x.type.carries_derivative:
            for part, J in enumerate(operation.local_jacobians(k, ys, xs, y.parameters)):
                if J is not None and not is_zero(J):
                    found[part, k] = J
    return found


def whole_jacobian(y: Variable, x: Variable, values: Mapping[int, Any] | None, mode: str = "auto") -> LinearMap:
    """dy/dx as a linear map.

    Parameters
    ----------
    values : mapping or None
        The value of every variable, for a map over arrays; None for one over variables, which adds nodes.
    mode : {"auto", "forward", "reverse"}
        In which order to multiply. Automatic: from the end that has fewer entries.
    """

    def factor_of(v: Variable) -> Any:
        return v if values is None else np.asarray(values[v.number])

    formed_up_to = 0 if values is None else DENSE_ENOUGH  # programs over variables take one vector at a time
    path = between([y], [x])
    if not path or path[-1] is not y:
        J: LinearMap | None = zero_map(y.shape, x.shape)
        path = [x, y]
    elif mode == "forward" or (mode == "auto" and x.size < y.size):
        J = _multiplied(_edges_from_input(path, x, y, factor_of), x, y, path, formed_up_to)
    else:
        transposed = _multiplied(_edges_from_output(path, x, factor_of), y, x, path, formed_up_to)
        J = None if transposed is None else transposed.T
    if J is None:
        edges = (edge for step, _ in _edges_from_input(path, x, y, factor_of) for edge in step)
        if _is_complex(path):
            edges = _with_real_parts(edges, path)
        J = Paths(edges, x.number, y.number, y.shape, x.shape)
    J.dtype = y.dtype
    return _between_ends(J, x, y) if _is_complex(path) else J


def _is_real(v: Variable) -> bool:
    return v.dtype.kind == "f"


def _is_complex(path: Iterable[Variable]) -> bool:
    return any(u.dtype.kind == "c" for v in path for u in (v, *v.inputs))


def _between_ends(J: LinearMap, x: Variable, y: Variable) -> LinearMap:
    """A Jacobian by way of complex numbers, told which end is real; between real ends it is real altogether."""
    if isinstance(J, IndexMap):
        if _is_real(x) and _is_real(y):
            return J
        J = J.linear_by(_is_real(x), _is_real(y))
    J.dtype = np.result_type(x.dtype, y.dtype)
    return J.between(_is_real(x), _is_real(y))


Step = tuple[list[Edge], list[int]]  # the edges through one operation, and nodes that no later edge starts from


def _edges_from_input(path: list[Variable], x: Variable, y: Variable, factor_of: FactorOf) -> Iterator[Step]:
    """Forward mode: each local Jacobian leads from an argument to a result."""
    on_path = {v.number for v in path}
    last_use = {u.number: v.number for v in path for u in v.inputs}
    for v in path:
        if v is not x:
            edges: list[Edge] = [
                (v.inputs[k].number, J, v.number)
                for (part, k), J in local_maps(v, factor_of).items()
                if part == v.part and v.inputs[k].number in on_path
            ]
            yield edges, [u.number for u in v.inputs if last_use[u.number] == v.number and u is not y]


def _with_real_parts(edges: Iterable[Edge], path: Sequence[Variable]) -> Iterator[Edge]:
    """Edges between a real and a complex variable, with the real part taken at the real one, in either direction."""
    kind: dict[Node, str] = {u.number: u.dtype.kind for v in path for u in (v, *v.inputs)}
    for start, J, end in edges:
        if kind[start] != kind[end]:
            J = J.real_part() if kind[end] == "f" else J.T.real_part().T
        yield start, J, end


def _edges_from_output(path: list[Variable], x: Variable, factor_of: FactorOf) -> Iterator[Step]:
    """Reverse mode: each transposed local Jacobian leads from a result to an argument."""
    on_path = {v.number for v in path}
    for v in reversed(path):
        if v is not x:
            edges: list[Edge] = [
                (v.number, J.T, v.inputs[k].number)
                for (part, k), J in local_maps(v, factor_of).items()
                if part == v.part and v.inputs[k].number in on_path
            ]
            yield edges, [v.number]


def _multiplied(
    steps: Iterable[Step], first: Variable, last: Variable, path: Sequence[Variable], formed_up_to: int
) -> IndexMap | None:
    """The sum over all paths from first to last of the products along them; None where it would cost too much."""
    table: dict[Node, IndexMap] = {first.number: identity_map(first.shape, first.dtype)}
    is_complex: dict[Node, bool] = {u.number: u.dtype.kind == "c" for v in path for u in (v, *v.inputs)}
    of_complex = not _is_real(first) if any(is_complex.values()) else None
    for edges, used in steps:
        for start, local, end in edges:
            if start in table:
                J = _formed(local @ table[start], formed_up_to, of_complex)
                if J is not None and of_complex is not None and not is_complex[end]:
                    J = _formed(J.real_part(of_real=not of_complex), formed_up_to, of_complex)
                if J is not None and end in table:
                    J = _formed(table[end] + J, formed_up_to, of_complex)
                if J is None:
                    return None
                table[end] = J
        for number in used:
            table.pop(number, None)
    return table.get(last.number, zero_map(last.shape, first.shape))


def _formed(J: LinearMap, formed_up_to: int, of_complex: bool | None) -> IndexMap | None:
    """As a sum of few terms; a product with a map that is known by its action is formed where it is small enough.

    `of_complex` tells whether the argument is complex; None where all is real.
    """
    if isinstance(J, IndexMap):
        return J if len(J.terms) <= TOO_MANY else None
    if J.size > formed_up_to:
        return None
    shapes = J.out_shape, J.in_shape
    if of_complex is None:
        return dense_map(J.dense(), *shapes)
    n, last = J.in_size, len(J.out_shape)

    def columns(unit: complex) -> np.ndarray:
        return np.moveaxis(J.apply((np.eye(n) * unit).reshape((n, *J.in_shape))), 0, last).reshape(J.shape)

    if not of_complex:
        return dense_map(columns(1), *shapes)
    along, across = columns(1 + 0j), -1j * columns(1j)  # A + B and A - B, where J v = A v + B conj(v)
    linear, antilinear = dense_map((along + across) / 2, *shapes), (along - across) / 2
    if np.abs(antilinear).max(initial=0) <= 1e-13 * np.abs(along).max(initial=0):
        return linear
    return linear.plus(dense_map(antilinear.conj(), *shapes).conjugated)  # type: ignore[return-value]
