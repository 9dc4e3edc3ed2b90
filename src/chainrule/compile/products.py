"""Matrix products: a tile of the result in registers, one operand as vectors, the other broadcast number by number.

The columns run along the lanes. Where they do not lie side by side in memory, and at the ragged end, a panel of them is
first packed, padded with zeros. What the rest of the kernel computes from the product is computed from the registers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import NamedTuple, final

from ..graph import Variable
from .code import Code
from .contraction import Contraction
from .emitter import Function, Value
from .entries import Entries, Memory, Place, rows
from .index import Counter, Index
from .llvm_loader import Machine
from .loops import FEW_INSTRUCTIONS, Part, counted, in_steps, nest, pieces, standing

_MANY_REGISTERS = 32
_NEAR_BYTES = 4 * 1024 * 1024  # of an operand that stays in the cache
_PANEL_BYTES = 16 * 1024  # a stride beyond it, and the columns of a panel no longer share pages


class TileSize(NamedTuple):
    rows: int
    vectors: int


class _Tile(NamedTuple):
    """Where a tile is: `at` holds the indices of all other names, `valid` how many lanes of each vector count.

    `panel` is the number of the packed one that holds its columns, if they are packed.
    """

    at: Mapping[int, Index]
    row: Index
    height: int
    column: Index
    valid: list[int]
    panel: Index | None

    def within(self, name: int, index: Index) -> _Tile:
        return self._replace(at={**self.at, name: index})


def tile_for(columns: int, depth: int, lanes: int, itemsize: int, registers: int) -> TileSize:
    """As measured: tall and narrow while the columns stay in the cache, broad beyond; the sums stay in registers."""
    vectors = -(-columns // lanes)
    if registers < _MANY_REGISTERS:
        return TileSize(12, 1) if vectors == 1 else TileSize(4, 3) if vectors == 3 else TileSize(6, 2)
    if vectors == 1:
        return TileSize(14, 1)
    if vectors == 2:
        return TileSize(12, 2)
    if vectors % 4 == 0:
        return TileSize(6, 4) if depth * columns * itemsize > 1 << 20 else TileSize(14, 1)
    return TileSize(8, 3) if vectors % 3 == 0 else TileSize(12, 2)


_BROAD = TileSize(4, 6)  # of few rows, which may lie so that they push each other out of the cache


@final
class Product:
    """One product of a kernel, and how its loops go.

    Parameters
    ----------
    streams : bool
        Whether the rest of the kernel reads arrays of the shape of the product. If the right operand is small enough
        to stay near, all of its panels are packed first, and tiles follow each other along the rows then: these arrays
        are read as they lie in memory. Else they follow each other along the columns, panel by panel.
    """

    def __init__(self, v: Variable, machine: Machine, streams: bool = False):
        self.v = v
        self.contraction = contraction = Contraction.of(v)
        names_a, names_b = contraction.labels
        column = contraction.out[-1]
        self.left, self.right = v.inputs
        self.names_left, self.names_right = names_a, names_b
        if column in names_a:
            self.left, self.right = self.right, self.left
            self.names_left, self.names_right = names_b, names_a
        self.column = column
        free = [n for n in contraction.out if n not in self.names_right]
        self.row = max(free, key=lambda n: contraction.sizes[n])
        self.outer = [n for n in contraction.out if n not in (self.row, column)]
        self.depth = 1
        for n in contraction.summed:
            self.depth *= contraction.sizes[n]
        self.columns = contraction.sizes[column]
        self.dtype = v.dtype
        self.lanes = min(machine.vector_bytes // v.dtype.itemsize, 1 << (self.columns - 1).bit_length())
        self.tile = tile_for(self.columns, self.depth, self.lanes, v.dtype.itemsize, machine.registers)
        self.rows = contraction.sizes[self.row]
        near = self.depth * self.columns * v.dtype.itemsize <= _NEAR_BYTES
        large = v.size * v.dtype.itemsize > _PANEL_BYTES
        many = self.rows >= 4 * self.tile.rows and self.columns >= 2 * self.broad
        self.by_rows = streams and near and large and many and not self.outer
        if self.by_rows and self.columns >= 2 * _BROAD.vectors * self.lanes and machine.registers >= _MANY_REGISTERS:
            self.tile = _BROAD

    @property
    def scratch_bytes(self) -> int:
        """For a packed panel, or for all of them."""
        return self.depth * self.broad * self.dtype.itemsize * (self.panels if self.by_rows else 1)

    @property
    def panels(self) -> int:
        """How many panels there are, the last one perhaps not whole."""
        return -(-self.columns // self.broad)

    # Loops

    def write(
        self,
        function: Function,
        code: Code,
        entries: Entries,
        store: Callable[[Place], None],
        scratch: str,
        follows: int,
        part: Part | None = None,
    ) -> None:
        """All tiles, or a part of them; `store` writes what is made from the product at a place.

        Parameters
        ----------
        scratch : str
            A pointer to `scratch_bytes` for a packed panel.
        follows : int
            About how many instructions `store` writes.
        part : Part, optional
            Of the axes `outer`, then rows and panels of columns.
        """
        self._begin(function, code, entries, scratch)
        self.store, self.follows = store, follows
        if self.by_rows:
            if part is None:
                self._pack_all(None)
            self._in_tiles(part, self._row_of_tiles)
            return
        own = part if part is not None and part.axis < len(self.outer) else None
        self._rows_part = part if part is not None and part.axis == len(self.outer) else None
        panels = part if part is not None and part.axis > len(self.outer) else None
        broad = self.broad
        whole = self.columns // broad * broad
        with nest(function, [self.contraction.sizes[n] for n in self.outer], own) as outer:
            at = dict(zip(self.outer, outer, strict=True))
            valid = [self.lanes] * self.tile.vectors
            rest = (lambda: self._panel(at, *self._last_panel())) if whole < self.columns else None
            in_steps(function, whole, broad, self.lanes, panels, lambda column: self._panel(at, column, valid), rest)

    def write_packing(self, function: Function, code: Code, entries: Entries, scratch: str, part: Part) -> None:
        """Some of the panels, where tiles follow each other along the rows."""
        self._begin(function, code, entries, scratch)
        self._pack_all(part)

    def _begin(self, function: Function, code: Code, entries: Entries, scratch: str) -> None:
        self.function, self.code, self.entries = function, code, entries
        self._sums: str | None = None
        self.packed = Memory(scratch, (self.depth * self.broad, self.broad, 1))

    def _whole_panel(self, number: Index) -> tuple[Index, list[int]]:
        """Its first columns, and how many lanes of its vectors count."""
        lanes = Index(0, {standing(self.lanes): 1} if self.lanes > 1 else {})
        return number * self.broad + lanes, [self.lanes] * self.tile.vectors

    def _last_panel(self) -> tuple[Index, list[int]]:
        """The columns that are no whole panel."""
        whole = self.columns // self.broad * self.broad
        rest = self.columns - whole
        valid = [min(self.lanes, rest - start) for start in range(0, rest, self.lanes)]
        return Index(whole, {standing(self.lanes): 1} if self.lanes > 1 else {}), valid

    def _pack_all(self, part: Part | None) -> None:
        whole = self.columns // self.broad

        def pack(number: Index) -> None:
            self._pack({}, *self._whole_panel(number), number)

        rest = (lambda: self._pack({}, *self._last_panel(), Index(whole))) if self.panels > whole else None
        in_steps(self.function, whole, 1, 1, part, pack, rest)

    def _in_tiles(self, part: Part | None, tile: Callable[[Index, int], None]) -> None:
        """All rows, or a part of them, by the height of a tile: `tile` takes the first row and the height."""
        height = self.tile.rows
        whole = self.rows // height * height
        rest = (lambda: tile(Index(whole), self.rows - whole)) if self.rows > whole else None
        in_steps(self.function, whole, height, 1, part, lambda row: tile(row, height), rest)

    def _row_of_tiles(self, row: Index, height: int) -> None:
        whole = self.columns // self.broad
        with counted(self.function, 0, whole, 1, 1) as number:
            self._tile(_Tile({}, row, height, *self._whole_panel(number), number))
        if self.panels > whole:
            self._tile(_Tile({}, row, height, *self._last_panel(), Index(whole)))

    @property
    def broad(self) -> int:
        """How many columns a panel has."""
        return self.tile.vectors * self.lanes

    def _panel(self, at: Mapping[int, Index], column: Index, valid: list[int]) -> None:
        """Some columns, as vectors of which so many lanes are in the result."""
        panel: Index | None = None
        if self._wants_packing(valid):
            panel = Index()
            self._pack(at, column, valid, panel)
        self._in_tiles(self._rows_part, lambda row, height: self._tile(_Tile(at, row, height, column, valid, panel)))

    def _wants_packing(self, valid: list[int]) -> bool:
        side_by_side = self._step_along(self.column) == 1
        if not side_by_side or valid[-1] < self.lanes or self.rows < self.tile.rows:
            return not side_by_side or valid[-1] < self.lanes
        stride = self.columns * self.dtype.itemsize
        return self.columns > len(valid) * self.lanes and self.depth * stride > _PANEL_BYTES

    def _step_along(self, name: int) -> int | None:
        """How far apart neighbors of the right operand lie in memory."""
        neighbors = Index(0, {standing(self.lanes): 1})
        return self.entries.step(self.right, tuple([neighbors if n == name else Index() for n in self.names_right]))

    def _pack(self, at: Mapping[int, Index], column: Index, valid: list[int], panel: Index) -> None:
        """Copy a panel of the right operand; where its neighbors lie along the depth, in blocks that are transposed."""
        sizes = [self.contraction.sizes[n] for n in self.contraction.summed]
        along = next((k for k in range(len(sizes)) if self._step_along(self.contraction.summed[k]) == 1), None)
        if along is None:
            self._pack_rows(at, column, valid, panel, [(0, size) for size in sizes])
            return
        whole = sizes[along] // self.lanes * self.lanes
        ranges = [(0, size) for size in sizes]
        if whole:
            with ExitStack() as loops:
                inner = []
                for k, size in enumerate(sizes):
                    step = self.lanes if k == along else 1
                    stop = whole if k == along else size
                    inner.append(loops.enter_context(counted(self.function, 0, stop, step, 1)))
                self._pack_block(at, column, valid, panel, inner, along)
        ranges[along] = (whole, sizes[along])
        if whole < sizes[along]:
            self._pack_rows(at, column, valid, panel, ranges)

    def _pack_rows(
        self,
        at: Mapping[int, Index],
        column: Index,
        valid: list[int],
        panel: Index,
        ranges: Sequence[tuple[int, int]],
    ) -> None:
        """Row by row, of some ranges of the depth."""
        with ExitStack() as loops:
            inner = [loops.enter_context(counted(self.function, *each, 1, 1)) for each in ranges]
            deep = dict(zip(self.contraction.summed, inner, strict=True))
            flat = self._flat(inner)

            def one_vector(number: Index, count: int) -> None:
                whole = self._right({**at, **deep}, column + number * self.lanes, count)
                self.entries.store(self.packed, whole, (panel, flat, self._vector(number)))

            if self._step_along(self.column) == 1:
                for number, count in enumerate(valid):
                    one_vector(Index(number), count)
            else:  # each is long
                self._each_vector(valid, one_vector)

    def _pack_block(
        self,
        at: Mapping[int, Index],
        column: Index,
        valid: list[int],
        panel: Index,
        inner: list[Index],
        along: int,
    ) -> None:
        """As many rows as there are lanes: read as columns."""
        name = self.contraction.summed[along]
        deep = dict(zip(self.contraction.summed, inner, strict=True))
        deep[name] = deep[name] + Index(0, {standing(self.lanes): 1})
        zero = self.code.constant(0, self.dtype)

        def one_vector(number: Index, count: int) -> None:
            columns = []
            for k in range(self.lanes):
                if k >= count:
                    columns.append(Value(self.function.splat(zero, self.lanes), self.dtype, self.lanes))
                    continue
                one = (column + number * self.lanes).lane(self.function, k)
                columns.append(self._entry(self.right, self.names_right, {**at, **deep, self.column: one}))
            for k, row in enumerate(self.function.transposed(columns)):
                there = [index + k if n == along else index for n, index in enumerate(inner)]
                self.entries.store(self.packed, row, (panel, self._flat(there), self._vector(number)))

        self._each_vector(valid, one_vector)

    def _each_vector(self, valid: Sequence[int], one: Callable[[Index, int], None]) -> None:
        """Something for each vector of a panel, by its number and how many of its lanes count: whole ones in a loop."""
        whole = sum(count == self.lanes for count in valid)
        if whole:
            with counted(self.function, 0, whole, 1, 1) as number:
                one(number, self.lanes)
        if whole < len(valid):
            one(Index(whole), valid[-1])

    def _flat(self, inner: Sequence[Index]) -> Index:
        flat = Index()
        for index, stride in zip(
            inner, rows([self.contraction.sizes[n] for n in self.contraction.summed]), strict=True
        ):
            flat += index * stride
        return flat

    def _right(self, at: Mapping[int, Index], column: Index, count: int) -> Value:
        """A vector of the right operand, with zeros beyond so many lanes."""
        if count == self.lanes:
            return self._entry(self.right, self.names_right, {**at, self.column: column})
        parts = []
        for start, stop, width in pieces(count, self.lanes):
            for first in range(start, stop, width):
                part = self._entry(self.right, self.names_right, {**at, self.column: narrowed(column, width) + first})
                vector = part._replace(text=self.function.splat(part, width), lanes=width)
                parts += [self.function.lane(vector, k) for k in range(width)]
        zero = self.code.constant(0, self.dtype)
        return self.function.vector_of([*parts, *[zero] * (self.lanes - count)])

    def _entry(self, x: Variable, names: tuple[int, ...], at: Mapping[int, Index]) -> Value:
        return self.code.convert(self.entries.entry(x, tuple([at[n] for n in names])), self.dtype)

    # A tile

    def _tile(self, tile: _Tile) -> None:
        zero = self.code.constant(0, self.dtype)
        start = [zero] * (tile.height * len(tile.valid))
        sums = self._accumulated(list(self.contraction.summed), [], tile, start)
        if self.contraction.absorbing:
            self._flag_nan(sums)
        vectors = len(tile.valid)
        if self.follows * len(sums) <= FEW_INSTRUCTIONS:
            for k in range(tile.height):
                for number, count in enumerate(tile.valid):
                    self._put_vector(tile, Index(k), Index(number), count, sums[k * vectors + number])
            return
        kept = Memory(self._stack(), (vectors * self.lanes, self.lanes, 1))
        lanes = Index(0, {standing(self.lanes): 1})
        for number, value in enumerate(sums):
            vector = value._replace(text=self.function.splat(value, self.lanes), lanes=self.lanes)
            self.entries.store(kept, vector, (Index(), Index(number), lanes))
        with counted(self.function, 0, tile.height, 1, 1) as k:
            for number, count in enumerate(tile.valid):
                value = self.entries.load(kept, self.dtype, (k, Index(number), lanes), anew=True)
                self._put_vector(tile, k, Index(number), count, value)

    def _stack(self) -> str:
        """A pointer to where the sums of a tile are kept while they are used one after the other."""
        if self._sums is None:
            self._sums = self.function.allocate(self.dtype, self.tile.rows * self.broad)
        return self._sums

    def _put_vector(self, tile: _Tile, k: Index, number: Index, count: int, value: Value) -> None:
        """A vector of a row of a tile, of which so many lanes are in the result."""
        here = {**tile.at, self.row: tile.row + k}
        if count == self.lanes:
            self._put(here, tile.column + number * self.lanes, value)
            return
        for first, stop, width in pieces(count, self.lanes):
            for lane in range(first, stop, width):
                column = narrowed(tile.column, width) + (number * self.lanes + lane)
                self._put(here, column, self.function.lanes_of(value, lane, width))

    def _put(self, at: Mapping[int, Index], column: Index, value: Value) -> None:
        place = tuple([column if n == self.column else at[n] for n in self.contraction.out])
        self.entries.know(self.v, place, value)
        self.store(place)

    def _accumulated(self, waiting: Sequence[int], inner: list[Index], tile: _Tile, start: list[Value]) -> list[Value]:
        """The tile's sums over the names that wait, begun with `start`."""
        if not waiting:
            return self._added(inner, tile, start)
        name, *rest = waiting
        size = self.contraction.sizes[name]
        if size == 1:
            return self._accumulated(rest, [*inner, Index()], tile.within(name, Index()), start)
        with self.function.loop(size) as loop:
            index = Index.of(Counter(loop.index.text, loop.index))
            carried = [loop.carry(first, self.lanes) for first in start]
            begun = [value for value, _ in carried]
            sums = self._accumulated(rest, [*inner, index], tile.within(name, index), begun)
            return [set_next(value) for (_, set_next), value in zip(carried, sums, strict=True)]

    def _added(self, inner: list[Index], tile: _Tile, sums: list[Value]) -> list[Value]:
        """One more product of a column of numbers and a row of vectors."""
        vectors = range(len(tile.valid))
        if tile.panel is None:
            right = [self._right(tile.at, tile.column + number * self.lanes, self.lanes) for number in vectors]
        else:
            flat = self._flat(inner)
            right = [
                self.entries.load(self.packed, self.dtype, (tile.panel, flat, self._vector(Index(number))), anew=True)
                for number in vectors
            ]
        result = []
        for k in range(tile.height):
            left = self._entry(self.left, self.names_left, {**tile.at, self.row: tile.row + k})
            result += [self._multiply_add(left, right[n], sums[k * len(tile.valid) + n]) for n in vectors]
        return result

    def _vector(self, number: Index) -> Index:
        return number * self.lanes + Index(0, {standing(self.lanes): 1})

    def _multiply_add(self, a: Value, b: Value, c: Value) -> Value:
        if self.dtype.kind == "f":
            return self.code.fma(a, b, c)
        return self.code.add(self.code.multiply(a, b), c)

    def _flag_nan(self, sums: list[Value]) -> None:
        """Zero times inf gives nan in the product of a tile: then all is computed again, with care."""
        found: Value | None = None
        for value in sums:
            nan = self.code.compare("!=", value, value)
            found = nan if found is None else self.code.logical_or(found, nan)
        assert found is not None
        self.entries.note(found)


def narrowed(column: Index, width: int) -> Index:
    """The same first column, with fewer neighbors."""
    terms = {}
    for counter, factor in column.terms.items():
        narrow = counter._replace(lanes=width) if counter.lanes > 1 and counter.value.text != "0" else counter
        if counter.lanes > 1 and counter.value.text == "0":
            narrow = standing(width)
        terms[narrow] = factor
    if width == 1:
        terms = {counter: factor for counter, factor in terms.items() if counter.value.text != "0"}
    return Index(column.constant, terms)
