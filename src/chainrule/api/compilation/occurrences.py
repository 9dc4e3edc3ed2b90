"""Where a function's code names something, and what is done with it there: read from its instructions.

An array from outside of a function is read anew at each call of the compiled function. That is right only if every use
of it was seen by the trace; code that looks at its values by itself (`if W[0] > 0:`) decides by them unseen. So each
place in the code where the name stands is compared with the operations that the trace has recorded.
"""

from __future__ import annotations

import dis
import functools
import itertools
from collections.abc import Iterable, Iterator
from types import CodeType
from typing import Any, NamedTuple

Span = tuple[int, int, int, int]  # first line, column, last line, column

_TELLS_TYPES = frozenset({"shape", "dtype", "ndim", "size", "nbytes", "itemsize"})
_TURNS = frozenset({"T", "mT"})
# Names by which code can reach others that are not written in it.
DYNAMIC = frozenset({"globals", "locals", "vars", "getattr", "attrgetter", "eval", "exec", "__dict__", "__globals__"})

ALL_GLOBALS = frozenset({"globals", "eval", "exec"})  # those of them that reach every global


class Key(NamedTuple):
    """A step from an object to one that it holds: an attribute or an item."""

    kind: str
    name: Any


class Around(NamedTuple):
    """The expression around a name, and the one around that."""

    span: Span
    makes: str  # "view", "list", or nothing of note
    outer: Span | None


class Occurrence(NamedTuple):
    """A name in the code: how it is loaded, and the attributes and items that are taken from it."""

    kind: str  # "name", "local", "attribute"
    name: str
    steps: tuple[Key, ...]
    around: tuple[Around | None, ...]  # around the name itself, around it with its first step...


@functools.lru_cache(maxsize=4096)
def codes_in(code: CodeType) -> tuple[CodeType, ...]:
    """A code and those of the functions written within it."""
    found = [code]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found += codes_in(constant)
    return tuple(found)


@functools.lru_cache(maxsize=4096)
def names_in(code: CodeType) -> frozenset[str]:
    """All names of globals and attributes, and texts that could be such."""
    texts = (c for c in code.co_consts if isinstance(c, str) and c.isidentifier())
    return frozenset((*code.co_names, *texts))


def texts_in(code: CodeType) -> Iterator[str]:
    """All texts that are written in it."""
    return (c for c in code.co_consts if isinstance(c, str))


@functools.lru_cache(maxsize=4096)
def globals_in(code: CodeType) -> tuple[str, ...]:
    """The names of globals that a code, or a function within it, reads."""
    found = {
        str(i.argval): None
        for each in codes_in(code)
        for i in dis.get_instructions(each)
        if i.opname.startswith("LOAD") and ("GLOBAL" in i.opname or i.opname in ("LOAD_NAME", "LOAD_FROM_DICT"))
    }
    return tuple(found)


@functools.lru_cache(maxsize=4096)
def asks_for_types(code: CodeType) -> bool:
    """Whether `type(x)` stands there, of anything but self: a traced array passes for an ndarray or a float by
    isinstance only."""
    instructions = [i for i in dis.get_instructions(code) if i.opname != "CACHE"]
    for i, following in itertools.pairwise(instructions):
        named = i.argval == "type" and i.opname in ("LOAD_GLOBAL", "LOAD_NAME")
        if named and not (following.opname.startswith("LOAD_FAST") and following.argval in ("self", "cls")):
            return True
    return False


@functools.lru_cache(maxsize=4096)
def occurrences_in(code: CodeType) -> tuple[Occurrence, ...]:
    return tuple(_occurrences(code))


def _occurrences(code: CodeType) -> Iterator[Occurrence]:
    instructions = [i for i in dis.get_instructions(code) if i.opname not in ("EXTENDED_ARG", "CACHE", "RESUME")]
    spans = [_span(i) for i in instructions]
    for k, instruction in enumerate(instructions):
        kind = _loads(instruction.opname)
        if kind is None:
            continue
        steps, ends = _steps_after(instructions, k)
        around = tuple(_described(instructions, spans, spans[end]) for end in (k, *ends))
        yield Occurrence(kind, str(instruction.argval), steps, around)


def _loads(opname: str) -> str | None:
    if opname in ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR"):
        return "attribute"
    if not opname.startswith("LOAD"):
        return None
    if "GLOBAL" in opname or "DEREF" in opname or opname == "LOAD_NAME":
        return "name"
    return "local" if "FAST" in opname else None


def _steps_after(instructions: list[dis.Instruction], k: int) -> tuple[tuple[Key, ...], list[int]]:
    steps: list[Key] = []
    ends: list[int] = []
    k += 1
    while k < len(instructions):
        here = instructions[k]
        if here.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            steps.append(Key("attribute", here.argval))
            ends.append(k)
            k += 1
            continue
        following = instructions[k + 1] if k + 1 < len(instructions) else None
        constant = here.opname in ("LOAD_CONST", "LOAD_SMALL_INT")
        if constant and following is not None and _takes_item(following):
            key = here.argval
            steps.append(Key("item", key))
            ends.append(k + 1)
            k += 2
            continue
        break
    return tuple(steps), ends


def _takes_item(instruction: dis.Instruction) -> bool:
    return instruction.opname == "BINARY_SUBSCR" or (instruction.opname == "BINARY_OP" and instruction.argrepr == "[]")


def _span(instruction: dis.Instruction) -> Span | None:
    place = instruction.positions
    if place is None or place.lineno is None or place.end_lineno is None:
        return None
    if place.col_offset is None or place.end_col_offset is None:
        return None
    return place.lineno, place.col_offset, place.end_lineno, place.end_col_offset


def span_at(code: CodeType, instruction: int) -> Span | None:
    """Of the expression that an instruction computes, by its offset (or that of the cache behind it)."""
    spans = _spans(code)
    return spans[instruction // 2] if 0 <= instruction // 2 < len(spans) else None


@functools.lru_cache(maxsize=4096)
def _spans(code: CodeType) -> tuple[Span | None, ...]:
    return tuple(
        None if None in (line, end_line, start, end) else (line, start, end_line, end)  # type: ignore[misc]
        for line, end_line, start, end in code.co_positions()
    )


def _described(instructions: list[dis.Instruction], spans: list[Span | None], inner: Span | None) -> Around | None:
    span = _around(spans, inner)
    if span is None:
        return None
    makes = ""
    for instruction, here in zip(instructions, spans, strict=True):
        if here == span:
            makes = _what_it_makes(instruction) or makes
    return Around(span, makes, _around(spans, span))


def _what_it_makes(instruction: dis.Instruction) -> str:
    if instruction.opname in ("BUILD_LIST", "BUILD_TUPLE"):
        return "list"
    if _takes_item(instruction) or instruction.opname == "BINARY_SLICE":
        return "view"
    return "view" if instruction.opname == "LOAD_ATTR" and instruction.argval in _TURNS else ""


def _around(spans: list[Span | None], inner: Span | None) -> Span | None:
    """The smallest expression that is more than this one."""
    best: Span | None = None
    if inner is None:
        return None
    for span in spans:
        if span is None or span == inner or span[:2] > inner[:2] or span[2:] < inner[2:]:
            continue
        if best is None or (span[:2] >= best[:2] and span[2:] <= best[2:]):
            best = span
    return best


class Use(NamedTuple):
    """An operation of the trace took an array, as it is or turned, at this place in the code."""

    code: CodeType
    span: Span
    turned: bool


def all_seen(kind: str, name: str, rest: tuple[Key, ...], codes: Iterable[CodeType], uses: set[Use]) -> bool:
    """Whether wherever a name stands in the codes, what is reached by it and the rest of the way is taken by a recorded
    operation, or not reached at all."""
    for code in codes:
        for o in occurrences_in(code):
            if o.kind == kind and o.name == name and not _is_seen(code, o, rest, uses):
                return False
    return True


def _is_seen(code: CodeType, o: Occurrence, rest: tuple[Key, ...], uses: set[Use]) -> bool:
    for wanted, step in zip(rest, o.steps, strict=False):
        if step != wanted:
            return step.kind == wanted.kind  # another attribute or item; else something that cannot be told
    if len(o.steps) < len(rest):
        return False
    more = o.steps[len(rest) :]
    if more and more[0].kind == "attribute" and more[0].name in _TELLS_TYPES:
        return True
    around = o.around[len(rest)]
    if around is None:
        return False
    if around.makes == "view":
        return around.outer is not None and Use(code, around.outer, True) in uses
    if around.makes == "list":
        return around.outer is not None and Use(code, around.outer, False) in uses
    return not more and Use(code, around.span, False) in uses
