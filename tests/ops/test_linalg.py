"""Linear algebra: defining equations over batches, derivatives against differences and closed forms, and the edges:
singular, degenerate, empty, not square."""

import numpy as np
import pytest
import scipy.linalg

from chainrule.arraytype import ArrayType
from chainrule.backprop import back_propagation_nodes
from chainrule.errors import DtypeError, ShapeError
from chainrule.graph import Graph
from chainrule.interpret import evaluate
from chainrule.ops import CATALOGUE, linalg, pull_values, push_values

BATCHES = [(), (2,), (3, 1)]
SYSTEMS = {"lower": True, "transposed": False, "unit_diagonal": False, "absorbing": False}


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def regular(rng, *shape):
    return rng.normal(size=(*shape, shape[-1])) + 2 * shape[-1] * np.eye(shape[-1])


def positive_definite(rng, *shape):
    A = regular(rng, *shape)
    return A @ np.swapaxes(A, -1, -2) / shape[-1]


def symmetric(rng, *shape):
    A = rng.normal(size=(*shape, shape[-1]))
    return A + np.swapaxes(A, -1, -2)


def turned(A):
    return np.swapaxes(A, -1, -2)


def jacobians(operation, *arrays, by=0, **parameters):
    """The dense Jacobian of each result by one argument."""
    arrays = [np.asarray(a, float) for a in arrays]
    y = operation.forward(*arrays, **parameters)
    results = [np.asarray(part) for part in (y if isinstance(y, tuple) else (y,))]
    maps = operation.local_jacobians(by, results, arrays, tuple(parameters.values()))
    return [None if J is None else J.todense() for J in maps]


def differences(f, A, h=1e-6):
    """Central differences of a function of one array, by every entry."""
    columns = []
    for unit in np.eye(A.size).reshape(-1, *A.shape):
        columns.append((np.asarray(f(A + h * unit)) - np.asarray(f(A - h * unit))) / (2 * h))
    shape = columns[0].shape
    return np.moveaxis(
        np.array(columns).reshape(*A.shape, *shape), range(A.ndim), range(len(shape), len(shape) + A.ndim)
    )


def pulled(operation, A, y_bars, **parameters):
    """The gradient that cotangents of the results send to the one argument; None for a cotangent of zero."""
    y = operation.forward(A, **parameters)
    results = [np.asarray(part) for part in (y if isinstance(y, tuple) else (y,))]
    return pull_values(operation, tuple(parameters.values()), [A], results, 0, y_bars)


def hessian(operation, A, part=0, **parameters):
    """Of a scalar result, by back-propagation through the graph of its back-propagation."""
    graph = Graph()
    x = graph.input(ArrayType.of(A))
    made = graph.append(operation, (x,), tuple(parameters.values()))
    y = made[part] if isinstance(made, tuple) else made
    (gradient,) = back_propagation_nodes([y], [graph.constant(np.ones(()))], [x])
    rows = []
    for unit in np.eye(A.size).reshape(-1, *A.shape):
        (row,) = back_propagation_nodes([gradient], [graph.constant(unit)], [x])
        rows.append(row)
    with np.errstate(all="ignore"):
        return np.reshape(evaluate(rows, {x.number: A}), A.shape * 2)


# Defining equations, for every matrix of a batch


@pytest.mark.parametrize("batch", BATCHES)
def test_solve_and_inverse(rng, batch):
    A, b = regular(rng, *batch, 4), rng.normal(size=(*batch, 4, 2))
    np.testing.assert_allclose(A @ linalg.solve(A, b, absorbing=False), b, atol=1e-12)
    np.testing.assert_allclose(A @ linalg.inv(A), np.broadcast_to(np.eye(4), A.shape), atol=1e-12)


@pytest.mark.parametrize("batch", [*BATCHES, (50,)])  # few systems go to BLAS one by one, many row by row
@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("unit_diagonal", [False, True])
def test_triangular_solve_reads_one_triangle(rng, batch, lower, transposed, unit_diagonal):
    A, b = regular(rng, *batch, 4), rng.normal(size=(*batch, 4, 2))
    parameters = {"lower": lower, "transposed": transposed, "unit_diagonal": unit_diagonal, "absorbing": False}
    T = np.tril(A) if lower else np.triu(A)
    if unit_diagonal:
        T = T - T * np.eye(4) + np.eye(4)
    y = linalg.triangular_solve(A, b, **parameters)
    np.testing.assert_allclose((turned(T) if transposed else T) @ y, b, atol=1e-11)
    unread = A + np.where(T == 0, np.nan, 0)
    np.testing.assert_array_equal(linalg.triangular_solve(unread, b, **parameters), y)


@pytest.mark.parametrize("operation", ["solve", "triangular_solve"])
def test_right_side_is_a_vector_only_with_one_axis(rng, operation):
    A, b = np.tril(regular(rng, 3, 2)), rng.normal(size=2)
    parameters = {} if operation == "solve" else SYSTEMS
    y = CATALOGUE[operation].forward(A, b, **{"absorbing": False, **parameters})
    assert y.shape == (3, 2)
    np.testing.assert_allclose(y, [np.linalg.solve(each, b) for each in A], atol=1e-12)


@pytest.mark.parametrize("batch", BATCHES)
def test_symmetric_factorizations(rng, batch):
    A = positive_definite(rng, *batch, 4)
    L = linalg.cholesky(A)
    np.testing.assert_allclose(L @ turned(L), A, atol=1e-11)
    w, V = linalg.eigh(A, lower=True)
    np.testing.assert_allclose(A @ V, V * w[..., None, :], atol=1e-11)
    np.testing.assert_allclose(turned(V) @ V, np.broadcast_to(np.eye(4), A.shape), atol=1e-12)


@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize(("m", "n"), [(5, 3), (3, 3), (3, 5)])
def test_orthogonal_factorizations(rng, batch, m, n):
    A = rng.normal(size=(*batch, m, n))
    U, s, Vh = linalg.svd(A)
    np.testing.assert_allclose((U * s[..., None, :]) @ Vh, A, atol=1e-12)
    np.testing.assert_allclose(linalg.svdvals(A), s, atol=1e-12)
    np.testing.assert_allclose(A @ linalg.pinv(A, rtol=1e-15) @ A, A, atol=1e-11)
    if m >= n:
        Q, R = linalg.qr(A)
        np.testing.assert_allclose(Q @ R, A, atol=1e-12)
        np.testing.assert_array_equal(np.tril(R, -1), 0)


@pytest.mark.parametrize("batch", BATCHES)
def test_determinants_and_cofactors(rng, batch):
    A = rng.normal(size=(*batch, 4, 4))
    sign, logarithm = linalg.slogdet(A)
    np.testing.assert_allclose(sign * np.exp(logarithm), linalg.det(A), rtol=1e-12)
    cofactors = linalg.det(A)[..., None, None] * turned(np.linalg.inv(A))
    np.testing.assert_allclose(linalg.cofactor(A), cofactors, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("batch", BATCHES)
def test_exponential(rng, batch):
    A = rng.normal(size=(*batch, 3, 3))
    w, V = np.linalg.eig(A)
    np.testing.assert_allclose(linalg.expm(A), ((V * np.exp(w)[..., None, :]) @ np.linalg.inv(V)).real, atol=1e-11)
    E, h = rng.normal(size=A.shape), 1e-6
    numeric = (linalg.expm(A + h * E) - linalg.expm(A - h * E)) / (2 * h)
    np.testing.assert_allclose(linalg.expm_frechet(A, E), numeric, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    "name", ["inv", "det", "cofactor", "cholesky", "eigh", "qr", "svd", "svdvals", "slogdet", "expm"]
)
def test_jacobian_of_a_batch_is_that_of_each_matrix(rng, name):
    operation, parameters = CATALOGUE[name], {"lower": True} if name == "eigh" else {}
    A = positive_definite(rng, 2, 3)
    for part, whole in enumerate(jacobians(operation, A, **parameters)):
        if whole is None:
            continue
        rank = whole.ndim - 3
        for i, j in np.ndindex(2, 2):
            block = np.take(np.take(whole, j, axis=rank), i, axis=0)
            alone = jacobians(operation, A[i], **parameters)[part]
            np.testing.assert_allclose(block, alone if i == j else 0 * alone, atol=1e-9)


# Derivatives: differences, and what is known in closed form


@pytest.mark.parametrize(
    ("name", "make", "parameters"),
    [
        ("inv", regular, {}),
        ("det", regular, {}),
        ("cofactor", regular, {}),
        ("cholesky", positive_definite, {}),
        ("eigh", symmetric, {"lower": True}),
        ("eigh", symmetric, {"lower": False}),
        ("qr", regular, {}),
        ("svd", regular, {}),
        ("svdvals", regular, {}),
        ("pinv", regular, {"rtol": 1e-15}),
        ("expm", lambda rng, *shape: rng.normal(size=(*shape, shape[-1])), {}),
    ],
)
def test_against_differences(rng, name, make, parameters):
    A = make(rng, 4)
    operation = CATALOGUE[name]
    for part, J in enumerate(jacobians(operation, A, **parameters)):

        def f(A, part=part):
            y = operation.forward(A, **parameters)
            return y[part] if isinstance(y, tuple) else y

        numeric = differences(f, A)
        np.testing.assert_allclose(J, numeric, atol=3e-8 * max(1, np.abs(numeric).max()))


@pytest.mark.parametrize(("m", "n"), [(5, 2), (2, 5)])
def test_oblong_against_differences(rng, m, n):
    A = rng.normal(size=(m, n))
    for part, J in enumerate(jacobians(linalg.svd, A)):
        numeric = differences(lambda A, part=part: np.linalg.svd(A, full_matrices=False)[part], A)
        np.testing.assert_allclose(J, numeric, atol=1e-7)
    (J,) = jacobians(linalg.pinv, A, rtol=1e-15)
    np.testing.assert_allclose(J, differences(np.linalg.pinv, A), atol=1e-7)


def test_gradients_in_closed_form(rng):
    A = positive_definite(rng, 4)
    Y = np.linalg.inv(A)
    one = np.ones(())
    np.testing.assert_allclose(pulled(linalg.slogdet, A, [None, one]), Y.T, atol=1e-12)
    np.testing.assert_allclose(pulled(linalg.det, A, [one]), np.linalg.det(A) * Y.T, rtol=1e-11)
    np.testing.assert_allclose(pulled(linalg.inv, A, [np.eye(4)]), -(Y @ Y).T, atol=1e-12)
    np.testing.assert_allclose(pulled(linalg.expm, A / 9, [np.eye(4)]), scipy.linalg.expm(A / 9).T, rtol=1e-11)
    np.testing.assert_allclose(pulled(linalg.svdvals, A, [np.ones(4)]), np.eye(4), atol=1e-12)  # the trace
    A_bar = pulled(linalg.eigh, A, [np.array([0, 0, 0, 1.0]), None], lower=True)
    v = np.linalg.eigh(A)[1][:, -1]
    np.testing.assert_allclose((A_bar + A_bar.T) / 2, np.outer(v, v), atol=1e-12)
    # sum log diag L is half the log-determinant; only the lower triangle is read.
    L = np.linalg.cholesky(A)
    L_bar = np.diag(1 / np.diag(L))
    expected = np.tril(Y / 2) + np.tril(Y / 2, -1)
    np.testing.assert_allclose(pulled(linalg.cholesky, A, [L_bar]), expected, atol=1e-12)


def test_triangle_that_is_not_read_has_no_derivative(rng):
    A = positive_definite(rng, 3)
    for J in [*jacobians(linalg.cholesky, A), *jacobians(linalg.eigh, A, lower=True)]:
        assert np.all(J[..., *np.triu_indices(3, 1)] == 0)
    for J in jacobians(linalg.eigh, A, lower=False):
        assert np.all(J[..., *np.tril_indices(3, -1)] == 0)


def test_second_derivatives_in_closed_form(rng):
    A = positive_definite(rng, 3)
    Y, d = np.linalg.inv(A), np.linalg.det(A)
    log_hessian = -np.einsum("jk,li->ijkl", Y, Y)
    np.testing.assert_allclose(hessian(linalg.slogdet, A, part=1), log_hessian, atol=1e-12)
    np.testing.assert_allclose(
        hessian(linalg.det, A), d * (log_hessian + np.einsum("ji,lk->ijkl", Y, Y)), atol=1e-11 * d
    )
    x = rng.normal(size=5)
    r = np.linalg.norm(x)
    expected = np.eye(5) / r - np.outer(x, x) / r**3
    np.testing.assert_allclose(hessian(linalg.norm, x, axes=(0,)), expected, atol=1e-13)


def test_least_eigenvalue_bends_by_its_neighbours(rng):
    """Second order perturbation theory: w'' = 2 sum |v_j^T E v_0|^2 / (w_0 - w_j)."""
    A, E = symmetric(rng, 4), symmetric(rng, 4)
    w, V = np.linalg.eigh(A)
    graph = Graph()
    x = graph.input(ArrayType.of(A))
    y, _ = graph.append(linalg.eigh, (x,), (True,))
    (slope,) = back_propagation_nodes([y], [graph.constant(np.eye(4)[0])], [x])
    (bend,) = back_propagation_nodes([slope], [graph.constant(E)], [x])
    (found,) = evaluate([bend], {x.number: A})
    mixing = V.T @ E @ V
    expected = 2 * sum(mixing[j, 0] ** 2 / (w[0] - w[j]) for j in range(1, 4))
    np.testing.assert_allclose(np.sum(found * E), expected, rtol=1e-10)


# Singular and degenerate


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_determinant_of_a_singular_matrix(rng, rank):
    """Its slopes are the cofactors: minors of two rows, with signs."""
    A = rng.normal(size=(3, rank)) @ rng.normal(size=(rank, 3))
    minors = [
        [(-1) ** (i + j) * np.linalg.det(np.delete(np.delete(A, i, 0), j, 1)) for j in range(3)] for i in range(3)
    ]
    np.testing.assert_allclose(pulled(linalg.det, A, [np.ones(())]), minors, atol=1e-13)


def test_hessian_of_the_determinant_of_two_rows_needs_no_inverse():
    expected = np.zeros((2, 2, 2, 2))
    expected[0, 0, 1, 1] = expected[1, 1, 0, 0] = 1
    expected[0, 1, 1, 0] = expected[1, 0, 0, 1] = -1
    np.testing.assert_array_equal(hessian(linalg.det, np.zeros((2, 2))), expected)
    np.testing.assert_allclose(hessian(linalg.det, np.array([[1.0, 2.0], [2.0, 4.0]])), expected, atol=1e-15)


def test_singular_matrices_are_errors_where_an_inverse_is_needed():
    A, b = np.ones((2, 2)), np.ones(2)
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        linalg.solve(A, b, absorbing=False)
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        pulled(linalg.slogdet, A, [None, np.ones(())])
    for count in (1, 9):
        with pytest.raises(np.linalg.LinAlgError, match="zero on its diagonal"):
            linalg.triangular_solve(np.tile(np.tri(3, k=-1), (count, 1, 1)), np.ones((3, 1)), **SYSTEMS)


@pytest.mark.filterwarnings("error")
def test_equal_eigenvalues(rng):
    """Eigenvalues keep a finite derivative; eigenvectors have none, unless nobody asks for theirs."""
    A = np.diag([1.0, 1.0, 3.0])
    V_bar = np.zeros((3, 3))
    w_bar = np.array([1.0, 1.0, 0.0])
    np.testing.assert_allclose(pulled(linalg.eigh, A, [w_bar, None], lower=True), np.diag(w_bar), atol=1e-15)
    np.testing.assert_allclose(pulled(linalg.eigh, A, [w_bar, V_bar], lower=True), np.diag(w_bar), atol=1e-15)
    V_bar[0, 1] = 1
    assert not np.isfinite(pulled(linalg.eigh, A, [None, V_bar], lower=True)).all()
    w_dot, V_dot = push_values(
        linalg.eigh, (True,), [A], [np.array([1.0, 1, 3]), np.eye(3)], [np.diag([5.0, 6.0, 7.0])]
    )
    np.testing.assert_array_equal(w_dot, [5, 6, 7])
    np.testing.assert_array_equal(V_dot, 0)  # a tangent of zero off the diagonal absorbs the infinite slope


@pytest.mark.filterwarnings("error")
def test_equal_and_vanishing_singular_values():
    one = np.ones(3)
    np.testing.assert_allclose(pulled(linalg.svdvals, np.eye(3), [one]), np.eye(3), atol=1e-15)
    np.testing.assert_allclose(pulled(linalg.svd, np.eye(3), [None, one, None]), np.eye(3), atol=1e-15)
    assert np.isfinite(pulled(linalg.svd, np.zeros((3, 2)), [None, np.ones(2), None])).all()
    assert not np.isfinite(pulled(linalg.svd, np.eye(3), [np.eye(3)[[1, 2, 0]], None, None])).all()


@pytest.mark.filterwarnings("error")
def test_zero_absorbs_a_matrix_of_nan(rng):
    """A branch not taken: one matrix of the batch is no matrix at all, and its cotangent is zero."""
    A, b = positive_definite(rng, 2, 3), rng.normal(size=(2, 3, 1))
    good = A.copy()
    A[1] = np.nan
    y_bar = rng.normal(size=(2, 3, 1))
    y_bar[1] = 0
    for name, parameters in [("solve", {"absorbing": False}), ("triangular_solve", SYSTEMS)]:
        operation = CATALOGUE[name]
        y = operation.forward(A, b, **parameters)
        expected = operation.forward(good, b, **parameters)
        for k in range(2):
            found = pull_values(operation, tuple(parameters.values()), [A, b], [y], k, [y_bar])
            wanted = pull_values(operation, tuple(parameters.values()), [good, b], [expected], k, [y_bar])
            np.testing.assert_allclose(found, wanted, atol=1e-12)
    L = np.linalg.cholesky(good)
    L[1] = np.nan
    L_bar = np.tril(rng.normal(size=(2, 3, 3)))
    L_bar[1] = 0
    A_bar = pull_values(linalg.cholesky, (), [A], [L], 0, [L_bar])
    np.testing.assert_allclose(A_bar[0], pulled(linalg.cholesky, good, [L_bar])[0], atol=1e-12)
    np.testing.assert_array_equal(A_bar[1], 0)


# The norm


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.longdouble])
def test_norm_neither_overflows_nor_underflows(dtype):
    limits = np.finfo(dtype)
    for size in (limits.max / 8, limits.tiny * 4, dtype(1)):
        y = linalg.norm(np.array([3 * size, -4 * size], dtype), axes=(0,))
        assert y.dtype == dtype
        np.testing.assert_allclose(y / size, 5, rtol=4 * limits.eps)
    assert linalg.norm(np.array([1, -np.inf], dtype), axes=(0,)) == np.inf
    assert np.isnan(linalg.norm(np.array([1, np.nan], dtype), axes=(0,)))
    assert linalg.norm(np.zeros((0, 2), dtype), axes=(0,)).tolist() == [0, 0]


@pytest.mark.filterwarnings("error")
def test_norm_of_zero_is_flat():
    x = np.array([[3.0, 4.0], [0.0, 0.0]])
    (J,) = jacobians(linalg.norm, x, axes=(1,))
    np.testing.assert_allclose(J[0, 0], [0.6, 0.8])
    np.testing.assert_array_equal(J[1], 0)
    x = np.array([3e200, 4e200])
    np.testing.assert_allclose(jacobians(linalg.norm, x, axes=(0,))[0], [0.6, 0.8])


def test_norm_agrees_with_numpy(rng):
    x = rng.normal(size=(3, 4, 5))
    np.testing.assert_allclose(linalg.norm(x, axes=(0, 2)), np.linalg.norm(x, axis=(0, 2)), rtol=1e-14)
    assert linalg.norm(np.array([3, 4]), axes=(0,)) == 5


# Errors


def infer(name, *types, **parameters):
    operation = CATALOGUE[name]
    return operation.infer(types, tuple(parameters[each] for each in operation.parameter_names))


@pytest.mark.parametrize("name", ["inv", "det", "slogdet", "cholesky", "eigh", "expm", "cofactor"])
def test_not_square(name):
    with pytest.raises(ShapeError, match=rf"{name} needs a square matrix: 2 rows are not 3 columns") as error:
        infer(name, ArrayType((2, 3), float), lower=True)
    assert error.value.got == "f64[2,3]"
    assert error.value.wanted == "shape (..., n, n)"


@pytest.mark.parametrize("name", ["inv", "svd", "qr", "pinv", "tril"])
def test_not_a_matrix(name):
    with pytest.raises(ShapeError, match=rf"{name} needs a matrix, and shape \(3,\) has 1 axes"):
        infer(name, ArrayType((3,), float), rtol=0.0, offset=0)


def test_right_sides_that_do_not_fit():
    A = ArrayType((5, 3, 3), float)
    with pytest.raises(ShapeError, match=r"solve needs a right side for each of 3 rows: shape \(2,\)") as error:
        infer("solve", A, ArrayType((2,), float), absorbing=False)
    assert error.value.wanted == "b of shape (3,) or (..., 3, k)"
    assert error.value.try_ is None
    with pytest.raises(ShapeError, match=r"shape \(5, 3\) does not fit a matrix of shape \(5, 3, 3\)") as error:
        infer("triangular_solve", A, ArrayType((5, 3), float), **SYSTEMS)
    assert error.value.try_ == "b[..., None]"
    with pytest.raises(ShapeError, match="does not fit"):
        infer("solve", A, ArrayType((4, 3, 1), float), absorbing=False)
    with pytest.raises(ShapeError, match="does not fit"):
        infer("solve", A, ArrayType((), float), absorbing=False)


def test_wide_matrices_have_no_qr_here():
    with pytest.raises(ShapeError, match="qr needs at least as many rows as columns: 2 is less than 3"):
        infer("qr", ArrayType((2, 3), float))


def test_directions_have_the_shape_of_the_matrix():
    with pytest.raises(ShapeError, match=r"a direction has the shape of its matrix: \(2, 3, 3\) is not \(3, 3\)"):
        infer("expm_frechet", ArrayType((3, 3), float), ArrayType((2, 3, 3), float))


@pytest.mark.parametrize("dtype", [np.float16, np.longdouble])
def test_dtypes_that_lapack_does_not_know(dtype):
    with pytest.raises(DtypeError, match="inv does not compute in float"):
        infer("inv", ArrayType((2, 2), dtype))


def test_integers_become_double(rng):
    assert infer("inv", ArrayType((2, 2), int)).dtype == np.float64
    assert infer("solve", ArrayType((2, 2), int), ArrayType((2,), np.float32), absorbing=False).dtype == np.float64
    assert linalg.triangular_solve(np.eye(2, dtype=int), np.array([1, 2]), **SYSTEMS).dtype == np.float64
    assert linalg.expm(np.zeros((2, 2), int)).dtype == np.float64


@pytest.mark.parametrize("shape", [(0, 0), (2, 0, 0), (0, 2, 2)])
@pytest.mark.parametrize(
    "name", ["inv", "det", "slogdet", "cholesky", "eigh", "qr", "svd", "svdvals", "expm", "cofactor"]
)
def test_empty(name, shape):
    operation, A = CATALOGUE[name], np.zeros(shape)
    parameters = {"lower": True} if name == "eigh" else {}
    y = operation.forward(A, **parameters)
    results = [np.asarray(part) for part in (y if isinstance(y, tuple) else (y,))]
    types = operation.infer((ArrayType.of(A),), tuple(parameters.values()))
    assert [ArrayType.of(part) for part in results] == list(types if isinstance(types, tuple) else (types,))
    A_bar = pulled(operation, A, [np.ones_like(part) for part in results], **parameters)
    assert A_bar is None or A_bar.shape == shape


@pytest.mark.parametrize("ill", [np.inf, np.nan])
def test_the_slope_of_a_determinant_of_what_is_not_finite_is_nan(ill):
    A = np.stack([np.eye(3) + 0.1, np.eye(3) + 0.1])
    A[1, 0, 0] = ill
    found = linalg.cofactor(A)
    assert np.isnan(found[1]).all()
    np.testing.assert_allclose(found[0], np.linalg.det(A[0]) * np.linalg.inv(A[0]).T, rtol=1e-12)
    assert linalg.cofactor(A.astype(np.float32)).dtype == np.float32
