"""A fully connected net: every unit of a layer sees every unit of the layer before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, final

import numpy as np

from ..errors import ArgumentError, DtypeError, ShapeError
from .activations import ACTIVATIONS, Activation
from .dropout import thinned
from .entry import AnyEntry, Choice, chosen
from .initializations import BIASES, INITIALIZATIONS, BiasRule, Initialization, Place
from .normalization import MOMENTUM, NORMALIZATIONS, batch_normalized, layer_normalized, normalized_as_before

Parameters = list[dict[str, np.ndarray]]
Buffers = list[dict[str, np.ndarray]]
Normalization = Literal["batch", "layer"]
Kept = Callable[[int, tuple[int, ...], float], Any]


class Layer(NamedTuple):
    """What a layer is made of; its numbers are in the tree of parameters."""

    inputs: int
    units: int
    activation: Activation
    weights: Initialization
    biases: BiasRule
    normalization: Normalization | None = None
    dropout: float = 0.0

    @property
    def columns(self) -> int:
        """Of the weighted sums: one for each unit, or for each of its pieces."""
        return self.units * self.activation.pieces


@final
class Dense:
    """Layers of units with activations: h = f(h W + b), one after the other.

    It holds no numbers: they are a tree that is handed in and out, so that `forward` is a function of them. Hidden
    layers may be normalized, h = f(normalized(h W) * scale + b), and leave out some of their outputs in training.

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
    normalizations : None, "batch", "layer", or one of them for each hidden layer
        How the weighted sums are brought to mean 0 and variance 1: by the batch (in training; by running statistics in
        prediction), or by the units of each row. Scale and bias then give what mean and variance are good for.
    dropout : float or one for each hidden layer
        The share of its outputs that a layer leaves out in training, 0 <= rate < 1. Those kept are divided by 1 - rate,
        so that prediction, which keeps all, expects the same.

    Attributes
    ----------
    sizes : tuple of int
    layers : tuple of Layer

    Raises
    ------
    ArgumentError
        If there are fewer than two sizes, one is not a positive integer, a name is unknown, there are too few or too
        many names, a rate is not below 1, or a layer of one unit is to be normalized over its units.

    Source
    ------
    Goodfellow, Bengio, Courville, Deep Learning (2016), sec. 6.4, Algorithm 6.3; dropout: sec. 7.12; batch
    normalization: sec. 8.7.1. Ba, Kiros, Hinton, Layer Normalization (2016), eq. 3.

    Examples
    --------
    >>> net = Dense([2, 3, 1], activations="tanh")
    >>> parameters = net.initialize(rng=0)
    >>> [{name: leaf.shape for name, leaf in layer.items()} for layer in parameters]
    [{'W': (2, 3), 'b': (3,)}, {'W': (3, 1), 'b': (1,)}]
    >>> net.forward(parameters, np.ones((5, 2))).shape
    (5, 1)

    With dropout and batch normalization, whose running statistics are handed on from step to step:

    >>> net = Dense([2, 3, 1], normalizations="batch", dropout=0.5)
    >>> parameters, buffers, rng = net.initialize(rng=0), net.buffers(), np.random.default_rng(0)
    >>> x = rng.normal(size=(5, 2))
    >>> y, buffers = net.training_forward(parameters, buffers, x, lambda layer, shape, rate: rng.random(shape) >= rate)
    >>> y.shape, net.forward(parameters, x, buffers).shape
    ((5, 1), (5, 1))
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activations: Choice | Sequence[Choice] = "relu",
        output: Choice = "linear",
        weights: Choice | Sequence[Choice] | None = None,
        biases: Choice | Sequence[Choice] = "zeros",
        *,
        normalizations: Normalization | Sequence[Normalization | None] | None = None,
        dropout: float | Sequence[float] = 0.0,
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
        normalized = [*map(_normalization, _spread(normalizations, depth - 1, "normalization", "hidden layer")), None]
        rates = [*map(_rate, _spread(dropout, depth - 1, "rate of dropout", "hidden layer")), 0.0]
        self.layers = tuple(map(Layer, self.sizes[:-1], self.sizes[1:], functions, draws, rules, normalized, rates))
        for k, layer in enumerate(self.layers, 1):
            _check_normalized(layer, k)
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
            of each unit. Normalized layers add "scale", ones of shape (columns,), activations with parameters leaves of
            shape (units,).

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
            activation, columns = layer.activation, layer.columns
            # Each piece is drawn as a layer of its own would be; the pieces of a unit are neighbors.
            pieces = [layer.weights.draw(layer.inputs, layer.units, rng, activation) for _ in range(activation.pieces)]
            W = np.stack(pieces, axis=-1).reshape(layer.inputs, columns)
            b = layer.biases.function(Place(columns, layer is self.layers[-1], prior), **layer.biases.settings)
            leaves = {name: np.full(layer.units, start) for name, start in activation.leaves.items()}
            scale = {} if layer.normalization is None else {"scale": np.ones(columns)}
            arrays = {"W": W, "b": b, **scale, **leaves}
            parameters.append({name: leaf.astype(dtype) for name, leaf in arrays.items()})
        return parameters

    @property
    def takes_statistics(self) -> bool:
        """Whether a layer is normalized over batches, so that there are running means and variances."""
        return any(layer.normalization == "batch" for layer in self.layers)

    def buffers(self, dtype: Any = np.float64) -> Buffers:
        """What batch normalization has seen before the first step: means of 0, variances of 1.

        Parameters
        ----------
        dtype : floating dtype
            That of the parameters.

        Returns
        -------
        buffers : list of {"mean": array, shape (columns,); "variance": array, shape (columns,)}
            One entry for each layer; an empty one where it is not normalized over batches.

        Examples
        --------
        >>> Dense([4, 2, 1], normalizations="batch").buffers()
        [{'mean': array([0., 0.]), 'variance': array([1., 1.])}, {}]
        """
        return [
            {"mean": np.zeros(layer.columns, dtype), "variance": np.ones(layer.columns, dtype)}
            if layer.normalization == "batch"
            else {}
            for layer in self.layers
        ]

    def forward(
        self, parameters: Parameters, x: np.ndarray, buffers: Buffers | None = None, kept: Kept | None = None
    ) -> np.ndarray:
        """Forward propagation in prediction: h = f(h W + b) in each layer.

        Parameters
        ----------
        parameters : list of {"W": array, shape (inputs, columns); "b": array, shape (columns,)}
            As `initialize` makes them.
        x : array of float, shape (n, d)
            Samples as rows.
        buffers : list of dict, optional
            As `training_forward` returns them; needed where a layer is normalized over batches.
        kept : callable, optional
            As for `training_forward`. Nothing is left out without it; with it the outputs are one draw of many whose
            mean and spread tell how sure a net is (Monte-Carlo dropout).

        Returns
        -------
        y : array of float, shape (n, k)

        Raises
        ------
        ShapeError
            If there is not one entry of parameters and buffers for each layer, or a layer does not have as many inputs
            as the layer before has units.
        ArgumentError
            If a layer is normalized over batches, and there are no buffers for it.

        Derivative
        ----------
        With respect to W and to x of a layer: Kronecker; to b: broadcast; through an element-wise activation: diagonal.

        Source
        ------
        Goodfellow, Bengio, Courville, Deep Learning (2016), Algorithm 6.3, with samples as rows. Gal, Ghahramani,
        Dropout as a Bayesian Approximation (ICML 2016), eq. 6, for what draws at prediction are.

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
        return self._propagated(parameters, buffers, x, kept, trains=False)[0]

    def training_forward(
        self, parameters: Parameters, buffers: Buffers | None, x: np.ndarray, kept: Kept | None = None
    ) -> tuple[np.ndarray, Buffers]:
        """Forward propagation in training: by the statistics of the batch, and with outputs left out.

        Parameters
        ----------
        parameters : list of {"W": array, shape (inputs, columns); "b": array, shape (columns,)}
            As `initialize` makes them.
        buffers : list of dict
            As `buffers` makes them, or the step before.
        x : array of float, shape (n, d)
            Samples as rows. Batch normalization takes two or more.
        kept : callable
            ``kept(layer, shape, rate)`` gives an array of bool that is True with a probability of 1 - rate, where
            `layer` counts the layers from 0. It is called once, in order, for each layer with a rate above 0; a net
            without such layers needs none. Where a step is traced, it draws from a key that is handed in
            (`chainrule.random`): numbers of a NumPy generator would stay the same in every step.

        Returns
        -------
        y : array of float, shape (n, k)
        buffers : list of dict
            For the next step. They follow from the parameters, but no gradient is meant to go through them.

        Raises
        ------
        ShapeError
            As `forward`; and if batch normalization gets a single row, which has no variance.
        ArgumentError
            As `forward`; and if there is dropout, and nobody to say what is kept.

        Derivative
        ----------
        As of `forward`; through the mean and the variance of a batch each row depends on all rows.

        Source
        ------
        Ioffe, Szegedy, Batch Normalization (ICML 2015), Algorithm 1. Srivastava et al., Dropout (JMLR 2014), sec. 4.

        Examples
        --------
        One input, one unit, weights of 1: the batch (1, 3) is (-1, 1) when normalized, and relu keeps (0, 1):

        >>> net = Dense([1, 1, 1], normalizations="batch")
        >>> parameters = [
        ...     {"W": np.ones((1, 1)), "b": np.zeros(1), "scale": np.ones(1)},
        ...     {"W": np.ones((1, 1)), "b": np.zeros(1)},
        ... ]
        >>> y, buffers = net.training_forward(parameters, net.buffers(), np.array([[1.0], [3.0]]))
        >>> y.round(4).tolist(), buffers[0]["mean"]
        ([[0.0], [1.0]], array([0.2]))
        """
        for k, layer in enumerate(self.layers, 1):
            if layer.dropout and kept is None:
                raise ArgumentError(
                    f"layer {k} leaves out a share of {layer.dropout:g} of its outputs, and has to be told which",
                    got="kept=None",
                    wanted="kept(layer, shape, rate), an array of bool",
                )
        return self._propagated(parameters, buffers, x, kept, trains=True)

    def statistics(self, parameters: Parameters, batches: Iterable[np.ndarray]) -> Buffers:
        """Running statistics for parameters that no step has used, such as the mean of many steps' parameters.

        Parameters
        ----------
        parameters : list of dict
            As `initialize` makes them.
        batches : iterable of arrays of float, each of shape (n, d)
            Samples as rows, two or more in each. Nothing is left out of a layer's outputs.

        Returns
        -------
        buffers : list of dict
            Of each layer that is normalized over batches, the means over the batches of their means and of their
            unbiased variances; the layers before are normalized by each batch's own.

        Source
        ------
        Izmailov, Podoprikhin, Garipov, Vetrov, Wilson, Averaging Weights Leads to Wider Optima (UAI 2018), Algorithm 1,
        last line. PyTorch: `torch.optim.swa_utils.update_bn`.

        Examples
        --------
        Batches of means 2 and 4, and of unbiased variances 2 and 8:

        >>> net = Dense([1, 1, 1], normalizations="batch")
        >>> parameters = net.initialize(rng=0)
        >>> parameters[0]["W"] = np.ones((1, 1))
        >>> net.statistics(parameters, [np.array([[1.0], [3.0]]), np.array([[2.0], [6.0]])])[0]
        {'mean': array([3.]), 'variance': array([5.])}
        """
        buffers = self.buffers(parameters[0]["W"].dtype)
        for number, x in enumerate(batches, 1):
            _, buffers = self._propagated(parameters, buffers, x, None, trains=True, share=1 / number)
        return buffers

    def _propagated(
        self,
        parameters: Parameters,
        buffers: Buffers | None,
        x: np.ndarray,
        kept: Kept | None,
        trains: bool,
        share: float = MOMENTUM,
    ) -> tuple[np.ndarray, Buffers]:
        """The outputs and the buffers after them, as in training or as in prediction."""
        for name, entries in (("parameters", parameters), ("buffers", buffers)):
            if entries is not None and len(entries) != len(self.layers):
                raise ShapeError(
                    f"a net takes one entry of {name} for each layer",
                    got=f"{len(entries)} entries for {len(self.layers)} layers",
                )
        if buffers is None and "batch" in [layer.normalization for layer in self.layers]:
            raise ArgumentError(
                "batch normalization needs its running statistics",
                got="no buffers",
                wanted="net.buffers(dtype) before the first step, then those that training_forward has returned",
            )
        h, followed = x, [{} for _ in self.layers] if buffers is None else list(buffers)
        for k, (layer, leaves) in enumerate(zip(self.layers, parameters, strict=True), 1):
            W, b, *others = (leaves[name] for name in ("W", "b", *layer.activation.leaves))
            if h.shape[-1:] != W.shape[:1]:
                raise ShapeError(
                    f"layer {k} takes {W.shape[0]} inputs, but gets {h.shape[-1] if h.ndim else 'a scalar'}",
                    got=f"inputs of shape {h.shape}; W of shape {W.shape}",
                    wanted=f"inputs of shape (n, {W.shape[0]})",
                )
            a = h @ W
            if layer.normalization is not None:
                running = followed[k - 1]
                if layer.normalization == "layer":
                    a = layer_normalized(a)
                elif trains:
                    a, followed[k - 1] = batch_normalized(a, running, k, share)
                else:
                    a = normalized_as_before(a, running, k)
                a = a * leaves["scale"]
            h = layer.activation(a + b, **dict(zip(layer.activation.leaves, others, strict=True)))
            if layer.dropout and kept is not None:
                h = thinned(h, kept(k - 1, h.shape, layer.dropout), layer.dropout, k)
        return h, followed

    def to_document(self) -> dict[str, Any]:
        """The architecture in plain values, as JSON can hold them.

        Only of a net with normalization or dropout the document has entries for them, so that others stay as they were.

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
            **self._more(),
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
        if kind != "dense" or set(arguments) not in (_ALWAYS, _ALWAYS | _MORE):
            raise ArgumentError(
                "this is no document of a dense net",
                got=f"net {kind!r} with {', '.join(sorted(map(str, arguments))) or 'nothing'}",
                wanted="net 'dense' with activations, biases, output, sizes, weights; maybe dropout, normalizations",
            )
        return cls(**arguments)

    def __repr__(self) -> str:
        activations = [layer.activation.to_document() for layer in self.layers]
        more = "".join(f", {name}={value}" for name, value in self._more().items())
        return f"Dense({list(self.sizes)}, activations={activations[:-1]}, output={activations[-1]!r}{more})"

    def _more(self) -> dict[str, Any]:
        """What a net has beyond layers of h = f(h W + b): nothing, or the arguments for it."""
        hidden = self.layers[:-1]
        if not any(layer.normalization or layer.dropout for layer in hidden):
            return {}
        return {
            "normalizations": [layer.normalization for layer in hidden],
            "dropout": [layer.dropout for layer in hidden],
        }


_ALWAYS = {"sizes", "activations", "output", "weights", "biases"}
_MORE = {"normalizations", "dropout"}


def _each(
    catalogue: Mapping[str, AnyEntry], choices: Choice | Sequence[Choice], count: int, what: str, place: str
) -> list[AnyEntry]:
    """One entry for each place."""
    return [chosen(catalogue, choice, what) for choice in _spread(choices, count, what, place)]


def _spread(choices: Any, count: int, what: str, place: str) -> list[Any]:
    """One choice for each place, from one for all or one for each."""
    if not isinstance(choices, (list, tuple)):
        return [choices] * count
    if len(choices) != count:
        raise ArgumentError(
            f"there is one {what} for each {place}, or one for all",
            got=f"{len(choices)} for {count} {place}{'s' * (count != 1)}",
        )
    return list(choices)


def _normalization(choice: Any) -> Any:
    """None, or a name that is known."""
    if choice is not None and not (isinstance(choice, str) and choice in NORMALIZATIONS):
        raise ArgumentError(f"there is no normalization {choice!r}", wanted=f"{', '.join(NORMALIZATIONS)}, or None")
    return choice


def _rate(choice: Any) -> float:
    """A share below 1."""
    number = isinstance(choice, (int, float, np.integer, np.floating)) and not isinstance(choice, bool)
    if not (number and 0 <= choice < 1):
        raise ArgumentError("dropout leaves out a share, at least 0 and below 1", got=f"dropout={choice!r}")
    return float(choice)


def _check_normalized(layer: Layer, k: int) -> None:
    """Refuse what cannot be normalized."""
    if layer.normalization == "layer" and layer.columns == 1:
        raise ArgumentError(
            f"layer {k} has one unit, whose only weighted sum less its mean is 0 for all inputs",
            got="normalization 'layer'",
            wanted="two units or more, or normalization 'batch'",
        )
    if layer.normalization is not None and "scale" in layer.activation.leaves:
        raise ArgumentError(
            f"layer {k} has two parameters named scale: of its normalization, and of {layer.activation.name}",
            wanted="an activation whose parameter has another name",
        )


def _named(catalogue: Mapping[str, AnyEntry], entry: AnyEntry) -> Any:
    known = catalogue.get(entry.name)
    if known is None or known.function is not entry.function:
        raise ArgumentError(f"{entry.name} is in no catalogue, so that no document can name it")
    return entry.to_document()
