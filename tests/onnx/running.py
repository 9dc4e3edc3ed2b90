"""Exported models run by onnxruntime, beside what chainrule computes."""

import numpy as np
import pytest

from chainrule import tree
from chainrule.onnx import export

pytest.importorskip("onnx", reason="the package onnx is not installed")
ort = pytest.importorskip("onnxruntime", reason="the package onnxruntime is not installed")


def session_of(model):
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    content = model if isinstance(model, (str, bytes)) else model.SerializeToString()
    return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def leaves_of(*arguments):
    return [np.asarray(leaf) for argument in arguments for leaf in tree.flatten(argument)[0]]


def run(model, *arguments):
    """The outputs of a model for the leaves of arguments, in the order of its inputs."""
    session = session_of(model)
    names = [each.name for each in session.get_inputs()]
    return session.run(None, dict(zip(names, leaves_of(*arguments), strict=True)))


def off(got, want, largest=None):
    """The largest difference, in parts of the largest entry; dtypes, shapes and what is not finite must be the same."""
    want = np.asarray(want)
    assert (got.dtype, got.shape) == (want.dtype, want.shape)
    if want.dtype.kind != "f":
        return 0.0 if np.array_equal(got, want) else np.inf
    finite = np.isfinite(want)
    if not np.array_equal(got[~finite], want[~finite], equal_nan=True):
        return np.inf
    largest = largest or np.max(np.abs(want[finite]), initial=0.0)
    return float(np.max(np.abs(got[finite] - want[finite]), initial=0.0) / (largest or 1.0))


def agrees(f, *arguments, tolerance=1e-6, **options):
    """Export, run, compare with f in parts of the largest number of all results; the model."""
    model = export(f, *arguments, **options)
    with np.errstate(all="ignore"):
        wanted = leaves_of(f(*arguments))
    numbers = [each[np.isfinite(each)] for each in wanted if each.dtype.kind == "f"]
    largest = max((np.max(np.abs(each), initial=0.0) for each in numbers), default=0.0)
    for got, want in zip(run(model, *arguments), wanted, strict=True):
        assert off(got, want, largest) <= tolerance
    return model
