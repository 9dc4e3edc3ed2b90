"""Mutants that are the same function, each with the reason. The key is the name of the mutant, without its line."""

from __future__ import annotations

EQUIVALENT: dict[str, str] = {}
