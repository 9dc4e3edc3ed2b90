"""The text of a module as trees: functions, and in them loops, branches and instructions.

The emitter writes structured code: each loop and branch begins and ends with labels of its own, in order. So the text
is read from top to bottom, and what is nested in the text is nested here.
"""

import re
from dataclasses import dataclass, field

SHARE = "chainrule_share"  # the one function from outside: it runs the pieces of a kernel, by several threads


@dataclass
class Instruction:
    """`result = opcode rest`; result is None for a store and the like."""

    result: str | None
    opcode: str
    rest: str


@dataclass
class Phi:
    result: str
    type: str
    first: str
    next: str


@dataclass
class Loop:
    """Runs at least once; `limit` is a number or the name of one that is known before."""

    index: Phi
    step: int
    limit: str
    phis: list[Phi]
    items: list = field(default_factory=list)


@dataclass
class While:
    items: list


@dataclass
class Leave:
    """Go to the end of the loop where a condition is true, or is not."""

    condition: str
    where: bool


@dataclass
class Branch:
    condition: str
    then: list
    otherwise: list


@dataclass
class Function:
    name: str
    parameters: list[tuple[str, str]]  # type and name
    items: list
    result: str | None  # type and value


def parsed(text):
    """The functions of a module by name."""
    functions = {}
    pattern = re.compile(r"^define (?:internal )?\S+ @(\S+?)\((.*?)\).*?\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
    for name, parameters, body in pattern.findall(text):
        pairs = [tuple(each.split()) for each in parameters.split(", ")] if parameters else []
        lines = [line.strip() for line in body.splitlines() if line.strip()]
        assert lines.pop(0) == "entry:"
        last = lines.pop()
        assert last.startswith("ret "), last
        reader = _Reader(lines)
        items = reader.items(None)
        functions[name] = Function(name, pairs, items, None if last == "ret void" else last.removeprefix("ret "))
    return functions


class _Reader:
    def __init__(self, lines):
        self.lines, self.at = lines, 0

    def next(self):
        self.at += 1
        return self.lines[self.at - 1]

    def items(self, end):
        """Up to a line that begins with the pattern `end`, which is taken, too; or to the end of the function."""
        found = []
        while self.at < len(self.lines):
            line = self.next()
            if end is not None and re.match(end, line):
                return found
            if match := re.fullmatch(r"br label %(loop\d+)", line):
                found.append(self._loop(match[1]))
            elif match := re.fullmatch(r"br label %(while\d+)", line):
                found.append(self._while(match[1]))
            elif match := re.fullmatch(r"br i1 (\S+), label %(branch\d+)\.then, label %\2\.else", line):
                found.append(self._branch(match[1], match[2]))
            elif match := re.fullmatch(r"br i1 (\S+), label %((?:loop|while)\d+\.\w+), label %(\S+)", line):
                condition, first, second = match.groups()
                self._expect(f"{second if first.endswith('.end') else first}:")
                found.append(Leave(condition, first.endswith(".end")))
            else:
                found.append(_instruction(line))
        assert end is None, f"{end} is missing"
        return found

    def _expect(self, line):
        assert self.next() == line, (self.lines[self.at - 1], line)

    def _loop(self, label):
        self._expect(f"{label}:")
        phis = []
        while match := re.fullmatch(r"(\S+) = phi (.+?) \[(.+), %\S+\], \[(.+), %\S+\]", self.lines[self.at]):
            phis.append(Phi(*match.groups()))
            self.at += 1
        index, *carried = phis
        items = self.items(rf"{re.escape(index.next)} = ")
        step = re.fullmatch(r"\S+ = add i64 \S+, (\d+)", self.lines[self.at - 1])
        limit = re.fullmatch(r"(\S+) = icmp slt i64 \S+, (\S+)", self.next())
        assert step and limit and index.result == f"%{label}.i"
        self._expect(f"br i1 {limit[1]}, label %{label}, label %{label}.end")
        self._expect(f"{label}.end:")
        return Loop(index, int(step[1]), limit[2], carried, items)

    def _while(self, label):
        self._expect(f"{label}:")
        items = self.items(rf"br label %{label}$")
        self._expect(f"{label}.end:")
        return While(items)

    def _branch(self, condition, label):
        self._expect(f"{label}.then:")
        then = self.items(rf"br label %{label}\.end$")
        self._expect(f"{label}.else:")
        otherwise = self.items(rf"br label %{label}\.end$")
        self._expect(f"{label}.end:")
        return Branch(condition, then, otherwise)


def _instruction(line):
    result, rest = None, line
    if match := re.fullmatch(r"(%\S+) = (.*)", line):
        result, rest = match.groups()
    opcode, _, rest = rest.partition(" ")
    return Instruction(result, opcode, rest)


def split(text):
    """At the commas that stand in no bracket."""
    parts, depth, start = [], 0, 0
    for k, letter in enumerate(text):
        if letter in "<([{":
            depth += 1
        elif letter in ">)]}":
            depth -= 1
        elif letter == "," and not depth:
            parts.append(text[start:k].strip())
            start = k + 1
    return [*parts, text[start:].strip()]


def typed(text):
    """`<4 x float> %x` as its type and its value."""
    if text.startswith("<"):
        stop = text.index(">") + 1
        return text[:stop], text[stop:].strip()
    kind, _, value = text.partition(" ")
    return kind, value


def lanes_and_scalar(kind):
    """`<4 x float>` as (4, "float"), `float` as (None, "float")."""
    match = re.fullmatch(r"<(\d+) x (\S+)>", kind)
    return (int(match[1]), match[2]) if match else (None, kind)


SIZES = {"i1": 1, "i8": 1, "i16": 2, "i32": 4, "i64": 8, "half": 2, "float": 4, "double": 8, "ptr": 8}


def size_of(kind):
    """Of a value in memory [bytes]."""
    lanes, scalar = lanes_and_scalar(kind)
    return SIZES[scalar] * (lanes or 1)


def allocated(rest):
    """The size of what an alloca makes [bytes]."""
    kind = split(rest)[0]
    match = re.fullmatch(r"\[(\d+) x (\S+)\]", kind)
    return int(match[1]) * SIZES[match[2]] if match else size_of(kind)
