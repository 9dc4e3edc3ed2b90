"""Steps of partial differential equations on grids, by slices, loops and branches."""

import numpy
import numpy as np

from ..program import program


@program(lambda rng: (rng.normal(size=16), rng.uniform(0.2, 0.45)))
def heat_explicit(u0, r):
    u = u0.copy()
    u[0] = 0.0
    u[-1] = 1.0
    for n in range(20):
        un = u.copy()
        for i in range(1, len(u) - 1):
            u[i] = un[i] + r * (un[i + 1] - 2 * un[i] + un[i - 1])
    flux = u[1] - u[0]
    return np.trapezoid(u**2, dx=1 / 15) + flux


@program(lambda rng: (rng.normal(size=20), rng.uniform(0.3, 0.8)))
def wave_with_absorbing_edge(shape, c):
    nx, nt = shape.size, 30
    u_prev = numpy.zeros(nx)
    u = numpy.zeros(nx)
    u[:] = shape
    u_prev[:] = u
    for _ in range(nt):
        u_next = numpy.zeros(nx)
        u_next[1:-1] = 2 * u[1:-1] - u_prev[1:-1] + c**2 * (u[2:] - 2 * u[1:-1] + u[:-2])
        u_next[0] = u[1] + (c - 1) / (c + 1) * (u_next[1] - u[0])
        u_next[-1] = 0.0
        u_prev, u = u, u_next
    energy = numpy.sum((u - u_prev) ** 2) / 2
    return energy + c**2 * numpy.sum(numpy.diff(u) ** 2) / 2


@program(lambda rng: (rng.uniform(0.5, 2, size=18), np.where(rng.random(18) < 0.5, -1, 1) * rng.uniform(0.3, 1, 18)))
def upwind_advection(q, velocity):
    dx = 1.0 / len(q)
    dt = 0.4 * dx / np.max(np.abs(velocity))
    for step in range(12):
        flux = np.zeros(len(q) + 1)
        for i in range(1, len(q)):
            face = 0.5 * (velocity[i - 1] + velocity[i])
            if face > 0:
                flux[i] = face * q[i - 1]
            else:
                flux[i] = face * q[i]
        q = q - dt / dx * (flux[1:] - flux[:-1])
    mass = q.sum() * dx
    center = (q * (np.arange(len(q)) + 0.5)).sum() * dx**2 / mass
    return center + 0.1 * mass + np.var(q)


def minmod(a, b):
    return np.where(a * b > 0, np.sign(a) * np.minimum(np.abs(a), np.abs(b)), 0.0)


@program(lambda rng: np.sin(2 * np.pi * np.arange(24) / 24) + 0.3 * rng.normal(size=24))
def burgers_muscl(u):
    """Godunov's flux at the faces, limited slopes in the cells, two stages of Runge-Kutta."""
    dx, dt = 1 / 24, 0.008

    def rate(u):
        slope = minmod(u - np.roll(u, 1), np.roll(u, -1) - u)
        left = u + slope / 2
        right = np.roll(u - slope / 2, -1)
        f_left, f_right = left**2 / 2, right**2 / 2
        shock = 0.5 * (left + right)
        f = np.where(left > right, np.where(shock > 0, f_left, f_right), 0.0)
        rarefied = left <= right
        f[rarefied] = np.minimum(f_left, f_right)[rarefied]
        sonic = (left < 0) & (right > 0)
        f[sonic] = 0
        return -(f - np.roll(f, 1)) / dx

    for _ in range(10):
        stage = u + dt * rate(u)
        u = 0.5 * (u + stage + dt * rate(stage))
    total_variation = np.abs(np.diff(u, append=u[:1])).sum()
    return total_variation + np.sum(u**4)


def smooth(u, f, h, sweeps):
    for _ in range(sweeps):
        u[1:-1] = u[1:-1] + 0.8 * 0.5 * (u[2:] + u[:-2] + h * h * f[1:-1] - 2 * u[1:-1]) / 1.0
    return u


def v_cycle(u, f, h):
    n = len(u) - 1
    if n == 2:
        u[1] = 0.5 * (u[0] + u[2] + h * h * f[1])
        return u
    u = smooth(u, f, h, 2)
    residual = np.zeros_like(u)
    residual[1:-1] = f[1:-1] + (u[:-2] - 2 * u[1:-1] + u[2:]) / h**2
    coarse = np.zeros(n // 2 + 1)
    coarse[1:-1] = 0.25 * residual[1:-3:2] + 0.5 * residual[2:-2:2] + 0.25 * residual[3:-1:2]
    correction = v_cycle(np.zeros(n // 2 + 1), coarse, 2 * h)
    u[::2] += correction
    u[1::2] += 0.5 * (correction[:-1] + correction[1:])
    return smooth(u, f, h, 2)


@program(lambda rng: rng.normal(size=17))
def multigrid_poisson(source):
    u = np.zeros(17)
    h = 1 / 16
    for cycle in range(3):
        u = v_cycle(u, source, h)
    middle = u[8]
    gradient = np.gradient(u, h)
    return 100 * middle + np.sum(gradient**2) * h


@program(lambda rng: (rng.normal(size=(7, 8)), rng.uniform(0.5, 2.0, size=(7, 8))))
def anisotropic_diffusion_image(image, conductivity):
    """Perona and Malik: less diffusion where the gradient is large."""
    img = image.astype(float)
    kappa = 1.5
    for k in range(5):
        north = np.zeros_like(img)
        south, east, west = north.copy(), north.copy(), np.zeros(img.shape)
        north[1:, :] = img[:-1, :] - img[1:, :]
        south[:-1, :] = img[1:, :] - img[:-1, :]
        east[:, :-1] = img[:, 1:] - img[:, :-1]
        west[:, 1:] = img[:, :-1] - img[:, 1:]
        img += 0.1 * sum(conductivity * d * np.exp(-((d / kappa) ** 2)) for d in (north, south, east, west))
    total = 0
    for row in img:
        total += np.abs(row[1:] - row[:-1]).max()
    return total + img[2:5, 3:6].mean()


@program(lambda rng: (rng.uniform(0.5, 1.5, size=12), rng.normal(size=12), rng.uniform(0.01, 0.05)))
def crank_nicolson_thomas(k, u, dt):
    """Implicit step with a variable coefficient; the tridiagonal system by elimination."""
    n = len(u)
    dx = 1.0 / (n + 1)
    lam = dt / (2 * dx**2)
    lower, diag, upper = np.zeros(n), np.zeros(n), np.zeros(n)
    for step in range(3):
        for i in range(n):
            diag[i] = 1 + 2 * lam * k[i]
            lower[i] = -lam * k[i] if i > 0 else 0.0
            upper[i] = -lam * k[i] if i < n - 1 else 0.0
        rhs = u + lam * k * np.convolve(u, [1, -2, 1], mode="same")
        for i in range(1, n):
            m = lower[i] / diag[i - 1]
            diag[i] -= m * upper[i - 1]
            rhs[i] -= m * rhs[i - 1]
        u = np.empty(n)
        u[-1] = rhs[-1] / diag[-1]
        for i in reversed(range(n - 1)):
            u[i] = (rhs[i] - upper[i] * u[i + 1]) / diag[i]
    return np.linalg.norm(u) + u.max()


@program(lambda rng: (rng.uniform(1, 2, size=15), 0.1 * rng.normal(size=15)))
def shallow_water_lax_friedrichs(h, momentum):
    g = 9.81
    dx = 0.1
    U = np.stack([h, momentum])
    t = 0.0
    while t < 0.06:
        speed = np.abs(U[1] / U[0]) + np.sqrt(g * U[0])
        dt = min(0.5 * dx / speed.max(), 0.06 - t)
        F = np.array([U[1], U[1] ** 2 / U[0] + 0.5 * g * U[0] ** 2])
        alpha = dx / dt
        face = 0.5 * (F[:, 1:] + F[:, :-1]) - 0.5 * alpha * (U[:, 1:] - U[:, :-1])
        U[:, 1:-1] -= dt / dx * (face[:, 1:] - face[:, :-1])
        U[:, 0] = U[:, 1]
        U[:, -1] = U[:, -2]
        U[1, [0, -1]] *= -1
        t += dt
    height, discharge = U
    return (discharge**2 / height).sum() * dx + g * np.ptp(height)
