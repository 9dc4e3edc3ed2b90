"""Programs with complex numbers as people write them, against differences of plain NumPy and by hand."""

import numpy as np
import pytest
import scipy.linalg
import scipy.optimize

import chainrule as cr

rng = np.random.default_rng(11)


def low_pass(signal, width):
    """A filter in the frequency domain."""
    frequency = np.fft.rfftfreq(len(signal))
    return np.fft.irfft(np.fft.rfft(signal) * np.exp(-((frequency / width) ** 2)), len(signal))


def wiener(image, blur, noise):
    """Deconvolution of an image by its blur."""
    transfer = np.fft.fft2(blur, image.shape)
    restored = np.fft.ifft2(np.fft.fft2(image) * np.conj(transfer) / (np.abs(transfer) ** 2 + noise))
    return restored.real


def energy(angles):
    """The expectation value of a Hamiltonian in a state that two gates make: <psi|H|psi>."""
    x, z, one = np.array([[0, 1], [1, 0]]), np.diag([1.0, -1.0]), np.eye(2)

    def rotation(generator, angle):
        return np.cos(angle / 2) * one - 1j * np.sin(angle / 2) * generator

    state = np.zeros(4, complex)
    state[0] = 1
    state = np.kron(rotation(x, angles[0]), rotation(x, angles[1])) @ state
    entangled = state * np.exp(1j * angles[2] * np.array([0, 0, 0, 1.0]))
    hamiltonian = np.kron(z, z) + 0.5 * (np.kron(x, one) + np.kron(one, x))
    return np.vdot(entangled, hamiltonian @ entangled).real


def evolution(couplings, time):
    """The probability to get from the first to the last site of a chain, by the spectrum of its Hamiltonian."""
    n = len(couplings) + 1
    H = np.zeros((n, n), complex)
    for k in range(n - 1):
        H[k + 1, k] = couplings[k] * np.exp(0.3j * k)
        H[k, k + 1] = np.conj(H[k + 1, k])
    w, V = np.linalg.eigh(H)
    return np.abs((V[-1] * np.exp(-1j * w * time)) @ np.conj(V[0])) ** 2


def bode(poles, gain):
    """The magnitude in decibel of a transfer function along the imaginary axis, its phase and its delay."""
    s = 1j * np.logspace(-1, 1, 7)
    response = gain / np.prod([s - p for p in poles], axis=0)
    return 20 * np.log10(np.abs(response)), np.unwrap(np.angle(response))


def escape(c):
    z = 0 * c
    total = 0.0
    for _ in range(8):
        z = z**2 + c
        total = total + np.exp(-np.abs(z))
    return total


def kramers_kronig(absorption):
    """The real part of a response from its imaginary part, by the analytic signal."""
    n = len(absorption)
    spectrum = np.fft.fft(absorption)
    spectrum[1 : n // 2] *= 2
    spectrum[n // 2 + 1 :] = 0
    return np.fft.ifft(spectrum).imag


def impedance(p, omega):
    """A resistor in series with a parallel pair of a resistor and a constant phase element."""
    return p["R0"] + p["R1"] / (1 + p["R1"] * p["Q"] * (1j * omega) ** p["n"])


def beam(weights, direction):
    """The power that an array of antennas gets from a direction, over that of noise."""
    steering = np.exp(-1j * np.pi * np.arange(len(weights)) * np.sin(direction))
    return np.abs(np.vdot(weights, steering)) ** 2 / np.vdot(weights, weights).real


def fresnel(n, angle):
    """Reflected power of s-polarized light at an absorbing medium of complex index n."""
    cosine = np.cos(angle)
    inside = np.emath.sqrt(1 - (np.sin(angle) / n) ** 2)
    return np.abs((cosine - n * inside) / (cosine + n * inside)) ** 2


def transfer_matrices(thicknesses, index):
    """The transmission of a stack of layers."""
    M = np.eye(2, dtype=complex)
    for d, n in zip(thicknesses, index, strict=True):
        phase = 2 * np.pi * n * d
        M = M @ np.array([[np.cos(phase), -1j * np.sin(phase) / n], [-1j * n * np.sin(phase), np.cos(phase)]])
    return np.abs(2 / (M[0, 0] + M[0, 1] + M[1, 0] + M[1, 1])) ** 2


def schroedinger(potential, steps=4, dt=0.02):
    """The split-step method: the mean place after some steps."""
    n = len(potential)
    x = np.linspace(-1, 1, n)
    k = 2 * np.pi * np.fft.fftfreq(n, x[1] - x[0])
    psi = np.exp(-((x / 0.3) ** 2) + 2j * x)
    for _ in range(steps):
        psi = psi * np.exp(-0.5j * dt * potential)
        psi = np.fft.ifft(np.exp(-0.5j * dt * k**2) * np.fft.fft(psi))
        psi = psi * np.exp(-0.5j * dt * potential)
    return np.sum(x * np.abs(psi) ** 2) / np.sum(np.abs(psi) ** 2)


def roots_by_newton(coefficients):
    z = 0.4 + 0.9j
    for _ in range(8):
        value, slope = 0j, 0j
        for c in coefficients:
            slope = slope * z + value
            value = value * z + c
        z = z - value / slope
    return z


PROGRAMS = {
    "low pass": (low_pass, rng.normal(size=9), 0.2),
    "wiener": (wiener, rng.normal(size=(4, 5)), rng.uniform(size=(2, 2)), 0.1),
    "energy": (energy, np.array([0.3, 1.1, 0.7])),
    "evolution": (evolution, np.array([1.0, 0.7, 1.3]), 0.8),
    "bode": (bode, np.array([-1 + 0.5j, -1 - 0.5j, -3 + 0j]), 2.0),
    "escape": (escape, 0.1 + 0.55j),
    "escape of many": (escape, np.array([0.1 + 0.55j, -0.7 + 0.2j])),
    "kramers kronig": (kramers_kronig, rng.uniform(size=8)),
    "impedance": (lambda p: impedance(p, np.logspace(0, 1, 5)), {"R0": 1.0, "R1": 2.0, "Q": 0.1, "n": 0.9}),
    "beam": (beam, rng.normal(size=4) + 1j * rng.normal(size=4), 0.4),
    "fresnel": (lambda n: fresnel(n, 0.6), 1.5 + 0.3j),
    "layers": (transfer_matrices, np.array([0.2, 0.15]), np.array([1.5 + 0.01j, 2.2])),
    "schroedinger": (schroedinger, rng.normal(size=8)),
    "newton": (roots_by_newton, np.array([1.0 + 0j, 0.2j, 1.0, -0.3])),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs(name):
    f, *arguments = PROGRAMS[name]
    cr.check_grads(f, arguments)


def test_the_derivative_of_a_root_is_that_of_the_implicit_function():
    """dz/dc_k = -z^(n-k) / p'(z)."""
    c = np.array([1.0 + 0j, 0.2j, 1.0, -0.3])
    z = roots_by_newton(c)
    expected = -(z ** np.arange(3, -1, -1)) / np.polyval(np.polyder(c), z)
    np.testing.assert_allclose(cr.grad(roots_by_newton, holomorphic=True)(c), expected, rtol=1e-10)


def test_the_best_beam_is_found():
    """Steepest ascent along the conjugate of the gradient; the best weights are the steering vector, of power n."""
    weights = np.array([1.0 + 0j, 0.5j, -0.3, 1.0])
    for _ in range(300):
        weights = weights + 0.1 * np.conj(cr.grad(beam)(weights, 0.4))
    assert abs(beam(weights, 0.4) - 4) < 1e-8


def test_a_circuit_is_fitted_to_its_impedance():
    omega = np.logspace(0, 4, 30)
    names, true = ("R0", "R1", "Q", "n"), np.array([10.0, 100.0, 1e-4, 0.9])

    def residuals(logarithms):
        p = dict(zip(names, np.exp(logarithms), strict=True))
        r = impedance(p, omega) / measured - 1
        return np.concatenate([r.real, r.imag])

    measured = impedance(dict(zip(names, true, strict=True)), omega)
    start = np.log([20.0, 50.0, 3e-4, 0.8])
    fit = scipy.optimize.least_squares(residuals, start, jac=lambda x: np.asarray(cr.jacobian(residuals)(x)))
    np.testing.assert_allclose(np.exp(fit.x), true, rtol=1e-6)


def test_the_energy_of_a_state_is_stationary_at_eigenvectors():
    H = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    H = H + H.conj().T
    w, V = np.linalg.eigh(H)

    def quotient(psi):
        return np.vdot(psi, H @ psi).real / np.vdot(psi, psi).real

    for k in range(4):
        np.testing.assert_allclose(cr.grad(quotient)(V[:, k]), 0, atol=1e-13)
        np.testing.assert_allclose(quotient(V[:, k]), w[k])
    # Of first order perturbation theory: dw = <v| dH |v>.
    E = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    E = E + E.conj().T
    moved = cr.jvp(np.linalg.eigvalsh, (H,), (E,))[1]
    np.testing.assert_allclose(moved, np.einsum("ik,ij,jk->k", V.conj(), E, V).real, rtol=1e-12)


def test_unitary_evolution_by_the_exponential():
    """The probability of a transition through exp(-i H t), and the slope of that by its spectrum."""
    H = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    H = H + H.conj().T
    cr.check_grads(lambda H, t: np.abs(scipy.linalg.expm(-1j * H * t)[0]) ** 2, (H, 0.7))
    w, V = np.linalg.eigh(H)
    exact = (V * (-1j * w * np.exp(-0.7j * w))) @ V.conj().T
    slope = cr.jvp(lambda t: scipy.linalg.expm(-1j * H * t), (0.7,), (1.0,))[1]
    np.testing.assert_allclose(slope, exact, rtol=1e-10)


def test_functions_of_scipy():
    A, b = np.tril(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))) + 3 * np.eye(3), rng.normal(size=3) * 1j
    for f in (
        lambda A, b: scipy.linalg.solve_triangular(A, b, lower=True, trans="C"),
        lambda A, b: scipy.linalg.solve(A, b, assume_a="her", lower=True),
        lambda A, b: scipy.linalg.solve(A + 1j * np.eye(3), b, assume_a="sym", lower=True),
        lambda A, b: scipy.linalg.cholesky(A + A.conj().T),
        lambda A, b: scipy.linalg.inv(A) * scipy.linalg.det(A) + scipy.linalg.norm(b),
    ):
        np.testing.assert_allclose(cr.jvp(f, (A, b), (A, b))[0], f(A, b), rtol=1e-12)
        cr.check_grads(f, (A, b))
