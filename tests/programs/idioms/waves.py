"""Optics, electromagnetics, geophysics: layered media, refraction, travel times, dipoles."""

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
