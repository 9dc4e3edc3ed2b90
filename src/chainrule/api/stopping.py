"""`cr.stop_gradient`: where a derivative ends."""

from __future__ import annotations

from typing import Any

from .. import tree
from ..ops import marks
from ..tracing import Array, memory_of, wrap


def stop_gradient(x: Any) -> Any:
    """The same value, with derivative zero; on a tree, leaf by leaf.

    Parameters
    ----------
    x : tree of arrays

    Returns
    -------
    x : the same tree
        Python may ask for its values (``float(...)``, ``np.asarray(...)``), since no derivative is lost.

    Examples
    --------
    >>> import chainrule as cr
    >>> cr.grad(lambda x: x * cr.stop_gradient(x))(3.0)
    np.float64(3.0)
    """
    return tree.map_leaves(_stopped, x)


def _stopped(x: Any) -> Any:
    if type(x) is not Array:
        return memory_of(x)
    v = marks.stop_gradient(x.variable)
    v.mask &= x.owner.kept
    return wrap(x.owner, v, x.kind)
