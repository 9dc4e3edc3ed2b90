"""The one way of this room to onnx, imported when first used."""

from ..lazy import LazyModule

onnx = LazyModule("onnx", "onnx")
checker = LazyModule("onnx.checker", "onnx")
helper = LazyModule("onnx.helper", "onnx")
numpy_helper = LazyModule("onnx.numpy_helper", "onnx")
