"""All functions that NumPy hands over, and all attributes of its arrays: right, or refused by name."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing.overrides import get_overridable_numpy_array_functions

import chainrule as cr
from chainrule.errors import UnsupportedError

from .right_or_refused import outcome

rng = np.random.default_rng(23)
V, W = np.sort(rng.uniform(0.3, 0.9, 4)), rng.uniform(0.4, 0.9, 4)
M = rng.uniform(0.3, 0.9, (4, 4))
P = M @ M.T + np.eye(4)
T = rng.uniform(0.3, 0.9, (2, 3, 4))
PLACES = np.array([0, 2, 1])
MASK = np.array([True, False, True, True])

# Calls to try, in order: the first one that NumPy takes stands for the function. Floating arrays are traced.
TRIES = [
    (V,), (P,), (M,), (V, W), (M, V), (M, M), (V, 1), (M, 1), (V, PLACES), (M, 0, 1), (V, 0, 1), (V, V, W),
    (M, PLACES, 0),
    (V, 2.0), ([V, W],), ([M, M],), (V, MASK), (MASK, V), (3, V), ("ij,ij", M, M), (V, (4, 1)), (V, PLACES, V[:3]),
    (M, (1, 1)), (np.sum, 0, M), (V, [MASK], [np.sin]), ([MASK], [V]), (PLACES, [V, W, V, V]), (T,), (V[:3], W[:3]),
    (V, W, 1), (V, (3, 4)), (V, np.float32), (T, 2),
]  # fmt: skip
# They make arrays, read files or look at types: of traced values there is nothing to hand over.
WITHOUT_ARRAYS = {
    "arange", "empty", "eye", "fromfile", "fromfunction", "fromiter", "fromstring", "full", "genfromtxt", "identity",
    "loadtxt", "ones", "tri", "zeros", "frombuffer", "can_cast", "datetime_as_string", "packbits", "unpackbits",
    "ravel_multi_index", "unravel_index", "savetxt", "save", "savez", "savez_compressed", "busday_count",
    "busday_offset", "is_busday", "empty_like", "put_along_axis", "array_repr", "array_str", "array2string",
    "common_type", "ix_", "require",
}  # fmt: skip
# NumPy hands them over to no one where they are passed on as values, as here: see test_names.py.
BY_NAME = {"array", "asanyarray", "asarray", "ascontiguousarray", "asfortranarray"}
ARGUMENTS = {
    "apply_over_axes": (np.sum, T, [0, 2]),
    "percentile": (V, 30),
    "nanpercentile": (V, 30),
    "quantile": (M, [0, 1]),
    "nanquantile": (M, [0, 1]),
    "roll": (M, 1, 0),
    "polyval2d": (V, W, M),
    "polygrid2d": (V, W, M),
}
REFUSED = {
    "eig": "complex eigenvectors of a general matrix",
    "eigvals": "complex eigenvalues of a general matrix",
    "roots": "eigenvalues of a general matrix",
    "histogram": "counts are piecewise constant: a hint says what to write",
    "histogram2d": "counts",
    "histogramdd": "counts",
    "histogram_bin_edges": "bins by values",
    "sort_complex": "sorts complex numbers",
    "polyval2d": "its points are stacked in C; np.polynomial.polynomial.polyval twice does the same",
    "polygrid2d": "the same",
}
FUNCTIONS = {
    f"{f.__module__}.{f.__name__}": f
    for f in get_overridable_numpy_array_functions()
    if not any(part in f.__module__ for part in ("recfunctions", "strings", "char"))
    and f.__name__ not in WITHOUT_ARRAYS | BY_NAME
}


def arguments_of(function):
    for args in TRIES:
        with np.errstate(all="ignore"):
            try:
                function(*[a.copy() if isinstance(a, np.ndarray) else a for a in args])
            except Exception:
                continue
        return args
    return None


def scaled(x, factor):
    if isinstance(x, list):
        return [scaled(each, factor) for each in x]
    return x * factor if isinstance(x, np.ndarray) and x.dtype.kind == "f" else x


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_function(name):
    """Every floating argument follows one traced number."""
    function = FUNCTIONS[name]
    args = ARGUMENTS.get(function.__name__) or arguments_of(function)
    assert args is not None, "no call to try it with"
    found = outcome(lambda s: function(*[scaled(a, s) for a in args]), (np.float64(1.0),), function.__name__, 1e-11)
    assert found == ("refused" if function.__name__ in REFUSED else "right")


MISSING = {
    "byteswap", "ctypes", "data", "dump", "dumps", "getfield", "resize", "setfield", "setflags", "tobytes", "tofile",
}  # fmt: skip
# What Python and NumPy look for in the memory of an array, and find in no traced one.
OF_MEMORY = {
    "__array_finalize__", "__array_interface__", "__array_struct__", "__array_wrap__", "__class_getitem__",
    "__delitem__", "__setstate__",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(set(dir(np.ndarray)) | set(dir(np.float64))))
def test_attribute(name):
    """It is there on an array and on a scalar as on NumPy's, or is refused by name."""

    def f(x):
        for traced, plain in ((x, M), (x[0, 0], M[0, 0])):
            if (name == "mT" and plain is not M) or not hasattr(plain, name):
                continue
            if name in MISSING or name in ("fromhex", "hex"):
                with pytest.raises(UnsupportedError, match=rf"a traced array has no \.{name}"):
                    getattr(traced, name)
            elif name not in OF_MEMORY and not name.startswith("__get"):
                getattr(traced, name)
        return np.sum(x)

    cr.grad(f)(M)


def test_common_type_looks_at_dtypes():
    seen = []

    def f(x):
        seen.append((np.common_type(x), np.common_type(x, np.float32(1)), np.can_cast(x.dtype, np.float32)))
        return np.sum(x)

    cr.grad(f)(M)
    assert seen == [(np.float64, np.float64, False)]
