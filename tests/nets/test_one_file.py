"""A new activation, initialization, loss or penalty is one new file: nothing else has to name it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import chainrule

FILES = {
    "nets/activations/sine.py": (
        """
import numpy as np
from .activation import activation

@activation("sin x", "a user's")
def sine(x):
    return np.sin(x)
""",
        "from chainrule.nets import ACTIVATIONS, Dense; print(Dense([2, 2, 2], 'sine').layers[0].activation.name)",
    ),
    "nets/initializations/ones.py": (
        """
import numpy as np
from .initialization import initialization

@initialization("1", "a user's")
def ones(inputs, units, rng):
    return np.ones((inputs, units))
""",
        "from chainrule.nets import INITIALIZATIONS; print(INITIALIZATIONS['ones'].name)",
    ),
    "losses/fourth.py": (
        """
from .loss import loss

@loss("regression", "e^4", "a user's", examples=lambda rng: [])
def fourth(outputs, targets):
    return ((outputs - targets) ** 4).mean()
""",
        "from chainrule.losses import LOSSES; print(LOSSES['fourth'].name)",
    ),
    "regularizers/fourth.py": (
        """
from .regularizer import regularizer
from .weights import counted

@regularizer("penalty", "w^4", "a user's")
def fourth(parameters, biases=False, strengths=None, center=None):
    return sum(s * (w ** 4).sum() for s, w in counted(parameters, biases, strengths, center))
""",
        "from chainrule.regularizers import REGULARIZERS; print(REGULARIZERS['fourth'].name)",
    ),
}


@pytest.mark.parametrize("place", FILES)
def test_a_new_file_adds_an_entry(place, tmp_path):
    shutil.copytree(
        Path(chainrule.__file__).parent, tmp_path / "chainrule", ignore=shutil.ignore_patterns("__pycache__")
    )
    text, program = FILES[place]
    (tmp_path / "chainrule" / place).write_text(text)
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(tmp_path)}
    )
    assert (run.stdout.strip(), run.stderr) == (Path(place).stem, "")
