"""Every NumPy function that is answered, with complex arguments: NumPy's values, and right derivatives, or a refusal.

The table is that of test_functions.py; its arguments are moved off the real line.
"""

import numpy as np
import pytest

import chainrule as cr
from chainrule import tree

from .comparing import dtype_of
from .test_functions import TABLE


def moved_off(x, rng):
    if dtype_of(x).kind != "f":
        return x
    moved = np.asarray(x) + 0.3j * rng.uniform(-1, 1, size=np.shape(x))
    return moved if isinstance(x, np.ndarray) else moved[()] if isinstance(x, np.generic) else complex(moved)


def complex_case(entry):
    """The arguments and results, where NumPy has the function for complex numbers."""
    arguments = [moved_off(x, np.random.default_rng(5)) for x in entry.arguments]
    try:
        with np.errstate(all="ignore"):
            wanted = entry.function(*arguments)
    except (TypeError, ValueError, np.exceptions.ComplexWarning, np.linalg.LinAlgError):
        return None
    return arguments, [np.asarray(x) for x in tree.flatten(wanted)[0]]


# The phases of vectors are LAPACK's choice and no function of the matrix: tests/ops/test_complex_linalg.py.
VECTORS = {"eigh", "linalg.svd", "linalg.svd full_matrices=False"}

CASES = [
    pytest.param(entry, *case, id=f"{number}-{entry.name}")
    for number, entry in enumerate(TABLE)
    if (case := complex_case(entry)) is not None and any(dtype_of(x).kind == "c" for x in case[0])
]


@pytest.mark.parametrize(("entry", "arguments", "wanted"), CASES)
def test_complex(entry, arguments, wanted):
    try:
        with np.errstate(all="ignore"):
            (_, found), _ = cr.value_and_grad(
                lambda *xs: (0.0 * np.real(np.sum(xs[0])), entry.function(*xs)), has_aux=True
            )(*arguments)
    except cr.errors.ChainruleError as error:
        pytest.skip(f"refused: {type(error).__name__} {error.what}")
    leaves = [np.asarray(x) for x in tree.flatten(found)[0]]
    assert [(x.dtype, x.shape) for x in leaves] == [(x.dtype, x.shape) for x in wanted]
    for x, y in zip(leaves, wanted, strict=True):
        scale = np.abs(y[np.isfinite(y)]).max(initial=0)
        np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-12 * scale)
    if entry.order and entry.name not in VECTORS and all(dtype_of(x).kind in "fc" for x in arguments):

        def floating(*xs):
            return [x for x in tree.flatten(entry.function(*xs))[0] if dtype_of(x).kind in "fc"]

        if floating(*arguments):
            cr.check_grads(floating, arguments, order=entry.order)


OUTSIDE = {
    "sqrt": (np.emath.sqrt,),
    "log": (np.emath.log,),
    "log2": (np.emath.log2,),
    "log10": (np.emath.log10,),
    "arcsin": (np.emath.arcsin,),
    "arccos": (np.emath.arccos,),
    "arctanh": (np.emath.arctanh,),
    "power": (lambda x: np.emath.power(x, 1.5),),
    "power of whole numbers": (lambda x: np.emath.power(x, -2),),
    "logn": (lambda x: np.emath.logn(2.0, x),),
}


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_emath_outside_of_the_real_domain(name, dtype):
    """There the results are complex, and the derivative by the real argument is that of the principal branch."""
    (f,) = OUTSIDE[name]
    x = np.array([-2.5, 0.5, 3.0], dtype)
    found, _ = cr.jvp(f, (x,), (x,))
    assert found.dtype == f(x).dtype
    np.testing.assert_allclose(found, f(x), rtol=1e-6 if dtype == np.float32 else 1e-13)
    assert cr.grad(lambda x: np.sum(np.abs(f(x)) ** 2))(x).dtype == dtype
    if dtype == np.float64:
        cr.check_grads(f, (x,))
