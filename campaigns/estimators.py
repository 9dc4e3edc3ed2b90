"""The estimators beside scikit-learn's at equal settings: scores on held-out rows of eight sets; equal predictions."""

from __future__ import annotations

import argparse
import math
import statistics
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from benchmarks.estimators import sets
from benchmarks.estimators.sets import SETS, Rows
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor

from chainrule.estimators import MLPClassifier, MLPRegressor

from . import record

ROOMS = ("estimators", "training", "nets", "losses", "regularizers", "optimizers", "data", "api", "tracing")
BOUND = 3.0  # standard errors of the mean difference that count as noise
MOST = 200  # epochs, the default of both
FEWER = {"20,000 x 50, 3 classes": 30, "20,000 x 20, a number": 30}


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seeds", type=int, default=20, help="splits and first weights (default 20)")
    parser.add_argument("--epochs", type=int, default=MOST, help="at most (default %(default)s)")


def run(options: argparse.Namespace) -> int:
    files = [path for room in ROOMS for path in (record.SOURCES / room).rglob("*.py")]
    sources = record.fingerprint(*files, Path(sets.__file__))
    pairs: dict[str, list[dict[str, Any]]] = {}
    state = record.State(f"estimators-{options.epochs}", sources, {"pairs": pairs})
    pairs = state.values["pairs"]
    for name, load in SETS.items():
        rows, known = load(), pairs.setdefault(name, [])
        for seed in range(len(known), options.seeds):
            known.append(_pair(rows, seed, min(options.epochs, FEWER.get(name, MOST))))
            state.save()
            record.progress(f"estimators: {name}, {seed + 1} of {options.seeds}")
    record.progress(f"estimators: {len(SETS)} sets, {state.seconds:.0f} s", last=True)
    lines = [_row(name, pairs[name][: options.seeds]) for name in SETS]
    record.write_results("estimators", _report(options, state, sources, lines))
    state.done()
    return 0 if all(line[-1] == "yes" for line in lines) else 1


def _pair(rows: Rows, seed: int, epochs: int) -> dict[str, Any]:
    """Both fitted to the same rows, and judged by the same others."""
    parts = train_test_split(*rows, test_size=0.25, random_state=seed, stratify=rows.y if rows.of_classes else None)
    training, held = Rows(parts[0], parts[2]), Rows(parts[1], parts[3])
    training, held = training.standardized(), held.standardized(training)
    kinds = (MLPClassifier, TheirClassifier) if rows.of_classes else (MLPRegressor, TheirRegressor)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that one has not converged: neither has the other
        ours, theirs = (kind(max_iter=epochs, random_state=seed).fit(*training) for kind in kinds)
    a, b = ours.predict(held.x), theirs.predict(held.x)
    return {
        "score": "accuracy" if rows.of_classes else "R2",
        "ours": float(ours.score(*held)),
        "theirs": float(theirs.score(*held)),
        "equal": bool(np.array_equal(a, b) if rows.of_classes else np.allclose(a, b, rtol=1e-6, atol=1e-6)),
        "epochs": [ours.n_iter_, theirs.n_iter_],
        "apart": max(float(np.abs(p - q).max()) for p, q in zip(ours.coefs_, theirs.coefs_, strict=True)),
    }


def _row(name: str, pairs: list[dict[str, Any]]) -> tuple[Any, ...]:
    ours, theirs = ([pair[who] for pair in pairs] for who in ("ours", "theirs"))
    differences = [0.0 if pair["equal"] else pair["ours"] - pair["theirs"] for pair in pairs]
    difference, error = statistics.mean(differences), _standard_error(differences)
    errors = 0.0 if difference == 0 else abs(difference) / error if error else math.inf
    return (
        name,
        pairs[0]["score"],
        *(f"{statistics.mean(each):.4f} ± {_standard_error(each):.4f}" for each in (ours, theirs)),
        f"{difference:+.1e}" if difference else "0",
        f"{errors:.1f}",
        f"{sum(pair['equal'] for pair in pairs)} of {len(pairs)}",
        f"{sum(len(set(pair['epochs'])) == 1 for pair in pairs)} of {len(pairs)}",
        f"{statistics.median(pair['apart'] for pair in pairs):.0e}",
        "yes" if errors <= BOUND else "no",
    )


def _standard_error(values: list[float]) -> float:
    return statistics.stdev(values) / len(values) ** 0.5


HEAD = (
    "rows",
    "score",
    "chainrule",
    "scikit-learn",
    "difference",
    "in standard errors",
    "equal predictions",
    "equal epochs",
    "weights apart",
    "within noise",
)


def _report(options: argparse.Namespace, state: record.State, sources: str, lines: list[tuple[Any, ...]]) -> str:
    return "\n".join(
        [
            "# The estimators beside scikit-learn's\n",
            f"`python -m campaigns estimators --seeds {options.seeds} --epochs {options.epochs}`;"
            f" {record.versions(sources)}, scikit-learn {sklearn.__version__}; {state.seconds:.0f} s.\n",
            "`MLPClassifier` and `MLPRegressor` of both with their defaults: a hidden layer of 100 rectified linear"
            f" units, Adam, batches of 200 rows, until the loss gets no better or for {options.epochs} epochs (at most"
            " 30 on the two larger sets); float64. A quarter of the rows is held out, anew for each seed, the same"
            " rows for both. Mean ± standard error over the seeds; the mean difference, and how many of its standard"
            f" errors that is: within noise if at most {BOUND:g}. Equal predictions: seeds for which all held-out rows"
            " get the same class, or numbers that agree to 1e-6, which counts as no difference; weights apart: the"
            " largest difference of two weights, the median over the seeds.\n",
            record.table(HEAD, lines),
        ]
    )
