"""``chainrule export``: a trained net, or the gradient of its objective, as an ONNX model."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .. import files, onnx
from ..api import value_and_grad
from ..training import Trained
from .exit_codes import ExitCode
from .objective import objective_of
from .options import whole_number
from .output import print_document, tell

SCHEMA = "chainrule/export/1"

NAME = "export"
SUMMARY = "a trained net, or its gradient, as ONNX"
EXAMPLE = "chainrule export model.onnx --folder run"
DESCRIPTION = """\
Write the net of a run as an ONNX model that takes a batch of any size. Its input x are prepared rows: numbers
scaled, categories as columns of 0 and 1, in the order that stands in the metadata of the model as
chainrule.columns. It gives the probabilities of the classes in the order of chainrule.classes (scores where the
loss knows no probabilities), or numbers in the units of the table.

With --gradient the model takes prepared rows x and targets y, and gives the objective of training (loss and
penalty, without dropout), and its gradient by every weight.
"""

_ROWS = 2  # to trace with; the model takes any number


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("output", metavar="FILE.onnx", help="where to write it")
    parser.add_argument(
        "--folder", default="run", help="of the run, as chainrule train has made it (default: %(default)s)"
    )
    parser.add_argument("--gradient", action="store_true", help="the objective and its gradient by every weight")
    parser.add_argument(
        "--opset",
        type=whole_number(onnx.OLDEST),
        default=onnx.OPSET,
        metavar="N",
        help="version of ONNX's operators (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON document instead of text")


def run(options: argparse.Namespace) -> ExitCode:
    """Read, trace, write."""
    trained = Trained.load(Path(options.folder))
    arguments = [np.zeros((_ROWS, trained.net.sizes[0]), trained.settings.dtype)]
    if options.gradient:
        arguments.append(_targets(trained))
        f, names = _gradient(trained), ["objective", "gradient"]
    else:
        f, names = _answer(trained)
    model = onnx.export(f, *arguments, names={"output": names}, opset=options.opset, dynamic_batch=True)
    _describe(model, trained)
    files.write_bytes(options.output, model.SerializeToString())
    inputs, outputs = ([value.name for value in values] for values in (model.graph.input, model.graph.output))
    if options.json:
        print_document(SCHEMA, True, {"output": options.output, "inputs": inputs, "outputs": outputs})
    else:
        tell(f"{options.output} takes {', '.join(inputs)} and gives {', '.join(outputs)}")
    return ExitCode.DONE


def _answer(trained: Trained) -> tuple[Callable[[Any], Any], str]:
    """What the net says of prepared rows, and what that is called."""

    def scores(x: Any) -> Any:
        return trained.loss.predict(trained.recipe.outputs(trained.parameters, trained.buffers, x))

    def probabilities(x: Any) -> Any:
        of_rows = scores(x)
        return of_rows if of_rows.shape[1] > 1 else np.hstack([1 - of_rows, of_rows])

    def values(x: Any) -> Any:
        return trained.preparation.in_own_units(scores(x).reshape(len(x)))

    if trained.classes is None:
        return values, "values"
    return (probabilities, "probabilities") if trained.knows_probabilities else (scores, "scores")


def _targets(trained: Trained) -> np.ndarray:
    """Targets as the objective takes them: labels of classes, or scaled numbers."""
    return np.zeros((_ROWS, 1), trained.settings.dtype) if trained.classes is None else np.zeros(_ROWS, np.int64)


def _gradient(trained: Trained) -> Callable[[Any, Any], Any]:
    """The objective as rows that are held out are judged by it: no dropout, running statistics as they are."""
    differentiated = value_and_grad(objective_of(trained), has_aux=True)

    def objective_and_gradient(x: Any, y: Any) -> Any:
        (value, _), gradient = differentiated(trained.parameters, x, y)
        return value, gradient

    return objective_and_gradient


def _describe(model: Any, trained: Trained) -> None:
    """What the columns of x are, and the classes, in the metadata of the model."""
    known = {"chainrule.columns": trained.preparation.labels, "chainrule.classes": trained.classes}
    for key, value in known.items():
        if value is not None:
            model.metadata_props.add(key=key, value=json.dumps(value))
