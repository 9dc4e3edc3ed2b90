"""An operation: everything about it in one value, and the ways to declare one.

`elementwise` wants a slope for each argument, `linear` a map, `general` the local Jacobians; what is `holding` a graph
makes its modes from those of that graph. From these follow both modes, whole Jacobians, tests, the reference and the
pictures. Calling an operation computes on arrays and appends to the graph on variables, so that rules are written once
and serve both.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, final

from ..arraytype import ArrayType
from ..errors import ArgumentError, DerivativeError, ShapeError, UnknownNameError
from ..graph import Graph, Variable
from ..original import np
from ..structure import LinearMap, MatrixFree, algebra_of, pointwise_map
from .batch_axis import entry_by_entry

Types = tuple[ArrayType, ...]
Slope = complex | Callable[..., Any] | None
Rule = Callable[..., Any]


class Example(NamedTuple):
    """A call to try an operation with: the generated tests walk over these."""

    arguments: tuple[Any, ...]
    parameters: Mapping[str, Any] = {}


class Missing(NamedTuple):
    """Stands for a rule that has not been written; asking for it raises."""

    reason: str


class Catalogue(dict[str, "Operation"]):
    """All declared operations by name."""

    def __missing__(self, name: str) -> Operation:
        raise UnknownNameError(f"there is no operation {name!r}", wanted="the name of a declared operation")


CATALOGUE = Catalogue()


@final
class Operation:
    """A declared operation.

    Attributes
    ----------
    name : str
        As it stands in the text of a graph; unique.
    forward : callable
        ``forward(*arrays, **parameters)``, in NumPy: the reference meaning.
    type_rule : callable
        ``type_rule(*types, **parameters)``, an ArrayType or a tuple of them.
    rules : tuple of rule, or rule
        For each argument ``rule(y, *xs, **parameters)``, its local Jacobian; for operations of any number of arguments
        one ``rule(k, y, *xs, **parameters)``. None: piecewise constant, the derivative is zero. With several results, y
        is the tuple of them, and so is what the rule returns.
    kind : {"elementwise", "linear", "general"}
    reads : str or None
        Of an operation that reads a piece of its argument: the parameter that says where.
    joins : callable or None
        Of an operation that puts its arguments into their places: ``joins(xs, **parameters)`` gives the places.
    fast : callable or None
        ``fast(types, parameters)``, a shorter way to the same value for arguments of these types, where there is one.
    unguarded : callable or None
        The same for a product that zero absorbs: right unless 0 meets inf or nan, where it gives nan.
    pullback, pushforward : callable or None
        Of an operation that holds a graph, in place of rules: both modes, each for all arguments at once.
        ``pullback(y_bars, ys, xs, wanted, **parameters)`` gives a cotangent for each argument that is wanted,
        ``pushforward(x_dots, ys, xs, **parameters)`` a tangent for each result; None, there and here, stands for zero.
    batch : callable or None
        ``batch(operation, xs, lifted, **parameters)``, the results for many samples at once (see `batch_axis`); None
        where it can only take one sample after the other.
    products : tuple of (callable or None), or callable
        How a tangent or cotangent v is multiplied where not by the map: of an element-wise operation for each argument
        ``product(v, slope)``; of another one ``product(k, v, back, *xs, **parameters)``, or None where the map does.
    for_complex : bool or None
        Whether its rules hold for complex numbers: a slope or factor A of a real result stands for Re(A v). None: where
        it is element-wise or linear they do for complex results, of which a formula is the derivative; else they are
        not known to.
    native : callable or None
        Of an element-wise operation: its recipe, ``native(code, *values)``, as ops/native.py says.
    lowered : callable or None
        ``lowered(*variables, **parameters)``: the same in simpler operations, for native code; None, there too, where
        there is none.
    looks_at : callable or None
        ``looks_at(ys, y_bars)`` gives the cotangents to pull back, where results are determined up to a choice; it
        raises where they depend on that.
    numpy : tuple of callable
        The NumPy and SciPy functions whose plain calls it answers.
    notation : str
        TeX, with {0}, {1}... for the arguments and {name} for parameters.
    examples : callable
        ``examples(rng)`` gives Examples inside the domain, away from kinks.
    kinks : sequence of (arguments, slopes)
        Points where the derivative is a convention: scalar arguments, and the slope by each of them.
    source : str
        Where the rule can be looked up.
    declared_by : (module, name) or None
        The user's function that it computes; None for ours.
    """

    __slots__ = (
        "_types",
        "batch",
        "declared_by",
        "examples",
        "fast",
        "for_complex",
        "forward",
        "joins",
        "kind",
        "kinks",
        "looks_at",
        "lowered",
        "name",
        "native",
        "notation",
        "numpy",
        "parameter_names",
        "products",
        "promote",
        "pullback",
        "pushforward",
        "reads",
        "rules",
        "slopes",
        "source",
        "summary",
        "type_rule",
        "unguarded",
    )

    def __init__(
        self,
        name: str,
        forward: Callable[..., Any],
        type_rule: Callable[..., Any],
        rules: Sequence[Rule | Missing | None] | Rule | Missing,
        *,
        kind: str = "general",
        parameters: tuple[str, ...] = (),
        slopes: tuple[Slope, ...] = (),
        promote: Callable[[tuple[Any, ...]], tuple[np.dtype, ...]] | None = None,
        reads: str | None = None,
        joins: Callable[..., Sequence[Any]] | None = None,
        fast: Callable[[Types, tuple[Any, ...]], Callable[..., Any] | None] | None = None,
        unguarded: Callable[[Types, tuple[Any, ...]], Callable[..., Any] | None] | None = None,
        products: tuple[Callable[[Any, Any], Any] | None, ...] | Callable[..., Any] = (),
        batch: Callable[..., Any] | None = None,
        pullback: Callable[..., Sequence[Any]] | None = None,
        pushforward: Callable[..., Sequence[Any]] | None = None,
        for_complex: bool | None = None,
        looks_at: Callable[[Sequence[Any], Sequence[Any]], Sequence[Any]] | None = None,
        native: Callable[..., Any] | None = None,
        lowered: Callable[..., Any] | None = None,
        numpy: Sequence[Callable[..., Any]] = (),
        notation: str = "",
        examples: Callable[[np.random.Generator], Iterable[Example]] | None = None,
        kinks: Sequence[tuple[tuple[float, ...], tuple[float, ...]]] = (),
        source: str = "",
        summary: str = "",
        declared_by: tuple[str, str] | None = None,
    ):
        self.name, self.forward, self.type_rule, self.rules = name, forward, type_rule, rules
        self.kind, self.parameter_names, self.slopes, self.promote = kind, parameters, slopes, promote
        self.reads, self.joins, self.fast, self.unguarded, self.products = reads, joins, fast, unguarded, products
        self.batch, self.for_complex, self.looks_at = batch, for_complex, looks_at
        self.pullback, self.pushforward = pullback, pushforward
        self.native, self.lowered = native, lowered
        self.numpy, self.notation, self.examples, self.kinks = tuple(numpy), notation, examples, tuple(kinks)
        self.declared_by = declared_by
        self.source, self.summary = source, summary or (forward.__doc__ or "").strip().partition("\n")[0]
        self._types: dict[tuple[Any, ...], Any] = {}
        if CATALOGUE.setdefault(name, self) is not self:
            raise ArgumentError(f"an operation named {name!r} has already been declared")

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return _declared, (self.name, self.declared_by)

    def infer(self, types: Types, parameters: tuple[Any, ...]) -> Any:
        """The type of the result, or the types of the results."""
        if self.reads:  # a cheap rule and endless parameters: x[0], x[1]...
            return self.type_rule(*types, **self.named(parameters))
        key = (types, parameters)
        known = self._types.get(key)
        if known is None:
            if len(self._types) > 4096:
                self._types.clear()
            known = self._types[key] = self.type_rule(*types, **self.named(parameters))
        return known

    def named(self, parameters: tuple[Any, ...]) -> dict[str, Any]:
        return dict(zip(self.parameter_names, parameters, strict=True)) if parameters else {}

    def compute(self, values: Sequence[Any], parameters: tuple[Any, ...]) -> Any:
        """The result for arrays; a tuple where there are several."""
        return self.forward(*values, **self.named(parameters)) if parameters else self.forward(*values)

    def __call__(self, *inputs: Any, **parameters: Any) -> Any:
        graph, others = None, False
        for x in inputs:
            if type(x) is Variable:
                graph = x.graph
            else:
                others = True
        if graph is None:
            return self.forward(*inputs, **parameters)
        values = tuple([parameters[name] for name in self.parameter_names]) if parameters else ()
        return graph.append(self, self.as_variables(graph, inputs) if others else inputs, values)

    def as_variables(self, graph: Graph, inputs: Sequence[Any]) -> tuple[Variable, ...]:
        """The inputs as variables of a graph: arrays become constants, Python numbers take the dtype of NEP 50."""
        if any(type(x) in (bool, int, float, complex) for x in inputs) and self.promote is not None:
            kinds = tuple(type(x) if type(x) in (bool, int, float, complex) else x.dtype for x in inputs)
            dtypes = self.promote(kinds)
            inputs = [
                np.asarray(x, dtype) if isinstance(kind, type) else x
                for x, kind, dtype in zip(inputs, kinds, dtypes, strict=False)
            ]
        return tuple([x if type(x) is Variable else graph.constant(x) for x in inputs])

    def local_jacobians(
        self, k: int, results: Sequence[Any], inputs: Sequence[Any], parameters: tuple[Any, ...] = ()
    ) -> tuple[LinearMap | None, ...]:
        """For each result its Jacobian by argument k; None where it is zero. Factors are of the inputs' kind.

        Raises
        ------
        DerivativeError
            If the rule is missing.
        """
        if self.pullback is not None:
            return tuple(self._map_of_body(k, part, results, inputs, parameters) for part in range(len(results)))
        rules: Any = self.rules
        if isinstance(rules, Missing):
            rule: Any = rules
        elif isinstance(rules, Sequence):
            rule = rules[k]
        else:
            rule = functools.partial(rules, k)
        if rule is None:
            return (None,) * len(results)
        if isinstance(rule, Missing):
            raise DerivativeError(
                f"{self.name} has no derivative by argument {k + 1}: {rule.reason}",
                wanted="an operation with a rule on the path from inputs to outputs",
            )
        y = results[0] if len(results) == 1 else tuple(results)
        with np.errstate(all="ignore"):  # a slope may be infinite where nothing flows
            maps = rule(y, *inputs, **self.named(parameters))
        return tuple(maps) if len(results) > 1 else (maps,)

    def _map_of_body(
        self, k: int, part: int, results: Sequence[Any], inputs: Sequence[Any], parameters: tuple[Any, ...]
    ) -> LinearMap | None:
        """The Jacobian of one result by one argument, from what goes both ways for all."""
        x, y, named = inputs[k], results[part], self.named(parameters)
        pull, push = self.pullback, self.pushforward
        assert pull is not None and push is not None
        if x.dtype.kind not in "fc" or y.dtype.kind not in "fc":
            return None

        given = (results, inputs, named, k, part)
        return MatrixFree(
            functools.partial(_pushed_through, push, *given),
            functools.partial(_pulled_through, pull, *given),
            y.shape,
            x.shape,
            y.dtype,
        )


def _pushed_through(push: Any, results: Any, inputs: Any, named: dict[str, Any], k: int, part: int, x_dot: Any) -> Any:
    x_dots = [x_dot if n == k else None for n in range(len(inputs))]
    y_dot = push(x_dots, results, inputs, **named)[part]
    return algebra_of(x_dot).zeros(x_dot, results[part].shape) if y_dot is None else y_dot


def _pulled_through(pull: Any, results: Any, inputs: Any, named: dict[str, Any], k: int, part: int, y_bar: Any) -> Any:
    y_bars = [y_bar if n == part else None for n in range(len(results))]
    x_bar = pull(y_bars, results, inputs, [n == k for n in range(len(inputs))], **named)[k]
    return algebra_of(y_bar).zeros(y_bar, inputs[k].shape) if x_bar is None else x_bar


def _declared(name: str, declared_by: tuple[str, str] | None) -> Operation:
    """The operation of this name, for what has been pickled: where a user declared it, by importing that module."""
    if name not in CATALOGUE and declared_by is not None:
        importlib.import_module(declared_by[0])
    found = CATALOGUE.get(name)
    known_by = found.declared_by and found.declared_by[1] if found else None
    if found is None or known_by != (declared_by and declared_by[1]):
        raise UnknownNameError(
            f"the operation {name!r} that was pickled is not declared here",
            got=f"one of {known_by}" if found else None,
            wanted=f"that of {'.'.join(declared_by)}" if declared_by else None,
            try_="declare it at the top level of a module that can be imported",
        )
    return found


# The ways to declare.


def elementwise(
    name: str,
    function: Callable[..., Any],
    *slopes: Slope | Missing,
    domain: Sequence[tuple[float, float]] | tuple[float, float] = (-2.0, 2.0),
    promote: Callable[[tuple[Any, ...]], tuple[np.dtype, ...]] | None = None,
    antilinear: bool = False,
    **about: Any,
) -> Operation:
    """Declare an operation that works entry by entry, with broadcasting.

    Parameters
    ----------
    function : ufunc
        Or any function of arrays, where `promote` says which dtypes it makes of which.
    *slopes : float, callable or None
        For each argument dy/dx as a function ``slope(y, *xs)``, or a number; None: piecewise constant.
    domain : (low, high) or one for each argument
        Where to draw examples.
    antilinear : bool
        Whether complex tangents are conjugated before they are multiplied by the slope.
    """
    count = len(slopes)
    domains: list[Any] = [domain] * count if isinstance(domain[0], (int, float)) else list(domain)
    promote = promote or _resolver(function, count)

    def type_rule(*types: ArrayType) -> ArrayType:
        try:
            shape = np.broadcast_shapes(*[t.shape for t in types])
        except ValueError:
            raise ShapeError(
                f"{name} needs shapes that broadcast: {' and '.join(str(t.shape) for t in types)} do not",
                got=", ".join(map(str, types)),
            ) from None
        return ArrayType(shape, promote(tuple(t.dtype for t in types))[-1])

    def examples(rng: np.random.Generator) -> Iterable[Example]:
        for shapes in _broadcasting_shapes(count):
            yield Example(tuple(rng.uniform(*bounds, size=s) for bounds, s in zip(domains, shapes, strict=True)))

    about.setdefault("examples", examples)
    about.setdefault("batch", entry_by_entry)
    rules = [_slope_rule(slope, k, antilinear) for k, slope in enumerate(slopes)]
    numpy = about.pop("numpy", (function,))
    plain = tuple(None if isinstance(slope, Missing) else slope for slope in slopes)
    return Operation(
        name, function, type_rule, rules, kind="elementwise", slopes=plain, promote=promote, numpy=numpy, **about
    )


def _slope_rule(slope: Slope | Missing, k: int, antilinear: bool) -> Rule | Missing | None:
    if slope is None or isinstance(slope, Missing):
        return slope

    def jacobian(y: Any, *xs: Any) -> LinearMap:
        J = pointwise_map(slope(y, *xs) if callable(slope) else slope, y.shape, xs[k].shape)
        return J.conjugated if antilinear and xs[k].dtype.kind == "c" else J

    return jacobian


def _resolver(function: Any, count: int) -> Callable[[tuple[Any, ...]], tuple[np.dtype, ...]]:
    """Dtypes of a ufunc's arguments and result, by asking it; Python numbers are given as their types."""
    known: dict[tuple[Any, ...], tuple[np.dtype, ...]] = {}

    def promote(kinds: tuple[Any, ...]) -> tuple[np.dtype, ...]:
        found = known.get(kinds)
        if found is None:
            weak = tuple(int if kind is bool else kind for kind in kinds)
            results = (None,) * (function.nargs - count)
            found = function.resolve_dtypes((*weak, *results))
            if np.dtype(object) in found:  # what comparisons make of two Python numbers, which may be of any size
                found = function.resolve_dtypes((*[np.dtype(int) if k is int else k for k in weak], *results))
            known[kinds] = found
        return found

    return promote


def _broadcasting_shapes(count: int) -> list[tuple[tuple[int, ...], ...]]:
    if count == 1:
        return [((),), ((3,),), ((2, 3),)]
    rest = ((3,),) * (count - 2)
    return [((),) * count, ((2, 3), (2, 3), *rest), ((2, 3), (3,), *rest), ((2, 1), (1, 3), *rest), ((), (3,), *rest)]


def linear(
    name: str,
    forward: Callable[..., Any],
    type_rule: Callable[..., Any],
    *maps: Rule | None,
    variadic: bool = False,
    **about: Any,
) -> Operation:
    """Declare an operation that is linear in its arguments: its Jacobian depends on types and parameters only.

    Parameters
    ----------
    *maps : callable or None
        For each argument ``map(y, *xs, **parameters)``; None for one that carries no derivative (an index). Where
        variadic, one ``map(k, y, *xs, **parameters)``.
    """
    return Operation(name, forward, type_rule, maps[0] if variadic else maps, kind="linear", **about)  # type: ignore[arg-type]


def general(
    name: str,
    forward: Callable[..., Any],
    type_rule: Callable[..., Any],
    *jacobians: Rule | Missing | None,
    variadic: bool = False,
    **about: Any,
) -> Operation:
    """Declare any other operation by its local Jacobians, argument by argument, as index maps or programs."""
    rules = jacobians[0] if variadic else jacobians
    return Operation(name, forward, type_rule, rules, kind="general", **about)  # type: ignore[arg-type]


def holding(
    name: str,
    forward: Callable[..., Any],
    type_rule: Callable[..., Any],
    pullback: Callable[..., Sequence[Any]],
    pushforward: Callable[..., Sequence[Any]],
    **about: Any,
) -> Operation:
    """Declare an operation that holds a graph among its parameters: forward and reverse, side by side."""
    about |= {"pullback": pullback, "pushforward": pushforward, "for_complex": True}
    return Operation(name, forward, type_rule, (), kind="general", **about)


def discrete(
    name: str, forward: Callable[..., Any], type_rule: Callable[..., Any], *, arguments: int = 1, **about: Any
) -> Operation:
    """Declare an operation whose result is piecewise constant: its derivative is zero."""
    return Operation(name, forward, type_rule, (None,) * arguments, kind="discrete", **about)
