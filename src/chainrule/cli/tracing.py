"""What the verbs that look at a graph have in common: the user's function is traced and run."""

from __future__ import annotations

import argparse

import numpy as np

from ..api import Graph, trace
from ..api.graphs import Values
from ..tree import flatten
from .functions import arguments_of, by_position, function_of, users_code


def traced(options: argparse.Namespace) -> tuple[Graph, Values]:
    """The graph of the function at its arguments, and the value of every variable."""
    function = function_of(options.function)
    arguments = arguments_of(function, options.at, options.seed)
    with users_code(f"{options.function} raises"):
        graph = trace(by_position(function), *arguments.values())
    leaves = [leaf for value in arguments.values() for leaf in flatten(value)[0]]
    with np.errstate(all="ignore"):
        return graph, graph.forward(*leaves)
