"""Ctrl-C ends long native calls between two steps of their loops, and nothing is left behind."""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

import chainrule as cr
from chainrule.compile import Program

HEAD = """
import os, signal, sys, threading, time
import numpy as np, chainrule as cr

def interrupted_after(call):
    sent = []
    def send():
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)
    threading.Timer(0.5, send).start()
    try:
        call()
    except KeyboardInterrupt:
        return time.perf_counter() - sent[0]
    sys.exit("the call ended by itself")

x = np.ones(1000)
endless = cr.jit(lambda x, n: cr.while_loop(lambda s: s[1] < n, lambda s: (np.sin(s[0]) + 1e-9, s[1] + 1), (x, 0.0))[0])
endless(x, 2.0)
"""


def run(script):
    done = subprocess.run(
        [sys.executable, "-c", HEAD + textwrap.dedent(script)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_loops_of_any_kind():
    out = run(
        """
        print(interrupted_after(lambda: endless(x, 1e12)))
        rows = np.zeros(50_000_000)
        long = cr.jit(lambda x, rows: cr.scan(lambda h, row: (np.tanh(h) + row, None), x, rows)[0])
        print(interrupted_after(lambda: long(x, rows)))
        inner = lambda k, h: cr.fori_loop(0, 1_000_000, lambda j, h: np.tanh(h), h)
        nested = cr.jit(lambda x: cr.fori_loop(0, 1000, inner, x))
        print(interrupted_after(lambda: nested(x)))
        print(np.array_equal(endless(x, 3.0), np.sin(np.sin(np.sin(x) + 1e-9) + 1e-9) + 1e-9))
        """
    ).split()
    assert all(float(seconds) < 1 for seconds in out[:3]) and out[3] == "True"


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_handler_of_ones_own_and_other_threads():
    out = run(
        """
        seen = []
        signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
        threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        expected = endless(x, 1000.0)
        print(np.array_equal(endless(x, 300_000.0), endless(x, 300_000.0)), len(seen))
        signal.signal(signal.SIGINT, signal.default_int_handler)
        results = []
        thread = threading.Thread(target=lambda: results.append(endless(x, 1000.0)))
        thread.start()
        thread.join()
        print(np.array_equal(results[0], expected))
        """
    ).split()
    assert out == ["True", "1", "True"]


def test_only_loops_that_may_be_long_run_aside():
    def program(n):
        return Program(cr.trace(lambda x: cr.fori_loop(0, n, lambda k, h: np.tanh(h), x), np.ones(1000)).data)

    assert not program(10).is_long and program(100_000).is_long
