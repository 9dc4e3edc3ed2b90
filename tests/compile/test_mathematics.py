"""The elementary functions of native code against mpmath: how far off they are at worst, and what is special."""

import mpmath as mp
import numpy as np
import pytest

from chainrule.compile import Program, llvm_loader
from chainrule.compile.mathematics import FUNCTIONS
from chainrule.ops import CATALOGUE

from .comparing import both, graph_of

# The worst error [units in the last place] in single and double precision; measured ones are about 0.1 below.
WORST = {
    "exp": (1.0, 1.0),
    "exp2": (1.0, 1.0),
    "expm1": (1.1, 1.3),
    "log": (0.9, 0.9),
    "log1p": (0.9, 0.9),
    "log2": (0.9, 0.9),
    "log10": (0.9, 0.9),
    "power": (0.51, 1.2),
    "cbrt": (0.51, 0.51),
    "fmod": (0.0, 0.0),
    "sin": (0.9, 1.0),
    "cos": (0.9, 1.0),
    "tan": (2.4, 1.8),
    "arcsin": (2.4, 2.0),
    "arccos": (1.2, 1.1),
    "arctan": (2.1, 1.7),
    "arctan2": (2.5, 1.7),
    "sinh": (1.3, 1.5),
    "cosh": (1.3, 1.4),
    "tanh": (1.7, 1.9),
    "arcsinh": (1.6, 1.4),
    "arccosh": (1.4, 1.4),
    "arctanh": (1.9, 1.4),
    "sech_squared": (3.5, 3.0),
    "log_cosh": (3.3, 1.9),
    "expit": (2.1, 2.2),
    "logit": (3.3, 2.2),
    "log_expit": (1.4, 1.6),
    "softplus": (1.3, 1.5),
    "logaddexp": (1.6, 1.6),
    "logaddexp2": (1.6, 1.6),
    "erf": (1.8, 1.1),
    "erfc": (3.9, 2.8),
    "erfcx": (2.3, 2.0),
    "ndtr": (3.7, 3.2),
    "log_ndtr": (3.7, 3.2),
}
EXACT = {
    "exp2": lambda x: mp.mpf(2) ** x,
    "log2": lambda x: mp.log(x, 2),
    "arcsin": mp.asin,
    "arccos": mp.acos,
    "arctan": mp.atan,
    "arcsinh": mp.asinh,
    "arccosh": mp.acosh,
    "arctanh": mp.atanh,
    "sech_squared": lambda x: mp.sech(x) ** 2,
    "expit": lambda x: 1 / (1 + mp.exp(-x)),
    "log_expit": lambda x: -mp.log1p(mp.exp(-x)),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "power": mp.power,
    "logaddexp": lambda a, b: a + mp.log1p(mp.exp(b - a)),
    "logaddexp2": lambda a, b: a + mp.log1p(mp.mpf(2) ** (b - a)) / mp.log(2),
    "logit": lambda x: mp.log(x) - mp.log1p(-x),
    "log_cosh": lambda x: mp.log1p(2 * mp.sinh(x / 2) ** 2),
    "arctan2": mp.atan2,
    "erfcx": lambda x: mp.exp(x * x) * mp.erfc(x),
    "ndtr": lambda x: mp.erfc(-x / mp.sqrt(2)) / 2,
    "log_ndtr": lambda x: mp.log(mp.erfc(-x / mp.sqrt(2)) / 2) if x < 0 else mp.log1p(-mp.erfc(x / mp.sqrt(2)) / 2),
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "fmod": lambda a, b: a - b * (mp.floor if a / b > 0 else mp.ceil)(a / b),
}


def test_each_function_has_a_bound_and_an_operation():
    assert set(WORST) == set(FUNCTIONS)
    for name in FUNCTIONS:
        assert CATALOGUE[name].native is not None


def drawn(name, dtype, rng, count=150):
    """Points of all sizes in the domain of a function, some where it is hard."""
    tiny, huge = (-300, 300) if dtype == np.float64 else (-37, 37)
    sign = rng.choice([-1.0, 1.0], size=count)
    near_one = 1 + sign * 10.0 ** rng.uniform(-15, 0, count)
    some = [
        sign * 10.0 ** rng.uniform(-30, 2.8, count),
        rng.uniform(-5, 5, count),
        rng.uniform(-750, 750, count) if dtype == np.float64 else rng.uniform(-100, 100, count),
    ]
    if name in ("log", "log2", "log10"):
        some = [10.0 ** rng.uniform(tiny, huge, count), np.abs(near_one), np.arange(1.0, 50)]
    elif name == "log1p":
        some = [np.maximum(each, -1 + 1e-12) for each in some] + [-1 + 10.0 ** rng.uniform(-10, 0, count)]
    elif name in ("arcsin", "arccos", "arctanh"):
        some = [rng.uniform(-1, 1, count), sign * (1 - 10.0 ** rng.uniform(-12, -0.1, count)), sign * 1e-20]
    elif name == "arccosh":
        some = [1 + 10.0 ** rng.uniform(-12, 3, count), 10.0 ** rng.uniform(0, 30, count)]
    elif name in ("sin", "cos", "tan"):
        some += [
            rng.uniform(-1e5, 1e5, count),
            np.arange(1, 200) * np.pi / 2,
            rng.integers(1, 636_000, 500) * np.pi / 2,
        ]
    elif name == "logit":
        some = [
            rng.uniform(0, 1, count),
            10.0 ** rng.uniform(tiny, 0, count),
            0.5 + sign * 10.0 ** rng.uniform(-15, -1),
        ]
    elif name in ("cbrt", "arctan2"):
        some.append(sign * 10.0 ** rng.uniform(tiny, huge, count))
    elif name in ("erfc", "erfcx", "ndtr", "log_ndtr"):
        some = [rng.uniform(-40, 40, 3 * count), rng.uniform(-5, 5, count), sign * 10.0 ** rng.uniform(-20, 3, count)]
    return np.concatenate(some).astype(dtype)


def worst_error(name, dtype):
    """In units in the last place, and the program."""
    mp.mp.prec = 600 if name == "fmod" else 200
    rng = np.random.default_rng(0)
    arrays = [drawn(name, dtype, rng) for _ in CATALOGUE[name].slopes]
    if name in ("logaddexp", "logaddexp2"):  # one may be minus the other's logarithm: then all digits are lost
        arrays = [np.abs(each) for each in arrays]
    if name == "fmod":  # its quotients have up to 53 digits
        arrays = [arrays[0], (arrays[0] * rng.uniform(-1, 1, arrays[0].shape)).astype(dtype)]
    if name == "arctan2":
        arrays[1] = rng.permutation(arrays[1])
    if name == "power":
        arrays = [np.abs(arrays[0]), rng.permutation(arrays[1])]
    (native,), _, program = both(graph_of(CATALOGUE[name], arrays), arrays)
    exact = EXACT.get(name) or getattr(mp, name)
    worst = 0.0
    limit = np.finfo(dtype).max
    for *xs, y in zip(*arrays, native, strict=True):
        value = mp.mpf(exact(*[mp.mpf(float(x)) for x in xs]))
        if abs(value) > limit:
            assert np.isinf(y)
            continue
        ulp = float(np.spacing(np.abs(dtype(float(value)))))
        worst = max(worst, float(abs(mp.mpf(float(y)) - value) / ulp))
    return worst, program


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_worst_error(name, dtype):
    worst, program = worst_error(name, dtype)
    assert [kernel.kind for kernel in program.unit.fusion.kernels] == ["loops"]
    assert worst <= WORST[name][dtype == np.float64]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["sin", "cos", "power", "cbrt", "fmod", "erfc"])
def test_worst_error_without_fused_multiplication(name, dtype, monkeypatch):
    """What needs one rounding gets it on an old CPU, too; elsewhere two may cost a little."""
    this = llvm_loader.machine()
    if not this.triple.startswith("x86_64"):
        pytest.skip("an old CPU of another kind")
    old = this._replace(cpu="x86-64", features="", vector_bytes=16, registers=16, has_fma=False)
    monkeypatch.setattr(llvm_loader, "_ready", [old])
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", "")
    worst, _ = worst_error(name, dtype)
    assert worst <= 1.3 * WORST[name][dtype == np.float64]


def _sizes(rng):
    return rng.integers(0, 2**32, 50_000, dtype=np.uint32).view(np.float32)


def _whole(low, high):
    return lambda rng: rng.uniform(low, high, 50_000).astype(np.float32)


def _periods(rng):
    """Of all sizes up to a million; and next to the multiples of pi / 2, where all digits would be lost."""
    sizes = np.exp(rng.uniform(-20, np.log(1e6), 50_000)) * rng.choice([-1, 1], 50_000)
    return np.concatenate([sizes, rng.integers(1, 636_000, 50_000) * np.pi / 2]).astype(np.float32)


_IN_SINGLE = {
    **dict.fromkeys(["sin", "cos", "tan"], _periods),
    **dict.fromkeys(["arctan", "arctan2", "cbrt", "tanh", "exp", "expm1", "erf", "expit", "arcsinh"], _sizes),
    **dict.fromkeys(["erfc", "erfcx"], _whole(-9, 11)),
    **dict.fromkeys(["arcsin", "arccos", "arctanh"], _whole(-1, 1)),
    "ndtr": _whole(-6, 9),  # below, SciPy's has lost digits itself
    "log_ndtr": _whole(-6, 9),
    "logit": _whole(0, 1),
    "fmod": _whole(-1e4, 1e4),
}


@pytest.mark.parametrize("name", _IN_SINGLE)
def test_worst_error_in_single_precision(name):
    """Over many more numbers: what NumPy and SciPy compute in double precision is exact there."""
    rng = np.random.default_rng(0)
    arrays = [_IN_SINGLE[name](rng) for _ in CATALOGUE[name].slopes]
    graph = graph_of(CATALOGUE[name], arrays)
    with np.errstate(all="ignore"):
        (native,) = Program(graph)(arrays)  # NumPy does not help
        exact = np.asarray(CATALOGUE[name].forward(*[each.astype(np.float64) for each in arrays]))
        rounded = exact.astype(np.float32)
        number = np.isfinite(rounded)
        error = np.abs(native - exact)[number] / np.spacing(np.abs(rounded[number])).astype(np.float64)
    assert np.array_equal(native[~number], rounded[~number], equal_nan=True)
    assert error.max() <= WORST[name][0]


_SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.0, 2.0, 1e-310, -1e-310, 1e-40, 1e300, -1e300, 710.0, -750.0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", list(FUNCTIONS))
def test_special_values_are_numpys(name, dtype):
    with np.errstate(all="ignore"):
        values = np.array(_SPECIAL * 2, dtype)
    arrays = [g.reshape(-1) for g in np.meshgrid(*[values] * len(CATALOGUE[name].slopes))]
    (native,), (numpy,), _ = both(graph_of(CATALOGUE[name], arrays), arrays)
    np.testing.assert_allclose(native, numpy, rtol=1e-13 if dtype == np.float64 else 1e-5, atol=0)
    np.testing.assert_array_equal(np.signbit(native[native == 0]), np.signbit(numpy[native == 0]))
