"""Optics, electromagnetics, geophysics: layered media, refraction, travel times, dipoles."""

import cmath
import math

import numpy as np

from ..program import program


@program(lambda rng: (rng.uniform(0.1, 0.5, size=4), rng.uniform(1.2, 2.2, size=4)))
def real_transfer_matrices(widths, heights):
    energy = 1.7
    m = np.identity(2)
    for w, v in zip(widths, heights):
        if energy > v:
            k = np.sqrt(energy - v)
            c, s, sign = np.cos(k * w), np.sin(k * w), -1.0
        else:
            k = np.sqrt(v - energy)
            c, s, sign = np.cosh(k * w), np.sinh(k * w), 1.0
        m = np.array([[c, s / k], [sign * k * s, c]]).dot(m)
    k0 = math.sqrt(energy)
    numerator = 4.0
    denominator = (m[0, 0] + m[1, 1]) ** 2 + (k0 * m[0, 1] - m[1, 0] / k0) ** 2
    assert abs(np.linalg.det(m) - 1) < 1e-8
    return numerator / denominator


@program(lambda rng: (rng.uniform(0.1, 0.5), rng.uniform(1.3, 1.7, size=4)))
def ray_through_layers(angle, index):
    position = np.array([0.0, 0.0])
    direction = np.array([np.sin(angle), np.cos(angle)])
    normal = np.array([0.0, -1.0])
    path_length, reflected = 0.0, False
    n1 = 1.0
    for n2 in index:
        step = 1.0 / direction[1]
        position = position + step * direction
        path_length += n1 * step
        ratio = n1 / n2
        cos_i = -np.dot(normal, direction)
        sin2_t = ratio**2 * (1 - cos_i**2)
        if sin2_t > 1:
            direction = direction + 2 * cos_i * normal
            reflected = True
            break
        direction = ratio * direction + (ratio * cos_i - np.sqrt(1 - sin2_t)) * normal
        n1 = n2
    if reflected:
        return path_length
    return position[0] + path_length + direction[0]


@program(lambda rng: (np.sort(rng.uniform(1.0, 4.0, size=4)), rng.uniform(0.5, 1.0, size=4)))
def seismic_travel_times(velocity, thickness):
    offsets = np.array([0.5, 1.0, 2.0])
    times = np.zeros(len(offsets))
    for m, x in enumerate(offsets):
        p = 0.1 / velocity[-1]
        for iteration in range(40):
            root = np.sqrt(1 - (p * velocity) ** 2)
            reach = np.sum(2 * thickness * p * velocity / root)
            slope = np.sum(2 * thickness * velocity / root**3)
            change = (x - reach) / slope
            while (p + change) * velocity.max() >= 1:
                change = change / 2
            p = p + change
            if abs(change) < 1e-12:
                break
        times[m] = np.sum(2 * thickness / (velocity * np.sqrt(1 - (p * velocity) ** 2)))
    t0 = 2 * np.sum(thickness / velocity)
    moveout = times - t0
    return moveout @ moveout + times[-1]


@program(lambda rng: (rng.normal(size=3), rng.normal(size=3)))
def magnetic_dipole_survey(moment, depth_shift):
    mu0 = 4 * np.pi * 1e-7
    source = np.array([0.2, -0.1, -2.0]) + 0.1 * depth_shift
    earth = np.array([0.1, 0.3, -0.95])
    anomaly = np.empty((3, 3))
    for i, x in enumerate(np.linspace(-1, 1, 3)):
        for j, y in enumerate(np.linspace(-1, 1, 3)):
            r = np.array([x, y, 0.0]) - source
            d = np.linalg.norm(r)
            rhat = r / d
            field = mu0 / (4 * np.pi * d**3) * (3 * np.dot(moment, rhat) * rhat - moment)
            anomaly[i, j] = 1e7 * np.dot(field, earth)
    torque = np.cross(moment, earth)
    return anomaly.max() - anomaly.min() + 0.1 * torque @ torque


@program(lambda rng: rng.uniform(0.5, 2.0, size=4))
def fdtd_pulse(permittivity):
    nx, nt = 24, 30
    ez, hy = np.zeros(nx), np.zeros(nx)
    eps = np.ones(nx)
    eps[12:16] = permittivity
    probe = []
    for t in range(nt):
        hy[:-1] += 0.5 * (ez[1:] - ez[:-1])
        ez[1:-1] += 0.5 / eps[1:-1] * (hy[1:-1] - hy[:-2])
        ez[5] += math.exp(-(((t - 8) / 3) ** 2))
        old_edge = ez[-2]
        ez[-1] = 0.9 * old_edge
        probe.append(ez[18])
    energy = np.sum(eps * ez**2) + np.sum(hy**2)
    return energy + np.array(probe).max()


@program(lambda rng: rng.uniform(0.5, 2.0, size=(5, 5)))
def eikonal_by_fast_sweeping(slowness):
    n, m = slowness.shape
    big = 1e6
    T = np.full((n, m), big)
    T[2, 1] = 0.0
    for sweep in range(4):
        rows = range(n) if sweep % 2 == 0 else range(n - 1, -1, -1)
        cols = range(m) if sweep // 2 == 0 else range(m - 1, -1, -1)
        for i in rows:
            for j in cols:
                a = min(T[i - 1, j] if i > 0 else big, T[i + 1, j] if i < n - 1 else big)
                b = min(T[i, j - 1] if j > 0 else big, T[i, j + 1] if j < m - 1 else big)
                f = slowness[i, j]
                if abs(a - b) >= f:
                    t = min(a, b) + f
                else:
                    t = 0.5 * (a + b + np.sqrt(2 * f**2 - (a - b) ** 2))
                if t < T[i, j]:
                    T[i, j] = t
    arrivals = T[[0, -1], :].ravel()
    return arrivals.mean() + T.max()


@program(lambda rng: (rng.uniform(0.1, 0.4, size=2), rng.uniform(1.0, 3.0, size=2)))
def lens_system_by_matrices(powers, distances):
    system = np.eye(2)
    for p, d in zip(powers, distances):
        lens = np.array([[1, 0], [-p, 1]])
        gap = np.array([[1, d], [0, 1]])
        system = gap @ lens @ system
    (A, B), (C, D) = system
    focal = -1 / C
    try:
        image = -(A * 10 + B) / (C * 10 + D)
    except ZeroDivisionError:
        image = np.inf
    rays = system @ np.vstack([np.linspace(-1, 1, 5), np.full(5, 0.1)])
    spread = rays[0].max() - rays[0].min()
    assert math.isclose(A * D - B * C, 1.0, rel_tol=1e-9)
    return focal + image / 10 + spread


@program(lambda rng: rng.normal(size=(6, 2)))
def gravity_of_a_polygon(jitter):
    angles = np.arange(6) * np.pi / 3
    corners = np.stack([np.cos(angles), 2.5 + np.sin(angles)], axis=1) + 0.1 * jitter
    stations = np.array([-2.0, 0.0, 0.5])
    g = np.zeros_like(stations)
    for s, x0 in enumerate(stations):
        for k in range(len(corners)):
            x1, z1 = corners[k] - [x0, 0.0]
            x2, z2 = corners[(k + 1) % len(corners)] - [x0, 0.0]
            if abs(x1 - x2) < 1e-12 and abs(z1 - z2) < 1e-12:
                continue
            denom = (x2 - x1) ** 2 + (z2 - z1) ** 2
            A = (x2 - x1) * (x1 * z2 - x2 * z1) / denom
            B = (x1 * z2 - x2 * z1) * (z1 - z2) / denom
            theta = math.atan2(z1, x1) - math.atan2(z2, x2)
            r = math.log(math.hypot(x2, z2) / math.hypot(x1, z1))
            g[s] += A * theta + B * r
    area = 0.5 * np.abs(
        np.dot(corners[:, 0], np.roll(corners[:, 1], 1)) - np.dot(corners[:, 1], np.roll(corners[:, 0], 1))
    )
    gradient = np.diff(g) / np.diff(stations)
    return g.max() + area + gradient @ gradient


@program(lambda rng: (rng.normal(size=(4, 3)), rng.uniform(0.5, 2.0)))
def field_of_a_wire_loop(points, current):
    loop = np.vstack([points, points[:1]])
    center = points.mean(axis=0)
    B = np.zeros(3)
    inductance = 0.0
    for start, end in zip(loop[:-1], loop[1:]):
        for s, weight in ((0.2, 0.5), (0.8, 0.5)):
            position = start + s * (end - start)
            r = center - position
            distance = np.sqrt(np.sum(r**2)) + 0.1
            B += weight * current * np.cross(end - start, r) / distance**3
        inductance += np.log(1 + np.linalg.norm(end - start))
    direction = B / np.linalg.norm(B)
    normal = np.cross(points[2] - points[0], points[3] - points[1])
    flux = abs(direction @ normal)
    return np.linalg.norm(B) + flux + inductance


@program(lambda rng: (rng.uniform(0.05, 0.3), rng.uniform(0.2, 0.6)))
def ray_in_a_velocity_gradient(gradient, takeoff):
    x, z, angle, time = 0.0, 0.0, takeoff, 0.0
    ds = 0.2
    path = [(x, z)]
    turned = False
    while z >= 0 and len(path) < 200:
        v = 1.0 + gradient * z
        p = math.sin(angle) / v
        x += ds * math.sin(angle)
        z += ds * math.cos(angle)
        time += ds / v
        angle += ds * gradient * math.sin(angle) / v
        if angle > math.pi / 2 and not turned:
            turned = True
            deepest = z
        path.append((x, z))
        if len(path) > 60:
            break
    path = np.array(path)
    depth = deepest if turned else path[:, 1].max()
    return x + time * p + depth


@program(lambda rng: rng.uniform(0.05, 0.4, size=3))
def thin_film_reflectance(thickness):
    index = [1.0, 1.38, 2.1, 1.46, 1.52]
    total = 0.0
    for wavelength in (0.45, 0.55, 0.65):
        M = np.eye(2, dtype=complex)
        for n, d in zip(index[1:-1], thickness):
            delta = 2 * np.pi * n * d / wavelength
            layer = np.array([[np.cos(delta), 1j * np.sin(delta) / n], [1j * n * np.sin(delta), np.cos(delta)]])
            M = M @ layer
        B, C = M @ np.array([1.0, index[-1]])
        r = (index[0] * B - C) / (index[0] * B + C)
        total += abs(r) ** 2
    return total / 3


@program(lambda rng: (rng.uniform(0.5, 3.0, size=3), rng.uniform(0.3, 1.0, size=2)))
def magnetotelluric_impedance(resistivity, thickness):
    apparent = []
    for frequency in (0.5, 2.0):
        omega = 2 * math.pi * frequency
        Z = cmath.sqrt(1j * omega * resistivity[-1])
        for rho, h in zip(resistivity[-2::-1], thickness[::-1]):
            k = cmath.sqrt(1j * omega / rho)
            intrinsic = k * rho
            reflection = (intrinsic - Z) / (intrinsic + Z) * cmath.exp(-2 * k * h)
            Z = intrinsic * (1 - reflection) / (1 + reflection)
        apparent.append(abs(Z) ** 2 / omega)
        phase = math.degrees(math.atan2(Z.imag, Z.real))
    return sum(apparent) + phase / 45


@program(lambda rng: np.array([0.1, 0.8, 1.3, 2.0]) + 0.2 * rng.normal(size=4))
def antenna_array_gain(phases):
    spacing, k = 0.5, 2 * np.pi
    angles = np.deg2rad(np.arange(0, 181, 15))
    pattern = np.zeros(angles.size)
    for a, theta in enumerate(angles):
        field = 0j
        for n, phase in enumerate(phases):
            field += np.exp(1j * (k * spacing * n * np.cos(theta) - phase))
        pattern[a] = np.abs(field) ** 2
    peak = pattern.argmax()
    average = np.trapezoid(pattern * np.sin(angles), angles) / 2
    directivity = pattern[peak] / average
    return 10 * np.log10(directivity)
