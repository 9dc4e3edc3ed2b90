"""`cr.Graph`: a thin face over graph data, with what people do with a graph; `cr.trace` and `cr.variable` make one."""

from __future__ import annotations

import functools
import os
import re
import reprlib
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, final

from .. import backprop, interpret, simplify, tree
from .. import graph as data
from ..arraytype import ArrayType
from ..errors import ArgumentError, DtypeError, Origin, ShapeError, TraceError, UnknownNameError, users_frames_only
from ..graph import Variable
from ..ops import CATALOGUE
from ..ops.algebra import zeros
from ..original import np
from ..tracing import Array, Guard, Trace, trace_of, wrap
from . import scope as scopes
from .application import pasted, traced
from .arguments import argument_names, check_callable, labels_of, outputs_of, typed
from .drawing import drawing
from .scope import lasting_graph, owned, plain, read_only, transform
from .stability import stabilized
from .viewing import View

Name = str | Variable | Array

_MOST_NUMBERS = 10_000_000  # that are computed for the graph of an error when it is looked at


@final
class Values(Mapping[str, Any]):
    """A value for every variable of a graph, by name or by variable: what `forward` and `backward` return.

    A grad_table holds the variables of floating dtypes only: there is no gradient by the others.
    """

    def __init__(self, graph: Graph, by_number: Mapping[int, Any], table: bool = False):
        self.graph, self.by_number, self.is_grad_table = graph, by_number, table

    def __getitem__(self, name: Name) -> Any:
        v = self.graph.variable(name)
        if self.is_grad_table and v.number not in self.by_number:
            check_carries_derivative(v)
            return np.zeros(v.shape, v.dtype)
        return self.by_number[v.number]

    def __iter__(self) -> Iterator[str]:
        return (self.graph.names[v.number] for v in self._listed())

    def __len__(self) -> int:
        return len(self._listed())

    def _listed(self) -> list[Variable]:
        return [v for v in self.graph.variables if v.type.carries_derivative or not self.is_grad_table]

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
    graph graph(x: f64[3]) -> (v2)
      c1: f64[] = 2.0
      v2: f64[3] = multiply(c1, x)
    <BLANKLINE>
    """

    def __init__(self, inputs: Sequence[Any], outputs: Sequence[Any], name: str = "graph"):
        if not isinstance(name, str):
            raise ArgumentError(f"the name of a graph is a text, not {name!r}")
        sources = [_node(x, "inputs") for x in _listed(inputs, "inputs")]
        results = [_node(y, "outputs") for y in _listed(outputs, "outputs")]
        if not results:
            raise ArgumentError("a graph has at least one output")
        source = data.graph_of([*sources, *results])
        graph, where = data.extracted(source, sources, results, name)
        self._take(data.with_assigned_names(graph))
        self._source, self._where = weakref.ref(source), where

    @functools.cached_property
    def data(self) -> data.Graph:
        """What it is the face of; the graph of an error is made when it is first asked for."""
        assert self._kept is not None
        graph, self._known = data.finished(self._kept[0])
        return graph

    @property
    def values(self) -> Values | None:
        """Of the graph of an error: the values that were known when it was raised, and what follows from them."""
        if self._kept is None:
            return None
        if sum(v.size for v in self.variables) <= _MOST_NUMBERS:
            interpret.complete(self.data, self._known)
        return Values(self, self._known)

    @classmethod
    def _unfinished(cls, kept: data.Unfinished, trace: Trace) -> Graph:
        face = cls.__new__(cls)
        face.guards, face._source, face._where, face._kept = (), _no_graph, {}, (kept, weakref.ref(trace))
        return face

    def is_of(self, trace: Trace) -> bool:
        """Whether it is the graph of an error that this trace has met."""
        return self._kept is not None and self._kept[1]() is trace

    def _take(self, graph: data.Graph, guards: Sequence[Guard] = ()) -> None:
        self.data = graph
        self.guards = tuple(guards)
        self._source, self._where = _no_graph, {}

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

    _kept: tuple[data.Unfinished, weakref.ref[Trace]] | None = None
    _known: dict[int, Any]

    def __reduce_ex__(self, protocol: Any) -> Any:
        """The graph of an error stays in its process: what it holds may be large, or known nowhere else."""
        return super().__reduce_ex__(protocol) if self._kept is None else (_no_graph, ())

    def __getstate__(self) -> dict[str, Any]:
        guards = tuple(guard._replace(origin=None) for guard in self.guards)
        return self.__dict__ | {"guards": guards, "_source": _no_graph, "_where": {}}

    # What it consists of

    def __len__(self) -> int:
        return len(self.data.variables)

    def __iter__(self) -> Iterator[Variable]:
        return iter(self.data.variables)

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
        """A variable of this graph.

        Parameters
        ----------
        name : str or variable
            Its name; or a variable that the graph was made from, such as a result of `cr.variable`.

        Raises
        ------
        UnknownNameError
            If there is none of this name, or the graph does not need the variable.
        ForeignVariableError
            If it belongs to another graph.
        """
        if isinstance(name, Variable):
            return self._own(name)
        if type(name) is Array:
            return self._own(name.variable)
        found = self._by_name.get(name) if isinstance(name, str) else None
        if found is None:
            raise self._unknown(f"the graph has no variable {name!r}")
        return found

    def _own(self, v: Variable) -> Variable:
        if v.graph is self.data:
            return v
        if v.graph is not self._source():
            raise data.foreign(v)
        if v.number not in self._where:
            raise self._unknown(f"{v.label} is not needed for the outputs of this graph, and is not in it")
        return self._where[v.number]

    def _unknown(self, what: str) -> UnknownNameError:
        return UnknownNameError(
            what, wanted=f"one of {', '.join(self.names[:12])}{', ...' if len(self.names) > 12 else ''}"
        )

    __getitem__ = variable

    # What is done with it

    @users_frames_only
    def forward(self, /, *inputs: Any, **named: Any) -> Values:
        """Forward propagation (Algorithm 6.1): the value of every variable.

        Parameters
        ----------
        *inputs, **named
            A value for each input, in order or by name. It is converted to the input's dtype where that loses no more
            than precision.

        Returns
        -------
        values : Values

        Raises
        ------
        ArgumentError
            If a value is missing, superfluous or given twice.
        ShapeError, DtypeError
            If one does not fit its input.
        TraceError
            If the graph was traced, and with these values the function takes another path.

        Examples
        --------
        >>> import chainrule as cr
        >>> x = cr.variable("x")
        >>> cr.Graph([x], [x * x]).forward(x=3.0)
        {
          x: 3.
          v1: 9.
        }
        """
        given = self._inputs(inputs, named)
        if trace_of(*given) is not None:
            raise TraceError(
                "forward computes values, and a traced array is given for an input",
                try_="g(...), which makes the graph a part of the function that is being traced",
            )
        values = interpret.forward_propagation(self.data, given)
        self._check_guards(values)
        return Values(self, values)

    def _inputs(self, inputs: tuple[Any, ...], named: dict[str, Any]) -> list[Any]:
        """An array for each input, of its type, which nothing else refers to; or a traced one."""
        names = [self.names[v.number] for v in self.inputs]
        if len(inputs) > len(names):
            raise ArgumentError(
                f"the graph has {len(names)} inputs, but {len(inputs)} values were given", wanted=", ".join(names)
            )
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
        return [_value_of(v, values[name], name) for v, name in zip(self.inputs, names, strict=True)]

    @users_frames_only
    def backward(self, values: Values, seeds: Any = None) -> Values:
        """Back-propagation (Algorithm 6.2): the gradient of the outputs with respect to every variable.

        Parameters
        ----------
        values : Values
            What `forward` returned.
        seeds : mapping, sequence or array, optional
            The gradient to start from at each output: in order, or by name where an output that is left out has none.
            Only a single scalar output has one by itself: 1.

        Returns
        -------
        grad_table : Values
            Zero where no path leads to an output; ``reached`` tells.

        Raises
        ------
        ArgumentError
            If values are not those of this graph, or the seeds are not as many as the outputs.
        ShapeError, DtypeError
            If a seed does not fit its output, or is needed and not given.

        Examples
        --------
        >>> import chainrule as cr
        >>> x = cr.variable("x")
        >>> g = cr.Graph([x], [x * x, 3 * x])
        >>> g.backward(g.forward(x=5.0), seeds=[1.0, 10.0])["x"]
        np.float64(40.0)
        """
        self._check_values(values, "back-propagation starts from", "g.backward(g.forward(...))")
        starts = self._starts(seeds)
        with np.errstate(all="ignore"):
            table = backprop.back_propagation(self.data, values.by_number, starts)
        return Values(self, table, table=True)

    def _check_values(self, values: Any, what: str, cure: str) -> None:
        if not isinstance(values, Values) or values.graph.data is not self.data or values.is_grad_table:
            raise ArgumentError(
                f"{what} the values that forward has returned, of the same graph",
                got=_what_these_are(values),
                try_=cure,
            )

    def _starts(self, seeds: Any) -> dict[Variable, Any]:
        """What to start from at each output, once."""
        starts: dict[Variable, Any] = {}
        for v, seed in self._seeds(seeds):
            starts[v] = starts[v] + seed if v in starts else seed
        return starts

    def _seeds(self, seeds: Any) -> list[tuple[Variable, np.ndarray]]:
        """Outputs and what to start from, as its own array; an output that is listed twice stands twice."""
        if seeds is None:
            is_complex = any(v.dtype.kind == "c" for v in self.outputs)
            if len(self.outputs) != 1 or self.outputs[0].shape != () or is_complex:
                raise ShapeError(
                    "back-propagation starts from 1 for a single scalar output only"
                    + (", a real one" if is_complex else ""),
                    got=", ".join(f"{self.names[v.number]} {v.type}" for v in self.outputs),
                    wanted="seeds= with an array for each output",
                )
            seeds = [1.0]
        if isinstance(seeds, Mapping):
            chosen = [(self.variable(name), seed) for name, seed in seeds.items()]
            for v, _ in chosen:
                if v not in self.outputs:
                    raise ArgumentError(
                        f"{self.names[v.number]} is no output: seeds are given for outputs",
                        wanted=", ".join(dict.fromkeys(self.names[y.number] for y in self.outputs)),
                    )
        else:
            seeds = seeds if isinstance(seeds, (list, tuple)) else [seeds]
            if len(seeds) != len(self.outputs):
                raise ArgumentError(
                    f"{len(seeds)} seeds for {len(self.outputs)} outputs", wanted="a list with an array for each output"
                )
            chosen = list(zip(self.outputs, seeds, strict=True))
        starts = []
        for v, seed in chosen:
            check_carries_derivative(v)
            starts.append((v, np.array(typed(seed, v.type, f"the seed of {self.names[v.number]}"))))
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
            Whether to simplify: before, so that gradients are stable where the function is not (unless wrt names
            variables that are no inputs), and after.

        Returns
        -------
        gradient : Graph

        Raises
        ------
        UnknownNameError, ForeignVariableError
            If wrt names no variable of the graph.
        DtypeError
            If a variable to differentiate by, or an output, carries no derivative.

        Examples
        --------
        >>> import numpy as np, chainrule as cr
        >>> x = cr.variable("x")
        >>> print(cr.Graph([x], [np.sin(x)]).backprop("x"))
        graph graph(x: f64[]) -> (v1)
          v1: f64[] = cos(x)
        <BLANKLINE>
        """
        chosen: Sequence[Any] = wrt if isinstance(wrt, (list, tuple)) else [wrt]
        if not chosen:
            raise ArgumentError("wrt names no variable to differentiate by", wanted=", ".join(self.names[:12]))
        for name in chosen:
            check_carries_derivative(self.variable(name))
        graph, known = data.copied(self.data)
        sources = [known[self.variable(name).number] for name in chosen]
        if isinstance(seeds, str) and seeds == "inputs":
            pairs = [(y, graph.input(y.type, f"{self.names[y.number]}_bar")) for y in graph.outputs]
        else:
            pairs = [(known[v.number], graph.constant(seed)) for v, seed in self._seeds(seeds)]
        outputs = [y for y, _ in pairs]
        if simplified and all(x.is_input for x in sources):  # else the way could lead past them
            outputs = stabilized(outputs, graph.inputs)
        found = backprop.back_propagation_nodes(outputs, [bar for _, bar in pairs], sources)
        graph.outputs = [zeros(graph, x.type) if g is None else g for x, g in zip(sources, found, strict=True)]
        graph.outputs += [known[guard.variable.number] for guard in self.guards]
        smaller = simplify.simplify(graph) if simplified else data.extract(graph, graph.inputs, graph.outputs)
        return Graph._guarded(smaller, self.guards)

    def simplified(self) -> Graph:
        """An equal graph of fewer or more stable operations."""
        graph, known = data.copied(self.data)
        graph.outputs += [known[guard.variable.number] for guard in self.guards]
        return Graph._guarded(simplify.simplify(graph), self.guards)

    @users_frames_only
    def __call__(self, /, *inputs: Any, **named: Any) -> Any:
        """The outputs' values: one array, or a list where there are several outputs.

        On traced arrays, within a function to differentiate, the graph becomes a part of that function's.
        """
        given = self._inputs(inputs, named)
        trace = trace_of(*given)
        if trace is None:
            values = interpret.forward_propagation(self.data, given)
            results = [owned(read_only(np.asarray(values[v.number]))) for v in self.outputs]
        else:
            where = pasted(self.data, given, trace)
            values = {v.number: trace.ask(where[v.number]) for v, _, _ in self.guards}
            results = [traced(trace, where[v.number]) for v in self.outputs]
        self._check_guards(values)
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
        """Read the text form.

        Raises
        ------
        TextError
            With the number of the line that is no part of a graph.
        """
        return cls.of(data.from_text(text, CATALOGUE))

    def to_json(self) -> str:
        """The graph document, which `from_json` reads."""
        return data.to_json(self.data)

    @classmethod
    def from_json(cls, text: str) -> Graph:
        """Read a graph document.

        Raises
        ------
        TextError
            If it is none, or of another version.
        """
        return cls.of(data.from_json(text, CATALOGUE))

    def to_dot(self) -> str:
        """The drawing in the DOT language: variables as nodes, operations as the labels of edges."""
        return data.to_dot(self.data)

    # How it is looked at

    @users_frames_only
    def to_svg(
        self,
        path: str | os.PathLike[str] | None = None,
        values: Values | None = None,
        seeds: Any = None,
        *,
        style: str = "compact",
        theme: str = "auto",
        show: str = "value",
        collapse: Any = "auto",
        parameters: Sequence[Name] | None = None,
    ) -> str:
        """The drawing as SVG: one file, which needs nothing else.

        Parameters
        ----------
        path : path, optional
            Where to write it.
        values : Values, optional
            What `forward` returned: numbers to show.
        seeds : optional
            The gradient to start from at each output, as for `backward`, for gradients to show. A single scalar output
            has one by itself.
        style : {"compact", "lecture"}
            An operation in the box of its result, downwards; or variables as nodes and operations on the edges,
            upwards.
        theme : {"auto", "light", "dark"}
            The colors; "auto" follows the reader's.
        show : {"value", "gradient", "jacobian", "health", "memory"}
            What is told of each variable and edge: values or gradients, of a scalar itself, of an array the root mean
            square; gains beside the local Jacobians; what is wrong with the numbers; what is kept for the way back.
        collapse : "auto", int or callable
            Which groups are closed: by the size of the graph; from a depth on; those that a function of the group says.
        parameters : sequence of names, optional
            The inputs that are parameters; by default the leaves of trees, such as `p.W`.

        Returns
        -------
        text : str

        Raises
        ------
        ArgumentError
            If the values are not those of this graph, or an option is none.

        Examples
        --------
        >>> import numpy as np, chainrule as cr
        >>> g = cr.trace(lambda w, x: np.tanh(w * x), 0.5, 2.0)
        >>> text = g.to_svg(values=g.forward(0.5, 2.0))
        >>> text.count("data-node=")
        4
        """
        options = {"style": style, "theme": theme, "show": show, "collapse": collapse}
        return _written(drawing().svg(self.data, *self._shown(values, seeds, parameters), **options), path)

    @users_frames_only
    def to_html(
        self,
        path: str | os.PathLike[str] | None = None,
        values: Values | None = None,
        seeds: Any = None,
        *,
        style: str = "compact",
        theme: str = "auto",
        show: str = "value",
        collapse: Any = "auto",
        parameters: Sequence[Name] | None = None,
        check: bool = False,
    ) -> str:
        """The page of the graph: one HTML file that needs nothing else and asks nothing of any network.

        It shows the drawing of `to_svg` and answers: values, gradients and local Jacobians of what is chosen, forward
        and backward propagation step by step, groups that open and close.

        Parameters
        ----------
        path, values, seeds, style, theme, show, collapse, parameters
            As for `to_svg`. Without values the page holds no data of yours.
        check : bool
            Whether the local Jacobian of each edge is compared with central differences at these values; the page then
            has a badge for each.

        Returns
        -------
        text : str

        Raises
        ------
        ArgumentError
            If the values are not those of this graph, an option is none, or there are no values to check at.

        Examples
        --------
        >>> import numpy as np, chainrule as cr
        >>> g = cr.trace(lambda w, x: np.tanh(w * x), 0.5, 2.0)
        >>> page = g.to_html(values=g.forward(0.5, 2.0))
        >>> page.startswith("<!doctype html>"), len(page) < 200_000
        (True, True)
        """
        options = {"style": style, "theme": theme, "show": show, "collapse": collapse, "check": check}
        return _written(drawing().html(self.data, *self._shown(values, seeds, parameters), **options), path)

    @users_frames_only
    def view(
        self,
        values: Values | None = None,
        seeds: Any = None,
        *,
        style: str = "compact",
        theme: str = "auto",
        show: str = "value",
        collapse: Any = "auto",
        parameters: Sequence[Name] | None = None,
    ) -> View:
        """The graph with its numbers, to be looked at: the last expression of a cell in a notebook shows it.

        Where a host runs no scripts (a notebook that is not trusted, an export) it is a picture and a table. A graph by
        itself shows as well, without numbers.

        Parameters
        ----------
        values, seeds, style, theme, show, collapse, parameters
            As for `to_svg`.

        Returns
        -------
        view : View
            Its `save` writes the page or the picture, and `open` shows the page in a browser.

        Raises
        ------
        ArgumentError
            If the values are not those of this graph, or an option is none.

        Examples
        --------
        >>> import numpy as np, chainrule as cr
        >>> g = cr.trace(lambda w, x: np.tanh(w * x), 0.5, 2.0)
        >>> g.view(g.forward(0.5, 2.0))
        <View of <Graph lambda(w: f64[], x: f64[]) -> (f64[]), 4 variables>>
        """
        options = {"style": style, "theme": theme, "show": show, "collapse": collapse}
        return View(self, self._shown(values, seeds, parameters), options)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return self.view()._repr_mimebundle_(include, exclude)

    @users_frames_only
    def to_steps(
        self, values: Values, seeds: Any = None, *, theme: str = "auto", parameters: Sequence[Name] | None = None
    ) -> list[str]:
        """Forward and back-propagation as pictures, one for each step: values appear, then the grad_table fills.

        What is not computed yet is a dash. Nothing moves from one picture to the next.

        Parameters
        ----------
        values, seeds, theme, parameters
            As for `to_svg`. Without a gradient to start from there are the steps forward only.

        Returns
        -------
        pictures : list of str
            SVG each.

        Raises
        ------
        ArgumentError
            If there are more than 200 variables.

        Examples
        --------
        >>> import numpy as np, chainrule as cr
        >>> g = cr.trace(lambda w, x: np.tanh(w * x), 0.5, 2.0)
        >>> len(g.to_steps(g.forward(0.5, 2.0)))  # the inputs, two forward, the seed, two backward
        6
        """
        return drawing().step_pictures(self.data, *self._shown(values, seeds, parameters), theme=theme)

    @users_frames_only
    def to_latex(
        self,
        path: str | os.PathLike[str] | None = None,
        values: Values | None = None,
        seeds: Any = None,
        *,
        form: str = "latex",
        parameters: Sequence[Name] | None = None,
    ) -> str:
        r"""The derivation of the gradient in your names.

        Definitions, each local Jacobian, the chain rule for each parameter with shapes beside the factors, and a table.

        Every line is checked numerically, at the values or at a point that is drawn, before it is printed; what does
        not hold there is left out, and that is said. Equal lines that follow on each other are folded.

        Parameters
        ----------
        path : path, optional
            Where to write it.
        values, seeds : optional
            As for `to_svg`: the point at which lines are checked.
        form : {"latex", "markdown", "text"}
            A document for LaTeX with amsmath; Markdown with formulas in dollars; text for a terminal.
        parameters : sequence of names, optional
            The inputs whose gradients are derived; by default the leaves of trees, such as `p.W`, or all inputs.

        Returns
        -------
        text : str

        Raises
        ------
        ArgumentError
            If the values are not those of this graph, or no point is found at which all is finite.

        Examples
        --------
        >>> import numpy as np, chainrule as cr
        >>> def loss(w, x):
        ...     h = np.tanh(w * x)
        ...     return h**2
        >>> text = cr.trace(loss, 0.5, 2.0).to_latex(parameters=["w"])
        >>> r"\bar{h} &= 2\, h" in text
        True
        """
        shown = self._shown(values, seeds, parameters)
        return _written(drawing().latex(self.data, *shown, form=form), path)

    @users_frames_only
    def to_view(
        self,
        path: str | os.PathLike[str] | None = None,
        values: Values | None = None,
        seeds: Any = None,
        *,
        parameters: Sequence[Name] | None = None,
        backward: bool = False,
        check: bool = False,
    ) -> str:
        """All that is shown of the graph, as a JSON document of schema "chainrule/view/1".

        Variables with their places in the program, edges with their local Jacobians, groups, layout; with values also
        statistics, small arrays, pictures and histograms of every value and gradient. (The graph can be made again from
        `to_json`, not from this.)

        Parameters
        ----------
        path, values, seeds, parameters
            As for `to_svg`. Without values the document holds no data.
        backward : bool
            Whether the graph of the gradients is a part of it, before and after it is simplified.
        check : bool
            As for `to_html`.

        Returns
        -------
        text : str

        Examples
        --------
        >>> import json, numpy as np, chainrule as cr
        >>> document = json.loads(cr.trace(np.tanh, np.ones(3)).to_view())
        >>> document["edges"][0]["structure"]
        'diagonal'
        """
        shown = self._shown(values, seeds, parameters)
        return _written(drawing().view(self.data, *shown, backward=backward, check=check), path)

    @users_frames_only
    def node(self, name: Name, values: Values | None = None, seeds: Any = None) -> Any:
        """A card of one variable: what it is, where it was made, its numbers, its local Jacobians and its rule.

        In a notebook it is shown as a table with small pictures; its text is one line.

        Parameters
        ----------
        name : str or variable
        values, seeds
            As for `to_svg`.

        Returns
        -------
        card : Card

        Raises
        ------
        UnknownNameError
            If there is no variable of this name.

        Examples
        --------
        >>> import numpy as np, chainrule as cr
        >>> def f(w, x):
        ...     z = w * x
        ...     return np.tanh(z)
        >>> g = cr.trace(f, 0.5, 2.0)
        >>> g.node("z", g.forward(0.5, 2.0))  # doctest: +ELLIPSIS
        multiply z, shape scalar, float64, rms 1, gradient rms 0.42, at ...:2
        """
        v = self.variable(name)
        return drawing().node(self.data, v, *self._shown(values, seeds, None))

    @users_frames_only
    def show(
        self,
        values: Values | None = None,
        seeds: Any = None,
        *,
        tree: bool = False,
        collapse: Any = "auto",
        parameters: Sequence[Name] | None = None,
        width: int | None = None,
    ) -> None:
        """Print the graph as a table, a variable or closed group in each row.

        On a terminal in color, where the package rich is installed (``pip install "chainrule[terminal]"``), with as
        many columns as fit; elsewhere as plain lines.

        Parameters
        ----------
        values, seeds, collapse, parameters
            As for `to_svg`.
        tree : bool
            Results before what they are made from, indented; what was shown already stands as `-> #4`.
        width : int, optional
            Letters in a line. By default those of the terminal, and without bound elsewhere.

        Examples
        --------
        >>> import numpy as np, chainrule as cr
        >>> def f(w, x):
        ...     z = w * x
        ...     return np.tanh(z)
        >>> g = cr.trace(f, 0.5, 2.0)
        >>> g.show(g.forward(0.5, 2.0), width=75)
        #  node  op        shape   value   gradient  J to input           gain
        0  w     input     scalar  0.5     0.84      -                    -
        1  x     input     scalar  2       0.21      -                    -
        2  z     multiply  scalar  1       0.42      diagonal | diagonal  2 | 0.5
        3  v3    tanh      scalar  0.762   1         diagonal             0.42
        """
        options = {"tree": tree, "collapse": collapse, "width": width}
        drawing().show(self.data, *self._shown(values, seeds, parameters), **options)

    def _shown(
        self, values: Values | None, seeds: Any, parameters: Sequence[Name] | None
    ) -> tuple[Mapping[int, Any] | None, dict[Variable, Any] | None, list[int] | None]:
        """Values by number, seeds by output, parameters by number."""
        chosen = None if parameters is None else [self.variable(name).number for name in _listed(parameters, "names")]
        if values is None and self._kept is not None:
            values = self.values
        if values is None:
            return None, None, chosen
        self._check_values(values, "what is shown are", "values=g.forward(...)")
        scalar = len(self.outputs) == 1 and self.outputs[0].shape == () and self.outputs[0].dtype.kind == "f"
        if seeds is None and not scalar:
            return values.by_number, None, chosen
        return values.by_number, self._starts(seeds), chosen


def _written(text: str, path: str | os.PathLike[str] | None) -> str:
    """A text, which goes to a file where there is a path."""
    if path is not None:
        Path(path).write_text(text, encoding="utf-8")
    return text


def _no_graph() -> None:
    """A reference to no graph."""


def _what_these_are(values: Any) -> str:
    if not isinstance(values, Values):
        return reprlib.repr(values)
    return "a grad_table" if values.is_grad_table else f"values of another graph: {values.graph!r}"


def _value_of(v: Variable, given: Any, name: str) -> Any:
    if type(given) is not Array:
        try:
            given = np.array(plain(given))
        except ValueError as error:  # a ragged list
            raise ArgumentError(f"the input {name} is no array: {error}", wanted=f"{v.type}") from error
    if tuple(given.shape) != v.shape:
        raise ShapeError(
            f"the input {name} has shape {v.shape}, not {tuple(given.shape)}",
            got=f"{tuple(given.shape)}",
            wanted=f"{v.type}",
        )
    if not np.can_cast(given.dtype, v.dtype, "same_kind"):
        raise DtypeError(
            f"the input {name} has dtype {v.dtype}, to which {given.dtype} cannot be converted", wanted=f"{v.type}"
        )
    return given if given.dtype == v.dtype else given.astype(v.dtype)


def check_carries_derivative(v: Variable) -> None:
    if not v.type.carries_derivative:
        raise DtypeError(
            f"{v.label} is of dtype {v.dtype}, which carries no derivative",
            got=f"{v.type}",
            wanted="a floating dtype",
        )


def _listed(variables: Any, what: str) -> list[Any]:
    if type(variables) is Array or isinstance(variables, (Variable, str)) or not isinstance(variables, Iterable):
        raise ArgumentError(f"{what} is a list of variables", got=reprlib.repr(variables), try_=f"{what}=[...]")
    return list(variables)


def _node(x: Any, what: str) -> Variable:
    if type(x) is Array and x.owner.symbolic:
        return x.variable
    if isinstance(x, Variable):
        return x
    if type(x) is Array:
        raise ArgumentError(
            f"{what} of a graph are symbolic variables, not arrays of a function that is being traced",
            got=repr(x),
            wanted="results of cr.variable and of NumPy functions of them",
            try_="cr.trace(f, *args)",
        )
    raise ArgumentError(
        f"{what} of a graph are variables, not {type(x).__name__}",
        wanted="results of cr.variable and of NumPy functions of them",
    )


def variable(name: str, shape: Sequence[int] | int = (), dtype: Any = float) -> Any:
    """A symbolic variable: NumPy functions of it make a graph.

    Parameters
    ----------
    name : str
        Letters, digits, underscores and dots, beginning with a letter: what texts and drawings of a graph show.
    shape : tuple of int
    dtype : dtype

    Returns
    -------
    x : symbolic array

    Raises
    ------
    ArgumentError
        If the name cannot be written in the text of a graph.
    ShapeError, DtypeError
        If there is no array of such a shape or dtype.

    Examples
    --------
    >>> import numpy as np, chainrule as cr
    >>> x, y = cr.variable("x"), cr.variable("y")
    >>> g = cr.Graph([x, y], [x * y])
    >>> g(3.0, 4.0)
    np.float64(12.0)
    """
    if not isinstance(name, str) or not re.fullmatch(data.NAME, name):
        raise ArgumentError(
            f"a variable has a name, not {name!r}",
            wanted="letters, digits, underscores and dots, beginning with a letter",
            try_='cr.variable("x", shape=(3,))',
        )
    trace = _symbolic_trace()
    v = trace.input(None, ArrayType(_sizes(shape), _dtype(dtype)), name)
    v.mask = 1
    return wrap(trace, v)


def _sizes(shape: Any) -> tuple[int, ...]:
    sizes = tuple(shape) if isinstance(shape, Iterable) else (shape,)
    if not all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) and n >= 0 for n in sizes):
        raise ShapeError(f"{shape!r} is no shape", wanted="a tuple of sizes that are not negative")
    return tuple(map(int, sizes))


def _dtype(dtype: Any) -> np.dtype:
    try:
        return np.dtype(dtype)
    except TypeError as error:
        raise DtypeError(f"{dtype!r} is no dtype", wanted="float, np.float32, int, bool...") from error


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
        Arrays or trees of them; their leaves become the inputs, named by their place: `p.W` for ``p["W"]``.
    **keywords
        Passed through as they are.

    Returns
    -------
    graph : Graph

    Raises
    ------
    DtypeError
        If f returns anything but arrays.

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
    check_callable(f)
    names = argument_names(f, len(args))
    name = "".join(c for c in getattr(f, "__name__", "graph") if c.isidentifier() or c.isdigit()) or "graph"
    with transform() as scope:
        replaced, inputs = [], []
        for arg, label in zip(args, names, strict=True):
            leaves, rebuild = tree.flatten(arg)
            arrays = [scope.argument(x, each) for x, each in zip(leaves, labels_of(arg, label), strict=True)]
            inputs += [each.variable for each in arrays]
            replaced.append(rebuild(arrays))
        outputs, _ = outputs_of(f(*replaced, **keywords), scope, name)
        guards = scope.trace.guards
        asked = [guard.variable for guard in guards]
        graph = lasting_graph(scope, inputs, [*outputs, *asked], name)
        return Graph._guarded(data.with_assigned_names(graph), guards)


scopes.unfinished_graph = Graph._unfinished
