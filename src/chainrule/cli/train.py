"""``chainrule train``: fit a net with one hidden layer or more to handwritten digits."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np

from ..data import digits
from ..errors import DivergenceError
from ..losses import cross_entropy
from ..nets import Dense
from ..regularizers import l2
from ..training import (
    Fitted,
    Objective,
    Progress,
    Silent,
    accuracy,
    confusion_table,
    fit,
    progress_for,
    regularized,
    short,
)
from .exit_codes import ExitCode
from .options import number, whole_number, whole_numbers
from .output import error_part, explain, print_document

SCHEMA = "chainrule/train/1"

NAME = "train"
SUMMARY = "fit a net to handwritten digits"
EXAMPLE = "chainrule train --hidden 128,64 --epochs 20"
DESCRIPTION = """\
Fit a fully connected net to 1,797 handwritten digits (8 x 8 pixels, 10 classes).

Hidden layers of rectified linear units, softmax, cross-entropy, an L2 penalty on the weights, Adam on shuffled
mini-batches. 70 % of the rows are trained on, 10 % choose the best epoch, 20 % are held out and judge it.
Ctrl-C stops after the step at hand and reports on the best weights until then (exit code 130).
"""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    fitting = parser.add_argument_group("how to fit")
    fitting.add_argument(
        "--epochs",
        type=whole_number(1),
        default=50,
        metavar="N",
        help="how often each row is used (default: %(default)s)",
    )
    fitting.add_argument(
        "--hidden",
        type=whole_numbers(1, 65536),
        default=[128],
        metavar="UNITS[,UNITS...]",
        help="units of each hidden layer (default: 128)",
    )
    fitting.add_argument(
        "--learning-rate",
        type=number(above=0),
        default=2e-3,
        metavar="RATE",
        help="about the length of a step in each weight (default: %(default)s)",
    )
    fitting.add_argument(
        "--batch-size", type=whole_number(1), default=32, metavar="ROWS", help="rows per step (default: %(default)s)"
    )
    fitting.add_argument(
        "--l2",
        type=number(least=0),
        default=2e-3,
        metavar="STRENGTH",
        help="factor of half the squared weights in the objective (default: %(default)s)",
    )
    fitting.add_argument(
        "--seed",
        type=whole_number(0),
        default=0,
        metavar="N",
        help="of the initial weights and the order of rows; equal seeds give equal results (default: %(default)s)",
    )
    showing = parser.add_argument_group("what to show")
    showing.add_argument(
        "-q", "--quiet", action="store_true", help="only the accuracy on held-out rows, and no progress"
    )
    showing.add_argument("--json", action="store_true", help="one JSON document instead of text")
    showing.add_argument("--no-progress", action="store_true", help="no progress on stderr")


def run(options: argparse.Namespace) -> ExitCode:
    """Train, report, and say how it ended."""
    parts = digits.parts()
    net = Dense([parts.training[0].shape[1], *options.hidden, digits.CLASSES])
    objective = regularized(net.forward, cross_entropy, l2, options.l2)
    progress = progress_for(0 if options.quiet or options.no_progress else "auto")
    code, error = ExitCode.DONE, {}
    try:
        fitted = _fitted(options, net, parts, objective, progress)
    except DivergenceError as failure:
        fitted, code = failure.fitted, ExitCode.CHECK_FAILED
        explain(f"chainrule train: {failure.what}")
        error = error_part("diverged", failure.what)
    if fitted.ending == "interrupted":
        code, error = ExitCode.INTERRUPTED, error_part("interrupted", str(fitted))
        if isinstance(progress, Silent):
            explain(f"chainrule train: {fitted}")
    report = _report(options, net, parts, objective, fitted)
    if options.json:
        print_document(SCHEMA, code == ExitCode.DONE, {**error, **report})
    elif options.quiet:
        print(f"{report['accuracy']['held_out']:.4f}")
    else:
        print(_text(report))
    return code


def _fitted(
    options: argparse.Namespace, net: Dense, parts: digits.Parts, objective: Objective, progress: Progress
) -> Fitted:
    weights_seed, order_seed = np.random.SeedSequence(options.seed).spawn(2)
    return fit(
        objective,
        net.initialize(np.random.default_rng(weights_seed)),
        parts.training,
        parts.validation,
        score=partial(_score, net),
        learning_rate=options.learning_rate,
        epochs=options.epochs,
        batch_size=options.batch_size,
        seed=order_seed,
        verbose=progress,
    )


def _predicted(net: Dense, parameters: Any, x: np.ndarray) -> np.ndarray:
    """The class of each sample: its greatest output."""
    return np.argmax(net.forward(parameters, x), axis=-1)


def _score(net: Dense, parameters: Any, x: np.ndarray, labels: np.ndarray) -> float:
    return accuracy(_predicted(net, parameters, x), labels)


def _report(
    options: argparse.Namespace, net: Dense, parts: digits.Parts, objective: Objective, fitted: Fitted
) -> dict[str, Any]:
    """All that is known at the end, ready for JSON."""
    weights = fitted.parameters
    with np.errstate(all="ignore"):
        parted = {name: objective(weights, *rows)[1] for name, rows in parts._asdict().items()}
    x, labels = parts.held_out
    return {
        "accuracy": {name: _score(net, weights, *rows) for name, rows in parts._asdict().items()},
        "loss": {name: float(loss) for name, (loss, _) in parted.items()},
        "penalty": float(parted["training"][1]),
        "confusion": confusion_table(_predicted(net, weights, x), labels, digits.CLASSES).tolist(),
        "seconds": fitted.seconds,
        "ending": fitted.ending,
        "best_epoch": fitted.best_epoch,
        "rows": {name: len(y) for name, (_, y) in parts._asdict().items()},
        "settings": {
            "data": "digits",
            "hidden": options.hidden,
            "epochs": options.epochs,
            "learning_rate": options.learning_rate,
            "batch_size": options.batch_size,
            "l2": options.l2,
            "seed": options.seed,
        },
        "history": [asdict(record) for record in fitted.history],
    }


def _text(report: dict[str, Any]) -> str:
    """The report for people."""
    settings, table = report["settings"], report["confusion"]
    right, judged = sum(row[k] for k, row in enumerate(table)), report["rows"]["held_out"]
    lines = [f"accuracy on held-out rows: {right / judged:.2%} ({right} of {judged})", ""]
    lines += [f"{'rows':<12}{'number':>9}{'accuracy':>10}{'loss':>9}"]
    for name, rows in report["rows"].items():
        loss = short(report["loss"][name])
        lines += [f"{name.replace('_', '-'):<12}{rows:>9}{report['accuracy'][name]:>10.4f}{loss:>9}"]
    lines += [
        "",
        f"penalty {short(report['penalty'])} (l2 {settings['l2']:g}), seed {settings['seed']}, "
        f"weights of epoch {report['best_epoch']} of {settings['epochs']}, {report['seconds']:.1f} s",
        "",
        "held-out rows, the digit downwards, what it was taken for across:",
        "    " + "".join(f"{k:>4}" for k in range(digits.CLASSES)),
    ]
    for k, row in enumerate(table):
        lines += [f"{k:>4}" + "".join(f"{count or '.':>4}" for count in row)]
    return "\n".join(lines)
