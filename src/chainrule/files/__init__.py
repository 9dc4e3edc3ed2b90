"""Arrays and documents in files that are whole or not there, and that nothing is executed from.

It knows safetensors, JSON and the file system; it refuses to know nets, optimizers or tables.
"""

from .documents import read_json, write_json
from .durable import write_bytes
from .safe_arrays import load, save
from .trees import flatten, unflatten
from .trouble import opened

__all__ = ["flatten", "load", "opened", "read_json", "save", "unflatten", "write_bytes", "write_json"]
