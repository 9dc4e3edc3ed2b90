"""Forked and spawned processes compute gradients and call compiled functions, also where a thread was tracing."""

import concurrent.futures
import gc
import math
import multiprocessing
import os
import pickle
import signal
import threading

import numpy as np
import pytest

import chainrule as cr
from chainrule import tree
from chainrule.api import plans
from chainrule.api.compilation import paths
from chainrule.graph import body
from chainrule.tracing import collection
from chainrule.tracing.names import namespaces

from . import pickled_functions as functions

X = np.array([1.0, -0.5, 2.0])

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork"),
    pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning"),
]


def energies(x):
    """Names of NumPy that are answered while a trace is active, a loop, and a branch."""
    y = np.zeros(3)
    y[:] = x
    y[0] += math.sin(x[1])
    total = cr.scan(lambda c, r: (c + np.tanh(r) * c, None), 1.0, y)[0]
    return cr.cond(total > 0, np.square, np.negative, total)


def everything(x):
    """What a child is asked for; plain arrays, so that they can be sent."""
    assert type(np.zeros(1)) is np.ndarray
    return {
        "grad": cr.grad(energies)(x),
        "compiled before": functions.compiled(x),
        "compiled gradient": functions.compiled_slope(x),
        "another path": functions.compiled(-x),
        "its gradient": functions.compiled_slope(-x),
        "another type": functions.compiled(x[:2]),
        "compiled anew": cr.jit(cr.grad(energies))(x),
        "vmap": cr.vmap(cr.grad(functions.energy))(np.stack([x, 2 * x])),
        "jacobian": np.asarray(cr.jacobian(functions.field)(x)),
        "hessian": np.asarray(cr.hessian(functions.energy)(x)),
        "random": cr.grad(lambda s: np.sum(s * cr.random.normal(cr.random.key(7), (3,))))(x[0]),
        "operation": cr.elementwise_grad(functions.cubed)(x),
    }


def assert_as_here(found, x=X):
    wanted = everything(x)
    assert found.keys() == wanted.keys()
    for name, each in found.items():
        np.testing.assert_array_equal(each, wanted[name], err_msg=name)


def in_a_fork(work):
    """What work gives in a forked child, which has a minute for it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(60)
            data = pickle.dumps(work())
            with os.fdopen(writing, "wb") as stream:
                stream.write(data)
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as stream:
        data = stream.read()
    assert os.waitpid(child, 0)[1] == 0
    return pickle.loads(data)


class Tracing:
    """Another thread that is tracing all the time, between two calls of the function as well as within one."""

    def __enter__(self):
        everything(X)  # so that no import is under way in the thread: its lock would stay closed in a child of Python
        self.done, self.inside = threading.Event(), threading.Event()

        def f(x):
            y = np.zeros(2)
            y[0] = x
            self.inside.set()
            return np.sum(np.sin(y))

        def work():
            while not self.done.is_set():
                cr.grad(f)(0.5)
                functions.compiled_slope(X)  # compiled: a child of Python cannot compile while a thread does

        self.thread = threading.Thread(target=work, daemon=True)
        self.thread.start()
        self.inside.wait(10)
        return self

    def __exit__(self, *error):
        self.done.set()
        self.thread.join(30)


class Waiting(Tracing):
    """Another thread that stays in the midst of a trace."""

    def __enter__(self):
        self.done, self.inside = threading.Event(), threading.Event()

        def f(x):
            y = np.zeros(2)
            y[0] = x
            self.inside.set()
            self.done.wait(60)
            return np.sum(y)

        self.thread = threading.Thread(target=cr.grad(f), args=(0.5,), daemon=True)
        self.thread.start()
        self.inside.wait(10)
        return self


def test_a_fork():
    functions.compiled(X)
    functions.compiled_slope(X)
    assert_as_here(in_a_fork(lambda: everything(X)))


def test_a_fork_within_a_trace():
    """The child goes on in the trace that was under way, and may begin others."""

    def f(x):
        y = np.sum(x * x)
        inner = in_a_fork(lambda: [float(cr.stop_gradient(y)), cr.grad(functions.energy)(X)])
        assert inner[0] == X @ X
        np.testing.assert_array_equal(inner[1], functions.slope(X))
        return y

    np.testing.assert_array_equal(cr.grad(f)(X), 2 * X)


def test_forks_while_another_thread_is_tracing():
    with Tracing():
        for _ in range(40):
            found = in_a_fork(lambda: [cr.grad(energies)(X), functions.compiled(X), cr.jit(lambda x: x + 1)(2.0)])
            np.testing.assert_array_equal(found[0], cr.grad(energies)(X))
            assert found[1:] == [functions.compiled(X), 3.0]


def test_a_fork_does_not_inherit_the_traces_of_threads_that_are_not_there():
    """NumPy's names, and the collector of garbage, are in the child as if nobody were tracing."""

    def look():
        return type(np).__name__, gc.get_threshold(), everything(X), type(np).__name__, gc.get_threshold()

    before = type(np).__name__, gc.get_threshold()
    plain = type(np) is type(math)
    with Waiting():
        assert gc.get_threshold() != before[1]
        name, threshold, found, name_after, threshold_after = in_a_fork(look)
        is_plain = in_a_fork(lambda: type(np) is type(math) is type(os))
    assert plain and is_plain
    assert (name, threshold) == (name_after, threshold_after) == before
    assert_as_here(found)
    assert (type(np).__name__, gc.get_threshold()) == before


def test_forks_while_locks_are_held():
    """Every lock of ours is free in the child, whoever held it."""

    def new_work():
        plans.clear_plans()
        functions.compiled.clear()
        return everything(X * 1.5)

    locks = plans._lock, body._interning, collection._lock, namespaces._patch.lock, tree._registering, paths._growing
    for lock in locks:
        ready, done = threading.Event(), threading.Event()

        def hold(lock=lock, ready=ready, done=done):
            with lock:
                ready.set()
                done.wait(60)

        thread = threading.Thread(target=hold, daemon=True)
        thread.start()
        ready.wait(10)
        try:
            found = in_a_fork(new_work)
        finally:
            done.set()
            thread.join()
        assert_as_here(found, X * 1.5)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_pools(method):
    """Functions are sent to the workers, among them those that transforms have made."""
    context = multiprocessing.get_context(method)
    points = [X * k for k in (0.5, 1.0, 2.0)]
    with context.Pool(2) as pool:
        for f in (functions.slope, functions.compiled_slope, cr.grad(cr.jit(functions.energy)), functions.decorated):
            for found, x in zip(pool.map(f, points), points, strict=True):
                np.testing.assert_array_equal(found, f(x))
        _, pullback = cr.vjp(functions.field, X)
        for found, x in zip(pool.map(pullback, points), points, strict=True):
            np.testing.assert_array_equal(found[0], pullback(x)[0])
        for J, x in zip(pool.map(cr.jacobian(functions.field), points), points, strict=True):
            np.testing.assert_array_equal(np.asarray(J), np.asarray(cr.jacobian(functions.field)(x)))
        assert_as_here(pool.apply(everything, (X,)))


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_process_pool_executor(method):
    context = multiprocessing.get_context(method)
    with Tracing(), concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        futures = [pool.submit(functions.both, X * k) for k in range(4)]
        for k, future in enumerate(futures):
            value, slope = future.result(60)
            np.testing.assert_array_equal(slope, functions.slope(X * k))
            assert value == functions.energy(X * k)
        assert_as_here(pool.submit(everything, X).result(60))
