"""A fully connected net: every unit of a layer sees every unit of the layer before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, final

import numpy as np

from ..errors import ArgumentError, DtypeError, ShapeError
from .activations import ACTIVATIONS, Activation
from .entry import AnyEntry, Choice, chosen
from .initializations import BIASES, INITIALIZATIONS, BiasRule, Initialization, Place

Parameters = list[dict[str, np.ndarray]]


class Layer(NamedTuple):
    """What a layer is made of; its numbers are in the tree of parameters."""

    inputs: int
    units: int
    activation: Activation
    weights: Initialization
    biases: BiasRule


@final
class Dense:
    """Layers of units with activations: h = f(h W + b), one after the other.

    It holds no numbers: they are a tree that is handed in and out, so that `forward` is a function of them.

    Parameters
    ----------
    sizes : sequence of int
        Units of each layer: inputs, hidden layers, outputs.
    activations : choice or one for each hidden layer
        A name in `chainrule.nets.activations.ACTIVATIONS`, or with settings {"name": "maxout", "pieces": 3}, or an
        entry of the user's own.
    output : choice
        The activation of the last layer. Losses that take logits want "linear".
    weights : choice or one for each layer, optional
        A name in `chainrule.nets.initializations.INITIALIZATIONS`. By default what suits the layer's activation.
    biases : choice or one for each layer
        A name in `chainrule.nets.initializations.BIASES`.

    Attributes
    ----------
    sizes : tuple of int
    layers : tuple of Layer

    Raises
    ------
    ArgumentError
        If there are fewer than two sizes, one is not a positive integer, a name is unknown, or there are too few or
        too many names.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 6.4, Algorithm 6.3.

    Examples
    --------
    >>> net = Dense([2, 3, 1], activations="tanh")
    >>> parameters = net.initialize(rng=0)
    >>> [{name: leaf.shape for name, leaf in layer.items()} for layer in parameters]
    [{'W': (2, 3), 'b': (3,)}, {'W': (3, 1), 'b': (1,)}]
    >>> net.forward(parameters, np.ones((5, 2))).shape
    (5, 1)
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activations: Choice | Sequence[Choice] = "relu",
        output: Choice = "linear",
        weights: Choice | Sequence[Choice] | None = None,
        biases: Choice | Sequence[Choice] = "zeros",
    ):
        sizes = list(sizes)
        whole = all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) and n > 0 for n in sizes)
        if len(sizes) < 2 or not whole:
            raise ArgumentError(
                "a net has at least inputs and outputs, each of one unit or more",
                got=f"sizes={sizes}",
                wanted="[64, 32, 10], say",
            )
        self.sizes = tuple(map(int, sizes))
        depth = len(sizes) - 1
        functions = _each(ACTIVATIONS, activations, depth - 1, "activation", "hidden layer")
        functions.append(chosen(ACTIVATIONS, output, "activation"))
        draws = (
            [INITIALIZATIONS[function.weights] for function in functions]
            if weights is None
            else _each(INITIALIZATIONS, weights, depth, "initialization", "layer")
        )
        rules = _each(BIASES, biases, depth, "rule for biases", "layer")
        self.layers = tuple(map(Layer, self.sizes[:-1], self.sizes[1:], functions, draws, rules))
        self._chosen_weights = weights is not None

    def initialize(
        self,
        rng: int | np.random.Generator,
        dtype: Any = np.float64,
        prior: np.ndarray | None = None,
    ) -> Parameters:
        """Random weights, and biases by their rule.

        Parameters
        ----------
        rng : int or numpy.random.Generator
            A seed, or where the random numbers come from. They are the same for every dtype.
        dtype : floating dtype
        prior : array of float, shape (outputs,), optional
            For biases by the rule "prior": the best outputs that are the same for every sample.

        Returns
        -------
        parameters : list of {"W": array, shape (inputs, columns); "b": array, shape (columns,)}
            One entry for each layer after the inputs. There is one column for each unit, for maxout one for each piece
            of each unit. Activations with parameters add leaves of shape (units,).

        Raises
        ------
        DtypeError
            If dtype is not a floating one.
        ArgumentError
            If the rule "prior" gets no prior, or one of another shape.

        Source
        ------
        Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 8.4.

        Examples
        --------
        >>> [layer["W"].shape for layer in Dense([64, 32, 10]).initialize(rng=0)]
        [(64, 32), (32, 10)]
        >>> net = Dense([2, 4, 1], activations=[{"name": "maxout", "pieces": 3}], output="parametric_relu")
        >>> first, last = net.initialize(rng=0)
        >>> first["W"].shape, first["b"].shape, last["slope"]
        ((2, 12), (12,), array([0.25]))
        """
        dtype = np.dtype(dtype)
        if dtype.kind != "f":
            raise DtypeError(
                "weights that are trained are floating-point numbers", got=f"dtype={dtype}", wanted="float64 or float32"
            )
        rng = np.random.default_rng(rng)
        parameters = []
        for layer in self.layers:
            activation, columns = layer.activation, layer.units * layer.activation.pieces
            # Each piece is drawn as a layer of its own would be; the pieces of a unit are neighbors.
            pieces = [layer.weights.draw(layer.inputs, layer.units, rng, activation) for _ in range(activation.pieces)]
            W = np.stack(pieces, axis=-1).reshape(layer.inputs, columns)
            b = layer.biases.function(Place(columns, layer is self.layers[-1], prior), **layer.biases.settings)
            leaves = {name: np.full(layer.units, start) for name, start in activation.leaves.items()}
            arrays = {"W": W, "b": b, **leaves}
            parameters.append({name: leaf.astype(dtype) for name, leaf in arrays.items()})
        return parameters

    def forward(self, parameters: Parameters, x: np.ndarray) -> np.ndarray:
        """Forward propagation: h = f(h W + b) in each layer.

        Parameters
        ----------
        parameters : list of {"W": array, shape (inputs, columns); "b": array, shape (columns,)}
            As `initialize` makes them.
        x : array of float, shape (n, d)
            Samples as rows.

        Returns
        -------
        y : array of float, shape (n, k)

        Raises
        ------
        ShapeError
            If there is not one entry of parameters for each layer, or a layer does not have as many inputs as the layer
            before has units.

        Derivative
        ----------
        With respect to W and to x of a layer: Kronecker; to b: broadcast; through an element-wise activation: diagonal.

        Source
        ------
        Goodfellow, Bengio, Courville, Deep Learning (2016), Algorithm 6.3, with samples as rows.

        Examples
        --------
        >>> net = Dense([1, 2, 1])
        >>> parameters = [
        ...     {"W": np.array([[1.0, -1.0]]), "b": np.zeros(2)},
        ...     {"W": np.array([[2.0], [3.0]]), "b": np.ones(1)},
        ... ]
        >>> net.forward(parameters, np.array([[5.0], [-5.0]]))
        array([[11.],
               [16.]])
        """
        if len(parameters) != len(self.layers):
            raise ShapeError(
                "a net takes one entry of parameters for each layer",
                got=f"{len(parameters)} entries for {len(self.layers)} layers",
            )
        h = x
        for k, (layer, leaves) in enumerate(zip(self.layers, parameters, strict=True), 1):
            W, b, *others = (leaves[name] for name in ("W", "b", *layer.activation.leaves))
            if h.shape[-1:] != W.shape[:1]:
                raise ShapeError(
                    f"layer {k} takes {W.shape[0]} inputs, but gets {h.shape[-1] if h.ndim else 'a scalar'}",
                    got=f"inputs of shape {h.shape}; W of shape {W.shape}",
                    wanted=f"inputs of shape (n, {W.shape[0]})",
                )
            h = layer.activation(h @ W + b, **dict(zip(layer.activation.leaves, others, strict=True)))
        return h

    def to_document(self) -> dict[str, Any]:
        """The architecture in plain values, as JSON can hold them.

        Raises
        ------
        ArgumentError
            If an activation or a rule is not in its catalogue, so that no file could name it.

        Examples
        --------
        >>> Dense([4, 8, 3], activations="elu").to_document()["activations"]
        [{'name': 'elu', 'scale': 1.0}]
        """
        layers = self.layers
        return {
            "net": "dense",
            "sizes": list(self.sizes),
            "activations": [_named(ACTIVATIONS, layer.activation) for layer in layers[:-1]],
            "output": _named(ACTIVATIONS, layers[-1].activation),
            "weights": [_named(INITIALIZATIONS, layer.weights) for layer in layers] if self._chosen_weights else None,
            "biases": [_named(BIASES, layer.biases) for layer in layers],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Dense:
        """The net that `to_document` has written down.

        Raises
        ------
        ArgumentError
            If the document is that of something else, or names what is not known here.

        Examples
        --------
        >>> Dense.from_document(Dense([4, 8, 3], activations="tanh").to_document())
        Dense([4, 8, 3], activations=['tanh'], output='linear')
        """
        arguments = dict(document)
        kind = arguments.pop("net", None)
        if kind != "dense" or set(arguments) != {"sizes", "activations", "output", "weights", "biases"}:
            raise ArgumentError(
                "this is no document of a dense net",
                got=f"net {kind!r} with {', '.join(sorted(map(str, arguments))) or 'nothing'}",
                wanted="net 'dense' with activations, biases, output, sizes, weights",
            )
        return cls(**arguments)

    def __repr__(self) -> str:
        activations = [layer.activation.to_document() for layer in self.layers]
        return f"Dense({list(self.sizes)}, activations={activations[:-1]}, output={activations[-1]!r})"


def _each(
    catalogue: Mapping[str, AnyEntry], choices: Choice | Sequence[Choice], count: int, what: str, place: str
) -> list[AnyEntry]:
    """One entry for each place, from one choice for all or one for each."""
    if not isinstance(choices, (list, tuple)):
        return [chosen(catalogue, choices, what)] * count
    if len(choices) != count:
        raise ArgumentError(
            f"there is one {what} for each {place}, or one for all",
            got=f"{len(choices)} for {count} {place}{'s' * (count != 1)}",
        )
    return [chosen(catalogue, choice, what) for choice in choices]


def _named(catalogue: Mapping[str, AnyEntry], entry: AnyEntry) -> Any:
    known = catalogue.get(entry.name)
    if known is None or known.function is not entry.function:
        raise ArgumentError(f"{entry.name} is in no catalogue, so that no document can name it")
    return entry.to_document()
