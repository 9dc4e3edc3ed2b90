"""A chain of 100,000 operations, made once: no pass may be recursive."""

from __future__ import annotations

import pytest

from chainrule.graph import Graph

from .operations import chain


@pytest.fixture(scope="session")
def long_chain() -> Graph:
    return chain(100_000)
