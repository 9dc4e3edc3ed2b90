"""What the verbs that look at a graph have in common: the user's function is traced and run."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from ..api import Graph, trace
from ..api.graphs import Values
from ..tree import flatten
from .functions import arguments_of, by_position, function_of, users_code


def traced(options: argparse.Namespace) -> tuple[Graph, Values]:
    """The graph of the function at its arguments, and the value of every variable."""
    graph, leaves = traced_function(options, options.function)
    with np.errstate(all="ignore"):
        return graph, graph.forward(*leaves)


def traced_function(options: argparse.Namespace, place: str) -> tuple[Graph, list[Any]]:
    """The graph of the function that FILE.py:NAME names, and what its inputs are given."""
    function = function_of(place)
    arguments = arguments_of(function, options.at, options.seed)
    with users_code(f"{place} raises"):
        graph = trace(by_position(function), *arguments.values())
    return graph, [leaf for value in arguments.values() for leaf in flatten(value)[0]]
