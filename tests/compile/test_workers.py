"""Threads that share kernels: the same bits for any number of them, whoever calls."""

import os
import threading

import numpy as np
import pytest

import chainrule as cr
from chainrule.compile import Program, shares
from chainrule.interpret import Plan
from chainrule.tree import flatten

rng = np.random.default_rng(0)


def normal(*shape, dtype=np.float64):
    return rng.normal(size=shape).astype(dtype)


@pytest.fixture
def shared_always(monkeypatch):
    """Also the least work is shared; what is on disk was made for other limits."""
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", "")
    monkeypatch.setattr(shares, "_LEAST", 0)
    monkeypatch.setattr(shares, "_PIECE", 1)
    monkeypatch.setattr(shares, "_BLOCK_BYTES", 512)


PROGRAMS = {
    "element-wise, rows": (lambda x: np.tanh(x) * 2, normal(64, 33)),
    "element-wise, one row": (lambda x: np.exp(x) - 1, normal(1003)),
    "element-wise, a few long rows": (lambda x: np.sin(x) + x, normal(3, 517, dtype=np.float32)),
    "sum of all": (lambda x: np.sum(x * x), normal(4099)),
    "sum over rows": (lambda x: np.sum(x, axis=0) + 1, normal(203, 20)),
    "sum over columns": (lambda x: np.sum(x, axis=1), normal(203, 20)),
    "maximum": (lambda x: x - np.max(x, axis=1, keepdims=True), normal(131, 77)),
    "mean of booleans": (lambda x: np.any(x > 3, axis=0), normal(203, 20)),
    "product": (lambda a, b: a @ b, normal(131, 78, dtype=np.float32), normal(78, 250, dtype=np.float32)),
    "product, both transposed": (lambda a, b: (a.T @ b.T) ** 2, normal(90, 70), normal(31, 90)),
    "tall product": (lambda a, b: np.tanh(a @ b), normal(700, 20), normal(20, 10)),
    "batch of products": (lambda a, b: a @ b, normal(20, 16, 16), normal(20, 16, 11)),
    "gradient": (
        cr.grad(lambda w, x, y: np.sum(np.log1p(np.exp(-y * (x @ w))))),
        normal(20),
        normal(303, 20),
        np.sign(normal(303)),
    ),
    "loop": (
        lambda a, x: cr.scan(lambda h, row: (np.tanh(h @ a) + row, np.sum(h)), x[0], x[1:])[0],
        normal(40, 40) / 8,
        normal(5, 30, 40),
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_same_bits_for_any_number_of_threads(name, shared_always):
    function, *args = PROGRAMS[name]
    graph = cr.trace(function, *args).data
    program = Program(graph)
    assert program.unit.is_shared
    results = []
    for count in (1, 2, 2):
        cr.set_num_threads(count)
        results.append([np.array(y) for y in program(flatten(args)[0])])
    for alone, both, again, wanted in zip(*results, Plan(graph)(flatten(args)[0]), strict=True):
        assert alone.tobytes() == both.tobytes() == again.tobytes()
        tolerance = 1e-5 if alone.dtype == np.float32 else 1e-12
        np.testing.assert_allclose(alone, wanted, rtol=tolerance, atol=tolerance * np.max(np.abs(wanted)))


def test_care_is_told_by_all_threads(shared_always):
    x = normal(4099)
    x[4000] = 1e300  # whose sine polynomials do not reach
    f = cr.jit(np.sin)
    np.testing.assert_array_equal(f(x)[4000], np.sin(1e300))
    a, b = np.zeros((64, 40)), normal(40, 300)
    b[3, 250] = np.inf
    assert not np.any(np.isnan(cr.jit(cr.grad(lambda a: np.sum(np.where(a > 0, a @ b[:, :40], 0.0))))(a[:, :40])))


def test_callers_in_several_threads():
    x = normal(300, 1001)
    f = cr.jit(lambda x: np.sum(np.exp(x), axis=0))
    cr.set_num_threads(2)
    wanted, wrong = f(x), []

    def call():
        for _ in range(100):
            if f(x).tobytes() != wanted.tobytes():
                wrong.append(True)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_forked_child_computes_alone_and_with_threads_again():
    x = normal(300, 1001)
    f = cr.jit(lambda x: np.exp(x) * 2)
    cr.set_num_threads(2)
    wanted = f(x).tobytes()
    child = os.fork()
    if not child:
        alone = f(x).tobytes()
        cr.set_num_threads(2)
        os._exit(0 if alone == wanted == f(x).tobytes() else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_number_of_threads():
    cr.set_num_threads(1)
    assert cr.get_num_threads() == 1
    cr.set_num_threads(10_000)
    assert 1 <= cr.get_num_threads() <= (os.cpu_count() or 1)
    for wrong in (0, -1, 1.5, "2", True):
        with pytest.raises(cr.errors.ArgumentError, match="threads"):
            cr.set_num_threads(wrong)
