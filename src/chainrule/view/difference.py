"""What two graphs differ in: by structure first, then by numbers.

Both are documents of schema chainrule/view/1. What was made by equal operations from equal parts is the same, wherever
it stands and whatever it is called; of the rest, names and the order of the program tell what corresponds to what.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ..original import np
from .words import shape_text

OWN: Final = ("name", "operation", "parameters", "shape", "dtype", "constant", "inputs")


class Side(NamedTuple):
    """One of the two: its document, and the arrays that are at hand, by the number of the variable."""

    document: dict[str, Any]
    values: Mapping[int, Any] = {}
    gradients: Mapping[int, Any] = {}


def difference(a: Side, b: Side) -> dict[str, Any]:
    """What was removed, added and changed from a to b, and how far the numbers of the rest are apart.

    Returns
    -------
    found : dict
        `removed`, `added`: nodes in short; `changed`: with what is different; `numbers`: largest relative difference
        first, of all that corresponds and has numbers on both sides; `same`: how many variables correspond.
    """
    before, after = _nodes(a), _nodes(b)
    pairs = _paired(before, after)
    taken = set(pairs.values())
    changed = [each for x, y in pairs.items() if (each := _changed(before[x], after[y], before, after, pairs))]
    numbers = [each for x, y in pairs.items() for each in _apart(a, b, before[x], after[y])]
    numbers.sort(key=lambda each: -each["relative"])
    return {
        "same": len(pairs) - len(changed),
        "removed": [_short(a, node) for number, node in before.items() if number not in pairs],
        "added": [_short(b, node) for number, node in after.items() if number not in taken],
        "changed": changed,
        "numbers": numbers,
    }


def _nodes(side: Side) -> dict[int, dict[str, Any]]:
    return {node["id"]: node for node in side.document["nodes"]}


# What corresponds to what


def _paired(before: dict[int, dict[str, Any]], after: dict[int, dict[str, Any]]) -> dict[int, int]:
    known: dict[Any, int] = {}
    keys_a, keys_b = _keys(before, known), _keys(after, known)
    waiting: dict[int, list[int]] = {}
    for number, key in keys_b.items():
        waiting.setdefault(key, []).append(number)
    pairs = {}
    for number, key in keys_a.items():
        if waiting.get(key):
            pairs[number] = waiting[key].pop(0)
    _pair_by(lambda node: node["label"] if node["named"] else None, before, after, pairs)
    rest_a = [n for n in before if n not in pairs]
    taken = set(pairs.values())
    rest_b = [n for n in after if n not in taken]
    words_a, words_b = [before[n]["word"] for n in rest_a], [after[n]["word"] for n in rest_b]
    for i, j, length in difflib.SequenceMatcher(None, words_a, words_b, autojunk=False).get_matching_blocks():
        pairs.update(zip(rest_a[i : i + length], rest_b[j : j + length], strict=True))
    return dict(sorted(pairs.items()))


def _keys(nodes: dict[int, dict[str, Any]], known: dict[Any, int]) -> dict[int, int]:
    """A number for each node, equal for what is made by equal operations from equal parts."""
    found: dict[int, int] = {}
    inputs = 0
    for number, node in nodes.items():
        if node["operation"] is not None:
            what: Any = (node["operation"], tuple(sorted(node["parameters"].items())), node.get("part", 0))
        elif node["role"] == "constant":
            what = ("constant", str(node.get("constant")))
        else:
            what, inputs = ("input", inputs), inputs + 1
        key = (what, tuple(node["shape"]), node["dtype"], tuple(found[n] for n in node["inputs"]))
        found[number] = known.setdefault(key, len(known))
    return found


def _pair_by(name: Any, before: Any, after: Any, pairs: dict[int, int]) -> None:
    taken = set(pairs.values())
    waiting: dict[Any, list[int]] = {}
    for number, node in after.items():
        if number not in taken and name(node) is not None:
            waiting.setdefault(name(node), []).append(number)
    for number, node in before.items():
        if number not in pairs and waiting.get(name(node)):
            pairs[number] = waiting[name(node)].pop(0)


# What is different


def _short(side: Side, node: dict[str, Any]) -> dict[str, Any]:
    source = None if node["source"] is None else side.document["sources"][node["source"]]
    return {
        "label": node["label"],
        "word": node["word"] if node["role"] != "constant" else f"constant {_constant(node)}".strip(),
        "shape": shape_text(tuple(node["shape"])) or "scalar",
        "line": None if source is None else f"{source['file']}:{source['line']}",
    }


def _constant(node: dict[str, Any]) -> str:
    return str(node["constant"]) if node.get("constant") is not None and not node["shape"] else ""


def _changed(
    x: dict[str, Any], y: dict[str, Any], before: Any, after: Any, pairs: dict[int, int]
) -> dict[str, Any] | None:
    found: dict[str, list[Any]] = {}
    for part in OWN:
        if part == "name":
            if (x["named"] or y["named"]) and x["label"] != y["label"]:
                found[part] = [x["label"], y["label"]]
        elif part == "inputs":
            if [pairs.get(n) for n in x["inputs"]] != y["inputs"]:
                found[part] = [[nodes[n]["label"] for n in each["inputs"]] for nodes, each in ((before, x), (after, y))]
        elif part == "constant":
            if x["role"] == y["role"] == "constant" and x.get(part) != y.get(part):
                found[part] = [x.get(part), y.get(part)]
        elif x[part] != y[part]:
            found[part] = [x[part], y[part]]
    return {"a": x["label"], "b": y["label"], "what": found} if found else None


def _apart(a: Side, b: Side, x: dict[str, Any], y: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for kind, of_a, of_b in (("value", a.values, b.values), ("gradient", a.gradients, b.gradients)):
        relative = None
        if x["id"] in of_a and y["id"] in of_b:
            relative = relative_difference(of_a[x["id"]], of_b[y["id"]])
        elif kind in x and kind in y:
            relative = _of_documents(x[kind], y[kind])
        if relative is not None and x["role"] != "constant":
            found.append({"variable": x["label"], "of": kind, "relative": relative})
    return found


def relative_difference(x: Any, y: Any) -> float | None:
    """The norm of the difference over the larger norm; None where the shapes differ, inf where one is not finite."""
    x, y = np.asarray(x), np.asarray(y)
    if x.shape != y.shape or x.dtype.kind not in "fcbiu":
        return None
    x, y = x.astype(complex), y.astype(complex)
    same = (x == y) | (np.isnan(x) & np.isnan(y))
    if same.all():
        return 0.0
    if not (np.isfinite(x) == np.isfinite(y)).all():
        return float("inf")
    with np.errstate(all="ignore"):
        scale = max(float(np.abs(x[~same]).max()), float(np.abs(y[~same]).max()))
        apart = np.where(same, 0, x - y)
        size = max(_norm(x, scale), _norm(y, scale))
        return float(_norm(apart, scale) / size) if size > 0 else 0.0


def _norm(x: Any, scale: float) -> float:
    finite = np.where(np.isfinite(x), x, 0)
    return float(np.sqrt(np.sum(np.square(np.abs(finite / scale)))))


def _of_documents(x: dict[str, Any], y: dict[str, Any]) -> float | None:
    if "numbers" in x and "numbers" in y:
        try:
            return relative_difference(np.asarray(x["numbers"], float), np.asarray(y["numbers"], float))
        except ValueError:  # of texts such as nan, or of other shapes
            return 0.0 if x["numbers"] == y["numbers"] else None
    if "statistics" not in x or "statistics" not in y:
        return None
    parts = [(x["statistics"][name], y["statistics"][name]) for name in ("min", "mean", "max", "rms")]
    pairs = [(p, q) for p, q in parts if isinstance(p, float) and isinstance(q, float)]
    scale = max((abs(n) for pair in pairs for n in pair), default=0.0)
    return max((abs(p - q) / scale for p, q in pairs), default=0.0) if scale > 0 else 0.0
