"""`cr.Graph`: a thin face over graph data, with what people do with a graph; `cr.trace` and `cr.variable` make one."""

from __future__ import annotations

import functools
import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, final

import numpy as np

from .. import backprop, interpret, simplify, tree
from .. import graph as data
from ..arraytype import ArrayType
from ..errors import ArgumentError, Origin, ShapeError, TraceError, UnknownNameError, users_frames_only
from ..graph import Variable
from ..ops import CATALOGUE
from ..ops.algebra import zeros
from ..tracing import Array, Guard, Trace, variable_of, wrap
from .arguments import argument_names
from .scope import transform

Name = str | Variable | Array


@final
class Values(Mapping[str, Any]):
    """A value for every variable of a graph, by name (or by variable)."""

    def __init__(self, graph: Graph, by_number: Mapping[int, Any], missing: Callable[[Variable], Any] | None = None):
        self.graph, self.by_number, self._missing = graph, by_number, missing

    def __getitem__(self, name: Name) -> Any:
        v = self.graph.variable(name)
        if v.number in self.by_number:
            return self.by_number[v.number]
        if self._missing is None:
            raise UnknownNameError(f"{v.label} has no value here")
        return self._missing(v)

    def __iter__(self) -> Iterator[str]:
        return iter(self.graph.names)

    def __len__(self) -> int:
        return len(self.graph.names)

    def reached(self, name: Name) -> bool:
        """Whether there is an entry of its own: in a grad_table, whether a path leads to an output."""
        return self.graph.variable(name).number in self.by_number

    def __repr__(self) -> str:
        lines = [f"  {name}: {np.array2string(np.asarray(self[name]), prefix=' ' * (len(name) + 4))}" for name in self]
        return "\n".join(["{", *lines, "}"])


@final
class Graph:
    """A computational graph: variables are nodes, operations are edges.

    Parameters
    ----------
    inputs, outputs : sequence of variables
        Made by `cr.variable` and NumPy functions of those.
    name : str, optional

    Raises
    ------
    GraphError
        If an output depends on a variable that is not among the inputs.
    ForeignVariableError
        If variables of different graphs are mixed.

    Examples
    --------
    >>> import chainrule as cr
    >>> x = cr.variable("x", shape=(3,))
    >>> g = cr.Graph(inputs=[x], outputs=[(x * x).sum()])
    >>> values = g.forward(x=[1.0, 2.0, 3.0])
    >>> g.backward(values)["x"]
    array([2., 4., 6.])
    >>> print(g.backprop(wrt=["x"]))
    graph graph(x: f64[3]) -> (v1)
      v1: f64[3] = add(x, x)
    <BLANKLINE>
    """

    def __init__(self, inputs: Sequence[Any], outputs: Sequence[Any], name: str = "graph"):
        sources = [_node(x, "inputs") for x in _listed(inputs, "inputs")]
        results = [_node(y, "outputs") for y in _listed(outputs, "outputs")]
        if not results:
            raise ArgumentError("a graph has at least one output")
        data.graph_of([*sources, *results])
        self._take(data.with_assigned_names(data.extract(results[0].graph, sources, results, name)))

    def _take(self, graph: data.Graph, guards: Sequence[Guard] = ()) -> None:
        self.data = graph
        self.guards = tuple(guards)

    @functools.cached_property
    def names(self) -> list[str]:
        """The name of each variable, unique, in their order."""
        return data.unique_names(self.data)

    @functools.cached_property
    def _by_name(self) -> dict[str, Variable]:
        return dict(zip(self.names, self.variables, strict=True))

    @classmethod
    def of(cls, graph: data.Graph) -> Graph:
        """The face of graph data."""
        return cls._guarded(graph, ())

    @classmethod
    def _guarded(cls, graph: data.Graph, guards: Sequence[Guard]) -> Graph:
        """The face of a graph whose last outputs are the variables of guards, in their order."""
        face = cls.__new__(cls)
        count = len(graph.outputs) - len(guards)
        asked = graph.outputs[count:]
        del graph.outputs[count:]
        face._take(graph, [guard._replace(variable=v) for guard, v in zip(guards, asked, strict=True)])
        return face

    def _check_guards(self, values: Mapping[int, Any]) -> None:
        for v, answer, origin in self.guards:
            if np.asarray(values[v.number]).tobytes() != answer:
                raise TraceError(
                    "with these values the function takes another path than the one that was traced",
                    where=Origin(origin) if origin else None,
                    got=f"{np.array2string(np.asarray(values[v.number]), threshold=6)} "
                    f"where {np.array2string(np.frombuffer(answer, v.dtype).reshape(v.shape), threshold=6)} was traced",
                    wanted="values that decide the same",
                    try_="cr.trace again with these values",
                )

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"guards": tuple(guard._replace(origin=None) for guard in self.guards)}

    # What it consists of

    def __len__(self) -> int:
        return len(self.data.variables)

    @property
    def variables(self) -> list[Variable]:
        return self.data.variables

    @property
    def inputs(self) -> list[Variable]:
        return self.data.inputs

    @property
    def outputs(self) -> list[Variable]:
        return self.data.outputs

    def variable(self, name: Name) -> Variable:
        """A variable by its name.

        Raises
        ------
        UnknownNameError
            If there is none.
        """
        if isinstance(name, Variable):
            if name.graph is not self.data:
                raise data.foreign(name)
            return name
        if type(name) is Array:
            name = name.variable.label
        found = self._by_name.get(name)  # type: ignore[arg-type]
        if found is None:
            raise UnknownNameError(
                f"the graph has no variable {name!r}",
                wanted=f"one of {', '.join(self.names[:12])}{', ...' if len(self.names) > 12 else ''}",
            )
        return found

    __getitem__ = variable

    # What is done with it

    @users_frames_only
    def forward(self, *inputs: Any, **named: Any) -> Values:
        """Forward propagation (Algorithm 6.1): the value of every variable.

        Parameters
        ----------
        *inputs, **named
            A value for each input, in order or by name.
        """
        values = interpret.forward_propagation(self.data, self._inputs(inputs, named))
        self._check_guards(values)
        return Values(self, values)

    def _inputs(self, inputs: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
        names = [self.names[v.number] for v in self.inputs]
        if len(inputs) > len(names):
            raise ArgumentError(f"the graph has {len(names)} inputs, but {len(inputs)} values were given")
        values = dict(zip(names, inputs, strict=False))
        for name, value in named.items():
            if name not in names:
                raise UnknownNameError(f"the graph has no input {name!r}", wanted=f"{', '.join(names)}")
            if name in values:
                raise ArgumentError(f"the input {name} is given twice")
            values[name] = value
        missing = [name for name in names if name not in values]
        if missing:
            raise ArgumentError(f"no value for the input{'s' * (len(missing) > 1)} {', '.join(missing)}")
        return [values[name] for name in names]

    @users_frames_only
    def backward(self, values: Values, seeds: Any = None) -> Values:
        """Back-propagation (Algorithm 6.2): the gradient of the outputs with respect to every variable.

        Parameters
        ----------
        values : Values
            What `forward` returned.
        seeds : mapping, sequence or array, optional
            The gradient to start from at each output, by name or in order. Only a single scalar output has one by
            itself: 1.

        Returns
        -------
        grad_table : Values
            Zero where no path leads to an output; ``reached`` tells.
        """
        starts = self._seeds(seeds)
        with np.errstate(all="ignore"):
            table = backprop.back_propagation(self.data, values.by_number, starts)
        return Values(self, table, lambda v: np.zeros(v.shape, v.dtype))

    def _seeds(self, seeds: Any) -> dict[Variable, Any]:
        if seeds is None:
            if len(self.outputs) != 1 or self.outputs[0].shape != ():
                raise ShapeError(
                    "back-propagation starts from 1 for a single scalar output only",
                    got=", ".join(f"{v.label} {v.type}" for v in self.outputs),
                    wanted="seeds= with an array for each output",
                )
            seeds = [1.0]
        if isinstance(seeds, Mapping):
            chosen = {self.variable(name): seed for name, seed in seeds.items()}
        else:
            seeds = seeds if isinstance(seeds, (list, tuple)) else [seeds]
            if len(seeds) != len(self.outputs):
                raise ArgumentError(f"{len(seeds)} seeds for {len(self.outputs)} outputs")
            chosen = dict(zip(self.outputs, seeds, strict=True))
        starts = {}
        for v, seed in chosen.items():
            array = np.asarray(seed, v.dtype)
            if array.shape != v.shape:
                raise ShapeError(f"the seed of {v.label} has shape {array.shape}, not {v.shape}")
            starts[v] = array
        return starts

    @users_frames_only
    def backprop(self, wrt: Sequence[Name] | Name, seeds: Any = None, simplified: bool = True) -> Graph:
        """The graph expanded with nodes that compute gradients: a graph like any other.

        Parameters
        ----------
        wrt : names
            The variables to differentiate by; their gradients are the outputs of the new graph.
        seeds : optional
            As for `backward`; the string "inputs" adds an input for each output's seed.
        simplified : bool
            Whether to simplify the result.
        """
        graph, known = data.copied(self.data)
        chosen = [wrt] if isinstance(wrt, (str, Variable, Array)) else list(wrt)
        sources = [known[self.variable(name).number] for name in chosen]
        if isinstance(seeds, str) and seeds == "inputs":
            pairs = [(y, graph.input(y.type, f"{self.names[y.number]}_bar")) for y in graph.outputs]
        else:
            pairs = [(known[v.number], graph.constant(seed)) for v, seed in self._seeds(seeds).items()]
        found = backprop.back_propagation_nodes([y for y, _ in pairs], [bar for _, bar in pairs], sources)
        graph.outputs = [zeros(graph, x.type) if g is None else g for x, g in zip(sources, found, strict=True)]
        graph.outputs += [known[guard.variable.number] for guard in self.guards]
        smaller = simplify.simplify(graph) if simplified else data.extract(graph, graph.inputs, graph.outputs)
        return Graph._guarded(smaller, self.guards)

    def simplified(self) -> Graph:
        """An equal graph of fewer or more stable operations."""
        graph, known = data.copied(self.data)
        graph.outputs += [known[guard.variable.number] for guard in self.guards]
        return Graph._guarded(simplify.simplify(graph), self.guards)

    def __call__(self, *inputs: Any, **named: Any) -> Any:
        """The outputs' values: one array, or a list where there are several outputs."""
        values = self.forward(*inputs, **named)
        results = [values.by_number[v.number] for v in self.outputs]
        return results[0] if len(results) == 1 else results

    def check(self) -> None:
        """Raise GraphError unless this is a legal graph."""
        data.check(self.data)

    # How it is written

    def __str__(self) -> str:
        return data.to_text(self.data, full=False)

    def __repr__(self) -> str:
        inputs = ", ".join(f"{self.names[v.number]}: {v.type}" for v in self.inputs)
        outputs = ", ".join(str(v.type) for v in self.outputs)
        return f"<Graph {self.data.name}({inputs}) -> ({outputs}), {len(self)} variables>"

    def to_text(self, full: bool = True, origins: bool = False) -> str:
        """The text form; in full it can be read back by `from_text`."""
        return data.to_text(self.data, full, origins)

    @classmethod
    def from_text(cls, text: str) -> Graph:
        """Read the text form."""
        return cls.of(data.from_text(text, CATALOGUE))

    def to_json(self) -> str:
        """The graph document, which `from_json` reads."""
        return data.to_json(self.data)

    @classmethod
    def from_json(cls, text: str) -> Graph:
        """Read a graph document."""
        return cls.of(data.from_json(text, CATALOGUE))

    def to_dot(self) -> str:
        """The drawing in the DOT language: variables as nodes, operations as the labels of edges."""
        return data.to_dot(self.data)


def _listed(variables: Any, what: str) -> list[Any]:
    if type(variables) is Array or isinstance(variables, Variable):
        raise ArgumentError(f"{what} is a list of variables", try_=f"{what}=[...]")
    return list(variables)


def _node(x: Any, what: str) -> Variable:
    if type(x) is Array:
        return x.variable
    if isinstance(x, Variable):
        return x
    raise ArgumentError(
        f"{what} of a graph are variables, not {type(x).__name__}",
        wanted="results of cr.variable and of NumPy functions of them",
    )


def variable(name: str, shape: Sequence[int] | int = (), dtype: Any = float) -> Any:
    """A symbolic variable: NumPy functions of it make a graph.

    Parameters
    ----------
    name : str
    shape : tuple of int
    dtype : dtype

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> x, y = cr.variable("x"), cr.variable("y")
    >>> g = cr.Graph([x, y], [x * y])
    >>> g(3.0, 4.0)
    np.float64(12.0)
    """
    if not isinstance(name, str) or not name:
        raise ArgumentError(f"a variable has a name, not {name!r}", try_='cr.variable("x", shape=(3,))')
    sizes = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    if any(not isinstance(n, (int, np.integer)) or n < 0 for n in sizes):
        raise ShapeError(f"{shape!r} is no shape", wanted="a tuple of sizes that are not negative")
    trace = _symbolic_trace()
    v = trace.input(None, ArrayType(tuple(map(int, sizes)), np.dtype(dtype)), name)
    v.mask = 1
    return wrap(trace, v)


class _Symbols(threading.local):
    """The trace that the symbolic variables of one thread share, for as long as one of them is alive."""

    trace: Callable[[], Trace | None] = staticmethod(lambda: None)


_symbols = _Symbols()


def _symbolic_trace() -> Trace:
    trace = _symbols.trace()
    if trace is None:
        trace = Trace(interpret.evaluate, symbolic=True)
        _symbols.trace = weakref.ref(trace)
    return trace


def trace(f: Callable[..., Any], *args: Any, **keywords: Any) -> Graph:
    """The graph of a function at these arguments.

    Where the function asks for values (`if x > 0`), the graph is that of the path taken, and `forward` raises
    TraceError for values that would take another.

    Parameters
    ----------
    f : callable
        A NumPy function.
    *args
        Arrays or trees of them; their leaves become the inputs. Keyword arguments are passed through as they are.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> print(cr.trace(lambda x: np.sum(x * x), np.ones(3)))
    graph lambda(x: f64[3]) -> (v2)
      v1: f64[3] = multiply(x, x)
      v2: f64[] = einsum(v1; labels=((0,),), out=(), absorbing=False)
    <BLANKLINE>
    """
    return _trace(f, args, keywords)


@users_frames_only
def _trace(f: Callable[..., Any], args: tuple[Any, ...], keywords: dict[str, Any]) -> Graph:
    names = argument_names(f, len(args))
    name = "".join(c for c in getattr(f, "__name__", "graph") if c.isidentifier() or c.isdigit()) or "graph"
    with transform() as scope:
        replaced, inputs = [], []
        for arg, label in zip(args, names, strict=True):
            leaves, rebuild = tree.flatten(arg)
            labels = [label] if len(leaves) == 1 else [f"{label}{k}" for k in range(len(leaves))]
            traced = [scope.argument(x, each) for x, each in zip(leaves, labels, strict=True)]
            inputs += [each.variable for each in traced]
            replaced.append(rebuild(traced))
        results = tree.flatten(f(*replaced, **keywords))[0]
        outputs = [variable_of(y, scope.trace) for y in results]
        guards = scope.trace.guards
        asked = [guard.variable for guard in guards]
        graph = data.extract(scope.trace.graph, inputs, [*outputs, *asked], name)
        return Graph._guarded(data.with_assigned_names(graph), guards)
