"""Random words in native code: bit for bit those of NumPy's stream, wherever they are drawn and by any threads."""

import numpy as np
import pytest

import chainrule as cr
from chainrule.arraytype import ArrayType
from chainrule.compile import shares
from chainrule.compile.recipes import kind_of
from chainrule.graph import Graph
from chainrule.ops import CATALOGUE
from chainrule.tree import flatten

from .comparing import both, graph_of

_KEY = cr.random.key(2024)
_SHAPES = [(), (1,), (2,), (3,), (4,), (7, 3), (103,)]
_KEYS = [(), (1,), (2, 3)]
_OF_WORDS = [
    ("random_bits", {}),
    ("random_quarters", {}),
    ("random_centered", {}),
    ("random_uniform", {"dtype": "float32"}),
    ("random_uniform", {"dtype": "float64"}),
]


def keys_of(*shape):
    return np.random.default_rng(0).integers(0, 2**64, (*shape, 2), np.uint64)


def assert_same_bits(*calls):
    """Calls of operations, arrays and parameters, all in one graph; all of them run natively."""
    graph, inputs = Graph("draws"), []
    for name, arrays, parameters in calls:
        variables = [graph.input(ArrayType.of(np.asarray(each))) for each in arrays]
        graph.outputs.append(CATALOGUE[name](*variables, **parameters))
        inputs += [np.asarray(each) for each in arrays]
    native, numpy, program = both(graph, inputs)
    assert {kernel.kind for kernel in program.unit.fusion.kernels} == {"draw"}
    for x, y in zip(native, numpy, strict=True):
        assert (x.dtype, x.shape, x.tobytes()) == (y.dtype, y.shape, y.tobytes())
    return program


@pytest.mark.parametrize("name, parameters", _OF_WORDS)
def test_words_and_numbers(name, parameters):
    assert_same_bits(*[(name, [keys_of(*keys)], {"shape": shape, **parameters}) for keys in _KEYS for shape in _SHAPES])


def test_split_keys():
    assert_same_bits(*[("random_split", [keys_of(*keys)], {"num": num}) for keys in _KEYS for num in (1, 2, 5)])


def test_folded_keys():
    integers = np.array([0, -1, 2**40]), np.array(-7, np.int8), np.array(200, np.uint8), np.uint64(2**64 - 1)
    calls = [(keys_of(*keys), data) for keys in ((), (3,), (2, 3), (2, 1)) for data in integers]
    assert_same_bits(*[("random_fold", [key, data], {}) for key, data in calls])


def test_integers():
    ends = np.iinfo(np.int64)
    bounds = [(-3, 9), (0, 1), (5, 5), (ends.min, ends.max), (np.array([0, 10, 200]), np.array([[5], [12]]))]
    calls = []
    for low, high in bounds:
        for keys in ((), (3,)):
            shape = (2, 3) if np.ndim(low) else (5,)
            for dtype in ("int64", "int32", "uint8"):
                parameters = {"shape": shape, "dtype": dtype}
                calls.append(("random_integers", [keys_of(*keys), np.asarray(low), np.asarray(high)], parameters))
    assert_same_bits(*calls)


def test_integers_between_narrow_bounds():
    """Their difference is of their own dtype."""
    narrow = np.array([-100], np.int8), np.array([100], np.int8)
    assert_same_bits(("random_integers", [keys_of(), *narrow], {"shape": (5,), "dtype": "int64"}))


def test_what_numpy_draws():
    """Nothing at all, and integers between bounds that have no common dtype of integers."""
    for arrays, parameters in (
        ([keys_of(0)], {"shape": (2,)}),
        ([keys_of()], {"shape": (0,)}),
        ([keys_of(3)], {"shape": (2, 0)}),
    ):
        graph = graph_of(CATALOGUE["random_bits"], arrays, parameters)
        assert kind_of(graph.outputs[0]) == "numpy"
        (native,), (numpy,), _ = both(graph, arrays)
        assert native.shape == numpy.shape and native.dtype == numpy.dtype
    mixed = [keys_of(), np.array(0), np.array(5, np.uint64)]
    graph = graph_of(CATALOGUE["random_integers"], mixed, {"shape": (2,), "dtype": "int64"})
    assert kind_of(graph.outputs[0]) == "numpy"


@pytest.mark.parametrize("keys, shape", [((), (1031,)), ((), (7, 53)), ((29,), (9,)), ((30,), ())])
def test_any_number_of_threads_draws_the_same(keys, shape, monkeypatch):
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", "")  # what is there was made for other limits
    monkeypatch.setattr(shares, "_LEAST", 0)  # ns of work: these are small
    monkeypatch.setattr(shares, "_PIECE", 1)
    key = keys_of(*keys)
    calls = [(name, [key], {"shape": shape, **parameters}) for name, parameters in _OF_WORDS]
    calls += [("random_integers", [key, np.array(-5), np.array(7)], {"shape": shape, "dtype": "int64"})]
    calls += [("random_fold", [key, np.array(1)], {}), ("random_split", [key], {"num": 3})]
    for threads in (1, 2):
        cr.set_num_threads(threads)
        program = assert_same_bits(*calls)
        assert program.unit.is_shared


# In programs


def _drawn(key):
    first, second = cr.random.split(key)
    mask = cr.random.bernoulli(first, 0.3, (5, 7)) | cr.random.mask(first, 0.2, (5, 7))
    return mask, cr.random.uniform(second, (3,), np.float32), cr.random.randint(second, (4,), 0, 10)


def _in_scan(key):
    return cr.scan(lambda k, n: (cr.random.fold_in(k, n), _drawn(k)), key, np.arange(6))


def _in_while_loop(key):
    def one(state):
        step, total, _ = state
        mask, u, n = _drawn(cr.random.fold_in(key, step))
        return step + 1, total + np.sum(mask) + np.sum(n), u

    return cr.while_loop(lambda state: state[0] < 20, one, (0, 0, np.zeros(3, np.float32)))


PROGRAMS = {
    "draws": _drawn,
    "vmap": lambda key: cr.vmap(_drawn)(cr.random.split(key, 5)),
    "vmap of a fold": lambda key: cr.vmap(cr.random.fold_in, in_axes=(None, 0))(key, np.arange(5)),
    "vmap of bounds": lambda key: cr.vmap(lambda low: cr.random.randint(key, (3,), low, 100))(np.arange(4)),
    "vmap of a vmap": lambda key: cr.vmap(cr.vmap(_drawn))(cr.random.split(key, 6).reshape(2, 3, 2)),
    "scan": _in_scan,
    "while_loop": _in_while_loop,
    "cond": lambda key: cr.cond(key[1] > 5, _drawn, lambda k: _drawn(cr.random.fold_in(k, 1)), key),
    "a slice of keys": lambda key: _drawn(cr.random.split(key, 4)[::-2][1]),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_stay_native_and_draw_the_same(name):
    f = PROGRAMS[name]
    plan = cr.explain_plan(f)(_KEY)
    assert plan.kernels and not plan.by_numpy
    compiled = flatten(cr.jit(f)(_KEY))[0]
    with cr.disable_jit():
        plain = flatten(f(_KEY))[0]
    for x, y in zip(compiled, plain, strict=True):
        np.testing.assert_array_equal(x, y, strict=True)


def test_steps_with_dropout_are_one_call():
    """Masks that are drawn anew in each step, of entries whose sums are exact in any order."""
    x = np.arange(200.0 * 100).reshape(200, 100)

    def sum_of_kept(key, x):
        def one(state):
            step, total = state
            return step + 1, total + np.sum(x * cr.random.bernoulli(cr.random.fold_in(key, step), 0.5, x.shape))

        return cr.while_loop(lambda state: state[0] < 50, one, (0, 0.0))[1]

    plan = cr.explain_plan(sum_of_kept)(_KEY, x)
    assert plan.kernels and not plan.by_numpy
    wanted = 0.0
    for step in range(50):
        counter = np.array([0, step, 2, 0], np.uint64)
        words = np.random.Philox(key=np.random.Philox(key=_KEY, counter=counter).random_raw(2)).random_raw(x.size)
        wanted += x[(words >> np.uint64(63) == 0).reshape(x.shape)].sum()
    for threads in (1, 2):
        cr.set_num_threads(threads)
        assert cr.jit(sum_of_kept)(_KEY, x) == wanted
