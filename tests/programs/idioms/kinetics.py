"""Chemistry and thermal physics: rate laws, equations of state, radiation, thermostats."""

import math
from math import exp, log, sqrt

import numpy as np

from ..program import program

REACTIONS = [
    {"reactants": {"A": 1}, "products": {"B": 1}},
    {"reactants": {"B": 2}, "products": {"B": 1, "C": 1}},
    {"reactants": {"B": 1, "C": 1}, "products": {"A": 1, "C": 1}},
]
SPECIES = ["A", "B", "C"]


@program(lambda rng: rng.uniform(0.2, 1.5, size=3))
def reaction_network(k):
    index = {name: i for i, name in enumerate(SPECIES)}
    c = np.array([1.0, 0.0, 0.0])
    dt = 0.05

    def rates(conc):
        dcdt = np.zeros(len(SPECIES))
        for constant, reaction in zip(k, REACTIONS):
            r = constant
            for name, order in reaction["reactants"].items():
                r = r * conc[index[name]] ** order
            for name, order in reaction["reactants"].items():
                dcdt[index[name]] -= order * r
            for name, order in reaction["products"].items():
                dcdt[index[name]] += order * r
        return dcdt

    peak = c[1]
    for _ in range(30):
        half = c + 0.5 * dt * rates(c)
        c = np.maximum(c + dt * rates(half), 0.0)
        if c[1] > peak:
            peak = c[1]
    return c[2] / c.sum() + peak


@program(lambda rng: {"vmax": rng.uniform(0.5, 2), "km": rng.uniform(0.2, 1), "ki": rng.uniform(1, 3)})
def michaelis_menten_progress(enzyme):
    vmax, km = enzyme["vmax"], enzyme["km"]
    ki = enzyme.get("ki", np.inf)
    substrate, product, t = 2.0, 0.0, 0.0
    samples = []
    while substrate > 0.2 and t < 10:
        inhibited = km * (1 + product / ki)
        v = vmax * substrate / (inhibited + substrate)
        h = min(0.1, 0.05 * substrate / v)
        substrate -= h * v
        product += h * v
        t += h
        if len(samples) < 5:
            samples.append(v)
    mean_rate = np.mean(samples)
    return t + mean_rate * product


@program(lambda rng: (rng.uniform(1.2, 2.0), rng.uniform(0.6, 0.95)))
def van_der_waals_isotherm(a, temperature):
    b, R = 0.1, 1.0
    pressure = 0.3
    coefficients = np.array([pressure, -(pressure * b + R * temperature), a, -a * b])
    v = R * temperature / pressure
    for _ in range(50):
        f = np.polyval(coefficients, v)
        df = np.polyval(np.polyder(coefficients), v)
        dv = f / df
        v = v - dv
        if abs(dv) < 1e-12:
            break
    compressibility = pressure * v / (R * temperature)
    departure = compressibility - 1 - a / (R * temperature * v)
    fugacity = exp(compressibility - 1) * v / (v - b)
    return departure + log(fugacity) + sqrt(v)


@program(lambda rng: rng.uniform(0.1, 1.0, size=5))
def grey_atmosphere(tau):
    n = len(tau)
    eps = 1 - np.exp(-tau)
    absorbed = np.zeros(n + 1)
    absorbed[-1] = 240.0
    A = np.zeros((n + 1, n + 1))
    for i in range(n + 1):
        A[i, i] = 1.0 if i == n else 2.0 * eps[i]
        for j in range(n + 1):
            if i == j:
                continue
            lo, hi = min(i, j) + 1, max(i, j)
            through = np.prod(1 - eps[lo:hi])
            emit = 1.0 if j == n else eps[j]
            take = 1.0 if i == n else eps[i]
            A[i, j] = -emit * through * take
    flux = np.linalg.solve(A, absorbed)
    T = (flux / 5.67e-8) ** 0.25
    return T[-1] / 300 + T[0] / T[-1]


@program(lambda rng: (rng.normal(size=(4, 2)), rng.uniform(0.3, 1.0)))
def berendsen_thermostat(velocities, coupling):
    r = np.array([[0.0, 0.0], [1.1, 0.0], [0.0, 1.2], [1.3, 1.1]])
    v = velocities - velocities.mean(axis=0)
    target, dt = 0.8, 0.01
    temps = []

    def lennard_jones(x):
        f = np.zeros_like(x)
        for i in range(len(x) - 1):
            rij = x[i] - x[i + 1 :]
            d2 = np.sum(rij**2, axis=1)
            inv6 = 1 / d2**3
            pair = (24 * inv6 * (2 * inv6 - 1) / d2)[:, None] * rij
            f[i] += pair.sum(axis=0)
            f[i + 1 :] -= pair
        return f

    f = lennard_jones(r)
    for step in range(4):
        v += 0.5 * dt * f
        r = r + dt * v
        f = lennard_jones(r)
        v += 0.5 * dt * f
        T = np.sum(v * v) / (2 * len(r))
        v *= np.sqrt(1 + dt / coupling * (target / T - 1))
        temps.append(T)
    return temps[-1] + np.std(temps) + 0.1 * np.abs(f).max()


@program(lambda rng: (rng.uniform(0.05, 0.15), rng.uniform(4.0, 5.0)))
def titration_curve(concentration, pka):
    ka, kw = 10.0**-pka, 1e-14
    volume, base = 50.0, 0.1
    ph = []
    for added in (0.0, 10.0, 25.0, 40.0):
        total = concentration * volume / (volume + added)
        sodium = base * added / (volume + added)
        lo, hi = 0.0, 14.0
        x = 7.0
        for _ in range(60):
            h = 10.0**-x
            charge = h + sodium - kw / h - total * ka / (ka + h)
            slope = math.log(10) * (-h - kw / h - total * ka * h / (ka + h) ** 2)
            if charge > 0:
                lo = x
            else:
                hi = x
            x_new = x - charge / slope
            if abs(x_new - x) < 1e-10:
                x = x_new
                break
            x = x_new if lo < x_new < hi else 0.5 * (lo + hi)
        ph.append(x)
    steepest = np.max(np.diff(ph))
    return ph[1] + steepest


@program(lambda rng: np.array([1.0, 10.0, 2.0]) * rng.uniform(0.9, 1.1, size=3))
def ignition_delay(p):
    prefactor, activation, heat = p
    T, fuel = 1.0, 1.0
    t, dt = 0.0, 0.02
    history = np.empty((100, 2))
    steps = 0
    for i in range(100):
        rate = prefactor * fuel * math.exp(activation * (1 - 1 / T))
        rate = np.clip(rate, 0.0, 20.0)
        fuel = max(fuel - dt * rate, 0.0)
        T += dt * heat * rate - dt * 0.05 * (T - 1)
        t += dt
        history[i] = T, fuel
        steps += 1
        if fuel < 0.05:
            break
    history = history[:steps]
    gradient = np.gradient(history[:, 0], dt)
    return gradient.max() / 10 + history[-1, 0] + t
