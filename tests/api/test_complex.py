"""Transforms of functions with complex numbers: the convention, against JAX's numbers and worked examples.

JAX's were computed once with JAX in double precision, by the functions written here with jax.numpy for np.
"""

import copy
import pickle

import numpy as np
import pytest
from scipy import special

import chainrule as cr
from chainrule import errors

Z = np.array([0.5 - 1.0j, -1.5 + 0.25j, 2.0 + 0.75j])
X = np.array([0.5, -1.0, 2.0])
A = np.array([[2.0 + 0j, 0.5 - 1j, 0.25j], [0.5 + 1j, 3.0, -1.0 + 0.5j], [-0.25j, -1.0 - 0.5j, 4.0]])
C = 0.3 + 0.5j


def exponential(A):
    """exp(A) by its series, scaled and squared."""
    B, result, term = A / 16, np.eye(3), np.eye(3)
    for k in range(1, 16):
        term = term @ B / k
        result = result + term
    for _ in range(4):
        result = result @ result
    return result


FUNCTIONS = {
    "abs": (lambda z: np.sum(np.abs(z)), Z),
    "abs squared": (lambda z: np.sum(np.abs(z) ** 2), Z),
    "real of cube": (lambda z: np.sum(np.real(z**3)), Z),
    "imag of exp": (lambda z: np.sum(np.imag(np.exp(z))), Z),
    "angle": (lambda z: np.sum(np.angle(z) * np.array([1.0, 2, 3])), Z),
    "conj product": (lambda z: np.real(np.vdot(z, z**2)), Z),
    "power": (lambda z: np.sum(np.abs(z ** (1.5 - 0.5j))), Z),
    "tanh": (lambda z: np.sum(np.real(np.tanh(z) * np.array([1, 2j, 3]))), Z),
    "arctan": (lambda z: np.sum(np.imag(np.arctan(z))), Z),
    "sqrt log": (lambda z: np.sum(np.abs(np.sqrt(z) * np.log(z))), Z),
    "fft": (lambda z: np.sum(np.abs(np.fft.fft(z)) ** 2 * np.array([1.0, 2, 3])), Z),
    "irfft": (lambda z: np.sum(np.fft.irfft(z) ** 2 * np.array([1.0, 2, 3, 4])), Z),
    "rfft of real": (lambda x: np.sum(np.abs(np.fft.rfft(x) * np.array([1, 1j])) ** 2), X),
    "real among complex": (lambda x: np.sum(np.abs(x * Z + np.exp(1j * x))), X),
    "var": (lambda z: np.var(z), Z),
    "prod": (lambda z: np.real(np.prod(z)), Z),
    "slogdet": (lambda A: np.linalg.slogdet(A)[1], A),
    "inverse": (lambda A: np.sum(np.abs(np.linalg.inv(A)) ** 2), A),
    "solve": (lambda z: np.sum(np.abs(np.linalg.solve(A, z)) ** 2), Z),
    "norm": (lambda A: np.linalg.norm(A), A),
    "det": (lambda A: np.imag(np.linalg.det(A) * 1j), A),
    "expm": (lambda A: np.sum(np.abs(exponential(0.3j * A) * np.arange(9.0).reshape(3, 3)) ** 2), A),
    "where": (lambda z: np.sum(np.abs(np.where(np.real(z) > 0, z * z, np.conj(z)))), Z),
    "cumprod": (lambda z: np.sum(np.real(np.cumprod(z) * np.array([1, 1j, 2]))), Z),
}
JAX = {
    "abs": [
        0.44721359549996 + 0.89442719099992j,
        -0.98639392383214 - 0.16439898730536j,
        0.93632917756904 - 0.35112344158839j,
    ],
    "abs squared": [1 + 2j, -3 - 0.5j, 4 - 1.5j],
    "real of cube": [-2.25 - 3j, 6.5625 - 2.25j, 10.3125 + 9j],
    "imag of exp": [
        -1.3873511113298 - 0.89080790429313j,
        0.055203285049817 - 0.2161935838261j,
        5.0366670370179 - 5.4064900990718j,
    ],
    "angle": [0.8 - 0.4j, -0.21621621621622 + 1.2972972972973j, -0.49315068493151 - 1.3150684931507j],
    "conj product": [1.75 + 1j, 6.8125 + 0.75j, 12.5625 - 3j],
    "power": [
        0.67962323848542 + 0.67962323848542j,
        -8.5304074577161 + 1.346906440692j,
        2.1489912617354 - 1.7396595928334j,
    ],
    "tanh": [
        0.56355523027977 + 1.6828731188213j,
        -0.16036360911723 + 0.32839191099671j,
        0.02346592863503 - 0.21788632653756j,
    ],
    "arctan": [
        0.94117647058824 - 0.23529411764706j,
        0.069945355191257 - 0.29726775956284j,
        -0.10456092579986 - 0.15466303607897j,
    ],
    "sqrt log": [
        -0.56390752562826 + 0.9762705546753j,
        -1.4457172783348 + 0.57312281464708j,
        0.74543119753188 - 0.5918465936567j,
    ],
    "fft": [
        5.3660254037844 + 21.062177826491j,
        -28.531088913246 - 6.3480762113533j,
        29.165063509461 - 14.714101615138j,
    ],
    "irfft": [1 + 0j, -4.25 + 0j, 3 + 0j],
    "rfft of real": [3.0, -1.5, 7.5],
    "real among complex": [0.0228043581470373, -0.953450196124791, 1.09143475961365],
    "var": [0.11111111111111 + 0.66666666666667j, -1.2222222222222 - 0.16666666666667j, 1.1111111111111 - 0.5j],
    "prod": [-3.1875 - 0.625j, 1.75 - 1.625j, -0.5 + 1.625j],
    "slogdet": [
        [0.63468634686347 + 0j, -0.11070110701107 - 0.22140221402214j, -0.029520295202952j],
        [-0.11070110701107 + 0.22140221402214j, 0.46863468634686 + 0j, 0.10332103321033 + 0.051660516605166j],
        [0.029520295202952j, 0.10332103321033 - 0.051660516605166j, 0.28044280442804 + 0j],
    ],
    "inverse": [
        [-0.73040311345639 + 0j, 0.22459779070088 + 0.44919558140176j, 0.12252805688689j],
        [0.22459779070088 - 0.44919558140176j, -0.43435554438332 + 0j, -0.12247982176721 - 0.061239910883607j],
        [-0.12252805688689j, -0.12247982176721 + 0.061239910883607j, -0.077048770378773 + 0j],
    ],
    "solve": [
        0.62888577225256 + 1.5113220135891j,
        -1.1023542707752 - 0.10515243528819j,
        -0.012540678912324 + 0.00024509470186953j,
    ],
    "norm": [
        [0.34236839400873 + 0j, 0.085592098502183 + 0.17118419700437j, -0.042796049251091j],
        [0.085592098502183 - 0.17118419700437j, 0.5135525910131 + 0j, -0.17118419700437 - 0.085592098502183j],
        [0.042796049251091j, -0.17118419700437 + 0.085592098502183j, 0.68473678801746 + 0j],
    ],
    "det": [
        [10.75 + 0j, -1.875 - 3.75j, -0.5j],
        [-1.875 + 3.75j, 7.9375 + 0j, 1.75 + 0.875j],
        [0.5j, 1.75 - 0.875j, 4.75 + 0j],
    ],
    "expm": [
        [
            -0.020856492489171 + 0.19584516486711j,
            -0.92850721871883 - 1.0763605069293j,
            0.12705895492993 + 1.1842060075146j,
        ],
        [
            0.41624269593413 - 0.051831461359873j,
            0.014463719903882 + 9.9081363100152j,
            2.672891415465 + 1.1228177984747j,
        ],
        [
            -0.12705895492993 + 0.2226060032229j,
            -1.6494118376575 + 0.61107800957095j,
            0.0063927725852873 + 37.034799837099j,
        ],
    ],
    "where": [1 + 2j, -0.98639392383214 - 0.16439898730536j, 4 - 1.5j],
    "cumprod": [-5.625 - 2.75j, 4.5 - 2.75j, -1 + 3.25j],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_gradients_are_those_of_jax(name):
    f, z = FUNCTIONS[name]
    g = cr.grad(f)(z)
    assert g.dtype == z.dtype and g.shape == z.shape
    np.testing.assert_allclose(g, JAX[name], rtol=1e-11, atol=1e-12)
    cr.check_grads(f, (z,))


def test_products_and_jacobians_are_those_of_jax():
    def f(z):
        return np.conj(z) * np.exp(z)

    jvp = [1.93132124 - 0.71924518j, -0.26451092 + 0.81043722j, -16.96132686 + 10.0766306j]
    vjp = [2.72356297 + 1.58448346j, 0.08165004 - 0.52668314j, 51.04907469 - 7.22039145j]
    np.testing.assert_allclose(cr.jvp(f, (Z,), (Z * 1j,))[1], jvp, rtol=1e-7)
    np.testing.assert_allclose(cr.linearize(f, Z)[1](Z * 1j), jvp, rtol=1e-7)
    np.testing.assert_allclose(cr.vjp(f, Z)[1](np.array([1, 1j, 2 - 1j]))[0], vjp, rtol=1e-7)
    rows = [  # jax.jacrev
        [1 + 2j, 0, 0],
        [0.68007353 + 1.36014705j, -1.10282193 - 0.18380366j, 0],
        [0.95524866 + 1.91049732j, 0, 1.04684785 - 0.39256794j],
    ]
    columns = [  # jax.jacfwd
        [0.63786979 + 0.91821682j, 0, 0],
        [0.54030231 - 0.84147098j, 0.42073549 + 0.27015115j, 0],
        [-0.41614684 + 0.90929743j, 0, -0.45464871 - 0.20807342j],
    ]
    for mode in ("forward", "reverse"):
        by_complex = cr.jacobian(lambda z: np.abs(z) * np.abs(z[0]), mode=mode)(Z)
        by_real = cr.jacobian(lambda x: np.exp(1j * x) * x[0], mode=mode)(X)
        np.testing.assert_allclose(by_complex.todense(), rows, rtol=1e-7, atol=1e-12)
        np.testing.assert_allclose(by_real.todense(), columns, rtol=1e-7, atol=1e-12)
        assert (by_complex @ Z).dtype == np.float64 and (by_complex.T @ X).dtype == np.complex128
        assert (by_real @ X).dtype == np.complex128 and (by_real.T @ Z).dtype == np.float64


def test_holomorphic_functions_are_derived_like_real_ones():
    f = cr.grad(lambda z: np.sin(z) * np.exp(1j * z), holomorphic=True)
    np.testing.assert_allclose(f(C), 0.3036240047918612 + 0.20772035757422658j, rtol=1e-13)  # JAX
    second = cr.grad(cr.grad(lambda z: np.sin(z) * z, holomorphic=True), holomorphic=True)
    np.testing.assert_allclose(second(C), 2 * np.cos(C) - C * np.sin(C), rtol=1e-13)
    value, slope = cr.value_and_grad(np.exp, holomorphic=True)(C)
    assert value == slope == np.exp(C)
    np.testing.assert_allclose(cr.elementwise_grad(np.sin)(Z), np.cos(Z), rtol=1e-14)


@cr.grad
def squared_length(z):
    return np.real(z * np.conj(z))


@pytest.mark.parametrize("z", [3 + 4j, np.complex64(1 - 2j), np.array(0.5j)])
def test_the_convention(z):
    """d|z|^2 = Re(2 conj(z) dz)."""
    g = squared_length(z)
    assert g == 2 * np.conj(z) and np.asarray(g).dtype == np.asarray(z).dtype


def test_functions_that_are_not_holomorphic_have_a_jacobian_that_multiplies():
    """J v = z conj(v) + conj(z) v, and its transpose with Re(g J v) = Re((J.T g) v)."""
    for mode in ("forward", "reverse"):
        J = cr.jacobian(lambda z: z * np.conj(z), mode=mode)(Z)
        v, g = Z[::-1] * 1j, np.array([1 + 2j, 0.5, 1j])
        np.testing.assert_allclose(J @ v, 2 * np.real(np.conj(Z) * v), atol=1e-14)
        np.testing.assert_allclose(J.T @ g, 2 * np.real(g) * np.conj(Z), atol=1e-14)
        np.testing.assert_allclose((J + J) @ v, 2 * (J @ v))
        np.testing.assert_allclose((2j * J) @ v, 2j * (J @ v))
        np.testing.assert_allclose((J @ J) @ v, J @ (J @ v), atol=1e-13)
        np.testing.assert_allclose((J @ J).T @ g, J.T @ (J.T @ g), atol=1e-13)
        for dense in (np.asarray, lambda J: J.tosparse(), lambda J: J[0]):
            with pytest.raises(errors.DerivativeError, match="no matrix of complex numbers"):
                np.asarray(dense(J))
        assert "conj" in J.notation


def test_products_of_jacobians_take_real_parts_between():
    inner = cr.jacobian(lambda x: np.exp(1j * x))(X)
    outer = cr.jacobian(lambda z: np.abs(z + 1))(np.exp(1j * X))
    back = cr.jacobian(lambda x: x * (1 + 2j))(X)
    whole = cr.jacobian(lambda x: np.abs(np.exp(1j * x) + 1))(X)
    assert whole.dtype == np.float64
    np.testing.assert_allclose((outer @ inner).todense(), whole.todense(), atol=1e-14)
    z = Z[::-1]
    np.testing.assert_allclose((back @ outer) @ z, (1 + 2j) * (outer @ z), atol=1e-14)
    np.testing.assert_allclose((back @ outer).T @ z, outer.T @ (back.T @ z), atol=1e-14)
    np.testing.assert_allclose((outer * 1j) @ z, 1j * (outer @ z), atol=1e-14)
    np.testing.assert_allclose((outer - outer / 2) @ z, (outer @ z) / 2, atol=1e-14)
    assert pickle.loads(pickle.dumps(outer)).y_is_real and copy.deepcopy(outer).y_is_real


def test_whole_jacobians_of_real_functions_by_way_of_spectra():
    def f(x):
        return np.abs(np.fft.rfft(np.sin(x))) ** 2

    J = cr.jacobian(f)(X)
    assert J.dtype == np.float64
    columns = [cr.jvp(f, (X,), (e,))[1] for e in np.eye(3)]
    np.testing.assert_allclose(J.todense(), np.transpose(columns), atol=1e-13)
    np.testing.assert_allclose(J.tosparse().toarray(), J.todense(), atol=1e-13)


def test_hessians():
    """Of |z|^4: 4 |z|^2 conj(v) + ..., against differences of the gradient; of a real part of a cube the matrix 6 z."""

    def f(z):
        return np.sum(np.real(z * np.conj(z)) ** 2)

    v, h = Z[::-1] * 1j, 1e-6
    expected = (cr.grad(f)(Z + h * v) - cr.grad(f)(Z - h * v)) / (2 * h)
    np.testing.assert_allclose(cr.hessian(f)(Z) @ v, expected, rtol=1e-8)
    np.testing.assert_allclose(cr.hvp(f)(Z, v), expected, rtol=1e-8)
    cube = cr.hessian(lambda z: np.sum(np.real(z**3)))(Z)
    np.testing.assert_allclose(cube.todense(), np.diag(6 * Z), atol=1e-14)
    by_real = cr.hessian(lambda x: np.sum(np.abs(np.exp(1j * x) + x) ** 2))(X)
    assert by_real.dtype == np.float64
    np.testing.assert_allclose(np.diag(by_real), 2 - 4 * np.sin(X) - 2 * X * np.cos(X), rtol=1e-12)


def test_trees_of_real_and_complex_leaves():
    g = cr.grad(lambda p: np.abs(p["a"] * p["b"] + p["c"][0]))({"a": 1.0, "b": 2j, "c": [np.float32(1)]})
    assert {type(g["a"]), type(g["b"]), type(g["c"][0])} == {np.float64, np.complex128, np.float32}
    f = cr.vjp(lambda x, z: (x * z, np.abs(z)), 2.0, 1 + 1j)[1]
    assert f((1j, 1.0)) == (-1.0, 2j + np.conj(1 + 1j) / abs(1 + 1j))


@pytest.mark.parametrize("dtype", [np.complex64, np.complex128])
def test_dtypes_are_kept(dtype):
    z = Z.astype(dtype)
    g = cr.grad(lambda z: np.sum(np.abs(np.fft.ifft(np.exp(z) * np.conj(z)))))(z)
    assert g.dtype == dtype
    x = z.real.copy()
    assert cr.grad(lambda x: np.sum(np.abs(x * z)))(x).dtype == x.dtype


def test_zero_absorbs():
    """A branch that is not taken adds nothing, though its slope is inf or nan."""

    def f(z):
        return np.sum(np.abs(np.where(z == 0, 1.0, z * np.log(z))))

    with np.errstate(all="ignore"):
        g = cr.grad(f)(np.array([0j, 1 + 1j]))
    assert g[0] == 0 and np.isfinite(g[1])
    assert cr.grad(lambda z: np.abs(z))(0j) == 0
    assert cr.grad(lambda z: np.real(np.abs(z) ** 2))(0j) == 0
    assert cr.grad(lambda z: np.abs(z**2))(0j) == 0
    assert cr.grad(lambda z: np.angle(z))(0j) == 0
    assert cr.grad(lambda z: np.linalg.norm(z))(np.zeros(2, complex)).tolist() == [0, 0]


@pytest.mark.parametrize("side", [1e-8j, -1e-8j])
@pytest.mark.parametrize(
    ("f", "slope"),
    [
        (np.sqrt, lambda z: 0.5 / np.sqrt(z)),
        (np.log, lambda z: 1 / z),
        (np.arcsin, lambda z: 1 / np.cos(np.arcsin(z))),
        (np.arccos, lambda z: -1 / np.sin(np.arccos(z))),
        (np.arccosh, lambda z: 1 / np.sinh(np.arccosh(z))),
        (np.arcsinh, lambda z: 1 / np.cosh(np.arcsinh(z))),
        (np.arctan, lambda z: 1 / (1 + z * z)),
        (np.arctanh, lambda z: 1 / (1 - z * z)),
    ],
)
def test_on_both_sides_of_branch_cuts(f, slope, side):
    """By differences along the cut, which do not leave a side."""
    for point in (-2.5, 2.5, -2.5j, 2.5j):
        z = point + (side if np.isreal(point) else side * 1j)
        along = 1.0 if np.isreal(point) else 1j
        h = 1e-5
        expected = (f(z + h * along) - f(z - h * along)) / (2 * h * along)
        found = cr.grad(f, holomorphic=True)(z)
        np.testing.assert_allclose(found, expected, rtol=1e-8)
        np.testing.assert_allclose(found, slope(z), rtol=1e-6)


def test_writes():
    def f(z):
        y = np.zeros(4, complex)
        y[:3] = z
        y[3] = np.abs(z[0])
        y.real[1] = 2 * z[2].imag
        y.imag *= 3
        view = y.imag
        view[0] += 1
        return y

    z = Z.copy()
    np.testing.assert_array_equal(cr.jvp(f, (z,), (z,))[0], f(z))
    cr.check_grads(f, (z,))
    np.testing.assert_array_equal(z, Z)


def test_complex_values_do_not_go_into_real_arrays():
    def f(z):
        y = np.zeros(3)
        y[:] = z
        return np.sum(y)

    def g(x):
        y = x * 1.0
        y[0] = 1j * x[0]
        return np.sum(y)

    for function, x in ((f, Z), (g, X)):
        with pytest.raises((errors.MutationError, errors.DtypeError)):
            cr.grad(function)(x)
    with pytest.raises(errors.DtypeError, match="would lose the imaginary part"):
        cr.grad(lambda z: np.sum(z.astype(float)))(Z)


def test_real_arguments_stay_real():
    """Wherever a real argument meets complex numbers its gradient is real, and nothing warns."""
    programs = [
        lambda x: np.concatenate([x, Z]),
        lambda x: np.where(X > 0, x, Z),
        lambda x: np.array([x[0], 1j, x[1] * Z[0]]),
        lambda x: x @ np.outer(Z, Z),
        lambda x: np.einsum("i,j->ij", x, Z),
        lambda x: np.linalg.solve(A, x),
        lambda x: np.linalg.solve(np.diag(x) + 0j, Z),
        lambda x: x**Z,
        lambda x: Z / x,
        lambda x: np.polyval(Z, x),
        lambda x: np.interp(x, [-2.0, 0.0, 3.0], Z),
        lambda x: np.fft.fft(x),
        lambda x: np.exp(2j * x) + x.astype(complex),
        lambda x: np.vdot(Z, x),
        lambda x: np.dot(x, Z),
        lambda x: np.full(2, 1j) * x[0],
        lambda x: np.kron(x, Z),
        lambda x: np.convolve(x, Z),
    ]
    for f in programs:
        g = cr.grad(lambda x, f=f: np.sum(np.abs(f(x)) ** 2))(X)
        assert g.dtype == np.float64
        cr.check_grads(f, (X,))


def test_graphs_want_a_seed_for_complex_outputs():
    g = cr.trace(lambda z: z * z, 1j)
    values = g.forward(z=2j)
    with pytest.raises(errors.ShapeError, match="a single scalar output only, a real one"):
        g.backward(values)
    assert g.backward(values, seeds=1.0)["z"] == 4j
    assert g.backward(values, seeds=1j)["z"] == -4
    real = cr.trace(lambda z: np.abs(z), 1j)
    assert real.backward(real.forward(z=2j))["z"] == -1j


def test_derivatives_of_derivatives():
    v = Z[::-1] * 1j
    for f, x in (
        (lambda z: cr.jacobian(lambda w: np.abs(w) * w[0].real)(z) @ v, Z),
        (lambda z: cr.jacobian(lambda w: np.exp(w) * w[0])(z) @ v, Z),
        (lambda z: cr.jacobian(lambda w: np.conj(w) * w[0])(z) @ (v * z), Z),
        (lambda z: cr.jacobian(lambda w: np.conj(w) * w[0])(z).T @ (v * z), Z),
        (lambda x: cr.jacobian(lambda w: np.exp(1j * w) * w[0])(x) @ x, X),
        (lambda x: cr.jacobian(lambda w: np.exp(1j * w) * w[0])(x).T @ v, X),
        (lambda x: cr.jacobian(lambda w: np.abs(np.fft.fft(w)))(x) @ x, X),
        (lambda z: cr.hessian(lambda w: np.sum(np.abs(w) ** 4))(z) @ v, Z),
        (lambda z: cr.hvp(lambda w: np.sum(np.abs(w) ** 4))(z, v), Z),
        (lambda z: cr.vjp(lambda w: w * np.conj(w[0]), z)[1](z)[0], Z),
        (lambda z: cr.jvp(lambda w: w * np.conj(w[0]), (z,), (z * 1j,))[1], Z),
        (lambda z: cr.elementwise_grad(lambda w: w**3)(z), Z),
    ):
        cr.check_grads(f, (x,))


@pytest.mark.parametrize(
    "f",
    [
        lambda z: np.log(np.exp(3 * z)),
        lambda z: 1 / (1 + np.exp(-z)),
        lambda z: np.sqrt(z**2),
        lambda z: np.sqrt(z[0] ** 2 + z[1] ** 2),
        lambda z: np.log(np.sum(np.exp(z))),
        lambda z: np.exp(z) / np.sum(np.exp(z)),
        lambda z: np.log(1 + z) + np.exp(z) - 1,
        lambda z: np.log(np.cosh(z)),
        lambda z: np.sqrt(z @ z) + np.sqrt(np.sum(z * z)),
        lambda z: np.conj(np.conj(z)) + np.real(np.conj(z)) + np.real(z.real.astype(complex)),
    ],
)
def test_what_is_rewritten_for_real_numbers_stays_what_it_is(f):
    value, _ = cr.value_and_grad(lambda z: np.sum(np.abs(f(z)) ** 2))(Z)
    np.testing.assert_allclose(value, np.sum(np.abs(f(Z)) ** 2), rtol=1e-13)
    cr.check_grads(f, (Z,))


def test_control_flow():
    def by_scan(c):
        return np.abs(cr.scan(lambda z, _: (z * z + c, np.abs(z)), 0j * c, None, length=6)[0])

    def by_fori(c):
        return np.abs(cr.fori_loop(0, 6, lambda i, z: z * z + c, 0j))

    for f in (by_scan, by_fori):
        np.testing.assert_allclose(cr.grad(f)(C), 2.3476088760671807 - 1.4846662455165558j, rtol=1e-12)  # JAX
        cr.check_grads(f, (C,))
        cr.check_grads(lambda a, b, f=f: f(a + 1j * b), (0.3, 0.5))

    def escapes(c):
        return np.abs(cr.while_loop(lambda z: np.abs(z) < 2, lambda z: z * z + c, c))

    cr.check_grads(escapes, (0.6 + 0.7j,))
    cr.check_grads(lambda c: cr.cond(np.abs(c) > 1, lambda z: z * z, lambda z: 2 * np.conj(z), c), (C,))
    cr.check_grads(cr.checkpoint(lambda z: np.exp(z) * np.conj(z)), (Z,))


def test_vmap():
    f = cr.vmap(cr.grad(lambda z: np.real(z * np.conj(z))))
    np.testing.assert_array_equal(f(Z), 2 * np.conj(Z))
    rows = np.stack([Z, 2j * Z])
    together = cr.vmap(cr.grad(lambda z: np.sum(np.abs(np.fft.fft(z)) ** 2 * X)))(rows)
    np.testing.assert_allclose(together[1], cr.grad(lambda z: np.sum(np.abs(np.fft.fft(z)) ** 2 * X))(rows[1]))


def test_jit():
    f = cr.jit(cr.value_and_grad(lambda z: np.sum(np.abs(np.exp(1j * z) * np.conj(z)))))
    plain = cr.value_and_grad(lambda z: np.sum(np.abs(np.exp(1j * z) * np.conj(z))))
    for z in (Z, 2 * Z, Z[::-1]):
        for found, expected in zip(f(z), plain(z), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_declared_operations():
    cube = cr.operation("test_cube_of_complex", lambda z: z**3, slopes=lambda y, z: 3 * z * z)
    np.testing.assert_allclose(cr.grad(cube, holomorphic=True)(C), 3 * C**2)
    cr.check_grads(lambda x: cube(x * C), (2.0,))

    @cr.custom_gradient
    def squared(z):
        return np.abs(z) ** 2, lambda y_bar: 2 * np.conj(z) * y_bar

    assert cr.grad(squared)(C) == 2 * np.conj(C)

    @cr.custom_gradient
    def turned(x):
        return x * 1j, lambda y_bar: 1j * y_bar

    with pytest.raises(errors.DtypeError, match="cotangent 0 of turned is of dtype complex128"):
        cr.grad(lambda x: np.abs(turned(x)))(1.0)


def test_special_functions():
    for f in (special.erf, special.erfc, special.exp1, special.expi, special.gamma):
        cr.check_grads(f, (Z,), order=1)
    for f in (special.erfcx, special.digamma, special.log_ndtr):
        name = "digamma" if f is special.digamma else f.__name__
        with pytest.raises(errors.DerivativeError, match=f"the derivative of {name} is not known for complex numbers"):
            cr.grad(lambda z, f=f: np.sum(np.abs(f(z))))(Z)


def test_diagnosis():
    diagnosis = cr.diagnose(lambda z: np.sum(np.log(np.abs(z))), np.array([0j, 1]))
    assert "gives -inf at [0], where np.abs(z) is 0.0" in str(diagnosis)
    assert cr.diagnose(lambda z: np.sum(np.abs(np.fft.fft(z)) ** 2), Z).ok


def test_check_grads_finds_derivatives_that_hold_along_the_real_line_only():
    wrong = cr.operation("test_half_right", lambda z: z * np.conj(z), slopes=lambda y, z: 2 * z, for_complex=True)
    cr.check_grads(wrong, (X,))
    with pytest.raises(errors.DerivativeError, match="differs from central differences"):
        cr.check_grads(wrong, (Z,))
