"""Rows in files that are larger than memory: every row once, in an order of the seed, as in memory, and read ahead."""

import os
import threading
import time

import numpy as np
import pytest

from chainrule.data import MappedRows
from chainrule.data import mapped_rows as module
from chainrule.errors import ArgumentError, DataError, DtypeError, FileError, ShapeError

SEED = np.random.SeedSequence(3)
COUNT, ROWS, BLOCKS, BATCH = 103, 4, 5, 8  # rows of a block; 20 rows at a time hold two batches
NUMBERS = np.arange(COUNT, dtype=np.float32)


@pytest.fixture
def path(tmp_path):
    np.save(tmp_path / "x.npy", np.stack([NUMBERS, -NUMBERS], axis=1))
    return tmp_path / "x.npy"


def rows_of(path, **settings):
    """Eight bytes per row of x, two of y."""
    labels = (np.arange(COUNT) % 7).astype(np.int16)
    return MappedRows([path, labels], **{"block_bytes": ROWS * 10, "blocks": BLOCKS, **settings})


def read(source, seed=SEED, batch_size=BATCH):
    """Each chunk's rows in the order that they are used."""
    return [[x[order].copy() for x in rows] for rows, order in source.chunks(seed, batch_size)]


def order_of(source, seed=SEED, batch_size=BATCH):
    return np.concatenate([x[:, 0] for x, _ in read(source, seed, batch_size)]).astype(int)


def reading_threads():
    return [each for each in threading.enumerate() if each.name.startswith("chainrule-reading")]


def test_rows_stay_together_and_come_once(path):
    source = rows_of(path)
    assert len(source) == COUNT
    for x, y in read(source):
        np.testing.assert_array_equal(x[:, 1], -x[:, 0])
        np.testing.assert_array_equal(y, x[:, 0].astype(int) % 7)
        assert x.dtype == np.float32 and y.dtype == np.int16
    assert sorted(order_of(source)) == list(range(COUNT))


def test_some_blocks_are_a_source_of_their_own(path):
    source = rows_of(path)
    drawn, others = source.split(0.2, 0)
    apart = [order_of(each, None) for each in (drawn, others)]
    assert [len(drawn), len(others)] == [len(rows) for rows in apart] and len(drawn) in (19, 20)  # 5 blocks of 26
    assert sorted(np.concatenate(apart)) == list(range(COUNT)) and all(list(rows) == sorted(rows) for rows in apart)
    assert {len(set(rows // ROWS)) for rows in apart} == {5, 21}  # neighbors stay together
    assert list(order_of(source, None)) == list(range(COUNT))  # which has all of them still
    assert sorted(order_of(drawn)) == sorted(apart[0]) != list(order_of(drawn))
    assert (
        list(order_of(source.split(0.2, 0)[0], None)) == list(apart[0]) != list(order_of(source.split(0.2, 1)[0], None))
    )
    assert [len(each._starts) for each in (*source.split(1e-9, 0), *source.split(1 - 1e-9, 0))] == [1, 25, 25, 1]


def test_what_cannot_be_split(path):
    with pytest.raises(ArgumentError, match="a share of the rows is between 0 and 1"):
        rows_of(path).split(1.0, 0)
    with pytest.raises(ArgumentError, match="one block of rows cannot be split"):
        rows_of(path, block_bytes=1 << 20).split(0.5, 0)


def test_the_order_follows_from_the_seed_alone(path):
    source = rows_of(path)
    assert list(order_of(source)) == list(order_of(source)) == list(order_of(rows_of(path)))
    assert list(order_of(source)) != list(order_of(source, np.random.SeedSequence(4)))
    assert list(order_of(source, None)) == list(range(COUNT))


@pytest.mark.parametrize("batch_size", [1, 3, 8, 20, 21, 50, 103, 1000])
@pytest.mark.parametrize("seed", [None, SEED])
def test_chunks_are_whole_batches_but_the_last(path, batch_size, seed):
    counts = [len(x) for x, _ in read(rows_of(path), seed, batch_size)]
    assert all(count % batch_size == 0 for count in counts[:-1]) and sum(counts) == COUNT
    assert max(counts) <= max(ROWS * BLOCKS, batch_size)
    assert sorted(order_of(rows_of(path), seed, batch_size)) == list(range(COUNT))


def test_blocks_are_spread_and_rows_are_mixed_among_some_blocks(path):
    first = order_of(rows_of(path), batch_size=ROWS * BLOCKS)[: ROWS * BLOCKS]
    starts = sorted({ROWS * (row // ROWS) for row in first.tolist()})
    assert sorted(first) == [start + k for start in starts for k in range(ROWS)]  # whole blocks
    assert starts != list(range(0, ROWS * BLOCKS, ROWS))  # not the first ones
    assert sum(np.diff(first) == 1) < ROWS  # of 15 within blocks, if they were not mixed


def test_arrays_may_be_maps_views_or_in_memory(path):
    mapped = np.load(path, mmap_mode="r")
    expected = order_of(rows_of(path))
    for x in (mapped, np.asarray(mapped), np.load(path), np.load(path, mmap_mode="c"), np.asfortranarray(mapped)):
        assert list(order_of(rows_of(x))) == list(expected)
    half = MappedRows([mapped[50:], mapped[50:, ::-1]], block_bytes=64, blocks=3)
    for x, y in read(half):
        np.testing.assert_array_equal(x, y[:, ::-1])
    assert sorted(order_of(half)) == list(range(50, COUNT))


def test_changes_that_are_not_in_the_file_are_kept(path):
    private = np.load(path, mmap_mode="c")
    private[:, 0] += 1000
    source = rows_of(private)
    for _ in range(2):
        assert sorted(order_of(source)) == list(range(1000, 1000 + COUNT))


def test_rows_are_converted_while_they_are_read(tmp_path):
    x = np.array([[0.1, 2.0], [3.0, np.inf], [np.nan, -1.0]], ">f8")
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "pixels.npy", np.array([0, 7, 255], np.uint8))
    ((rows, pixels),) = read(MappedRows([tmp_path / "x.npy", tmp_path / "pixels.npy"], dtype=("f4", "f8")), None)
    assert rows.dtype == np.float32 and pixels.dtype == np.float64 and pixels.tolist() == [0, 7, 255]
    np.testing.assert_array_equal(rows, np.array([[0.1, 2.0], [3.0, np.inf], [np.nan, -1.0]], np.float32))
    ((rows, pixels),) = read(MappedRows([tmp_path / "x.npy", tmp_path / "pixels.npy"]), None)
    assert rows.dtype == np.dtype("=f8") and rows.dtype.isnative and pixels.dtype == np.uint8
    np.testing.assert_array_equal(rows, x)


def test_what_would_lose_more_than_digits_is_refused():
    whole, large = np.arange(3), np.array([1.0, 1e300, 2.0])
    with pytest.raises(DtypeError, match="array 1 cannot be converted to int32"):
        MappedRows([whole, whole], dtype=np.int32)
    with pytest.raises(DtypeError, match="array 2 cannot be converted to int64"):
        MappedRows([whole, large], dtype=(None, np.int64))
    with pytest.raises(DtypeError, match="array 1 holds no numbers"):
        MappedRows([np.array(["a", "b"]), whole[:2]])
    with pytest.raises(DataError, match="array 1 has numbers that are too large for float32"):
        read(MappedRows([large, whole], dtype=np.float32))


def test_rows_may_be_prepared_in_place_once_each(path):
    def prepare(x, y):
        x[:, 1] = y
        x[:, 0] += 5
        y += 1

    for x, y in read(rows_of(path, prepare=prepare)):
        np.testing.assert_array_equal(x[:, 1], (x[:, 0] - 5) % 7)
        np.testing.assert_array_equal(y, x[:, 1] + 1)
    assert sorted(order_of(rows_of(path, prepare=prepare))) == list(range(5, COUNT + 5))
    assert np.load(path)[0].tolist() == [0, 0]


def test_arrays_that_do_not_fit_together_are_refused(path, tmp_path):
    for arrays in ([path, np.zeros(3)], [np.zeros((0, 2)), np.zeros(0)], [np.zeros(()), np.zeros(())], []):
        with pytest.raises(ShapeError, match="rows are as many in each array"):
            MappedRows(arrays)
    with pytest.raises(ShapeError, match="one dtype, or one for each array"):
        MappedRows([path, NUMBERS], dtype=("f4",))
    with pytest.raises(FileError, match="is not there"):
        MappedRows([tmp_path / "no.npy", NUMBERS])
    (tmp_path / "cut.npy").write_bytes(path.read_bytes()[:-1])
    with pytest.raises(FileError, match="is cut off"):
        MappedRows([tmp_path / "cut.npy", NUMBERS])


def test_nothing_is_read_twice_and_the_next_chunk_is_read_ahead(path, monkeypatch):
    read = []
    original = MappedRows._read

    def counted(self, start, stop, into):
        original(self, start, stop, into)
        read.extend(range(start, stop))

    monkeypatch.setattr(MappedRows, "_read", counted)
    chunks = rows_of(path).chunks(SEED, 20)
    first = {int(number) for number in next(chunks).rows[0][:, 0]}
    deadline = time.monotonic() + 5
    while len(read) < 40:  # while the first is in use
        assert time.monotonic() < deadline
        time.sleep(0.001)
    time.sleep(0.01)
    assert len(read) == 40 and first == set(read[:20])  # one chunk ahead, no more
    for _ in chunks:
        pass
    assert sorted(read) == list(range(COUNT))


def test_two_buffers_are_all_that_is_made(path, monkeypatch):
    made = []
    original = MappedRows._empty
    monkeypatch.setattr(MappedRows, "_empty", lambda self, count: made.append(count) or original(self, count))
    assert len(read(rows_of(path))) == 7 and made == [16, 16]
    made.clear()
    assert len(read(rows_of(path, blocks=1000))) == 1 and made == [COUNT]


def test_pages_that_have_been_read_are_given_back(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "AHEAD", 1)
    with open("/proc/self/smaps_rollup") if os.path.exists("/proc/self/smaps_rollup") else pytest.skip("Linux"):
        pass
    x = np.ones((1 << 15, 128), np.float32)  # 16 MiB
    np.save(tmp_path / "x.npy", x)
    source = MappedRows([tmp_path / "x.npy", np.zeros(len(x))], block_bytes=1 << 16, blocks=4)
    mapped, found = source.arrays[0], []
    assert mapped.sum() == x.sum() and _resident(mapped) >= 16 << 20
    for _ in source.chunks(SEED, 32):
        found.append(_resident(mapped))
    assert max(found) <= 8 << 20 and _resident(mapped) == 0  # of neighbors, the system maps up to 2 MiB each
    assert mapped.sum() == x.sum()


def _resident(array):
    """Of the pages behind an array, those in memory of this process [bytes]."""
    address = array.__array_interface__["data"][0]
    with open("/proc/self/smaps") as file:
        inside = False
        for line in file:
            if "-" in line.split()[0]:
                start, _, end = line.split()[0].partition("-")
                inside = int(start, 16) <= address < int(end, 16)
            elif inside and line.startswith("Rss:"):
                return 1024 * int(line.split()[1])
    raise AssertionError("not mapped")


@pytest.mark.parametrize("end", ["break", "close", "exception", "interrupt", "whole"])
def test_the_thread_ends_with_the_epoch(path, end):
    chunks = rows_of(path).chunks(SEED, BATCH)
    next(chunks)
    assert len(reading_threads()) == 1
    if end == "close":
        chunks.close()
    elif end == "whole":
        assert len(list(chunks)) == 6
    elif end == "break":
        for _ in chunks:
            break
        del chunks
    else:
        error = KeyboardInterrupt if end == "interrupt" else ValueError
        with pytest.raises(error):
            chunks.throw(error)
    assert reading_threads() == []


def test_errors_of_the_thread_come_where_its_chunk_is_asked_for(path):
    calls = []

    def prepare(x, y):
        calls.append(len(x))
        if len(calls) == BLOCKS + 2:
            raise ValueError("this block is bad")

    chunks = rows_of(path, prepare=prepare).chunks(SEED, 20)
    next(chunks)
    with pytest.raises(ValueError, match="this block is bad"):
        next(chunks)
    assert reading_threads() == []


def test_without_a_thread_the_same_rows_are_read(path, monkeypatch):
    expected = list(order_of(rows_of(path)))

    def refused(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refused)
    assert list(order_of(rows_of(path))) == expected


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_forked_process_reads_epochs_of_its_own(path):
    source = rows_of(path)
    expected = list(order_of(source))
    chunks = source.chunks(SEED, BATCH)
    next(chunks)
    process = os.fork()
    if not process:
        code = 1
        try:
            refused = False
            try:
                next(chunks)
            except TypeError as error:
                refused = "forked" in str(error)
            code = 0 if refused and list(order_of(source)) == expected else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    assert len(list(chunks)) == 6


def test_what_time_it_takes_does_not_matter(path, monkeypatch):
    expected = list(order_of(rows_of(path)))
    original = MappedRows._read

    def slow(self, start, stop, into):
        time.sleep(0.001 * (start % 3))
        original(self, start, stop, into)

    monkeypatch.setattr(MappedRows, "_read", slow)
    assert list(order_of(rows_of(path))) == expected


def test_blocks_are_of_a_mebibyte_and_64_go_together():
    source = MappedRows([np.zeros((10**5, 64), np.float32), np.zeros(10**5, np.float32)])
    assert 2**20 - 260 < source._rows * 260 <= 2**20 == module.BLOCK_BYTES and module.BLOCKS == 64
    wider = MappedRows([np.zeros((10**5, 64), np.uint8), np.zeros(10**5)], dtype=np.float64)
    assert 2**20 - 520 < wider._rows * 520 <= 2**20  # in memory they are larger


def test_no_row_is_left_alone_behind_full_chunks(path):
    """102 rows are 17 batches; the last row would be a chunk by itself, where no batch is that it could join."""
    chunks = read(rows_of(path, blocks=26), batch_size=6)
    assert [len(x) for x, _ in chunks] == [96, 7]
