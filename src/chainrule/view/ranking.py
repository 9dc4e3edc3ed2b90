"""The rank of each item of a level: the data's longest way first, everything else beside it."""

from __future__ import annotations

from .levels import TOO_MANY_EDGES, Item, Level, LevelEdge

FAN = 3  # leaves from which on none of them is the straight way on
WIDEST = 12  # leaves of one rank that stand side by side
LONGEST = 10  # ranks over which an edge bends; longer ones take a lane beside
BENDS = 4  # bends for each item of a level, on average, before shorter edges take lanes too


def rank(level: Level) -> None:
    """Give ranks to the items, mark the spine, and let long edges bend or take a lane."""
    items, edges = level.items, level.edges
    before: list[list[int]] = [[] for _ in items]
    after: list[list[int]] = [[] for _ in items]
    for a, b in dict.fromkeys((edge.source, edge.target) for edge in edges):
        before[b].append(a)
        after[a].append(b)
    order = _sorted(items, before, after)
    ranks, data = _ranks(items, before, after, order)
    ranks = _spread(items, ranks, before, after)
    for item, each in zip(items, ranks, strict=True):
        item.rank = each
    for k in _spine(items, before, after, order, data):
        items[k].spine = True
    _bend(level)


def _sorted(items: list[Item], before: list[list[int]], after: list[list[int]]) -> list[int]:
    """Parents first; where there is a choice, as the items stand."""
    missing = [len(each) for each in before]
    found = [k for k, n in enumerate(missing) if n == 0]
    for k in found:  # which grows
        for j in after[k]:
            missing[j] -= 1
            if missing[j] == 0:
                found.append(j)
    return found


def _longest(before: list[list[int]], order: list[int], start: list[int]) -> list[int]:
    ranks = list(start)
    for k in order:
        for j in before[k]:
            if ranks[j] + 1 > ranks[k]:
                ranks[k] = ranks[j] + 1
    return ranks


def _ranks(
    items: list[Item], before: list[list[int]], after: list[list[int]], order: list[int]
) -> tuple[list[int], list[bool]]:
    """The ranks, and what is on the way of the data."""
    zero = [0] * len(items)
    plain = _longest(before, order, zero)
    # The data's way: what comes from the leaf where the longest way begins.
    data = [False] * len(items)
    k = max(order, key=lambda k: (plain[k], k), default=0)
    while order and before[k]:
        k = max(before[k], key=lambda j: plain[j])
    if order:
        data[k] = True
    for j in order:
        data[j] = data[j] or any(data[i] for i in before[j])
    of_data = _longest([[i for i in before[j] if data[i]] for j in range(len(items))], order, zero)
    start = zero
    for j in order:
        if not before[j] and not data[j]:
            start[j] = max(0, min((of_data[i] for i in after[j] if data[i]), default=1) - 1)
    ranks = _longest(before, order, start)
    _pull_down(ranks, before, after, order, data)
    _ports_outside(items, ranks)
    return ranks, data


def _pull_down(
    ranks: list[int], before: list[list[int]], after: list[list[int]], order: list[int], data: list[bool]
) -> None:
    """Leaves, and what is made from leaves of its own alone, down to their first use."""
    free = [False] * len(ranks)
    for k in order:
        free[k] = not data[k] and all(free[j] and len(after[j]) == 1 for j in before[k])
    for k in reversed(order):
        if after[k] and (free[k] or not before[k]):
            ranks[k] = max(ranks[k], min(ranks[j] for j in after[k]) - 1)


def _ports_outside(items: list[Item], ranks: list[int]) -> None:
    """Ports of what comes in above all, ports of what goes out below."""
    inside = [ranks[k] for k, item in enumerate(items) if item.kind not in ("in", "out")]
    first, last = min(inside, default=0), max(inside, default=0)
    shift = 1 if any(item.kind == "in" for item in items) else 0
    for k, item in enumerate(items):
        ranks[k] = 0 if item.kind == "in" else ranks[k] - first + shift
        if item.kind == "out":
            ranks[k] = last - first + shift + 1


def _spread(items: list[Item], ranks: list[int], before: list[list[int]], after: list[list[int]]) -> list[int]:
    """Where very many leaves would stand side by side, let them stand in several rows."""
    rows: dict[int, list[int]] = {}
    for k, r in enumerate(ranks):
        if not before[k] and items[k].kind != "in":
            rows.setdefault(r, []).append(k)
    extra, moved = {}, {}
    for r, leaves in rows.items():
        if len(leaves) > WIDEST:
            n = -(-len(leaves) // WIDEST)
            length = -(-len(leaves) // n)
            extra[r] = n - 1
            for place, k in enumerate(leaves):
                moved[k] = place // length
    if not extra:
        return ranks
    shift, total = [], 0
    for r in range(max(ranks) + 1):
        shift.append(total)
        total += extra.get(r, 0)
    return [r + shift[r] + (moved[k] if k in moved else extra.get(r, 0)) for k, r in enumerate(ranks)]


def _spine(
    items: list[Item], before: list[list[int]], after: list[list[int]], order: list[int], data: list[bool]
) -> list[int]:
    """From the last result back along the longest way of the data."""
    if not order:
        return []
    ends = [k for k in order if not after[k] and before[k]] or order
    k = max(ends, key=lambda k: (data[k], max((items[j].rank for j in before[k]), default=-1), k))
    found = [k]
    while before[k] and not (len(before[k]) > FAN and not any(before[j] for j in before[k])):
        k = max(before[k], key=lambda j: (data[j], items[j].rank, -before[k].index(j)))
        found.append(k)
    return found


def _bend(level: Level) -> None:
    """Bends where an edge passes ranks, one chain for all edges of a variable; a lane where that would be too many."""
    items = level.items
    leaving: dict[int, set[int]] = {}
    for edge in level.edges:
        leaving.setdefault(edge.source, set()).add(edge.variable)
    longest = LONGEST
    while longest > 1 and _bends(level, longest) > BENDS * len(items) + 100:
        longest -= 1
    straight = _straight_ranks(items)
    chains: dict[tuple[int, int], list[int]] = {}
    long = []
    for edge in level.edges:
        source, target = items[edge.source], items[edge.target]
        span = target.rank - source.rank
        if span > longest:
            long.append(edge)
        elif span > 1:
            shared = len(leaving[edge.source]) > TOO_MANY_EDGES
            chain = chains.setdefault((edge.source, -1 if shared else edge.variable), [])
            while len(chain) < span - 1:
                rank = source.rank + len(chain) + 1
                spine = source.spine and target.spine and rank not in straight
                if spine:
                    straight.add(rank)
                chain.append(len(items))
                items.append(Item("bend", edge.source, rank, 0, spine))
            edge.through = tuple(chain[: span - 1])
    _take_lanes(items, long)


def _straight_ranks(items: list[Item]) -> set[int]:
    """The ranks where something of the spine stands."""
    return {item.rank for item in items if item.spine}


def _take_lanes(items: list[Item], long: list[LevelEdge]) -> None:
    """A lane for each variable with long edges, the next to the ranks that is free there."""
    ends: dict[tuple[int, int], int] = {}
    for edge in long:
        key = (edge.source, edge.variable)
        ends[key] = max(ends.get(key, 0), items[edge.target].rank)
    lanes: dict[tuple[int, int], int] = {}
    free: list[int] = []  # for each lane, the rank from which on it is free
    for key in sorted(ends, key=lambda key: (items[key[0]].rank, -ends[key])):
        start = items[key[0]].rank
        lane = next((k for k, until in enumerate(free) if until <= start), len(free))
        free[lane : lane + 1] = [ends[key]]
        lanes[key] = lane
    for edge in long:
        edge.lane = lanes[edge.source, edge.variable]


def _bends(level: Level, longest: int) -> int:
    """How many bends there would be."""
    far: dict[tuple[int, int], int] = {}
    for edge in level.edges:
        span = level.items[edge.target].rank - level.items[edge.source].rank
        if 1 < span <= longest:
            key = (edge.source, edge.variable)
            far[key] = max(far.get(key, 0), span - 1)
    return sum(far.values())
