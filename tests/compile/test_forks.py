"""A child that is forked while another thread compiles can compile, too."""

import itertools
import os
import threading
import time

import numpy as np
import pytest

import chainrule as cr
from chainrule.compile import Program


def fresh(number):
    """A program that has not been compiled before."""
    return Program(cr.trace(lambda x: np.tanh(x) * number, np.ones(4)).data)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_while_a_thread_compiles(monkeypatch, tmp_path):
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path))
    numbers, stop = itertools.count(2), threading.Event()
    fresh(1.5)

    def work():
        while not stop.is_set():
            fresh(float(next(numbers)))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for k in range(8):
            time.sleep(0.01 * k)
            child = os.fork()
            if child == 0:
                right = np.allclose(fresh(-float(k))([np.ones(4)])[0], np.tanh(1.0) * -k)
                os._exit(0 if right else 1)
            deadline = time.monotonic() + 60
            ended, status = os.waitpid(child, os.WNOHANG)
            while not ended and time.monotonic() < deadline:
                time.sleep(0.01)
                ended, status = os.waitpid(child, os.WNOHANG)
            if not ended:
                os.kill(child, 9)
                os.waitpid(child, 0)
            assert ended and status == 0
    finally:
        stop.set()
        thread.join()
