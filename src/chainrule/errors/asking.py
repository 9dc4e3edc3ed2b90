"""Who asked an object for its value: what the user's code did at that moment, read from its frame.

Only for errors: slow, and nothing is run. A name is looked up where it stands, an attribute only in what Python
keeps in dicts, so that no property and no `__getattr__` is called.
"""

from __future__ import annotations

import ast
import builtins
import dis
import inspect
import itertools
import linecache
import sys
from collections.abc import Iterator
from types import FrameType, ModuleType, TracebackType
from typing import Any

from .origin import Origin, is_library, is_numpys, is_ours

UNKNOWN = object()


class Asking:
    """An instruction of the user's that made something else ask for a value.

    Attributes
    ----------
    instruction : str
        Its name in Python's byte code: "CALL", "STORE_SUBSCR", "BINARY_OP"...
    directly : bool
        Whether the user's own code asks, and not Python code of a library that it has called.
    entered : frame or None
        The library's function that the user's code has called, where that is Python.
    node : ast.AST or None
        The expression, where the source is to be had; the statement of `x += y`.
    """

    def __init__(
        self,
        frame: FrameType,
        asker: FrameType,
        instruction: int | None = None,
        entered: FrameType | None = None,
    ):
        self.frame, self.entered = frame, entered
        self.place = frame.f_lasti if instruction is None else instruction
        self.instruction = dis.opname[frame.f_code.co_code[self.place]]
        self.directly = asker is frame
        self.module = asker.f_globals.get("__name__", "")
        self.node = expression_at(frame, self.place)

    @classmethod
    def in_traceback(cls, traceback: TracebackType | None) -> Asking | None:
        """The user's call that raised in code of others, at once or further on; None where it is the user's or ours."""
        last = None
        while traceback is not None:
            file = traceback.tb_frame.f_code.co_filename
            if not is_library(file):
                last = traceback
            elif last is not None and (is_ours(file) or is_numpys(file)):
                return None
            traceback = traceback.tb_next
        return None if last is None else cls(last.tb_frame, last.tb_frame, last.tb_lasti)

    @classmethod
    def at_last_call(cls, traceback: TracebackType | None) -> Asking | None:
        """The user's call or operator in which code of others has raised; None where the user's own code has."""
        last = None
        while traceback is not None:
            last = last if is_library(traceback.tb_frame.f_code.co_filename) else traceback
            traceback = traceback.tb_next
        if last is None or last.tb_next is None:
            return None
        return cls(last.tb_frame, last.tb_frame, last.tb_lasti)

    @property
    def operand_nodes(self) -> list[ast.expr]:
        """The expressions that stand where operands do: `A` and `x` in `A @ x`, `a` and `b` in `np.stack([a, b])`."""
        return [] if self.node is None else list(_operands(self.node))

    @property
    def operands(self) -> list[Any]:
        """What they stand for, of those that are names."""
        return [x for node in self.operand_nodes if (x := looked_up(node, self.frame)) is not UNKNOWN]

    @property
    def verb(self) -> str:
        """What is done, in a word: `matmul` of `A @ x`, `stack` of `np.stack([a, b])`."""
        node = self.node
        if isinstance(node, ast.Call):
            return ast.unparse(node.func).rpartition(".")[2]
        if isinstance(node, (ast.BinOp, ast.AugAssign, ast.UnaryOp)):
            return _VERBS.get(type(node.op), type(node.op).__name__.lower())
        return type(node).__name__.lower() if node is not None else "operation"

    @property
    def arguments(self) -> dict[str, Any]:
        """The names in the arguments of the call, and what they stand for."""
        if not isinstance(self.node, ast.Call):
            return {}
        nodes = [*self.node.args, *(keyword.value for keyword in self.node.keywords)]
        names = [part for node in nodes for part in ast.walk(node) if isinstance(part, ast.Name)]
        return {name.id: looked_up(name, self.frame) for name in names}

    @property
    def callee(self) -> str | None:
        """What is called, as the user wrote it: `integrate.solve_ivp`."""
        return ast.unparse(self.node.func) if isinstance(self.node, ast.Call) else None

    @property
    def written_to(self) -> str | None:
        """What is written into: `y` in `y[i] = x` and `y.fill(x)`, where y is a plain array."""
        node = self.node
        if self.instruction in _STORES and isinstance(node, ast.Subscript):
            return ast.unparse(node.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _WRITES:
            return ast.unparse(node.func.value)
        return None

    @property
    def target(self) -> Any:
        """The array that is written into, or UNKNOWN."""
        node = self.node.value if isinstance(self.node, ast.Subscript) else getattr(self.node, "func", self.node)
        if isinstance(node, ast.Attribute) and not isinstance(self.node, ast.Subscript):
            node = node.value
        return looked_up(node, self.frame) if isinstance(node, ast.expr) else UNKNOWN

    @property
    def field(self) -> str | None:
        """`mass` in `y["mass"] = x`."""
        index = self.node.slice if isinstance(self.node, ast.Subscript) else None
        return index.value if isinstance(index, ast.Constant) and isinstance(index.value, str) else None

    @property
    def origin(self) -> Origin:
        return Origin((self.frame.f_code, self.place))

    @property
    def first_argument(self) -> str | None:
        """`x` in `f(x, y)`, where it is no more than a name, or a dotted one."""
        if not (isinstance(self.node, ast.Call) and self.node.args):
            return None
        first = self.node.args[0]
        return ast.unparse(first) if isinstance(first, (ast.Name, ast.Attribute)) else None

    @property
    def not_in_place(self) -> str | None:
        """`x = x + y` where the user's code does `x += y`."""
        node = self.node
        if not (isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)):
            return None
        name = node.target.id
        result = ast.BinOp(ast.Name(name, ast.Load()), node.op, node.value)
        return f"{name} = {ast.unparse(result)}"

    @property
    def operation(self) -> str | None:
        """`A @ x`, as the user wrote it."""
        return ast.unparse(self.node) if isinstance(self.node, ast.BinOp) else None

    @property
    def name(self) -> str | None:
        """The full public name of what is called: `scipy.integrate.solve_ivp`."""
        if self.called is not UNKNOWN:
            return public_name(self.called)
        if self.entered is None:
            return None
        thing = self.entered.f_code.co_qualname.removesuffix(".__call__").removesuffix(".__init__")
        return ".".join([*_public(self.entered.f_globals.get("__name__", "").split(".")), thing])

    @property
    def called(self) -> Any:
        """What is called, or UNKNOWN."""
        return looked_up(self.node.func, self.frame) if isinstance(self.node, ast.Call) else UNKNOWN

    @property
    def calls_a_library(self) -> bool:
        """Whether what is called is compiled, or stands in a library's file."""
        module = sys.modules.get(module_of(named(self.called)) or "")
        file = vars(module).get("__file__") if module is not None else None
        return module is not None and (file is None or not file.endswith(".py") or is_library(file))


_VERBS = {
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.MatMult: "matmul",
    ast.Div: "divide",
    ast.Pow: "power",
    ast.USub: "negative",
}
_STORES = ("STORE_SUBSCR", "STORE_SLICE")
_WRITES = ("__setitem__", "fill", "put", "itemset", "setfield")  # methods of ndarray


def asking(depth: int = 2) -> Asking | None:
    """The user's instruction because of which the caller of the caller runs; None where no user's code is under way."""
    asker: FrameType | None = sys._getframe(depth)
    while asker is not None and is_ours(asker.f_code.co_filename):
        asker = asker.f_back
    frame, entered = asker, None
    while frame is not None and is_library(frame.f_code.co_filename):
        frame, entered = frame.f_back, frame
    return Asking(frame, asker, entered=entered) if frame is not None and asker is not None else None


def passed_users_code(error: BaseException) -> bool:
    """Whether an error, where it is caught, has come through code of the user's that was called from there."""
    link = error.__traceback__
    while link is not None:
        if not is_library(link.tb_frame.f_code.co_filename):
            return True
        link = link.tb_next
    return False


def expression_at(frame: FrameType, instruction: int) -> ast.AST | None:
    """The expression, or the statement, that the instruction stands for."""
    positions = itertools.islice(frame.f_code.co_positions(), instruction // 2, None)
    line, end_line, start, end = next(positions, (None,) * 4)
    if line is None or end_line is None or start is None or end is None:
        return None
    source = linecache.getlines(frame.f_code.co_filename, frame.f_globals)
    lines = [text.encode() for text in source[line - 1 : end_line]]
    if len(lines) != end_line - line + 1:
        return None
    lines[-1] = lines[-1][:end]  # columns are offsets into bytes
    lines[0] = lines[0][start:]
    text = b"".join(lines).decode(errors="ignore")
    for statement in (f"({text}\n)", text):  # an expression over several lines; else `x += y`
        try:
            node = ast.parse(statement).body[0]
        except SyntaxError:
            continue
        return node.value if isinstance(node, ast.Expr) else node
    return None


def _operands(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp):
        yield from (node.left, node.right)
    elif isinstance(node, ast.AugAssign):
        yield from (node.target, node.value)
    elif isinstance(node, ast.Compare):
        yield from (node.left, *node.comparators)
    elif isinstance(node, ast.UnaryOp):
        yield node.operand
    elif isinstance(node, ast.Subscript):
        yield node.value
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute):
            yield node.func.value  # x.dot(y)
        for each in (*node.args, *(keyword.value for keyword in node.keywords)):
            items = each.elts if isinstance(each, (ast.List, ast.Tuple)) else [each]
            yield from (item for item in items if not isinstance(item, (ast.Constant, ast.Starred)))


def looked_up(node: ast.expr, frame: FrameType) -> Any:
    """The object that a name or a dotted name stands for, or UNKNOWN."""
    if isinstance(node, ast.Name):
        for names in (frame.f_locals, frame.f_globals, vars(builtins)):
            if node.id in names:
                return names[node.id]
        return UNKNOWN
    if not isinstance(node, ast.Attribute):
        return UNKNOWN
    owner = looked_up(node.value, frame)
    if owner is UNKNOWN:
        return UNKNOWN
    if isinstance(owner, ModuleType):
        return vars(owner).get(node.attr, UNKNOWN)
    found = inspect.getattr_static(owner, node.attr, UNKNOWN)
    return found.__func__ if isinstance(found, (staticmethod, classmethod)) else found


def named(thing: Any) -> Any:
    """What has a name: a function, a class; of any other object, its class."""
    return thing if inspect.isroutine(thing) or isinstance(thing, type) else type(thing)


def module_of(thing: Any) -> str | None:
    """The name of the module in which a function or a class stands."""
    module = getattr(thing, "__module__", None) or getattr(getattr(thing, "__objclass__", None), "__module__", None)
    return module if isinstance(module, str) else None


def public_name(thing: Any) -> str | None:
    """`scipy.integrate.solve_ivp` for what stands in scipy.integrate._ivp.ivp; of an object, that of its class."""
    thing = named(thing)
    name = getattr(thing, "__qualname__", None) or getattr(thing, "__name__", None)
    module = module_of(thing)
    if not isinstance(name, str):
        return None
    return name if module in (None, "builtins") else ".".join([*_public(module.split(".")), name])


def _public(parts: list[str]) -> Iterator[str]:
    yield parts[0].lstrip("_")  # _struct, in which struct.pack stands
    yield from itertools.takewhile(lambda part: not part.startswith("_"), parts[1:])
