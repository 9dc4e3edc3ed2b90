"""Threads that trace and call at once, and errors in traced functions: NumPy and the process stay as they were."""

import cmath
import ctypes
import gc
import math
import random
import sys
import threading
import time
import weakref

import numpy as np
import pytest
from numpy import zeros

import chainrule as cr
from chainrule import errors
from chainrule.tracing import active

THREADS = 8
CALLS = 10_000


class Wrong(Exception):
    """Raised by traced functions on purpose."""


# Each takes a number that differs from call to call, and asserts that the result is right.


def filled(x):
    y = np.zeros(3)
    y[0], y[1:] = x, np.array([x * x, math.sin(x)])
    return np.sum(y * y)


def filled_by_an_imported_name(x):
    y = zeros(2)
    y[0], y[1] = x, 3 * x
    return y @ y


@cr.jit
def both_ways(x):
    return x * x if x > 0 else -3 * x


compiled_slope = cr.jit(cr.grad(both_ways))
two_slopes = cr.vmap(cr.grad(lambda x: np.where(x > 0, x**3, 2 * x)))


def check_grad(x):
    assert cr.grad(filled)(x) == pytest.approx(2 * x + 4 * x**3 + math.sin(2 * x), rel=1e-12, abs=1e-12)


def check_value_and_grad(x):
    value, slope = cr.value_and_grad(filled_by_an_imported_name)(x)
    assert (value, slope) == (pytest.approx(10 * x * x), pytest.approx(20 * x))


def check_jit(x):
    assert both_ways(x) == (x * x if x > 0 else -3 * x)


def check_jit_of_grad(x):
    assert compiled_slope(x) == (2 * x if x > 0 else -3.0)


def check_jit_of_its_own(x):
    k = int(abs(x) * 10) % 4
    assert cr.jit(lambda x: x**k if x > 0 else x * k)(x) == pytest.approx(x**k if x > 0 else x * k)


def check_vmap(x):
    found = two_slopes(np.array([x, -x]))
    np.testing.assert_allclose(found, [3 * v * v if v > 0 else 2.0 for v in (x, -x)])


def check_scan(x):
    def power(x):
        return cr.scan(lambda c, r: (c * x, c), 1.0, np.ones(3))[0]

    assert cr.grad(power)(x) == pytest.approx(3 * x * x)


def check_random(x):
    seed = int(abs(x) * 1000)
    draw = cr.random.normal(cr.random.key(seed), (2,))
    found = cr.grad(lambda s: np.sum(s * cr.random.normal(cr.random.key(seed), (2,))))(x)
    assert found == pytest.approx(np.sum(draw))


def check_plain_names(x):
    """NumPy outside of a trace, whatever other threads are doing."""
    assert type(np.zeros(2)) is np.ndarray and type(np.array([x])) is np.ndarray
    assert isinstance(math.sin(x), float) and math.isfinite(cmath.exp(x).real)


def check_error(x):
    def f(y):
        z = np.zeros(2)
        z[0] = y
        if x < 10:
            raise Wrong(x)
        return np.sum(z)

    with pytest.raises(Wrong):
        cr.grad(f)(x)
    with pytest.raises(Wrong):
        cr.jit(f)(x)
    with pytest.raises(errors.ShapeError):
        cr.grad(lambda y: y * np.ones(2))(x)


CHECKS = (
    check_grad,
    check_value_and_grad,
    check_jit,
    check_jit_of_grad,
    check_vmap,
    check_scan,
    check_random,
    check_plain_names,
)


class State:
    """What must be the same before and after."""

    modules = (np, np.linalg, np.fft, np.random, math, cmath)
    names = (("zeros", np), ("array", np), ("sin", math), ("exp", cmath), ("default_rng", np.random))

    def __init__(self):
        self.classes = [type(module) for module in self.modules]
        self.held = [vars(module)[name] for name, module in self.names]
        self.seen = [getattr(module, name) for name, module in self.names]
        self.imported = zeros
        self.errors, self.thresholds = np.geterr(), gc.get_threshold()
        self.collects, self.limit = gc.isenabled(), sys.getrecursionlimit()
        self.trace, self.print = active.trace, np.get_printoptions()

    def differences(self):
        now = State()
        found = [
            name for name, value in vars(self).items() if name not in ("held", "seen") and vars(now)[name] != value
        ]
        return found + [
            name
            for kind in ("held", "seen")
            for (name, _), a, b in zip(self.names, getattr(self, kind), getattr(now, kind), strict=True)
            if a is not b
        ]


@pytest.fixture
def unchanged():
    before = State()
    assert before.trace is None
    yield
    assert before.differences() == []
    assert cr.grad(filled)(0.5) == pytest.approx(2 * 0.5 + 4 * 0.5**3 + math.sin(1.0))


def run(works):
    """Each in a thread of its own, begun together; what they raise."""
    raised, barrier = [], threading.Barrier(len(works))

    def begin(work):
        try:
            barrier.wait()
            work()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=begin, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), "a deadlock"
    for error in raised:
        raise error


@pytest.fixture
def often():
    """Threads take turns a hundred times more often than they do by default."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-5)
    yield
    sys.setswitchinterval(before)


def test_eight_threads_at_once(unchanged, often):
    """All transforms in all threads, in another order in each; one more thread raises all the time."""
    each, done = CALLS // THREADS, threading.Event()

    def work(number):
        for k in range(each):
            x = (0.1 + (k * 7 + number) % 13 / 4) * (1 if (k + number) % 2 else -1)
            CHECKS[(k + k // 8 + number) % len(CHECKS)](x)

    def raising():
        k = 0
        while not done.is_set():
            check_error(1.0 + k % 3)
            k += 1
        assert k > 3

    other = threading.Thread(target=raising, daemon=True)
    other.start()
    try:
        run([lambda number=number: work(number) for number in range(THREADS)])
    finally:
        done.set()
        other.join(60)
    assert both_ways.trace_count <= 2 * THREADS


def test_threads_that_compile_functions_of_their_own(unchanged, often):
    run(
        [lambda n=n: [check_jit_of_its_own(x) for x in np.linspace(-2 - n, 2 + n, 20).tolist()] for n in range(THREADS)]
    )


def test_threads_meet_new_shapes_and_structures_together(unchanged, often):
    """The caches that all share: plans, types, bodies, names of trees."""

    def work():
        for n in range(1, 9):
            x = np.arange(1.0, n + 1)
            np.testing.assert_allclose(cr.grad(lambda x: np.sum(x**3) / n)(x), 3 * x * x / n)
            np.testing.assert_allclose(np.asarray(cr.jacobian(np.cumsum)(x)), np.tri(n))
            summed = cr.jit(lambda t: {"s": np.sum(t["a"]) * n})
            assert summed({"a": x})["s"] == np.sum(x) * n

    run([work] * THREADS)


def test_one_graph_in_many_threads(unchanged, often):
    graph = cr.trace(lambda x: cr.scan(lambda c, r: (np.sin(c) * r, c), 0.5, x)[0], np.ones(3))
    pullback = cr.vjp(lambda x: np.sin(x) * x[::-1], np.arange(3.0))[1]
    J = cr.jacobian(lambda A: np.linalg.inv(A))(np.eye(3) + 0.1)
    point = np.array([0.3, 0.5, 0.7])
    wanted = graph(point), pullback(point)[0], J @ np.eye(3), graph.backward(graph.forward(point))["x"]

    def work():
        for _ in range(30):
            found = graph(point), pullback(point)[0], J @ np.eye(3), graph.backward(graph.forward(point))["x"]
            for a, b in zip(found, wanted, strict=True):
                np.testing.assert_array_equal(a, b)

    run([work] * THREADS)


def test_a_trace_belongs_to_its_thread(unchanged):
    """A thread that a traced function starts sees NumPy as it is; a traced array that it is given goes on."""

    def f(x):
        found = []

        def work():
            found.append(type(np.zeros(2)))
            found.append(np.sin(x) * x)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert found[0] is np.ndarray
        return found[1]

    assert cr.grad(f)(0.7) == pytest.approx(math.cos(0.7) * 0.7 + math.sin(0.7), rel=1e-15)


# What a traced function may raise


class Left(BaseException):
    """No Exception, as KeyboardInterrupt is none."""


def too_deep(x):
    return too_deep(x + 1.0)


RAISED = [Wrong, KeyboardInterrupt, GeneratorExit, SystemExit, Left, StopIteration, MemoryError, RecursionError]
TRANSFORMS = {
    "grad": lambda f, x: cr.grad(f)(x),
    "jit": lambda f, x: cr.jit(f)(x),
    "jit of grad": lambda f, x: cr.jit(cr.grad(f))(x),
    "vmap": lambda f, x: cr.vmap(f)(np.array([x])),
    "jvp": lambda f, x: cr.jvp(f, (x,), (1.0,)),
    "vjp": lambda f, x: cr.vjp(f, x),
    "linearize": lambda f, x: cr.linearize(f, x),
    "hessian": lambda f, x: cr.hessian(f)(x),
    "hvp": lambda f, x: cr.hvp(f)(x, 1.0),
    "jacobian": lambda f, x: cr.jacobian(f)(x),
    "trace": lambda f, x: cr.trace(f, x),
    "scan": lambda f, x: cr.grad(lambda x: cr.scan(lambda c, _: (f(c), None), x, None, length=2)[0])(x),
    "while_loop": lambda f, x: cr.grad(lambda x: cr.while_loop(lambda s: s < 9, f, x))(x),
    "cond": lambda f, x: cr.grad(lambda x: cr.cond(x > 0, f, np.sin, x))(x),
    "checkpoint": lambda f, x: cr.grad(cr.checkpoint(f))(x),
    "inner grad": lambda f, x: cr.grad(lambda x: cr.grad(f)(x) * x)(x),
    "inner vmap": lambda f, x: cr.jit(cr.grad(lambda x: np.sum(cr.vmap(f)(x * np.ones(2)))))(x),
    "diagnose": lambda f, x: cr.diagnose(f, x),
}


@pytest.mark.parametrize("error", RAISED)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_what_is_raised_comes_out_as_it_is(transform, error, unchanged):
    raised = error("on purpose")

    def f(x):
        y = np.zeros(2)
        y[0] = x
        with np.errstate(all="raise"):
            np.array([x, 2 * x])
            raise raised

    with pytest.raises(error) as caught:
        TRANSFORMS[transform](f, 0.5)
    assert caught.value is raised


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_a_recursion_without_end(transform, unchanged):
    with pytest.raises(RecursionError):
        TRANSFORMS[transform](too_deep, 0.5)


def test_an_error_that_the_function_handles(unchanged):
    """Also one from an inner transform: the outer one goes on, in its own trace."""

    def f(x):
        y = np.zeros(2)
        try:
            cr.grad(lambda z: too_deep(z * x))(x)
        except RecursionError:
            y[0] = 2 * x
        try:
            cr.vmap(lambda z: z if z > 0 else -z)(x * np.ones(2))
        except errors.ControlFlowError:
            y[1] = x * x
        try:
            cr.scan(lambda c, r: (1 / 0, r), x, np.ones(2))
        except ZeroDivisionError:
            return np.sum(y) + cr.grad(lambda z: z * z * x)(x)
        return 0.0

    assert cr.grad(f)(3.0) == 2 + 2 * 3 + 4 * 3
    assert cr.grad(cr.grad(f))(3.0) == 6.0
    assert cr.jit(cr.grad(f))(3.0) == 2 + 2 * 3 + 4 * 3


def test_an_error_while_another_is_handled(unchanged):
    def f(x):
        try:
            return cr.grad(lambda z: 1 / 0)(x)
        except ZeroDivisionError as error:
            raise Wrong from error

    with pytest.raises(Wrong) as caught:
        cr.jit(cr.grad(f))(2.0)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_errors_leave_nothing_behind(unchanged):
    """Neither the arguments nor what the function has made, once the error is gone; as many objects as before."""

    def raising(x):
        y = np.zeros(3)
        y[:] = x * x
        raise Wrong

    argument = np.ones(3)
    watched = weakref.ref(argument)

    def fail(x):
        for transform in (cr.grad(raising), cr.jit(raising), cr.vmap(raising)):
            with pytest.raises(Wrong):
                transform(x)

    fail(argument)
    gc.collect()
    before = len(gc.get_objects())
    references = sys.getrefcount(argument)
    for _ in range(20):
        fail(argument)
    gc.collect()
    assert sys.getrefcount(argument) == references
    assert len(gc.get_objects()) - before < 60
    del argument
    assert watched() is None


# Generators: a trace may end while code that began in it is suspended


def test_a_generator_that_is_suspended_in_a_trace(unchanged):
    kept = []

    def steps(x):
        y = np.zeros(2)
        y[0] = x
        yield np.sum(y)
        yield cr.stop_gradient(1.0)
        y[1] = 2.0
        yield np.sum(y)

    def f(x):
        kept.append(steps(x))
        return next(kept[0]) * 3

    assert cr.grad(f)(2.0) == 3.0
    assert next(kept[0]) == 1.0
    assert type(np.zeros(1)) is np.ndarray
    with pytest.raises(errors.TraceError):
        float(next(kept[0]))
    kept[0].close()


def test_a_transform_in_a_generator_that_is_never_finished(unchanged):
    """A derivative within a generator of a traced function, which is left suspended and collected."""

    def slopes(x):
        for k in (2.0, 3.0):
            yield cr.grad(lambda z: z * z * x * k)(x)  # 2 k x^2

    def f(x):
        first = next(slopes(x))
        gc.collect()
        return first

    assert cr.grad(f)(3.0) == 24.0
    outside = slopes(3.0)
    assert next(outside) == 36.0
    del outside


def test_a_generator_that_runs_within_two_traces(unchanged):
    """Each transform ends within one step, so that traces never overlap."""

    def slopes():
        x = 1.0
        while True:
            x = yield cr.grad(lambda z: z**3)(x)

    running = slopes()
    next(running)
    assert cr.grad(lambda x: running.send(x) * x)(2.0) == 9 * 4
    assert running.send(2.0) == 12.0


def interrupted(x):
    """Whether an interrupt, sent by another thread at any time, has been met while gradients are computed."""
    ready, here = threading.Event(), ctypes.c_ulong(threading.get_ident())
    delay = RNG.random() * 3e-4

    def interrupt():
        ready.wait()
        until = time.perf_counter() + delay
        while time.perf_counter() < until:
            pass
        ctypes.pythonapi.PyThreadState_SetAsyncExc(here, ctypes.py_object(Left))

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        ready.set()
        while thread.is_alive():
            cr.grad(filled)(x)
        thread.join()
    except Left:
        thread.join()
        return True
    return False


RNG = random.Random(0)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_interrupts_between_any_two_calls(unchanged, often):
    """As Ctrl-C comes: also while a trace begins or ends. (np.errstate, interrupted as it ends, is left as it is.)"""
    before, met = State(), 0
    for _ in range(400):
        try:
            met += interrupted(0.5)
        except Left:  # later than it was waited for
            met += 1
        np.seterr(**before.errors)
        assert before.differences() == []
    assert met > 100
