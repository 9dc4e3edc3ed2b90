"""``chainrule doctor``: what a bug report needs to know about this machine."""

from __future__ import annotations

import argparse
import os
import platform
from importlib import metadata
from typing import Any

import numpy as np

from .. import __version__
from .exit_codes import ExitCode
from .output import print_document

SCHEMA = "chainrule/doctor/1"
NEEDED = ("numpy", "scipy", "optree", "safetensors", "tomli-w")
OPTIONAL = ("llvmlite", "onnx", "pyarrow", "rich")
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS")

NAME = "doctor"
SUMMARY = "versions, BLAS, threads: for bug reports"
EXAMPLE = "chainrule doctor --json"
DESCRIPTION = "Versions, BLAS, threads and platform: what a bug report needs. Nothing is sent anywhere."


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the options of the verb."""
    parser.add_argument("--json", action="store_true", help="one JSON document instead of text")


def run(options: argparse.Namespace) -> ExitCode:
    """Look and print."""
    found = _findings()
    if options.json:
        print_document(SCHEMA, True, found)
    else:
        for name, value in _rows(found):
            print(f"{name:<24}{value}")
    return ExitCode.DONE


def _findings() -> dict[str, Any]:
    return {
        "chainrule": __version__,
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in (*NEEDED, *OPTIONAL)},
        "blas": _blas(),
        "cores": {"machine": os.cpu_count(), "usable": _usable_cores()},
        "thread_variables": {name: os.environ[name] for name in THREAD_VARIABLES if name in os.environ},
        "platform": platform.platform(),
        "machine": platform.machine(),
    }


def _rows(found: dict[str, Any]) -> list[tuple[str, str]]:
    blas, cores = found["blas"], found["cores"]
    variables = ", ".join(f"{name}={value}" for name, value in found["thread_variables"].items())
    rows = [("chainrule", found["chainrule"]), ("Python", found["python"])]
    rows += [(name, version or "not installed") for name, version in found["packages"].items()]
    rows += [
        ("BLAS of NumPy", f"{blas['name']} {blas['version']}" if blas else "unknown"),
        ("cores", f"{cores['usable']} of {cores['machine']}"),
        ("thread variables", variables or "none set"),
        ("platform", found["platform"]),
        ("machine", found["machine"]),
    ]
    return rows


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _blas() -> dict[str, str] | None:
    configuration: Any = np.show_config(mode="dicts")
    blas = configuration.get("Build Dependencies", {}).get("blas", {})
    return {"name": blas["name"], "version": blas.get("version", "")} if blas.get("found") else None


def _usable_cores() -> int | None:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
