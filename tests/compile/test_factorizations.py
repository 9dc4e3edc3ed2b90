"""LAPACK within native code: the same numbers, the same refusals, and no call of NumPy between."""

import os
import subprocess
import sys
import textwrap
import threading

import mpmath
import numpy as np
import pytest

import chainrule as cr
from chainrule.arraytype import ArrayType
from chainrule.compile import Program, cache, lapack_loader
from chainrule.compile.recipes import kind_of
from chainrule.graph import Graph
from chainrule.interpret import Plan
from chainrule.ops import linalg

from .comparing import graph_of

pytestmark = pytest.mark.skipif(not lapack_loader.addresses(), reason="SciPy offers no LAPACK")

DTYPES = [np.float64, np.float32]
BATCHES = [(), (3,), (2, 1, 2)]


def regular(rng, *shape):
    return rng.normal(size=(*shape, shape[-1])) + 3 * np.eye(shape[-1])


def positive(rng, *shape):
    A = rng.normal(size=(*shape, shape[-1]))
    return A @ np.swapaxes(A, -1, -2) + np.eye(shape[-1])


def oblong(rows, columns):
    """Matrices of so many more rows and columns than asked for, of singular values apart from each other."""

    def matrix(rng, *shape):
        m, n = shape[-1] + rows, shape[-1] + columns
        return rng.normal(size=(*shape[:-1], m, n)) / 4 + np.eye(m, n) * np.arange(1, n + 1)

    return matrix


def no_care(*_):
    raise AssertionError("NumPy has computed it again")


def native(graph, careful=no_care):
    """A program without anything that NumPy runs."""
    program = Program(graph, careful=careful)
    assert all(kernel.kind != "numpy" for kernel in program.unit.fusion.kernels), program.unit.fusion.kernels
    return program


def traced(f, *arguments):
    return cr.trace(f, *arguments).data


def close(found, wanted, rounding):
    """Up to so many roundings of the largest entry."""
    for x, y in zip(found, wanted, strict=True):
        assert x.shape == np.shape(y) and x.dtype == y.dtype
        tolerance = rounding * np.finfo(x.dtype).eps
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance * np.max(np.abs(y), initial=0))


OPERATIONS = {
    "solve": (linalg.solve, regular, {"absorbing": False}),
    "inv": (linalg.inv, regular, {}),
    "det": (linalg.det, regular, {}),
    "slogdet": (linalg.slogdet, regular, {}),
    "cofactor": (linalg.cofactor, regular, {}),
    "pinv": (linalg.pinv, oblong(2, 0), {"rtol": 1e-15}),
    "cholesky": (linalg.cholesky, positive, {}),
    "eigh_lower": (linalg.eigh, positive, {"lower": True}),
    "eigh_upper": (linalg.eigh, regular, {"lower": False}),
    "qr": (linalg.qr, oblong(2, 0), {}),
    "svd_tall": (linalg.svd, oblong(2, 0), {}),
    "svd_broad": (linalg.svd, oblong(0, 5), {}),
    "svdvals": (linalg.svdvals, oblong(2, 0), {}),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch", BATCHES)
@pytest.mark.parametrize("name", OPERATIONS)
def test_as_numpy(name, batch, dtype):
    operation, matrix, parameters = OPERATIONS[name]
    rng = np.random.default_rng(len(batch))
    for n in (1, 9):
        arguments = [matrix(rng, *batch, n).astype(dtype)]
        if name == "solve":
            arguments.append(rng.normal(size=(*batch, n, 3)).astype(dtype))
        graph = graph_of(operation, arguments, parameters)
        largest = max(np.max(np.linalg.cond(arguments[0])), 1)
        close(native(graph)(arguments), Plan(graph)(arguments), 20 * n * largest)


@pytest.mark.parametrize("n", [3, 30, 70])
def test_vectors_have_numpys_signs(n):
    """Which of two signs a vector has is an accident of the way it is computed."""
    rng = np.random.default_rng(n)
    programs = [native(traced(lambda A, f=f: tuple(f(A)), np.eye(n))) for f in (np.linalg.eigh, np.linalg.svd)]
    for _ in range(10):
        A = rng.normal(size=(n, n))
        (_, V), (U, _, Vh) = programs[0]([A + A.T]), programs[1]([A])
        wanted = np.linalg.svd(A)
        assert (np.sum(V * np.linalg.eigh(A + A.T)[1], axis=0) > 0).all()
        assert (np.sum(U * wanted[0], axis=0) > 0).all() and (np.sum(Vh * wanted[2], axis=1) > 0).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("absorbing", [False, True])
@pytest.mark.parametrize(
    ("left", "right"),
    [((4,), (4,)), ((4,), (4, 1)), ((2, 4), (4,)), ((3, 1, 4), (2, 4, 2)), ((4,), (2, 3, 4, 2)), ((1,), (1,))],
)
def test_systems_with_all_kinds_of_right_sides(left, right, absorbing, dtype):
    rng = np.random.default_rng(1)
    arguments = [regular(rng, *left).astype(dtype), rng.normal(size=right).astype(dtype)]
    graphs = [graph_of(linalg.solve, arguments, {"absorbing": absorbing})]
    for bits in range(8):
        named = {"lower": bool(bits & 1), "transposed": bool(bits & 2), "unit_diagonal": bool(bits & 4)}
        graphs.append(graph_of(linalg.triangular_solve, arguments, {**named, "absorbing": absorbing}))
    for graph in graphs:
        close(native(graph)(arguments), Plan(graph)(arguments), 400)


@pytest.mark.parametrize("dtype", DTYPES)
def test_against_many_digits(dtype):
    """The error is NumPy's, up to a factor: of systems that lose half of the digits, and of others."""
    rng = np.random.default_rng(2)
    n = 6
    orthogonal = np.linalg.qr(rng.normal(size=(n, n)))[0]
    for condition in (10, np.finfo(dtype).eps ** -0.5):
        A = ((orthogonal * np.geomspace(1, 1 / condition, n)) @ orthogonal.T).astype(dtype)
        A = (A + A.T) / 2
        b = rng.normal(size=n).astype(dtype)
        with mpmath.workdps(60):
            exact = mpmath.matrix(A.astype(float).tolist())
            side = mpmath.matrix(b.astype(float).tolist())
            wanted = {
                "solve": mpmath.lu_solve(exact, side),
                "inv": exact**-1,
                "cholesky": mpmath.cholesky(exact),
                "det": mpmath.matrix([mpmath.det(exact)]),
                "eigvalsh": mpmath.matrix(sorted(mpmath.eigsy(exact, eigvals_only=True))),
            }
            wanted = {
                name: np.array(value.tolist(), dtype=object).reshape(value.rows, -1) for name, value in wanted.items()
            }
        functions = {
            "solve": lambda A: np.linalg.solve(A, b),
            **{name: getattr(np.linalg, name) for name in ("inv", "cholesky", "det", "eigvalsh")},
        }
        for name, f in functions.items():
            found = native(traced(f, A))([A])[0]
            scale = max(map(abs, wanted[name].ravel()))

            def error(y, exact=wanted[name], scale=scale):
                return float(max(map(abs, (np.asarray(y, object).reshape(exact.shape) - exact).ravel())) / scale)

            assert error(found.astype(float)) <= 4 * error(np.asarray(f(A), float)) + 4 * np.finfo(dtype).eps, name


@pytest.mark.parametrize("dtype", DTYPES)
def test_operands_that_lie_otherwise(dtype):
    """Transposed, cut out, broadcast, of another dtype: read where they are."""
    rng = np.random.default_rng(3)
    A, B = regular(rng, 7).astype(dtype), rng.normal(size=(9, 12)).astype(dtype)

    def f(A, B):
        cut = A[1:6, 1:6]
        many = np.broadcast_to(cut, (2, 5, 5))
        return (
            np.linalg.solve(A.T, B[:7, ::2]),
            np.linalg.solve(cut, B.T[2:7, 1]),
            np.linalg.inv(cut.T),
            np.linalg.solve(many, B[:2, :5, None]),
            np.linalg.det(A.T + A),
            np.linalg.cholesky((A.T @ A)[::-1, ::-1]),
            np.linalg.svd(B.T, compute_uv=False),
            np.linalg.qr(B.T)[1],
        )

    graph = traced(f, A, B)
    close(native(graph)([A, B]), Plan(graph)([A, B]), 2000)
    integers = np.array([[2, 1], [1, 3]])
    graph = traced(lambda A, x: np.linalg.solve(A, x), integers, B[:2, 0])
    close(native(graph)([integers, B[:2, 0]]), Plan(graph)([integers, B[:2, 0]]), 10)


@pytest.mark.parametrize("offset", [0, 1, -2])
def test_triangles(offset):
    rng = np.random.default_rng(4)
    x = rng.normal(size=(2, 11, 13))
    graph = traced(lambda x: (np.tril(x, offset) + 1, np.triu(x.swapaxes(1, 2), offset) * x.swapaxes(1, 2)), x)
    for y, wanted in zip(native(graph)([x]), Plan(graph)([x]), strict=True):
        np.testing.assert_array_equal(y, wanted)
    x[:, 0, 5] = np.nan  # what is outside does not come through
    assert np.isfinite(native(traced(np.tril, x))([x])[0]).all()


# What LAPACK refuses

REFUSED = {
    "solve": (lambda A: np.linalg.solve(A, np.ones(2)), [[1.0, 2.0], [2.0, 4.0]]),
    "inv": (np.linalg.inv, [[0.0, 0.0], [0.0, 0.0]]),
    "cholesky": (np.linalg.cholesky, [[1.0, 2.0], [2.0, 1.0]]),
    "svd": (lambda A: np.linalg.svd(A)[1], [[np.nan, 0.0], [0.0, 1.0]]),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", REFUSED)
def test_what_numpy_refuses(name, dtype):
    """The same error; and the next call is right."""
    f, wrong = REFUSED[name]
    wrong, right = np.array(wrong, dtype), np.array([[2.0, 0.5], [0.5, 2.0]], dtype)
    jitted = cr.jit(f)
    np.testing.assert_allclose(jitted(right), f(right), rtol=1e-5)
    with pytest.raises(np.linalg.LinAlgError) as plain:
        f(wrong)
    with pytest.raises(np.linalg.LinAlgError) as found:
        jitted(wrong)
    assert str(found.value) == str(plain.value)
    np.testing.assert_allclose(jitted(right), f(right), rtol=1e-5)
    with pytest.raises(np.linalg.LinAlgError):
        jitted(np.stack([right, wrong, right]))


def test_a_zero_on_the_diagonal_of_a_triangle():
    A = np.array([[1.0, 5.0], [2.0, 0.0]])
    graph = graph_of(
        linalg.triangular_solve,
        [A, np.ones(2)],
        {"lower": True, "transposed": False, "unit_diagonal": False, "absorbing": False},
    )
    with pytest.raises(np.linalg.LinAlgError, match="zero on its diagonal"):
        native(graph, Plan(graph))([A, np.ones(2)])


@pytest.mark.parametrize("dtype", DTYPES)
def test_determinants_of_singular_matrices(dtype):
    A = np.array([[[1, 2], [2, 4]], [[0, 0], [0, 0]], [[0, 1], [1, 0]], [[-3, 0], [0, 2]]], dtype)
    for f in (np.linalg.det, lambda A: tuple(np.linalg.slogdet(A))):
        graph = traced(f, A)
        with np.errstate(all="ignore"):
            close(native(graph)([A]), Plan(graph)([A]), 4)


def outcome(run, arguments):
    """What comes out, or the error."""
    try:
        with np.errstate(all="ignore"):
            return run(arguments)
    except np.linalg.LinAlgError as error:
        return str(error)


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("place", [(2, 1), (0, 0)])
def test_numbers_that_are_not_finite(value, place):
    rng = np.random.default_rng(5)
    A, b = positive(rng, 4), np.array([1.0, 0.0, -1.0, 2.0])
    A[place] = A[place[::-1]] = value
    graphs = [graph_of(operation, [A]) for operation in (linalg.inv, linalg.det, linalg.qr, linalg.cholesky)]
    graphs.append(graph_of(linalg.solve, [A, b], {"absorbing": False}))
    for bits in range(4):
        named = {"lower": bool(bits & 1), "transposed": bool(bits & 2), "unit_diagonal": False, "absorbing": False}
        graphs.append(graph_of(linalg.triangular_solve, [A, b], named))
    for graph in graphs:
        arguments = [A, b][: len(graph.inputs)]
        found, wanted = (outcome(run, arguments) for run in (native(graph, Plan(graph)), Plan(graph)))
        if isinstance(wanted, str) or isinstance(found, str):
            assert found == wanted
            continue
        for x, y in zip(found, wanted, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-12)


def test_zeros_of_the_right_side_absorb():
    A, b = np.array([[np.nan, 1.0], [0.0, 1.0]]), np.array([[0.0, 1.0], [0.0, 2.0]])
    for graph in (
        graph_of(linalg.solve, [A, b], {"absorbing": True}),
        graph_of(
            linalg.triangular_solve,
            [A, b],
            {"lower": True, "transposed": True, "unit_diagonal": False, "absorbing": True},
        ),
    ):
        found, wanted = native(graph, Plan(graph))([A, b]), Plan(graph)([A, b])
        np.testing.assert_array_equal(found[0][:, 0], 0)
        np.testing.assert_array_equal(found[0], wanted[0])


# Whole programs


def marginal_likelihood(X, y):
    n = len(y)

    def kernel(theta):
        distance = np.sum((X[:, None] - X[None]) ** 2 * np.exp(theta[:2]), axis=-1)
        return np.exp(theta[2]) * np.exp(-0.5 * distance) + np.exp(theta[3]) * np.eye(n)

    def by_cholesky(theta):
        L = np.linalg.cholesky(kernel(theta))
        whitened = np.linalg.solve(L, y)
        return 0.5 * whitened @ whitened + np.sum(np.log(np.diag(L)))

    def by_determinant(theta):
        K = kernel(theta)
        return 0.5 * y @ np.linalg.solve(K, y) + 0.5 * np.linalg.slogdet(K)[1]

    return by_cholesky, by_determinant


def least_squares(A, b):
    def f(c):
        x = np.linalg.lstsq(A * np.exp(c), b, rcond=None)[0]
        return np.sum(x**3)

    return f


def gradients():
    rng = np.random.default_rng(6)
    A, S = regular(rng, 5), positive(rng, 5)
    first, second = marginal_likelihood(rng.normal(size=(12, 2)), rng.normal(size=12))
    theta = np.array([0.1, -0.2, 0.3, -1.0])
    yield "logdet", lambda A: np.linalg.slogdet(A)[1], A
    yield "det", np.linalg.det, A
    yield "solve", lambda A: np.sum(np.linalg.solve(A, A[:, :2] ** 2)), A
    yield "inv", lambda A: np.sum(np.linalg.inv(A) ** 3), A
    yield "pinv", lambda A: np.sum(np.linalg.pinv(A[:, :3]) ** 3), A
    yield "cholesky", lambda S: np.sum(np.linalg.cholesky(S) ** 3), S
    yield "eigh", lambda S: np.sum(np.linalg.eigh(S)[0] ** 3) + np.sum(np.linalg.eigh(S)[1] ** 4), S
    yield "qr", lambda A: np.sum(np.linalg.qr(A)[1] ** 3), A
    yield "svd", lambda A: np.sum(np.linalg.svd(A)[1] ** 3) + np.sum(np.linalg.svd(A)[0] ** 4), A
    yield "cholesky_likelihood", first, theta
    yield "determinant_likelihood", second, theta
    yield "least_squares", least_squares(rng.normal(size=(8, 3)), rng.normal(size=8)), rng.normal(size=3)


@pytest.mark.parametrize(("name", "f", "x"), [pytest.param(*each, id=each[0]) for each in gradients()])
def test_gradients_in_one_call(name, f, x):
    for g in (cr.grad(f), cr.grad(lambda x: np.sum(cr.grad(f)(x) ** 2))):
        wanted = g(x)
        scale = np.max(np.abs(wanted))
        np.testing.assert_allclose(cr.jit(g)(x), wanted, rtol=1e-8, atol=1e-10 * scale)
        native(traced(g, x))


def kalman(observed):
    F, H = np.eye(4) + 0.1 * np.eye(4, k=2), np.eye(2, 4)

    def log_likelihood(noise):
        Q, R = np.exp(noise[0]) * np.eye(4), np.exp(noise[1]) * np.eye(2)

        def step(carry, z):
            x, P, total = carry
            x, P = F @ x, F @ P @ F.T + Q
            S, r = H @ P @ H.T + R, z - H @ x
            K = np.linalg.solve(S, H @ P).T
            total = total - 0.5 * (r @ np.linalg.solve(S, r) + np.linalg.slogdet(S)[1])
            return (x + K @ r, P - K @ S @ K.T, total), x

        (_, _, total), xs = cr.scan(step, (np.zeros(4), np.eye(4), np.zeros(())), observed)
        return total + np.sum(xs**2)

    return log_likelihood


def test_a_kalman_filter_in_one_call():
    rng = np.random.default_rng(7)
    f, noise = kalman(rng.normal(size=(40, 2))), np.array([-1.0, 0.5])
    for g in (f, cr.grad(f)):
        np.testing.assert_allclose(cr.jit(g)(noise), g(noise), rtol=1e-10)
        native(traced(g, noise))


def test_what_is_carried_is_not_overwritten_while_it_is_read():
    rng = np.random.default_rng(8)
    A = positive(rng, 5)

    def f(A):
        def step(carry, _):
            A, L = carry
            A = np.linalg.inv(A + np.eye(5))
            return (A, np.linalg.cholesky(A @ A.T) + 0.1 * L), np.linalg.det(A)

        return cr.scan(step, (A, A), None, length=7)

    np.testing.assert_allclose(cr.jit(lambda A: f(A)[1])(A), f(A)[1], rtol=1e-10)
    np.testing.assert_allclose(cr.jit(lambda A: f(A)[0][1])(A), f(A)[0][1], rtol=1e-10)


def test_a_refusal_within_a_loop():
    def f(A):
        return cr.scan(lambda A, _: (A - np.eye(2), np.linalg.inv(A)), A, None, length=3)[1]

    np.testing.assert_allclose(cr.jit(f)(9 * np.eye(2)), f(9 * np.eye(2)))
    with pytest.raises(np.linalg.LinAlgError, match="Singular matrix"):
        cr.jit(f)(2 * np.eye(2))


def test_from_many_threads():
    rng = np.random.default_rng(9)
    f, _ = marginal_likelihood(rng.normal(size=(30, 2)), rng.normal(size=30))
    g = cr.grad(f)
    thetas = rng.normal(size=(4, 4)) / 4
    jitted = cr.jit(g)
    wanted = [jitted(theta) for theta in thetas]
    np.testing.assert_allclose(wanted[0], g(thetas[0]), rtol=1e-9)
    wrong = []

    def run(k):
        for _ in range(100):
            if not np.array_equal(jitted(thetas[k]), wanted[k]):
                wrong.append(k)

    threads = [threading.Thread(target=run, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_kept_code_runs_in_another_process(tmp_path, monkeypatch):
    """It calls LAPACK by names; where that lies is said anew."""
    monkeypatch.setenv("CHAINRULE_CACHE_DIR", str(tmp_path))
    script = textwrap.dedent("""
        import numpy as np, chainrule as cr
        from chainrule.compile import Program, llvm_loader
        made = []
        original = llvm_loader.object_code
        llvm_loader.object_code = lambda text: made.append(text) or original(text)
        A = np.arange(9.0).reshape(3, 3) + 5 * np.eye(3)
        program = Program(cr.trace(lambda A: np.linalg.solve(A, np.linalg.cholesky(A @ A.T)), A).data)
        print(len(made), program([A])[0].tobytes().hex())
    """)
    told = [
        subprocess.run(
            [sys.executable, "-c", script], env=dict(os.environ), capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(2)
    ]
    assert [made for made, _ in told] == ["1", "0"]
    assert told[0][1] == told[1][1]
    A = np.arange(9.0).reshape(3, 3) + 5 * np.eye(3)
    np.testing.assert_allclose(
        np.frombuffer(bytes.fromhex(told[0][1])).reshape(3, 3), np.linalg.solve(A, np.linalg.cholesky(A @ A.T))
    )


def test_without_lapack_numpy_does_it(monkeypatch):
    graph = traced(np.linalg.inv, np.eye(3))
    with_lapack = cache.key_of(graph)
    monkeypatch.setattr(lapack_loader, "is_available", lambda: False)
    assert cache.key_of(graph) != with_lapack  # the code is another one
    program = Program(graph)
    assert [kernel.kind for kernel in program.unit.fusion.kernels] == ["numpy"]
    np.testing.assert_array_equal(program([2 * np.eye(3)])[0], np.eye(3) / 2)


def test_only_functions_of_the_expected_signature_are_called():
    offered = pytest.importorskip("scipy.linalg.cython_lapack").__pyx_capi__
    assert lapack_loader._address(offered["dgesv"], "iixiixii")
    assert lapack_loader._address(offered["dgesv"], "iixiixi") is None
    assert lapack_loader._address(offered["dgesv"], "iixxixii") is None
    assert lapack_loader._address(None, "iixiixii") is None


def test_sizes_that_lapack_cannot_count():
    """Its integers have 32 bits: the work of eigenvectors of so many rows has more numbers."""
    for n, kind in ((20_000, "lapack"), (40_000, "numpy")):
        graph = Graph()
        w, _ = graph.append(linalg.eigh, (graph.input(ArrayType((n, n), np.float64)),), (True,))
        assert kind_of(w) == kind


def test_complex_matrices_stay_with_numpy():
    graph = traced(np.linalg.inv, np.eye(3) * 1j)
    assert [kernel.kind for kernel in Program(graph).unit.fusion.kernels] == ["numpy"]
