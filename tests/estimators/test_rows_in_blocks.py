"""Memory maps and sparse samples: trained on and predicted for by blocks, with the outcome of arrays in memory."""

import functools

import numpy as np
import pytest

sklearn = pytest.importorskip("sklearn")

from scipy import sparse  # noqa: E402

from chainrule.data import MappedRows, SparseRows  # noqa: E402
from chainrule.estimators import MLPClassifier, MLPRegressor, base, rows  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore:Stochastic Optimizer")

N, D = 20_000, 100  # of float32: 8 MB
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, D)).astype(np.float32)
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
WEIGHTS = RNG.uniform(0, 2, size=N)
EXTRAS = {"normalization": "batch", "dropout": 0.2, "averaging": 0.9, "class_weight": "balanced"}
VALIDATION = {"X_val": X[:300], "y_val": Y[:300]}
SETTINGS = {"hidden_layer_sizes": [3], "solver": "sgd", "batch_size": 500, "max_iter": 2, "random_state": 0}
BLOCK = 1 << 16


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Blocks of 64 KiB, four at a time; predictions for 300 rows; maps of a megabyte are large."""
    sizes = {"block_bytes": BLOCK, "blocks": 4}
    monkeypatch.setattr(rows, "LARGE", 1 << 20)
    monkeypatch.setattr(base, "BLOCK", 300 * D)
    monkeypatch.setattr(rows, "MappedRows", functools.partial(MappedRows, **sizes))
    monkeypatch.setattr(rows, "SparseRows", functools.partial(SparseRows, **sizes))


@pytest.fixture
def map_of(tmp_path):
    def write(array, name="x.npy"):
        np.save(tmp_path / name, array)
        return np.load(tmp_path / name, mmap_mode="r")

    return write


def assert_same(mine, other):
    for a, b in zip([*mine.coefs_, *mine.intercepts_], [*other.coefs_, *other.intercepts_], strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == b.dtype
    assert mine.loss_curve_ == other.loss_curve_ and mine.t_ == other.t_
    assert (mine.validation_loss_curve_ or []) == pytest.approx(other.validation_loss_curve_ or [], rel=1e-6)


@pytest.mark.parametrize(
    ("settings", "options"),
    [({}, {}), ({}, {"sample_weight": WEIGHTS}), ({}, VALIDATION), (EXTRAS, {})],
    ids=["plain", "weights", "validation", "extras"],
)
def test_a_map_in_order_is_an_array_in_order(map_of, settings, options):
    x = map_of(X)
    mine, other = (MLPClassifier(shuffle=False, **SETTINGS, **settings) for _ in range(2))
    assert_same(mine.fit(x, Y, **options), other.fit(X, Y, **options))
    for a, b in zip(mine.buffers_, other.buffers_, strict=True):
        for name in a:
            np.testing.assert_array_equal(a[name], b[name])
    np.testing.assert_allclose(mine.predict_proba(x), mine.predict_proba(X), rtol=1e-5)
    assert mine.score(x, Y) == mine.score(X, Y)


def test_a_map_is_shuffled_by_the_random_state(map_of):
    x = map_of(X)
    one, same, other = (MLPClassifier(**{**SETTINGS, "random_state": k}).fit(x, Y) for k in (0, 0, 1))
    assert_same(one, same)
    assert one.loss_curve_ != other.loss_curve_
    assert one.loss_curve_ != MLPClassifier(shuffle=False, **SETTINGS).fit(x, Y).loss_curve_
    continued = MLPClassifier(**SETTINGS).partial_fit(x, Y, classes=[0, 1]).partial_fit(x, Y)
    assert continued.t_ == one.t_ == 2 * N


def test_early_stopping_holds_out_blocks_of_a_map(map_of, monkeypatch):
    order = np.argsort(Y, kind="stable")  # all of one class, then all of the other
    x, y, weights = map_of(X[order]), Y[order], WEIGHTS[order]
    sources = []

    split = MappedRows.split
    monkeypatch.setattr(MappedRows, "split", lambda *arguments: sources.extend(split(*arguments)) or tuple(sources))
    net = MLPClassifier(**SETTINGS, early_stopping=True, validation_fraction=0.2)
    net.fit(x, y, sample_weight=weights)
    held, trained_on = sources
    assert len(held) + len(trained_on) == N and abs(len(held) - 0.2 * N) < 200
    assert net.t_ == 2 * len(trained_on) and len(net.validation_scores_) == net.n_iter_ == 2
    parts = [[each.copy() for each in part] for part in rows.in_order(held, 1000)]
    x_held, y_held, weights_held = (np.concatenate(part) for part in zip(*parts, strict=True))
    assert 0.2 < y_held.mean() < 0.8  # blocks are everywhere in the file
    assert net.best_validation_score_ == pytest.approx(net.score(x_held, y_held, sample_weight=weights_held), rel=1e-6)


def test_numbers_by_lbfgs_from_a_map(map_of):
    y = np.stack([X[:, 0], X[:, 1] + 1], axis=1)
    settings = {"hidden_layer_sizes": [], "solver": "lbfgs", "max_iter": 20}
    net = MLPRegressor(random_state=0, **settings).fit(map_of(X), y)
    assert net.score(map_of(X), y) > 0.99
    np.testing.assert_allclose(net.coefs_[0], MLPRegressor(random_state=0, **settings).fit(X, y).coefs_[0])


@pytest.mark.parametrize(
    ("dtype", "weights"), [("u1", "f4"), ("f2", "f4"), ("?", "f4"), ("i4", "f8"), (">f4", "f4"), ("g", "f8")]
)
def test_weights_hold_what_the_file_holds(map_of, dtype, weights):
    assert rows.weights_dtype(map_of(np.zeros((1, 1), dtype))) == np.dtype(weights)


def test_pixels_and_draws_of_dropout(map_of):
    pixels = (RNG.random((N, D)) * 255).astype(np.uint8)
    x, y = map_of(pixels), pixels[:, 0] > 127
    net = MLPClassifier(**{**SETTINGS, "learning_rate_init": 1e-4, "max_iter": 1, "shuffle": False}, dropout=0.5)
    net.fit(x, y)
    other = MLPClassifier(**net.get_params()).fit(pixels.astype(np.float32), y)
    np.testing.assert_array_equal(net.coefs_[0], other.coefs_[0])
    for draws in (0, 2):
        net.set_params(monte_carlo=draws)
        np.testing.assert_allclose(net.predict_proba(x), net.predict_proba(pixels.astype(np.float32)), rtol=1e-4)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_map_that_is_not_finite(map_of, bad):
    net = MLPClassifier(**SETTINGS).fit(map_of(X), Y)
    before = dict(vars(net))
    spoiled = X.copy()
    spoiled[N - 1, 7:9] = bad, -bad
    x = map_of(spoiled, "spoiled.npy")
    says = f"Input X contains {'NaN' if np.isnan(bad) else 'infinity'}"
    for call in (net.fit, net.partial_fit, net.score, functools.partial(net.fit, X, Y, X_val=x[:5000], y_val=Y[:5000])):
        with pytest.raises(ValueError, match=says):
            call(x, Y) if not isinstance(call, functools.partial) else call(X_val=x, y_val=Y)
    with pytest.raises(ValueError, match=says):
        net.predict(x)
    assert vars(net) == before
    with sklearn.config_context(assume_finite=True), np.errstate(invalid="ignore"):
        assert len(net.predict_proba(x)) == N
        with pytest.raises(ValueError, match="Solver produced non-finite parameter weights"):
            net.fit(x, Y)


def test_a_map_that_is_wrong(map_of):
    net = MLPClassifier(**SETTINGS).fit(map_of(X), Y)
    x, numbers = map_of(X, "again.npy"), X[:, 0].copy()
    numbers[3] = np.nan
    cases = [
        (lambda: net.fit(x, Y[:-1]), "inconsistent numbers of samples"),
        (lambda: net.fit(x, None), "requires y to be passed, but the target y is None"),
        (lambda: net.fit(x, X[:, 0]), "Unknown label type: continuous"),
        (lambda: MLPRegressor().fit(x, numbers), "Input y contains NaN"),
        (lambda: net.fit(x, Y, sample_weight=-WEIGHTS), "Negative values"),
        (lambda: net.fit(map_of(X.reshape(N, 10, 10), "3.npy"), Y), "Expected 2D array, got 3D array"),
        (lambda: net.fit(map_of(X.astype(complex), "c.npy"), Y), "Complex data not supported"),
        (lambda: net.fit(map_of(np.full((N, D), "ab"), "words.npy"), Y), "Samples of dtype <U2 are not supported"),
        (lambda: net.predict(map_of(X[:, :50], "narrow.npy")), "X has 50 features, but MLPClassifier is expecting 100"),
        (lambda: net.partial_fit(map_of(X[:, :50], "narrow.npy"), Y), "X has 50 features"),
    ]
    for call, says in cases:
        with pytest.raises(ValueError, match=says):
            call()


@pytest.fixture
def dense_rows(monkeypatch):
    """How many rows are dense at a time."""
    counts = []
    empty = SparseRows._empty
    monkeypatch.setattr(SparseRows, "_empty", lambda self, count: counts.append(count) or empty(self, count))
    return counts


THIN = np.where(RNG.random((2000, D)) < 0.1, X[:2000], 0).astype(np.float64)


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csc_array, sparse.csr_matrix, sparse.coo_array])
def test_sparse_samples_are_made_dense_by_blocks(kind, dense_rows):
    options = {"sample_weight": WEIGHTS[:2000]}
    settings = {**SETTINGS, "batch_size": 50}
    mine = MLPClassifier(**settings).fit(kind(THIN), Y[:2000], **options)
    assert_same(mine, MLPClassifier(**settings).fit(THIN, Y[:2000], **options))
    np.testing.assert_allclose(mine.predict_proba(kind(THIN)), mine.predict_proba(THIN), rtol=1e-12)
    assert dense_rows and max(dense_rows) < 1000


def test_sparse_samples_and_early_stopping(dense_rows):
    settings = {**SETTINGS, "batch_size": 50, "early_stopping": True}
    mine = MLPClassifier(**settings).fit(sparse.csr_array(THIN), Y[:2000])
    other = MLPClassifier(**settings).fit(THIN, Y[:2000])
    assert_same(mine, other)
    assert mine.validation_scores_ == other.validation_scores_
    assert max(dense_rows[1:]) < 1000
