"""All ufuncs of NumPy and scipy.special, with all of their methods and keywords: right, or refused by name.

The table below says which calls are refused; all others have to be right.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from numpy.testing.overrides import get_overridable_numpy_ufuncs
from scipy import special

from .right_or_refused import REFUSES, outcome


def words(text):
    return text.split()


rng = np.random.default_rng(17)
DOMAINS = [(0.2, 0.8), (1.2, 2.5), (-0.8, 0.8)]
UFUNCS = {
    f"np.{u.__name__}": u
    for u in sorted(get_overridable_numpy_ufuncs(), key=lambda u: u.__name__)
    if getattr(np, u.__name__, None) is u  # the others are inner parts of np.strings and np.clip
}
SPECIAL = {
    f"scipy.special.{name}": value
    for name, value in sorted(vars(special).items())
    if isinstance(value, np.ufunc) and value not in UFUNCS.values() and not name.startswith("_")
}
INTEGERS = (
    "bitwise_and",
    "bitwise_count",
    "bitwise_or",
    "bitwise_xor",
    "gcd",
    "invert",
    "lcm",
    "left_shift",
    "right_shift",
)
KINKED = {"fmod", "remainder", "floor_divide", "divmod", "rel_entr"}  # their reductions jump, or go on from 0, 0
BROKEN = {"power", "arctan2"}  # NumPy 2.4 reduces them wrongly along the last axis, with AVX-512

# SciPy 1.17 answers plain calls with where= wrongly (it reads past the mask): there is nothing to compare with.
MASKED = ("where", "where alone", "reduce where")

REFUSED = {
    "np.frexp": "mantissa and exponent are no continuous functions; a hint says what to write",
    "np.nextafter": "no function of a real number",
    "np.spacing": "no function of a real number",
}
# No rule is written; cr.custom_gradient can stand around them.
WITHOUT_A_RULE = words("""
agm airy airye bdtr bdtrc bdtri bdtrik bdtrin bei beip ber berp besselpoly betainc betaincc betainccinv betaincinv
binom boxcox boxcox1p btdtria btdtrib chdtr chdtrc chdtri chdtriv chndtr chndtridf chndtrinc chndtrix cosdg
cosm1 cotdg dawsn ellipe ellipeinc ellipj ellipk ellipkinc ellipkm1 elliprc elliprd elliprf elliprg elliprj
eval_chebyc eval_chebys eval_chebyt eval_chebyu eval_gegenbauer eval_genlaguerre eval_jacobi eval_laguerre
eval_legendre eval_sh_chebyt eval_sh_chebyu eval_sh_jacobi eval_sh_legendre exp10 expn exprel fdtr fdtrc
fdtri fdtridfd fresnel gammainccinv gammaincinv gammasgn gdtr gdtrc gdtria gdtrib gdtrix hankel1 hankel1e hankel2
hankel2e huber hyp0f1 hyp1f1 hyp2f1 hyperu inv_boxcox inv_boxcox1p it2i0k0 it2j0y0 it2struve0 itairy iti0k0 itj0y0
itmodstruve0 itstruve0 iv ive jn jv jve kei keip kelvin ker kerp kn kolmogi kolmogorov kv kve
log_wright_bessel lpmv mathieu_a mathieu_b mathieu_cem mathieu_modcem1 mathieu_modcem2 mathieu_modsem1
mathieu_modsem2 mathieu_sem modfresnelm modfresnelp modstruve nbdtr nbdtrc nbdtri nbdtrik nbdtrin ncfdtr ncfdtri
ncfdtridfd ncfdtridfn ncfdtrinc nctdtr nctdtridf nctdtrinc nctdtrit nrdtrimn nrdtrisd obl_ang1 obl_ang1_cv obl_cv
obl_rad1 obl_rad1_cv obl_rad2 obl_rad2_cv owens_t pbdv pbvv pbwa pdtr pdtrc pdtri pdtrik poch powm1 pro_ang1
pro_ang1_cv pro_cv pro_rad1 pro_rad1_cv pro_rad2 pro_rad2_cv pseudo_huber radian rgamma round shichi sici sindg
smirnov smirnovi spence stdtr stdtridf stdtrit struve tandg tklmbda voigt_profile wofz wright_bessel yn yv yve zetac
""")
REFUSED |= {f"scipy.special.{name}": "no rule is written" for name in WITHOUT_A_RULE}


def draws(ufunc, low, high, count=None):
    return tuple(rng.uniform(low, high, size=4) for _ in range(count or ufunc.nin))


def arguments_of(name, ufunc):
    """Arguments that NumPy takes, with finite results; None where it takes no floating numbers at all."""
    if ufunc.signature is not None:
        parts = ufunc.signature.split("->")[0].split("),(")
        return tuple(rng.uniform(0.2, 0.8, size=(3, 3) if "," in part else 3) for part in parts)
    first = None
    for low, high in DOMAINS:
        args = draws(ufunc, low, high)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of numbers of events that are no integers
            try:
                results = ufunc(*args)
            except TypeError:
                continue
        first = first or args
        if all(
            np.isfinite(y).all() for y in (results if isinstance(results, tuple) else (results,)) if y.dtype.kind == "f"
        ):
            return args
    return first


@pytest.mark.parametrize("name", [*UFUNCS, *SPECIAL])
def test_call(name):
    ufunc = {**UFUNCS, **SPECIAL}[name]
    args = arguments_of(name, ufunc)
    if args is None:
        assert ufunc.__name__ in (*INTEGERS, "isnat", "ldexp", "eval_hermite", "eval_hermitenorm"), name
        return
    found = outcome(ufunc, args, ufunc.__name__, rtol=1e-12)
    assert found == ("refused" if name in REFUSED else "right")


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_of_traced_values(name):
    """They carry no derivative, and are computed."""
    ufunc = getattr(np, name)

    def f(*xs):
        return ufunc(*[np.round(4 * x).astype(int) for x in xs]) * xs[0]

    assert outcome(f, draws(ufunc, 0.2, 2.5), name) == "right"


def test_ldexp():
    assert outcome(lambda x: np.ldexp(x, np.arange(4)), (rng.uniform(size=4),), "ldexp") == "right"


M = rng.uniform(0.3, 1.4, size=(3, 4))
MASK = M > 0.6
REDUCTIONS = {
    "reduce": lambda u, x: u.reduce(x),
    "reduce axis": lambda u, x: u.reduce(x, axis=1),
    "reduce None": lambda u, x: u.reduce(x, axis=None),
    "reduce axes": lambda u, x: u.reduce(x, axis=(0, 1), keepdims=True),
    "reduce initial": lambda u, x: u.reduce(x, axis=0, initial=0.9),
    "reduce where": lambda u, x: u.reduce(x, axis=0, initial=0.9, where=MASK),
    "reduce dtype": lambda u, x: u.reduce(x, axis=0, dtype=np.float64),
    "reduce out": lambda u, x: u.reduce(x, axis=0, out=np.zeros_like(x[0])),
    "accumulate": lambda u, x: u.accumulate(x, axis=0),
    "accumulate dtype": lambda u, x: u.accumulate(x, 0, np.float64),
    "accumulate out": lambda u, x: u.accumulate(x, out=np.zeros_like(x)),
    "reduceat": lambda u, x: u.reduceat(x, [0, 2, 1], axis=0),
    "reduceat out": lambda u, x: u.reduceat(x, [0, 2], axis=0, out=np.zeros_like(x[:2])),
}
CALLS = {
    "out": lambda u, x, y: u(x, y, out=np.zeros_like(x)),
    "out tuple": lambda u, x, y: u(x, y, out=(np.zeros_like(x),)),
    "out broadcasts": lambda u, x, y: u(x[0], y[0], out=np.zeros_like(x)),
    "where": lambda u, x, y: u(x, y, where=MASK, out=y * 1.0),
    "dtype": lambda u, x, y: u(x, y, dtype=np.float64),
    "dtype float32": lambda u, x, y: u(x, y, dtype=np.float32),
    "signature": lambda u, x, y: u(x, y, signature="dd->d"),
    "casting": lambda u, x, y: u(x, y, casting="safe"),
    "order": lambda u, x, y: u(x, y, order="F"),
    "subok": lambda u, x, y: u(x, y, subok=False),
    "outer": lambda u, x, y: u.outer(x[0], y[1]),
    "outer of ranks": lambda u, x, y: u.outer(x, y[0]),
    "scalar": lambda u, x, y: u(x, 0.7),
    "list": lambda u, x, y: u(x, [0.7, 0.8, 0.9, 1.0]),
    "at": lambda u, x, y: _at(u, x, y),
}


def _at(u, x, y):
    z = x * 1.0
    u.at(z, ([0, 1, 0], [1, 2, 1]), y[0, :3])
    return z


BINARY = {
    name: u
    for name, u in {**UFUNCS, **SPECIAL}.items()
    if u.nin == 2 and u.nout == 1 and u.signature is None and "dd->d" in u.types and name not in REFUSED
}


@pytest.mark.parametrize("way", REDUCTIONS)
@pytest.mark.parametrize("name", BINARY)
def test_reductions(name, way):
    ufunc, call = BINARY[name], REDUCTIONS[way]
    if ufunc.__name__ in KINKED | BROKEN or (way in MASKED and name in SPECIAL):
        return
    assert outcome(lambda x: call(ufunc, x), (M,), ufunc.__name__, rtol=1e-11) in ("right", REFUSES)


@pytest.mark.parametrize("way", CALLS)
@pytest.mark.parametrize("name", BINARY)
def test_keywords(name, way):
    ufunc, call = BINARY[name], CALLS[way]
    if way in MASKED and name in SPECIAL:
        return
    assert outcome(lambda x, y: call(ufunc, x, y), (M, M[::-1] + 0.05), ufunc.__name__) in ("right", REFUSES)


UNARY_CALLS = {
    "out": lambda u, x: u(x, out=np.zeros_like(x)),
    "where": lambda u, x: u(x, where=MASK, out=x * 1.0),
    "where alone": lambda u, x: np.where(MASK, u(x, where=MASK), 0.0),
    "dtype": lambda u, x: u(x, dtype=np.float64),
    "dtype float32": lambda u, x: u(x, dtype=np.float32),
    "signature": lambda u, x: u(x, signature="d->d"),
    "at": lambda u, x: _unary_at(u, x),
    "scalar": lambda u, x: u(x[0, 0]),
}


def _unary_at(u, x):
    z = x * 1.0
    u.at(z, ([0, 1], [1, 2]))
    return z


UNARY = {
    name: u
    for name, u in {**UFUNCS, **SPECIAL}.items()
    if u.nin == 1 and u.nout == 1 and "d->d" in u.types and name not in REFUSED
}


@pytest.mark.parametrize("way", UNARY_CALLS)
@pytest.mark.parametrize("name", UNARY)
def test_keywords_of_one_argument(name, way):
    ufunc, call = UNARY[name], UNARY_CALLS[way]
    if way in MASKED and name in SPECIAL:
        return
    x = M + 0.8 if ufunc is np.arccosh else M / 1.6
    wanted = ("right", REFUSES) if way != "where alone" else ("refused", "right")
    assert outcome(lambda x: call(ufunc, x), (x,), ufunc.__name__, rtol=1e-12) in wanted
