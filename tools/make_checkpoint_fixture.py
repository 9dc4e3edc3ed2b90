"""Write tests/data_files/checkpoint_1.safetensors, which later versions must still read; for version 1 never again."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from chainrule import files


class Moments(NamedTuple):
    step: int
    first_moment: Any


def main() -> None:
    layer = {"W": np.arange(6.0).reshape(2, 3) / 2, "b": np.array([1.0, -2.0, 3.0], np.float32)}
    tree = {
        "parameters": [layer],
        "optimizer": Moments(7, [{name: array / 8 for name, array in layer.items()}]),
        "order": np.array([3, 1, 2, 0]),
        "mask/of rows": np.zeros((0, 2), bool),
        "scale": np.float16(0.5),
        "ending": None,
        "loss": float("inf"),
        "name": "größe",
    }
    arrays, structure = files.flatten(tree)
    document = {
        "made_by": "version 1 of the format",
        "floats": [0.1, -0.0, 5e-324, 1.7976931348623157e308],
        "structure": structure,
    }
    path = Path(__file__).parents[1] / "tests" / "data_files" / "checkpoint_1.safetensors"
    files.save(path, arrays, document)


if __name__ == "__main__":
    main()
