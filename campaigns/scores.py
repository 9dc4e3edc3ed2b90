"""Nets of chainrule and of scikit-learn at equal settings: the same scores within noise, on six sets of rows."""

from __future__ import annotations

import argparse
import statistics
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from chainrule.losses import cross_entropy, squared
from chainrule.nets import Dense
from chainrule.regularizers import l2
from chainrule.training import accuracy, fit, r2, regularized

from . import record

HIDDEN, ALPHA, BATCH, RATE = 32, 1e-3, 64, 3e-3  # of both
BOUND = 3.0  # standard errors of the mean difference that count as noise


class Rows(NamedTuple):
    """A set of rows and how long to train on it."""

    x: np.ndarray
    y: np.ndarray
    epochs: int

    @property
    def of_classes(self) -> bool:
        return self.y.dtype.kind in "iu"


def _sets() -> dict[str, Callable[[], Rows]]:
    from sklearn import datasets

    def bundled(load: Any, epochs: int) -> Callable[[], Rows]:
        return lambda: Rows(*load(return_X_y=True), epochs)

    def classes() -> Rows:
        x, y = datasets.make_classification(20_000, 50, n_informative=20, n_classes=3, class_sep=0.8, random_state=0)
        return Rows(x, y, 8)

    def numbers() -> Rows:
        rng = np.random.default_rng(0)
        x = rng.normal(size=(20_000, 20))
        return Rows(x, np.sin(x[:, 0]) + x[:, 1] * x[:, 2] + 0.3 * rng.normal(size=20_000), 8)

    return {
        "digits": bundled(datasets.load_digits, 40),
        "breast cancer": bundled(datasets.load_breast_cancer, 60),
        "wine": bundled(datasets.load_wine, 100),
        "diabetes": bundled(datasets.load_diabetes, 100),
        "20,000 x 50, 3 classes": classes,
        "20,000 x 20, a number": numbers,
    }


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=int, default=10, help="splits and first weights (default 10)")


def run(options: argparse.Namespace) -> int:
    sources = record.fingerprint()
    rows = []
    for name, load in _sets().items():
        data = load()
        pairs = [_scores(data, seed) for seed in range(options.seeds)]
        rows.append(_row(name, data, pairs))
        record.progress(f"scores: {name} done")
    record.write_results("scores", _report(options, sources, rows))
    return 0 if all(row[-1] == "yes" for row in rows) else 1


def _scores(data: Rows, seed: int) -> tuple[float, float]:
    """On held-out rows: ours, and scikit-learn's."""
    from sklearn.model_selection import train_test_split

    x, x_test, y, y_test = train_test_split(
        data.x, data.y, test_size=0.25, random_state=seed, stratify=data.y if data.of_classes else None
    )
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    x, x_test = ((each - mean) / np.where(deviation > 0, deviation, 1) for each in (x, x_test))
    if not data.of_classes:
        middle, spread = y.mean(), y.std()
        y, y_test = (y - middle) / spread, (y_test - middle) / spread
    return _ours(data, seed, x, y, x_test, y_test), _theirs(data, seed, x, y, x_test, y_test)


def _ours(data: Rows, seed: int, x: Any, y: Any, x_test: Any, y_test: Any) -> float:
    units = int(data.y.max()) + 1 if data.of_classes else 1
    net = Dense([x.shape[1], HIDDEN, units], weights="glorot_uniform")
    # scikit-learn divides its penalty by the rows of the batch.
    objective = regularized(net.forward, cross_entropy if data.of_classes else squared, l2, ALPHA / BATCH)
    fitted = fit(
        objective,
        _initial(net, seed),
        (x, y),
        learning_rate=RATE,
        epochs=data.epochs,
        batch_size=BATCH,
        seed=seed,
        verbose=0,
    )
    assert fitted.state is not None
    outputs = net.forward(fitted.state.parameters, x_test)  # the last weights, as scikit-learn keeps them
    return accuracy(outputs.argmax(axis=1), y_test) if data.of_classes else r2(outputs, y_test)


def _initial(net: Dense, seed: int) -> Any:
    """Glorot's uniform weights, and biases from the same range, as scikit-learn draws them."""
    rng = np.random.default_rng(seed)
    parameters = net.initialize(rng)
    for layer in parameters:
        bound = np.sqrt(6 / sum(layer["W"].shape))
        layer["b"] = rng.uniform(-bound, bound, size=layer["b"].shape)
    return parameters


def _theirs(data: Rows, seed: int, x: Any, y: Any, x_test: Any, y_test: Any) -> float:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    model = (MLPClassifier if data.of_classes else MLPRegressor)(
        hidden_layer_sizes=(HIDDEN,),
        alpha=ALPHA,
        batch_size=BATCH,
        learning_rate_init=RATE,
        max_iter=data.epochs,
        n_iter_no_change=data.epochs,
        tol=0.0,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged: both train for so many epochs
        model.fit(x, y)
    return float(model.score(x_test, y_test))


def _row(name: str, data: Rows, pairs: list[tuple[float, float]]) -> tuple[Any, ...]:
    ours, theirs = zip(*pairs, strict=True)
    differences = [a - b for a, b in pairs]
    error = statistics.stdev(differences) / len(pairs) ** 0.5
    difference = statistics.mean(differences)
    return (
        name,
        "accuracy" if data.of_classes else "R2",
        f"{statistics.mean(ours):.4f} ± {statistics.stdev(ours):.4f}",
        f"{statistics.mean(theirs):.4f} ± {statistics.stdev(theirs):.4f}",
        f"{difference:+.4f} ± {error:.4f}",
        "yes" if abs(difference) <= BOUND * error else "no",
    )


def _report(options: argparse.Namespace, sources: str, rows: list[tuple[Any, ...]]) -> str:
    import sklearn

    return "\n".join(
        [
            "# Scores beside scikit-learn's\n",
            f"`python -m campaigns scores --seeds {options.seeds}`; {record.versions(sources)}, scikit-learn"
            f" {sklearn.__version__}.\n",
            f"One hidden layer of {HIDDEN} rectified linear units, Adam at {RATE:g}, batches of {BATCH} rows, alpha"
            f" {ALPHA:g}, Glorot's uniform weights and biases of the same range, the last epoch's weights. A quarter"
            " of the rows is held out, anew for each seed, the same rows for both. Mean ± standard deviation over the"
            " seeds; of the difference, mean ± standard error. Within noise: a mean difference of at most"
            f" {BOUND:g} standard errors.\n",
            record.table(("rows", "score", "chainrule", "scikit-learn", "difference", "within noise"), rows),
        ]
    )
