"""Interpolation, quadrature and splines."""

import bisect
import math

import numpy as np
from numpy import arange, linspace, pi, zeros

from ..program import program


def thomas(lower, diag, upper, rhs):
    n = len(diag)
    c, d = np.zeros(n), np.zeros(n)
    c[0] = upper[0] / diag[0]
    d[0] = rhs[0] / diag[0]
    for i in range(1, n):
        m = diag[i] - lower[i - 1] * c[i - 1]
        if i < n - 1:
            c[i] = upper[i] / m
        d[i] = (rhs[i] - lower[i - 1] * d[i - 1]) / m
    x = np.zeros(n)
    x[-1] = d[-1]
    for i in range(n - 2, -1, -1):
        x[i] = d[i] - c[i] * x[i + 1]
    return x


@program(lambda rng: rng.uniform(0.5, 2.0, size=2))
def simpson_of_damped_wave(p):
    omega, decay = p
    a, b, n = 0.0, 2.0, 20
    h = (b - a) / n
    total = 0.0
    for i in range(n + 1):
        x = a + i * h
        y = math.exp(-decay * x) * math.sin(omega * x)
        if i == 0 or i == n:
            weight = 1
        elif i % 2:
            weight = 4
        else:
            weight = 2
        total += weight * y
    return total * h / 3


@program(lambda rng: (rng.uniform(0.1, 0.8), rng.uniform(0.5, 1.5)))
def elliptic_arc_length(eccentricity, upper):
    nodes, weights = np.polynomial.legendre.leggauss(8)

    def speed(phi):
        return np.sqrt(1 - eccentricity**2 * np.sin(phi) ** 2)

    pieces = np.linspace(0, upper, 4)
    length = 0.0
    for left, right in zip(pieces[:-1], pieces[1:]):
        mid, half = 0.5 * (left + right), 0.5 * (right - left)
        length += half * np.dot(weights, speed(mid + half * nodes))
    series = upper * (1 - eccentricity**2 / 4)
    return length + (length - series) ** 2


@program(lambda rng: (rng.normal(size=6), rng.uniform(-0.9, 0.9)))
def chebyshev_by_clenshaw(coef, x):
    b1 = b2 = 0.0
    for c in coef[:0:-1]:
        b1, b2 = 2 * x * b1 - b2 + c, b1
    value = x * b1 - b2 + coef[0]
    t = [1.0, x]
    while len(t) < len(coef):
        t.append(2 * x * t[-1] - t[-2])
    direct = np.dot(coef, t)
    assert abs(direct - value) < 1e-9, "the recurrences disagree"
    return value * np.exp(-direct / 4)


@program(lambda rng: (np.arange(5.0) + rng.uniform(-0.2, 0.2, size=5), rng.normal(size=5)))
def lagrange_and_newton(x, y):
    at = 1.7
    lagrange = 0.0
    for j in range(len(x)):
        basis = 1.0
        for m in range(len(x)):
            if m != j:
                basis *= (at - x[m]) / (x[j] - x[m])
        lagrange += y[j] * basis
    table = y.copy()
    for k in range(1, len(x)):
        table[k:] = (table[k:] - table[k - 1 : -1]) / (x[k:] - x[:-k])
    newton = table[-1]
    for k in range(len(x) - 2, -1, -1):
        newton = newton * (at - 1 - x[k]) + table[k]
    return lagrange**2 + newton


@program(lambda rng: (np.cumsum(rng.uniform(0.5, 1.5, size=7)), rng.normal(size=7)))
def natural_cubic_spline(x, y):
    h = np.diff(x)
    slope = np.diff(y) / h
    second = np.zeros_like(x)
    second[1:-1] = thomas(h[1:-1], 2 * (h[:-1] + h[1:]), h[1:-1], 6 * np.diff(slope))
    points = np.linspace(x[0], x[-1], 11)
    k = np.clip(np.searchsorted(x, points) - 1, 0, len(x) - 2)
    values = []
    for i, t in zip(k, points):
        left, right = t - x[i], x[i + 1] - t
        s = (second[i] * right**3 + second[i + 1] * left**3) / (6 * h[i])
        s += (y[i] / h[i] - second[i] * h[i] / 6) * right + (y[i + 1] / h[i] - second[i + 1] * h[i] / 6) * left
        values.append(s)
    roughness = np.sum(second**2)
    return np.trapezoid(np.array(values), points) + 0.1 * roughness


@program(lambda rng: rng.uniform(0.5, 2.0, size=3))
def romberg_integral(c, tol=1e-8, max_level=8):
    def f(x):
        return np.exp(-c[0] * x**2) / (c[1] + c[2] * x)

    R = np.zeros((max_level, max_level))
    h = 1.0
    R[0, 0] = 0.5 * h * (f(0.0) + f(1.0))
    for n in range(1, max_level):
        h /= 2
        odd = sum(f((2 * k - 1) * h) for k in range(1, 2 ** (n - 1) + 1))
        R[n, 0] = 0.5 * R[n - 1, 0] + h * odd
        for m in range(1, n + 1):
            R[n, m] = R[n, m - 1] + (R[n, m - 1] - R[n - 1, m - 1]) / (4**m - 1)
        if abs(R[n, n] - R[n - 1, n - 1]) < tol:
            return R[n, n]
    raise ArithmeticError("Romberg did not converge")


@program(lambda rng: (rng.uniform(0.5, 2.0, size=6), rng.uniform(0.2, 4.8, size=4)))
def tabulated_heat_capacity(cp, temperatures):
    grid = arange(6.0)
    enthalpy = zeros(6)
    for i in range(1, 6):
        enthalpy[i] = enthalpy[i - 1] + 0.5 * (cp[i] + cp[i - 1]) * (grid[i] - grid[i - 1])
    h = np.interp(temperatures, grid, enthalpy)
    inverse = np.interp(2.0, enthalpy, grid)
    nearest = grid[np.abs(grid - temperatures[0]).argmin()]
    midpoints = linspace(0.5, 4.5, 5)
    average = np.interp(midpoints, grid, cp).mean()
    return h.sum() + inverse + average * (temperatures[0] - nearest) ** 2


@program(lambda rng: rng.normal(size=3))
def adaptive_simpson(a):
    def f(x):
        return np.cos(a[0] * x) + a[1] * np.exp(a[2] * x / 2)

    evaluations = 0

    def simpson(lo, hi):
        nonlocal evaluations
        evaluations += 3
        return (hi - lo) / 6 * (f(lo) + 4 * f((lo + hi) / 2) + f(hi))

    def recurse(lo, hi, whole, tol, depth):
        mid = (lo + hi) / 2
        left, right = simpson(lo, mid), simpson(mid, hi)
        error = left + right - whole
        if depth == 0 or abs(error) < 15 * tol:
            return left + right + error / 15
        return recurse(lo, mid, left, tol / 2, depth - 1) + recurse(mid, hi, right, tol / 2, depth - 1)

    area = recurse(0.0, pi, simpson(0.0, pi), 1e-6, 6)
    return area / pi


@program(lambda rng: (np.cumsum(rng.uniform(0.5, 1.5, size=7)), np.cumsum(rng.normal(size=7))))
def monotone_hermite_interpolation(x, y):
    h = np.diff(x)
    delta = np.diff(y) / h
    slopes = np.empty_like(y)
    slopes[0], slopes[-1] = delta[0], delta[-1]
    for k in range(1, len(x) - 1):
        if delta[k - 1] * delta[k] <= 0:
            slopes[k] = 0.0
            continue
        w1, w2 = 2 * h[k] + h[k - 1], h[k] + 2 * h[k - 1]
        slopes[k] = (w1 + w2) / (w1 / delta[k - 1] + w2 / delta[k])

    def evaluate(t):
        k = bisect.bisect_right(list(x), t) - 1
        k = min(max(k, 0), len(h) - 1)
        s = (t - x[k]) / h[k]
        basis = np.array([(1 + 2 * s) * (1 - s) ** 2, s * (1 - s) ** 2, s**2 * (3 - 2 * s), s**2 * (s - 1)])
        return basis @ np.array([y[k], h[k] * slopes[k], y[k + 1], h[k] * slopes[k + 1]])

    middle = [evaluate(0.3 * a + 0.7 * b) for a, b in zip(x, x[1:])]
    return sum(middle) + evaluate(3.0) ** 2


@program(lambda rng: rng.normal(size=8))
def de_boor_curve(control):
    degree = 3
    knots = [0, 0, 0, 0, 1, 2, 3, 4, 5, 5, 5, 5]
    points = []
    for t in np.linspace(0.1, 4.9, 7):
        k = max(i for i in range(degree, len(control)) if knots[i] <= t)
        d = [control[j + k - degree] for j in range(degree + 1)]
        for r in range(1, degree + 1):
            for j in range(degree, r - 1, -1):
                left = knots[j + k - degree]
                alpha = (t - left) / (knots[j + 1 + k - r] - left)
                d[j] = (1 - alpha) * d[j - 1] + alpha * d[j]
        points.append(d[degree])
    points = np.array(points)
    bending = np.gradient(np.gradient(points))
    return points.max() + bending @ bending


@program(lambda rng: (rng.uniform(0.3, 1.5), rng.uniform(0.1, 0.9)))
def tanh_sinh_with_endpoint_singularity(scale, power):
    h = 0.25
    total, k = 0.0, 0
    while True:
        term = 0.0
        for sign in {1, -1} if k else {1}:
            t = sign * k * h
            u = 0.5 * math.pi * math.sinh(t)
            if abs(u) > 15:
                continue
            x = 1 / (1 + math.exp(-2 * u))
            dx = math.pi * math.cosh(t) * x * (1 - x)
            term += dx * x ** (power - 1) * math.exp(-scale * x)
        total += term
        if k > 3 and abs(term) < 1e-12 * abs(total) or k > 20:
            break
        k += 1
    series = sum((-scale) ** n / (math.factorial(n) * (power + n)) for n in range(15))
    return h * total / series + series


@program(lambda rng: rng.normal(size=5))
def barycentric_on_chebyshev_points(values):
    n = len(values)
    theta = (2 * arange(n) + 1) * pi / (2 * n)
    nodes = np.cos(theta)
    weights = np.sin(theta) * (-1.0) ** arange(n)
    D = zeros((n, n))
    for i in range(n):
        for j in range(n):
            if i != j:
                D[i, j] = weights[j] / weights[i] / (nodes[i] - nodes[j])
        D[i, i] = -D[i].sum()
    result = []
    for x in (*linspace(-1, 1, 4), nodes[2]):
        difference = x - nodes
        exact = np.flatnonzero(difference == 0)
        if exact.size:
            result.append(values[exact[0]])
            continue
        c = weights / difference
        result.append(c @ values / c.sum())
    return np.prod(result) + np.linalg.norm(D @ values)
