"""What kind of loops a sum of products wants: the names of its indices, sorted by who has them."""

from __future__ import annotations

from typing import Any, NamedTuple

from ..graph import Variable

Labels = tuple[int, ...]


class Contraction(NamedTuple):
    """A sum of products of entries.

    Attributes
    ----------
    labels : tuple of tuple of int
        The names of the axes of each operand.
    out : tuple of int
        Those of the result.
    summed : tuple of int
        Those that go, in the order of the largest operand that has them.
    sizes : dict
    absorbing : bool or "either"
        Whether a factor that is 0 gives 0 whatever the other one.
    """

    labels: tuple[Labels, ...]
    out: Labels
    summed: Labels
    sizes: dict[int, int]
    absorbing: Any

    @classmethod
    def of(cls, v: Variable) -> Contraction:
        operation: Any = v.operation
        named = operation.named(v.parameters)
        labels, out = named["labels"], tuple(named["out"])
        sizes = {
            n: size for x, names in zip(v.inputs, labels, strict=True) for n, size in zip(names, x.shape, strict=True)
        }
        order = sorted(range(len(labels)), key=lambda k: -v.inputs[k].size)
        summed = tuple(dict.fromkeys(n for k in order for n in labels[k] if n not in out))
        return cls(labels, out, summed, sizes, named["absorbing"])

    @property
    def is_product(self) -> bool:
        """Whether it is worth a matrix product's kernel: two operands, with several rows and several columns."""
        if len(self.labels) != 2 or not self.summed:
            return False
        a, b = map(set, self.labels)
        if any(len(set(names)) != len(names) for names in (*self.labels, self.out)) or set(self.summed) - (a & b):
            return False
        return self._count(a - b) > 1 and self._count(b - a) > 1 and bool(self.out) and self.out[-1] not in a & b

    def _count(self, names: set[int]) -> int:
        count = 1
        for n in names:
            count *= self.sizes[n]
        return count
