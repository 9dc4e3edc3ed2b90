"""Programs that hand traced arrays to code that is compiled, in SciPy or in NumPy."""

from __future__ import annotations

import concurrent.futures

import numpy as np
from scipy import fft, integrate, interpolate, linalg, ndimage, optimize, signal, sparse, spatial, special, stats

from chainrule.errors import MutationError, TraceError, UnsupportedError

from .table import cure_of, refused

V = np.array([0.7, 1.3, 2.1])


@refused(TraceError, V, what="integrate.solve_ivp would take", wanted="cr.custom_gradient")
def predator_and_prey(x):
    """An initial value problem solved by SciPy, its rates traced."""

    def rates(t, y):
        return np.array([x[0] * y[0] - y[0] * y[1], y[0] * y[1] - x[1] * y[1]])

    solution = integrate.solve_ivp(rates, (0, 1), [1.0, 1.0])  # here
    return np.sum(solution.y[:, -1])


@refused(TraceError, V, what="integrate.solve_ivp would take", wanted="cr.custom_gradient")
def traced_initial_state(x):
    """An initial value problem with a traced beginning."""
    solution = integrate.solve_ivp(lambda t, y: -y, (0, 1), x)  # here
    return np.sum(solution.y[:, -1])


@refused(TraceError, V, what="integrate.odeint would take", wanted="cr.custom_gradient")
def pendulum_by_odeint(x):
    def rates(y, t):
        return np.array([y[1], -x[0] * np.sin(y[0])])

    times = np.linspace(0, 1, 5)
    path = integrate.odeint(rates, [0.1, 0.0], times)  # here
    return path[-1, 0]


@refused(TraceError, V, what="optimize.minimize would take", wanted="cr.custom_gradient")
def inner_minimum(x):
    """A minimum within the function."""
    found = optimize.minimize(lambda p: (p[0] - x[0]) ** 2 + p[0] ** 4, [0.5])  # here
    return found.fun


@refused(TraceError, V, what="optimize.brentq would take", wanted="cr.custom_gradient")
def implicit_pressure(x):
    """A root of a traced equation."""
    volume = optimize.brentq(lambda v: v**3 - x[0] * v - 1.0, 0.5, 3.0)  # here
    return volume * x[1]


@refused(TraceError, V, what="integrate.quad would take", wanted="cr.custom_gradient")
def arc_length(x):
    """An integral whose integrand is traced."""
    length, _ = integrate.quad(lambda t: np.sqrt(1 + (x[0] * t) ** 2), 0, 1)  # here
    return length


@refused(TraceError, V, what="interpolate.CubicSpline would take", wanted="cr.custom_gradient")
def spline_through_traced_knots(x):
    spline = interpolate.CubicSpline([0.0, 1.0, 2.0], x)  # here
    return spline(0.5)


@refused(TraceError, V, what="spline would take", wanted="cr.custom_gradient")
def spline_at_a_traced_place(x):
    knots = np.linspace(0, 3, 7)
    spline = interpolate.CubicSpline(knots, np.sin(knots))
    return np.sum(spline(x))  # here


@refused(TraceError, V, what="stats.norm.logpdf would take", wanted="cr.custom_gradient")
def likelihood_by_stats(x):
    """A distribution of SciPy at traced parameters."""
    samples = np.array([0.1, -0.4, 0.9])
    log_density = stats.norm.logpdf(samples, loc=x[0], scale=x[1])  # here
    return np.sum(log_density)


@refused(TraceError, V, what="ndimage.gaussian_filter would take", wanted="cr.custom_gradient")
def smoothed_image(x):
    image = np.outer(x, x)
    smooth = ndimage.gaussian_filter(image, 1.0)  # here
    return smooth[1, 1]


@refused(TraceError, V, what="signal.lfilter would take", wanted="cr.custom_gradient")
def low_pass(x):
    coefficients, denominator = [0.2, 0.3], [1.0, -0.5]
    filtered = signal.lfilter(coefficients, denominator, x)  # here
    return np.sum(filtered**2)


@refused(TraceError, V, what="sparse.csr_array would take", wanted="cr.custom_gradient")
def sparse_stiffness(x):
    rows, columns = np.array([0, 1, 2]), np.array([0, 1, 2])
    stiffness = sparse.csr_array((x, (rows, columns)), shape=(3, 3))  # here
    return np.sum(stiffness @ np.ones(3))


@refused(TraceError, V, what="laplacian @ x would take", try_="A.toarray() instead of the sparse A")
def sparse_times_traced(x):
    laplacian = sparse.csr_array(np.diag([2.0, 2.0, 2.0]) - np.eye(3, k=1))
    return np.sum((laplacian @ x) ** 2)  # here


@cure_of(sparse_times_traced)
def _(x):
    laplacian = sparse.csr_array(np.diag([2.0, 2.0, 2.0]) - np.eye(3, k=1))
    return np.sum((laplacian.toarray() @ x) ** 2)


@refused(
    TraceError, V, what="spatial.distance.cdist would take", try_="np.sqrt(np.sum((a[:, None] - b) ** 2, axis=-1))"
)
def pairwise_distances(x):
    points = x.reshape(3, 1)
    distances = spatial.distance.cdist(points, points + 1.0)  # here
    return np.sum(distances)


@cure_of(pairwise_distances)
def _(x):
    points = x.reshape(3, 1)
    a, b = points, points + 1.0
    distances = np.sqrt(np.sum((a[:, None] - b) ** 2, axis=-1))
    return np.sum(distances)


@refused(TraceError, V, what="linalg.sqrtm would take", wanted="cr.custom_gradient")
def whitening(x):
    covariance = np.array([[2.0, 1.0], [1.0, 3.0]]) * x[0]
    state = linalg.sqrtm(covariance) @ np.array([1.0, 0.0])  # here
    return state[0]


@refused(TraceError, V, what="linalg.eigvalsh would take", try_="np.linalg.eigvalsh instead of linalg.eigvalsh")
def symmetric_modes(x):
    matrix = np.diag(x) + 0.1
    values = linalg.eigvalsh(matrix)  # here
    return np.sum(values**2)


@cure_of(symmetric_modes)
def _(x):
    matrix = np.diag(x) + 0.1
    values = np.linalg.eigvalsh(matrix)
    return np.sum(values**2)


@refused(UnsupportedError, V, what="scipy.special.jv is not supported", wanted="cr.operation declares another one")
def bessel(x):
    waves = special.jv(0, x)  # here
    return np.sum(waves**2)


@refused(UnsupportedError, V, what="np.linalg.eigvals", try_="of a symmetric matrix")
def vibration_modes(x):
    """Eigenvalues of a matrix that is not symmetric."""
    matrix = np.array([[x[0], 1.0], [2.0, x[1]]])
    values = np.linalg.eigvals(matrix)  # here
    return np.sum(values**2)


@cure_of(vibration_modes)
def _(x):
    matrix = np.array([[x[0], 1.0], [1.0, x[1]]])
    values = np.linalg.eigvalsh(matrix)
    return np.sum(values**2)


@refused(UnsupportedError, V, what="np.frompyfunc of <lambda> is not supported", wanted="cr.custom_gradient")
def python_ufunc(x):
    """np.frompyfunc."""
    soft = np.frompyfunc(lambda r: r / (1 + abs(r)), 1, 1)
    return np.sum(soft(x))  # here


@refused(TraceError, V, what="rng.normal would take", wanted="cr.custom_gradient")
def noisy_position(x):
    """A random number whose mean is traced."""
    rng = np.random.default_rng(0)
    position = rng.normal(loc=x[0], scale=0.1)  # here
    return position**2


@refused(TraceError, V, what="rng.choice would take", wanted="cr.custom_gradient")
def resampled(x):
    """Particles drawn with traced weights."""
    rng = np.random.default_rng(0)
    weights = x / np.sum(x)
    index = rng.choice(3, size=4, p=weights)  # here
    return np.sum(x[index])


@refused(UnsupportedError, V, what="np.histogram", try_="np.histogram(x, edges) with plain edges")
def histogram(x):
    heights, edges = np.histogram(x, bins=2)  # here
    return np.sum(heights * edges[1:])


@cure_of(histogram)
def _(x):
    heights, edges = np.histogram(x, [0.0, 1.0, 3.0])
    return np.sum(heights * edges[1:] * x[0])


@refused(
    MutationError,
    V,
    what="written into a plain array",
    got="another thread",
    try_="np.array([...]) of the results in the thread that traces",
)
def filled_by_another_thread(x):
    """Rows that a pool of threads fills in."""

    def row(k):
        cells = np.zeros(2)
        cells[0] = x[k]  # here
        return np.sum(cells)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(row, range(3)))
    return sum(rows)


@cure_of(filled_by_another_thread)
def _(x):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(lambda k: x[k] * 1, range(3)))
    return np.sum(np.array([np.sum(np.array([row, 0.0])) for row in rows]))


@refused(TraceError, V, what="integrate.simpson would take", wanted="cr.custom_gradient")
def area_under_samples(x):
    line = np.linspace(0, 1, 3)
    index = np.searchsorted(line, x[0])
    trapezoid = integrate.simpson(x, x=line)  # here
    return trapezoid * index


@refused(TraceError, V, what="fft.rfft would take", wanted="cr.custom_gradient")
def scipy_fft(x):
    spectrum = fft.rfft(x)  # here
    return np.sum(np.abs(spectrum) ** 2)


@refused(TraceError, V, what="optimize.minimize would take", wanted="cr.custom_gradient")
def inner_minimum_of_one_number(x):
    """SciPy says that a traced value is no scalar."""
    found = optimize.minimize(lambda p: (p - x[0]) ** 2, 0.5)  # here
    return found.fun


@refused(TraceError, V, what="optimize.fsolve would take", try_="Newton steps")
def root_of_a_system(x):
    """Code in C says that a traced value is no array."""

    def residual(p):
        return p**3 - x[0]

    (root,) = optimize.fsolve(residual, 1.0)  # here
    return root


@cure_of(root_of_a_system)
def _(x):
    root = 1.0
    for _ in range(20):
        root = root - (root**3 - x[0]) / (3 * root**2)
    return root


@refused(TraceError, V, what="sparse.csr_array would take", wanted="cr.custom_gradient")
def sparse_of_a_dense_one(x):
    stiffness = sparse.csr_array(np.diag(x))  # here
    return np.sum(stiffness @ np.ones(3))


@refused(TraceError, V, what="integrate.quad would take", try_="np.polynomial.legendre.leggauss(20)")
def work_along_a_path(x):
    work, _ = integrate.quad(lambda s: x[0] * np.exp(-s * x[1]), 0.0, 2.0)  # here
    return work


@cure_of(work_along_a_path)
def _(x):
    t, w = np.polynomial.legendre.leggauss(20)
    a, b = 0.0, 2.0
    return (b - a) / 2 * sum(w * x[0] * np.exp(-((b - a) / 2 * t + (a + b) / 2) * x[1]))


@refused(TraceError, V, what="integrate.simpson would take", try_="y[:-2:2] + 4 * y[1:-1:2] + y[2::2]")
def volume_by_simpson(x):
    return integrate.simpson(x**2, dx=0.5)  # here


@cure_of(volume_by_simpson)
def _(x):
    y, dx = x**2, 0.5
    return np.sum(y[:-2:2] + 4 * y[1:-1:2] + y[2::2]) * dx / 3


@refused(TraceError, V, what="linalg.toeplitz would take", try_="np.subtract.outer(np.arange(len(c))")
def stationary_covariance(x):
    covariance = linalg.toeplitz(x)  # here
    return np.sum(covariance @ x)


@cure_of(stationary_covariance)
def _(x):
    c = x
    covariance = c[np.abs(np.subtract.outer(np.arange(len(c)), np.arange(len(c))))]
    return np.sum(covariance @ x)


@refused(TraceError, V, what="linalg.cho_factor would take", try_="np.linalg.solve(A, b)")
def gaussian_process(x):
    A = np.outer(x, x) + np.eye(3)
    factor = linalg.cho_factor(A)  # here
    return x @ linalg.cho_solve(factor, x)


@cure_of(gaussian_process)
def _(x):
    A = np.outer(x, x) + np.eye(3)
    return x @ np.linalg.solve(A, x)


@refused(TraceError, V, what="rng.normal would take", try_="loc + scale * rng.normal(size=shape)")
def random_walk(x):
    rng = np.random.default_rng(0)
    steps = rng.normal(x[0], x[1], size=5)  # here
    return np.sum(np.cumsum(steps))


@cure_of(random_walk)
def _(x):
    rng = np.random.default_rng(0)
    steps = x[0] + x[1] * rng.normal(size=5)
    return np.sum(np.cumsum(steps))


@refused(TraceError, V, what="complex would take", try_="a + 1j * b instead of complex(a, b)")
def impedance(x):
    z = complex(x[0], x[1])  # here
    return abs(z) * x[2]


@cure_of(impedance)
def _(x):
    return abs(x[0] + 1j * x[1]) * x[2]


@refused(TraceError, V, what="np.polynomial.Polynomial would take", try_="np.polyval(coefficients[::-1], x)")
def calibration_curve(x):
    curve = np.polynomial.Polynomial(x)  # here
    return curve(0.3)


@cure_of(calibration_curve)
def _(x):
    return np.polyval(x[::-1], 0.3)
