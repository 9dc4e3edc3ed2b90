"""What to write instead of a function that would take values out of a trace, by its public name.

Each is the same function of the same numbers, written in what can be traced. `{callee}` is the function as the user
wrote it.
"""

SAME_IN_NUMPY = {
    "scipy.linalg": ("np.linalg", ("eigh", "eigvalsh", "lstsq", "pinv", "svd", "svdvals")),
    "scipy.integrate": ("np", ("trapezoid",)),
    "statistics": ("np", ("mean", "median")),
}
_STEPS = "steps of Runge and Kutta, in a loop of Python or in cr.scan"
_NEWTON = "Newton steps, in a loop of Python or in cr.while_loop"
_CHOLESKY = "np.linalg.solve(A, b), or np.linalg.cholesky(A)"
INSTEAD = {
    "float": "x instead of float(x): what is traced is a float to Python",
    "complex": "a + 1j * b instead of complex(a, b)",
    "numpy.float64": "x.astype(float) instead of np.float64(x)",
    "numpy.float32": "x.astype(np.float32) instead of np.float32(x)",
    "numpy.ndarray.dot": "np.dot(a, x) instead of a.dot(x)",
    "numpy.ndarray.clip": "np.clip(a, low, high) instead of a.clip(low, high)",
    "numpy.lib.stride_tricks.as_strided": "np.lib.stride_tricks.sliding_window_view(x, n), for windows of n entries",
    "numpy.matrix": "np.array, and @ for the product of matrices",
    "numpy.polynomial.polynomial.Polynomial": "np.polyval(coefficients[::-1], x)",
    "numpy.polynomial.polynomial.polyval": "np.polyval(c[::-1], x)",
    "scipy.integrate.solve_ivp": _STEPS,
    "scipy.integrate.odeint": _STEPS,
    "scipy.integrate.quad": (
        "t, w = np.polynomial.legendre.leggauss(20), and (b - a) / 2 * sum(w * f((b - a) / 2 * t + (a + b) / 2))"
    ),
    "scipy.integrate.simpson": "np.sum(y[:-2:2] + 4 * y[1:-1:2] + y[2::2]) * dx / 3, for an odd number of samples",
    "scipy.interpolate.interp1d": "np.interp(t, x, y), for lines between the points",
    "scipy.linalg.block_diag": "np.block, with np.zeros",
    "scipy.linalg.cho_factor": _CHOLESKY,
    "scipy.linalg.cho_solve": _CHOLESKY,
    "scipy.linalg.toeplitz": "c[np.abs(np.subtract.outer(np.arange(len(c)), np.arange(len(c))))]",
    "scipy.optimize.brentq": _NEWTON,
    "scipy.optimize.fsolve": _NEWTON,
    "scipy.optimize.newton": _NEWTON,
    "scipy.optimize.root": _NEWTON,
    "scipy.optimize.root_scalar": _NEWTON,
    "scipy.signal.convolve": "np.convolve(a, b, mode), for arrays of one axis",
    "scipy.signal.fftconvolve": "np.convolve(a, b, mode), for arrays of one axis",
    "scipy.spatial.distance.cdist": "np.sqrt(np.sum((a[:, None] - b) ** 2, axis=-1)), for the Euclidean distance",
    "scipy.spatial.distance.euclidean": "np.sqrt(np.sum((a - b) ** 2))",
    "statistics.fmean": "np.mean(x)",
    "statistics.stdev": "np.std(x, ddof=1)",
    "statistics.pstdev": "np.std(x)",
    "statistics.variance": "np.var(x, ddof=1)",
    "statistics.pvariance": "np.var(x)",
}
for _drawing in ("Generator", "RandomState"):
    INSTEAD |= {
        f"numpy.random.{_drawing}.normal": "loc + scale * {callee}(size=shape)",
        f"numpy.random.{_drawing}.uniform": "low + (high - low) * {callee}(size=shape)",
        f"numpy.random.{_drawing}.exponential": "scale * {callee}(size=shape)",
        f"numpy.random.{_drawing}.gamma": "cr.random.gamma(cr.random.key(0), shape)",
    }
