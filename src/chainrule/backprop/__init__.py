"""Back-propagation: the order in which local Jacobians are multiplied.

Walks on values (Algorithm 6.2, with its grad_table), expansions from graph to graph in both modes, and whole Jacobians
that keep their structure. This room knows no rule: it asks each operation for its local Jacobians.
"""

from . import bodies
from .expansion import back_propagation_nodes, forward_tangent_nodes
from .jacobian import local_maps, whole_jacobian
from .transposition import transpose_program
from .walk import back_propagation, back_propagation_of_many, forward_tangents, naive_gradient

__all__ = [
    "back_propagation",
    "back_propagation_nodes",
    "back_propagation_of_many",
    "bodies",
    "forward_tangent_nodes",
    "forward_tangents",
    "local_maps",
    "naive_gradient",
    "transpose_program",
    "whole_jacobian",
]
