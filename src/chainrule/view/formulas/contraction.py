"""A contraction of arrays over named indices: a matrix formula where there is a neat one, else a sum over indices.

    x_bar[i, j] = sum over k of  y_bar[i, k] W[j, k]    is    y_bar W^T

Matrices are edges between the names of their axes, vectors stand at one: a formula is neat where these edges make one
path between the names that are wanted (or two, which make an outer product).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from . import expression as e
from . import making as make

Operand = tuple[e.Expression, tuple[int, ...]]


def contraction(
    operands: Sequence[Operand],
    want: tuple[int, ...],
    sizes: Mapping[int, int],
    conditions: Sequence[e.Condition] = (),
    scale: complex = 1,
) -> e.Expression:
    """The sum, over all names that are not wanted, of the product of the operands and of the conditions."""
    operands = [(x, names if x.shape else ()) for x, names in operands]  # a number may stand for an axis of size 1
    found = None
    if not conditions:
        found = _neat([each for each in operands if each[1]], want, sizes)
    scalars = [x for x, names in operands if not names]
    if found is None:
        used = {n for _, names in operands for n in names} | {n for c in conditions for n in c.names} | set(want)
        kept = tuple(operands)
        scalars = []
        order = dict.fromkeys((*want, *(n for _, names in operands for n in names), *sorted(used)))
        found = e.Indexed(kept, tuple(want), tuple((n, sizes[n]) for n in order), tuple(conditions))
    return make.product(make.number(scale), *scalars, found) if scalars or scale != 1 else found


def _neat(operands: Sequence[Operand], want: tuple[int, ...], sizes: Mapping[int, int]) -> e.Expression | None:
    if len(set(want)) < len(want):
        if len(operands) == 1 and len(want) == 2 and operands[0][1] == want[:1]:
            return e.Diagonal(operands[0][0])
        if not operands and len(want) == 2:
            return e.Identity(sizes[want[0]])
        return None
    if any(len(set(names)) < len(names) for _, names in operands):
        return _of_diagonals(operands, want)
    if not operands:
        return _of_ones(want, sizes)
    held = {n for _, names in operands for n in names}
    if len(operands) == 1 and operands[0][1] == want:
        return operands[0][0]
    if len(operands) == 2 and not want and operands[0][1] == operands[1][1] and len(operands[0][1]) == 1:
        return make.product(make.transpose(operands[0][0]), operands[1][0])
    if all(names == want for _, names in operands):
        return make.hadamard(*(x for x, _ in operands))
    if len(want) > 2 or any(len(names) > 2 for _, names in operands):
        if held == set(want) and all(names == want[len(want) - len(names) :] for _, names in operands):
            return make.hadamard(*(x for x, _ in operands))
        return None
    return _path(_merged(operands), want, sizes)


def _of_ones(want: tuple[int, ...], sizes: Mapping[int, int]) -> e.Expression | None:
    if len(want) == 2:
        return _between({}, [], want, sizes)
    return None if len(want) > 2 else e.Ones(sizes[want[0]]) if want else make.ONE


def _of_diagonals(operands: Sequence[Operand], want: tuple[int, ...]) -> e.Expression | None:
    """The trace and the diagonal of one matrix."""
    if len(operands) != 1 or len(operands[0][1]) != 2:
        return None
    x, (name, _) = operands[0]
    if not want:
        return e.Call("tr", (x,), lambda a: a.trace(), ())
    return e.Call("diag", (x,), lambda a: a.diagonal(), x.shape[:1]) if want == (name,) else None


def _merged(operands: Sequence[Operand]) -> list[Operand]:
    """Operands over the same names as one, entry by entry."""
    found: list[tuple[list[e.Expression], tuple[int, ...]]] = []
    for x, names in operands:
        for others, known in found:
            if set(known) == set(names):
                others.append(x if known == names else make.transpose(x))
                break
        else:
            found.append(([x], names))
    return [(make.hadamard(*each) if len(each) > 1 else each[0], names) for each, names in found]


def _path(operands: list[Operand], want: tuple[int, ...], sizes: Mapping[int, int]) -> e.Expression | None:
    """What is summed over is multiplied into its neighbor, from the leaves on; what is left has to be a path."""
    vectors: dict[int, list[e.Expression]] = {n: [] for _, names in operands for n in names}
    edges: list[Operand] = []
    for x, names in operands:
        if len(names) == 1:
            vectors[names[0]].append(x)
        else:
            edges.append((x, names))
    numbers: list[e.Expression] = []
    while True:
        leaf = next((n for n in vectors if n not in want and sum(n in names for _, names in edges) == 1), None)
        if leaf is None or (not want and len(edges) == 1 and len(operands) == 1):
            break
        k = next(k for k, (_, names) in enumerate(edges) if leaf in names)
        x, (a, b) = edges.pop(k)
        matrix, neighbor = (x, a) if b == leaf else (make.transpose(x), b)
        vectors[neighbor].append(make.product(matrix, _entries(vectors.pop(leaf), sizes[leaf])))
    for n in [n for n in vectors if n not in want]:
        if any(n in names for _, names in edges):
            continue
        *first, last = vectors.pop(n)
        if not first and not want and not numbers and len(vectors) == 0:
            return None if isinstance(last, e.Symbol) or len(operands) == 1 else _total(last, sizes[n])
        numbers.append(make.product(make.transpose(_entries(first, sizes[n])), last))
    found = _between(vectors, edges, want, sizes)
    return None if found is None else make.product(*numbers, found)


def _total(x: e.Expression, size: int) -> e.Expression:
    return make.product(make.transpose(e.Ones(size)), x)


def _entries(vectors: list[e.Expression], size: int) -> e.Expression:
    return make.hadamard(*vectors) if vectors else e.Ones(size)


def _between(
    vectors: dict[int, list[e.Expression]], edges: list[Operand], want: tuple[int, ...], sizes: Mapping[int, int]
) -> e.Expression | None:
    if not want:
        return make.ONE if not edges else None
    if len(want) == 1:
        return _entries(vectors.get(want[0], []), sizes[want[0]]) if not edges else None
    a, b = want
    if not edges:
        left, right = (_entries(vectors.get(n, []), sizes[n]) for n in want)
        if sizes[b] == 1 and not vectors.get(b):
            return make.column(left)
        if sizes[a] == 1 and not vectors.get(a):
            return make.transpose(make.column(right))
        return make.product(left, make.transpose(right))
    at, found, left_over = a, [], list(edges)
    while True:
        if vectors.get(at):
            found.append(e.Diagonal(_entries(vectors[at], sizes[at])))
        if at == b:
            return make.product(*found) if not left_over else None
        k = next((k for k, (_, names) in enumerate(left_over) if at in names), None)
        if k is None:
            return None
        x, (first, second) = left_over.pop(k)
        matrix, at = (x, second) if first == at else (make.transpose(x), first)
        found.append(matrix)
