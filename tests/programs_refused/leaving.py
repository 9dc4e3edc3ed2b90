"""Programs in which the value of a traced array would leave the trace: to Python, to files, to other libraries."""

from __future__ import annotations

import array
import collections
import ctypes
import decimal
import fractions
import functools
import io
import json
import math
import pickle
import statistics
import struct

import numpy as np

import chainrule as cr
from chainrule.errors import TraceError, UnsupportedError

from .table import cure_of, refused

V = np.array([0.7, 1.3, 2.1])


@refused(TraceError, V, what="float would take the value", try_="x instead of float(x)")
def drag_of_a_falling_sphere(x):
    """ODE right-hand side that turns its state into Python floats first."""
    height, velocity = float(x[0]), x[1]  # here
    density = 1.225 * np.exp(-height / 8.4)
    drag = 0.5 * density * velocity**2 * x[2]
    return np.sum(drag)


@cure_of(drag_of_a_falling_sphere)
def _(x):
    height, velocity = x[0], x[1]
    density = 1.225 * np.exp(-height / 8.4)
    drag = 0.5 * density * velocity**2 * x[2]
    return np.sum(drag)


@refused(TypeError, V, note="decimal.Decimal was given x, traced")
def kepler_period(x):
    """Decimal arithmetic of an orbit's period."""
    mass = decimal.Decimal("5.97")
    axis = decimal.Decimal(x[0])  # here
    period = 2 * decimal.Decimal(math.pi) * (axis**3 / mass).sqrt()
    return x[1] * float(period)


@refused(TraceError, V, what="fractions.Fraction would take", wanted="cr.stop_gradient(x)")
def gear_ratio(x):
    """Exact fractions of a gear train."""
    first = fractions.Fraction(3, 7)
    second = fractions.Fraction(x[0])  # here
    ratio = first * second
    return x[1] * ratio.numerator / ratio.denominator


@refused(struct.error, V, note="struct.pack was given scaled, traced")
def packet_checksum(x):
    """Bytes of a measured state."""
    scaled = x * 2.0
    packet = struct.pack("<d", scaled[0])  # here
    checksum = sum(packet) % 256
    return np.sum(scaled) * checksum


@refused(TraceError, V, what="buffer.append would take", wanted="NumPy's functions")
def typed_buffer(x):
    """A buffer of Python's array module."""
    buffer = array.array("d")
    for k in range(3):
        buffer.append(x[k] ** 2)  # here
    return sum(buffer)


@refused(UnsupportedError, V, what="no .tobytes", try_="np.asarray(cr.stop_gradient(x)).tobytes()")
def bytes_of_state(x):
    """A key made of the bytes of a state."""
    state = np.sin(x)
    key = state.tobytes()  # here
    return np.sum(state) * len(key)


@cure_of(bytes_of_state)
def _(x):
    state = np.sin(x)
    key = np.asarray(cr.stop_gradient(state)).tobytes()
    return np.sum(state) * len(key)


@refused(TypeError, V, note="np.frombuffer was given state, traced")
def bytes_back(x):
    """Bytes read back in as numbers."""
    state = np.sin(x)
    pairs = np.frombuffer(state, dtype=np.float64)  # here
    return np.sum(pairs**2)


@refused(TypeError, V, note="memoryview was given state, traced")
def memory_view(x):
    """The buffer protocol."""
    state = np.exp(x)
    view = memoryview(state)  # here
    total = 0.0
    for k in range(3):
        total += view[k]
    return total


@refused(UnsupportedError, V, what="no .ctypes", try_="cr.custom_gradient")
def library_in_c(x):
    """A pointer for a function in C."""
    state = x * 1.5
    pointer = state.ctypes.data_as(ctypes.POINTER(ctypes.c_double))  # here
    return pointer[0] + pointer[1]


@refused(TraceError, V, what="pickle.dumps would take", wanted="cr.stop_gradient(x)")
def checkpoint_by_pickle(x):
    """A state that is pickled and read again."""
    state = {"position": x[:2] * 2, "mass": 3.0}
    text = pickle.dumps(state)  # here
    again = pickle.loads(text)
    return np.sum(again["position"]) * again["mass"]


@refused(TypeError, V, note="json.dumps was given result, traced")
def report_as_json(x):
    """A result that takes its way through JSON."""
    result = {"energy": np.sum(x**2), "steps": 3}
    text = json.dumps(result)  # here
    return json.loads(text)["energy"]


@refused(TraceError, V, what="potential would take", try_="potential.__wrapped__ instead of potential")
def cached_potential(x):
    """A cache by value."""

    @functools.lru_cache
    def potential(r):
        return 1 / r - 1 / r**2

    total = 0.0
    for r in x:
        total += potential(r)  # here
    return total


@cure_of(cached_potential)
def _(x):
    @functools.lru_cache
    def potential(r):
        return 1 / r - 1 / r**2

    total = 0.0
    for r in x:
        total += potential.__wrapped__(r)
    return total


@refused(TraceError, V, what="set would take", wanted="a key that carries no derivative")
def energy_levels(x):
    """A set of distinct levels."""
    levels = x**2
    distinct = set(levels)  # here
    return sum(distinct)


@refused(TraceError, V, what="a dict or a set would take", wanted="int(x)")
def table_by_temperature(x):
    """A dict with a traced key."""
    conductivity = {0.7: 3.0, 1.3: 4.0}
    rate = conductivity[x[0]]  # here
    return rate * x[1]


@refused(TraceError, V, what="collections.Counter would take", wanted="a key that carries no derivative")
def histogram_of_speeds(x):
    """Counts by value."""
    speeds = np.abs(x)
    counts = collections.Counter(speeds.tolist())  # here
    return sum(speed * count for speed, count in counts.items())


@refused(UnsupportedError, V, what="math.gamma", try_="math.exp(math.lgamma(x))")
def gamma_function(x):
    """math.gamma."""
    shape, scale = x[0] + 2, x[1]
    norm = math.gamma(shape)  # here
    return scale**shape / norm


@cure_of(gamma_function)
def _(x):
    shape, scale = x[0] + 2, x[1]
    norm = math.exp(math.lgamma(shape))
    return scale**shape / norm


@refused(UnsupportedError, V, what="math.modf", try_="np.modf(x)")
def saw_tooth(x):
    """math.modf."""
    phase = x[0] * 3
    fraction, whole = math.modf(phase)  # here
    return fraction * x[1] + whole


@cure_of(saw_tooth)
def _(x):
    phase = x[0] * 3
    fraction, whole = np.modf(phase)
    return fraction * x[1] + whole


@refused(UnsupportedError, V, what="math.remainder", try_="x - y * np.round(x / y)")
def wrapped_angle(x):
    """math.remainder."""
    angle = x[0] * 7
    wrapped = math.remainder(angle, 2 * math.pi)  # here
    return wrapped**2


@cure_of(wrapped_angle)
def _(x):
    angle = x[0] * 7
    wrapped = angle - 2 * math.pi * np.round(angle / (2 * math.pi))
    return wrapped**2


@refused(UnsupportedError, V, what="math.frexp", try_="np.floor(np.log2(np.abs(x))) + 1")
def mantissa(x):
    """math.frexp."""
    fraction, exponent = math.frexp(x[2] * 100)  # here
    return fraction * 2.0**exponent


@cure_of(mantissa)
def _(x):
    y = x[2] * 100
    exponent = np.floor(np.log2(np.abs(y))) + 1
    fraction = y / 2.0**exponent
    return fraction * 2.0**exponent


@refused(TraceError, V, what="statistics.mean", try_="np.mean instead of statistics.mean")
def spread(x):
    """A function of the statistics module."""
    samples = list(x**2)
    center = statistics.mean(samples)  # here
    return center * 2


@cure_of(spread)
def _(x):
    samples = list(x**2)
    center = np.mean(samples)
    return center * 2


@refused(TraceError, V, what="normal.inv_cdf", wanted="cr.custom_gradient")
def quantile_of_normal(x):
    """statistics.NormalDist."""
    normal = statistics.NormalDist(0.0, 1.0)
    return normal.inv_cdf(x[0] / 2) * x[1]  # here


@refused(UnsupportedError, V, what="np.save is not supported", try_="return x from the function and save it there")
def saved_on_the_way(x):
    """np.save of what is traced."""
    field = np.cumsum(x)
    np.save(io.BytesIO(), field)  # here
    return np.sum(field)
