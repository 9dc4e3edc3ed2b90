"""Training that is killed at random moments, during saving too, and gone on with: the same bits, nothing more lost."""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from chainrule.files import load

from . import record

# A small net with large layers: saving takes about as long as the steps between, so many kills fall into it.
OPTIONS = ["--epochs", "4", "--hidden", "64,32", "--batch-size", "64", "--no-progress", "--quiet"]
SAVE_EVERY = 0.02  # seconds
MOST_KILLS = 8  # of one run, after which it may come to its end


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--count", type=int, default=200, help="kills (default 200)")
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> int:
    sources = record.fingerprint()
    begin: dict[str, Any] = {
        "kills": 0,
        "runs": 0,
        "during_saving": 0,
        "before_any": 0,
        "failures": [],
    }
    state = record.State(f"kills-{options.seed}-{options.count}", sources, begin)
    values = state.values
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole"
        _finished(["train", *OPTIONS, "--folder", str(whole)])
        wanted = {name: (whole / name).read_bytes() for name in ("weights.safetensors",)}
        while values["kills"] < options.count:
            rng = random.Random(f"{options.seed} {values['runs']}")
            _one_run(Path(folder) / "run", rng, wanted, values, options.count - values["kills"])
            values["runs"] += 1
            state.save()
            record.progress(f"kills: {values['kills']} of {options.count}, {len(values['failures'])} failures")
    record.progress(f"kills: {values['kills']}, {len(values['failures'])} failures, {state.seconds:.0f} s", last=True)
    record.write_results("kills", _report(options, state, sources))
    state.done()
    return 1 if values["failures"] else 0


def _one_run(run: Path, rng: random.Random, wanted: dict[str, bytes], values: dict[str, Any], left: int) -> None:
    """Train, kill, go on, kill... and at last let it come to its end."""
    shutil.rmtree(run, ignore_errors=True)
    steps = 0
    for _ in range(min(rng.randint(1, MOST_KILLS), left)):
        begun = ["resume", str(run)] if (run / "rows.json").exists() else ["train", *OPTIONS, "--folder", str(run)]
        if begun[0] == "train":
            shutil.rmtree(run, ignore_errors=True)  # killed before there was anything to go on with
        if not _killed(begun, run, rng, values):
            break
        steps = _judged_checkpoint(run, steps, values)
    begun = ["resume", str(run)] if (run / "rows.json").exists() else ["train", *OPTIONS, "--folder", str(run)]
    if begun[0] == "train":
        shutil.rmtree(run, ignore_errors=True)
    _finished(begun)
    for name, content in wanted.items():
        if (run / name).read_bytes() != content:
            values["failures"].append(f"run {values['runs']}: other bits in {name}")


def _command(arguments: list[str]) -> list[str]:
    every = ["--save-every", str(SAVE_EVERY)]
    return [sys.executable, "-m", "chainrule", *arguments, *every, *(["-q"] if arguments[0] == "resume" else [])]


def _environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _killed(arguments: list[str], run: Path, rng: random.Random, values: dict[str, Any]) -> bool:
    """Kill the process at a random moment after training has begun, or now and then before; False if it was done."""
    with subprocess.Popen(
        _command(arguments), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=_environment(), text=True
    ) as process:
        if rng.random() < 0.1:
            time.sleep(rng.uniform(0, 0.5))  # while it starts
        else:
            _wait_for_a_step(process, run)
            time.sleep(rng.uniform(0, 0.4))
        was_saving = any(".safetensors" in each.name and each.name not in KEPT for each in _files(run))
        process.kill()
        error = process.stderr.read() if process.stderr else ""
        process.wait()
    if process.returncode == 0:
        return False
    if process.returncode > 0:
        values["failures"].append(f"run {values['runs']}: {error.strip()}")
        return True
    values["kills"] += 1
    values["during_saving"] += was_saving or any(each.name not in KEPT for each in _files(run))
    values["before_any"] += not (run / "checkpoint.safetensors").exists()
    return True


KEPT = {
    "settings.toml",
    "model.json",
    "rows.json",
    "events.jsonl",
    "checkpoint.safetensors",
    "weights.safetensors",
    "report.html",
    "graph.svg",
}


def _files(run: Path) -> list[Path]:
    return list(run.iterdir()) if run.is_dir() else []


def _wait_for_a_step(process: subprocess.Popen[str], run: Path) -> None:
    """Until the log or the checkpoint is touched by this process."""
    began = time.time()
    while process.poll() is None and time.time() - began < 60:
        path = run / "checkpoint.safetensors"
        if path.exists() and path.stat().st_mtime >= began:
            return
        time.sleep(0.002)


def _judged_checkpoint(run: Path, before: int, values: dict[str, Any]) -> int:
    """A checkpoint that is there is whole, and no older than the one before it; its steps."""
    path = run / "checkpoint.safetensors"
    if not path.exists():
        return 0
    try:
        steps = load(path)[1]["steps"]
    except Exception as error:  # whatever goes wrong is a finding
        values["failures"].append(f"run {values['runs']}: {type(error).__name__}: {error}")
        return before
    if steps < before:
        values["failures"].append(f"run {values['runs']}: {steps} steps after {before}")
    return steps


def _finished(arguments: list[str]) -> None:
    subprocess.run(_command(arguments), check=True, capture_output=True, env=_environment())


def _report(options: argparse.Namespace, state: record.State, sources: str) -> str:
    values = state.values
    return "\n".join(
        [
            "# Kills\n",
            f"`python -m campaigns kills --count {options.count} --seed {options.seed}`; {record.versions(sources)}.\n",
            record.table(
                ("what", "count"),
                [
                    ("kills (SIGKILL) during `chainrule train` or `chainrule resume`", values["kills"]),
                    ("runs that they fell into", values["runs"]),
                    ("of the kills: while a file was being written", values["during_saving"]),
                    ("of the kills: before there was a checkpoint", values["before_any"]),
                    ("failures", len(values["failures"])),
                    ("seconds", f"{state.seconds:.0f}"),
                ],
            ),
            "Every run came to its end by `chainrule resume`, with the bits of a run that was not disturbed; every"
            " checkpoint that a kill left behind was whole, and none older than the one before it.\n"
            if not values["failures"]
            else "## Failures\n\n" + "\n".join(values["failures"]) + "\n",
        ]
    )
