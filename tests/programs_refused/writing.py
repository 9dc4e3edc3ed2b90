"""Programs that write traced values where they cannot be followed."""

from __future__ import annotations

import array

import numpy as np

from chainrule.errors import DtypeError, MutationError, TraceError, UnsupportedError

from .table import cure_of, refused

V = np.array([0.7, 1.3, 2.1])
FORCES = np.zeros((3, 2))
GRID = np.linspace(0.0, 1.0, 6) ** 2
LEVELS, STEPS, BINS, PLACES = np.zeros(6), np.zeros(6), np.zeros(6), np.zeros(6)
PRODUCT, MOMENTS = np.zeros(3), np.zeros(3)
MASKED = np.ma.masked_array([1.0, 2.0, 3.0], mask=[False, True, False])
MATRIX = np.matrix(np.eye(3))


@refused(
    MutationError,
    V,
    what="written into a plain array",
    wanted="made inside the traced function",
    try_="filled = np.array(FORCES)",
)
def n_body_forces(x):
    """Forces between bodies on a line, collected in a global array."""
    FORCES[:] = 0.0
    for i in range(3):
        for j in range(i):
            distance = x[i] - x[j]
            pull = 1.0 / distance**2
            FORCES[i, 0] -= pull  # here
            FORCES[j, 0] += pull
    return np.sum(FORCES**2)


@cure_of(n_body_forces)
def _(x):
    filled = np.array(FORCES)
    filled[:] = 0.0
    for i in range(3):
        for j in range(i):
            distance = x[i] - x[j]
            pull = 1.0 / distance**2
            filled[i, 0] -= pull
            filled[j, 0] += pull
    return np.sum(filled**2)


@refused(
    MutationError,
    V,
    what="written into a plain array",
    wanted="made inside the traced function",
    try_="filled = np.array(work)",
)
def buffer_of_a_default_argument(x, work=np.zeros(3)):
    """Work space that is made once."""
    for k in range(3):
        work[k] = x[k] ** 2  # here
    total = work[0] + work[1] * work[2]
    return np.log(total)


@cure_of(buffer_of_a_default_argument)
def _(x):
    filled = np.zeros(3)
    for k in range(3):
        filled[k] = x[k] ** 2
    total = filled[0] + filled[1] * filled[2]
    return np.log(total)


@refused(
    MutationError,
    V,
    what="written into a plain array",
    wanted="made inside the traced function",
    try_="filled = np.array(temperature)",
)
def heat_equation(x):
    """Explicit steps of diffusion from a global grid's copy."""
    temperature = GRID.copy()
    for _ in range(3):
        inner = temperature[1:-1] + x[0] * np.diff(temperature, 2)
        temperature[1:-1] = inner  # here
    return np.sum(temperature**2)


@cure_of(heat_equation)
def _(x):
    temperature = GRID.copy()
    filled = np.array(temperature)
    for _ in range(3):
        inner = filled[1:-1] + x[0] * np.diff(filled, 2)
        filled[1:-1] = inner
    return np.sum(filled**2)


class KalmanFilter:
    """Keeps its state in arrays made by __init__."""

    def __init__(self):
        self.state = np.zeros(2)
        self.covariance = np.eye(2)


FILTER = KalmanFilter()


@refused(
    MutationError,
    V,
    what="written into a plain array",
    wanted="made inside the traced function",
    try_="filled = np.array(FILTER.state)",
)
def kalman_step(x):
    """A filter that existed before the trace."""
    for _ in range(2):
        FILTER.state[:] = FILTER.state + x[0]  # here
    return np.sum(FILTER.state**2)


@cure_of(kalman_step)
def _(x):
    filled = np.array(FILTER.state)
    filled[:] = 0.0
    for _ in range(2):
        filled[:] = filled + x[0]
    return np.sum(filled**2)


@refused(MutationError, V, what="existed before the trace", try_="moments = moments + weights")
def accumulated_in_place(x):
    """`+=` on a global array."""
    moments = MOMENTS
    weights = np.exp(-x)
    moments += weights  # here
    return np.sum(moments)


@cure_of(accumulated_in_place)
def _(x):
    moments = MOMENTS
    weights = np.exp(-x)
    moments = moments + weights
    return np.sum(moments)


@refused(MutationError, V, what="existed before the trace", try_="what the function returns")
def result_into_a_buffer(x):
    """out= of a global array."""
    scaled = np.sqrt(x)
    np.multiply(scaled, x, out=PRODUCT)  # here
    return np.sum(PRODUCT)


@cure_of(result_into_a_buffer)
def _(x):
    scaled = np.sqrt(x)
    product = np.multiply(scaled, x)
    return np.sum(product)


@refused(
    MutationError,
    V,
    what="written into a plain array",
    wanted="made inside the traced function",
    try_="filled = np.array(LEVELS)",
)
def filled_by_method(x):
    """ndarray.fill of a global array."""
    level = np.max(x)
    LEVELS.fill(level)  # here
    return np.sum(LEVELS)


@cure_of(filled_by_method)
def _(x):
    level = np.max(x)
    filled = np.array(LEVELS)
    filled.fill(level)
    return np.sum(filled)


@refused(
    MutationError,
    V,
    what="written into a plain array",
    wanted="made inside the traced function",
    try_="filled = np.array(STEPS)",
)
def masked_write(x):
    """A global array written where a mask says so."""
    high = np.array([False, False, False, True, True, True])
    STEPS[high] = x  # here
    return np.sum(STEPS)


@cure_of(masked_write)
def _(x):
    high = np.array([False, False, False, True, True, True])
    filled = np.array(STEPS)
    filled[high] = x
    return np.sum(filled)


@refused(
    MutationError,
    V,
    what="np.add.at would write a traced value into an array that existed",
    try_="filled = np.array(BINS)",
)
def scatter_add(x):
    """np.add.at of a global array."""
    bins = np.array([0, 1, 1])
    np.add.at(BINS, bins, x)  # here
    return np.sum(BINS**2)


@cure_of(scatter_add)
def _(x):
    bins = np.array([0, 1, 1])
    filled = np.array(BINS)
    np.add.at(filled, bins, x)
    return np.sum(filled**2)


@refused(
    MutationError,
    V,
    what="written into a plain array",
    wanted="made inside the traced function",
    try_="filled = np.array(PLACES)",
)
def swap_by_put(x):
    """ndarray.put of a global array."""
    places = [0, 2, 4]
    PLACES.put(places, x)  # here
    return np.sum(PLACES**2)


@cure_of(swap_by_put)
def _(x):
    places = [0, 2, 4]
    filled = np.array(PLACES)
    filled.put(places, x)
    return np.sum(filled**2)


@refused(
    MutationError,
    V,
    wanted="an array for each field",
    try_="{name: np.array(particles[name]) for name in particles.dtype.names}",
)
def particles_in_a_record(x):
    """A structured array of one particle's properties a field."""
    particles = np.zeros(3, dtype=[("mass", float), ("charge", float)])
    particles["charge"] = -1.0
    particles["mass"] = x**2  # here
    return np.sum(particles["mass"] * particles["charge"])


@cure_of(particles_in_a_record)
def _(x):
    particles = np.zeros(3, dtype=[("mass", float), ("charge", float)])
    particles["charge"] = -1.0
    particles = {name: np.array(particles[name]) for name in particles.dtype.names}
    particles["mass"] = x**2
    return np.sum(particles["mass"] * particles["charge"])


@refused(MutationError, V, wanted="an array for each field")
def one_record(x):
    """A record written as a tuple."""
    particles = np.zeros(3, dtype=[("mass", float), ("charge", float)])
    for k in range(3):
        particles[k] = (x[k], 1.0)  # here
    return np.sum(particles["mass"])


@refused(DtypeError, V, what="a masked array cannot meet a traced array", try_="x.filled(0) and the mask as an array")
def masked_measurements(x):
    """A masked array times a traced one."""
    weights = np.exp(-x)
    weighted = MASKED * weights  # here
    return np.sum(weighted)


@cure_of(masked_measurements)
def _(x):
    weights = np.exp(-x)
    weighted = np.where(MASKED.mask, 0.0, MASKED.filled(0)) * weights
    return np.sum(weighted)


@refused(DtypeError, V, what="a masked array cannot meet a traced array", try_="np.where")
def masking_of_traced(x):
    """A masked array made of traced values."""
    speeds = x - 1.0
    valid = np.ma.masked_where(speeds < 0, speeds)  # here
    return valid.sum()


@refused(UnsupportedError, V, what="cannot be seen as numpy.matrix", try_="x @ y for the product of matrices")
def matrix_product(x):
    """np.matrix, whose * is a matrix product."""
    rotated = MATRIX * x.reshape(3, 1)  # here
    return np.sum(rotated)


@cure_of(matrix_product)
def _(x):
    rotated = np.asarray(MATRIX) @ x.reshape(3, 1)
    return np.sum(rotated)


@refused(TraceError, V, what="np.matrix would take", try_="np.array, and @")
def matrix_of_traced(x):
    """np.matrix of traced values."""
    angle = x[0]
    rotation = np.matrix([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])  # here
    return np.sum(rotation * np.array([[1.0], [2.0]]))


@cure_of(matrix_of_traced)
def _(x):
    angle = x[0]
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.sum(rotation @ np.array([[1.0], [2.0]]))


class Quantity(np.ndarray):
    """An array with a unit, as libraries of physical quantities define it."""

    unit = "m"


@refused(DtypeError, V, what="an array of type Quantity", try_="np.asarray(x)")
def lengths_with_units(x):
    """A subclass of ndarray."""
    lengths = np.array([1.0, 2.0, 3.0]).view(Quantity)
    stretched = x * lengths  # here
    return np.sum(stretched)


@cure_of(lengths_with_units)
def _(x):
    lengths = np.array([1.0, 2.0, 3.0]).view(Quantity)
    stretched = x * np.asarray(lengths)
    return np.sum(stretched)


@refused(UnsupportedError, V, what="dtype=object", try_="an array without dtype=object")
def nested_object_array(x):
    """A table of Python objects."""
    table = np.array([[x[0], 1.0], [x[1], 2.0]], dtype=object)  # here
    return table[0, 0] * table[1, 1]


@cure_of(nested_object_array)
def _(x):
    table = np.array([[x[0], 1.0], [x[1], 2.0]])
    return table[0, 0] * table[1, 1]


@refused(
    MutationError,
    V,
    what="written into a plain array",
    wanted="made inside the traced function",
    try_="filled = np.array(view)",
)
def shared_with_the_array_module(x):
    """Memory of another library."""
    memory = array.array("d", [0.0, 0.0, 0.0])
    view = np.frombuffer(memory)
    for k in range(3):
        view[k] = x[k]  # here
    return sum(memory)


@cure_of(shared_with_the_array_module)
def _(x):
    memory = array.array("d", [0.0, 0.0, 0.0])
    view = np.frombuffer(memory)
    filled = np.array(view)
    for k in range(3):
        filled[k] = x[k]
    return sum(filled)


@refused(MutationError, V, what="whose memory something else holds", try_="y = y.copy() before the first write")
def kept_by_a_memoryview(x):
    """An array whose memory something else reads."""
    state = np.zeros(3)
    window = memoryview(state.data)
    state[0] = x[0]  # here
    return state[0] * window[0]


@cure_of(kept_by_a_memoryview)
def _(x):
    state = np.zeros(3)
    window = memoryview(state.data)
    state = state.copy()
    state[0] = x[0]
    return state[0] * (window[0] + 1)


@refused(MutationError, V, what="a complex value", wanted="an array of dtype complex128")
def complex_into_real(x):
    """A complex result written into a real array."""
    spectrum = x * 1.0
    rotated = spectrum * np.exp(1j * x)
    spectrum[:] = rotated  # here
    return np.sum(spectrum)


@refused(MutationError, V, what="its derivative would be lost", try_="dtype='float64'")
def integer_counter(x):
    """Counts in an array of integers."""
    counts = np.zeros(3, dtype=int)
    for k in range(3):
        counts[k] = x[k]  # here
    return np.sum(counts)


@cure_of(integer_counter)
def _(x):
    counts = np.zeros(3, dtype="float64")
    for k in range(3):
        counts[k] = x[k]
    return np.sum(counts)


@refused(UnsupportedError, V, what="np.nditer", try_="a loop over x.flat or np.ndindex(x.shape)")
def iterator_with_writes(x):
    """np.nditer."""
    field = x * 2
    for cell in np.nditer(field, op_flags=["readwrite"]):  # here
        cell[...] = cell**2
    return np.sum(field)


@cure_of(iterator_with_writes)
def _(x):
    field = x * 2
    for i in np.ndindex(field.shape):
        field[i] = field[i] ** 2
    return np.sum(field)


@refused(TraceError, V, what="as_strided would take", try_="sliding_window_view(x, n)")
def strided_windows(x):
    """as_strided."""
    windows = np.lib.stride_tricks.as_strided(x, shape=(2, 2), strides=(8, 8))  # here
    return np.sum(windows**2)


@cure_of(strided_windows)
def _(x):
    windows = np.lib.stride_tricks.sliding_window_view(x, 2)
    return np.sum(windows**2)


@refused(UnsupportedError, V, what="the bytes of a traced array", try_="x.astype('int32'), if values are meant")
def reinterpretation_of_bits(x):
    """The fast inverse square root."""
    single = x.astype(np.float32)
    bits = single.view(np.int32)  # here
    guess = (0x5F3759DF - (bits >> 1)).view(np.float32)
    return np.sum(guess * (1.5 - 0.5 * single * guess**2))
