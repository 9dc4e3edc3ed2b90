"""Kernels in pieces that threads share: how many, along what, and the function of some of them.

All of it depends on the kernel alone, not on the number of threads: so results have the same bits for any number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .contraction import Contraction
from .draws import lanes_of_draws, walked_by_draws, words_of
from .fusion import DRAW, LOOPS, PRODUCT, REDUCTION, Kernel
from .llvm_loader import Machine
from .products import Product
from .reductions import Blocks, contraction_of, largest_operand

_LEAST = 30_000  # ns of work: less is done by the caller alone
_PIECE = 5_000  # ns
_MOST_PIECES = 64
_BYTES_EACH_NS = 10
_OPERATIONS_EACH_NS = 32  # bytes of results
_MULTIPLICATIONS_EACH_NS = 200  # in a product; bytes of results
_EACH_WORD = 2  # ns
_ENOUGH_PIECES = 8  # of a product: so many panels are better than pieces of each
_TILES_OF_A_PIECE = 8
_BLOCK_BYTES = 64 * 1024  # of the largest operand of a reduction: it stays near while all results are made of it
_FEW_BYTES = 16 * 1024  # of all results of a reduction: then each block makes all of them


class Share(NamedTuple):
    """How a kernel is divided.

    Attributes
    ----------
    axis : int
        Of what its loops walk.
    size : int
        Places of a piece along it.
    pieces : int
    blocks : Blocks, optional
        Of a reduction: they are its pieces, and are joined at the end.
    """

    axis: int
    size: int
    pieces: int
    blocks: Blocks | None = None


def share_of(kernel: Kernel, read: Sequence[int], machine: Machine) -> Share | None:
    """How threads share a kernel; None where it is not worth it.

    Parameters
    ----------
    read : sequence of int
        The sizes of the arrays that it reads [bytes].
    """
    if kernel.kind not in (LOOPS, PRODUCT, REDUCTION, DRAW):
        return None
    work = work_of(kernel, read)
    if work < _LEAST:
        return None
    wanted = min(_MOST_PIECES, int(work / _PIECE))
    if kernel.kind == PRODUCT:
        return _of_product(product_of(kernel, machine), wanted)
    if kernel.kind == REDUCTION:
        blocks = _blocks_of(kernel, wanted)
        if blocks is not None:
            return Share(0, 1, blocks.number, blocks)
    if kernel.kind == DRAW:
        return _of_axes(walked_by_draws(kernel.head), wanted, lanes_of_draws(kernel.head))
    return _of_axes(kernel.walked, wanted, machine.vector_bytes // min(v.dtype.itemsize for v in kernel.variables))


def product_of(kernel: Kernel, machine: Machine) -> Product:
    """That of a kernel, which may read arrays of its shape besides."""
    own = {v.number for v in kernel.variables}
    beside = [u for v in kernel.variables[1:] for u in v.inputs if u.number not in own and u.shape == kernel.shape]
    return Product(kernel.head, machine, streams=bool(beside))


def work_of(kernel: Kernel, read: Sequence[int]) -> float:
    """About how long a kernel takes one thread [ns]."""
    written = sum(v.size * v.dtype.itemsize for v in kernel.roots)
    time = (sum(read) + written) / _BYTES_EACH_NS
    time += sum(v.size * v.dtype.itemsize for v in kernel.variables) / _OPERATIONS_EACH_NS
    head = kernel.head
    if kernel.kind == PRODUCT:
        contraction = Contraction.of(head)
        depth = math.prod(contraction.sizes[n] for n in contraction.summed)
        time += depth * head.size * head.dtype.itemsize / _MULTIPLICATIONS_EACH_NS
    elif kernel.kind == REDUCTION:
        time += max(u.size * u.dtype.itemsize for u in head.inputs) / _BYTES_EACH_NS
    elif kernel.kind == DRAW:
        time += words_of(head) * _EACH_WORD
    return time


def _of_product(product: Product, wanted: int) -> Share | None:
    """Along an axis of the batch, or panels of columns, or rows: the first that has enough pieces, or the most."""
    if product.by_rows:
        return _pieces(0, product.rows // product.tile.rows, wanted, product.tile.rows)
    sizes = [product.contraction.sizes[n] for n in product.outer]
    tile = product.tile.rows
    units = [1] * len(sizes) + [product.broad, tile]
    counts = [*sizes, product.columns // product.broad, product.rows // tile]
    enough = min(wanted, _ENOUGH_PIECES)
    k = next((k for k, count in enumerate(counts) if count >= enough), counts.index(max(counts)))
    if counts[k] < 2:
        return None
    if k == len(sizes) + 1:  # each piece packs its panels anew: it should have many rows
        wanted = max(2, min(wanted, counts[k] // _TILES_OF_A_PIECE))
    axis = {len(sizes): len(sizes) + 1, len(sizes) + 1: len(sizes)}.get(k, k)
    return _pieces(axis, counts[k], wanted, units[k])


def _of_axes(shape: Sequence[int], wanted: int, lanes: int) -> Share | None:
    """Along the first axis that is long enough, or the longest one; along the last in whole vectors."""
    counts = [*shape[:-1], shape[-1] // lanes] if shape else []
    if not counts or max(counts) < 2:
        return None
    axis = next((k for k, count in enumerate(counts) if count >= wanted), counts.index(max(counts)))
    return _pieces(axis, counts[axis], wanted, lanes if axis == len(shape) - 1 else 1)


def _pieces(axis: int, count: int, wanted: int, unit: int) -> Share:
    """Of `count` units of an axis."""
    each = -(-count // min(wanted, count))
    return Share(axis, each * unit, max(count // each, 1))


def _blocks_of(kernel: Kernel, wanted: int) -> Blocks | None:
    """Blocks of what is summed over, where there are few results, and they do not each have a row of their own."""
    v = kernel.head
    contraction = contraction_of(v)
    x, labels = largest_operand(v, contraction)
    if v.size * v.dtype.itemsize > _FEW_BYTES or (v.size >= wanted and labels[-1] in contraction.summed):
        return None
    name = next((n for n in labels if n in contraction.summed and contraction.sizes[n] > 1), None)
    if name is None:
        return None
    each = x.size * x.dtype.itemsize // contraction.sizes[name]  # bytes of one index
    size = max(_BLOCK_BYTES // each, 1)
    size -= size % 64 if size > 64 else 0
    count = contraction.sizes[name] // size
    return Blocks(name, size, count) if count >= 2 else None
