"""Trained nets as ONNX models: what they say is what `predict` says, and their gradient is that of training."""

import importlib
import json
import sys

import numpy as np
import pytest

import chainrule as cr
from chainrule import tree
from chainrule.cli import main
from chainrule.data import read_table
from chainrule.lazy import LazyModule
from chainrule.training import Trained
from tests.onnx.running import session_of

from .test_entry import call
from .test_tables import rows, write

SETTINGS = ["--missing", "median,category", "-q", "--epochs", "3", "--hidden", "8"]


@pytest.fixture(scope="module")
def homes(tmp_path_factory):
    """A table, and a run of each kind on it."""
    folder = tmp_path_factory.mktemp("homes")
    table = str(folder / "train.csv")
    write(table, rows(80, 0))
    for target, other, more in [
        ("class", "price", []),
        ("garden", "price", ["--loss", "logistic"]),
        ("garden", "price", ["--loss", "hinge"]),
        ("price", "class", ["--penalty", "l2", "--strength", "0.01"]),
        ("class", "price", ["--normalization", "batch", "--dropout", "0.2"]),
    ]:
        where = str(folder / (more[1] if more else target))
        assert main(["train", table, "--target", target, "--ignore", other, "--folder", where, *SETTINGS, *more]) == 0
    return folder


def prepared(trained, folder):
    table = read_table(folder / "train.csv", kinds=trained.preparation.kinds)
    x, y = trained.preparation(table)
    dtype = trained.settings.dtype
    return table, x.astype(dtype), y if trained.classes is not None else y.astype(dtype)


def exported(capsys, folder, name, *options):
    path = str(folder / f"{name}.onnx")
    code, out, err = call(capsys, "export", path, "--folder", str(folder / name), *options)
    assert code == 0, err
    return session_of(path), out, err


@pytest.mark.parametrize(
    ("name", "output"),
    [
        ("class", "probabilities"),
        ("batch", "probabilities"),
        ("logistic", "probabilities"),
        ("hinge", "scores"),
        ("l2", "values"),
    ],
)
def test_what_the_model_says(capsys, homes, name, output):
    session, out, err = exported(capsys, homes, name)
    assert (out, err) == ("", f"{homes / name}.onnx takes x and gives {output}\n")
    trained = Trained.load(homes / name)
    table, x, _ = prepared(trained, homes)
    (got,) = session.run([output], {"x": x})
    if output == "probabilities":
        want = trained.probabilities(table)
    else:
        want = trained.predict(table) if output == "values" else trained.outputs(table)
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-6)
    known = session.get_modelmeta().custom_metadata_map
    assert json.loads(known["chainrule.columns"]) == trained.preparation.labels
    assert json.loads(known.get("chainrule.classes", "null")) == trained.classes


@pytest.mark.parametrize("name", ["class", "l2", "batch"])
def test_the_gradient_is_that_of_training(capsys, homes, name):
    session, out, _ = exported(capsys, homes, name, "--gradient", "--json")
    document = json.loads(out)
    scale = ["gradient_0_scale"] if name == "batch" else []
    names = ["objective", "gradient_0_W", "gradient_0_b", *scale, "gradient_1_W", "gradient_1_b"]
    assert (document["schema"], document["inputs"], document["outputs"]) == ("chainrule/export/1", ["x", "y"], names)
    trained = Trained.load(homes / name)
    _, x, y = prepared(trained, homes)

    def objective(parameters):
        outputs = trained.recipe.outputs(parameters, trained.buffers, x)
        squares = sum(np.sum(layer["W"] ** 2) for layer in parameters)
        return trained.loss.function(outputs, y) + trained.settings.strength / 2 * squares

    objective, gradient = cr.value_and_grad(objective)(trained.parameters)
    for got, want in zip(session.run(names, {"x": x, "y": y}), [objective, *tree.flatten(gradient)[0]], strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-6)


def test_without_onnx(capsys, homes, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.setattr(importlib.import_module("chainrule.onnx.export"), "onnx", LazyModule("onnx", "onnx"))
    code, out, err = call(capsys, "export", str(homes / "without.onnx"), "--folder", str(homes / "class"))
    assert (code, out) == (2, "")
    assert "this needs the package onnx, which is not installed" in err and 'pip install "chainrule[onnx]"' in err


def test_what_goes_wrong(capsys, homes):
    code, out, err = call(capsys, "export", "m.onnx", "--folder", "nowhere")
    assert (code, out) == (4, "") and "nowhere" in err
    code, _, err = call(capsys, "export", "m.onnx", "--opset", "3")
    assert code == 2 and "--opset is a whole number, 20 or more, not 3" in err
    code, _, err = call(capsys, "export", str(homes / "no" / "m.onnx"), "--folder", str(homes / "class"))
    assert code == 4 and "there is no folder" in err
