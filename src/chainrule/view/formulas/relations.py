"""The relations of a linear map, as deltas and brackets in index notation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...original import np
from ...structure.relations import Pairs, Progression, Ravel, Relation, Triangle
from . import expression as e


def condition(
    relation: Relation, sizes: Mapping[int, int], expression_of: Callable[[Any], e.Expression]
) -> e.Condition:
    """What says which indices a relation joins."""
    if isinstance(relation, Progression):
        return _progression(relation, sizes)
    if isinstance(relation, Pairs):
        return _pairs(relation, expression_of)
    if isinstance(relation, Triangle):
        sign, compare = ("≥", np.greater_equal) if relation.lower else ("≤", np.less_equal)
        return e.Condition(
            f"{{0}}{sign}{{1}}",
            relation.names,
            lambda shape: compare.outer(np.arange(shape[0]), np.arange(shape[1])),
            is_delta=False,
        )
    if isinstance(relation, Ravel):
        return _ravel(relation, sizes)
    raise TypeError(f"no notation for {type(relation).__name__}")  # pragma: no cover


def _pairs_of(relation: Relation, left: int) -> Callable[..., Any]:
    """The 0/1 array of a relation whose pairs are known; the first axes are the left names."""

    def indicator(shape: list[int]) -> Any:
        sizes = dict(zip(relation.names, shape, strict=True))
        rows, columns = relation.pairs(sizes)
        height = int(np.prod(shape[:left], dtype=int))
        found = np.zeros((height, int(np.prod(shape[left:], dtype=int))))
        np.add.at(found, (rows, columns), 1.0)
        return found.reshape(shape)

    return indicator


def _progression(relation: Progression, sizes: Mapping[int, int]) -> e.Condition:
    """j = 2 + 3 i, from the side that is met in all its indices; else with the range of the other one."""
    way = relation
    if not _covers(way, sizes) and _covers(way.flipped(), sizes):
        way = way.flipped()
    if abs(way.left_step) != 1 and abs(way.right_step) == 1:
        way = way.flipped()
    a, k = way.left_start, way.left_step
    step = way.right_step * k if abs(k) == 1 else None
    indicator = _pairs_of(way, 1)
    if sizes[way.left[0]] == 1 and way.count == 1:
        return e.Condition(f"{{1}},{way.right_start}", way.names, indicator)
    if sizes[way.right[0]] == 1 and way.count == 1:
        return e.Condition(f"{{0}},{way.left_start}", way.names, indicator)
    if step is None:
        text = f"{{0}},{a}+{k}t,{{1}},{way.right_start}+{way.right_step}t".replace("+-", "−")
        return e.Condition(text, way.names, indicator)
    text = "{1}," + _affine(way.right_start - a * step, step)
    if not _covers(way, sizes):
        last = a + k * (way.count - 1)
        text += f",{min(a, last)}≤{{0}}≤{max(a, last)}"
    return e.Condition(text, way.names, indicator)


def _covers(relation: Progression, sizes: Mapping[int, int]) -> bool:
    return relation.count == sizes[relation.left[0]] and abs(relation.left_step) == 1


def _affine(start: int, step: int) -> str:
    slope = "{0}" if abs(step) == 1 else f"{abs(step)}{{0}}"
    if step < 0:
        return f"{start}−{slope}" if start else f"−{slope}"
    return slope if not start else f"{slope}+{start}" if start > 0 else f"{slope}−{-start}"


def _pairs(relation: Pairs, expression_of: Callable[[Any], e.Expression]) -> e.Condition:
    """j = p_i, where p is an array of indices; written p[i]."""
    left, right = relation.left_index, relation.right_index
    if left is None and right is None:
        return e.Condition("{0},{1}", relation.names, lambda shape: np.eye(*shape))
    if left is not None and right is not None:
        parts = (expression_of(left), expression_of(right))

        def both(shape: list[int], rows: Any, columns: Any) -> Any:
            found = np.zeros(shape)
            np.add.at(found, (np.asarray(rows).ravel(), np.asarray(columns).ravel()), 1.0)
            return found

        return e.Condition("({0},{1})∈({2},{3})", relation.names, both, parts, is_delta=False)
    one_by, names = (right, relation.names) if left is None else (left, relation.right + relation.left)

    def indicator(shape: list[int], index: Any) -> Any:
        found = np.zeros(shape)
        np.add.at(found, (np.arange(shape[0]), np.asarray(index, int).ravel()), 1.0)
        return found

    return e.Condition("{1},{2}[{0}]", names, indicator, (expression_of(one_by),))


def _ravel(relation: Ravel, sizes: Mapping[int, int]) -> e.Condition:
    sides = []
    first = 0
    for side in (relation.left, relation.right):
        sides.append(_flat([sizes[n] for n in side], first))
        first += len(side)
    return e.Condition(",".join(sides), relation.names, _pairs_of(relation, len(relation.left)))


def _flat(shape: list[int], first: int) -> str:
    """12 i + 4 j + k: the place of an index when all are counted row by row."""
    pieces, stride = [], 1
    for k in reversed(range(len(shape))):
        if shape[k] > 1 or len(shape) == 1:
            pieces.append(f"{{{first + k}}}" if stride == 1 else f"{stride}{{{first + k}}}")
        stride *= shape[k]
    return "+".join(reversed(pieces)) or "0"
