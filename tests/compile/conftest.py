"""Native code needs llvmlite; without it everything is interpreted, and there is nothing to test here."""

import pytest

pytest.importorskip("llvmlite")
