"""Normalized layers: by hand, against PyTorch and differences, traced, and what they refuse."""

import json

import numpy as np
import pytest

import chainrule as cr
from chainrule.compile import is_available
from chainrule.errors import ArgumentError, ShapeError
from chainrule.nets import Dense
from chainrule.nets.activations import Activation
from chainrule.optimizers import sgd
from chainrule.training import Buffered, fit

# PyTorch 2.13.0, with torch.set_default_dtype(torch.float64):
#
#   for norm in (torch.nn.BatchNorm1d(3), torch.nn.LayerNorm(3)):
#       norm.weight, norm.bias = torch.nn.Parameter(SCALE), torch.nn.Parameter(B)
#       y = torch.tanh(norm(X @ W)) @ V                           # y
#       (y**2).mean().backward()                                  # W.grad, norm.weight.grad, norm.bias.grad
#   norm = BatchNorm1d ...; norm(X @ W); norm(2 * X[:3] @ W); norm(X[1:] @ W + 1)     # running_mean, running_var
#   norm.eval(); torch.tanh(norm(X @ W)) @ V                      # predicted
X = np.array([[0.5, -1.0], [1.5, 2.0], [-2.0, 0.25], [0.0, 1.0]])
W = np.array([[1.0, -0.5, 0.25], [0.5, 2.0, -1.0]])
SCALE, B = np.array([1.5, 0.5, -1.0]), np.array([0.1, -0.2, 0.3])
V = np.array([[1.0], [-2.0], [0.5]])
TORCH = {
    "batch": {
        "y": [0.9364043380503086, 0.797027187021212, -0.5218462886904602, 0.584844501714592],
        "W": [
            [0.27347464714778524, -0.5555737141392578, -0.3029092914764187],
            [-0.5469492052745195, -0.13889359397643475, -0.07572710980765496],
        ],
        "scale": [0.007195318388660954, -0.2781493858741832, 0.022388310707502503],
        "b": [0.7191895481969657, -1.1700273824765182, 0.08937094430666355],
    },
    "layer": {
        "y": [1.5404987564577945, 0.7116684322728186, -1.5225267707270085, -0.22653886715824434],
        "W": [
            [0.6238640468070239, -0.21425943807767872, -0.4096046087293453],
            [-0.38437065066096604, -0.017342870634422428, 0.40171352129538834],
        ],
        "scale": [0.4004811266811652, 2.3415462132165854, 0.2954572091644987],
        "b": [0.5328575025144133, -0.033574725648320314, -0.04363721958280703],
    },
}
AFTER_ONE = {
    "mean": [0.028125, 0.1125, -0.05625],
    "variance": [1.2233072916666667, 1.4604166666666667, 1.0401041666666666],
}
AFTER_THREE = {
    "mean": [0.19778125000000002, 0.566125, -0.13306250000000003],
    "variance": [3.2049414062500006, 4.1066875, 1.573421875],
}
PREDICTED = [1.0587979338375255, 0.5538823906510328, -0.6581050661185018, 0.4129924504293058]

PARAMETERS = [{"W": W, "b": B, "scale": SCALE}, {"W": V, "b": np.zeros(1)}]
KINDS = pytest.mark.parametrize("kind", ["batch", "layer"])


def net_of(kind):
    return Dense([2, 3, 1], activations="tanh", normalizations=kind)


def moved(parameters, seed=1):
    """Other parameters of the same shapes, none of them 0 or 1."""
    rng = np.random.default_rng(seed)
    return [
        {name: leaf + 0.3 * rng.normal(size=leaf.shape).astype(leaf.dtype) for name, leaf in layer.items()}
        for layer in parameters
    ]


def test_a_batch_by_hand():
    # Two rows 1 and 3: mean 2, variance 1, normalized -1 and 1 (but for 1e-5), times 2 plus 5: 3 and 7.
    net = Dense([1, 1, 1], activations="linear", normalizations="batch")
    parameters = [
        {"W": np.ones((1, 1)), "b": 5 * np.ones(1), "scale": 2 * np.ones(1)},
        {"W": np.ones((1, 1)), "b": np.zeros(1)},
    ]
    y, buffers = net.training_forward(parameters, net.buffers(), np.array([[1.0], [3.0]]))
    np.testing.assert_allclose(y, [[5 - 2 / np.sqrt(1.00001)], [5 + 2 / np.sqrt(1.00001)]], rtol=1e-15)
    # The unbiased variance is 2: 0.9 * 0 + 0.1 * 2, 0.9 * 1 + 0.1 * 2.
    np.testing.assert_allclose([buffers[0]["mean"], buffers[0]["variance"]], [[0.2], [1.1]], rtol=1e-15)
    assert buffers[1] == {}
    # Prediction of a 4: (4 - 0.2) / sqrt(1.1 + 1e-5).
    np.testing.assert_allclose(
        net.forward(parameters, np.array([[4.0]]), buffers), [[5 + 2 * 3.8 / np.sqrt(1.10001)]], rtol=1e-15
    )


def test_units_by_hand():
    # Two units 1 and 3 in one row, as above; a row of its own: no other row changes it.
    net = Dense([1, 2, 1], activations="linear", normalizations="layer")
    parameters = [
        {"W": np.array([[1.0, 3.0]]), "b": np.array([5.0, 0.0]), "scale": np.array([2.0, 7.0])},
        {"W": np.ones((2, 1)), "b": np.zeros(1)},
    ]
    wanted = (5 - 2 / np.sqrt(1.00001)) + 7 / np.sqrt(1.00001)
    for x in ([[1.0]], [[1.0], [-2.0], [30.0]]):
        assert net.forward(parameters, np.array(x))[0, 0] == pytest.approx(wanted, rel=1e-15)
        assert net.training_forward(parameters, None, np.array(x))[0][0, 0] == pytest.approx(wanted, rel=1e-15)


@KINDS
def test_against_torch(kind):
    net, wanted = net_of(kind), TORCH[kind]
    y, _ = net.training_forward(PARAMETERS, net.buffers(), X)
    np.testing.assert_allclose(y[:, 0], wanted["y"], rtol=1e-13)
    (first, _) = cr.grad(lambda p: np.mean(net.training_forward(p, net.buffers(), X)[0] ** 2))(PARAMETERS)
    for name in ("W", "scale", "b"):
        np.testing.assert_allclose(first[name], wanted[name], rtol=1e-12, atol=1e-15)


def test_running_statistics_against_torch():
    net = net_of("batch")
    buffers = net.buffers()
    # The third sums are those of no inputs, so that the sums themselves are the inputs of another net.
    sums = [X @ W, 2 * X[:3] @ W, X[1:] @ W + 1]
    direct = Dense([3, 3, 1], activations="tanh", normalizations="batch")
    identity = [{**PARAMETERS[0], "W": np.eye(3)}, PARAMETERS[1]]
    for step, a in enumerate(sums):
        _, buffers = direct.training_forward(identity, buffers, a)
        if step == 0:
            for name, wanted in AFTER_ONE.items():
                np.testing.assert_allclose(buffers[0][name], wanted, rtol=1e-13)
    for name, wanted in AFTER_THREE.items():
        np.testing.assert_allclose(buffers[0][name], wanted, rtol=1e-13)
    np.testing.assert_allclose(net.forward(PARAMETERS, X, buffers)[:, 0], PREDICTED, rtol=1e-13)


@pytest.mark.parametrize("activation", ["tanh", "parametric_relu", {"name": "maxout", "pieces": 3}, "softmax"])
@KINDS
def test_gradients(kind, activation):
    net = Dense([4, 6, 5, 2], activations=activation, normalizations=kind)
    parameters, buffers = moved(net.initialize(3)), net.buffers()
    x = np.random.default_rng(5).normal(size=(7, 4))
    cr.check_grads(lambda p, x: net.training_forward(p, buffers, x)[0], (parameters, x))
    cr.check_grads(lambda p, x: net.forward(p, x, buffers), (parameters, x))


def test_leaves_of_pieces_and_of_activations():
    net = Dense([2, 3, 4, 1], activations=[{"name": "maxout", "pieces": 2}, "parametric_relu"], normalizations="batch")
    shapes = [{name: leaf.shape for name, leaf in layer.items()} for layer in net.initialize(0)]
    assert shapes == [
        {"W": (2, 6), "b": (6,), "scale": (6,)},
        {"W": (3, 4), "b": (4,), "scale": (4,), "slope": (4,)},
        {"W": (4, 1), "b": (1,)},
    ]
    np.testing.assert_array_equal(net.initialize(0)[0]["scale"], np.ones(6))
    assert [{name: leaf.shape for name, leaf in each.items()} for each in net.buffers()] == [
        {"mean": (6,), "variance": (6,)},
        {"mean": (4,), "variance": (4,)},
        {},
    ]
    # Without normalization the weights are those of before.
    np.testing.assert_array_equal(
        net.initialize(0)[0]["W"], Dense([2, 3, 4, 1], activations=["maxout", "relu"]).initialize(0)[0]["W"]
    )


def test_a_mean_far_from_zero():
    # A mean of squares less the squared mean would have no digit left.
    net = Dense([1, 1, 1], activations="linear", normalizations="batch")
    parameters = net.initialize(0)
    parameters[0]["W"] = parameters[1]["W"] = np.ones((1, 1))
    y, _ = net.training_forward(parameters, net.buffers(), 1e9 + np.array([[0.0], [2.0]]))
    np.testing.assert_allclose(y, [[-1 / np.sqrt(1.00001)], [1 / np.sqrt(1.00001)]], rtol=1e-14)


def test_a_sum_that_never_changes():
    net = Dense([2, 3, 1], normalizations="batch")
    parameters, x = net.initialize(0), np.ones((4, 2))
    with np.errstate(all="raise"):
        value, gradients = cr.value_and_grad(lambda p: np.sum(net.training_forward(p, net.buffers(), x)[0]))(parameters)
    assert value == 0 and all(np.isfinite(leaf).all() for layer in gradients for leaf in layer.values())


def test_axes_before_the_rows():
    # All rows of a batch count alike, on however many axes they stand.
    net, x = net_of("batch"), np.random.default_rng(1).normal(size=(3, 4, 2))
    y, buffers = net.training_forward(PARAMETERS, net.buffers(), x)
    flat, same = net.training_forward(PARAMETERS, net.buffers(), x.reshape(12, 2))
    np.testing.assert_allclose(y.reshape(12, 1), flat, rtol=1e-12)
    np.testing.assert_allclose(buffers[0]["variance"], same[0]["variance"], rtol=1e-12)


@KINDS
def test_single_precision_stays(kind):
    net = Dense([4, 8, 3], normalizations=kind, dropout=0.25)
    parameters, buffers = net.initialize(0, np.float32), net.buffers(np.float32)
    x, keep = np.ones((6, 4), np.float32) * np.arange(6, dtype=np.float32)[:, None], np.arange(48).reshape(6, 8) % 4 > 0

    def loss(p, buffers):
        y, buffers = net.training_forward(p, buffers, x, lambda layer, shape, rate: keep)
        return np.mean(y**2), buffers

    for function in (cr.value_and_grad(loss, has_aux=True), cr.jit(cr.value_and_grad(loss, has_aux=True))):
        (value, after), gradients = function(parameters, buffers)
        kinds = {leaf.dtype for tree in (gradients, after) for layer in tree for leaf in layer.values()}
        assert kinds | {value.dtype} == {np.dtype(np.float32)}
    assert net.forward(parameters, x, buffers).dtype == np.float32
    graph = cr.trace(lambda p, b, x: net.training_forward(p, b, x, lambda *_: keep), parameters, buffers, x)
    assert {v.dtype for v in graph.variables if v.dtype.kind == "f" and v.shape} == {np.dtype(np.float32)}


def test_statistics_keep_their_dtype():
    # Rows of another dtype than the parameters' do not change what a step hands on, so that it can be in a loop.
    net = net_of("batch")
    _, after = net.training_forward(net.initialize(0, np.float32), net.buffers(np.float32), X)
    assert {leaf.dtype for leaf in after[0].values()} == {np.dtype(np.float32)}


@KINDS
def test_steps_in_a_loop_are_native(kind):
    """Forward, backward, running statistics and dropout by a key, many steps in one native call."""
    net = Dense([4, 8, 6, 1], activations="tanh", normalizations=kind, dropout=[0.25, 0.5])
    rng = np.random.default_rng(0)
    x, y, parameters, buffers = rng.normal(size=(16, 4)), rng.normal(size=(16, 1)), net.initialize(0), net.buffers()
    arguments = parameters, buffers, cr.random.key(7), x, y

    def step(parameters, buffers, key, x, y):
        def loss(p):
            def kept(layer, shape, rate):
                return cr.random.bernoulli(cr.random.fold_in(key, layer), 1 - rate, shape)

            outputs, after = net.training_forward(p, buffers, x, kept)
            return np.mean((outputs - y) ** 2), after

        gradients, after = cr.grad(loss, has_aux=True)(parameters)
        return sgd.update(parameters, gradients, sgd.initialize(parameters), 0.1)[0], after

    def many(parameters, buffers, key, x, y):
        def one(state):
            parameters, buffers, k = state
            return *step(parameters, buffers, cr.random.fold_in(key, k), x, y), k + 1

        return cr.while_loop(lambda state: state[2] < 5, one, (parameters, buffers, 0))

    found = cr.jit(many)(*arguments)
    for k in range(5):
        parameters, buffers = step(parameters, buffers, cr.random.fold_in(arguments[2], k), x, y)
    for a, b in zip(found[0] + found[1], parameters + buffers, strict=True):
        for name in b:
            np.testing.assert_allclose(a[name], b[name], rtol=1e-11, atol=1e-13)
    if is_available():
        assert not cr.explain_plan(many)(*arguments).by_numpy


def test_training_carries_the_statistics():
    net = net_of("batch")
    rng = np.random.default_rng(3)
    x = rng.normal(size=(200, 2)) * [1.0, 5.0] + [3.0, -2.0]
    y = x @ np.array([[1.0], [0.2]])

    def trained(parameters, buffers, x, y):
        outputs, buffers = net.training_forward(parameters, buffers, x)
        loss = np.mean((outputs - y) ** 2)
        return loss, (loss, 0.0, buffers)

    def judged(parameters, buffers, x, y):
        loss = np.mean((net.forward(parameters, x, buffers) - y) ** 2)
        return loss, (loss, 0.0)

    fitted = fit(
        Buffered(trained, net.buffers(), judged),
        net.initialize(0),
        (x, y),
        learning_rate=0.02,
        epochs=40,
        batch_size=50,
        verbose=0,
    )
    loss = judged(fitted.parameters, fitted.buffers, x, y)[0]
    assert loss < 0.1 * np.var(y)
    sums = x @ fitted.parameters[0]["W"]
    np.testing.assert_allclose(fitted.buffers[0]["mean"], sums.mean(axis=0), atol=0.2 * sums.std())
    np.testing.assert_allclose(fitted.buffers[0]["variance"], sums.var(axis=0), rtol=0.3)


# Documents


def test_a_document_with_more_by_hand():
    net = Dense([4, 8, 7, 3], normalizations=["batch", None], dropout=[0.5, 0])
    document = net.to_document()
    assert {name: document[name] for name in ("normalizations", "dropout")} == {
        "normalizations": ["batch", None],
        "dropout": [0.5, 0.0],
    }
    again = Dense.from_document(json.loads(json.dumps(document)))
    assert again.to_document() == document and again.layers == net.layers and eval(repr(again)).layers == net.layers
    # Of a net without them nothing has changed.
    assert Dense([4, 8, 3], normalizations=[None], dropout=0).to_document() == Dense([4, 8, 3]).to_document()
    assert repr(Dense([4, 8, 3], dropout=0.0)) == "Dense([4, 8, 3], activations=['relu'], output='linear')"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dropout": None}, "dropout leaves out a share"),
        ({"normalizations": ["group"]}, "there is no normalization 'group'"),
        ({"momentum": 0.1}, "this is no document of a dense net"),
    ],
)
def test_documents_of_something_else(change, message):
    document = Dense([4, 8, 3], normalizations="layer").to_document()
    with pytest.raises(ArgumentError, match=message):
        Dense.from_document({**document, **change})
    for missing in ("dropout", "normalizations"):
        with pytest.raises(ArgumentError, match="this is no document of a dense net"):
            Dense.from_document({name: value for name, value in document.items() if name != missing})


# What it refuses


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(("rows", "got"), [(1, "one row"), (0, "no rows")])
def test_a_single_row_has_no_variance(rows, got, compiled):
    net = net_of("batch")
    forward = cr.jit(net.training_forward) if compiled else net.training_forward
    with pytest.raises(ShapeError, match=f"layer 1 needs two rows or more(.|\n)*a batch of {got} in training"):
        forward(PARAMETERS, net.buffers(), X[:rows])
    assert net.forward(PARAMETERS, X[:rows], net.buffers()).shape == (rows, 1)
    assert net_of("layer").training_forward(PARAMETERS, None, X[:rows])[0].shape == (rows, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"normalizations": "bach"}, "there is no normalization 'bach'(.|\n)*batch, layer, or None"),
        ({"normalizations": True}, "there is no normalization True"),
        ({"normalizations": ["batch"]}, "one normalization for each hidden layer, or one for all(.|\n)*1 for 2 hidden"),
        ({"normalizations": "layer"}, "layer 2 has one unit, whose only weighted sum less its mean is 0"),
        (
            {"normalizations": "batch", "activations": Activation("a", np.sin, "", "", leaves={"scale": 1.0})},
            "layer 1 has two parameters named scale",
        ),
    ],
)
def test_choices_without_meaning(options, message):
    with pytest.raises(ArgumentError, match=message):
        Dense([5, 4, 1, 2], **options)


def test_buffers_that_do_not_fit():
    net = net_of("batch")
    for call in (lambda b: net.forward(PARAMETERS, X, b), lambda b: net.training_forward(PARAMETERS, b, X)):
        with pytest.raises(ArgumentError, match=r"batch normalization needs its running statistics(.|\n)*no buffers"):
            call(None)
        with pytest.raises(ShapeError, match=r"one entry of buffers for each layer(.|\n)*1 entries for 2 layers"):
            call(net.buffers()[:1])
        with pytest.raises(ShapeError, match=r"the running mean of layer 1(.|\n)*shape \(1,\)\n +wanted +\(3,\)"):
            call([{"mean": np.zeros(1), "variance": np.ones(3)}, {}])
        with pytest.raises(ArgumentError, match=r"layer 1 is normalized by running statistics(.|\n)*without any"):
            call([{}, {}])
