"""The one way of this room to safetensors, imported when first used."""

from ..lazy import LazyModule

safetensors = LazyModule("safetensors")
safetensors_numpy = LazyModule("safetensors.numpy")
