"""The table of docs/third_party.md, from the cases and from the versions that pyproject.toml names."""

from __future__ import annotations

import tomllib
from pathlib import Path

from .cases import CASES

ROOT = Path(__file__).resolve().parents[2]
DISTRIBUTIONS = {  # where it is not named as its module
    "numpy_financial": "numpy-financial",
    "skfuzzy": "scikit-fuzzy",
    "spatialmath": "spatialmath-python",
}
REASONS = {
    "smoothed_states": "works on masked arrays",
    "attitude_of_an_inertial_unit": "a subclass of ndarray, made from a buffer",
    "slerp": "takes `float(x)` of each entry",
    "from_a_matrix": "takes `float(x)` of each entry",
    "interpolated_pose": "takes `float(x)` of an angle's sine",
    "internal_rate_of_return": "`np.roots`",
    "fuzzy_clusters": "`scipy.spatial.distance.cdist`",
}


def versions() -> dict[str, str]:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    pinned = [each for name in ("third-party-small", "third-party") for each in extras[name] if "==" in each]
    return dict(each.split("==") for each in pinned)


def table() -> str:
    known = versions()
    rows = []
    for case in CASES:
        distribution = DISTRIBUTIONS.get(case.package, case.package)
        outcome = (
            "differentiated" if case.error is None else f"`{case.error.__name__}`: {REASONS[case.program.__name__]}"
        )
        rows.append(f"| {distribution} {known[distribution]} | `{case.function}` | {outcome} |")
    return "\n".join(["| package | function | outcome |", "|---|---|---|", *sorted(set(rows))])
