"""Training on rows that are read chunk by chunk is training on the same rows in memory, in the same order."""

import threading

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet
from scipy import sparse

from chainrule.data import MappedRows, ParquetRows, SparseRows
from chainrule.optimizers import adam
from chainrule.training import Checkpoint, fit, load_state, regularized
from chainrule.training.batches import epoch_seed, seed_sequence

RNG = np.random.default_rng(0)
X = RNG.normal(size=(83, 3))
Y = X @ np.array([1.0, -2.0, 0.5]) + 0.3
START = {"w": np.zeros(3), "b": np.zeros(())}
LINE = regularized(lambda p, x: x @ p["w"] + p["b"], lambda y_hat, y: np.mean((y_hat - y) ** 2))
SETTINGS = {"learning_rate": 0.05, "batch_size": 4, "seed": 5, "verbose": 0}
EPOCHS = 2


def mapped(folder):
    np.save(folder / "x.npy", X)
    return MappedRows([folder / "x.npy", Y], block_bytes=5 * 32, blocks=4)


def sparse_rows(folder):
    return SparseRows(sparse.csc_array(X), Y, block_bytes=5 * 32, blocks=4)


def parquet_rows(folder):
    columns = dict(zip("abcy", [*X.T, Y], strict=True))
    parquet.write_table(pyarrow.table(columns), folder / "rows.parquet", row_group_size=10)
    return ParquetRows(folder / "rows.parquet", "y", chunk_bytes=1)


SOURCES = {"mapped": mapped, "sparse": sparse_rows, "parquet": parquet_rows}


@pytest.fixture(params=SOURCES)
def source(request, tmp_path):
    return SOURCES[request.param](tmp_path)


def in_memory(source, epochs):
    """One epoch after another over the rows as the source orders them."""
    state = None
    for epoch in range(1, epochs + 1):
        chunks = source.chunks(epoch_seed(seed_sequence(SETTINGS["seed"]), epoch), SETTINGS["batch_size"])
        parts = [[each[order] for each in rows] for rows, order in chunks]
        x, y = (np.concatenate(each) for each in zip(*parts, strict=True))
        assert sorted(map(tuple, x)) == sorted(map(tuple, X)) and not np.array_equal(x, X)
        fitted = fit(LINE, START, (x, y), epochs=epoch, shuffle=False, resume=state, **SETTINGS)
        state = fitted.state
    return state


def same(a, b):
    for name in START:
        np.testing.assert_array_equal(a[name], b[name])


def test_a_fit_is_that_of_the_rows_in_memory(source):
    fitted = fit(LINE, START, source, epochs=EPOCHS, **SETTINGS)
    same(fitted.state.parameters, in_memory(source, EPOCHS).parameters)
    assert [record.steps for record in fitted.history] == [21, 21]


def test_rows_as_they_lie(source):
    fitted = fit(LINE, START, source, epochs=EPOCHS, shuffle=False, **SETTINGS)
    same(fitted.state.parameters, fit(LINE, START, (X, Y), epochs=EPOCHS, shuffle=False, **SETTINGS).state.parameters)


@pytest.mark.parametrize("steps", [1, 3, 4, 20, 21, 22, 30])
def test_a_run_goes_on_within_an_epoch(source, tmp_path, steps):
    class Broken(Checkpoint):
        def after_step(self, state):
            super().after_step(state)
            if state.steps == steps:
                raise OSError

    with pytest.raises(OSError):
        fit(LINE, START, source, epochs=EPOCHS, checkpoint=Broken(tmp_path / "run", steps=1), **SETTINGS)
    on = fit(LINE, START, source, epochs=EPOCHS, resume=load_state(tmp_path / "run", START, adam), **SETTINGS)
    whole = fit(LINE, START, source, epochs=EPOCHS, **SETTINGS)
    same(on.state.parameters, whole.state.parameters)
    assert [record.loss for record in on.history] == [record.loss for record in whole.history]


def test_no_thread_reads_on_when_a_step_has_failed(source):
    class Failing(Checkpoint):
        def after_step(self, state):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:  # whose traceback keeps the loop
        fit(LINE, START, source, checkpoint=Failing("nowhere", steps=1), **SETTINGS)
    assert caught.tb is not None
    assert not [each for each in threading.enumerate() if each.name.startswith("chainrule-reading")]
