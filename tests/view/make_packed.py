"""Writes packed.json beside this file: something with every form of column, by columns, and as the text in a page.

Run with ``python -m tests.view.make_packed`` where the packing changes. Python and the page are tested on it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chainrule.view.packed import packed, to_text

PATH = Path(__file__).with_name("packed.json")

HOSTILE = [
    "</script><script>alert(1)</script>",
    "a\"b'c`d\\e",
    "<b onclick=x>&amp;",
    "🧮 weights",
    "n" * 200,
    "\u202eright to left",
    "line\nbreak\u2028\0",
    "__proto__",
]


def example() -> dict[str, Any]:
    """Rows as graphs have them, names that would break a page that takes them for more, and what is seldom met."""
    rows = [
        {
            "id": k,
            "name": f"h{k}",
            "word": ("tanh", "add", "matmul")[k % 3],
            "role": "operation",
            "inputs": [k - 1, 3 * (k % 2)][: k % 3],
            "value": {"rms": 0.1 * k, "numbers": [[k / 7, -k / 7]] if k % 2 else k / 7},
            **({"gradient": {"no_path": True}} if k % 5 == 0 else {"gradient": {"rms": 1 / (k + 1)}}),
        }
        for k in range(40)
    ]
    seldom = [1, 1.5, -0.0, None, True, "", [], [[], [1]], {}, {"a": {"b": [{"c": 1}, {"d": 2}]}}]
    return {"schema": "chainrule/view/1", "thinned": None, "names": HOSTILE, "nodes": rows, "seldom": seldom}


def main() -> None:
    found = example()
    stored = {"document": found, "packed": packed(found), "text": to_text(found)}
    PATH.write_text(json.dumps(stored, separators=(",", ":"), ensure_ascii=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
