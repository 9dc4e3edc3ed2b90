"""Write the handwritten digits that the package ships, from scikit-learn's copy of them.

python tools/make_digits.py            # writes src/chainrule/data/digits.npz
python tools/make_digits.py --check    # fails if the file that is there differs
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

FILE = Path(__file__).parents[1] / "src" / "chainrule" / "data" / "digits.npz"


def packed() -> bytes:
    digits = load_digits()
    pixels, labels = digits.data.astype(np.uint8), digits.target.astype(np.uint8)
    assert pixels.shape == (1797, 64) and (pixels == digits.data).all() and pixels.max() == 16
    buffer = io.BytesIO()
    np.savez_compressed(buffer, pixels=pixels, labels=labels)
    return buffer.getvalue()


def same(a: bytes, b: bytes) -> bool:
    """Whether two archives hold the same arrays; the bytes depend on the version of zlib."""
    with np.load(io.BytesIO(a)) as x, np.load(io.BytesIO(b)) as y:
        return x.files == y.files and all(np.array_equal(x[name], y[name]) for name in x.files)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the file instead of writing it")
    if parser.parse_args().check:
        if not same(packed(), FILE.read_bytes()):
            print(f"{FILE.name} is not what this script makes", file=sys.stderr)
            return 1
        return 0
    FILE.write_bytes(packed())
    return 0


if __name__ == "__main__":
    sys.exit(main())
