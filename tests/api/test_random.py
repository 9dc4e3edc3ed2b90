"""Keyed draws: stable, independent, of the right distributions, and functions of their key in every transform."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

import chainrule as cr
from chainrule import random  # the name is typed and reached lazily
from chainrule.errors import ArgumentError, DtypeError, ShapeError

COUNT = 40_000
KEY = cr.random.key(2024)

# Draws of a key and a shape, and the distribution that SciPy knows them by.
CONTINUOUS = {
    "uniform": (random.uniform, stats.uniform()),
    "uniform between": (lambda key, shape: random.uniform(key, shape, minval=-2.0, maxval=3.0), stats.uniform(-2, 5)),
    "normal": (random.normal, stats.norm()),
    "truncated_normal": (lambda key, shape: random.truncated_normal(key, -1.0, 2.5, shape), stats.truncnorm(-1, 2.5)),
    "truncated_normal far out": (
        lambda key, shape: random.truncated_normal(key, 9.0, np.inf, shape),
        stats.truncnorm(9, np.inf),
    ),
    "exponential": (random.exponential, stats.expon()),
    "laplace": (random.laplace, stats.laplace()),
    "logistic": (random.logistic, stats.logistic()),
    "gumbel": (random.gumbel, stats.gumbel_r()),
    "cauchy": (random.cauchy, stats.cauchy()),
    "lognormal": (lambda key, shape: random.lognormal(key, 0.7, shape), stats.lognorm(0.7)),
    "rayleigh": (lambda key, shape: random.rayleigh(key, 2.0, shape), stats.rayleigh(scale=2)),
    "weibull_min": (lambda key, shape: random.weibull_min(key, 2.0, 1.5, shape), stats.weibull_min(1.5, scale=2)),
    "pareto": (lambda key, shape: random.pareto(key, 3.0, shape), stats.pareto(3)),
    "gamma": (lambda key, shape: random.gamma(key, 3.5, shape), stats.gamma(3.5)),
    "gamma small": (lambda key, shape: random.gamma(key, 0.1, shape), stats.gamma(0.1)),
    "gamma large": (lambda key, shape: random.gamma(key, 1e6, shape), stats.gamma(1e6)),
    "loggamma": (lambda key, shape: random.loggamma(key, 0.8, shape), stats.loggamma(0.8)),
    "beta": (lambda key, shape: random.beta(key, 2.0, 0.5, shape), stats.beta(2, 0.5)),
    "chisquare": (lambda key, shape: random.chisquare(key, 5.0, shape), stats.chi2(5)),
    "t": (lambda key, shape: random.t(key, 4.0, shape), stats.t(4)),
    "dirichlet": (lambda key, shape: random.dirichlet(key, [1.0, 2.0, 4.0], shape)[..., 1], stats.beta(2, 5)),
    "orthogonal": (lambda key, shape: random.orthogonal(key, 2, shape)[..., 1, 0], stats.arcsine(-1, 2)),
}
DISCRETE = {
    "bernoulli": (lambda key, shape: random.bernoulli(key, 0.3, shape).astype(int), stats.bernoulli(0.3)),
    "mask": (lambda key, shape: random.mask(key, 0.3, shape).astype(int), stats.bernoulli(0.3)),
    "binomial": (lambda key, shape: random.binomial(key, 12, 0.35, shape), stats.binom(12, 0.35)),
    "binomial of many": (lambda key, shape: random.binomial(key, 3000, 0.999, shape), stats.binom(3000, 0.999)),
    "poisson": (lambda key, shape: random.poisson(key, 3.7, shape), stats.poisson(3.7)),
    "poisson of few": (lambda key, shape: random.poisson(key, 0.02, shape), stats.poisson(0.02)),
    "poisson of many": (lambda key, shape: random.poisson(key, 700.0, shape), stats.poisson(700)),
    "randint": (lambda key, shape: random.randint(key, shape, -3, 9), stats.randint(-3, 9)),
    "rademacher": (lambda key, shape: (random.rademacher(key, shape) + 1) // 2, stats.bernoulli(0.5)),
    "categorical": (
        lambda key, shape: random.categorical(key, np.log([0.2, 0.5, 0.3]), shape=shape),
        stats.rv_discrete(values=([0, 1, 2], [0.2, 0.5, 0.3])),
    ),
    "choice": (lambda key, shape: random.choice(key, 7, shape), stats.randint(0, 7)),
    "choice by p": (
        lambda key, shape: random.choice(key, 3, shape, p=np.array([0.2, 0.5, 0.3])),
        stats.rv_discrete(values=([0, 1, 2], [0.2, 0.5, 0.3])),
    ),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_a_continuous_distribution(name):
    """Kolmogorov and Smirnov: a wrong constant in the third digit is found, a right one fails once in 10^5 seeds."""
    draw, distribution = CONTINUOUS[name]
    draws = draw(KEY, (COUNT,))
    assert draws.dtype == np.float64
    assert stats.kstest(draws, distribution.cdf).pvalue > 1e-5
    np.testing.assert_array_equal(draw(KEY, (COUNT,)), draws)


@pytest.mark.parametrize("name", DISCRETE)
def test_a_discrete_distribution(name):
    draw, distribution = DISCRETE[name]
    draws = draw(KEY, (COUNT,))
    assert draws.dtype == int
    values, counts = np.unique(draws, return_counts=True)
    expected = COUNT * distribution.pmf(values)
    often = expected > 5
    assert expected[often].sum() > 0.98 * COUNT
    seen = np.append(counts[often], COUNT - counts[often].sum())
    wanted = np.append(expected[often], COUNT - expected[often].sum())
    fits = wanted > 5
    statistic = np.sum((seen[fits] - wanted[fits]) ** 2 / wanted[fits])
    assert stats.chi2.sf(statistic, max(fits.sum() - 1, 1)) > 1e-5


def test_the_numbers_are_the_same_for_ever():
    """Raw words of Philox 4x64-10, whose stream NumPy keeps, computed here by their definition."""
    mask = 2**64 - 1

    def philox(counter, key):
        for _ in range(10):
            low = counter[0] * 0xD2E7470EE14C6C93
            high = counter[2] * 0xCA5A826395121157
            counter = [(high >> 64) ^ counter[1] ^ key[0], high & mask, (low >> 64) ^ counter[3] ^ key[1], low & mask]
            key = [(key[0] + 0x9E3779B97F4A7C15) & mask, (key[1] + 0xBB67AE8584CAA73B) & mask]
        return counter

    # The words are numbered from 1, as NumPy counts before it draws.
    words = philox([1, 0, 0, 0], [0, 42]) + philox([2, 0, 0, 0], [0, 42])
    key = random.key(42)
    assert random.bits(key, (8,)).tolist() == words
    assert random.uniform(key, (8,)).tolist() == [(w >> 11) / 2**53 for w in words]
    assert random.uniform(key, (8,), np.float32).tolist() == [(w >> 40) / 2**24 for w in words]
    quarters = [w >> 16 * k & 0xFFFF for w in words for k in range(4)]
    # One of them is 24646: p is rounded below it, and above.
    assert 24646 in quarters[:31]
    for p, level in ((0.5, 32768), (24646.49 / 65536, 24646), (24646.51 / 65536, 24647)):
        assert random.mask(key, p, (31,)).tolist() == [quarter < level for quarter in quarters[:31]]
    assert random.split(key, 4).ravel().tolist() == philox([1, 0, 1, 0], [0, 42]) + philox([2, 0, 1, 0], [0, 42])
    assert random.fold_in(key, 7).tolist() == philox([1, 7, 2, 0], [0, 42])[:2]
    assert random.fold_in(key, -1).tolist() == philox([1, mask, 2, 0], [0, 42])[:2]


def test_masks_that_keep_all_or_nothing():
    p = np.repeat([0.0, 1.0], 100_000)  # among so many quarters are 0 and 65535
    np.testing.assert_array_equal(random.mask(KEY, p), p == 1)
    np.testing.assert_array_equal(cr.jit(random.mask)(KEY, p), p == 1)


def test_a_draw_is_the_beginning_of_a_longer_one():
    np.testing.assert_array_equal(random.normal(KEY, (3,)), random.normal(KEY, (2, 5)).ravel()[:3])
    np.testing.assert_array_equal(random.split(KEY, 2), random.split(KEY, 9)[:2])


def test_single_precision_is_that_of_double_rounded_and_never_1():
    for draw in (random.normal, random.exponential, random.cauchy, lambda *a: random.gamma(a[0], 2.0, *a[1:])):
        narrow, wide = draw(KEY, (1000,), np.float32), draw(KEY, (1000,), np.float64)
        assert narrow.dtype == np.float32
        np.testing.assert_array_equal(narrow, wide.astype(np.float32))
    draws = random.uniform(KEY, (3_000_000,), np.float32)
    assert draws.dtype == np.float32 and draws.min() >= 0 and draws.max() < 1
    between = random.uniform(KEY, (3_000_000,), np.float32, 1.0, 1.0 + 2.0**-20)
    assert between.min() == 1 and between.max() < np.float32(1 + 2.0**-20)  # in steps of 2^-23, many round up


def test_tails_go_to_2_to_the_minus_53(monkeypatch):
    """With words of all zeros and all ones, the ends of what can be drawn."""
    from chainrule.ops import random as words

    ends = np.array([0, 2**64 - 1], np.uint64)
    monkeypatch.setattr(words, "_words", lambda key, purpose, shape: ends.reshape((2,) + (1,) * (len(shape) - 1)))
    low, high = random.normal(KEY, (2,))
    assert low == -high and abs(low - stats.norm.ppf(2.0**-54)) < 1e-12
    np.testing.assert_allclose(random.exponential(KEY, (2,)), [2.0**-54, 54 * np.log(2)], rtol=1e-14)
    np.testing.assert_allclose(random.logistic(KEY, (2,)), [-54 * np.log(2), 54 * np.log(2)], rtol=1e-14)
    np.testing.assert_allclose(random.laplace(KEY, (2,)), [-53 * np.log(2), 53 * np.log(2)], rtol=1e-14)
    np.testing.assert_allclose(random.gumbel(KEY, (2,)), [-np.log(54 * np.log(2)), 54 * np.log(2)], rtol=1e-14)
    np.testing.assert_allclose(random.cauchy(KEY, (2,)), np.array([-1, 1]) * 2.0**54 / np.pi, rtol=1e-14)
    np.testing.assert_allclose(
        random.gamma(KEY, 2.5, (2,)), [stats.gamma.ppf(2.0**-54, 2.5), stats.gamma.isf(2.0**-54, 2.5)], rtol=1e-12
    )
    for dtype, most in ((np.float64, 1 - 2.0**-53), (np.float32, 1 - 2.0**-24)):
        assert random.uniform(KEY, (2,), dtype).tolist() == [0, most]
        assert random.uniform(KEY, (2,), dtype, 1.0, 2.0).max() < 2
    for draw in (random.poisson, lambda *a: random.binomial(a[0], 50, 0.3, a[2])):
        few, many = draw(KEY, 15.0, (2,))
        law = stats.poisson(15) if draw is random.poisson else stats.binom(50, 0.3)
        assert law.cdf(few) >= 2.0**-54 and law.sf(many) <= 2.0**-54 < law.sf(many - 1)


def test_integers_of_the_widest_range():
    draws = random.randint(KEY, (4000,), -(2**63), 2**63 - 1)
    assert stats.kstest(draws / 2.0**63, stats.uniform(-1, 2).cdf).pvalue > 1e-5
    assert set(random.randint(KEY, (1000,), 2**63 - 3, 2**63 - 1).tolist()) == {2**63 - 3, 2**63 - 2}
    np.testing.assert_array_equal(random.randint(KEY, (500, 2), np.array([0, -5]), np.array([1, -3])).min(0), [0, -5])
    assert random.randint(KEY, (3,), 0, 200, np.uint8).dtype == np.uint8


def test_split_keys_are_independent():
    rows = np.stack([random.normal(k, (2000,)) for k in random.split(KEY, 20)])
    others = np.stack([random.normal(random.fold_in(KEY, k), (2000,)) for k in range(20)])
    both = np.concatenate([rows, others, random.normal(KEY, (1, 2000))])
    correlations = np.corrcoef(both)[np.triu_indices(41, 1)]
    assert np.abs(correlations).max() < 5.5 / np.sqrt(2000)
    assert stats.kstest(correlations * np.sqrt(2000), stats.norm.cdf).pvalue > 1e-5


def test_keys_do_not_collide():
    folded = {random.fold_in(KEY, k).tobytes() for k in range(20_000)}
    split = {k.tobytes() for k in random.split(KEY, 100_000)}
    assert len(folded | split | {KEY.tobytes()}) == 120_001


def test_permutations_and_choices():
    counts = np.zeros((4, 4))
    for k in random.split(KEY, 2000):
        counts[np.arange(4), random.permutation(k, 4)] += 1
    assert np.abs(counts / 2000 - 0.25).max() < 0.05
    x = np.arange(24.0).reshape(4, 6)
    rows, own = random.permutation(KEY, x, axis=1), random.permutation(KEY, x, axis=1, independent=True)
    np.testing.assert_array_equal(np.sort(rows, 1), x)
    assert (rows - rows[:1] == np.arange(4)[:, None] * 6).all()
    np.testing.assert_array_equal(np.sort(own, 1), x)
    assert not (own - own[:1] == np.arange(4)[:, None] * 6).all()
    chosen = [random.choice(k, 3, (2,), replace=False, p=np.array([0.0, 0.9, 0.1])) for k in random.split(KEY, 200)]
    assert {tuple(sorted(c.tolist())) for c in chosen} == {(1, 2)}
    assert 0.8 < np.mean([c[0] == 1 for c in chosen]) < 0.98
    np.testing.assert_array_equal(random.choice(KEY, x, (2, 3), axis=1).shape, (4, 2, 3))
    assert random.choice(KEY, x).shape == (6,)


def test_shapes_of_draws_with_parameters():
    assert random.gamma(KEY, np.ones((2, 1)), (2, 3)).shape == (2, 3)
    assert random.beta(KEY, np.ones((2, 1)), np.ones(3)).shape == (2, 3)
    assert random.dirichlet(KEY, np.ones((2, 3))).shape == (2, 3)
    assert random.dirichlet(KEY, np.ones(3), (5, 2)).shape == (5, 2, 3)
    assert random.multivariate_normal(KEY, np.zeros(2), np.broadcast_to(np.eye(2), (4, 2, 2))).shape == (4, 2)
    assert random.categorical(KEY, np.zeros((2, 3, 4)), axis=1).shape == (2, 4)
    assert random.normal(KEY, 3).shape == (3,) and random.normal(KEY, (0, 2)).shape == (0, 2)
    assert isinstance(random.normal(KEY), np.float64) and isinstance(random.gamma(KEY, 2.0), np.float64)
    Q = random.orthogonal(KEY, 4, (3,))
    np.testing.assert_allclose(Q @ np.swapaxes(Q, 1, 2), np.broadcast_to(np.eye(4), (3, 4, 4)), atol=1e-14)
    assert (
        np.linalg.det(random.orthogonal(KEY, 3, (50,))).min()
        < 0
        < np.linalg.det(random.orthogonal(KEY, 3, (50,))).max()
    )


def test_a_key_goes_through_every_transform_as_data():
    x = np.linspace(0.5, 1.5, 3)

    def f(x, key):
        first, second = cr.random.split(key)
        return np.sum(x * cr.random.normal(first, (3,)) + cr.random.gamma(second, x))

    expected = f(x, KEY)
    assert cr.value_and_grad(f)(x, KEY)[0] == expected
    assert cr.jit(f)(x, KEY) == expected and cr.jit(f)(x, KEY) == expected
    other = random.key(5)
    assert cr.jit(f)(x, other) == f(x, other)
    np.testing.assert_array_equal(cr.jit(cr.grad(f))(x, other), cr.grad(f)(x, other))

    def walk(x, key):
        def step(total, k):
            total = total + x * cr.random.normal(k)
            return total, total

        return cr.scan(step, 0.0, cr.random.split(key, 4))[0]

    by_hand = sum(random.normal(k) for k in random.split(KEY, 4))
    assert cr.grad(walk)(2.0, KEY) == pytest.approx(by_hand, rel=1e-14)

    def folded(x, key):
        return cr.fori_loop(0, 3, lambda i, s: s + x * cr.random.exponential(cr.random.fold_in(key, i)), 0.0)

    by_hand = sum(random.exponential(random.fold_in(KEY, i)) for i in range(3))
    assert cr.grad(folded)(2.0, KEY) == pytest.approx(by_hand, rel=1e-14)
    keys = random.split(KEY, 5)
    np.testing.assert_array_equal(
        cr.vmap(lambda k: cr.random.normal(k, (2,)))(keys), [random.normal(k, (2,)) for k in keys]
    )
    np.testing.assert_array_equal(
        cr.vmap(cr.grad(f), in_axes=(None, 0))(x, keys), np.stack([cr.grad(f)(x, k) for k in keys])
    )
    np.testing.assert_array_equal(
        cr.vmap(cr.random.fold_in, in_axes=(None, 0))(KEY, np.arange(3)), [random.fold_in(KEY, k) for k in range(3)]
    )
    seeded = cr.jit(lambda seed: cr.random.uniform(cr.random.key(seed)))
    assert seeded(3) == random.uniform(random.key(3))


def test_draws_that_are_made_while_tracing_can_be_filled():
    def f(x):
        z = cr.random.normal(KEY, (3,))
        z[0] = x
        return np.sum(z**2)

    assert cr.grad(f)(3.0) == 6.0


def test_a_traced_graph_round_trips_through_text_and_pickle():
    import pickle

    g = cr.trace(lambda key, a: cr.random.gamma(key, a, (2,)), KEY, 1.5)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(g))(KEY, 1.5), random.gamma(KEY, 1.5, (2,)))


def test_the_seed_may_be_any_integer_of_64_bits():
    keys = [random.key(s).tobytes() for s in (0, 1, -1, 2**63, 2**64 - 2, np.int32(7), np.uint64(2**63 + 1))]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: random.normal(0), DtypeError, r"a draw needs a key, not a seed(.|\n)*try +cr.random.key\(0\)"),
        (lambda: random.split("0"), DtypeError, "a draw needs a key, not a value of type str"),
        (lambda: random.normal(np.zeros(2)), DtypeError, "a key is of dtype uint64, not float64"),
        (lambda: random.normal(np.zeros(3, np.uint64)), ShapeError, r"a key has shape \(2,\), not \(3,\)"),
        (lambda: random.normal(random.split(KEY, 3)), ShapeError, r"not \(3, 2\)(.|\n)*cr.vmap over the keys"),
        (lambda: random.normal(KEY, (2, -1)), ShapeError, r"a shape has sizes of 0 and more, not \(2, -1\)"),
        (lambda: random.normal(KEY, (2.5,)), ShapeError, "a shape has sizes"),
        (lambda: random.normal(KEY, (), np.int32), DtypeError, "float32 or float64, not int32"),
        (lambda: random.split(KEY, -1), ShapeError, "num has sizes of 0 and more, not -1"),
        (lambda: random.key(1.5), DtypeError, "a seed is an integer, not float"),
        (lambda: random.key(2**64), ArgumentError, "at most 64 bits"),
        (lambda: random.fold_in(KEY, 1.5), DtypeError, "an integer, not of dtype float64"),
        (lambda: random.fold_in(KEY, np.arange(3)), ShapeError, "one integer is folded into a key"),
        (lambda: random.fold_in(KEY, 2**64), ArgumentError, "at most 64 bits"),
        (lambda: random.gamma(KEY, -1.0), ArgumentError, r"a is positive(.|\n)*a = -1"),
        (lambda: random.gamma(KEY, np.nan), ArgumentError, "a is positive"),
        (lambda: random.gamma(KEY, 1j), DtypeError, "the parameter a is a real number, not of dtype complex128"),
        (
            lambda: random.gamma(KEY, np.ones(3), (2,)),
            ShapeError,
            r"shapes \(3,\) do not broadcast to the shape \(2,\)",
        ),
        (lambda: random.beta(KEY, np.ones(3), np.ones(2)), ShapeError, r"\(3,\), \(2,\) do not broadcast to a common"),
        (lambda: random.truncated_normal(KEY, 2.0, 1.0), ArgumentError, "upper - lower is positive"),
        (lambda: random.lognormal(KEY, -1.0), ArgumentError, "sigma is at least 0"),
        (lambda: random.weibull_min(KEY, 1.0, 0.0), ArgumentError, "concentration is positive"),
        (lambda: random.bernoulli(KEY, 1.5), ArgumentError, "p is between 0 and 1"),
        (lambda: random.mask(KEY, -0.1), ArgumentError, "p is between 0 and 1"),
        (lambda: random.binomial(KEY, 2.5, 0.5), ArgumentError, "n is a whole number"),
        (lambda: random.poisson(KEY, np.inf), ArgumentError, "lam is finite"),
        (lambda: random.poisson(KEY, 1.0, dtype=float), DtypeError, "the draws are integers, not of dtype float64"),
        (lambda: random.randint(KEY, (), 3, 3), ArgumentError, "maxval is above minval"),
        (lambda: random.randint(KEY, (), 0.0, 3), DtypeError, "the bounds of randint are integers"),
        (lambda: random.bits(KEY, (), int), DtypeError, "bits are of an unsigned dtype"),
        (lambda: random.categorical(KEY, 1.0), ShapeError, "logits has an axis at least"),
        (lambda: random.dirichlet(KEY, 1.0), ShapeError, "alpha has an axis at least"),
        (lambda: random.choice(KEY, 3, (4,), replace=False), ArgumentError, "4 different ones cannot be chosen from 3"),
        (lambda: random.choice(KEY, 0, (1,)), ArgumentError, "nothing to choose from"),
        (lambda: random.choice(KEY, 2, p=[0.5, 0.6]), ArgumentError, r"have a sum of 1(.|\n)*a sum of 1.1"),
        (lambda: random.choice(KEY, 3, p=[0.5, 0.5]), ShapeError, "one probability for each of the 3"),
        (lambda: random.choice(KEY, 1.5), ArgumentError, "what is chosen from is an array, or an int"),
        (
            lambda: random.multivariate_normal(KEY, np.zeros(2), np.eye(3)),
            ShapeError,
            r"needs a covariance of shape \(..., 2, 2\), not \(3, 3\)",
        ),
    ],
)
def test_mistakes_are_named(call, error, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert caught.value.where is not None and "test_random.py" in str(caught.value.where)


def test_no_derivative_by_a_key():
    with pytest.raises(DtypeError, match="dtype uint64"):
        cr.grad(lambda key: cr.random.normal(key))(KEY)


def test_it_is_reached_lazily():
    program = "import sys, chainrule as cr; before = 'chainrule.api' in sys.modules; print(before, cr.random.key(1))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert found.strip() == "False [0 1]"


def test_discrete_draws_let_no_derivative_through():
    def f(p):
        return np.sum(cr.random.bernoulli(KEY, p, (50,)) * 1.0) + cr.random.poisson(KEY, p) + p

    assert cr.grad(f)(0.5) == 1.0


def test_many_keys_are_taken_at_once():
    """No loop over samples: the shape of the keys comes first."""

    def f(key, k, a):
        first, second = cr.random.split(cr.random.fold_in(key, k))
        bits = cr.random.randint(second, (2,), 0, 9)
        return cr.random.gamma(first, a, (2, 3)).sum() + cr.random.uniform(second) + bits.sum()

    keys = random.split(KEY, 3)
    for axes, args in {
        (0, 0, 0): (keys, np.arange(3), np.array([1.0, 2.0, 3.0])),
        (0, None, None): (keys, 2, 1.5),
        (None, 0, None): (KEY, np.arange(3), 1.5),
    }.items():
        mapped = cr.vmap(f, in_axes=axes)
        samples = [[x if axis is None else x[k] for x, axis in zip(args, axes, strict=True)] for k in range(3)]
        np.testing.assert_allclose(mapped(*args), [f(*sample) for sample in samples], rtol=1e-14)
        assert "scan" not in str(cr.trace(mapped, *args))
