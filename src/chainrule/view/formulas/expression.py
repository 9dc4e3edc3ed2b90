"""Expressions: trees of mathematics over symbols, each of which can be evaluated.

Vectors are columns and keep their one axis; a transposed vector is a Row. Functions, powers and quotients work entry by
entry, as in NumPy. Rows of a matrix and a vector are never broadcast tacitly, numbers and arrays of more axes are.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final, final

from ...original import np
from ..numbers import the_number

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


# Ways to make them, in which what is trivial has gone.

ONE, ZERO = Number(1), Number(0)


def add(*terms: Expression) -> Expression:
    flat: list[Expression] = []
    for term in terms:
        flat += term.operands if isinstance(term, Sum) else [term]
    kept = [term for term in flat if not is_number(term, 0) and not isinstance(term, Zeros)]
    shapes = [term.shape for term in flat]
    flat = kept if kept and OfSeveral(tuple(kept)).shape == np.broadcast_shapes(*shapes) else flat or [ZERO]
    flat = _with_multiples(flat)
    return flat[0] if len(flat) == 1 else Sum(tuple(flat))


def _with_multiples(terms: list[Expression]) -> list[Expression]:
    """x + x is 2 x."""
    found: list[Expression] = []
    counts: list[int] = []
    for term in terms:
        is_open = term.has_symbols
        if is_open and term in found:
            counts[found.index(term)] += 1
        else:
            found.append(term)
            counts.append(1)
    if max(counts) == 1:
        return terms
    return [term if n == 1 else product(Number(n), term) for term, n in zip(found, counts, strict=True)]


def negative(x: Expression) -> Expression:
    if isinstance(x, Negative):
        return x.operand
    if isinstance(x, Number) and not x.written:
        return Number(-x.value)
    return Negative(x)


def subtract(a: Expression, b: Expression) -> Expression:
    if isinstance(b, Sum):
        return add(a, *(negative(term) for term in b.operands))
    return add(a, negative(b))


def is_number(x: Expression, value: complex) -> bool:
    return isinstance(x, Number) and x.value == value


def _sign_of(parts: list[Expression]) -> tuple[bool, list[Expression]]:
    """Whether the product of them is negative, and what they are without their signs."""
    minus, found = False, []
    for part in parts:
        if isinstance(part, Negative):
            minus, part = not minus, part.operand
        elif isinstance(part, Number) and not part.written and part.value.imag == 0 and part.value.real < 0:
            minus, part = not minus, Number(-part.value)
        found.append(part)
    return minus, found


def product(*parts: Expression) -> Expression:
    """The matrix product; numbers go to the front and are multiplied."""
    minus, flat = _sign_of(_factors(parts))
    more, flat = _sign_of(_factors(flat))
    scalars = [part for part in flat if not part.shape]
    others = [part for part in flat if part.shape]
    known: complex = 1
    named = []
    for part in scalars:
        if isinstance(part, Number) and not part.written:
            known = _times(known, part.value)
        else:
            named.append(part)
    front = [] if known == 1 else [Number(known)]
    fractions = [e for e in named if isinstance(e, Quotient) and (e.has_symbols or is_number(e.above, 1))]
    if len(fractions) == 1 and len(front + named + others) > 1 and not (fractions[0].has_symbols and others):
        named.remove(fractions[0])
        rest = product(*front, *named, fractions[0].above, *others)
        return negative(quotient(rest, fractions[0].below)) if minus != more else quotient(rest, fractions[0].below)
    named = sorted(_with_squares(named), key=lambda part: part.has_symbols)
    every = [*front, *named, *others] or [ONE]
    found = every[0] if len(every) == 1 else Product(tuple(every))
    return Negative(found) if minus != more else found


def _times(a: complex, b: complex) -> complex:
    """The product of two numbers as they are written: 3 times 0.1 is 0.3."""
    if any(isinstance(x, complex) or not math.isfinite(x) for x in (a, b)):
        return a * b
    if isinstance(a, int) and isinstance(b, int):
        return a * b
    return float(Decimal(repr(a)) * Decimal(repr(b)))


def _factors(parts: Iterable[Expression]) -> list[Expression]:
    """Those of products within; a number that is a product of arrays stays one factor."""
    found: list[Expression] = []
    for part in parts:
        whole = isinstance(part, Product) and (part.shape or not any(each.shape for each in part.operands))
        found += part.operands if isinstance(part, Product) and whole else [part]
    return found


def hadamard(*parts: Expression) -> Expression:
    """The product entry by entry; numbers go to the front."""
    flat: list[Expression] = []
    for part in parts:
        flat += part.operands if isinstance(part, Hadamard) else [part]
    minus, flat = _sign_of(flat)
    scalars: list[Expression] = []
    arrays: list[Expression] = []
    below: list[Expression] = []
    for part in flat:
        if isinstance(part, Product) and part.shape and not part.operands[0].shape:
            scalars += [e for e in part.operands if not e.shape]
            part = product(*[e for e in part.operands if e.shape])
        if isinstance(part, Quotient) and part.shape and (part.below.shape or part.above.shape):
            (arrays if part.above.shape else scalars).append(part.above)
            below.append(part.below)
        elif part.shape:
            arrays.append(part)
        else:
            scalars.append(part)
    scalars = [part for part in scalars if not is_number(part, 1)]
    ones = [_all_ones(part) for part in arrays]
    whole = np.broadcast_shapes(*[part.shape for part in arrays])
    if any(given is None and part.shape == whole for given, part in zip(ones, arrays, strict=True)):
        scalars += [factor for given in ones if given is not None for factor in given]
        arrays = [part for given, part in zip(ones, arrays, strict=True) if given is None]
    arrays = _with_squares(arrays)
    middle = arrays[0] if len(arrays) == 1 else Hadamard(tuple(arrays)) if arrays else None
    found = product(*scalars, *([] if middle is None else [middle])) if scalars or middle is not None else ONE
    for each in below:
        found = quotient(found, each)
    return negative(found) if minus else found


def _all_ones(x: Expression) -> tuple[Expression, ...] | None:
    """The numbers before an array that is all ones; None of any other."""
    if isinstance(x, (Alike, Transpose)):
        return _all_ones(x.operand)
    if isinstance(x, Product):
        found = [_all_ones(part) if part.shape else (part,) for part in x.operands]
        return None if None in found else tuple(each for given in found for each in given or ())
    return () if isinstance(x, Ones) else None


def _with_squares(parts: list[Expression]) -> list[Expression]:
    """x x is x^2."""
    found: list[Expression] = []
    for part in parts:
        if part in found:
            found[found.index(part)] = Power(part, Number(2))
        else:
            found.append(part)
    return found


def quotient(a: Expression, b: Expression) -> Expression:
    if is_number(b, 1):
        return a
    minus, (above, below) = _sign_of([a, b])
    if isinstance(above, Quotient) and above.below.shape in ((), below.shape):
        above, below = above.above, hadamard(above.below, below)
    above, below = _reduced(above, below)
    found = above if is_number(below, 1) else Quotient(above, below)
    return negative(found) if minus else found


def _reduced(above: Expression, below: Expression) -> tuple[Expression, Expression]:
    """2 x / 6 is x / 3."""
    first = above.operands[0] if isinstance(above, Product) else above
    if not (isinstance(first, Number) and isinstance(below, Number)):
        return above, below
    a, b = first.value, below.value
    if any(isinstance(x, (bool, complex)) or x != x or x % 1 for x in (a, b)):
        return above, below
    a, b = int(a.real), int(b.real)
    common = math.gcd(a, b)
    if common < 2 or isinstance(above, Number):
        return above, below
    assert isinstance(above, Product)
    return product(Number(a // common), *above.operands[1:]), Number(b // common)


def power(base: Expression, exponent: Expression) -> Expression:
    return base if is_number(exponent, 1) else Power(base, exponent)


def fenced(x: Expression, kind: str) -> Expression:
    """|x|, a root...; of a known number its absolute value."""
    if kind == "abs" and isinstance(x, Number) and not x.written:
        return Number(abs(x.value))
    return Fenced(x, kind)


def transpose(x: Expression) -> Expression:
    if isinstance(x, Transpose):
        return x.operand
    if isinstance(x, Negative):
        return negative(transpose(x.operand))
    if isinstance(x, Inverse):
        return Inverse(transpose(x.operand))
    if isinstance(x, Product) and all(len(part.shape) in (0, 1, 2) for part in x.operands):
        return product(*(transpose(part) if part.shape else part for part in reversed(x.operands)))
    return x if not x.shape or isinstance(x, Identity) else Transpose(x)


def alike(x: Expression, shape: Shape) -> Expression:
    """The same with other axes of size 1."""
    while isinstance(x, Alike):
        x = x.operand
    return x if tuple(x.shape) == shape and not isinstance(x.shape, RowShape) else Alike(x, shape)


def column(x: Expression) -> Expression:
    return alike(x, (*x.shape, 1))


def squared(x: Expression) -> Expression:
    return Power(x, Number(2))


PI = Number(math.pi, "π")
_ROOT_OF_PI = Fenced(PI, "sqrt")
_LOG_2, _LOG_10 = (Call("log", (Number(n),), np.log, (), bare=True) for n in (2, 10))

KNOWN: Final[dict[float, Expression]] = {
    math.pi: PI,
    2 / math.sqrt(math.pi): Quotient(Number(2), _ROOT_OF_PI),
    math.sqrt(math.pi) / 2: Quotient(_ROOT_OF_PI, Number(2)),
    math.sqrt(2): Fenced(Number(2), "sqrt"),
    math.sqrt(2 * math.pi): Fenced(Product((Number(2), PI)), "sqrt"),
    1 / math.sqrt(2 * math.pi): Quotient(ONE, Fenced(Product((Number(2), PI)), "sqrt")),
    math.log(2): _LOG_2,
    math.log(10): _LOG_10,
    math.pi / 180: Quotient(PI, Number(180)),
    180 / math.pi: Quotient(Number(180), PI),
    math.pi**2: Power(PI, Number(2)),
    0.5: Quotient(ONE, Number(2)),
    2 / 3: Quotient(Number(2), Number(3)),
    1 / 3: Quotient(ONE, Number(3)),
}


def number(value: Any) -> Expression:
    """A number, in its closed form where it is one of the known."""
    value = the_number(value)
    if isinstance(value, float):
        if value in KNOWN:
            return KNOWN[value]
        if -value in KNOWN:
            return Negative(KNOWN[-value])
        if value.is_integer() and abs(value) < 1e15:
            return Number(int(value))
    return Number(value)
