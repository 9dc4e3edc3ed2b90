"""Full collections of garbage wait while a function is traced, and only then."""

import gc
import threading

import numpy as np
import pytest

import chainrule as cr
from chainrule.tracing.collection import NEVER


@pytest.fixture
def threshold():
    before = gc.get_threshold()
    gc.set_threshold(*before[:2], 11)
    yield 11
    gc.set_threshold(*before)


def test_they_wait_within_a_trace_and_come_back(threshold):
    seen = []

    def inner(x):
        seen.append(gc.get_threshold()[2])
        return x * x

    def f(x):
        slope = cr.grad(inner)(x)
        seen.append(gc.get_threshold()[2])
        return slope * x

    cr.grad(f)(2.0)
    assert seen == [NEVER, NEVER]
    assert gc.get_threshold()[2] == threshold


def test_they_come_back_after_an_error(threshold):
    def f(x):
        raise KeyError(x)

    with pytest.raises(KeyError):
        cr.grad(f)(2.0)
    assert gc.get_threshold()[2] == threshold


def test_what_the_function_sets_itself_stays(threshold):
    def f(x):
        gc.set_threshold(*gc.get_threshold()[:2], 13)
        return x * x

    cr.grad(f)(2.0)
    assert gc.get_threshold()[2] == 13


def test_they_wait_for_the_last_of_several_threads(threshold):
    inside, leave = threading.Event(), threading.Event()

    def waiting(x):
        inside.set()
        leave.wait(10)
        return x * x

    thread = threading.Thread(target=cr.grad(waiting), args=(np.float64(1.0),))
    thread.start()
    assert inside.wait(10)
    cr.grad(lambda x: x * x)(2.0)
    during = gc.get_threshold()[2]
    leave.set()
    thread.join()
    assert (during, gc.get_threshold()[2]) == (NEVER, threshold)
