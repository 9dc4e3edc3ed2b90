"""Expressions: trees of mathematics over symbols, each of which can be evaluated.

Vectors are columns and keep their one axis; a transposed vector is a Row. Functions, powers and quotients work entry by
entry, as in NumPy. Rows of a matrix and a vector are never broadcast tacitly, numbers and arrays of more axes are.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, final

from ...original import np

Shape = tuple[int, ...]
Values = Mapping[Hashable, Any]


@final
class RowShape(tuple[int, ...]):
    """The shape of a transposed vector."""

    __slots__ = ()


@final
class Row:
    """The value of a transposed vector."""

    __slots__ = ("vector",)

    def __init__(self, vector: Any):
        self.vector = vector


@dataclasses.dataclass(frozen=True)
class Expression:
    """One of the kinds below."""

    @property
    def parts(self) -> tuple[Expression, ...]:
        return ()

    @property
    def shape(self) -> Shape:
        raise NotImplementedError

    def evaluate(self, values: Values) -> Any:
        raise NotImplementedError

    @functools.cached_property
    def has_symbols(self) -> bool:
        return isinstance(self, Symbol) or any(part.has_symbols for part in self.parts)

    @functools.cached_property
    def has_constants(self) -> bool:
        """Whether an array of constants stands in it, which has a letter only."""
        alone = isinstance(self, Call) and not self.arguments
        return alone or any(part.has_constants for part in self.parts)

    @functools.cached_property
    def nodes(self) -> int:
        """How large the tree is."""
        return 1 + sum(part.nodes for part in self.parts)

    def symbols(self) -> Iterator[Symbol]:
        """Every symbol, as often as it occurs, from left to right."""
        if isinstance(self, Symbol):
            yield self
        for part in self.parts:
            yield from part.symbols()


@final
@dataclasses.dataclass(frozen=True)
class Symbol(Expression):
    """A variable, or with a bar its adjoint. `key` says which; how it is called is told when it is written."""

    key: Hashable
    its_shape: Shape
    bar: bool = False

    @property
    def shape(self) -> Shape:
        return self.its_shape

    def evaluate(self, values: Values) -> Any:
        return values[(self.key, "bar") if self.bar else self.key]


@final
@dataclasses.dataclass(frozen=True)
class Number(Expression):
    """A number; `written` where it has a name or a closed form, as pi has."""

    value: complex
    written: str = ""

    @property
    def shape(self) -> Shape:
        return ()

    def evaluate(self, values: Values) -> Any:
        return self.value


@final
@dataclasses.dataclass(frozen=True)
class Ones(Expression):
    """A vector of ones."""

    size: int

    @property
    def shape(self) -> Shape:
        return (self.size,)

    def evaluate(self, values: Values) -> Any:
        return np.ones(self.size, int)


@final
@dataclasses.dataclass(frozen=True)
class Identity(Expression):
    size: int

    @property
    def shape(self) -> Shape:
        return (self.size, self.size)

    def evaluate(self, values: Values) -> Any:
        return np.eye(self.size)


@final
@dataclasses.dataclass(frozen=True)
class Zeros(Expression):
    its_shape: Shape

    @property
    def shape(self) -> Shape:
        return self.its_shape

    def evaluate(self, values: Values) -> Any:
        return np.zeros(self.its_shape, int)


@dataclasses.dataclass(frozen=True)
class OfSeveral(Expression):
    operands: tuple[Expression, ...]

    @property
    def parts(self) -> tuple[Expression, ...]:
        return self.operands

    @property
    def shape(self) -> Shape:
        shapes = [part.shape for part in self.operands]
        if all(isinstance(shape, RowShape) or not shape for shape in shapes) and any(shapes):
            return next(shape for shape in shapes if shape)
        return np.broadcast_shapes(*shapes)


@final
@dataclasses.dataclass(frozen=True)
class Sum(OfSeveral):
    """Terms with their signs within them."""

    def evaluate(self, values: Values) -> Any:
        first, *rest = [part.evaluate(values) for part in self.operands]
        for each in rest:
            first = _entry_by_entry(np.add, first, each)
        return first


@final
@dataclasses.dataclass(frozen=True)
class Hadamard(OfSeveral):
    """The product entry by entry."""

    def evaluate(self, values: Values) -> Any:
        first, *rest = [part.evaluate(values) for part in self.operands]
        for each in rest:
            first = _entry_by_entry(np.multiply, first, each)
        return first


@final
@dataclasses.dataclass(frozen=True)
class Product(OfSeveral):
    """The matrix product, numbers in front."""

    @property
    def shape(self) -> Shape:
        shape: Shape = ()
        for part in self.operands:
            shape = _shape_of_product(shape, part.shape)
        return shape

    def evaluate(self, values: Values) -> Any:
        first, *rest = [part.evaluate(values) for part in self.operands]
        for each in rest:
            first = _product(first, each)
        return first


def _shape_of_product(a: Shape, b: Shape) -> Shape:
    if not a or not b:
        return a or b
    if isinstance(a, RowShape):
        return () if len(b) == 1 and not isinstance(b, RowShape) else RowShape(b[1:])
    if isinstance(b, RowShape) or len(b) == 1:
        return (a[0], *b) if isinstance(b, RowShape) else a[:1]
    return (a[0], b[1])


def _product(a: Any, b: Any) -> Any:
    if np.ndim(plain_value(a)) == 0 or np.ndim(plain_value(b)) == 0:
        return _entry_by_entry(np.multiply, a, b)
    if isinstance(a, Row):
        return Row(a.vector @ b) if np.ndim(b) > 1 else a.vector @ b
    if isinstance(b, Row):
        return np.outer(a, b.vector)
    if np.ndim(a) == 1:
        return np.outer(a, b[0])
    return a @ b


@final
@dataclasses.dataclass(frozen=True)
class Kronecker(OfSeveral):
    @property
    def shape(self) -> Shape:
        shapes = [as_matrix(part.shape) for part in self.operands]
        return (math.prod(shape[0] for shape in shapes), math.prod(shape[1] for shape in shapes))

    def evaluate(self, values: Values) -> Any:
        found = np.ones((1, 1))
        for part in self.operands:
            value = part.evaluate(values)
            matrix = np.reshape(plain_value(value), as_matrix(part.shape))
            found = np.kron(found, matrix)
        return found


def as_matrix(shape: Shape) -> Shape:
    """Rows and columns: of a vector one column, of a transposed one, one row."""
    if isinstance(shape, RowShape):
        return (1, *shape)
    return shape if len(shape) == 2 else (math.prod(shape), 1)


@dataclasses.dataclass(frozen=True)
class OfOne(Expression):
    operand: Expression

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.operand,)

    @property
    def shape(self) -> Shape:
        return self.operand.shape


@final
@dataclasses.dataclass(frozen=True)
class Negative(OfOne):
    def evaluate(self, values: Values) -> Any:
        return _entry_by_entry(lambda a: np.negative(a), self.operand.evaluate(values))


@final
@dataclasses.dataclass(frozen=True)
class Transpose(OfOne):
    @property
    def shape(self) -> Shape:
        shape = self.operand.shape
        if len(shape) == 1:
            return tuple(shape) if isinstance(shape, RowShape) else RowShape(shape)
        return (*shape[:-2], shape[-1], shape[-2])

    def evaluate(self, values: Values) -> Any:
        value = self.operand.evaluate(values)
        if isinstance(value, Row):
            return value.vector
        return Row(value) if np.ndim(value) == 1 else np.swapaxes(value, -1, -2)


@final
@dataclasses.dataclass(frozen=True)
class Alike(OfOne):
    """The same in a shape with other axes of size 1: a vector as a column, a number as an array. Written like it."""

    its_shape: Shape

    @property
    def shape(self) -> Shape:
        return self.its_shape

    def evaluate(self, values: Values) -> Any:
        return np.reshape(plain_value(self.operand.evaluate(values)), self.its_shape)


@final
@dataclasses.dataclass(frozen=True)
class Inverse(OfOne):
    """Of a square matrix, or of each of a stack."""

    def evaluate(self, values: Values) -> Any:
        return np.linalg.inv(self.operand.evaluate(values))


@final
@dataclasses.dataclass(frozen=True)
class Diagonal(OfOne):
    """The diagonal matrix of a vector; of an array, of its entries row by row."""

    @property
    def shape(self) -> Shape:
        n = math.prod(self.operand.shape)
        return (n, n)

    def evaluate(self, values: Values) -> Any:
        return np.diag(np.ravel(self.operand.evaluate(values)))


@final
@dataclasses.dataclass(frozen=True)
class Quotient(Expression):
    above: Expression
    below: Expression

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.above, self.below)

    @property
    def shape(self) -> Shape:
        return OfSeveral((self.above, self.below)).shape

    def evaluate(self, values: Values) -> Any:
        return _entry_by_entry(np.true_divide, self.above.evaluate(values), self.below.evaluate(values))


@final
@dataclasses.dataclass(frozen=True)
class Power(Expression):
    base: Expression
    exponent: Expression

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.base, self.exponent)

    @property
    def shape(self) -> Shape:
        return OfSeveral((self.base, self.exponent)).shape

    def evaluate(self, values: Values) -> Any:
        return _entry_by_entry(np.power, self.base.evaluate(values), self.exponent.evaluate(values))


@final
@dataclasses.dataclass(frozen=True)
class Truth(Expression):
    """1 where a relation holds and 0 elsewhere: Iverson's bracket."""

    sign: str
    operands: tuple[Expression, ...]

    @property
    def parts(self) -> tuple[Expression, ...]:
        return self.operands

    @property
    def shape(self) -> Shape:
        return OfSeveral(self.operands).shape

    def evaluate(self, values: Values) -> Any:
        return RELATIONS[self.sign](*[part.evaluate(values) for part in self.operands])


RELATIONS: dict[str, Callable[..., Any]] = {
    ">": np.greater,
    "≥": np.greater_equal,
    "<": np.less,
    "≤": np.less_equal,
    "=": np.equal,
    "≠": np.not_equal,
    "∧": np.logical_and,
    "∨": np.logical_or,
    "⊕": np.logical_xor,
    "¬": np.logical_not,
}


@final
@dataclasses.dataclass(frozen=True)
class Choice(Expression):
    """One thing where a condition holds, another elsewhere."""

    condition: Expression
    then: Expression
    otherwise: Expression

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.condition, self.then, self.otherwise)

    @property
    def shape(self) -> Shape:
        return np.broadcast_shapes(*[part.shape for part in self.parts])

    def evaluate(self, values: Values) -> Any:
        condition, then, otherwise = (part.evaluate(values) for part in self.parts)
        return np.where(condition, then, otherwise)


@final
@dataclasses.dataclass(frozen=True)
class Fenced(OfOne):
    """|x|, floors, ceilings and roots, by `kind`."""

    kind: str

    def evaluate(self, values: Values) -> Any:
        return FENCES[self.kind](self.operand.evaluate(values))


FENCES: dict[str, Callable[[Any], Any]] = {
    "abs": np.abs,
    "floor": np.floor,
    "ceil": np.ceil,
    "sqrt": np.sqrt,
    "cbrt": np.cbrt,
    "conj": np.conj,
}


@final
@dataclasses.dataclass(frozen=True)
class Call(Expression):
    """A function by its name.

    `below` and `above` are what stands as index and as exponent at the name. `shapes` is the shape of the result;
    `bare` says that arguments of one letter need no parentheses, as for log and sin.
    """

    name: str
    arguments: tuple[Expression, ...]
    function: Callable[..., Any]
    its_shape: Shape
    below: str = ""
    above: str = ""
    bare: bool = False

    @property
    def parts(self) -> tuple[Expression, ...]:
        return self.arguments

    @property
    def shape(self) -> Shape:
        return self.its_shape

    def evaluate(self, values: Values) -> Any:
        return self.function(*[plain_value(part.evaluate(values)) for part in self.arguments])


@final
@dataclasses.dataclass(frozen=True)
class Picked(OfOne):
    """Some of the entries, as an index in brackets: ``X[1:3, :]``."""

    indices: tuple[str | Expression, ...]
    function: Callable[..., Any]
    its_shape: Shape

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (self.operand, *(each for each in self.indices if isinstance(each, Expression)))

    @property
    def shape(self) -> Shape:
        return self.its_shape

    def evaluate(self, values: Values) -> Any:
        return self.function(*[plain_value(part.evaluate(values)) for part in self.parts])


@final
@dataclasses.dataclass(frozen=True)
class Indexed(Expression):
    """A sum in index notation: at the indices `out`, the sum over all others of the product of the factors.

    Indices are numbers, `sizes` tells how far each runs. A condition is a delta of two index texts (or an Iverson
    bracket) with the 0/1 array that it stands for.
    """

    factors: tuple[tuple[Expression, tuple[int, ...]], ...]
    out: tuple[int, ...]
    sizes: tuple[tuple[int, int], ...]
    conditions: tuple[Condition, ...] = ()

    @property
    def parts(self) -> tuple[Expression, ...]:
        return (*(factor for factor, _ in self.factors), *(e for c in self.conditions for e in c.parts))

    @property
    def summed(self) -> tuple[int, ...]:
        held = {n for _, names in self.factors for n in names}
        return tuple(n for n, size in self.sizes if n not in self.out and (size > 1 or n in held))

    @property
    def shape(self) -> Shape:
        sizes = dict(self.sizes)
        return tuple(sizes[n] for n in self.out)

    def evaluate(self, values: Values) -> Any:
        operands: list[Any] = []
        sizes = dict(self.sizes)
        for factor, names in self.factors:
            value = np.asarray(plain_value(factor.evaluate(values)))
            operands += [value * 1 if value.dtype == bool else value, list(names)]
        for condition in self.conditions:
            array = condition.array(sizes, [plain_value(part.evaluate(values)) for part in condition.parts])
            operands += [array, list(condition.names)]
        held = {n for names in operands[1::2] for n in names}
        for n in dict.fromkeys(self.out):
            if n not in held:
                operands += [np.ones(sizes[n]), [n]]
        unique = list(dict.fromkeys(self.out))
        compact = {n: k for k, n in enumerate(sizes)}
        for k in range(1, len(operands), 2):
            operands[k] = [compact[n] for n in operands[k]]
        contract: Any = np.einsum
        found = contract(*operands, [compact[n] for n in unique])
        if len(unique) == len(self.out):
            return found
        result = np.zeros([sizes[n] for n in self.out], found.dtype)
        axes = [unique.index(n) for n in self.out]
        contract(result, axes, list(range(len(unique))))[...] = found
        return result


@dataclasses.dataclass(frozen=True)
class Condition:
    """That indices belong together: `text` writes it, with {0}, {1}... for the letters of `names`."""

    text: str
    names: tuple[int, ...]
    indicator: Callable[..., Any]
    parts: tuple[Expression, ...] = ()
    is_delta: bool = True

    def array(self, sizes: Mapping[int, int], given: list[Any]) -> Any:
        return np.asarray(self.indicator([sizes[n] for n in self.names], *given), float)


def plain_value(value: Any) -> Any:
    """The array behind a value."""
    return value.vector if isinstance(value, Row) else value


def _entry_by_entry(function: Callable[..., Any], *values: Any) -> Any:
    """Of transposed vectors a transposed vector. Truth values are numbers."""
    values = tuple([value * 1 if np.asarray(plain_value(value)).dtype.kind == "b" else value for value in values])
    if any(isinstance(value, Row) for value in values):
        return Row(function(*[plain_value(value) for value in values]))
    return function(*values)
